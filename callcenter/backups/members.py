"""What lies in a backup: members one after another, each with its name, the last of them the manifest, which says what must be there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import BinaryIO

from pydantic import BaseModel, ValidationError

from callcenter.backups.sealing import BackupKey, Opener, Sealer, Unreadable

DATABASE = "database.dump"
MANIFEST = "manifest.json"
SECRETS = "home/secrets.json"
ROOTS = ("home", "recordings", "protocols", "prompts")  # first parts of files' names
_PIECE = 256 * 1024
_LONGEST_HEAD, _LONGEST_PIECE, _LONGEST_MANIFEST = 64 * 1024, 16 * 1024 * 1024, 512 * 1024 * 1024


class Member(BaseModel):
    name: str
    size: int
    sha256: str


class Manifest(BaseModel):
    version: str  # of the program
    made_at: datetime
    migration: str  # the database's
    postgres: int  # major version of the server and of the program that dumped
    mode: str
    field_key: str  # fingerprint of ONEKEY_FIELD_KEY, without which ID numbers, health data and recordings can't be read
    counts: dict[str, int]  # rows of each table, in the picture of the database that was dumped
    vanished: int  # files that were deleted while they were being copied, as recordings are whose time is over
    members: list[Member]


@dataclass(frozen=True, slots=True)
class Head:
    name: str
    mtime: float


class Packer:
    def __init__(self, file: BinaryIO, key: BackupKey) -> None:
        self._out = Sealer(file, key)
        self.members: list[Member] = []

    def add(self, name: str, pieces: Iterable[bytes], *, mtime: float = 0.0) -> None:
        digest, size = hashlib.sha256(), 0
        self._number_and(json.dumps({"name": name, "mtime": mtime}).encode())
        for piece in pieces:
            for start in range(0, len(piece), _LONGEST_PIECE):
                self._number_and(piece[start : start + _LONGEST_PIECE])
            digest.update(piece)
            size += len(piece)
        self._number_and(b"")
        self.members.append(Member(name=name, size=size, sha256=digest.hexdigest()))

    def finish(self, manifest: Manifest) -> None:
        self.add(MANIFEST, [manifest.model_dump_json().encode()])
        self._number_and(b"")
        self._out.finish()

    def _number_and(self, content: bytes) -> None:
        self._out.write(len(content).to_bytes(4, "big") + content)


def pieces_of(file: BinaryIO) -> Iterator[bytes]:
    while piece := file.read(_PIECE):
        yield piece


def unpack(file: BinaryIO, keys: tuple[BackupKey, ...]) -> Iterator[tuple[Head, Iterator[bytes]]]:
    """Each member with its pieces, which must be read before the next one is asked for. Unreadable, also for a name that would leave its folder."""
    opener = Opener(file, keys)

    def number(longest: int) -> int:
        value = int.from_bytes(opener.read(4), "big")
        if value > longest:
            raise Unreadable("the backup is damaged: a length that cannot be")
        return value

    def pieces() -> Iterator[bytes]:
        while length := number(_LONGEST_PIECE):
            yield opener.read(length)

    while length := number(_LONGEST_HEAD):
        head = json.loads(opener.read(length))
        yield Head(_checked(str(head["name"])), float(head["mtime"])), pieces()
    opener.end()


def _checked(name: str) -> str:
    parts = PurePosixPath(name).parts
    if name not in (DATABASE, MANIFEST) and (
        len(parts) < 2 or parts[0] not in ROOTS or ".." in parts or "\0" in name or "/".join(parts) != name
    ):
        raise Unreadable(f"the backup has a member that does not belong there: {name[:80]!r}")
    return name


@dataclass(frozen=True, slots=True)
class Examined:
    manifest: Manifest
    key_id: str
    secrets: bytes | None  # the home's secrets.json, if it had one
    size: int


def examine(file: BinaryIO, keys: tuple[BackupKey, ...]) -> Examined:
    """Reads all of it: every piece is proved, every member is what the manifest says, none is missing and none too much. Unreadable."""
    file.seek(0)
    key_id = Opener(file, keys).key_id
    file.seek(0)
    seen: list[Member] = []
    kept: dict[str, bytes] = {}
    for head, pieces in unpack(file, keys):
        digest, size, small = hashlib.sha256(), 0, bytearray()
        for piece in pieces:
            digest.update(piece)
            size += len(piece)
            if head.name in (MANIFEST, SECRETS):
                small += piece
                if size > _LONGEST_MANIFEST:
                    raise Unreadable("the backup is damaged: its manifest has no end")
        seen.append(Member(name=head.name, size=size, sha256=digest.hexdigest()))
        kept[head.name] = bytes(small) if head.name in (MANIFEST, SECRETS) else b""
    try:
        manifest = Manifest.model_validate_json(kept[MANIFEST])
    except (KeyError, ValidationError):
        raise Unreadable("the backup has no manifest that this program understands") from None
    if seen[:-1] != manifest.members or seen[-1].name != MANIFEST or len(kept) != len(seen) or DATABASE not in kept:
        raise Unreadable("what lies in the backup is not what its manifest says")
    return Examined(manifest, key_id, kept.get(SECRETS), file.tell())
