"""What the engine writes. Every function works in the caller's transaction; rows are projections of the board, so writing twice is harmless."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.models import AgentPresence, Call, CallEvent, CallLeg
from callcenter.calls.rules import severity_of
from callcenter.calls.states import CallKind, CallState
from callcenter.cases.actions import add_entry, find_case_to_join, join_case, open_case
from callcenter.elders.models import AccessGrant, GrantReason
from callcenter.elders.queries import find_elders_by_number
from callcenter.kit.ids import new_id
from callcenter.kit.outbox import publish

GRANT_FOR = timedelta(hours=12)  # an end for grants whose call's end nobody wrote; a live call's end shortens it


@dataclass(frozen=True, slots=True)
class NewPress:
    pbx: str
    channel_id: str
    kind: CallKind
    caller_raw: str
    caller_key: str | None  # what a case is known by: the normalised number, None = withheld
    candidates: list[str]  # E.164 readings to look the elder up by, best first
    called: str
    at: datetime


@dataclass(frozen=True, slots=True)
class StoredPress:
    id: uuid.UUID
    case_id: uuid.UUID
    elder_id: uuid.UUID | None
    shared_elder_ids: list[str]
    risk: int
    is_new: bool  # False: it was stored before (CEL was faster, or a repeat)
    state: CallState
    version: int


async def store_press(session: AsyncSession, press: NewPress, *, state: CallState, repeat_seconds: float, epoch: int = 0) -> StoredPress:
    """Upsert the press by its key (PBX name and channel id), find who it is, open or join the case. One transaction with the caller's other writes."""
    known = (await session.execute(select(Call).where(Call.pbx == press.pbx, Call.channel_id == press.channel_id))).scalar_one_or_none()
    if known is not None and known.case_id is not None:
        return StoredPress(known.id, known.case_id, known.elder_id, known.shared_elder_ids, known.risk, False, known.state, known.version)

    matches = await find_elders_by_number(session, press.candidates) if press.candidates else []
    elder_ids = [match.id for match in matches]
    elder_id = elder_ids[0] if len(elder_ids) == 1 else None
    shared = [str(found) for found in elder_ids] if len(elder_ids) > 1 else []
    risk = max((match.risk for match in matches), default=0)
    is_sos = press.kind == CallKind.SOS

    call_id = new_id()
    inserted = (
        await session.execute(
            pg_insert(Call)
            .values(
                id=call_id,
                version=1,
                kind=press.kind,
                state=state,
                pbx=press.pbx,
                channel_id=press.channel_id,
                caller_raw=press.caller_raw,
                caller_key=press.caller_key,
                called=press.called,
                elder_id=elder_id,
                shared_elder_ids=shared,
                severity=severity_of(press.kind),
                risk=risk,
                received_at=press.at,
                end_reason="",
                in_front=False,
                voice_answered=False,
                escalation=0,
                epoch=epoch,
            )
            .on_conflict_do_nothing(index_elements=["pbx", "channel_id"])
            .returning(Call.id)
        )
    ).first()
    if inserted is None:  # another transaction stored it while we looked: read that one
        row = (await session.execute(select(Call).where(Call.pbx == press.pbx, Call.channel_id == press.channel_id))).scalar_one()
        assert row.case_id is not None
        return StoredPress(row.id, row.case_id, row.elder_id, row.shared_elder_ids, row.risk, False, row.state, row.version)

    case, linked = await find_case_to_join(
        session, elder_ids=elder_ids, caller_key=press.caller_key, is_sos=is_sos, now=press.at, repeat_seconds=repeat_seconds
    )
    if case is None:
        case = await open_case(
            session,
            elder_id=elder_id,
            caller_key=press.caller_key,
            is_sos=is_sos,
            severity=severity_of(press.kind),
            linked_case_id=linked,
            at=press.at,
        )
    else:
        await join_case(session, case, is_sos=is_sos, at=press.at)
    # a case that knows its elder (attached by an agent) tells it to later presses of the same number
    if elder_id is None and not shared and case.elder_id is not None:
        elder_id = case.elder_id
    await session.execute(update(Call).where(Call.id == call_id).values(case_id=case.id, elder_id=elder_id))
    await add_entry(session, case.id, "press", data={"call_id": str(call_id), "line": press.kind, "presses": case.presses}, at=press.at)
    await add_event(session, call_id, "received", press.at, {"line": press.kind})
    return StoredPress(call_id, case.id, elder_id, shared, risk, True, state, 1)


async def save_call(session: AsyncSession, call_id: uuid.UUID, row: dict[str, Any], epoch: int) -> None:
    """The whole mutable state, and the event by which consoles hear of it. An older state than the stored one is left out."""
    newer = update(Call).where(Call.id == call_id, Call.version <= row["version"]).values(**row, epoch=epoch).returning(Call.id)
    if (await session.execute(newer)).first() is not None:
        await publish(session, "call", call_id, {}, version=row["version"])


async def save_legs(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    if not rows:
        return
    statement = pg_insert(CallLeg)
    changed = {name: statement.excluded[name] for name in ("state", "ringing_at", "answered_at", "ended_at", "cause")}
    await session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=changed), list(rows))


async def save_agent(session: AsyncSession, row: dict[str, Any]) -> None:
    statement = pg_insert(AgentPresence).values(**row)
    changed = {name: statement.excluded[name] for name in row if name != "agent_id"}
    await session.execute(statement.on_conflict_do_update(index_elements=["agent_id"], set_=changed))
    await publish(session, "agent", row["agent_id"], {}, version=row["version"])


async def add_event(session: AsyncSession, call_id: uuid.UUID, kind: str, at: datetime, data: dict[str, Any] | None = None) -> None:
    await session.execute(insert(CallEvent).values(call_id=call_id, at=at, kind=kind, data=data or {}))


async def grant_for_call(
    session: AsyncSession,
    *,
    agent_ids: Sequence[uuid.UUID],
    elder_ids: Sequence[uuid.UUID],
    call_id: uuid.UUID,
    case_id: uuid.UUID | None,
    at: datetime,
) -> None:
    """A ringing or live call gives its agents the whole view of the elder (design §12.7); `end_grants` closes it."""
    rows = [
        {
            "id": new_id(),
            "user_id": agent_id,
            "elder_id": elder_id,
            "reason": GrantReason.LIVE_CALL,
            "call_id": call_id,
            "case_id": case_id,
            "note": "",
            "granted_at": at,
            "until": at + GRANT_FOR,
        }
        for agent_id in agent_ids
        for elder_id in elder_ids
    ]
    if rows:
        await session.execute(insert(AccessGrant), rows)


async def end_grants(session: AsyncSession, *, call_id: uuid.UUID, but: uuid.UUID | None, at: datetime) -> None:
    """Telephones stopped ringing: their owners' view ends, but for the one who talks."""
    statement = update(AccessGrant).where(AccessGrant.call_id == call_id, AccessGrant.until > at).values(until=at)
    await session.execute(statement.where(AccessGrant.user_id != but) if but else statement)
