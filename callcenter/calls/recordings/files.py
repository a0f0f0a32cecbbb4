"""The PBX's plain WAV becomes a sealed file of ours, in one reading: sealed, hashed, and looked at for its waveform.

A PBX that was killed leaves a header that knows no length, so the header is always written anew from what is there.
"""

from __future__ import annotations

import array
import hashlib
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from callcenter.kit.sealed import Sealed, seal

PURPOSE = "call_recording"
RATE, WIDTH, HEADER = 8000, 2, 44  # samples a second, bytes of a sample, bytes before the sound
POINTS = 600  # of a waveform
_EACH = 8  # every eighth sample is looked at: a thousand a second are plenty for the eye, and voice has other things to do


class NoSound(ValueError):
    """The file is no recording of ours, or there is nothing in it."""


@dataclass(frozen=True, slots=True)
class Kept:
    seconds: float
    size: int  # of the WAV, bytes
    sha256: str
    waveform: bytes  # POINTS values at most, 255 = full scale


def sealed_path(folder: Path, name: str) -> Path:
    return folder / f"{name}.wav.sealed"


def header(length: int) -> bytes:
    """Of a WAV with so many bytes of sound: 8 kHz, mono, 16 bit."""
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, RATE, RATE * WIDTH, WIDTH, 8 * WIDTH)
    return struct.pack("<4sI4s", b"RIFF", HEADER - 8 + length, b"WAVE") + form + struct.pack("<4sI", b"data", length)


def keep_file(source: Path, to: Path) -> Kept:
    """Blocking. NoSound, OSError; `source` is left where it is."""
    with source.open("rb") as file:
        length = _find_sound(file)
        digest, waveform = hashlib.sha256(), bytearray()

        def pieces() -> Iterator[bytes]:
            first = header(length)
            digest.update(first)
            yield first
            left, step = length, WIDTH * -(-length // (WIDTH * POINTS))
            while left > 0:
                piece = file.read(min(step, left))
                if not piece:
                    raise OSError("the recording became shorter while it was read")
                digest.update(piece)
                waveform.append(_loudest(piece))
                left -= len(piece)
                yield piece

        seal(pieces(), to, PURPOSE)
    return Kept(length / (RATE * WIDTH), HEADER + length, digest.hexdigest(), bytes(waveform))


def open_kept(folder: Path, name: str) -> Sealed:
    return Sealed(sealed_path(folder, name), PURPOSE)


def _find_sound(file: BinaryIO) -> int:
    """Puts the file where its sound begins; how many bytes of it there are."""
    size = file.seek(0, 2)
    file.seek(0)
    riff = file.read(12)
    if len(riff) < 12 or riff[:4] != b"RIFF" or riff[8:] != b"WAVE":
        raise NoSound("no WAV")
    while len(chunk := file.read(8)) == 8:
        kind, length = struct.unpack("<4sI", chunk)
        if kind == b"data":
            sound = size - file.tell()
            if 0 < length < sound:
                sound = length
            sound -= sound % WIDTH
            if sound <= 0:
                break
            return sound
        if kind == b"fmt " and struct.unpack("<HHIIHH", file.read(16)) != (1, 1, RATE, RATE * WIDTH, WIDTH, 8 * WIDTH):
            raise NoSound("another kind of WAV")
        file.seek(length - 16 if kind == b"fmt " else length, 1)
    raise NoSound("nothing was recorded")


def _loudest(piece: bytes) -> int:
    samples = array.array("h", piece[: len(piece) // WIDTH * WIDTH])
    if sys.byteorder == "big":
        samples.byteswap()
    some = samples[::_EACH]
    return min(255, max(max(some), -min(some)) * 255 // 32767)
