"""What one reader may see of calls, agents, tasks and cases. Facts are loaded once for all readers; masks are put on for each.

The rule (docs/decisions.md §7): a call that rings at you or that you talk on, and a case you own, show all; everything else is masked.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.models import User
from callcenter.accounts.roles import Permission, may
from callcenter.calls.models import AgentPresence, Call, CallLeg
from callcenter.calls.recordings.queries import list_recorded_now
from callcenter.calls.states import SHOWN, AgentState, CallKind, CallState, LegKind, LegState
from callcenter.cases.models import Case, CaseTask
from callcenter.cases.queries import list_last_cases
from callcenter.cases.states import OPEN, TaskState
from callcenter.console.party_views import legs_of, party_views
from callcenter.console.schemas import AgentView, CallView, CaseSummary, Handed, Pop, TaskView
from callcenter.elders.queries import get_elder_cards, get_elder_summaries
from callcenter.elders.rules import mask_name
from callcenter.elders.schemas import ElderSummary
from callcenter.kit import clock
from callcenter.kit.phone import mask, pretty
from callcenter.reports.queries import count_answered
from callcenter.reports.rules import start_of_day
from callcenter.settings import get_settings


@dataclass(frozen=True, slots=True)
class CallFacts:
    masked: CallView
    full: CallView  # with pop
    seen_by: frozenset[uuid.UUID]
    live: bool

    def for_reader(self, reader: uuid.UUID) -> CallView | None:
        if not self.live:
            return None
        return self.full if reader in self.seen_by else self.masked


@dataclass(frozen=True, slots=True)
class CaseFacts:
    masked: CaseSummary
    full: CaseSummary
    is_open: bool

    def for_list_of(self, reader: uuid.UUID) -> CaseSummary | None:
        """A console's list holds its own open cases."""
        return self.full if self.is_open and self.full.owner_id == reader else None


async def _names(session: AsyncSession, ids: Collection[uuid.UUID | None]) -> dict[uuid.UUID, str]:
    wanted = {i for i in ids if i}
    if not wanted:
        return {}
    return {row.id: row.name for row in await session.execute(select(User.id, User.name).where(User.id.in_(wanted)))}


async def _summaries(session: AsyncSession, ids: Collection[uuid.UUID | None]) -> dict[uuid.UUID, ElderSummary]:
    wanted = {i for i in ids if i}
    return await get_elder_summaries(session, wanted, full_ids=wanted)


# --- cases ---------------------------------------------------------------------------------------------------------------------


async def case_facts(session: AsyncSession, cases: Sequence[Case]) -> list[CaseFacts]:
    elders = await _summaries(session, [c.elder_id for c in cases])
    names = await _names(session, [i for c in cases for i in (c.owner_id, c.handed_by_id)])
    found = []
    for case in cases:
        elder = elders.get(case.elder_id) if case.elder_id else None
        full = CaseSummary(
            id=case.id,
            version=case.version,
            number=case.number,
            state=case.state,
            severity=case.severity,
            elder_id=case.elder_id,
            elder_name=elder.name if elder else "",
            caller_number=pretty(case.caller_key),
            owner_id=case.owner_id,
            owner_name=names.get(case.owner_id, "") if case.owner_id else "",
            opened_at=case.opened_at,
            resolved_at=case.resolved_at,
            outcome=case.outcome,
            presses=case.presses,
            deadline_at=case.deadline_at,
            handed=_handed_of(case, names),
        )
        masked = full.model_copy(update={"elder_name": mask_name(full.elder_name), "caller_number": mask(case.caller_key), "handed": None})
        found.append(CaseFacts(masked, full, case.state in OPEN))
    return found


def _handed_of(case: Case, names: dict[uuid.UUID, str]) -> Handed | None:
    if case.handed_at is None or case.handed_by_id is None:
        return None
    return Handed(at=case.handed_at, by_id=case.handed_by_id, by_name=names.get(case.handed_by_id, ""), word=case.handed_word)


async def case_facts_by_id(session: AsyncSession, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, CaseFacts]:
    cases = (await session.execute(select(Case).where(Case.id.in_(ids)))).scalars().all()
    return {facts.full.id: facts for facts in await case_facts(session, cases)}


# --- calls ---------------------------------------------------------------------------------------------------------------------


async def call_facts(session: AsyncSession, ids: Collection[uuid.UUID] | None = None) -> dict[uuid.UUID, CallFacts]:
    """`None`: all live calls. What has ended and been asked for comes with live=False."""
    where = Call.id.in_(ids) if ids is not None else Call.state.in_(SHOWN)
    rows = (
        await session.execute(select(Call, Case).outerjoin(Case, Case.id == Call.case_id).where(where).order_by(Call.received_at))
    ).all()
    calls = [row[0] for row in rows]
    legs = await legs_of(session, [c.id for c in calls]) if calls else {}
    elder_ids = {c.elder_id for c in calls} | {uuid.UUID(e) for c in calls for e in c.shared_elder_ids}
    elders = await _summaries(session, elder_ids)
    names = await _names(session, [*(c.agent_id for c in calls), *(leg.agent_id for found in legs.values() for leg in found)])
    recorded = await list_recorded_now(session, [c.id for c in calls if c.state == CallState.TALKING])
    result = {}
    for call, case in rows:
        result[call.id] = await _facts_of(session, call, case, legs.get(call.id, []), elders, names, recorded)
    return result


async def _facts_of(
    session: AsyncSession,
    call: Call,
    case: Case | None,
    legs: list[CallLeg],
    elders: dict[uuid.UUID, ElderSummary],
    names: dict[uuid.UUID, str],
    recorded: set[uuid.UUID],
) -> CallFacts:
    live = call.state in SHOWN
    shared = [elders[uuid.UUID(e)] for e in call.shared_elder_ids if uuid.UUID(e) in elders]
    elder = elders.get(call.elder_id) if call.elder_id else None
    name = elder.name if elder else " / ".join(s.name for s in shared)
    masked_name = mask_name(elder.name) if elder else " / ".join(mask_name(s.name) for s in shared)
    is_mine = call.state in (CallState.TALKING, CallState.HELD) or call.return_until is not None
    ringing = {leg.agent_id for leg in legs if leg.state == LegState.RINGING and leg.agent_id and leg.kind != LegKind.SUPERVISOR}
    on_it = {leg.agent_id for leg in legs if leg.state == LegState.ANSWERED and leg.agent_id}
    seen_by = frozenset(ringing | on_it | ({call.agent_id} if call.agent_id and (is_mine or call.kind == "outbound") else set()))
    base: dict[str, Any] = {
        "id": call.id,
        "version": call.version,
        "kind": call.kind,
        "state": call.state,
        "case_id": call.case_id,
        "case_number": case.number if case else "",
        "elder_age": elder.age if elder else None,
        "place": elder.place if elder else (shared[0].place if shared else ""),
        "severity": call.severity,
        "risk": call.risk,
        "presses": case.presses if case else 1,
        "received_at": call.received_at,
        "answered_at": call.answered_at,
        "caller_left_at": call.caller_left_at,
        "ended_at": call.ended_at,
        "on_hold": call.state == CallState.HELD,
        "recording": call.id in recorded,
        "ringing": sorted(ringing),
        "called": "" if call.kind in (CallKind.OUTBOUND, CallKind.AUTOMATIC) else call.called,
        "agent_id": call.agent_id,
        "agent_name": names.get(call.agent_id, "") if call.agent_id else "",
    }
    masked = CallView(**base, elder_name=masked_name, caller_number=mask(call.caller_key), parties=party_views(legs, names, full=False))
    full = CallView(**base, elder_name=name, caller_number=pretty(call.caller_key), parties=party_views(legs, names, full=True))
    if live and seen_by:
        full.pop = await build_pop(session, call, case)
    return CallFacts(masked, full, seen_by, live)


async def build_pop(session: AsyncSession, call: Call, case: Case | None) -> Pop:
    """Who, where, what danger, who has the key. Whoever shows it writes the audit."""
    ids = [call.elder_id] if call.elder_id else [uuid.UUID(e) for e in call.shared_elder_ids]
    cards = await get_elder_cards(session, ids)
    last = await list_last_cases(session, elder_id=call.elder_id, caller_key=call.caller_key, but=case.id if case else None)
    return Pop(
        caller_number=pretty(call.caller_key),
        elder=cards[0] if call.elder_id and cards else None,
        shared=[] if call.elder_id else cards,
        last_cases=[facts.full for facts in await case_facts(session, last)],
    )


# --- agents --------------------------------------------------------------------------------------------------------------------


async def agent_views(session: AsyncSession, ids: Collection[uuid.UUID] | None = None) -> dict[uuid.UUID, AgentView]:
    """Recomputed from rows, never counted along."""
    statement = select(User, AgentPresence).outerjoin(AgentPresence, AgentPresence.agent_id == User.id).where(User.active)
    rows = (await session.execute(statement.where(User.id.in_(ids)) if ids is not None else statement.order_by(User.username))).all()
    rows = [row for row in rows if may(row[0].role, Permission.CALLS_TAKE)]
    since = start_of_day(clock.now(), get_settings().timezone)
    counts = await count_answered(session, [u.id for u, _ in rows], since)
    wrapping = [p.agent_id for _, p in rows if p and p.state == AgentState.WRAP_UP]
    last: dict[uuid.UUID, tuple[uuid.UUID, uuid.UUID | None]] = {}
    if wrapping:
        newest = (
            select(Call.agent_id, Call.id, Call.case_id)
            .where(Call.agent_id.in_(wrapping), Call.ended_at.is_not(None))
            .order_by(Call.agent_id, Call.ended_at.desc())
            .ext(distinct_on(Call.agent_id))
        )
        last = {agent_id: (call_id, case_id) for agent_id, call_id, case_id in await session.execute(newest) if agent_id}
    result = {}
    for user, presence in rows:
        answered, fast = counts.get(user.id, (0, 0))
        last_call = last.get(user.id, (None, None))
        result[user.id] = AgentView(
            id=user.id,
            version=presence.version if presence else 0,
            name=user.name,
            role=user.role,
            state=presence.state if presence else AgentState.OFFLINE,
            reason=presence.reason if presence else "",
            since=presence.since if presence else user.created_at,
            phone_ok=presence.phone_ok if presence else False,
            phone_checked_at=presence.phone_checked_at if presence else None,
            phone_problem=cast(Any, presence.phone_problem if presence else ""),
            call_id=(presence.call_id if presence else None) or last_call[0],
            wrap_up_case_id=last_call[1],
            wrap_up_until=presence.wrap_up_until if presence else None,
            answered_today=answered,
            answered_within_10s=fast,
        )
    return result


# --- tasks ---------------------------------------------------------------------------------------------------------------------


async def task_views(session: AsyncSession, ids: Collection[uuid.UUID] | None = None) -> dict[uuid.UUID, TaskView]:
    """Open ones; a done one is left out, which is "gone" to every console."""
    where = CaseTask.id.in_(ids) if ids is not None else CaseTask.state != TaskState.DONE
    rows = (
        await session.execute(
            select(CaseTask, Case)
            .join(Case, Case.id == CaseTask.case_id)
            .where(where, CaseTask.state != TaskState.DONE)
            .order_by(CaseTask.due_at)
            .limit(500)
        )
    ).all()
    elders = await _summaries(session, [task.elder_id for task, _ in rows])
    result = {}
    for task, case in rows:
        elder = elders.get(task.elder_id) if task.elder_id else None
        result[task.id] = TaskView(
            id=task.id,
            version=task.version,
            kind="call_back",
            state=task.state,
            case_id=case.id,
            case_number=case.number,
            severity=case.severity,
            elder_name=mask_name(elder.name) if elder else "",
            caller_number=mask(task.number),
            place=elder.place if elder else "",
            reason=task.reason,
            created_at=task.created_at,
            due_at=task.due_at,
            attempts=task.attempts,
            owner_id=task.owner_id,
            has_recording=bool(task.recording),
        )
    return result
