"""A node of the PBX is away, and comes back: what voice has done meanwhile with its calls, and what becomes of it. On simulated nodes, durations short."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest_asyncio

from callcenter.telephony.nodes import Nodes
from tests.house import SHORT, AgentAtWork, House, house_settings, until
from tests.sim_nodes import SimNode

ALONE, UNKNOWN, SOS = "07103456789", "07103459876", "1234900"
DUTY = "+8613800001111"
NODE_LOST = 1.5


@dataclass
class TwoNodes:
    """Agents' telephones are registered at b; elders call at either."""

    house: House
    a: SimNode
    b: SimNode

    async def agent(self, username: str) -> AgentAtWork:
        agent = await self.house.agent(username)
        self.a.registered.add(f"{agent.account}@b")  # what a reaches by its peer
        return agent

    def picks_up_at_a(self, agent: AgentAtWork) -> None:
        self.a.pick_up(f"{agent.account}@b")

    async def until_lost(self) -> None:
        await self.house.until_rows("SELECT 1 FROM calls WHERE end_reason = 'node_lost'")


@pytest_asyncio.fixture
async def two(house_owner_url: str, house_app_url: str, tmp_path: Path) -> AsyncIterator[TwoNodes]:
    timings = SHORT.model_copy(update={"node_lost": NODE_LOST, "guard": 3, "guard_renew": 1.0})
    house = House(house_settings(house_app_url, tmp_path, timings=timings), house_owner_url)
    a, b = SimNode("a", timings), SimNode("b", timings)
    house.sim, house.telephony = b, Nodes("pbx1", {"a": a, "b": b}, lost_after=lambda: NODE_LOST)
    try:
        await house.open()
        yield TwoNodes(house, a, b)
    finally:
        await house.close()
        await a.close()


async def test_cut_off_and_back_in_time_nothing_has_happened(two: TwoNodes) -> None:
    agent = await two.agent("agent1")
    channel = two.a.press(ALONE, SOS)
    await until(lambda: f"{agent.account}@b" in two.a.ringing())
    two.picks_up_at_a(agent)
    await agent.is_("talking")
    two.a.disconnect()
    await asyncio.sleep(NODE_LOST / 3)
    await agent.is_("talking")
    two.a.connect()
    await two.house.until_rows("SELECT 1 FROM call_events WHERE kind = 'taken_up'")
    assert any(heard.startswith("voice:") for heard in two.a.hears(channel))
    call = await agent.sees_call(state="talking")
    await agent.post(f"/api/calls/{call['id']}/hang-up")
    await agent.is_("wrap_up")
    assert channel not in two.a.channels
    assert [row.end_reason for row in await two.house.rows("SELECT end_reason FROM calls")] == ["agent_hung_up"]


async def test_a_conversation_at_a_node_that_is_lost_frees_its_agent_and_is_called_back(two: TwoNodes) -> None:
    agent = await two.agent("agent1")
    channel = two.a.press(ALONE, SOS)
    await until(lambda: f"{agent.account}@b" in two.a.ringing())
    two.picks_up_at_a(agent)
    await agent.is_("talking")
    two.a.disconnect()
    await two.until_lost()
    await agent.is_("wrap_up")
    (task,) = await two.house.rows("SELECT t.reason, t.state, c.state AS call FROM case_tasks t JOIN calls c ON c.case_id = t.case_id")
    assert tuple(task) == ("dropped", "open", "ended")
    assert channel in two.a.channels, "there it goes on, as far as anybody knows"
    two.a.connect()
    await until(
        lambda: two.a.channels.get(channel) is None or two.a.channels[channel].where == "fallback", why="it is given to a's fallback"
    )
    await two.house.until_rows("SELECT 1 FROM calls")


async def test_who_waits_at_a_node_that_is_lost_is_called_back_and_what_its_fallback_did_is_told(two: TwoNodes) -> None:
    """The network is cut: a goes on by itself, and a duty telephone there speaks with her."""
    add = "INSERT INTO duty_telephones (id, position, number, label, active) VALUES (gen_random_uuid(), 1, :number, '值班', true) RETURNING id"
    await two.house.rows(add, number=DUTY)
    await until(lambda: two.a.fallback[1] == [DUTY] and two.b.fallback[1] == [DUTY], why="both know the duty telephone")
    channel = two.a.press(UNKNOWN, SOS)
    await two.house.until_rows("SELECT 1 FROM calls WHERE state = 'queued'")
    two.a.disconnect()
    await two.until_lost()
    (row,) = await two.house.until_rows("SELECT c.state, t.state AS task, t.reason FROM calls c JOIN case_tasks t ON t.case_id = c.case_id")
    assert tuple(row) == ("abandoned", "open", "abandoned")
    await until(lambda: DUTY in two.a.ringing(), why="a's guard has run out")
    two.a.pick_up(DUTY)
    await until(lambda: any(heard.startswith("voice:") for heard in two.a.hears(channel)))
    two.a.hang_up_far(channel)
    two.a.connect()
    await two.house.until_rows("SELECT 1 FROM case_entries WHERE kind = 'fallback_answered'")
    (row,) = await two.house.rows("SELECT c.state, c.end_reason, t.state AS task FROM calls c JOIN case_tasks t ON t.case_id = c.case_id")
    assert tuple(row) == ("ended", "fallback_answered", "done")
    assert len(await two.house.rows("SELECT 1 FROM cases")) == 1


async def test_a_telephone_that_rings_for_a_node_that_is_away_takes_the_next_press(two: TwoNodes) -> None:
    agent = await two.agent("agent1")
    two.a.press(UNKNOWN, SOS)
    await until(lambda: f"{agent.account}@b" in two.a.ringing())
    await agent.is_("ringing")
    two.a.disconnect()
    await until(lambda: two.b.dropped == ["a"])
    elder = two.house.elder(ALONE).press_sos()
    call = await agent.picks_up()
    await elder.talks()
    assert call["agent_id"] == agent.id


async def test_a_press_at_the_node_that_is_there_when_voice_starts_without_the_other(two: TwoNodes) -> None:
    """Also calls of the other, which a voice before has left: over after as long."""
    agent = await two.agent("agent1")
    two.a.press(UNKNOWN, SOS)
    await until(lambda: f"{agent.account}@b" in two.a.ringing())
    two.picks_up_at_a(agent)
    await agent.is_("talking")
    await two.house.kill_voice()
    assert isinstance(two.house.telephony, Nodes)
    for task in two.house.telephony._tasks:  # it reads no more events either
        task.cancel()
    two.a.disconnect()
    two.a.connect, start = (lambda: None), two.a.connect  # type: ignore[method-assign]
    two.house.telephony = Nodes("pbx1", {"a": two.a, "b": two.b}, lost_after=lambda: NODE_LOST)
    await two.house.start_voice()
    await agent.is_("talking")
    colleague = await two.agent("agent2")
    elder = two.house.elder(ALONE).press_sos()
    await colleague.picks_up()
    await elder.talks()
    await agent.is_("wrap_up")
    (row,) = await two.house.rows("SELECT state, end_reason FROM calls WHERE channel_id LIKE 'a-%'")
    assert tuple(row) == ("ended", "node_lost")
    two.a.connect = start  # type: ignore[method-assign]
