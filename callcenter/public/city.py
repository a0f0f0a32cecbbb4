"""What a city tells of a hand-over (docs/handover-api.md)."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.emergency.outside.city import take_from_city
from callcenter.emergency.outside.schemas import CityReport, Taken
from callcenter.kit.web import get_session

router = APIRouter()
Session = Annotated[AsyncSession, Depends(get_session, scope="function")]
BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": CityReport.model_json_schema()}}}}


@router.post("/api/handover/{handover_id}/state", status_code=202, openapi_extra=BODY)
async def tell_state(
    handover_id: uuid.UUID,
    request: Request,
    session: Session,
    x_onekey_event: Annotated[str, Header()] = "",
    x_onekey_timestamp: Annotated[str, Header()] = "",
    x_onekey_signature: Annotated[str, Header()] = "",
) -> Taken:
    """Signed by the service of this hand-over; taken once for each event, in whatever order."""
    body = await request.body()
    try:
        return await take_from_city(
            session,
            handover_id,
            event_id=x_onekey_event,
            timestamp=x_onekey_timestamp,
            signature=x_onekey_signature,
            path=request.url.path,
            body=body,
        )
    except ValidationError as error:
        raise RequestValidationError([{**e, "loc": ("body", *e["loc"])} for e in error.errors()]) from None
