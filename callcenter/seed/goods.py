"""A partner of the catalogue with goods and phone credit, for the demo."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import system
from callcenter.points.spending.goods import Good, add_good, add_partner
from callcenter.points.spending.models import PointsPartner
from callcenter.points.spending.states import GoodKind

_GOODS = (
    (GoodKind.GOODS, Good("大米5公斤", 2_500, 40, 2, active=True)),
    (GoodKind.GOODS, Good("食用油1.8升", 2_000, 30, 2, active=True)),
    (GoodKind.GOODS, Good("血压计", 4_800, 5, 1, active=True)),
    (GoodKind.PHONE_CREDIT, Good("话费10元", 1_000, 500, None, active=True)),
)


async def seed_goods(session: AsyncSession) -> None:
    """Nothing when there is any partner."""
    if await session.scalar(select(PointsPartner.id).limit(1)):
        return
    seed = system("seed")
    partner = await add_partner(session, seed, "惠民积分兑换点")
    for kind, good in _GOODS:
        await add_good(session, seed, partner.id, kind, good)
