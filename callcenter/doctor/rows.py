"""What the database says of itself, of its clock, and of what waits in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from alembic.script import ScriptDirectory
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.backups.noting import last_made
from callcenter.calls.self_tests.models import Outcome, SelfTest
from callcenter.calls.self_tests.watching import last_of_each, last_tests
from callcenter.centre.queries import get_values
from callcenter.doctor.finding import Finding, ago, right, unset, wrong
from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.kit.lease import LeaseRow
from callcenter.kit.outbox import OutboxRow
from callcenter.messaging.models import Message
from callcenter.messaging.states import MessageState
from callcenter.migrations.run import alembic_config
from callcenter.settings import Settings

CLOCKS_APART = 1.0  # s: leases ask for less than two
OUTBOX_LATE, MESSAGE_LATE = 10.0, 120.0  # s
BACKUP_LATE = timedelta(hours=26)  # one a day, and it may take a while
ASKED_OF_IT = ("clock", "migrations", "database role", "voice", "self-test", "outbox", "messages", "backup")


async def check_database(settings: Settings) -> list[Finding]:
    if not (settings.app_database_url or settings.database_url):
        return [wrong("database", "none is set", "set ONEKEY_APP_DATABASE_URL, or start `callcenter run` in this home"), *_not_asked()]
    database = Database.of(settings, pool_size=1)
    try:
        async with database.transaction() as session:
            version = str(await session.scalar(text("SHOW server_version")))
            found = [
                right("database", f"PostgreSQL {version.split()[0]} answers"),
                await check_clock(session),
                await check_migrations(session),
            ]
            if found[-1].state != "right":  # rows are asked for by the names of this program
                return [*found, *_not_asked(found)]
            found += [await check_role(session), await check_voice(session, settings), *await check_self_tests(session, settings)]
            return [*found, await check_outbox(session), await check_messages(session), await check_backup(session, settings)]
    except Exception as error:  # whatever it is, the other checks go on
        return [
            wrong(
                "database",
                f"does not answer ({type(getattr(error, 'orig', None) or error).__name__})",
                "start it, and look at ONEKEY_APP_DATABASE_URL: meanwhile Asterisk carries presses by itself",
            ),
            *_not_asked(),
        ]
    finally:
        await database.close()


def _not_asked(found: list[Finding] | None = None) -> list[Finding]:
    known = {one.what for one in found or ()}
    return [unset(what, "not asked: see above") for what in ASKED_OF_IT if what not in known]


async def check_clock(session: AsyncSession) -> Finding:
    before = clock.now()
    theirs = await session.scalar(select(func.clock_timestamp()))
    after = clock.now()
    assert isinstance(theirs, datetime)
    return judge_clock((theirs - before - (after - before) / 2).total_seconds(), (after - before).total_seconds())


def judge_clock(ahead: float, took: float) -> Finding:
    """`ahead`: the database's clock before ours, in seconds, known to half of what the question took."""
    if abs(ahead) > CLOCKS_APART + took / 2:
        return wrong(
            "clock",
            f"this machine's is {abs(ahead):.1f} s {'behind' if ahead > 0 else 'ahead of'} the database's",
            "set both by NTP (timedatectl): timers, leases and the order of events go by them",
        )
    return right("clock", "agrees with the database's")


async def check_migrations(session: AsyncSession) -> Finding:
    there = await session.scalar(text("SELECT to_regclass('public.alembic_version') IS NOT NULL"))
    now = str(await session.scalar(text("SELECT version_num FROM alembic_version"))) if there else ""
    known = [script.revision for script in ScriptDirectory.from_config(alembic_config("")).walk_revisions()]
    return judge_migrations(now, known)


def judge_migrations(now: str, known: list[str]) -> Finding:
    """`known`, newest first."""
    if not now:
        return wrong("migrations", "the database is empty", "run `callcenter migrate`")
    if now not in known:
        return wrong("migrations", f"the database has {now}, which this program does not know", "start the newer program")
    if behind := known.index(now):
        return wrong("migrations", f"the database is {behind} behind ({now}, needed {known[0]})", "run `callcenter migrate`")
    return right("migrations", f"up to date ({now})")


async def check_role(session: AsyncSession) -> Finding:
    row = (
        await session.execute(
            text(
                "SELECT current_user, rolsuper, has_table_privilege('audit', 'UPDATE') OR has_table_privilege('audit', 'DELETE') "
                "FROM pg_roles WHERE rolname = current_user"
            )
        )
    ).one()
    return judge_role(str(row[0]), powerful=bool(row[1] or row[2]))


def judge_role(name: str, *, powerful: bool) -> Finding:
    if powerful:
        return wrong(
            "database role",
            f"{name} may change what must stay as it was written",
            "give the processes ONEKEY_APP_DATABASE_URL with the narrow role that `callcenter migrate` makes",
        )
    return right("database role", f"{name} can change nothing of the audit")


async def check_voice(session: AsyncSession, settings: Settings) -> Finding:
    until = await session.scalar(select(LeaseRow.until).where(LeaseRow.name == f"voice:{settings.pbx_name}"))
    return judge_voice(until, clock.now(), settings)


def judge_voice(until: datetime | None, now: datetime, settings: Settings) -> Finding:
    if until is None:
        return wrong("voice", f"none has ever worked for {settings.pbx_name}", "start voice; is ONEKEY_PBX_NAME right?")
    if until < now:
        return wrong(
            "voice", f"none has worked for {ago((now - until).total_seconds())}: Asterisk carries presses by itself", "start voice"
        )
    return right("voice", f"works for {settings.pbx_name}")


async def check_self_tests(session: AsyncSession, settings: Settings) -> list[Finding]:
    """One for each node, where there are several."""
    every = (await get_values(session, settings)).timings.self_test_every
    if not settings.nodes:
        return [judge_self_test(next(iter(await last_tests(session)), None), every, clock.now())]
    last = {test.pbx: test for test in await last_of_each(session)}
    every *= len(settings.nodes)  # they are tried in turn
    return [
        replace(found, words=f"node {node.name}: {found.words}")
        for node in settings.nodes
        for found in [judge_self_test(last.get(node.name), every, clock.now())]
    ]


def judge_self_test(last: SelfTest | None, every: float, now: datetime) -> Finding:
    if not every:
        return unset("self-test", "the key does not try itself (self_test_every is 0)")
    if last is None:
        return unset("self-test", "the key has not tried itself yet")
    since = (now - last.at).total_seconds()
    if since > 2 * every + 60:
        return wrong("self-test", f"the key last tried itself {ago(since)} ago", "is voice up, and at Asterisk? Press the key yourself")
    if last.outcome is Outcome.FAILED:
        return wrong("self-test", f"failed {ago(since)} ago ({last.reason})", "press the key yourself, and look at voice's log")
    if last.outcome is Outcome.SLOW:
        return wrong(
            "self-test", f"{last.ring_ms} ms until a telephone would ring", "is the machine busy, the disk slow? `callcenter bench`"
        )
    return right("self-test", f"{last.ring_ms} ms until a telephone would ring, {ago(since)} ago")


async def check_outbox(session: AsyncSession) -> Finding:
    oldest = await session.scalar(select(func.min(OutboxRow.created_at)).where(OutboxRow.seq.is_(None)))
    return judge_outbox((clock.now() - oldest).total_seconds() if oldest else 0.0)


def judge_outbox(seconds: float) -> Finding:
    if seconds > OUTBOX_LATE:
        return wrong(
            "outbox", f"an event has waited for {ago(seconds)}: consoles do not hear the news", "start the relay, and look at its log"
        )
    return right("outbox", "no event waits for long")


async def check_messages(session: AsyncSession) -> Finding:
    oldest = await session.scalar(
        select(func.min(Message.next_at)).where(
            Message.state.in_([MessageState.QUEUED, MessageState.SENDING]), Message.next_at.is_not(None), Message.next_at < clock.now()
        )
    )
    return judge_messages((clock.now() - oldest).total_seconds() if oldest else 0.0)


def judge_messages(seconds: float) -> Finding:
    if seconds > MESSAGE_LATE:
        return wrong("messages", f"one should have gone out {ago(seconds)} ago", "is the worker up? Its log says what the carrier answers")
    return right("messages", "none is late")


async def check_backup(session: AsyncSession, settings: Settings) -> Finding:
    return judge_backup(await last_made(session), clock.now(), settings)


def judge_backup(made: datetime | None, now: datetime, settings: Settings) -> Finding:
    todo = "run `callcenter backup` every night, and keep the files elsewhere (docs/backups.md)"
    if made is None:
        words = "none has ever been made"
    elif now - made > BACKUP_LATE:
        words = f"the last one is {ago((now - made).total_seconds())} old"
    else:
        return right("backup", f"the last one is {ago((now - made).total_seconds())} old")
    return wrong("backup", words, todo) if settings.mode == "production" else unset("backup", words)
