"""A few children under one roof: started in order, watched, restarted, stopped in reverse order.

One thread and no event loop: the kernel ties a child's life to the thread that started it, and a supervisor must have nothing to wait for.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from callcenter.local import process
from callcenter.local.process import Identity

BACKOFF_FIRST, BACKOFF_MOST = 0.5, 15.0  # seconds between restarts, doubled each time
STEADY = 30.0  # a child that lived this long starts again at once
LOG_KEPT = 10_000_000  # bytes; a longer log is put aside as NAME.log.1 at the next start


class StopRequested(Exception):
    """Ctrl-C or SIGTERM came while something was awaited."""


class ChildFailed(Exception):
    """A child ended, or was not ready in time; the message ends with the last lines of its log."""


@dataclass(frozen=True)
class Child:
    name: str
    argv: Sequence[str]
    env: Mapping[str, str] | None = None  # whole, not added to ours
    cwd: Path | str | None = None
    identity: Identity | None = None
    ready: Callable[[], bool] | None = None  # polled; must answer within a second or so. None: ready when started
    ready_timeout: float = 30.0
    stop_signal: int = signal.SIGTERM
    stop_patience: float = 10.0
    death_signal: int = signal.SIGKILL  # what the kernel sends when the supervisor is gone
    before_start: Callable[[], None] | None = None  # at each (re)start, e.g. to remove a stale file


@dataclass
class _Running:
    child: Child
    process: subprocess.Popen[bytes] | None
    began: float
    batch: int  # started together, stopped together
    backoff: float = BACKOFF_FIRST
    restart_at: float | None = None
    restarts: int = 0


@dataclass
class Supervisor:
    """`with supervisor.signals():` start children, then `watch()`; `stop_all()` in a finally."""

    logs: Path
    report: Callable[[str], None] = lambda line: None
    _running: list[_Running] = field(default_factory=list)
    _asked: int = 0

    # -- signals -------------------------------------------------------------------------------------------------------
    @contextmanager
    def signals(self) -> Iterator[None]:
        """SIGINT, SIGTERM and SIGHUP mean: stop everything. A child's end wakes us (SIGCHLD)."""
        reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

        def ask(number: int, frame: FrameType | None) -> None:
            self._asked += 1
            if self._asked == 2:
                self.report("stopping at once")

        def ignore(number: int, frame: FrameType | None) -> None: ...

        before: dict[int, Any] = {n: signal.signal(n, ask) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
        before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, ignore)
        old = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        self._wake = reader
        try:
            yield
        finally:
            signal.set_wakeup_fd(old)
            for number, handler in before.items():
                signal.signal(number, handler)
            self._wake = -1
            os.close(reader)
            os.close(writer)

    _wake: int = -1

    def _pause(self, seconds: float) -> None:
        """Sleep, but wake at any signal."""
        if self._wake < 0:
            time.sleep(seconds)
            return
        select.select([self._wake], [], [], seconds)
        with suppress(BlockingIOError):
            os.read(self._wake, 4096)

    def _check_asked(self) -> None:
        if self._asked:
            raise StopRequested

    # -- starting ------------------------------------------------------------------------------------------------------
    def log_path(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def _spawn(self, child: Child) -> subprocess.Popen[bytes]:
        if child.before_start:
            child.before_start()
        path = self.log_path(child.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > LOG_KEPT:
            path.replace(path.with_suffix(".log.1"))
        with path.open("ab") as log:
            return process.spawn(
                child.argv, env=child.env, cwd=child.cwd, log=log, identity=child.identity, death_signal=child.death_signal
            )

    def start(self, *children: Child) -> None:
        """Start them together and wait until each is ready. Raises ChildFailed, StopRequested; what was started is then left to `stop_all`."""
        batch = self._running[-1].batch + 1 if self._running else 0
        for child in children:
            self._running.append(_Running(child, self._spawn(child), time.monotonic(), batch))
        waiting = {r.child.name: r for r in self._running[-len(children) :]}
        while waiting:
            for name, running in list(waiting.items()):
                if self._is_ready(running):
                    del waiting[name]
            self._check_asked()
            if waiting:
                self._pause(0.03)

    def _is_ready(self, running: _Running) -> bool:
        child = running.child
        if running.process is None or running.process.poll() is not None:
            status = running.process.returncode if running.process else "?"
            raise ChildFailed(f"{child.name} ended at once (status {status}).{self.last_words(child.name)}")
        if child.ready is None or child.ready():
            return True
        if time.monotonic() - running.began > child.ready_timeout:
            raise ChildFailed(f"{child.name} was not ready within {child.ready_timeout:.0f} s.{self.last_words(child.name)}")
        return False

    def run_once(self, child: Child, timeout: float = 300.0) -> None:
        """Run a step to its end. Raises ChildFailed unless it ends with 0, StopRequested when asked to stop (the step is then ended too)."""
        started = self._spawn(child)
        deadline = time.monotonic() + timeout
        try:
            while started.poll() is None:
                self._check_asked()
                if time.monotonic() > deadline:
                    raise ChildFailed(f"{child.name} took longer than {timeout:.0f} s.{self.last_words(child.name)}")
                self._pause(0.1)
        finally:
            process.stop(started, patience=child.stop_patience)
        if started.returncode:
            raise ChildFailed(f"{child.name} failed (status {started.returncode}).{self.last_words(child.name)}")

    def last_words(self, name: str, lines: int = 15) -> str:
        """The end of a child's log, as an addition to a message."""
        path = self.log_path(name)
        try:
            said = path.read_bytes()[-8000:].decode(errors="replace").strip().splitlines()[-lines:]
        except OSError:
            said = []
        return f" Its log {path} ends with:\n  " + "\n  ".join(said) if said else f" Its log is empty ({path})."

    # -- watching ------------------------------------------------------------------------------------------------------
    def watch(self) -> None:
        """Until asked to stop: a child that ends is started again, each time a little later."""
        while not self._asked:
            now = time.monotonic()
            for running in self._running:
                self._look_after(running, now)
            due = [r.restart_at for r in self._running if r.restart_at is not None]
            self._pause(max(0.01, min([1.0, *(t - time.monotonic() for t in due)])))

    def _look_after(self, running: _Running, now: float) -> None:
        if running.process is not None and running.process.poll() is not None:
            if now - running.began > STEADY:  # not its habit: somebody killed it, and callers wait for it
                wait, running.backoff = 0.0, BACKOFF_FIRST
            else:
                wait, running.backoff = running.backoff, min(BACKOFF_MOST, running.backoff * 2)
            self.report(f"{running.child.name} ended (status {running.process.returncode}); again in {wait:.1f} s")
            process.signal_group(running.process, signal.SIGKILL)  # what it left behind
            running.process = None
            running.restart_at = now + wait
        if running.restart_at is not None and now >= running.restart_at:
            running.restart_at = None
            running.restarts += 1
            running.began = now
            try:
                running.process = self._spawn(running.child)
            except OSError as error:  # a full disk, no more processes: later again
                self.report(f"{running.child.name} cannot be started: {error}; again in {running.backoff:.1f} s")
                running.restart_at = now + running.backoff
                running.backoff = min(BACKOFF_MOST, running.backoff * 2)

    def pids(self) -> dict[str, int]:
        return {r.child.name: r.process.pid for r in self._running if r.process is not None}

    # -- stopping ------------------------------------------------------------------------------------------------------
    def stop_all(self) -> None:
        """In reverse order of starting, those together that were started together; a second Ctrl-C kills what is left at once."""
        while self._running:
            batch = [r for r in self._running if r.batch == self._running[-1].batch]
            del self._running[-len(batch) :]
            self._stop([(r.child, r.process) for r in batch if r.process is not None])

    def _stop(self, batch: list[tuple[Child, subprocess.Popen[bytes]]]) -> None:
        asked = self._asked
        for child, started in batch:
            if started.poll() is None:
                started.send_signal(child.stop_signal)
        began = time.monotonic()
        while any(p.poll() is None and time.monotonic() - began < c.stop_patience for c, p in batch):
            if self._asked > max(1, asked):
                break
            self._pause(0.02)
        for child, started in batch:
            if started.poll() is None:
                self.report(f"{child.name} did not stop in time and is killed")
            process.signal_group(started, signal.SIGKILL)
            started.wait()
