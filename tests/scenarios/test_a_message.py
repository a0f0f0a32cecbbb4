"""A caller left a message with the PBX: who may hear it."""

from __future__ import annotations

from typing import Any

import pytest_asyncio
from sqlalchemy import text

from callcenter.kit.crypto import encrypt
from tests.house import AgentAtWork, House

SAID = b"RIFF her voice"


@pytest_asyncio.fixture
async def task(house: House) -> Any:
    """The call-back of a press that nobody took, with its message."""
    elder = house.elder("07103456789").press_service()
    await house.until_rows("SELECT 1 FROM calls WHERE state = 'queued'")
    elder.hangs_up()
    (found,) = await house.until_rows("SELECT id, case_id, elder_id FROM case_tasks")
    house.settings.recordings.mkdir()
    (house.settings.recordings / "m1").write_bytes(encrypt(SAID, "recording"))
    await change(house, "UPDATE case_tasks SET recording = 'm1'")
    return found


async def change(house: House, statement: str, **parameters: Any) -> None:
    async with house.owner.transaction() as session:
        await session.execute(text(statement), parameters)


async def somebody(house: House, username: str) -> AgentAtWork:
    person = house.visitor(username)
    await person.sign_in()
    return person


async def hears(person: AgentAtWork, task: Any) -> bool:
    answer = await person.http.get(f"/api/tasks/{task.id}/recording")
    if answer.status_code == 200:
        assert answer.content == SAID
        return True
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "no_access")
    return False


async def written_down(house: House) -> list[tuple[str, str]]:
    rows = await house.rows("SELECT verb, actor_name FROM audit WHERE verb LIKE 'recording:%' ORDER BY id")
    return [(row.verb, row.actor_name) for row in rows]


async def test_while_it_waits_for_whoever_takes_it_anybody_may_hear_it(house: House, task: Any) -> None:
    assert await hears(await somebody(house, "agent1"), task) and await hears(await somebody(house, "agent2"), task)
    assert await written_down(house) == [("recording:heard", "陈静"), ("recording:heard", "刘洋")]


async def test_a_case_with_an_owner_is_its_owners(house: House, task: Any) -> None:
    owner, other, supervisor = [await somebody(house, name) for name in ("agent1", "agent2", "supervisor1")]
    await change(house, "UPDATE cases SET state = 'owned', owner_id = :id", id=owner.id)
    assert [await hears(person, task) for person in (owner, other, supervisor)] == [True, False, True]
    assert await written_down(house) == [("recording:heard", "陈静"), ("recording:refused", "刘洋"), ("recording:heard", "黄志强")]
    await other.post(f"/api/elders/{task.elder_id}/break-glass", {"reason": "女儿来电询问"})
    assert await hears(other, task)


async def test_who_has_taken_the_call_back_hears_it_and_others_no_more(house: House, task: Any) -> None:
    taker, other = await somebody(house, "agent1"), await somebody(house, "agent2")
    await change(house, "UPDATE case_tasks SET state = 'doing', owner_id = :id", id=taker.id)
    assert [await hears(taker, task), await hears(other, task)] == [True, False]


async def test_when_all_is_done_it_is_not_for_everybody_again(house: House, task: Any) -> None:
    agent = await somebody(house, "agent2")
    await change(house, "UPDATE case_tasks SET state = 'done', done_at = now()")
    assert not await hears(agent, task)
