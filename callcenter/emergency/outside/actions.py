"""All writes of hand-overs. Everybody locks the case, then its emergency, then the hand-over, then what hangs on it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from callcenter.accounts.actor import Actor, system
from callcenter.accounts.audit import audit
from callcenter.cases.actions import add_entry
from callcenter.cases.models import Case
from callcenter.elders.models import Elder
from callcenter.emergency.actions import drop_deadline, lock_emergency, meet_deadline, raise_alarm, set_deadline, touch_emergency
from callcenter.emergency.models import Emergency
from callcenter.emergency.outside.city import tell_city
from callcenter.emergency.outside.links import end_links, make_link, renew_links
from callcenter.emergency.outside.loading import Answers, load_facts
from callcenter.emergency.outside.models import OutsideHandover, OutsideLink, OutsideReport, OutsideService
from callcenter.emergency.outside.packet import build, digest_of
from callcenter.emergency.outside.rules import LOOK_EVERY, after_news
from callcenter.emergency.outside.schemas import OfferHandover, Told
from callcenter.emergency.outside.services import check_agency, checked_mobile, resolve_agency
from callcenter.emergency.outside.states import ACCEPT_WITHIN, HANDOVER_OUT, OF_STATE, OPEN_OUT, HandoverOutState, ReportKind, Source
from callcenter.emergency.rules import ARRIVAL
from callcenter.emergency.states import EmergencyState
from callcenter.kit import clock
from callcenter.kit.errors import Conflict, Invalid, NotFound
from callcenter.kit.ids import new_id

S = HandoverOutState
CREW, CITY, OVER = system("crew"), system("city"), system("emergency")
ACTORS = {Source.CREW: CREW, Source.CITY: CITY, Source.SYSTEM: OVER}
_TIMES = {
    S.ACCEPTED: "accepted_at",
    S.DISPATCHED: "dispatched_at",
    S.ARRIVED: "arrived_at",
    S.REJECTED: "rejected_at",
    S.CLOSED: "closed_at",
}


def deadline_of(handover: OutsideHandover) -> str:
    return f"handover:{handover.agency.value}"


async def offer_handover(
    session: AsyncSession, actor: Actor, case_id: uuid.UUID, offer: OfferHandover, *, answers: Answers
) -> tuple[OutsideHandover, OutsideLink | None]:
    """A person of the centre hands over. Conflict `handover_open` while one to this agency is open; Invalid `not_for_emergencies` for 12345."""
    assert actor.id is not None
    check_agency(offer.agency, is_emergency=True)
    mobile = checked_mobile(offer.mobile)
    case, emergency = await lock_emergency(session, case_id)
    if emergency.state is not EmergencyState.OPEN:
        raise Conflict("this emergency is over", code="emergency_over")
    community = await session.scalar(select(Elder.community_id).where(Elder.id == case.elder_id)) if case.elder_id else None
    service = await resolve_agency(session, community, offer.agency)
    now = clock.now()
    handover_id = new_id()
    facts = await load_facts(
        session, case, emergency, handover_id=handover_id, agency=offer.agency, service=service, offered_at=now, offered_by_id=actor.id,
        note=offer.note, answers=await answers(session, case_id),
    )  # fmt: skip
    packet = build(facts, version=1, at=now)
    row = pg_insert(OutsideHandover).values(
        id=handover_id, version=1, emergency_id=emergency.id, case_id=case_id, agency=offer.agency, service_id=service.id, state=S.OFFERED,
        offered_at=now, offered_by_id=actor.id, call_id=offer.call_id, leg_id=offer.leg_id, confirmed_by="", reference="", reason="", outcome="",
        note=offer.note, packet=packet, packet_digest=digest_of(packet), packet_version=1, packet_at=now, look_at=now + LOOK_EVERY, city="none",
    )  # fmt: skip
    made = await session.scalar(
        row.on_conflict_do_nothing(
            index_elements=["emergency_id", "agency"], index_where=text("state IN ('offered', 'accepted', 'dispatched', 'arrived')")
        ).returning(OutsideHandover.id)
    )
    if made is None:
        raise Conflict("it is handed over to them already", code="handover_open", details={"agency": offer.agency})
    handover = await get_locked(session, handover_id)
    await add_entry(session, case_id, "handover_offered", actor=actor, data=_said(handover, now, Source.AGENT))
    await set_deadline(session, emergency, deadline_of(handover), now + ACCEPT_WITHIN)
    await audit(session, actor, "handover_out:offered", handover.id, details={"agency": offer.agency})
    if case.elder_id is not None:
        details = {"health": True, "agency": offer.agency, "handover": str(handover.id)}
        await audit(session, actor, "elder:handed_over", case.elder_id, purpose=f"case:{case_id}", details=details)
    await tell_city(session, handover, "offered")
    link = None
    if mobile or service.mobile:
        link = await make_link(session, actor, handover, mobile=mobile or service.mobile)
    await touch_emergency(session, emergency)
    return handover, link


async def tell_state(session: AsyncSession, actor: Actor, handover_id: uuid.UUID, told: Told) -> OutsideHandover:
    """By an agent, who was told it on the telephone. An illegal move is refused with the state it met."""
    case, emergency, handover = await lock_handover(session, handover_id)
    if told.state is S.REJECTED and not told.reason:
        raise Invalid("say why they can't", code="reason_needed", details={"field": "reason"})
    if told.state is S.CLOSED and not told.outcome:
        raise Invalid("say how it ended", code="outcome_needed", details={"field": "outcome"})
    HANDOVER_OUT.check(handover.state, told.state)
    await _move(session, actor, case, emergency, handover, told)
    await touch_emergency(session, emergency)
    return handover


async def add_link(session: AsyncSession, actor: Actor, handover_id: uuid.UUID, *, mobile: str) -> OutsideLink:
    """Another one, for another telephone. Those that were opened stay their crews'."""
    mobile = checked_mobile(mobile)
    _, emergency, handover = await lock_handover(session, handover_id)
    _must_be_open(handover)
    link = await make_link(session, actor, handover, mobile=mobile)
    await touch_emergency(session, emergency)
    return link


async def revoke_links(session: AsyncSession, actor: Actor, handover_id: uuid.UUID) -> OutsideHandover:
    """None of them opens anything any more, at once. Harmless twice."""
    case, emergency, handover = await lock_handover(session, handover_id)
    ended = await end_links(session, handover.id)
    if ended:
        await add_entry(session, case.id, "handover_links_ended", actor=actor, data={**_about(handover), "count": ended})
        await audit(session, actor, "handover_out:revoked", handover.id, details={"count": ended})
        await touch_emergency(session, emergency)
    return handover


async def apply_report(session: AsyncSession, report_id: uuid.UUID) -> None:
    """What came in from outside takes effect. Harmless twice, in any order, by two workers at once."""
    handover_id = await session.scalar(select(OutsideReport.handover_id).where(OutsideReport.id == report_id))
    if handover_id is None:
        return
    case, emergency, handover = await lock_handover(session, handover_id)
    report = await session.get_one(OutsideReport, report_id, with_for_update=True, populate_existing=True)
    if report.applied_at is not None:
        return
    actor = ACTORS[report.source]
    if report.kind in OF_STATE:
        words = report.words or {}
        told = Told(state=OF_STATE[report.kind], source=report.source, at=min(max(report.at, handover.offered_at), clock.now()), **words)
        report.result = await _take_news(session, actor, case, emergency, handover, told)
    else:
        report.result = await _take_look(session, actor, case, handover, report)
    report.applied_at, report.words = clock.now(), None  # kept encrypted with the hand-over
    await touch_emergency(session, emergency)


async def refresh_packet(session: AsyncSession, handover_id: uuid.UUID, *, answers: Answers) -> bool:
    """Compared with the records it was made of; when they say something else, everybody who has it gets the new one. Whether that was so."""
    case, emergency, handover = await lock_handover(session, handover_id)
    now = clock.now()
    if handover.state not in OPEN_OUT:
        handover.look_at = None
        return False
    handover.look_at = now + LOOK_EVERY
    service = await session.get_one(OutsideService, handover.service_id)
    facts = await load_facts(
        session, case, emergency, handover_id=handover.id, agency=handover.agency, service=service, offered_at=handover.offered_at,
        offered_by_id=handover.offered_by_id, note=handover.note, answers=await answers(session, case.id),
    )  # fmt: skip
    packet = build(facts, version=handover.packet_version + 1, at=now)
    digest = digest_of(packet)
    if digest == handover.packet_digest:
        return False
    handover.packet, handover.packet_digest, handover.packet_at = packet, digest, now
    handover.packet_version += 1
    handover.version += 1
    await session.flush()
    await renew_links(session, handover)
    await tell_city(session, handover, "updated")
    await add_entry(session, case.id, "handover_updated", data={**_about(handover), "packet": handover.packet_version})
    await touch_emergency(session, emergency)
    return True


async def close_over(session: AsyncSession, handover_id: uuid.UUID) -> None:
    """The emergency has ended, and with it what was handed over."""
    case, emergency, handover = await lock_handover(session, handover_id)
    if handover.state in OPEN_OUT and emergency.state is EmergencyState.CLOSED:
        told = Told(state=S.CLOSED, source=Source.SYSTEM, at=clock.now(), outcome=emergency.outcome)
        await _move(session, OVER, case, emergency, handover, told)
        await touch_emergency(session, emergency)


# --- parts --------------------------------------------------------------------------------------------------------------------------------


async def lock_handover(session: AsyncSession, handover_id: uuid.UUID) -> tuple[Case, Emergency, OutsideHandover]:
    case_id = await session.scalar(select(OutsideHandover.case_id).where(OutsideHandover.id == handover_id))
    if case_id is None:
        raise NotFound("no such hand-over", code="handover_not_found")
    case, emergency = await lock_emergency(session, case_id)
    return case, emergency, await get_locked(session, handover_id)


async def get_locked(session: AsyncSession, handover_id: uuid.UUID) -> OutsideHandover:
    statement = select(OutsideHandover).where(OutsideHandover.id == handover_id).options(undefer(OutsideHandover.packet)).with_for_update()
    return (await session.execute(statement.execution_options(populate_existing=True))).scalar_one()


def _must_be_open(handover: OutsideHandover) -> None:
    if handover.state not in OPEN_OUT:
        raise Conflict("this hand-over is over", code="handover_over", details={"state": handover.state})


def _about(handover: OutsideHandover) -> dict[str, Any]:
    return {"handover_id": str(handover.id), "agency": handover.agency.value}


def _said(handover: OutsideHandover, at: datetime, source: Source) -> dict[str, Any]:
    """For the timeline: seconds since it was offered."""
    return {**_about(handover), "by": source.value, "seconds": round((at - handover.offered_at).total_seconds(), 1)}


async def _move(session: AsyncSession, actor: Actor, case: Case, emergency: Emergency, handover: OutsideHandover, told: Told) -> None:
    """Precondition: all are locked, and the move is legal. The caller touches the emergency."""
    handover.state = told.state
    _note(handover, told)
    if told.state in (S.DISPATCHED, S.ARRIVED) and handover.accepted_at is None:
        handover.accepted_at = told.at  # whoever comes has accepted
    handover.version += 1
    code = deadline_of(handover)
    if told.state in (S.REJECTED, S.CLOSED):
        handover.look_at = None
        await drop_deadline(session, emergency, code)
        await end_links(session, handover.id)
    else:
        await meet_deadline(session, emergency, code, actor=actor)
    if told.state is S.ARRIVED:  # somebody is with her
        await meet_deadline(session, emergency, ARRIVAL, actor=actor)
    await session.flush()
    words = told.reason or told.outcome or told.reference
    data = _said(handover, told.at, told.source)
    await add_entry(session, case.id, f"handover_{told.state.value}", actor=actor, text=words, data=data)
    await audit(session, actor, f"handover_out:{told.state.value}", handover.id, details={"agency": handover.agency, "by": told.source})
    if told.state is S.REJECTED and told.source is not Source.AGENT:  # whoever offered it must hear of it
        await raise_alarm(session, emergency, "handover_rejected", data=_about(handover))
    if told.source is not Source.CITY:
        await tell_city(session, handover, "withdrawn" if told.state in (S.REJECTED, S.CLOSED) else "state")


async def _take_news(session: AsyncSession, actor: Actor, case: Case, emergency: Emergency, handover: OutsideHandover, told: Told) -> str:
    if after_news(handover.state, told.state) is not None:
        await _move(session, actor, case, emergency, handover, told)
        return "moved"
    fresh = getattr(handover, _TIMES[told.state]) is None and handover.state is not told.state
    _note(handover, told)  # late: the moment is kept where none stood, the state stays
    handover.version += 1
    await session.flush()
    if fresh:
        await add_entry(
            session, case.id, "handover_late_news", actor=actor, data={**_said(handover, told.at, told.source), "state": told.state}
        )
    return "noted" if fresh else "late"


def _note(handover: OutsideHandover, told: Told) -> None:
    column = _TIMES[told.state]
    if getattr(handover, column) is None and (handover.state in OPEN_OUT or handover.state is told.state):
        setattr(handover, column, told.at)
    handover.confirmed_by = told.who or handover.confirmed_by
    handover.reference = told.reference or handover.reference
    handover.reason = told.reason or handover.reason
    handover.outcome = told.outcome or handover.outcome


async def _take_look(session: AsyncSession, actor: Actor, case: Case, handover: OutsideHandover, report: OutsideReport) -> str:
    """A crew has opened its page, has read it; or somebody else tried to open it."""
    if report.kind is ReportKind.OPENED:
        handover.opened_at = handover.opened_at or report.at
    elif report.kind is ReportKind.READ:
        handover.read_at = handover.read_at or report.at
    handover.version += 1
    await session.flush()
    data = {**_said(handover, report.at, report.source), "link_id": str(report.link_id)}
    await add_entry(session, case.id, f"handover_link_{report.kind.value}", data=data, at=report.at)
    await audit(session, actor, f"handover_out:{report.kind.value}", handover.id, details={"agency": handover.agency})
    if report.kind is ReportKind.OPENED and case.elder_id is not None:
        details = {"health": True, "agency": handover.agency.value, "handover": str(handover.id)}
        await audit(session, actor, "elder:crew_opened", case.elder_id, purpose=f"case:{case.id}", details=details)
    return "moved"


async def end_expired_links(session: AsyncSession) -> int:
    """Their packets are forgotten."""
    now = clock.now()
    done = await session.execute(
        update(OutsideLink)
        .where(OutsideLink.ended_at.is_(None), OutsideLink.expires_at <= now)
        .values(ended_at=now, packet=None)
        .returning(OutsideLink.id)
    )
    return len(done.all())


def answers_of(given: Mapping[str, str]) -> Answers:
    """For whoever has them at hand."""

    async def known(session: AsyncSession, case_id: uuid.UUID) -> Mapping[str, str]:
        return given

    return known
