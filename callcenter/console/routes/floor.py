"""The floor: all open cases, and an agent who forgot to come back from her pause. Agents, calls and call-backs come by the socket."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends
from sqlalchemy import func, select

from callcenter.accounts.audit import audit
from callcenter.accounts.models import User
from callcenter.accounts.roles import Permission
from callcenter.accounts.sessions import SignedIn
from callcenter.calls.models import AgentPresence, Call
from callcenter.calls.states import LIVE, AgentState, CallState
from callcenter.cases.models import CaseLock, CaseTask
from callcenter.cases.queries import list_open_cases
from callcenter.cases.states import TaskState
from callcenter.console import views
from callcenter.console.http import Desk, Session, needs
from callcenter.console.schemas import CaseHolder, CommandOutcome
from callcenter.console.schemas_floor import FloorCase
from callcenter.elders.access import whole_for
from callcenter.elders.queries import get_elder_summaries
from callcenter.kit import clock
from callcenter.kit.errors import Conflict, NotFound

router = APIRouter()
Watcher = Annotated[SignedIn, Depends(needs(Permission.FLOOR_WATCH))]
MOST = 500


@router.get("/api/floor/cases")
async def list_floor_cases(who: Watcher, session: Session) -> list[FloorCase]:
    """Every open case, the newest 500; whole for whom she may see whole, masked otherwise."""
    cases = await list_open_cases(session, MOST)
    ids = [c.id for c in cases]
    elder_ids = {c.elder_id for c in cases if c.elder_id}
    seen = await whole_for(session, who.actor, elder_ids)
    places = {i: e.place for i, e in (await get_elder_summaries(session, elder_ids)).items()}
    waits = await session.execute(
        select(CaseTask.case_id, func.min(CaseTask.due_at))
        .where(CaseTask.case_id.in_(ids), CaseTask.state != TaskState.DONE)
        .group_by(CaseTask.case_id)
    )
    due = {row[0]: row[1] for row in waits}
    held = {
        row.case_id: CaseHolder(user_id=row.user_id, name=row.name, until=row.until)
        for row in await session.execute(
            select(CaseLock.case_id, CaseLock.user_id, User.name, CaseLock.until)
            .join(User, User.id == CaseLock.user_id)
            .where(CaseLock.case_id.in_(ids), CaseLock.until > clock.now())
        )
    }
    live: set[uuid.UUID] = set()
    for row in await session.execute(
        select(Call.case_id, Call.state, Call.agent_id, User.name)
        .outerjoin(User, User.id == Call.agent_id)
        .where(Call.case_id.in_(ids), Call.state.in_(LIVE))
    ):
        live.add(row.case_id)
        if row.agent_id and row.state in (CallState.TALKING, CallState.HELD):
            held[row.case_id] = CaseHolder(user_id=row.agent_id, name=row.name, until=None)
    found = []
    for case, facts in zip(cases, await views.case_facts(session, cases), strict=True):
        # whose press it is nobody knows: any supervisor may find out
        whole = case.owner_id == who.user_id or case.elder_id is None or case.elder_id in seen
        found.append(
            FloorCase(
                **(facts.full if whole else facts.masked).model_dump(),
                place=places.get(case.elder_id, "") if case.elder_id else "",
                whole=whole,
                holder=held.get(case.id),
                call_back_due_at=due.get(case.id),
                live_call=case.id in live,
            )
        )
    return found


@router.post("/api/agents/{agent_id}/idle")
async def end_pause(agent_id: uuid.UUID, who: Watcher, session: Session, desk: Desk) -> CommandOutcome:
    """For somebody who sits there and forgot to come back from her pause. Her telephone may ring at once."""
    presence = await session.get(AgentPresence, agent_id)
    if presence is None:
        raise NotFound("no such agent")
    if presence.state != AgentState.PAUSED:
        raise Conflict(
            f"she is {presence.state}; only a pause can be ended",
            code="not_paused",
            details={"state": presence.state, "since": str(presence.since)},
        )
    outcome, _ = await desk.ask("presence", agent_id=agent_id, args={"state": "idle", "reason": ""})
    await audit(session, who.actor, "agent:pause-ended", agent_id, details={"outcome": outcome.outcome})
    return outcome
