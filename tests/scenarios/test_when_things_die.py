"""Voice killed at every stage, the PBX's connection lost, the database away: no press is lost, nobody is left busy."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from sqlalchemy import text

from callcenter.calls.engine.presses import AT_ONCE
from callcenter.kit.lease import Lease
from callcenter.telephony.port import ClaimRefused
from tests.house import PATIENCE, SHORT, House, house_settings, open_house, until

ALONE, UNKNOWN = "07103456789", "07103459876"
DUTY = "+8613800001111"


async def add_duty_telephone(house: House) -> None:
    await house.rows(
        "INSERT INTO duty_telephones (id, position, number, label, active) VALUES (gen_random_uuid(), 1, :number, '值班', true) RETURNING id",
        number=DUTY,
    )


async def test_killed_under_a_live_call_it_is_taken_up_again(house: House) -> None:
    agent = await house.agent("agent1")
    elder = house.elder(ALONE).press_sos()
    call = await agent.picks_up()
    await elder.talks()
    await house.kill_voice()
    await elder.talks()  # nobody is there, the sound goes on
    await house.start_voice()
    await elder.talks()
    await house.until_rows("SELECT 1 FROM call_events WHERE kind = 'taken_up'")
    await agent.is_("talking", call_id=call["id"])
    await agent.post(f"/api/calls/{call['id']}/hang-up")
    await agent.is_("wrap_up")
    (row,) = await house.rows("SELECT state, end_reason FROM calls")
    assert (row.state, row.end_reason) == ("ended", "agent_hung_up")


async def test_killed_while_it_rings_the_press_is_taken_up(house: House) -> None:
    await house.voice_anew(guard=60)  # however long this machine takes to start voice again: the dialplan's turn is the next test
    agent = await house.agent("agent1")
    elder = house.elder(ALONE).press_sos()
    await agent.rings()
    await house.kill_voice()
    await house.start_voice()
    await agent.picks_up()
    await elder.talks()
    assert len(await house.rows("SELECT 1 FROM calls")) == 1
    assert len(await house.rows("SELECT 1 FROM cases")) == 1


async def test_killed_while_the_agent_picks_up_they_are_joined(house: House) -> None:
    await house.voice_anew(guard=60)  # however long this machine takes to start voice again: the dialplan's turn is the next test
    agent = await house.agent("agent1")
    elder = house.elder(ALONE).press_sos()
    await agent.rings()
    await house.kill_voice()
    house.sim.pick_up(agent.account)  # nobody of ours heard it
    await house.start_voice()
    await elder.talks()
    await agent.is_("talking")


async def test_dead_for_longer_than_the_guard_the_dialplan_carries_it_and_a_case_comes_after(house: House) -> None:
    await add_duty_telephone(house)
    await until(lambda: house.sim.fallback == ([], [DUTY]), why="the PBX knows the duty telephone")
    elder = house.elder(ALONE).press_sos()
    await house.until_rows("SELECT 1 FROM calls WHERE state = 'queued'")
    await house.kill_voice()
    await until(lambda: DUTY in house.sim.ringing(), why="the guard runs out and the dialplan rings the duty telephone")
    house.sim.pick_up(DUTY)
    await elder.talks()
    await house.start_voice()
    elder.hangs_up()
    await house.until_rows("SELECT 1 FROM calls WHERE state = 'ended' AND end_reason = 'fallback_answered'")
    (case,) = await house.rows("SELECT state FROM cases")
    assert case.state == "waiting"  # somebody spoke with her, an agent still has to close it


async def test_the_dialplan_rings_agents_when_no_voice_is_there(house: House) -> None:
    agent = await house.agent("agent1")
    await until(lambda: house.sim.fallback[0] == [agent.account], why="the PBX knows the agent's telephone")
    await house.kill_voice()
    elder = house.elder(UNKNOWN).press_sos()
    await until(lambda: agent.is_rung(), why="the dialplan rings the agent's telephone")
    house.sim.pick_up(agent.account)
    await elder.talks()
    elder.hangs_up()
    await house.start_voice()
    await house.until_rows("SELECT 1 FROM calls WHERE state = 'ended' AND end_reason = 'fallback_answered'")
    (case,) = await house.rows("SELECT state, owner_id FROM cases")
    assert (case.state, str(case.owner_id)) == ("owned", agent.id)


async def test_presses_while_voice_is_away_become_cases_with_one_call_back(house: House) -> None:
    await house.stop_voice()
    elder = house.elder(UNKNOWN).press_sos()
    await asyncio.sleep(0.8)
    elder.hangs_up()
    again = house.elder(UNKNOWN).press_sos()
    await asyncio.sleep(0.8)
    again.hangs_up()
    await house.start_voice()
    await house.until_rows("SELECT 1 FROM calls WHERE state = 'abandoned'", count=2)
    (task,) = await house.until_rows("SELECT number, state, reason FROM case_tasks")
    assert (task.number, task.state) == ("+867103459876", "open")
    assert len(await house.rows("SELECT 1 FROM cases")) == 1


async def test_the_record_is_read_twice_without_a_second_case(house: House) -> None:
    await house.stop_voice()
    elder = house.elder(ALONE).press_service()
    await asyncio.sleep(0.8)
    elder.hangs_up()
    for _ in range(2):
        await house.start_voice()
        await house.until_rows("SELECT 1 FROM calls WHERE state = 'abandoned'")
        await house.rows("DELETE FROM carrier_marks RETURNING 1")
        await house.stop_voice()
    assert len(await house.rows("SELECT 1 FROM calls")) == 1
    assert len(await house.rows("SELECT 1 FROM case_entries WHERE kind = 'call_back_opened'")) == 1


async def test_a_lost_lease_writes_nothing_and_leaves_the_calls(house: House) -> None:
    agent = await house.agent("agent1")
    elder = house.elder(ALONE).press_sos()
    await agent.picks_up()
    assert house.engine and house._engine_task
    await house.rows("UPDATE leases SET holder = 'another', epoch = epoch + 1, until = now() + interval '2 s' RETURNING 1")
    assert await asyncio.wait_for(house._engine_task, 10) is False
    await elder.talks()
    house.engine = None
    other = Lease(house.database, f"voice:{house.settings.pbx_name}", ttl=2)
    assert await other.try_acquire() is False
    await house.start_voice()
    await agent.is_("talking")


async def test_the_pbx_connection_breaks_and_comes_back(house: House) -> None:
    agent = await house.agent("agent1")
    elder = house.elder(ALONE).press_sos()
    await agent.picks_up()
    house.sim.disconnect()
    await asyncio.sleep(0.3)
    house.sim.connect()
    await house.until_rows("SELECT 1 FROM call_events WHERE kind = 'taken_up'")
    await elder.talks()
    elder.hangs_up()
    await agent.is_("wrap_up")


async def test_the_database_is_away_waiting_callers_go_to_the_fallback_and_talks_go_on(house: House) -> None:
    agent = await house.agent("agent1")
    talker = house.elder(ALONE).press_sos()
    await agent.picks_up()
    waiter = house.elder(UNKNOWN).press_sos()
    await agent.sees_call(state="queued")
    assert house.engine
    away = asyncio.Event()

    async def refuse(batch: object) -> None:
        away.set()
        raise ConnectionError("the database is away")

    real, house.engine.core.journal._commit = house.engine.core.journal._commit, refuse  # type: ignore[method-assign]
    await until(lambda: house.sim.channels[waiter.channel].where == "fallback", why="released to the fallback")
    assert away.is_set()
    await talker.talks()
    house.engine.core.journal._commit = real  # type: ignore[method-assign]
    await house.until_rows("SELECT 1 FROM call_events WHERE kind = 'released'")
    talker.hangs_up()
    await agent.is_("wrap_up")


@pytest_asyncio.fixture
async def hasty(house_owner_url: str, house_app_url: str, tmp_path: Path) -> AsyncIterator[House]:
    """A house whose PBX waits for a claim no longer than in earnest."""
    timings = SHORT.model_copy(update={"claim": 0.3})
    async with open_house(house_settings(house_app_url, tmp_path, timings=timings), house_owner_url) as opened:
        yield opened


async def test_a_press_that_commits_late_is_the_dialplans(hasty: House) -> None:
    """No commit within Timings.claim: no claim; the row that comes late is finished from the PBX's record."""
    house = hasty
    agent = await house.agent("agent1")
    await until(lambda: house.sim.fallback[0] == [agent.account], why="the PBX knows the agent's telephone")
    async with house.owner.transaction() as session:
        await session.execute(text("LOCK TABLE cases IN ACCESS EXCLUSIVE MODE"))
        elder = house.elder(UNKNOWN).press_sos()
        await until(agent.is_rung, why="the dialplan rings the agent's telephone")
        assert house.sim.channels[elder.channel].where == "fallback"
        house.sim.pick_up(agent.account)
        await asyncio.sleep(1.0)  # past Timings.claim: the commit comes only now
    await house.until_rows("SELECT 1 FROM call_events WHERE kind = 'with_dialplan' AND data ->> 'why' = 'commit_late'")
    await elder.talks()
    elder.hangs_up()
    await house.until_rows("SELECT 1 FROM calls WHERE state = 'ended' AND end_reason = 'fallback_answered'")
    assert len(await house.rows("SELECT 1 FROM calls")) == 1
    await agent.is_("idle")


async def test_presses_that_hang_hold_up_no_other(house_owner_url: str, house_app_url: str, tmp_path: Path) -> None:
    """As many as are stored at once wait for somebody's lock: late, they give their turns up, the next one is in time, and all are written in the end."""
    timings = SHORT.model_copy(update={"claim": 2.0})
    async with open_house(house_settings(house_app_url, tmp_path, timings=timings), house_owner_url) as house:
        agent = await house.agent("agent1")
        known = await house.rows(
            "SELECT min(elder_id::text) AS id, e164 FROM elder_numbers GROUP BY e164 HAVING count(*) = 1 AND e164 LIKE '+86710%' ORDER BY e164 LIMIT :n",
            n=AT_ONCE + 1,
        )
        await until(lambda: house.sim.fallback[0] == [agent.account], why="the PBX knows the agent's telephone")
        async with house.owner.transaction() as session:
            await session.execute(
                text("SELECT 1 FROM elders WHERE id = ANY(CAST(:ids AS uuid[])) FOR UPDATE"), {"ids": [row.id for row in known]}
            )
            hanging = [house.elder("0" + row.e164.removeprefix("+86")).press_sos() for row in known]
            await until(lambda: all(house.sim.channels[one.channel].where == "fallback" for one in hanging), why="the dialplan has them")
            other = house.elder(UNKNOWN).press_service()
            await until(lambda: house.sim.channels[other.channel].where == "ours", why="in time, although others hang")
        for one in hanging:
            one.hangs_up()
        await house.until_rows(
            "SELECT 1 FROM call_events WHERE kind = 'with_dialplan' AND data ->> 'why' = 'commit_late'", count=len(hanging)
        )
        await house.until_rows("SELECT 1 FROM cases", count=len(hanging) + 1)


async def test_who_picks_up_before_the_claim_is_through_is_joined_and_nobody_else_waits(house: House) -> None:
    """Telephones ring beside the claim."""
    await house.voice_anew(claim=PATIENCE)
    first, second = await house.agent("agent1"), await house.agent("agent2")
    claim, through, held = house.sim.claim, asyncio.Event(), list[str]()

    async def slowly(channel_id: str) -> None:
        if not held:
            held.append(channel_id)
            await through.wait()
        await claim(channel_id)

    house.sim.claim = slowly  # type: ignore[method-assign]
    elder = house.elder(ALONE).press_service()
    await until(lambda: first.is_rung() or second.is_rung(), why="rung before the claim")
    rung, free = (first, second) if first.is_rung() else (second, first)
    house.sim.pick_up(rung.account)
    other = house.elder(UNKNOWN).press_service()
    await free.picks_up()
    await other.talks()
    assert held == [elder.channel] and rung.is_rung() is False
    through.set()
    await elder.talks()
    await rung.is_("talking")


async def test_a_claim_that_is_refused_stops_the_telephones_that_ring_for_it(house: House) -> None:
    await house.voice_anew(claim=PATIENCE)
    agent = await house.agent("agent1")
    rung = asyncio.Event()

    async def refused(channel_id: str) -> None:
        await rung.wait()
        raise ClaimRefused(channel_id)

    claim, house.sim.claim = house.sim.claim, refused  # type: ignore[method-assign]
    elder = house.elder(ALONE).press_sos()
    await agent.rings()
    rung.set()
    await house.until_rows("SELECT 1 FROM call_events WHERE kind = 'with_dialplan' AND data ->> 'why' = 'claim_refused'")
    await until(lambda: not any(name.startswith("leg-") for name in house.sim.channels), why="her telephone stops")
    await agent.is_("idle")
    house.sim.claim = claim  # type: ignore[method-assign]
    elder.hangs_up()
    await house.until_rows("SELECT 1 FROM case_tasks WHERE kind = 'call_back' AND state = 'open'")
    assert len(await house.rows("SELECT 1 FROM calls")) == 1


async def test_hung_up_while_it_was_claimed_and_the_record_was_read_just_then(house: House) -> None:
    """Its end stands in the record before voice knows that the claim is refused: read at that moment, it must be read once more."""
    await house.voice_anew(claim=PATIENCE)  # however long this machine takes to commit: a late commit is another test's
    assert house.engine
    engine, claim = house.engine, house.sim.claim
    read = asyncio.Event()

    async def slowly(channel_id: str) -> None:
        house.sim.hang_up_far(channel_id)
        await engine.recovery.sweep()
        read.set()
        await claim(channel_id)

    house.sim.claim = slowly  # type: ignore[method-assign]
    house.elder(ALONE).press_sos()
    await asyncio.wait_for(read.wait(), PATIENCE)
    await house.until_rows("SELECT 1 FROM calls WHERE state = 'abandoned' AND end_reason = 'missed_by_fallback'")
    await house.until_rows("SELECT 1 FROM case_tasks WHERE state = 'open'")


async def test_the_api_is_away_and_registered_telephones_are_rung(house: House) -> None:
    """No console is alive anywhere: then it is the api that is gone, not the people."""
    agent = await house.agent("agent1")
    await agent.close_console()
    await asyncio.sleep(house.settings.timings.console_gone + 1.2)
    assert house.sim.fallback[0] == [agent.account]  # the PBX alone would ring it too
    elder = house.elder(ALONE).press_sos()
    await agent.rings()
    house.sim.pick_up(agent.account)
    await elder.talks()


async def test_the_console_is_gone_while_others_are_alive_so_its_telephone_is_not_rung(house: House) -> None:
    gone, there = await house.agent("agent1"), await house.agent("agent2")
    await gone.close_console()
    await until(lambda: house.sim.fallback[0] == [there.account], why="agent1 leaves the fallback's list")
    house.elder(ALONE).press_sos()
    await there.rings()
    assert not gone.is_rung()


async def test_who_signed_out_has_no_telephone_any_more(house: House) -> None:
    agent = await house.agent("agent1")
    await agent.post("/api/auth/sign-out", status=204)
    await until(lambda: agent.account not in house.sim.accounts, why="the account is dropped on the PBX")
    assert not await house.rows("SELECT 1 FROM sip_accounts")


async def test_a_command_that_is_cut_off_before_it_began_is_put_away(house: House) -> None:
    """Else Python says, in whatever runs next, that nobody ever awaited it."""
    assert house.engine
    core, command = house.engine.core, house.sim.ring_in("nobody")
    before = set(core._tasks)
    core.send(command)
    (task,) = core._tasks - before
    task.cancel()
    await asyncio.wait([task])
    assert inspect.getcoroutinestate(command) == inspect.CORO_CLOSED
