"""One call to one number: asked of voice, answered, taken back. Precondition everywhere: case and emergency are locked."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.calls.dialogs.actions import cancel_dialog, request_dialog
from callcenter.calls.states import PartyRole
from callcenter.cases.actions import add_entry
from callcenter.emergency.ladder.models import NUMBER, ContactAttempt
from callcenter.emergency.ladder.rules import Person
from callcenter.emergency.ladder.states import ATTEMPT, OPEN, AttemptState, Who
from callcenter.emergency.models import Emergency
from callcenter.kit import clock, crypto
from callcenter.kit.errors import Invalid
from callcenter.kit.ids import new_id

CONTACT_CALL, ELDER_CALL = "emergency_contact", "sos_call_back"  # the dialogs that speak (telephone.py)
RUNG_BEFORE = timedelta(minutes=10)  # voice may be away so long; a call that comes later than that helps nobody
ROLES = {Who.ELDER: PartyRole.ELDER, Who.GRID_WORKER: PartyRole.GRID_WORKER}
_REACHED = {AttemptState.GOING: "contact_going", AttemptState.CANNOT: "contact_cannot", AttemptState.TALKS: "contact_talks"}
_NOT_REACHED = frozenset({AttemptState.NO_ANSWER, AttemptState.BUSY, AttemptState.FAILED})


def number_key(number: str) -> str:
    return crypto.index(number, NUMBER)


async def put_attempts(
    session: AsyncSession,
    emergency: Emergency,
    people: Sequence[Person],
    *,
    round_: int,
    rung: int,
    ring_s: int,
    ladder_id: uuid.UUID | None = None,
    task_id: uuid.UUID | None = None,
    asked_by_id: uuid.UUID | None = None,
) -> list[ContactAttempt]:
    """One row for each number; a number that stands on this step already is left out."""
    if not people:
        return []
    rows = [
        {
            "id": new_id(), "emergency_id": emergency.id, "ladder_id": ladder_id, "task_id": task_id, "round": round_, "rung": rung, "position": position,
            "who": person.who, "contact_id": person.contact_id, "worker_id": person.worker_id, "name": person.name, "relation": person.relation,
            "number": person.number, "number_key": number_key(person.number), "state": AttemptState.WAITING, "ring_s": ring_s,
            "asked_by_id": asked_by_id, "answer": "",
        }
        for position, person in enumerate(people, 1)
    ]  # fmt: skip
    put = pg_insert(ContactAttempt).values(rows).on_conflict_do_nothing().returning(ContactAttempt.id)
    stored = (await session.scalars(put)).all()
    found = await session.scalars(select(ContactAttempt).where(ContactAttempt.id.in_(stored)).order_by(ContactAttempt.position))
    return list(found)


async def ask(session: AsyncSession, emergency: Emergency, attempts: Iterable[ContactAttempt], *, actor: Actor | None = None) -> None:
    """Voice rings them as soon as this is committed. A number that nobody can dial has failed at once."""
    now = clock.now()
    for attempt in attempts:
        kind = ELDER_CALL if attempt.who is Who.ELDER else CONTACT_CALL
        try:
            attempt.dialog_id = await request_dialog(
                session,
                kind=kind,
                subject_id=attempt.id,
                number=attempt.number,
                due_at=now,
                deadline_at=now + RUNG_BEFORE,
                dedupe_key=f"{kind}:{attempt.id}",
                ring_seconds=float(attempt.ring_s),
                case_id=emergency.case_id,
                urgent=True,
                role=ROLES.get(attempt.who, PartyRole.CONTACT),
                ref_id=attempt.contact_id or attempt.worker_id,
            )
        except Invalid:
            await end_attempt(session, emergency, attempt, AttemptState.FAILED, answer="not_dialable")
            continue
        ATTEMPT.check(attempt.state, AttemptState.CALLING)
        attempt.state, attempt.asked_at = AttemptState.CALLING, now
        said = "elder_called" if attempt.who is Who.ELDER else "contact_called"
        await add_entry(session, emergency.case_id, said, actor=actor, data=told_of(attempt))
    await session.flush()


async def end_attempt(session: AsyncSession, emergency: Emergency, attempt: ContactAttempt, to: AttemptState, *, answer: str = "") -> None:
    """What became of it, on the timeline."""
    ATTEMPT.check(attempt.state, to)
    attempt.state, attempt.ended_at, attempt.answer = to, clock.now(), answer or attempt.answer
    kind = _REACHED.get(to, "contact_not_reached" if to in _NOT_REACHED else "")
    if attempt.who is Who.ELDER:
        kind = {"contact_talks": "elder_picked_up", "contact_not_reached": "elder_not_reached"}.get(kind, kind)
    if kind:
        data = told_of(attempt) | {"why": to, "answer": attempt.answer}
        await add_entry(session, emergency.case_id, kind, data=data)
    await session.flush()


async def take_back(session: AsyncSession, emergency: Emergency, attempts: Iterable[ContactAttempt]) -> None:
    """Nobody else is needed: who has not picked up is not rung any longer. Whoever hears the question already may answer it."""
    for attempt in attempts:
        if attempt.state not in OPEN or attempt.answered_at is not None:
            continue
        if attempt.dialog_id is not None:
            await cancel_dialog(session, attempt.dialog_id)
        await end_attempt(session, emergency, attempt, AttemptState.CANCELLED)


def told_of(attempt: ContactAttempt) -> dict[str, Any]:
    """For the timeline: ids alone."""
    data: dict[str, Any] = {"attempt_id": str(attempt.id), "who": attempt.who, "round": attempt.round, "rung": attempt.rung}
    if attempt.contact_id:
        data["contact_id"] = str(attempt.contact_id)
    if attempt.worker_id:
        data["worker_id"] = str(attempt.worker_id)
    return data
