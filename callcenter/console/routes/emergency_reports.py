"""The report of an emergency, as a page and as a file; the list of emergencies for supervisors."""

from __future__ import annotations

import asyncio
import uuid
from datetime import date, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Response
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.audit import audit
from callcenter.accounts.roles import Permission
from callcenter.accounts.sessions import SignedIn
from callcenter.cases.models import Case
from callcenter.cases.queries import get_case
from callcenter.console.http import NoAccess, Session, SettingsDep, needs
from callcenter.console.routes.cases import sees_all
from callcenter.console.routes.elder_files import attachment
from callcenter.elders.access import whole_for
from callcenter.emergency.states import EmergencyKind
from callcenter.kit import clock
from callcenter.reports.emergencies.pdf import report_as_pdf
from callcenter.reports.emergencies.queries import get_emergency_report, list_emergencies
from callcenter.reports.emergencies.schemas import EmergencyList, EmergencyReport

router = APIRouter()
Reader = Annotated[SignedIn, Depends(needs(Permission.CASES_READ))]
Watcher = Annotated[SignedIn, Depends(needs(Permission.REPORTS_READ))]
Language = Literal["zh", "en"]


async def opened(session: AsyncSession, who: SignedIn, case_id: uuid.UUID, *, taken_as: str) -> Case:
    """For whoever sees all of the case. A look at it is a look at her, and is written down for both."""
    case = await get_case(session, case_id)
    if not await sees_all(session, who, case):
        await audit(session, who.actor, "case:refused", case_id, purpose="report")
        raise NoAccess("this emergency is none of yours; break the glass with a reason", details={"case_id": str(case_id)})
    await audit(session, who.actor, "emergency:report", case_id, details={"as": taken_as})
    if case.elder_id is not None:
        because = (await whole_for(session, who.actor, [case.elder_id])).get(case.elder_id, "case")
        await audit(session, who.actor, "elder:read", case.elder_id, purpose=f"case:{case_id}", details={"health": False, "by": because})
    return case


@router.get("/api/emergency-reports")
async def list_reports(
    who: Watcher,
    session: Session,
    settings: SettingsDep,
    first: date | None = None,
    last: date | None = None,
    kind: EmergencyKind | None = None,
) -> EmergencyList:
    """Both days included, in the centre's time zone; without them the last seven. The newest 500."""
    today = clock.today(settings.timezone)
    return await list_emergencies(
        session, who.actor, settings, first or last or today - timedelta(days=6), last or first or today, kind=kind
    )


@router.get("/api/emergencies/{case_id}/report")
async def get_report(case_id: uuid.UUID, who: Reader, session: Session, settings: SettingsDep) -> EmergencyReport:
    case = await opened(session, who, case_id, taken_as="page")
    return await get_emergency_report(session, who.actor, settings, case)


@router.get("/api/emergencies/{case_id}/report.pdf", response_class=Response)
async def get_pdf(case_id: uuid.UUID, who: Reader, session: Session, settings: SettingsDep, language: Language = "zh") -> Response:
    case = await opened(session, who, case_id, taken_as="pdf")
    report = await get_emergency_report(session, who.actor, settings, case)
    return attachment(await asyncio.to_thread(report_as_pdf, report, language), f"emergency-{report.case_number}.pdf", "application/pdf")
