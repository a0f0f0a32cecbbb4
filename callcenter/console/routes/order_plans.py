"""Orders again and again: every Monday at nine."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.audit import audit
from callcenter.accounts.roles import Permission
from callcenter.accounts.sessions import SignedIn
from callcenter.cases.queries import get_case
from callcenter.console.http import NoAccess, Session, needs
from callcenter.console.idempotency import IdempotencyKey, once
from callcenter.console.order_views import plan_views
from callcenter.console.routes.cases import sees_all, writable
from callcenter.console.schemas_orders import Acted, EndPlan, OrderPlanView
from callcenter.dispatch.orders import queries
from callcenter.dispatch.orders.actions import plans
from callcenter.dispatch.orders.schemas import AskedPlan
from callcenter.elders.access import may_see_all

router = APIRouter()
Reader = Annotated[SignedIn, Depends(needs(Permission.ORDERS_READ))]
Writer = Annotated[SignedIn, Depends(needs(Permission.ORDERS_WRITE))]


async def _shown(session: AsyncSession, plan_id: uuid.UUID) -> OrderPlanView:
    (view,) = await plan_views(session, [await queries.get_plan(session, plan_id)])
    return view


@router.get("/api/cases/{case_id}/order-plans")
async def list_of_case(case_id: uuid.UUID, who: Reader, session: Session) -> list[OrderPlanView]:
    """All of the case's elder, those that go on first. When she is visited is for whoever may see her."""
    case = await get_case(session, case_id)
    if case.elder_id is None:
        return []
    if not await sees_all(session, who, case):
        raise NoAccess("this case is not yours; take it over or break the glass", details={"elder_id": str(case.elder_id)})
    return await plan_views(session, await queries.list_plans(session, case.elder_id))


@router.post("/api/cases/{case_id}/order-plans")
async def make(case_id: uuid.UUID, body: AskedPlan, who: Writer, session: Session, idempotency_key: IdempotencyKey = None) -> OrderPlanView:
    """Each order is placed two days ahead, on a case of its own."""

    async def do() -> Acted:
        await writable(session, who, case_id)
        return Acted(id=(await plans.make_plan(session, who.actor, case_id, body)).id)

    made = await once(session, who.user_id, idempotency_key, f"order-plan:{case_id}", body, Acted, do)
    return await _shown(session, made.id)


@router.post("/api/order-plans/{plan_id}/end")
async def end(plan_id: uuid.UUID, body: EndPlan, who: Writer, session: Session, idempotency_key: IdempotencyKey = None) -> OrderPlanView:
    """No more orders; those that are placed and not begun are cancelled. Harmless twice."""

    async def do() -> Acted:
        plan = await queries.get_plan(session, plan_id)
        if not await may_see_all(session, who.actor, plan.elder_id):
            await audit(session, who.actor, "order-plan:refused", plan_id)
            raise NoAccess("no call and no case of yours; break the glass with a reason", details={"elder_id": str(plan.elder_id)})
        await plans.end_plan(session, who.actor, plan_id, reason=body.reason)
        return Acted(id=plan_id)

    await once(session, who.user_id, idempotency_key, f"order-plan-end:{plan_id}", body, Acted, do)
    return await _shown(session, plan_id)
