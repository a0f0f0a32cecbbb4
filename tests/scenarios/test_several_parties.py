"""Several parties on one call: an agent calls 120, contacts and colleagues in; holds, consults, transfers, leaves; and what is left when somebody goes."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from callcenter.telephony.port import HangupCause
from tests.house import AgentAtWork, Elder, House, Telephone, until

ALONE = "07103456789"  # 王桂兰
RESCUE, GAS = "120", "+867103450000"


async def talking(house: House, username: str = "agent1") -> tuple[AgentAtWork, Elder, str]:
    """An SOS, answered."""
    agent = await house.agent(username)
    elder = house.elder(ALONE).press_sos()
    call = await agent.picks_up()
    await elder.talks()
    return agent, elder, call["id"]


async def calls_in(agent: AgentAtWork, call_id: str, private: bool = False, **whom: Any) -> str:
    """The leg's id."""
    answer = await agent.post(f"/api/calls/{call_id}/parties", {**whom, "private": private})
    assert answer["outcome"] == "done", answer
    return str(answer["leg_id"])


async def joined(house: House, agent: AgentAtWork, call_id: str, number: str = RESCUE, **whom: Any) -> tuple[Telephone, str]:
    leg = await calls_in(agent, call_id, **(whom or {"agency": number}))
    phone = await house.telephone(number).picks_up()
    await party(agent, call_id, leg, state="talking")
    return phone, leg


async def refused(agent: AgentAtWork, path: str, reason: str, body: dict[str, Any] | None = None) -> None:
    answer = await agent.post(path, body)
    assert (answer["outcome"], answer["reason"]) == ("not_done", reason)


async def party(agent: AgentAtWork, call_id: str, leg: str, **fields: Any) -> dict[str, Any]:
    """That party as the agent's console shows it."""

    def look() -> dict[str, Any] | None:
        parties = agent.console.calls.get(call_id, {}).get("parties", [])
        return next((p for p in parties if p["leg_id"] == leg and all(p[k] == v for k, v in fields.items())), None)

    return dict(await until(look, why=f"the party is {fields}: {agent.console.calls.get(call_id, {}).get('parties')}"))


def own(house: House, agent: AgentAtWork) -> str:
    """The channel of her telephone."""
    return next(c.id for c in house.sim.channels.values() if c.target == agent.account)


async def hear(house: House, *channels: str) -> None:
    """Each hears all the others, and nobody else."""

    def look() -> bool:
        try:
            heard = {c: {h for h in house.sim.hears(c) if h.startswith("voice:")} for c in channels}
        except KeyError:
            return False
        return all(heard[c] == {f"voice:{o}" for o in channels if o != c} for c in channels)

    await until(look, why=f"{channels} hear each other: { {c: house.sim.hears(c) for c in channels if c in house.sim.channels} }")


async def timeline(house: House, *kinds: str) -> list[Any]:
    """Waits for the last of them, then all entries in order."""
    await until_entry(house, kinds[-1])
    return [row.kind for row in await house.rows("SELECT kind FROM case_entries ORDER BY at, id") if row.kind in kinds]


async def until_entry(house: House, kind: str, **data: Any) -> Any:
    deadline = asyncio.get_running_loop().time() + 10
    while True:
        for row in await house.rows("SELECT data FROM case_entries WHERE kind = :kind", kind=kind):
            if all(row.data.get(k) == v for k, v in data.items()):
                return row.data
        assert asyncio.get_running_loop().time() < deadline, f"{kind} {data} is not on the timeline"
        await asyncio.sleep(0.05)


# --- calling in ------------------------------------------------------------------------------------------------------------------


async def test_120_is_called_in_and_the_elder_stays_on_the_line(house: House) -> None:
    agent, elder, call = await talking(house)
    leg = await calls_in(agent, call, agency="120")
    shown = await party(agent, call, leg, state="ringing")
    assert (shown["role"], shown["code"], shown["number"], shown["asked_by"]) == ("outside", "120", "120", agent.id)
    await elder.talks()
    await house.telephone(RESCUE).rings()
    house.sim.early(RESCUE)  # "all lines are busy, please hold"
    await party(agent, call, leg, state="early")
    rescue = await house.telephone(RESCUE).picks_up()
    await party(agent, call, leg, state="talking")
    await hear(house, elder.channel, own(house, agent), rescue.channel)
    data = await until_entry(house, "party_joined", code="120", role="outside", leg_id=leg)
    assert "number" not in data and "name" not in data
    assert await timeline(house, "party_called", "party_joined") == ["party_called", "party_joined"]
    (row,) = await house.rows("SELECT asked_by_id, role, code, place, state FROM call_legs WHERE number = '120'")
    assert (str(row.asked_by_id), row.role, row.code, row.place, row.state) == (agent.id, "outside", "120", "main", "answered")


@pytest.mark.parametrize("cause", [HangupCause.BUSY, HangupCause.NO_ANSWER, HangupCause.REJECTED, HangupCause.UNREACHABLE])
async def test_who_does_not_come_is_told_with_the_cause_and_never_dialled_again(house: House, cause: HangupCause) -> None:
    agent, elder, call = await talking(house)
    leg = await calls_in(agent, call, agency="120")
    await house.telephone(RESCUE).rings()
    house.sim.decline(RESCUE, cause)
    await party(agent, call, leg, state="ended", cause=cause)
    await until_entry(house, "party_failed", cause=cause, code="120")
    await hear(house, elder.channel, own(house, agent))
    await asyncio.sleep(1.0)
    assert not house.telephone(RESCUE).is_rung()
    assert len(await house.rows("SELECT 1 FROM call_legs WHERE number = '120'")) == 1
    await joined(house, agent, call)  # a second click is a second leg


async def test_six_at_most_and_nobody_twice(house: House) -> None:
    agent, elder, call = await talking(house)
    for number in ("120", "110", "119", GAS):
        leg = await (calls_in(agent, call, number=number) if number == GAS else calls_in(agent, call, agency=number))
        await house.telephone(number).picks_up()
        await party(agent, call, leg, state="talking")
    await refused(agent, f"/api/calls/{call}/parties", "conference_full", {"number": "13800002222"})
    channels = [c.id for c in house.sim.channels.values() if c.target in ("120", "110", "119", GAS)]
    await hear(house, elder.channel, own(house, agent), *channels)
    await agent.post(f"/api/calls/{call}/parties/{leg}/drop")
    await party(agent, call, leg, state="ended", cause="dropped")
    await refused(agent, f"/api/calls/{call}/parties", "already_on_call", {"agency": "120"})


async def test_a_contact_and_a_colleague_are_called_in(house: House) -> None:
    agent, elder, call = await talking(house)
    other = await house.agent("agent2")
    contact = agent.console.calls[call]["pop"]["elder"]["contacts"][0]
    leg = await calls_in(agent, call, contact_id=contact["id"])
    shown = await party(agent, call, leg, role="contact", ref_id=contact["id"])
    masked = await party(other, call, leg, role="contact")
    assert "*" in masked["number"] and "*" not in shown["number"]
    daughter = await house.telephone(contact["number"]).picks_up()
    colleague = await calls_in(agent, call, agent_id=other.id)
    seen = await other.sees_call(id=call, ringing=[other.id])
    assert seen["pop"]["elder"]["name"] == "王桂兰"
    house.sim.pick_up(other.account)
    await party(agent, call, colleague, state="talking", agent_name=other.me["name"])
    await other.is_("talking", call_id=call)
    await hear(house, elder.channel, own(house, agent), daughter.channel, own(house, other))
    await other.post(f"/api/calls/{call}/hang-up")  # her own part only
    await other.is_("wrap_up")
    await hear(house, elder.channel, own(house, agent), daughter.channel)
    await refused(agent, f"/api/calls/{call}/parties", "agent_not_free", {"agent_id": other.id})
    await agent.post(f"/api/calls/{call}/parties", {"contact_id": agent.id}, status=404)
    await other.post(f"/api/calls/{call}/parties", {"agency": "120"}, status=403)


# --- private, hold -----------------------------------------------------------------------------------------------------------------


async def test_private_first_then_all_together(house: House) -> None:
    agent, elder, call = await talking(house)
    leg = await calls_in(agent, call, private=True, agency="120")
    await agent.sees_call(id=call, state="held", on_hold=True)
    await until(lambda: elder.hears() == {"music"}, why="the elder hears music")
    await until(lambda: house.sim.hears(own(house, agent)) == {"ringing"}, why="the agent hears ringing")
    rescue = await house.telephone(RESCUE).picks_up()
    await party(agent, call, leg, state="consult")
    await hear(house, own(house, agent), rescue.channel)
    assert elder.hears() == {"music"}
    await refused(agent, f"/api/calls/{call}/parties", "consult_running", {"agency": "110"})
    await agent.post(f"/api/calls/{call}/parties/{leg}/join")
    await party(agent, call, leg, state="talking")
    await hear(house, elder.channel, own(house, agent), rescue.channel)
    await agent.sees_call(id=call, state="talking")
    await until(lambda: list(house.sim.bridges) == [f"call-{call}"], why="the private bridge is gone")


async def test_private_and_dropped_or_busy_brings_the_agent_back_to_the_elder(house: House) -> None:
    agent, elder, call = await talking(house)
    leg = await calls_in(agent, call, private=True, agency="120")
    await house.telephone(RESCUE).declines()
    await party(agent, call, leg, state="ended", cause="busy")
    await hear(house, elder.channel, own(house, agent))
    leg = await calls_in(agent, call, private=True, agency="120")
    await house.telephone(RESCUE).picks_up()
    await party(agent, call, leg, state="consult")
    await agent.post(f"/api/calls/{call}/parties/{leg}/drop")
    await hear(house, elder.channel, own(house, agent))
    assert house.sim.hears(own(house, agent)) == {f"voice:{elder.channel}"}


async def test_in_private_two_others_go_on_talking(house: House) -> None:
    agent, elder, call = await talking(house)
    rescue, _ = await joined(house, agent, call)
    leg = await calls_in(agent, call, private=True, number=GAS)
    gas = await house.telephone(GAS).picks_up()
    await party(agent, call, leg, state="consult")
    await hear(house, own(house, agent), gas.channel)
    await hear(house, elder.channel, rescue.channel)
    gas.hangs_up()
    await hear(house, elder.channel, rescue.channel, own(house, agent))


async def test_the_elder_and_a_single_party_are_put_on_hold(house: House) -> None:
    agent, elder, call = await talking(house)
    rescue, leg = await joined(house, agent, call)
    await agent.post(f"/api/calls/{call}/hold")
    await until(lambda: elder.hears() == {"music"}, why="the elder hears music")
    await hear(house, own(house, agent), rescue.channel)
    await agent.post(f"/api/calls/{call}/resume")
    await agent.post(f"/api/calls/{call}/parties/{leg}/hold")
    await party(agent, call, leg, state="held")
    await until(lambda: rescue.hears() == {"music"}, why="120 hears music")
    await hear(house, elder.channel, own(house, agent))
    await agent.post(f"/api/calls/{call}/parties/{leg}/resume")
    await hear(house, elder.channel, own(house, agent), rescue.channel)


# --- transfer ---------------------------------------------------------------------------------------------------------------------


async def test_a_consulted_transfer_to_a_colleague_gives_her_call_and_case(house: House) -> None:
    agent, elder, call = await talking(house)
    other = await house.agent("agent2")
    leg = await calls_in(agent, call, private=True, agent_id=other.id)
    await other.rings()
    house.sim.pick_up(other.account)
    await party(agent, call, leg, state="consult")
    await hear(house, own(house, agent), own(house, other))
    await agent.post(f"/api/calls/{call}/parties/{leg}/transfer")
    await hear(house, elder.channel, own(house, other))
    await agent.is_("wrap_up")
    await other.sees_call(id=call, agent_id=other.id, state="talking")
    await until_entry(house, "transferred", leg_id=leg)
    (case,) = await house.rows("SELECT owner_id FROM cases")
    assert str(case.owner_id) == other.id
    await other.post(f"/api/calls/{call}/hang-up")
    await until(elder.is_over, why="the elder's line is cleared")


async def test_a_blind_transfer_rings_in_the_elders_ear_until_it_is_answered(house: House) -> None:
    agent, elder, call = await talking(house)
    other = await house.agent("agent2")
    await agent.post(f"/api/calls/{call}/transfer", {"agent_id": other.id})
    await agent.is_("wrap_up")
    await until(lambda: "ringing" in elder.hears(), why="the elder hears ringing")
    assert (await other.picks_up())["id"] == call
    await hear(house, elder.channel, own(house, other))
    await until_entry(house, "transferred", role="agent")


async def test_a_blind_transfer_that_nobody_answers_comes_back_to_the_same_agent(house: House) -> None:
    agent, elder, call = await talking(house)
    other = await house.agent("agent2")
    await agent.post(f"/api/calls/{call}/transfer", {"agent_id": other.id})
    await other.rings()
    house.sim.decline(other.account)
    await agent.rings()
    assert not other.is_rung()
    house.sim.pick_up(agent.account)
    await hear(house, elder.channel, own(house, agent))
    await until_entry(house, "party_failed", cause="busy", role="agent")
    assert len(await house.rows("SELECT 1 FROM calls")) == 1


async def test_a_blind_transfer_to_a_number_outside(house: House) -> None:
    agent, elder, call = await talking(house)
    await agent.post(f"/api/calls/{call}/transfer", {"number": GAS})
    gas = await house.telephone(GAS).picks_up()
    await hear(house, elder.channel, gas.channel)
    await agent.is_("wrap_up")
    gas.hangs_up()
    await agent.rings()  # she is not left in silence
    house.sim.pick_up(agent.account)
    await hear(house, elder.channel, own(house, agent))


# --- leaving ---------------------------------------------------------------------------------------------------------------------


async def test_the_agent_listens_and_comes_back(house: House) -> None:
    agent, elder, call = await talking(house)
    await refused(agent, f"/api/calls/{call}/leave", "nobody_to_leave_with", {"listen": True})
    rescue, _ = await joined(house, agent, call)
    await agent.post(f"/api/calls/{call}/leave", {"listen": True})
    mine = own(house, agent)
    await until(lambda: elder.hears() == {f"voice:{rescue.channel}"}, why="the agent is not heard")
    assert house.sim.hears(mine) == {f"voice:{elder.channel}", f"voice:{rescue.channel}"}
    await until(lambda: any(p["muted"] for p in agent.console.calls[call]["parties"]), why="shown as muted")
    await agent.post(f"/api/calls/{call}/come-back")
    await hear(house, elder.channel, mine, rescue.channel)


async def test_an_agent_who_listens_is_heard_when_the_elder_would_be_alone(house: House) -> None:
    agent, elder, call = await talking(house)
    rescue, _ = await joined(house, agent, call)
    await agent.post(f"/api/calls/{call}/leave", {"listen": True})
    rescue.hangs_up()
    await hear(house, elder.channel, own(house, agent))


async def test_the_agent_leaves_and_the_elder_left_alone_rings_her_first(house: House) -> None:
    agent, elder, call = await talking(house)
    other = await house.agent("agent2")
    rescue, _ = await joined(house, agent, call)
    await agent.post(f"/api/calls/{call}/leave", {"listen": False})
    await agent.is_("wrap_up")
    await hear(house, elder.channel, rescue.channel)
    await agent.sees_call(id=call, state="talking", agent_id=agent.id)
    rescue.hangs_up()
    await until(lambda: "ringing" in elder.hears(), why="the elder hears ringing, no silence")
    await agent.rings()
    assert not other.is_rung()
    house.sim.pick_up(agent.account)
    await hear(house, elder.channel, own(house, agent))
    assert await timeline(house, "agent_left", "party_left", "joined_again") == ["agent_left", "party_left", "joined_again"]


async def test_who_has_left_can_come_back(house: House) -> None:
    agent, elder, call = await talking(house)
    rescue, _ = await joined(house, agent, call)
    await agent.post(f"/api/calls/{call}/leave", {})
    await agent.is_("wrap_up")
    await agent.post(f"/api/calls/{call}/come-back")
    await agent.rings()
    house.sim.pick_up(agent.account)
    await hear(house, elder.channel, own(house, agent), rescue.channel)


async def test_no_habit_cuts_120(house: House) -> None:
    agent, elder, call = await talking(house)
    rescue, _ = await joined(house, agent, call)
    await refused(agent, f"/api/calls/{call}/hang-up", "others_are_talking")
    await hear(house, elder.channel, own(house, agent), rescue.channel)
    house.sim.hang_up_far(agent.account)  # the telephone is put down: her own part only
    await agent.is_("wrap_up")
    await hear(house, elder.channel, rescue.channel)
    await agent.post(f"/api/calls/{call}/come-back")
    await agent.rings()
    house.sim.pick_up(agent.account)
    await agent.is_("talking")
    await agent.post(f"/api/calls/{call}/hang-up", {"all": True})
    await until(lambda: elder.is_over() and rescue.is_over(), why="ended for all")
    await house.until_rows("SELECT 1 FROM calls WHERE state = 'ended' AND end_reason = 'agent_hung_up'")


async def test_the_elder_hangs_up_and_120_and_the_agent_go_on(house: House) -> None:
    agent, elder, call = await talking(house)
    rescue, _ = await joined(house, agent, call)
    elder.hangs_up()
    await until_entry(house, "party_left", role="elder")
    await hear(house, own(house, agent), rescue.channel)
    await until(lambda: agent.console.calls[call]["caller_left_at"], why="the console shows that she has left")
    assert agent.console.calls[call]["state"] == "talking"
    rescue.hangs_up()
    await agent.is_("wrap_up")
    await house.until_rows("SELECT 1 FROM calls WHERE state = 'ended'")
    assert not await house.rows("SELECT 1 FROM case_tasks")


async def test_the_browser_vanishes_in_mid_conference(house: House) -> None:
    agent, elder, call = await talking(house)
    rescue, _ = await joined(house, agent, call)
    await agent.close_console()
    house.sim.unregister(agent.account)
    await hear(house, elder.channel, rescue.channel)
    await agent.open_console()
    await agent.plug_in_phone()
    await agent.rings()
    house.sim.pick_up(agent.account)
    await hear(house, elder.channel, own(house, agent), rescue.channel)
    assert len(await house.rows("SELECT 1 FROM calls")) == 1


async def test_an_agent_alone_with_120_whose_browser_vanishes_has_them_again(house: House) -> None:
    agent, elder, call = await talking(house)
    rescue, _ = await joined(house, agent, call)
    elder.hangs_up()
    await until_entry(house, "party_left", role="elder")
    await agent.close_console()
    house.sim.unregister(agent.account)
    await until(lambda: "ringing" in rescue.hears(), why="120 hears ringing")
    await agent.open_console()
    await agent.plug_in_phone()
    await agent.rings()
    house.sim.pick_up(agent.account)
    await hear(house, own(house, agent), rescue.channel)


# --- call out --------------------------------------------------------------------------------------------------------------------


async def test_an_agent_calls_out_of_a_case_and_the_elder_is_added(house: House) -> None:
    agent, elder, call = await talking(house)
    case = agent.console.calls[call]["case_id"]
    elder.hangs_up()
    await agent.is_("wrap_up")
    out = (await agent.post(f"/api/cases/{case}/call-out", {"agency": "120"}))["call_id"]
    await agent.rings()
    house.sim.pick_up(agent.account)
    await house.telephone(RESCUE).rings()
    await until(lambda: house.sim.hears(own(house, agent)) == {"ringing"}, why="ringing until somebody speaks")
    house.sim.early(RESCUE)
    await until(lambda: any(h.startswith("voice:") for h in house.sim.hears(own(house, agent))), why="its exchange is heard")
    rescue = await house.telephone(RESCUE).picks_up()
    await agent.sees_call(id=out, state="talking", kind="outbound")
    leg = await calls_in(agent, out, elder=True)
    her = await house.telephone("+867103456789").picks_up()
    await party(agent, out, leg, role="elder", state="talking")
    await hear(house, own(house, agent), rescue.channel, her.channel)
    await agent.post(f"/api/calls/{out}/leave", {})
    await hear(house, rescue.channel, her.channel)
    rescue.hangs_up()
    await agent.rings()
    house.sim.pick_up(agent.account)
    await hear(house, own(house, agent), her.channel)
    await agent.post(f"/api/calls/{out}/hang-up")
    await until(her.is_over, why="ended")
    await until_entry(house, "party_joined", code="120", call_id=out)


async def test_a_call_out_that_fails_says_why(house: House) -> None:
    agent, elder, call = await talking(house)
    case = agent.console.calls[call]["case_id"]
    elder.hangs_up()
    await agent.is_("wrap_up")
    await agent.post(f"/api/cases/{case}/call-out", {"agency": "110"})
    await agent.rings()
    house.sim.pick_up(agent.account)
    await house.telephone("110").declines()
    await until_entry(house, "party_failed", code="110", cause="busy")
    await agent.is_("wrap_up")
    stranger = await house.agent("agent2")
    await stranger.post(f"/api/cases/{case}/call-out", {"agency": "110"}, status=403)


# --- voice is killed ---------------------------------------------------------------------------------------------------------------


async def test_voice_killed_in_mid_conference_is_not_noticed(house: House) -> None:
    agent, elder, call = await talking(house)
    rescue, leg = await joined(house, agent, call)
    ringing = await calls_in(agent, call, agency="110")
    await house.telephone("110").rings()
    await house.kill_voice()
    await hear(house, elder.channel, own(house, agent), rescue.channel)
    police = await house.telephone("110").picks_up()  # nobody of ours heard it
    await house.start_voice()
    await party(agent, call, ringing, state="talking")
    await hear(house, elder.channel, own(house, agent), rescue.channel, police.channel)
    await agent.post(f"/api/calls/{call}/parties/{leg}/drop")
    await hear(house, elder.channel, own(house, agent), police.channel)


async def test_what_failed_while_voice_was_away_is_told_once(house: House) -> None:
    agent, elder, call = await talking(house)
    ringing = await calls_in(agent, call, private=True, agency="110")
    await house.telephone("110").rings()
    await house.kill_voice()
    house.sim.decline("110")
    await house.start_voice()
    await party(agent, call, ringing, state="ended", cause="lost")
    await hear(house, elder.channel, own(house, agent))
    await house.kill_voice()
    await house.start_voice()
    await house.until_rows("SELECT 1 FROM case_entries WHERE kind = 'party_failed'")
    assert not house.telephone("110").is_rung()
    assert len(await house.rows("SELECT 1 FROM call_legs WHERE number = '110'")) == 1


async def test_the_elder_and_the_agent_hang_up_while_voice_is_away(house: House) -> None:
    agent, elder, call = await talking(house)
    rescue, _ = await joined(house, agent, call)
    await house.kill_voice()
    elder.hangs_up()
    await house.start_voice()
    await until_entry(house, "party_left", role="elder")
    await hear(house, own(house, agent), rescue.channel)
    await house.kill_voice()
    rescue.hangs_up()
    house.sim.hang_up_far(agent.account)
    await house.start_voice()
    await house.until_rows("SELECT 1 FROM calls WHERE state = 'ended'")
    await agent.is_("wrap_up")


async def test_killed_in_a_private_talk_and_in_a_transfer(house: House) -> None:
    agent, elder, call = await talking(house)
    leg = await calls_in(agent, call, private=True, agency="120")
    rescue = await house.telephone(RESCUE).picks_up()
    await party(agent, call, leg, state="consult")
    await house.kill_voice()
    await house.start_voice()
    await asyncio.sleep(0.3)
    await hear(house, own(house, agent), rescue.channel)
    assert elder.hears() == {"music"}
    await agent.post(f"/api/calls/{call}/parties/{leg}/drop")
    await hear(house, elder.channel, own(house, agent))
    other = await house.agent("agent2")
    await agent.post(f"/api/calls/{call}/transfer", {"agent_id": other.id})
    await other.rings()
    await house.kill_voice()
    await house.start_voice()
    house.sim.pick_up(other.account)
    await hear(house, elder.channel, own(house, other))


async def test_snapshot_and_events_make_a_fresh_snapshot_of_parties_too(house: House) -> None:
    agent, elder, call = await talking(house)
    watcher = await house.agent("supervisor1")
    await joined(house, agent, call)
    failed = await calls_in(agent, call, agency="110")
    await house.telephone("110").declines()
    await party(agent, call, failed, state="ended")
    elder.hangs_up()
    await until_entry(house, "party_left", role="elder")
    await asyncio.sleep(0.5)
    for person in (agent, watcher):
        told = person.console.picture()
        await person.close_console()
        await person.open_console()
        assert person.console.picture() == told
