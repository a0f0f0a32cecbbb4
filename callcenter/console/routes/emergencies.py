"""Emergencies: the board, F9, the second person, alarms that somebody has seen. Steps, contacts and hand-overs have routes of their own."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.roles import Permission
from callcenter.accounts.sessions import SignedIn
from callcenter.console.emergency_views import emergency_views
from callcenter.console.http import Session, needs
from callcenter.console.idempotency import IdempotencyKey, once
from callcenter.console.routes.cases import writable
from callcenter.console.schemas import CommandOutcome
from callcenter.emergency import actions
from callcenter.emergency.protocols.actions import note_act, start_protocol
from callcenter.emergency.queries import get_emergency
from callcenter.emergency.schemas import EmergencyView, OpenEmergency

router = APIRouter()
Reader = Annotated[SignedIn, Depends(needs(Permission.CASES_READ))]
Writer = Annotated[SignedIn, Depends(needs(Permission.CASES_WRITE))]
DONE = CommandOutcome(outcome="done")


async def view_of(session: AsyncSession, case_id: uuid.UUID) -> EmergencyView:
    emergency = await get_emergency(session, case_id)
    return (await emergency_views(session, [emergency.id]))[emergency.id]


@router.get("/api/emergencies")
async def list_emergencies(who: Reader, session: Session) -> list[EmergencyView]:
    """All that are open, the oldest press first, masked."""
    return list((await emergency_views(session)).values())


@router.get("/api/emergencies/{case_id}")
async def get_one(case_id: uuid.UUID, who: Reader, session: Session) -> EmergencyView:
    return await view_of(session, case_id)


@router.post("/api/cases/{case_id}/emergency")
async def open_emergency(
    case_id: uuid.UUID, body: OpenEmergency, who: Writer, session: Session, idempotency_key: IdempotencyKey = None
) -> EmergencyView:
    """A case becomes an emergency (F9); one that is already is answered as it is."""

    async def do() -> CommandOutcome:
        await writable(session, who, case_id)
        await actions.open_emergency(session, who.actor, case_id, kind=body.kind)
        await start_protocol(session, who.actor, case_id)
        return DONE

    await once(session, who.user_id, idempotency_key, f"emergency:{case_id}", body, CommandOutcome, do)
    return await view_of(session, case_id)


@router.post("/api/emergencies/{case_id}/watch")
async def watch(case_id: uuid.UUID, who: Writer, session: Session) -> EmergencyView:
    """She is the second person: anybody who is not its owner. It opens the elder to her, which is written down."""
    await actions.watch_emergency(session, who.actor, case_id)
    await note_act(session, case_id)
    return await view_of(session, case_id)


@router.post("/api/emergencies/{case_id}/alarms/{alarm_id}/seen")
async def see_alarm(case_id: uuid.UUID, alarm_id: uuid.UUID, who: Writer, session: Session) -> EmergencyView:
    await actions.see_alarm(session, who.actor, case_id, alarm_id)
    return await view_of(session, case_id)
