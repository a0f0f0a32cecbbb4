"""What follows from the elders' profiles: a death freezes, two profiles that became one have one account. Each finding is a transaction of its own."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import String, and_, cast, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from callcenter.accounts.actor import system
from callcenter.elders.models import Elder, Presence
from callcenter.elders.records import ElderMerge
from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.points.deeds import Deed, each
from callcenter.points.families.giving import CLAIM, leave_to_fund
from callcenter.points.families.groups import leave_family
from callcenter.points.families.models import PointsApproval
from callcenter.points.families.states import ApprovalState, LeftWhy
from callcenter.points.ledger.accounts import account_of, held_in, lock_accounts
from callcenter.points.ledger.kinds import EntryKind, Ledger, Pocket
from callcenter.points.ledger.models import LedgerAccount, LedgerEntry, LedgerPosting
from callcenter.points.ledger.posting import post, postings_of
from callcenter.points.ledger.rules import Held, move
from callcenter.points.members.actions import freeze, get_member, member_of, pocket_for_points, unfreeze
from callcenter.points.members.models import PointsMember
from callcenter.points.members.states import FrozenWhy, MemberState

FAMILIES = system("points")
KNOWN_DEAD = and_(PointsMember.state == MemberState.FROZEN, PointsMember.frozen_why == FrozenWhy.DEATH)
AT_ONCE = 100
UNDONE = timedelta(days=30)  # so long an undone merge is looked at


async def follow_profiles(database: Database) -> None:
    """Deaths and what nobody claimed after them, profiles that became one, and those that did not stay one."""
    await each(database, list_deaths, follow_death, AT_ONCE)
    await each(database, list_unclaimed, leave_unclaimed, AT_ONCE)
    await each(database, list_merged, merge_accounts, AT_ONCE)
    await each(database, list_unmerged, part_accounts, AT_ONCE)


async def list_deaths(session: AsyncSession, limit: int) -> Sequence[Deed]:
    """(member, is dead): whose account does not say so yet."""
    hers = select(PointsMember.id, Elder.presence).join(Elder, Elder.id == PointsMember.id)
    is_dead = Elder.presence == Presence.DECEASED
    differs = or_(and_(is_dead, PointsMember.state != MemberState.CLOSED, ~KNOWN_DEAD), and_(~is_dead, KNOWN_DEAD))
    rows = await session.execute(hers.where(differs).order_by(PointsMember.id).limit(limit))
    return [(row.id, row.presence is Presence.DECEASED) for row in rows]


async def follow_death(session: AsyncSession, member_id: uuid.UUID, dead: bool) -> None:
    """Whoever died is frozen; whose death was written down by mistake has hers again."""
    if dead:
        await freeze(session, FAMILIES, member_id, FrozenWhy.DEATH)
    else:
        await unfreeze(session, FAMILIES, member_id)


async def list_unclaimed(session: AsyncSession, limit: int) -> Sequence[Deed]:
    asked = select(PointsApproval.member_id).where(PointsApproval.state == ApprovalState.ASKED)
    late = (
        select(PointsMember.id)
        .join(LedgerAccount, LedgerAccount.holder_id == PointsMember.id)
        .where(KNOWN_DEAD, PointsMember.frozen_at < clock.now() - CLAIM, PointsMember.id.not_in(asked))
        .where(LedgerAccount.pocket == Pocket.FROZEN, LedgerAccount.balance > 0)
    )
    return [(one,) for one in await session.scalars(late.distinct().limit(limit))]


async def leave_unclaimed(session: AsyncSession, member_id: uuid.UUID) -> None:
    """What nobody claimed in time is the fund's."""
    await leave_to_fund(session, FAMILIES, member_id)


async def list_merged(session: AsyncSession, limit: int) -> Sequence[Deed]:
    """(merged, kept, merge): what a merged profile has, or gets back from a hold. What waits in `pending` follows when it is released."""
    there = (
        select(Elder.id, Elder.merged_into, ElderMerge.id.label("merge_id"))
        .join(ElderMerge, and_(ElderMerge.merged_id == Elder.id, ElderMerge.undone_at.is_(None)))
        .join(LedgerAccount, LedgerAccount.holder_id == Elder.id)
        .where(Elder.merged_into.is_not(None), LedgerAccount.pocket.in_((Pocket.AVAILABLE, Pocket.FROZEN)), LedgerAccount.balance > 0)
    )
    return [(row.id, row.merged_into, row.merge_id) for row in await session.execute(there.distinct().limit(limit))]


async def merge_accounts(session: AsyncSession, merged_id: uuid.UUID, kept_id: uuid.UUID, merge_id: uuid.UUID) -> None:
    """What the merged profile has is the kept one's."""
    for one in sorted((merged_id, kept_id)):  # in the sequence of ids; the kept one joins if she had not
        await (member_of(session, kept_id) if one == kept_id else get_member(session, one))
    merged, kept = await get_member(session, merged_id), await get_member(session, kept_id)
    await leave_family(session, FAMILIES, merged_id, LeftWhy.MERGED)
    merged.version += 1
    for ledger in (Ledger.PT, Ledger.TC):
        target = await account_of(session, ledger, kept.whose, pocket_for_points(kept))
        for pocket in (Pocket.AVAILABLE, Pocket.FROZEN):
            source = await account_of(session, ledger, merged.whose, pocket)
            await lock_accounts(session, [source, target])
            if parts := await held_in(session, source, ledger):
                await post(
                    session, FAMILIES, ledger=ledger, kind=EntryKind.MERGE, key=f"merge:{merged_id}:{merged.version}:{ledger}:{pocket}",
                    legs=move(source, target, parts), details={"merge_id": str(merge_id), "from": str(merged_id)},
                )  # fmt: skip


async def list_unmerged(session: AsyncSession, limit: int) -> Sequence[Deed]:
    """(entry, merged): of merges that were taken back, what has not gone back."""
    back = aliased(LedgerEntry)
    theirs = (
        select(LedgerEntry.id, ElderMerge.merged_id)
        .join(LedgerPosting, LedgerPosting.entry_id == LedgerEntry.id)
        .join(LedgerAccount, LedgerAccount.id == LedgerPosting.account_id)
        .join(ElderMerge, ElderMerge.merged_id == LedgerAccount.holder_id)
        .where(ElderMerge.undone_at > clock.now() - UNDONE, LedgerEntry.kind == EntryKind.MERGE, LedgerPosting.amount < 0)
        .where(LedgerEntry.details["merge_id"].astext == cast(ElderMerge.id, String))
        .where(~exists().where(back.key == func.concat("unmerge:", cast(LedgerEntry.id, String))))
    )
    return [(row.id, row.merged_id) for row in await session.execute(theirs.distinct().limit(limit))]


async def part_accounts(session: AsyncSession, entry_id: uuid.UUID, merged_id: uuid.UUID) -> bool:
    """What came from the merged profile goes back as far as it lies there still; what was spent meanwhile is spent. False: nothing is left there."""
    entry = await session.get_one(LedgerEntry, entry_id)
    came = [one for one in await postings_of(session, entry_id) if one.amount > 0]
    source = came[0].account_id
    kept = await session.get_one(LedgerAccount, source)
    assert kept.holder_id is not None
    for one in sorted((merged_id, kept.holder_id)):
        await get_member(session, one)
    merged = await get_member(session, merged_id)
    target = await account_of(session, entry.ledger, merged.whose, pocket_for_points(merged))
    await lock_accounts(session, [source, target])
    left = {one.lot_id: one.amount for one in await held_in(session, source, entry.ledger)}
    parts = [Held(one.lot_id, min(one.amount, left.get(one.lot_id, 0))) for one in came]
    if legs := move(source, target, [part for part in parts if part.amount > 0]):
        await post(
            session,
            FAMILIES,
            ledger=entry.ledger,
            kind=EntryKind.MERGE,
            key=f"unmerge:{entry_id}",
            legs=legs,
            details={"of": str(entry_id)},
        )
    return bool(legs)
