"""The worker process: Celery with its beat. Timers are rows; Celery only wakes.

Async code runs in one event loop of its own thread, so that one pool of connections serves all jobs.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from datetime import timedelta
from functools import lru_cache
from typing import Any

import structlog
from celery import Celery
from celery.signals import worker_ready
from sqlalchemy import delete, select

from callcenter.accounts.models import SignInFailure, UserSession
from callcenter.calls.models import Call, CallCommand
from callcenter.calls.states import LIVE
from callcenter.cases.actions import free_idle_cases
from callcenter.centre.queries import get_values
from callcenter.console.idempotency import IdempotencyRow
from callcenter.console.profiles import settle_checks
from callcenter.elders.importing import forget_old_checks
from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.kit.outbox import OutboxRow
from callcenter.kit.ready import say_ready
from callcenter.settings import Settings, get_settings

log = structlog.get_logger()
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


def run(work: Coroutine[Any, Any, None], *, timeout: float = 120) -> None:
    asyncio.run_coroutine_threadsafe(work, _loop()).result(timeout)


@app.task(name="onekey.overdue")
def overdue() -> None:
    run(mark_overdue(_database()))


@app.task(name="onekey.checks")
def checks() -> None:
    run(look_at_checks(_database()))


@app.task(name="onekey.tidy")
def tidy() -> None:
    run(sweep_old_rows(_database()))


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


async def sweep_old_rows(database: Database, settings: Settings | None = None) -> None:
    """What only serves the moment is deleted: sent events, done commands, old sessions, failures, answers to repeats."""
    now = clock.now()
    async with database.transaction() as session:
        centre = await get_values(session, settings or get_settings())
        await session.execute(delete(OutboxRow).where(OutboxRow.seq.is_not(None), OutboxRow.created_at < now - timedelta(days=1)))
        await session.execute(delete(CallCommand).where(CallCommand.created_at < now - timedelta(days=7)))
        await session.execute(delete(SignInFailure).where(SignInFailure.at < now - timedelta(days=1)))
        await session.execute(delete(IdempotencyRow).where(IdempotencyRow.created_at < now - timedelta(days=2)))
        await forget_old_checks(session)
        await session.execute(delete(UserSession).where(UserSession.expires_at < now - timedelta(days=centre.number("sessions_kept"))))


@worker_ready.connect
def _ready(**_: Any) -> None:
    say_ready()


def main(settings: Settings) -> None:
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
