"""The hand-over of a shift: opened, written, signed by both."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends

from callcenter.accounts.roles import Permission
from callcenter.accounts.sessions import SignedIn
from callcenter.console.http import Session, needs
from callcenter.handover import actions, queries
from callcenter.handover.schemas import AcceptHandover, HandoverHead, HandoverView, SaveDraft, SignHandover

router = APIRouter()
Signer = Annotated[SignedIn, Depends(needs(Permission.HANDOVER_SIGN))]


@router.get("/api/handovers")
async def list_handovers(who: Signer, session: Session) -> list[HandoverHead]:
    return await queries.list_handovers(session)


@router.post("/api/handovers")
async def open_handover(who: Signer, session: Session) -> HandoverView:
    """One's own draft, if there is one, is gone on with."""
    return await queries.get_view(session, who.actor, await actions.open_handover(session, who.actor))


@router.get("/api/handovers/{handover_id}")
async def get_handover(handover_id: uuid.UUID, who: Signer, session: Session) -> HandoverView:
    return await queries.get_view(session, who.actor, handover_id)


@router.put("/api/handovers/{handover_id}")
async def save_draft(handover_id: uuid.UUID, body: SaveDraft, who: Signer, session: Session) -> HandoverView:
    await actions.save_draft(session, who.actor, handover_id, version=body.version, draft=body)
    return await queries.get_view(session, who.actor, handover_id)


@router.post("/api/handovers/{handover_id}/sign")
async def sign(handover_id: uuid.UUID, body: SignHandover, who: Signer, session: Session) -> HandoverView:
    """The leaving lead: cases move as decided, and what was written is fixed. Sent twice: 409, and it is signed once."""
    await actions.sign_as_leaving(session, who.actor, handover_id, version=body.version)
    return await queries.get_view(session, who.actor, handover_id)


@router.post("/api/handovers/{handover_id}/accept")
async def accept(handover_id: uuid.UUID, body: AcceptHandover, who: Signer, session: Session) -> HandoverView:
    """The arriving lead, another person."""
    await actions.accept(session, who.actor, handover_id, remark=body.remark)
    return await queries.get_view(session, who.actor, handover_id)
