"""Goods, a counter and a month's settlement over HTTP: what the desk and the office do with them."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import select

from callcenter.accounts.actor import Actor, system
from callcenter.elders.models import Elder
from callcenter.kit import clock
from callcenter.points.ledger.accounts import Whose, account_of, lot_of
from callcenter.points.ledger.kinds import EntryKind, Holder, Ledger, Pocket
from callcenter.points.ledger.posting import post
from callcenter.points.ledger.rules import Held, move
from callcenter.points.members.actions import member_of
from callcenter.points.spending.counter import ask, sweep_counter
from tests.house import AgentAtWork, House
from tests.stores import make_store

TEST = system("test")
NOON = datetime(2031, 5, 20, 4, tzinfo=UTC)


async def get(who: AgentAtWork, path: str, **params: Any) -> Any:
    answer = await who.http.get(path, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json() if "json" in answer.headers["content-type"] else answer.content


async def send(who: AgentAtWork, path: str, body: dict[str, Any], status: int = 200, key: str = "") -> Any:
    answer = await who.http.post(path, json=body, headers={"Idempotency-Key": key or str(uuid.uuid4())})
    assert answer.status_code == status, answer.text
    return answer.json()["error"]["code"] if status >= 400 else answer.json() if answer.content else None


async def test_from_a_stores_points_to_its_statement(house: House) -> None:
    supervisor, elsewhere = house.visitor("supervisor1"), house.visitor("supervisor2")
    clock.shift(NOON - clock.now())
    for person in (supervisor, elsewhere):
        await person.sign_in()
    try:
        async with house.owner.transaction() as session:
            elder_id = (await session.scalars(select(Elder.id).where(Elder.card_number == "XF-DEMO-1"))).one()
            issuer, _ = await make_store(session, "发分店", items={"JZ01": 4_000})
            store, _ = await make_store(session, "收分店", items={"JZ01": 4_000})
            member = await member_of(session, elder_id)
            giver = Whose(Holder.STORE, issuer.id)
            lot = await lot_of(session, giver, date(2099, 1, 31))
            legs = move(
                await account_of(session, Ledger.PT, giver, Pocket.ISSUED),
                await account_of(session, Ledger.PT, member.whose, Pocket.AVAILABLE), [Held(lot, 9_000)],
            )  # fmt: skip
            await post(session, TEST, ledger=Ledger.PT, kind=EntryKind.EARN, key="earn:api", legs=legs)
            asked = (await ask(session, Actor("person", uuid.uuid4(), "店长", None), store.id, "XF-DEMO-1", 2_000)).id
        await sweep_counter(house.owner)

        hers = f"/api/elders/{elder_id}"
        (partner,) = await send(supervisor, "/api/points/partners", {"name": "惠民兑换点"})
        assert await send(supervisor, "/api/points/partners", {"name": "惠民兑换点"}, 409) == "partner_exists"
        goods = f"/api/points/partners/{partner['id']}/goods"
        await send(supervisor, goods, {"kind": "goods", "name": "大米5公斤", "points": 1_000, "stock": 2})
        for bad in ({"points": 1.5}, {"points": 0}, {"stock": -1}, {"points": "100"}):
            await send(supervisor, goods, {"kind": "goods", "name": "坏", "points": 1, "stock": 1} | bad, 422)
        ((rice,),) = [one["goods"] for one in await get(supervisor, "/api/points/partners")]
        order = {"good_id": rice["id"], "quantity": 2}
        for _ in range(2):
            (made,) = await send(supervisor, f"{hers}/goods-orders", order, key="once")
        assert await send(supervisor, f"{hers}/goods-orders", order | {"quantity": 1}, 409, key="once") == "key_used"
        assert await send(supervisor, f"{hers}/goods-orders", order, 409) == "out_of_stock"
        assert await send(elsewhere, f"{hers}/goods-orders", order, 403)
        assert (await send(supervisor, f"{hers}/goods-orders/{made['id']}/handed-out", {}))[0]["state"] == "confirmed"
        assert await send(supervisor, f"{hers}/goods-orders/{uuid.uuid4()}/void", {"reason": "错了"}, 404) == "goods_order_not_found"

        assert (await get(supervisor, f"{hers}/counter-requests"))[0]["state"] == "asked"
        confirm = f"{hers}/counter-requests/{asked}/confirm"
        assert await send(supervisor, confirm, {"how": "pin", "pin": "2580"}, 409) == "pin_unset"
        assert await send(supervisor, f"{hers}/points-pin", {"pin": "1111"}, 422) == "pin_weak"
        await send(supervisor, f"{hers}/points-pin", {"pin": "2580"}, 204)
        assert await send(supervisor, confirm, {"how": "pin", "pin": "0852"}, 422) == "pin_wrong"
        assert await send(supervisor, confirm, {"how": "voice", "was_she": True}, 409) == "not_called_back"
        await send(supervisor, confirm, {"how": "voice"}, 422)
        assert (await send(supervisor, confirm, {"how": "pin", "pin": "2580"}))[0]["state"] == "confirmed"

        month = {"month": "2031-05"}
        assert await send(supervisor, "/api/points/settlements", month, 409) == "month_not_over"
        clock.shift(datetime(2031, 6, 1, 4, tzinfo=UTC) - clock.now())
        for person in (supervisor, elsewhere):
            await person.sign_in()
        closed = await send(supervisor, "/api/points/settlements", month)
        nets = {one["party"]["name"]: one["net_fen"] for one in closed["positions"]}
        assert nets == {"发分店": -4_000, "收分店": 2_000, "惠民兑换点": 2_000}
        paid = f"/api/points/settlements/{closed['id']}/paid"
        body = {"holder": "store", "id": str(store.id), "fen": 2_000, "paid_on": "2031-06-01", "reference": "0601"}
        assert await send(supervisor, paid, body | {"fen": 1_999}, 409) == "paid_differs"
        await send(supervisor, paid, body)
        of_store = {**month, "holder": "store", "party_id": str(store.id)}
        csv = await get(supervisor, "/api/points/settlements/statement/csv", **of_store)
        assert "发分店,2000,20.00,0.00,20.00" in csv.decode()
        assert (await get(supervisor, "/api/points/settlements/statement/pdf", **of_store)).startswith(b"%PDF")
        assert [one["state"] for one in await get(supervisor, "/api/points/settlements")] == ["open", "closed"]
        assert (await elsewhere.http.get("/api/points/settlements/statement/csv", params=of_store | {"holder": "elder"})).status_code == 404
    finally:
        clock.reset()
