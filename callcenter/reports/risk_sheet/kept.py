"""The sheet of each supervisor's region, kept as an encrypted file from the morning on: it can be printed when even the database is gone.

Each printing of a kept one is noted beside it, and goes into the audit when the database is there again.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import uuid
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import system
from callcenter.accounts.audit import audit
from callcenter.kit import clock
from callcenter.kit.crypto import Undecryptable, decrypt, encrypt
from callcenter.kit.db import Database
from callcenter.regions.queries import get_region
from callcenter.reports.risk_sheet.queries import collect_sheet, list_regions_of_supervisors
from callcenter.reports.risk_sheet.schemas import SheetData
from callcenter.settings import Settings

log = structlog.get_logger()
FROM_HOUR = 6  # of the centre's day: before the morning's shift
FIELD = "risk_sheet"
PRINTED = "printed.jsonl"
_CODE = re.compile(r"[A-Za-z0-9-]{1,40}")


class NoKeptSheet(Exception):
    """Why there is none."""


def folder_of(settings: Settings) -> Path:
    return settings.home / "sheets"


def path_of(settings: Settings, code: str) -> Path:
    if not _CODE.fullmatch(code):
        raise NoKeptSheet("a region's code has letters, digits and hyphens")
    return folder_of(settings) / f"{code}.sheet"


async def keep_sheets(database: Database, settings: Settings) -> int:
    """Once a day for each region, from the morning on; of who is no supervisor's region any more nothing is left. Harmless twice."""
    if clock.now().astimezone(ZoneInfo(settings.timezone)).hour < FROM_HOUR:
        return 0
    today, kept = clock.today(settings.timezone), 0
    async with database.transaction() as session:
        await _tell_printed(session, settings)
        wanted = {region.code: region.id for region in await list_regions_of_supervisors(session) if _CODE.fullmatch(region.code)}
    await asyncio.to_thread(_drop_others, settings, set(wanted))
    for code, region_id in wanted.items():
        path = path_of(settings, code)
        if await asyncio.to_thread(_day_of, path, settings) == today:
            continue
        async with database.transaction() as session:
            data = await collect_sheet(session, settings, await get_region(session, region_id))
        await asyncio.to_thread(_write, path, encrypt(data.model_dump_json().encode(), FIELD))
        kept += 1
    if kept:
        log.info("sheets_kept", count=kept)
    return kept


def read_kept(settings: Settings, code: str) -> SheetData:
    path = path_of(settings, code)
    try:
        return SheetData.model_validate_json(decrypt(path.read_bytes(), FIELD))
    except FileNotFoundError:
        raise NoKeptSheet("no sheet of this region is kept; it is made each morning for the regions that supervisors answer for") from None
    except Undecryptable:
        raise NoKeptSheet("the kept sheet was made with another key: is ONEKEY_FIELD_KEY the centre's?") from None


def note_printed(settings: Settings, data: SheetData, *, at: datetime) -> None:
    """For the audit, later."""
    line = json.dumps({"at": at.isoformat(), "region": str(data.region_id), "day": data.day.isoformat(), "elders": data.elders})
    with os.fdopen(os.open(folder_of(settings) / PRINTED, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a") as file:
        file.write(line + "\n")


async def _tell_printed(session: AsyncSession, settings: Settings) -> None:
    path = folder_of(settings) / PRINTED
    lines = await asyncio.to_thread(_take, path)
    for line in lines:
        told = json.loads(line)
        details = {"kept": told["day"], "printed_at": told["at"], "elders": told["elders"]}
        await audit(session, system("command line"), "sheet:printed_kept", uuid.UUID(told["region"]), details=details)


def _take(path: Path) -> list[str]:
    """Moved aside while it is told, so that what is printed meanwhile stands in a file of its own."""
    aside = path.with_suffix(".told")
    aside.unlink(missing_ok=True)
    try:
        path.rename(aside)
    except FileNotFoundError:
        return []
    return aside.read_text(encoding="utf-8").splitlines()


def _day_of(path: Path, settings: Settings) -> date | None:
    try:
        return read_kept(settings, path.stem).day
    except NoKeptSheet:
        return None


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    fresh.replace(path)


def _drop_others(settings: Settings, codes: set[str]) -> None:
    for path in folder_of(settings).glob("*.sheet"):
        if path.stem not in codes:
            path.unlink(missing_ok=True)
