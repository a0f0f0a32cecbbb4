"""Above `points_two_persons` (an inheritance always) one asks and another agrees; then it is done, in the transaction of whoever agreed."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.centre.queries import get_values
from callcenter.kit import clock
from callcenter.kit.errors import Conflict, Forbidden, Invalid, NotFound
from callcenter.points.families.giving import check_claim, donate, give, inherit
from callcenter.points.families.models import PointsApproval
from callcenter.points.families.states import APPROVAL, ApprovalState, Deed
from callcenter.points.ledger.rules import check_units
from callcenter.settings import get_settings

GOOD_FOR = timedelta(days=7)
Do = Callable[[AsyncSession, Actor, PointsApproval], Awaitable[object]]  # what another part of the scheme does with an approval of its own
NONE: Mapping[Deed, Do] = MappingProxyType({})


async def do_or_ask(
    session: AsyncSession, actor: Actor, deed_id: uuid.UUID, deed: Deed, *, member_id: uuid.UUID, to_id: uuid.UUID | None, amount: int, reason: str
) -> PointsApproval | None:  # fmt: skip
    """Done at once (None), or what waits for a second person. The same id again is the same deed; with another content `key_conflict`."""
    if deed is Deed.INHERITANCE:
        if to_id is None or len(reason.strip()) < 2:
            raise Invalid("say who the heir is, and what shows it", code="reason_needed")
        amount = await check_claim(session, member_id, to_id)
    else:
        check_units(amount)
        if (deed is Deed.DONATION) != (to_id is None):
            raise Invalid("a gift has somebody who gets it, a donation has not", code="bad_deed")
        most = int((await get_values(session, get_settings())).number("points_two_persons"))
        if amount <= most:
            await _do(session, actor, deed_id, deed, member_id, to_id, amount)
            return None
    if actor.id is None:
        raise Forbidden("a person asks")
    return await ask(
        session, actor, deed_id, deed, member_id=member_id, to_id=to_id, amount=amount, reason=reason, expires_at=clock.now() + GOOD_FOR
    )


async def ask(
    session: AsyncSession, actor: Actor, deed_id: uuid.UUID, deed: Deed, *, member_id: uuid.UUID, to_id: uuid.UUID | None, amount: int, reason: str,
    expires_at: datetime, about: Mapping[str, Any] | None = None,
) -> PointsApproval:  # fmt: skip
    """Waits for a second person. The same id again is the same deed; with another content `key_conflict`."""
    now, about = clock.now(), dict(about or {})
    made = insert(PointsApproval).values(
        id=deed_id, version=1, deed=deed, state=ApprovalState.ASKED, member_id=member_id, to_id=to_id, amount=amount, reason=reason.strip(),
        asked_at=now, asked_by_id=actor.id, asked_by=actor.name, expires_at=expires_at, decided_by="", about=about,
    )  # fmt: skip
    new = await session.scalar(made.on_conflict_do_nothing().returning(PointsApproval.id))
    found = await get_approval(session, deed_id)
    if (found.deed, found.member_id, found.to_id, found.about) != (deed, member_id, to_id, about) or (
        deed is not Deed.INHERITANCE and found.amount != amount
    ):
        raise Conflict("this id was used for something else", code="key_conflict")
    if new is not None:
        await audit(session, actor, "points:asked", deed_id, details={"deed": deed, "amount": amount})
    return found


async def approve(session: AsyncSession, actor: Actor, approval_id: uuid.UUID, others: Mapping[Deed, Do] = NONE) -> PointsApproval:
    """By another person than the one who asked (403 `same_person`). `others`: the deeds of parts above this one. 409 when it was decided, or its
    time is over."""
    found = await get_approval(session, approval_id)
    APPROVAL.check(found.state, ApprovalState.DONE)
    if actor.id is None or actor.id == found.asked_by_id:
        raise Forbidden("another person than the one who asked", code="same_person")
    if clock.now() >= found.expires_at:
        raise Conflict("its time is over; ask again", code="approval_expired")
    if found.deed in others:
        await others[found.deed](session, actor, found)
    else:
        await _do(session, actor, found.id, found.deed, found.member_id, found.to_id, found.amount)
    _decided(found, ApprovalState.DONE, actor)
    await session.flush()
    await audit(session, actor, "points:approved", found.id, details={"deed": found.deed, "amount": found.amount})
    return found


async def refuse(session: AsyncSession, actor: Actor, approval_id: uuid.UUID, others: Mapping[Deed, Do] = NONE) -> PointsApproval:
    """Also by whoever asked: then it is taken back."""
    found = await get_approval(session, approval_id)
    APPROVAL.check(found.state, ApprovalState.REFUSED)
    if found.deed in others:
        await others[found.deed](session, actor, found)
    _decided(found, ApprovalState.REFUSED, actor)
    await session.flush()
    await audit(session, actor, "points:refused", found.id, details={"deed": found.deed})
    return found


async def take_back(session: AsyncSession, actor: Actor, deed_id: uuid.UUID) -> None:
    """Nobody is to decide it any more. Whoever decides in this very moment holds the row, is not waited for (they wait for the deed), and is told by it."""
    asked = select(PointsApproval).where(PointsApproval.id == deed_id, PointsApproval.state == ApprovalState.ASKED)
    found = (await session.scalars(asked.with_for_update(skip_locked=True).execution_options(populate_existing=True))).one_or_none()
    if found is not None:
        _decided(found, ApprovalState.REFUSED, actor)
        await audit(session, actor, "points:refused", found.id, details={"deed": found.deed})


async def expire_due(session: AsyncSession) -> int:
    due = select(PointsApproval).where(PointsApproval.state == ApprovalState.ASKED, PointsApproval.expires_at <= clock.now())
    rows = (await session.scalars(due.limit(100).with_for_update(skip_locked=True))).all()
    for row in rows:
        row.state, row.decided_at, row.version = ApprovalState.EXPIRED, clock.now(), row.version + 1
    return len(rows)


async def get_approval(session: AsyncSession, approval_id: uuid.UUID) -> PointsApproval:
    """Locked."""
    found = select(PointsApproval).where(PointsApproval.id == approval_id).with_for_update().execution_options(populate_existing=True)
    approval = (await session.scalars(found)).one_or_none()
    if approval is None:
        raise NotFound("nothing was asked for under this id")
    return approval


async def list_waiting_deeds(session: AsyncSession, member_id: uuid.UUID, deed: Deed) -> Sequence[PointsApproval]:
    """Hers, the newest first."""
    hers = select(PointsApproval).where(
        PointsApproval.member_id == member_id, PointsApproval.deed == deed, PointsApproval.state == ApprovalState.ASKED,
        PointsApproval.expires_at > clock.now(),
    )  # fmt: skip
    return (await session.scalars(hers.order_by(PointsApproval.asked_at.desc()).limit(20))).all()


async def list_waiting(session: AsyncSession) -> Sequence[PointsApproval]:
    """The oldest first."""
    still = (PointsApproval.state == ApprovalState.ASKED) & (PointsApproval.expires_at > clock.now())
    waiting = select(PointsApproval).where(still).order_by(PointsApproval.asked_at)
    return (await session.scalars(waiting.limit(200))).all()


async def list_waiting_of(session: AsyncSession, member_id: uuid.UUID) -> Sequence[PointsApproval]:
    """What has been asked for out of one account, the oldest first."""
    waiting = select(PointsApproval).where(PointsApproval.state == ApprovalState.ASKED, PointsApproval.member_id == member_id)
    return (await session.scalars(waiting.order_by(PointsApproval.asked_at).limit(20))).all()


def _decided(found: PointsApproval, state: ApprovalState, actor: Actor) -> None:
    found.state, found.decided_at, found.decided_by_id, found.decided_by = state, clock.now(), actor.id, actor.name
    found.version += 1


async def _do(
    session: AsyncSession, actor: Actor, deed_id: uuid.UUID, deed: Deed, member_id: uuid.UUID, to_id: uuid.UUID | None, amount: int
) -> None:  # fmt: skip
    if deed is Deed.DONATION:
        await donate(session, actor, deed_id, member_id, amount)
        return
    assert to_id is not None
    if deed is Deed.GIFT:
        await give(session, actor, deed_id, member_id, to_id, amount)
    else:
        await inherit(session, actor, deed_id, member_id, to_id)
