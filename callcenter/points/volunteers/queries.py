"""All reads of volunteers and visits."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.dispatch.orders.models import Phase, ProofKind
from callcenter.elders.models import Elder
from callcenter.elders.queries import current_id
from callcenter.kit import clock, crypto
from callcenter.kit.errors import NotFound
from callcenter.kit.phone import normalise
from callcenter.points.volunteers.models import (
    Volunteer,
    VolunteerEvent,
    VolunteerHours,
    VolunteerProof,
    VolunteerTraining,
    VolunteerVisit,
)
from callcenter.points.volunteers.rules import HALF_HOUR, Fits, Hours, fits, is_adult, is_available, overlap
from callcenter.points.volunteers.states import OVER, VisitState, VolunteerState
from callcenter.settings import get_settings

PAGE = 100
PLANNED = (VisitState.ACCEPTED, VisitState.CHECKED_IN)


async def get_volunteer(session: AsyncSession, volunteer_id: uuid.UUID) -> Volunteer:
    volunteer = await session.get(Volunteer, volunteer_id, populate_existing=True)
    if volunteer is None:
        raise NotFound("there is no such volunteer", code="no_such_volunteer")
    return volunteer


async def list_volunteers(
    session: AsyncSession, *, q: str = "", state: VolunteerState | None = None, community_id: uuid.UUID | None = None, offset: int = 0
) -> Sequence[Volunteer]:
    """By a part of the name, or the whole telephone number; whoever is asked first stands first."""
    found = select(Volunteer).order_by(Volunteer.state != VolunteerState.ACTIVE, Volunteer.name, Volunteer.id)
    if words := q.strip():
        escaped = words.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
        number = normalise(words, get_settings())
        keyed = crypto.index(number.value if number else words, "volunteers.number")
        found = found.where(or_(Volunteer.name.like(f"%{escaped}%", escape="\\"), Volunteer.number_index == keyed))
    if state is not None:
        found = found.where(Volunteer.state == state)
    if community_id is not None:
        found = found.where(Volunteer.community_id == community_id)
    return (await session.scalars(found.offset(offset).limit(PAGE))).all()


async def list_trainings(session: AsyncSession, volunteer_id: uuid.UUID) -> Sequence[VolunteerTraining]:
    found = select(VolunteerTraining).where(VolunteerTraining.volunteer_id == volunteer_id)
    return (await session.scalars(found.order_by(VolunteerTraining.held_on.desc(), VolunteerTraining.id.desc()))).all()


async def get_visit(session: AsyncSession, visit_id: uuid.UUID) -> VolunteerVisit:
    visit = await session.get(VolunteerVisit, visit_id, populate_existing=True)
    if visit is None:
        raise NotFound("there is no such visit", code="no_such_visit")
    return visit


async def list_visits(
    session: AsyncSession,
    *,
    which: str = "open",
    elder_id: uuid.UUID | None = None,
    volunteer_id: uuid.UUID | None = None,
    case_id: uuid.UUID | None = None,
) -> Sequence[VolunteerVisit]:
    """Open ones: what is wanted first stands first. Over: the newest first."""
    found = select(VolunteerVisit)
    if which == "open":
        found = found.where(VolunteerVisit.state.not_in(OVER)).order_by(VolunteerVisit.wanted_from, VolunteerVisit.id)
    else:
        found = found.order_by(VolunteerVisit.asked_at.desc(), VolunteerVisit.id)
    if which == "over":
        found = found.where(VolunteerVisit.state.in_(OVER))
    if elder_id is not None:
        merged = select(Elder.id).where(or_(Elder.id == elder_id, Elder.merged_into == elder_id))
        found = found.where(VolunteerVisit.elder_id.in_(merged))
    if volunteer_id is not None:
        found = found.where(VolunteerVisit.volunteer_id == volunteer_id)
    if case_id is not None:
        found = found.where(VolunteerVisit.case_id == case_id)
    return (await session.scalars(found.limit(PAGE))).all()


async def list_proofs(session: AsyncSession, visit_id: uuid.UUID) -> Sequence[VolunteerProof]:
    return (await session.scalars(select(VolunteerProof).where(VolunteerProof.visit_id == visit_id).order_by(VolunteerProof.at))).all()


async def kinds_of(session: AsyncSession, visit_id: uuid.UUID, phase: Phase) -> list[ProofKind]:
    return list(
        await session.scalars(select(VolunteerProof.kind).where(VolunteerProof.visit_id == visit_id, VolunteerProof.phase == phase))
    )


async def list_events(session: AsyncSession, visit_id: uuid.UUID) -> Sequence[VolunteerEvent]:
    found = select(VolunteerEvent).where(VolunteerEvent.visit_id == visit_id).order_by(VolunteerEvent.at, VolunteerEvent.id)
    return (await session.scalars(found)).all()


async def counted_on(session: AsyncSession, volunteer_id: uuid.UUID, day: date) -> int:
    """Half hours of that day that have counted. Precondition for a decision by it: the volunteer is locked."""
    mine = (VolunteerHours.volunteer_id == volunteer_id) & (VolunteerHours.day == day)
    return int(await session.scalar(select(func.coalesce(func.sum(VolunteerHours.half_hours), 0)).where(mine)) or 0)


async def counted_in_all(session: AsyncSession, volunteer_id: uuid.UUID) -> int:
    mine = VolunteerHours.volunteer_id == volunteer_id
    return int(await session.scalar(select(func.coalesce(func.sum(VolunteerHours.half_hours), 0)).where(mine)) or 0)


async def sessions_of(session: AsyncSession, volunteer_id: uuid.UUID, *, but: uuid.UUID) -> list[tuple[datetime, datetime]]:
    """Of her other visits that began: from check-in to check-out (to now)."""
    rows = await session.execute(
        select(VolunteerVisit.checked_in_at, VolunteerVisit.checked_out_at).where(
            VolunteerVisit.volunteer_id == volunteer_id, VolunteerVisit.id != but, VolunteerVisit.checked_in_at.is_not(None),
            VolunteerVisit.state.in_((VisitState.CHECKED_IN, VisitState.CHECKED_OUT, VisitState.CONFIRMED)),
        )
    )  # fmt: skip
    return [(row.checked_in_at, row.checked_out_at or clock.now()) for row in rows]


# --- who fits ------------------------------------------------------------------------------------------------------------


async def fit_of(session: AsyncSession, visit: VolunteerVisit, volunteer: Volunteer) -> Fits:
    """One volunteer, as she is now. What she declined is no reason: she may have thought better of it."""
    ((_, fit),) = await _fits_of(session, visit, [volunteer])
    return fit


async def list_fits(session: AsyncSession, visit: VolunteerVisit) -> list[tuple[Volunteer, Fits]]:
    """Active volunteers who do this item, the best first; whoever declined it comes last."""
    able = select(Volunteer).where(Volunteer.state == VolunteerState.ACTIVE, Volunteer.skills.contains([visit.item_code]))
    found = await _fits_of(session, visit, (await session.scalars(able.order_by(Volunteer.id).limit(1000))).all())
    declined = set(visit.declined)
    return sorted(
        found, key=lambda one: (not one[1].may, str(one[0].id) in declined, len(one[1].minus), one[0].community_id != visit.community_id)
    )


async def _fits_of(session: AsyncSession, visit: VolunteerVisit, volunteers: Sequence[Volunteer]) -> list[tuple[Volunteer, Fits]]:
    settings = get_settings()
    elder = (await session.execute(select(Elder.id, Elder.dialect).where(Elder.id == visit.elder_id))).one()
    elder_now = await current_id(session, visit.elder_id)
    ends = visit.wanted_from + visit.half_hours * HALF_HOUR
    planned = await _planned(session, [one.id for one in volunteers], visit.id)
    today = clock.today(settings.timezone)
    return [
        (
            one,
            fits(
                is_active=one.state is VolunteerState.ACTIVE,
                adult=is_adult(one.birth_date, today),
                able=visit.item_code in one.skills,
                herself=one.elder_id in (visit.elder_id, elder_now),
                busy=any(overlap(visit.wanted_from, ends, *other) for other in planned.get(one.id, ())),
                near=one.community_id == visit.community_id,
                free=is_available([Hours(**hours) for hours in one.availability], visit.wanted_from, ends, settings.timezone),
                languages=one.languages,
                dialect=elder.dialect,
            ),
        )
        for one in volunteers
    ]


async def _planned(
    session: AsyncSession, volunteer_ids: Collection[uuid.UUID], but: uuid.UUID
) -> dict[uuid.UUID, list[tuple[datetime, datetime]]]:
    rows = await session.execute(
        select(VolunteerVisit.volunteer_id, VolunteerVisit.wanted_from, VolunteerVisit.half_hours).where(
            VolunteerVisit.volunteer_id.in_(volunteer_ids), VolunteerVisit.state.in_(PLANNED), VolunteerVisit.id != but
        )
    )
    found: dict[uuid.UUID, list[tuple[datetime, datetime]]] = {}
    for volunteer_id, began, half_hours in rows:
        assert volunteer_id is not None
        found.setdefault(volunteer_id, []).append((began, began + half_hours * HALF_HOUR))
    return found
