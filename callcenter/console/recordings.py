"""What was said: messages that callers left, and conversations. Encrypted at rest, decrypted only for the listener."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fastapi import Response
from fastapi.responses import StreamingResponse

from callcenter.calls.recordings.files import open_kept
from callcenter.kit.crypto import Undecryptable, decrypt
from callcenter.kit.errors import NotFound
from callcenter.kit.sealed import Sealed
from callcenter.settings import Settings

WAV = "audio/wav"
PRIVATE = {"Cache-Control": "no-store"}
_RANGE = re.compile(r"bytes=([0-9]{0,15})-([0-9]{0,15})")


async def read_recording(settings: Settings, name: str) -> bytes:
    """The WAV, or NotFound. `name` is a file's name only, never a path."""
    if name in ("", "..") or Path(name).name != name:
        raise NotFound("there is no recording", code="no_recording")
    path = settings.recordings / name
    try:
        return await asyncio.to_thread(lambda: decrypt(path.read_bytes(), "recording"))
    except (FileNotFoundError, Undecryptable) as error:
        raise NotFound("the recording is not there any more", code="no_recording") from error


async def open_conversation(settings: Settings, name: str) -> Sealed:
    """Open, to be read once, or NotFound."""
    try:
        return await asyncio.to_thread(open_kept, settings.recordings, name)
    except (OSError, Undecryptable) as error:
        raise NotFound("the recording is not there any more", code="no_recording") from error


@dataclass(frozen=True, slots=True)
class Part:
    start: int
    end: int  # before it


def asked_part(header: str, length: int) -> Part | None:
    """What a Range header wants; None for the whole (also when it is none that we know, as RFC 9110 allows). ValueError: there is nothing there."""
    found = _RANGE.fullmatch(header.replace(" ", ""))
    if found is None or found[1] == found[2] == "":
        return None
    if found[1] == "":
        start, end = max(0, length - int(found[2])), length
    else:
        start, end = int(found[1]), min(length, int(found[2]) + 1) if found[2] else length
        if found[2] and int(found[2]) < start:
            return None
    if start >= end:
        raise ValueError(header)
    return Part(start, end)


def sound(file: Sealed, part: Part | None) -> Response:
    """The file, decrypted while it is sent."""
    headers = PRIVATE | {"Accept-Ranges": "bytes"}
    if part is None:
        return StreamingResponse(
            _pieces(file, Part(0, file.length)), media_type=WAV, headers=headers | {"Content-Length": str(file.length)}
        )
    headers |= {"Content-Length": str(part.end - part.start), "Content-Range": f"bytes {part.start}-{part.end - 1}/{file.length}"}
    return StreamingResponse(_pieces(file, part), 206, media_type=WAV, headers=headers)


def nothing_there(file: Sealed) -> Response:
    file.close()
    return Response(status_code=416, headers=PRIVATE | {"Content-Range": f"bytes */{file.length}"})


def _pieces(file: Sealed, part: Part) -> Iterator[bytes]:
    yield from file.read(part.start, part.end)
