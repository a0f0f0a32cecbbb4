"""What a profile's business needs of several domains at once: merging moves cases and calls too, "press once" looks at calls."""

from __future__ import annotations

import uuid

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor, system
from callcenter.calls import of_elder
from callcenter.cases.actions import move_cases
from callcenter.elders import checks, merging
from callcenter.elders.actions import numbers_of
from callcenter.elders.record_schemas import Merge
from callcenter.elders.records import CheckState, ElderMerge
from callcenter.kit import clock
from callcenter.kit.errors import Conflict


async def merge_elders(session: AsyncSession, actor: Actor, wanted: Merge) -> ElderMerge:
    """Profiles first, then cases, as whoever attaches an elder to a case locks them."""
    merge = await merging.merge_profiles(
        session,
        actor,
        kept_id=wanted.kept_id,
        merged_id=wanted.merged_id,
        kept_version=wanted.kept_version,
        merged_version=wanted.merged_version,
        reason=wanted.reason,
    )
    await _nobody_on_the_line(session, merge)
    cases, tasks = await move_cases(session, from_id=merge.merged_id, to_id=merge.kept_id)
    calls = await of_elder.move_calls(session, from_id=merge.merged_id, to_id=merge.kept_id)
    await merging.finish_merge(session, merge, cases=cases, tasks=tasks, calls=calls)
    return merge


async def undo_merge(session: AsyncSession, actor: Actor, merge_id: uuid.UUID) -> ElderMerge:
    """Cases and calls that came since stay with the kept profile."""
    merge, moved = await merging.undo_merge(session, actor, merge_id)
    await _nobody_on_the_line(session, merge)
    await move_cases(session, from_id=merge.kept_id, to_id=merge.merged_id, only_cases=moved.cases, only_tasks=moved.tasks)
    await of_elder.move_calls(session, from_id=merge.kept_id, to_id=merge.merged_id, only=moved.calls)
    return merge


async def _nobody_on_the_line(session: AsyncSession, merge: ElderMerge) -> None:
    if await of_elder.is_on_the_line(session, [merge.kept_id, merge.merged_id]):
        raise Conflict("one of them is on the line; wait until the call is over", code="elder_on_line")


async def settle_checks(session: AsyncSession, elder_id: uuid.UUID | None = None) -> int:
    """Look at the presses since each waiting check began. Returns how many checks came to an end. Harmless twice, and by two at once."""
    settled = 0
    now = clock.now()
    for check in await checks.lock_waiting(session, elder_id):
        hers = {number.e164 for number in await numbers_of(session, check.elder_id)} | {check.number}
        presses = await of_elder.list_presses(session, since=check.started_at, until=check.until, numbers=hers, line=check.line)
        verdict = checks.judge(
            presses, elder_id=check.elder_id, number=check.number, line=check.line, hers=hers, over=now > check.until + checks.GRACE
        )
        if verdict is not None:
            await checks.settle_check(session, system("check"), check, verdict)
            settled += verdict.state is not CheckState.CANCELLED
    return settled
