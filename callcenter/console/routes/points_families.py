"""Families, gifts and donations, freezing, what is left at a death, and the second person's yes."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.roles import Permission
from callcenter.accounts.sessions import SignedIn
from callcenter.console.http import Session, needs
from callcenter.console.idempotency import IdempotencyKey
from callcenter.console.routes.profiles import NoBody, did, opened
from callcenter.elders.access import whole_for
from callcenter.elders.models import Elder
from callcenter.elders.rules import mask_name
from callcenter.kit.errors import Conflict
from callcenter.points.families import approvals
from callcenter.points.families.groups import join_family, leave_family, list_stays
from callcenter.points.families.models import PointsApproval
from callcenter.points.families.states import ApprovalState, Deed, LeftWhy, Proof
from callcenter.points.members.actions import freeze, get_member, member_of, unfreeze
from callcenter.points.members.states import FrozenWhy
from callcenter.points.reading.accounts import read_account
from callcenter.points.reading.schemas import PointsAccount
from callcenter.points.spending.agreed import AGREED, REFUSED

router = APIRouter()
Reader = Annotated[SignedIn, Depends(needs(Permission.POINTS_READ))]
Worker = Annotated[SignedIn, Depends(needs(Permission.POINTS_WORK))]
Writer = Annotated[SignedIn, Depends(needs(Permission.POINTS_WRITE))]
Reason = Annotated[str, Field(max_length=500)]
Units = Annotated[int, Field(ge=1, le=1_000_000_000_000, strict=True)]


class FamilyMemberView(BaseModel):
    """`name`: masked but for whoever may see all of her; empty of a volunteer."""

    member_id: uuid.UUID
    name: str
    proof: Proof
    verified_by: str
    joined_at: datetime
    left_at: datetime | None
    left_why: LeftWhy | None


class FamilyView(BaseModel):
    members: list[FamilyMemberView]


class JoinFamily(BaseModel):
    with_id: uuid.UUID
    proof: Proof


class LeaveFamily(BaseModel):
    why: Literal["asked", "wrong"]


class GiveUnits(BaseModel):
    """`id`: of this gift, made by whoever asks; the same again is the same gift. Without `to_id` it is for the fund."""

    id: uuid.UUID
    to_id: uuid.UUID | None = None
    amount: Units
    reason: Reason = ""


class ClaimInheritance(BaseModel):
    id: uuid.UUID
    heir_id: uuid.UUID
    reason: Annotated[str, Field(min_length=2, max_length=500)]


class FreezePoints(BaseModel):
    why: Literal["lost", "fraud"]


class ApprovalView(BaseModel):
    id: uuid.UUID
    deed: Deed
    state: ApprovalState
    member_id: uuid.UUID
    name: str
    to_id: uuid.UUID | None
    to_name: str
    amount: int
    reason: str
    asked_at: datetime
    asked_by: str
    expires_at: datetime
    mine: bool  # asked for by the reader: another person agrees


async def _names(session: AsyncSession, who: SignedIn, ids: set[uuid.UUID]) -> dict[uuid.UUID, str]:
    seen = await whole_for(session, who.actor, ids)
    rows = await session.execute(select(Elder.id, Elder.name).where(Elder.id.in_(ids)))
    return {row.id: row.name if row.id in seen else mask_name(row.name) for row in rows}


async def _family(session: AsyncSession, who: SignedIn, elder_id: uuid.UUID) -> FamilyView:
    stays = await list_stays(session, elder_id)
    names = await _names(session, who, {stay.member_id for stay in stays})
    return FamilyView(
        members=[
            FamilyMemberView(
                member_id=stay.member_id, name=names.get(stay.member_id, ""), proof=stay.proof, verified_by=stay.verified_by,
                joined_at=stay.joined_at, left_at=stay.left_at, left_why=stay.left_why,
            )
            for stay in stays
        ]
    )  # fmt: skip


@router.get("/api/elders/{elder_id}/points/family")
async def get_family(elder_id: uuid.UUID, who: Reader, session: Session) -> FamilyView:
    """Everybody of her family, also who left it. For whoever may see all of her."""
    return await _family(session, who, await opened(session, who, elder_id, purpose="points"))


@router.post("/api/elders/{elder_id}/points/family")
async def join(
    elder_id: uuid.UUID, body: JoinFamily, who: Worker, session: Session, idempotency_key: IdempotencyKey = None
) -> FamilyView:  # fmt: skip
    """Into the family of another elder; whoever writes it down has verified it and may see both. 409 `family_full`, `family_other`, `family_self`."""
    current = await opened(session, who, elder_id, purpose="points")
    other = await opened(session, who, body.with_id, purpose="points")

    async def do() -> None:
        for one in sorted({current, other}):
            await member_of(session, one)
        await join_family(session, who.actor, current, with_id=other, proof=body.proof)

    await did(session, who, idempotency_key, f"family:{current}", body, do)
    return await _family(session, who, current)


@router.post("/api/elders/{elder_id}/points/family/leave")
async def leave(
    elder_id: uuid.UUID, body: LeaveFamily, who: Worker, session: Session, idempotency_key: IdempotencyKey = None
) -> FamilyView:
    current = await opened(session, who, elder_id, purpose="points")

    async def do() -> None:
        await member_of(session, current)
        await leave_family(session, who.actor, current, LeftWhy(body.why))

    await did(session, who, idempotency_key, f"family:leave:{current}", body, do)
    return await _family(session, who, current)


@router.post("/api/elders/{elder_id}/points/gifts")
async def give(
    elder_id: uuid.UUID, body: GiveUnits, who: Worker, session: Session, idempotency_key: IdempotencyKey = None
) -> PointsAccount:
    """Done at once, or waiting for a second person above `points_two_persons` (then nothing has moved yet).
    409 `not_family`, `gift_month`, `gift_year`, `not_enough`, `points_frozen`, `redemption_stopped`, `key_conflict`."""
    current = await opened(session, who, elder_id, purpose="points")

    async def do() -> None:
        for one in sorted({current, body.to_id or current}):
            await (member_of(session, one) if one == current else get_member(session, one))
        deed = Deed.DONATION if body.to_id is None else Deed.GIFT
        await approvals.do_or_ask(
            session, who.actor, body.id, deed, member_id=current, to_id=body.to_id, amount=body.amount, reason=body.reason
        )

    await did(session, who, idempotency_key, f"gift:{current}", body, do)
    return await read_account(session, current)


@router.post("/api/elders/{elder_id}/points/inheritance")
async def claim(
    elder_id: uuid.UUID, body: ClaimInheritance, who: Worker, session: Session, idempotency_key: IdempotencyKey = None
) -> PointsAccount:  # fmt: skip
    """Asks for what she has left behind, for a member; a second person sees what shows it. 409 `not_dead`, `claim_late`, `points_closed`."""
    current = await opened(session, who, elder_id, purpose="points")

    async def do() -> None:
        for one in sorted({current, body.heir_id}):
            await (member_of(session, one) if one == current else get_member(session, one))
        await approvals.do_or_ask(
            session, who.actor, body.id, Deed.INHERITANCE, member_id=current, to_id=body.heir_id, amount=0, reason=body.reason
        )

    await did(session, who, idempotency_key, f"inheritance:{current}", body, do)
    return await read_account(session, current)


@router.post("/api/elders/{elder_id}/points/freeze")
async def freeze_points(
    elder_id: uuid.UUID, body: FreezePoints, who: Worker, session: Session, idempotency_key: IdempotencyKey = None
) -> PointsAccount:  # fmt: skip
    """What she has is out of reach; she earns on. For a review of fraud a supervisor does it."""
    if body.why == "fraud":
        who.actor.must(Permission.POINTS_WRITE)
    current = await opened(session, who, elder_id, purpose="points")

    async def do() -> None:
        await member_of(session, current)
        await freeze(session, who.actor, current, FrozenWhy(body.why))

    await did(session, who, idempotency_key, f"freeze:{current}", body, do)
    return await read_account(session, current)


@router.post("/api/elders/{elder_id}/points/unfreeze")
async def unfreeze_points(elder_id: uuid.UUID, who: Writer, session: Session, idempotency_key: IdempotencyKey = None) -> PointsAccount:
    """Hers again. 409 `points_dead`: what was frozen by a death is claimed by heirs, or the death is taken back in her profile."""
    current = await opened(session, who, elder_id, purpose="points")

    async def do() -> None:
        if (await member_of(session, current)).frozen_why is FrozenWhy.DEATH:
            raise Conflict("frozen by a death", code="points_dead")
        await unfreeze(session, who.actor, current)

    await did(session, who, idempotency_key, f"unfreeze:{current}", NoBody(), do)
    return await read_account(session, current)


async def _approvals(session: AsyncSession, who: SignedIn, found: list[PointsApproval]) -> list[ApprovalView]:
    ids = {one.member_id for one in found} | {one.to_id for one in found if one.to_id is not None}
    names = await _names(session, who, ids)
    return [
        ApprovalView(
            id=one.id, deed=one.deed, state=one.state, member_id=one.member_id, name=names.get(one.member_id, ""), to_id=one.to_id,
            to_name=names.get(one.to_id, "") if one.to_id else "", amount=one.amount, reason=one.reason, asked_at=one.asked_at,
            asked_by=one.asked_by, expires_at=one.expires_at, mine=one.asked_by_id == who.user_id,
        )
        for one in found
    ]  # fmt: skip


@router.get("/api/elders/{elder_id}/points/waiting")
async def list_waiting_of_elder(elder_id: uuid.UUID, who: Reader, session: Session) -> list[ApprovalView]:
    """What was asked for out of her account and waits for a second person: it has moved nothing yet. For whoever may see all of her."""
    current = await opened(session, who, elder_id, purpose="points")
    return await _approvals(session, who, list(await approvals.list_waiting_of(session, current)))


@router.get("/api/points/approvals")
async def list_approvals(who: Writer, session: Session) -> list[ApprovalView]:
    """What waits for a second person, the oldest first."""
    return await _approvals(session, who, list(await approvals.list_waiting(session)))


@router.post("/api/points/approvals/{approval_id}/approve")
async def approve(approval_id: uuid.UUID, who: Writer, session: Session, idempotency_key: IdempotencyKey = None) -> list[ApprovalView]:
    """It is done now. 403 `same_person`; 409 `approval_expired`, or what the deed itself is refused with."""
    await did(
        session,
        who,
        idempotency_key,
        f"approve:{approval_id}",
        NoBody(),
        lambda: approvals.approve(session, who.actor, approval_id, AGREED),
    )
    return await _approvals(session, who, list(await approvals.list_waiting(session)))


@router.post("/api/points/approvals/{approval_id}/refuse")
async def refuse(approval_id: uuid.UUID, who: Writer, session: Session, idempotency_key: IdempotencyKey = None) -> list[ApprovalView]:
    await did(
        session, who, idempotency_key, f"refuse:{approval_id}", NoBody(), lambda: approvals.refuse(session, who.actor, approval_id, REFUSED)
    )
    return await _approvals(session, who, list(await approvals.list_waiting(session)))
