"""A supervisor on an agent's live call: she listens, whispers, barges in. Of calls that she may see whole; voice writes down what was done."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.audit import audit
from callcenter.accounts.roles import Permission
from callcenter.accounts.sessions import SignedIn
from callcenter.calls.models import Call
from callcenter.cases.queries import get_case
from callcenter.console.http import Desk, NoAccess, Session, needs
from callcenter.console.idempotency import IdempotencyKey
from callcenter.console.routes.cases import sees_all
from callcenter.console.schemas import CommandOutcome
from callcenter.console.schemas_floor import Listen
from callcenter.kit.errors import NotFound

router = APIRouter()
Watcher = Annotated[SignedIn, Depends(needs(Permission.FLOOR_WATCH))]


async def may_listen(session: AsyncSession, who: SignedIn, call_id: uuid.UUID) -> None:
    """NoAccess is written down. A call whose case nobody knows yet is for every supervisor."""
    call = await session.get(Call, call_id)
    if call is None:
        raise NotFound("no such call")
    case = await get_case(session, call.case_id) if call.case_id else None
    if case is not None and not await sees_all(session, who, case):
        await audit(session, who.actor, "call:listening-refused", call_id, purpose=f"case:{case.id}")
        details = {"elder_id": str(case.elder_id)} if case.elder_id else {}
        raise NoAccess("this elder is of another supervisor's region", details=details)


@router.post("/api/calls/{call_id}/listen")
async def listen(
    call_id: uuid.UUID, body: Listen, who: Watcher, session: Session, desk: Desk, idempotency_key: IdempotencyKey = None
) -> CommandOutcome:
    """Rings her own telephone; when she picks it up she is on the call in this mode."""
    await may_listen(session, who, call_id)
    outcome, _ = await desk.ask("listen", agent_id=who.user_id, call_id=call_id, args={"mode": body.mode}, key=idempotency_key)
    return outcome


@router.post("/api/calls/{call_id}/listen/mode")
async def set_mode(
    call_id: uuid.UUID, body: Listen, who: Watcher, session: Session, desk: Desk, idempotency_key: IdempotencyKey = None
) -> CommandOutcome:
    await may_listen(session, who, call_id)
    outcome, _ = await desk.ask("listen_mode", agent_id=who.user_id, call_id=call_id, args={"mode": body.mode}, key=idempotency_key)
    return outcome


@router.post("/api/calls/{call_id}/listen/stop")
async def stop(call_id: uuid.UUID, who: Watcher, desk: Desk, idempotency_key: IdempotencyKey = None) -> CommandOutcome:
    """Also while her telephone still rings."""
    outcome, _ = await desk.ask("listen_stop", agent_id=who.user_id, call_id=call_id, key=idempotency_key)
    return outcome
