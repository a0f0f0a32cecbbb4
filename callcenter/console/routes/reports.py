"""Figures: the wallboard's, a day's or a period's, one agent's own; the calls behind them; files to take away."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Response

from callcenter.accounts.audit import audit
from callcenter.accounts.roles import Permission
from callcenter.accounts.sessions import SignedIn
from callcenter.console.http import Session, SettingsDep, needs
from callcenter.kit import clock
from callcenter.reports import queries
from callcenter.reports.files import TABLES, as_csv
from callcenter.reports.matching.queries import list_matches
from callcenter.reports.matching.schemas import PressMatchView
from callcenter.reports.pdf import as_pdf
from callcenter.reports.schemas import BehindCall, MyFigures, Report, Wallboard

router = APIRouter()
Reader = Annotated[SignedIn, Depends(needs(Permission.REPORTS_READ))]
Watcher = Annotated[SignedIn, Depends(needs(Permission.FLOOR_WATCH))]
Taker = Annotated[SignedIn, Depends(needs(Permission.CALLS_TAKE))]
Language = Literal["zh", "en"]
Hour = Annotated[int | None, Query(ge=0, le=23)]


@router.get("/api/wallboard")
async def get_wallboard(who: Watcher, session: Session, settings: SettingsDep) -> Wallboard:
    """Today's figures; who waits and what agents do comes by the socket."""
    return await queries.get_wallboard(session, settings)


@router.get("/api/my/figures")
async def get_my_figures(who: Taker, session: Session, settings: SettingsDep) -> MyFigures:
    return await queries.get_my_figures(session, settings, who.user_id)


@router.get("/api/reports")
async def get_report(who: Reader, session: Session, settings: SettingsDep, first: date | None = None, last: date | None = None) -> Report:
    """Both days included, in the centre's time zone; without them today."""
    today = clock.today(settings.timezone)
    return await queries.get_report(session, settings, first or last or today, last or first or today)


@router.get("/api/reports/behind/{figure}")
async def list_behind(
    figure: str, first: date, last: date, who: Watcher, session: Session, settings: SettingsDep, hour: Hour = None
) -> list[BehindCall]:
    """The calls that a figure is made of, masked. `missed`: all that nobody answered."""
    return await queries.list_behind(session, settings, figure, first, last, hour=hour)


@router.get("/api/reports/presses")
async def list_press_matches(who: Reader, session: Session) -> list[PressMatchView]:
    """Of the last month, the newest first: whether every press that reached the PBX has its call and its case. Made each night by the worker."""
    await audit(session, who.actor, "report:presses_read", "")
    return await list_matches(session)


@router.get("/api/reports/csv", response_class=Response)
async def get_csv(
    first: date, last: date, who: Reader, session: Session, settings: SettingsDep, table: TABLES = "figures", language: Language = "zh"
) -> Response:
    report = await queries.get_report(session, settings, first, last)
    await audit(session, who.actor, "report:taken", f"{first}/{last}", details={"as": "csv", "table": table})
    name = f"onekey-{table}-{first}" + (f"-{last}" if last != first else "")
    return _file(as_csv(report, table, language), "text/csv; charset=utf-8", f"{name}.csv")


@router.get("/api/reports/pdf", response_class=Response)
async def get_pdf(first: date, last: date, who: Reader, session: Session, settings: SettingsDep, language: Language = "zh") -> Response:
    report = await queries.get_report(session, settings, first, last)
    await audit(session, who.actor, "report:taken", f"{first}/{last}", details={"as": "pdf"})
    content = await asyncio.to_thread(as_pdf, report, language)
    return _file(content, "application/pdf", f"onekey-report-{first}" + (f"-{last}" if last != first else "") + ".pdf")


def _file(content: bytes, media_type: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, media_type=media_type, headers=headers)
