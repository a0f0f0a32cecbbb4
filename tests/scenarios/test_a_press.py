"""A press reaches a person: on the simulator, with the real database, engine, api and socket."""

from __future__ import annotations

import asyncio

from tests.house import House, until

ALONE = "07103456789"  # 王桂兰, lives alone
COUPLE = "07103452468"
UNKNOWN = "07103459876"


async def test_an_sos_reaches_an_agent_who_sees_who_it_is(house: House) -> None:
    agent = await house.agent("agent1")
    elder = house.elder(ALONE).press_sos()
    call = await agent.sees_call(kind="sos", state="offered")
    pop = call["pop"]
    assert call["ringing"] == [agent.id]
    assert pop["elder"]["name"] == "王桂兰"
    assert pop["elder"]["place"] == "樊城·中原·施营"
    assert pop["elder"]["door"] == "3-2-501"
    assert {"冠心病", "青霉素过敏", "跌倒高风险"} <= {flag["text"] for flag in pop["elder"]["danger"]}
    assert pop["elder"]["contacts"][0]["has_key"] and pop["elder"]["contacts"][0]["key_note"] == "501对门"

    call = await agent.picks_up()
    await elder.talks()
    elder.hangs_up()
    await agent.is_("wrap_up", call_id=call["id"], wrap_up_case_id=call["case_id"])
    await agent.wraps_up(call["id"], "helped", "只是有点头晕,坐下就好了")
    await agent.is_("idle")

    case = await agent.get(f"/api/cases/{call['case_id']}")
    assert (case["state"], case["outcome"], case["severity"], case["owner_id"]) == ("resolved", "helped", "E0", agent.id)
    kinds = [entry["kind"] for entry in case["entries"] if entry["kind"] != "recording_saved"]
    assert kinds == ["outcome", "hung_up", "answered", "press"]
    (row,) = await house.rows("SELECT state, agent_id, end_reason, answered_at - received_at < interval '10 s' AS fast FROM calls")
    assert (row.state, str(row.agent_id), row.end_reason, row.fast) == ("ended", agent.id, "hung_up", True)
    reads = await house.rows("SELECT verb, purpose FROM audit WHERE verb = 'elder:read' AND purpose LIKE 'call:%'")
    assert len(reads) == 1


async def test_an_sos_rings_all_idle_agents_and_one_wins(house: House) -> None:
    first, second = await house.agent("agent1"), await house.agent("agent2")
    house.elder(ALONE).press_sos()
    await first.rings()
    await second.rings()
    house.sim.pick_up(second.account)
    await second.is_("talking")
    await first.is_("idle")
    call = await first.sees_call(state="talking", agent_id=second.id)
    assert call["pop"] is None and call["elder_name"] == "王**"  # what does not ring here is masked
    assert not first.is_rung()


async def test_a_service_call_rings_the_longest_idle_then_the_next(house: House) -> None:
    first = await house.agent("agent1")
    second = await house.agent("agent2")
    house.elder(ALONE).press_service()
    await first.rings()
    assert not second.is_rung()
    await second.rings()  # after service_ring
    await until(lambda: not first.is_rung())
    await second.picks_up()


async def test_an_sos_overtakes_a_ringing_service_call(house: House) -> None:
    agent = await house.agent("agent1")
    service = house.elder(COUPLE).press_service()
    await agent.sees_call(kind="service", state="offered")
    house.elder(ALONE).press_sos()
    await agent.sees_call(kind="sos", state="offered", ringing=[agent.id])
    waiting = await agent.sees_call(kind="service", state="queued")
    assert waiting["ringing"] == []
    sos = await agent.picks_up()
    assert sos["kind"] == "sos"
    await agent.post(f"/api/calls/{sos['id']}/hang-up")
    await agent.is_("wrap_up")
    await agent.wraps_up(sos["id"])
    await agent.is_("ringing")
    assert (await agent.picks_up())["kind"] == "service"
    await service.talks()


async def test_the_caller_hears_that_somebody_comes(house: House) -> None:
    elder = house.elder(ALONE).press_sos()
    await until(lambda: "prompt:waiting_sos" in elder.hears(), why="the reassurance")
    await until(lambda: elder.hears() == {"ringing"}, why="ringing between two sentences")
    await until(lambda: "prompt:waiting_sos" in elder.hears(), why="the second reassurance")


async def test_nobody_free_every_console_shows_the_waiting_press(house: House) -> None:
    first = await house.agent("agent1")
    house.elder(COUPLE).press_service()
    await first.picks_up()
    second = house.visitor("agent2")
    await second.sign_in()
    await second.open_console()  # no telephone yet
    house.elder(ALONE).press_sos()
    for agent in (first, second):
        call = await agent.sees_call(kind="sos", state="queued")
        assert call["elder_name"] == "王**" and call["place"] and call["pop"] is None
    await second.plug_in_phone()
    assert (await second.picks_up())["kind"] == "sos"


async def test_unanswered_goes_on_to_supervisors_and_the_duty_telephone(house: House) -> None:
    await house.rows(
        "INSERT INTO duty_telephones (id, position, number, label, active) VALUES (gen_random_uuid(), 1, '+8613800001111', '值班', true) RETURNING id"
    )
    boss = await house.agent("supervisor1")
    agent = await house.agent("agent1")
    await asyncio.sleep(1.2)  # voice reads duty telephones each second
    elder = house.elder(ALONE).press_sos()
    await agent.rings()
    assert not boss.is_rung()
    await boss.rings()
    await until(lambda: any("13800001111" in who for who in house.sim.ringing()), why="the duty telephone rings")
    house.sim.pick_up(next(who for who in house.sim.ringing() if "13800001111" in who))
    await elder.talks()
    await agent.is_("idle")
    (row,) = await house.until_rows("SELECT data FROM case_entries WHERE kind = 'answered'")
    assert row.data["duty"] is True


async def test_abandoned_leaves_one_call_back_and_a_second_press_joins(house: House) -> None:
    agent = house.visitor("agent1")
    await agent.sign_in()
    await agent.open_console()
    elder = house.elder(ALONE).press_sos()
    await agent.sees_call(state="queued")
    elder.hangs_up()
    task = await agent.sees_task(kind="call_back", state="open", reason="abandoned")
    await agent.sees_no_call()
    again = house.elder(ALONE).press_service()
    call = await agent.sees_call(state="queued")
    assert call["case_id"] == task["case_id"] and call["presses"] == 2
    again.hangs_up()
    await agent.sees_no_call()
    await house.until_rows("SELECT 1 FROM case_entries WHERE kind = 'call_back_opened'", count=2)
    assert len(await house.rows("SELECT 1 FROM case_tasks")) == 1
    assert len(await house.rows("SELECT 1 FROM cases")) == 1


async def test_a_call_back_rings_the_agent_then_the_elder(house: House) -> None:
    agent = await house.agent("agent1")
    await agent.post("/api/presence", {"state": "paused", "reason": "meal"})
    elder = house.elder(ALONE).press_sos()
    await agent.sees_call(state="queued")
    elder.hangs_up()
    task = await agent.sees_task(state="open")
    started = await agent.post(f"/api/tasks/{task['id']}/call-back")
    await agent.sees_call(id=started["call_id"], kind="outbound", ringing=[agent.id])
    await agent.rings()
    house.sim.pick_up(agent.account)
    far = await until(lambda: next((w for w in house.sim.ringing() if "3456789" in w), None), why="the elder's telephone rings")
    house.sim.pick_up(far)
    await agent.sees_call(id=started["call_id"], state="talking")
    await until(lambda: not agent.console.tasks, why="the call-back is done")
    await agent.post(f"/api/calls/{started['call_id']}/hang-up")
    await agent.is_("wrap_up")
    kinds = [row.kind for row in await house.rows("SELECT kind FROM case_entries WHERE kind <> 'recording_saved' ORDER BY at, id")]
    assert kinds[-3:] == ["called_back", "call_back_done", "hung_up"]


async def test_a_call_back_that_reaches_nobody_is_on_top_again(house: House) -> None:
    agent = await house.agent("agent1")
    await agent.post("/api/presence", {"state": "paused", "reason": "meal"})
    elder = house.elder(ALONE).press_sos()
    await agent.sees_call(state="queued")
    elder.hangs_up()
    task = await agent.sees_task(state="open")
    await agent.post(f"/api/tasks/{task['id']}/call-back")
    await agent.rings()
    house.sim.pick_up(agent.account)
    far = await until(lambda: next((w for w in house.sim.ringing() if "3456789" in w), None), why="the elder's telephone rings")
    house.sim.decline(far)
    task = await agent.sees_task(state="open", attempts=1)
    second = await house.agent("agent2")
    assert second.console.tasks[task["id"]]["attempts"] == 1


async def test_an_unknown_caller_is_attached_and_her_number_learned(house: House) -> None:
    agent = await house.agent("agent1")
    house.elder(UNKNOWN).press_service()
    call = await agent.picks_up()
    assert call["pop"]["elder"] is None and call["elder_name"] == ""
    (hit,) = await agent.get("/api/elders?q=王桂兰")
    answer = await agent.http.post(f"/api/cases/{call['case_id']}/elder", json={"elder_id": hit["id"], "learn_number": True})
    assert answer.status_code == 200, answer.text
    popped = await until(lambda: (agent.console.calls[call["id"]]["pop"] or {}).get("elder"), why="the pop with the elder")
    assert popped["name"] == "王桂兰"
    assert [e["kind"] for e in answer.json()["entries"]][:2] == ["number_learned", "elder_attached"]
    card = await agent.get(f"/api/elders/{hit['id']}")  # she is on the line, so all of her is seen
    assert card["name"] == "王桂兰"
    (row,) = await house.rows("DELETE FROM elder_numbers WHERE e164 = '+867103459876' RETURNING source")
    assert row.source == "call"


async def test_the_owner_sees_the_elder_until_the_case_is_resolved(house: House) -> None:
    agent = await house.agent("agent1")
    elder = house.elder(ALONE).press_sos()
    call = await agent.picks_up()
    elder_id = call["pop"]["elder"]["id"]
    elder.hangs_up()
    await agent.is_("wrap_up")
    await agent.get(f"/api/elders/{elder_id}")
    await agent.wraps_up(call["id"])
    await agent.get(f"/api/elders/{elder_id}", status=403)


async def test_a_shared_number_shows_both(house: House) -> None:
    agent = await house.agent("agent1")
    house.elder(COUPLE).press_sos()
    call = await agent.sees_call(state="offered")
    assert call["pop"]["elder"] is None
    assert {card["name"] for card in call["pop"]["shared"]} == {"李建国", "赵玉珍"}
    await agent.picks_up()
    case = await agent.post(f"/api/cases/{call['case_id']}/elder", {"elder_id": call["pop"]["shared"][1]["id"]})
    assert case["elder"]["id"] == call["pop"]["shared"][1]["id"]


async def test_a_reload_in_mid_call_keeps_the_elder_and_rings_the_same_agent(house: House) -> None:
    agent, other = await house.agent("agent1"), await house.agent("agent2")
    await other.post("/api/presence", {"state": "paused", "reason": "break"})
    elder = house.elder(ALONE).press_sos()
    call = await agent.picks_up()
    await elder.talks()
    await agent.close_console()
    house.sim.unregister(agent.account)
    await agent.open_console()
    await agent.plug_in_phone()  # a fresh page asks for its telephone again
    assert (await agent.picks_up())["id"] == call["id"]
    await elder.talks()
    assert len(await house.rows("SELECT 1 FROM calls")) == 1


async def test_an_agent_who_does_not_return_gives_the_call_to_the_front(house: House) -> None:
    agent = await house.agent("agent1")
    elder = house.elder(ALONE).press_sos()
    await agent.picks_up()
    await elder.talks()
    await agent.close_console()
    house.sim.unregister(agent.account)
    other = await house.agent("agent2")
    call = await other.picks_up()
    assert call["kind"] == "sos"
    await elder.talks()


async def test_snapshot_and_events_make_a_fresh_snapshot(house: House) -> None:
    agent = await house.agent("agent1")
    watcher = await house.agent("supervisor1")
    house.elder(ALONE).press_sos()
    call = await agent.picks_up()
    await agent.post(f"/api/cases/{call['case_id']}/notes", {"text": "慢慢说"})
    await agent.post(f"/api/calls/{call['id']}/hold")
    await agent.sees_call(state="held", on_hold=True)
    await agent.post(f"/api/calls/{call['id']}/resume")
    await agent.sees_call(state="talking")
    gone = house.elder(UNKNOWN).press_service()
    await watcher.sees_call(kind="service")
    gone.hangs_up()
    await watcher.sees_task(reason="abandoned")
    await agent.post(f"/api/calls/{call['id']}/hang-up")
    await agent.wraps_up(call["id"])
    await agent.is_("idle")
    await asyncio.sleep(1.0)
    for person in (agent, watcher):
        told = person.console.picture()
        await person.close_console()
        await person.open_console()
        assert person.console.picture() == told


async def test_who_declines_is_rung_again_a_moment_later_not_at_once(house: House) -> None:
    agent = await house.agent("agent1")
    elder = house.elder(ALONE).press_sos()
    await agent.rings()
    house.sim.decline(agent.account)
    await agent.picks_up()  # with the next reassurance
    await elder.talks()
    offers = await house.rows("SELECT at FROM call_events WHERE kind = 'offered' ORDER BY at")
    assert len(offers) == 2


async def test_who_signs_in_at_another_machine_takes_the_call_along(house: House) -> None:
    agent = await house.agent("agent1")
    elder = house.elder(ALONE).press_sos()
    call = await agent.picks_up()
    there = house.visitor("agent1")
    await there.sign_in()
    await there.open_console()
    await there.plug_in_phone()
    await there.rings()
    house.sim.pick_up(there.account)
    await there.is_("talking", call_id=call["id"])
    await elder.talks()
