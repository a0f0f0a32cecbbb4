"""A supervisor listens, whispers to the agent, barges in, and leaves without disturbing anybody."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.house import AgentAtWork, House, until

ALONE = "07103456789"


async def talk(house: House, agent: AgentAtWork) -> tuple[Any, dict[str, Any]]:
    elder = house.elder(ALONE).press_service()
    await agent.picks_up()
    call = await agent.sees_call(state="talking", recording=True)
    return elder, call


async def listens(house: House, supervisor: AgentAtWork, call: dict[str, Any], mode: str = "listen") -> str:
    """Rung, picked up, on the call. The channel of her telephone."""
    answer = await supervisor.post(f"/api/calls/{call['id']}/listen", {"mode": mode})
    assert answer == {"outcome": "done", "reason": ""}
    await supervisor.rings()
    channel = house.sim.pick_up(supervisor.account)
    await supervisor.is_("talking")
    return channel


def heard_by(house: House, channel: str) -> set[str]:
    return {sound.removeprefix("voice:") for sound in house.sim.hears(channel) if sound.startswith("voice:")}


def leg_of(house: House, account: str) -> str:
    return house.sim._leg_of(account).id


async def mode_of(supervisor: AgentAtWork, call: dict[str, Any], mode: str) -> None:
    assert (await supervisor.post(f"/api/calls/{call['id']}/listen/mode", {"mode": mode}))["outcome"] == "done"


def mode_shown(agent: AgentAtWork, call: dict[str, Any]) -> list[str]:
    return [p["mode"] for p in agent.console.calls[call["id"]]["parties"] if p["role"] == "supervisor" and p["state"] != "ended"]


async def told(house: House) -> list[tuple[str, str]]:
    rows = await house.rows("SELECT kind, data ->> 'mode' AS mode FROM case_entries WHERE kind LIKE 'supervisor%' ORDER BY at")
    return [(row.kind, row.mode) for row in rows]


async def test_she_listens_whispers_and_barges_in(house: House) -> None:
    agent, supervisor = await house.agent("agent1"), await house.agent("supervisor1")
    elder, call = await talk(house, agent)
    hers = await listens(house, supervisor, call)
    ours = leg_of(house, agent.account)
    await until(lambda: heard_by(house, hers), why="she hears the line")
    assert heard_by(house, elder.channel) == {ours} and heard_by(house, ours) == {elder.channel}
    await until(lambda: mode_shown(agent, call) == ["listen"], why="the agent sees it")

    await mode_of(supervisor, call, "whisper")
    await until(lambda: hers in heard_by(house, ours), why="the agent hears her")
    assert heard_by(house, elder.channel) == {ours}
    await until(lambda: mode_shown(agent, call) == ["whisper"])
    assert sum(c.kind == "listen" for c in house.sim.channels.values()) == 1  # the old ear is gone

    await mode_of(supervisor, call, "barge")
    await until(lambda: heard_by(house, elder.channel) == {ours, hers}, why="everybody hears her")
    assert not [c for c in house.sim.channels.values() if c.kind == "listen"]
    await mode_of(supervisor, call, "listen")
    await until(lambda: heard_by(house, elder.channel) == {ours})

    assert (await supervisor.post(f"/api/calls/{call['id']}/listen/stop"))["outcome"] == "done"
    await supervisor.is_("idle")
    assert (await agent.sees_call(state="talking"))["id"] == call["id"]
    assert heard_by(house, elder.channel) == {ours}
    await until(lambda: not [b for b in house.sim.bridges if b.startswith("supervise-")], why="her bridge is gone")
    listened = [("supervisor_listens", mode) for mode in ("listen", "whisper", "barge", "listen")]
    await house.until_rows("SELECT 1 FROM case_entries WHERE kind = 'supervisor_left'")
    assert await told(house) == [*listened, ("supervisor_left", "listen")]
    verbs = await house.rows("SELECT verb, actor_name FROM audit WHERE verb LIKE 'call:%' ORDER BY id")
    assert [v.verb for v in verbs] == ["call:listen", "call:whisper", "call:barge", "call:listen", "call:listened"]
    assert {v.actor_name for v in verbs} == {"黄志强"}


async def test_the_end_of_the_call_is_hers_and_she_has_no_wrap_up(house: House) -> None:
    agent, supervisor = await house.agent("agent1"), await house.agent("supervisor1")
    elder, call = await talk(house, agent)
    hers = await listens(house, supervisor, call, "whisper")
    elder.hangs_up()
    await until(lambda: hers not in house.sim.channels, why="her line is cleared")
    await supervisor.is_("idle")
    await agent.is_("wrap_up")
    await until(lambda: not [c for c in house.sim.channels.values() if c.kind == "listen"])
    await until(lambda: not [b for b in house.sim.bridges if b.startswith("supervise-")])
    await house.until_rows("SELECT 1 FROM case_entries WHERE kind = 'supervisor_left'")
    assert call["id"]


@pytest.mark.parametrize("mode", ["listen", "barge"])
async def test_she_hangs_up_and_nobody_else_notices(house: House, mode: str) -> None:
    agent, supervisor = await house.agent("agent1"), await house.agent("supervisor1")
    elder, _ = await talk(house, agent)
    await listens(house, supervisor, _, mode)
    house.sim.hang_up_far(supervisor.account)
    await supervisor.is_("idle")
    assert heard_by(house, elder.channel) == {leg_of(house, agent.account)}
    await agent.sees_call(state="talking")


@pytest.mark.parametrize("mode", ["whisper", "barge"])
async def test_voice_killed_meanwhile_she_listens_on(house: House, mode: str) -> None:
    agent, supervisor = await house.agent("agent1"), await house.agent("supervisor1")
    elder, call = await talk(house, agent)
    hers = await listens(house, supervisor, call, mode)
    ours = leg_of(house, agent.account)
    await until(lambda: hers in heard_by(house, ours))
    await house.kill_voice()
    await house.start_voice()
    await supervisor.is_("talking")
    assert hers in heard_by(house, ours)
    assert (hers in heard_by(house, elder.channel)) == (mode == "barge")
    await mode_of(supervisor, call, "listen")
    await until(lambda: heard_by(house, elder.channel) == {ours})
    await supervisor.post(f"/api/calls/{call['id']}/listen/stop")
    await supervisor.is_("idle")
    await elder.talks()


async def test_she_hangs_up_while_voice_is_dead(house: House) -> None:
    agent, supervisor = await house.agent("agent1"), await house.agent("supervisor1")
    elder, call = await talk(house, agent)
    await listens(house, supervisor, call)
    await house.kill_voice()
    house.sim.hang_up_far(supervisor.account)
    await house.start_voice()
    await supervisor.is_("idle")
    await elder.talks()
    await until(lambda: not [c for c in house.sim.channels.values() if c.kind == "listen"], why="the ear is gone")
    await until(lambda: not [b for b in house.sim.bridges if b.startswith("supervise-")])


async def test_the_agent_vanishes_and_is_heard_again_when_she_is_back(house: House) -> None:
    agent, supervisor = await house.agent("agent1"), await house.agent("supervisor1")
    _, call = await talk(house, agent)
    hers = await listens(house, supervisor, call)
    house.sim.unregister(agent.account)
    await agent.sees_call(state="queued")
    house.sim.register(agent.account)
    await agent.say({"type": "phone", "state": "registered"})
    await agent.picks_up()
    await until(lambda: heard_by(house, hers), why="she hears the line again")


async def alone_with_her(house: House, supervisor: AgentAtWork, call: dict[str, Any], elder: Any, hers: str) -> None:
    """They go on talking, longer than a vanished agent is waited for."""
    await until(lambda: heard_by(house, elder.channel) == {hers}, why="the elder hears the supervisor alone")
    await asyncio.sleep(house.settings.timings.agent_return + 0.5)
    assert heard_by(house, elder.channel) == {hers} and heard_by(house, hers) == {elder.channel}
    assert (await supervisor.sees_call(id=call["id"]))["state"] == "talking"


async def test_who_speaks_with_a_supervisor_is_not_put_into_the_queue_before_she_leaves(house: House) -> None:
    agent, supervisor = await house.agent("agent1"), await house.agent("supervisor1")
    colleague = await house.agent("agent2")
    elder, call = await talk(house, agent)
    hers = await listens(house, supervisor, call, "barge")
    await until(lambda: hers in heard_by(house, elder.channel))
    house.sim.unregister(agent.account)
    await alone_with_her(house, supervisor, call, elder, hers)
    assert not colleague.is_rung()
    await supervisor.post(f"/api/calls/{call['id']}/listen/stop")
    await colleague.rings()
    await colleague.picks_up()
    await until(lambda: heard_by(house, elder.channel) == {leg_of(house, colleague.account)})
    await supervisor.is_("idle")


async def test_the_agent_comes_back_to_the_elder_and_the_supervisor(house: House) -> None:
    agent, supervisor = await house.agent("agent1"), await house.agent("supervisor1")
    elder, call = await talk(house, agent)
    hers = await listens(house, supervisor, call, "barge")
    await until(lambda: hers in heard_by(house, elder.channel))
    house.sim.unregister(agent.account)
    await until(lambda: heard_by(house, elder.channel) == {hers})
    house.sim.register(agent.account)
    await agent.say({"type": "phone", "state": "registered"})
    await agent.picks_up()
    await until(lambda: heard_by(house, elder.channel) == {hers, leg_of(house, agent.account)}, why="all three")
    await supervisor.post(f"/api/calls/{call['id']}/listen/stop")
    await supervisor.is_("idle")
    assert (await agent.sees_call(id=call["id"]))["state"] == "talking"


async def test_an_agent_who_puts_her_telephone_down_leaves_them_together(house: House) -> None:
    agent, supervisor = await house.agent("agent1"), await house.agent("supervisor1")
    elder, call = await talk(house, agent)
    hers = await listens(house, supervisor, call, "barge")
    await until(lambda: hers in heard_by(house, elder.channel))
    house.sim.hang_up_far(agent.account)
    await alone_with_her(house, supervisor, call, elder, hers)
    elder.hangs_up()
    await supervisor.is_("idle")
    await supervisor.sees_no_call()


async def test_voice_killed_while_a_supervisor_has_the_elder_alone(house: House) -> None:
    agent, supervisor = await house.agent("agent1"), await house.agent("supervisor1")
    elder, call = await talk(house, agent)
    hers = await listens(house, supervisor, call, "barge")
    await until(lambda: hers in heard_by(house, elder.channel))
    house.sim.unregister(agent.account)
    await until(lambda: heard_by(house, elder.channel) == {hers})
    await house.kill_voice()
    await house.start_voice()
    await alone_with_her(house, supervisor, call, elder, hers)
    house.sim.hang_up_far(supervisor.account)
    await supervisor.sees_call(id=call["id"], state="queued")


async def test_who_may_listen_and_when(house: House) -> None:
    agent, supervisor, elsewhere = await house.agent("agent1"), await house.agent("supervisor1"), await house.agent("supervisor2")
    colleague = await house.agent("agent2")
    elder, call = await talk(house, agent)
    for person in (colleague, elsewhere):
        answer = await person.http.post(f"/api/calls/{call['id']}/listen", json={"mode": "listen"})
        assert answer.status_code == 403
    await house.until_rows("SELECT 1 FROM audit WHERE verb = 'call:listening-refused'")
    answer = await supervisor.post(f"/api/calls/{call['id']}/listen/mode", {"mode": "whisper"})
    assert answer == {"outcome": "not_done", "reason": "not_listening"}
    await listens(house, supervisor, call)
    answer = await supervisor.post(f"/api/calls/{call['id']}/listen", {"mode": "listen"})
    assert answer == {"outcome": "not_done", "reason": "agent_busy"}
    elder.hangs_up()
    await supervisor.is_("idle")
    answer = await supervisor.post(f"/api/calls/{call['id']}/listen", {"mode": "listen"})
    assert answer == {"outcome": "not_done", "reason": "call_over"}


async def test_a_telephone_that_is_not_picked_up(house: House) -> None:
    agent, supervisor = await house.agent("agent1"), await house.agent("supervisor1")
    elder, call = await talk(house, agent)
    await supervisor.post(f"/api/calls/{call['id']}/listen", {"mode": "listen"})
    await supervisor.rings()
    assert supervisor.id not in (await agent.sees_call(state="talking"))["ringing"]
    await until(lambda: not supervisor.is_rung(), why="it rings no more")
    await supervisor.is_("idle")
    await asyncio.sleep(0.1)
    await elder.talks()
    assert await told(house) == []
