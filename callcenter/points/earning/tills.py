"""Tills: a store's own system that tells sales by itself, signed with a secret of its own (docs/points.md).

What it tells goes the way of what a keeper types."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor, system
from callcenter.accounts.audit import audit
from callcenter.dispatch.stores.models import Store, StoreKind
from callcenter.kit import clock
from callcenter.kit.errors import Conflict, Forbidden, Invalid, NotFound
from callcenter.kit.ids import new_id
from callcenter.kit.signing import Signed
from callcenter.points.earning.models import PurchaseReport, Till
from callcenter.points.earning.reports import OF_TILLS, tell_purchase, tell_refund
from callcenter.points.earning.schemas import NewRefund, TillPurchase, TillReport

MOST = 20  # tills of a store


async def add_till(session: AsyncSession, actor: Actor, store_code: str, name: str) -> tuple[Till, str]:
    """With its secret, which is shown this once. NotFound; Conflict `till_exists`, `too_many_tills`; Invalid `not_a_store`."""
    store = await session.scalar(select(Store).where(Store.code == store_code).with_for_update(key_share=True))
    if store is None:
        raise NotFound("there is no store with this code", code="store_not_found")
    if store.kind is not StoreKind.STORE:
        raise Invalid("a group of volunteers sells nothing", code="not_a_store")
    name = name.strip()
    if not 1 <= len(name) <= 40:
        raise Invalid("a till has a name of at most 40 characters", code="bad_name")
    there = (await session.scalars(select(Till.name).where(Till.store_id == store.id, Till.revoked_at.is_(None)))).all()
    if name in there:
        raise Conflict("this store has a till of this name", code="till_exists")
    if len(there) >= MOST:
        raise Conflict("a store has at most 20 tills", code="too_many_tills")
    secret = secrets.token_urlsafe(32)
    till = Till(id=new_id(), store_id=store.id, name=name, secret=secret, made_at=clock.now(), made_by=actor.name)
    session.add(till)
    await session.flush()
    await audit(session, actor, "points:till_added", till.id, details={"store_id": str(store.id)})
    return till, secret


async def revoke_till(session: AsyncSession, actor: Actor, till_id: uuid.UUID) -> None:
    """Believed no more, for good; a new secret is a new till. Harmless twice. NotFound."""
    till = await session.get(Till, till_id, with_for_update=True)
    if till is None:
        raise NotFound("there is no such till", code="till_not_found")
    if till.revoked_at is None:
        till.revoked_at, till.secret = clock.now(), ""
        await session.flush()
        await audit(session, actor, "points:till_revoked", till_id, details={"store_id": str(till.store_id)})


async def list_tills(session: AsyncSession) -> Sequence[tuple[Till, Store]]:
    found = await session.execute(select(Till, Store).join(Store, Store.id == Till.store_id).order_by(Store.code, Till.made_at))
    return [(till, store) for till, store in found]


# --- what the public process may do with it --------------------------------------------------------------------------------------


async def sale_from_till(session: AsyncSession, till_id: uuid.UUID, signed: Signed) -> TillReport:
    """Forbidden `bad_signature` also for a till that is not there; what else `tell_purchase` refuses."""
    store_id, actor = await _believed(session, till_id, signed)
    told = TillPurchase.model_validate_json(signed.body)
    return await _report(
        session, await tell_purchase(session, actor, store_id, told, bought_at=told.bought_at, most=OF_TILLS)
    )  # fmt: skip


async def refund_from_till(session: AsyncSession, till_id: uuid.UUID, signed: Signed) -> TillReport:
    store_id, actor = await _believed(session, till_id, signed)
    return await _report(session, await tell_refund(session, actor, store_id, NewRefund.model_validate_json(signed.body), most=OF_TILLS))


async def report_for_till(session: AsyncSession, till_id: uuid.UUID, report_id: uuid.UUID, signed: Signed) -> TillReport:
    """What became of it. NotFound `report_not_found` for another store's."""
    store_id, _ = await _believed(session, till_id, signed)
    return await _report(session, report_id, store_id)


async def _believed(session: AsyncSession, till_id: uuid.UUID, signed: Signed) -> tuple[uuid.UUID, Actor]:
    columns = (Till.store_id, Till.name, Till.secret)
    row = (await session.execute(select(*columns).where(Till.id == till_id, Till.revoked_at.is_(None)))).one_or_none()
    if not signed.by(row.secret if row else "", clock.now()) or row is None:
        raise Forbidden("this is not signed by this till, or long ago", code="bad_signature")
    return row.store_id, system(f"till {row.name}")


async def _report(session: AsyncSession, report_id: uuid.UUID, store_id: uuid.UUID | None = None) -> TillReport:
    report = PurchaseReport
    wanted = select(report.id, report.receipt, report.number, report.state, report.why, report.points).where(report.id == report_id)
    row = (await session.execute(wanted if store_id is None else wanted.where(report.store_id == store_id))).one_or_none()
    if row is None:
        raise NotFound("nothing was told under this id", code="report_not_found")
    return TillReport(
        report_id=row.id, receipt=row.receipt, number=row.number, state=row.state, why=row.why, points=row.points
    )  # fmt: skip
