"""The children of a run: what is started, how one sees that it is ready, how it is stopped."""

from __future__ import annotations

import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping

from callcenter.local import postgres, valkey
from callcenter.local.supervisor import Child
from callcenter.settings import Settings
from callcenter.telephony.asterisk import local as asterisk

WEB = {"api": "http_port", "stores": "stores_port", "public": "public_port"}
SILENT = ("voice", "relay", "worker")  # no port of their own: they touch ONEKEY_READY_FILE


def postgres_child(server: postgres.Embedded) -> Child:
    """SIGINT is PostgreSQL's fast shutdown; the kernel sends it too when the supervisor is killed."""
    return Child(
        "postgres",
        server.argv,
        env=server.env,
        cwd="/",
        identity=server.identity,
        ready=server.ready,
        stop_signal=signal.SIGINT,
        stop_patience=30,
        death_signal=signal.SIGINT,
    )


def valkey_child(server: valkey.Embedded) -> Child:
    return Child("valkey", server.argv, cwd=server.folder, ready=server.ready)


def asterisk_child(settings: Settings) -> Child:
    argv, env = asterisk.command(settings)
    return Child("asterisk", argv, env=env, cwd=settings.pbx_home, ready=lambda: _is_booted(settings), stop_patience=5)


def _is_booted(settings: Settings) -> bool:
    argv, env = asterisk.command(settings, "-rx", "core waitfullybooted")
    try:
        done = subprocess.run(argv, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=2, check=False)
    except subprocess.TimeoutExpired:
        return False
    return "fully booted" in done.stdout


def callcenter_argv(command: str, *arguments: str) -> list[str]:
    """-P: a file named like a module in the folder of the day is not imported."""
    return [sys.executable, "-P", "-c", "from callcenter.cli import main; main(prog_name='callcenter')", command, *arguments]


def one_step(command: str, env: Mapping[str, str], *arguments: str) -> Child:
    return Child(command, callcenter_argv(command, *arguments), env=env)


def process_child(name: str, settings: Settings, env: Mapping[str, str]) -> Child:
    """One of our own processes."""
    if name in WEB:
        ready, before, extra = _answers(settings, getattr(settings, WEB[name])), None, {}
    else:
        flag = settings.home / "ready" / name
        flag.parent.mkdir(parents=True, exist_ok=True)
        ready, before, extra = flag.exists, lambda: flag.unlink(missing_ok=True), {"ONEKEY_READY_FILE": str(flag)}
    return Child(name, callcenter_argv(name), env={**env, **extra}, ready=ready, before_start=before, ready_timeout=60)


def _answers(settings: Settings, port: int) -> Callable[[], bool]:
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a proxy in the environment is not for the loopback

    def ready() -> bool:
        try:
            with direct.open(f"http://{host}:{port}/readyz", timeout=2) as answer:
                return int(answer.status) == 200
        except (urllib.error.URLError, OSError):
            return False

    return ready
