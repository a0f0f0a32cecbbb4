"""A console on a bad line loses the answer and asks again with the same Idempotency-Key: whatever it was, it is done once."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text

from tests.house import AgentAtWork, House

KEY = {"Idempotency-Key": "6f1c4e0e-2222-4a5b-9d3e-000000000002"}
OTHER = {"Idempotency-Key": "6f1c4e0e-2222-4a5b-9d3e-000000000003"}


async def post(agent: AgentAtWork, path: str, body: dict[str, Any] | None = None, headers: dict[str, str] = KEY) -> httpx.Response:
    return await agent.http.post(path, json=body or {}, headers=headers)


async def twice(agent: AgentAtWork, path: str, body: dict[str, Any] | None = None) -> list[httpx.Response]:
    """One after the other, and then once more at the same moment as a fourth."""
    return [
        await post(agent, path, body),
        await post(agent, path, body),
        *await asyncio.gather(*[post(agent, path, body) for _ in range(2)]),
    ]


@pytest_asyncio.fixture
async def agent(house: House) -> AgentAtWork:
    return await house.agent("agent1")


@pytest_asyncio.fixture
async def call(house: House, agent: AgentAtWork) -> dict[str, Any]:
    house.elder("07103456789").press_sos()
    return await agent.picks_up()


async def missed(house: House, number: str = "07103456789") -> Any:
    """A press that nobody took; its call-back."""
    elder = house.elder(number).press_service()
    await house.until_rows("SELECT 1 FROM calls WHERE state IN ('queued', 'offered')")
    elder.hangs_up()
    (task,) = await house.until_rows("SELECT id, case_id, elder_id FROM case_tasks WHERE state = 'open'")
    return task


async def test_keys_are_pressed_once(house: House, agent: AgentAtWork, call: dict[str, Any]) -> None:
    answers = await twice(agent, f"/api/calls/{call['id']}/digits", {"digits": "12#"})
    assert [a.json() for a in answers] == [{"outcome": "done", "reason": ""}] * 4
    assert len(await house.rows("SELECT 1 FROM call_commands WHERE kind = 'digits'")) == 1


async def test_a_hold_that_was_taken_back_does_not_come_again(house: House, agent: AgentAtWork, call: dict[str, Any]) -> None:
    await post(agent, f"/api/calls/{call['id']}/hold")
    await agent.sees_call(state="held")
    await post(agent, f"/api/calls/{call['id']}/resume", headers=OTHER)
    await agent.sees_call(state="talking")
    answer = await post(agent, f"/api/calls/{call['id']}/hold")
    assert answer.json() == {"outcome": "done", "reason": ""}
    (row,) = await house.rows("SELECT state FROM calls")
    assert row.state == "talking"
    assert len(await house.rows("SELECT 1 FROM call_events WHERE kind = 'held'")) == 1


async def test_a_hang_up_sent_again_is_the_same_hang_up(house: House, agent: AgentAtWork, call: dict[str, Any]) -> None:
    answers = await twice(agent, f"/api/calls/{call['id']}/hang-up")
    assert [a.json() for a in answers] == [{"outcome": "done", "reason": ""}] * 4  # not "call_over" for the second
    assert len(await house.rows("SELECT 1 FROM call_commands WHERE kind = 'hang_up'")) == 1


async def test_a_call_back_is_one_call(house: House, agent: AgentAtWork) -> None:
    task = await missed(house)
    answers = await twice(agent, f"/api/tasks/{task.id}/call-back")
    assert {a.status_code for a in answers} == {200} and len({a.json()["call_id"] for a in answers}) == 1
    assert len(await house.rows("SELECT 1 FROM calls WHERE kind = 'outbound'")) == 1
    (row,) = await house.rows("SELECT attempts FROM case_tasks")
    assert row.attempts == 1


async def test_a_finished_task_is_finished_once(house: House, agent: AgentAtWork) -> None:
    task = await missed(house)
    answers = await twice(agent, f"/api/tasks/{task.id}/done", {"note": "已联系家属"})
    assert {a.status_code for a in answers} == {200}
    assert len(await house.rows("SELECT 1 FROM case_entries WHERE kind = 'call_back_done'")) == 1


async def test_an_elder_is_attached_once_even_when_another_was_meanwhile(house: House, agent: AgentAtWork) -> None:
    task = await missed(house, "07103459876")  # nobody's number
    one, two = [row.id for row in await house.rows("SELECT id FROM elders ORDER BY id LIMIT 2")]
    path = f"/api/cases/{task.case_id}/elder"
    assert (await post(agent, path, {"elder_id": str(one), "learn_number": False})).status_code == 200
    async with house.owner.transaction() as session:
        await session.execute(text("UPDATE cases SET elder_id = :two, owner_id = :me"), {"two": two, "me": agent.id})
    assert (await post(agent, path, {"elder_id": str(one), "learn_number": False})).status_code == 200
    (row,) = await house.rows("SELECT elder_id FROM cases")
    assert row.elder_id == two
    assert len(await house.rows("SELECT 1 FROM case_entries WHERE kind = 'elder_attached'")) == 1


async def test_glass_breaks_once_and_an_old_key_opens_nothing(house: House, agent: AgentAtWork) -> None:
    (elder,) = await house.rows("SELECT id FROM elders WHERE name = '王桂兰' LIMIT 1")
    path, body = f"/api/elders/{elder.id}/break-glass", {"reason": "女儿来电询问"}
    answers = await twice(agent, path, body)
    assert {a.status_code for a in answers} == {200} and {a.json()["name"] for a in answers} == {"王桂兰"}
    assert len(await house.rows("SELECT 1 FROM access_grants WHERE reason = 'glass'")) == 1
    assert len(await house.rows("SELECT 1 FROM audit WHERE verb = 'elder:glass_broken'")) == 1
    (kept,) = await house.rows("SELECT k::text AS all FROM idempotency_keys k")
    assert "王桂兰" not in kept.all and "女儿" not in kept.all
    async with house.owner.transaction() as session:
        await session.execute(text("UPDATE access_grants SET until = now() - interval '1 minute'"))
    late = await post(agent, path, body)
    assert (late.status_code, late.json()["error"]["code"]) == (403, "no_access")


@pytest.mark.parametrize("path,body", [("digits", {"digits": "2"}), ("hold", {})])
async def test_a_key_of_another_command_is_refused_and_nothing_is_commanded(
    house: House, agent: AgentAtWork, call: dict[str, Any], path: str, body: dict[str, Any]
) -> None:
    await post(agent, f"/api/calls/{call['id']}/digits", {"digits": "1"})
    answer = await post(agent, f"/api/calls/{call['id']}/{path}", body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "key_used")
    assert len(await house.rows("SELECT 1 FROM call_commands WHERE kind IN ('digits', 'hold')")) == 1


async def test_what_voice_could_not_do_is_told_again_not_tried_again(house: House, agent: AgentAtWork, call: dict[str, Any]) -> None:
    await house.stop_voice()
    first = await post(agent, f"/api/calls/{call['id']}/hold")
    assert first.json() == {"outcome": "not_done", "reason": "no_answer"}
    await house.start_voice()
    again = await post(agent, f"/api/calls/{call['id']}/hold")
    assert again.json()["outcome"] == "not_done"
    assert len(await house.rows("SELECT 1 FROM call_commands WHERE kind = 'hold'")) == 1


async def test_a_wrap_up_before_the_end_is_refused_and_nothing_is_resolved(house: House, agent: AgentAtWork, call: dict[str, Any]) -> None:
    body = {"outcome": "helped", "note": "还在说"}
    for change in ("hold", "resume", ""):
        answer = await post(agent, f"/api/calls/{call['id']}/wrap-up", body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "still_talking")
        if change:
            await agent.post(f"/api/calls/{call['id']}/{change}")
            await agent.sees_call(state={"hold": "held", "resume": "talking"}[change])
    house.sim.unregister(agent.account)  # her browser goes; the elder stays and waits for it
    await house.until_rows("SELECT 1 FROM calls WHERE return_until IS NOT NULL")
    answer = await post(agent, f"/api/calls/{call['id']}/wrap-up", body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "still_talking")
    (case,) = await house.rows("SELECT state, outcome FROM cases")
    assert (case.state, case.outcome) == ("owned", "")


async def test_after_the_end_the_wrap_up_is_taken(house: House, agent: AgentAtWork, call: dict[str, Any]) -> None:
    await agent.post(f"/api/calls/{call['id']}/hang-up")
    await agent.is_("wrap_up")
    assert (await post(agent, f"/api/calls/{call['id']}/wrap-up", {"outcome": "helped", "note": ""})).status_code == 200
    (case,) = await house.rows("SELECT state, outcome FROM cases")
    assert (case.state, case.outcome) == ("resolved", "helped")
