"""What an admin changes while the house runs: the next call goes by it."""

from __future__ import annotations

import asyncio
from datetime import datetime

from tests.house import SHORT, AgentAtWork, House, until


async def admin_of(house: House) -> AgentAtWork:
    admin = house.visitor("admin1")
    await admin.sign_in()
    return admin


async def test_the_wrap_up_that_was_set_is_that_of_the_next_call(house: House) -> None:
    agent, admin = await house.agent("agent1"), await admin_of(house)
    elder = house.elder("07103456789").press_sos()
    await agent.picks_up()
    await admin.post("/api/settings/wrap_up", {"value": 5, "reason": "演练"})
    await until(lambda: house.engine and house.engine.core.timings.wrap_up == 5, why="voice follows")
    elder.hangs_up()
    view = await agent.is_("wrap_up")
    # and not the minute that the house was started with
    assert (datetime.fromisoformat(view["wrap_up_until"]) - datetime.fromisoformat(view["since"])).total_seconds() < 5.1
    await agent.is_("idle")  # by itself


async def test_a_service_call_rings_as_long_as_was_set_and_goes_back_to_the_default(house: House) -> None:
    first, admin = await house.agent("agent1"), await admin_of(house)
    changed = await admin.post("/api/settings/service_ring", {"value": 30, "reason": "演练"})
    await until(lambda: house.engine and house.engine.core.timings.service_ring == 30, why="voice follows")
    elder = house.elder("07103456789").press_service()
    await first.rings()
    await asyncio.sleep(SHORT.service_ring + 0.5)  # what the house was started with
    assert first.is_rung()
    (leg,) = await house.rows("SELECT extract(epoch FROM deadline_at - started_at)::int AS seconds FROM call_legs")
    assert leg.seconds == 30
    elder.hangs_up()
    await admin.post("/api/settings/service_ring", {"value": None, "reason": "恢复", "seen": changed["seen"]})
    await until(lambda: house.engine and house.engine.core.timings.service_ring == SHORT.service_ring, why="the default counts again")


async def test_voice_that_starts_later_knows_what_was_set(house: House) -> None:
    admin = await admin_of(house)
    await admin.post("/api/settings/wrap_up", {"value": 75, "reason": "重启前"})
    await house.voice_anew()
    assert house.engine and house.engine.core.timings.wrap_up == 75


async def test_an_abandoned_press_is_called_back_within_what_was_set(house: House) -> None:
    admin = await admin_of(house)
    await admin.post("/api/settings/call_back_sos", {"value": 240, "reason": "演练"})
    await until(lambda: house.engine and house.engine.core.timings.call_back_sos == 240, why="voice follows")
    elder = house.elder("07103456789").press_sos()
    await house.until_rows("SELECT 1 FROM calls WHERE state = 'queued'")
    elder.hangs_up()
    (task,) = await house.until_rows("SELECT extract(epoch FROM due_at - created_at)::int AS seconds FROM case_tasks")
    assert task.seconds == 240


async def test_a_service_call_rings_who_speaks_her_dialect(house: House) -> None:
    longest, speaker = await house.agent("agent4"), await house.agent("agent3")  # 周建国 speaks none, 张敏 speaks 襄阳话
    elder = house.elder("07103456789").press_service()  # 王桂兰 speaks 襄阳话
    await speaker.rings()
    assert not longest.is_rung()
    elder.hangs_up()
