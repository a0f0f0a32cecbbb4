"""Care plans and campaigns over HTTP: who may set what for whom, what is shown, what is refused."""

from __future__ import annotations

import uuid
from typing import Any

import pytest_asyncio

from tests.house import AgentAtWork, House

HERS = "XF-DEMO-1"


@pytest_asyncio.fixture
async def supervisor(house: House) -> AgentAtWork:
    person = house.visitor("supervisor1")
    await person.sign_in()
    return person


async def elder_of(house: House) -> str:
    (row,) = await house.rows("SELECT id FROM elders WHERE card_number = :card", card=HERS)
    return str(row.id)


async def put(who: AgentAtWork, elder: str, kind: str, body: dict[str, Any], status: int = 200) -> Any:
    answer = await who.http.put(f"/api/elders/{elder}/care-plans/{kind}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json() if status == 200 else answer.json()["error"]["code"]


async def post(who: AgentAtWork, path: str, body: dict[str, Any] | None = None, status: int = 200) -> Any:
    answer = await who.http.post(path, json=body or {}, headers={"Idempotency-Key": str(uuid.uuid4())})
    assert answer.status_code == status, answer.text
    return answer.json() if status == 200 else answer.json()["error"]["code"]


async def test_a_plan_is_set_changed_and_ended(house: House, supervisor: AgentAtWork) -> None:
    elder = await elder_of(house)
    shown = await put(supervisor, elder, "care", {"rhythm": "monthly", "at": "09:30"})
    (plan,) = shown["plans"]
    assert (plan["rhythm"], plan["rhythm_now"], plan["at"]) == ("monthly", "monthly", "09:30") and plan["made_by"]
    again = await put(supervisor, elder, "care", {"rhythm": "monthly", "at": "09:30"})
    assert [p["id"] for p in again["plans"]] == [plan["id"]], "the same again changes nothing"
    assert await put(supervisor, elder, "care", {"rhythm": "weekly"}, 409) == "care_plan_changed"
    changed = await put(supervisor, elder, "care", {"rhythm": None, "seen_id": plan["id"]})
    assert changed["plans"][0]["rhythm_now"] == changed["usual_rhythm"] and [p["id"] for p in changed["ended"]] == [plan["id"]]
    ended = await post(supervisor, f"/api/care-plans/{changed['plans'][0]['id']}/end", {"reason": "她不想再接"})
    assert ended["plans"] == [] and ended["ended"][0]["end_reason"] == "她不想再接"
    (stored,) = await house.rows("SELECT end_reason FROM care_plans WHERE ended_at IS NOT NULL ORDER BY ended_at DESC LIMIT 1")
    assert "她不想".encode() not in bytes(stored.end_reason)


async def test_a_plan_that_makes_no_sense(house: House, supervisor: AgentAtWork) -> None:
    elder = await elder_of(house)
    assert await put(supervisor, elder, "medicine", {"times": []}, 422) == "bad_care_plan"
    assert await put(supervisor, elder, "care", {"times": ["08:00"]}, 422) == "bad_care_plan"
    assert await put(supervisor, elder, "medicine", {"times": ["08:00", "08:00"]}, 422) == "bad_care_plan"
    shown = await put(supervisor, elder, "medicine", {"times": ["20:00", "08:00"], "alarm": True})
    assert (shown["plans"][0]["times"], shown["plans"][0]["alarm"]) == (["08:00", "20:00"], True)


async def test_an_agent_sets_a_plan_for_whom_she_may_see(house: House) -> None:
    elder, agent = await elder_of(house), house.visitor("agent1")
    await agent.sign_in()
    assert await put(agent, elder, "care", {"rhythm": "weekly"}, 403) == "no_access"
    await post(agent, f"/api/elders/{elder}/break-glass", {"reason": "女儿来电要求每周问候"})
    assert (await put(agent, elder, "care", {"rhythm": "weekly"}))["plans"][0]["rhythm"] == "weekly"
    today = await agent.get("/api/care/today")
    assert today["due"] == [] and today["fine"] == 0
    assert await post(agent, "/api/campaigns", {"name": "高温", "prompt": "campaign_heat", "chosen": {}}, 403) == "forbidden"


async def test_a_campaign_from_a_draft_to_its_end(house: House, supervisor: AgentAtWork) -> None:
    prompts = {prompt["name"]: prompt["text"] for prompt in await supervisor.get("/api/campaigns/prompts")}
    assert len(prompts) == 5 and "天气很热" in prompts["campaign_heat"]
    form = {"name": "高温提醒", "prompt": "campaign_heat", "chosen": {"risk_from": 2}}
    made = await post(supervisor, "/api/campaigns", form)
    assert made["state"] == "draft" and made["progress"]["all"] == made["progress"]["waiting"] + made["progress"]["refused"] > 0
    path = f"/api/campaigns/{made['id']}"
    assert await post(supervisor, f"{path}/pause", status=409) == "illegal_move"
    assert (await post(supervisor, f"{path}/start"))["state"] == "running"
    assert (await post(supervisor, f"{path}/pause"))["state"] == "paused"
    assert (await post(supervisor, f"{path}/stop"))["state"] == "stopped"
    assert (await post(supervisor, f"{path}/stop"))["state"] == "stopped", "harmless twice"
    assert await post(supervisor, f"{path}/start", status=409) == "illegal_move"
    assert [c["id"] for c in await supervisor.get("/api/campaigns")] == [made["id"]]
    assert await supervisor.get(f"{path}/calls") == {"calls": [], "more": 0}


async def test_whom_a_campaign_may_be_for(house: House, supervisor: AgentAtWork) -> None:
    elder = await elder_of(house)
    form = {"name": "停电", "prompt": "campaign_power_cut"}
    one = await post(supervisor, "/api/campaigns", {**form, "chosen": {"elder_ids": [elder, elder]}})
    assert one["progress"]["all"] == 1
    assert await post(supervisor, "/api/campaigns", {**form, "chosen": {"health_words": ["氦氖激光"]}}, 422) == "nobody_chosen"
    ill = await post(supervisor, "/api/campaigns", {**form, "chosen": {"health_words": ["冠心病"]}})
    assert 0 < ill["progress"]["all"] < 200
    assert len(await house.rows("SELECT 1 FROM audit WHERE verb = 'campaign:looked_into_health'")) == 1, (
        "that of the refused one went with it"
    )
    assert (
        await post(supervisor, "/api/campaigns", {"name": "x", "prompt": "no_such", "chosen": {"elder_ids": [elder]}}, 422)
        == "no_such_prompt"
    )
    elsewhere = house.visitor("supervisor2")
    await elsewhere.sign_in()
    assert await post(elsewhere, "/api/campaigns", {**form, "chosen": {"elder_ids": [elder]}}, 403) == "no_access"
