"""An emergency is handed over to 120: offered by a person, told by telephone, each state once and with its seconds."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from jsonschema import Draft202012Validator
from sqlalchemy import text

from callcenter.emergency.jobs import sweep_emergencies
from callcenter.kit import clock
from tests.house import House
from tests.outside.helping import CREW, NAME, alarms, an_emergency, due, entries, kinds, offered, only, second

SCHEMA = json.loads((Path(__file__).parents[2] / "callcenter/emergency/outside/packet_schema.json").read_text(encoding="utf-8"))


@pytest_asyncio.fixture(autouse=True)
async def time_of_day() -> AsyncIterator[None]:
    yield
    clock.reset()


async def test_it_is_offered_accepted_on_its_way_there_and_done(house: House) -> None:
    agent, case = await an_emergency(house)
    made = await offered(agent, case, note="院里有狗")
    handover = made["handover"]
    assert (handover["state"], handover["agency"], handover["label"], handover["offered_by"]) == ("offered", "120", "急救中心", "陈静")
    assert made["link"] is None, "no mobile number: nothing is sent"
    assert "handover:120" in await due(agent, case)
    at = f"/api/emergencies/{case}/handovers/{handover['id']}/state"
    clock.shift(timedelta(seconds=40))
    told = await agent.post(at, {"state": "accepted", "who": "3 号席", "reference": "JJ-17"})
    assert (told["state"], told["confirmed_by"], told["reference"]) == ("accepted", "3 号席", "JJ-17")
    assert "handover:120" not in await due(agent, case)
    refused = await agent.post(at, {"state": "accepted"}, status=409)
    assert (refused["error"]["code"], refused["error"]["details"]["state"]) == ("illegal_move", "accepted")
    clock.shift(timedelta(seconds=20))
    await agent.post(at, {"state": "dispatched"})
    await agent.post(at, {"state": "arrived"})
    assert (await agent.post(at, {"state": "closed"}, status=422))["error"]["code"] == "outcome_needed"
    closed = await agent.post(at, {"state": "closed", "outcome": "送市中心医院"})
    assert (closed["state"], closed["possible"]) == ("closed", [])
    told = [(e.kind, round(e.data.get("seconds", 0), -1), e.data.get("by")) for e in await entries(house, case)]
    assert told == [
        ("handover_offered", 0, "agent"), ("handover_accepted", 40, "agent"), ("handover_dispatched", 60, "agent"),
        ("handover_arrived", 60, "agent"), ("handover_closed", 60, "agent"),
    ]  # fmt: skip
    again = await offered(agent, case)
    assert again["handover"]["id"] != handover["id"], "what is closed may be handed over anew"


async def test_one_is_open_for_each_agency(house: House) -> None:
    agent, case = await an_emergency(house)
    answers = await asyncio.gather(
        *(agent.http.post(f"/api/emergencies/{case}/handovers", json={"agency": "120"}) for _ in range(4)),
        agent.http.post(f"/api/emergencies/{case}/handovers", json={"agency": "110"}),
    )
    assert sorted(a.status_code for a in answers) == [200, 200, 409, 409, 409]
    assert {a.json()["error"]["code"] for a in answers if a.status_code == 409} == {"handover_open"}
    assert await kinds(house, case) == ["handover_offered"] * 2


async def test_12345_takes_no_emergency(house: House) -> None:
    agent, case = await an_emergency(house)
    refused = await agent.post(f"/api/emergencies/{case}/handovers", {"agency": "12345"}, status=422)
    assert refused["error"]["code"] == "not_for_emergencies"
    assert await agent.get(f"/api/emergencies/{case}/handovers") == [] and await kinds(house, case) == []


async def test_a_rejection_needs_its_reason(house: House) -> None:
    agent, case = await an_emergency(house)
    handover = (await offered(agent, case))["handover"]
    at = f"/api/emergencies/{case}/handovers/{handover['id']}/state"
    assert (await agent.post(at, {"state": "rejected"}, status=422))["error"]["code"] == "reason_needed"
    assert "handover:120" in await due(agent, case)
    await agent.post(at, {"state": "rejected", "reason": "没有空车"})
    assert "handover:120" not in await due(agent, case)
    assert [(e.kind, e.text) for e in await entries(house, case)][-1] == ("handover_rejected", "没有空车")


async def test_nobody_accepts_within_two_minutes_and_it_goes_up(house: House) -> None:
    agent, case = await an_emergency(house)
    await offered(agent, case)
    clock.shift(timedelta(seconds=125))
    await sweep_emergencies(house.database)
    assert "handover:120" in await alarms(agent, case)


async def test_the_packet_says_what_a_crew_must_know_and_is_logged(house: House) -> None:
    agent, case = await an_emergency(house)
    handover = (await offered(agent, case, note="院里有狗"))["handover"]
    packet = await agent.get(f"/api/handovers-out/{handover['id']}/packet")
    problems = [f"{'.'.join(map(str, e.absolute_path))}: {e.message}" for e in Draft202012Validator(SCHEMA).iter_errors(packet)]
    assert problems == []
    (place,), patient = packet["locationComponent"], packet["personComponent"][0]
    assert patient["name"] == NAME and patient["telephone"][0] == "+867103456789"
    assert "施营" in place["addressText"] and place["civicAddress"]["door"] and place["access"]["floor"] is not None
    holders = [ref["$ref"] for ref in place["keyHolderReference"]]
    people = {person["$id"]: person for person in packet["personComponent"]}
    assert holders and all(people[holder]["hasKey"] for holder in holders)
    assert "青霉素" in patient["health"]["allergies"]
    assert next(note["noteText"] for note in packet["notesComponent"]) == "院里有狗"
    (row,) = await house.rows("SELECT purpose, details FROM audit WHERE verb = 'elder:handed_over'")
    assert row.purpose == f"case:{case}" and row.details["agency"] == "120"
    stranger = house.visitor("agent4")
    await stranger.sign_in()
    assert (await stranger.get(f"/api/handovers-out/{handover['id']}/packet", status=403))["error"]["code"] == "no_access"
    (masked,) = await stranger.get(f"/api/emergencies/{case}/handovers")
    assert masked["note"] == "" and masked["state"] == "offered"
    assert (await stranger.post(f"/api/emergencies/{case}/handovers", {"agency": "110"}, status=403))["error"]["code"] == "no_access"


async def test_nothing_private_stands_open_in_rows(house: House) -> None:
    """Of the packet, of the note and of where a link went."""
    agent, case = await an_emergency(house)
    await offered(agent, case, note="院里有狗", mobile=CREW)
    for table in ("outside_handovers", "outside_links", "outbox", "audit", "idempotency_keys", "outside_reports"):
        for (row,) in await house.rows(f"SELECT t::text FROM {table} t"):
            for word in (NAME, "青霉素", "院里有狗", CREW, "3456789"):
                assert word not in row, table


async def test_a_changed_profile_reaches_the_packet(house: House) -> None:
    agent, case = await an_emergency(house)
    handover = (await offered(agent, case, mobile=CREW))["handover"]
    clock.shift(timedelta(seconds=6))
    await second(house)
    assert (await only(agent, case))["packet_version"] == 1, "nothing has changed"
    (elder,) = await house.rows("SELECT id, entrance_hint FROM elders WHERE name = '王桂兰' AND merged_into IS NULL LIMIT 1")
    try:
        profile = await agent.get(f"/api/elders/{elder.id}/profile")
        edit = {"version": profile["version"], "entrance_hint": "北门进，门禁 5801"}
        answer = await agent.http.post(f"/api/elders/{elder.id}/profile", json=edit)
        assert answer.status_code == 200, answer.text
        clock.shift(timedelta(seconds=6))
        await asyncio.gather(second(house), second(house))
        assert (await only(agent, case))["packet_version"] == 2
        packet = await agent.get(f"/api/handovers-out/{handover['id']}/packet")
        assert packet["locationComponent"][0]["access"]["entrance"] == "北门进，门禁 5801"
        assert await house.rows("SELECT DISTINCT packet_version FROM outside_links") == [(2,)]
        assert (await kinds(house, case)).count("handover_updated") == 1
    finally:
        async with house.owner.transaction() as session:
            await session.execute(
                text("UPDATE elders SET entrance_hint = :hint WHERE id = :id"), {"hint": elder.entrance_hint, "id": elder.id}
            )


async def test_the_end_of_the_emergency_ends_what_was_handed_over(house: House) -> None:
    agent, case = await an_emergency(house)
    await offered(agent, case, mobile=CREW)
    await agent.post(f"/api/cases/{case}/close", {"outcome": "emergency_passed_on", "note": ""}, status=409)  # she is still on the line
    house.sim.hang_up_far(next(iter(house.sim.channels)))
    await agent.is_("wrap_up")
    (call,) = await house.rows("SELECT id FROM calls")
    await agent.wraps_up(str(call.id), "emergency_passed_on")
    await sweep_emergencies(house.database)
    await second(house)
    supervisor = house.visitor("supervisor1")
    await supervisor.sign_in()
    (one,) = await supervisor.get(f"/api/emergencies/{case}/handovers")
    assert (one["state"], one["outcome"], one["links"][0]["ended"]) == ("closed", "emergency_passed_on", True)
    assert await house.rows("SELECT packet FROM outside_links") == [(None,)], "nobody can be shown it any more"
    refused = await supervisor.post(f"/api/emergencies/{case}/handovers", {"agency": "120"}, status=409)
    assert refused["error"]["code"] == "emergency_over"


@pytest.mark.parametrize("mobile", ["07103456789", "110", "abc"])
async def test_a_link_goes_to_a_mobile_telephone_or_nowhere(house: House, mobile: str) -> None:
    agent, case = await an_emergency(house)
    refused = await agent.post(f"/api/emergencies/{case}/handovers", {"agency": "120", "mobile": mobile}, status=422)
    assert refused["error"]["code"] == "no_mobile_number"
    assert await agent.get(f"/api/emergencies/{case}/handovers") == []


async def test_a_link_is_sent_shown_and_revoked(house: House) -> None:
    agent, case = await an_emergency(house)
    made = await offered(agent, case, mobile=CREW)
    link = made["link"]
    assert link["url"] == f"{house.settings.outside_url}/h/{link['url'][-22:]}" and len(link["code"]) == 8 and link["code"].isdigit()
    assert link["sent_to"] == "138****8120"
    (message,) = await house.rows("SELECT template, about_kind, about_id FROM messages")
    assert tuple(message) == ("crew_link", "case", case)
    at = f"/api/emergencies/{case}/handovers/{made['handover']['id']}"
    shown = await agent.post(f"{at}/link", {})
    assert shown["sent_to"] == "" and shown["url"] != link["url"]
    twice = [(await agent.http.post(f"{at}/link", json={}, headers={"Idempotency-Key": "k1"})).json() for _ in range(2)]
    assert twice[0]["url"] == twice[1]["url"] != shown["url"]
    assert len((await only(agent, case))["links"]) == 3
    revoked = await agent.post(f"{at}/revoke")
    assert [one["ended"] for one in revoked["links"]] == [True] * 3
    await agent.post(f"{at}/revoke")
    assert (await kinds(house, case)).count("handover_links_ended") == 1
    assert await house.rows("SELECT DISTINCT packet FROM outside_links") == [(None,)]


async def test_who_is_called_is_the_nearest(house: House) -> None:
    """Of the whole centre, of the district, of the community; and what nobody has written is said so."""
    admin = house.visitor("admin1")
    await admin.sign_in()
    regions = {r["code"]: r["id"] for r in await admin.get("/api/regions")}
    agent, case = await an_emergency(house)
    for code, number in (("420606", "07103460120"), ("420606-01", "07103460121")):
        body = {"agency": "120", "number": number, "label": code, "region_id": regions[code], "mobile": CREW}
        added = await admin.post("/api/outside-services", body)
        assert added["number"] == f"+86{number[1:]}" and added["mobile"] == "138 0013 8120"
    assert (await admin.post("/api/outside-services", body, status=409))["error"]["code"] == "service_exists"
    made = await offered(agent, case)
    assert made["handover"]["label"].startswith("420606") and made["link"]["sent_to"] == "138****8120", "the service's own telephone"
    assert (await offered(agent, case, "gas"))["handover"]["label"] == "樊城燃气抢修"
    (fire,) = [r for r in await admin.get("/api/outside-services") if r["agency"] == "119"]
    off = {"version": fire["version"], "number": fire["number"], "label": fire["label"], "active": False}
    assert (await admin.http.put(f"/api/outside-services/{fire['id']}", json=off)).status_code == 200
    refused = await agent.post(f"/api/emergencies/{case}/handovers", {"agency": "119"}, status=404)
    assert refused["error"]["code"] == "no_outside_number"


async def test_who_may_change_numbers(house: House) -> None:
    supervisor, admin, agent = (house.visitor(name) for name in ("supervisor1", "admin1", "agent1"))
    for one in (supervisor, admin, agent):
        await one.sign_in()
    rows = await supervisor.get("/api/outside-services")
    centre = next(r for r in rows if r["agency"] == "120" and r["region_id"] is None)
    change = {"version": centre["version"], "number": "120", "label": "市急救中心", "mobile": CREW}
    refused = await supervisor.http.put(f"/api/outside-services/{centre['id']}", json=change)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "not_your_region"), "the whole centre's is an admin's"
    changed = await admin.http.put(f"/api/outside-services/{centre['id']}", json=change)
    assert changed.status_code == 200 and changed.json()["label"] == "市急救中心"
    assert (await admin.http.put(f"/api/outside-services/{centre['id']}", json=change)).json()["error"]["code"] == "version_old"
    masked = await agent.get("/api/outside-services")
    assert next(r for r in masked if r["id"] == centre["id"])["mobile"] == "138****8120"
    interface = {"version": 2, "webhook_url": "https://city.example.cn/in", "secret": "x" * 32}
    assert (await supervisor.http.put(f"/api/outside-services/{centre['id']}/interface", json=interface)).status_code == 403
    plain = {**interface, "webhook_url": "http://city.example.cn/in"}
    assert (await admin.http.put(f"/api/outside-services/{centre['id']}/interface", json=plain)).json()["error"]["code"] == "not_https"
    done = await admin.http.put(f"/api/outside-services/{centre['id']}/interface", json=interface)
    assert done.status_code == 200 and done.json()["has_secret"] and "x" * 32 not in done.text
    verbs = [row.verb for row in await house.rows("SELECT verb FROM audit WHERE verb LIKE 'outside_service:%' ORDER BY id")]
    assert verbs == ["outside_service:changed", "outside_service:interface"]
    city_line = next(r for r in rows if r["agency"] == "12345")
    refused = await admin.http.put(f"/api/outside-services/{city_line['id']}/interface", json={**interface, "version": 1})
    assert refused.json()["error"]["code"] == "not_for_emergencies"
