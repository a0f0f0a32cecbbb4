"""Who invited whom: one level, written down by an agent before the invited elder has paid for anything."""

from __future__ import annotations

import uuid

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.dispatch.bills.models import Bill, BillPart
from callcenter.dispatch.entitlements.models import PayerKind
from callcenter.elders.models import Elder
from callcenter.kit import clock
from callcenter.kit.errors import Conflict, Invalid
from callcenter.points.earning.models import Referral
from callcenter.points.members.actions import get_member, member_of


async def refer(session: AsyncSession, actor: Actor, *, invited_id: uuid.UUID, inviter_id: uuid.UUID) -> Referral:
    """Harmless twice. Invalid `self_referral`; Conflict `referred_before` (by somebody else), `referral_cycle`, `referral_too_late`."""
    kept = {one: (await member_of(session, one)).id for one in sorted({invited_id, inviter_id})}
    invited, inviter = kept[invited_id], kept[inviter_id]
    if invited == inviter:
        raise Invalid("nobody invites herself", code="self_referral")
    for member_id in sorted(kept.values()):  # both are locked, in one sequence for all
        await get_member(session, member_id)
    persons = await _persons(session, invited)
    known = (await session.scalars(select(Referral).where(Referral.invited_id.in_(persons)))).first()
    if known is not None:
        if known.inviter_id in await _persons(session, inviter):
            return known
        raise Conflict("somebody else has invited her", code="referred_before")
    if await _is_invited_by(session, inviter, invited):
        raise Conflict("she was invited by the one whom she would have invited", code="referral_cycle")
    paid = (
        select(Bill.id)
        .join(BillPart, BillPart.bill_id == Bill.id)
        .where(Bill.elder_id.in_(persons), BillPart.kind == PayerKind.SELF_PAY)
        .limit(1)
    )
    if await session.scalar(paid) is not None:
        raise Conflict("she has paid for something already", code="referral_too_late")
    referral = Referral(invited_id=invited, inviter_id=inviter, at=clock.now(), by_id=actor.id, by_name=actor.name)
    session.add(referral)
    await session.flush()
    await audit(session, actor, "points:referred", invited, details={"inviter_id": str(inviter)})
    return referral


async def referral_of(session: AsyncSession, elder_id: uuid.UUID) -> Referral | None:
    """Who invited her."""
    kept = await session.scalar(select(func.coalesce(Elder.merged_into, Elder.id)).where(Elder.id == elder_id))
    if kept is None:
        return None
    return (await session.scalars(select(Referral).where(Referral.invited_id.in_(await _persons(session, kept))))).first()


async def _persons(session: AsyncSession, kept_id: uuid.UUID) -> list[uuid.UUID]:
    return [*(await session.scalars(select(Elder.id).where(or_(Elder.id == kept_id, Elder.merged_into == kept_id))))]


async def _is_invited_by(session: AsyncSession, elder_id: uuid.UUID, other_id: uuid.UUID) -> bool:
    """However far up."""
    seen: set[uuid.UUID] = set()
    while elder_id not in seen:
        seen.add(elder_id)
        above = await referral_of(session, elder_id)
        if above is None:
            return False
        inviter = await session.scalar(select(func.coalesce(Elder.merged_into, Elder.id)).where(Elder.id == above.inviter_id))
        assert inviter is not None
        if inviter == other_id:
            return True
        elder_id = inviter
    return False
