"""All writes of grid workers, one by one or from a file."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.kit import clock, crypto
from callcenter.kit.errors import Conflict, Invalid, NotFound
from callcenter.kit.phone import NumberKind, normalise
from callcenter.regions.models import GridWorker, GridWorkerRegion, Region, RegionLevel, WorkerRole
from callcenter.regions.queries import check_scope, in_scope
from callcenter.regions.schemas import BadRow, ChangedWorker, WorkerFile, WorkerForm, WorkerReport
from callcenter.settings import get_settings

NUMBER_COLUMN = "grid_workers.number"
MAX_ROWS = 2_000
WORKS_AT = {
    WorkerRole.GRID_WORKER: (RegionLevel.GRID, RegionLevel.COMMUNITY),
    WorkerRole.COMMUNITY_LEAD: (RegionLevel.COMMUNITY,),
    WorkerRole.STREET_CENTRE: (RegionLevel.STREET,),
}
_HEADS = {
    "name": "name", "姓名": "name", "number": "number", "phone": "number", "电话": "number", "手机": "number", "role": "role", "角色": "role", "职务": "role",
    "codes": "codes", "code": "codes", "区域编码": "codes", "编码": "codes", "valid_from": "valid_from", "开始日期": "valid_from", "valid_to": "valid_to",
    "结束日期": "valid_to",
}  # fmt: skip
_ROLES = {
    "grid_worker": WorkerRole.GRID_WORKER, "网格员": WorkerRole.GRID_WORKER, "community_lead": WorkerRole.COMMUNITY_LEAD,
    "社区负责人": WorkerRole.COMMUNITY_LEAD, "street_centre": WorkerRole.STREET_CENTRE, "街道中心": WorkerRole.STREET_CENTRE,
}  # fmt: skip


async def add_worker(session: AsyncSession, actor: Actor, form: WorkerForm) -> GridWorker:
    number = _e164(form.number)
    await _check_places(session, actor, form, form.region_ids)
    _check_dates(form.valid_from, form.valid_to)
    worker = GridWorker(
        name=form.name,
        number=number,
        number_index=crypto.index(number, NUMBER_COLUMN),
        role=form.role,
        valid_from=form.valid_from,
        valid_to=form.valid_to,
        active=form.active,
        updated_at=clock.now(),
    )
    session.add(worker)
    await session.flush()
    await _put_places(session, worker.id, form.region_ids)
    await audit(session, actor, "grid_worker:added", worker.id, details={"role": form.role})
    return worker


async def change_worker(session: AsyncSession, actor: Actor, worker_id: uuid.UUID, form: ChangedWorker) -> GridWorker:
    """The number may be given as it was shown, masked or not: a masked one is left as it is."""
    worker = await session.scalar(
        select(GridWorker).where(GridWorker.id == worker_id).with_for_update().execution_options(populate_existing=True)
    )
    if worker is None:
        raise NotFound("no such grid worker", code="worker_not_found")
    if worker.version != form.version:
        raise Conflict(
            "somebody has changed this grid worker meanwhile; look again", code="version_old", details={"version": worker.version}
        )
    before = set(await session.scalars(select(GridWorkerRegion.region_id).where(GridWorkerRegion.worker_id == worker_id)))
    await _check_places(session, actor, form, [*form.region_ids, *before], new=form.region_ids)
    _check_dates(form.valid_from, form.valid_to)
    number = worker.number if "*" in form.number else _e164(form.number)
    values = {name: getattr(form, name) for name in ("name", "role", "valid_from", "valid_to", "active")} | {"number": number}
    changed = [name for name, value in values.items() if getattr(worker, name) != value]
    if before != set(form.region_ids):
        changed.append("region_ids")
    if not changed:
        return worker
    for name, value in values.items():
        setattr(worker, name, value)
    worker.number_index = crypto.index(number, NUMBER_COLUMN)
    worker.version += 1
    worker.updated_at = clock.now()
    await session.flush()
    await session.execute(delete(GridWorkerRegion).where(GridWorkerRegion.worker_id == worker_id))
    await _put_places(session, worker_id, form.region_ids)
    await audit(session, actor, "grid_worker:changed", worker_id, details={"fields": changed})
    return worker


async def import_workers(session: AsyncSession, actor: Actor, file: WorkerFile) -> WorkerReport:
    """All rows or none. A row whose number somebody of the same role has already changes that person."""
    rows, bad = _rows(file.csv)
    codes = {code for _, row in rows for code in row["codes"].split()}
    regions = {r.code: r for r in await session.scalars(select(Region).where(Region.code.in_(codes), Region.retired_at.is_(None)))}
    hers = await in_scope(session, actor, [r.id for r in regions.values()])
    forms: list[WorkerForm] = []
    seen: dict[tuple[str, WorkerRole], int] = {}
    for at, row in rows:
        form, problems = _form(at, row, regions, hers)
        if form is not None:
            key = (form.number, form.role)
            if key in seen:
                problems.append(BadRow(row=at, column="number", reason="twice", value=str(seen[key])))
            seen[key] = at
            forms.append(form)
        bad += problems
    known = await _known(session, [form.number for form in forms])
    report = WorkerReport(kept=not bad and not file.dry_run, added=0, changed=0, unchanged=0, bad=bad[:200])
    for form in forms:
        there = known.get((form.number, form.role))
        if there is None:
            report.added += 1
            if report.kept:
                await add_worker(session, actor, form)
            continue
        worker, places = there
        same = (worker.name, worker.valid_from, worker.valid_to, worker.active, set(places)) == (
            form.name, form.valid_from, form.valid_to, True, set(form.region_ids),
        )  # fmt: skip
        if same:
            report.unchanged += 1
            continue
        report.changed += 1
        if report.kept:
            await change_worker(session, actor, worker.id, ChangedWorker(**form.model_dump(), version=worker.version))
    return report


# --- parts -----------------------------------------------------------------------------------------------------------------------


def _rows(text: str) -> tuple[list[tuple[int, dict[str, str]]], list[BadRow]]:
    reader = csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""), strict=True)
    try:
        lines = list(reader)
    except csv.Error as error:
        raise Invalid("this is no CSV: a quotation mark is not closed, or stands in the wrong place", code="csv_broken") from error
    if not lines:
        raise Invalid("the file is empty", code="csv_empty")
    head = [_HEADS.get(cell.strip().lower(), "") for cell in lines[0]]
    missing = [name for name in ("name", "number", "role", "codes") if name not in head]
    if missing:
        raise Invalid(f"the head lacks {', '.join(missing)}", code="csv_head", details={"missing": missing})
    if len(lines) > MAX_ROWS + 1:
        raise Invalid(f"at most {MAX_ROWS} rows are taken at once", code="csv_too_long")
    found, bad = [], []
    for at, line in enumerate(lines[1:], 2):
        if not any(cell.strip() for cell in line):
            continue
        if len(line) > len(head):
            bad.append(BadRow(row=at, column="", reason="too_many_cells", value=str(len(line))))
            continue
        row = dict.fromkeys(("name", "number", "role", "codes", "valid_from", "valid_to"), "")
        row |= {name: cell.strip() for name, cell in zip(head, line, strict=False) if name}
        found.append((at, row))
    if not found and not bad:
        raise Invalid("the file has a head and nothing below it", code="csv_empty")
    return found, bad


def _form(at: int, row: dict[str, str], regions: dict[str, Region], hers: set[uuid.UUID]) -> tuple[WorkerForm | None, list[BadRow]]:
    problems: list[BadRow] = []

    def refuse(column: str, reason: str, value: str = "") -> None:
        problems.append(BadRow(row=at, column=column, reason=reason, value=value[:60]))

    if not 0 < len(row["name"]) <= 60:
        refuse("name", "missing" if not row["name"] else "too_long")
    number = normalise(row["number"], get_settings())
    if number is None or number.kind is not NumberKind.E164:
        refuse("number", "no_number")
    role = _ROLES.get(row["role"].lower())
    if role is None:
        refuse("role", "unknown_role", row["role"])
    codes = list(dict.fromkeys(row["codes"].split()))
    if not codes:
        refuse("codes", "missing")
    for code in codes:
        if code not in regions:
            refuse("codes", "unknown_code", code)
        elif regions[code].id not in hers:
            refuse("codes", "not_your_region", code)
        elif role is not None and regions[code].level not in WORKS_AT[role]:
            refuse("codes", "wrong_level", code)
    dates: dict[str, date | None] = {}
    for column in ("valid_from", "valid_to"):
        try:
            dates[column] = datetime.strptime(row[column].replace("/", "-"), "%Y-%m-%d").date() if row[column] else None  # noqa: DTZ007
        except ValueError:
            refuse(column, "no_date", row[column])
    first, last = dates.get("valid_from"), dates.get("valid_to")
    if first and last and last < first:
        refuse("valid_to", "before_start", row["valid_to"])
    if problems or number is None or role is None:
        return None, problems
    ids = [regions[code].id for code in codes]
    return WorkerForm(name=row["name"], number=number.value, role=role, region_ids=ids, valid_from=first, valid_to=last), []


async def _known(session: AsyncSession, numbers: Sequence[str]) -> dict[tuple[str, WorkerRole], tuple[GridWorker, list[uuid.UUID]]]:
    if not numbers:
        return {}
    hashes = [crypto.index(number, NUMBER_COLUMN) for number in set(numbers)]
    workers = (await session.scalars(select(GridWorker).where(GridWorker.number_index.in_(hashes)).order_by(GridWorker.id))).all()
    places: dict[uuid.UUID, list[uuid.UUID]] = {worker.id: [] for worker in workers}
    rows = select(GridWorkerRegion.worker_id, GridWorkerRegion.region_id).where(GridWorkerRegion.worker_id.in_(places))
    for worker_id, region_id in await session.execute(rows):
        places[worker_id].append(region_id)
    return {(worker.number, worker.role): (worker, places[worker.id]) for worker in workers}


async def _check_places(
    session: AsyncSession, actor: Actor, form: WorkerForm, touched: Sequence[uuid.UUID], *, new: Sequence[uuid.UUID] | None = None
) -> None:
    await check_scope(session, actor, touched)
    wanted = set(new if new is not None else touched)
    found = (await session.scalars(select(Region).where(Region.id.in_(wanted), Region.retired_at.is_(None)))).all()
    if len(found) < len(wanted):
        raise Invalid("one of these regions does not exist, or is retired", code="region_not_found", details={"field": "region_ids"})
    if any(region.level not in WORKS_AT[form.role] for region in found):
        levels = " or ".join(WORKS_AT[form.role])
        raise Invalid(f"a {form.role} works at a {levels}", code="wrong_level", details={"field": "region_ids"})


async def _put_places(session: AsyncSession, worker_id: uuid.UUID, region_ids: Sequence[uuid.UUID]) -> None:
    for region_id in dict.fromkeys(region_ids):
        session.add(GridWorkerRegion(worker_id=worker_id, region_id=region_id))
    await session.flush()


def _check_dates(first: date | None, last: date | None) -> None:
    if first and last and last < first:
        raise Invalid("the last day lies before the first", code="dates_reversed", details={"field": "valid_to"})


def _e164(raw: str) -> str:
    number = normalise(raw, get_settings())
    if number is None or number.kind is not NumberKind.E164:
        raise Invalid(
            "this is no whole telephone number; write it as 0710-3456789 or 13812345678", code="number_invalid", details={"field": "number"}
        )
    return number.value
