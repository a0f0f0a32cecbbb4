"""A telephone that looks ready and is not: its agent is out of rotation until a silent call to it comes back (docs/decisions.md, "Telephones are proved")."""

from __future__ import annotations

import asyncio

from callcenter.telephony.port import Probed
from tests.house import House, until

OUT = "SELECT phone_problem, probe_failures FROM agent_presence WHERE phone_problem <> ''"


async def proving(house: House, every: float = 0.2) -> None:
    await house.voice_anew(probe_every=every)


def was_proved(house: House, account: str, times: int = 1) -> bool:
    return sum(bool(name == "probe" and args[1] == account) for name, args in house.sim.commands) >= times


async def test_a_deaf_telephone_is_left_out_and_comes_back(house: House) -> None:
    first, second, supervisor = await house.agent("agent1"), await house.agent("agent2"), await house.agent("supervisor1")
    await proving(house)
    house.sim.shows[first.account] = Probed.DEAF
    await first.is_("idle", phone_ok=False, phone_problem="deaf")
    await until(lambda: supervisor.console.agents[first.id]["phone_problem"] == "deaf", why="the floor shows it")
    await until(lambda: house.sim.fallback[0] and first.account not in house.sim.fallback[0], why="nor does the PBX alone ring her")

    elder = house.elder("07103456789").press_sos()
    await second.picks_up()
    assert not first.is_rung() and first.console.agents[first.id]["state"] == "idle"
    elder.hangs_up()

    del house.sim.shows[first.account]
    await first.is_("idle", phone_ok=True, phone_problem="")
    house.elder("13812345678").press_service()
    await first.rings()


async def test_when_no_telephone_is_well_the_doubtful_ones_are_rung(house: House) -> None:
    first, second = await house.agent("agent1"), await house.agent("agent2")
    house.sim.shows |= {first.account: Probed.SILENT, second.account: Probed.UNANSWERED}
    await proving(house)
    await first.is_("idle", phone_problem="silent")
    await second.is_("idle", phone_problem="unanswered")
    await until(lambda: house.sim.fallback[0] == sorted([first.account, second.account]), why="the PBX alone would ring both")
    elder = house.elder("07103456789").press_sos()
    await second.rings()
    await first.picks_up()
    await elder.talks()


async def test_once_is_not_enough_and_busy_shows_nothing(house: House) -> None:
    agent = await house.agent("agent1")
    house.sim.shows[agent.account] = Probed.SILENT
    await house.voice_anew(probe_every=600.0)
    await house.until_rows("SELECT 1 FROM agent_presence WHERE probe_failures = 1 AND phone_ok")
    house.sim.shows[agent.account] = Probed.BUSY
    await proving(house)
    await until(lambda: was_proved(house, agent.account, 4))
    await house.until_rows("SELECT 1 FROM agent_presence WHERE probe_failures = 1 AND phone_ok")
    house.sim.shows[agent.account] = Probed.HEARD
    await house.until_rows("SELECT 1 FROM agent_presence WHERE probe_failures = 0 AND phone_ok")


async def test_a_real_call_wins_over_a_probe(house: House) -> None:
    agent = await house.agent("agent1")
    house.sim.slow_probes.add(agent.account)
    await proving(house)
    await until(lambda: any(c.kind == "probe" for c in house.sim.channels.values()))
    elder = house.elder("07103456789").press_sos()
    await agent.picks_up()
    await elder.talks()
    assert not any(c.kind == "probe" for c in house.sim.channels.values())
    assert await house.rows(OUT) == []


async def test_voice_killed_in_mid_probe_leaves_nobody_out(house: House) -> None:
    agent = await house.agent("agent1")
    house.sim.shows[agent.account] = Probed.UNANSWERED
    await proving(house)
    await agent.is_("idle", phone_problem="unanswered")
    house.sim.slow_probes.add(agent.account)
    await until(lambda: any(c.kind == "probe" for c in house.sim.channels.values()))
    await house.kill_voice()
    house.sim.slow_probes.clear()
    house.sim.shows.clear()
    assert [tuple(row) for row in await house.rows(OUT)] and any(c.kind == "probe" for c in house.sim.channels.values())
    await house.start_voice()
    await agent.is_("idle", phone_ok=True, phone_problem="")
    await until(lambda: not any(c.kind == "probe" for c in house.sim.channels.values()), why="the old one is hung up")
    house.elder("07103456789").press_sos()
    await agent.picks_up()


async def test_who_is_out_is_back_when_nothing_is_proved_any_more(house: House) -> None:
    agent = await house.agent("agent1")
    house.sim.shows[agent.account] = Probed.UNANSWERED
    await proving(house)
    await agent.is_("idle", phone_problem="unanswered")
    await proving(house, 0.0)
    await agent.is_("idle", phone_ok=True, phone_problem="")
    house.sim.commands.clear()
    await asyncio.sleep(0)
    assert not was_proved(house, agent.account)
