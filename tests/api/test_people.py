"""People and teams as an admin keeps them: temporary passwords, roles, leaving at once or after the call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text

from tests.api.routes import fingerprint
from tests.house import AgentAtWork, House, until

RESTLESS = ("console_sockets", "agent_presence", "outbox", "carrier_marks")  # marks of life, and what voice does meanwhile by itself
NEW = {"username": "New.One", "name": "何新", "role": "agent", "dialects": ["河南话", "襄阳话"], "skills": ["comfort"]}


async def signed_in(house: House, username: str) -> AgentAtWork:
    person = house.visitor(username)
    await person.sign_in()
    return person


@pytest_asyncio.fixture
async def admin(house: House) -> AsyncIterator[AgentAtWork]:
    """People as they were, afterwards: they outlive a house."""
    kept = await house.rows("SELECT * FROM users")
    yield await signed_in(house, "admin1")
    if house.engine:
        await house.stop_voice()
    async with house.owner.transaction() as session:
        for table in ("user_sessions", "agent_presence", "sip_accounts", "console_sockets"):
            column = "user_id" if table == "user_sessions" else "agent_id"
            await session.execute(text(f"DELETE FROM {table} WHERE {column} IN (SELECT id FROM users WHERE username LIKE 'new.%')"))
        await session.execute(text("DELETE FROM users WHERE username LIKE 'new.%'"))
        for row in kept:
            await session.execute(
                text(
                    "UPDATE users SET name = :name, role = :role, active = :active, password_hash = :password_hash, team_id = NULL, "
                    "must_change_password = :must_change_password, leaves_after_call = false, region_ids = :region_ids WHERE id = :id"
                ),
                dict(row._mapping),
            )
        await session.execute(text("DELETE FROM teams"))


async def refused(person: AgentAtWork, path: str, body: dict[str, Any], status: int, code: str) -> None:
    """With nothing changed."""
    before = await fingerprint(person.house.owner, but=RESTLESS)
    assert (await person.post(path, body, status=status))["error"]["code"] == code
    assert await fingerprint(person.house.owner, but=RESTLESS) == before


async def person_of(admin: AgentAtWork, username: str) -> dict[str, Any]:
    return dict(next(p for p in (await admin.get("/api/users"))["people"] if p["username"] == username))


async def sign_in(house: House, username: str, password: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=house.url) as client:
        return await client.post("/api/auth/sign-in", json={"username": username, "password": password})


# --- adding and changing -----------------------------------------------------------------------------------------------------------


async def test_somebody_is_added_with_a_password_that_is_shown_once(house: House, admin: AgentAtWork) -> None:
    admin.http.headers["Idempotency-Key"] = "0192f0c4-one"
    added = await admin.post("/api/users", NEW)
    assert {k: added["person"][k] for k in ("username", "name", "role", "dialects", "skills", "active", "must_change_password")} == {
        "username": "new.one", "name": "何新", "role": "agent", "dialects": ["襄阳话", "河南话"], "skills": ["comfort"], "active": True,
        "must_change_password": True,
    }  # fmt: skip
    assert (await sign_in(house, "new.one", added["password"])).status_code == 200
    again = await admin.post("/api/users", NEW)
    assert (again["password"], again["person"]["id"]) == (None, added["person"]["id"])
    kept = await house.rows("SELECT answer::text AS answer FROM idempotency_keys UNION ALL SELECT details::text FROM audit")
    assert not any(added["password"] in row.answer for row in kept)
    assert len(await house.rows("SELECT 1 FROM audit WHERE verb = 'user:added' AND actor_name = '赵雯'")) == 1


@pytest.mark.parametrize(
    "change,status,code",
    [
        ({"username": "agent1"}, 409, "username_taken"),
        ({"username": "何新"}, 422, "bad_username"),
        ({"dialects": ["火星话"]}, 422, "unknown_dialect"),
        ({"skills": ["flying"]}, 422, "unknown_skill"),
        ({"team_id": "00000000-0000-0000-0000-000000000001"}, 422, "no_such_team"),
        ({"role": "supervisor", "region_ids": ["00000000-0000-0000-0000-000000000001"]}, 422, "region_not_found"),
        ({"name": "\n"}, 422, "invalid"),
    ],
)
async def test_who_cannot_be_added_is_not(admin: AgentAtWork, change: dict[str, Any], status: int, code: str) -> None:
    await refused(admin, "/api/users", {**NEW, **change}, status, code)


async def test_regions_are_a_supervisors(house: House, admin: AgentAtWork) -> None:
    (region,) = await house.rows("SELECT id FROM regions WHERE code = '420606-01'")
    await refused(admin, "/api/users", {**NEW, "region_ids": [str(region.id)]}, 422, "regions_are_for_supervisors")
    added = await admin.post("/api/users", {**NEW, "role": "supervisor", "region_ids": [str(region.id)]})
    assert added["person"]["region_ids"] == [str(region.id)]


async def test_a_new_role_is_there_after_signing_in_anew(house: House, admin: AgentAtWork) -> None:
    agent = await house.agent("agent5")
    before = await person_of(admin, "agent5")
    body = {"name": "吴晓燕", "role": "supervisor", "dialects": before["dialects"]}
    changed = await admin.post(f"/api/users/{agent.id}", body)
    assert changed["role"] == "supervisor"
    assert (await agent.http.get("/api/auth/me")).status_code == 401
    await agent.close_console()
    await agent.sign_in()
    assert agent.me["role"] == "supervisor"
    (row,) = await house.rows("SELECT details FROM audit WHERE verb = 'user:changed'")
    assert row.details == {"changed": ["role"], "role": ["agent", "supervisor"]}


async def test_nothing_changed_is_not_audited(house: House, admin: AgentAtWork) -> None:
    before = await person_of(admin, "agent5")
    body = {name: before[name] for name in ("name", "role", "dialects", "skills", "team_id", "region_ids")}
    assert await admin.post(f"/api/users/{before['id']}", body) == before
    assert await house.rows("SELECT 1 FROM audit WHERE verb = 'user:changed'") == []


async def test_nobody_locks_herself_out_and_one_admin_stays(house: House, admin: AgentAtWork) -> None:
    me = await person_of(admin, "admin1")
    await refused(admin, f"/api/users/{me['id']}/disable", {}, 409, "own_account")
    await refused(admin, f"/api/users/{me['id']}", {"name": "赵雯", "role": "agent"}, 409, "own_account")
    await refused(admin, f"/api/users/{me['id']}/password", {}, 409, "own_account")
    added = await admin.post("/api/users", {**NEW, "role": "admin", "dialects": [], "skills": []})
    second = house.visitor("new.one")
    answer = await second.http.post("/api/auth/sign-in", json={"username": "new.one", "password": added["password"]})
    second.http.headers["X-CSRF-Token"] = answer.json()["csrf"]
    changed = await second.http.post("/api/account/password", json={"old": added["password"], "new": "kaifeng-2024-hua"})
    assert changed.status_code < 300, changed.text
    second_id = added["person"]["id"]
    # two admins disable each other at the same moment: one of them stays
    answers = await asyncio.gather(
        admin.http.post(f"/api/users/{second_id}/disable", json={}), second.http.post(f"/api/users/{me['id']}/disable", json={})
    )
    assert sorted(answer.status_code for answer in answers)[0] == 200
    assert len(await house.rows("SELECT 1 FROM users WHERE role = 'admin' AND active")) >= 1


async def test_a_temporary_password_ends_the_sessions(house: House, admin: AgentAtWork) -> None:
    agent = await signed_in(house, "agent5")
    given = await admin.post(f"/api/users/{agent.id}/password")
    assert given["person"]["must_change_password"]
    assert (await agent.http.get("/api/auth/me")).status_code == 401
    assert [(await sign_in(house, "agent5", p)).status_code for p in ("yijiantong", given["password"])] == [401, 200]


async def test_a_supervisor_reads_and_changes_nobody(house: House, admin: AgentAtWork) -> None:
    supervisor = await signed_in(house, "supervisor1")
    names = {person["username"] for person in (await supervisor.get("/api/users"))["people"]}
    assert {"agent1", "supervisor1", "admin1"} <= names
    for path, body in (("/api/users", NEW), ("/api/teams", {"name": "夜班组"})):
        await refused(supervisor, path, body, 403, "forbidden")


# --- leaving -----------------------------------------------------------------------------------------------------------------------


async def test_who_is_free_is_out_at_once(house: House, admin: AgentAtWork) -> None:
    agent = await house.agent("agent5")
    gone = await admin.post(f"/api/users/{agent.id}/disable", {})
    assert not gone["active"]
    assert (await agent.http.get("/api/auth/me")).status_code == 401
    await house.until_rows("SELECT 1 FROM sip_accounts", count=0)
    assert (await sign_in(house, "agent5", "yijiantong")).status_code == 401
    back = await admin.post(f"/api/users/{agent.id}/enable")
    assert back["active"] and (await sign_in(house, "agent5", "yijiantong")).status_code == 200


async def test_who_is_in_a_call_leaves_after_it_and_is_rung_for_nothing_more(house: House, admin: AgentAtWork) -> None:
    agent = await house.agent("agent5")
    elder = house.elder("07103456789").press_sos()
    call = await agent.picks_up()
    for path in ("disable", "password"):
        await refused(admin, f"/api/users/{agent.id}/{path}", {}, 409, "in_a_call")
    await refused(admin, f"/api/users/{agent.id}", {"name": "吴晓燕", "role": "supervisor"}, 409, "in_a_call")

    leaving = await admin.post(f"/api/users/{agent.id}/disable", {"when": "after_call"})
    assert (leaving["active"], leaving["leaves_after_call"], leaving["in_call"]) == (True, True, True)
    await elder.talks()  # nothing is cut
    elder.hangs_up()
    await agent.is_("wrap_up")
    await agent.wraps_up(call["id"])  # there is time for it
    other = house.elder("07103459876").press_sos()
    await house.until_rows("SELECT 1 FROM users WHERE username = 'agent5' AND NOT active AND NOT leaves_after_call")
    assert not agent.is_rung()
    assert (await agent.http.get("/api/auth/me")).status_code == 401
    other.hangs_up()
    rows = await house.rows("SELECT verb, actor_kind FROM audit WHERE verb LIKE 'user:%' ORDER BY id")
    assert [tuple(row) for row in rows] == [("user:leaves_after_call", "user"), ("user:disabled", "system")]


async def test_leaving_after_the_call_can_be_taken_back(house: House, admin: AgentAtWork) -> None:
    agent = await house.agent("agent5")
    elder = house.elder("07103456789").press_sos()
    call = await agent.picks_up()
    await admin.post(f"/api/users/{agent.id}/disable", {"when": "after_call"})
    stays = await admin.post(f"/api/users/{agent.id}/enable")
    assert (stays["active"], stays["leaves_after_call"]) == (True, False)
    elder.hangs_up()
    await agent.is_("wrap_up")
    await agent.wraps_up(call["id"])
    await agent.is_("idle")
    await asyncio.sleep(1.5)  # voice looks each second
    assert (await agent.http.get("/api/auth/me")).status_code == 200


async def test_out_now_hands_the_caller_to_a_colleague(house: House, admin: AgentAtWork) -> None:
    agent, colleague = await house.agent("agent5"), await house.agent("agent1")
    await colleague.post("/api/presence", {"state": "paused", "reason": "meal"})
    elder = house.elder("07103456789").press_sos()
    await agent.picks_up()
    await colleague.post("/api/presence", {"state": "idle", "reason": ""})
    gone = await admin.post(f"/api/users/{agent.id}/disable", {"when": "now"})
    assert not gone["active"]
    await until(colleague.is_rung, why="the colleague's telephone rings")
    await colleague.picks_up()
    await elder.talks()


async def test_a_console_that_is_closed_from_afar_does_not_end_the_elders_call(house: House, admin: AgentAtWork) -> None:
    """Its telephone says good-bye as it goes; nobody has hung up on her."""
    agent = await house.agent("agent5")
    house.elder("07103456789").press_sos()
    call = await agent.picks_up()
    await admin.post(f"/api/users/{agent.id}/sessions/end-all")
    await until(lambda: house.engine and any(a.signed_out for a in house.engine.core.board.agents.values()), why="voice knows")
    house.sim.hang_up_far(agent.account)
    await house.until_rows("SELECT 1 FROM calls WHERE id = :id AND state IN ('queued', 'offered') AND in_front", id=call["id"])
    assert (await house.rows("SELECT ended_at FROM calls"))[0].ended_at is None


# --- teams -------------------------------------------------------------------------------------------------------------------------


async def test_teams_have_a_lead_and_people_and_retire_when_they_are_empty(house: House, admin: AgentAtWork) -> None:
    agent = await person_of(admin, "agent5")
    team = await admin.post("/api/teams", {"name": "夜班组", "lead_id": agent["id"]})
    await refused(admin, "/api/teams", {"name": "夜班组"}, 409, "label_taken")
    body = {"name": agent["name"], "role": "agent", "dialects": agent["dialects"], "team_id": team["id"]}
    assert (await admin.post(f"/api/users/{agent['id']}", body))["team_id"] == team["id"]
    await refused(admin, f"/api/teams/{team['id']}/retire", {"retired": True}, 409, "team_has_members")
    renamed = await admin.post(f"/api/teams/{team['id']}", {"name": "夜班一组", "lead_id": None})
    assert (renamed["name"], renamed["lead_id"]) == ("夜班一组", None)
    await admin.post(f"/api/users/{agent['id']}", {**body, "team_id": None})
    assert (await admin.post(f"/api/teams/{team['id']}/retire", {"retired": True}))["retired_at"] is not None
    await refused(admin, f"/api/users/{agent['id']}", body, 422, "no_such_team")
    await admin.post("/api/teams", {"name": "夜班一组"})  # a retired team's name is free
    await refused(admin, f"/api/teams/{team['id']}/retire", {"retired": False}, 409, "label_taken")
