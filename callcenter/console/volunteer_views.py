"""What people at the console see of volunteers and visits, by what they may see of the elder."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.sessions import SignedIn
from callcenter.centre.queries import get_values
from callcenter.elders.access import whole_for
from callcenter.elders.models import Elder
from callcenter.elders.rules import age_on, mask_name
from callcenter.kit import clock
from callcenter.kit.phone import mask, pretty
from callcenter.points.ledger.accounts import FUND, Whose, balance_of
from callcenter.points.ledger.kinds import Holder, Ledger, Pocket
from callcenter.points.volunteers import coins, doing, queries
from callcenter.points.volunteers.models import Volunteer, VolunteerVisit
from callcenter.points.volunteers.rules import half_hours_of, may_spend
from callcenter.points.volunteers.schemas import (
    Availability,
    CoinsView,
    EventView,
    ProofView,
    TrainingView,
    VisitHead,
    VisitView,
    VolunteerCandidate,
    VolunteerHead,
    VolunteerView,
)
from callcenter.regions.models import Region
from callcenter.settings import get_settings


async def volunteer_heads(session: AsyncSession, volunteers: Sequence[Volunteer]) -> list[VolunteerHead]:
    places = await _places(session, {one.community_id for one in volunteers})
    return [_head(one, places[one.community_id]) for one in volunteers]


def _head(one: Volunteer, place: str, *, whole: bool = False) -> VolunteerHead:
    return VolunteerHead(
        id=one.id, version=one.version, state=one.state, name=one.name, number_text=pretty(one.number) if whole else mask(one.number),
        age=_age(one), community_id=one.community_id, place=place, is_elder=one.elder_id is not None, skills=one.skills, languages=one.languages,
    )  # fmt: skip


def _age(one: Volunteer) -> int:
    return age_on(one.birth_date, clock.today(get_settings().timezone)) or 0


async def volunteer_view(session: AsyncSession, one: Volunteer) -> VolunteerView:
    places = await _places(session, {one.community_id})
    owner = await coins.owner_of(session, one)
    holder = Holder.ELDER if one.elder_id else Holder.VOLUNTEER
    centre = await get_values(session, get_settings())
    return VolunteerView(
        **_head(one, places[one.community_id], whole=True).model_dump(), birth_date=one.birth_date, number=one.number,
        has_id_number=one.id_number_index is not None, elder_id=one.elder_id,
        availability=[Availability(**hours) for hours in one.availability], note=one.note, state_at=one.state_at, state_reason=one.state_reason,
        trainings=[
            TrainingView(id=row.id, held_on=row.held_on, topic=row.topic, half_hours=row.half_hours, trainer=row.trainer)
            for row in await queries.list_trainings(session, one.id)
        ],
        coins=await balance_of(session, Ledger.TC, Whose(holder, owner), Pocket.AVAILABLE),
        counted=await queries.counted_in_all(session, one.id), may_spend_from=int(centre.number("coins_age")),
    )  # fmt: skip


async def visit_heads(session: AsyncSession, who: SignedIn, visits: Sequence[VolunteerVisit]) -> list[VisitHead]:
    elder_ids = {visit.elder_id for visit in visits}
    seen = await whole_for(session, who.actor, elder_ids)
    names = {row.id: row.name for row in await session.execute(select(Elder.id, Elder.name).where(Elder.id.in_(elder_ids)))}
    volunteers = {visit.volunteer_id for visit in visits if visit.volunteer_id}
    theirs = {row.id: row.name for row in await session.execute(select(Volunteer.id, Volunteer.name).where(Volunteer.id.in_(volunteers)))}
    places = await _places(session, {visit.community_id for visit in visits})
    return [
        VisitHead(
            id=visit.id, version=visit.version, number=visit.number, state=visit.state, way=visit.way, case_id=visit.case_id,
            elder_id=visit.elder_id, elder_name=names[visit.elder_id] if visit.elder_id in seen else mask_name(names[visit.elder_id]),
            place=places[visit.community_id], item_code=visit.item_code, title=visit.title, low_risk=visit.low_risk, wanted_from=visit.wanted_from,
            half_hours=visit.half_hours, pays=visit.pays, volunteer_id=visit.volunteer_id,
            volunteer_name=theirs.get(visit.volunteer_id, "") if visit.volunteer_id else "", attention=visit.attention,
            checked_in_at=visit.checked_in_at, checked_out_at=visit.checked_out_at, proved=_proved(visit), counted=visit.counted,
            donated=visit.donated, paid=visit.paid, whole=visit.elder_id in seen,
        )
        for visit in visits
    ]  # fmt: skip


def _proved(visit: VolunteerVisit) -> int | None:
    if visit.checked_in_at is None or visit.checked_out_at is None:
        return None
    return half_hours_of(visit.checked_in_at, visit.checked_out_at)


async def visit_view(session: AsyncSession, who: SignedIn, visit: VolunteerVisit) -> VisitView:
    (head,) = await visit_heads(session, who, [visit])
    return VisitView(
        **head.model_dump(), notes=visit.notes if head.whole else "", reason=visit.reason if head.whole else "",
        service_code=visit.service_code if head.whole else "", proofs_needed=await doing.needed_for(session, visit),
        proofs=[ProofView(phase=row.phase, kind=row.kind, at=row.at, metres=row.metres, near=row.near) for row in await queries.list_proofs(session, visit.id)],
        events=[
            EventView(at=row.at, kind=row.kind, state=row.state, actor_name=row.actor_name)
            for row in await queries.list_events(session, visit.id)
        ],
    )  # fmt: skip


async def candidates(session: AsyncSession, visit: VolunteerVisit) -> list[VolunteerCandidate]:
    found = await queries.list_fits(session, visit)
    places = await _places(session, {one.community_id for one, _ in found})
    declined = set(visit.declined)
    return [
        VolunteerCandidate(
            volunteer_id=one.id, name=one.name, age=_age(one), place=places[one.community_id], may=fit.may, out=list(fit.out),
            minus=[*fit.minus, *(["declined"] if str(one.id) in declined else [])],
        )
        for one, fit in found
    ]  # fmt: skip


async def coins_view(session: AsyncSession, elder_id: uuid.UUID) -> CoinsView:
    centre, today = await get_values(session, get_settings()), clock.today(get_settings().timezone)
    hers = Whose(Holder.ELDER, elder_id)
    born = await session.scalar(select(Elder.birth_date).where(Elder.id == elder_id))
    age = int(centre.number("coins_age"))
    return CoinsView(
        available=await balance_of(session, Ledger.TC, hers, Pocket.AVAILABLE), reserved=await balance_of(session, Ledger.TC, hers, Pocket.RESERVED),
        frozen=await balance_of(session, Ledger.TC, hers, Pocket.FROZEN), cap=int(centre.number("coins_cap")),
        given_this_year=await coins.given_in(session, elder_id, today.year), gift_year=int(centre.number("coins_gift_year")),
        may_spend=may_spend(born, today, age), spends_from=age, fund=await balance_of(session, Ledger.TC, FUND, Pocket.MAIN),
    )  # fmt: skip


async def _places(session: AsyncSession, ids: set[uuid.UUID]) -> dict[uuid.UUID, str]:
    return {row.id: row.name for row in await session.execute(select(Region.id, Region.name).where(Region.id.in_(ids)))}
