"""Nobody picked up, as often as was tried: a text message asks for a reply, then it is a person's turn."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.outreach.actions import to_person
from callcenter.outreach.models import CallPlan
from callcenter.outreach.states import Why
from callcenter.outreach.texts.asking import ask_by_text


async def not_reached(session: AsyncSession, plan: CallPlan) -> None:
    """Precondition: locked."""
    if not await ask_by_text(session, plan):
        await to_person(session, plan, Why.NOT_REACHED)
