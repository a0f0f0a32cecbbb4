"""Who belongs to a family: verified by somebody, at most `points_family_size` at a time."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.centre.queries import get_values
from callcenter.kit import clock
from callcenter.kit.errors import Conflict, NotFound
from callcenter.kit.ids import new_id
from callcenter.points.families.models import PointsFamily, PointsFamilyMember
from callcenter.points.families.states import LeftWhy, Proof
from callcenter.points.members.actions import get_member
from callcenter.points.members.states import MemberState
from callcenter.settings import get_settings


async def join_family(session: AsyncSession, actor: Actor, member_id: uuid.UUID, *, with_id: uuid.UUID, proof: Proof) -> PointsFamily:
    """Into the family of `with_id`, which begins with it. Conflict `family_full`, `family_other` (leave the other one first). Harmless twice."""
    if member_id == with_id:
        raise Conflict("a family has two at least", code="family_self")
    for one in sorted((member_id, with_id)):
        if (await get_member(session, one)).state is MemberState.CLOSED:
            raise Conflict("the account is closed", code="points_closed")
    mine, hers = await stay_of(session, member_id), await stay_of(session, with_id)
    if mine is not None:
        if hers is None or hers.family_id != mine.family_id:
            raise Conflict("she belongs to another family", code="family_other")
        return await _lock(session, mine.family_id)
    family = await _lock(session, hers.family_id) if hers else PointsFamily(id=new_id(), made_at=clock.now(), made_by=actor.name)
    if hers is None:
        session.add(family)
        await session.flush()
        await _stay(session, actor, family, with_id, proof)
    most = int((await get_values(session, get_settings())).number("points_family_size"))
    now = await session.scalar(
        select(func.count())
        .select_from(PointsFamilyMember)
        .where(PointsFamilyMember.family_id == family.id, PointsFamilyMember.left_at.is_(None))
    )
    if (now or 0) >= most:
        raise Conflict("the family has as many as it may", code="family_full", details={"most": most})
    await _stay(session, actor, family, member_id, proof)
    return family


async def leave_family(session: AsyncSession, actor: Actor, member_id: uuid.UUID, why: LeftWhy) -> None:
    """Harmless twice."""
    await get_member(session, member_id)
    stay = await stay_of(session, member_id)
    if stay is not None:
        stay.left_at, stay.left_why, stay.left_by = clock.now(), why, actor.name
        await session.flush()
        await audit(session, actor, "points:family_left", member_id, details={"family": str(stay.family_id), "why": why})


async def stay_of(session: AsyncSession, member_id: uuid.UUID) -> PointsFamilyMember | None:
    """Her present one."""
    found = select(PointsFamilyMember).where(PointsFamilyMember.member_id == member_id, PointsFamilyMember.left_at.is_(None))
    return (await session.scalars(found.execution_options(populate_existing=True))).one_or_none()


async def are_family(session: AsyncSession, one: uuid.UUID, other: uuid.UUID) -> bool:
    mine, hers = await stay_of(session, one), await stay_of(session, other)
    return mine is not None and hers is not None and mine.family_id == hers.family_id


async def list_stays(session: AsyncSession, member_id: uuid.UUID) -> Sequence[PointsFamilyMember]:
    """Everybody of the family that she is in now, also who left it; the first to join comes first."""
    mine = await stay_of(session, member_id)
    if mine is None:
        return []
    found = select(PointsFamilyMember).where(PointsFamilyMember.family_id == mine.family_id)
    return (await session.scalars(found.order_by(PointsFamilyMember.joined_at, PointsFamilyMember.id))).all()


async def _lock(session: AsyncSession, family_id: uuid.UUID) -> PointsFamily:
    family = (await session.scalars(select(PointsFamily).where(PointsFamily.id == family_id).with_for_update())).one_or_none()
    if family is None:
        raise NotFound("there is no such family")
    return family


async def _stay(session: AsyncSession, actor: Actor, family: PointsFamily, member_id: uuid.UUID, proof: Proof) -> None:
    session.add(
        PointsFamilyMember(
            id=new_id(), family_id=family.id, member_id=member_id, proof=proof, verified_by=actor.name, joined_at=clock.now(), left_by=""
        )
    )  # fmt: skip
    await session.flush()
    await audit(session, actor, "points:family_joined", member_id, details={"family": str(family.id), "proof": proof})
