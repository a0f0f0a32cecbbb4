"""The reader of the PBX's own record: marks, rotation, half-written lines, a PBX that was killed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from callcenter.telephony.asterisk.config import Layout
from callcenter.telephony.asterisk.history import History, Page


class Record:
    def __init__(self, home: Path) -> None:
        self.layout = Layout.packaged(home)
        self.layout.cel.parent.mkdir(parents=True)
        self.layout.recordings.mkdir(parents=True)
        self.reader = History(self.layout)
        self.now = 1_800_000_000.0

    def write(self, text: str) -> None:
        with self.layout.cel.open("a", encoding="utf-8") as file:
            file.write(text)

    def row(
        self,
        kind: str,
        channel: str,
        extra: str = "",
        linked: str = "",
        context: str = "press",
        number: str = "0710",
        exten: str = "u12349",
    ) -> None:
        self.now += 1
        said = '"{""extra"":""' + extra + '""}"' if extra else '""'
        self.write(f'"{kind}",{said},"{number}","{exten}","{context}","PJSIP/trunk-1","{channel}","{linked or channel}",{self.now:.6f}\n')

    def begin(self, channel: str, caller: str = "0710", called: str = "12349") -> None:
        self.row("CHAN_START", channel, context="from-trunk", number=caller, exten=called)
        self.row("PRESS", channel, f"{caller}:{called}")

    def end(self, channel: str) -> None:
        self.row("CHAN_END", channel, exten="h")

    def read(self, mark: str = "") -> Page:
        return self.reader.read(mark)


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return Record(tmp_path / "pbx")


A, B, C = "1800000000.1", "1800000000.2", "1800000000.3"


def channels(page: Page) -> list[str]:
    return [p.channel_id for p in page.presses()]


def test_nothing_yet(record: Record) -> None:
    page = record.read()
    assert (page.presses(), page.mark, page.open) == ([], "", False)


def test_a_press_from_start_to_end(record: Record) -> None:
    record.begin(A, "+867103456789", "1234900")
    record.row("FALLBACK", A, "x")
    record.row("CHAN_START", B, linked=A, context="refused", number="", exten="s")  # the agent's leg
    record.row("FALLBACK_ANSWERED", B, "agent7", linked=A)
    record.row("CHAN_END", B, linked=A)
    record.end(A)
    [press] = record.read().presses()
    assert (press.caller, press.called, press.in_fallback, press.answered_by) == ("+867103456789", "1234900", True, "agent7")
    assert press.ended_at is not None and (press.ended_at - press.at).total_seconds() == 6


def test_legs_are_no_presses(record: Record) -> None:
    record.row("CHAN_START", "leg-17", context="from-trunk", exten="s")
    record.row("CHAN_START", B, linked=A, context="from-trunk", exten="s")
    record.row("CHAN_START", C, context="default", exten="s")
    assert record.read().presses() == []


def test_a_caller_gone_before_the_first_step(record: Record) -> None:
    record.row("CHAN_START", A, context="from-trunk", number="0710;evil", exten="(123)49;x=1")
    record.end(A)
    [press] = record.read().presses()
    assert (press.caller, press.called) == ("0710", "12349")


def test_marks(record: Record) -> None:
    record.begin(A)
    record.end(A)
    first = record.read()
    assert channels(first) == [A]
    assert channels(record.read(first.mark)) == []
    record.begin(B)
    second = record.read(first.mark)
    assert channels(second) == [B] and second.open
    record.begin(C)
    record.end(C)
    third = record.read(second.mark)
    assert channels(third) == [B, C]
    fourth = record.read(third.mark)  # C has not changed since; B is still open
    assert channels(fourth) == [B]
    record.end(B)
    assert channels(record.read(fourth.mark)) == [B]
    assert channels(record.read()) == [A, B, C]
    assert channels(record.read("no mark at all")) == [A, B, C]
    assert channels(record.read("1:2:3:4")) == [A, B, C]  # another PBX's


def test_a_half_written_line_waits(record: Record) -> None:
    record.begin(A)
    record.write('"CHAN_END","","0710","h","press","PJSIP/trunk-1","18000000')
    page = record.read()
    assert page.open
    record.write(f'00.1","{A}",1800000050.000000\n')
    assert not record.read(page.mark).open


def test_rubbish_between_the_lines(record: Record) -> None:
    record.write(
        '\n"\n\x00\x01,,,\n'
        + "x" * 100_000
        + '\n"CHAN_START","","1"\n"CHAN_START","","1","2","from-trunk","c","1800000000.9","1800000000.9",never\n'
    )
    with record.layout.cel.open("ab") as file:
        file.write(b'"CHAN_START","","\xff\xfe","12349","from-trunk","PJSIP/trunk-2","1800000000.7","1800000000.7",1800000001.5\n')
    record.begin(A)
    assert channels(record.read()) == ["1800000000.7", A]


def test_rotation_loses_and_repeats_nothing(record: Record) -> None:
    record.begin(A)
    record.end(A)
    record.begin(B)
    page = record.read()
    record.layout.cel.rename(record.layout.cel.with_name("events-1.csv"))
    assert channels(record.read(page.mark)) == [B]
    record.end(B)
    record.begin(C)
    page = record.read(page.mark)
    assert channels(page) == [B, C]
    os.unlink(record.layout.cel.with_name("events-1.csv"))
    assert channels(record.read(page.mark)) == [C]  # C began in the file that is left


def test_killed_pbx(record: Record) -> None:
    record.begin(A)
    record.begin(B)
    page = record.read()
    page.close_all_but({B})
    ended = {p.channel_id: p.ended_at for p in page.presses()}
    assert ended[A] is not None and ended[B] is None
    again = record.read(page.mark)
    again.close_all_but({B})
    assert [p.channel_id for p in again.presses() if p.ended_at] == [A]


def test_messages(record: Record) -> None:
    for channel, size in ((A, 50_000), (B, 44), (C, -1)):
        record.begin(channel)
        record.row("FALLBACK_RECORDING", channel, f"fallback-{channel}.wav")
        record.end(channel)
        if size >= 0:
            (record.layout.recordings / f"fallback-{channel}.wav").write_bytes(bytes(size))
    a, b, c = record.read().presses()
    assert a.recording == str(record.layout.recordings / f"fallback-{A}.wav")
    assert (b.recording, c.recording) == ("", "")  # he hung up at the beep


def test_a_name_that_leads_elsewhere(record: Record) -> None:
    record.begin(A)
    record.row("FALLBACK_RECORDING", A, "../../../../etc/passwd")
    assert record.read().presses()[0].recording == ""
