"""What the centre has set for its dispatch, read when it is needed: a change counts for the next decision."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.centre.queries import get_values
from callcenter.dispatch.orders.rules import HouseRules
from callcenter.settings import get_settings


async def house_rules(session: AsyncSession) -> HouseRules:
    centre = await get_values(session, get_settings())
    return HouseRules(
        begins=int(centre.number("jobs_from")),
        ends=int(centre.number("jobs_until")),
        at_once=int(centre.number("offers_at_once")),
        most_refusals=int(centre.number("refusals_most")),
        proof_metres=int(centre.number("proof_metres")),
    )
