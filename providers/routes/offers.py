"""Answers of a keeper to an offer. Of fifty who accept at once one has the job; the others are told so kindly (409 `offer_gone`)."""

from __future__ import annotations

import uuid

from fastapi import APIRouter
from sqlalchemy import select

from callcenter.dispatch.orders.actions.offering import accept_offer, decline_offer, see_offer
from callcenter.dispatch.orders.errors import NotYourJob
from callcenter.dispatch.stores.models import ProviderPerson, StoreMember
from providers.gates import must_be_asked
from providers.http import Once, Session, Who
from providers.schemas import Accept, Decline, Done, OrderNews
from providers.views import news_of

router = APIRouter()


@router.post("/api/offers/{offer_id}/accept")
async def accept(offer_id: uuid.UUID, body: Accept, who: Who, session: Session, once: Once) -> OrderNews:
    """`worker_id`: who goes; else the keeper says so later, unless only one may."""
    offer = await must_be_asked(session, who, offer_id)

    async def do() -> Done:
        if body.worker_id is not None:
            member = select(StoreMember.person_id).join(ProviderPerson, ProviderPerson.id == StoreMember.person_id)
            hers = (
                StoreMember.store_id == offer.store_id,
                StoreMember.person_id == body.worker_id,
                StoreMember.active,
                ProviderPerson.active,
            )
            if await session.scalar(member.where(*hers)) is None:
                raise NotYourJob("she does not work at this store")
        await accept_offer(session, who.actor, offer_id, how="app", worker_id=body.worker_id)
        return Done()

    await once("accept", offer_id, body, Done, do)
    return await news_of(session, who, offer.order_id)


@router.post("/api/offers/{offer_id}/decline")
async def decline(offer_id: uuid.UUID, body: Decline, who: Who, session: Session, once: Once) -> OrderNews:
    offer = await must_be_asked(session, who, offer_id)

    async def do() -> Done:
        await decline_offer(session, who.actor, offer_id, reason=body.reason, how="app")
        return Done()

    await once("decline", offer_id, body, Done, do)
    return await news_of(session, who, offer.order_id)


@router.post("/api/offers/{offer_id}/seen", status_code=204)
async def seen(offer_id: uuid.UUID, who: Who, session: Session) -> None:
    """It stands on her screen. The first time counts."""
    await must_be_asked(session, who, offer_id)
    await see_offer(session, offer_id)
