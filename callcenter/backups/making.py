"""Making a backup: one picture of the database, then the files; a file of its name is whole, checked and on the disk."""

from __future__ import annotations

import asyncio
import fcntl
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg

from callcenter import __version__
from callcenter.backups import database
from callcenter.backups.files import belonging
from callcenter.backups.keys import kept_in, keys_of, with_secrets
from callcenter.backups.members import DATABASE, Examined, Manifest, Packer, examine, pieces_of
from callcenter.backups.noting import note_made
from callcenter.backups.sealing import fingerprint
from callcenter.settings import Settings

SUFFIX = ".backup"
Say = Callable[[str], None]


class NotMade(Exception):
    """In words for the operator."""


@dataclass(frozen=True, slots=True)
class Made:
    path: Path
    examined: Examined
    removed: list[Path]  # older ones


def field_key_id(settings: Settings) -> str:
    return fingerprint(settings.field_key.get_secret_value(), "field")


def path_for(wanted: Path, at: datetime) -> Path:
    """A folder gets a file with the time in its name; a file that is there is never written over."""
    path = wanted / f"onekey-{at:%Y%m%d-%H%M%S}{SUFFIX}" if wanted.is_dir() else wanted
    if path.exists():
        raise NotMade(f"{path} exists already: a backup never writes over another")
    if not path.parent.is_dir():
        raise NotMade(f"there is no folder {path.parent}")
    return path


def make_backup(settings: Settings, running: str, wanted: Path, at: datetime, say: Say, *, keep: int = 0) -> Made:
    """`running`: the owner's URL of the run that goes on in this home. `keep`: so many in that folder, older ones are deleted afterwards.

    NotMade, NoKey, DatabaseProblem, Unreadable, OSError."""
    keys = keys_of(settings)
    path = path_for(wanted, at)
    _sweep(path.parent)
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            packer = Packer(file, keys[0])
            with database.running_owner(settings, running) as url:
                packer.finish(_pack(settings, url, at, packer, say))
                file.flush()
                os.fsync(file.fileno())
                say("reading it back …")
                examined = examine(file, keys)
                part.rename(path)
                _sync(path.parent)
                asyncio.run(note_made(url, examined))
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return Made(path, examined, _drop_older(path, keep))


def _pack(settings: Settings, url: str, at: datetime, packer: Packer, say: Say) -> Manifest:
    settings = with_secrets(settings, kept_in(settings.home))
    with database.connect(url) as picture:
        picture.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        picture.read_only = True
        row = picture.execute("SELECT pg_export_snapshot()").fetchone()
        assert row is not None
        major, migration = database.major_of(picture), database.migration_of(picture)
        if not migration:
            raise NotMade("the database has no tables: there is nothing to keep yet")
        say("the database …")
        counts = database.counts_of(picture)
        packer.add(DATABASE, database.dump(url, major, str(row[0])))
    # a file is written before its row: what the dump names, is there by now
    say("recordings and files …")
    vanished = 0
    for name, file_path in belonging(settings):
        try:
            with file_path.open("rb") as file:
                packer.add(name, pieces_of(file), mtime=os.fstat(file.fileno()).st_mtime)
        except FileNotFoundError:
            vanished += 1
    return Manifest(
        version=__version__,
        made_at=at,
        migration=migration,
        postgres=major,
        mode=settings.mode,
        field_key=field_key_id(settings),
        counts=counts,
        vanished=vanished,
        members=packer.members,
    )


def _sweep(folder: Path) -> None:
    """What a killed backup left; one that goes on holds a lock on its own."""
    for part in folder.glob(f".*{SUFFIX}.*.part"):
        with part.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            part.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _drop_older(path: Path, keep: int) -> list[Path]:
    """Only those that have their names from us."""
    if keep <= 0:
        return []
    ours = sorted(path.parent.glob(f"onekey-????????-??????{SUFFIX}"))
    older = [other for other in ours if other != path][: max(0, len(ours) - keep)]
    for other in older:
        other.unlink()
    return older
