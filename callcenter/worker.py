"""The worker process: Celery with its beat. Timers are rows; Celery only wakes.

Async code runs in one event loop of its own thread, so that one pool of connections serves all jobs.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import sys
import threading
from collections.abc import Coroutine
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from celery import Celery
from celery.signals import beat_embedded_init, task_prerun, worker_ready, worker_shutdown
from sqlalchemy import delete, func, select

from callcenter.accounts.models import AuditRow, SignInFailure, UserSession
from callcenter.accounts.tidying import forget_audit
from callcenter.calls.dialogs import speech
from callcenter.calls.models import Call, CallCommand
from callcenter.calls.recordings.room import watch_room
from callcenter.calls.recordings.tidying import delete_old_messages, delete_old_recordings
from callcenter.calls.self_tests.models import SelfTest
from callcenter.calls.self_tests.watching import watch_self_tests
from callcenter.calls.states import LIVE
from callcenter.cases.actions import free_idle_cases
from callcenter.cases.tidying import forget_closed_cases
from callcenter.centre.queries import get_values
from callcenter.console.idempotency import IdempotencyRow
from callcenter.console.profiles import settle_checks
from callcenter.dispatch.access.tidying import sweep_sign_ins
from callcenter.dispatch.bills.jobs import sweep_bills
from callcenter.dispatch.jobs import sweep_orders
from callcenter.dispatch.orders.models import Order
from callcenter.dispatch.papers import sweep_papers
from callcenter.drill.daily import drill_daily
from callcenter.elders.importing import forget_old_checks
from callcenter.elders.lacks.actions import sweep_lacks
from callcenter.emergency.jobs import sweep_emergencies
from callcenter.emergency.outside.city import CitySender
from callcenter.emergency.outside.jobs import sweep_outside
from callcenter.emergency.protocols.condition import condition_of
from callcenter.emergency.protocols.jobs import sweep_protocols
from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.kit.lease import Lease
from callcenter.kit.outbox import OutboxRow
from callcenter.kit.ready import say_ready
from callcenter.messaging.actions import forget_texts
from callcenter.messaging.carriers import open_carriers
from callcenter.messaging.sending import Sender
from callcenter.outreach.care.jobs import sweep_care
from callcenter.outreach.jobs import sweep_outreach
from callcenter.outreach.names import render_ahead
from callcenter.points.jobs import Sweeper as PointsSweeper
from callcenter.points.scheme import Scheme
from callcenter.points.spending.counter import sweep_counter
from callcenter.prompts.ahead import Renderer
from callcenter.reports.matching.nights import match_nights
from callcenter.reports.risk_sheet.kept import keep_sheets
from callcenter.settings import Settings, get_settings

PR_SET_PDEATHSIG = 1  # of Linux
BACKUP_TAKES = 6 * 3600.0  # s at most; a worker that is killed meanwhile leaves it to the next one after that
_retention_settings: Settings | None = None
log = structlog.get_logger()
_began = clock.now()
_silent = threading.Event()  # that no speech is set up is told once
app = Celery("onekey")


def configure(settings: Settings) -> Celery:
    app.conf.update(
        broker_url=settings.redis_url or "redis://127.0.0.1:6379/0",
        broker_connection_retry_on_startup=True,
        task_ignore_result=True,
        task_acks_late=True,
        worker_hijack_root_logger=False,
        timezone="UTC",
        beat_schedule={
            "overdue": {"task": "onekey.overdue", "schedule": 10.0},
            "checks": {"task": "onekey.checks", "schedule": 10.0},
            "emergencies": {"task": "onekey.emergencies", "schedule": 1.0},
            "outside": {"task": "onekey.outside", "schedule": 1.0},
            "orders": {"task": "onekey.orders", "schedule": 1.0},
            "outreach": {"task": "onekey.outreach", "schedule": 1.0},
            "care": {"task": "onekey.care", "schedule": 10.0},
            "lacks": {"task": "onekey.lacks", "schedule": 60.0},
            "sheets": {"task": "onekey.sheets", "schedule": 300.0},
            "presses": {"task": "onekey.presses", "schedule": 300.0},
            "self_tests": {"task": "onekey.self_tests", "schedule": 10.0},
            "room": {"task": "onekey.room", "schedule": 300.0},
            "drill": {"task": "onekey.drill", "schedule": 300.0},
            "phrases": {"task": "onekey.phrases", "schedule": 60.0},
            "papers": {"task": "onekey.papers", "schedule": 3600.0},
            "bills": {"task": "onekey.bills", "schedule": 2.0},
            "counter": {"task": "onekey.counter", "schedule": 1.0, "options": {"expires": 1.0}},
            "points": {"task": "onekey.points", "schedule": 5.0},
            "messages": {"task": "onekey.messages", "schedule": 2.0, "options": {"expires": 2.0}},
            "retention": {"task": "onekey.retention", "schedule": 3600.0},
            "backup": {"task": "onekey.backup", "schedule": 300.0},
            "tidy": {"task": "onekey.tidy", "schedule": 600.0},
        },
    )
    return app


@lru_cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="async jobs", daemon=True).start()
    return loop


@lru_cache
def _database() -> Database:
    return Database.of(get_settings(), pool_size=4)


@lru_cache
def _retention() -> Database:
    return Database.of(_retention_settings or get_settings(), pool_size=1)


@lru_cache
def _sender() -> Sender:
    return Sender(_database(), open_carriers(get_settings(), _database()))


@lru_cache
def _city() -> CitySender:
    return CitySender(_database())


@lru_cache
def _points() -> PointsSweeper:
    return PointsSweeper(_database())


@lru_cache
def _renderer() -> Renderer:
    settings = get_settings()
    return Renderer(speech.phrases(), Path(settings.speech_voice), settings.speech_python)


def run(work: Coroutine[Any, Any, None], *, timeout: float = 120) -> None:
    asyncio.run_coroutine_threadsafe(work, _loop()).result(timeout)


@app.task(name="onekey.overdue")
def overdue() -> None:
    run(mark_overdue(_database()))


@app.task(name="onekey.checks")
def checks() -> None:
    run(look_at_checks(_database()))


@app.task(name="onekey.outside", expires=5)
def outside() -> None:
    """A slow city is not waited for: it would keep the other jobs' threads."""
    asyncio.run_coroutine_threadsafe(_city().look(), _loop())
    run(sweep_outside(_database(), answers=condition_of))


@app.task(name="onekey.emergencies", expires=5)
def emergencies() -> None:
    run(_sweep_emergencies(_database()))


async def _sweep_emergencies(database: Database) -> None:
    await sweep_emergencies(database)
    await sweep_protocols(database)


@app.task(name="onekey.orders", expires=5)
def orders() -> None:
    run(sweep_orders(_database()))


@app.task(name="onekey.outreach", expires=5)
def outreach() -> None:
    run(sweep_outreach(_database()))


@app.task(name="onekey.care", expires=10)
def care() -> None:
    run(sweep_care(_database()), timeout=600)


@app.task(name="onekey.lacks", expires=60)
def lacks() -> None:
    run(judge_addresses(_database()), timeout=600)


@app.task(name="onekey.sheets", expires=300)
def sheets() -> None:
    run(keep_todays_sheets(_database()), timeout=600)


@app.task(name="onekey.presses", expires=300)
def presses() -> None:
    """Not waited for: a long record takes a while to read."""
    asyncio.run_coroutine_threadsafe(_match_presses(_database()), _loop())


async def _match_presses(database: Database) -> None:
    try:
        for day in await match_nights(database, get_settings()):
            log.info("presses_matched", day=str(day))
    except Exception as error:  # the next look comes to it again
        log.error("presses_not_matched", error=type(error).__name__)


@app.task(name="onekey.self_tests", expires=10)
def self_tests() -> None:
    run(_watch_self_tests(_database()))


async def _watch_self_tests(database: Database) -> None:
    await watch_self_tests(database, get_settings(), since=_began)


@app.task(name="onekey.room", expires=300)
def room() -> None:
    run(_watch_room(_database()))


async def _watch_room(database: Database) -> None:
    await watch_room(database, get_settings())


@app.task(name="onekey.drill", expires=300)
def drill() -> None:
    """Not waited for: a press that nobody takes keeps it for a while."""
    asyncio.run_coroutine_threadsafe(_drill(_database()), _loop())


async def _drill(database: Database) -> None:
    try:
        await drill_daily(database, get_settings())
    except Exception as error:  # the next look comes to it again
        log.error("drill_not_done", error=type(error).__name__)


@app.task(name="onekey.phrases", expires=60)
def phrases() -> None:
    """Not waited for: speaking takes longer than being said."""
    if get_settings().speech_voice:
        asyncio.run_coroutine_threadsafe(render_ahead(_database(), _renderer()), _loop())
    elif not _silent.is_set():
        _silent.set()
        log.info("speech_not_set_up", effect="names are not said, the rest by single words")


@app.task(name="onekey.papers", expires=600)
def papers() -> None:
    run(sweep_papers(_database()), timeout=600)


@app.task(name="onekey.bills", expires=5)
def bills() -> None:
    run(sweep_bills(_database(), Scheme()))


@app.task(name="onekey.counter", expires=5)
def counter() -> None:
    run(sweep_counter(_database()))


@app.task(name="onekey.points", expires=10)
def points() -> None:
    """Not waited for: many deeds at once, or the proof of a night, would keep the threads of what is urgent."""
    asyncio.run_coroutine_threadsafe(_points().look(), _loop())


@app.task(name="onekey.messages")
def messages() -> None:
    """Not waited for: a slow carrier would keep the other jobs' threads."""
    asyncio.run_coroutine_threadsafe(_sender().look(), _loop())


@app.task(name="onekey.tidy")
def tidy() -> None:
    run(sweep_old_rows(_database()))


@app.task(name="onekey.retention", expires=3600)
def retention() -> None:
    run(forget_what_is_due(_database(), _retention()), timeout=600)


@app.task(name="onekey.backup", expires=300)
def backup() -> None:
    """Not waited for: it takes as long as the centre is large."""
    asyncio.run_coroutine_threadsafe(back_up_when_due(_database(), get_settings()), _loop())


async def forget_what_is_due(database: Database, retention: Database) -> None:
    """What is append-only and whose time is over, by the database role that may do this and nothing else."""
    now = clock.now()
    async with database.transaction() as session:
        centre = await get_values(session, get_settings())
    if count := await forget_closed_cases(database, retention, before=now - timedelta(days=centre.number("cases_kept"))):
        log.info("cases_forgotten", count=count)
    if count := await forget_audit(retention, before=now - timedelta(days=centre.number("audit_kept"))):
        log.info("audit_forgotten", count=count)


async def back_up_when_due(database: Database, settings: Settings) -> bool:
    """Once a day from the hour on that is set, by the first worker that comes; again with each look while it fails. A process of its own does it, as by hand.
    True: a backup was made now."""
    local = clock.now().astimezone(ZoneInfo(settings.timezone))
    if not settings.backup_dir or local.hour < settings.backup_hour:
        return False
    async with database.transaction() as session:
        last = await session.scalar(select(func.max(AuditRow.at)).where(AuditRow.verb == "backup:made"))
    if last is not None and last >= local.replace(hour=settings.backup_hour, minute=0, second=0, microsecond=0):
        return False
    claim = Lease(database, "backup", ttl=BACKUP_TAKES)
    if not await claim.try_acquire():
        return False
    try:
        words = ("backup", settings.backup_dir, "--keep", str(settings.backup_keep))
        program = await asyncio.create_subprocess_exec(
            sys.executable, "-c", "from callcenter.cli import main; main(prog_name='callcenter')", *words,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        _, said = await program.communicate()
    finally:
        await claim.give_up()
    if program.returncode:
        log.error("backup_not_made", code=program.returncode, said=said.decode(errors="replace").strip()[-300:])
        return False
    log.info("backup_made")
    return True


async def mark_overdue(database: Database) -> None:
    """An auditor's look: a new case past its deadline without a live call is put into the waiting list with the word "overdue"."""
    async with database.transaction() as session:
        live = set((await session.execute(select(Call.case_id).where(Call.state.in_(LIVE), Call.case_id.is_not(None)))).scalars())
        marked = await free_idle_cases(session, {i for i in live if i}, clock.now())
    if marked:
        log.warning("cases_overdue", count=marked)


async def look_at_checks(database: Database) -> None:
    """ "Press once" is settled also when nobody watches."""
    async with database.transaction() as session:
        await settle_checks(session)


async def keep_todays_sheets(database: Database) -> None:
    """From the morning on, encrypted in a file: for the day when everything is down."""
    await keep_sheets(database, get_settings())


async def judge_addresses(database: Database) -> None:
    """A save judges her at once; a new day, a file or a boundary is seen here."""
    judged = await sweep_lacks(database)
    if judged:
        log.info("addresses_judged", count=judged)


async def sweep_old_rows(database: Database, settings: Settings | None = None) -> None:
    """What only serves the moment is deleted: sent events, done commands, old sessions, failures, answers to repeats."""
    now, settings = clock.now(), settings or get_settings()
    async with database.transaction() as session:
        centre = await get_values(session, settings)
        await session.execute(delete(OutboxRow).where(OutboxRow.seq.is_not(None), OutboxRow.created_at < now - timedelta(days=1)))
        await session.execute(delete(CallCommand).where(CallCommand.created_at < now - timedelta(days=7)))
        await session.execute(delete(SelfTest).where(SelfTest.at < now - timedelta(days=30)))
        await session.execute(delete(SignInFailure).where(SignInFailure.at < now - timedelta(days=1)))
        await session.execute(delete(IdempotencyRow).where(IdempotencyRow.created_at < now - timedelta(days=2)))
        await sweep_sign_ins(session)
        await forget_old_checks(session)
        await forget_texts(session, before=now - timedelta(days=settings.sms_texts_kept))
        await session.execute(delete(UserSession).where(UserSession.expires_at < now - timedelta(days=centre.number("sessions_kept"))))
    speech.phrases().tidy()
    if deleted := await delete_old_messages(database, settings.recordings, centre, select(Order.case_id)):
        log.info("messages_deleted", count=deleted)
    if deleted := await delete_old_recordings(database, settings.recordings, centre, select(Order.case_id)):
        log.info("recordings_deleted", count=deleted)


@task_prerun.connect
def _begins(task_id: str = "", task: Any = None, **_: Any) -> None:
    """Every line of a job says which it is, and which run of it; the context goes along into the loop."""
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(job=task.name.removeprefix("onekey."), run=task_id)


@worker_ready.connect
def _ready(**_: Any) -> None:
    asyncio.run_coroutine_threadsafe(_sender().watch(every=1.0), _loop())
    say_ready()


@beat_embedded_init.connect
def _beat_begins(**_: Any) -> None:
    """The beat is a process of its own. A worker that is killed takes it along: else it would go on beside the beat of the next one, for ever."""
    parent = os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died while this was set
        os._exit(1)


@worker_shutdown.connect
def _stopping(**_: Any) -> None:
    run(_sender().finish())


def main(settings: Settings, retention_settings: Settings) -> None:
    """`retention_settings`: with the role `retention` in its database URL (migrations.roles.as_role)."""
    global _retention_settings
    _retention_settings = retention_settings
    configure(settings).worker_main(
        [
            "worker",
            "-P",
            "threads",
            "-c",
            "4",
            "-B",
            "-s",
            str(settings.home / "celerybeat"),
            "--loglevel",
            "WARNING",
            "--without-mingle",
            "--without-gossip",
        ]
    )
