"""Partners, their goods with stock, and orders of them: points and stock are kept together, and go back together."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.centre.queries import get_values
from callcenter.kit import clock
from callcenter.kit.errors import Conflict, NotFound
from callcenter.kit.ids import new_id
from callcenter.points.families.approvals import GOOD_FOR, ask, list_waiting_deeds
from callcenter.points.families.models import PointsApproval
from callcenter.points.families.states import Deed
from callcenter.points.ledger.accounts import Whose, account_of, balance_of
from callcenter.points.ledger.holds import confirm, reserve, void
from callcenter.points.ledger.kinds import Holder, Ledger, Pocket
from callcenter.points.ledger.rules import NotEnough, check_units
from callcenter.points.members.actions import check_may_spend, give_grace, member_of
from callcenter.points.spending.models import PointsGood, PointsGoodChange, PointsGoodsOrder, PointsPartner
from callcenter.points.spending.states import GOODS_ORDER, GoodKind, GoodsOrderState
from callcenter.settings import get_settings

TO_BE_FETCHED = timedelta(days=14)
AT_ONCE = 50
PAGE = 50


@dataclass(frozen=True, slots=True)
class Good:
    """What is set of a good."""

    name: str
    points: int
    stock: int
    month_limit: int | None
    active: bool


async def add_partner(session: AsyncSession, actor: Actor, name: str) -> PointsPartner:
    if await session.scalar(select(PointsPartner.id).where(PointsPartner.name == name)):
        raise Conflict("there is a partner of this name", code="partner_exists")
    partner = PointsPartner(id=new_id(), version=1, name=name, active=True, made_at=clock.now())
    session.add(partner)
    await session.flush()
    await audit(session, actor, "points:partner_added", partner.id)
    return partner


async def change_partner(
    session: AsyncSession, actor: Actor, partner_id: uuid.UUID, *, name: str, active: bool, version: int
) -> PointsPartner:
    """Its accounts, goods and orders stay its own under another name; switched off nothing of it is ordered any more, and what was ordered is handed out.

    Conflict `partner_changed`, `partner_exists`.
    """
    found = select(PointsPartner).where(PointsPartner.id == partner_id).with_for_update().execution_options(populate_existing=True)
    partner = (await session.scalars(found)).one_or_none()
    if partner is None:
        raise NotFound("no such partner", code="partner_not_found")
    if partner.version != version:
        raise Conflict("it has changed meanwhile", code="partner_changed", details={"version": partner.version})
    if await session.scalar(select(PointsPartner.id).where(PointsPartner.name == name, PointsPartner.id != partner_id)):
        raise Conflict("there is a partner of this name", code="partner_exists")
    before = {"name": partner.name, "active": partner.active}
    partner.name, partner.active, partner.version = name, active, partner.version + 1
    await session.flush()
    await audit(session, actor, "points:partner_changed", partner.id, details={"before": before, "name": name, "active": active})
    return partner


async def add_good(session: AsyncSession, actor: Actor, partner_id: uuid.UUID, kind: GoodKind, form: Good) -> PointsGood:
    if await session.get(PointsPartner, partner_id) is None:
        raise NotFound("no such partner", code="partner_not_found")
    good = PointsGood(id=new_id(), version=0, partner_id=partner_id, kind=kind)
    session.add(good)
    await _set(session, actor, good, form)
    return good


async def change_good(session: AsyncSession, actor: Actor, good_id: uuid.UUID, form: Good, *, version: int) -> PointsGood:
    """Orders that were made keep their points. Conflict `good_changed`: it is another version (somebody has ordered one)."""
    good = await _good(session, good_id)
    if good.version != version:
        raise Conflict("it has changed meanwhile", code="good_changed", details={"version": good.version})
    await _set(session, actor, good, form)
    return good


async def order_goods(
    session: AsyncSession, actor: Actor, elder_id: uuid.UUID, good_id: uuid.UUID, quantity: int, *, agreed: PointsApproval | None = None
) -> PointsGoodsOrder | PointsApproval:
    """Above `points_two_persons` nothing is held yet: it waits for a second person, with whose yes (`agreed`) it is ordered by the rules of that moment.

    Conflict `out_of_stock`, `good_inactive`, `month_limit`, `phone_cap`, `redemption_stopped`, `points_frozen`, `not_enough`.
    """
    check_units(quantity)
    centre = await get_values(session, get_settings())
    if not centre.switch("points_redemption"):
        raise Conflict("redemption is stopped", code="redemption_stopped")
    member = await member_of(session, elder_id)
    check_may_spend(member)
    good = await _good(session, good_id)
    partner = await session.get(PointsPartner, good.partner_id)
    if partner is None or not (good.active and partner.active):
        raise Conflict("this is not offered any more", code="good_inactive")
    if good.stock < quantity:
        raise Conflict("there are not so many left", code="out_of_stock", details={"there": good.stock})
    points = check_units(good.points * quantity)
    await _keep_limits(session, member.id, good, quantity, points, int(centre.number("points_phone_month")))
    now = clock.now()
    if agreed is None and points > centre.number("points_two_persons"):
        if await balance_of(session, Ledger.PT, member.whose, Pocket.AVAILABLE) < points:
            raise NotEnough("there are not so many")
        return await ask(
            session, actor, new_id(), Deed.GOODS, member_id=member.id, to_id=None, amount=points, reason=f"{good.name} ×{quantity}",
            expires_at=now + GOOD_FOR, about={"good_id": str(good.id), "quantity": quantity},
        )  # fmt: skip
    order = PointsGoodsOrder(
        id=new_id(), version=1, elder_id=member.id, good_id=good.id, quantity=quantity, points=points, state=GoodsOrderState.RESERVED, made_at=now,
        made_by=agreed.asked_by if agreed is not None else actor.name, due_at=now + TO_BE_FETCHED,
    )  # fmt: skip
    good.stock -= quantity
    good.version += 1
    session.add(order)
    target = await account_of(session, Ledger.PT, Whose(Holder.PARTNER, partner.id), Pocket.REDEEMED)
    await reserve(
        session, actor, key=order.key, ledger=Ledger.PT, whose=member.whose, amount=points, target_id=target,
        until=order.due_at + timedelta(hours=1), details={"good_id": str(good.id)},
    )  # fmt: skip
    await audit(session, actor, "points:goods_ordered", order.id, details={"points": points, "quantity": quantity})
    return order


async def order_agreed(session: AsyncSession, actor: Actor, approval: PointsApproval) -> None:
    """A second person has agreed. What the books or the stock refuse now undoes the yes as well."""
    good_id, quantity = uuid.UUID(approval.about["good_id"]), int(approval.about["quantity"])
    order = await order_goods(session, actor, approval.member_id, good_id, quantity, agreed=approval)
    if isinstance(order, PointsGoodsOrder) and order.points != approval.amount:
        raise Conflict("it costs another number of points by now; ask again", code="points_changed")


async def confirm_order(session: AsyncSession, actor: Actor, order_id: uuid.UUID) -> PointsGoodsOrder:
    """Handed out, delivered, charged up."""
    order = await get_order(session, order_id)
    GOODS_ORDER.check(order.state, GoodsOrderState.CONFIRMED)
    await confirm(session, actor, order.key)
    _over(order, actor, GoodsOrderState.CONFIRMED, "")
    await audit(session, actor, "points:goods_handed_out", order.id)
    return order


async def void_order(session: AsyncSession, actor: Actor, order_id: uuid.UUID, reason: str) -> PointsGoodsOrder:
    """Points and stock go back."""
    order = await get_order(session, order_id)
    GOODS_ORDER.check(order.state, GoodsOrderState.VOID)
    member = await member_of(session, order.elder_id)
    good = await _good(session, order.good_id)
    good.stock += order.quantity
    good.version += 1
    await void(session, actor, order.key)
    give_grace(member)
    _over(order, actor, GoodsOrderState.VOID, reason)
    await session.flush()
    await audit(session, actor, "points:goods_voided", order.id)
    return order


async def void_unfetched(session: AsyncSession, actor: Actor) -> int:
    """Orders that nobody has fetched in time. Several workers may do it at the same time."""
    due = select(PointsGoodsOrder.id).where(
        PointsGoodsOrder.state == GoodsOrderState.RESERVED, PointsGoodsOrder.due_at <= clock.now()
    )  # fmt: skip
    found = (await session.scalars(due.order_by(PointsGoodsOrder.id).limit(AT_ONCE).with_for_update(skip_locked=True))).all()
    for order_id in found:
        await void_order(session, actor, order_id, "not fetched")
    return len(found)


async def get_order(session: AsyncSession, order_id: uuid.UUID) -> PointsGoodsOrder:
    """Locked."""
    wanted = select(PointsGoodsOrder).where(PointsGoodsOrder.id == order_id).with_for_update().execution_options(populate_existing=True)
    found = (await session.scalars(wanted)).one_or_none()
    if found is None:
        raise NotFound("no such order of goods", code="goods_order_not_found")
    return found


async def list_partners(session: AsyncSession) -> Sequence[PointsPartner]:
    return (await session.scalars(select(PointsPartner).order_by(PointsPartner.name))).all()


async def list_goods(session: AsyncSession) -> Sequence[PointsGood]:
    return (await session.scalars(select(PointsGood).order_by(PointsGood.kind, PointsGood.points, PointsGood.id))).all()


async def list_orders(session: AsyncSession, elder_id: uuid.UUID) -> Sequence[PointsGoodsOrder]:
    """The newest first."""
    hers = select(PointsGoodsOrder).where(PointsGoodsOrder.elder_id == elder_id)
    return (await session.scalars(hers.order_by(PointsGoodsOrder.id.desc()).limit(50))).all()


async def list_waiting_orders(session: AsyncSession, elder_id: uuid.UUID) -> Sequence[PointsApproval]:
    """Of hers, above `points_two_persons`: nothing is held for them yet."""
    return await list_waiting_deeds(session, elder_id, Deed.GOODS)


async def list_all_orders(
    session: AsyncSession, *, state: GoodsOrderState | None = None, partner_id: uuid.UUID | None = None, offset: int = 0
) -> Sequence[PointsGoodsOrder]:
    """Of all elders: what is to be handed out first by its deadline, what is over the newest first."""
    wanted = select(PointsGoodsOrder).join(PointsGood, PointsGood.id == PointsGoodsOrder.good_id)
    if state is not None:
        wanted = wanted.where(PointsGoodsOrder.state == state)
    if partner_id is not None:
        wanted = wanted.where(PointsGood.partner_id == partner_id)
    order = [PointsGoodsOrder.due_at] if state is GoodsOrderState.RESERVED else [PointsGoodsOrder.made_at.desc()]
    return (await session.scalars(wanted.order_by(*order, PointsGoodsOrder.id).offset(offset).limit(PAGE))).all()


async def _keep_limits(session: AsyncSession, elder_id: uuid.UUID, good: PointsGood, quantity: int, points: int, phone_cap: int) -> None:
    """Precondition: her member row is locked, so that two orders at one moment are counted one after the other."""
    first = clock.today(get_settings().timezone).replace(day=1)
    begins = datetime(first.year, first.month, 1, tzinfo=ZoneInfo(get_settings().timezone))
    this_month = [
        PointsGoodsOrder.elder_id == elder_id,
        PointsGoodsOrder.state != GoodsOrderState.VOID,
        PointsGoodsOrder.made_at >= begins,
    ]
    if good.month_limit is not None:
        pieces = select(func.coalesce(func.sum(PointsGoodsOrder.quantity), 0)).where(*this_month, PointsGoodsOrder.good_id == good.id)
        if (had := int(await session.scalar(pieces) or 0)) + quantity > good.month_limit:
            raise Conflict("she has had as many this month as she may", code="month_limit", details={"limit": good.month_limit, "had": had})
    if good.kind is GoodKind.PHONE_CREDIT:
        spent = select(func.coalesce(func.sum(PointsGoodsOrder.points), 0)).join(PointsGood, PointsGood.id == PointsGoodsOrder.good_id)
        had = int(await session.scalar(spent.where(*this_month, PointsGood.kind == GoodKind.PHONE_CREDIT)) or 0)
        if had + points > phone_cap:
            raise Conflict("no more phone credit for her this month", code="phone_cap", details={"limit": phone_cap, "had": had})


async def _good(session: AsyncSession, good_id: uuid.UUID) -> PointsGood:
    """Locked."""
    wanted = select(PointsGood).where(PointsGood.id == good_id).with_for_update().execution_options(populate_existing=True)
    found = (await session.scalars(wanted)).one_or_none()
    if found is None:
        raise NotFound("no such good", code="good_not_found")
    return found


async def _set(session: AsyncSession, actor: Actor, good: PointsGood, form: Good) -> None:
    if good.kind is GoodKind.PHONE_CREDIT and form.points not in (1000, 3000, 5000):
        raise Conflict("phone credit is 10, 30 or 50 yuan", code="phone_credit")
    good.name, good.points, good.stock, good.month_limit, good.active = form.name, form.points, form.stock, form.month_limit, form.active
    good.version += 1
    await session.flush()
    values = {"name": form.name, "points": form.points, "stock": form.stock, "month_limit": form.month_limit, "active": form.active}
    session.add(PointsGoodChange(id=new_id(), good_id=good.id, at=clock.now(), by_id=actor.id, by_name=actor.name, values=values))
    await audit(session, actor, "points:good_set", good.id, details={"points": form.points, "stock": form.stock, "active": form.active})


def _over(order: PointsGoodsOrder, actor: Actor, state: GoodsOrderState, reason: str) -> None:
    order.state, order.over_at, order.over_by, order.reason, order.version = state, clock.now(), actor.name, reason, order.version + 1
