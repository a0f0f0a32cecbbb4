from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.audit import audit
from callcenter.accounts.roles import Permission
from callcenter.accounts.sessions import SignedIn
from callcenter.cases.actions import add_entry, lock_case, touch_case
from callcenter.cases.models import Case
from callcenter.cases.queries import find_open_emergency, get_case
from callcenter.cases.states import OPEN, Severity
from callcenter.console.http import Centre, NoAccess, Session, needs
from callcenter.console.idempotency import IdempotencyKey, once
from callcenter.console.routes.cases import is_hers
from callcenter.console.schemas import BreakGlass, CommandOutcome
from callcenter.elders.access import whole_for
from callcenter.elders.glass import actions as glass
from callcenter.elders.queries import current_id, get_elder_card, search_elders
from callcenter.elders.schemas import ElderCard, ElderHit
from callcenter.kit.errors import Conflict, Forbidden

router = APIRouter()
Searcher = Annotated[SignedIn, Depends(needs(Permission.ELDERS_SEARCH))]
Reader = Annotated[SignedIn, Depends(needs(Permission.ELDERS_READ))]
Breaker = Annotated[SignedIn, Depends(needs(Permission.GLASS_BREAK))]


@router.get("/api/elders")
async def search(who: Searcher, session: Session, q: Annotated[str, Query(max_length=100)]) -> list[ElderHit]:
    """Names and places whole, so that one can be sure it is she; numbers masked; nothing of health."""
    hits = await search_elders(session, q, limit=20)
    await audit(session, who.actor, "elder:search", "", details={"hits": len(hits)})
    return hits


async def shown_card(session: AsyncSession, who: SignedIn, elder_id: uuid.UUID, *, purpose: str) -> ElderCard:
    """For whoever may see all of her (`may_see_all`); both the look, with why, and the refusal are written down."""
    elder_id = await current_id(session, elder_id)
    because = (await whole_for(session, who.actor, [elder_id])).get(elder_id)
    if because is None:
        await audit(session, who.actor, "elder:refused", elder_id, purpose=purpose)
        raise NoAccess("no call and no case of yours; break the glass with a reason", details={"elder_id": str(elder_id)})
    await audit(session, who.actor, "elder:read", elder_id, purpose=purpose, details={"health": True, "by": because})
    return await get_elder_card(session, elder_id)


@router.get("/api/elders/{elder_id}")
async def get_card(elder_id: uuid.UUID, who: Reader, session: Session) -> ElderCard:
    return await shown_card(session, who, elder_id, purpose="card")


async def emergency_for(session: AsyncSession, who: SignedIn, elder_id: uuid.UUID, case_id: uuid.UUID | None) -> Case | None:
    """The open E0 case that is meant: hers, or the asker's own about somebody else. Not named: hers, if there is one."""
    if case_id is None:
        return await find_open_emergency(session, elder_id)
    case = await get_case(session, case_id)
    if case.severity is not Severity.E0 or case.state not in OPEN:
        raise Conflict(
            "this case is no open emergency", code="not_an_open_emergency", details={"severity": case.severity, "state": case.state}
        )
    if case.elder_id != elder_id and not await is_hers(session, who, case):
        raise Forbidden("this emergency is neither hers nor yours", code="not_your_emergency", details={"case_id": str(case_id)})
    return case


@router.post("/api/elders/{elder_id}/break-glass")
async def break_glass(
    elder_id: uuid.UUID, body: BreakGlass, who: Breaker, session: Session, centre: Centre, idempotency_key: IdempotencyKey = None
) -> ElderCard:
    """An hour, or what the centre has set, with a reason that is kept. Sent twice it is one grant; a key from long ago opens nothing.

    For an emergency it is written on the case too, and stands with it before whoever reviews.
    """
    elder_id = await current_id(session, elder_id)

    async def do() -> CommandOutcome:
        case = await emergency_for(session, who, elder_id, body.case_id)
        lasts = timedelta(hours=centre.number("glass_hours"))
        await glass.break_glass(session, who.actor, elder_id, reason=body.reason, lasts=lasts, case_id=case.id if case else None)
        if case is not None:
            await add_entry(session, case.id, "glass_broken", actor=who.actor)
            await touch_case(session, await lock_case(session, case.id))
        return CommandOutcome(outcome="done")

    await once(session, who.user_id, idempotency_key, f"glass:{elder_id}", body, CommandOutcome, do)
    return await shown_card(session, who, elder_id, purpose="glass")
