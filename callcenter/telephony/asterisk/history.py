"""What Asterisk itself wrote of inbound calls: the CEL file (conf/cel_custom.conf) and the messages that callers left.

The file is only appended to, and may be renamed (rotated) at any time. A mark is a place in it: where the oldest call that was still open
begins, and how far was read. Rows before the first are never needed again.
"""

from __future__ import annotations

import csv
import os
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import orjson

from callcenter.telephony.asterisk.config import Layout
from callcenter.telephony.numbers import clean_number
from callcenter.telephony.port import CarrierPress

_PBX_ID = re.compile(
    r"(?:[a-z][a-z0-9]*-)?\d{9,}\.\d+"
)  # channels that the PBX made itself, a node its name before it; ours are named otherwise
_WAV_HEADER = 44
INBOUND = ("from-trunk", "from-training")

Place = tuple[int, int]  # index of the file in this reading, offset in it


@dataclass(slots=True)
class _Press:
    channel_id: str
    caller: str
    called: str
    at: datetime
    began: Place
    last: Place
    last_at: datetime
    ended_at: datetime | None = None
    in_fallback: bool = False
    answered_by: str = ""
    answered_at: datetime | None = None
    joined_at: datetime | None = None  # when she first stood in a bridge
    recording: str = ""
    is_lost: bool = False  # it has no end, and lives no more


@dataclass(frozen=True, slots=True)
class KeptPress:
    """What the record says of one press when it is read again later, whatever our programs knew of it."""

    channel_id: str
    caller: str
    called: str
    at: datetime
    ended_at: datetime | None  # None: the record has no end of it
    answered_by: str  # in the fallback; "" nobody
    joined_at: datetime | None  # with whom does not stand there


@dataclass(slots=True)
class Page:
    """What was read since a mark."""

    mark: str
    found: dict[str, _Press] = field(default_factory=dict)
    read_before: Place = (0, 0)
    recordings: Path = Path()

    @property
    def open(self) -> bool:
        return any(press.ended_at is None for press in self.found.values())

    def close_all_but(self, alive: set[str]) -> None:
        """Calls without an end that do not live any more: the PBX was killed under them."""
        for press in self.found.values():
            if press.ended_at is None and press.channel_id not in alive:
                press.ended_at, press.is_lost = press.last_at, True

    def presses(self) -> list[CarrierPress]:
        """Those that began or changed since the mark, and those still open; in order of their beginning."""
        return [
            CarrierPress(
                p.channel_id, p.caller, p.called, p.at, p.ended_at, p.in_fallback, p.answered_by, self._path(p.recording), p.answered_at
            )
            for p in self.found.values()
            if p.ended_at is None or p.is_lost or p.last >= self.read_before
        ]

    def _path(self, name: str) -> str:
        file = self.recordings / name
        return str(file) if name and file.is_file() and file.stat().st_size > _WAV_HEADER else ""


class History:
    """Reader of one PBX's record. Blocking: call it in a thread."""

    def __init__(self, layout: Layout) -> None:
        self._file = layout.cel
        self._recordings = layout.recordings

    def read(self, since: str) -> Page:
        """Raises OSError. A mark of another PBX, or of a file that is gone, reads from the beginning."""
        files = self._files()
        inodes = [file.stat().st_ino for file in files]
        start, seen = _places(since, inodes)
        page = Page(since, read_before=seen, recordings=self._recordings)
        end = start
        for index in range(start[0], len(files)):
            end = (index, self._take(page, files[index], index, start[1] if index == start[0] else 0))
        if files:
            opened = min((press.began for press in page.found.values() if press.ended_at is None), default=end)
            page.mark = f"{inodes[opened[0]]}:{opened[1]}:{inodes[end[0]]}:{end[1]}"
        return page

    def _files(self) -> list[Path]:
        return _files_of(self._file)

    def _take(self, page: Page, path: Path, index: int, offset: int) -> int:
        """Read a file from `offset` on; returns where its last whole line ends."""
        with path.open("rb") as file:
            file.seek(offset)
            for line in file:
                if not line.endswith(b"\n"):  # half written
                    break
                if row := _row(line):
                    _apply(page.found, row, (index, offset))
                offset += len(line)
        return offset


def read_presses(record: Path, start: datetime, end: datetime) -> list[KeptPress] | None:
    """The presses that began from `start` to before `end`, read anew from the whole record, without a mark. None: there is no record. Raises OSError.

    Blocking: call it in a thread.
    """
    files = _files_of(record)
    found: dict[str, _Press] = {}
    for path in files:
        if path.stat().st_mtime < start.timestamp():
            continue
        with path.open("rb") as file:
            for line in file:
                if line.endswith(b"\n") and _time_of(line) >= start.timestamp() and (row := _row(line)):
                    _apply(found, row, (0, 0), began_before=end)
    kept = [KeptPress(p.channel_id, p.caller, p.called, p.at, p.ended_at, p.answered_by, p.joined_at) for p in found.values()]
    return kept if files else None


def _files_of(record: Path) -> list[Path]:
    """Rotated ones first, by age; the current one last."""
    old = [f for f in record.parent.glob(f"{record.stem}*") if f != record and f.is_file()]
    old.sort(key=lambda f: (f.stat().st_mtime, f.name))
    return [*old, *([record] if record.exists() else [])]


def _row(line: bytes) -> list[str]:
    """Empty when it is none of the record's."""
    row = next(csv.reader([line.decode("utf-8", "replace").rstrip("\r\n")]), [])
    return row if len(row) == 9 and re.fullmatch(r"\d+\.\d+", row[8]) else []


def _time_of(line: bytes) -> float:
    """By the last field alone: most of a year's record is older than what is asked for."""
    try:
        return float(line.rsplit(b",", 1)[-1])
    except ValueError:
        return 0.0


def _apply(found: dict[str, _Press], row: list[str], place: Place, began_before: datetime | None = None) -> None:
    kind, extra, caller, exten, context, _, channel, linked, time = row
    at = datetime.fromtimestamp(float(time), UTC)
    if kind == "CHAN_START" and channel == linked and context in INBOUND and _PBX_ID.fullmatch(channel):
        if began_before is None or at < began_before:
            found[channel] = _Press(channel, clean_number(caller), clean_number(exten.split(";")[0]), at, place, place, at)
        return
    press = found.get(channel) or found.get(linked)
    if press is None:
        return
    press.last, press.last_at = place, at
    match kind:
        case "PRESS":  # the numbers as our programs were told them
            press.caller, _, press.called = _text(extra).partition(":")
        case "FALLBACK":
            press.in_fallback = True
        case "FALLBACK_ANSWERED":
            press.answered_by, press.answered_at = _text(extra), at
        case "FALLBACK_RECORDING":
            press.recording = os.path.basename(_text(extra))
        case "BRIDGE_ENTER" if channel == press.channel_id and press.joined_at is None:
            press.joined_at = at
        case "CHAN_END" if channel == press.channel_id:
            press.ended_at = at


def _text(extra: str) -> str:
    try:
        return str(orjson.loads(extra).get("extra", ""))
    except (orjson.JSONDecodeError, AttributeError):
        return ""


def _places(mark: str, inodes: list[int]) -> tuple[Place, Place]:
    match = re.fullmatch(r"(\d+):(\d+):(\d+):(\d+)", mark)
    if match is None:
        return (0, 0), (0, 0)
    first, offset, last, end = map(int, match.groups())
    if first not in inodes or last not in inodes:
        return (0, 0), (0, 0)
    return (inodes.index(first), offset), (inodes.index(last), end)
