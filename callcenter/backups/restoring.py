"""Restoring: everything is proved before anything is touched, then filled in beside what is there, checked, and put in its place in two renames.

What was there before is kept: the old database under another name, old files in `before-restore-…`. A restore that fails leaves all as it was.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from alembic.script import ScriptDirectory

from callcenter.backups import database
from callcenter.backups.keys import keys_of, with_secrets
from callcenter.backups.making import field_key_id
from callcenter.backups.members import DATABASE, MANIFEST, Examined, Manifest, examine, unpack
from callcenter.backups.noting import note_restored
from callcenter.backups.sealing import BackupKey
from callcenter.calls.recordings.files import PURPOSE, sealed_path
from callcenter.kit.crypto import Undecryptable
from callcenter.kit.sealed import Sealed
from callcenter.migrations.run import alembic_config, migrate
from callcenter.points.ledger.verifying import verify
from callcenter.settings import Settings, get_settings

Say = Callable[[str], None]
KEPT_ANYWAY = ("lock", "log", "postgres", "postgres.location", "ready", "demo.json")  # what makes no home a used one


class Refused(Exception):
    """Nothing was changed. In words for the operator."""


class Failed(Exception):
    """It broke off; nothing was changed either. In words for the operator."""


@dataclass
class Done:
    manifest: Manifest
    key_id: str
    files: int = 0
    old_database: str = ""
    old_files: list[Path] = field(default_factory=list)
    recordings: int = 0  # that rows name
    missing: int = 0  # of those, without a file
    upgraded: bool = False
    entries: int = 0  # of the points' books, that were recomputed
    wrong_books: list[str] = field(default_factory=list)  # they were so when the backup was made


def restore(settings: Settings, file: BinaryIO, at: datetime, say: Say, *, replace: bool) -> Done:
    """Refused, Failed, Unreadable, NoKey, DatabaseProblem, AlreadyRunning."""
    keys = keys_of(settings)
    say("reading the backup from beginning to end …")
    examined = examine(file, keys)
    settings = with_secrets(settings, examined.secrets)
    _check_keys(settings, examined)
    known = _known_migrations()
    if examined.manifest.migration not in known:
        raise Refused(
            f"it was made by a newer program ({examined.manifest.version}, migration {examined.manifest.migration}): install that one first"
        )
    if not replace:
        _check_empty(settings)
    undo = [True]
    with database.target(settings, undo=undo) as url:
        used = _check_database(url, examined.manifest, replace=replace)
        with _staged(settings) as staging, database.beside(url) as fresh:
            done = Done(examined.manifest, examined.key_id)
            say("the database, beside the old one …")
            _fill(file, keys, fresh, staging, done)
            say("checking …")
            _check(settings, fresh, staging, done)
            done.old_database = database.take_place(url, fresh, at, keep=used)
            done.old_files = _put_in_place(settings, staging, at)
        undo.clear()
        say("rights and migrations …")
        done.upgraded = examined.manifest.migration != known[0]
        migrate(url, settings.app_db_password.get_secret_value())
        asyncio.run(note_restored(url, examined))
    return done


def _known_migrations() -> list[str]:
    """Newest first."""
    return [script.revision for script in ScriptDirectory.from_config(alembic_config("")).walk_revisions()]


# --- before anything is touched ------------------------------------------------------------------------------------------------------------


def _check_keys(settings: Settings, examined: Examined) -> None:
    here = field_key_id(settings)
    if here != examined.manifest.field_key:
        raise Refused(
            f"ID numbers, health data and recordings in it are encrypted with the field key {examined.manifest.field_key}, and ONEKEY_FIELD_KEY here is "
            f"{here}: nobody could read them. Set the centre's own ONEKEY_FIELD_KEY"
        )


def _check_empty(settings: Settings) -> None:
    for folder, kept in ((settings.home, KEPT_ANYWAY), (settings.recordings, ())):
        there = (
            [path.name for path in folder.iterdir() if path.name not in kept and not path.name.startswith(".")] if folder.is_dir() else []
        )
        there = [name for name in there if folder / name != settings.recordings or any((folder / name).iterdir())]
        if there:
            raise Refused(
                f"{folder} is not empty ({', '.join(sorted(there)[:4])}): choose another home with ONEKEY_HOME, or say --replace; what is there is then kept "
                "beside it"
            )


def _check_database(url: str, manifest: Manifest, *, replace: bool) -> bool:
    """Whether there is something in it."""
    with database.connect(url) as connection:
        major, tables = database.major_of(connection), database.tables_of(connection)
    if major < manifest.postgres:
        raise Refused(f"it was made on PostgreSQL {manifest.postgres}, and this server is PostgreSQL {major}: take one that is not older")
    database.program("pg_restore", major)
    if tables and not replace:
        raise Refused(
            f"the database {database.name_of(url)} is not empty ({len(tables)} tables): choose another one, or say --replace; it is then kept, renamed"
        )
    if others := database.others_in(url):
        raise Refused(f"{others} sessions are open in the database {database.name_of(url)}: stop the centre's processes first")
    return bool(tables)


# --- beside what is there ------------------------------------------------------------------------------------------------------------------


def _folders(settings: Settings) -> dict[str, Path]:
    """Where each root's files belong. A centre's own protocols and recordings come into the home: where they lay before, they were laid by hand."""
    home = settings.home.resolve()
    return {"home": home, "recordings": settings.recordings.resolve(), "protocols": home / "protocols", "prompts": home / "prompts"}


class _Staging:
    """A hidden folder in the home, and one in the recordings' folder, so that a rename is all that is left to do."""

    def __init__(self, settings: Settings) -> None:
        name = f".restore-{secrets.token_hex(4)}"
        self.final = _folders(settings)
        recordings = self.final["recordings"]
        # a container's home may lie in memory, its recordings on a volume: the many gigabytes go where they will stay
        apart = recordings != self.final["home"] / "recordings" or os.path.ismount(recordings)
        self.places = {root: self.final["home"] / name / ("" if root == "home" else root) for root in self.final}
        if apart:
            self.places["recordings"] = self.final["recordings"] / name
        self.tops = [self.final["home"] / name, *([self.final["recordings"] / name] if apart else [])]

    def path(self, member: str) -> Path:
        root, _, rest = member.partition("/")
        return self.places[root] / rest


class _staged:
    def __init__(self, settings: Settings) -> None:
        self.staging = _Staging(settings)

    def __enter__(self) -> _Staging:
        for top in self.staging.tops:
            top.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            for left in top.parent.glob(".restore-*"):  # of one that was killed
                shutil.rmtree(left, ignore_errors=True)
            top.mkdir(mode=0o700)
        return self.staging

    def __exit__(self, *_: object) -> None:
        for top in self.staging.tops:
            shutil.rmtree(top, ignore_errors=True)


def _fill(file: BinaryIO, keys: tuple[BackupKey, ...], fresh: str, staging: _Staging, done: Done) -> None:
    with database.connect(fresh) as connection:
        major = database.major_of(connection)
    file.seek(0)
    for head, pieces in unpack(file, keys):
        if head.name == DATABASE:
            database.load(fresh, major, pieces)
        elif head.name != MANIFEST:
            _write(staging.path(head.name), pieces, head.mtime)
            done.files += 1
        for _ in pieces:  # what nobody wanted
            pass


def _write(path: Path, pieces: Iterator[bytes], mtime: float) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        for piece in pieces:
            out.write(piece)
        out.flush()
        os.fsync(out.fileno())
    os.utime(path, (mtime, mtime))


def _check(settings: Settings, fresh: str, staging: _Staging, done: Done) -> None:
    """Counts, the points' books, and that a recording can be heard."""
    with database.connect(fresh) as connection:
        counts = database.counts_of(connection)
        off = [table for table in sorted({*counts, *done.manifest.counts}) if counts.get(table) != done.manifest.counts.get(table)]
        if off:
            raise Failed(f"these tables have other numbers of rows than the backup says: {', '.join(off[:6])}; nothing was changed")
        rows = connection.execute("SELECT name FROM call_recordings WHERE state = 'saved' ORDER BY started_at DESC").fetchall()
    there = [path for (name,) in rows if (path := sealed_path(staging.places["recordings"], name)).exists()]
    done.recordings, done.missing = len(rows), len(rows) - len(there)
    if there:
        _hear(settings, there[0])
    books = asyncio.run(verify(fresh))
    guards = [one for one in books.findings if one.check == "guard" and one.off != "missing"]  # rights are given only afterwards
    wrong = [one for one in books.findings if one not in guards]
    done.wrong_books = [f"{one.check}: {one.at} ({one.off})" for one in wrong]
    done.entries = books.entries


def _hear(settings: Settings, path: Path) -> None:
    os.environ["ONEKEY_FIELD_KEY"] = settings.field_key.get_secret_value()  # kit.sealed asks the process's settings
    get_settings.cache_clear()
    try:
        for _ in Sealed(path, PURPOSE).read():
            pass
    except Undecryptable as error:
        raise Failed(f"a recording cannot be read ({error}); nothing was changed") from None


def _put_in_place(settings: Settings, staging: _Staging, at: datetime) -> list[Path]:
    """What is in the way is moved aside, not deleted."""
    aside: list[Path] = []
    for top in staging.tops:
        for entry in sorted(top.iterdir()):
            _place(entry, top.parent / entry.name, f"before-restore-{at:%Y%m%d%H%M%S}", aside)
    return aside


def _place(entry: Path, wanted: Path, name: str, aside: list[Path]) -> None:
    if os.path.ismount(wanted):  # a volume of a container: it stays, what is in it goes
        for child in sorted(entry.iterdir()):
            _place(child, wanted / child.name, name, aside)
        return
    if wanted.is_dir() and not any(wanted.iterdir()):
        wanted.rmdir()
    elif wanted.exists():
        old = wanted.parent / name
        old.mkdir(mode=0o700, exist_ok=True)
        wanted.rename(old / wanted.name)
        if old not in aside:
            aside.append(old)
    shutil.move(entry, wanted)  # a rename, but for another volume
