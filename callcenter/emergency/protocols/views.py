"""Runs and protocols as they are shown. Reads only."""

from __future__ import annotations

import uuid
from collections import Counter
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.queries import get_users
from callcenter.emergency.protocols import queries
from callcenter.emergency.protocols.library import PACKAGED
from callcenter.emergency.protocols.models import EmergencyStep, ProtocolRun, ProtocolVersion
from callcenter.emergency.protocols.reading import Read
from callcenter.emergency.protocols.rules import Given, Seen, Standing, walk
from callcenter.emergency.protocols.schema import ForElder, ForGroup, Protocol, Step, Text
from callcenter.emergency.protocols.schemas import (
    AnswerView,
    ProtocolDetail,
    ProtocolFault,
    ProtocolShelf,
    ProtocolSummary,
    ProtocolView,
    RungView,
    StepDefinition,
    StepView,
    Turn,
    Words,
)
from callcenter.emergency.protocols.states import BEHIND, StepState
from callcenter.emergency.queries import get_emergency
from callcenter.kit.errors import NotFound


def words(text: Text | None) -> Words | None:
    return Words(zh=text.zh, en=text.en) if text else None


def _titled(text: Text) -> Words:
    return Words(zh=text.zh, en=text.en)


def definition(step: Step) -> StepDefinition:
    return StepDefinition(**_fields(step))


def _fields(step: Step) -> dict[str, Any]:
    return {
        "code": step.code,
        "sort": step.sort,
        "words": words(step.ask or step.info),
        "aloud": step.aloud,
        "say": words(step.say),
        "note": words(step.note),
        "act": step.act,
        "agency": step.agency,
        "item": step.item,
        "kind": step.kind,
        "outcome": step.outcome,
        "within": step.within,
        "once": step.once,
        "answers": [
            AnswerView(code=one.code, words=_titled(one.text), to=one.to, no_outside=words(one.no_outside)) for one in step.answers
        ],
        "if_skipped": step.if_skipped,
        "to": step.to,
        "no_outside": words(step.no_outside),
    }


def _rungs(protocol: Protocol) -> list[RungView]:
    return [RungView(who=one.who, how=one.how, ring=one.ring, wait=one.wait, agency=one.agency) for one in protocol.ladder]


async def get_protocol_view(session: AsyncSession, case_id: uuid.UUID) -> ProtocolView:
    """NotFound `no_protocol`: the emergency was opened a moment ago, or the case is none."""
    emergency = await get_emergency(session, case_id)
    runs = {run.row.id: run for run in await queries.list_runs(session, emergency.id)}
    if not runs:
        raise NotFound("no protocol has begun yet", code="no_protocol")
    rows = await queries.list_steps(session, emergency.id)
    run = list(runs.values())[-1]
    names = {i: user.name for i, user in (await get_users(session, {row.by_id for row in rows if row.by_id})).items()}
    mine = [row for row in rows if row.run_id == run.row.id]
    pending = next((row for row in mine if row.state is StepState.PENDING), None)
    seen = walk(run.protocol, [given_of(row) for row in mine if row.state in BEHIND])
    last = {row.step: row for row in mine if row.state in BEHIND}
    off_way = {row.step: row for row in rows if row.at is not None and row.state is not StepState.SKIPPED}
    return ProtocolView(
        case_id=case_id,
        emergency_version=emergency.version,
        run=run.row.number,
        code=run.version.code,
        version=run.version.version,
        kind=run.version.kind,
        title=_titled(run.protocol.title),
        agencies=list(run.protocol.agencies),
        ladder=_rungs(run.protocol),
        started_at=run.row.started_at,
        ended=run.row.ended,
        current=pending.step if pending else None,
        steps=[_step_view(one, pending, last.get(one.step.code), off_way.get(one.step.code), names) for one in seen.seen],
        history=[_turn(row, runs[row.run_id], names) for row in rows],
    )


def given_of(row: EmergencyStep) -> Given:
    return Given(row.step, row.answer, skipped=row.state is StepState.SKIPPED)


def _step_view(
    seen: Seen, pending: EmergencyStep | None, last: EmergencyStep | None, before: EmergencyStep | None, names: dict[uuid.UUID, str]
) -> StepView:
    is_current = pending is not None and pending.step == seen.step.code
    row = pending if is_current else last
    standing = seen.standing
    if standing is Standing.CURRENT and not is_current:  # its run was left before its turn was over
        standing = Standing.OFF_PATH if last is None else Standing.SKIPPED if last.state is StepState.SKIPPED else Standing.DONE
    return StepView(
        **_fields(seen.step),
        standing=standing,
        position=row.position if row else None,
        times=seen.times,
        answer=row.answer if row else "",
        reason=row.reason if row else "",
        carried=row.carried if row else False,
        at=row.at if row else None,
        by_name=names.get(row.by_id, "") if row and row.by_id else "",
        due_at=row.due_at if row else None,
        done_before=before.at if before is not None and (last is None or is_current) else None,
    )


def _turn(row: EmergencyStep, run: queries.Run, names: dict[uuid.UUID, str]) -> Turn:
    step = run.protocol.step(row.step)
    chosen = step.answer(row.answer) if step else None
    return Turn(
        run=run.row.number,
        protocol=run.version.code,
        position=row.position,
        step=row.step,
        words=words(step.ask or step.info or step.say) if step else None,
        act=step.act if step else None,
        state=row.state,
        answer=row.answer,
        answer_words=words(chosen.text) if chosen else None,
        reason=row.reason,
        carried=row.carried,
        began_at=row.began_at,
        due_at=row.due_at,
        at=row.at,
        by_name=names.get(row.by_id, "") if row.by_id else "",
        undone_at=row.undone_at,
    )


# --- the shelf -----------------------------------------------------------------------------------------------------------------------


async def get_shelf(session: AsyncSession) -> ProtocolShelf:
    found = queries.library()
    versions = await queries.list_versions_used(session)
    used: Counter[str] = Counter()
    counts = select(ProtocolVersion.code, func.count()).join(ProtocolRun, ProtocolRun.version_id == ProtocolVersion.id)
    for code, count in await session.execute(counts.group_by(ProtocolVersion.code)):
        used[code] = count
    return ProtocolShelf(
        protocols=[
            ProtocolSummary(
                code=one.protocol.code,
                version=one.protocol.version,
                kind=one.protocol.kind,
                title=_titled(one.protocol.title),
                whom=whom(one.protocol),
                steps=len(one.protocol.steps),
                sha256=one.sha256,
                own=one.file.parent != PACKAGED,
                used=used[one.protocol.code],
                silently_changed=any(
                    (v.code, v.version) == (one.protocol.code, one.protocol.version) and v.sha256 != one.sha256 for v in versions
                ),
            )
            for one in found.read
        ],
        faults=[ProtocolFault(file=problem.file.name, line=problem.line, message=problem.message) for problem in found.problems],
    )


def detail(read: Read) -> ProtocolDetail:
    protocol = read.protocol
    return ProtocolDetail(
        code=protocol.code,
        version=protocol.version,
        kind=protocol.kind,
        title=_titled(protocol.title),
        whom=whom(protocol),
        sha256=read.sha256,
        agencies=list(protocol.agencies),
        ladder=_rungs(protocol),
        steps=[definition(step) for step in protocol.steps],
    )


def whom(protocol: Protocol) -> Any:
    return "elder" if isinstance(protocol.whom, ForElder) else "group" if isinstance(protocol.whom, ForGroup) else "default"
