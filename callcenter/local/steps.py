"""Progress for a person: a line for each step, with the seconds it took."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO


class Steps:
    def __init__(self, out: TextIO | None = None) -> None:
        self.out = out or sys.stdout

    def say(self, line: str = "") -> None:
        """To the terminal; nobody listening (a closed pipe) is no reason to stop taking calls."""
        try:
            print(line, file=self.out, flush=True)
        except OSError:
            return

    def detail(self, line: str) -> None:
        self.say(f"    … {line}")

    @contextmanager
    def step(self, title: str) -> Iterator[list[str]]:
        """`with steps.step("PostgreSQL") as notes:` — what is added to `notes` stands behind the title."""
        began = time.monotonic()
        notes: list[str] = []
        try:
            yield notes
        except BaseException:
            self.say(f"  ✗ {title}")
            raise
        text = f"{title} {' '.join(notes)}".strip()
        self.say(f"  ✓ {text:<58} {time.monotonic() - began:5.1f} s")
