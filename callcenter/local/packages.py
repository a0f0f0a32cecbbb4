"""Programs that tests and recordings need: from PATH, else from this machine's own Debian release.

As root they are installed with apt. An ordinary user, and everybody where a package would start a server, gets what is missing (the program and only those
libraries that this machine lacks) unpacked into the cache, with a small script that starts it with those libraries. Same release, same C library: no loader
of its own is needed, unlike Asterisk.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from callcenter.settings import get_settings

Progress = Callable[[str], None]


class ToolMissing(Exception):
    """The program is not here and could not be fetched; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Tool:
    packages: tuple[str, ...]  # Debian's; the first holds the program
    program: str  # path inside its package
    version: tuple[str, ...]  # arguments that make it say so
    says: str  # pattern of what it says then
    is_server: bool = False  # its package would start it on the machine: it is unpacked for everybody


TOOLS = {
    # without a Chinese font the console is a page of empty boxes
    "chromium": Tool(("chromium", "fonts-wqy-microhei"), "usr/lib/chromium/chromium", ("--version", "--no-sandbox"), r"Chromium \d+"),
    "sipp": Tool(("sip-tester",), "usr/bin/sipp", ("-v",), r"SIPp v\d+"),
    "kamailio": Tool(("kamailio",), "usr/sbin/kamailio", ("-v",), r"version: kamailio 5", is_server=True),
    "tcpdump": Tool(("tcpdump",), "usr/bin/tcpdump", ("--version",), r"tcpdump version \d+"),
}


def tool(name: str, *, cache: Path | None = None, progress: Progress = lambda line: None) -> Path:
    """The path of a program that works. Raises ToolMissing. Fetching Chromium takes a minute, finding it a millisecond."""
    if found := _on_path(name):
        return found
    wanted = TOOLS[name]
    folder = (cache or get_settings().cache).resolve() / "tools"
    script = folder / name / "run"
    if script.exists():
        return script
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise ToolMissing(f"{name} is not on PATH, and without apt it cannot be fetched: install it")
    folder.mkdir(parents=True, exist_ok=True)
    with _lock(folder / f"{name}.lock"):
        if script.exists() or (found := _on_path(name)):  # another process was faster
            return found or script
        if os.geteuid() == 0 and not wanted.is_server:
            progress(f"installing {' and '.join(wanted.packages)} with apt")
            _install(name, wanted, folder)
            if found := _on_path(name):
                return found
            raise ToolMissing(f"apt installed {wanted.packages[0]}, but {name} is not on PATH")
        progress(f"downloading {wanted.packages[0]} and what it needs")
        _unpack(name, wanted, folder, progress)
    return script


def _on_path(name: str) -> Path | None:
    found = shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/bin")
    return Path(found) if found else None


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _apt(arguments: Sequence[str], log: Path) -> str:
    """Empty when it went well, else apt's last words."""
    env = {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
    with log.open("w+") as out:
        done = subprocess.run(
            ["apt-get", "-q", *arguments], env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, check=False
        )
        out.seek(0)
        return "" if done.returncode == 0 else " ".join(out.read().split())[-500:]


def _install(name: str, wanted: Tool, folder: Path) -> None:
    log = folder / f"{name}.log"
    wait = ["-o", "DPkg::Lock::Timeout=600", "-o", "Acquire::Retries=3"]
    install = [*wait, "-y", "--no-install-recommends", "install", *wanted.packages]
    if _apt(install, log):  # a fresh machine knows no packages yet, an old one outdated ones
        outdated = _apt([*wait, "update"], log)
        if problem := _apt(install, log):
            raise ToolMissing(f"apt cannot install {wanted.packages[0]} (is the network up?): {problem} {outdated}")


def _unpack(name: str, wanted: Tool, folder: Path, progress: Progress) -> None:
    for stale in folder.glob(f".{name}-*"):
        shutil.rmtree(stale, ignore_errors=True)
    work = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=folder))
    try:
        apt = work / "apt"
        for sub in ("lists/partial", "archives/partial"):
            (apt / sub).mkdir(parents=True)
        # lists and archives of our own; sources, keys and the state of what is installed are the machine's
        options = [f"Dir::State::lists={apt / 'lists'}", f"Dir::Cache={apt}", f"Dir::Cache::archives={apt / 'archives'}"]
        options += ["APT::Sandbox::User=", "Debug::NoLocking=1", "Acquire::Retries=3", "Acquire::Languages=none"]
        common = [part for option in options for part in ("-o", option)]
        outdated = _apt([*common, "update"], apt / "log")  # one broken third-party source is no reason to stop
        install = [*common, "-y", "--no-install-recommends", "--download-only", "install", *wanted.packages]
        if problem := _apt(install, apt / "log"):
            raise ToolMissing(f"apt cannot download {wanted.packages[0]} (is the network up?): {problem} {outdated}")
        # the C library is the running system's: a second one, even of the same release, would not match its loader
        debs = [deb for deb in sorted((apt / "archives").glob("*.deb")) if not re.match(r"(libc6|libc-bin)_", deb.name)]
        progress(f"unpacking {len(debs)} packages")
        root = work / "root"
        root.mkdir()
        for deb in debs:
            done = subprocess.run(["dpkg-deb", "-x", str(deb), str(root)], capture_output=True, text=True, check=False)
            if done.returncode:
                raise ToolMissing(f"{deb.name} cannot be unpacked: {done.stderr.strip()[-300:]}")
        shutil.rmtree(apt)
        _write_script(work, wanted)
        _try(work / "run", name, wanted)
        final = folder / name
        shutil.rmtree(final, ignore_errors=True)
        work.rename(final)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _write_script(work: Path, wanted: Tool) -> None:
    root = work / "root"
    libraries = sorted({f.parent.relative_to(root).as_posix() for f in root.rglob("*.so*") if "gconv" not in f.parts})
    path = ":".join(f"$root/{folder}" for folder in libraries)
    (work / "run").write_text(
        f"""#!/bin/sh
# Unpacked from this machine's Debian release: the program with the libraries that the machine lacks.
here=$(dirname "$(readlink -f "$0")")
root=$here/root
export LD_LIBRARY_PATH="{path}"
export XDG_DATA_DIRS="$root/usr/share:/usr/local/share:/usr/share"
sed "s#@ROOT@#$root#" "$here/fonts.conf.in" > "$here/fonts.conf.$$" && mv "$here/fonts.conf.$$" "$here/fonts.conf"
export FONTCONFIG_FILE="$here/fonts.conf"
exec "$root/{wanted.program}" "$@"
""",
        encoding="utf-8",
    )
    (work / "run").chmod(0o755)
    (work / "fonts.conf.in").write_text(
        """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir>/usr/share/fonts</dir>
  <dir>@ROOT@/usr/share/fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
""",
        encoding="utf-8",
    )


def _try(script: Path, name: str, wanted: Tool) -> None:
    done = subprocess.run(
        [str(script), *wanted.version], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False
    )
    said = done.stdout.decode(errors="replace")
    if not re.search(wanted.says, said):
        raise ToolMissing(f"{name} was unpacked, but does not run: {said.strip()[-300:]}")
