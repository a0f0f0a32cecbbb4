"""Who pays: an elder's entitlements, a bill and its preview, claim lists for payers, statements for stores."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from typing import Annotated, Literal, cast
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.audit import audit
from callcenter.accounts.roles import Permission
from callcenter.accounts.sessions import SignedIn
from callcenter.centre.queries import get_values
from callcenter.console.http import Session, SettingsDep, needs
from callcenter.console.idempotency import IdempotencyKey, once
from callcenter.console.routes.profiles import did, opened
from callcenter.dispatch.bills import claims, queries
from callcenter.dispatch.bills.actions import confirm_price
from callcenter.dispatch.bills.models import Claim
from callcenter.dispatch.bills.points import Points
from callcenter.dispatch.bills.schemas import (
    BillsOfOrder,
    ClaimHead,
    ClaimView,
    CloseClaim,
    ConfirmPrice,
    Month,
    OfClaim,
    PaidClaim,
    Preview,
    RefusedLine,
    StoreStatement,
    StoreStatements,
)
from callcenter.dispatch.bills.states import ClaimState
from callcenter.dispatch.entitlements import actions as entitlements
from callcenter.dispatch.entitlements.queries import get_entitlement, list_entitlements
from callcenter.dispatch.entitlements.rules import month_of
from callcenter.dispatch.entitlements.schemas import ChangedEntitlement, EntitlementForm, EntitlementsOfElder, WithdrawnEntitlement
from callcenter.elders.access import whole_for
from callcenter.elders.rules import mask_name
from callcenter.kit import clock
from callcenter.reports.statements import as_csv, claim_rows, statement_pdf, statement_rows, statements_rows

router = APIRouter()
ElderReader = Annotated[SignedIn, Depends(needs(Permission.ELDERS_READ))]
OrderReader = Annotated[SignedIn, Depends(needs(Permission.ORDERS_READ))]
Reader = Annotated[SignedIn, Depends(needs(Permission.BILLS_READ))]
Writer = Annotated[SignedIn, Depends(needs(Permission.BILLS_WRITE))]
Language = Literal["zh", "en"]


def points_of(request: Request) -> Points:
    return cast(Points, request.app.state.points)


PointsDep = Annotated[Points, Depends(points_of)]

# --- entitlements ------------------------------------------------------------------------------------------------------------


async def _entitlements(session: AsyncSession, settings: SettingsDep, elder_id: uuid.UUID, month: str = "") -> EntitlementsOfElder:
    first = queries.month_from(month) if month else month_of(clock.today(settings.timezone))
    found = await list_entitlements(session, elder_id, first)
    return EntitlementsOfElder(month=first, entitlements=found, uses=await queries.uses_of(session, [one.id for one in found], first))


@router.get("/api/elders/{elder_id}/entitlements")
async def get_entitlements(
    elder_id: uuid.UUID, who: ElderReader, session: Session, settings: SettingsDep, month: Month | None = None
) -> EntitlementsOfElder:
    """All of hers with what the month (this one) has used and left. For whoever may see all of her."""
    current = await opened(session, who, elder_id, purpose="entitlements")
    await audit(session, who.actor, "elder:read", current, purpose="entitlements")
    return await _entitlements(session, settings, current, month or "")


@router.post("/api/elders/{elder_id}/entitlements")
async def add_entitlement(
    elder_id: uuid.UUID, body: EntitlementForm, who: Writer, session: Session, settings: SettingsDep, idempotency_key: IdempotencyKey = None
) -> EntitlementsOfElder:
    current = await opened(session, who, elder_id, purpose="entitlements")
    await did(
        session,
        who,
        idempotency_key,
        f"entitlement:{current}",
        body,
        lambda: entitlements.add_entitlement(session, who.actor, current, body),
    )
    return await _entitlements(session, settings, current)


@router.put("/api/entitlements/{entitlement_id}")
async def change_entitlement(
    entitlement_id: uuid.UUID, body: ChangedEntitlement, who: Writer, session: Session, settings: SettingsDep
) -> EntitlementsOfElder:
    """Counts for bills that are made from now on. 409 `entitlement_changed`, `entitlement_withdrawn`, `entitlement_used`."""
    current = await opened(session, who, (await get_entitlement(session, entitlement_id)).elder_id, purpose="entitlements")
    await entitlements.change_entitlement(session, who.actor, entitlement_id, body)
    return await _entitlements(session, settings, current)


@router.post("/api/entitlements/{entitlement_id}/withdraw")
async def withdraw_entitlement(
    entitlement_id: uuid.UUID,
    body: WithdrawnEntitlement,
    who: Writer,
    session: Session,
    settings: SettingsDep,
    idempotency_key: IdempotencyKey = None,
) -> EntitlementsOfElder:
    current = await opened(session, who, (await get_entitlement(session, entitlement_id)).elder_id, purpose="entitlements")
    await did(
        session, who, idempotency_key, f"entitlement:withdraw:{entitlement_id}", body,
        lambda: entitlements.withdraw_entitlement(session, who.actor, entitlement_id, body),
    )  # fmt: skip
    return await _entitlements(session, settings, current)


# --- the bill of an order ----------------------------------------------------------------------------------------------------


@router.get("/api/orders/{order_id}/payers")
async def preview_payers(
    order_id: uuid.UUID,
    who: OrderReader,
    session: Session,
    settings: SettingsDep,
    points: PointsDep,
    amount_fen: Annotated[int | None, Query(ge=0, le=5_000_000)] = None,
) -> Preview:
    """Who would pay this amount of this order now (without one: what it costs as far as is known). For whoever may see all of her."""
    order = await queries.get_order(session, order_id)
    await opened(session, who, order.elder_id, purpose="bill")
    return await queries.preview(session, order, amount_fen, await get_values(session, settings), points)


@router.get("/api/orders/{order_id}/bills")
async def get_bills(order_id: uuid.UUID, who: OrderReader, session: Session, settings: SettingsDep) -> BillsOfOrder:
    """Of each visit, and a price that waits for somebody. For whoever may see all of her."""
    order = await queries.get_order(session, order_id)
    await opened(session, who, order.elder_id, purpose="bill")
    return await queries.bills_of_order(session, order, await get_values(session, settings))


@router.post("/api/orders/{order_id}/confirm-price")
async def confirm(
    order_id: uuid.UUID,
    body: ConfirmPrice,
    who: Writer,
    session: Session,
    settings: SettingsDep,
    points: PointsDep,
    idempotency_key: IdempotencyKey = None,
) -> BillsOfOrder:
    """It is billed at once. 409 `price_not_waiting`, `price_changed`."""
    order = await queries.get_order(session, order_id)
    await opened(session, who, order.elder_id, purpose="bill")

    async def do() -> object:
        return await confirm_price(session, who.actor, order_id, amount_fen=body.amount_fen, reason=body.reason, points=points)

    await did(session, who, idempotency_key, f"price:{order_id}", body, do)
    return await queries.bills_of_order(session, order, await get_values(session, settings))


# --- claim lists -------------------------------------------------------------------------------------------------------------


class ClaimId(BaseModel):
    id: uuid.UUID


@router.get("/api/claims")
async def list_claims(month: Month, who: Reader, session: Session) -> list[ClaimHead]:
    """Of one month: those that are closed, and what is open up to its end."""
    first = queries.month_from(month)
    heads = [queries.claim_head(claim) for claim in await queries.list_claims(session, first)]
    closed = {(head.kind, head.payer) for head in heads}
    for found in await claims.list_open(session, first):
        heads.append(
            ClaimHead(
                id=None, version=0, kind=found.kind, payer=found.payer, month=first, state=ClaimState.OPEN, lines=found.lines,
                total_fen=found.total_fen, refused_fen=0, paid_fen=None, closed_at=None, closed_by="", sent_at=None, paid_at=None,
                may_close=claims.is_over(first) and (found.kind, found.payer) not in closed,
            )
        )  # fmt: skip
    return heads


async def _claim(session: AsyncSession, who: SignedIn, claim_id: uuid.UUID) -> ClaimView:
    """Names whole only of those whom the reader may see whole."""
    claim = await queries.get_claim(session, claim_id)
    found = await queries.list_claim_lines(session, claim_id)
    seen = await whole_for(session, who.actor, {elder_id for _, elder_id in found})
    lines = [
        line if elder_id in seen else line.model_copy(update={"elder_name": mask_name(line.elder_name), "card_number": ""})
        for line, elder_id in found
    ]
    return ClaimView(head=queries.claim_head(claim), lines=lines)


@router.post("/api/claims")
async def close_claim(body: CloseClaim, who: Writer, session: Session, idempotency_key: IdempotencyKey = None) -> ClaimView:
    """A snapshot of what this payer is asked for. 409 `month_not_over`, `claim_closed`, `nothing_to_claim`."""

    async def do() -> ClaimId:
        month = queries.month_from(body.month)
        return ClaimId(id=(await claims.close_claim(session, who.actor, kind=body.kind, payer=body.payer, month=month)).id)

    made = await once(session, who.user_id, idempotency_key, "claim:close", body, ClaimId, do)
    return await _claim(session, who, made.id)


@router.get("/api/claims/{claim_id}")
async def get_claim(claim_id: uuid.UUID, who: Reader, session: Session) -> ClaimView:
    view = await _claim(session, who, claim_id)
    await audit(session, who.actor, "claim:read", claim_id, details={"lines": len(view.lines)})
    return view


@router.get("/api/claims/{claim_id}/csv", response_class=Response)
async def get_claim_csv(claim_id: uuid.UUID, who: Reader, session: Session, language: Language = "zh") -> Response:
    view = await _claim(session, who, claim_id)
    await audit(session, who.actor, "claim:taken", claim_id, details={"lines": len(view.lines), "as": "csv"})
    return _file(as_csv(claim_rows(view, language)), "text/csv; charset=utf-8", f"claim-{view.head.kind}-{view.head.month:%Y-%m}.csv")


async def _moved(
    session: AsyncSession,
    who: SignedIn,
    key: str | None,
    verb: str,
    claim_id: uuid.UUID,
    body: BaseModel,
    do: Callable[[], Awaitable[Claim]],
) -> ClaimView:
    await did(session, who, key, f"claim:{verb}:{claim_id}", body, do)
    return await _claim(session, who, claim_id)


@router.post("/api/claims/{claim_id}/sent")
async def send_claim(
    claim_id: uuid.UUID, body: OfClaim, who: Writer, session: Session, idempotency_key: IdempotencyKey = None
) -> ClaimView:
    return await _moved(
        session, who, idempotency_key, "sent", claim_id, body,
        lambda: claims.send_claim(session, who.actor, claim_id, version=body.version),
    )  # fmt: skip


@router.post("/api/claims/{claim_id}/refuse-line")
async def refuse_line(
    claim_id: uuid.UUID, body: RefusedLine, who: Writer, session: Session, idempotency_key: IdempotencyKey = None
) -> ClaimView:
    """409 `claim_not_sent`, `line_refused`."""
    return await _moved(
        session, who, idempotency_key, "refuse", claim_id, body,
        lambda: claims.refuse_line(
            session, who.actor, claim_id, version=body.version, line_id=body.line_id, reason=body.reason, again=body.again
        ),
    )  # fmt: skip


@router.post("/api/claims/{claim_id}/paid")
async def pay_claim(
    claim_id: uuid.UUID, body: PaidClaim, who: Writer, session: Session, idempotency_key: IdempotencyKey = None
) -> ClaimView:
    """409 `paid_differs`: not its total less what was refused."""
    return await _moved(
        session, who, idempotency_key, "paid", claim_id, body,
        lambda: claims.pay_claim(session, who.actor, claim_id, version=body.version, paid_fen=body.paid_fen),
    )  # fmt: skip


# --- statements --------------------------------------------------------------------------------------------------------------


@router.get("/api/store-statements")
async def list_statements(month: Month, who: Reader, session: Session) -> StoreStatements:
    return await queries.list_statements(session, queries.month_from(month))


@router.get("/api/store-statements/csv", response_class=Response)
async def get_statements_csv(month: Month, who: Reader, session: Session, language: Language = "zh") -> Response:
    made = await queries.list_statements(session, queries.month_from(month))
    await audit(session, who.actor, "statement:taken", month, details={"as": "csv"})
    return _file(as_csv(statements_rows(made, language)), "text/csv; charset=utf-8", f"stores-{month}.csv")


@router.get("/api/store-statements/{store_id}")
async def get_statement(store_id: uuid.UUID, month: Month, who: Reader, session: Session) -> StoreStatement:
    return await queries.statement_of_store(session, store_id, queries.month_from(month))


@router.get("/api/store-statements/{store_id}/csv", response_class=Response)
async def get_statement_csv(store_id: uuid.UUID, month: Month, who: Reader, session: Session, language: Language = "zh") -> Response:
    made = await queries.statement_of_store(session, store_id, queries.month_from(month))
    await audit(session, who.actor, "statement:taken", store_id, details={"as": "csv", "month": month})
    return _file(as_csv(statement_rows(made, language)), "text/csv; charset=utf-8", f"store-{made.store_code}-{month}.csv")


@router.get("/api/store-statements/{store_id}/pdf", response_class=Response)
async def get_statement_pdf(
    store_id: uuid.UUID, month: Month, who: Reader, session: Session, settings: SettingsDep, language: Language = "zh"
) -> Response:
    made = await queries.statement_of_store(session, store_id, queries.month_from(month))
    centre = await get_values(session, settings)
    await audit(session, who.actor, "statement:taken", store_id, details={"as": "pdf", "month": month})
    at = made.made_at.astimezone(ZoneInfo(settings.timezone)).strftime("%Y-%m-%d %H:%M")
    content = await asyncio.to_thread(statement_pdf, made, centre_name=centre.text("centre_name"), made=at, language=language)
    return _file(content, "application/pdf", f"store-{made.store_code}-{month}.pdf")


def _file(content: bytes, media_type: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, media_type=media_type, headers=headers)
