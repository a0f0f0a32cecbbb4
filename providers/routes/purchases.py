"""What an allied store has sold to an elder, and what it gave back."""

from __future__ import annotations

import uuid

from fastapi import APIRouter

from callcenter.points.earning import reports
from callcenter.points.earning.schemas import NewPurchase, NewRefund
from providers.gates import must_keep
from providers.http import Once, Session, Who
from providers.purchases import OwnSales, Told, read_sales

router = APIRouter()


@router.get("/api/stores/{store_id}/purchases")
async def own_sales(store_id: uuid.UUID, who: Who, session: Session, before: uuid.UUID | None = None) -> OwnSales:
    """What it has told, the newest first, page by page; asked again every second or two while one is new."""
    must_keep(who, store_id)
    return await read_sales(session, store_id, before)


@router.post("/api/stores/{store_id}/purchases")
async def sold(store_id: uuid.UUID, body: NewPurchase, who: Who, session: Session, once: Once) -> Told:
    """409 `not_allied`, `key_conflict`; 422 `bad_amount`; 429 with `wait_seconds`. A card that nobody has is answered as one that somebody has."""
    must_keep(who, store_id)

    async def do() -> Told:
        return Told(report_id=await reports.tell_purchase(session, who.actor, store_id, body))

    return await once("purchase", store_id, body, Told, do)


@router.post("/api/stores/{store_id}/purchases/refund")
async def gave_back(store_id: uuid.UUID, body: NewRefund, who: Who, session: Session, once: Once) -> Told:
    """Whole or a part. 409 `receipt_not_told`, `too_much_refunded` with `left_fen`, `key_conflict`; 429 with `wait_seconds`."""
    must_keep(who, store_id)

    async def do() -> Told:
        return Told(report_id=await reports.tell_refund(session, who.actor, store_id, body))

    return await once("purchase-refund", store_id, body, Told, do)
