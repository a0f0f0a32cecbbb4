"""All writes of the catalogue: new versions, planned ones taken back. One at a time, by a lock of the whole catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor, system
from callcenter.accounts.audit import audit
from callcenter.catalog.models import CatalogVersion, ServiceItem
from callcenter.catalog.queries import get_last_version, get_version, list_rows
from callcenter.catalog.reading import CATALOG_FILE, MAX_FAULTS, CatalogInvalid, content_hash, read_catalog
from callcenter.catalog.rules import BadValue, CatalogRow, check_requirements, diff, faults_of, merged, yuan
from callcenter.catalog.schemas import BadCell, CatalogEdit, CatalogFile, CatalogReport, ItemForm
from callcenter.kit import clock
from callcenter.kit.errors import Conflict, Invalid, NotFound
from callcenter.kit.ids import new_id

_LOCK = 0x0CA7A106  # transaction-scoped advisory lock: two at once must not both make version 2
FARTHEST = timedelta(days=730)  # what is planned for later is a slip of the pen
SLACK = timedelta(minutes=5)  # "from now on" as the console's clock has it


async def load_catalog(session: AsyncSession, content: str | bytes | Path = CATALOG_FILE) -> CatalogVersion:
    """The whole catalogue from a file, in force at once: a new version only when it says something else. CatalogInvalid: nothing was changed."""
    rows = read_catalog(content)
    base = await _lock_last(session)
    if base and await list_rows(session, base) == rows:
        return base
    return await _put(session, system("seed"), rows, reason="", valid_from=_day(base, None))


async def edit_items(session: AsyncSession, actor: Actor, edit: CatalogEdit) -> CatalogVersion:
    """A new version with these items as they are given; the last one when nothing is different. Conflict `catalog_changed`, `catalog_planned`."""
    base = await _lock_last(session)
    _check_seen(base, edit.seen)
    rows = await list_rows(session, base)
    changed = _checked(edit.items, {row.code: row for row in rows})
    valid_from = _day(base, edit.valid_from)
    after = merged(rows, changed)
    if base and after == rows:
        return base
    version = await _put(session, actor, after, reason=edit.reason, valid_from=valid_from)
    await _tell(session, actor, version, rows, after)
    return version


async def import_catalog(session: AsyncSession, actor: Actor, file: CatalogFile) -> CatalogReport:
    """All of the file or nothing; the report says row, column and why."""
    base = await _lock_last(session)
    _check_seen(base, file.seen)
    rows = await list_rows(session, base)
    try:
        read = read_catalog(file.csv, complete=True, kept={row.code: row.category for row in rows})
    except CatalogInvalid as error:
        bad = [BadCell(row=f.row, column=f.column[:60], reason=f.reason, message=f.why) for f in error.faults[:MAX_FAULTS]]
        return CatalogReport(kept=False, number=None, added=[], changed=[], unchanged=0, bad=bad)
    if not file.dry_run and not file.reason:
        raise Invalid("say why", code="reason_needed", details={"field": "reason"})
    valid_from = _day(base, file.valid_from)
    after = merged(rows, read)
    changes = diff(rows, after)
    report = CatalogReport(
        kept=False,
        number=None,
        added=[change.code for change in changes if change.kind == "added"],
        changed=[change.code for change in changes if change.kind == "changed"],
        unchanged=len(read) - len(changes),
        bad=[],
    )
    if file.dry_run or not changes:
        return report
    version = await _put(session, actor, after, reason=file.reason, valid_from=valid_from)
    await _tell(session, actor, version, rows, after)
    return report.model_copy(update={"kept": True, "number": version.number})


async def withdraw_version(session: AsyncSession, actor: Actor, number: int, *, seen: int) -> CatalogVersion:
    """A planned one, before its day: it never comes into force. Only the last, since later ones are built on it. Harmless twice."""
    base = await _lock_last(session)
    version = await get_version(session, number)
    if version.withdrawn_at is not None:
        return version
    _check_seen(base, seen)
    if base is None or version.id != base.id:
        raise Conflict("later versions are built on this one; withdraw them first", code="catalog_changed", details=_of(base))
    if version.valid_from <= clock.now():
        raise Conflict("this version is in force already; make a new one", code="version_in_force")
    version.withdrawn_at, version.withdrawn_by = clock.now(), actor.name
    await session.flush()
    await audit(session, actor, "catalog:withdrawn", number)
    return version


# --- parts --------------------------------------------------------------------------------------------------------------------------


async def _lock_last(session: AsyncSession) -> CatalogVersion | None:
    await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    return await get_last_version(session)


def _of(version: CatalogVersion | None) -> dict[str, object]:
    return {"number": version.number, "by": version.author_name} if version else {"number": 0, "by": ""}


def _check_seen(base: CatalogVersion | None, seen: int) -> None:
    if seen != (base.number if base else 0):
        raise Conflict("somebody has changed the catalogue meanwhile; look at it again", code="catalog_changed", details=_of(base))


def _day(base: CatalogVersion | None, wanted: datetime | None) -> datetime:
    """From when a new version is in force: never before the one that it is built on, or that one's day would never come."""
    now = clock.now()
    if wanted is not None and not now - SLACK <= wanted <= now + FARTHEST:
        raise Invalid("from now on, or from a day of the next two years", code="bad_valid_from", details={"field": "valid_from"})
    day = max(now, wanted) if wanted else now
    if base and base.valid_from > day:
        raise Conflict(
            f"version {base.number} is planned for later; withdraw it first, or let this one begin after it",
            code="catalog_planned",
            details={**_of(base), "valid_from": base.valid_from.isoformat()},
        )
    return day


def _checked(forms: Sequence[ItemForm], known: dict[str, CatalogRow]) -> list[CatalogRow]:
    rows: dict[str, CatalogRow] = {}
    for form in forms:
        if form.code in rows:
            raise Invalid(f"{form.code} is there twice", code="item_invalid", details={"field": "code", "code": form.code})
        old = known.get(form.code)
        if form.is_new and old is not None:
            raise Conflict(f"{form.code} is the code of another item", code="item_code_taken", details={"field": "code", "code": form.code})
        if not form.is_new and old is None:
            raise NotFound("no such service item in the catalogue", code="item_not_found", details={"code": form.code})
        if old is not None and old.category is not form.category:
            raise _invalid(form.code, "category", "category_kept", f"{form.code} is of {old.category} and stays there")
        rows[form.code] = _row(form)
    return list(rows.values())


def _row(form: ItemForm) -> CatalogRow:
    try:
        requirements = check_requirements(form.requirements)
    except BadValue as error:
        raise _invalid(form.code, "requirements", error.reason, str(error)) from None
    row = CatalogRow(
        code=form.code,
        category=form.category,
        name_zh=form.name_zh,
        name_en=form.name_en,
        unit=form.unit.value,
        price_min_cny=yuan(form.price_min_fen),
        price_max_cny=yuan(form.price_max_fen),
        price_public_cny=yuan(form.price_public_fen),
        price_market_cny=yuan(form.price_market_fen),
        minutes_min=form.minutes_min,
        minutes_max=form.minutes_max,
        requirements=requirements,
        sla_class=form.sla_class,
        home_visit=form.home_visit,
        volunteer=form.volunteer,
        claim_mode=form.claim_mode,
        active=form.active,
        off_reason=form.off_reason,
    )
    for field, reason, why in faults_of(row):
        raise _invalid(form.code, field.replace("_cny", "_fen"), reason, why)
    return row


def _invalid(code: str, field: str, reason: str, message: str) -> Invalid:
    return Invalid(message, code="item_invalid", details={"code": code, "field": field, "reason": reason})


async def _put(
    session: AsyncSession,
    actor: Actor,
    rows: list[CatalogRow],
    *,
    reason: str,
    valid_from: datetime,
) -> CatalogVersion:
    number = (await session.scalar(select(func.max(CatalogVersion.number))) or 0) + 1
    version = CatalogVersion(
        id=new_id(),
        number=number,
        content_hash=content_hash(rows),
        loaded_at=clock.now(),
        valid_from=valid_from,
        reason=reason,
        author_id=actor.id,
        author_name=actor.name,
    )
    session.add(version)
    await session.flush()
    await session.execute(
        insert(ServiceItem),
        [asdict(row) | {"id": new_id(), "version_id": version.id, "sort": position} for position, row in enumerate(rows)],
    )
    return version


async def _tell(
    session: AsyncSession, actor: Actor, version: CatalogVersion, before: Sequence[CatalogRow], after: Sequence[CatalogRow]
) -> None:
    codes = [change.code for change in diff(before, after)]
    details = {"codes": codes[:60], "count": len(codes), "from": version.valid_from.isoformat()}
    await audit(session, actor, "catalog:changed", version.number, details=details)
