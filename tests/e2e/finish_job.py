"""Run in the surroundings of a running centre: a meal for the elder of this number, brought and proved by the store that was asked first. Prints the
order's id. What follows (bill, follow-up, her telephone) is the centre's own.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from callcenter.accounts.actor import Actor
from callcenter.accounts.models import User
from callcenter.cases.actions import set_outcome
from callcenter.dispatch.orders.actions import doing, offering
from callcenter.dispatch.orders.models import OrderLine, Phase
from callcenter.dispatch.orders.states import OrderState
from callcenter.dispatch.stores.models import ProviderPerson, StoreItem, StoreMember
from callcenter.elders.queries import find_elders_by_number
from callcenter.kit import clock, logs
from callcenter.kit.db import Database
from callcenter.settings import get_settings
from tests.stores import keeper, offers_of, order_for

MEAL = "PS01"  # timed by nobody: it is done as soon as it is brought


async def finish(number: str) -> None:
    settings = get_settings()
    # tomorrow at eleven: whoever brings meals is open then, whenever the test is run
    wanted = (clock.now().astimezone(ZoneInfo(settings.timezone)) + timedelta(days=1)).replace(hour=11, minute=0, second=0, microsecond=0)
    database = Database.of(settings)
    async with database.transaction() as session:
        (elder,) = await find_elders_by_number(session, [number])
        user = (await session.scalars(select(User).where(User.username == "agent2"))).one()
        agent = Actor("user", user.id, user.name, user.role)
        order = await order_for(session, agent, elder.id, MEAL, wanted_from=wanted)
        store_id, offer = next(iter((await offers_of(session, order)).items()))
        member = (
            select(ProviderPerson).join(StoreMember, StoreMember.person_id == ProviderPerson.id).where(StoreMember.store_id == store_id)
        )
        person = (await session.scalars(member.order_by(StoreMember.role).limit(1))).one()
        await offering.accept_offer(session, keeper(person), offer.id, how="app")
        for phase in Phase:
            await doing.prove_by_code(session, keeper(person), order.id, phase=phase, code=order.service_code)
            await doing.prove_by_agent(session, agent, order.id, phase=phase, note="老人确认")
        price = await session.scalar(select(StoreItem.price_fen).where(StoreItem.store_id == store_id, StoreItem.item_code == MEAL))
        quantity = await session.scalar(select(OrderLine.quantity).where(OrderLine.order_id == order.id))
        await doing.check_out(session, keeper(person), order.id, amount_fen=(price or 0) * (quantity or 1))
        assert order.state is OrderState.VERIFIED, order.attention
        await set_outcome(session, agent, order.case_id, outcome="helped", note="")
        print(order.id)
    await database.close()


if __name__ == "__main__":
    logs.configure("test")  # what is printed is an answer
    asyncio.run(finish(sys.argv[1]))
