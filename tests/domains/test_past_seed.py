"""The demo's elders have had a job before: done, billed, on a closed case, so long ago that nobody is asked about it."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.demo import seed_users
from callcenter.cases.models import Case, CaseEntry
from callcenter.cases.states import CaseState
from callcenter.dispatch.bills.models import Bill
from callcenter.dispatch.orders.models import Offer, Order, OrderProof
from callcenter.dispatch.orders.states import OrderState
from callcenter.kit import clock
from callcenter.outreach.followup.planning import LOOK_BACK, list_resolved, list_unplanned_jobs
from callcenter.seed.demo import DemoFacts
from callcenter.seed.past import PAST, seed_past
from callcenter.seed.places import region_id
from callcenter.seed.stores import seed_stores


async def test_what_was_done_before(session: AsyncSession, facts: DemoFacts) -> None:
    await seed_users(session, region_id)
    await seed_stores(session)
    before = clock.now()
    assert await seed_past(session) == len(PAST) and await seed_past(session) == 0
    assert clock.now() - before < LOOK_BACK, "the clock stands where it stood"
    orders = (await session.scalars(select(Order))).all()
    assert {order.state for order in orders} == {OrderState.SETTLED} and all(order.amount_fen for order in orders)
    assert all(order.settled_at and clock.now() - order.settled_at > LOOK_BACK for order in orders)
    assert {case.state for case in await session.scalars(select(Case))} == {CaseState.CLOSED}
    assert await session.scalar(select(func.count(Bill.id))) == len(PAST)
    assert await session.scalar(select(func.count(OrderProof.id))) == 4 * len(PAST)
    assert await session.scalar(select(func.count(Offer.id))) == 0
    assert await session.scalar(select(func.count(CaseEntry.id)).where(CaseEntry.at > clock.now() - LOOK_BACK)) == 0
    assert not await list_unplanned_jobs(session) and not await list_resolved(session)
