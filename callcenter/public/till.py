"""What a store's till tells of its sales (docs/points.md)."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.kit.signing import Signed
from callcenter.kit.web import get_session
from callcenter.points.earning.schemas import NewRefund, TillPurchase, TillReport
from callcenter.points.earning.tills import refund_from_till, report_for_till, sale_from_till

router = APIRouter()
Session = Annotated[AsyncSession, Depends(get_session, scope="function")]


def body_of(model: type[BaseModel]) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": model.model_json_schema()}}}}


async def signed(
    request: Request,
    x_onekey_event: Annotated[str, Header()] = "",
    x_onekey_timestamp: Annotated[str, Header()] = "",
    x_onekey_signature: Annotated[str, Header()] = "",
) -> Signed:
    return Signed(x_onekey_event, x_onekey_timestamp, x_onekey_signature, request.url.path, await request.body())


AsSigned = Annotated[Signed, Depends(signed)]


@router.post("/api/tills/{till_id}/purchases", status_code=202, openapi_extra=body_of(TillPurchase))
async def sold(till_id: uuid.UUID, told: AsSigned, session: Session) -> TillReport:
    """Once for each receipt. The same for every card, also one that nobody has."""
    return await _understood(sale_from_till, session, till_id, told)


@router.post("/api/tills/{till_id}/refunds", status_code=202, openapi_extra=body_of(NewRefund))
async def gave_back(till_id: uuid.UUID, told: AsSigned, session: Session) -> TillReport:
    """Once for each receipt and number of a refund."""
    return await _understood(refund_from_till, session, till_id, told)


@router.get("/api/tills/{till_id}/reports/{report_id}")
async def became(till_id: uuid.UUID, report_id: uuid.UUID, told: AsSigned, session: Session) -> TillReport:
    """What became of it; signed over an empty body."""
    return await report_for_till(session, till_id, report_id, told)


async def _understood(
    do: Callable[[AsyncSession, uuid.UUID, Signed], Awaitable[TillReport]], session: AsyncSession, till_id: uuid.UUID, told: Signed
) -> TillReport:
    """Read only after it is believed."""
    try:
        return await do(session, till_id, told)
    except ValidationError as error:
        raise RequestValidationError([{**e, "loc": ("body", *e["loc"])} for e in error.errors()]) from None
