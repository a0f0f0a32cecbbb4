"""The audit read for people: with names for its ids, and told from one elder's side."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.models import AuditRow
from callcenter.accounts.queries import AuditFilter, get_users, list_audit
from callcenter.accounts.roles import Permission
from callcenter.calls.models import Call
from callcenter.cases.models import Case, CaseTask
from callcenter.console.schemas_access import AccessLog, AuditEntry, GlassDetail, GlassLine, Looked, Trace
from callcenter.elders.access import whole_for
from callcenter.elders.glass.models import GlassReview
from callcenter.elders.glass.queries import list_glass_of_elder
from callcenter.elders.glass.schemas import GlassItem
from callcenter.elders.models import AccessGrant, Elder
from callcenter.elders.queries import get_elder_summaries
from callcenter.kit import clock
from callcenter.regions.models import Region

MOST = 3000  # audit rows behind one elder's log
# Of what is done with a case, only the hearing of a message is a look at her; the rest of the work is the case's own history.
OF_A_CASE = frozenset({"recording:heard", "recording:refused"})


def entry(row: AuditRow) -> AuditEntry:
    return AuditEntry(
        id=row.id,
        at=row.at,
        actor_kind=row.actor_kind,
        actor_name=row.actor_name,
        verb=row.verb,
        object_id=row.object_id,
        purpose=row.purpose,
        details=row.details,
    )


def _ids_in(value: object) -> Iterable[uuid.UUID]:
    if isinstance(value, str):
        try:
            yield uuid.UUID(value.rsplit(":", 1)[-1])
        except ValueError:
            return
    elif isinstance(value, dict):
        for one in value.values():
            yield from _ids_in(one)
    elif isinstance(value, list):
        for one in value:
            yield from _ids_in(one)


async def names_in(session: AsyncSession, actor: Actor, rows: Sequence[AuditRow]) -> dict[str, str]:
    """What the ids in these rows stand for. An elder's name is whole or masked as the reader may see her; an admin is told none."""
    ids = {one for row in rows for value in (row.object_id, row.purpose, row.details) for one in _ids_in(value)}
    if not ids:
        return {}
    names = {str(user.id): user.name for user in (await get_users(session, ids)).values()}
    names |= {str(i): number for i, number in await session.execute(select(Case.id, Case.number).where(Case.id.in_(ids)))}
    for key in (CaseTask, Call):
        of_case = select(key.id, Case.number).join(Case, Case.id == key.case_id).where(key.id.in_(ids))
        names |= {str(i): number for i, number in await session.execute(of_case)}
    names |= {str(i): name for i, name in await session.execute(select(Region.id, Region.name).where(Region.id.in_(ids)))}
    if actor.may(Permission.ELDERS_SEARCH):
        grants = await session.execute(select(AccessGrant.id, AccessGrant.elder_id).where(AccessGrant.id.in_(ids)))
        granted = {row.id: row.elder_id for row in grants}
        elder_ids = ids | set(granted.values())
        whole = await whole_for(session, actor, elder_ids)
        elders = await get_elder_summaries(session, elder_ids, full_ids=whole.keys())
        names |= {str(i): elder.name for i, elder in elders.items()}
        names |= {str(i): elders[of].name for i, of in granted.items() if of in elders}
    return names


async def objects_of_elder(session: AsyncSession, elder_id: uuid.UUID) -> dict[str, str]:
    """Ids under which the audit speaks of her, each with the number of its case (hers: none)."""
    hers = [
        elder_id,
        *await session.scalars(select(Elder.id).where(Elder.merged_into == elder_id)),
    ]  # also what was found to be a second profile of hers
    found = {str(i): "" for i in hers}
    cases = (await session.execute(select(Case.id, Case.number).where(Case.elder_id.in_(hers)))).all()
    found |= {str(i): number for i, number in cases}
    tasks = select(CaseTask.id, Case.number).join(Case, Case.id == CaseTask.case_id).where(Case.elder_id.in_(hers))
    return found | {str(i): number for i, number in await session.execute(tasks)}


async def objects_of_case(session: AsyncSession, number: str) -> list[str]:
    case_id = await session.scalar(select(Case.id).where(Case.number == number))
    if case_id is None:
        return []
    tasks = await session.scalars(select(CaseTask.id).where(CaseTask.case_id == case_id))
    return [str(case_id), *(str(i) for i in tasks)]


async def access_log(
    session: AsyncSession, actor: Actor, elder_id: uuid.UUID, *, since: datetime, centre_name: str, timezone: str
) -> AccessLog:
    objects = await objects_of_elder(session, elder_id)
    found = await list_audit(session, AuditFilter(object_ids=objects.keys(), since=since), limit=MOST + 1)
    rows = [row for row in found[:MOST] if not objects[row.object_id] or row.verb in OF_A_CASE]
    numbers = await _case_numbers(session, rows)
    people = await get_users(session, {row.actor_id for row in rows if row.actor_id})
    glass = await list_glass_of_elder(session, [uuid.UUID(i) for i, number in objects.items() if not number], since=since)
    (elder,) = (await get_elder_summaries(session, [elder_id], full_ids=[elder_id])).values()
    lines: dict[tuple[object, ...], Trace] = {}
    zone = ZoneInfo(timezone)
    for row in rows:
        why = str(row.details.get("by", "")) or ("live_call" if row.purpose.startswith("call:") else "")
        broken = _glass_behind(row, why, glass)
        number = numbers.get(row.purpose.rsplit(":", 1)[-1]) or objects.get(row.object_id, "")
        key = (row.at.astimezone(zone).date(), row.actor_id, row.actor_name, row.verb, why, number, broken[0].id if broken else None)
        line = lines.get(key)
        if line is not None:  # rows come newest first
            line.first_at, line.times = row.at, line.times + 1
            continue
        person = people.get(row.actor_id) if row.actor_id else None
        lines[key] = Trace(
            first_at=row.at,
            last_at=row.at,
            times=1,
            who=row.actor_name,
            role=person.role if person else None,
            verb=row.verb,
            why=why,
            case_number=number,
            reason=broken[0].note if broken else "",
            verdict=broken[1].verdict if broken else None,
            told_whom=broken[1].told_whom if broken else None,
            told_at=broken[1].told_at if broken else None,
        )
    return AccessLog(
        elder_id=elder_id,
        elder_name=elder.name,
        place=elder.place,
        centre_name=centre_name,
        since=since,
        made_at=clock.now(),
        made_by=actor.name,
        traces=list(lines.values()),
        cut=len(found) > MOST,
    )


async def with_numbers(session: AsyncSession, items: Sequence[GlassItem]) -> list[GlassLine]:
    """Each with the number of the emergency for which it was broken."""
    ids = {item.case_id for item in items if item.case_id}
    numbers = {row.id: row.number for row in await session.execute(select(Case.id, Case.number).where(Case.id.in_(ids)))} if ids else {}
    return [GlassLine(**item.model_dump(), case_number=numbers.get(item.case_id, "") if item.case_id else "") for item in items]


async def with_looks(session: AsyncSession, item: GlassItem) -> GlassDetail:
    """What the person opened of this elder from the moment the glass was broken until it closed again."""
    objects = await objects_of_elder(session, item.elder_id)
    wanted = AuditFilter(actor_ids=[item.by_id], object_ids=objects.keys(), since=item.at, until=item.until)
    rows = list(reversed(await list_audit(session, wanted, limit=200)))
    numbers = await _case_numbers(session, rows)
    looked = [
        Looked(at=row.at, verb=row.verb, case_number=numbers.get(row.purpose.rsplit(":", 1)[-1]) or objects.get(row.object_id, ""))
        for row in rows
        if row.verb != "elder:glass_broken"
    ]
    (line,) = await with_numbers(session, [item])
    return GlassDetail(**line.model_dump(), looked_at=looked)


def _glass_behind(row: AuditRow, why: str, glass: Sequence[tuple[AccessGrant, GlassReview]]) -> tuple[AccessGrant, GlassReview] | None:
    """The one under which this was done: the newest of hers that was open then."""
    if why != "glass" and row.verb != "elder:glass_broken":
        return None
    return next(
        (
            (grant, review)
            for grant, review in glass
            if grant.user_id == row.actor_id and grant.granted_at <= row.at and (grant.until is None or row.at <= grant.until)
        ),
        None,
    )


async def _case_numbers(session: AsyncSession, rows: Sequence[AuditRow]) -> dict[str, str]:
    """By the id of a case or a call in a purpose."""
    ids = {one for row in rows for one in _ids_in(row.purpose)}
    if not ids:
        return {}
    found = {str(i): number for i, number in await session.execute(select(Case.id, Case.number).where(Case.id.in_(ids)))}
    calls = select(Call.id, Case.number).join(Case, Case.id == Call.case_id).where(Call.id.in_(ids))
    return found | {str(i): number for i, number in await session.execute(calls)}
