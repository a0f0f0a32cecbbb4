"""A bad line sends things twice; they are done once."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.api.routes import fingerprint
from tests.house import AgentAtWork, House

KEY = {"Idempotency-Key": "6f1c4e0e-1111-4a5b-9d3e-000000000001"}


@pytest_asyncio.fixture
async def agent(house: House) -> AgentAtWork:
    person = house.visitor("agent1")
    await person.sign_in()
    return person


async def missed_press(house: House, number: str) -> str:
    """A service press that nobody took; its case."""
    elder = house.elder(number).press_service()
    (call,) = await house.until_rows("SELECT id, case_id FROM calls WHERE state = 'queued'")
    elder.hangs_up()
    await house.until_rows("SELECT 1 FROM case_tasks WHERE case_id = :case_id", case_id=call.case_id)
    return str(call.case_id)


@pytest_asyncio.fixture
async def case_id(house: House, agent: AgentAtWork) -> str:
    """Of a number that nobody knows, so that every agent may write on it."""
    return await missed_press(house, "07103459876")


async def note(agent: AgentAtWork, case_id: str, text: str = "头晕", headers: dict[str, str] = KEY) -> httpx.Response:
    return await agent.http.post(f"/api/cases/{case_id}/notes", json={"text": text}, headers=headers)


async def entries(house: House, kind: str = "note") -> int:
    return len(await house.rows("SELECT 1 FROM case_entries WHERE kind = :kind", kind=kind))


async def test_a_note_sent_twice_stands_once(house: House, agent: AgentAtWork, case_id: str) -> None:
    first, second = await note(agent, case_id), await note(agent, case_id)
    assert first.status_code == second.status_code == 200 and first.json() == second.json()
    assert await entries(house) == 1
    assert len(await house.rows("SELECT 1 FROM audit WHERE verb = 'case:note'")) == 1


async def test_without_a_key_twice_is_twice(house: House, agent: AgentAtWork, case_id: str) -> None:
    await note(agent, case_id, headers={})
    await note(agent, case_id, headers={})
    assert await entries(house) == 2


async def test_twins_at_the_same_moment_are_one(house: House, agent: AgentAtWork, case_id: str) -> None:
    answers = await asyncio.gather(*[note(agent, case_id) for _ in range(8)])
    assert {a.status_code for a in answers} == {200}
    assert len({a.json()["entries"][0]["id"] for a in answers}) == 1
    assert await entries(house) == 1


@pytest.mark.parametrize("text", ["胸痛", "头晕 "])
async def test_a_key_with_other_words_is_refused_and_nothing_is_lost_in_silence(
    house: House, agent: AgentAtWork, case_id: str, text: str
) -> None:
    await note(agent, case_id)
    answer = await note(agent, case_id, text)
    if text.strip() == "头晕":  # the same note, read alike
        assert answer.status_code == 200
    else:
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "key_used")
    assert await entries(house) == 1


async def test_a_key_for_another_action_is_refused(house: House, agent: AgentAtWork, case_id: str) -> None:
    await note(agent, case_id)
    other = await missed_press(house, "07103458888")
    before = await fingerprint(house.owner)
    for path, body in ((f"/api/cases/{other}/notes", {"text": "头晕"}), (f"/api/cases/{case_id}/close", {"outcome": "helped", "note": ""})):
        answer = await agent.http.post(path, json=body, headers=KEY)
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "key_used")
    assert await fingerprint(house.owner) == before


async def test_a_key_belongs_to_its_user(house: House, agent: AgentAtWork, case_id: str) -> None:
    other = house.visitor("agent2")
    await other.sign_in()
    await note(agent, case_id, "我写的")
    answer = await note(other, case_id, "她写的")
    assert answer.status_code == 200
    rows = await house.rows("SELECT text, actor_id FROM case_entries WHERE kind = 'note' ORDER BY at")
    assert [(row.text, str(row.actor_id)) for row in rows] == [("我写的", agent.id), ("她写的", other.id)]
    assert (await note(agent, case_id, "我写的")).status_code == (await note(other, case_id, "她写的")).status_code == 200
    assert await entries(house) == 2


async def test_what_failed_may_be_tried_again_under_its_key(house: House, agent: AgentAtWork, case_id: str) -> None:
    async def close(body: dict[str, Any]) -> httpx.Response:
        return await agent.http.post(f"/api/cases/{case_id}/close", json=body, headers=KEY)

    assert (await close({"outcome": "no such outcome", "note": ""})).status_code == 422
    assert await house.rows("SELECT 1 FROM idempotency_keys") == []
    assert (await close({"outcome": "wrong_number", "note": ""})).status_code == 200


async def test_a_case_closed_twice_has_one_outcome(house: House, agent: AgentAtWork, case_id: str) -> None:
    for _ in range(2):
        answer = await agent.http.post(f"/api/cases/{case_id}/close", json={"outcome": "wrong_number", "note": "打错"}, headers=KEY)
        assert answer.status_code == 200
    assert await entries(house, "outcome") == 1


async def test_a_wrap_up_sent_twice_has_one_outcome(house: House) -> None:
    agent = await house.agent("agent1")
    house.elder("07103456789").press_sos()
    call = await agent.picks_up()
    await agent.post(f"/api/calls/{call['id']}/hang-up")
    await agent.is_("wrap_up")
    body = {"outcome": "helped", "note": "坐下就好了"}
    answers = [await agent.http.post(f"/api/calls/{call['id']}/wrap-up", json=body, headers=KEY) for _ in range(2)]
    assert [answer.json() for answer in answers] == [{"outcome": "done", "reason": ""}] * 2
    await agent.is_("idle")
    assert await entries(house, "outcome") == 1


async def test_a_key_keeps_no_words(house: House, agent: AgentAtWork, case_id: str) -> None:
    await note(agent, case_id, "胸痛,已叫120")
    (row,) = await house.rows("SELECT k::text AS all FROM idempotency_keys k")
    assert "胸痛" not in row.all
