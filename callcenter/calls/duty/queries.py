"""All reads of the rota."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.duty.models import DutyException, DutyPerson, DutyRota, DutyShift
from callcenter.calls.duty.rules import Exceptional, Problem, Rota, Shift, Turn, next_on_duty, on_duty, problems, ring_order, turns
from callcenter.calls.duty.schemas import (
    DutyPersonView,
    ExceptionForm,
    OnDutyNow,
    ProblemView,
    RotaForm,
    RotaPreview,
    RotaView,
    ShiftForm,
    TurnView,
)
from callcenter.calls.models import DutyTelephone
from callcenter.kit import clock
from callcenter.kit.errors import NotFound
from callcenter.kit.phone import pretty
from callcenter.regions.models import Region

PREVIEW_DAYS = 14
MAX_PROBLEMS = 60


async def read_rota(session: AsyncSession) -> Rota:
    shifts = (await session.scalars(select(DutyShift).order_by(DutyShift.id))).all()
    exceptions = (await session.scalars(select(DutyException).order_by(DutyException.id))).all()
    return Rota(
        tuple(
            Shift(s.id, s.person_id, s.level, s.region_id, frozenset(s.weekdays), s.starts, s.ends, s.valid_from, s.valid_to)
            for s in shifts
        ),
        tuple(Exceptional(e.on_date, e.shift_id, e.person_id, e.level, e.region_id, e.starts, e.ends) for e in exceptions),
    )


async def rota_changes(session: AsyncSession) -> int:
    """Moves whenever somebody else may be rung: cheap enough to be asked each second."""
    return await session.scalar(select(DutyRota.changes).where(DutyRota.id == 1)) or 0


async def numbers_of_people(session: AsyncSession) -> dict[uuid.UUID, str]:
    """Of those who may be rung."""
    return {row.id: row.number for row in await session.execute(select(DutyPerson.id, DutyPerson.number).where(DutyPerson.active))}


async def list_numbers_on_duty(session: AsyncSession, timezone: str) -> list[str]:
    """Who is rung now, in turn: those on duty by the rota, then the plain list."""
    now_on = on_duty(await read_rota(session), clock.now(), ZoneInfo(timezone))
    always = await session.scalars(select(DutyTelephone.number).where(DutyTelephone.active).order_by(DutyTelephone.position))
    return ring_order(now_on, await numbers_of_people(session), list(always))


async def list_duty_people(session: AsyncSession) -> Sequence[DutyPerson]:
    return (await session.scalars(select(DutyPerson).order_by(DutyPerson.active.desc(), DutyPerson.name, DutyPerson.id))).all()


async def get_duty_person(session: AsyncSession, person_id: uuid.UUID) -> DutyPerson:
    person = await session.get(DutyPerson, person_id)
    if person is None:
        raise NotFound("no such person on the rota", code="duty_person_not_found")
    return person


def person_view(person: DutyPerson) -> DutyPersonView:
    return DutyPersonView(id=person.id, version=person.version, name=person.name, number=pretty(person.number), active=person.active)


async def view_rota(session: AsyncSession, timezone: str) -> RotaView:
    row = await session.get(DutyRota, 1, populate_existing=True)
    shifts = await session.scalars(select(DutyShift).order_by(DutyShift.level, DutyShift.starts, DutyShift.id))
    exceptions = await session.scalars(select(DutyException).order_by(DutyException.on_date, DutyException.starts, DutyException.id))
    return RotaView(
        version=row.version if row else 0,
        timezone=timezone,
        changed_at=row.changed_at if row and row.changed_by else None,
        changed_by=row.changed_by if row else "",
        shifts=[
            ShiftForm(
                id=s.id, person_id=s.person_id, level=s.level, region_id=s.region_id, weekdays=sorted(s.weekdays), starts=hh_mm(s.starts),
                ends=hh_mm(s.ends), valid_from=s.valid_from, valid_to=s.valid_to,
            )
            for s in shifts
        ],
        exceptions=[
            ExceptionForm(
                id=e.id, on_date=e.on_date, shift_id=e.shift_id, person_id=e.person_id, level=e.level, region_id=e.region_id, starts=hh_mm(e.starts),
                ends=hh_mm(e.ends), note=e.note,
            )
            for e in exceptions
        ],
    )  # fmt: skip


async def on_duty_now(session: AsyncSession, timezone: str) -> OnDutyNow:
    zone, at = ZoneInfo(timezone), clock.now()
    rota = await read_rota(session)
    now, later = on_duty(rota, at, zone), next_on_duty(rota, at, zone)
    views = await turn_views(session, [*now, *later])
    telephones = await session.scalar(select(func.count()).select_from(DutyTelephone).where(DutyTelephone.active))
    return OnDutyNow(at=at, timezone=timezone, now=views[: len(now)], next=views[len(now) :], telephones=telephones or 0)


async def preview_rota(session: AsyncSession, form: RotaForm, timezone: str) -> RotaPreview:
    zone, rota = ZoneInfo(timezone), rota_of(form)
    first = clock.today(timezone)
    last = first + timedelta(days=PREVIEW_DAYS - 1)
    found = problems(rota, first, last, zone)
    return RotaPreview(
        first=first,
        last=last,
        turns=await turn_views(session, turns(rota, first, last, zone)),
        problems=await problem_views(session, found[:MAX_PROBLEMS]),
        more_problems=max(0, len(found) - MAX_PROBLEMS),
    )


async def turn_views(session: AsyncSession, of: Sequence[Turn]) -> list[TurnView]:
    people, places = await _people(session), await _places(session, (t.region_id for t in of))
    return [
        TurnView(
            person_id=t.person_id,
            name=people[t.person_id].name,
            number=pretty(people[t.person_id].number),
            level=t.level,
            region_id=t.region_id,
            region=places.get(t.region_id, "") if t.region_id else "",
            starts_at=t.starts_at,
            ends_at=t.ends_at,
            shift_id=t.shift_id,
            instead=t.instead,
        )
        for t in of
        if t.person_id in people
    ]


async def problem_views(session: AsyncSession, of: Sequence[Problem]) -> list[ProblemView]:
    people, places = await _people(session), await _places(session, (p.region_id for p in of))
    return [
        ProblemView(
            kind=p.kind,
            level=p.level,
            region_id=p.region_id,
            region=places.get(p.region_id, "") if p.region_id else "",
            starts_at=p.starts_at,
            ends_at=p.ends_at,
            names=[people[i].name for i in p.person_ids if i in people],
            serious=p.serious,
        )
        for p in of
    ]


def rota_of(form: RotaForm) -> Rota:
    return Rota(
        tuple(
            Shift(
                s.id, s.person_id, s.level, s.region_id, frozenset(s.weekdays), minute(s.starts), minute(s.ends), s.valid_from, s.valid_to
            )
            for s in form.shifts
        ),
        tuple(
            Exceptional(e.on_date, e.shift_id, e.person_id, e.level, e.region_id, minute(e.starts), minute(e.ends)) for e in form.exceptions
        ),
    )


def minute(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])


def hh_mm(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


async def _people(session: AsyncSession) -> dict[uuid.UUID, DutyPerson]:
    return {person.id: person for person in await session.scalars(select(DutyPerson))}


async def _places(session: AsyncSession, ids: Iterable[uuid.UUID | None]) -> dict[uuid.UUID, str]:
    wanted = {i for i in ids if i}
    if not wanted:
        return {}
    return {row.id: row.short_name for row in await session.execute(select(Region.id, Region.short_name).where(Region.id.in_(wanted)))}
