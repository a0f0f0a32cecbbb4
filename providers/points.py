"""A store's points: what it takes at the counter, and where it stands. Whose card it is, nobody here learns (callcenter.points.spending.counter)."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.kit import clock
from callcenter.kit.errors import Conflict
from callcenter.points.ledger.accounts import Whose
from callcenter.points.ledger.kinds import Holder
from callcenter.points.settlement.models import PointsSettlement, PointsSettlementLine, PointsSettlementPayment
from callcenter.points.settlement.rules import Owed, Position, net
from callcenter.points.spending.counter import code_hash
from callcenter.points.spending.models import PointsCounterRequest
from callcenter.points.spending.states import CounterState, How
from callcenter.settings import get_settings

LAST = 20


class AskPoints(BaseModel):
    card: Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=40)]
    points: Annotated[int, Field(strict=True, ge=1, le=1_000_000)]


class GiveCode(BaseModel):
    request_id: uuid.UUID
    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]


class OfRequest(BaseModel):
    request_id: uuid.UUID


class CounterRequest(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    points: int
    state: CounterState
    why: str
    how: How | None
    tries_left: int  # 0 while she is asked: no code was sent, she calls the hotline
    checking: bool  # a code was typed and is being looked at
    made_at: datetime
    expires_at: datetime


class SettledMonth(BaseModel):
    month: date
    issued_fen: int
    redeemed_fen: int
    fee_fen: int
    net_fen: int  # below zero: to be paid
    paid_on: date | None


class OwnPoints(BaseModel):
    issued: int  # given out by this store and still out there
    redeemed: int  # spent here and not settled yet
    owed_fen: int  # settled and not paid yet; below zero: to be paid
    at_counter: int  # this month
    requests: list[CounterRequest]
    months: list[SettledMonth]


async def read_own(session: AsyncSession, store_id: uuid.UUID) -> OwnPoints:
    rows = await session.execute(text("SELECT ledger, pocket, balance FROM store_points WHERE store_id = :id"), {"id": store_id})
    there = {(row.ledger, row.pocket): int(row.balance) for row in rows}
    today = clock.today(get_settings().timezone)
    begins = datetime(today.year, today.month, 1, tzinfo=ZoneInfo(get_settings().timezone))
    request = PointsCounterRequest
    taken = await session.scalar(
        select(func.coalesce(func.sum(request.points), 0)).where(
            request.store_id == store_id, request.state == CounterState.CONFIRMED, request.over_at >= begins
        )
    )
    found = await session.execute(
        select(
            request.id, request.points, request.state, request.why, request.how, request.tries_left, (request.code_given != "").label("checking"),
            request.made_at, request.expires_at,
        )
        .where(request.store_id == store_id)
        .order_by(request.id.desc())
        .limit(LAST)
    )  # fmt: skip
    return OwnPoints(
        issued=-there.get(("PT", "issued"), 0),
        redeemed=there.get(("PT", "redeemed"), 0),
        owed_fen=there.get(("CNY", "owed"), 0),
        at_counter=int(taken or 0),
        requests=[CounterRequest.model_validate(row) for row in found],
        months=await _months(session, Whose(Holder.STORE, store_id)),
    )


async def give_code(session: AsyncSession, store_id: uuid.UUID, body: GiveCode) -> None:
    """The worker looks at it within a second. Conflict `counter_not_open`: not asked, over, or the last one is still being looked at."""
    await _write(session, store_id, body.request_id, code_given=code_hash(body.request_id, body.code))


async def give_up(session: AsyncSession, store_id: uuid.UUID, body: OfRequest) -> None:
    await _write(session, store_id, body.request_id, given_up=True)


async def _write(session: AsyncSession, store_id: uuid.UUID, request_id: uuid.UUID, **values: object) -> None:
    request = PointsCounterRequest
    open_one = [
        request.id == request_id,
        request.store_id == store_id,
        request.state == CounterState.ASKED,
        request.code_given == "",
        request.expires_at > clock.now(),
    ]
    wrote = await session.execute(
        update(request).where(*open_one).values(**values).returning(request.id).execution_options(synchronize_session=False)
    )
    if wrote.first() is None:
        raise Conflict("this is not waiting any more", code="counter_not_open")


async def _months(session: AsyncSession, me: Whose) -> list[SettledMonth]:
    """The last twelve that were closed with a line of ours."""
    line = PointsSettlementLine
    rows = await session.execute(
        select(PointsSettlement.id, PointsSettlement.month, line)
        .join(line, line.settlement_id == PointsSettlement.id)
        .where(
            ((line.issuer == Holder.STORE) & (line.issuer_id == me.id)) | ((line.redeemer == Holder.STORE) & (line.redeemer_id == me.id))
        )
        .order_by(PointsSettlement.month.desc())
    )  # fmt: skip
    lines: dict[tuple[uuid.UUID, date], list[Owed]] = {}
    for settlement_id, month, one in rows:
        lines.setdefault((settlement_id, month), []).append(Owed(one.of_issuer, one.of_redeemer, one.points, one.fen, one.fee_fen))
    paid = await session.execute(
        select(PointsSettlementPayment.settlement_id, PointsSettlementPayment.paid_on).where(
            PointsSettlementPayment.holder == Holder.STORE, PointsSettlementPayment.holder_id == me.id
        )
    )
    paid_on = {row.settlement_id: row.paid_on for row in paid}
    return [
        _settled(month, next(one for one in net(found) if one.whose == me), paid_on.get(settlement_id))
        for (settlement_id, month), found in list(lines.items())[:12]
    ]


def _settled(month: date, mine: Position, paid_on: date | None) -> SettledMonth:
    return SettledMonth(
        month=month, issued_fen=mine.issued_fen, redeemed_fen=mine.redeemed_fen, fee_fen=mine.fee_fen, net_fen=mine.net_fen, paid_on=paid_on
    )  # fmt: skip
