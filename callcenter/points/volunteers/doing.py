"""At the door and after it: proofs, the elder's word, what counts. Without an app of her own the volunteer calls the centre, and an agent writes.

Times are always the moment in which the proof was given: nobody enters hours afterwards, a supervisor's decision on a dispute can only take less.
"""

from __future__ import annotations

import secrets
import uuid
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.calls.models import Call
from callcenter.cases.models import Case
from callcenter.catalog.queries import get_item_by_id
from callcenter.centre.queries import get_values
from callcenter.dispatch.orders.errors import CodeLocked, CodeWrong
from callcenter.dispatch.orders.models import Phase, ProofKind
from callcenter.dispatch.orders.rules import CODE_TRIES, metres_between, proofs_hold, proofs_needed
from callcenter.dispatch.orders.schemas import Position
from callcenter.elders.models import Elder
from callcenter.elders.queries import list_numbers
from callcenter.kit import clock
from callcenter.kit.errors import Conflict, Invalid, Recorded
from callcenter.kit.ids import new_id
from callcenter.points.earning.actions import earn_for_volunteering
from callcenter.points.volunteers import coins
from callcenter.points.volunteers.models import Volunteer, VolunteerHours, VolunteerProof, VolunteerVisit
from callcenter.points.volunteers.people import lock_volunteer
from callcenter.points.volunteers.queries import counted_on, kinds_of, sessions_of
from callcenter.points.volunteers.rules import HALF_HOUR, by_day, capped, half_hours_of, overlap
from callcenter.points.volunteers.schemas import ProveVisit
from callcenter.points.volunteers.states import VISIT, VisitState
from callcenter.points.volunteers.visits import check_version, lock_visit, move_visit, write_visit_event
from callcenter.settings import get_settings

CALL_IS_FRESH = timedelta(minutes=30)
UNPROVED = "position_unproved"


class Overlap(Recorded, Conflict):
    """She is checked in elsewhere; it is written down for whoever looks into fraud."""

    code = "session_overlap"


async def prove(session: AsyncSession, actor: Actor, visit_id: uuid.UUID, proof: ProveVisit) -> VolunteerVisit:
    """Kept once. The first check-in proof begins the visit, the first check-out proof ends it.

    `code_wrong` (five lock it: `code_locked`), `not_her_phone`, `wrong_stage`, `session_overlap`.
    """
    case, visit = await lock_visit(session, visit_id)
    _must_be_at(visit, proof.phase)
    volunteer = await _volunteer(session, visit)
    if proof.kind is ProofKind.SERVICE_CODE:
        await _check_code(session, actor, visit, proof.code or "")
    elif proof.kind is ProofKind.ELDER_PHONE:
        await _check_call(session, visit, proof.call_id)
    if proof.phase is Phase.CHECK_IN and visit.state is VisitState.ACCEPTED:
        await _refuse_overlap(session, actor, visit, volunteer)
    metres, near = await _distance(session, visit, proof.position)
    row = pg_insert(VolunteerProof).values(
        id=new_id(), visit_id=visit.id, phase=proof.phase, kind=proof.kind, at=clock.now(), by_id=actor.id if actor.kind == "user" else None,
        call_id=proof.call_id, note=proof.note, metres=metres, near=near,
    )  # fmt: skip
    if (await session.execute(row.on_conflict_do_nothing().returning(VolunteerProof.id))).first() is None:
        return visit
    about: dict[str, Any] = {"kind": str(proof.kind), "volunteer_id": str(volunteer.id)}
    if near is not None:
        about |= {"metres": metres, "near": near}
        if not near and not visit.attention:
            visit.attention = UNPROVED
    if proof.phase is Phase.CHECK_IN and visit.state is VisitState.ACCEPTED:
        visit.checked_in_at = clock.now()
        await move_visit(session, actor, case, visit, VisitState.CHECKED_IN, "checked_in", about)
    elif proof.phase is Phase.CHECK_OUT and visit.state is VisitState.CHECKED_IN:
        visit.checked_out_at = clock.now()
        await move_visit(session, actor, case, visit, VisitState.CHECKED_OUT, "checked_out", about)
    else:
        visit.version += 1
        await write_visit_event(session, actor, visit, "proof", {**about, "phase": str(proof.phase)})
        await session.flush()
    return visit


async def renew_code(session: AsyncSession, actor: Actor, visit_id: uuid.UUID, *, version: int) -> VolunteerVisit:
    """The agent has spoken with the elder and tells her the new one."""
    _, visit = await lock_visit(session, visit_id)
    check_version(visit, version)
    if visit.state not in (VisitState.ACCEPTED, VisitState.CHECKED_IN, VisitState.CHECKED_OUT):
        raise Conflict("there is no code to tell", code="wrong_stage", details={"state": visit.state})
    visit.service_code, visit.code_tries, visit.attention = f"{secrets.randbelow(1_000_000):06}", 0, ""
    visit.version += 1
    await write_visit_event(session, actor, visit, "code_renewed")
    await session.flush()
    return visit


async def confirm(session: AsyncSession, actor: Actor, visit_id: uuid.UUID, *, version: int, note: str) -> VolunteerVisit:
    """The elder has said that it was so. Conflict `proof_missing`."""
    case, visit = await lock_visit(session, visit_id)
    check_version(visit, version)
    if visit.state is not VisitState.CHECKED_OUT:
        VISIT.check(visit.state, VisitState.CONFIRMED)
        raise Conflict("a supervisor decides on it", code="disputed")
    if missing := await missing_of(session, visit):
        raise Conflict("a proof is missing; get it, or let a supervisor decide", code="proof_missing", details={"missing": missing})
    assert visit.checked_in_at is not None and visit.checked_out_at is not None
    await _count(session, actor, case, visit, half_hours_of(visit.checked_in_at, visit.checked_out_at), "confirmed", note)
    return visit


async def dispute(session: AsyncSession, actor: Actor, visit_id: uuid.UUID, *, version: int, note: str) -> VolunteerVisit:
    """The elder says otherwise, or nobody checked out. A supervisor decides."""
    case, visit = await lock_visit(session, visit_id)
    check_version(visit, version)
    visit.reason = note
    visit.checked_out_at = visit.checked_out_at or (clock.now() if visit.checked_in_at else None)
    await move_visit(session, actor, case, visit, VisitState.DISPUTED, "disputed", text=note)
    return visit


async def decide(session: AsyncSession, actor: Actor, visit_id: uuid.UUID, *, version: int, half_hours: int, reason: str) -> VolunteerVisit:
    """A supervisor's word: so much counts, of what lay between the two proofs; or nothing. Invalid `more_than_there_was`; Conflict `session_overlap`."""
    case, visit = await lock_visit(session, visit_id)
    check_version(visit, version)
    if visit.state is not VisitState.DISPUTED:
        VISIT.check(visit.state, VisitState.REFUSED)
    visit.reason = reason
    if half_hours == 0:
        await move_visit(session, actor, case, visit, VisitState.REFUSED, "refused", text=reason)
        await coins.give_back(session, actor, visit)
        return visit
    assert visit.checked_in_at is not None and visit.checked_out_at is not None
    most = half_hours_of(visit.checked_in_at, visit.checked_out_at)
    if half_hours > most:
        raise Invalid("that is more than lies between the two", code="more_than_there_was", details={"most": most})
    await _count(session, actor, case, visit, half_hours, "decided", reason)
    return visit


async def missing_of(session: AsyncSession, visit: VolunteerVisit) -> list[str]:
    needed = await needed_for(session, visit)
    return [f"check_{phase}" for phase in Phase if not proofs_hold(await kinds_of(session, visit.id, phase), needed)]


async def needed_for(session: AsyncSession, visit: VolunteerVisit) -> int:
    """As everywhere: two for personal care, one otherwise."""
    return proofs_needed(is_subsidised=False, categories={(await get_item_by_id(session, visit.item_id)).category})


async def _count(session: AsyncSession, actor: Actor, case: Case, visit: VolunteerVisit, half_hours: int, kind: str, note: str) -> None:
    """Each day up to its cap, beside her other visits: her row is locked, so two confirmations at once see each other."""
    volunteer = await _volunteer(session, visit)
    assert visit.checked_in_at is not None
    settings = get_settings()
    ended = visit.checked_in_at + half_hours * HALF_HOUR
    for began, until in await sessions_of(session, volunteer.id, but=visit.id):
        if half_hours and overlap(visit.checked_in_at, ended, began, until):
            raise Conflict("another visit of hers lies in that time", code="session_overlap")
    most = int((await get_values(session, settings, at=visit.checked_out_at)).number("coins_day"))
    wanted = by_day(visit.checked_in_at, half_hours, settings.timezone)
    days = capped(wanted, {day: await counted_on(session, volunteer.id, day) for day in wanted}, most)
    for day, number in days.items():
        session.add(VolunteerHours(visit_id=visit.id, day=day, volunteer_id=volunteer.id, half_hours=number))
    counts = sum(days.values())
    settled = await coins.settle(session, actor, visit, volunteer, counts)
    if counts:
        await earn_for_volunteering(session, actor, settled.member, counts, str(visit.id), _day_of(visit.checked_in_at))
    if visit.attention == UNPROVED:
        visit.attention = ""  # the elder, or a supervisor, has said that she was there
    visit.counted, visit.paid, visit.donated = counts, settled.paid, settled.donated
    about = {"half_hours": counts, "proved": half_hours, "donated": visit.donated, "paid": visit.paid}
    await move_visit(session, actor, case, visit, VisitState.CONFIRMED, kind, about, text=note)


async def _distance(session: AsyncSession, visit: VolunteerVisit, position: Position | None) -> tuple[int | None, bool | None]:
    """(metres, near). A position that is too far away, too vague, or of a door that nobody has put on the map, proves nothing and is kept as that: the
    volunteer is not sent home, and whoever confirms the visit sees it."""
    if position is None:
        return None, None
    home = (await session.execute(select(Elder.latitude, Elder.longitude).where(Elder.id == visit.elder_id))).one()
    if home.latitude is None or home.longitude is None:
        return None, False
    most = (await get_values(session, get_settings())).number("proof_metres")
    metres = metres_between((home.latitude, home.longitude), (position.latitude, position.longitude))
    return metres, metres <= most and position.accuracy_m <= most


def _day_of(at: datetime) -> date:
    return at.astimezone(ZoneInfo(get_settings().timezone)).date()


async def _volunteer(session: AsyncSession, visit: VolunteerVisit) -> Volunteer:
    if visit.volunteer_id is None:
        raise Conflict("nobody does it yet", code="wrong_stage", details={"state": visit.state})
    return await lock_volunteer(session, visit.volunteer_id)


def _must_be_at(visit: VolunteerVisit, phase: Phase) -> None:
    possible = (
        {VisitState.ACCEPTED, VisitState.CHECKED_IN, VisitState.CHECKED_OUT}
        if phase is Phase.CHECK_IN
        else {VisitState.CHECKED_IN, VisitState.CHECKED_OUT}
    )
    if visit.state not in possible:
        raise Conflict("not at this stage of the visit", code="wrong_stage", details={"state": visit.state, "phase": str(phase)})


async def _check_code(session: AsyncSession, actor: Actor, visit: VolunteerVisit, code: str) -> None:
    if visit.code_tries >= CODE_TRIES:
        raise CodeLocked("too many wrong codes; call the elder and make a new one")
    if not secrets.compare_digest(visit.service_code.encode(), code.encode()):
        visit.code_tries += 1
        left = CODE_TRIES - visit.code_tries
        if left == 0:
            visit.attention = "code_locked"
        visit.version += 1
        await write_visit_event(session, actor, visit, "code_wrong", {"left": left})
        await session.flush()
        raise CodeWrong("that is not the code", details={"left": left})
    visit.code_tries = 0


async def _check_call(session: AsyncSession, visit: VolunteerVisit, call_id: uuid.UUID | None) -> None:
    """A call that goes on or has just been, and came from one of her telephones."""
    call = await session.get(Call, call_id) if call_id else None
    fresh = call is not None and (call.ended_at is None or call.ended_at > clock.now() - CALL_IS_FRESH)
    numbers = {number.e164 for number in await list_numbers(session, visit.elder_id)}
    if call is None or not fresh or call.channel_id is None or call.caller_key not in numbers:
        raise Invalid("this call does not come from the elder's telephone", code="not_her_phone")


async def _refuse_overlap(session: AsyncSession, actor: Actor, visit: VolunteerVisit, volunteer: Volunteer) -> None:
    other = await session.scalar(
        select(VolunteerVisit.id).where(VolunteerVisit.volunteer_id == volunteer.id, VolunteerVisit.state == VisitState.CHECKED_IN)
    )
    if other is not None:
        visit.attention = "overlap"
        visit.version += 1
        await write_visit_event(session, actor, visit, "overlap", {"volunteer_id": str(volunteer.id), "other_visit_id": str(other)})
        await session.flush()
        raise Overlap("she is checked in elsewhere; check her out there first")
