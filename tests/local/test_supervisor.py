"""The supervisor with small fake children: order, readiness, restarts, stopping, and what happens when it is killed itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from callcenter.local.lock import AlreadyRunning, run_lock
from callcenter.local.process import wait_until
from callcenter.local.supervisor import Child, ChildFailed, StopRequested, Supervisor


def python(code: str) -> list[str]:
    return [sys.executable, "-c", textwrap.dedent(code)]


SLEEPER = "import time\ntime.sleep(600)"


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervisor(tmp_path: Path, said: list[str]) -> Iterator[Supervisor]:
    supervisor = Supervisor(tmp_path / "log", said.append)
    with supervisor.signals():
        yield supervisor
        supervisor.stop_all()


def test_waits_until_each_is_ready(supervisor: Supervisor, tmp_path: Path) -> None:
    flags = [tmp_path / "one", tmp_path / "two"]
    children = [
        Child(f.name, python(f"import time, pathlib\ntime.sleep(.3)\npathlib.Path({str(f)!r}).touch()\ntime.sleep(600)"), ready=f.exists)
        for f in flags
    ]
    supervisor.start(*children)
    assert all(f.exists() for f in flags)
    assert sorted(supervisor.pids()) == ["one", "two"]


def test_a_child_that_ends_before_it_is_ready_is_named_with_its_last_words(supervisor: Supervisor) -> None:
    with pytest.raises(ChildFailed, match=r"(?s)broken ended at once \(status 3\).*no more tea"):
        supervisor.start(Child("broken", python("import sys\nprint('no more tea')\nsys.exit(3)"), ready=lambda: False))


def test_a_child_that_is_never_ready_is_not_waited_for_for_ever(supervisor: Supervisor) -> None:
    with pytest.raises(ChildFailed, match=r"idle was not ready within 0 s"):
        supervisor.start(Child("idle", python(SLEEPER), ready=lambda: False, ready_timeout=0.2))


def test_a_step_runs_to_its_end(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.run_once(Child("step", python("print('done')")))
    assert (tmp_path / "log" / "step.log").read_text() == "done\n"
    with pytest.raises(ChildFailed, match=r"(?s)step failed \(status 1\).*ZeroDivisionError"):
        supervisor.run_once(Child("step", python("1/0")))
    assert supervisor.pids() == {}


def test_a_dead_child_is_started_again_a_little_later_each_time(supervisor: Supervisor, tmp_path: Path, said: list[str]) -> None:
    starts = tmp_path / "starts"
    code = f"open({str(starts)!r}, 'a').write('x')\nimport os, signal, time\nsignal.setitimer(signal.ITIMER_REAL, 0.2)\ntime.sleep(600)"
    supervisor.start(Child("frail", python(code)))
    began = time.monotonic()

    def ends() -> list[str]:
        return [line for line in said if "frail ended" in line]

    def ask_to_stop(number: int, frame: object) -> None:
        if len(ends()) == 3:
            signal.setitimer(signal.ITIMER_REAL, 0)
            os.kill(os.getpid(), signal.SIGTERM)

    before = signal.signal(signal.SIGALRM, ask_to_stop)
    signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)  # 0.2 | +0.5 0.2 | +1.0 0.2 | (+2.0)
    try:
        supervisor.watch()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert time.monotonic() - began >= 0.2 + 0.5 + 0.2 + 1.0 + 0.2
    assert len(starts.read_text()) == 3
    assert ends() == [f"frail ended (status -14); again in {s} s" for s in ("0.5", "1.0", "2.0")]


def test_a_child_that_was_steady_is_started_again_at_once(supervisor: Supervisor, said: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("callcenter.local.supervisor.STEADY", 0.0)
    supervisor.start(Child("steady", python(SLEEPER)))
    first = supervisor.pids()["steady"]
    os.kill(first, signal.SIGKILL)

    def ask_to_stop(number: int, frame: object) -> None:
        if supervisor.pids().get("steady", first) != first:
            signal.setitimer(signal.ITIMER_REAL, 0)
            os.kill(os.getpid(), signal.SIGTERM)

    before = signal.signal(signal.SIGALRM, ask_to_stop)
    signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
    try:
        supervisor.watch()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert [line for line in said if "ended" in line] == ["steady ended (status -9); again in 0.0 s"]


def test_stops_in_reverse_order_and_whole_groups(supervisor: Supervisor, tmp_path: Path) -> None:
    order = tmp_path / "order"
    for name in ("first", "second"):
        ready = tmp_path / f"{name}.ready"
        code = f"""
            import os, pathlib, signal, subprocess, sys, time
            def end(*_):
                with open({str(order)!r}, "a") as f: f.write("{name} ")
                sys.exit(0)
            signal.signal(signal.SIGTERM, end)
            grandchild = subprocess.Popen([sys.executable, "-c", "import time, signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"])
            pathlib.Path({str(ready)!r}).write_text(str(grandchild.pid))
            time.sleep(600)
        """
        supervisor.start(Child(name, python(code), ready=lambda p=ready: p.exists() and p.read_text() != ""))  # type: ignore[misc]
    grandchildren = [int((tmp_path / f"{n}.ready").read_text()) for n in ("first", "second")]
    supervisor.stop_all()
    assert order.read_text() == "second first "
    assert wait_until(lambda: not any(map(alive, grandchildren)), timeout=5)


def test_one_that_does_not_listen_is_killed(supervisor: Supervisor, tmp_path: Path, said: list[str]) -> None:
    ready = tmp_path / "deaf"
    code = f"import signal, time, pathlib\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\npathlib.Path({str(ready)!r}).touch()\ntime.sleep(600)"
    supervisor.start(Child("deaf", python(code), ready=ready.exists, stop_patience=0.3))
    pid = supervisor.pids()["deaf"]
    supervisor.stop_all()
    assert not alive(pid)
    assert said == ["deaf did not stop in time and is killed"]


def test_stop_asked_while_starting(supervisor: Supervisor) -> None:
    def ready() -> bool:
        os.kill(os.getpid(), signal.SIGINT)
        return False

    with pytest.raises(StopRequested):
        supervisor.start(Child("slow", python(SLEEPER), ready=ready))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_no_child_outlives_the_supervisor(tmp_path: Path, number: signal.Signals) -> None:
    """One child ends by the kernel's SIGKILL, the other is given a signal that it may act on, as PostgreSQL is."""
    code = f"""
        import signal, sys
        from pathlib import Path
        from callcenter.local.supervisor import Child, Supervisor
        tmp = Path({str(tmp_path)!r})
        gentle = "import pathlib, signal, sys, time\\nsignal.signal(signal.SIGINT, lambda *_: (pathlib.Path(sys.argv[1]).touch(), sys.exit()))\\n"
        gentle += "pathlib.Path(sys.argv[2]).touch()\\ntime.sleep(600)"
        s = Supervisor(tmp / "log")
        with s.signals():
            s.start(Child("hard", [sys.executable, "-c", "import time; time.sleep(600)"]))
            argv = [sys.executable, "-c", gentle, str(tmp / "shut"), str(tmp / "up")]
            s.start(Child("gentle", argv, ready=(tmp / "up").exists, death_signal=signal.SIGINT, stop_signal=signal.SIGINT))
            (tmp / "pids.new").write_text(" ".join(map(str, s.pids().values())))
            (tmp / "pids.new").rename(tmp / "pids")
            s.watch()
            s.stop_all()
    """
    parent = subprocess.Popen(python(code), cwd=Path.cwd())
    try:
        assert wait_until((tmp_path / "pids").exists, timeout=20)
        pids = [int(p) for p in (tmp_path / "pids").read_text().split()]
        assert len(pids) == 2
        parent.send_signal(number)
        parent.wait(20)
        assert wait_until(lambda: not any(map(alive, pids)), timeout=10)
        assert (tmp_path / "shut").exists()
    finally:
        parent.kill()
        parent.wait()


def test_one_run_for_each_home(tmp_path: Path) -> None:
    with (
        run_lock(tmp_path / "home"),
        pytest.raises(AlreadyRunning, match=rf"pid {os.getpid()}\).*ONEKEY_HOME"),
        run_lock(tmp_path / "home"),
    ):
        raise AssertionError("two runs in one home")
    with run_lock(tmp_path / "home"):  # free again
        pass
