"""Protocols of emergencies: the steps to show, a step done, skipped or taken back, another protocol; and what is in force."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.audit import audit
from callcenter.accounts.roles import Permission
from callcenter.accounts.sessions import SignedIn
from callcenter.cases.queries import get_case
from callcenter.console.http import NoAccess, Session, needs
from callcenter.console.idempotency import IdempotencyKey, once
from callcenter.console.routes.cases import sees_all, writable
from callcenter.console.schemas import CommandOutcome
from callcenter.elders.access import may_see_all
from callcenter.elders.models import Elder
from callcenter.emergency.protocols import actions, queries, views
from callcenter.emergency.protocols.schema import ForElder
from callcenter.emergency.protocols.schemas import ActOnStep, ChangeProtocol, ProtocolDetail, ProtocolShelf, ProtocolView
from callcenter.kit.errors import NotFound

router = APIRouter()
Reader = Annotated[SignedIn, Depends(needs(Permission.CASES_READ))]
Writer = Annotated[SignedIn, Depends(needs(Permission.CASES_WRITE))]
Looker = Annotated[SignedIn, Depends(needs(Permission.KNOWLEDGE_READ))]
Code = Annotated[str, Path(pattern="^[a-z][a-z0-9_]{0,39}$")]
DONE = CommandOutcome(outcome="done")


@router.get("/api/emergencies/{case_id}/protocol")
async def get_protocol(case_id: uuid.UUID, who: Reader, session: Session) -> ProtocolView:
    """The steps to show, with their answers, for whoever sees all of the case. 404 `no_protocol` for the moment before it has begun."""
    case = await get_case(session, case_id)
    if not await sees_all(session, who, case):
        raise NoAccess("no call and no case of yours; break the glass with a reason", details={"case_id": str(case_id)})
    found = await views.get_protocol_view(session, case_id)
    await audit(session, who.actor, "emergency:protocol-read", case_id, purpose=f"case:{case_id}")
    return found


@router.post("/api/emergencies/{case_id}/steps/{code}")
async def act_on_step(
    case_id: uuid.UUID, code: Code, body: ActOnStep, who: Writer, session: Session, idempotency_key: IdempotencyKey = None
) -> ProtocolView:
    """Of two who click at once the second gets 409 `step_moved_on` with what the first said."""

    async def do() -> CommandOutcome:
        await writable(session, who, case_id)
        if body.take_back:
            await actions.take_back_step(session, who.actor, case_id, code, seen_run=body.run, position=body.position)
        elif body.skip:
            await actions.skip_step(session, who.actor, case_id, code, seen_run=body.run, position=body.position, reason=body.reason)
        else:
            assert body.answer is not None
            await actions.answer_step(session, who.actor, case_id, code, seen_run=body.run, position=body.position, answer=body.answer)
        return DONE

    await once(session, who.user_id, idempotency_key, f"step:{case_id}:{code}", body, CommandOutcome, do)
    return await views.get_protocol_view(session, case_id)


@router.post("/api/emergencies/{case_id}/protocol")
async def change_protocol(
    case_id: uuid.UUID, body: ChangeProtocol, who: Writer, session: Session, idempotency_key: IdempotencyKey = None
) -> ProtocolView:
    """What was done stays; the kind of the emergency becomes the protocol's."""

    async def do() -> CommandOutcome:
        await writable(session, who, case_id)
        await actions.change_protocol(session, who.actor, case_id, seen_run=body.run, kind=body.kind, code=body.code or "")
        return DONE

    await once(session, who.user_id, idempotency_key, f"protocol:{case_id}", body, CommandOutcome, do)
    return await views.get_protocol_view(session, case_id)


@router.get("/api/protocols")
async def list_protocols(who: Looker, session: Session) -> ProtocolShelf:
    """What is in force, and what of the centre's folder is left out."""
    return await views.get_shelf(session)


@router.get("/api/protocols/{code}")
async def get_one(code: Code, who: Looker, session: Session) -> ProtocolDetail:
    """An elder's own for whoever may see her whole; for everybody else there is none."""
    read = queries.library().get(code)
    if read is None or (isinstance(read.protocol.whom, ForElder) and not await _sees_elder(session, who, read.protocol.whom.elder)):
        raise NotFound("no such protocol", code="no_protocol")
    return views.detail(read)


async def _sees_elder(session: AsyncSession, who: SignedIn, named: str) -> bool:
    try:
        by_id = uuid.UUID(named)
    except ValueError:
        by_id = None
    elder_id = await session.scalar(select(Elder.id).where(or_(Elder.card_number == named, Elder.id == by_id)).limit(1))
    return elder_id is not None and await may_see_all(session, who.actor, elder_id)
