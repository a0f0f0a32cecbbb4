"""Folders that other users than ours must reach, and folders for sockets, whose paths the kernel limits to 107 bytes."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from callcenter.local.process import Identity, may

SHORT = 60  # leaves room for "/onekey-pg-xxxxxxxx/.s.PGSQL.5432.lock" below 107 bytes
PREFIX = "onekey-"


def short_temp(kind: str, identity: Identity | None = None) -> Path:
    """A new private folder with a short path, owned by `identity` (or us). TMPDIR is used when it is short and that user can enter it.

    The name carries our pid, so that `sweep_temp` can tell what a killed run has left.
    """
    base = Path(tempfile.gettempdir())
    if len(os.fsencode(base)) > SHORT or not may(identity, "-x", base):
        base = Path("/tmp")  # noqa: S108 - mkdtemp below makes a private folder with a random name
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{kind}-{os.getpid()}-", dir=base))
    if identity:
        os.chown(folder, identity.uid, identity.gid)
    return folder


def sweep_temp() -> None:
    """Remove our temp folders whose maker is dead (killed -9); a database that is still shutting down keeps its own."""
    for base in {Path(tempfile.gettempdir()), Path("/tmp")}:  # noqa: S108
        for folder in base.glob(f"{PREFIX}*-*-*"):
            pid = folder.name.split("-")[2]
            if pid.isdigit() and not Path(f"/proc/{pid}").exists() and not any(folder.rglob("postmaster.pid")):
                shutil.rmtree(folder, ignore_errors=True)


def reachable_folder(wanted: Path, identity: Identity | None) -> Path:
    """`wanted`, when `identity` can enter it; else a folder below /var/lib/onekey (or the temp dir), whose path is kept in `wanted`.location.

    A checkout below /root is the usual reason. The folder is made, private, and owned by that user. The name elsewhere is random: a home that
    was deleted by hand must not come back to its old data, whose keys are gone.
    """
    wanted = wanted.resolve()
    wanted.parent.mkdir(parents=True, exist_ok=True)
    record = wanted.with_name(wanted.name + ".location")
    if record.exists():
        wanted = Path(record.read_text().strip())
        wanted.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    elif not may(identity, "-x", wanted.parent):
        wanted = Path(tempfile.mkdtemp(prefix=f"{wanted.name}-", dir=system_folder()))
        record.write_text(f"{wanted}\n")
    wanted.mkdir(mode=0o700, exist_ok=True)
    if identity:
        os.chown(wanted, identity.uid, identity.gid)
    return wanted


def system_folder() -> Path:
    """Where root keeps what an unprivileged user must reach."""
    for base in (Path("/var/lib"), Path(tempfile.gettempdir())):
        if os.access(base, os.W_OK):
            folder = base / "onekey"
            folder.mkdir(mode=0o755, exist_ok=True)
            return folder
    raise RuntimeError("neither /var/lib nor the temp folder can be written: nowhere to keep PostgreSQL's data for an unprivileged user")
