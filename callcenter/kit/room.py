"""Room on disks."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

LEAST_FREE, LEAST_SHARE = 2e9, 0.05  # bytes, and of the whole disk


@dataclass(frozen=True, slots=True)
class Room:
    folder: Path
    total: int  # bytes
    free: int

    @property
    def is_short(self) -> bool:
        return self.free < LEAST_FREE or self.free < LEAST_SHARE * self.total


def rooms_of(*folders: Path) -> list[Room]:
    """One of each disk; a folder that is not made yet will lie where its parents do."""
    disks = {there.stat().st_dev: there for there in map(_existing, folders)}
    rooms = []
    for folder in disks.values():
        usage = shutil.disk_usage(folder)
        rooms.append(Room(folder, usage.total, usage.free))
    return rooms


def _existing(folder: Path) -> Path:
    folder = folder.resolve()
    while not folder.exists():
        folder = folder.parent
    return folder
