"""All writes of the rota. It is locked as a whole, so that two who change it at once do not mix."""

from __future__ import annotations

import uuid
from collections import Counter

from sqlalchemy import delete, or_, select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.calls.duty.models import DutyException, DutyPerson, DutyRota, DutyShift
from callcenter.calls.duty.queries import minute
from callcenter.calls.duty.schemas import ChangedDutyPerson, DutyPersonForm, ExceptionForm, RotaForm, ShiftForm
from callcenter.calls.setting_up import dialable
from callcenter.kit import clock
from callcenter.kit.errors import Conflict, Invalid, NotFound
from callcenter.regions.models import Region
from callcenter.settings import Settings


async def add_duty_person(session: AsyncSession, actor: Actor, form: DutyPersonForm, settings: Settings) -> DutyPerson:
    number = dialable(form.number, settings)
    rota = await _lock(session)
    await _refuse_same_number(session, number, but=None)
    person = DutyPerson(name=form.name, number=number, active=form.active)
    session.add(person)
    rota.changes += 1
    await session.flush()
    await audit(session, actor, "duty_person:added", person.id)
    return person


async def change_duty_person(
    session: AsyncSession, actor: Actor, person_id: uuid.UUID, form: ChangedDutyPerson, settings: Settings
) -> DutyPerson:
    """Who still has shifts cannot be made inactive: somebody would be on duty whom nobody rings."""
    number = dialable(form.number, settings)
    rota = await _lock(session)
    person = await session.get(DutyPerson, person_id, populate_existing=True)
    if person is None:
        raise NotFound("no such person on the rota", code="duty_person_not_found")
    if person.version != form.version:
        raise Conflict("somebody has changed this person meanwhile; look again", code="version_old", details={"version": person.version})
    await _refuse_same_number(session, number, but=person_id)
    if person.active and not form.active:
        today = clock.today(settings.timezone)
        shift = select(DutyShift.id).where(DutyShift.person_id == person_id, or_(DutyShift.valid_to.is_(None), DutyShift.valid_to >= today))
        other = select(DutyException.id).where(DutyException.person_id == person_id, DutyException.on_date >= today)
        if await session.scalar(shift.limit(1)) or await session.scalar(other.limit(1)):
            raise Conflict("this person still has shifts; give them to somebody else first", code="person_on_rota")
    values = {"name": form.name, "number": number, "active": form.active}
    changed = [name for name, value in values.items() if getattr(person, name) != value]
    if changed:
        for name in changed:
            setattr(person, name, values[name])
        person.version += 1
        rota.changes += 1
        await session.flush()
        await audit(session, actor, "duty_person:changed", person_id, details={"fields": changed})
    return person


async def save_rota(session: AsyncSession, actor: Actor, form: RotaForm) -> None:
    """Shifts and exceptions as they are to be from now on, all or none. Gaps and overlaps are no errors: `preview_rota` tells of them."""
    rota = await _lock(session)
    if rota.version != form.version:
        raise Conflict(
            "somebody has changed the rota meanwhile; look at theirs first",
            code="rota_changed",
            details={"version": rota.version, "by": rota.changed_by},
        )
    await check_rota(session, form)
    before = Counter({"shifts": 0, "exceptions": 0})
    for name, table in (("shifts", DutyShift), ("exceptions", DutyException)):
        before[name] = len((await session.scalars(delete(table).returning(table.id))).all())
    for shift in form.shifts:
        session.add(
            DutyShift(**shift.model_dump(exclude={"starts", "ends", "weekdays"}), weekdays=sorted(shift.weekdays), **_minutes(shift))
        )
    for one in form.exceptions:
        session.add(DutyException(**one.model_dump(exclude={"starts", "ends"}), **_minutes(one)))
    rota.version += 1
    rota.changes += 1
    rota.changed_at, rota.changed_by = clock.now(), actor.name
    await session.flush()
    details = {"version": rota.version, "shifts": len(form.shifts), "exceptions": len(form.exceptions), "before": dict(before)}
    await audit(session, actor, "duty_rota:saved", rota.version, details=details)


async def check_rota(session: AsyncSession, form: RotaForm) -> None:
    """Invalid, with the field, for what contradicts itself or names what is not there."""
    people = {row.id: row.active for row in await session.execute(select(DutyPerson.id, DutyPerson.active))}
    regions = set(await session.scalars(select(Region.id)))
    shifts = {shift.id: shift for shift in form.shifts}
    if len(shifts) < len(form.shifts) or len({e.id for e in form.exceptions}) < len(form.exceptions):
        raise Invalid("an id stands here twice", code="rota_invalid", details={"field": "id"})
    for i, shift in enumerate(form.shifts):
        where = f"shifts.{i}"
        _check_person(people, shift.person_id, where)
        _check(shift.region_id is None or shift.region_id in regions, "no such region", f"{where}.region_id", "region_not_found")
        _check(len(set(shift.weekdays)) == len(shift.weekdays), "a day of the week stands here twice", f"{where}.weekdays")
        reversed_ = shift.valid_from and shift.valid_to and shift.valid_to < shift.valid_from
        _check(not reversed_, "the last day lies before the first", f"{where}.valid_to", "dates_reversed")
    seen: set[tuple[uuid.UUID, object]] = set()
    for i, one in enumerate(form.exceptions):
        where = f"exceptions.{i}"
        if one.person_id is not None:
            _check_person(people, one.person_id, where)
        _check(one.region_id is None or one.region_id in regions, "no such region", f"{where}.region_id", "region_not_found")
        if one.shift_id is None:
            _check(one.person_id is not None, "one more shift needs a person", f"{where}.person_id")
            continue
        of = shifts.get(one.shift_id)
        if of is None:
            raise Invalid("this exception belongs to no shift", code="rota_invalid", details={"field": f"{where}.shift_id"})
        _check(
            one.on_date.weekday() in of.weekdays, "this shift does not begin on that day of the week", f"{where}.on_date", "not_that_day"
        )
        _check((one.shift_id, one.on_date) not in seen, "this day of this shift has an exception already", f"{where}.on_date")
        seen.add((one.shift_id, one.on_date))


def _check(fine: bool, message: str, field: str, code: str = "rota_invalid") -> None:
    if not fine:
        raise Invalid(message, code=code, details={"field": field})


def _check_person(people: dict[uuid.UUID, bool], person_id: uuid.UUID, where: str) -> None:
    _check(person_id in people, "no such person on the rota", f"{where}.person_id", "duty_person_not_found")
    _check(people[person_id], "this person is not active", f"{where}.person_id", "duty_person_inactive")


def _minutes(of: ShiftForm | ExceptionForm) -> dict[str, int]:
    return {"starts": minute(of.starts), "ends": minute(of.ends)}


async def _lock(session: AsyncSession) -> DutyRota:
    row = pg_insert(DutyRota).values(id=1, version=0, changes=0, changed_at=clock.now(), changed_by="")
    await session.execute(row.on_conflict_do_nothing())
    return await session.get_one(DutyRota, 1, with_for_update=True, populate_existing=True)


async def _refuse_same_number(session: AsyncSession, number: str, *, but: uuid.UUID | None) -> None:
    for person in await session.scalars(select(DutyPerson)):
        if person.number == number and person.id != but:
            raise Conflict("this is the number of somebody else on the rota", code="number_taken", details={"field": "number"})
