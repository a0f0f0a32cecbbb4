"""Phrases that no text file can hold: how she is addressed, an hour of the day. Rendered ahead by the worker (ahead.py), found here without waiting.

A folder of sounds, each named by a hash of what is said, by whose voice and how fast; so no name tells what it holds. A phrase that is not there is not
said, or said by words one after the other (calls/dialogs/speech.py).
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PREFIX = "phrase_"
LONGEST = 60  # characters: a phrase is one breath
KEPT_DAYS = 90  # after nobody has wanted it any more
MOST_BYTES = 64_000_000  # some 3 000 phrases
HEAD, BYTES_A_SECOND = 44, 16_000  # of a WAV of 8 kHz, mono, 16 bit
_NAME = re.compile(rf"{PREFIX}[0-9a-f]{{32}}")


def is_phrase(name: str) -> bool:
    """By its name; whether there is a sound is another question."""
    return _NAME.fullmatch(name) is not None


@dataclass(frozen=True, slots=True)
class Phrases:
    """`voice`: whose, by the name of its file; "" when no speech is set up, and then nothing is found but what a machine with the same setting has put here."""

    folder: Path
    voice: str
    speed: float

    def name(self, text: str) -> str:
        said = json.dumps([text, self.voice, self.speed], ensure_ascii=False)
        return PREFIX + hashlib.sha256(said.encode()).hexdigest()[:32]

    def path(self, name: str) -> Path:
        """Precondition: `is_phrase(name)`; else it might lie anywhere."""
        return self.folder / f"{name}.wav"

    def find(self, text: str) -> str | None:
        name = self.name(text)
        return name if self.seconds(name) else None

    def seconds(self, name: str) -> float:
        """0.0: there is no such sound."""
        if not is_phrase(name):
            return 0.0
        try:
            return max(0, self.path(name).stat().st_size - HEAD) / BYTES_A_SECOND
        except OSError:
            return 0.0

    def missing(self, texts: Iterable[str]) -> dict[str, str]:
        """Name → text of those to be rendered, in the given order. What is there is marked as still wanted."""
        wanted: dict[str, str] = {}
        for text in texts:
            name = self.name(text)
            if not text or len(text) > LONGEST:
                continue
            if self.seconds(name):
                with suppress(OSError):
                    os.utime(self.path(name))
            else:
                wanted[name] = text
        return wanted

    def tidy(self) -> int:
        """Deletes what nobody has wanted for long, and the longest unwanted of what is too much; how many."""
        found = []
        for path in self.folder.glob(f"*{PREFIX}*"):
            with suppress(OSError):
                found.append((path.stat().st_mtime, path.stat().st_size, path))
        oldest, room, deleted = time.time() - KEPT_DAYS * 86_400, MOST_BYTES, 0
        for at, size, path in sorted(found, reverse=True):
            room -= size
            stray = not is_phrase(path.stem) and at < time.time() - 3600  # half written by one that was killed
            if at < oldest or room < 0 or stray:
                path.unlink(missing_ok=True)
                deleted += 1
        return deleted
