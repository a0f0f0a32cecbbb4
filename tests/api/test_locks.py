"""Two people on one case at one moment: each waits for the other in the same order, so nobody waits for ever."""

from __future__ import annotations

import asyncio
import uuid

from callcenter.accounts.actor import system
from callcenter.cases.actions import finish_tasks_of, lock_case, take_task
from tests.house import House


async def missed_press(house: House) -> tuple[uuid.UUID, uuid.UUID]:
    """Its case and its call-back."""
    elder = house.elder("07103456789").press_service()
    await house.until_rows("SELECT 1 FROM calls WHERE state = 'queued'")
    elder.hangs_up()
    (task,) = await house.until_rows("SELECT id, case_id FROM case_tasks")
    return uuid.UUID(str(task.case_id)), uuid.UUID(str(task.id))


async def test_a_call_back_ticked_off_while_she_is_being_answered(house: House) -> None:
    agent = house.visitor("agent1")
    await agent.sign_in()
    case_id, task_id = await missed_press(house)
    async with house.database.transaction() as answering:
        await lock_case(answering, case_id)
        ticking = asyncio.create_task(agent.http.post(f"/api/tasks/{task_id}/done", json={"note": "已联系"}))
        await house.until_rows("SELECT 1 FROM pg_locks WHERE NOT granted")
        await finish_tasks_of(answering, system("voice"), case_id, why="answered")
    answer = await ticking
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "illegal_move")
    (row,) = await house.rows("SELECT data FROM case_entries WHERE kind = 'call_back_done'")
    assert row.data == {"why": "answered"}


async def test_a_call_back_begun_while_she_is_being_answered(house: House) -> None:
    case_id, task_id = await missed_press(house)
    async with house.database.transaction() as answering:
        await lock_case(answering, case_id)
        async with house.database.transaction() as calling, asyncio.timeout(5):
            await take_task(calling, system("voice"), task_id)
        await finish_tasks_of(answering, system("voice"), case_id, why="answered")
    kinds = [row.kind for row in await house.rows("SELECT kind FROM case_entries WHERE kind LIKE 'call_back%' ORDER BY at, id")]
    assert kinds == ["call_back_opened", "call_back_started", "call_back_done"]
