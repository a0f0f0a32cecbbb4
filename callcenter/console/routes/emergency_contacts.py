"""Contacts of an emergency: the ladder begun and stopped by a person, one contact called by a click, and what became of every call."""

from __future__ import annotations

import uuid

from fastapi import APIRouter

from callcenter.cases.queries import get_case
from callcenter.console.emergency_views import ladder_view
from callcenter.console.http import Session
from callcenter.console.idempotency import IdempotencyKey, once
from callcenter.console.routes.cases import sees_all, writable
from callcenter.console.routes.emergencies import DONE, Reader, Writer, view_of
from callcenter.console.routes.users import Nothing
from callcenter.console.schemas import CommandOutcome
from callcenter.elders.rules import mask_name
from callcenter.emergency.ladder import actions, queries
from callcenter.emergency.ladder.call_backs import ask_call_back
from callcenter.emergency.ladder.models import ContactAttempt
from callcenter.emergency.ladder.schemas import Attempts, NamedAttempt, StartLadder, StopLadder
from callcenter.emergency.protocols.actions import note_act
from callcenter.emergency.queries import get_emergency
from callcenter.emergency.schemas import EmergencyView
from callcenter.kit.phone import mask, pretty

router = APIRouter()


@router.post("/api/emergencies/{case_id}/ladder")
async def start_ladder(
    case_id: uuid.UUID, body: StartLadder, who: Writer, session: Session, idempotency_key: IdempotencyKey = None
) -> EmergencyView:
    """Contacts are rung, rung by rung; the usual ones when none are named. One that runs already goes on as it is."""

    async def do() -> CommandOutcome:
        await writable(session, who, case_id)
        await actions.start_ladder(session, who.actor, case_id, body.rungs, rounds=body.rounds, again_s=body.again_s)
        await note_act(session, case_id)
        return DONE

    await once(session, who.user_id, idempotency_key, f"ladder:{case_id}", body, CommandOutcome, do)
    return await view_of(session, case_id)


@router.post("/api/emergencies/{case_id}/ladder/stop")
async def stop_ladder(case_id: uuid.UUID, body: StopLadder, who: Writer, session: Session) -> EmergencyView:
    """Nobody further is called; the countdown to outside help, if there is one, ends too."""
    await writable(session, who, case_id)
    await actions.stop_ladder(session, who.actor, case_id, reason=body.reason)
    return await view_of(session, case_id)


@router.post("/api/emergencies/{case_id}/contacts/{contact_id}/call")
async def call_contact(
    case_id: uuid.UUID, contact_id: uuid.UUID, who: Writer, session: Session, idempotency_key: IdempotencyKey = None
) -> EmergencyView:
    """The program rings her and asks whether she can go."""

    async def do() -> CommandOutcome:
        await writable(session, who, case_id)
        await actions.call_contact(session, who.actor, case_id, contact_id)
        await note_act(session, case_id)
        return DONE

    await once(session, who.user_id, idempotency_key, f"contact:{case_id}:{contact_id}", Nothing(), CommandOutcome, do)
    return await view_of(session, case_id)


@router.post("/api/emergencies/{case_id}/attempts/{attempt_id}/arrived")
async def arrived(case_id: uuid.UUID, attempt_id: uuid.UUID, who: Writer, session: Session) -> EmergencyView:
    """Who said that she goes is there, as somebody has told the agent. 409 `not_going` for anybody else."""
    await writable(session, who, case_id)
    await actions.note_arrival(session, who.actor, case_id, attempt_id)
    return await view_of(session, case_id)


@router.post("/api/emergencies/{case_id}/call-back")
async def call_back(case_id: uuid.UUID, who: Writer, session: Session, idempotency_key: IdempotencyKey = None) -> EmergencyView:
    """She said nothing: the system rings all her numbers at once, and hands her to whoever is free."""

    async def do() -> CommandOutcome:
        await writable(session, who, case_id)
        await ask_call_back(session, who.actor, case_id)
        await note_act(session, case_id)
        return DONE

    await once(session, who.user_id, idempotency_key, f"sos-call-back:{case_id}", Nothing(), CommandOutcome, do)
    return await view_of(session, case_id)


@router.get("/api/emergencies/{case_id}/attempts")
async def list_attempts(case_id: uuid.UUID, who: Reader, session: Session) -> Attempts:
    """Whole for whoever may see all of the elder, else masked."""
    case, emergency = await get_case(session, case_id), await get_emergency(session, case_id)
    full = await sees_all(session, who, case)
    attempts = await queries.list_attempts(session, emergency.id)
    return Attempts(
        ladder=ladder_view(await queries.last_ladder(session, emergency.id)), attempts=[_named(attempt, full=full) for attempt in attempts]
    )


def _named(attempt: ContactAttempt, *, full: bool) -> NamedAttempt:
    return NamedAttempt(
        id=attempt.id,
        round=attempt.round,
        rung=attempt.rung,
        who=attempt.who,
        state=attempt.state,
        asked_at=attempt.asked_at,
        answered_at=attempt.answered_at,
        ended_at=attempt.ended_at,
        arrived_at=attempt.arrived_at,
        name=attempt.name if full else mask_name(attempt.name),
        relation=attempt.relation,
        number=pretty(attempt.number) if full else mask(attempt.number),
        contact_id=attempt.contact_id,
        worker_id=attempt.worker_id,
        answer=attempt.answer,
    )
