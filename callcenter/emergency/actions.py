"""All writes of emergencies, their deadlines and alarms. Everybody locks the case first, then its emergency, then what hangs on it."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.accounts.roles import Role
from callcenter.cases.actions import add_entry, lock_case, move_case, touch_case
from callcenter.cases.models import Case
from callcenter.cases.states import OPEN as OPEN_CASES
from callcenter.cases.states import CaseState, Severity
from callcenter.centre.queries import get_values
from callcenter.elders.access import end_access, grant_access
from callcenter.elders.models import GrantReason
from callcenter.emergency.models import Emergency, EmergencyAlarm, EmergencyDeadline
from callcenter.emergency.queries import is_there, list_colleagues
from callcenter.emergency.rules import OWNER, OWNER_WITHIN, WATCH, choose_watcher, next_level_at
from callcenter.emergency.states import EMERGENCY, DeadlineState, EmergencyKind, EmergencyState, Level
from callcenter.kit import clock
from callcenter.kit.errors import Conflict, NotFound
from callcenter.kit.ids import new_id
from callcenter.kit.outbox import publish
from callcenter.settings import get_settings


async def lock_emergency(session: AsyncSession, case_id: uuid.UUID) -> tuple[Case, Emergency]:
    case = await lock_case(session, case_id)
    found = await session.scalar(
        select(Emergency).where(Emergency.case_id == case_id).with_for_update(key_share=True).execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound("this case is no emergency", code="no_emergency")
    return case, found


async def touch_emergency(session: AsyncSession, emergency: Emergency) -> None:
    """It changed: new version, consoles hear of it."""
    emergency.version += 1
    await session.flush()
    await publish(session, "emergency", emergency.id, {}, version=emergency.version)


# --- opening and closing -----------------------------------------------------------------------------------------------------------


async def open_emergency(
    session: AsyncSession, actor: Actor, case_id: uuid.UUID, *, kind: EmergencyKind = EmergencyKind.UNKNOWN
) -> Emergency:
    """Of an SOS case by the press, of any other by a person (F9), who makes an SOS of it. Harmless twice: an open one is returned as it is, a closed
    one is opened again when its case is open. Conflict `case_over` for a case that is over: it is opened again first.
    """
    case = await lock_case(session, case_id)
    if case.state not in OPEN_CASES:
        raise Conflict("this case is over; open it again first", code="case_over", details={"state": case.state})
    now = clock.now()
    if not case.is_sos or case.severity is not Severity.E0:
        case.is_sos, case.severity = True, Severity.E0
        await touch_case(session, case)
    known = await session.scalar(
        select(Emergency).where(Emergency.case_id == case_id).with_for_update(key_share=True).execution_options(populate_existing=True)
    )
    if known is not None and known.state is EmergencyState.OPEN:
        return known
    if known is None:
        by_press = actor.kind == "system"
        emergency = Emergency(
            case_id=case_id,
            kind=kind,
            pressed_at=case.opened_at if by_press else now,
            opened_at=now,
            opened_by_id=actor.id,
            outcome="",
        )
        session.add(emergency)
        await session.flush()
        await add_entry(session, case_id, "emergency_opened", actor=actor, data={"kind": kind})
        await set_deadline(session, emergency, OWNER, case.opened_at + OWNER_WITHIN if by_press else now + OWNER_WITHIN)
    else:
        emergency = known
        EMERGENCY.check(emergency.state, EmergencyState.OPEN)
        emergency.state, emergency.closed_at, emergency.closed_by_id, emergency.outcome = EmergencyState.OPEN, None, None, ""
        await add_entry(session, case_id, "emergency_reopened", actor=actor)
        await set_deadline(session, emergency, OWNER, now + OWNER_WITHIN)
    await audit(session, actor, "emergency:opened", case_id, details={"kind": emergency.kind})
    if case.owner_id is not None:
        await meet_deadline(session, emergency, OWNER, actor=actor)
        await ask_watcher(session, case, emergency)
    await touch_emergency(session, emergency)
    return emergency


async def set_kind(session: AsyncSession, actor: Actor, case_id: uuid.UUID, *, kind: EmergencyKind) -> Emergency:
    """What it turned out to be. Precondition of a change of protocol."""
    _, emergency = await lock_emergency(session, case_id)
    if emergency.kind is not kind:
        before, emergency.kind = emergency.kind, kind
        await add_entry(session, case_id, "emergency_kind", actor=actor, data={"from": before, "to": kind})
        await touch_emergency(session, emergency)
    return emergency


async def settle_emergency(session: AsyncSession, actor: Actor, case_id: uuid.UUID) -> Emergency | None:
    """Follows its case: closed when a person's outcome has resolved it, opened again when it is open once more. Harmless at any moment."""
    case = await lock_case(session, case_id)
    emergency = await session.scalar(
        select(Emergency).where(Emergency.case_id == case_id).with_for_update(key_share=True).execution_options(populate_existing=True)
    )
    if emergency is None:
        return None
    if case.state in OPEN_CASES and emergency.state is EmergencyState.CLOSED:
        return await open_emergency(session, actor, case_id)
    if case.state not in OPEN_CASES and emergency.state is EmergencyState.OPEN:
        if not case.outcome:  # nothing but a person's word ends an SOS
            await move_case(session, case, CaseState.WAITING)
            await add_entry(session, case_id, "emergency_kept_open")
            await touch_case(session, case)
            return emergency
        EMERGENCY.check(emergency.state, EmergencyState.CLOSED)
        emergency.state, emergency.closed_at = EmergencyState.CLOSED, clock.now()
        emergency.closed_by_id, emergency.outcome = actor.id or case.owner_id, case.outcome
        await drop_deadlines(session, emergency)
        await end_access(session, case_id=case_id, reason=GrantReason.WATCHED_CASE)
        await add_entry(session, case_id, "emergency_closed", actor=actor, data={"outcome": case.outcome})
        await audit(session, actor, "emergency:closed", case_id, details={"outcome": case.outcome})
        await touch_emergency(session, emergency)
    return emergency


# --- two people watch ----------------------------------------------------------------------------------------------------------------


async def ask_watcher(session: AsyncSession, case: Case, emergency: Emergency) -> None:
    """A second person, chosen; she says that she watches, or it goes to everybody. Precondition: both are locked, and the case has an owner."""
    if emergency.watcher_id is not None and emergency.watcher_id != case.owner_id:
        return
    chosen = choose_watcher(await list_colleagues(session, case.elder_id), but={case.owner_id} if case.owner_id else set())
    now = clock.now()
    emergency.watcher_id, emergency.watch_asked_at, emergency.watching_since = chosen, now, None
    values = await get_values(session, get_settings())
    await set_deadline(session, emergency, WATCH, now + timedelta(seconds=values.timings.watch_within))
    if chosen is not None and case.elder_id is not None:
        await grant_access(session, user_id=chosen, elder_id=case.elder_id, reason=GrantReason.WATCHED_CASE, case_id=case.id)


async def watch_emergency(session: AsyncSession, actor: Actor, case_id: uuid.UUID) -> Emergency:
    """She is the second person from now on, chosen or not. It opens the elder to her without a reason, so it is one person at a time: Conflict
    `watched_already` while another has said that she watches and is at her console, but for a supervisor. `own_emergency` for its owner: two people, not
    one twice.
    """
    case, emergency = await lock_emergency(session, case_id)
    if emergency.state is not EmergencyState.OPEN:
        raise Conflict("this emergency is over", code="emergency_over")
    if case.owner_id == actor.id:
        raise Conflict("you are its owner; somebody else watches", code="own_emergency")
    if emergency.watcher_id == actor.id and emergency.watching_since is not None:
        return emergency
    if emergency.watcher_id != actor.id:
        if emergency.watching_since is not None and actor.role is not Role.SUPERVISOR and await is_there(session, emergency.watcher_id):
            raise Conflict("somebody watches it already", code="watched_already", details={"watcher_id": str(emergency.watcher_id)})
        await end_access(session, case_id=case_id, reason=GrantReason.WATCHED_CASE)
    emergency.watcher_id, emergency.watching_since = actor.id, clock.now()
    if case.elder_id is not None and actor.id is not None:
        await grant_access(session, user_id=actor.id, elder_id=case.elder_id, reason=GrantReason.WATCHED_CASE, case_id=case_id)
    await meet_deadline(session, emergency, WATCH, actor=actor)
    await add_entry(session, case_id, "emergency_watched", actor=actor)
    await audit(session, actor, "emergency:watched", case_id)
    await touch_emergency(session, emergency)
    return emergency


# --- deadlines ---------------------------------------------------------------------------------------------------------------------------


async def set_deadline(session: AsyncSession, emergency: Emergency, code: str, due_at: datetime) -> uuid.UUID:
    """One open deadline for each code: a second one takes the place of the first. Precondition: `emergency` is locked; the caller touches it."""
    await _end_deadline(session, emergency, code, DeadlineState.DROPPED, by=None)
    deadline = EmergencyDeadline(
        id=new_id(), emergency_id=emergency.id, code=code, started_at=clock.now(), due_at=due_at, level=0, next_at=due_at
    )
    session.add(deadline)
    await session.flush()
    return deadline.id


async def meet_deadline(session: AsyncSession, emergency: Emergency, code: str, *, actor: Actor | None = None) -> bool:
    """It has happened; late counts as late, and is met all the same. False: nobody waited for it."""
    return await _end_deadline(session, emergency, code, DeadlineState.MET, by=actor.id if actor else None)


async def drop_deadline(session: AsyncSession, emergency: Emergency, code: str) -> bool:
    return await _end_deadline(session, emergency, code, DeadlineState.DROPPED, by=None)


async def drop_deadlines(session: AsyncSession, emergency: Emergency) -> None:
    """All that are open: it is over. Their alarms need no look any more."""
    await session.execute(
        update(EmergencyDeadline)
        .where(EmergencyDeadline.emergency_id == emergency.id, EmergencyDeadline.state == DeadlineState.OPEN)
        .values(state=DeadlineState.DROPPED, ended_at=clock.now(), next_at=None)
    )
    await session.execute(
        update(EmergencyAlarm)
        .where(EmergencyAlarm.emergency_id == emergency.id, EmergencyAlarm.seen_at.is_(None))
        .values(seen_at=clock.now())
    )


async def _end_deadline(session: AsyncSession, emergency: Emergency, code: str, to: DeadlineState, *, by: uuid.UUID | None) -> bool:
    now = clock.now()
    ended = await session.scalar(
        update(EmergencyDeadline)
        .where(
            EmergencyDeadline.emergency_id == emergency.id, EmergencyDeadline.code == code, EmergencyDeadline.state == DeadlineState.OPEN
        )
        .values(state=to, ended_at=now, ended_by_id=by, next_at=None)
        .returning(EmergencyDeadline.id)
    )
    if ended is None:
        return False
    await session.execute(  # what it called for has come
        update(EmergencyAlarm)
        .where(EmergencyAlarm.deadline_id == ended, EmergencyAlarm.seen_at.is_(None))
        .values(seen_at=now, seen_by_id=by)
    )
    return True


async def escalate_deadline(session: AsyncSession, deadline_id: uuid.UUID) -> EmergencyAlarm | None:
    """The next level of an overdue deadline, once. None: it was met meanwhile, or is not due. Locks its case."""
    row = (
        await session.execute(
            select(Emergency.case_id)
            .join(EmergencyDeadline, EmergencyDeadline.emergency_id == Emergency.id)
            .where(EmergencyDeadline.id == deadline_id)
        )
    ).first()
    if row is None:
        return None
    _, emergency = await lock_emergency(session, row.case_id)
    deadline = await session.get_one(EmergencyDeadline, deadline_id, with_for_update=True, populate_existing=True)
    now = clock.now()
    if deadline.state is not DeadlineState.OPEN or deadline.next_at is None or deadline.next_at > now:
        return None
    supervisors, duty = await _steps(session)
    deadline.level += 1
    deadline.next_at = next_level_at(deadline.level, deadline.due_at, supervisors=supervisors, duty=duty)
    data = {"over_s": round((now - deadline.due_at).total_seconds(), 1)}
    alarm = await raise_alarm(session, emergency, deadline.code, Level(deadline.level), data=data, deadline_id=deadline.id)
    await touch_emergency(session, emergency)
    return alarm


async def _steps(session: AsyncSession) -> tuple[timedelta, timedelta]:
    timings = (await get_values(session, get_settings())).timings
    return timedelta(seconds=timings.escalate_supervisors), timedelta(seconds=timings.escalate_duty)


# --- alarms --------------------------------------------------------------------------------------------------------------------------------


async def raise_alarm(
    session: AsyncSession,
    emergency: Emergency,
    code: str,
    level: Level = Level.AGENTS,
    *,
    data: dict[str, Any] | None = None,
    deadline_id: uuid.UUID | None = None,
) -> EmergencyAlarm | None:
    """On every screen it is for, and on the timeline. None: this deadline's level was told before. The caller touches the emergency."""
    values = {
        "id": new_id(), "emergency_id": emergency.id, "deadline_id": deadline_id, "code": code, "level": int(level), "at": clock.now(), "data": data or {},
    }  # fmt: skip
    put = pg_insert(EmergencyAlarm).values(values).on_conflict_do_nothing(index_elements=["deadline_id", "level"]).returning(EmergencyAlarm)
    alarm = (await session.execute(put)).scalar_one_or_none()
    if alarm is not None:
        await add_entry(session, emergency.case_id, "emergency_alarm", data={**(data or {}), "code": code, "level": int(level)})
    return alarm


async def see_alarm(session: AsyncSession, actor: Actor, case_id: uuid.UUID, alarm_id: uuid.UUID) -> Emergency:
    """She has seen it and does something about it. The deadline itself goes on."""
    _, emergency = await lock_emergency(session, case_id)
    seen = await session.scalar(
        update(EmergencyAlarm)
        .where(EmergencyAlarm.id == alarm_id, EmergencyAlarm.emergency_id == emergency.id, EmergencyAlarm.seen_at.is_(None))
        .values(seen_at=clock.now(), seen_by_id=actor.id)
        .returning(EmergencyAlarm.code)
    )
    if seen is None:
        known = await session.scalar(
            select(func.count())
            .select_from(EmergencyAlarm)
            .where(EmergencyAlarm.id == alarm_id, EmergencyAlarm.emergency_id == emergency.id)
        )
        if not known:
            raise NotFound("no such alarm of this emergency", code="no_alarm")
        return emergency
    await add_entry(session, case_id, "emergency_alarm_seen", actor=actor, data={"code": seen})
    await touch_emergency(session, emergency)
    return emergency
