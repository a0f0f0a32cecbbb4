"""Joining comes by itself with the first point. Freezing moves what she has out of reach, so that no spending can forget to ask."""

from __future__ import annotations

import uuid
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor, system
from callcenter.accounts.audit import audit
from callcenter.elders.models import Elder
from callcenter.kit import clock
from callcenter.kit.errors import Conflict, NotFound
from callcenter.points.ledger.accounts import account_of, lock_held
from callcenter.points.ledger.kinds import EntryKind, Holder, Ledger, Pocket
from callcenter.points.ledger.models import LedgerAccount
from callcenter.points.ledger.posting import post
from callcenter.points.ledger.rules import move
from callcenter.points.members.models import PointsMember
from callcenter.points.members.states import MEMBER, FrozenWhy, MemberState
from callcenter.settings import get_settings

SYSTEM = system("points")
GRACE = timedelta(days=30)


async def member_of(session: AsyncSession, elder_id: uuid.UUID) -> PointsMember:
    """The elder's (of a merged profile: the kept one's), locked; she joins if she had not. NotFound for nobody."""
    row = (await session.execute(select(Elder.id, Elder.merged_into).where(Elder.id == elder_id))).one_or_none()
    if row is None:
        raise NotFound("there is no such elder")
    return await _join(session, row.merged_into or row.id, Holder.ELDER)


async def volunteer_member(session: AsyncSession, volunteer_id: uuid.UUID) -> PointsMember:
    """Of a volunteer who is no elder of the centre; whoever is one has her account as an elder."""
    return await _join(session, volunteer_id, Holder.VOLUNTEER)


async def get_member(session: AsyncSession, member_id: uuid.UUID) -> PointsMember:
    """Locked."""
    found = select(PointsMember).where(PointsMember.id == member_id).with_for_update().execution_options(populate_existing=True)
    member = (await session.scalars(found)).one_or_none()
    if member is None:
        raise NotFound("nobody of the points scheme has this id")
    return member


def check_may_spend(member: PointsMember) -> None:
    """Conflict `points_frozen`, `points_closed`."""
    if member.state is MemberState.FROZEN:
        raise Conflict("her points are frozen", code="points_frozen", details={"why": member.frozen_why})
    if member.state is MemberState.CLOSED:
        raise Conflict("her account is closed", code="points_closed")


def pocket_for_points(member: PointsMember) -> Pocket:
    """Where points go that she may have now."""
    return Pocket.FROZEN if member.state is MemberState.FROZEN else Pocket.AVAILABLE


async def freeze(session: AsyncSession, actor: Actor, member_id: uuid.UUID, why: FrozenWhy) -> PointsMember:
    """What is available is out of reach from now on; what was reserved before may still be confirmed. Harmless twice; death outweighs the rest."""
    member = await get_member(session, member_id)
    if member.state is MemberState.FROZEN:
        if why is FrozenWhy.DEATH:
            member.frozen_why, member.frozen_at = why, clock.now()
        return member
    MEMBER.check(member.state, MemberState.FROZEN)
    member.version += 1
    await _move_all(session, actor, member, Pocket.AVAILABLE, Pocket.FROZEN, EntryKind.FREEZE)
    member.state, member.frozen_why, member.frozen_at = MemberState.FROZEN, why, clock.now()
    await session.flush()
    await audit(session, actor, "points:frozen", member.id, details={"why": why})
    return member


async def unfreeze(session: AsyncSession, actor: Actor, member_id: uuid.UUID) -> PointsMember:
    """Hers again, and nothing of it expires for thirty days. Harmless twice."""
    member = await get_member(session, member_id)
    if member.state is MemberState.ACTIVE:
        return member
    MEMBER.check(member.state, MemberState.ACTIVE)
    member.version += 1
    await _move_all(session, actor, member, Pocket.FROZEN, Pocket.AVAILABLE, EntryKind.UNFREEZE)
    member.state, member.frozen_why, member.frozen_at = MemberState.ACTIVE, None, None
    give_grace(member)
    await session.flush()
    await audit(session, actor, "points:unfrozen", member.id)
    return member


async def list_came_back(session: AsyncSession, limit: int) -> list[tuple[uuid.UUID]]:
    """Members who are frozen and have something available all the same: a reservation was given up, or a bill was taken back."""
    back = (
        select(PointsMember.id)
        .join(LedgerAccount, LedgerAccount.holder_id == PointsMember.id)
        .where(PointsMember.state == MemberState.FROZEN, LedgerAccount.pocket == Pocket.AVAILABLE, LedgerAccount.balance > 0)
    )
    return [(one,) for one in await session.scalars(back.distinct().limit(limit))]


async def freeze_what_came_back(session: AsyncSession, member_id: uuid.UUID) -> None:
    member = await get_member(session, member_id)
    if member.state is MemberState.FROZEN:
        member.version += 1
        await _move_all(session, SYSTEM, member, Pocket.AVAILABLE, Pocket.FROZEN, EntryKind.FREEZE)


def give_grace(member: PointsMember) -> None:
    """She could not spend it, so for a while it does not expire."""
    until = clock.today(get_settings().timezone) + GRACE
    member.grace_until = max(member.grace_until or until, until)


async def _move_all(session: AsyncSession, actor: Actor, member: PointsMember, source: Pocket, target: Pocket, kind: EntryKind) -> None:
    for ledger in (Ledger.PT, Ledger.TC):
        here = await account_of(session, ledger, member.whose, source)
        there = await account_of(session, ledger, member.whose, target)
        if parts := await lock_held(session, ledger, here, there):
            key = f"{kind}:{member.id}:{member.version}:{ledger}"
            await post(session, actor, ledger=ledger, kind=kind, key=key, legs=move(here, there, parts))


async def _join(session: AsyncSession, person_id: uuid.UUID, holder: Holder) -> PointsMember:
    made = insert(PointsMember).values(
        id=person_id, holder=holder, version=1, state=MemberState.ACTIVE, pin="", pin_failures=0, joined_at=clock.now()
    )
    await session.execute(made.on_conflict_do_nothing())
    return await get_member(session, person_id)
