"""What a store has sold and given back, as it told it itself. Nothing of whose card it was (callcenter.points.earning.reports)."""

from __future__ import annotations

import uuid
from collections import defaultdict
from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.dispatch.stores.models import Store, StoreState
from callcenter.kit import clock
from callcenter.points.earning.models import PurchaseReport
from callcenter.points.earning.states import ReportState
from callcenter.points.earning.terms import is_allied

PAGE = 30


class Told(BaseModel):
    """The same for every card, also one that nobody has: what became of it stands on the list."""

    report_id: uuid.UUID


class ToldRefund(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    number: str
    fen: int
    state: ReportState
    why: str
    points: int  # that went back
    made_at: datetime


class ToldSale(BaseModel):
    id: uuid.UUID
    receipt: str
    fen: int
    excluded_fen: int
    state: ReportState
    why: str
    points: int  # that stand, less what went back
    left_fen: int  # of what counted: can still be given back
    made_at: datetime
    refunds: list[ToldRefund]  # the oldest first


class OwnSales(BaseModel):
    allied: bool  # gives points now
    sales: list[ToldSale]  # the newest first
    next: uuid.UUID | None  # `before` of the next page


async def read_sales(session: AsyncSession, store_id: uuid.UUID, before: uuid.UUID | None) -> OwnSales:
    report = PurchaseReport
    columns = (
        report.id,
        report.receipt,
        report.number,
        report.fen,
        report.excluded_fen,
        report.state,
        report.why,
        report.points,
        report.made_at,
    )
    sales = select(*columns).where(report.store_id == store_id, report.number == "").order_by(report.id.desc()).limit(PAGE + 1)
    rows = (await session.execute(sales if before is None else sales.where(report.id < before))).all()
    page = rows[:PAGE]
    # of a receipt that was told anew after a refusal, they belong to the one that stands
    standing = {row.receipt: row.id for row in page if row.state is not ReportState.REFUSED}
    back = select(*columns).where(report.store_id == store_id, report.number != "", report.receipt.in_(list(standing)))
    refunds: dict[uuid.UUID, list[ToldRefund]] = defaultdict(list)
    for row in await session.execute(back.order_by(report.id)):
        refunds[standing[row.receipt]].append(ToldRefund.model_validate(row))
    state = await session.scalar(select(Store.state).where(Store.id == store_id))
    return OwnSales(
        allied=state is StoreState.ADMITTED and await is_allied(session, store_id, clock.now()),
        sales=[
            ToldSale(
                id=row.id, receipt=row.receipt, fen=row.fen, excluded_fen=row.excluded_fen, state=row.state, why=row.why,
                points=row.points - sum(one.points for one in refunds[row.id]),
                left_fen=row.fen - row.excluded_fen - sum(one.fen for one in refunds[row.id] if one.state is not ReportState.REFUSED),
                made_at=row.made_at, refunds=refunds[row.id],
            )
            for row in page
        ],
        next=page[-1].id if len(rows) > PAGE else None,
    )  # fmt: skip
