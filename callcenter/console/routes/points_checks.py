"""The books looked at from outside: the last proof, the liability, redemption opened again, and what looks like fraud."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.audit import audit
from callcenter.accounts.roles import Permission
from callcenter.accounts.sessions import SignedIn
from callcenter.centre.queries import get_values
from callcenter.console.http import Session, SettingsDep, needs
from callcenter.console.idempotency import IdempotencyKey
from callcenter.console.routes.profiles import did
from callcenter.elders.access import whole_for
from callcenter.elders.models import Elder
from callcenter.elders.rules import mask_name
from callcenter.points.checks.liability import Liability, read_liability
from callcenter.points.checks.models import PointsReview, ReviewState, Rule
from callcenter.points.checks.nights import SWITCH, last_check, open_redemption
from callcenter.points.checks.reviews import decide, list_reviews

router = APIRouter()
Books = Annotated[SignedIn, Depends(needs(Permission.POINTS_BOOKS))]
Writer = Annotated[SignedIn, Depends(needs(Permission.POINTS_WRITE))]
Reason = Annotated[str, Field(min_length=2, max_length=500)]


class BooksCheck(BaseModel):
    at: datetime
    clean: bool
    findings: list[dict[str, Any]]
    entries: int
    postings: int
    head: str
    liability_fen: int


class BooksView(BaseModel):
    """`check`: the last one; none before the first night."""

    redemption: bool
    check: BooksCheck | None
    liability: Liability


class OpenRedemption(BaseModel):
    reason: Reason


class ReviewView(BaseModel):
    id: uuid.UUID
    rule: Rule
    state: ReviewState
    member_id: uuid.UUID
    name: str
    day: date
    details: dict[str, Any]
    opened_at: datetime
    decided_at: datetime | None
    decided_by: str
    reason: str


class DecideReview(BaseModel):
    state: Literal["cleared", "confirmed"]
    reason: Reason


async def _books(session: AsyncSession, settings: SettingsDep) -> BooksView:
    last = await last_check(session)
    shown = None if last is None else BooksCheck.model_validate(last, from_attributes=True)
    is_open = (await get_values(session, settings)).switch(SWITCH)
    return BooksView(redemption=is_open, check=shown, liability=await read_liability(session))


@router.get("/api/points/books")
async def get_books(who: Books, session: Session, settings: SettingsDep) -> BooksView:
    await audit(session, who.actor, "points:books_read", "")
    return await _books(session, settings)


@router.post("/api/points/redemption/open")
async def open_again(
    body: OpenRedemption, who: Books, session: Session, settings: SettingsDep, idempotency_key: IdempotencyKey = None
) -> BooksView:  # fmt: skip
    """409 `books_not_clean`: the last look at the books has found something."""
    await did(session, who, idempotency_key, "redemption:open", body, lambda: open_redemption(session, who.actor, body.reason))
    return await _books(session, settings)


async def _reviews(session: AsyncSession, who: SignedIn, state: ReviewState) -> list[ReviewView]:
    found = list(await list_reviews(session, state))
    ids = {one.member_id for one in found}
    seen = await whole_for(session, who.actor, ids)
    rows = await session.execute(select(Elder.id, Elder.name).where(Elder.id.in_(ids)))
    names = {row.id: row.name if row.id in seen else mask_name(row.name) for row in rows}
    return [_review(one, names.get(one.member_id, "")) for one in found]


def _review(one: PointsReview, name: str) -> ReviewView:
    return ReviewView(
        id=one.id, rule=one.rule, state=one.state, member_id=one.member_id, name=name, day=one.day, details=one.details,
        opened_at=one.opened_at, decided_at=one.decided_at, decided_by=one.decided_by, reason=one.reason,
    )  # fmt: skip


@router.get("/api/points/reviews")
async def get_reviews(who: Writer, session: Session, state: ReviewState = ReviewState.OPEN) -> list[ReviewView]:
    """The newest first."""
    return await _reviews(session, who, state)


@router.post("/api/points/reviews/{review_id}/decide")
async def decide_review(
    review_id: uuid.UUID, body: DecideReview, who: Writer, session: Session, idempotency_key: IdempotencyKey = None
) -> list[ReviewView]:  # fmt: skip
    """Those that are open still. 409 when it was decided before."""
    await did(
        session, who, idempotency_key, f"review:{review_id}", body,
        lambda: decide(session, who.actor, review_id, state=ReviewState(body.state), reason=body.reason),
    )  # fmt: skip
    return await _reviews(session, who, ReviewState.OPEN)
