"""Her points on paper, for whoever may see all of her: a letter in large print, and the same lines for a spreadsheet."""

from __future__ import annotations

import asyncio
import uuid
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from callcenter.accounts.audit import audit
from callcenter.accounts.roles import Permission
from callcenter.accounts.sessions import SignedIn
from callcenter.centre.queries import get_values
from callcenter.console.http import Session, SettingsDep, needs
from callcenter.console.routes.profiles import opened
from callcenter.points.reading.letters import Letter, read_letter, span_of
from callcenter.reports.points_letter import letter_pdf, letter_rows
from callcenter.reports.statements import as_csv

router = APIRouter()
Reader = Annotated[SignedIn, Depends(needs(Permission.POINTS_READ))]


async def _letter(session: Session, who: SignedIn, elder_id: uuid.UUID, days: tuple[date, date], kind: str) -> tuple[Letter, str]:
    current = await opened(session, who, elder_id, purpose="points")
    first, last = days
    await audit(
        session, who.actor, "points:letter_made", current, details={"as": kind, "first": first.isoformat(), "last": last.isoformat()}
    )
    return await read_letter(session, current, first, last), f"points-{first}-{last}.{kind}"


@router.get("/api/elders/{elder_id}/points/letter/pdf", response_class=Response)
async def letter_as_pdf(
    elder_id: uuid.UUID, who: Reader, session: Session, settings: SettingsDep, first: date | None = None, last: date | None = None
) -> Response:
    """Both days included; without them this month so far. 422 `bad_period`, `period_too_long`."""
    letter, name = await _letter(session, who, elder_id, span_of(first, last), "pdf")
    centre = await get_values(session, settings)
    made = await asyncio.to_thread(letter_pdf, letter, centre_name=centre.text("centre_name"), hotline=centre.text("hotline"))
    return _file(made, "application/pdf", name)


@router.get("/api/elders/{elder_id}/points/letter/csv", response_class=Response)
async def letter_as_csv(
    elder_id: uuid.UUID, who: Reader, session: Session, first: date | None = None, last: date | None = None
) -> Response:
    letter, name = await _letter(session, who, elder_id, span_of(first, last), "csv")
    return _file(as_csv(letter_rows(letter)), "text/csv; charset=utf-8", name)


def _file(content: bytes, media_type: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, media_type=media_type, headers=headers)
