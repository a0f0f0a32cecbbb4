"""Figures of satisfaction, of the reader's regions: on the page and as a file."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Response

from callcenter.accounts.audit import audit
from callcenter.accounts.roles import Permission
from callcenter.accounts.sessions import SignedIn
from callcenter.console.http import Session, SettingsDep, needs
from callcenter.kit import clock
from callcenter.reports.satisfaction.files import satisfaction_rows
from callcenter.reports.satisfaction.queries import get_satisfaction
from callcenter.reports.satisfaction.schemas import By, Satisfaction
from callcenter.reports.statements import as_csv

router = APIRouter()
Reader = Annotated[SignedIn, Depends(needs(Permission.REPORTS_READ))]
Language = Literal["zh", "en"]
From = Annotated[date | None, Query(alias="from")]
To = Annotated[date | None, Query(alias="to")]


@router.get("/api/satisfaction")
async def get_figures(
    who: Reader, session: Session, settings: SettingsDep, by: By = "store", first: From = None, last: To = None
) -> Satisfaction:
    """By the day on which the call was planned, both days included, in the centre's time zone; without them the last thirty."""
    today = clock.today(settings.timezone)
    return await get_satisfaction(session, who.actor, settings, by, first or (last or today) - timedelta(days=29), last or today)


@router.get("/api/satisfaction/csv", response_class=Response)
async def get_csv(
    who: Reader,
    session: Session,
    settings: SettingsDep,
    by: By = "store",
    first: From = None,
    last: To = None,
    language: Language = "zh",
) -> Response:
    report = await get_figures(who, session, settings, by, first, last)
    await audit(session, who.actor, "report:taken", f"{report.first}/{report.last}", details={"as": "csv", "table": f"satisfaction_{by}"})
    headers = {
        "Content-Disposition": f'attachment; filename="onekey-satisfaction-{by}-{report.first}-{report.last}.csv"',
        "Cache-Control": "no-store",
    }
    return Response(as_csv(satisfaction_rows(report, language)), media_type="text/csv; charset=utf-8", headers=headers)
