"""What stores and partners owe each other for points: months, closing, money, each one's statement."""

from __future__ import annotations

import asyncio
import uuid
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Response

from callcenter.accounts.audit import audit
from callcenter.accounts.roles import Permission
from callcenter.accounts.sessions import SignedIn
from callcenter.centre.queries import get_values
from callcenter.console.http import Session, SettingsDep, needs
from callcenter.console.idempotency import IdempotencyKey
from callcenter.console.routes.profiles import did
from callcenter.dispatch.bills.queries import month_from
from callcenter.dispatch.bills.schemas import Month
from callcenter.kit import clock
from callcenter.kit.errors import NotFound
from callcenter.points.ledger.accounts import Whose
from callcenter.points.ledger.kinds import ISSUERS, Holder
from callcenter.points.settlement.actions import close_month, record_payment
from callcenter.points.settlement.reading import get_settlement, list_settlements, next_to_close
from callcenter.points.settlement.schemas import CloseSettlement, Paid, SettlementHead, SettlementView
from callcenter.points.settlement.states import SettlementState
from callcenter.points.settlement.views import Statement, read_statement, view_month
from callcenter.reports.points_settlement import settlement_csv_rows, settlement_pdf
from callcenter.reports.statements import as_csv

router = APIRouter()
Reader = Annotated[SignedIn, Depends(needs(Permission.POINTS_BOOKS))]
Writer = Annotated[SignedIn, Depends(needs(Permission.POINTS_WRITE))]
Language = Literal["zh", "en"]


@router.get("/api/points/settlements")
async def list_months(who: Reader, session: Session) -> list[SettlementHead]:
    """The newest first, the one that is open among them once anything was redeemed."""
    closed = [SettlementHead(month=one.month, state=one.state) for one in await list_settlements(session)]
    following = await next_to_close(session)
    return ([SettlementHead(month=following, state=SettlementState.OPEN)] if following else []) + closed


@router.get("/api/points/settlements/month")
async def get_month(month: Month, who: Reader, session: Session) -> SettlementView:
    return await view_month(session, month_from(month))


@router.post("/api/points/settlements")
async def close(body: CloseSettlement, who: Writer, session: Session, idempotency_key: IdempotencyKey = None) -> SettlementView:
    """409 `month_not_over`, `settlement_closed`, `earlier_month_open`, `nothing_to_settle`."""
    first = month_from(body.month)
    await did(session, who, idempotency_key, "settlement:close", body, lambda: close_month(session, who.actor, first))
    return await view_month(session, first)


@router.post("/api/points/settlements/{settlement_id}/paid")
async def paid(
    settlement_id: uuid.UUID, body: Paid, who: Writer, session: Session, idempotency_key: IdempotencyKey = None
) -> SettlementView:
    """One party's money of that month has changed hands. 409 `paid_differs`, `nothing_due`, `settlement_paid`."""
    whose = _party(body.holder, body.id)
    await did(
        session, who, idempotency_key, f"settlement:paid:{settlement_id}", body,
        lambda: record_payment(session, who.actor, settlement_id, whose, fen=body.fen, paid_on=body.paid_on, reference=body.reference),
    )  # fmt: skip
    return await view_month(session, (await get_settlement(session, settlement_id)).month)


async def _statement(
    session: Session, who: SignedIn, month: str, holder: Holder, party_id: uuid.UUID | None, kind: str
) -> tuple[Statement, str]:
    made = await read_statement(session, month_from(month), _party(holder, party_id))
    if party_id is not None and made.whose not in made.names:
        raise NotFound("no such store or partner", code="party_not_found")
    await audit(session, who.actor, "points:statement_taken", party_id or holder, details={"as": kind, "month": month})
    return made, f"points-{holder}-{month}.{kind}"


@router.get("/api/points/settlements/statement/csv", response_class=Response)
async def statement_csv(
    month: Month, holder: Holder, who: Reader, session: Session, party_id: uuid.UUID | None = None, language: Language = "zh"
) -> Response:
    made, name = await _statement(session, who, month, holder, party_id, "csv")
    return _file(as_csv(settlement_csv_rows(made, language)), "text/csv; charset=utf-8", name)


@router.get("/api/points/settlements/statement/pdf", response_class=Response)
async def statement_pdf(
    month: Month, holder: Holder, who: Reader, session: Session, settings: SettingsDep, party_id: uuid.UUID | None = None,
    language: Language = "zh",
) -> Response:  # fmt: skip
    made, name = await _statement(session, who, month, holder, party_id, "pdf")
    centre = (await get_values(session, settings)).text("centre_name")
    at = clock.now().astimezone(ZoneInfo(settings.timezone)).strftime("%Y-%m-%d %H:%M")
    return _file(await asyncio.to_thread(settlement_pdf, made, centre_name=centre, made=at, language=language), "application/pdf", name)


def _party(holder: Holder, party_id: uuid.UUID | None) -> Whose:
    if holder not in ISSUERS or (party_id is None) != (holder is Holder.CENTRE):
        raise NotFound("no such store or partner", code="party_not_found")
    return Whose(holder, party_id)


def _file(content: bytes, media_type: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, media_type=media_type, headers=headers)
