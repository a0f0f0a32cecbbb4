"""An order is changed, cancelled, done again, disputed: by the desk, or by whoever asked for it."""

from __future__ import annotations

import uuid

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.cases.models import Case
from callcenter.dispatch.orders.actions.common import lock_order, move_order, touch_order, write_event
from callcenter.dispatch.orders.actions.offering import match_store, must_be_seen, outs, release, seek, withdraw_offers
from callcenter.dispatch.orders.actions.placing import (
    check_time,
    claim_mode_of,
    free_job_code,
    others_pay,
    put_lines,
    read_items,
    request_order,
)
from callcenter.dispatch.orders.errors import GateClosed
from callcenter.dispatch.orders.house import house_rules
from callcenter.dispatch.orders.matching import Gate, Refused
from callcenter.dispatch.orders.models import Order, OrderLine
from callcenter.dispatch.orders.rules import deadlines, most_urgent
from callcenter.dispatch.orders.schemas import ChangedOrder
from callcenter.dispatch.orders.states import ORDER, SEEKING, STUCK, WITH_STORE, OrderState
from callcenter.dispatch.orders.telling import tell_accepted, tell_cancelled, tell_changed, tell_withdrawn
from callcenter.kit import clock
from callcenter.kit.errors import Invalid
from callcenter.settings import get_settings

CHANGEABLE = SEEKING | STUCK | {OrderState.DRAFT, OrderState.ACCEPTED, OrderState.EN_ROUTE}
WHY_CANCELLED = ("elder", "family", "away", "hospital", "mistake", "no_store", "died", "plan", "other")


async def change_order(session: AsyncSession, actor: Actor, order_id: uuid.UUID, changed: ChangedOrder) -> Order:
    """Another time, other items, other notes. Stores that think about it are asked anew; the one that has it is told, or, when it can't do
    what is wanted now, GateClosed: take it back first."""
    case, order = await lock_order(session, order_id)
    must_be_seen(order, changed.version)
    if order.state not in CHANGEABLE:
        ORDER.check(order.state, OrderState.REQUESTED)
    at, fields = clock.now(), []
    given = changed.model_fields_set
    if given & {"wanted_from", "wanted_to"}:
        check_time(changed.wanted_from, changed.wanted_to, at)
        order.wanted_from, order.wanted_to = changed.wanted_from, changed.wanted_to
        fields.append("when")
    if changed.notes is not None:
        order.notes = changed.notes
        fields.append("notes")
    if changed.lines is not None:
        items = await read_items(session, changed.lines, order.community_id)
        await session.execute(delete(OrderLine).where(OrderLine.order_id == order.id))
        put_lines(session, order, changed.lines, items)
        order.sla_class, order.claim_mode = most_urgent([item.sla_class for item in items]), claim_mode_of(items)
        order.is_subsidised = order.payer == "auto" and await others_pay(session, order.elder_id, items, order.wanted_from or at)
        fields.append("items")
    if not fields:
        raise Invalid("say what changes", code="nothing_changed")
    await session.flush()
    if order.state is not OrderState.DRAFT:
        found = deadlines(
            order.sla_class, at=at, wanted_from=order.wanted_from, timezone=get_settings().timezone, house=await house_rules(session)
        )
        order.accept_by, order.arrive_by, order.late_told = found.accept_by, found.arrive_by, ""
    await write_event(session, actor, order, "changed", {"fields": fields})
    if order.store_id is not None:
        await _must_still_do_it(session, order, order.store_id)
        await tell_changed(session, order)
    elif order.state in SEEKING | STUCK and fields != ["notes"]:
        await _start_again(session, actor, case, order)
    await touch_order(session, order)
    return order


async def _must_still_do_it(session: AsyncSession, order: Order, store_id: uuid.UUID) -> None:
    """Its own load does not count: the job is among what it has."""
    found = await match_store(session, order, store_id, go_past=True)
    if isinstance(found, Refused) or (found and any(out.gate in (Gate.BLACKOUT, Gate.CLOSED) for out in found.passed)):
        out = found.out if isinstance(found, Refused) else found.passed
        raise GateClosed("its store can't do this; take the job back first", details={"out": outs(out)})


async def _start_again(session: AsyncSession, actor: Actor, case: Case, order: Order) -> None:
    await tell_withdrawn(session, await withdraw_offers(session, actor, order, why="changed"))
    request_order(order, clock.now(), await house_rules(session))
    await session.flush()
    await seek(session, actor, case, order)


async def take_back(session: AsyncSession, actor: Actor, order_id: uuid.UUID, *, version: int, reason: str) -> Order:
    """The desk takes a job from its store (it does not come, the elder wants another), before it has begun. Others are asked."""
    case, order = await lock_order(session, order_id)
    must_be_seen(order, version)
    if not reason.strip():
        raise Invalid("say why it is taken back", code="reason_needed")
    await release(session, actor, case, order, why="taken_back", text=reason.strip())
    await seek(session, actor, case, order)
    return order


async def cancel_order(
    session: AsyncSession, actor: Actor, order_id: uuid.UUID, *, why: str, note: str = "", version: int | None = None
) -> Order:
    """Harmless twice. A job that is done is disputed, not cancelled; one at work ends with what was agreed on the telephone."""
    case, order = await lock_order(session, order_id)
    if order.state is OrderState.CANCELLED:
        return order
    if version is not None:
        must_be_seen(order, version)
    if why not in WHY_CANCELLED:
        raise Invalid(f"why is one of {', '.join(WHY_CANCELLED)}", code="bad_reason", details={"possible": list(WHY_CANCELLED)})
    ORDER.check(order.state, OrderState.CANCELLED)
    gone = await withdraw_offers(session, actor, order, why="cancelled")
    await tell_withdrawn(session, gone)
    if order.state in WITH_STORE:
        await tell_cancelled(session, order)
    order.closed_reason, order.attention, order.seek_at, order.job_code = why, "", None, ""
    await move_order(
        session,
        actor,
        case,
        order,
        OrderState.CANCELLED,
        "cancelled",
        {"why": why},
        text=note.strip(),
        stores=tuple(o.store_id for o in gone),
    )
    return order


async def ask_rework(session: AsyncSession, actor: Actor, order_id: uuid.UUID, *, reason: str, same_store: bool) -> Order:
    """Not done well: once more, by the same store without asking it, or by another. Its first proofs stay, the second visit has its own."""
    case, order = await lock_order(session, order_id)
    if not reason.strip():
        raise Invalid("say what was not well", code="reason_needed")
    await move_order(session, actor, case, order, OrderState.REWORK, "rework", {"same_store": same_store}, text=reason.strip())
    order.visit += 1
    order.checked_in_at = order.checked_out_at = order.verified_at = order.en_route_at = order.amount_fen = None
    order.attention, order.wanted_from, order.wanted_to = "", None, None
    order.job_code = order.job_code or await free_job_code(session)
    at = clock.now()
    if same_store:
        found = deadlines(order.sla_class, at=at, wanted_from=None, timezone=get_settings().timezone, house=await house_rules(session))
        order.arrive_by, order.late_told = found.arrive_by, ""
        await move_order(session, actor, case, order, OrderState.ACCEPTED, "rework_accepted")
        await tell_accepted(session, order)
        await tell_changed(session, order)
        return order
    await release(session, actor, case, order, why="rework")
    await seek(session, actor, case, order)
    return order


async def dispute_order(session: AsyncSession, actor: Actor, order_id: uuid.UUID, *, reason: str) -> Order:
    """The elder, the family or the desk says that it was not so: nothing is paid until a person has decided (verify, rework, cancel)."""
    case, order = await lock_order(session, order_id)
    if not reason.strip():
        raise Invalid("say what is disputed", code="reason_needed")
    order.attention = "disputed"
    await move_order(session, actor, case, order, OrderState.DISPUTED, "disputed", text=reason.strip())
    return order
