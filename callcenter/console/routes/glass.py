"""The review of broken glass, by supervisors, for the elders of their regions."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends

from callcenter.accounts.roles import Permission
from callcenter.accounts.sessions import SignedIn
from callcenter.console.http import Session, needs
from callcenter.console.idempotency import IdempotencyKey, once
from callcenter.console.schemas import CommandOutcome
from callcenter.console.schemas_access import GlassDetail, GlassLine
from callcenter.console.traces import with_looks, with_numbers
from callcenter.elders.glass import actions, queries
from callcenter.elders.glass.schemas import GlassCount, GlassItem, ReviewGlass, TellElder

router = APIRouter()
Reviewer = Annotated[SignedIn, Depends(needs(Permission.GLASS_REVIEW))]


@router.get("/api/glass")
async def list_glass(
    who: Reviewer, session: Session, which: queries.Which = "open", emergency: bool = False, before: datetime | None = None
) -> list[GlassLine]:
    """`before`: the `at` of the last one of the page before; open ones come whole, by when they are due."""
    limit = 500 if which == "open" else queries.PAGE
    found = await queries.list_glass(session, who.actor, which=which, emergency=emergency, before=before, limit=limit)
    return await with_numbers(session, found)


@router.get("/api/glass/count")
async def count_glass(who: Reviewer, session: Session) -> GlassCount:
    return await queries.count_glass(session, who.actor)


@router.get("/api/glass/{grant_id}")
async def get_glass(grant_id: uuid.UUID, who: Reviewer, session: Session) -> GlassDetail:
    """With what she opened while it was broken."""
    return await with_looks(session, await queries.get_glass(session, who.actor, grant_id))


@router.post("/api/glass/{grant_id}/review")
async def review_glass(
    grant_id: uuid.UUID, body: ReviewGlass, who: Reviewer, session: Session, idempotency_key: IdempotencyKey = None
) -> GlassItem:
    async def do() -> CommandOutcome:
        await actions.review_glass(session, who.actor, grant_id, verdict=body.verdict, note=body.note)
        return CommandOutcome(outcome="done")

    await once(session, who.user_id, idempotency_key, f"glass_review:{grant_id}", body, CommandOutcome, do)
    return await queries.get_glass(session, who.actor, grant_id)


@router.post("/api/glass/{grant_id}/told")
async def tell_elder(
    grant_id: uuid.UUID, body: TellElder, who: Reviewer, session: Session, idempotency_key: IdempotencyKey = None
) -> GlassItem:
    """Written down by whoever told her, or her family, that somebody looked and why."""

    async def do() -> CommandOutcome:
        await actions.tell_elder(session, who.actor, grant_id, whom=body.whom)
        return CommandOutcome(outcome="done")

    await once(session, who.user_id, idempotency_key, f"glass_told:{grant_id}", body, CommandOutcome, do)
    return await queries.get_glass(session, who.actor, grant_id)
