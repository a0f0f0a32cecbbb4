from __future__ import annotations

import uuid
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.elders.access import grant_access
from callcenter.elders.glass.models import GlassReview, ToldWhom, Verdict
from callcenter.elders.models import AccessGrant, GrantReason
from callcenter.elders.queries import is_in_regions
from callcenter.kit import clock
from callcenter.kit.errors import Conflict, Forbidden, Invalid, NotFound

REVIEW_WITHIN = timedelta(hours=24)
MIN_NOTE = 4


async def break_glass(
    session: AsyncSession, actor: Actor, elder_id: uuid.UUID, *, reason: str, lasts: timedelta, case_id: uuid.UUID | None = None
) -> AccessGrant:
    """The whole elder for a while, with a reason that is kept and that somebody else reviews. `case_id`: of the emergency for which it is."""
    assert actor.id is not None
    now = clock.now()
    grant = await grant_access(session, user_id=actor.id, elder_id=elder_id, reason=GrantReason.GLASS, note=reason, until=now + lasts)
    session.add(GlassReview(grant_id=grant.id, due_at=grant.granted_at + REVIEW_WITHIN, case_id=case_id, note=""))
    await session.flush()
    await audit(session, actor, "elder:glass_broken", elder_id, purpose=f"case:{case_id}" if case_id else "glass")
    return grant


async def review_glass(session: AsyncSession, actor: Actor, grant_id: uuid.UUID, *, verdict: Verdict, note: str) -> None:
    """Once, and never by who broke it."""
    grant, review = await _lock(session, actor, grant_id)
    if grant.user_id == actor.id:
        raise Forbidden("your own broken glass is reviewed by somebody else", code="own_glass")
    if review.verdict is not None:
        raise Conflict("this was reviewed already", code="already_reviewed", details={"verdict": review.verdict})
    if verdict is Verdict.QUESTIONED and len(note.strip()) < MIN_NOTE:
        raise Invalid("say what is in question", code="note_needed")
    review.verdict, review.note, review.reviewer_id, review.reviewed_at = verdict, note.strip(), actor.id, clock.now()
    await audit(session, actor, "glass:reviewed", grant_id, details={"verdict": verdict, "elder_id": str(grant.elder_id)})


async def tell_elder(session: AsyncSession, actor: Actor, grant_id: uuid.UUID, *, whom: ToldWhom) -> None:
    """A person has told her, or her family, that somebody looked and why. Once."""
    grant, review = await _lock(session, actor, grant_id)
    if review.told_whom is not None:
        raise Conflict("she was told already", code="already_told")
    review.told_whom, review.told_by, review.told_at = whom, actor.id, clock.now()
    await audit(session, actor, "glass:told", grant_id, details={"whom": whom, "elder_id": str(grant.elder_id)})


async def _lock(session: AsyncSession, actor: Actor, grant_id: uuid.UUID) -> tuple[AccessGrant, GlassReview]:
    """What does not lie in the actor's regions is not there for her."""
    found = (
        await session.execute(
            select(GlassReview, AccessGrant)
            .join(AccessGrant, AccessGrant.id == GlassReview.grant_id)
            .where(GlassReview.grant_id == grant_id)
            .with_for_update(of=GlassReview)
        )
    ).one_or_none()
    if found is None or not await is_in_regions(session, found[1].elder_id, actor.region_ids):
        raise NotFound("no such broken glass in your regions", code="glass_not_found")
    return found[1], found[0]
