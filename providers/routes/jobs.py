"""A job on its way: who goes, on the way, at the door, done. Each is harmless twice under its Idempotency-Key, and by what the action itself keeps."""

from __future__ import annotations

import uuid

from fastapi import APIRouter
from sqlalchemy import select

from callcenter.dispatch.orders.actions import doing
from callcenter.dispatch.orders.models import Phase
from callcenter.dispatch.orders.tags import is_tag_of
from callcenter.dispatch.stores.models import ProviderPerson
from callcenter.kit.ids import new_id
from providers.gates import must_have_job
from providers.http import Nothing, Once, Session, Who
from providers.pictures import picture_of
from providers.schemas import AddPhoto, ByCode, ByPosition, ByTag, Done, Finish, GiveBack, OrderNews, Send, WorkerView
from providers.views import news_of

router = APIRouter()


@router.get("/api/jobs/{order_id}/workers")
async def workers(order_id: uuid.UUID, who: Who, session: Session) -> list[WorkerView]:
    """Who of the store may do it: with the papers it asks for, on its day."""
    order = await must_have_job(session, who, order_id, as_keeper=True)
    able = await doing.able_workers(session, order)
    people = await session.scalars(select(ProviderPerson).where(ProviderPerson.id.in_(able)).order_by(ProviderPerson.name))
    return [WorkerView(id=person.id, name=person.name) for person in people]


@router.post("/api/jobs/{order_id}/send")
async def send(order_id: uuid.UUID, body: Send, who: Who, session: Session, once: Once) -> OrderNews:
    async def do() -> Done:
        await must_have_job(session, who, order_id, as_keeper=True)
        await doing.send_worker(session, who.actor, order_id, worker_id=body.worker_id)
        return Done()

    await once("send", order_id, body, Done, do)
    return await news_of(session, who, order_id)


@router.post("/api/jobs/{order_id}/set-out")
async def set_out(order_id: uuid.UUID, body: Nothing, who: Who, session: Session, once: Once) -> OrderNews:
    async def do() -> Done:
        await must_have_job(session, who, order_id)
        await doing.set_out(session, who.actor, order_id)
        return Done()

    await once("set-out", order_id, body, Done, do)
    return await news_of(session, who, order_id)


@router.post("/api/jobs/{order_id}/proofs/code")
async def prove_by_code(order_id: uuid.UUID, body: ByCode, who: Who, session: Session, once: Once) -> OrderNews:
    """The six digits that the elder reads out. A wrong one is counted; five lock it."""

    async def do() -> Done:
        await must_have_job(session, who, order_id)
        await doing.prove_by_code(session, who.actor, order_id, phase=body.phase, code=body.code)
        return Done()

    await once("proof-code", order_id, body, Done, do)
    return await news_of(session, who, order_id)


@router.post("/api/jobs/{order_id}/proofs/tag")
async def prove_by_tag(order_id: uuid.UUID, body: ByTag, who: Who, session: Session, once: Once) -> OrderNews:
    """What stands in the QR code at her door, or its eight digits."""

    async def do() -> Done:
        order = await must_have_job(session, who, order_id)
        elder_id = order.elder_id if is_tag_of(order.elder_id, body.tag) else new_id()
        await doing.prove_by_tag(session, who.actor, order_id, phase=body.phase, tag_elder_id=elder_id)
        return Done()

    await once("proof-tag", order_id, body, Done, do)
    return await news_of(session, who, order_id)


@router.post("/api/jobs/{order_id}/proofs/position")
async def prove_by_position(order_id: uuid.UUID, body: ByPosition, who: Who, session: Session, once: Once) -> OrderNews:
    photo = await picture_of(body.photo)

    async def do() -> Done:
        await must_have_job(session, who, order_id)
        await doing.prove_by_position(session, who.actor, order_id, phase=body.phase, position=body.position, photo=photo)
        return Done()

    await once("proof-position", order_id, body, Done, do)
    return await news_of(session, who, order_id)


@router.post("/api/jobs/{order_id}/photos")
async def add_photo(order_id: uuid.UUID, body: AddPhoto, who: Who, session: Session, once: Once) -> OrderNews:
    """Of the work, as it is done."""
    photo = await picture_of(body.photo)

    async def do() -> Done:
        order = await must_have_job(session, who, order_id)
        doing.must_be_at_work(order, Phase.CHECK_OUT)
        await doing.add_photo(session, who.actor, order, purpose="work", image=photo)
        return Done()

    await once("photo", order_id, body, Done, do)
    return await news_of(session, who, order_id)


@router.post("/api/jobs/{order_id}/no-answer")
async def no_answer(order_id: uuid.UUID, body: Nothing, who: Who, session: Session, once: Once) -> OrderNews:
    """Nobody opens: an emergency door check is placed, and the centre calls her."""

    async def do() -> Done:
        await must_have_job(session, who, order_id)
        await doing.report_no_answer(session, who.actor, order_id)
        return Done()

    await once("no-answer", order_id, body, Done, do)
    return await news_of(session, who, order_id)


@router.post("/api/jobs/{order_id}/give-back")
async def give_back(order_id: uuid.UUID, body: GiveBack, who: Who, session: Session, once: Once) -> OrderNews:
    async def do() -> Done:
        await must_have_job(session, who, order_id, as_keeper=True)
        await doing.give_back(session, who.actor, order_id, reason=body.reason)
        return Done()

    await once("give-back", order_id, body, Done, do)
    return await news_of(session, who, order_id)


@router.post("/api/jobs/{order_id}/finish")
async def finish(order_id: uuid.UUID, body: Finish, who: Who, session: Session, once: Once) -> OrderNews:
    """Checked out, with what it costs."""

    async def do() -> Done:
        await must_have_job(session, who, order_id)
        await doing.check_out(session, who.actor, order_id, amount_fen=body.amount_fen, note=body.note)
        return Done()

    await once("finish", order_id, body, Done, do)
    return await news_of(session, who, order_id)
