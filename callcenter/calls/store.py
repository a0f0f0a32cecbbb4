"""What the engine writes. Every function works in the caller's transaction; rows are projections of the board, so writing twice is harmless."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.models import AgentPresence, Call, CallEvent
from callcenter.calls.rules import severity_of
from callcenter.calls.states import CallKind, CallState
from callcenter.cases.actions import LinkedTo, PressedCase, asked_recent, join_case_of_press, open_case
from callcenter.cases.models import Case
from callcenter.cases.states import Severity
from callcenter.elders.models import AccessGrant, GrantReason
from callcenter.elders.queries import asked_by_number, match_numbers
from callcenter.kit import trace
from callcenter.kit.db import as_json, read_together, run
from callcenter.kit.ids import new_id
from callcenter.kit.lease import Lease
from callcenter.kit.outbox import CHANNEL, publish

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
    case_id: uuid.UUID | None
    elder_id: uuid.UUID | None
    shared_elder_ids: list[str]
    risk: int
    dialect: str = ""  # of whoever may be calling, when it is one


UNIQUE_PRESS = "uq_calls_pbx_channel_id"


def is_stored_already(error: BaseException) -> bool:
    """Whether a transaction failed because this press is stored: it was given up as a whole, and the press is safe."""
    return isinstance(error, IntegrityError) and UNIQUE_PRESS in str(error.orig)


_STORE = text(
    """
    WITH stored AS (
        INSERT INTO calls (id, version, kind, state, pbx, channel_id, caller_raw, caller_key, called, case_id, elder_id, shared_elder_ids, severity,
                           risk, received_at, end_reason, in_front, voice_answered, escalation, epoch)
        VALUES (:id, 1, :kind, :state, :pbx, :channel_id, :caller_raw, :caller_key, :called, :case_id, :elder_id, CAST(:shared AS jsonb), :severity,
                :risk, :at, '', false, false, 0, :epoch)
        RETURNING id
    )
    INSERT INTO call_events (call_id, at, kind, data) SELECT id, :at, 'received', CAST(:data AS jsonb) FROM stored
    """
)


async def find_press(session: AsyncSession, pbx: str, channel_id: str) -> Call | None:
    return (
        await session.execute(select(Call).where(Call.pbx == pbx, Call.channel_id == channel_id).with_for_update())
    ).scalar_one_or_none()


@dataclass(frozen=True, slots=True)
class Looked:
    """What is known before a press is written: who may be calling, and the case that it joins or is linked to."""

    call_id: uuid.UUID
    elder_ids: list[uuid.UUID]
    risk: int
    dialect: str
    case: PressedCase | LinkedTo | None  # None: a dialog's caller, who gets one when handed on (`give_case`)


async def look_up_press(session: AsyncSession, press: NewPress, *, repeat_seconds: float, lease: Lease, with_case: bool = True) -> Looked:
    """Raises LeaseLost."""
    epochs, found, recent = await read_together(
        session,
        lease.asked_epoch(),
        asked_by_number(press.candidates),
        asked_recent(press.candidates, press.caller_key, press.at),
        planned_once=True,
    )
    lease.check(epochs[0].epoch if epochs else None)
    matches = match_numbers(found, press.candidates)
    elder_ids, call_id = [match.id for match in matches], new_id()
    case = None
    if with_case:
        case = await join_case_of_press(
            session,
            recent,
            elder_ids=elder_ids,
            is_sos=press.kind == CallKind.SOS,
            at=press.at,
            repeat_seconds=repeat_seconds,
            data={"call_id": call_id, "line": press.kind},
        )
    dialects = {match.dialect for match in matches}
    return Looked(call_id, elder_ids, max((match.risk for match in matches), default=0), dialects.pop() if len(dialects) == 1 else "", case)


async def write_press(session: AsyncSession, press: NewPress, looked: Looked, *, state: CallState, epoch: int = 0) -> StoredPress:
    """The press under its key (PBX name and channel id), and its case. When it is stored already the transaction fails (`is_stored_already`).
    Nothing is read back, so `pipelined` may hold it.
    """
    known = looked.elder_ids[0] if len(looked.elder_ids) == 1 else None
    shared = [str(found) for found in looked.elder_ids] if len(looked.elder_ids) > 1 else []
    case = looked.case
    if isinstance(case, LinkedTo):
        case = await open_case(
            session,
            elder_id=known,
            caller_key=press.caller_key,
            is_sos=press.kind == CallKind.SOS,
            severity=severity_of(press.kind),
            linked=case,
            at=press.at,
            data={"call_id": looked.call_id, "line": press.kind},
        )
    # a case that knows its elder (attached by an agent) tells it to later presses of the same number
    elder_id = known or (case.elder_id if case and not shared else None)
    values = {
        "id": looked.call_id,
        "kind": press.kind,
        "state": state,
        "pbx": press.pbx,
        "channel_id": press.channel_id,
        "caller_raw": press.caller_raw,
        "caller_key": press.caller_key,
        "called": press.called,
        "case_id": case.id if case else None,
        "elder_id": elder_id,
        "shared": as_json(shared),
        "severity": severity_of(press.kind),
        "risk": looked.risk,
        "at": press.at,
        "epoch": epoch,
        "data": as_json({"line": press.kind}),
    }
    await run(session, _STORE, values)
    trace.bind(case.id if case else None)
    trace.noted(session, "call", call=looked.call_id, what="received", kind=press.kind, pbx=press.pbx, channel=press.channel_id)
    return StoredPress(looked.call_id, case.id if case else None, elder_id, shared, looked.risk, looked.dialect)


async def give_case(
    session: AsyncSession,
    *,
    call_id: uuid.UUID,
    kind: CallKind,
    caller_key: str | None,
    numbers: Sequence[str],
    elder_ids: list[uuid.UUID] | None,
    at: datetime,
    repeat_seconds: float,
) -> PressedCase:
    """The case of a call that had none: a dialog's caller wants a person. `numbers`: readings of hers, best first; `elder_ids` None: looked up by them.
    Joined or opened as a service press's, and known to the call.
    """
    found, recent = await read_together(session, asked_by_number(numbers), asked_recent(numbers, caller_key, at))
    if elder_ids is None:
        elder_ids = [match.id for match in match_numbers(found, list(numbers))]
    data = {"call_id": call_id, "line": kind}
    case = await join_case_of_press(session, recent, elder_ids=elder_ids, is_sos=False, at=at, repeat_seconds=repeat_seconds, data=data)
    if isinstance(case, LinkedTo):
        known = elder_ids[0] if len(elder_ids) == 1 else None
        case = await open_case(
            session, elder_id=known, caller_key=caller_key, is_sos=False, severity=severity_of(kind), linked=case, at=at, data=data
        )
    shared = [str(found) for found in elder_ids] if len(elder_ids) > 1 else []
    values = {"case_id": case.id, "elder_id": case.elder_id, "shared_elder_ids": shared}
    await session.execute(update(Call).where(Call.id == call_id).values(values).execution_options(synchronize_session=False))
    return case


async def put_on_case(session: AsyncSession, *, call_id: uuid.UUID, case_id: uuid.UUID, severity: Severity) -> uuid.UUID | None:
    """A call that a program has made for a case goes on as a call of it. Returns whose it is."""
    elder_id = await session.scalar(select(Case.elder_id).where(Case.id == case_id))
    values = {"case_id": case_id, "elder_id": elder_id, "severity": severity}
    await session.execute(update(Call).where(Call.id == call_id).values(values).execution_options(synchronize_session=False))
    return elder_id


_CHANGING = (
    "version", "state", "channel_id", "case_id", "agent_id", "queued_at", "answered_at", "caller_left_at", "ended_at", "end_reason", "in_front",
    "voice_answered",
    "reassure_at", "escalate_at", "escalation", "return_until",
)  # fmt: skip
_LEG_CHANGING = ("state", "place", "muted", "mode", "ringing_at", "early_at", "answered_at", "ended_at", "cause")
_LEG = (
    "id", "call_id", "channel_id", "kind", "role", "code", "ref_id", "asked_by_id", "agent_id", "number", "started_at", "deadline_at", *_LEG_CHANGING
)  # fmt: skip
_SAVE = text(
    f"""
    WITH event AS (
        INSERT INTO call_events (call_id, at, kind, data)
        SELECT :call_id, :at, CAST(:event AS text), CAST(:data AS jsonb) WHERE CAST(:event AS text) <> ''
    ), leg AS (
        INSERT INTO call_legs ({", ".join(_LEG)})
        SELECT {", ".join(_LEG)} FROM jsonb_populate_recordset(CAST(NULL AS call_legs), CAST(:legs AS jsonb))
        ON CONFLICT (id) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in _LEG_CHANGING)}
    ), saved AS (
        UPDATE calls SET epoch = :epoch, {", ".join(f"{name} = new.{name}" for name in _CHANGING)}
        FROM jsonb_populate_record(CAST(NULL AS calls), CAST(:row AS jsonb)) AS new
        WHERE calls.id = :call_id AND calls.version <= new.version
        RETURNING calls.id, calls.case_id
    ), told AS (
        INSERT INTO outbox (created_at, topic, object_id, version, payload, trace)
        SELECT :at, 'call', CAST(id AS text), :version, CAST('{{}}' AS jsonb), case_id FROM saved
        RETURNING id
    )
    SELECT pg_notify(:channel, '') FROM told
    """  # noqa: S608 - column names of ours
)


async def save_change(
    session: AsyncSession,
    call_id: uuid.UUID,
    row: dict[str, Any],
    *,
    event: str,
    data: dict[str, Any],
    legs: Sequence[dict[str, Any]],
    at: datetime,
    epoch: int,
) -> None:
    """The whole mutable state of a call, its changed legs, what happened (`event`, may be ""), and the news for consoles, in one statement.
    A state older than the stored one is left out.
    """
    values = {"call_id": call_id, "row": as_json(row), "version": row["version"], "legs": as_json(list(legs)), "epoch": epoch}
    await run(session, _SAVE, {**values, "event": event, "data": as_json(data), "at": at, "channel": CHANNEL})


async def save_agent(session: AsyncSession, row: dict[str, Any]) -> None:
    statement = pg_insert(AgentPresence).values(**row)
    changed = {name: statement.excluded[name] for name in row if name != "agent_id"}
    await session.execute(statement.on_conflict_do_update(index_elements=["agent_id"], set_=changed))
    await publish(session, "agent", row["agent_id"], {}, version=row["version"])


async def save_probe(session: AsyncSession, row: dict[str, Any]) -> None:
    """What a probe has shown, where it changes nothing that a console shows: it is no news."""
    values = {name: row[name] for name in ("phone_checked_at", "phone_problem", "probe_failures")}
    await session.execute(update(AgentPresence).where(AgentPresence.agent_id == row["agent_id"]).values(**values))


async def add_event(session: AsyncSession, call_id: uuid.UUID, kind: str, at: datetime, data: dict[str, Any] | None = None) -> None:
    await session.execute(insert(CallEvent).values(call_id=call_id, at=at, kind=kind, data=data or {}))


_GRANT = text(
    """
    INSERT INTO access_grants (id, user_id, elder_id, reason, call_id, case_id, note, granted_at, until)
    SELECT gen_random_uuid(), agent, elder, :reason, :call_id, :case_id, '', :at, :until
    FROM unnest(CAST(:agents AS uuid[])) AS agent, unnest(CAST(:elders AS uuid[])) AS elder
    """
)


async def grant_for_call(
    session: AsyncSession,
    *,
    agent_ids: Sequence[uuid.UUID],
    elder_ids: Sequence[uuid.UUID],
    call_id: uuid.UUID,
    case_id: uuid.UUID | None,
    at: datetime,
) -> None:
    """A ringing or live call gives its agents the whole view of the elder (docs/decisions.md §7); `end_grants` closes it."""
    if agent_ids and elder_ids:
        values = {"reason": GrantReason.LIVE_CALL, "call_id": call_id, "case_id": case_id, "at": at, "until": at + GRANT_FOR}
        await run(session, _GRANT, {**values, "agents": list(agent_ids), "elders": list(elder_ids)})


async def end_grants(session: AsyncSession, *, call_id: uuid.UUID, but: Collection[uuid.UUID] = (), at: datetime) -> None:
    """Telephones stopped ringing: their owners' view ends, but for those who talk or are called in."""
    statement = update(AccessGrant).where(AccessGrant.call_id == call_id, AccessGrant.until > at, AccessGrant.user_id.not_in(but))
    await session.execute(statement.values(until=at))


async def end_grant_of(session: AsyncSession, *, call_id: uuid.UUID, agent_id: uuid.UUID, at: datetime) -> None:
    """This agent's telephone does not ring for the call any more."""
    mine = (AccessGrant.call_id == call_id) & (AccessGrant.user_id == agent_id) & (AccessGrant.until > at)
    await session.execute(update(AccessGrant).where(mine).values(until=at))
