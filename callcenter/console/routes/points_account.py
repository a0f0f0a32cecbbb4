"""An elder's points and time coins: what she has, and how it came there."""

from __future__ import annotations

import uuid
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query

from callcenter.accounts.audit import audit
from callcenter.accounts.roles import Permission
from callcenter.accounts.sessions import SignedIn
from callcenter.console.http import Session, needs
from callcenter.console.routes.profiles import opened
from callcenter.points.ledger.accounts import Whose
from callcenter.points.ledger.kinds import Holder, Ledger
from callcenter.points.reading.accounts import PAGE, list_movements_of, read_account
from callcenter.points.reading.months import list_months
from callcenter.points.reading.schemas import PointsAccount, PointsMonths, PointsMovements

router = APIRouter()
Reader = Annotated[SignedIn, Depends(needs(Permission.POINTS_READ))]
PERSONS_BOOKS = Literal["PT", "TC"]


@router.get("/api/elders/{elder_id}/points")
async def get_points(elder_id: uuid.UUID, who: Reader, session: Session) -> PointsAccount:
    """All pockets of both books, what is lost when, this month. For whoever may see all of her."""
    current = await opened(session, who, elder_id, purpose="points")
    await audit(session, who.actor, "elder:read", current, purpose="points")
    return await read_account(session, current)


@router.get("/api/elders/{elder_id}/points/movements")
async def get_movements(
    elder_id: uuid.UUID,
    who: Reader,
    session: Session,
    ledger: PERSONS_BOOKS = "PT",
    cursor: Annotated[str, Query(max_length=40)] = "",
    limit: Annotated[int, Query(ge=1, le=PAGE)] = PAGE,
) -> PointsMovements:
    """The newest first; `cursor`: `next` of the page before."""
    current = await opened(session, who, elder_id, purpose="points")
    return await list_movements_of(session, Whose(Holder.ELDER, current), Ledger(ledger), cursor=cursor, limit=limit)


@router.get("/api/elders/{elder_id}/points/months")
async def get_months(elder_id: uuid.UUID, who: Reader, session: Session, ledger: PERSONS_BOOKS = "PT") -> PointsMonths:
    """What she could spend at the end of each month, at most 24, the oldest first."""
    current = await opened(session, who, elder_id, purpose="points")
    return await list_months(session, Whose(Holder.ELDER, current), Ledger(ledger))
