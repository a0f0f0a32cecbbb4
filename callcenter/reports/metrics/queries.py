"""Each figure from its rows. Counters are counted over all rows, which are never taken away, so they only rise, whoever is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Float, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter import __version__
from callcenter.accounts.models import AuditRow
from callcenter.calls.models import AgentPresence, Call
from callcenter.calls.self_tests.models import Outcome, SelfTest
from callcenter.calls.self_tests.watching import last_of_each
from callcenter.calls.states import LIVE, AgentState, CallKind, CallState
from callcenter.cases.models import CaseTask
from callcenter.cases.states import TaskState
from callcenter.dispatch.orders.models import Order
from callcenter.dispatch.orders.states import OrderState
from callcenter.emergency.models import Emergency, EmergencyDeadline
from callcenter.emergency.states import DeadlineState, EmergencyState
from callcenter.kit import clock
from callcenter.kit.lease import LeaseRow
from callcenter.kit.outbox import OutboxRow
from callcenter.messaging.models import Message
from callcenter.messaging.states import MessageState
from callcenter.reports.metrics.exposition import Metric, Sample, histogram

BOUNDS = (2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0)  # s: among them those of the targets
LINES = (CallKind.SOS, CallKind.SERVICE)
VOICE, BACKUP = "voice:", "backup:made"


async def collect_metrics(session: AsyncSession) -> list[Metric]:
    now = clock.now()
    return [
        Metric("onekey_info", "gauge", "The program's version.", [Sample(1, {"version": __version__})]),
        *await _presses(session),
        await _by_state(session, "onekey_calls_live", "Calls that go on, by state.", Call.state, sorted(LIVE), Call.state.in_(LIVE)),
        await _by_state(session, "onekey_agents", "Agents by what they are doing, as voice knows it.", AgentPresence.state, AgentState),
        *await _work(session, now),
        *await _queues(session, now),
        *await _watch(session, now),
    ]


def _line(kind: CallKind) -> dict[str, str]:
    return {"line": kind.value}


async def _presses(session: AsyncSession) -> list[Metric]:
    """One reading of the calls for all three."""
    took: ColumnElement[Any] = cast(func.extract("epoch", Call.answered_at - Call.received_at), Float)
    found = await session.execute(
        select(
            Call.kind,
            func.count(),
            func.count(Call.answered_at),
            func.coalesce(func.sum(took), 0.0),
            func.count().filter(Call.answered_at.is_(None), Call.state.in_([CallState.ABANDONED, CallState.ENDED])),
            *(func.count().filter(took <= bound) for bound in BOUNDS),
        )
        .where(Call.kind.in_(LINES))
        .group_by(Call.kind)
    )
    rows: dict[CallKind, Any] = {kind: (0, 0, 0.0, 0, *(0 for _ in BOUNDS)) for kind in LINES}
    rows |= {kind: rest for kind, *rest in found}
    series = [(_line(kind), dict(zip(BOUNDS, row[4:], strict=True)), float(row[2]), row[1]) for kind, row in rows.items()]
    return [
        Metric("onekey_presses_total", "counter", "Presses that were stored.", [Sample(row[0], _line(kind)) for kind, row in rows.items()]),
        Metric(
            "onekey_presses_unanswered_total",
            "counter",
            "Presses that ended before a person joined.",
            [Sample(row[3], _line(kind)) for kind, row in rows.items()],
        ),
        histogram("onekey_press_answer_seconds", "From the press until a person joined.", series),
    ]


async def _by_state(
    session: AsyncSession, name: str, words: str, column: Any, states: Iterable[StrEnum], *where: ColumnElement[bool]
) -> Metric:
    """Every state is there, also with nobody in it: a line that ends looks like one that was lost."""
    counted = await session.execute(select(column, func.count()).where(*where).group_by(column))
    found: dict[Any, int] = {state: count for state, count in counted}  # noqa: C416 - a Row is no pair for dict()
    return Metric(name, "gauge", words, [Sample(found.get(state, 0), {"state": state.value}) for state in states])


async def _work(session: AsyncSession, now: datetime) -> list[Metric]:
    open_tasks = CaseTask.state != TaskState.DONE
    emergencies = await session.scalar(select(func.count()).select_from(Emergency).where(Emergency.state == EmergencyState.OPEN))
    deadlines = await session.scalar(
        select(func.count())
        .select_from(EmergencyDeadline)
        .where(EmergencyDeadline.state == DeadlineState.OPEN, EmergencyDeadline.due_at < now)
    )
    tasks, late = (await session.execute(select(func.count(), func.count().filter(CaseTask.due_at < now)).where(open_tasks))).one()
    return [
        _one("onekey_emergencies_open", "Emergencies that go on.", emergencies or 0),
        _one("onekey_emergency_deadlines_overdue", "Deadlines of emergencies that have passed and nobody has met.", deadlines or 0),
        _one("onekey_call_backs_open", "Call-backs that wait for somebody.", tasks),
        _one("onekey_call_backs_overdue", "Of those, later than they were due.", late),
        await _by_state(session, "onekey_orders", "Orders by state.", Order.state, OrderState),
    ]


async def _queues(session: AsyncSession, now: datetime) -> list[Metric]:
    waiting, oldest = (await session.execute(select(func.count(), func.min(OutboxRow.created_at)).where(OutboxRow.seq.is_(None)))).one()
    late = await session.scalar(
        select(func.min(Message.next_at)).where(
            Message.state.in_([MessageState.QUEUED, MessageState.SENDING]), Message.next_at.is_not(None), Message.next_at < now
        )
    )
    return [
        _one("onekey_outbox_waiting", "Events that consoles have not heard of.", waiting),
        _one("onekey_outbox_oldest_seconds", "How long the oldest of them has waited.", _age(oldest, now)),
        _one("onekey_message_late_seconds", "How long ago the message that is most overdue should have gone out.", _age(late, now)),
        await _by_state(session, "onekey_messages", "Messages by state.", Message.state, MessageState),
    ]


async def _watch(session: AsyncSession, now: datetime) -> list[Metric]:
    leases = await session.execute(select(LeaseRow.name, LeaseRow.until).where(LeaseRow.name.startswith(VOICE)).order_by(LeaseRow.name))
    made = await session.scalar(select(func.max(AuditRow.at)).where(AuditRow.verb == BACKUP))
    found = [
        Metric(
            "onekey_voice_up",
            "gauge",
            "Whether a voice works for that PBX.",
            [Sample(until >= now, {"pbx": name.removeprefix(VOICE)}) for name, until in leases],
        )
    ]
    found += await _self_test(session, now)
    return found + ([_one("onekey_backup_age_seconds", "Since the last backup was made.", _age(made, now))] if made else [])


async def _self_test(session: AsyncSession, now: datetime) -> list[Metric]:
    """Of the last try, with several nodes the last at each; nothing before the first."""
    tests = await last_of_each(session)

    def of_each(name: str, words: str, value: Callable[[SelfTest], float | None]) -> Metric:
        found = [(value(test), {"node": test.pbx} if len(tests) > 1 else {}) for test in tests]
        return Metric(name, "gauge", words, [Sample(figure, labels) for figure, labels in found if figure is not None])

    figures = [
        of_each(
            "onekey_self_test_up",
            "Whether the last self-test of the key passed (1), and was not slow.",
            lambda test: test.outcome is Outcome.PASSED,
        ),
        of_each("onekey_self_test_age_seconds", "Since the last self-test of the key.", lambda test: _age(test.at, now)),
        of_each("onekey_self_test_commit_seconds", "From its press until it was committed.", lambda test: _seconds(test.committed_ms)),
        of_each("onekey_self_test_ring_seconds", "From its press until a telephone would ring.", lambda test: _seconds(test.ring_ms)),
    ]
    return [figure for figure in figures if figure.samples]


def _seconds(ms: int | None) -> float | None:
    return None if ms is None else ms / 1000


def _age(since: datetime | None, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds()) if since else 0.0


def _one(name: str, words: str, value: float) -> Metric:
    return Metric(name, "gauge", words, [Sample(value)])
