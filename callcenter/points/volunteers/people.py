"""All writes on volunteers themselves: who she is, what she has learned, whether she is asked."""

from __future__ import annotations

import uuid

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.catalog.models import VolunteerPart
from callcenter.catalog.queries import list_items
from callcenter.elders.queries import current_id, get_elder
from callcenter.elders.rules import id_number_problem
from callcenter.kit import clock, crypto
from callcenter.kit.errors import Conflict, Invalid, NotFound
from callcenter.kit.ids import new_id
from callcenter.kit.phone import NumberKind, normalise
from callcenter.points.volunteers.models import Volunteer, VolunteerTraining, VolunteerVisit
from callcenter.points.volunteers.rules import ADULT, is_adult
from callcenter.points.volunteers.schemas import EditVolunteer, NewTraining, NewVolunteer, VolunteerFields
from callcenter.points.volunteers.states import AT_WORK, VOLUNTEER, VolunteerState
from callcenter.regions.models import RegionLevel
from callcenter.regions.queries import get_region
from callcenter.settings import get_settings

NUMBER_COLUMN, ID_NUMBER_COLUMN = "volunteers.number", "volunteers.id_number"


async def lock_volunteer(session: AsyncSession, volunteer_id: uuid.UUID) -> Volunteer:
    found = select(Volunteer).where(Volunteer.id == volunteer_id).with_for_update(key_share=True).execution_options(populate_existing=True)
    volunteer = (await session.scalars(found)).one_or_none()
    if volunteer is None:
        raise NotFound("there is no such volunteer", code="no_such_volunteer")
    return volunteer


async def register(session: AsyncSession, actor: Actor, new: NewVolunteer) -> Volunteer:
    """She applies. Conflict `volunteer_known`: the same telephone and name, ID number or elder. Invalid `bad_number`, `bad_id_number`, `not_for_volunteers`."""
    at = clock.now()
    elder_id = await current_id(session, new.elder_id) if new.elder_id else None
    if elder_id is not None:
        await get_elder(session, elder_id)
    volunteer = Volunteer(
        id=new_id(),
        elder_id=elder_id,
        state=VolunteerState.APPLIED,
        applied_at=at,
        state_at=at,
        id_number=None,
        id_number_index=None,
        state_reason="",
    )
    await _write(session, volunteer, new)
    session.add(volunteer)
    await _flush(session)
    await audit(session, actor, "volunteer:registered", volunteer.id, details={"elder_id": str(elder_id)} if elder_id else {})
    return volunteer


async def edit(session: AsyncSession, actor: Actor, volunteer_id: uuid.UUID, form: EditVolunteer) -> Volunteer:
    """Conflict `volunteer_changed`, `volunteer_known`."""
    volunteer = await lock_volunteer(session, volunteer_id)
    check_version(volunteer.version, form.version)
    await _write(session, volunteer, form)
    volunteer.version += 1
    await _flush(session)
    await audit(session, actor, "volunteer:edited", volunteer.id)
    return volunteer


async def write_training(session: AsyncSession, actor: Actor, volunteer_id: uuid.UUID, training: NewTraining) -> VolunteerTraining:
    """The first one makes an applicant a trained volunteer. Invalid `in_future`."""
    volunteer = await lock_volunteer(session, volunteer_id)
    if training.held_on > clock.today(get_settings().timezone):
        raise Invalid("a training that has not been held yet", code="in_future")
    row = VolunteerTraining(
        id=new_id(), volunteer_id=volunteer.id, held_on=training.held_on, topic=training.topic, half_hours=training.half_hours,
        trainer=training.trainer, written_at=clock.now(), written_by=actor.id if actor.kind == "user" else None,
    )  # fmt: skip
    session.add(row)
    if volunteer.state is VolunteerState.APPLIED:
        volunteer.state, volunteer.state_at = VolunteerState.TRAINED, clock.now()
    volunteer.version += 1
    await session.flush()
    await audit(session, actor, "volunteer:trained", volunteer.id, details={"training_id": str(row.id)})
    return row


async def move(session: AsyncSession, actor: Actor, volunteer_id: uuid.UUID, *, version: int, to: VolunteerState, reason: str) -> Volunteer:
    """Conflict `too_young`: nobody under eighteen goes to an elder alone; `still_at_work`: she leaves when her visits are over."""
    volunteer = await lock_volunteer(session, volunteer_id)
    check_version(volunteer.version, version)
    VOLUNTEER.check(volunteer.state, to)
    today = clock.today(get_settings().timezone)
    if to is VolunteerState.ACTIVE and not is_adult(volunteer.birth_date, today):
        raise Conflict("she is not of age", code="too_young", details={"age": ADULT})
    if to is VolunteerState.LEFT:
        busy = select(VolunteerVisit.id).where(VolunteerVisit.volunteer_id == volunteer.id, VolunteerVisit.state.in_(AT_WORK)).limit(1)
        if await session.scalar(busy):
            raise Conflict("she has visits before her; give them to somebody else first", code="still_at_work")
    volunteer.state, volunteer.state_at, volunteer.state_reason = to, clock.now(), reason
    volunteer.version += 1
    await session.flush()
    await audit(session, actor, f"volunteer:{to}", volunteer.id)
    return volunteer


def check_version(known: int, seen: int) -> None:
    if known != seen:
        raise Conflict("somebody else has changed it meanwhile; look again", code="volunteer_changed", details={"version": known})


async def _write(session: AsyncSession, volunteer: Volunteer, form: VolunteerFields) -> None:
    number = normalise(form.number, get_settings())
    if number is None or number.kind is not NumberKind.E164:
        raise Invalid("this is no telephone number", code="bad_number", details={"field": "number"})
    if form.birth_date > clock.today(get_settings().timezone) or form.birth_date.year < 1900:
        raise Invalid("she is not born then", code="bad_birth_date", details={"field": "birth_date"})
    if (await get_region(session, form.community_id)).level is not RegionLevel.COMMUNITY:
        raise Invalid("choose a community", code="not_a_community", details={"field": "community_id"})
    if form.id_number:
        typed = form.id_number.upper()
        if id_number_problem(typed) is not None:
            raise Invalid("this is no ID number", code="bad_id_number", details={"field": "id_number"})
        volunteer.id_number, volunteer.id_number_index = typed, crypto.index(typed, ID_NUMBER_COLUMN)
    theirs = {item.code for item in await list_items(session) if item.volunteer is not VolunteerPart.NO}
    if wrong := sorted(set(form.skills) - theirs):
        raise Invalid("volunteers do not do this", code="not_for_volunteers", details={"items": wrong})
    volunteer.name, volunteer.number, volunteer.number_index = form.name, number.value, crypto.index(number.value, NUMBER_COLUMN)
    volunteer.birth_date, volunteer.community_id, volunteer.note = form.birth_date, form.community_id, form.note
    volunteer.skills, volunteer.languages = sorted(set(form.skills)), list(dict.fromkeys(form.languages))
    volunteer.availability = [hours.model_dump() for hours in form.availability]


async def _flush(session: AsyncSession) -> None:
    try:
        await session.flush()
    except IntegrityError as error:
        if "uq_volunteers" in str(error.orig):
            raise Conflict("she is on the list already", code="volunteer_known") from error
        raise
