"""Files of elders that come in: read and checked first, written only when somebody says so, then in one piece or not at all."""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.elders.columns import Places, column_of_field, masked, match_heading, read_row, template_rows
from callcenter.elders.making import MadeElder, make_elder
from callcenter.elders.models import Elder, ElderContact, ElderNumber, NumberSource
from callcenter.elders.record_schemas import ImportReport, ImportView, RowProblem
from callcenter.elders.records import ElderChange, ImportBatch, ImportState
from callcenter.elders.schemas import NewElder
from callcenter.kit import clock
from callcenter.kit.errors import Conflict, Forbidden, Invalid, NotFound
from callcenter.kit.ids import new_id
from callcenter.kit.sheets import Table, read_table, write_csv, write_xlsx
from callcenter.regions.models import Region, RegionLevel
from callcenter.regions.queries import within
from callcenter.settings import get_settings

PROBLEMS_KEPT = 500
KEPT_FOR = timedelta(days=1)  # a checked file that nobody imports is forgotten then
CHUNK = 500


@dataclass(slots=True)
class Checked:
    """What a reading of the file found. `rows`: the good ones, ready to be kept."""

    total: int = 0
    rows: list[tuple[int, NewElder, MadeElder]] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)


async def check_file(session: AsyncSession, actor: Actor, *, file_name: str, data: bytes) -> ImportBatch:
    """Reads it and keeps what it found; nobody's profile is touched. The same file again is refused once it has been imported."""
    digest = hashlib.sha256(data).hexdigest()
    await _refuse_known_file(session, digest)
    places, names = await _places(session, actor.region_ids)
    today = clock.today(get_settings().timezone)
    checked = await asyncio.to_thread(lambda: _check(read_table(data), places, names, now=clock.now(), today=today))
    known = await _find_known(session, checked)
    bad = {problem.row for problem in checked.problems if not problem.warning and problem.row not in known and problem.row > 1}
    if any(problem.row == 1 and not problem.warning for problem in checked.problems):
        checked.rows, bad = [], bad | {0}
    await session.execute(
        update(ImportBatch)
        .where(ImportBatch.file_hash == digest, ImportBatch.state == ImportState.CHECKED, ImportBatch.actor_id == actor.id)
        .values(state=ImportState.DISCARDED, settled_at=clock.now(), rows=None)
    )
    good = [row for row in checked.rows if row[0] not in known]
    assert actor.id is not None
    batch = ImportBatch(
        file_name=file_name[:200],
        file_hash=digest,
        size=len(data),
        checked_at=clock.now(),
        actor_id=actor.id,
        actor_name=actor.name,
        state=ImportState.CHECKED,
        rows_total=checked.total,
        rows_good=len(good),
        rows_bad=checked.total - len(good) - len(known),
        rows_known=len(known),
        problems=[
            problem.model_dump(mode="json") for problem in sorted(checked.problems, key=lambda p: (p.row, p.warning))[: PROBLEMS_KEPT + 1]
        ],
        rows={"rows": [{"row": number, "profile": profile.model_dump(mode="json")} for number, profile, _ in good]},
    )
    session.add(batch)
    await session.flush()
    await audit(session, actor, "import:checked", batch.id, details={"rows": checked.total, "good": len(good), "known": len(known)})
    return batch


async def commit_import(session: AsyncSession, actor: Actor, batch_id: uuid.UUID, *, only_good: bool) -> ImportBatch:
    """All good rows in this one transaction. Conflict when the file is in already, or somebody has taken an ID or card meanwhile."""
    batch = await _lock(session, actor, batch_id)
    if batch.state is not ImportState.CHECKED or batch.rows is None:
        raise Conflict("this file was dealt with already", code="import_settled", details={"state": batch.state.value})
    await _refuse_known_file(session, batch.file_hash)
    if batch.rows_bad + batch.rows_known and not only_good:
        raise Conflict("some rows are wrong; mend the file, or leave those rows out", code="import_has_bad_rows")
    if not batch.rows_good:
        raise Conflict("there is no row to import", code="import_empty")
    places, names = await _places(session, actor.region_ids)
    allowed = {i for ids in places.communities.values() for i in ids}
    profiles = [NewElder.model_validate(row["profile"]) for row in batch.rows["rows"]]
    if any(profile.community_id not in allowed for profile in profiles):
        raise Conflict("a community is not yours any more; check the file again", code="import_outdated")
    now, today = clock.now(), clock.today(get_settings().timezone)
    made = await asyncio.to_thread(
        lambda: [make_elder(p, names[p.community_id], now=now, today=today, source=NumberSource.IMPORT) for p in profiles]
    )
    try:
        await _insert(session, actor, made, batch)
        batch.state, batch.settled_at, batch.rows = ImportState.IMPORTED, now, None
        await session.flush()
    except IntegrityError as error:
        raise Conflict("somebody has one of these IDs or cards since the check; check the file again", code="import_outdated") from error
    await audit(session, actor, "import:imported", batch.id, details={"rows": len(made)})
    return batch


async def discard_import(session: AsyncSession, actor: Actor, batch_id: uuid.UUID) -> ImportBatch:
    """Harmless twice."""
    batch = await _lock(session, actor, batch_id)
    if batch.state is ImportState.IMPORTED:
        raise Conflict("this file was imported already", code="import_settled", details={"state": batch.state.value})
    if batch.state is ImportState.CHECKED:
        batch.state, batch.settled_at, batch.rows = ImportState.DISCARDED, clock.now(), None
        await session.flush()
        await audit(session, actor, "import:discarded", batch.id)
    return batch


async def forget_old_checks(session: AsyncSession) -> int:
    """A sweep: private rows of a file that nobody imported do not lie about."""
    gone = await session.scalars(
        update(ImportBatch)
        .where(ImportBatch.state == ImportState.CHECKED, ImportBatch.checked_at < clock.now() - KEPT_FOR)
        .values(state=ImportState.DISCARDED, settled_at=clock.now(), rows=None)
        .returning(ImportBatch.id)
    )
    return len(gone.all())


async def list_imports(session: AsyncSession, limit: int = 50) -> list[ImportView]:
    rows = await session.scalars(select(ImportBatch).order_by(ImportBatch.checked_at.desc()).limit(limit))
    return [ImportView.model_validate(row, from_attributes=True) for row in rows]


async def get_report(session: AsyncSession, actor: Actor, batch_id: uuid.UUID) -> ImportReport:
    return report_of(await _get(session, actor, batch_id))


def report_of(batch: ImportBatch) -> ImportReport:
    view = ImportView.model_validate(batch, from_attributes=True)
    problems = [RowProblem.model_validate(problem) for problem in batch.problems]
    return ImportReport(**view.model_dump(), problems=problems[:PROBLEMS_KEPT], more_problems=len(problems) > PROBLEMS_KEPT)


def template(kind: str) -> bytes:
    heading, explained = template_rows()
    if kind == "csv":
        return write_csv(heading)
    return write_xlsx(heading, title="老人档案", widths=[14] * len(heading[0]), more=[("填写说明", explained, [18, 10, 70, 30])])


# --- parts -----------------------------------------------------------------------------------------------------------


def _check(table: Table, places: Places, names: dict[uuid.UUID, list[str]], *, now: datetime, today: date) -> Checked:
    """In a thread: reading twenty thousand rows takes seconds."""
    columns, problems = match_heading(table.heading)
    checked = Checked(total=len(table.rows), problems=problems)
    if any(not problem.warning for problem in problems):
        return checked
    for number, cells in table.rows:
        profile, wrong = read_row(number, cells, columns, places)
        checked.problems += wrong
        if profile is None:
            continue
        try:
            made = make_elder(profile, names[profile.community_id], now=now, today=today, source=NumberSource.IMPORT)
        except Invalid as error:
            column = column_of_field(str(error.details.get("field", "")))
            checked.problems.append(RowProblem(row=number, column=column.heading, value="", code=error.code))
            continue
        checked.rows.append((number, profile, made))
    return checked


async def _find_known(session: AsyncSession, checked: Checked) -> set[int]:
    """Rows of somebody whom the centre has, or who stands in a line above; and a warning for who looks like somebody."""
    known: set[int] = set()
    for heading, attribute in (("身份证号", "id_number_index"), ("卡号", "card_number")):
        values = {made.elder[attribute] for _, _, made in checked.rows if made.elder[attribute]}
        there = await _by_value(session, attribute, values)
        seen: dict[str, int] = {}
        for number, profile, made in checked.rows:
            value = made.elder[attribute]
            if not value:
                continue
            shown = masked(
                column_of_field("id_number" if attribute == "id_number_index" else attribute),
                str(getattr(profile, attribute.removesuffix("_index"))),
            )
            if value in there:
                checked.problems.append(RowProblem(row=number, column=heading, value=shown, code="known", known_id=there[value]))
                known.add(number)
            elif value in seen:
                checked.problems.append(RowProblem(row=number, column=heading, value=shown, code="twice_in_file", hint=str(seen[value])))
                known.add(number)
            else:
                seen[value] = number
    names = {
        (made.elder["name"], made.elder["birth_date"])
        for number, _, made in checked.rows
        if number not in known and made.elder["birth_date"]
    }
    alike = await _by_name_and_birth(session, names)
    for number, _, made in checked.rows:
        who = (made.elder["name"], made.elder["birth_date"])
        if number not in known and who in alike:
            checked.problems.append(RowProblem(row=number, column="姓名", value="", code="looks_known", known_id=alike[who], warning=True))
    return known


async def _by_value(session: AsyncSession, attribute: str, values: Collection[str]) -> dict[str, uuid.UUID]:
    column = getattr(Elder, attribute)
    found: dict[str, uuid.UUID] = {}
    for chunk in _chunks(sorted(values)):
        rows = (await session.execute(select(column, Elder.id).where(column.in_(chunk)))).all()
        found |= {row[0]: row[1] for row in rows}
    return found


async def _by_name_and_birth(session: AsyncSession, wanted: Collection[tuple[str, date]]) -> dict[tuple[str, date], uuid.UUID]:
    found: dict[tuple[str, date], uuid.UUID] = {}
    for chunk in _chunks(sorted({birth for _, birth in wanted})):
        rows = await session.execute(
            select(Elder.name, Elder.birth_date, Elder.id).where(Elder.birth_date.in_(chunk), Elder.merged_into.is_(None))
        )
        found |= {(name, birth): elder_id for name, birth, elder_id in rows if birth is not None and (name, birth) in wanted}
    return found


async def _places(session: AsyncSession, region_ids: Sequence[uuid.UUID]) -> tuple[Places, dict[uuid.UUID, list[str]]]:
    """What may be written into, by name; and the search words of each community's place."""
    regions = {region.id: region for region in await session.scalars(select(Region))}
    mine = set(await session.scalars(within(region_ids)))
    communities: dict[str, list[uuid.UUID]] = {}
    elsewhere: set[str] = set()
    grids: dict[uuid.UUID, dict[str, uuid.UUID]] = {}
    names: dict[uuid.UUID, list[str]] = {}
    for region in regions.values():
        called = {region.name, region.short_name, region.code}
        if region.level is RegionLevel.GRID and region.parent_id and region.retired_at is None:
            grids.setdefault(region.parent_id, {}).update(dict.fromkeys(called, region.id))
        if region.level is not RegionLevel.COMMUNITY or region.retired_at is not None:
            continue
        chain: list[Region] = []
        above: Region | None = region
        while above is not None:
            chain.insert(0, above)
            above = regions.get(above.parent_id) if above.parent_id else None
        names[region.id] = ["".join(r.short_name for r in chain), "".join(r.name for r in chain)]
        called |= {"·".join(r.short_name for r in chain), *names[region.id]}
        if region.id in mine:
            for name in called:
                communities.setdefault(name, []).append(region.id)
        else:
            elsewhere |= called
    return Places(communities, frozenset(elsewhere), grids), names


async def _insert(session: AsyncSession, actor: Actor, made: Sequence[MadeElder], batch: ImportBatch) -> None:
    changes = [
        {
            "id": new_id(),
            "elder_id": one.elder["id"],
            "at": one.elder["created_at"],
            "actor_id": actor.id,
            "actor_name": actor.name,
            "kind": "import",
            "version": 1,
            "fields": [],
            "values": None,
        }
        for one in made
    ]
    rows: tuple[tuple[Any, list[dict[str, Any]]], ...] = (
        (Elder, [one.elder for one in made]),
        (ElderNumber, [row for one in made for row in one.numbers]),
        (ElderContact, [row for one in made for row in one.contacts]),
        (ElderChange, changes),
    )
    for model, all_rows in rows:
        for chunk in _chunks(all_rows):
            await session.execute(insert(model), chunk)


async def _refuse_known_file(session: AsyncSession, digest: str) -> None:
    before = await session.scalar(select(ImportBatch).where(ImportBatch.file_hash == digest, ImportBatch.state == ImportState.IMPORTED))
    if before is not None:
        raise Conflict(
            "this very file was imported already",
            code="file_imported",
            details={"at": before.settled_at.isoformat() if before.settled_at else "", "by": before.actor_name, "rows": before.rows_good},
        )


async def _get(session: AsyncSession, actor: Actor, batch_id: uuid.UUID) -> ImportBatch:
    batch = await session.get(ImportBatch, batch_id)
    if batch is None:
        raise NotFound("there is no such import", code="import_not_found")
    if batch.actor_id != actor.id:
        raise Forbidden("only who checked the file sees its report and imports it", code="not_your_import")
    return batch


async def _lock(session: AsyncSession, actor: Actor, batch_id: uuid.UUID) -> ImportBatch:
    await _get(session, actor, batch_id)
    batch = await session.scalar(
        select(ImportBatch)
        .where(ImportBatch.id == batch_id)
        .with_for_update()
        .options(undefer(ImportBatch.rows))
        .execution_options(populate_existing=True)
    )
    assert batch is not None
    return batch


def _chunks(items: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (items[i : i + CHUNK] for i in range(0, len(items), CHUNK))
