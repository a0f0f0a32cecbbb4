"""Coming in and going out: passwords, throttling, cookies, CSRF, and the end of a session."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from http.cookies import SimpleCookie
from pathlib import Path

import httpx
import orjson
import pytest
import pytest_asyncio
from sqlalchemy import text

from callcenter.accounts.demo import DEMO_PASSWORD, DEMO_USERS
from callcenter.accounts.sessions import MAX_BY_ADDRESS, MAX_BY_USERNAME, token_hash
from callcenter.console.hub import NOT_SIGNED_IN
from tests.api.routes import fingerprint
from tests.house import AgentAtWork, House, house_settings, open_house, until

COOKIE = "onekey_session"


@pytest_asyncio.fixture
async def stranger(house: House) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=60, base_url=house.url) as client:
        yield client


@pytest_asyncio.fixture
async def agent(house: House) -> AgentAtWork:
    person = house.visitor("agent1")
    await person.sign_in()
    return person


async def try_password(client: httpx.AsyncClient, username: str = "agent1", password: str = "wrong") -> tuple[int, str]:
    answer = await client.post("/api/auth/sign-in", json={"username": username, "password": password})
    return answer.status_code, "" if answer.is_success else answer.json()["error"]["code"]


async def change(house: House, statement: str) -> None:
    async with house.owner.transaction() as session:
        await session.execute(text(statement))


# --- coming in -----------------------------------------------------------------------------------------------------------------


async def test_a_right_password_comes_in_whatever_the_case_of_the_name(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.post("/api/auth/sign-in", json={"username": " Agent1 ", "password": DEMO_PASSWORD})
    assert answer.status_code == 200
    me = answer.json()
    assert (me["username"], me["name"], me["role"]) == ("agent1", "陈静", "agent")
    assert (await stranger.get("/api/auth/me")).json() == me


async def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(house: House, stranger: httpx.AsyncClient) -> None:
    await change(house, "UPDATE users SET active = false WHERE username = 'agent5'")
    try:
        answers = [
            await stranger.post("/api/auth/sign-in", json={"username": name, "password": password})
            for name, password in (("agent1", "wrong"), ("nobody", "wrong"), ("agent5", DEMO_PASSWORD), ("agent1", DEMO_PASSWORD.upper()))
        ]
    finally:
        await change(house, "UPDATE users SET active = true WHERE username = 'agent5'")
    assert {(a.status_code, a.content) for a in answers} == {(401, answers[0].content)}
    assert answers[0].json()["error"]["code"] == "wrong_credentials"
    assert not any("set-cookie" in a.headers for a in answers)
    assert await house.rows("SELECT 1 FROM user_sessions") == []


async def test_passwords_and_tokens_are_kept_as_hashes_only(house: House, agent: AgentAtWork) -> None:
    token = agent.http.cookies[COOKIE]
    users = await house.rows("SELECT users::text AS all, password_hash FROM users")
    assert len(users) >= len(DEMO_USERS)
    assert all(user.password_hash.startswith("$argon2id$") and DEMO_PASSWORD not in user.all for user in users)
    (session,) = await house.rows("SELECT user_sessions::text AS all, token_hash FROM user_sessions")
    assert token not in session.all and session.token_hash == token_hash(token)
    (traces,) = await house.rows("SELECT string_agg(audit::text, '') AS all FROM audit")
    assert token not in traces.all and agent.me["csrf"] not in traces.all


async def test_comings_goings_and_refusals_are_in_the_audit(house: House, agent: AgentAtWork, stranger: httpx.AsyncClient) -> None:
    await try_password(stranger, "agent1")
    await try_password(stranger, "nobody")
    await agent.post("/api/auth/sign-out", status=204)
    (session,) = await house.rows("SELECT id FROM user_sessions")
    rows = await house.rows("SELECT verb, object_id, actor_kind, actor_id, details FROM audit WHERE verb LIKE 'session:%' ORDER BY id")
    assert [(row.verb, row.object_id, row.actor_kind, str(row.actor_id)) for row in rows] == [
        ("session:opened", str(session.id), "user", agent.id),
        ("session:refused", agent.id, "system", "None"),
        ("session:refused", "", "system", "None"),
        ("session:ended", str(session.id), "user", agent.id),
    ]
    assert all(row.details == {} for row in rows)  # a name that nobody has may be a password in the wrong field


async def test_the_cookie_is_for_this_site_only_and_no_script_reads_it(house: House, stranger: httpx.AsyncClient) -> None:
    answer = await stranger.post("/api/auth/sign-in", json={"username": "agent1", "password": DEMO_PASSWORD})
    cookie = SimpleCookie(answer.headers["set-cookie"])[COOKIE]
    assert (cookie["httponly"], cookie["samesite"].lower(), cookie["path"], cookie["domain"]) == (True, "strict", "/", "")
    assert not cookie["secure"]  # the demo has no TLS
    assert len(cookie.value) >= 40
    assert answer.headers["cache-control"] == "no-store"


async def test_under_https_the_cookie_is_secure(house_owner_url: str, house_app_url: str, tmp_path: Path) -> None:
    settings = house_settings(house_app_url, tmp_path, public_url="https://centre.example")
    async with open_house(settings, house_owner_url, voice=False) as house, httpx.AsyncClient(timeout=60, base_url=house.url) as client:
        answer = await client.post(
            "/api/auth/sign-in", json={"username": "agent1", "password": DEMO_PASSWORD}, headers={"Origin": "https://centre.example"}
        )
    assert answer.status_code == 200
    cookie = SimpleCookie(answer.headers["set-cookie"])[f"__Host-{COOKIE}"]  # browsers hold us to the rest of it
    assert (cookie["secure"], cookie["path"], cookie["domain"], cookie["httponly"]) == (True, "/", "", True)
    assert "strict-transport-security" in answer.headers


async def test_under_https_a_cookie_without_the_prefix_is_none(house_owner_url: str, house_app_url: str, tmp_path: Path) -> None:
    """A neighbour on a sister domain can plant a cookie of the plain name; it must open nothing."""
    settings = house_settings(house_app_url, tmp_path, public_url="https://centre.example")
    own = {"Origin": "https://centre.example"}
    async with open_house(settings, house_owner_url, voice=False) as house, httpx.AsyncClient(timeout=60, base_url=house.url) as client:
        answer = await client.post("/api/auth/sign-in", json={"username": "agent1", "password": DEMO_PASSWORD}, headers=own)
        token = SimpleCookie(answer.headers["set-cookie"])[f"__Host-{COOKIE}"].value
        for name, status in ((COOKIE, 401), (f"__Host-{COOKIE}", 200)):
            async with httpx.AsyncClient(timeout=60, base_url=house.url) as other:
                assert (await other.get("/api/auth/me", headers={"Cookie": f"{name}={token}"})).status_code == status


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://{host}"},  # the host is ours, the address is not the one that browsers use
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_no_other_page_signs_anybody_in(house_owner_url: str, house_app_url: str, tmp_path: Path, headers: dict[str, str]) -> None:
    settings = house_settings(house_app_url, tmp_path, public_url="https://centre.example")
    async with open_house(settings, house_owner_url, voice=False) as house, httpx.AsyncClient(timeout=60, base_url=house.url) as client:
        sent = {k: v.replace("{host}", f"127.0.0.1:{settings.http_port}") for k, v in headers.items()}
        for path, body in (
            ("sign-in", {"username": "agent1", "password": DEMO_PASSWORD}),
            ("second-step", {"step": "x" * 43, "code": "123456"}),
        ):
            answer = await client.post(f"/api/auth/{path}", json=body, headers=sent)
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "foreign_origin")
        assert await house.rows("SELECT 1 FROM user_sessions UNION ALL SELECT 1 FROM sign_in_failures") == []


async def test_two_sign_ins_are_two_sessions(house: House, agent: AgentAtWork) -> None:
    again = house.visitor("agent1")
    await again.sign_in()
    assert again.http.cookies[COOKIE] != agent.http.cookies[COOKIE] and again.me["csrf"] != agent.me["csrf"]
    await again.post("/api/auth/sign-out", status=204)
    assert (await agent.get("/api/auth/me"))["csrf"] == agent.me["csrf"]


# --- throttling ----------------------------------------------------------------------------------------------------------------


async def test_many_passwords_on_one_name_are_stopped(house: House, stranger: httpx.AsyncClient) -> None:
    for _ in range(MAX_BY_USERNAME):
        assert await try_password(stranger) == (401, "wrong_credentials")
    assert await try_password(stranger) == (429, "too_many_attempts")
    assert await try_password(stranger, password=DEMO_PASSWORD) == (429, "too_many_attempts")  # not even the right one
    assert await try_password(stranger, "AGENT1 ", DEMO_PASSWORD) == (429, "too_many_attempts")
    assert await try_password(stranger, "agent2", DEMO_PASSWORD) == (200, "")  # nobody else waits
    await change(house, "UPDATE sign_in_failures SET at = at - interval '10 minutes'")
    assert await try_password(stranger, password=DEMO_PASSWORD) == (200, "")


async def test_many_passwords_at_the_same_moment_are_stopped_too(house: House, stranger: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*[try_password(stranger) for _ in range(3 * MAX_BY_USERNAME)])
    assert answers.count((401, "wrong_credentials")) == MAX_BY_USERNAME
    assert answers.count((429, "too_many_attempts")) == 2 * MAX_BY_USERNAME


async def test_one_password_on_many_names_is_stopped(house: House, stranger: httpx.AsyncClient) -> None:
    await change(
        house,
        "INSERT INTO sign_in_failures (username, address, at) "
        f"SELECT 'somebody' || n, '127.0.0.1', now() FROM generate_series(1, {MAX_BY_ADDRESS - 1}) n",
    )
    assert await try_password(stranger, "agent2") == (401, "wrong_credentials")
    assert await try_password(stranger, "agent1", DEMO_PASSWORD) == (429, "too_many_attempts")
    await change(house, "UPDATE sign_in_failures SET address = '192.0.2.1'")
    assert await try_password(stranger, "agent1", DEMO_PASSWORD) == (200, "")


async def test_right_passwords_are_not_counted(house: House, stranger: httpx.AsyncClient) -> None:
    for _ in range(MAX_BY_USERNAME + 2):
        assert await try_password(stranger, password=DEMO_PASSWORD) == (200, "")
    assert await house.rows("SELECT 1 FROM sign_in_failures") == []


# --- going out -----------------------------------------------------------------------------------------------------------------


async def test_after_the_sign_out_the_cookie_is_worth_nothing(house: House, agent: AgentAtWork) -> None:
    token = agent.http.cookies[COOKIE]
    answer = await agent.http.post("/api/auth/sign-out", json={})
    assert answer.status_code == 204 and COOKIE not in agent.http.cookies
    async with httpx.AsyncClient(timeout=60, base_url=house.url, cookies={COOKIE: token}, headers=dict(agent.http.headers)) as thief:
        for refused in (await thief.get("/api/auth/me"), await thief.post("/api/presence", json={"state": "idle"})):
            assert (refused.status_code, refused.json()["error"]["code"]) == (401, "session_ended")


async def test_a_sign_out_closes_the_open_console(house: House) -> None:
    agent = await house.agent("agent1")
    other = await house.agent("agent2")
    await agent.post("/api/auth/sign-out", status=204)
    await closed_with(agent, NOT_SIGNED_IN)
    await until(lambda: other.console.agents[agent.id]["state"] == "offline", why="agent1 is out of rotation")
    house.elder("07103456789").press_sos()
    await other.rings()
    assert not agent.is_rung()


@pytest.mark.parametrize("late", ["expires_at = now() - interval '1 second'", "seen_at = now() - interval '3 hours'"])
async def test_a_session_runs_out(house: House, agent: AgentAtWork, late: str) -> None:
    await agent.open_console()
    await change(house, f"UPDATE user_sessions SET {late}")
    assert (await agent.http.get("/api/auth/me")).status_code == 401
    await closed_with(agent, NOT_SIGNED_IN)


async def test_work_keeps_a_session_alive(house: House, agent: AgentAtWork) -> None:
    await change(house, "UPDATE user_sessions SET seen_at = now() - interval '119 minutes'")
    await agent.get("/api/auth/me")
    (row,) = await house.rows("SELECT now() - seen_at < interval '1 minute' AS fresh FROM user_sessions")
    assert row.fresh


@pytest.mark.parametrize("what", ["active = false", "role = 'admin'"])
async def test_who_is_dismissed_or_moved_loses_the_calls_with_the_next_request(house: House, what: str) -> None:
    agent = house.visitor("agent4")
    await agent.sign_in()
    await agent.open_console()
    assert (await agent.http.get("/api/options")).status_code == 200
    await change(house, f"UPDATE users SET {what} WHERE username = 'agent4'")
    try:
        refused = await agent.http.get("/api/options")
        assert refused.status_code == (401 if "active" in what else 403)
        await closed_with(agent, NOT_SIGNED_IN)
    finally:
        await change(house, "UPDATE users SET active = true, role = 'agent' WHERE username = 'agent4'")


async def test_who_is_promoted_may_more_with_the_next_request(house: House, agent: AgentAtWork) -> None:
    assert "audit:read" not in agent.me["permissions"]
    await change(house, "UPDATE users SET role = 'supervisor' WHERE username = 'agent1'")
    try:
        assert "audit:read" in (await agent.get("/api/auth/me"))["permissions"]
    finally:
        await change(house, "UPDATE users SET role = 'agent' WHERE username = 'agent1'")


async def closed_with(agent: AgentAtWork, code: int) -> None:
    socket = agent._socket
    assert socket
    await until(lambda: socket.close_code is not None, why="the console is closed")
    assert socket.close_code == code


# --- CSRF ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("token", [None, "", "wrong", "é", "x" * 8000, "of another session"])
async def test_without_the_pages_token_nothing_is_done(house: House, agent: AgentAtWork, token: str | None) -> None:
    if token == "of another session":
        again = house.visitor("agent1")
        await again.sign_in()
        token = str(again.me["csrf"])
    del agent.http.headers["X-CSRF-Token"]
    before = await fingerprint(house.owner)
    for path, body in (("/api/presence", {"state": "paused", "reason": "meal"}), ("/api/auth/sign-out", {})):
        headers = {} if token is None else {"X-CSRF-Token": token}
        answer = await agent.http.post(
            path, content=orjson.dumps(body), headers=[(k.encode(), v.encode("latin-1")) for k, v in headers.items()]
        )
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "csrf")
    assert await fingerprint(house.owner) == before


async def test_reading_needs_no_token(agent: AgentAtWork) -> None:
    del agent.http.headers["X-CSRF-Token"]
    assert (await agent.http.get("/api/cases")).status_code == 200
