"""A visit before the door: asked on a case, offered, taken, given back, cancelled. Everybody locks case, visit, volunteer, members, accounts.

Its own aggregate beside `dispatch.orders`: an order belongs to a store, is billed, settled and claimed from payers; a volunteer is a person
without a store, without a price, and without an app. Proofs and their rules are the same.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.cases.actions import LinkedTo, add_entry, count_order, lock_case, open_case, own_case, set_outcome
from callcenter.cases.models import Case
from callcenter.cases.states import Severity
from callcenter.catalog.models import VolunteerPart
from callcenter.catalog.queries import get_item_in_force
from callcenter.dispatch.numbers import get_hotline
from callcenter.dispatch.orders.words import clock_time
from callcenter.elders.models import Elder, Presence
from callcenter.elders.queries import current_id, get_elder, list_numbers
from callcenter.elders.rules import door_text
from callcenter.kit import clock
from callcenter.kit.errors import Conflict, Invalid, NotFound
from callcenter.kit.ids import new_id
from callcenter.messaging.actions import queue_for_all
from callcenter.messaging.port import About, Channel
from callcenter.points.volunteers import coins
from callcenter.points.volunteers.models import Volunteer, VolunteerEvent, VolunteerVisit, volunteer_visit_number_seq
from callcenter.points.volunteers.people import lock_volunteer
from callcenter.points.volunteers.queries import fit_of, list_fits
from callcenter.points.volunteers.rules import HALF_HOUR
from callcenter.points.volunteers.schemas import AskVisit
from callcenter.points.volunteers.states import OVER, VISIT, Pays, VisitState, VolunteerState, Way
from callcenter.regions.models import Region
from callcenter.settings import get_settings

FURTHEST = timedelta(days=60)
ARRANGED = "helped"  # the outcome of a case that was opened for a visit alone
MOST_TOLD = 10  # volunteers who get a text message of one visit on the list


async def lock_visit(session: AsyncSession, visit_id: uuid.UUID) -> tuple[Case, VolunteerVisit]:
    """The case first, then the visit."""
    case_id = await session.scalar(select(VolunteerVisit.case_id).where(VolunteerVisit.id == visit_id))
    if case_id is None:
        raise NotFound("there is no such visit", code="no_such_visit")
    case = await lock_case(session, case_id)
    found = select(VolunteerVisit).where(VolunteerVisit.id == visit_id).with_for_update().execution_options(populate_existing=True)
    return case, (await session.scalars(found)).one()


def check_version(visit: VolunteerVisit, seen: int) -> None:
    if visit.version != seen:
        raise Conflict("somebody else has changed it meanwhile; look again", code="visit_changed", details={"version": visit.version})


async def write_visit_event(
    session: AsyncSession, actor: Actor, visit: VolunteerVisit, kind: str, data: dict[str, Any] | None = None, *, text: str = ""
) -> None:
    """The visit's history, the case's timeline and the audit. `data` holds nothing private; `text` may."""
    at, told = clock.now(), data or {}
    session.add(
        VolunteerEvent(
            id=new_id(), visit_id=visit.id, at=at, kind=kind, state=visit.state, actor_id=actor.id, actor_name=actor.name, data=told
        )
    )
    by = actor if actor.kind == "user" else None
    about = {"visit_id": str(visit.id), "number": visit.number, "items": visit.title}
    await add_entry(session, visit.case_id, f"volunteer_{kind}", actor=by, text=text, data={**about, **told}, at=at)
    await audit(session, actor, f"visit:{kind.replace('_', '-')}", visit.id, details=told)


async def move_visit(
    session: AsyncSession,
    actor: Actor,
    case: Case,
    visit: VolunteerVisit,
    to: VisitState,
    kind: str,
    data: dict[str, Any] | None = None,
    *,
    text: str = "",
) -> None:
    """Precondition: both are locked. IllegalMove changes nothing."""
    VISIT.check(visit.state, to)
    visit.state = to
    visit.version += 1
    if to in OVER:
        visit.over_at = clock.now()
    await session.flush()
    await write_visit_event(session, actor, visit, kind, data, text=text)
    if to in OVER:
        await count_order(session, case, -1)


# --- asking --------------------------------------------------------------------------------------------------------------


async def ask(
    session: AsyncSession, actor: Actor, asked: AskVisit, *, elder_id: uuid.UUID, case_id: uuid.UUID | None = None
) -> VolunteerVisit:
    """For this elder, on her case or on one of its own. With a volunteer named she is asked at once; else it stands on the list, and who fits is told.

    Invalid `no_low_risk_part`, `wanted_past`, `wanted_too_far`; Conflict `item_switched_off`, `elder_deceased`, `volunteer_unfit`, `wrong_case`, what
    `coins.check_coins` says (only when coins are insisted on).
    """
    elder = await get_elder(session, await current_id(session, elder_id))
    now = clock.now()
    if elder.presence is Presence.DECEASED:
        raise Conflict("she has died", code="elder_deceased")
    if asked.wanted_from < now - timedelta(minutes=5):
        raise Invalid("that time is over", code="wanted_past")
    if asked.wanted_from > now + FURTHEST:
        raise Invalid("that is too far ahead", code="wanted_too_far", details={"days": FURTHEST.days})
    item = await get_item_in_force(session, asked.item, elder.community_id)
    if item.volunteer is VolunteerPart.NO:
        raise Invalid(f"{item.code} has no part for volunteers", code="no_low_risk_part", details={"item": item.code})
    if not item.active:
        raise Conflict(f"{item.code} is not offered there at present", code="item_switched_off", details={"code": item.code})
    case, own = await _case_for(session, actor, elder, case_id)
    serial = await session.scalar(select(volunteer_visit_number_seq.next_value()))
    day = now.astimezone(ZoneInfo(get_settings().timezone))
    visit = VolunteerVisit(
        id=new_id(), number=f"Z{day:%y%m%d}-{serial:04}", case_id=case.id, elder_id=elder.id, community_id=elder.community_id, state=VisitState.ASKED,
        way=Way.TAKEN, item_id=item.item_id, item_code=item.code, title=item.name_zh, low_risk=item.volunteer is VolunteerPart.LOW_RISK,
        wanted_from=asked.wanted_from, half_hours=asked.half_hours, notes=asked.notes, pays=Pays.FREE, asked_at=now, declined=[], reason="",
        asked_by=actor.id if actor.kind == "user" else None, service_code=f"{secrets.randbelow(1_000_000):06}", donated=0, paid=0, code_tries=0,
        attention="",
    )  # fmt: skip
    session.add(visit)
    await session.flush()
    await count_order(session, case, 1)
    if own:
        await set_outcome(session, actor, case.id, outcome=ARRANGED, note="")
    await write_visit_event(session, actor, visit, "asked", {"item": visit.item_code, "half_hours": visit.half_hours})
    if asked.volunteer_id is not None:
        await _offer(session, actor, case, visit, asked.volunteer_id, Way.NAMED)
    await _choose_payment(session, actor, visit, asked.pays)
    if asked.volunteer_id is None:
        await _tell_list(session, visit)
    return visit


async def _case_for(session: AsyncSession, actor: Actor, elder: Elder, case_id: uuid.UUID | None) -> tuple[Case, bool]:
    if case_id is not None:
        case = await lock_case(session, case_id)
        if case.elder_id is None or await current_id(session, case.elder_id) != elder.id:
            raise Conflict("this case is somebody else's", code="wrong_case")
        return case, False
    opened = await open_case(
        session, elder_id=elder.id, caller_key=None, is_sos=False, severity=Severity.N2, linked=LinkedTo(None), at=clock.now(), data={},
        kind="volunteer_case",
    )  # fmt: skip
    return await own_case(session, actor, opened.id), True


async def _choose_payment(session: AsyncSession, actor: Actor, visit: VolunteerVisit, asked: str) -> None:
    if asked == "free":
        return
    try:
        await coins.check_coins(session, visit.elder_id, visit.half_hours)
    except Conflict:
        if asked == "coins":
            raise
        return
    visit.pays = Pays.COINS
    await coins.reserve_for(session, actor, visit)
    await session.flush()


# --- who does it ---------------------------------------------------------------------------------------------------------


async def offer(session: AsyncSession, actor: Actor, visit_id: uuid.UUID, *, version: int, volunteer_id: uuid.UUID) -> VolunteerVisit:
    """派单: the centre chooses. Conflict `volunteer_unfit` says why."""
    case, visit = await lock_visit(session, visit_id)
    check_version(visit, version)
    await _offer(session, actor, case, visit, volunteer_id, Way.ASSIGNED)
    return visit


async def answer(session: AsyncSession, actor: Actor, visit_id: uuid.UUID, *, version: int, accepted: bool) -> VolunteerVisit:
    """What the volunteer who was asked told the agent. A no puts the visit on the list again."""
    case, visit = await lock_visit(session, visit_id)
    check_version(visit, version)
    if visit.state is not VisitState.OFFERED:
        VISIT.check(visit.state, VisitState.ACCEPTED if accepted else VisitState.ASKED)
        raise Conflict("nobody is asked at the moment", code="not_offered")
    if accepted:
        assert visit.volunteer_id is not None
        await _accept(session, actor, case, visit, visit.volunteer_id)
    else:
        await _back_to_list(session, actor, case, visit, "declined")
    return visit


async def take(session: AsyncSession, actor: Actor, visit_id: uuid.UUID, *, version: int, volunteer_id: uuid.UUID) -> VolunteerVisit:
    """接单: a volunteer calls and takes it from the list; the first one has it."""
    case, visit = await lock_visit(session, visit_id)
    check_version(visit, version)
    if visit.state is not VisitState.ASKED:
        raise Conflict("somebody else has it", code="visit_taken", details={"state": visit.state})
    visit.way = Way.TAKEN
    await _accept(session, actor, case, visit, volunteer_id)
    return visit


async def release(session: AsyncSession, actor: Actor, visit_id: uuid.UUID, *, version: int, note: str) -> VolunteerVisit:
    """She can't come after all."""
    case, visit = await lock_visit(session, visit_id)
    check_version(visit, version)
    await _back_to_list(session, actor, case, visit, "given_back", text=note)
    return visit


async def cancel(session: AsyncSession, actor: Actor, visit_id: uuid.UUID, *, version: int, note: str) -> VolunteerVisit:
    """Before the door. Reserved coins are hers again."""
    case, visit = await lock_visit(session, visit_id)
    check_version(visit, version)
    visit.reason = note
    await move_visit(session, actor, case, visit, VisitState.CANCELLED, "cancelled", text=note)
    await coins.give_back(session, actor, visit)
    await _tell_volunteer(session, visit, "volunteer_cancelled", {"when": clock_time(visit.wanted_from), "item": visit.title})
    return visit


async def _offer(session: AsyncSession, actor: Actor, case: Case, visit: VolunteerVisit, volunteer_id: uuid.UUID, way: Way) -> None:
    await _must_fit(session, visit, volunteer_id)
    visit.volunteer_id, visit.way = volunteer_id, way
    await move_visit(session, actor, case, visit, VisitState.OFFERED, "offered", {"volunteer_id": str(volunteer_id), "way": str(way)})
    await _tell_volunteer(session, visit, "volunteer_asked", await _about(session, visit))


async def _accept(session: AsyncSession, actor: Actor, case: Case, visit: VolunteerVisit, volunteer_id: uuid.UUID) -> None:
    await _must_fit(session, visit, volunteer_id)
    visit.volunteer_id, visit.accepted_at = volunteer_id, clock.now()
    await move_visit(session, actor, case, visit, VisitState.ACCEPTED, "accepted", {"volunteer_id": str(volunteer_id)})
    elder = await get_elder(session, visit.elder_id)
    address = f"{elder.street_address}{door_text(elder.building, elder.unit, elder.door)}"
    params = {
        "item": visit.title, "when": clock_time(visit.wanted_from), "name": elder.name, "address": address, "phone": await get_hotline(session),
    }  # fmt: skip
    await _tell_volunteer(session, visit, "volunteer_details", params)
    await _tell_elder(session, visit)


async def _back_to_list(session: AsyncSession, actor: Actor, case: Case, visit: VolunteerVisit, kind: str, *, text: str = "") -> None:
    left = visit.volunteer_id
    if visit.state not in (VisitState.OFFERED, VisitState.ACCEPTED):
        VISIT.check(visit.state, VisitState.ASKED)
    if left is not None:
        visit.declined = [*visit.declined, str(left)]
    visit.volunteer_id = visit.accepted_at = None
    visit.service_code, visit.code_tries = f"{secrets.randbelow(1_000_000):06}", 0  # whoever comes next has a code of her own
    await move_visit(session, actor, case, visit, VisitState.ASKED, kind, {"volunteer_id": str(left)}, text=text)
    await _tell_list(session, visit)


async def _must_fit(session: AsyncSession, visit: VolunteerVisit, volunteer_id: uuid.UUID) -> Volunteer:
    """Locked. Two visits at the same time are not accepted by one volunteer."""
    volunteer = await lock_volunteer(session, volunteer_id)
    fit = await fit_of(session, visit, volunteer)
    if not fit.may:
        raise Conflict("she can't do this visit", code="volunteer_unfit", details={"out": list(fit.out)})
    return volunteer


# --- telling -------------------------------------------------------------------------------------------------------------


async def _about(session: AsyncSession, visit: VolunteerVisit) -> dict[str, str]:
    area = (await session.scalars(select(Region.name).where(Region.id == visit.community_id))).one()
    return {
        "item": visit.title, "area": area, "when": clock_time(visit.wanted_from), "minutes": str(visit.half_hours * 30),
        "phone": await get_hotline(session),
    }  # fmt: skip


async def _text(session: AsyncSession, visit: VolunteerVisit, to: dict[str, str], template: str, params: dict[str, str]) -> set[str]:
    """Those of the keys whose number takes text messages."""
    until = max(visit.wanted_from + visit.half_hours * HALF_HOUR, clock.now() + timedelta(minutes=30))
    about = About("case", str(visit.case_id))
    return await queue_for_all(session, to, channel=Channel.SMS, template=template, params=params, about=about, deadline=until)


async def _tell_volunteer(session: AsyncSession, visit: VolunteerVisit, template: str, params: dict[str, str]) -> None:
    """A landline gets nothing: the agent who arranges it has her on the telephone."""
    if visit.volunteer_id is not None:
        number = (await session.scalars(select(Volunteer.number).where(Volunteer.id == visit.volunteer_id))).one()
        await _text(session, visit, {f"visit:{visit.id}:{visit.version}:{template}": number}, template, params)


async def _tell_list(session: AsyncSession, visit: VolunteerVisit) -> None:
    """The volunteers who fit best hear that somebody is looked for."""
    best: Sequence[Volunteer] = [volunteer for volunteer, fit in await list_fits(session, visit) if fit.may and not fit.minus][:MOST_TOLD]
    to = {f"visit:{visit.id}:{visit.version}:list:{one.id}": one.number for one in best if one.state is VolunteerState.ACTIVE}
    if to:
        await _text(session, visit, to, "volunteer_asked", await _about(session, visit))


async def _tell_elder(session: AsyncSession, visit: VolunteerVisit) -> None:
    """The code that she reads out at the door; where no text message goes, an agent tells her."""
    params = {"when": clock_time(visit.wanted_from), "item": visit.title, "code": visit.service_code}
    visit.attention = "tell_elder"
    for number in await list_numbers(session, visit.elder_id):
        key = f"visit:{visit.id}:{visit.version}:code"
        if await _text(session, visit, {key: number.e164}, "service_code", params):
            visit.attention = ""
            break
    await session.flush()
