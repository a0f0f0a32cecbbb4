"""Printing: each sheet with its reason, in the audit and in the log of every elder who stands on it."""

from __future__ import annotations

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.accounts.models import AuditRow
from callcenter.kit import clock
from callcenter.regions.models import Region
from callcenter.reports.risk_sheet.models import RiskSheet
from callcenter.reports.risk_sheet.schemas import SheetData


async def write_sheet(session: AsyncSession, actor: Actor, region: Region, data: SheetData, *, reason: str) -> RiskSheet:
    """Written before it is shown."""
    sheet = RiskSheet(region_id=region.id, at=clock.now(), made_by=actor.id, made_name=actor.name, reason=reason, elders=data.elders)
    session.add(sheet)
    await session.flush()
    await session.refresh(sheet)
    await audit(session, actor, "sheet:made", sheet.id, details={"region": str(region.id), "elders": data.elders})
    rows = [
        {
            "at": sheet.at,
            "actor_kind": actor.kind,
            "actor_id": actor.id,
            "actor_name": actor.name,
            "verb": "elder:printed",
            "object_id": str(elder.id),
            "purpose": f"sheet:{sheet.id}",
            "details": {"health": True, "by": "region"},
        }
        for community in data.communities
        for elder in community.elders
    ]
    if rows:
        await session.execute(insert(AuditRow), rows)
    return sheet
