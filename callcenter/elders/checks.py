""" "Please press once": whether the next press from one of her numbers came with the number, on the line and to the profile that it should.

The press itself is one like any other; this looks at it afterwards. Calls lie above this domain, so whoever asks brings the presses.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.elders.actions import lock_elder, numbers_of
from callcenter.elders.record_schemas import CheckView, StartCheck
from callcenter.elders.records import CheckState, TelephoneCheck
from callcenter.kit import clock
from callcenter.kit.errors import Conflict, NotFound
from callcenter.kit.phone import mask, pretty

CHECK_FOR = timedelta(minutes=10)
# A press is seen here a moment after it came: the end is not decided before that.
GRACE = timedelta(seconds=5)


class Heard(Protocol):
    """A press, as calls know it."""

    @property
    def call_id(self) -> uuid.UUID: ...
    @property
    def number(self) -> str: ...
    @property
    def line(self) -> str: ...
    @property
    def elder_ids(self) -> frozenset[uuid.UUID]: ...


@dataclass(frozen=True, slots=True)
class Verdict:
    state: CheckState
    call_id: uuid.UUID | None = None
    number: str = ""
    line: str = ""


def judge(presses: Iterable[Heard], *, elder_id: uuid.UUID, number: str, line: str, hers: Collection[str], over: bool) -> Verdict | None:
    """By the first press from one of her numbers. None: nobody has pressed, and there is time. Pure.

    What came from nobody's number on the line is told when the time is over: most likely her telephone sends another number than was written down.
    """
    strange: Heard | None = None
    for press in presses:
        if press.number not in hers:
            strange = strange or press
            continue
        if press.number != number:
            state = CheckState.WRONG_NUMBER
        elif press.line != line:
            state = CheckState.WRONG_LINE
        elif elder_id not in press.elder_ids:
            state = CheckState.WRONG_PROFILE
        else:
            state = CheckState.PROVED
        return Verdict(state, press.call_id, press.number, press.line)
    if not over:
        return None
    if strange is not None:
        return Verdict(CheckState.NOBODY, strange.call_id, strange.number, strange.line)
    return Verdict(CheckState.NOBODY)


async def start_check(session: AsyncSession, actor: Actor, elder_id: uuid.UUID, wanted: StartCheck) -> TelephoneCheck:
    """One at a time for each elder."""
    await lock_elder(session, elder_id)
    number = next((n for n in await numbers_of(session, elder_id) if n.id == wanted.number_id), None)
    if number is None:
        raise NotFound("this number is not hers", code="number_not_found")
    now = clock.now()
    check = TelephoneCheck(
        elder_id=elder_id,
        line=wanted.line,
        number=number.e164,
        started_at=now,
        until=now + CHECK_FOR,
        started_by=actor.id,
        started_name=actor.name,
        state=CheckState.WAITING,
    )
    session.add(check)
    try:
        await session.flush()
    except IntegrityError as error:
        raise Conflict("a check of her telephone is under way", code="check_running") from error
    await audit(session, actor, "elder:check_started", elder_id)
    return check


async def cancel_check(session: AsyncSession, actor: Actor, elder_id: uuid.UUID, check_id: uuid.UUID) -> None:
    """Harmless when it is settled."""
    check = await session.scalar(
        select(TelephoneCheck).where(TelephoneCheck.id == check_id, TelephoneCheck.elder_id == elder_id).with_for_update()
    )
    if check is None:
        raise NotFound("there is no such check", code="check_not_found")
    if check.state is CheckState.WAITING:
        await settle_check(session, actor, check, Verdict(CheckState.CANCELLED))


async def lock_waiting(session: AsyncSession, elder_id: uuid.UUID | None = None) -> Sequence[TelephoneCheck]:
    """Those that wait, but for those that somebody else is settling just now."""
    statement = select(TelephoneCheck).where(TelephoneCheck.state == CheckState.WAITING).order_by(TelephoneCheck.id).limit(200)
    if elder_id is not None:
        statement = statement.where(TelephoneCheck.elder_id == elder_id)
    return (await session.scalars(statement.with_for_update(skip_locked=True).execution_options(populate_existing=True))).all()


async def settle_check(session: AsyncSession, actor: Actor, check: TelephoneCheck, verdict: Verdict) -> None:
    """Precondition: `check` is locked and waits."""
    check.state, check.settled_at, check.call_id = verdict.state, clock.now(), verdict.call_id
    check.heard_number, check.heard_line = verdict.number, verdict.line
    await session.flush()
    await audit(session, actor, "elder:check_settled", check.elder_id, details={"state": verdict.state.value})


async def list_checks(session: AsyncSession, elder_id: uuid.UUID, *, limit: int = 20) -> list[CheckView]:
    rows = await session.scalars(
        select(TelephoneCheck).where(TelephoneCheck.elder_id == elder_id).order_by(TelephoneCheck.started_at.desc()).limit(limit)
    )
    return [view_of(row) for row in rows]


def view_of(row: TelephoneCheck) -> CheckView:
    """A number of nobody's is masked: it may be a stranger's who happened to call."""
    strange = row.state is CheckState.NOBODY
    return CheckView(
        id=row.id,
        line=row.line,
        number=pretty(row.number),
        started_at=row.started_at,
        started_by=row.started_name,
        until=row.until,
        state=row.state,
        settled_at=row.settled_at,
        heard_number=mask(row.heard_number) if strange else pretty(row.heard_number),
        heard_line=row.heard_line,
    )
