"""Starting and stopping one child process so that it never outlives us and never holds more rights than it needs."""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)  # loaded once: nothing may be imported between fork and exec


@dataclass(frozen=True, slots=True)
class Identity:
    """An ordinary user to become. Only root can become another."""

    name: str
    uid: int
    gid: int


def unprivileged(beside: Path) -> Identity | None:
    """Whom a child becomes when we are root: the owner of `beside` if that is an ordinary user, the user `onekey` if there is one, else `nobody`.

    None when we are an ordinary user already: the child then stays what we are.
    """
    if os.geteuid() != 0:
        return None
    while not beside.exists():
        beside = beside.parent
    with suppress(KeyError):
        if owner := beside.stat().st_uid:
            entry = pwd.getpwuid(owner)
            return Identity(entry.pw_name, entry.pw_uid, entry.pw_gid)
    for name in ("onekey", "nobody"):
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Identity(entry.pw_name, entry.pw_uid, entry.pw_gid)
    raise RuntimeError("running as root, and there is neither a user onekey nor nobody to run PostgreSQL as: useradd --system onekey")


def may(identity: Identity | None, right: str, path: Path) -> bool:
    """Whether that user really can (`-x` enter or run, `-r` read, `-w` write): asked of the system, since modes, ACLs and mounts all have a say."""
    if identity is None:
        return os.access(path, {"-x": os.X_OK, "-r": os.R_OK, "-w": os.W_OK}[right])
    done = subprocess.run(["/usr/bin/test", right, str(path)], cwd="/", user=identity.uid, group=identity.gid, extra_groups=[], check=False)
    return done.returncode == 0


def _tied_to(parent: int, death_signal: int) -> Callable[[], None]:
    """The step between fork and exec: the kernel sends `death_signal` when our thread is gone, however it went (kill -9 too)."""

    def tie() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
        if os.getppid() != parent:  # died before the tie was made
            os._exit(1)

    return tie


def spawn(
    argv: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | str | None = None,
    log: IO[bytes] | int = subprocess.DEVNULL,
    identity: Identity | None = None,
    death_signal: int = signal.SIGKILL,
) -> subprocess.Popen[bytes]:
    """Start in an own session (Ctrl-C in the terminal is then ours alone to pass on), output to `log`, input empty.

    Call it from a thread that lives as long as the child should: the kernel takes the end of the *thread* for the parent's death.
    """
    return subprocess.Popen(
        list(argv),
        env=None if env is None else dict(env),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        user=identity.uid if identity else None,
        group=identity.gid if identity else None,
        extra_groups=[] if identity else None,
        preexec_fn=_tied_to(os.getpid(), death_signal),  # runs after the change of user, which would clear the tie
    )


def signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    """To the child and all that it started in its session; harmless when they are gone."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def stop(process: subprocess.Popen[bytes], *, first: int = signal.SIGTERM, patience: float = 10.0) -> int:
    """Ask the child, wait, then kill the whole group. Returns the exit status (negative: the signal).

    Only the child itself is asked (it ends its own workers in its own order); what is left of the group afterwards is killed.
    """
    if process.poll() is None:
        process.send_signal(first)
        with suppress(subprocess.TimeoutExpired):
            process.wait(patience)
    signal_group(process, signal.SIGKILL)
    return process.wait()


def wait_until(ready: Callable[[], bool], *, timeout: float, every: float = 0.02) -> bool:
    """Poll until true; False when `timeout` seconds have passed."""
    deadline = time.monotonic() + timeout
    while not ready():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True


def runs(pid: int, program: str) -> bool:
    """Whether that pid is alive and is this program (a pid alone proves nothing after a reboot)."""
    try:
        return program in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0", 1)[0].decode(errors="replace")
    except OSError:
        return False
