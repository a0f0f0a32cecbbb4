"""Who may do what: every route has a guard, every role meets every route, and a refusal leaves no trace in any table."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

from callcenter.accounts.roles import MAY, Permission, Role
from callcenter.console.hub import NOT_SIGNED_IN
from callcenter.main import create_app
from callcenter.settings import Settings
from tests.api.routes import ANYBODY_SIGNED_IN, BODIES, PUBLIC, Route, fingerprint, routes_of
from tests.house import AgentAtWork, House

ONE_OF_EACH = {Role.AGENT: "agent1", Role.SUPERVISOR: "supervisor1", Role.ADMIN: "admin1"}
ROUTES = routes_of(create_app(Settings(mode="test", redis_url="")))
GUARDED = [route for route in ROUTES if route.permissions]
NOBODY = "00000000-0000-4000-8000-000000000000"
VOICE_WRITES = ("agent_presence", "outbox")  # an agent whose console has gone is offline
PAIRS = [(role, route) for role in Role for route in GUARDED]
REFUSED = [(role, route) for role, route in PAIRS if not route.permissions <= MAY[role]]
WELCOME = [(role, route) for role, route in PAIRS if route.permissions <= MAY[role]]


OF_THE_CENTRE = {"figure": "sos_10", "key": "wrap_up", "line_number": "96519", "kind": "outcome", "code": "prank", "care_kind": "care"}


@dataclass
class World:
    """A pressed key, hung up again: a case, its call-back, its call, its elder; and somebody of every role."""

    house: House
    ids: dict[str, str]
    people: dict[Role, AgentAtWork] = field(default_factory=dict)

    def filled(self, value: object) -> object:
        if isinstance(value, list):
            return [self.filled(part) for part in value]
        return value.format(**self.ids) if isinstance(value, str) else value

    async def request(self, who: httpx.AsyncClient, route: Route) -> httpx.Response:
        path = route.path.format(**self.ids, command="hold")
        sent = {k: self.filled(v) for k, v in BODIES.get(route.name, {}).items()}
        if route.method == "GET":
            return await who.get(path, params={k: str(v) for k, v in sent.items()})
        return await who.request(route.method, path, json=sent)


@pytest_asyncio.fixture(scope="module")
async def world(shared_house: House) -> AsyncIterator[World]:
    house = shared_house
    elder = house.elder("07103456789").press_sos()
    await house.until_rows("SELECT 1 FROM calls WHERE state = 'queued'")
    elder.hangs_up()
    (task,) = await house.until_rows("SELECT id, case_id, elder_id FROM case_tasks WHERE state = 'open'")
    (call,) = await house.until_rows("SELECT id FROM calls WHERE state = 'abandoned'")
    (agent,) = await house.rows("SELECT id FROM users WHERE username = 'agent5'")
    ids = {
        "task_id": task.id,
        "case_id": task.case_id,
        "elder_id": task.elder_id,
        "call_id": call.id,
        "agent_id": agent.id,
        "user_id": agent.id,
        "session_id": uuid.uuid4(),
        "grant_id": uuid.uuid4(),
        **{
            name: uuid.uuid4()
            for name in (
                "entry_id",
                "check_id",
                "merge_id",
                "import_id",
                "export_id",
                "leg_id",
                "other_id",
                "alarm_id",
                "attempt_id",
                "contact_id",
                "campaign_id",
                "sheet_id",
                "volunteer_id",
                "visit_id",
                "approval_id",
                "review_id",
            )
        },
        **{
            name: uuid.uuid4()
            for name in ("entitlement_id", "claim_id", "order_id", "store_id", "photo_id", "plan_id", "recording_id", "complaint_id")
        },
        "handover_id": uuid.uuid4(),
    }
    made = World(house, {name: str(value) for name, value in ids.items()})
    places = "(SELECT id FROM regions WHERE code = '420606-01-01')"
    made.ids |= {
        name: str((await house.rows(f"SELECT id FROM {where}"))[0].id)
        for name, where in {
            "region_id": "regions WHERE code = '420606-01-01'",
            "street_id": "regions WHERE code = '420606-01'",
            "worker_id": f"grid_workers WHERE id IN (SELECT worker_id FROM grid_worker_regions WHERE region_id = {places})",
            "article_id": "articles",
            "service_id": "outside_services WHERE agency = '120'",
        }.items()
    }
    made.ids.setdefault("request_id", NOBODY)
    made.ids |= dict.fromkeys(("store_id", "blackout_id", "licence_id", "person_id", "organisation_id"), NOBODY)
    made.ids |= {
        "duty_person_id": NOBODY,
        "telephone_id": NOBODY,
        "number": "1",
        "team_id": NOBODY,
        "settlement_id": NOBODY,
        "partner_id": NOBODY,
        "till_id": NOBODY,
        "good_id": NOBODY,
    } | OF_THE_CENTRE
    for role, username in ONE_OF_EACH.items():
        made.people[role] = house.visitor(username)
        await made.people[role].sign_in()
    (hers,) = await house.rows("SELECT password_hash, must_change_password FROM users WHERE id = :id", id=agent.id)
    yield made
    async with house.owner.transaction() as session:  # people, words and lines outlive a house
        await session.execute(
            text(
                "UPDATE users SET password_hash = :password_hash, must_change_password = :must_change_password, active = true WHERE id = :id"
            ),
            {**hers._mapping, "id": agent.id},
        )
        await session.execute(text("DELETE FROM users WHERE username = 'new.access'"))
        await session.execute(text("DELETE FROM teams"))
        await session.execute(text("DELETE FROM lines WHERE number = '96519'"))
        await session.execute(text("DELETE FROM options WHERE label_zh = '转社区'"))


def test_every_route_is_guarded_or_meant_for_everybody() -> None:
    unguarded = {route.name for route in ROUTES if not route.permissions}
    assert unguarded == PUBLIC | ANYBODY_SIGNED_IN
    assert {route.name for route in ROUTES if route.asks_for_session} == {route.name for route in GUARDED} | ANYBODY_SIGNED_IN


def test_every_role_has_its_person_and_its_line_in_the_table() -> None:
    assert set(ONE_OF_EACH) == set(Role) == set(MAY)


def test_who_keeps_the_house_sees_no_elder() -> None:
    assert not MAY[Role.ADMIN] & {
        Permission.ELDERS_READ, Permission.ELDERS_SEARCH, Permission.CASES_READ, Permission.CASES_WRITE,
        Permission.CALLS_SEE, Permission.CALLS_TAKE, Permission.TASKS_WORK, Permission.GLASS_BREAK,
    }  # fmt: skip


@pytest.mark.parametrize("role,route", REFUSED, ids=lambda value: getattr(value, "name", ""))
async def test_a_role_without_the_permission_is_refused_and_nothing_changes(world: World, role: Role, route: Route) -> None:
    before = await fingerprint(world.house.owner)
    answer = await world.request(world.people[role].http, route)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden"), answer.text
    assert await fingerprint(world.house.owner) == before


@pytest.mark.parametrize("route", [r for r in ROUTES if r.asks_for_session], ids=lambda route: route.name)
async def test_without_a_session_there_is_nothing(world: World, route: Route) -> None:
    before = await fingerprint(world.house.owner)
    for cookies in ({}, {"onekey_session": "x" * 43}, {"onekey_session": "x" * 5000}):
        async with httpx.AsyncClient(timeout=60, base_url=world.house.url, cookies=cookies) as stranger:
            answer = await world.request(stranger, route)
        assert answer.status_code == 401, answer.text
        assert answer.json()["error"]["code"] in ("not_signed_in", "session_ended")
    assert await fingerprint(world.house.owner) == before


@pytest.mark.parametrize("role,route", WELCOME, ids=lambda value: getattr(value, "name", ""))
async def test_a_role_with_the_permission_comes_past_the_guard(world: World, role: Role, route: Route) -> None:
    answer = await world.request(world.people[role].http, route)
    assert answer.status_code not in (401, 405, 500), answer.text
    if answer.status_code == 403:  # not hers to see, which is no matter of roles
        assert answer.json()["error"]["code"] in ("no_access", "not_your_call", "not_your_case", "not_your_region")
    if answer.status_code == 422:  # understood: the fields are right
        assert "fields" not in answer.json()["error"]["details"], answer.text


async def test_what_everybody_may_ask_needs_no_session(world: World) -> None:
    async with httpx.AsyncClient(timeout=60, base_url=world.house.url) as stranger:
        for path in ("/api/server", "/healthz", "/readyz", "/api/training/elders"):
            assert (await stranger.get(path)).status_code == 200
        assert "demo_logins" in (await stranger.get("/api/server")).json()
        assert (await stranger.get("/api/server")).json()["demo_logins"] == []  # only the demo prints them


# --- the socket ------------------------------------------------------------------------------------------------------------------


async def knock(house: House, cookie: str, origin: str | None) -> ClientConnection:
    headers = {"Cookie": f"onekey_session={cookie}"} if cookie else {}
    return await connect(
        house.url.replace("http", "ws") + "/ws/console", additional_headers=headers, origin=Origin(origin) if origin else None
    )


async def turned_away(socket: ClientConnection) -> int:
    """The close code of a socket that said not a word."""
    with pytest.raises(ConnectionClosed) as closed:
        await socket.recv()
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code


async def test_the_socket_is_for_who_sees_calls(world: World) -> None:
    for role, person in world.people.items():
        socket = await knock(world.house, person.http.cookies["onekey_session"], world.house.url)
        if Permission.CALLS_SEE in MAY[role]:
            assert '"hello"' in str(await socket.recv())
            await socket.close()
        else:
            assert await turned_away(socket) == NOT_SIGNED_IN


@pytest.mark.parametrize("cookie", ["", "x" * 43, "x" * 4000])
async def test_the_socket_wants_a_session(world: World, cookie: str) -> None:
    assert await turned_away(await knock(world.house, cookie, world.house.url)) == NOT_SIGNED_IN


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", "{ours}.evil.example", None])
async def test_the_socket_is_not_for_other_pages(world: World, origin: str | None) -> None:
    cookie = world.people[Role.AGENT].http.cookies["onekey_session"]
    foreign = origin.replace("{ours}", world.house.url) if origin else None
    before = await fingerprint(world.house.owner, but=VOICE_WRITES)
    assert await turned_away(await knock(world.house, cookie, foreign)) == NOT_SIGNED_IN
    assert await fingerprint(world.house.owner, but=VOICE_WRITES) == before


async def test_sign_in_is_not_for_other_pages(world: World) -> None:
    before = await fingerprint(world.house.owner, but=VOICE_WRITES)
    async with httpx.AsyncClient(timeout=60, base_url=world.house.url, headers={"Origin": "https://evil.example"}) as stranger:
        answer = await stranger.post("/api/auth/sign-in", json={"username": "agent1", "password": "yijiantong"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "foreign_origin")
    assert await fingerprint(world.house.owner, but=VOICE_WRITES) == before
