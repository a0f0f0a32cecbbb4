"""Money as the stores see it: what is collected at the door, the month, and what the narrow role may not read of it."""

from __future__ import annotations

import csv
import io
import uuid
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from callcenter.kit import clock
from callcenter.kit.db import Database
from tests.house import until
from tests.providers.playing import done, ordered, settle, store_with_keeper
from tests.providers.test_who_may import small_world
from tests.storefront import Phone, Storefront

BILLED = ("id", "order_id", "store_id", "visit", "served_on", "month", "reversed_month", "fee_fen", "state")


async def statement(phone: Phone, store_id: uuid.UUID) -> dict[str, Any]:
    answer = await phone.http.get(f"/api/stores/{store_id}/statement", params={"month": f"{clock.now():%Y-%m}"})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.mark.usefixtures("voucher")
async def test_what_is_collected_at_the_door_comes_live(front: Storefront, elder_id: uuid.UUID) -> None:
    _, person = await store_with_keeper(front, "张姐家政", JZ01=4000)
    phone = await front.signed_in(person)
    await phone.watch()
    order = await ordered(front, elder_id, "JZ01")
    job = await done(phone, order, 4000)
    assert (job["state"], job["proofs_needed"], job["settled"]) == ("verified", 2, None)
    await settle(front)
    await until(lambda: phone.orders[str(order.id)]["job"]["state"] == "settled", why="settled, live")
    assert phone.orders[str(order.id)]["job"]["settled"] == {
        "at_door_fen": 2500,
        "others": [{"kind": "voucher", "payer": "养老服务券", "fen": 1500}],
    }


async def test_a_price_that_stands_out_is_told(front: Storefront, elder_id: uuid.UUID) -> None:
    """More than a fifth above the agreed one: a person looks first."""
    store_id, person = await store_with_keeper(front, "张姐家政", JZ01=4000)
    phone = await front.signed_in(person)
    order = await ordered(front, elder_id, "JZ01")
    await done(phone, order, 5550)
    await settle(front)
    job = (await phone.job(order.id))["job"]
    assert (job["state"], job["attention"], job["settled"]) == ("verified", "price", None)
    found = await statement(phone, store_id)
    assert (found["sums"]["orders"], found["earnings"]["waiting_fen"]) == (0, 5550)


@pytest.mark.usefixtures("voucher")
async def test_the_month_is_the_official_one(front: Storefront, elder_id: uuid.UUID) -> None:
    store_id, person = await store_with_keeper(front, "张姐家政", JZ01=4000)
    phone = await front.signed_in(person)
    order = await ordered(front, elder_id, "JZ01")
    await done(phone, order, 4000)
    await settle(front)
    later = await ordered(front, elder_id, "JZ01")
    await done(phone, later, 4200, proved=False)
    found = await statement(phone, store_id)
    sums = found["sums"]
    assert (sums["orders"], sums["amount_fen"], sums["at_door_fen"], sums["fee_fen"], sums["net_fen"], sums["transfer_fen"]) == (
        1, 4000, 2500, 0, 4000, 1500,
    )  # fmt: skip
    assert (sums["by_kind"], found["complete"]) == ({"voucher": 1500, "self_pay": 2500}, False)
    assert (found["earnings"]["today_fen"], found["earnings"]["month_fen"], found["earnings"]["waiting_fen"]) == (4000, 4000, 4200)
    assert [(line["number"], line["state"], line["amount_fen"], line["at_door_fen"], line["worker"]) for line in found["lines"]] == [
        (order.number, "settled", 4000, 2500, person.name),
        (later.number, "done", 4200, None, person.name),
    ]
    month = f"{clock.now():%Y-%m}"
    file = await phone.http.get(f"/api/stores/{store_id}/statement.csv", params={"month": month})
    assert file.content.startswith(b"\xef\xbb\xbf") and order.elder_name not in file.text
    head, line, total = csv.reader(io.StringIO(file.content.decode("utf-8-sig")))
    assert head == ["订单", "服务日期", "项目", "上门人", "状态", "金额", "长护险", "政府补贴", "服务券", "积分", "自付", "服务费", "净额"]
    money = ["40.00", "0.00", "0.00", "15.00", "0.00", "25.00", "0.00", "40.00"]
    assert line == [order.number, found["lines"][0]["day"], "日常保洁", person.name, "已结算", *money]
    assert total[5:] == money
    before = await phone.http.get(f"/api/stores/{store_id}/statement", params={"month": "2026-01"})
    assert (before.json()["complete"], before.json()["earnings"], before.json()["lines"]) == (True, None, [])


async def test_a_job_of_a_suspended_store_tells_so(front: Storefront, elder_id: uuid.UUID) -> None:
    world = await small_world(front, elder_id)
    path = f"/api/stores/{world.ids['store_id']}/standing"
    version = (await world.people["officer"].http.get(path)).json()["version"]
    told = await world.people["officer"].post(path, {"version": version, "to": "suspended", "reason": "停业整顿"})
    assert told.status_code == 200, told.text
    job = (await world.people["keeper"].job(uuid.UUID(world.ids["order_id"])))["job"]
    assert (job["state"], job["attention"], "set_out" in job["may"]) == ("accepted", "store_suspended", True)
    me = (await world.people["keeper"].http.get("/api/me")).json()
    assert [(store["state"], store["state_reason"]) for store in me["stores"]] == [("suspended", "停业整顿")]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT elder_id FROM bills",
        "SELECT amount_fen FROM bills",
        "SELECT why FROM bill_parts",
        "SELECT entitlement_id FROM bill_parts",
        "SELECT kind FROM entitlements",
        "SELECT fen FROM entitlement_uses",
        "SELECT 1 FROM claims",
        "SELECT elder_name FROM claim_lines",
        "SELECT reason FROM price_confirmations",
        "UPDATE bills SET state = 'paid'",
        "UPDATE bill_parts SET fen = 1",
        "DELETE FROM bill_parts",
        "INSERT INTO bill_parts (fen) VALUES (1)",
        "UPDATE orders SET settled_at = now()",
    ],
)
async def test_the_narrow_role_may_not(front: Storefront, statement: str) -> None:
    database = Database(front.settings.app_database_url, pool_size=1)
    try:
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with database.transaction() as session:
                await session.execute(text(statement))
        async with database.transaction() as session:
            await session.execute(text(f"SELECT {', '.join(BILLED)} FROM bills"))
            await session.execute(text("SELECT bill_id, position, kind, payer, fen FROM bill_parts"))
    finally:
        await database.close()
