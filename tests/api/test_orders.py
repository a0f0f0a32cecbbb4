"""Orders at the desk, over real HTTP: placed with a preview that tells what happens, moved by hand, seen whole or masked; and what is refused."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from callcenter.dispatch import jobs
from callcenter.dispatch.orders.actions import doing, offering
from callcenter.dispatch.orders.errors import CodeWrong
from callcenter.dispatch.orders.models import Phase
from callcenter.dispatch.orders.queries import get_order
from callcenter.dispatch.stores.models import ProviderPerson
from callcenter.kit import clock
from tests.api.routes import fingerprint
from tests.house import AgentAtWork, House, until
from tests.stores import keeper, make_case, make_store

ALONE = "+867103456789"
NAME = "王桂兰"
PRIVATE = (NAME, "5 0 1", "3-2-501", "敲门轻一点")
SOMEBODY = str(uuid.UUID(int=7))
CLEAN = {"lines": [{"item": "JZ01", "quantity": 2}], "notes": "敲门轻一点"}


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[None]:
    """Nobody is asked at night."""
    now = clock.now()
    clock.shift(now.replace(hour=4, minute=0, second=0) - now + timedelta(days=1))
    yield
    clock.reset()


@dataclass
class Street:
    """Three stores near her, one of them closed; her case, owned by agent1; agent2 who has no business with her; two supervisors."""

    house: House
    stores: dict[str, str]
    people: dict[str, ProviderPerson]
    elder_id: str
    case_id: str
    owner: AgentAtWork
    other: AgentAtWork
    boss: AgentAtWork
    far_boss: AgentAtWork

    async def place(self, **more: Any) -> dict[str, Any]:
        return dict(await self.owner.post(f"/api/cases/{self.case_id}/orders", CLEAN | more))

    async def accepted(self, order: dict[str, Any], store: str = "near") -> None:
        """As the stores' app does it."""
        offer = next(o for o in order["offers"] if o["store_id"] == self.stores[store])
        async with self.house.owner.transaction() as session:
            await offering.accept_offer(session, keeper(self.people[store]), uuid.UUID(offer["id"]), how="app")

    async def done(self, order_id: str) -> None:
        """Checked in by code, an hour and a half of work, checked out; one proof at each end is one too few for a subsidy."""
        person = keeper(self.people["near"])
        async with self.house.owner.transaction() as session:
            code = (await get_order(session, uuid.UUID(order_id))).service_code
            await doing.prove_by_code(session, person, uuid.UUID(order_id), phase=Phase.CHECK_IN, code=code)
            clock.shift(timedelta(minutes=100))
            await doing.prove_by_code(session, person, uuid.UUID(order_id), phase=Phase.CHECK_OUT, code=code)
            await doing.check_out(session, person, uuid.UUID(order_id), amount_fen=8000)


@pytest_asyncio.fixture
async def street(house: House) -> AsyncIterator[Street]:
    async with house.owner.transaction() as session:
        await session.execute(
            text("UPDATE stores SET state = 'applied' WHERE state = 'admitted'")
        )  # the demo's are no part of these stories
        made = {
            "near": await make_store(
                session, "张姐家政", items={"JZ01": 4000, "JZ02": 6000}, at=(32.0310, 112.0960), rating=480, rating_count=60
            ),
            "far": await make_store(session, "李嫂保洁", items={"JZ01": 3800}, at=(32.0504, 112.0953)),
            "shut": await make_store(session, "夜来香家政", items={"JZ01": 3000}, hours=[[]] * 7),
            "nurse": await make_store(session, "无证护理", items={"PH06": 15000}, licences=[]),
        }
        (elder_id,) = (await session.scalars(text("SELECT elder_id FROM elder_numbers WHERE e164 = :n"), {"n": ALONE})).all()
        case_id = await make_case(session, elder_id)
    people = {name: house.visitor(name) for name in ("agent1", "agent2", "supervisor1", "supervisor2")}
    for person in people.values():
        await person.sign_in()
    await people["agent1"].post(f"/api/cases/{case_id}/take-over", {"seen_owner_id": None})
    yield Street(
        house, {k: str(s.id) for k, (s, _) in made.items()}, {k: p for k, (_, p) in made.items()}, str(elder_id), str(case_id), *people.values()
    )  # fmt: skip
    async with house.owner.transaction() as session:
        await session.execute(text("TRUNCATE orders CASCADE"))
        ids = [s.id for s, _ in made.values()]
        persons = [p.id for _, p in made.values()]
        for table in ("licences", "store_items", "store_communities", "store_members"):
            await session.execute(text(f"DELETE FROM {table} WHERE store_id = ANY (:ids)"), {"ids": ids})
        await session.execute(text("DELETE FROM licences WHERE person_id = ANY (:ids)"), {"ids": persons})
        await session.execute(text("DELETE FROM provider_people WHERE id = ANY (:ids)"), {"ids": persons})
        await session.execute(text("DELETE FROM stores WHERE id = ANY (:ids)"), {"ids": ids})
        await session.execute(text("UPDATE stores SET state = 'admitted' WHERE state = 'applied'"))


async def code_of(person: AgentAtWork, path: str, body: dict[str, Any], status: int) -> str:
    return str((await person.post(path, body, status=status))["error"]["code"])


# --- placing ---------------------------------------------------------------------------------------------------------------------


async def test_the_preview_says_who_gets_it_what_it_costs_and_why_another_is_out(street: Street) -> None:
    before = await fingerprint(street.house.owner)
    seen = await street.owner.post(f"/api/cases/{street.case_id}/orders/preview", {"order": CLEAN, "q": "夜来香"})
    assert await fingerprint(street.house.owner) == before
    best, second = seen["ranked"]
    assert (best["name"], best["rank"], best["rating"], best["price_fen"]) == ("张姐家政", 1, 480, 8000)
    assert best["metres"] < 200 and second["metres"] > 2000
    assert {part["name"] for part in best["parts"]} >= {"distance", "rating", "load", "acceptance", "known"}
    assert (seen["sla_class"], seen["claim_mode"], seen["asks"], seen["minutes"]) == ("N1", "open", 2, 120)
    assert (seen["price_min_fen"], seen["price_max_fen"], seen["waits_until"]) == (7600, 8000, None)
    (found,) = seen["found"]
    assert (found["name"], [out["gate"] for out in found["out"]], found["passable"]) == ("夜来香家政", ["closed"], True)
    assert seen["gates"] == {"closed": 1}


async def test_an_order_is_placed_once_however_often_it_is_sent(street: Street) -> None:
    street.owner.http.headers["Idempotency-Key"] = "k1"
    first, again = [await street.owner.post(f"/api/cases/{street.case_id}/orders", CLEAN) for _ in range(2)]
    assert first["id"] == again["id"]
    assert (first["state"], first["asked"], len(first["service_code"])) == ("offered", 2, 6)
    assert (first["full_name"], first["elder_name"], first["notes"]) == (NAME, "王**", "敲门轻一点")
    assert [offer["store_name"] for offer in first["offers"]] == ["张姐家政", "李嫂保洁"]
    assert len(await street.house.rows("SELECT 1 FROM orders")) == 1
    kept = await street.house.rows("SELECT answer::text AS answer FROM idempotency_keys")
    assert not [word for row in kept for word in PRIVATE if word in row.answer]


async def test_what_she_ordered_before_is_suggested(street: Street) -> None:
    for _ in range(2):
        order = await street.place()
        await street.accepted(order)
        await street.done(order["id"])
    friday = clock.now() + timedelta(days=1)
    for week in range(2):
        await street.place(wanted_from=(friday + timedelta(weeks=week)).isoformat(), lines=[{"item": "JZ02"}])
    told = await street.owner.get(f"/api/cases/{street.case_id}/order-suggestions")
    assert [(i["code"], i["times"]) for i in told["items"]] == [("JZ02", 2), ("JZ01", 2)]
    assert [(s["name"], s["times"]) for s in told["stores"]] == [("张姐家政", 2)]
    assert told["usual"]["times"] == 2
    seen = await street.owner.post(f"/api/cases/{street.case_id}/orders/preview", {"order": CLEAN})
    assert seen["ranked"][0]["served"] == 2


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"lines": [{"item": "JJ01"}]}, "item_of_centre"),
        ({"lines": [{"item": "ZZ99"}]}, "item_not_found"),
        ({"lines": [{"item": "JZ01", "quantity": -1}]}, "invalid"),
        ({"lines": [{"item": "JZ01", "quantity": 1000}]}, "invalid"),
        ({"lines": [{"item": "JZ01"}, {"item": "JZ01"}]}, "invalid"),
        ({"lines": []}, "invalid"),
        ({"wanted_from": "2020-01-01T09:00:00+08:00"}, "wanted_past"),
        ({"wanted_from": "2099-01-01T09:00:00+08:00"}, "wanted_too_far"),
        ({"wanted_from": "2026-12-24T10:00:00+08:00", "wanted_to": "2026-12-24T09:00:00+08:00"}, "invalid"),
        ({"wanted_from": "2026-12-24T10:00:00"}, "invalid"),
        ({"payer": "somebody"}, "invalid"),
        ({"notes": "长" * 501}, "invalid"),
    ],
)
async def test_what_cannot_be_ordered_is_refused_also_in_the_preview(street: Street, more: dict[str, Any], code: str) -> None:
    before = await fingerprint(street.house.owner)
    for path, body in (
        (f"/api/cases/{street.case_id}/orders", CLEAN | more),
        (f"/api/cases/{street.case_id}/orders/preview", {"order": CLEAN | more}),
    ):
        answer = await street.owner.http.post(path, json=body)
        assert (answer.status_code in (404, 409, 422), answer.json()["error"]["code"]) == (True, code)
    assert await fingerprint(street.house.owner) == before


async def test_nobody_orders_on_a_case_that_is_not_hers(street: Street) -> None:
    before = await fingerprint(street.house.owner)
    for person in (street.other, street.far_boss):
        for path, body in (("orders", CLEAN), ("orders/preview", {"order": CLEAN})):
            assert await code_of(person, f"/api/cases/{street.case_id}/{path}", body, 403) == "no_access"
        await person.get(f"/api/cases/{street.case_id}/order-suggestions", status=403)
        await person.get(f"/api/cases/{street.case_id}/order-plans", status=403)
    assert await fingerprint(street.house.owner) == before


# --- seeing ----------------------------------------------------------------------------------------------------------------------


async def test_whoever_may_see_her_sees_all_of_the_order_and_everybody_else_a_mask(street: Street) -> None:
    order = await street.place()
    for person, whole, code in (
        (street.owner, True, True),
        (street.boss, True, False),
        (street.other, False, False),
        (street.far_boss, False, False),
    ):
        answer = await person.http.get(f"/api/orders/{order['id']}")
        seen = answer.json()
        assert (seen["whole"], bool(seen["service_code"])) == (whole, code), person.username
        assert bool([word for word in PRIVATE if word in answer.text]) == whole, person.username
        assert (seen["elder_id"] is not None) == whole
        assert "verify" in seen["acts"] if person.username.startswith("supervisor") else "verify" not in seen["acts"]
        assert seen["acts"]["cancel"] == ("" if whole else "no_access")
        assert seen["acts"]["ask_again"] == "still_asked" and seen["acts"]["assign"] == ""
        board = await person.http.get("/api/orders")
        assert not [word for word in PRIVATE if word in board.text]
        assert board.json() == [{key: seen[key] for key in board.json()[0]}]
        latitude, longitude = board.json()[0]["position"].values()
        assert (latitude, longitude) == (round(latitude, 3), round(longitude, 3))
    reads = await street.house.rows("SELECT actor_name, details FROM audit WHERE verb = 'elder:read' AND purpose LIKE 'order:%'")
    assert [row.details["by"] for row in reads] == ["owned_case", "owned_case", "region"]  # placed, looked at, looked at


async def test_an_elders_orders_are_for_whoever_may_see_her(street: Street) -> None:
    order = await street.place()
    path = f"/api/elders/{street.elder_id}/orders"
    assert [o["id"] for o in await street.owner.get(path)] == [order["id"]]
    assert await street.owner.get(f"{path}?before={order['id']}") == []
    await street.other.get(path, status=403)


async def test_an_order_that_nobody_has_is_not_found(street: Street) -> None:
    for path in (SOMEBODY, f"{SOMEBODY}/stores", f"{SOMEBODY}/photos/{SOMEBODY}"):
        await street.owner.get(f"/api/orders/{path}", status=404)
    order = await street.place()
    await street.owner.get(f"/api/orders/{order['id']}/photos/{SOMEBODY}", status=404)
    await street.other.get(f"/api/orders/{order['id']}/photos/{SOMEBODY}", status=403)
    for act, body in ACTS.items():
        assert await code_of(street.boss, f"/api/orders/{SOMEBODY}/{act}", body | {"version": 1}, 404) == "order_not_found"


# --- acts --------------------------------------------------------------------------------------------------------------------------

ACTS: dict[str, dict[str, Any]] = {
    "ask-again": {},
    "assign": {"store_id": SOMEBODY, "agreed": True},
    "take-back": {"reason": "约好没来"},
    "change": {"notes": "下午来"},
    "cancel": {"why": "elder"},
    "rework": {"reason": "没擦窗", "same_store": True},
    "dispute": {"reason": "没来过"},
    "verify": {"reason": "电话核实"},
    "proof": {"phase": "in", "note": "老人说已到"},
    "service-code": {},
    "no-answer": {},
}
FOR_HERS = ("change", "cancel", "rework", "dispute", "proof", "service-code", "no-answer")


async def test_what_talks_with_her_is_refused_to_whoever_may_not_see_her_and_nothing_changes(street: Street) -> None:
    order = await street.place()
    before = await fingerprint(street.house.owner, but=("audit",))
    for act in FOR_HERS:
        for person in (street.other, street.far_boss):
            assert await code_of(person, f"/api/orders/{order['id']}/{act}", ACTS[act] | {"version": order["version"]}, 403) == "no_access"
    assert await code_of(street.owner, f"/api/orders/{order['id']}/verify", ACTS["verify"] | {"version": 1}, 403) == "forbidden"
    assert await fingerprint(street.house.owner, but=("audit",)) == before


async def test_what_was_seen_must_still_stand(street: Street) -> None:
    order = await street.place()
    before = await fingerprint(street.house.owner)
    for act in ("ask-again", "assign", "take-back", "change", "cancel", "rework", "dispute", "verify", "proof"):
        body = ACTS[act] | {"version": order["version"] + 5}
        assert await code_of(street.boss, f"/api/orders/{order['id']}/{act}", body, 409) == "order_changed", act
        for bad in (0, -1, "x", None):
            await street.boss.post(f"/api/orders/{order['id']}/{act}", ACTS[act] | {"version": bad}, status=422)
    assert await fingerprint(street.house.owner) == before


async def test_a_move_that_its_state_does_not_allow_says_so(street: Street) -> None:
    order = await street.place()
    for act, status, code in (
        ("ask-again", 200, ""), ("take-back", 409, "illegal_move"), ("rework", 409, "illegal_move"), ("dispute", 409, "illegal_move"),
        ("proof", 422, "wrong_stage"), ("no-answer", 409, "illegal_move"),
    ):  # fmt: skip
        seen = await street.owner.get(f"/api/orders/{order['id']}")
        answer = await street.owner.http.post(f"/api/orders/{order['id']}/{act}", json=ACTS[act] | {"version": seen["version"]})
        assert answer.status_code == status, (act, answer.text)
        assert status == 200 or answer.json()["error"]["code"] == code


async def test_an_agent_gives_it_to_a_store_she_has_spoken_with(street: Street) -> None:
    """On the board, without business with the elder; she sees no more of her for it."""
    order = await street.place()
    options = await street.other.get(f"/api/orders/{order['id']}/stores?q=李嫂")
    assert [(s["name"], s["open_offer"]) for s in options["found"]] == [("李嫂保洁", True)]
    assert options["found"][0]["number"]
    body = {"version": order["version"], "store_id": street.stores["far"], "agreed": True}
    taken = await street.other.post(f"/api/orders/{order['id']}/assign", body)
    assert (taken["state"], taken["store_name"], taken["whole"], taken["address"]) == ("accepted", "李嫂保洁", False, "")
    back = await street.other.post(f"/api/orders/{order['id']}/take-back", {"version": taken["version"], "reason": "约好没来"})
    assert (back["state"], back["store_id"]) == ("offered", None)
    # the one that never got to answer is asked again, the one that had it is not
    assert [offer["store_name"] for offer in back["offers"] if offer["state"] == "open"] == ["张姐家政"]


async def test_past_a_gate_only_a_supervisor_goes_with_a_reason_and_past_a_licence_nobody(street: Street) -> None:
    order = await street.place()
    path, body = f"/api/orders/{order['id']}/assign", {"version": order["version"], "store_id": street.stores["shut"], "agreed": True}
    refused = await street.owner.post(path, body | {"reason": "急"}, status=409)
    assert (refused["error"]["code"], refused["error"]["details"]["out"]) == ("gate_closed", [{"gate": "closed", "what": ""}])
    assert await code_of(street.boss, path, body, 422) == "reason_needed"
    assert await code_of(street.boss, path, body | {"store_id": SOMEBODY}, 422) == "store_not_found"
    taken = await street.boss.post(path, body | {"reason": "店主愿意开门"})
    assert (taken["state"], taken["override_reason"], taken["offers"][0]["passed"]) == (
        "accepted", "店主愿意开门", [{"gate": "closed", "what": ""}],
    )  # fmt: skip
    care = await street.place(lines=[{"item": "PH06"}])
    assert (care["state"], care["attention"], care["asked"]) == ("rejected", "nobody", 0)
    path, body = f"/api/orders/{care['id']}/assign", {"version": care["version"], "store_id": street.stores["nurse"], "agreed": True}
    assert await code_of(street.boss, path, body | {"reason": "急"}, 409) == "gate_closed"


async def test_it_is_changed_cancelled_and_cancelled_again(street: Street) -> None:
    order = await street.place()
    path, tomorrow = f"/api/orders/{order['id']}", (clock.now() + timedelta(days=1)).isoformat()
    changed = await street.owner.post(f"{path}/change", {"version": order["version"], "wanted_from": tomorrow, "notes": "女儿在家"})
    assert (changed["notes"], changed["state"], changed["wanted_from"][:10]) == ("女儿在家", "offered", tomorrow[:10])
    assert await code_of(street.owner, f"{path}/change", {"version": changed["version"]}, 422) == "nothing_changed"
    for _ in range(2):
        gone = await street.owner.post(f"{path}/cancel", {"version": changed["version"], "why": "hospital", "note": "住院"})
        assert (gone["state"], gone["closed_reason"], gone["asked"], gone["service_code"]) == ("cancelled", "hospital", 0, "")
    assert await street.owner.get("/api/orders") == []
    assert [o["state"] for o in await street.owner.get(f"/api/cases/{street.case_id}/orders")] == ["cancelled"]
    case = await street.owner.get(f"/api/cases/{street.case_id}")
    kinds = [entry["kind"] for entry in case["entries"]]
    assert kinds[:3] == ["order_cancelled", "order_changed", "order_placed"]
    assert case["entries"][0]["text"] == "住院" and case["entries"][0]["data"]["number"] == order["number"]


async def test_a_missing_proof_is_made_up_by_an_agent_or_let_pass_by_a_supervisor(street: Street) -> None:
    order = await street.place()
    await street.accepted(order)
    await street.done(order["id"])
    done = await street.owner.get(f"/api/orders/{order['id']}")
    assert (done["state"], done["attention"], done["missing"]) == ("done", "proof", ["check_in_proofs", "check_out_proofs"])
    path = f"/api/orders/{order['id']}"
    proved = await street.owner.post(f"{path}/proof", {"version": done["version"], "phase": "out", "note": "老人说做完了"})
    assert proved["missing"] == ["check_in_proofs"]
    assert [p["note"] for p in proved["proofs"] if p["kind"] == "agent"] == ["老人说做完了"]
    kept = await street.boss.post(f"{path}/verify", {"version": proved["version"], "reason": "电话核实"})
    assert (kept["state"], kept["attention"]) == ("verified", "")
    bad = await street.owner.post(f"{path}/dispute", {"version": kept["version"], "reason": "说没擦窗"})
    assert (bad["state"], bad["attention"]) == ("disputed", "disputed")
    again = await street.owner.post(f"{path}/rework", {"version": bad["version"], "reason": "重擦", "same_store": True})
    assert (again["state"], again["visit"], again["store_name"]) == ("accepted", 2, "张姐家政")


async def test_five_wrong_codes_lock_it_until_she_has_a_new_one(street: Street) -> None:
    order = await street.place()
    await street.accepted(order)
    for _ in range(5):
        with pytest.raises(CodeWrong):
            async with street.house.owner.transaction() as session:
                try:
                    await doing.prove_by_code(
                        session, keeper(street.people["near"]), uuid.UUID(order["id"]), phase=Phase.CHECK_IN, code="x"
                    )
                except CodeWrong:
                    await session.commit()
                    raise
    locked = await street.owner.get(f"/api/orders/{order['id']}")
    assert (locked["attention"], locked["code_locked"]) == ("code_locked", True)
    assert await code_of(street.boss, f"/api/orders/{order['id']}/service-code", {"version": locked["version"]}, 409) == "not_on_her_case"
    street.owner.http.headers["Idempotency-Key"] = "k"
    code, again = [await street.owner.post(f"/api/orders/{order['id']}/service-code", {"version": locked["version"]}) for _ in range(2)]
    assert code == again
    open_again = await street.owner.get(f"/api/orders/{order['id']}")
    assert (open_again["attention"], open_again["service_code"]) == ("", code["code"])


async def test_nobody_opens_and_a_door_check_is_placed_at_once(street: Street) -> None:
    order = await street.place()
    await street.accepted(order)
    told = await street.owner.post(f"/api/orders/{order['id']}/no-answer", {"version": 1})
    assert (told["state"], told["attention"]) == ("no_answer", "no_answer")
    check, _ = await street.owner.get(f"/api/cases/{street.case_id}/orders")
    assert [line["code"] for line in check["lines"]] == ["JJ04"]
    assert (await street.owner.get(f"/api/orders/{check['id']}"))["parent_number"] == order["number"]


async def test_a_plan_is_made_and_ended(street: Street) -> None:
    path = f"/api/cases/{street.case_id}/order-plans"
    plan = {"order": CLEAN, "weekdays": [0], "at": "09:00", "first": (clock.now() + timedelta(days=1)).date().isoformat()}
    made = await street.owner.post(path, plan)
    assert (made["weekdays"], made["at"], made["active"], [line["name"] for line in made["lines"]]) == (
        [0], "09:00:00", True, [made["lines"][0]["name"]],
    )  # fmt: skip
    assert made["next_on"]
    bad: dict[str, Any]
    for bad in ({"weekdays": [7]}, {"weekdays": []}, {"weekdays": [0, 0]}, {"every_weeks": 0}, {"at": "25:00"}, {"last": "2020-01-01"}):
        await street.owner.post(path, plan | bad, status=422)
    assert [p["id"] for p in await street.owner.get(path)] == [made["id"]]
    assert await code_of(street.other, f"/api/order-plans/{made['id']}/end", {"reason": "x"}, 403) == "no_access"
    ended = await street.owner.post(f"/api/order-plans/{made['id']}/end", {"reason": "女儿接走了"})
    assert (ended["active"], ended["next_on"]) == (False, None)
    await street.owner.post(f"/api/order-plans/{SOMEBODY}/end", {"reason": "x"}, status=404)


# --- the board lives ------------------------------------------------------------------------------------------------------------------


async def test_snapshot_and_events_make_a_fresh_snapshot_after_each_act(street: Street) -> None:
    watcher = street.other
    await watcher.post("/api/presence", {"state": "idle"})
    await watcher.open_console()

    async def same(what: str) -> None:
        fresh = street.house.visitor("agent3")
        await fresh.sign_in()
        await fresh.open_console()
        await until(lambda: watcher.console.orders == fresh.console.orders, why=f"the same board after {what}")
        await fresh.leave()

    async def of(order_id: str) -> dict[str, Any]:
        return dict(await street.boss.get(f"/api/orders/{order_id}"))

    async def does(act: str, order_id: str, **more: Any) -> None:
        body = ACTS[act] | {"version": (await of(order_id))["version"]} | more
        await street.boss.post(f"/api/orders/{order_id}/{act}", body)
        await same(act)

    order = await street.place()
    await until(lambda: order["id"] in watcher.console.orders, why="the order on another's board")
    assert not [word for word in PRIVATE if word in str(watcher.console.orders)]
    await same("placed")
    await does("change", order["id"], notes="下午来")
    await does("ask-again", order["id"])
    await does("assign", order["id"], store_id=street.stores["far"])
    await does("take-back", order["id"])
    await street.accepted(await of(order["id"]))
    await same("accepted")
    await street.done(order["id"])
    await same("done")
    await does("proof", order["id"], phase="out")
    await does("verify", order["id"])
    await does("dispute", order["id"])
    await does("rework", order["id"])
    await does("no-answer", order["id"])
    await does("cancel", order["id"])
    assert order["id"] not in watcher.console.orders
    late = await street.place()
    async with street.house.owner.transaction() as session:
        await session.execute(text("UPDATE orders SET accept_by = :now WHERE id = :id"), {"now": clock.now(), "id": late["id"]})
    await jobs.sweep_orders(street.house.owner)
    await same("expired")
    assert watcher.console.orders[late["id"]]["attention"] == "expired"
