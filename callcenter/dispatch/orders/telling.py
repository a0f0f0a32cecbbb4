"""What stores and elders are told, and by which way. Rows in the same transaction; what becomes of them is messaging's and voice's.

A store with a smartphone gets a push where its browser has asked for it, and a text message. One without is rung up by the program and answers by a key.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.dialogs.actions import cancel_dialog, request_dialog
from callcenter.calls.dialogs.models import DialogCall
from callcenter.calls.dialogs.states import OPEN
from callcenter.dispatch.access.models import ProviderPush
from callcenter.dispatch.numbers import get_hotline, get_job_line
from callcenter.dispatch.orders.models import Offer, Order
from callcenter.dispatch.orders.words import clock_time, when_in_words
from callcenter.dispatch.stores.models import MemberRole, Store, StoreMember
from callcenter.elders.queries import list_numbers
from callcenter.kit import clock
from callcenter.kit.errors import Invalid
from callcenter.messaging.actions import queue_for_all
from callcenter.messaging.port import About, Channel
from callcenter.regions.models import Region
from callcenter.settings import get_settings

JOB_OFFER = "job_offer"  # the dialog that rings a store
MOST_CALLS = 3  # for one offer
CALL_GAP = timedelta(seconds=60)
WORTH_CALLING = timedelta(seconds=20)  # less time than this to answer: not rung any more


async def tell_offered(session: AsyncSession, order: Order, offers: Sequence[Offer]) -> None:
    """A job waits for an answer. All offers have the same deadline."""
    if not offers:
        return
    stores = await _stores_of(session, offers)
    until = offers[0].deadline_at
    params = await _about(session, order) | {"until": clock_time(until), "link": get_settings().stores_url}
    smart = {f"offer:{offer.id}:sms": stores[offer.store_id].number for offer in offers if stores[offer.store_id].has_smartphone}
    about = About("order", str(order.id))
    reached = await queue_for_all(session, smart, channel=Channel.SMS, template="job_offered", params=params, about=about, deadline=until)
    await _push(session, {offer.store_id: f"offer:{offer.id}" for offer in offers}, "job_offered", params, about=about, deadline=until)
    for offer in offers:
        if f"offer:{offer.id}:sms" not in reached:
            await ring_store(session, order, offer, stores[offer.store_id])


async def ring_store(session: AsyncSession, order: Order, offer: Offer, store: Store) -> bool:
    """The next automatic call about this offer, a minute after the last; False when there was none left to make, or no time for it."""
    now = clock.now()
    made = len((await session.scalars(select(DialogCall.id).where(DialogCall.kind == JOB_OFFER, DialogCall.subject_id == offer.id))).all())
    due = now + (CALL_GAP if made else timedelta())
    if made >= MOST_CALLS or offer.deadline_at - due < WORTH_CALLING:
        return False
    try:
        await request_dialog(
            session,
            kind=JOB_OFFER,
            subject_id=offer.id,
            number=store.number,
            due_at=due,
            deadline_at=offer.deadline_at,
            dedupe_key=f"offer:{offer.id}:{made + 1}",
            case_id=order.case_id,
        )
    except Invalid:  # a number that nobody can ring: the offer runs out, and the next store is asked
        return False
    return True


async def tell_taken_by_other(session: AsyncSession, order: Order, offers: Sequence[Offer]) -> None:
    """Somebody else was faster. Whoever is being rung is let go; an open screen hears of it by the event, and says it kindly."""
    await tell_withdrawn(session, offers)
    keys = {offer.store_id: f"taken:{offer.id}" for offer in offers}
    deadline = clock.now() + timedelta(minutes=30)
    await _push(session, keys, "job_taken_by_other", None, about=About("order", str(order.id)), deadline=deadline, order=order)


async def tell_withdrawn(session: AsyncSession, offers: Sequence[Offer]) -> None:
    """The offers are gone: cancelled or changed. Nobody is rung about them any more."""
    if not offers:
        return
    ids = [offer.id for offer in offers]
    found = select(DialogCall.id).where(DialogCall.kind == JOB_OFFER, DialogCall.subject_id.in_(ids), DialogCall.state.in_(OPEN))
    for dialog_id in (await session.scalars(found.order_by(DialogCall.id))).all():
        await cancel_dialog(session, dialog_id)


async def tell_accepted(session: AsyncSession, order: Order) -> None:
    """The elder gets the service code to read out at the door; a store without a smartphone gets the address, which it can see nowhere else."""
    assert order.store_id is not None
    store, about = await session.get_one(Store, order.store_id), About("order", str(order.id))
    for number in await list_numbers(session, order.elder_id):
        params = {"when": when_in_words(order), "item": order.title, "code": order.service_code}
        key, until = f"code:{order.id}:{order.visit}", clock.now() + timedelta(days=2)
        if await _text(session, number.e164, "service_code", params, key=key, about=about, deadline=until):
            break
    if not store.has_smartphone:
        params = {
            "item": order.title, "when": when_in_words(order), "name": order.elder_name, "address": order.address, "code": order.job_code,
            "phone": await get_job_line(session),
        }  # fmt: skip
        key = f"details:{order.id}:{store.id}:{order.visit}"
        until = clock.now() + timedelta(hours=12)
        if not await _text(session, store.number, "job_details_by_text", params, key=key, about=about, deadline=until):
            order.attention = "tell_store"  # a landline: an agent reads it out


async def tell_cancelled(session: AsyncSession, order: Order) -> None:
    """The store need not come."""
    await _tell_store(session, order, "job_cancelled", {"phone": await get_hotline(session)})


async def tell_changed(session: AsyncSession, order: Order) -> None:
    """Another time, or other things to do."""
    await _tell_store(session, order, "job_changed", {"link": get_settings().stores_url})


# --- ways ----------------------------------------------------------------------------------------------------------------


async def _tell_store(session: AsyncSession, order: Order, template: str, more: dict[str, str]) -> None:
    if order.store_id is None:
        return
    store, params = await session.get_one(Store, order.store_id), await _about(session, order) | more
    key, about, deadline = f"{template}:{order.id}:{order.version}", About("order", str(order.id)), clock.now() + timedelta(hours=12)
    reached = await _text(session, store.number, template, params, key=key, about=about, deadline=deadline)
    await _push(session, {store.id: key}, template, params, about=about, deadline=deadline)
    if not reached:
        order.attention = "tell_store"


async def _text(
    session: AsyncSession, number: str, template: str, params: dict[str, str], *, key: str, about: About, deadline: datetime
) -> bool:
    """False: the number takes no text messages."""
    return bool(
        await queue_for_all(
            session, {f"{key}:sms": number}, channel=Channel.SMS, template=template, params=params, about=about, deadline=deadline
        )
    )


async def _push(
    session: AsyncSession,
    keys: Mapping[uuid.UUID, str],
    template: str,
    params: dict[str, str] | None,
    *,
    about: About,
    deadline: datetime,
    order: Order | None = None,
) -> None:
    """To every browser of the keepers of these stores that has asked for it. `params` None: they are read from the order when anybody is to be told."""
    if not get_settings().vapid_private_key.get_secret_value():
        return
    browsers = (
        select(ProviderPush, StoreMember.store_id)
        .join(StoreMember, StoreMember.person_id == ProviderPush.person_id)
        .where(StoreMember.store_id.in_(keys), StoreMember.active, StoreMember.role == MemberRole.KEEPER)
    )
    to = {f"{keys[store_id]}:push:{browser.id}": browser.subscription for browser, store_id in await session.execute(browsers)}
    if to:
        said = params if params is not None or order is None else await _about(session, order)
        await queue_for_all(session, to, channel=Channel.PUSH, template=template, params=said or {}, about=about, deadline=deadline)


async def _stores_of(session: AsyncSession, offers: Sequence[Offer]) -> dict[uuid.UUID, Store]:
    return {store.id: store for store in await session.scalars(select(Store).where(Store.id.in_([offer.store_id for offer in offers])))}


async def _about(session: AsyncSession, order: Order) -> dict[str, str]:
    area = await session.scalar(select(Region.name).where(Region.id == order.community_id))
    return {"item": order.title, "area": area or "", "when": when_in_words(order)}
