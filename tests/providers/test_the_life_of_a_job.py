"""A keeper's day, over real HTTP under the narrow role: a job appears, is taken by one of many, is done and proved."""

from __future__ import annotations

import asyncio
import uuid
from datetime import timedelta

import pytest

from callcenter.dispatch.orders.actions import offering
from callcenter.dispatch.orders.rules import HouseRules
from callcenter.dispatch.orders.tags import door_tag_of
from callcenter.kit import clock
from tests.house import until
from tests.providers.playing import NEAR, accepted, only, ordered, picture, settle, store_with_keeper, worker_of
from tests.storefront import Storefront
from tests.stores import make_store


async def test_from_the_offer_to_the_settled_bill(front: Storefront, elder_id: uuid.UUID) -> None:
    _, person = await store_with_keeper(front, "张姐家政", JZ01=4000)
    phone = await front.signed_in(person)
    await phone.watch()
    assert phone.orders == {}
    began = asyncio.get_running_loop().time()
    order = await ordered(front, elder_id, "JZ01", notes="钥匙在邻居家")
    await until(lambda: str(order.id) in phone.orders, why="the offer, live")
    assert phone.events[-1][2] - began < 1.0
    offer = only(phone.orders[str(order.id)]["offers"])
    assert (offer["elder"], offer["address"], offer["pays_fen"]) == (f"{order.elder_name[0]}**", order.address_short, 4000)
    assert order.address_short != order.address and "notes" not in offer
    seen = str(phone.events)
    assert order.elder_name not in seen and order.address not in seen

    job = await accepted(phone, order)
    assert (job["state"], job["elder"], job["address"], job["notes"]) == ("accepted", order.elder_name, order.address, "钥匙在邻居家")
    assert set(job["may"]) == {"set_out", "check_in", "call", "no_answer", "send", "give_back"}
    job = (await phone.post(f"/api/jobs/{order.id}/set-out")).json()["job"]
    assert job["state"] == "en_route"
    job = (await phone.post(f"/api/jobs/{order.id}/proofs/code", {"phase": "in", "code": order.service_code})).json()["job"]
    assert (job["state"], job["proofs_in"], job["proofs_needed"]) == ("in_service", ["service_code"], 1)
    clock.shift(timedelta(minutes=order.minutes))
    photo = await phone.post(f"/api/jobs/{order.id}/photos", {"photo": picture()})
    assert photo.status_code == 200, photo.text
    proof = await phone.post(f"/api/jobs/{order.id}/proofs/position", {"phase": "out", "position": NEAR, "photo": picture()})
    assert proof.json()["job"]["proofs_out"] == ["position_photo"]
    job = (await phone.post(f"/api/jobs/{order.id}/finish", {"amount_fen": 4500, "note": "加了擦窗"})).json()["job"]
    assert (job["state"], job["amount_fen"], job["hidden"]) == ("verified", 4500, False)
    await until(lambda: phone.orders[str(order.id)]["job"]["state"] == "verified", why="the same, live")
    assert phone.orders[str(order.id)]["job"]["settled"] is None
    await settle(front)
    await until(lambda: phone.orders[str(order.id)]["job"]["state"] == "settled", why="settled, live")
    assert phone.orders[str(order.id)]["job"]["settled"] == {"at_door_fen": 4500, "others": []}
    clock.shift(timedelta(days=1))
    job = (await phone.job(order.id))["job"]
    assert (job["hidden"], job["elder"], job["address"], job["notes"], job["latitude"]) == (
        True, f"{order.elder_name[0]}**", order.address_short, "", None,
    )  # fmt: skip


async def test_of_fifty_who_accept_at_once_one_has_it(front: Storefront, elder_id: uuid.UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    async def all_at_once(_: object) -> HouseRules:
        return HouseRules(begins=0, ends=24, at_once=50, most_refusals=3, proof_metres=200)

    monkeypatch.setattr(offering, "house_rules", all_at_once)
    async with front.owner.transaction() as session:
        people = [(await make_store(session, f"店{i}", items={"JZ01": 4000}))[1] for i in range(50)]
    phones = await asyncio.gather(*(front.signed_in(person) for person in people))
    order = await ordered(front, elder_id, "JZ01")
    offers = [only(news["offers"])["id"] for news in await asyncio.gather(*(phone.job(order.id) for phone in phones))]
    answers = await asyncio.gather(*(phone.post(f"/api/offers/{offer}/accept") for phone, offer in zip(phones, offers, strict=True)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 49
    lost = [answer.json()["error"] for answer in answers if answer.status_code == 409]
    assert {(error["code"], error["details"]["why"]) for error in lost} == {("offer_gone", "taken")}
    winner = next(phone for phone, answer in zip(phones, answers, strict=True) if answer.status_code == 200)
    states = await front.rows("SELECT state, count(*) FROM offers GROUP BY state ORDER BY state")
    assert [tuple(row) for row in states] == [("accepted", 1), ("withdrawn", 49)]
    assert (await winner.job(order.id))["job"]["state"] == "accepted"
    loser = next(phone for phone in phones if phone is not winner)
    news = await loser.job(order.id)
    assert (news["offers"], news["job"], news["gone"]) == ([], None, "taken")


async def test_an_action_that_is_sent_twice_is_done_once(front: Storefront, elder_id: uuid.UUID) -> None:
    _, person = await store_with_keeper(front, "张姐家政", JZ01=4000)
    phone = await front.signed_in(person)
    order = await ordered(front, elder_id, "JZ01")
    offer = only((await phone.job(order.id))["offers"])["id"]
    for _ in range(2):
        assert (await phone.post(f"/api/offers/{offer}/accept", key="a")).status_code == 200
    assert (await phone.post(f"/api/offers/{offer}/accept", {"worker_id": str(person.id)}, key="a")).json()["error"]["code"] == "key_used"
    for _ in range(2):
        assert (await phone.post(f"/api/jobs/{order.id}/set-out", key="b")).status_code == 200
    # a wrong code that is sent again under its key is told again and counted once
    for _ in range(3):
        refused = await phone.post(f"/api/jobs/{order.id}/proofs/code", {"phase": "in", "code": "000000"}, key="c")
        assert (refused.status_code, refused.json()["error"]["code"], refused.json()["error"]["details"]) == (
            422,
            "code_wrong",
            {"left": 4},
        )
    for _ in range(2):
        good = await phone.post(f"/api/jobs/{order.id}/proofs/code", {"phase": "in", "code": order.service_code}, key="d")
        assert good.status_code == 200, good.text
    for _ in range(2):
        assert (await phone.post(f"/api/jobs/{order.id}/photos", {"photo": picture()}, key="e")).status_code == 200
    kinds = await front.rows("SELECT kind FROM order_events WHERE order_id = :id ORDER BY id", id=order.id)
    assert [row.kind for row in kinds] == ["placed", "offered", "accepted", "en_route", "code_wrong", "proof", "checked_in"]
    assert len(await front.rows("SELECT 1 FROM order_photos")) == 1


async def test_five_wrong_codes_lock_it(front: Storefront, elder_id: uuid.UUID) -> None:
    _, person = await store_with_keeper(front, "张姐家政", JZ01=4000)
    phone = await front.signed_in(person)
    order = await ordered(front, elder_id, "JZ01")
    await accepted(phone, order)
    wrong = "111111" if order.service_code != "111111" else "222222"
    left = [
        (await phone.post(f"/api/jobs/{order.id}/proofs/code", {"phase": "in", "code": wrong})).json()["error"]["details"]["left"]
        for _ in range(5)
    ]
    assert left == [4, 3, 2, 1, 0]
    locked = await phone.post(f"/api/jobs/{order.id}/proofs/code", {"phase": "in", "code": order.service_code})
    assert (locked.status_code, locked.json()["error"]["code"]) == (409, "code_locked")
    job = (await phone.job(order.id))["job"]
    assert (job["state"], job["code_locked"], job["attention"]) == ("accepted", True, "code_locked")


async def test_the_tag_at_the_door_and_a_position_far_away(front: Storefront, elder_id: uuid.UUID) -> None:
    _, person = await store_with_keeper(front, "张姐家政", JZ01=4000)
    phone = await front.signed_in(person)
    order = await ordered(front, elder_id, "JZ01")
    await accepted(phone, order)
    other = await phone.post(f"/api/jobs/{order.id}/proofs/tag", {"phase": "in", "tag": "1KEY-00000000"})
    assert (other.status_code, other.json()["error"]["code"]) == (403, "not_your_job")
    tag = await phone.post(f"/api/jobs/{order.id}/proofs/tag", {"phase": "in", "tag": door_tag_of(elder_id).removeprefix("1KEY-")})
    assert (tag.json()["job"]["state"], tag.json()["job"]["proofs_in"]) == ("accepted", ["door_tag"])  # never alone
    far = {"latitude": 32.05, "longitude": 112.0901, "accuracy_m": 15}
    refused = await phone.post(f"/api/jobs/{order.id}/proofs/position", {"phase": "in", "position": far, "photo": picture()})
    assert refused.json()["error"]["code"] == "too_far" and refused.json()["error"]["details"]["metres"] > 2000
    vague = {**NEAR, "accuracy_m": 900}
    refused = await phone.post(f"/api/jobs/{order.id}/proofs/position", {"phase": "in", "position": vague, "photo": picture()})
    assert refused.json()["error"]["code"] == "not_accurate"
    assert len(await front.rows("SELECT 1 FROM order_photos")) == 0
    near = await phone.post(f"/api/jobs/{order.id}/proofs/position", {"phase": "in", "position": NEAR, "photo": picture()})
    assert near.json()["job"]["state"] == "in_service"


async def test_nobody_opens(front: Storefront, elder_id: uuid.UUID) -> None:
    """The door check is placed by this process, which reads no profile."""
    _, person = await store_with_keeper(front, "张姐家政", JZ01=4000)
    await store_with_keeper(front, "社区网格", JJ04=0)
    phone = await front.signed_in(person)
    order = await ordered(front, elder_id, "JZ01")
    await accepted(phone, order)
    told = await phone.post(f"/api/jobs/{order.id}/no-answer")
    assert told.status_code == 200, told.text
    assert (told.json()["job"]["state"], told.json()["job"]["attention"]) == ("no_answer", "no_answer")
    checks = await front.rows("SELECT state, parent_id, case_id FROM orders WHERE parent_id = :id", id=order.id)
    assert [(row.parent_id, row.case_id) for row in checks] == [(order.id, order.case_id)]
    assert len(await front.rows("SELECT 1 FROM case_tasks WHERE case_id = :id AND reason = 'no_answer_at_door'", id=order.case_id)) == 1


async def test_the_keeper_sends_a_worker_who_sees_only_her_own(front: Storefront, elder_id: uuid.UUID) -> None:
    store_id, person = await store_with_keeper(front, "张姐家政", JZ01=4000)
    worker = await worker_of(front, store_id, "李小妹")
    keeper, hers = await front.signed_in(person), await front.signed_in(worker)
    await hers.watch()
    order = await ordered(front, elder_id, "JZ01")
    offer = only((await keeper.job(order.id))["offers"])
    assert (await hers.post(f"/api/offers/{offer['id']}/accept")).status_code == 404
    assert await hers.inbox() == []
    await accepted(keeper, order)
    assert (await hers.http.get(f"/api/jobs/{order.id}")).status_code == 404
    able = (await keeper.http.get(f"/api/jobs/{order.id}/workers")).json()
    assert {one["name"] for one in able} == {"李小妹", "张姐家政店主"}
    assert (await keeper.post(f"/api/jobs/{order.id}/send", {"worker_id": str(worker.id)})).status_code == 200
    await until(lambda: str(order.id) in hers.orders, why="her job, live")
    job = hers.orders[str(order.id)]["job"]
    assert (job["mine"], job["elder"], job["worker"]["name"]) == (True, order.elder_name, "李小妹")
    assert "give_back" not in job["may"] and "send" not in job["may"]
    assert (await hers.post(f"/api/jobs/{order.id}/give-back", {"reason": "busy"})).json()["error"]["code"] == "keeper_only"
    assert (await keeper.post(f"/api/jobs/{order.id}/give-back", {"reason": "busy"})).status_code == 200
    await until(lambda: str(order.id) not in hers.orders, why="gone, live")


async def test_the_centre_rings_both_and_neither_sees_the_others_number(front: Storefront, elder_id: uuid.UUID) -> None:
    _, person = await store_with_keeper(front, "张姐家政", JZ01=4000)
    phone = await front.signed_in(person)
    order = await ordered(front, elder_id, "JZ01")
    await accepted(phone, order)
    for _ in range(2):
        answer = await phone.post(f"/api/jobs/{order.id}/call-elder", key="ring")
        assert answer.status_code == 200, answer.text
    (number,) = {row.e164 for row in await front.rows("SELECT e164 FROM elder_numbers WHERE elder_id = :id AND position = 1", id=elder_id)}
    calls = await front.rows("SELECT kind, number, then_number, case_id, state FROM dialog_calls")
    assert [tuple(row) for row in calls] == [("connect", person.number, number, order.case_id, "requested")]
    assert number not in answer.text and number[-8:] not in answer.text


async def test_a_keeper_sets_hours_and_days_off(front: Storefront) -> None:
    store_id, person = await store_with_keeper(front, "张姐家政", JZ01=4000)
    phone = await front.signed_in(person)
    own = (await phone.http.get(f"/api/stores/{store_id}")).json()
    assert [(item["name"], item["price_fen"]) for item in own["items"]] == [("日常保洁", 4000)] and own["papers"]
    hours = [[[480, 1200]]] * 6 + [[]]
    changed = await phone.post(f"/api/stores/{store_id}/hours", {"version": own["version"], "hours": hours, "has_smartphone": False})
    assert (changed.json()["hours"], changed.json()["has_smartphone"]) == (hours, False), changed.text
    late = await phone.post(f"/api/stores/{store_id}/hours", {"version": own["version"], "hours": hours, "has_smartphone": True})
    assert late.status_code == 409
    first = f"{clock.now() + timedelta(days=3):%Y-%m-%d}"
    off = await phone.post(f"/api/stores/{store_id}/blackouts", {"version": changed.json()["version"], "first": first, "last": first})
    (days,) = off.json()["blackouts"]
    gone = await phone.post(f"/api/stores/{store_id}/blackouts/{days['id']}/remove", {"version": off.json()["version"]})
    assert gone.json()["blackouts"] == []
    assert [row.kind for row in await front.rows("SELECT kind FROM store_changes ORDER BY id")] == ["edited", "blackout", "blackout"]
