"""The sheet of today's risks: asked for with a reason, opened as a page or as a file by who asked, within the hour."""

from __future__ import annotations

import asyncio
import uuid
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel

from callcenter.accounts.audit import audit
from callcenter.accounts.roles import Permission
from callcenter.accounts.sessions import SignedIn
from callcenter.console.http import Session, SettingsDep, needs
from callcenter.console.idempotency import IdempotencyKey, once
from callcenter.console.routes.elder_files import attachment
from callcenter.regions.queries import check_scope, get_region
from callcenter.reports.risk_sheet.actions import write_sheet
from callcenter.reports.risk_sheet.pdf import sheet_as_pdf
from callcenter.reports.risk_sheet.queries import collect_sheet, get_own_sheet, list_sheets
from callcenter.reports.risk_sheet.schemas import AskSheet, SheetPage, Sheets

router = APIRouter()
Printer = Annotated[SignedIn, Depends(needs(Permission.SHEETS_PRINT))]


class AskedSheet(BaseModel):
    id: uuid.UUID


@router.get("/api/risk-sheets")
async def get_sheets(who: Printer, session: Session) -> Sheets:
    """Of which regions she may have one printed, and which were."""
    return await list_sheets(session, who.actor)


@router.post("/api/risk-sheets")
async def ask_sheet(
    body: AskSheet, who: Printer, session: Session, settings: SettingsDep, idempotency_key: IdempotencyKey = None
) -> AskedSheet:
    """Of a region of hers. In the audit, and in the log of everybody who stands on it."""

    async def do() -> AskedSheet:
        region = await get_region(session, body.region_id)
        await check_scope(session, who.actor, [region.id])
        data = await collect_sheet(session, settings, region)
        return AskedSheet(id=(await write_sheet(session, who.actor, region, data, reason=body.reason)).id)

    return await once(session, who.user_id, idempotency_key, f"sheet:{body.region_id}", body, AskedSheet, do)


@router.get("/api/risk-sheets/{sheet_id}")
async def get_sheet(sheet_id: uuid.UUID, who: Printer, session: Session, settings: SettingsDep) -> SheetPage:
    made, region = await get_own_sheet(session, who.actor, sheet_id)
    await audit(session, who.actor, "sheet:opened", sheet_id, details={"as": "page"})
    return SheetPage(made=made, data=await collect_sheet(session, settings, region))


@router.get("/api/risk-sheets/{sheet_id}/pdf", response_class=Response)
async def get_pdf(
    sheet_id: uuid.UUID, who: Printer, session: Session, settings: SettingsDep, language: Literal["zh", "en"] = "zh"
) -> Response:
    made, region = await get_own_sheet(session, who.actor, sheet_id)
    await audit(session, who.actor, "sheet:opened", sheet_id, details={"as": "pdf"})
    data = await collect_sheet(session, settings, region)
    content = await asyncio.to_thread(sheet_as_pdf, data, by=made.by, at=made.at, serial=made.serial, language=language)
    return attachment(content, f"risks-{region.code}-{data.day}.pdf", "application/pdf")
