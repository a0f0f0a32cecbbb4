"""The address check: what an ambulance would lack, by community and by elder; files with masked names."""

from __future__ import annotations

import uuid
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Response

from callcenter.accounts.audit import audit
from callcenter.accounts.roles import Permission
from callcenter.accounts.sessions import SignedIn
from callcenter.console.http import Session, SettingsDep, needs
from callcenter.console.routes.elder_files import attachment
from callcenter.elders.access import whole_for
from callcenter.elders.lacks.kinds import Grade, Lack
from callcenter.elders.lacks.queries import get_overview, get_page, list_lacking, view_lacking
from callcenter.elders.lacks.schemas import LackFilter, LackingElders, LacksOverview
from callcenter.kit import clock
from callcenter.reports.lacks import lacks_as_csv

router = APIRouter()
Searcher = Annotated[SignedIn, Depends(needs(Permission.ELDERS_SEARCH))]
Taker = Annotated[SignedIn, Depends(needs(Permission.REPORTS_READ))]
Risk = Annotated[int | None, Query(ge=0, le=3)]
PAGE = 50
MAX_ROWS = 20_000


@router.get("/api/address-checks")
async def overview(who: Searcher, session: Session, region_id: uuid.UUID | None = None) -> LacksOverview:
    return await get_overview(session, region_id)


@router.get("/api/address-checks/elders")
async def list_elders(
    who: Searcher,
    session: Session,
    region_id: uuid.UUID | None = None,
    lack: Lack | None = None,
    grade: Grade | None = None,
    risk: Risk = None,
    offset: Annotated[int, Query(ge=0, le=100_000)] = 0,
) -> LackingElders:
    """Names masked but for those whom the reader may see whole; nothing of health but that nobody has asked for it."""
    wanted = LackFilter(region_id=region_id, lack=lack, grade=grade, risk=risk)
    rows, total = await list_lacking(session, wanted, offset=offset, limit=PAGE)
    seen = await whole_for(session, who.actor, [elder_id for elder_id, _ in rows])
    await audit(session, who.actor, "elder:search", "", details={"hits": len(rows)})
    return await get_page(session, rows, total=total, offset=offset, full_ids=seen.keys())


@router.get("/api/address-checks/csv", response_class=Response)
async def get_csv(
    who: Taker,
    session: Session,
    settings: SettingsDep,
    region_id: uuid.UUID | None = None,
    lack: Lack | None = None,
    grade: Grade | None = None,
    risk: Risk = None,
    language: Literal["zh", "en"] = "zh",
) -> Response:
    """The worst 20,000. Names are masked for everybody: whole ones go out by an export, which somebody else approves."""
    wanted = LackFilter(region_id=region_id, lack=lack, grade=grade, risk=risk)
    rows, _ = await list_lacking(session, wanted, limit=MAX_ROWS)
    people = await view_lacking(session, rows, full_ids=())
    await audit(session, who.actor, "report:taken", "address-check", details={"as": "csv", "rows": len(people)})
    today = clock.today(settings.timezone)
    return attachment(lacks_as_csv(people, settings.base_url, language), f"address-check-{today}.csv", "text/csv; charset=utf-8")
