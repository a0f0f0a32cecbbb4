"""All reads of runs, and the choice of a protocol for an emergency."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.cases.models import Case
from callcenter.elders.models import Elder
from callcenter.elders.queries import current_id
from callcenter.emergency.models import Emergency
from callcenter.emergency.protocols.acts import Acted, first_act, is_done_by_act, same_act
from callcenter.emergency.protocols.choosing import Traits, choose
from callcenter.emergency.protocols.library import Library, shelf_of
from callcenter.emergency.protocols.models import EmergencyStep, ProtocolRun, ProtocolVersion
from callcenter.emergency.protocols.reading import Read
from callcenter.emergency.protocols.rules import CARRIED_FOR
from callcenter.emergency.protocols.schema import Protocol, Rung
from callcenter.emergency.protocols.states import RunEnd, StepState
from callcenter.emergency.states import EmergencyKind, EmergencyState
from callcenter.kit import clock
from callcenter.kit.errors import NotFound
from callcenter.settings import get_settings

MOST = 100


@dataclass(frozen=True, slots=True)
class Run:
    row: ProtocolRun
    version: ProtocolVersion
    protocol: Protocol


def library() -> Library:
    return shelf_of(get_settings().protocols).library()


async def get_traits(session: AsyncSession, elder_id: uuid.UUID | None) -> Traits | None:
    if elder_id is None:
        return None
    row = (
        await session.execute(
            select(Elder.id, Elder.card_number, Elder.living, Elder.ability, Elder.hearing, Elder.categories, Elder.wandering).where(
                Elder.id == await current_id(session, elder_id)
            )
        )
    ).one_or_none()
    if row is None:
        return None
    return Traits(row.id, row.card_number, row.living, row.ability, row.hearing, tuple(row.categories), row.wandering)


async def choose_protocol(session: AsyncSession, elder_id: uuid.UUID | None, kind: EmergencyKind) -> Read:
    """NotFound `no_protocol` only when the centre's folder has taken one away that the program brought: it cannot."""
    found = library()
    chosen = choose(found.protocols, kind, await get_traits(session, elder_id))
    read = found.get(chosen.code) if chosen else None
    if read is None:
        raise NotFound(f"there is no protocol for {kind}", code="no_protocol", details={"kind": kind})
    return read


async def get_run(session: AsyncSession, emergency_id: uuid.UUID) -> Run | None:
    """The last one: it goes on, or nothing came after it."""
    row = (
        await session.execute(
            select(ProtocolRun, ProtocolVersion)
            .join(ProtocolVersion, ProtocolVersion.id == ProtocolRun.version_id)
            .where(ProtocolRun.emergency_id == emergency_id)
            .order_by(ProtocolRun.number.desc())
            .limit(1)
        )
    ).one_or_none()
    return Run(row[0], row[1], Protocol.model_validate(row[1].content)) if row else None


async def list_runs(session: AsyncSession, emergency_id: uuid.UUID) -> list[Run]:
    rows = await session.execute(
        select(ProtocolRun, ProtocolVersion)
        .join(ProtocolVersion, ProtocolVersion.id == ProtocolRun.version_id)
        .where(ProtocolRun.emergency_id == emergency_id)
        .order_by(ProtocolRun.number)
    )
    return [Run(run, version, Protocol.model_validate(version.content)) for run, version in rows]


async def list_steps(session: AsyncSession, emergency_id: uuid.UUID) -> Sequence[EmergencyStep]:
    """Of all its runs, in order."""
    statement = (
        select(EmergencyStep)
        .join(ProtocolRun, ProtocolRun.id == EmergencyStep.run_id)
        .where(EmergencyStep.emergency_id == emergency_id)
        .order_by(ProtocolRun.number, EmergencyStep.position)
    )
    return (await session.scalars(statement.execution_options(populate_existing=True))).all()


async def get_ladder(session: AsyncSession, emergency_id: uuid.UUID) -> tuple[Rung, ...]:
    """Whom to call, as the protocol of the run says. Empty: none has begun."""
    run = await get_run(session, emergency_id)
    return run.protocol.ladder if run else ()


async def get_act(session: AsyncSession, emergency: Emergency, run: Run, pending: EmergencyStep) -> Acted | None:
    """What has done the step whose turn it is; None: nothing, or how it went is a person's to say. What was done counts once: not for a step that was
    taken back after it, and for a step that is asked again only when it is done again.
    """
    step = run.protocol.step(pending.step)
    if step is None or not is_done_by_act(step):
        return None
    after = clock.now() - CARRIED_FOR if step.once else pending.began_at
    for row in await list_steps(session, emergency.id):
        known = run.protocol.step(row.step)
        if row.id != pending.id and known is not None and same_act(known, step):
            after = max(after, *(moment for moment in (row.at, row.undone_at) if moment is not None))
    return await first_act(session, emergency, step, after=after)


async def list_versions_used(session: AsyncSession) -> Sequence[ProtocolVersion]:
    return (await session.scalars(select(ProtocolVersion).order_by(ProtocolVersion.code, ProtocolVersion.stored_at))).all()


# --- what a sweep looks for ----------------------------------------------------------------------------------------------------------


async def list_without_run(session: AsyncSession) -> Sequence[uuid.UUID]:
    """Cases of open emergencies with no protocol that goes on or has come to its end."""
    has_one = exists().where(ProtocolRun.emergency_id == Emergency.id, ProtocolRun.ended.in_((RunEnd.NOT, RunEnd.FINISHED)))
    return (await session.scalars(select(Emergency.case_id).where(Emergency.state == EmergencyState.OPEN, ~has_one).limit(MOST))).all()


async def list_left_over(session: AsyncSession) -> Sequence[uuid.UUID]:
    """Cases of closed emergencies whose run nobody has ended."""
    has_one = exists().where(ProtocolRun.emergency_id == Emergency.id, ProtocolRun.ended.in_((RunEnd.NOT, RunEnd.FINISHED)))
    return (await session.scalars(select(Emergency.case_id).where(Emergency.state == EmergencyState.CLOSED, has_one).limit(MOST))).all()


async def list_unclocked(session: AsyncSession) -> Sequence[uuid.UUID]:
    """Cases that have come to an owner, whose step has no deadline yet."""
    return (
        await session.scalars(
            select(Emergency.case_id)
            .join(Case, Case.id == Emergency.case_id)
            .join(EmergencyStep, EmergencyStep.emergency_id == Emergency.id)
            .where(
                Emergency.state == EmergencyState.OPEN,
                Case.owner_id.is_not(None),
                EmergencyStep.state == StepState.PENDING,
                EmergencyStep.due_at.is_(None),
            )
            .limit(MOST)
        )
    ).all()


async def list_acted(session: AsyncSession) -> list[uuid.UUID]:
    """Cases whose step has been done by something that happened meanwhile. Without a lock."""
    rows = await session.execute(
        select(Emergency, EmergencyStep)
        .join(EmergencyStep, EmergencyStep.emergency_id == Emergency.id)
        .where(Emergency.state == EmergencyState.OPEN, EmergencyStep.state == StepState.PENDING)
        .limit(MOST)
    )
    found = []
    for emergency, pending in rows.all():
        run = await get_run(session, emergency.id)
        if run is not None and run.row.id == pending.run_id and await get_act(session, emergency, run, pending) is not None:
            found.append(emergency.case_id)
    return found


async def list_untouched(session: AsyncSession) -> Sequence[tuple[uuid.UUID, uuid.UUID | None, EmergencyKind, str]]:
    """Case, elder, kind and the protocol's code of runs in which nothing was answered: meanwhile it may have become clear who she is."""
    begun = exists().where(EmergencyStep.run_id == ProtocolRun.id, EmergencyStep.state != StepState.PENDING)
    rows = await session.execute(
        select(Emergency.case_id, Case.elder_id, Emergency.kind, ProtocolVersion.code)
        .join(Case, Case.id == Emergency.case_id)
        .join(ProtocolRun, and_(ProtocolRun.emergency_id == Emergency.id, ProtocolRun.ended == RunEnd.NOT))
        .join(ProtocolVersion, ProtocolVersion.id == ProtocolRun.version_id)
        .where(Emergency.state == EmergencyState.OPEN, ProtocolRun.started_by_id.is_(None), ~begun)
        .limit(MOST)
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]
