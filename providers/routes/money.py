"""A keeper's earnings and statement of a month."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from providers.gates import must_keep
from providers.http import Session, Who
from providers.schemas import Statement
from providers.statements import read_csv, read_statement

router = APIRouter()
Month = Annotated[str, Query(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")]


@router.get("/api/stores/{store_id}/statement")
async def statement(store_id: uuid.UUID, month: Month, who: Who, session: Session) -> Statement:
    must_keep(who, store_id)
    return await read_statement(session, store_id, month)


@router.get("/api/stores/{store_id}/statement.csv", response_class=Response, responses={200: {"content": {"text/csv": {}}}})
async def statement_csv(store_id: uuid.UUID, month: Month, who: Who, session: Session) -> Response:
    must_keep(who, store_id)
    headers = {"Content-Disposition": f'attachment; filename="statement-{month}.csv"'}
    return Response(await read_csv(session, store_id, month), media_type="text/csv; charset=utf-8", headers=headers)
