"""What the match is made of: the PBX's record (a file), Twilio's (rows that `public` wrote), our calls with their events, and cases."""

from __future__ import annotations

import asyncio
import uuid
from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.models import Call, CallEvent, SipAccount
from callcenter.cases.models import Case, CaseTask
from callcenter.cases.states import TaskState
from callcenter.kit import clock
from callcenter.reports.matching.models import PressMatch
from callcenter.reports.matching.rules import PRESSES, Cause, Difference, Matched, OurCall, OurCase, PbxPress, match
from callcenter.reports.matching.schemas import DifferenceView, PressMatchView
from callcenter.reports.rules import bounds_of
from callcenter.settings import Settings
from callcenter.telephony.asterisk.config import cel_of
from callcenter.telephony.asterisk.history import KeptPress, read_presses
from callcenter.telephony.nodes import node_in
from callcenter.telephony.twilio.adapter import KEPT
from callcenter.telephony.twilio.callbacks import PRESS_PREFIX
from callcenter.telephony.twilio.models import CarrierChannel, Sort

log = structlog.get_logger()
AROUND = timedelta(hours=1)  # a clock that was set, a press at midnight: the counterpart may stand beyond the day's edge
AT_ONCE = 5_000
TWILIO = "twilio"  # its calls bear the PBX's name; their channels tell them


async def match_day(session: AsyncSession, settings: Settings, day: date) -> Matched:
    """The day of the people served. Compares as it stands now: a case that was left alone last night may have an owner since."""
    start, end = bounds_of(day, day, settings.timezone)
    now = clock.now()
    presses, read = await record_of_pbx(settings, start - AROUND, end + AROUND)
    if start >= now - KEPT:
        presses += await _record_of_twilio(session, start - AROUND, end + AROUND)
        read.add(TWILIO)
    calls = await _calls(session, settings, start, end, {press.channel_id for press in presses if start <= press.at < end})
    cases = await _cases(session, {call.case_id for call in calls if call.case_id})
    accounts = {row.name: row.agent_id for row in await session.execute(select(SipAccount.name, SipAccount.agent_id))}
    return match(presses, calls, cases, read=read, start=start, end=end, now=now, accounts=accounts)


async def record_of_pbx(settings: Settings, start: datetime, end: datetime) -> tuple[list[PbxPress], set[str]]:
    """Of every node. Without a record nothing is read, which the match says if there were calls."""
    presses: list[PbxPress] = []
    read: set[str] = set()
    for node in settings.pbxs:
        try:
            found = await asyncio.to_thread(read_presses, cel_of(node.home), start, end)
        except OSError as error:
            log.error("pbx_record_not_read", pbx=node.name, error=type(error).__name__)
            continue
        if found is not None:
            presses += [_of_pbx(name_of(settings, settings.pbx_name, press.channel_id), press) for press in found]
            read.add(node.name)
    if len(read) == len(settings.pbxs):
        read.add(settings.pbx_name)  # also what it did before it became several
    return presses, read


def name_of(settings: Settings, pbx: str, channel_id: str) -> str:
    """The node's, where the PBX is several and the channel says which."""
    node = node_in(channel_id)
    return node if any(one.name == node for one in settings.nodes) else pbx


def _of_pbx(pbx: str, press: KeptPress) -> PbxPress:
    return PbxPress(
        pbx, press.channel_id, press.at, press.ended_at, press.answered_by, press.joined_at, tells_joins=True, caller=press.caller
    )  # fmt: skip


async def _record_of_twilio(session: AsyncSession, start: datetime, end: datetime) -> list[PbxPress]:
    rows = await session.scalars(
        select(CarrierChannel).where(CarrierChannel.sort == Sort.PRESS, CarrierChannel.created_at >= start, CarrierChannel.created_at < end)
    )
    return [
        PbxPress(TWILIO, row.id, row.created_at, row.ended_at, row.answered_by, None, tells_joins=False, caller=row.caller) for row in rows
    ]


async def _calls(session: AsyncSession, settings: Settings, start: datetime, end: datetime, channels: Collection[str]) -> list[OurCall]:
    """Those received around the day, and those of its presses whenever they were."""
    around = Call.kind.in_(PRESSES) & (Call.received_at >= start - AROUND) & (Call.received_at < end + AROUND)
    found = {row.id: row for row in await session.scalars(select(Call).where(around))}
    missing = sorted(set(channels) - {row.channel_id for row in found.values() if row.channel_id})
    for first in range(0, len(missing), AT_ONCE):
        some = missing[first : first + AT_ONCE]
        found |= {row.id: row for row in await session.scalars(select(Call).where(Call.channel_id.in_(some)))}
    events: dict[uuid.UUID, set[str]] = defaultdict(set)
    ids = list(found)
    for first in range(0, len(ids), AT_ONCE):
        said = select(CallEvent.call_id, CallEvent.kind).where(CallEvent.call_id.in_(ids[first : first + AT_ONCE])).distinct()
        for call_id, kind in await session.execute(said):
            events[call_id].add(kind)
    return [_of_ours(settings, row, frozenset(events[row.id])) for row in found.values()]


def _of_ours(settings: Settings, row: Call, events: frozenset[str]) -> OurCall:
    channel_id = row.channel_id or ""
    pbx = TWILIO if channel_id.startswith(PRESS_PREFIX) else name_of(settings, row.pbx, channel_id)
    return OurCall(
        row.id, pbx, channel_id, row.kind, row.state, row.received_at, row.answered_at, row.ended_at, row.agent_id, row.case_id, events
    )  # fmt: skip


async def _cases(session: AsyncSession, ids: Collection[uuid.UUID]) -> list[OurCase]:
    wanted, cases = list(ids), []
    for first in range(0, len(wanted), AT_ONCE):
        some = wanted[first : first + AT_ONCE]
        task = (
            select(CaseTask.case_id, func.max(CaseTask.due_at).label("due_at"), func.bool_or(CaseTask.owner_id.is_not(None)).label("taken"))
            .where(CaseTask.case_id.in_(some), CaseTask.state != TaskState.DONE)
            .group_by(CaseTask.case_id)
            .subquery()
        )
        rows = await session.execute(
            select(Case, task.c.due_at, task.c.taken).outerjoin(task, task.c.case_id == Case.id).where(Case.id.in_(some))
        )
        for case, due_at, taken in rows:
            deadline = max(case.deadline_at, due_at) if due_at else case.deadline_at
            cases.append(OurCase(case.id, case.number, case.state, bool(case.owner_id or taken), case.outcome, deadline, case.open_orders))
    return cases


# --- what was found before -------------------------------------------------------------------------------------------------------


async def list_matches(session: AsyncSession, *, days: int = 31) -> list[PressMatchView]:
    """The newest first."""
    rows = (await session.scalars(select(PressMatch).order_by(PressMatch.day.desc()).limit(days))).all()
    return [
        PressMatchView(
            day=row.day, made_at=row.made_at, presses=row.presses, calls=row.calls, cases=row.cases, found=row.found,
            differences=[_view(as_difference(one)) for one in row.differences],
        )
        for row in rows
    ]  # fmt: skip


def _view(one: Difference) -> DifferenceView:
    return DifferenceView(
        cause=one.cause, at=one.at, pbx=one.pbx, channel_id=one.channel_id, call_ids=list(one.call_ids), case_id=one.case_id,
        case_number=one.case_number, caller_number=one.caller, count=one.count,
    )  # fmt: skip


def as_row(one: Difference) -> dict[str, Any]:
    return {
        "cause": one.cause.value, "at": one.at.isoformat(), "pbx": one.pbx, "channel_id": one.channel_id, "call_ids": [str(i) for i in one.call_ids],
        "case_id": str(one.case_id) if one.case_id else None, "case_number": one.case_number, "caller": one.caller, "count": one.count,
    }  # fmt: skip


def as_difference(row: dict[str, Any]) -> Difference:
    return Difference(
        Cause(row["cause"]), datetime.fromisoformat(row["at"]), row["pbx"], row["channel_id"], tuple(uuid.UUID(i) for i in row["call_ids"]),
        uuid.UUID(row["case_id"]) if row["case_id"] else None, row["case_number"], row["caller"], row["count"],
    )  # fmt: skip
