"""`callcenter run`: the whole centre on this machine until Ctrl-C.

Order: the home is locked, ports are looked at, what is missing is installed; then PostgreSQL → migrations → demo data → Valkey → Asterisk → our
processes; then .run/demo.json is written and the addresses are printed. A server given by DATABASE_URL, REDIS_URL or ARI_URL is used instead of an
own one.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from enum import IntEnum
from typing import Any

from callcenter.local import children, environment, ports, postgres, valkey
from callcenter.local.folders import sweep_temp
from callcenter.local.lock import AlreadyRunning, run_lock
from callcenter.local.private_files import with_own_secrets, write_demo_json, write_private_json
from callcenter.local.steps import Steps
from callcenter.local.supervisor import ChildFailed, StopRequested, Supervisor
from callcenter.local.welcome import base_facts, near, print_welcome
from callcenter.settings import Settings
from callcenter.telephony.asterisk import config as asterisk_config
from callcenter.telephony.asterisk import local as asterisk

PROCESSES = ("voice", "relay", "worker", "api", "stores", "public")

Facts = Callable[[Settings], Mapping[str, Any]]


class Exit(IntEnum):
    """Why `callcenter run` ended (docs/configuration.md)."""

    STOPPED = 0  # by Ctrl-C or SIGTERM, everything ended in order
    RUNNING_ALREADY = 10
    PORT_TAKEN = 11
    NO_POSTGRES = 12
    NO_VALKEY = 13
    NO_ASTERISK = 14
    STEP_FAILED = 15  # migrations or demo data
    NOT_READY = 16  # a server or process did not come up
    INTERRUPTED = 130  # Ctrl-C before anything was started


class _Problem(Exception):
    def __init__(self, code: Exit, message: str) -> None:
        super().__init__(message)
        self.code = code


def run(settings: Settings, *, facts: Facts | None = None, steps: Steps | None = None, processes: tuple[str, ...] = PROCESSES) -> int:
    """Blocks until stopped; returns the exit code. `facts` gives what only the domains know for demo.json (logins, lines, elders), asked when all is up."""
    steps = steps or Steps()
    absolute = {"home": settings.home.resolve(), "cache": settings.cache.resolve()}
    try:
        with run_lock(absolute["home"]):
            _Run(with_own_secrets(settings.model_copy(update=absolute)), steps, facts, processes).all()
            return Exit.STOPPED
    except AlreadyRunning as problem:
        steps.say(f"✗ {problem}")
        return Exit.RUNNING_ALREADY
    except _Problem as problem:
        steps.say(f"✗ {problem}")
        return problem.code
    except KeyboardInterrupt:
        steps.say("stopped before anything was started")
        return Exit.INTERRUPTED


class _Run:
    def __init__(self, settings: Settings, steps: Steps, facts: Facts | None, processes: tuple[str, ...]) -> None:
        self.settings = settings
        self.steps = steps
        self.facts = facts
        self.processes = processes
        self.demo_json = settings.home / "demo.json"
        self.env_json = settings.home / "env.json"
        self.supervisor = Supervisor(settings.home / "log", self._log)

    def _log(self, line: str) -> None:
        self.steps.say(f"{time.strftime('%H:%M:%S')} {line}")

    def all(self) -> None:
        for stale in (self.demo_json, self.env_json):  # what a killed run left; whoever waits for the file waits for this run
            stale.unlink(missing_ok=True)
        sweep_temp()
        if taken := ports.problems(self.settings):
            raise _Problem(Exit.PORT_TAKEN, "\n✗ ".join(taken))
        with ExitStack() as cleanup:
            database, bus = self._prepare(cleanup)
            with self.supervisor.signals():
                try:
                    self._start(database, bus)
                    self.supervisor.watch()
                except StopRequested:
                    pass
                finally:
                    self.steps.say("stopping …")
                    self.supervisor.stop_all()
                    self.env_json.unlink(missing_ok=True)
            self.steps.say(f"stopped; the data stay in {near(self.settings.home)}")

    # -- before signals are ours: Ctrl-C simply ends it ----------------------------------------------------------------
    def _prepare(self, cleanup: ExitStack) -> tuple[postgres.Embedded | None, valkey.Embedded | None]:
        database: postgres.Embedded | None = None
        bus: valkey.Embedded | None = None
        if not self.settings.ari_url:
            self._prepare_asterisk()
            sockets = asterisk_config.socket_folder(self.settings.pbx_home)
            cleanup.callback(shutil.rmtree, sockets, ignore_errors=True)
        if not self.settings.redis_url:
            bus = valkey.Embedded()
            try:
                bus.prepare()
            except valkey.NoValkey as problem:
                raise _Problem(Exit.NO_VALKEY, str(problem)) from None
            cleanup.callback(bus.cleanup)
        if not self.settings.database_url:
            database = postgres.Embedded(self.settings.home / "postgres")
            with self.steps.step("PostgreSQL's files") as notes:
                try:
                    database.prepare()
                except (postgres.NoPostgres, postgres.PostgresFailed, RuntimeError) as problem:
                    raise _Problem(Exit.NO_POSTGRES, str(problem)) from None
                cleanup.callback(database.cleanup)
                notes.append(f"{database.binaries.major} ({database.binaries.origin}), {near(database.data)}")
        return database, bus

    def _prepare_asterisk(self) -> None:
        with self.steps.step("Asterisk's files"):
            try:
                asterisk.ensure_installed(self.settings, self.steps.detail)
                asterisk.render(self.settings)
            except asterisk.InstallError as problem:
                raise _Problem(Exit.NO_ASTERISK, str(problem)) from None

    # -- under the supervisor ------------------------------------------------------------------------------------------
    def _start(self, database: postgres.Embedded | None, bus: valkey.Embedded | None) -> None:
        settings = self.settings
        try:
            if database:
                with self.steps.step("PostgreSQL"):
                    self.supervisor.start(children.postgres_child(database))
                    database.ensure_database()
                settings = settings.model_copy(update={"database_url": database.url()})
            env = environment.for_processes(settings, redis_url=bus.url if bus else settings.redis_url)
            self._steps_of_owner(settings, env)
            if bus:
                with self.steps.step("Valkey"):
                    self.supervisor.start(children.valkey_child(bus))
            if not settings.ari_url:
                with self.steps.step("Asterisk"):
                    self.supervisor.start(children.asterisk_child(settings))
            with self.steps.step("our processes:") as notes:
                notes.append(", ".join(self.processes))
                self.supervisor.start(*(children.process_child(name, settings, env) for name in self.processes))
        except ChildFailed as problem:
            raise _Problem(Exit.NOT_READY, str(problem)) from None
        self._tell(settings, env)

    def _steps_of_owner(self, settings: Settings, env: Mapping[str, str]) -> None:
        """Migrations and demo data, by the database's owner. `seed --if-empty` leaves an existing database alone."""
        owner = environment.for_owner(settings, env)
        try:
            with self.steps.step("database up to date"):
                self.supervisor.run_once(children.one_step("migrate", owner))
            if settings.mode != "production":
                with self.steps.step("demo district"):
                    self.supervisor.run_once(children.one_step("seed", owner, "--if-empty"))
        except ChildFailed as problem:
            raise _Problem(Exit.STEP_FAILED, str(problem)) from None

    def _tell(self, settings: Settings, env: Mapping[str, str]) -> None:
        ours = {k: v for k, v in env.items() if k.startswith("ONEKEY_") or k in ("REDIS_URL", "ARI_URL")}
        write_private_json(self.env_json, ours | {"DATABASE_URL": settings.database_url})
        facts = base_facts(settings) | (dict(self.facts(settings)) if self.facts else {})
        if settings.mode != "production":
            write_demo_json(self.demo_json, facts)
        print_welcome(self.steps, settings, facts)
