"""Files of elders that go out: asked for with a reason, approved by somebody else, fetched within a day, each time written down and marked."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.accounts.models import User
from callcenter.elders.columns import COLUMNS, CONTACTS, PRESENCE, Column
from callcenter.elders.models import Elder, ElderContact, ElderNumber
from callcenter.elders.queries import filter_conditions
from callcenter.elders.record_schemas import AskExport, DecideExport, DirectoryFilter, ExportView
from callcenter.elders.records import ExportRequest, ExportState
from callcenter.elders.schemas import Health
from callcenter.kit import clock
from callcenter.kit.errors import Conflict, Forbidden, Invalid, NotFound
from callcenter.kit.phone import pretty
from callcenter.kit.sheets import write_csv, write_xlsx
from callcenter.regions.models import Region
from callcenter.regions.queries import within
from callcenter.settings import get_settings

FOR = timedelta(hours=24)
MAX_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class File:
    name: str
    media_type: str
    data: bytes


async def ask_export(session: AsyncSession, actor: Actor, wanted: AskExport) -> ExportRequest:
    assert actor.id is not None
    rows = await _count(session, wanted.filter, actor.region_ids)
    if not rows:
        raise Invalid("nobody of your regions passes this filter", code="export_empty", details={"field": "filter"})
    if rows > MAX_ROWS:
        raise Invalid(
            f"a file has at most {MAX_ROWS} rows: narrow the filter", code="export_too_large", details={"rows": rows, "max": MAX_ROWS}
        )
    request = ExportRequest(
        asked_at=clock.now(),
        asked_by=actor.id,
        asked_name=actor.name,
        reason=wanted.reason,
        format=wanted.format,
        sensitive=wanted.sensitive,
        filter=wanted.filter.model_dump(mode="json"),
        state=ExportState.ASKED,
    )
    session.add(request)
    await session.flush()
    await session.refresh(request)
    await audit(session, actor, "export:asked", request.id, details={"rows": rows, "sensitive": wanted.sensitive})
    return request


async def decide_export(session: AsyncSession, actor: Actor, request_id: uuid.UUID, decision: DecideExport) -> ExportRequest:
    """By somebody else than who asked, once."""
    request = await _lock(session, request_id)
    if request.asked_by == actor.id:
        raise Forbidden("who asked can't approve; ask a colleague", code="own_export")
    if request.state is not ExportState.ASKED:
        raise Conflict(
            "this was decided already", code="export_decided", details={"state": request.state.value, "by": request.decided_name}
        )
    if not decision.approve and not decision.note:
        raise Invalid("say why not", code="note_missing", details={"field": "note"})
    request.state = ExportState.APPROVED if decision.approve else ExportState.REFUSED
    request.decided_at, request.decided_by, request.decided_name = clock.now(), actor.id, actor.name
    request.decision_note = decision.note
    await session.flush()
    await audit(session, actor, f"export:{request.state}", request.id)
    return request


async def fetch_export(session: AsyncSession, actor: Actor, request_id: uuid.UUID) -> File:
    """Made anew each time, of those who are in the asker's regions now. Each one is written down."""
    request = await _lock(session, request_id)
    if request.asked_by != actor.id:
        raise Forbidden("only who asked for it may fetch it", code="not_your_export")
    if request.state is not ExportState.APPROVED or request.decided_at is None:
        raise Conflict("this is not approved", code="export_not_approved", details={"state": request.state.value})
    if clock.now() > request.decided_at + FOR:
        raise Conflict("the day to fetch it is over; ask again", code="export_over")
    wanted = DirectoryFilter.model_validate(request.filter)
    columns = [c for c in COLUMNS if request.sensitive or not c.sensitive]
    people = await _people(session, wanted, actor.region_ids)
    at = clock.now().astimezone(ZoneInfo(get_settings().timezone))
    mark = " · ".join(
        (
            f"{get_settings().centre_name} 老人档案",
            f"编号 {number_of(request)}",
            f"{request.asked_name} {at:%Y-%m-%d %H:%M} 导出",
            f"{request.decided_name} 批准",
            "内部资料，不得外传",
        )
    )
    request.downloads += 1
    await session.flush()
    await audit(
        session,
        actor,
        "export:fetched",
        request.id,
        details={"rows": len(people), "sensitive": request.sensitive, "time": request.downloads},
    )
    name = f"elders-{number_of(request)}-{at:%Y%m%d-%H%M}-{request.asked_name}.{request.format}"

    def made() -> bytes:
        rows = [
            [c.heading for c in columns] + ["状态"],
            *([_value(c, person) for c in columns] + [person["presence_word"]] for person in people),
        ]
        if request.format == "csv":
            return write_csv([[mark], *rows, [mark]])
        return write_xlsx(rows, title="老人档案", banner=mark, footer=mark, widths=[14] * (len(columns) + 1))

    media = "text/csv; charset=utf-8" if request.format == "csv" else "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return File(name, media, await asyncio.to_thread(made))


async def list_exports(session: AsyncSession, actor: Actor, limit: int = 100) -> list[ExportView]:
    requests = (await session.scalars(select(ExportRequest).order_by(ExportRequest.asked_at.desc()).limit(limit))).all()
    return [await view_export(session, actor, request) for request in requests]


async def view_export(session: AsyncSession, actor: Actor, request: ExportRequest) -> ExportView:
    wanted = DirectoryFilter.model_validate(request.filter)
    asker = await session.get(User, request.asked_by)
    region = await session.get(Region, wanted.region_id) if wanted.region_id else None
    return ExportView(
        id=request.id,
        number=number_of(request),
        asked_at=request.asked_at,
        asked_by=request.asked_name,
        is_mine=request.asked_by == actor.id,
        reason=request.reason,
        format=request.format,
        sensitive=request.sensitive,
        filter=wanted,
        place=region.name if region else "",
        rows=await _count(session, wanted, asker.region_ids if asker else ()),
        state=request.state,
        decided_at=request.decided_at,
        decided_by=request.decided_name,
        decision_note=request.decision_note,
        until=request.decided_at + FOR if request.state is ExportState.APPROVED and request.decided_at else None,
        downloads=request.downloads,
    )


def number_of(request: ExportRequest) -> str:
    return f"DC-{request.serial:04}"


# --- parts -----------------------------------------------------------------------------------------------------------


async def _lock(session: AsyncSession, request_id: uuid.UUID) -> ExportRequest:
    request = await session.scalar(
        select(ExportRequest).where(ExportRequest.id == request_id).with_for_update().execution_options(populate_existing=True)
    )
    if request is None:
        raise NotFound("there is no such request", code="export_not_found")
    return request


async def _count(session: AsyncSession, wanted: DirectoryFilter, region_ids: Sequence[uuid.UUID]) -> int:
    return await session.scalar(select(func.count()).select_from(Elder).where(*_conditions(wanted, region_ids))) or 0


def _conditions(wanted: DirectoryFilter, region_ids: Sequence[uuid.UUID]) -> list[Any]:
    scope = within(region_ids)
    return [*filter_conditions(wanted), Elder.community_id.in_(scope) | Elder.grid_id.in_(scope)]


async def _people(session: AsyncSession, wanted: DirectoryFilter, region_ids: Sequence[uuid.UUID]) -> list[dict[str, Any]]:
    """Everything of a line, as text is made of it: {column path: value}."""
    elders = (
        await session.scalars(
            select(Elder)
            .where(*_conditions(wanted, region_ids))
            .order_by(Elder.pinyin, Elder.id)
            .limit(MAX_ROWS)
            .options(undefer(Elder.health), undefer(Elder.id_number))
        )
    ).all()
    ids = [elder.id for elder in elders]
    places = {region.id: region.name for region in await session.scalars(select(Region))}
    numbers: dict[uuid.UUID, list[ElderNumber]] = {}
    contacts: dict[uuid.UUID, list[ElderContact]] = {}
    for start in range(0, len(ids), 2000):
        chunk = ids[start : start + 2000]
        for n in await session.scalars(select(ElderNumber).where(ElderNumber.elder_id.in_(chunk)).order_by(ElderNumber.position)):
            numbers.setdefault(n.elder_id, []).append(n)
        for c in await session.scalars(select(ElderContact).where(ElderContact.elder_id.in_(chunk)).order_by(ElderContact.position)):
            contacts.setdefault(c.elder_id, []).append(c)
    words = {value: word for word, value in reversed(PRESENCE.items())}
    people = []
    for elder in elders:
        row: dict[str, Any] = {c.path: getattr(elder, c.path) for c in COLUMNS if "." not in c.path}
        row |= {"community_id": places.get(elder.community_id, ""), "grid_id": places.get(elder.grid_id, "") if elder.grid_id else ""}
        row |= {f"numbers.{i}": pretty(n.e164) for i, n in enumerate(numbers.get(elder.id, []))}
        row["family_doctor_number"] = pretty(elder.family_doctor_number)
        for i, contact in enumerate(contacts.get(elder.id, [])[:CONTACTS]):
            for name in ("name", "relation", "has_key", "key_note", "is_guardian"):
                row[f"contacts.{i}.{name}"] = getattr(contact, name)
            row[f"contacts.{i}.number"] = pretty(contact.number)
        health = Health.model_validate(elder.health or {}) if elder.health else None
        row |= {f"health.{name}": value for name, value in (health.model_dump() if health else {}).items()}
        row["presence_word"] = words.get(elder.presence, "")
        people.append(row)
    return people


def _value(column: Column, person: dict[str, Any]) -> str:
    value = person.get(column.path)
    if value is None:
        return ""
    if column.words:
        return next((word for word, meant in column.words.items() if meant == value), "")
    if isinstance(value, list):
        return "、".join(str(part) for part in value)
    return str(value)
