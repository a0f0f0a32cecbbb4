"""Points at the counter in the stores' own process, with its narrow role: card and points, a code, and where the store stands."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError

from callcenter.accounts.actor import system
from callcenter.elders.models import Elder
from callcenter.kit.db import Database
from callcenter.points.ledger.accounts import CENTRE, account_of, lot_of
from callcenter.points.ledger.kinds import EntryKind, Ledger, Pocket
from callcenter.points.ledger.posting import post
from callcenter.points.ledger.rules import Held, move
from callcenter.points.members.actions import member_of
from callcenter.points.spending.counter import code_hash, sweep_counter
from tests.providers.playing import store_with_keeper
from tests.storefront import Phone, Storefront

TEST = system("test")


async def with_points(front: Storefront, points: int) -> str:
    """The card of an elder who has so many."""
    async with front.owner.transaction() as session:
        elder = (await session.scalars(select(Elder).where(Elder.card_number == "XF-DEMO-1"))).one()
        member = await member_of(session, elder.id)
        lot = await lot_of(session, CENTRE, date(2099, 1, 31))
        source = await account_of(session, Ledger.PT, CENTRE, Pocket.ISSUED)
        target = await account_of(session, Ledger.PT, member.whose, Pocket.AVAILABLE)
        await post(
            session, TEST, ledger=Ledger.PT, kind=EntryKind.EARN, key=f"e:{uuid.uuid4()}", legs=move(source, target, [Held(lot, points)])
        )
    return "XF-DEMO-1"


async def own(phone: Phone, store_id: uuid.UUID) -> dict[str, Any]:
    answer = await phone.http.get(f"/api/stores/{store_id}/points")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_from_the_card_to_the_position(front: Storefront) -> None:
    store_id, person = await store_with_keeper(front, "张姐便利店", JZ01=4000)
    phone, path = await front.signed_in(person), f"/api/stores/{store_id}/points"
    card = await with_points(front, 5_000)
    body = {"card": card, "points": 1_200}
    asked = [await phone.post(f"{path}/ask", body, key="once") for _ in range(2)]  # a bad line
    assert asked[0].json() == asked[1].json()
    request_id = uuid.UUID(asked[0].json()["request_id"])
    assert (await phone.post(f"{path}/code", {"request_id": str(request_id), "code": "123456"})).json()["error"][
        "code"
    ] == "counter_not_open"
    await sweep_counter(front.owner)
    (request,) = (await own(phone, store_id))["requests"]
    assert (request["state"], request["points"]) == ("asked", 1_200)
    async with front.owner.transaction() as session:  # as if this had been sent to her mobile
        await session.execute(
            text("UPDATE points_counter_requests SET code_hash = :hash, tries_left = 5 WHERE id = :id"),
            {"hash": code_hash(request_id, "482913"), "id": request_id},
        )
    for code, state, left in (("000000", "asked", 4), ("482913", "confirmed", 4)):
        assert (await phone.post(f"{path}/code", {"request_id": str(request_id), "code": code})).status_code == 200
        await sweep_counter(front.owner)
        (request,) = (await own(phone, store_id))["requests"]
        assert (request["state"], request["tries_left"]) == (state, left)
    there = await own(phone, store_id)
    assert (there["redeemed"], there["at_counter"], there["owed_fen"], there["months"]) == (1_200, 1_200, 0, [])
    given_up = (await phone.post(f"{path}/ask", body)).json()["request_id"]
    await sweep_counter(front.owner)
    assert (await phone.post(f"{path}/give-up", {"request_id": given_up})).status_code == 200
    await sweep_counter(front.owner)
    request = (await own(phone, store_id))["requests"][0]
    assert (request["state"], request["why"]) == ("refused", "given_up")


@pytest.mark.parametrize("bad", [0, -1, 1.5, "100", None, 1_000_001, True])
async def test_whole_points_only(front: Storefront, bad: object) -> None:
    store_id, person = await store_with_keeper(front, "张姐便利店", JZ01=4000)
    answer = await (await front.signed_in(person)).post(f"/api/stores/{store_id}/points/ask", {"card": "XF-DEMO-1", "points": bad})
    assert answer.status_code == 422


@pytest.mark.parametrize("statement", ["SELECT card FROM points_counter_requests", "SELECT elder_id FROM points_counter_requests",
                                       "SELECT code_hash FROM points_counter_requests", "SELECT * FROM ledger_accounts",
                                       "SELECT * FROM points_members", "UPDATE points_counter_requests SET state = 'confirmed'"])  # fmt: skip
async def test_what_its_role_may_not(front: Storefront, statement: str) -> None:
    database = Database(front.settings.app_database_url, pool_size=1)
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with database.transaction() as session:
            await session.execute(text(statement))
    await database.close()
