"""A store that has only a telephone: it is rung about a job and answers by a key, and checks in and out from the elder's own telephone.

What voice says and hears, by `calls.dialogs`; wired in callcenter/voice.py. Each step is written before it is spoken.
"""

from __future__ import annotations

import uuid
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.calls.dialogs import speech
from callcenter.calls.dialogs.models import JOB_LINE, DialogCall
from callcenter.calls.dialogs.protocol import Context, Dialog, Step, Then
from callcenter.calls.dialogs.states import How
from callcenter.dispatch.orders.actions.common import list_lines, lock_order
from callcenter.dispatch.orders.actions.doing import check_out, items_of, kinds_of, prove_by_code, prove_by_phone
from callcenter.dispatch.orders.actions.offering import accept_offer, decline_offer, gone_because, see_offer
from callcenter.dispatch.orders.errors import CodeLocked, CodeWrong, GateClosed, NotYourJob, OfferGone
from callcenter.dispatch.orders.models import Offer, Order, Phase, ProofKind
from callcenter.dispatch.orders.rules import CODE_TRIES, proofs_needed
from callcenter.dispatch.orders.states import BEFORE_DOOR, OfferState, OrderState
from callcenter.dispatch.orders.telling import JOB_OFFER, ring_store
from callcenter.dispatch.orders.words import local
from callcenter.dispatch.stores.models import ProviderPerson, Store
from callcenter.elders.queries import list_numbers
from callcenter.kit import clock, crypto
from callcenter.kit.errors import AppError
from callcenter.regions.models import Region

ACCEPT, DECLINE, OUT, HELP = "1", "2", "2", "0"
LOCKED = "locked"  # outcome of a call in which five wrong job codes were keyed
LOCKED_FOR = timedelta(hours=1)
# the words for "not to be had any more" (orders.actions.offering.gone_because)
_GONE = {"taken": "offer_taken", "expired": "offer_expired", "cancelled": "offer_withdrawn", "changed": "offer_withdrawn"}


def handlers() -> dict[str, Dialog]:
    return {JOB_OFFER: JobOffer(), JOB_LINE: JobLine()}


class JobOffer:
    """1 takes the job, 2 does not, * again."""

    async def begin(self, session: AsyncSession, context: Context) -> Step:
        offer = await _offer(session, context)
        if offer.state is not OfferState.OPEN:
            return _gone(gone_because(offer))
        order = await session.get_one(Order, offer.order_id)
        await see_offer(session, offer.id)
        return Step(say=("offer_greeting", *await _told(session, order), "offer_choose"), allowed=ACCEPT + DECLINE)

    async def on_key(self, session: AsyncSession, context: Context, keys: str) -> Step:
        offer = await _offer(session, context)
        actor = await _keeper(session, offer.store_id)
        try:
            if keys == DECLINE:
                await decline_offer(session, actor, offer.id, reason="telephone", how="telephone")
                return Step(say=("offer_declined",), then=Then.HANG_UP, outcome="declined")
            order = await accept_offer(session, actor, offer.id, how="telephone")
        except OfferGone as gone:
            return _gone(str(gone.details.get("why", "")))
        except GateClosed:
            return Step(say=("offer_expired", "dialog_goodbye"), then=Then.HANG_UP, outcome="gate_closed")
        details = () if order.attention == "tell_store" else ("offer_details_follow",)
        code = ("job_code_is", *speech.digits(order.job_code), "job_code_is", *speech.digits(order.job_code))
        return Step(say=("offer_accepted", *details, *code, "dialog_goodbye"), then=Then.HANG_UP, outcome="accepted")

    async def on_silence(self, session: AsyncSession, context: Context) -> Step:
        return Step(say=("dialog_silence",), then=Then.HANG_UP, outcome="silent")

    async def ended(self, session: AsyncSession, context: Context, how: How) -> None:
        """Nobody answered, or no key came: once more after a minute, as long as there is time. Cancelled means that there is nothing to answer."""
        if how is How.CANCELLED:
            return
        offer = await _offer(session, context)
        if offer.state is OfferState.OPEN:
            order = await session.get_one(Order, offer.order_id)
            await ring_store(session, order, offer, await session.get_one(Store, offer.store_id))


class JobLine:
    """From the elder's telephone: the job's code checks in, then out. Where two proofs are asked for, the elder reads out her service code too.

    Whoever keys nothing, or 0, is handed to an agent: it may be the elder herself.
    """

    async def begin(self, session: AsyncSession, context: Context) -> Step:
        if await _is_locked(session, context.number):
            return _to_agent("job_code_locked")
        return _ask_code("job_greeting", tries=0)

    async def on_key(self, session: AsyncSession, context: Context, keys: str) -> Step:
        if keys == HELP and "order" not in context.memory:
            return _to_agent()
        if "order" not in context.memory:
            return await self._by_job_code(session, context, keys)
        order_id, phase = uuid.UUID(context.memory["order"]), context.memory["asks"]
        if phase == "what":
            return await self._check_out(session, context, order_id)
        return await self._by_service_code(session, context, order_id, Phase(phase), keys)

    async def on_silence(self, session: AsyncSession, context: Context) -> Step:
        """After a check-in nothing is lost; before it, perhaps an elder who has dialled the wrong number is listening."""
        if "order" in context.memory:
            return Step(say=("dialog_goodbye",), then=Then.HANG_UP, outcome="silent")
        return _to_agent()

    async def ended(self, session: AsyncSession, context: Context, how: How) -> None:
        """All that was keyed is written already."""

    async def _by_job_code(self, session: AsyncSession, context: Context, keys: str) -> Step:
        order_id = await session.scalar(select(Order.id).where(Order.job_code == keys)) if keys else None
        if order_id is None:
            tries = int(context.memory.get("tries", 0)) + 1
            if tries >= CODE_TRIES:
                return Step(say=("error_tone", "job_code_locked", "dialog_goodbye"), then=Then.HANG_UP, outcome=LOCKED)
            return _ask_code("job_code_wrong", tries=tries, error=True)
        _, order = await lock_order(session, order_id)
        if context.number not in {number.e164 for number in await list_numbers(session, order.elder_id)}:
            return Step(say=("job_wrong_phone", "dialog_goodbye"), then=Then.HANG_UP, error=True, outcome="wrong_phone")
        if order.state in BEFORE_DOOR:
            await prove_by_phone(session, await _worker(session, order), order.id, phase=Phase.CHECK_IN, caller=context.number)
            return await self._next(session, order, Phase.CHECK_IN, "job_checked_in")
        if order.state is OrderState.IN_SERVICE:
            keep = {"order": str(order.id), "asks": "what"}
            return Step(say=("job_already_in", "job_in_or_out"), allowed=OUT, keep=keep)
        already = order.state in (OrderState.DONE, OrderState.VERIFIED)
        return Step(say=("job_already_out" if already else "job_not_now", "dialog_goodbye"), then=Then.HANG_UP, outcome="not_now")

    async def _check_out(self, session: AsyncSession, context: Context, order_id: uuid.UUID) -> Step:
        _, order = await lock_order(session, order_id)
        worker = await _worker(session, order)
        try:
            await prove_by_phone(session, worker, order.id, phase=Phase.CHECK_OUT, caller=context.number)
            await check_out(session, worker, order.id, amount_fen=await _agreed(session, order))
        except NotYourJob:
            return Step(say=("job_wrong_phone", "dialog_goodbye"), then=Then.HANG_UP, error=True, outcome="wrong_phone")
        except AppError:  # it has moved on meanwhile
            return Step(say=("job_not_now", "dialog_goodbye"), then=Then.HANG_UP, error=True, outcome="not_now")
        return await self._next(session, order, Phase.CHECK_OUT, "job_checked_out")

    async def _by_service_code(self, session: AsyncSession, context: Context, order_id: uuid.UUID, phase: Phase, keys: str) -> Step:
        _, order = await lock_order(session, order_id)
        try:
            await prove_by_code(session, await _worker(session, order), order.id, phase=phase, code=keys)
        except CodeWrong:
            return _ask_service_code(order.id, phase, "job_service_code_wrong", error=True)
        except CodeLocked:
            return _to_agent("job_code_locked")
        except AppError:
            return Step(say=("job_not_now", "dialog_goodbye"), then=Then.HANG_UP, error=True, outcome="not_now")
        return Step(say=("job_service_code_right", "dialog_goodbye"), then=Then.HANG_UP, outcome=f"checked_{phase}")

    async def _next(self, session: AsyncSession, order: Order, phase: Phase, said: str) -> Step:
        """Written down. The service code as well, where one proof is not enough."""
        needed = proofs_needed(is_subsidised=order.is_subsidised, categories={item.category for item in await items_of(session, order)})
        kinds = await kinds_of(session, order, phase)
        if len(set(kinds)) < needed and ProofKind.SERVICE_CODE not in kinds:
            return _ask_service_code(order.id, phase, said)
        return Step(say=(said, "dialog_goodbye"), then=Then.HANG_UP, outcome=f"checked_{phase}")


# --- small ---------------------------------------------------------------------------------------------------------------


def _ask_code(*said: str, tries: int, error: bool = False) -> Step:
    return Step(say=(*said, "job_enter_code", "job_help"), keys=6, at_once=HELP, error=error, keep={"tries": tries})


def _ask_service_code(order_id: uuid.UUID, phase: Phase, said: str, *, error: bool = False) -> Step:
    return Step(say=(said, "job_enter_service_code"), keys=6, error=error, keep={"order": str(order_id), "asks": str(phase)})


def _to_agent(*said: str) -> Step:
    return Step(say=(*said, "dialog_to_agent"), then=Then.TO_AGENT, outcome="to_agent")


def _gone(why: str) -> Step:
    return Step(say=(_GONE.get(why, "offer_withdrawn"), "dialog_goodbye"), then=Then.HANG_UP, outcome=f"gone_{why}" if why else "gone")


async def _offer(session: AsyncSession, context: Context) -> Offer:
    assert context.subject_id is not None
    return await session.get_one(Offer, context.subject_id, populate_existing=True)


async def _told(session: AsyncSession, order: Order) -> tuple[str, ...]:
    """What, where, when; each as far as there is a sound for it."""
    items = tuple(sound for line in await list_lines(session, order.id) for sound in speech.service(line.item_code))
    area = speech.text(await session.scalar(select(Region.name).where(Region.id == order.community_id)) or "")
    when: tuple[str, ...] = ("offer_soon",)
    if order.wanted_from is not None:
        when = ("offer_time", *speech.moment(local(order.wanted_from), local(clock.now())))
    return (*(("offer_item", *items) if items else ()), *(("offer_place", *area) if area else ()), *when)


async def _keeper(session: AsyncSession, store_id: uuid.UUID) -> Actor:
    """Whoever answers the store's telephone: the person with this number, else the store by its name."""
    store = await session.get_one(Store, store_id)
    person = await session.scalar(
        select(ProviderPerson).where(ProviderPerson.number_index == crypto.index(store.number, "provider_people.number"))
    )
    return Actor("person", person.id if person else None, person.name if person else store.name, None)


async def _worker(session: AsyncSession, order: Order) -> Actor:
    """Who is at the elder's telephone is not proved; it is taken for the worker of the job, and the proof says that it was a call."""
    person = await session.get(ProviderPerson, order.worker_id) if order.worker_id else None
    return Actor("person", person.id if person else None, person.name if person else "", None)


async def _agreed(session: AsyncSession, order: Order) -> int:
    """What was agreed, in fen: the store's prices when it took the job. Another amount is for the app, or an agent."""
    return sum((line.price_fen or 0) * line.quantity for line in await list_lines(session, order.id))


async def _is_locked(session: AsyncSession, number: str) -> bool:
    """Codes are not guessed from one telephone by calling again."""
    recent = select(func.count()).where(
        DialogCall.kind == JOB_LINE,
        DialogCall.number == number,
        DialogCall.outcome == LOCKED,
        DialogCall.ended_at > clock.now() - LOCKED_FOR,
    )
    return bool(number) and bool(await session.scalar(recent))
