"""The text message of a plan: once, by day, to one number that takes texts and of which no other answer is awaited; and what becomes of the waiting."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Text, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.cases.actions import add_entry
from callcenter.centre.queries import get_values
from callcenter.dispatch.orders.models import Order
from callcenter.elders.actions import contacts_of
from callcenter.elders.models import Elder, Presence
from callcenter.elders.queries import current_id, list_numbers
from callcenter.kit import clock
from callcenter.kit.errors import Invalid
from callcenter.messaging.actions import checked_address, index_of, queue_message
from callcenter.messaging.models import Message
from callcenter.messaging.port import About, Channel
from callcenter.messaging.templates import ONE_PART, get_template, signed
from callcenter.outreach.actions import OUTREACH, drop_plan, move_plan, to_person, touch_plan
from callcenter.outreach.models import CallPlan
from callcenter.outreach.queries import NOT_SENT, get_hours
from callcenter.outreach.rules import text_key
from callcenter.outreach.states import Drop, PlanState, Why
from callcenter.outreach.texts.rules import choose_window, day_in_words, greeting
from callcenter.settings import get_settings

ABOUT = "call_plan"
A_JOB = "上门服务"  # when its own words would make two messages of one


@dataclass(frozen=True, slots=True)
class Recipient:
    number: str
    is_hers: bool


async def ask_by_text(session: AsyncSession, plan: CallPlan) -> bool:
    """False: she is not asked so (by setting, no carrier, no number that takes texts, not at home, another answer is awaited from there).

    In the transaction in which the last attempt ended: whatever dies, there is one message, or none and the plan is still being called.
    Precondition: locked.
    """
    settings, now = get_settings(), clock.now()
    waits = timedelta(hours=(await get_values(session, settings)).number("reply_hours"))
    order = await session.get(Order, plan.order_id) if plan.order_id else None
    if not waits or settings.sms_carrier_in_force == "none" or order is None:
        return False
    elder = await session.get_one(Elder, await current_id(session, plan.elder_id), populate_existing=True)
    to = await find_recipient(session, elder) if elder.presence is Presence.HOME else None
    if to is None:
        return False
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"follow_up:{to.number}", 0))))
    if await _awaits_another(session, to.number):  # whose answer would it be?
        return False
    window = choose_window(now, await get_hours(session), waits)
    zone = ZoneInfo(settings.timezone)
    done = order.checked_out_at or order.verified_at or plan.planned_at
    when = day_in_words(done.astimezone(zone).date(), window.send_at.astimezone(zone).date())
    template, params = worded(to, elder, when=when, item=order.title)
    await queue_message(
        session, dedupe_key=text_key(plan.id), channel=Channel.SMS, to=to.number, template=template, params=params,
        about=About(ABOUT, str(plan.id)), due_at=window.send_at, deadline=window.deadline_at,
    )  # fmt: skip
    move_plan(plan, PlanState.MESSAGED)
    plan.due_at = window.reply_by
    if plan.case_id is not None:
        data = {"plan_id": str(plan.id), "purpose": plan.purpose, "to": "elder" if to.is_hers else "contact"}
        await add_entry(session, plan.case_id, "follow_up_messaged", data=data)
    await touch_plan(session, plan)
    return True


def worded(to: Recipient, elder: Elder, *, when: str, item: str) -> tuple[str, dict[str, str]]:
    """The template and its values; one message, where the job's own words allow it."""
    name, params = ("follow_up_reply", {"hello": greeting(elder.sex)}) if to.is_hers else ("follow_up_reply_family", {})
    params |= {"when": when, "item": item or A_JOB}
    text = signed(get_template(name).render(params), get_settings().sms_signature)
    return name, params if len(text) <= ONE_PART else params | {"item": A_JOB}


async def find_recipient(session: AsyncSession, elder: Elder) -> Recipient | None:
    """Her own mobile, the first that she has; else that of the first contact who is one today. Neither a landline nor a short code takes texts."""
    today = clock.today(get_settings().timezone)
    for number in await list_numbers(session, elder.id):
        if (found := _mobile(number.e164)) is not None:
            return Recipient(found, is_hers=True)
    for contact in await contacts_of(session, elder.id):
        if (contact.valid_from and contact.valid_from > today) or (contact.valid_to and contact.valid_to < today):
            continue
        if (found := _mobile(contact.number)) is not None:
            return Recipient(found, is_hers=False)
    return None


def _mobile(number: str) -> str | None:
    try:
        return checked_address(Channel.SMS, number)
    except Invalid:
        return None


async def _awaits_another(session: AsyncSession, number: str) -> bool:
    other = select(CallPlan.id).join(Message, Message.dedupe_key == func.concat("follow_up:", CallPlan.id, type_=Text))
    return (
        await session.scalar(other.where(CallPlan.state == PlanState.MESSAGED, Message.address_index == index_of(number)).limit(1))
        is not None
    )


async def end_waiting(session: AsyncSession, plan: CallPlan, now: datetime) -> None:
    """Nobody has answered in time, or the message never went out: a person's turn. Who has died is not asked. Precondition: locked, messaged."""
    elder = await session.get_one(Elder, await current_id(session, plan.elder_id), populate_existing=True)
    if elder.presence is Presence.DECEASED:
        await drop_plan(session, OUTREACH, plan, Drop.DECEASED)
        return
    sent = await session.scalar(select(Message.state).where(Message.dedupe_key == text_key(plan.id)))
    if plan.due_at <= now or sent in NOT_SENT:
        await to_person(session, plan, Why.NOT_REACHED)
