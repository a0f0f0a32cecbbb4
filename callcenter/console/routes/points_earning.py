"""What points were given for, who invited whom, which stores are partners, and what other rules would have cost."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from callcenter.accounts.audit import audit
from callcenter.accounts.roles import Permission
from callcenter.accounts.sessions import SignedIn
from callcenter.console.http import Session, needs
from callcenter.console.idempotency import IdempotencyKey, once
from callcenter.console.routes.profiles import NoBody, did, opened
from callcenter.dispatch.bills.schemas import Month
from callcenter.points.earning.queries import read_earnings, read_preview, read_terms, read_tills
from callcenter.points.earning.referrals import refer
from callcenter.points.earning.rules import MOST_BP
from callcenter.points.earning.schemas import EarningsOfElder, MadeTill, NewReferral, NewTerm, NewTill, PointsTerms, RulesPreview, TillView
from callcenter.points.earning.terms import agree
from callcenter.points.earning.tills import add_till, revoke_till

router = APIRouter()
Reader = Annotated[SignedIn, Depends(needs(Permission.POINTS_READ))]
Worker = Annotated[SignedIn, Depends(needs(Permission.POINTS_WORK))]
Books = Annotated[SignedIn, Depends(needs(Permission.POINTS_BOOKS))]
Few = Annotated[int | None, Query(ge=0, le=1_000)]


class MadeId(BaseModel):
    id: uuid.UUID


@router.get("/api/elders/{elder_id}/points/earnings")
async def get_earnings(elder_id: uuid.UUID, who: Reader, session: Session) -> EarningsOfElder:
    """Each deed that was looked at, also what earned nothing, with why."""
    current = await opened(session, who, elder_id, purpose="points")
    await audit(session, who.actor, "elder:read", current, purpose="points")
    return await read_earnings(session, current)


@router.post("/api/elders/{elder_id}/points/referral")
async def referred(
    elder_id: uuid.UUID, body: NewReferral, who: Worker, session: Session, idempotency_key: IdempotencyKey = None
) -> EarningsOfElder:
    """She was invited by that elder; before she has paid for anything."""
    current = await opened(session, who, elder_id, purpose="points")

    async def do() -> None:
        await refer(session, who.actor, invited_id=current, inviter_id=body.inviter_id)

    await did(session, who, idempotency_key, f"points_referral:{current}", body, do)
    return await read_earnings(session, current)


@router.get("/api/points/terms")
async def get_terms(who: Books, session: Session) -> PointsTerms:
    return await read_terms(session)


@router.post("/api/points/terms/{store_id}")
async def set_term(store_id: uuid.UUID, body: NewTerm, who: Books, session: Session, idempotency_key: IdempotencyKey = None) -> PointsTerms:
    """From now on; what was earned before keeps its rate."""

    async def do() -> None:
        await agree(session, who.actor, store_id, allied=body.allied, rate_bp=body.rate_bp)

    await did(session, who, idempotency_key, f"points_terms:{store_id}", body, do)
    return await read_terms(session)


@router.get("/api/points/tills")
async def get_tills(who: Books, session: Session) -> list[TillView]:
    """Of all stores, also those that were ended."""
    return await read_tills(session)


@router.post("/api/points/tills")
async def new_till(body: NewTill, who: Books, session: Session, idempotency_key: IdempotencyKey = None) -> MadeTill:
    """With its secret, this once: sent again under the same key it says which till it was, and no secret. 409 `till_exists`, `too_many_tills`."""
    shown = ""

    async def do() -> MadeId:
        nonlocal shown
        till, shown = await add_till(session, who.actor, body.store_code, body.name)
        return MadeId(id=till.id)

    made = await once(session, who.user_id, idempotency_key, "points:till", body, MadeId, do)
    return MadeTill(id=made.id, secret=shown, tills=await read_tills(session))


@router.post("/api/points/tills/{till_id}/revoke")
async def end_till(till_id: uuid.UUID, who: Books, session: Session, idempotency_key: IdempotencyKey = None) -> list[TillView]:
    """Believed no more, for good. Harmless twice."""
    await did(session, who, idempotency_key, f"points:till_revoked:{till_id}", NoBody(), lambda: revoke_till(session, who.actor, till_id))
    return await read_tills(session)


@router.get("/api/points/rules/preview")
async def get_preview(
    who: Books,
    session: Session,
    month: Annotated[Month | None, Query()] = None,
    rate_bp: Annotated[int | None, Query(ge=0, le=MOST_BP)] = None,
    daily: Few = None,
    week_bonus: Few = None,
    week_cap: Few = None,
    follow_up: Few = None,
    follow_up_cap: Few = None,
    referral: Few = None,
    referrals: Few = None,
    volunteering: Few = None,
) -> RulesPreview:
    """Last month reckoned again with these numbers. Nothing is posted."""
    given = {
        "rate_bp": rate_bp, "daily": daily, "week_bonus": week_bonus, "week_cap": week_cap, "follow_up": follow_up,
        "follow_up_cap": follow_up_cap, "referral": referral, "referrals": referrals, "volunteering": volunteering,
    }  # fmt: skip
    changed = {name: value for name, value in given.items() if value is not None}
    return await read_preview(session, changed, date.fromisoformat(f"{month}-01") if month else None)
