"""Asterisk 22 unpacked from Debian's packages into a folder, without root, chroot or Docker.

The mirror is the one that this machine's own apt uses; apt verifies the signatures. Asterisk is in neither bookworm nor trixie, so the
suite is a newer one, and the packages bring their own C library: it is run through its own loader (`local.command`).
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

SUITES = ("forky", "sid")  # in this order; both have Asterisk ≥ 22.7, the first with StasisBroadcast
PACKAGES = ("asterisk", "asterisk-core-sounds-en-wav")
KEYRINGS = ("/usr/share/keyrings/debian-archive-keyring.gpg", "/usr/share/keyrings/debian-archive-keyring.pgp")
ELSEWHERE = "On another system run the services with Docker (docker compose up), or point ARI_URL at an Asterisk of your own."

Progress = Callable[[str], None]


class InstallError(RuntimeError):
    """Asterisk can't be installed here; the text says what to do."""


def installed_root(cache: Path) -> Path | None:
    """The unpacked tree, only when its installation was finished."""
    folder = cache.resolve() / "asterisk"
    return folder / "root" if (folder / "debs.sha256").is_file() and (folder / "root/usr/sbin/asterisk").exists() else None


def ensure_installed(cache: Path, progress: Progress = lambda _: None) -> Path:
    """The root of the unpacked tree; installs it when it is missing (94 MB down, 290 MB on disk). Raises InstallError.

    Two processes may ask at once: one installs, the other waits. A tree becomes visible whole or not at all.
    """
    if root := installed_root(cache):
        return root
    _check_machine()
    cache.mkdir(parents=True, exist_ok=True)
    with _lock(cache / "asterisk.lock", progress):
        if root := installed_root(cache):  # another process was faster
            return root
        for stale in cache.glob("asterisk.partial-*"):
            shutil.rmtree(stale, ignore_errors=True)
        work = Path(tempfile.mkdtemp(prefix="asterisk.partial-", dir=cache)).resolve()
        try:
            work.chmod(0o755)
            _fill(work, progress)
            final = cache.resolve() / "asterisk"
            shutil.rmtree(final, ignore_errors=True)  # what an older version left unfinished
            work.rename(final)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    root = installed_root(cache)
    if root is None:
        raise InstallError(f"the packages were unpacked, but hold no Asterisk: remove {cache / 'asterisk'} and try again")
    return root


def library_folder(root: Path) -> Path:
    return root / "usr/lib" / f"{platform.machine()}-linux-gnu"


def _check_machine() -> None:
    missing = [tool for tool in ("apt-get", "dpkg-deb") if shutil.which(tool) is None]
    if missing:
        raise InstallError(f"Asterisk is unpacked from Debian packages, and this machine has no {' and no '.join(missing)}. {ELSEWHERE}")
    if not any(Path(k).exists() for k in KEYRINGS):
        raise InstallError(f"this machine has no keyring of the Debian archive (package debian-archive-keyring). {ELSEWHERE}")


@contextmanager
def _lock(path: Path, progress: Progress) -> Iterator[None]:
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("another process is installing Asterisk: waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _fill(work: Path, progress: Progress) -> None:
    debs = _download(work / "apt", progress)
    root = work / "root"
    root.mkdir()
    progress(f"unpacking {len(debs)} packages")
    for deb in debs:
        done = subprocess.run(["dpkg-deb", "-x", str(deb), str(root)], capture_output=True, text=True, check=False)
        if done.returncode:
            raise InstallError(f"{deb.name} can't be unpacked: {done.stderr.strip()[-300:]} (is the disk full? 400 MB are needed)")
    sums = "".join(f"{hashlib.sha256(deb.read_bytes()).hexdigest()}  {deb.name}\n" for deb in debs)
    shutil.rmtree(work / "apt")
    (work / "debs.sha256").write_text(sums)  # last: its presence says that the tree is whole


def _mirrors() -> list[str]:
    """Where this machine's apt gets Debian from: by what it has seen there, or (before the first `apt-get update`) by its source lists."""
    fields = "$(REPO_URI)|$(ORIGIN)"
    done = subprocess.run(
        ["apt-get", "indextargets", "--format", fields, "Identifier: Packages"], capture_output=True, text=True, check=False
    )
    lines = [line.split("|") for line in done.stdout.splitlines() if "|" in line]
    found = [uri for uri, origin in lines if origin == "Debian"] or _listed_mirrors(Path("/etc/apt"))
    main = (uri.rstrip("/") for uri in found)
    return list(dict.fromkeys(uri for uri in main if not re.search(r"security|backports|debug", uri)))


def _listed_mirrors(folder: Path) -> list[str]:
    """Addresses in sources.list and sources.list.d that end in /debian."""
    text = ""
    for file in (folder / "sources.list", *sorted(folder.glob("sources.list.d/*.list")), *sorted(folder.glob("sources.list.d/*.sources"))):
        if file.is_file() and os.access(file, os.R_OK):
            text += "\n".join(line for line in file.read_text(errors="replace").splitlines() if not line.lstrip().startswith("#")) + "\n"
    return re.findall(r"(?:https?|file)://[^\s\]]*/debian/?(?=\s)", text)


def _download(apt: Path, progress: Progress) -> list[Path]:
    mirrors = _mirrors()
    if not mirrors:
        raise InstallError(f"apt on this machine knows no Debian mirror. {ELSEWHERE}")
    said = ""
    for mirror in mirrors:
        for suite in SUITES:
            progress(f"asking the Debian mirror for Asterisk ({suite})")
            try:
                return _download_from(apt, mirror, suite, progress)
            except InstallError as error:
                said = str(error)
                shutil.rmtree(apt, ignore_errors=True)
    raise InstallError(f"Asterisk can't be downloaded from this machine's Debian mirror. Is the network up? apt said: {said}")


def _download_from(apt: Path, mirror: str, suite: str, progress: Progress) -> list[Path]:
    for sub in ("lists/partial", "archives/partial", "none"):
        (apt / sub).mkdir(parents=True, exist_ok=True)
    (apt / "status").write_text("")
    keyring = next(k for k in KEYRINGS if Path(k).exists())
    (apt / "sources.list").write_text(f"deb [signed-by={keyring}] {mirror} {suite} main\n")
    options = {
        "Dir::Etc::sourcelist": apt / "sources.list",
        "Dir::Etc::sourceparts": apt / "none",
        "Dir::Etc::preferences": apt / "none/p",
        "Dir::Etc::preferencesparts": apt / "none",
        "Dir::State": apt,
        "Dir::State::lists": apt / "lists",
        "Dir::State::status": apt / "status",
        "Dir::Cache": apt,
        "Dir::Cache::archives": apt / "archives",
        "APT::Sandbox::User": "",
        "APT::Install-Recommends": "false",
        "Acquire::Check-Valid-Until": "false",
        "Acquire::Retries": "3",
        "Acquire::Languages": "none",
        "Debug::NoLocking": "1",
    }
    base = ["apt-get", *(part for key, value in options.items() for part in ("-o", f"{key}={value}"))]
    _run([*base, "-qq", "update"], apt, progress=None)
    _run([*base, "-qq", "-y", "--download-only", "install", *PACKAGES], apt, progress=progress)
    return sorted((apt / "archives").glob("*.deb"))


def _run(argv: list[str], apt: Path, progress: Progress | None) -> None:
    """Run apt; with `progress`, tell how much has come every few seconds."""
    env = {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
    with (apt / "log").open("w+") as log:
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, env=env)
        try:
            while True:
                try:
                    process.wait(3)
                    break
                except subprocess.TimeoutExpired:
                    if progress:
                        progress(f"downloading: {_size(apt / 'archives') // 1_000_000} MB of about 94")
        finally:
            if process.poll() is None:  # interrupted
                process.terminate()
                process.wait()
        if process.returncode:
            log.seek(0)
            raise InstallError(" ".join(log.read().split())[-400:])


def _size(folder: Path) -> int:
    total = 0
    for file in folder.rglob("*.deb"):
        try:
            total += file.stat().st_size
        except FileNotFoundError:  # moved from partial/ meanwhile
            continue
    return total
