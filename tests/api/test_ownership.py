"""Cases change hands: taken over, given away, freed, held while somebody works on them; call-backs put to somebody; a pause ended."""

from __future__ import annotations

import asyncio
import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy import text

from callcenter.accounts.actor import Actor
from callcenter.accounts.roles import Role
from callcenter.cases.ownership import take_over
from callcenter.kit import clock
from callcenter.kit.errors import Conflict
from tests.api.routes import fingerprint
from tests.house import AgentAtWork, House, until


async def signed_in(house: House, username: str) -> AgentAtWork:
    person = house.visitor(username)
    await person.sign_in()
    return person


async def a_talk(house: House, agent: AgentAtWork, number: str = "07103456789") -> dict[str, Any]:
    """A press that this agent has answered and is over: her case, open until she says how it ended."""
    elder = house.elder(number).press_sos()
    call = await agent.picks_up()
    elder.hangs_up()
    await agent.is_("wrap_up")
    return call


async def an_abandoned_press(house: House, number: str = "07103456789") -> str:
    elder = house.elder(number).press_sos()
    await house.until_rows("SELECT 1 FROM calls WHERE state = 'queued'")
    elder.hangs_up()
    (task,) = await house.until_rows("SELECT case_id FROM case_tasks WHERE state = 'open'")
    return str(task.case_id)


async def open_grants(house: House, case_id: str) -> list[str]:
    rows = await house.rows(
        "SELECT u.username FROM access_grants g JOIN users u ON u.id = g.user_id WHERE g.case_id = :case AND g.reason = 'owned_case' "
        "AND (g.until IS NULL OR g.until > :now)",
        case=case_id, now=clock.now(),
    )  # fmt: skip
    return sorted(row.username for row in rows)


async def untouched(house: House) -> dict[str, tuple[int, str]]:
    """What a refusal leaves alone: all but the marks of life of open consoles and sign-ins."""
    alive = ("agent_presence", "audit", "console_sockets", "outbox", "user_sessions")
    return {name: seen for name, seen in (await fingerprint(house.owner)).items() if name not in alive}


async def test_a_case_is_given_away_with_a_word_and_goes_back_to_the_queue(house: House) -> None:
    giver, getter = await house.agent("agent1"), house.visitor("agent2")
    await getter.sign_in()
    await getter.open_console()
    case_id = (await a_talk(house, giver))["case_id"]
    assert await open_grants(house, case_id) == ["agent1"]
    assert getter.console.cases == {}
    fresh = await giver.get(f"/api/cases/{case_id}")
    assert fresh["handed"] is None and fresh["owner_id"] == giver.id

    # seen wrongly: refused with who has it, and nothing changes
    before = await untouched(house)
    answer = await giver.http.post(f"/api/cases/{case_id}/give", json={"to": getter.id, "seen_owner_id": None})
    assert answer.status_code == 409
    error = answer.json()["error"]
    assert (error["code"], error["details"]["owner_id"], error["details"]["owner_name"]) == ("owner_changed", giver.id, "陈静")
    # to somebody who works with no cases, or is nobody
    for nobody in (str(uuid.uuid4()), (await (await signed_in(house, "admin1")).get("/api/auth/me"))["id"]):
        refused = await giver.post(f"/api/cases/{case_id}/give", {"to": nobody, "seen_owner_id": giver.id}, status=422)
        assert refused["error"]["code"] == "no_such_agent"
    # and by somebody who does not own it
    other = await signed_in(house, "agent3")
    assert (await other.post(f"/api/cases/{case_id}/give", {"to": other.id, "seen_owner_id": giver.id}, status=403))["error"]["code"] == (
        "not_your_case"
    )
    assert await untouched(house) == before

    given = await giver.post(f"/api/cases/{case_id}/give", {"to": getter.id, "seen_owner_id": giver.id, "word": " 请十点回访 "})
    assert (given["owner_id"], given["owner_name"]) == (getter.id, "刘洋")
    arrived = await until(lambda: getter.console.cases.get(case_id), why="the case arrives")
    assert (arrived["handed"]["by_name"], arrived["handed"]["word"], arrived["state"]) == ("陈静", "请十点回访", "owned")
    await until(lambda: case_id not in giver.console.cases, why="the case leaves the giver's list")
    assert await open_grants(house, case_id) == ["agent2"]
    newest = (await getter.get(f"/api/cases/{case_id}"))["entries"][0]
    assert (newest["kind"], newest["actor_name"], newest["text"]) == ("given", "陈静", "请十点回访")
    assert newest["data"] == {"from_name": "陈静", "to_name": "刘洋"}
    (row,) = await house.rows("SELECT actor_name, details FROM audit WHERE verb = 'case:given' AND object_id = :case", case=case_id)
    assert (row.actor_name, row.details) == ("陈静", {"from": giver.id, "to": getter.id})

    freed = await getter.post(f"/api/cases/{case_id}/free", {"seen_owner_id": getter.id, "minutes": 30, "word": "下班"})
    assert (freed["owner_id"], freed["state"], freed["handed"]) == (None, "new", None)
    (row,) = await house.rows("SELECT deadline_at FROM cases WHERE id = :case", case=case_id)
    assert timedelta(minutes=29) < row.deadline_at - clock.now() <= timedelta(minutes=30)
    assert await open_grants(house, case_id) == []
    # what is over changes hands no more
    await other.post(f"/api/cases/{case_id}/take-over", {"seen_owner_id": None})
    await other.post(f"/api/cases/{case_id}/close", {"outcome": "helped", "note": ""})
    late = await other.post(f"/api/cases/{case_id}/free", {"seen_owner_id": other.id}, status=409)
    assert (late["error"]["code"], late["error"]["details"]["state"]) == ("illegal_move", "resolved")


async def test_snapshot_and_events_agree_after_a_case_has_changed_hands(house: House) -> None:
    giver, getter = await house.agent("agent1"), house.visitor("agent2")
    await getter.sign_in()
    await getter.open_console()
    case_id = (await a_talk(house, giver))["case_id"]
    await giver.post(f"/api/cases/{case_id}/give", {"to": getter.id, "seen_owner_id": giver.id, "word": "请跟进"})
    await until(lambda: case_id in getter.console.cases and case_id not in giver.console.cases, why="it has moved")
    for agent in (giver, getter):
        by_events = agent.console.picture()
        await agent.close_console()
        await agent.open_console()
        assert agent.console.picture()["cases"] == by_events["cases"]


async def test_a_waiting_case_may_be_taken_by_anybody_and_keeps_its_call_back(house: House) -> None:
    agent, other = await signed_in(house, "agent1"), await signed_in(house, "agent2")
    case_id = await an_abandoned_press(house)
    taken = await agent.post(f"/api/cases/{case_id}/take-over", {"seen_owner_id": None})
    assert (taken["owner_id"], taken["state"]) == (agent.id, "waiting")  # the call-back is still to be done
    assert (await agent.post(f"/api/cases/{case_id}/take-over", {"seen_owner_id": agent.id}))["owner_id"] == agent.id  # harmless twice
    assert len(await house.rows("SELECT 1 FROM case_entries WHERE kind = 'taken_over' AND case_id = :case", case=case_id)) == 1
    # it waits, so a colleague may take it from her
    again = await other.post(f"/api/cases/{case_id}/take-over", {"seen_owner_id": agent.id})
    assert again["owner_id"] == other.id and await open_grants(house, case_id) == ["agent2"]


async def test_of_two_supervisors_at_once_one_wins_and_the_other_hears_who(house: House) -> None:
    """Two real connections, twenty times, whoever is faster."""
    case_id = uuid.UUID(await an_abandoned_press(house))
    people = {row.username: row for row in await house.rows("SELECT id, username, name FROM users")}
    rivals = [Actor("user", people[n].id, people[n].name, Role.SUPERVISOR) for n in ("agent1", "agent2")]
    seen: uuid.UUID | None = None
    for _ in range(20):

        async def take(actor: Actor, seen: uuid.UUID | None = seen) -> str | dict[str, Any]:
            try:
                async with house.database.transaction() as session:
                    await take_over(session, actor, case_id, seen_owner_id=seen)
                return str(actor.id)
            except Conflict as error:
                return {"code": error.code, **error.details}

        answers = await asyncio.gather(*(take(actor) for actor in rivals))
        won = [a for a in answers if isinstance(a, str)]
        lost = [a for a in answers if isinstance(a, dict)]
        assert len(won) == len(lost) == 1
        (row,) = await house.rows("SELECT owner_id FROM cases WHERE id = :case", case=case_id)
        assert str(row.owner_id) == won[0] == lost[0]["owner_id"] and lost[0]["code"] == "owner_changed"
        async with house.owner.transaction() as session:  # somebody else has it before the next round
            await session.execute(text("UPDATE cases SET owner_id = :id"), {"id": people["agent3"].id})
        seen = people["agent3"].id


async def test_a_supervisor_takes_any_case_an_agent_only_what_nobody_has_or_what_waits(house: House) -> None:
    owner = await house.agent("agent1")
    case_id = (await a_talk(house, owner))["case_id"]
    colleague, supervisor = await signed_in(house, "agent2"), await signed_in(house, "supervisor1")
    refused = await colleague.post(f"/api/cases/{case_id}/take-over", {"seen_owner_id": owner.id}, status=403)
    assert refused["error"]["code"] == "not_your_case"
    (before,) = await house.rows("SELECT owner_id, version FROM cases WHERE id = :case", case=case_id)
    assert str(before.owner_id) == owner.id
    taken = await supervisor.post(f"/api/cases/{case_id}/take-over", {"seen_owner_id": owner.id})
    assert taken["owner_id"] == supervisor.id and taken["elder"]["full"] is True
    assert await open_grants(house, case_id) == ["supervisor1"]
    await until(lambda: case_id not in owner.console.cases, why="it leaves her list")


async def test_an_opened_case_is_held_until_its_agent_does_nothing_for_a_minute(house: House) -> None:
    first, second, supervisor = [await signed_in(house, name) for name in ("agent1", "agent2", "supervisor1")]
    case_id = await an_abandoned_press(house, "07103459876")  # nobody's number: everybody may write on it
    assert (await first.post(f"/api/cases/{case_id}/hold"))["holder"]["user_id"] == first.id
    seen = (await second.post(f"/api/cases/{case_id}/hold"))["holder"]
    assert (seen["user_id"], seen["name"]) == (first.id, "陈静")
    assert (await second.get(f"/api/cases/{case_id}"))["holder"] == seen
    assert [c["holder"] for c in await supervisor.get("/api/floor/cases")] == [seen]

    # the others read it and add notes, and that is all
    await second.post(f"/api/cases/{case_id}/notes", {"text": "女儿来过电话"})
    for path, body in (("close", {"outcome": "helped", "note": ""}), ("take-over", {"seen_owner_id": None})):
        refused = await second.post(f"/api/cases/{case_id}/{path}", body, status=409)
        assert (refused["error"]["code"], refused["error"]["details"]["holder_name"]) == ("case_locked", "陈静")
    assert (await second.get(f"/api/cases/{case_id}"))["owner_id"] is None

    try:
        clock.shift(timedelta(seconds=59))
        assert (await second.get(f"/api/cases/{case_id}"))["holder"]["user_id"] == first.id
        clock.shift(timedelta(seconds=2))
        assert (await second.get(f"/api/cases/{case_id}"))["holder"] is None
        assert (await second.post(f"/api/cases/{case_id}/hold"))["holder"]["user_id"] == second.id
        # somebody else's lock is not hers to open; her own is
        await first.http.delete(f"/api/cases/{case_id}/hold")
        assert (await first.get(f"/api/cases/{case_id}"))["holder"]["user_id"] == second.id
        assert (await second.http.delete(f"/api/cases/{case_id}/hold")).status_code == 200
        assert (await first.get(f"/api/cases/{case_id}"))["holder"] is None
        # a supervisor is not kept out
        await first.post(f"/api/cases/{case_id}/hold")
        assert (await supervisor.post(f"/api/cases/{case_id}/take-over", {"seen_owner_id": None}))["holder"] is None
    finally:
        clock.reset()


async def test_a_ringing_alarm_is_held_for_twenty_seconds_and_a_talk_for_as_long_as_it_lasts(house: House) -> None:
    reader, supervisor = await signed_in(house, "agent2"), await signed_in(house, "supervisor1")
    house.elder("07103459876").press_sos()
    (call,) = await house.until_rows("SELECT case_id FROM calls WHERE state = 'queued'")
    held = (await reader.post(f"/api/cases/{call.case_id}/hold"))["holder"]
    (row,) = await house.rows("SELECT extract(epoch FROM until - since) AS seconds FROM case_locks")
    assert held["user_id"] == reader.id and float(row.seconds) == 20.0
    agent = await signed_in(house, "agent1")
    await agent.open_console()
    await agent.plug_in_phone()  # and is rung at once
    await agent.picks_up()
    held = (await supervisor.get(f"/api/cases/{call.case_id}"))["holder"]
    assert (held["user_id"], held["until"]) == (agent.id, None)


async def test_a_call_back_is_put_to_somebody_and_may_still_be_done_by_another(house: House) -> None:
    supervisor, agent = await signed_in(house, "supervisor1"), house.visitor("agent2")
    await agent.sign_in()
    await agent.open_console()
    case_id = await an_abandoned_press(house)
    task = await agent.sees_task(case_id=case_id)
    await supervisor.post(f"/api/tasks/{task['id']}/assign", {"to": agent.id, "seen_owner_id": None})
    seen = await agent.sees_task(owner_id=agent.id)
    assert seen["state"] == "open"
    late = await supervisor.post(f"/api/tasks/{task['id']}/assign", {"to": supervisor.id, "seen_owner_id": None}, status=409)
    assert (late["error"]["code"], late["error"]["details"]["owner_name"]) == ("owner_changed", "刘洋")
    other = await signed_in(house, "agent3")
    await other.post(f"/api/tasks/{task['id']}/done", {"note": "家属已联系"})
    gone = await supervisor.post(f"/api/tasks/{task['id']}/assign", {"to": supervisor.id, "seen_owner_id": agent.id}, status=409)
    assert gone["error"]["details"]["state"] == "done"


async def test_a_pause_that_was_forgotten_is_ended_and_nothing_else(house: House) -> None:
    supervisor, agent = await signed_in(house, "supervisor1"), await house.agent("agent1")
    early = await supervisor.post(f"/api/agents/{agent.id}/idle", status=409)
    assert (early["error"]["code"], early["error"]["details"]["state"]) == ("not_paused", "idle")
    await agent.post("/api/presence", {"state": "paused", "reason": "meal"})
    await agent.is_("paused")
    assert (await supervisor.post(f"/api/agents/{agent.id}/idle"))["outcome"] == "done"
    await agent.is_("idle", reason="")
    rows = await house.rows("SELECT actor_name, object_id FROM audit WHERE verb = 'agent:pause-ended'")
    assert [(row.actor_name, row.object_id) for row in rows] == [("黄志强", agent.id)]
    await supervisor.post(f"/api/agents/{uuid.uuid4()}/idle", status=404)


async def test_a_supervisor_sees_names_of_her_regions_only(house: House) -> None:
    supervisor = await signed_in(house, "supervisor1")
    case_id = await an_abandoned_press(house)
    (elder,) = await house.rows(
        "SELECT e.name, e.community_id FROM elders e JOIN cases c ON c.elder_id = e.id WHERE c.id = :id", id=case_id
    )
    async with house.owner.transaction() as session:
        (kept,) = (await session.execute(text("SELECT region_ids FROM users WHERE username = 'supervisor1'"))).one()
        await session.execute(text("UPDATE users SET region_ids = '{}' WHERE username = 'supervisor1'"))
    try:
        (masked,) = await supervisor.get("/api/floor/cases")
        assert (masked["elder_name"], masked["whole"]) == (elder.name[0] + "**", False)
        assert masked["call_back_due_at"] is not None and masked["live_call"] is False and masked["place"]
        async with house.owner.transaction() as session:
            await session.execute(
                text("UPDATE users SET region_ids = ARRAY[CAST(:region AS uuid)] WHERE username = 'supervisor1'"),
                {"region": elder.community_id},
            )
        (whole,) = await supervisor.get("/api/floor/cases")
        assert (whole["elder_name"], whole["whole"]) == (elder.name, True)
    finally:
        async with house.owner.transaction() as session:
            await session.execute(text("UPDATE users SET region_ids = :ids WHERE username = 'supervisor1'"), {"ids": kept})
