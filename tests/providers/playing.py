"""Small plays: stores with keepers and workers, orders, a job that is accepted."""

from __future__ import annotations

import base64
import io
import uuid
from datetime import timedelta
from typing import Any

from PIL import Image
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import system
from callcenter.catalog.models import ServiceItem
from callcenter.dispatch.bills.jobs import sweep_bills
from callcenter.dispatch.bills.points import NoScheme
from callcenter.dispatch.orders.models import Order
from callcenter.dispatch.stores.models import MemberRole, ProviderPerson, StoreMember
from callcenter.kit import clock
from tests.storefront import Phone, Storefront
from tests.stores import make_person, make_store, order_for

TEST = system("test")
NEAR = {"latitude": 32.0301, "longitude": 112.0901, "accuracy_m": 15}


def picture(side: int = 64) -> str:
    out = io.BytesIO()
    Image.new("RGB", (side, side), "teal").save(out, "JPEG")
    return base64.b64encode(out.getvalue()).decode()


async def ordered(front: Storefront, elder_id: uuid.UUID, *items: str, **fields: Any) -> Order:
    async with front.owner.transaction() as session:
        return await order_for(session, TEST, elder_id, *items, **fields)


async def store_with_keeper(front: Storefront, name: str, **items: int) -> tuple[uuid.UUID, ProviderPerson]:
    async with front.owner.transaction() as session:
        store, person = await make_store(session, name, items=items)
    return store.id, person


async def worker_of(front: Storefront, store_id: uuid.UUID, name: str) -> ProviderPerson:
    async with front.owner.transaction() as session:
        person = await make_person(session, name, licences=await papers_for(session, "JZ01"))
        session.add(StoreMember(store_id=store_id, person_id=person.id, role=MemberRole.WORKER, joined_at=clock.now()))
    return person


async def papers_for(session: AsyncSession, item: str) -> set[str]:
    """All that the catalogue asks for of whoever does it."""
    groups = await session.scalar(select(ServiceItem.requirements).where(ServiceItem.code == item))
    return {word for group in groups or [] for word in group}


def only(found: list[dict[str, Any]]) -> dict[str, Any]:
    assert len(found) == 1, found
    return found[0]


async def accepted(phone: Phone, order: Order) -> dict[str, Any]:
    offer = only((await phone.job(order.id))["offers"])
    answer = await phone.post(f"/api/offers/{offer['id']}/accept")
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["job"])


async def done(phone: Phone, order: Order, amount_fen: int, *, proved: bool = True) -> dict[str, Any]:
    """Accepted, done and checked out, with as many proofs as are asked for; `proved` False: none on leaving."""
    job = await accepted(phone, order)
    for phase in ("in", "out") if proved else ("in",):
        proofs: list[tuple[str, dict[str, Any]]] = [
            ("code", {"code": order.service_code}),
            ("position", {"position": NEAR, "photo": picture()}),
        ]
        for kind, proof in proofs[: job["proofs_needed"]]:
            answer = await phone.post(f"/api/jobs/{order.id}/proofs/{kind}", {"phase": phase, **proof})
            assert answer.status_code == 200, answer.text
        if phase == "in":
            clock.shift(timedelta(minutes=order.minutes))
    answer = await phone.post(f"/api/jobs/{order.id}/finish", {"amount_fen": amount_fen})
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["job"])


async def settle(front: Storefront) -> None:
    """What the worker does every two seconds."""
    await sweep_bills(front.owner, NoScheme())
