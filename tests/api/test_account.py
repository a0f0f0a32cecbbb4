"""One's own account: password, second factor, recovery codes, sessions; and what an admin may do to those of others."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text

from callcenter.accounts.demo import DEMO_PASSWORD
from callcenter.accounts.sessions import MAX_CODES, MAX_CODES_A_DAY
from callcenter.accounts.totp import STEP, code_of, step_of
from callcenter.console.hub import NOT_SIGNED_IN
from callcenter.kit import clock
from tests.api.routes import fingerprint
from tests.house import AgentAtWork, House, until

NEW = "kaifeng-2024-hua"


async def change(house: House, statement: str, **parameters: object) -> None:
    async with house.owner.transaction() as session:
        await session.execute(text(statement), parameters)


@pytest_asyncio.fixture
async def agent(house: House) -> AsyncIterator[AgentAtWork]:
    """agent5; her password is the demo's again afterwards."""
    person = house.visitor("agent5")
    await person.sign_in()
    before = await house.rows("SELECT password_hash FROM users WHERE username = 'agent5'")
    yield person
    clock.reset()
    await change(
        house, "UPDATE users SET password_hash = :h, must_change_password = false, active = true WHERE username = 'agent5'", h=before[0][0]
    )


@pytest_asyncio.fixture
async def admin(house: House) -> AgentAtWork:
    person = house.visitor("admin1")
    await person.sign_in()
    return person


@pytest_asyncio.fixture
async def stranger(house: House) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=60, base_url=house.url) as client:
        yield client


async def signs_in(client: httpx.AsyncClient, password: str = DEMO_PASSWORD) -> httpx.Response:
    return await client.post("/api/auth/sign-in", json={"username": "agent5", "password": password})


async def another_browser(house: House) -> AgentAtWork:
    person = house.visitor("agent5")
    await person.sign_in()
    return person


async def code(answer: httpx.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    return str(answer.json()["error"]["code"])


def code_now(secret: str, *, later: int = 0) -> str:
    return code_of(secret, step_of(clock.now()) + later)


async def bind(agent: AgentAtWork) -> tuple[str, list[str]]:
    """A telephone with an authenticator app. Returns its secret and the recovery codes; the clock stands one step later."""
    begun = await agent.post("/api/account/totp", {"password": DEMO_PASSWORD})
    codes = (await agent.post("/api/account/totp/confirm", {"code": code_now(begun["secret"])}))["codes"]
    clock.shift(timedelta(seconds=2 * STEP))
    return begun["secret"], codes


async def verbs(house: House, like: str = "%") -> list[tuple[str, str]]:
    rows = await house.rows("SELECT verb, actor_name FROM audit WHERE verb LIKE :like ORDER BY id", like=like)
    return [(row.verb, row.actor_name) for row in rows]


# --- the password ----------------------------------------------------------------------------------------------------------------


async def test_a_new_password_needs_the_old_one_and_ends_the_other_sessions(
    house: House, agent: AgentAtWork, stranger: httpx.AsyncClient
) -> None:
    other = await another_browser(house)
    await other.open_console()
    assert await agent.post("/api/account/password", {"old": DEMO_PASSWORD, "new": NEW}) == {"ended": 1}
    assert (await agent.http.get("/api/account")).status_code == 200  # this one goes on
    assert await code(await other.http.get("/api/account"), 401) == "session_ended"
    assert await code(await signs_in(stranger), 401) == "wrong_credentials"
    assert (await signs_in(stranger, NEW)).status_code == 200
    assert await verbs(house, "user:%") == [("user:password_changed", "吴晓燕")]


@pytest.mark.parametrize(
    "old,new,status,why",
    [
        ("wrong", NEW, 403, "wrong_password"),
        (DEMO_PASSWORD, "short", 422, "password_length"),
        (DEMO_PASSWORD, "agent5agent5", 422, "password_username"),
        (DEMO_PASSWORD, "woaini1314", 422, "password_common"),
        (DEMO_PASSWORD, DEMO_PASSWORD, 422, "password_common"),
        (DEMO_PASSWORD, "x" * 300, 422, "password_length"),
    ],
)
async def test_a_password_that_is_not_taken_changes_nothing(
    house: House, agent: AgentAtWork, old: str, new: str, status: int, why: str
) -> None:
    before = await fingerprint(house.owner, but=("sign_in_failures", "audit"))
    answer = await agent.http.post("/api/account/password", json={"old": old, "new": new})
    assert await code(answer, status) == why
    assert new not in answer.text or new == "short"
    assert await fingerprint(house.owner, but=("sign_in_failures", "audit")) == before


async def test_the_old_password_cannot_be_tried_out_at_a_desk_left_alone(house: House, agent: AgentAtWork) -> None:
    for _ in range(8):
        assert await code(await agent.http.post("/api/account/password", json={"old": "wrong", "new": NEW}), 403) == "wrong_password"
    for path, body in (("password", {"old": DEMO_PASSWORD, "new": NEW}), ("totp", {"password": DEMO_PASSWORD})):
        assert await code(await agent.http.post(f"/api/account/{path}", json=body), 429) == "too_many_attempts"


async def test_a_password_that_somebody_gave_is_changed_before_anything_else(house: House, agent: AgentAtWork) -> None:
    await change(house, "UPDATE users SET must_change_password = true WHERE username = 'agent5'")
    assert await code(await agent.http.get("/api/cases"), 403) == "password_change_needed"  # at once, not at the next sign-in only
    assert await code(await agent.http.post("/api/account/totp", json={"password": DEMO_PASSWORD}), 403) == "password_change_needed"
    await agent.post("/api/account/password", {"old": DEMO_PASSWORD, "new": NEW})
    assert (await agent.get("/api/auth/me"))["owes"] == []
    assert (await agent.http.get("/api/cases")).status_code == 200


# --- the second factor -----------------------------------------------------------------------------------------------------------


async def test_with_a_second_factor_the_password_alone_opens_nothing(house: House, agent: AgentAtWork, stranger: httpx.AsyncClient) -> None:
    secret, _ = await bind(agent)
    first = await signs_in(stranger)
    assert first.status_code == 202 and set(first.json()) == {"step", "seconds"} and "set-cookie" not in first.headers
    assert await code(await stranger.get("/api/auth/me"), 401) == "not_signed_in"
    assert len(await house.rows("SELECT 1 FROM user_sessions WHERE ended_at IS NULL")) == 1  # the one that bound the telephone
    stranger.cookies.set("onekey_session", first.json()["step"])  # the step is no session
    assert await code(await stranger.get("/api/auth/me"), 401) == "session_ended"
    stranger.cookies.clear()

    second = await stranger.post("/api/auth/second-step", json={"step": first.json()["step"], "code": code_now(secret)})
    assert second.status_code == 200 and second.json()["username"] == "agent5"
    assert (await stranger.get("/api/auth/me")).status_code == 200
    opened = await house.rows("SELECT details FROM audit WHERE verb = 'session:opened' ORDER BY id DESC LIMIT 1")
    assert opened[0].details == {"second_factor": True}


async def test_a_code_opens_one_session_and_a_step_too(house: House, agent: AgentAtWork, stranger: httpx.AsyncClient) -> None:
    secret, _ = await bind(agent)
    steps = [(await signs_in(stranger)).json()["step"] for _ in range(2)]
    used = code_now(secret)
    answers = await asyncio.gather(*[stranger.post("/api/auth/second-step", json={"step": step, "code": used}) for step in steps])
    assert sorted(a.status_code for a in answers) == [200, 401]  # the same code at the same moment
    assert await code(await stranger.post("/api/auth/second-step", json={"step": steps[0], "code": used}), 401) in (
        "wrong_code",
        "step_ended",
    )
    won = steps[[a.status_code for a in answers].index(200)]
    again = await stranger.post("/api/auth/second-step", json={"step": won, "code": code_now(secret, later=1)})
    assert await code(again, 401) == "step_ended"


async def test_the_code_before_the_one_that_was_used_is_worth_nothing(agent: AgentAtWork, stranger: httpx.AsyncClient) -> None:
    secret, _ = await bind(agent)
    older, newer = code_now(secret, later=-1), code_now(secret)
    step = (await signs_in(stranger)).json()["step"]
    assert (await stranger.post("/api/auth/second-step", json={"step": step, "code": newer})).status_code == 200
    step = (await signs_in(stranger)).json()["step"]
    assert await code(await stranger.post("/api/auth/second-step", json={"step": step, "code": older}), 401) == "wrong_code"


async def test_a_recovery_code_opens_once(house: House, agent: AgentAtWork, stranger: httpx.AsyncClient) -> None:
    _, codes = await bind(agent)
    assert len(set(codes)) == 10
    step = (await signs_in(stranger)).json()["step"]
    answers = await asyncio.gather(
        *[stranger.post("/api/auth/second-step", json={"step": step, "code": codes[3].upper()}) for _ in range(3)]
    )
    assert sorted(a.status_code for a in answers) == [200, 401, 401]
    step = (await signs_in(stranger)).json()["step"]
    assert await code(await stranger.post("/api/auth/second-step", json={"step": step, "code": codes[3]}), 401) == "wrong_code"
    assert (await stranger.get("/api/account")).json()["totp"]["recovery_codes_left"] == 9
    assert ("totp:recovery_used", "吴晓燕") in await verbs(house, "totp:%")


async def test_codes_and_secrets_are_readable_in_no_table(house: House, agent: AgentAtWork) -> None:
    secret, codes = await bind(agent)
    raw = base64.b32decode(secret).hex()
    for (table,) in await house.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
        found = await house.rows(
            f"SELECT 1 FROM {table} t, unnest(cast(:words AS text[])) word WHERE strpos(t::text, word) > 0",
            words=[secret, raw, *codes, *[c.replace("-", "") for c in codes]],
        )
        assert not found, table


async def test_codes_are_tried_out_neither_quickly_nor_patiently(house: House, agent: AgentAtWork, stranger: httpx.AsyncClient) -> None:
    secret, _ = await bind(agent)
    step = (await signs_in(stranger)).json()["step"]

    async def tries(code_: str) -> tuple[int, str]:
        answer = await stranger.post("/api/auth/second-step", json={"step": step, "code": code_})
        return answer.status_code, "" if answer.is_success else answer.json()["error"]["code"]

    wrong = "000000" if code_now(secret) != "000000" else "000001"
    answers = await asyncio.gather(*[tries(wrong) for _ in range(2 * MAX_CODES)])
    assert answers.count((401, "wrong_code")) == MAX_CODES and answers.count((429, "too_many_attempts")) == MAX_CODES
    assert await tries(code_now(secret)) == (429, "too_many_attempts")  # not even the right one
    await change(house, "UPDATE sign_in_failures SET at = at - interval '10 minutes'")
    assert await tries(wrong) == (401, "wrong_code")
    await change(
        house,
        "INSERT INTO sign_in_failures (username, address, at, kind) "
        f"SELECT 'agent5', '', now() - interval '3 hours', 'code' FROM generate_series(1, {MAX_CODES_A_DAY}) n",
    )
    assert await tries(code_now(secret)) == (429, "too_many_codes")
    assert (await signs_in(stranger)).status_code == 202  # the password's own count is another


@pytest.mark.parametrize("meanwhile", ["password", "disabled", "too late", "reset"])
async def test_what_happens_between_password_and_code_ends_the_step(
    house: House, agent: AgentAtWork, admin: AgentAtWork, stranger: httpx.AsyncClient, meanwhile: str
) -> None:
    secret, _ = await bind(agent)
    step = (await signs_in(stranger)).json()["step"]
    if meanwhile == "password":
        await agent.post("/api/account/password", {"old": DEMO_PASSWORD, "new": NEW})
    elif meanwhile == "disabled":
        await change(house, "UPDATE users SET active = false WHERE username = 'agent5'")
    elif meanwhile == "too late":
        clock.shift(timedelta(minutes=10))
    else:
        await admin.post(f"/api/users/{agent.id}/totp/reset", status=204)
    refused = await stranger.post("/api/auth/second-step", json={"step": step, "code": code_now(secret)})
    assert await code(refused, 401) == ("wrong_code" if meanwhile == "reset" else "step_ended")
    assert "set-cookie" not in refused.headers


async def test_binding_a_telephone_needs_the_password_and_ends_sessions_without_it(house: House, agent: AgentAtWork) -> None:
    other = await another_browser(house)
    assert await code(await agent.http.post("/api/account/totp", json={"password": "wrong"}), 403) == "wrong_password"
    assert await code(await agent.http.post("/api/account/totp/confirm", json={"code": "123456"}), 404) == "totp_not_begun"
    begun = await agent.post("/api/account/totp", {"password": DEMO_PASSWORD})
    assert begun["uri"].startswith("otpauth://totp/") and begun["secret"] in begun["uri"]
    assert (await signs_in(other.http)).status_code == 200  # begun is not bound
    wrong = "000000" if code_now(begun["secret"]) != "000000" else "000001"
    assert await code(await agent.http.post("/api/account/totp/confirm", json={"code": wrong}), 422) == "wrong_code"
    anew = await agent.post("/api/account/totp", {"password": DEMO_PASSWORD})
    assert anew["secret"] != begun["secret"]
    await agent.post("/api/account/totp/confirm", {"code": code_now(anew["secret"])})
    assert await code(await other.http.get("/api/account"), 401) == "session_ended"
    assert await code(await agent.http.post("/api/account/totp", json={"password": DEMO_PASSWORD}), 409) == "totp_exists"
    assert await verbs(house, "totp:%") == [("totp:added", "吴晓燕")]


async def test_new_recovery_codes_and_taking_it_away_need_both(house: House, agent: AgentAtWork, stranger: httpx.AsyncClient) -> None:
    secret, old = await bind(agent)
    for path in ("recovery-codes", "remove"):
        for body, why in (
            ({"password": "wrong", "code": code_now(secret)}, "wrong_password"),
            ({"password": DEMO_PASSWORD, "code": "1234567"}, "wrong_code"),
        ):
            assert await code(await agent.http.post(f"/api/account/totp/{path}", json=body), 403) == why
    new = (await agent.post("/api/account/totp/recovery-codes", {"password": DEMO_PASSWORD, "code": code_now(secret)}))["codes"]
    assert not set(new) & set(old)
    assert (
        await code(await agent.http.post("/api/account/totp/remove", json={"password": DEMO_PASSWORD, "code": old[0]}), 403) == "wrong_code"
    )
    await agent.post("/api/account/totp/remove", {"password": DEMO_PASSWORD, "code": new[0]}, status=204)
    assert (await signs_in(stranger)).status_code == 200
    assert [verb for verb, _ in await verbs(house, "totp:%")] == ["totp:added", "totp:codes_renewed", "totp:removed"]


async def test_an_admin_resets_a_lost_one_but_not_her_own(
    house: House, agent: AgentAtWork, admin: AgentAtWork, stranger: httpx.AsyncClient
) -> None:
    assert await code(await admin.http.post(f"/api/users/{agent.id}/totp/reset", json={}), 404) == "totp_not_found"
    await bind(agent)
    assert await code(await admin.http.post(f"/api/users/{admin.id}/totp/reset", json={}), 403) == "not_your_own"
    await admin.post(f"/api/users/{agent.id}/totp/reset", status=204)
    assert await code(await agent.http.get("/api/account"), 401) == "session_ended"
    assert (await signs_in(stranger)).status_code == 200
    rows = await house.rows("SELECT object_id, actor_name FROM audit WHERE verb = 'totp:reset'")
    assert [tuple(r) for r in rows] == [(agent.id, "赵雯")]


# --- sessions --------------------------------------------------------------------------------------------------------------------


async def is_closed(person: AgentAtWork) -> None:
    socket = person._socket
    assert socket
    await until(lambda: socket.close_code is not None, patience=2.0, why="the console is closed at once")
    assert socket.close_code == NOT_SIGNED_IN


async def test_ones_own_sessions_and_no_others(house: House, agent: AgentAtWork, admin: AgentAtWork) -> None:
    other = await another_browser(house)
    other.http.headers["User-Agent"] = "x"
    mine = await agent.get("/api/account/sessions")
    assert [s["current"] for s in mine] in ([True, False], [False, True])
    assert all(s["address"] == "127.0.0.1" and "httpx" in s["browser"] for s in mine)
    assert [s["current"] for s in await admin.get(f"/api/users/{agent.id}/sessions")] == [False, False]
    theirs = (await admin.get("/api/account/sessions"))[0]["id"]
    before = await fingerprint(house.owner)
    assert await code(await agent.http.post(f"/api/account/sessions/{theirs}/end", json={}), 404) == "session_not_found"
    assert await fingerprint(house.owner) == before


async def test_an_ended_session_loses_its_console_and_its_telephone_within_seconds(house: House) -> None:
    at_home, here = await house.agent("agent5"), await another_browser(house)
    watcher = await house.agent("agent2")
    (there,) = [s for s in await here.get("/api/account/sessions") if not s["current"]]
    await here.post(f"/api/account/sessions/{there['id']}/end", status=204)
    await is_closed(at_home)
    await until(lambda: watcher.console.agents[at_home.id]["state"] == "offline", why="she is out of rotation")
    await house.until_rows("SELECT 1 FROM sip_accounts WHERE name = :name", count=0, name=at_home.account)
    house.elder("07103456789").press_sos()
    await watcher.rings()
    assert not at_home.is_rung()
    assert await code(await here.http.post(f"/api/account/sessions/{there['id']}/end", json={}), 404) == "session_not_found"


async def test_all_others_end_together_and_this_one_stays(house: House, agent: AgentAtWork) -> None:
    others = [await another_browser(house) for _ in range(2)]
    await others[1].open_console()
    assert await agent.post("/api/account/sessions/end-others") == {"ended": 2}
    await is_closed(others[1])
    for person in others:
        assert await code(await person.http.get("/api/account"), 401) == "session_ended"
    assert [s["current"] for s in await agent.get("/api/account/sessions")] == [True]


async def test_an_admin_ends_somebodys_sessions_and_a_supervisor_only_sees_them(
    house: House, agent: AgentAtWork, admin: AgentAtWork
) -> None:
    boss = house.visitor("supervisor1")
    await boss.sign_in()
    other = await another_browser(house)
    await agent.open_console()
    ids = [s["id"] for s in await boss.get(f"/api/users/{agent.id}/sessions")]
    assert len(ids) == 2
    await boss.post(f"/api/users/{agent.id}/sessions/{ids[0]}/end", status=403)
    await boss.post(f"/api/users/{agent.id}/sessions/end-all", status=403)
    await agent.http.get("/api/account")
    assert await admin.post(f"/api/users/{agent.id}/sessions/end-all") == {"ended": 2}
    await is_closed(agent)
    assert await code(await other.http.get("/api/account"), 401) == "session_ended"
    assert ("session:all_ended", "赵雯") in await verbs(house, "session:%")


async def test_signing_out_works_also_when_the_mark_of_life_is_due(house: House, agent: AgentAtWork) -> None:
    """The request itself touches the session's row; what ends the session must not wait for that."""
    await change(house, "UPDATE user_sessions SET seen_at = now() - interval '5 minutes'")
    answer = await asyncio.wait_for(agent.http.post("/api/auth/sign-out", json={}), 5)
    assert answer.status_code == 204


async def test_a_sign_in_ends_the_session_that_the_browser_came_with(house: House, agent: AgentAtWork) -> None:
    """None lives on that nobody holds any more; and a cookie that somebody else has planted is not taken over."""
    planted = agent.http.cookies["onekey_session"]
    assert (await signs_in(agent.http)).status_code == 200
    assert agent.http.cookies["onekey_session"] != planted
    assert len(await house.rows("SELECT 1 FROM user_sessions WHERE ended_at IS NULL")) == 1
    async with httpx.AsyncClient(timeout=60, base_url=house.url, cookies={"onekey_session": planted}) as thief:
        assert await code(await thief.get("/api/auth/me"), 401) == "session_ended"
