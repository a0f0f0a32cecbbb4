"""A store's person speaks with the elder, and neither sees the other's number: the centre rings both, first the one who asked."""

from __future__ import annotations

import uuid
from datetime import timedelta

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.dialogs.actions import call_party
from callcenter.dispatch.access.sessions import Person
from callcenter.dispatch.orders.actions.common import write_event
from callcenter.dispatch.orders.models import Order
from callcenter.dispatch.stores.models import ProviderPerson
from callcenter.elders.queries import list_numbers
from callcenter.kit import clock
from callcenter.kit.errors import Conflict, Invalid
from callcenter.kit.ids import new_id
from providers.gates import must_have_job
from providers.http import Nothing, Once, Session, Who
from providers.schemas import Done, OrderNews
from providers.views import is_hidden, news_of, what_may_be_done

router = APIRouter()
WITHIN = timedelta(minutes=2)  # later nobody expects her telephone to ring


@router.post("/api/jobs/{order_id}/call-elder")
async def call_elder(order_id: uuid.UUID, body: Nothing, who: Who, session: Session, once: Once) -> OrderNews:
    """Conflict `no_elder_number`; Invalid `wrong_stage` before acceptance and when it is over."""

    async def do() -> Done:
        order = await must_have_job(session, who, order_id)
        await _call(session, who, order)
        return Done()

    await once("call-elder", order_id, body, Done, do)
    return await news_of(session, who, order_id)


async def _call(session: AsyncSession, who: Person, order: Order) -> None:
    if is_hidden(order) or "call" not in what_may_be_done(order, keeps=False):
        raise Invalid("not at this stage of the job", code="wrong_stage", details={"state": order.state})
    person = await session.get_one(ProviderPerson, who.id)
    numbers = await list_numbers(session, order.elder_id)
    if not numbers:
        raise Conflict("nobody knows a number of hers; ring the centre", code="no_elder_number")
    await call_party(
        session,
        first_number=person.number,
        then_number=numbers[0].e164,
        deadline_at=clock.now() + WITHIN,
        dedupe_key=f"job-call:{order.id}:{new_id()}",
        subject_id=order.id,
        case_id=order.case_id,
    )
    await write_event(session, who.actor, order, "call_asked")
