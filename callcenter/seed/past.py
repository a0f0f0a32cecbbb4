"""What was done for the demo's elders before the demo: a job each. So the next one is not her first, and a program asks about it (docs/outreach.md)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor, system
from callcenter.accounts.models import User
from callcenter.cases.actions import LinkedTo, lock_case, move_case, open_case, set_outcome
from callcenter.cases.states import CaseState, Severity
from callcenter.catalog.models import CatalogVersion
from callcenter.dispatch.bills.actions import settle
from callcenter.dispatch.bills.models import Bill
from callcenter.dispatch.bills.points import NoScheme, Points
from callcenter.dispatch.orders.actions.common import list_lines, move_order, write_event
from callcenter.dispatch.orders.actions.placing import place_order
from callcenter.dispatch.orders.models import Order, OrderProof, Phase, ProofKind
from callcenter.dispatch.orders.schemas import AskedLine, AskedOrder
from callcenter.dispatch.orders.states import OrderState
from callcenter.dispatch.stores.models import Store, StoreItem, StoreMember
from callcenter.elders.models import Elder
from callcenter.kit import clock
from callcenter.kit.ids import new_id

S = OrderState


@dataclass(frozen=True, slots=True)
class Past:
    """`card`: whose, by the number of her card. Longer ago than anybody is asked about (followup.planning.LOOK_BACK)."""

    card: str
    number: str
    item: str
    store: str
    days_ago: int


PAST = (
    Past("XF-DEMO-1", "+867103456789", "JZ01", "张姐家政", 33),
    Past("XF-DEMO-2", "+867103452468", "PS01", "施营社区助餐点", 29),
    Past("XF-DEMO-4", "+867103451357", "PS01", "施营社区助餐点", 26),
    Past("XF-DEMO-5", "+867103458642", "JZ01", "张姐家政", 21),
)


async def seed_past(session: AsyncSession) -> int:
    """After `seed_stores`. Each step is written at its own time; nobody is offered anything or told. Nothing when there is any order."""
    if await session.scalar(select(Order.id).limit(1)):
        return 0
    user = await session.scalar(select(User).where(User.username == "agent1"))
    stores = {name: store_id for store_id, name in await session.execute(select(Store.id, Store.name))}
    await count_since(session, clock.now() - timedelta(days=max(past.days_ago for past in PAST) + 1))
    made = 0
    for past in PAST:
        elder_id = await session.scalar(select(Elder.id).where(Elder.card_number == past.card))
        if user is None or elder_id is None or past.store not in stores:
            continue
        ago = timedelta(days=past.days_ago)
        clock.shift(-ago)
        try:
            agent = Actor("user", user.id, user.name, user.role)
            await do_job(session, agent, elder_id, stores[past.store], number=past.number, item=past.item, points=NoScheme())
        finally:
            clock.shift(ago)
        made += 1
    return made


async def count_since(session: AsyncSession, first: datetime) -> None:
    """By the catalogue's first version, which counts from the moment of seeding: it counted then too."""
    oldest = select(CatalogVersion.id).order_by(CatalogVersion.valid_from).limit(1).scalar_subquery()
    await session.execute(
        update(CatalogVersion).where(CatalogVersion.id == oldest, CatalogVersion.valid_from > first).values(valid_from=first)
    )


async def do_job(
    session: AsyncSession, agent: Actor, elder_id: uuid.UUID, store_id: uuid.UUID, *, number: str, item: str, points: Points
) -> Bill:  # fmt: skip
    """From her call to the bill, all of it at this moment of the clock."""
    at = clock.now()
    opened = await open_case(
        session, elder_id=elder_id, caller_key=number, is_sos=False, severity=Severity.N1, linked=LinkedTo(None), at=at, data={}
    )
    order = await place_order(session, agent, opened.id, AskedOrder(lines=[AskedLine(item=item)]), draft=True)
    await set_outcome(session, agent, opened.id, outcome="helped", note="")
    keeper_id = await session.scalar(
        select(StoreMember.person_id).where(StoreMember.store_id == store_id).order_by(StoreMember.role, StoreMember.person_id).limit(1)
    )
    price = await session.scalar(select(StoreItem.price_fen).where(StoreItem.store_id == store_id, StoreItem.item_code == item))
    (line,) = await list_lines(session, order.id)
    line.price_fen = price or 0
    done_at = at + timedelta(minutes=order.minutes)
    order.state, order.requested_at, order.store_id, order.worker_id = S.DONE, at, store_id, keeper_id
    order.accepted_at = order.en_route_at = order.checked_in_at = at
    order.checked_out_at = order.verified_at = done_at
    order.amount_fen = line.price_fen * line.quantity
    for phase, moment in ((Phase.CHECK_IN, at), (Phase.CHECK_OUT, done_at)):
        for kind in (ProofKind.SERVICE_CODE, ProofKind.AGENT):
            session.add(
                OrderProof(
                    id=new_id(), order_id=order.id, phase=phase, kind=kind, at=moment, by_kind="person" if kind is ProofKind.SERVICE_CODE else "user",
                    by_id=keeper_id if kind is ProofKind.SERVICE_CODE else agent.id, note="",
                )
            )  # fmt: skip
    await session.flush()
    for deed in ("accepted", "checked_in", "checked_out"):
        await write_event(session, system("seed"), order, deed)
    case = await lock_case(session, opened.id)
    await move_order(session, system("seed"), case, order, S.VERIFIED, "verified")
    bill = await settle(session, system("seed"), order.id, points)
    assert bill is not None
    if case.state is CaseState.RESOLVED:
        await move_case(session, case, CaseState.CLOSED)
    return bill
