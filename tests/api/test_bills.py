"""Bills over HTTP: an elder's entitlements, a bill at the agent's, a claim list from closing to money, a store's files."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest_asyncio
from sqlalchemy import select, text

from callcenter.accounts.actor import system
from callcenter.dispatch.bills.jobs import sweep_bills
from callcenter.dispatch.bills.points import NoScheme
from callcenter.dispatch.orders.actions import doing, offering
from callcenter.dispatch.orders.models import Phase
from callcenter.dispatch.stores.models import Store, StoreState
from callcenter.elders.models import Elder
from callcenter.kit import clock
from tests.house import AgentAtWork, House
from tests.stores import keeper, make_store, offers_of, order_for

NOON = datetime(2031, 3, 31, 4, tzinfo=UTC)
FORM = {
    "kind": "voucher",
    "payer": "试用券",
    "basis": "share_of_rest",
    "share_bp": 5_000,
    "month_cap_fen": 3_000,
    "valid_from": "2026-01-01",
}


@dataclass
class Scene:
    """王桂兰 with two verified jobs of one store, the second dearer than agreed."""

    house: House
    supervisor: AgentAtWork
    elsewhere: AgentAtWork
    agent: AgentAtWork
    elder_id: uuid.UUID
    store_id: uuid.UUID
    orders: list[uuid.UUID]

    async def get(self, path: str, who: AgentAtWork | None = None, **params: Any) -> Any:
        answer = await (who or self.supervisor).http.get(path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, body: dict[str, Any], status: int = 200, key: str = "") -> Any:
        answer = await self.supervisor.http.post(path, json=body, headers={"Idempotency-Key": key or str(uuid.uuid4())})
        assert answer.status_code == status, answer.text
        return answer.json() if status == 200 else answer.json()["error"]

    async def refused(self, path: str, who: AgentAtWork) -> str:
        answer = await who.http.get(path)
        assert answer.status_code == 403, answer.text
        return str(answer.json()["error"]["code"])


@pytest_asyncio.fixture
async def scene(house: House) -> AsyncIterator[Scene]:
    supervisor, elsewhere, agent = (house.visitor(name) for name in ("supervisor1", "supervisor2", "agent1"))
    for person in (supervisor, elsewhere, agent):
        await person.sign_in()
    async with house.owner.transaction() as session:
        elder_id = await session.scalar(select(Elder.id).where(Elder.card_number == "XF-DEMO-1"))
        assert elder_id is not None
        others = list(await session.scalars(select(Store.id).where(Store.state == StoreState.ADMITTED)))
        await session.execute(text("UPDATE stores SET state = 'suspended' WHERE state = 'admitted'"))
        store, person_of = await make_store(session, "账单测试店", items={"JZ01": 4_000})
    made = Scene(house, supervisor, elsewhere, agent, elder_id, store.id, [])
    await made.post(f"/api/elders/{elder_id}/entitlements", FORM)
    clock.shift(NOON - clock.now())
    async with house.owner.transaction() as session:
        for amount in (4_000, 4_900):
            order = await order_for(session, system("test"), elder_id, "JZ01")
            offers = await offers_of(session, order)
            await offering.accept_offer(session, keeper(person_of), offers[store.id].id, how="app")
            for phase in Phase:
                await doing.prove_by_code(session, keeper(person_of), order.id, phase=phase, code=order.service_code)
                await doing.prove_by_agent(session, system("test"), order.id, phase=phase, note="她确认")
            order.minutes = 0
            await doing.check_out(session, keeper(person_of), order.id, amount_fen=amount)
            made.orders.append(order.id)
    clock.reset()
    yield made
    clock.reset()
    async with house.owner.transaction() as session:  # stores and entitlements outlive a house
        await session.execute(text("UPDATE stores SET state = 'admitted' WHERE id = ANY(:ids)"), {"ids": others})
        await session.execute(text("UPDATE stores SET state = 'left' WHERE id = :id"), {"id": store.id})
        await session.execute(text("UPDATE entitlements SET withdrawn_at = now() WHERE payer = '试用券'"))


async def test_from_the_entitlement_to_the_money(scene: Scene) -> None:
    first, dear = scene.orders
    entitled = f"/api/elders/{scene.elder_id}/entitlements"
    preview = await scene.get(f"/api/orders/{first}/payers", amount_fen=10_000)
    assert [(part["payer"], part["fen"]) for part in preview["parts"]] == [("民政补贴", 5_000), ("试用券", 2_500), ("", 2_500)]
    await sweep_bills(scene.house.owner, NoScheme())
    (bill,) = (await scene.get(f"/api/orders/{first}/bills"))["bills"]
    assert [(part["payer"], part["fen"]) for part in bill["parts"]] == [("民政补贴", 2_000), ("试用券", 1_000), ("", 1_000)]
    waiting = await scene.get(f"/api/orders/{dear}/bills")
    assert (waiting["bills"], waiting["price"]["amount_fen"], waiting["price"]["tolerance"]) == ([], 4_900, 20)

    confirm = {"amount_fen": 4_900, "reason": "多做了一小时"}
    for _ in range(2):  # a bad line: the second is the first one's answer
        confirmed = await scene.post(f"/api/orders/{dear}/confirm-price", confirm, key="once")
    assert [bill["amount_fen"] for bill in confirmed["bills"]] == [4_900] and confirmed["price"] is None
    assert (await scene.post(f"/api/orders/{dear}/confirm-price", confirm, 409))["code"] == "price_not_waiting"

    view = await scene.get(entitled, month="2031-03")
    ours = next(one for one in view["entitlements"] if one["payer"] == "试用券")
    assert (ours["used_fen"], ours["left_fen"], len(ours["changes"])) == (2_225, 775, 1)
    assert [use["fen"] for use in view["uses"] if use["payer"] == "试用券"] == [1_225, 1_000]

    clock.shift(datetime(2031, 4, 1, 4, tzinfo=UTC) - clock.now())
    heads = {head["payer"]: head for head in (await after_a_month(scene, "/api/claims", month="2031-03"))}
    assert (heads["试用券"]["state"], heads["试用券"]["lines"], heads["试用券"]["total_fen"], heads["试用券"]["may_close"]) == (
        "open",
        2,
        2_225,
        True,
    )


async def after_a_month(scene: Scene, path: str, **params: Any) -> Any:
    """Sessions have ended by then: everybody signs in anew."""
    for person in (scene.supervisor, scene.elsewhere, scene.agent):
        await person.sign_in()
    return await scene.get(path, **params)


async def test_a_claim_list_goes_its_way(scene: Scene) -> None:
    await sweep_bills(scene.house.owner, NoScheme())
    asked = {"kind": "voucher", "payer": "试用券", "month": "2031-03"}
    assert (await scene.post("/api/claims", asked, 409))["code"] == "month_not_over"
    clock.shift(datetime(2031, 4, 1, 4, tzinfo=UTC) - clock.now())
    await after_a_month(scene, "/api/claims", month="2031-03")
    for _ in range(2):
        claim = await scene.post("/api/claims", asked, key="close")
    assert (claim["head"]["total_fen"], [line["elder_name"] for line in claim["lines"]]) == (1_000, ["王桂兰"])
    assert (await scene.post("/api/claims", asked, 409))["code"] == "claim_closed"
    path = f"/api/claims/{claim['head']['id']}"
    assert [line["elder_name"] for line in (await scene.get(path, scene.elsewhere))["lines"]] == ["王**"]
    taken = await scene.supervisor.http.get(f"{path}/csv")
    assert taken.content.startswith(b"\xef\xbb\xbf") and "王桂兰" in taken.text and "10.00" in taken.text
    assert "王桂兰" not in (await scene.elsewhere.http.get(f"{path}/csv")).text
    assert (await scene.post(f"{path}/paid", {"version": 1, "paid_fen": 1_000}, 409))["code"] == "illegal_move"
    await scene.post(f"{path}/sent", {"version": 1})
    refusal = {"version": 2, "line_id": claim["lines"][0]["id"], "reason": "缺证明", "again": True}
    refused = await scene.post(f"{path}/refuse-line", refusal)
    assert refused["lines"][0]["refusal"]["reason"] == "缺证明"
    assert (await scene.post(f"{path}/paid", {"version": 3, "paid_fen": 1_000}, 409))["details"] == {"due_fen": 0, "paid_fen": 1_000}
    assert (await scene.post(f"{path}/paid", {"version": 3, "paid_fen": 0}))["head"]["state"] == "paid"
    assert await scene.refused(path, scene.agent) == "forbidden"


async def test_statements_and_their_files(scene: Scene) -> None:
    await sweep_bills(scene.house.owner, NoScheme())
    (line,) = (await scene.get("/api/store-statements", month="2031-03"))["stores"]
    assert (line["store"], line["sums"]["orders"], line["sums"]["transfer_fen"]) == ("账单测试店", 1, 3_000)
    path = f"/api/store-statements/{scene.store_id}"
    whole = await scene.get(path, month="2031-03")
    assert whole["sums"] == line["sums"] and whole["lines"][0]["by_kind"] == {"subsidy": 2_000, "voucher": 1_000, "self_pay": 1_000}
    for name, kind in (("csv", "text/csv; charset=utf-8"), ("pdf", "application/pdf")):
        answer = await scene.supervisor.http.get(f"{path}/{name}", params={"month": "2031-03"})
        assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
    assert (await scene.supervisor.http.get("/api/store-statements/csv", params={"month": "2031-03"})).status_code == 200
    for month in ("2031-13", "2031-3", "1999-01", ""):
        assert (await scene.supervisor.http.get(path, params={"month": month})).status_code == 422
    assert (await scene.supervisor.http.get(f"/api/store-statements/{uuid.uuid4()}", params={"month": "2031-03"})).status_code == 404


async def test_whoever_has_no_business_with_her_sees_and_changes_nothing(scene: Scene) -> None:
    view = await scene.get(f"/api/elders/{scene.elder_id}/entitlements")
    one = next(one for one in view["entitlements"] if one["payer"] == "试用券")
    for path in (
        f"/api/elders/{scene.elder_id}/entitlements",
        f"/api/orders/{scene.orders[0]}/payers",
        f"/api/orders/{scene.orders[0]}/bills",
    ):
        assert await scene.refused(path, scene.agent) == "no_access"
        assert await scene.refused(path, scene.elsewhere) == "no_access"
    change = {**FORM, "version": one["version"], "month_cap_fen": 9_000}
    assert (await scene.elsewhere.http.put(f"/api/entitlements/{one['id']}", json=change)).status_code == 403
    assert (await scene.agent.http.put(f"/api/entitlements/{one['id']}", json=change)).status_code == 403
    answer = await scene.supervisor.http.put(f"/api/entitlements/{one['id']}", json=change)
    assert next(e for e in answer.json()["entitlements"] if e["id"] == one["id"])["month_cap_fen"] == 9_000
    assert (await scene.supervisor.http.put(f"/api/entitlements/{one['id']}", json=change)).json()["error"]["code"] == "entitlement_changed"
    for wrong in (
        {"share_bp": -1},
        {"share_bp": None},
        {"month_cap_fen": 10**12},
        {"valid_to": "2020-01-01"},
        {"payer": ""},
        {"kind": "self_pay"},
    ):
        assert (await scene.supervisor.http.post(f"/api/elders/{scene.elder_id}/entitlements", json={**FORM, **wrong})).status_code == 422
    gone = await scene.post(f"/api/entitlements/{one['id']}/withdraw", {"version": 2, "reason": "录错了"})
    assert not next(e for e in gone["entitlements"] if e["id"] == one["id"])["counts"]
    for amount in (-1, 5_000_001, 10**20):
        params = {"amount_fen": amount}
        assert (await scene.supervisor.http.get(f"/api/orders/{scene.orders[0]}/payers", params=params)).status_code == 422
