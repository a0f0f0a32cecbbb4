"""Run in the surroundings of a running centre: an order for the elder who lives alone, offered to the store of this name first. Prints the order's id."""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from callcenter.accounts.actor import system
from callcenter.dispatch.stores.models import Store
from callcenter.elders.queries import find_elders_by_number
from callcenter.elders.training import ALONE
from callcenter.kit import clock, logs
from callcenter.kit.db import Database
from callcenter.settings import get_settings
from tests.stores import order_for


async def place(store_name: str, item: str) -> None:
    settings = get_settings()
    # tomorrow at ten: a store is open then, whenever the test is run
    wanted = (clock.now().astimezone(ZoneInfo(settings.timezone)) + timedelta(days=1)).replace(hour=10, minute=0, second=0, microsecond=0)
    database = Database.of(settings)
    async with database.transaction() as session:
        (elder,) = await find_elders_by_number(session, [ALONE])
        store_id = await session.scalar(select(Store.id).where(Store.name == store_name))
        order = await order_for(session, system("test"), elder.id, item, wanted_from=wanted, prefers_store_id=store_id)
        print(order.id)
    await database.close()


if __name__ == "__main__":
    logs.configure("test")  # what is printed is an answer
    asyncio.run(place(*sys.argv[1:]))
