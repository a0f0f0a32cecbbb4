"""What allied stores report of their counters: by receipt number, once each, for whom a card number says. Given back in proportion when it is refunded."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.dispatch.stores.models import Store, StoreState
from callcenter.elders.models import Elder
from callcenter.kit import clock
from callcenter.kit.errors import Conflict, Invalid, NotFound
from callcenter.kit.ids import new_id
from callcenter.points.earning.actions import Deed, Worth, earn, find_earning, numbers_at, take_back
from callcenter.points.earning.models import Earning, Purchase, PurchaseRefund
from callcenter.points.earning.rules import points_for
from callcenter.points.earning.states import Nothing, Rule
from callcenter.points.earning.terms import term_of
from callcenter.points.ledger.accounts import Whose
from callcenter.points.ledger.kinds import Holder
from callcenter.points.ledger.rules import check_units
from callcenter.points.members.actions import member_of

DEAREST_FEN = 5_000_000  # 50,000 yuan: more is a slip of the finger
LATEST = timedelta(days=7)  # after the purchase


async def report_purchase(
    session: AsyncSession, actor: Actor, store_id: uuid.UUID, *, receipt: str, card_number: str, amount_fen: int, excluded_fen: int = 0,
    bought_at: datetime | None = None,
) -> tuple[Purchase, Earning]:  # fmt: skip
    """The same receipt again is the same purchase; with other figures Conflict `key_conflict`. Conflict `not_allied`; NotFound `card_not_found`;
    Invalid `bad_amount`, `bad_units`, `bad_moment`."""
    now = clock.now()
    at = bought_at or now
    check_units(amount_fen)
    if type(excluded_fen) is not int or not 0 <= excluded_fen <= amount_fen <= DEAREST_FEN:
        raise Invalid("at most 50,000 yuan, and not more excluded than was paid", code="bad_amount", details={"most_fen": DEAREST_FEN})
    store = await session.get(Store, store_id, with_for_update={"key_share": True})
    if store is None:
        raise NotFound("there is no such store", code="store_not_found")
    elder_id = await session.scalar(select(func.coalesce(Elder.merged_into, Elder.id)).where(Elder.card_number == card_number))
    if elder_id is None:
        raise NotFound("no elder has this card", code="card_not_found")
    member = await member_of(session, elder_id)
    known = (await session.scalars(select(Purchase).where(Purchase.store_id == store_id, Purchase.receipt == receipt))).one_or_none()
    if known is not None:
        same_person = (await member_of(session, known.elder_id)).id == member.id
        earning = await find_earning(session, source_of(known))
        if (known.amount_fen, known.excluded_fen) != (amount_fen, excluded_fen) or not same_person or earning is None:
            raise Conflict("this receipt was reported with other figures", code="key_conflict")
        return known, earning
    if not now - LATEST <= at <= now:
        raise Invalid("a purchase is reported within a week", code="bad_moment")
    term = await term_of(session, store_id, at)
    if term is None or not term.allied or store.state is not StoreState.ADMITTED:
        raise Conflict("the store gives no points", code="not_allied")
    purchase = Purchase(
        id=new_id(), store_id=store_id, receipt=receipt, elder_id=member.id, amount_fen=amount_fen, excluded_fen=excluded_fen, bought_at=at, at=now,
        by_id=actor.id, by_name=actor.name,
    )  # fmt: skip
    session.add(purchase)
    await session.flush()
    numbers = await numbers_at(session, at)
    rate = numbers.rate_bp if term.rate_bp is None else term.rate_bp
    base = amount_fen - excluded_fen
    amount = points_for(base, rate)
    nothing = None if amount else Nothing.TOO_LITTLE if rate else Nothing.SET_TO_NONE
    deed = Deed(Rule.PURCHASE, source_of(purchase), at, base=base, issuer=Whose(Holder.STORE, store_id))
    counted = {"rate_bp": rate, "agreed": term.rate_bp is not None, "pending_days": numbers.pending_days}
    earning = await earn(
        session, actor, member, deed, Worth(amount, nothing, counted), pending_days=numbers.pending_days, months=numbers.months
    )
    await audit(
        session, actor, "points:purchase", purchase.id, details={"store_id": str(store_id), "amount_fen": amount_fen, "points": amount}
    )
    return purchase, earning


async def refund_purchase(session: AsyncSession, actor: Actor, store_id: uuid.UUID, *, receipt: str, number: str, fen: int) -> Earning:
    """All or a part of what counted; `number` is the refund's own, once. Conflict `too_much_refunded`, `key_conflict`."""
    check_units(fen)
    purchase = (await session.scalars(select(Purchase).where(Purchase.store_id == store_id, Purchase.receipt == receipt))).one_or_none()
    earning = await find_earning(session, source_of(purchase)) if purchase is not None else None
    if purchase is None or earning is None:
        raise NotFound("no such receipt was reported", code="receipt_not_found")
    await member_of(session, purchase.elder_id)  # one refund after the other
    refunds = (await session.scalars(select(PurchaseRefund).where(PurchaseRefund.purchase_id == purchase.id))).all()
    if known := next((one for one in refunds if one.number == number), None):
        if known.fen != fen:
            raise Conflict("this refund was reported with another amount", code="key_conflict")
        return earning
    kept_fen = earning.base - sum(one.fen for one in refunds) - fen
    if kept_fen < 0:
        raise Conflict("more than what counted was never paid", code="too_much_refunded", details={"left_fen": kept_fen + fen})
    session.add(
        PurchaseRefund(purchase_id=purchase.id, number=number, fen=fen, at=clock.now(), by_id=actor.id, by_name=actor.name)
    )  # fmt: skip
    await session.flush()
    kept = points_for(kept_fen, int(earning.counted["rate_bp"]))
    await audit(session, actor, "points:refund", purchase.id, details={"fen": fen})
    if earning.amount == 0:
        return earning
    return await take_back(session, actor, earning.id, why="refund", kept=kept)


def source_of(purchase: Purchase) -> str:
    return f"purchase:{purchase.id}"
