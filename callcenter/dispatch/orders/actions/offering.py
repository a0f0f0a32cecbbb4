"""An order meets stores until exactly one takes it. The order is locked by whoever moves it, so that of fifty who accept at once one wins."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.roles import Permission
from callcenter.cases.models import Case
from callcenter.catalog.models import ClaimMode, SlaClass
from callcenter.dispatch.orders.actions.common import list_lines, lock_order, move_order, touch_order, write_event
from callcenter.dispatch.orders.actions.placing import place_order, request_order
from callcenter.dispatch.orders.candidates import history_of, list_candidates, list_named
from callcenter.dispatch.orders.errors import GateClosed, OfferGone
from callcenter.dispatch.orders.house import house_rules
from callcenter.dispatch.orders.matching import Gate, Matched, Out, Ranked, Refused, Wanted, match
from callcenter.dispatch.orders.models import Offer, Order
from callcenter.dispatch.orders.rules import answer_within
from callcenter.dispatch.orders.schemas import AskedOrder
from callcenter.dispatch.orders.states import OFFER, ORDER, SEEKING, STUCK, OfferState, OrderState
from callcenter.dispatch.orders.telling import tell_accepted, tell_offered, tell_taken_by_other, tell_withdrawn
from callcenter.dispatch.orders.wanted import usual_rating, wanted_items
from callcenter.dispatch.stores.models import Store, StoreItem
from callcenter.kit import clock
from callcenter.kit.errors import Forbidden, Invalid
from callcenter.kit.ids import new_id
from callcenter.settings import get_settings

WAVES = 3  # times as many, when nobody answers
SOON = timedelta(hours=2)
UNDECIDED = frozenset({"taken", "changed"})  # why an offer was withdrawn before its store had said anything: it may be asked once more
URGENT = frozenset({SlaClass.E0, SlaClass.U1})  # day and night


async def place_and_offer(
    session: AsyncSession,
    actor: Actor,
    case_id: uuid.UUID,
    asked: AskedOrder,
    *,
    parent_id: uuid.UUID | None = None,
    plan: tuple[uuid.UUID, date] | None = None,
) -> Order:
    """One transaction: stored, matched, offered. What `placing.place_order` refuses is refused."""
    order = await place_order(session, actor, case_id, asked, parent_id=parent_id, plan=plan)
    case, order = await lock_order(session, order.id)
    await seek(session, actor, case, order)
    return order


async def wanted_of(session: AsyncSession, order: Order) -> Wanted:
    """The order as matching reads it."""
    at = clock.now()
    served, refused = await history_of(session, order.elder_id)
    when = max(order.wanted_from or at, at)
    return Wanted(
        items=await wanted_items(session, await list_lines(session, order.id)),
        community_id=order.community_id,
        position=(order.latitude, order.longitude) if order.latitude is not None and order.longitude is not None else None,
        sla_class=order.sla_class,
        at=when,
        minutes=order.minutes,
        is_soon=when <= at + SOON,
        dialect=order.dialect,
        prefers=order.prefers_store_id,
        refused=refused,
        served=served,
        timezone=get_settings().timezone,
        usual_rating=await usual_rating(session),
    )


async def match_order(session: AsyncSession, order: Order, *, also: Sequence[uuid.UUID] = (), past: Sequence[uuid.UUID] = ()) -> Matched:
    """Who may do it and who not, with why. `also`: stores to explain whatever they offer."""
    wanted = await wanted_of(session, order)
    named = [*also, *past, *([order.prefers_store_id] if order.prefers_store_id else [])]
    return match(wanted, await list_candidates(session, wanted, also=named), past=past)


async def match_store(session: AsyncSession, order: Order, store_id: uuid.UUID, *, go_past: bool = False) -> Ranked | Refused | None:
    """What matching says of one store; nobody else is read. `go_past`: the gates that a supervisor may pass are passed. None: no such store."""
    wanted = await wanted_of(session, order)
    found = match(wanted, await list_named(session, wanted, [store_id]), past=[store_id] if go_past else [])
    return found.of(store_id)


async def seek(session: AsyncSession, actor: Actor, case: Case, order: Order) -> list[Offer]:
    """Ask the next stores, as many as the class allows. Nobody left and nobody asked: rejected, and on the agents' list.

    Precondition: both are locked, the order is `requested` or `offered`.
    """
    at, house = clock.now(), await house_rules(session)
    morning = None if order.sla_class in URGENT else house.next_beginning(at, get_settings().timezone)
    if morning is not None:  # nobody is rung out of bed for a tap
        order.seek_at = morning
        await touch_order(session, order)
        return []
    order.seek_at = None
    offers = list(await session.scalars(select(Offer).where(Offer.order_id == order.id, Offer.round == order.round)))
    open_now = [offer for offer in offers if offer.state is OfferState.OPEN]
    if order.refusals >= house.most_refusals:
        return await _refused_too_often(session, actor, case, order, has_open=bool(open_now))
    asked = {offer.store_id for offer in offers if not (offer.state is OfferState.WITHDRAWN and offer.reason in UNDECIDED)}
    wide = order.claim_mode is ClaimMode.OPEN or order.sla_class is SlaClass.E0
    wave, order.seek_at = _wave(order, offers, at) if wide else (1, None)
    room = (house.at_once * wave if wide else 1) - len(open_now)
    if room <= 0:
        return []
    matched = await match_order(session, order)
    chosen = [r for r in matched.ranked if r.store_id not in asked][:room]
    if not chosen:
        if not open_now:
            why = "refused" if order.refusals else "nobody"
            order.attention = why
            gates = [str(out.gate) for refused in matched.out for out in refused.out]
            counts = {gate: gates.count(gate) for gate in dict.fromkeys(gates)}
            await move_order(session, actor, case, order, OrderState.REJECTED, "rejected", {"why": why, "out": counts})
        return []
    within = answer_within(
        order.sla_class, at=at, accept_by=order.accept_by or at + timedelta(minutes=10), assigned=order.claim_mode is ClaimMode.ASSIGNED
    )
    made = [_offer(order, ranked, at=at, within=within) for ranked in chosen]
    session.add_all(made)
    await session.flush()
    data = {"stores": [str(offer.store_id) for offer in made], "deadline_at": made[0].deadline_at.isoformat()}
    stores = tuple(offer.store_id for offer in made)
    if order.state is OrderState.OFFERED:
        await write_event(session, actor, order, "offered", data)
        await touch_order(session, order, stores=stores)
    else:
        await move_order(session, actor, case, order, OrderState.OFFERED, "offered", data, stores=stores)
    await tell_offered(session, order, made)
    return made


def _wave(order: Order, offers: Sequence[Offer], at: datetime) -> tuple[int, datetime | None]:
    """Nobody of the first few has answered when a third of the time is over: as many more are asked beside them, and once more after two thirds.
    Returns the wave it is now, and when the next one begins.
    """
    began = min((offer.offered_at for offer in offers), default=at)
    if order.accept_by is None or order.accept_by <= began:
        return 1, None
    third = (order.accept_by - began) / 3
    wave = min(WAVES, 1 + int((at - began) / third))
    return wave, began + wave * third if wave < WAVES else None


async def _refused_too_often(session: AsyncSession, actor: Actor, case: Case, order: Order, *, has_open: bool) -> list[Offer]:
    """An agent looks; stores that are still thinking may still take it."""
    order.attention = "refused"
    if has_open:
        await touch_order(session, order)
    elif order.state in SEEKING:
        await move_order(session, actor, case, order, OrderState.REJECTED, "rejected", {"why": "refused", "refusals": order.refusals})
    return []


def _offer(order: Order, ranked: Ranked, *, at: datetime, within: timedelta) -> Offer:
    return Offer(
        id=new_id(),
        order_id=order.id,
        store_id=ranked.store_id,
        round=order.round,
        state=OfferState.OPEN,
        why=ranked.why(),
        offered_at=at,
        deadline_at=at + within,
    )


# --- answers -------------------------------------------------------------------------------------------------------------


async def accept_offer(session: AsyncSession, actor: Actor, offer_id: uuid.UUID, *, how: str, worker_id: uuid.UUID | None = None) -> Order:
    """The store takes the job. Harmless twice for the winner. OfferGone tells the others kindly why; GateClosed: it may not any more."""
    case, order, offer = await _lock_offer(session, offer_id)
    if offer.state is OfferState.ACCEPTED and order.store_id == offer.store_id:
        return order
    if offer.state is not OfferState.OPEN:
        raise OfferGone("this job is not to be had any more", details={"why": gone_because(offer)})
    if offer.deadline_at <= clock.now():
        raise OfferGone("the time to answer is over", details={"why": "expired"})
    if order.state is not OrderState.OFFERED:
        raise OfferGone("this job is not to be had any more", details={"why": "changed"})
    await session.execute(
        select(Store.id).where(Store.id == offer.store_id).with_for_update(key_share=True)
    )  # two jobs at once, one place left
    found = await match_store(session, order, offer.store_id, go_past=bool(offer.why.get("passed")))
    if isinstance(found, Refused):
        raise GateClosed("you can't take this job now", details={"out": outs(found.out)})
    workers = found.workers if found else ()
    if worker_id is not None and worker_id not in workers:
        raise GateClosed("she may not do this job", details={"out": [{"gate": str(Gate.LICENCE), "what": ""}]})
    return await _take(session, actor, case, order, offer, how=how, worker_id=worker_id or (workers[0] if len(workers) == 1 else None))


async def _take(
    session: AsyncSession, actor: Actor, case: Case, order: Order, offer: Offer, *, how: str, worker_id: uuid.UUID | None
) -> Order:
    """Precondition: all is locked and checked."""
    at = clock.now()
    _answer(offer, OfferState.ACCEPTED, at=at, actor=actor, how=how)
    order.store_id, order.worker_id, order.accepted_at = offer.store_id, worker_id, at
    order.attention, order.seek_at = "", None
    own = {item.item_code: item.price_fen for item in await session.scalars(select(StoreItem).where(StoreItem.store_id == offer.store_id))}
    for line in await list_lines(session, order.id):
        line.price_fen = own.get(line.item_code)
    others = await withdraw_offers(session, actor, order, why="taken", but=offer.id)
    await move_order(session, actor, case, order, OrderState.ACCEPTED, "accepted", {"how": how}, stores=tuple(o.store_id for o in others))
    await tell_taken_by_other(session, order, others)
    await tell_accepted(session, order)
    return order


async def decline_offer(session: AsyncSession, actor: Actor, offer_id: uuid.UUID, *, reason: str, how: str) -> Order:
    """Harmless twice. The next store is asked at once."""
    case, order, offer = await _lock_offer(session, offer_id)
    if offer.state is OfferState.DECLINED:
        return order
    if offer.state is not OfferState.OPEN:
        raise OfferGone("there is nothing to answer any more", details={"why": gone_because(offer)})
    _answer(offer, OfferState.DECLINED, at=clock.now(), actor=actor, how=how, reason=reason)
    order.refusals += 1
    await write_event(session, actor, order, "declined", {"store_id": str(offer.store_id), "reason": reason, "how": how})
    await session.flush()
    if order.state in SEEKING:
        await seek(session, actor, case, order)
    await touch_order(session, order, stores=(offer.store_id,))
    return order


async def see_offer(session: AsyncSession, offer_id: uuid.UUID) -> None:
    """A person has it on her screen, or has heard it to the end. The first time counts."""
    offer = await session.get(Offer, offer_id)
    if offer is not None and offer.seen_at is None:
        offer.seen_at = clock.now()


async def expire_offer(session: AsyncSession, actor: Actor, offer_id: uuid.UUID) -> bool:
    """The worker's: once, whoever does it and however often. False: it was answered, or is not due."""
    case, order, offer = await _lock_offer(session, offer_id)
    if offer.state is not OfferState.OPEN or offer.deadline_at > clock.now():
        return False
    _answer(offer, OfferState.EXPIRED, at=clock.now(), actor=actor, how="")
    await write_event(session, actor, order, "offer_expired", {"store_id": str(offer.store_id)})
    await session.flush()
    if order.state in SEEKING:
        if order.accept_by is not None and order.accept_by <= clock.now():
            await expire_order(session, actor, case, order)
        else:
            await seek(session, actor, case, order)
    await touch_order(session, order, stores=(offer.store_id,))
    return True


async def expire_order(session: AsyncSession, actor: Actor, case: Case, order: Order) -> None:
    """Nobody took it within its class's time: agents' list. Precondition: both are locked, the order is seeking."""
    gone = await withdraw_offers(session, actor, order, why="expired")
    order.attention, order.late_told = "expired", "accept"
    await move_order(session, actor, case, order, OrderState.EXPIRED, "expired", {}, stores=tuple(o.store_id for o in gone))


async def withdraw_offers(session: AsyncSession, actor: Actor, order: Order, *, why: str, but: uuid.UUID | None = None) -> list[Offer]:
    """Open offers of the order are gone; the caller tells the stores."""
    found = (
        await session.scalars(
            select(Offer).where(Offer.order_id == order.id, Offer.state == OfferState.OPEN, Offer.id != but).with_for_update()
        )
    ).all()
    for offer in found:
        _answer(offer, OfferState.WITHDRAWN, at=clock.now(), actor=actor, how="", reason=why)
    await session.flush()
    return list(found)


async def release(
    session: AsyncSession, actor: Actor, case: Case, order: Order, *, why: str, text: str = "", data: dict[str, Any] | None = None
) -> None:
    """The order has no store any more and is `requested` again, in the same round: the store that had it is not asked again.
    Precondition: both are locked."""
    ORDER.check(order.state, OrderState.REQUESTED)
    store_id = order.store_id
    taken = await session.scalar(select(Offer).where(Offer.order_id == order.id, Offer.state == OfferState.ACCEPTED))
    if taken is not None:
        _answer(taken, OfferState.WITHDRAWN, at=clock.now(), actor=actor, how="", reason=why)
        await session.flush()
    await write_event(session, actor, order, "given_back" if why == "given_back" else why, data, text=text)
    order.store_id = order.worker_id = order.accepted_at = order.en_route_at = None
    round_before, refusals = order.round, order.refusals
    await move_order(session, actor, case, order, OrderState.REQUESTED, "requested", stores=(store_id,) if store_id else ())
    request_order(order, clock.now(), await house_rules(session))
    order.round, order.refusals = round_before, refusals
    if taken is not None and taken.round != order.round:  # chosen in another round: it counts as asked in this one
        taken.round = order.round


# --- by a person at the desk -----------------------------------------------------------------------------------------------------


async def ask_again(session: AsyncSession, actor: Actor, order_id: uuid.UUID, *, version: int) -> Order:
    """From the agents' list: a new round, everybody may be asked again, deadlines anew."""
    case, order = await lock_order(session, order_id)
    must_be_seen(order, version)
    if order.state in STUCK:
        order.attention = ""
        request_order(order, clock.now(), await house_rules(session))
        await write_event(session, actor, order, "asked_again", {"round": order.round})
    elif order.state is not OrderState.REQUESTED:
        await move_order(session, actor, case, order, OrderState.REQUESTED, "asked_again")  # raises with the state that was met
    await seek(session, actor, case, order)
    await touch_order(session, order)
    return order


async def assign_store(
    session: AsyncSession, actor: Actor, order_id: uuid.UUID, *, store_id: uuid.UUID, version: int, reason: str, agreed: bool
) -> Order:
    """A person chooses the store. `agreed`: she has spoken with it, so it is accepted at once; else it is offered to this store alone.

    A store that fails a gate: GateClosed, unless a supervisor gives a reason and the gate is one that may be passed.
    """
    case, order = await lock_order(session, order_id)
    must_be_seen(order, version)
    if order.state not in SEEKING | STUCK | {OrderState.REWORK}:
        raise Invalid("this order has its store already; take it back first", code="has_store", details={"state": order.state})
    await session.execute(select(Store.id).where(Store.id == store_id).with_for_update(key_share=True))
    found = await match_store(session, order, store_id)
    if found is None:
        raise Invalid("no such store", code="store_not_found")
    passed: tuple[Out, ...] = ()
    if isinstance(found, Refused):
        if not actor.may(Permission.GATES_OPEN):
            raise GateClosed("this store does not pass a gate; a supervisor may decide with a reason", details={"out": outs(found.out)})
        if not reason.strip():
            raise Invalid("give the reason for going past the gate", code="reason_needed")
        wider = await match_store(session, order, store_id, go_past=True)
        if not isinstance(wider, Ranked):
            raise GateClosed("nobody goes past this gate", details={"out": outs(found.out)})
        passed, found = found.out, wider
        order.override_reason, order.override_by = reason.strip(), actor.id
    at = clock.now()
    await tell_withdrawn(session, await withdraw_offers(session, actor, order, why="changed"))
    if order.state in STUCK or order.state is OrderState.REWORK:
        request_order(order, at, await house_rules(session))
    order.attention = ""
    assert isinstance(found, Ranked)
    within = answer_within(order.sla_class, at=at, accept_by=order.accept_by or at, assigned=True)
    offer = _offer(order, found, at=at, within=within)
    session.add(offer)
    await session.flush()
    data = {"store_id": str(store_id), "agreed": agreed, "passed": outs(passed)}
    await write_event(session, actor, order, "assigned", data, text=reason.strip())
    if order.state is not OrderState.OFFERED:
        await move_order(session, actor, case, order, OrderState.OFFERED, "offered", {"stores": [str(store_id)]}, stores=(store_id,))
    if agreed:
        return await _take(session, actor, case, order, offer, how="agent", worker_id=found.workers[0] if len(found.workers) == 1 else None)
    await tell_offered(session, order, [offer])
    return order


# --- small ---------------------------------------------------------------------------------------------------------------


def must_be_seen(order: Order, version: int) -> None:
    if order.version != version:
        raise OfferGone("it has changed meanwhile; look at it again", code="order_changed", details={"version": order.version})


def outs(found: Sequence[Out]) -> list[dict[str, str]]:
    return [{"gate": str(out.gate), "what": out.what} for out in found]


def gone_because(offer: Offer) -> str:
    """taken, cancelled, changed, expired, declined: the word that the store's screen and voice have a sentence for."""
    if offer.state is OfferState.WITHDRAWN:
        return offer.reason or "changed"
    return str(offer.state)


async def _lock_offer(session: AsyncSession, offer_id: uuid.UUID) -> tuple[Case, Order, Offer]:
    order_id = await session.scalar(select(Offer.order_id).where(Offer.id == offer_id))
    if order_id is None:
        raise OfferGone("no such offer", code="offer_not_found", details={"why": "unknown"})
    case, order = await lock_order(session, order_id)
    offer = (await session.execute(select(Offer).where(Offer.id == offer_id).execution_options(populate_existing=True))).scalar_one()
    return case, order, offer


def _answer(offer: Offer, to: OfferState, *, at: datetime, actor: Actor, how: str, reason: str = "") -> None:
    OFFER.check(offer.state, to)
    offer.state, offer.answered_at, offer.answered_by, offer.answered_how, offer.reason = to, at, actor.id, how, reason


def must_be_of(store_ids: Sequence[uuid.UUID], offer: Offer) -> None:
    """The person who answers belongs to the store that was asked; another's offer is not even known to her."""
    if offer.store_id not in store_ids:
        raise Forbidden("this job was offered to another store", code="not_your_job")
