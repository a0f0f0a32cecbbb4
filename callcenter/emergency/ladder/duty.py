"""The third level of an alarm rings the duty telephones, one after the other, each once, until somebody takes it or has seen it."""

from __future__ import annotations

import uuid
from datetime import timedelta

import structlog
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.dialogs.actions import cancel_dialog, request_dialog
from callcenter.calls.duty.queries import list_numbers_on_duty
from callcenter.calls.states import PartyRole
from callcenter.cases.actions import add_entry
from callcenter.emergency.actions import lock_emergency, touch_emergency
from callcenter.emergency.ladder.calling import RUNG_BEFORE
from callcenter.emergency.ladder.models import DutyCall
from callcenter.emergency.ladder.states import DUTY_CALL, DutyCallState
from callcenter.emergency.models import Emergency, EmergencyAlarm
from callcenter.emergency.states import EmergencyState, Level
from callcenter.kit import clock, crypto
from callcenter.kit.errors import Invalid
from callcenter.kit.ids import new_id
from callcenter.settings import get_settings

log = structlog.get_logger()
DUTY_DIALOG = "emergency_duty"
RING = timedelta(seconds=30)
NUMBER = "duty_calls.number"


async def ring_duty(session: AsyncSession, case_id: uuid.UUID) -> DutyCall | None:
    """The next telephone that was not rung for the oldest alarm of the third level that nobody has seen. None: one rings, or all were. Harmless at any
    moment."""
    _, emergency = await lock_emergency(session, case_id)
    if emergency.state is not EmergencyState.OPEN or await _rings(session, emergency):
        return None
    numbers = await list_numbers_on_duty(session, get_settings().timezone)
    for alarm in await unseen(session, emergency):
        rung = set(await session.scalars(select(DutyCall.number_key).where(DutyCall.alarm_id == alarm.id)))
        for number in numbers:
            if crypto.index(number, NUMBER) not in rung and (call := await _ring(session, emergency, alarm, number, len(rung) + 1)):
                await touch_emergency(session, emergency)
                return call
        if crypto.index("", NUMBER) not in rung:
            await _nobody(session, emergency, alarm, len(rung) + 1)
    return None


async def _ring(session: AsyncSession, emergency: Emergency, alarm: EmergencyAlarm, number: str, position: int) -> DutyCall | None:
    now = clock.now()
    call = DutyCall(
        id=new_id(), emergency_id=emergency.id, alarm_id=alarm.id, position=position, number=number, number_key=crypto.index(number, NUMBER),
        state=DutyCallState.CALLING, asked_at=now,
    )  # fmt: skip
    try:
        call.dialog_id = await request_dialog(
            session,
            kind=DUTY_DIALOG,
            subject_id=call.id,
            number=number,
            due_at=now,
            deadline_at=now + RUNG_BEFORE,
            dedupe_key=f"{DUTY_DIALOG}:{call.id}",
            ring_seconds=RING.total_seconds(),
            case_id=emergency.case_id,
            urgent=True,
            role=PartyRole.DUTY,
        )
    except Invalid:
        log.error("duty_telephone_not_dialable", case_id=str(emergency.case_id))
        call.state, call.ended_at = DutyCallState.NOT_REACHED, now
    session.add(call)
    await session.flush()
    if call.dialog_id is None:
        return None
    await add_entry(session, emergency.case_id, "duty_called", data={"code": alarm.code, "position": position})
    return call


async def _nobody(session: AsyncSession, emergency: Emergency, alarm: EmergencyAlarm, position: int) -> None:
    """Told once: a row without a number remembers it."""
    log.error("duty_not_reached", case_id=str(emergency.case_id), code=alarm.code)
    now = clock.now()
    session.add(
        DutyCall(
            emergency_id=emergency.id, alarm_id=alarm.id, position=position, number="", number_key=crypto.index("", NUMBER),
            state=DutyCallState.NOT_REACHED, asked_at=now, ended_at=now,
        )
    )  # fmt: skip
    await add_entry(session, emergency.case_id, "duty_not_reached", data={"code": alarm.code})
    await touch_emergency(session, emergency)


async def lock_duty_call(session: AsyncSession, call_id: uuid.UUID) -> tuple[Emergency, DutyCall]:
    case_id = await session.scalar(
        select(Emergency.case_id).join(DutyCall, DutyCall.emergency_id == Emergency.id).where(DutyCall.id == call_id)
    )
    assert case_id is not None
    _, emergency = await lock_emergency(session, case_id)
    return emergency, await session.get_one(DutyCall, call_id, with_for_update=True, populate_existing=True)


async def end_duty_call(session: AsyncSession, emergency: Emergency, call: DutyCall, to: DutyCallState) -> None:
    """What came of it. Taken: all alarms of this emergency that called the duty telephones are seen. Else the next one rings. Precondition: locked."""
    DUTY_CALL.check(call.state, to)
    call.state, call.ended_at = to, clock.now()
    await session.flush()
    data = {"position": call.position}
    if to is DutyCallState.TAKEN:
        await session.execute(
            update(EmergencyAlarm)
            .where(EmergencyAlarm.emergency_id == emergency.id, EmergencyAlarm.level == Level.DUTY, EmergencyAlarm.seen_at.is_(None))
            .values(seen_at=clock.now())
        )
        await add_entry(session, emergency.case_id, "duty_taken", data=data)
    elif to is not DutyCallState.CANCELLED:
        await add_entry(session, emergency.case_id, f"duty_{to}" if to is DutyCallState.DECLINED else "duty_no_answer", data=data)
    await touch_emergency(session, emergency)
    if to is not DutyCallState.TAKEN:
        await ring_duty(session, emergency.case_id)


async def end_needless_duty(session: AsyncSession, call_id: uuid.UUID) -> None:
    """Somebody has seen the alarm while it rang (`queries.list_needless_duty`). Who hears the question already is told so when she answers."""
    emergency, call = await lock_duty_call(session, call_id)
    if call.state is DutyCallState.CALLING and call.dialog_id is not None and call.answered_at is None:
        await cancel_dialog(session, call.dialog_id)
        await end_duty_call(session, emergency, call, DutyCallState.CANCELLED)


async def unseen(session: AsyncSession, emergency: Emergency) -> list[EmergencyAlarm]:
    wanted = select(EmergencyAlarm).where(
        EmergencyAlarm.emergency_id == emergency.id, EmergencyAlarm.level == Level.DUTY, EmergencyAlarm.seen_at.is_(None)
    )
    return list(await session.scalars(wanted.order_by(EmergencyAlarm.at, EmergencyAlarm.id).execution_options(populate_existing=True)))


async def _rings(session: AsyncSession, emergency: Emergency) -> bool:
    wanted = select(DutyCall.id).where(DutyCall.emergency_id == emergency.id, DutyCall.state == DutyCallState.CALLING)
    return (await session.scalar(wanted.limit(1))) is not None
