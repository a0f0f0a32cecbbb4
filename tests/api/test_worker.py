"""What the worker does by the clock: cases past their deadline are brought forward, what only served the moment is swept."""

from __future__ import annotations

import uuid
from datetime import timedelta

from sqlalchemy import text

from callcenter.kit import clock
from callcenter.relay import LOCK
from callcenter.worker import mark_overdue, sweep_old_rows
from tests.house import AgentAtWork, House

TABLES = {
    "outbox": "created_at",
    "call_commands": "created_at",
    "sign_in_failures": "at",
    "idempotency_keys": "created_at",
    "user_sessions": "expires_at",
}


async def change(house: House, statement: str) -> None:
    async with house.owner.transaction() as session:
        await session.execute(text(statement))


async def a_new_case(house: House) -> uuid.UUID:
    """Of a press that is lost: its call has ended, and nobody opened a call-back."""
    house.elder("07103459876").press_sos()
    (call,) = await house.until_rows("SELECT id, case_id FROM calls WHERE state = 'queued'")
    await house.kill_voice()
    await change(house, "UPDATE calls SET state = 'ended'")
    return uuid.UUID(str(call.case_id))


async def state(house: House) -> tuple[str, int]:
    (case,) = await house.rows("SELECT state, version FROM cases")
    return case.state, case.version


async def test_a_case_that_nobody_took_in_time_waits_and_says_so_once(house: House) -> None:
    case_id = await a_new_case(house)
    await mark_overdue(house.database)
    assert (await state(house))[0] == "new"  # there is time yet
    await change(house, "UPDATE cases SET deadline_at = now() - interval '1 second'")
    for _ in range(2):
        await mark_overdue(house.database)
    assert (await state(house))[0] == "waiting"
    entries = await house.rows("SELECT kind FROM case_entries WHERE case_id = :id AND kind = 'overdue'", id=case_id)
    assert len(entries) == 1
    await house.until_rows(
        "SELECT 1 FROM outbox WHERE topic = 'case' AND version = :version AND seq IS NOT NULL", version=(await state(house))[1]
    )


async def test_a_case_with_somebody_on_the_line_is_not_overdue(house: House) -> None:
    await a_new_case(house)
    await change(house, "UPDATE cases SET deadline_at = now() - interval '1 hour'")
    await change(house, "UPDATE calls SET state = 'queued'")
    await mark_overdue(house.database)
    assert (await state(house))[0] == "new"


async def counts(house: House) -> dict[str, int]:
    return {table: (await house.rows(f"SELECT count(*) FROM {table}"))[0][0] for table in TABLES}


async def signed_in_and_busy(house: House) -> AgentAtWork:
    agent = house.visitor("agent1")
    await agent.sign_in()
    await agent.http.post("/api/auth/sign-in", json={"username": "nobody", "password": "wrong"})
    elder = house.elder("07103459876").press_service()
    (call,) = await house.until_rows("SELECT case_id FROM calls WHERE state = 'queued'")
    elder.hangs_up()
    await house.until_rows("SELECT 1 FROM case_tasks")
    answer = await agent.http.post(f"/api/cases/{call.case_id}/notes", json={"text": "x"}, headers={"Idempotency-Key": "k"})
    assert answer.status_code == 200
    await agent.post("/api/presence", {"state": "idle"})
    await house.until_rows("SELECT 1 FROM outbox WHERE seq IS NULL", count=0)
    return agent


async def test_what_is_young_stays(house: House) -> None:
    await signed_in_and_busy(house)
    before = await counts(house)
    assert all(before.values())
    await sweep_old_rows(house.database)
    assert await counts(house) == before


async def test_what_is_old_goes_and_the_memory_of_the_house_stays(house: House) -> None:
    await signed_in_and_busy(house)
    memory = "SELECT (SELECT count(*) FROM cases), (SELECT count(*) FROM case_entries), (SELECT count(*) FROM audit), (SELECT count(*) FROM call_events)"
    before = [tuple(row) for row in await house.rows(memory)]
    clock.shift(timedelta(days=120))
    try:
        await sweep_old_rows(house.database)
    finally:
        clock.reset()
    assert not any((await counts(house)).values())
    assert [tuple(row) for row in await house.rows(memory)] == before


async def test_an_event_that_no_console_has_seen_is_not_swept(house: House) -> None:
    async with house.owner.transaction() as relay_stands_still:
        await relay_stands_still.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        async with house.database.transaction() as session:
            await session.execute(
                text(
                    "INSERT INTO outbox (created_at, topic, object_id, version, payload) VALUES (now() - interval '9 days', 'x', 'x', 0, '{}')"
                )
            )
        await sweep_old_rows(house.database)
    await house.until_rows("SELECT 1 FROM outbox WHERE topic = 'x' AND seq IS NOT NULL")
