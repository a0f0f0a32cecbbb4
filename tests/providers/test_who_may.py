"""Every route × (nobody, another store's keeper, a worker of the store, its keeper, an officer): refused ones leave no trace in any table."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi.routing import APIRoute, iter_route_contexts

from callcenter.dispatch.access.sessions import Person
from callcenter.dispatch.stores.models import Organisation, OrganisationKind, OrganisationOfficer, Store, StoreBlackout
from callcenter.kit import clock
from callcenter.kit.ids import new_id
from callcenter.settings import Settings
from providers.app import create_app
from providers.http import signed_in
from tests.api.routes import fingerprint
from tests.providers.playing import NEAR, accepted, only, ordered, picture, store_with_keeper, worker_of
from tests.storefront import Phone, Storefront
from tests.stores import make_person

PUBLIC = {"/healthz", "/readyz", "/api/catalog", "/api/welcome", "/api/sign-in/code", "/api/sign-in"}
# about the asker herself: nothing of it names an object of somebody else
OWN = {"/api/me", "/api/devices", "/api/inbox", "/api/live", "/api/sign-out", "/api/sign-out/all", "/api/push", "/api/push/stop"}
OFFICERS = {"/api/organisations/{organisation_id}/stores", "/api/organisations/{organisation_id}/report", "/api/stores/{store_id}/standing"}
KEEPERS = {"/api/jobs/{order_id}/send", "/api/jobs/{order_id}/give-back", "/api/jobs/{order_id}/workers"}
BODIES: dict[str, dict[str, Any]] = {
    "/api/offers/{offer_id}/decline": {"reason": "busy"},
    "/api/jobs/{order_id}/send": {"worker_id": "{worker_id}"},
    "/api/jobs/{order_id}/give-back": {"reason": "busy"},
    "/api/jobs/{order_id}/proofs/code": {"phase": "in", "code": "000000"},
    "/api/jobs/{order_id}/proofs/tag": {"phase": "in", "tag": "1KEY-00000000"},
    "/api/jobs/{order_id}/proofs/position": {"phase": "in", "position": NEAR, "photo": picture()},
    "/api/jobs/{order_id}/photos": {"photo": picture()},
    "/api/jobs/{order_id}/finish": {"amount_fen": 4000},
    "/api/stores/{store_id}/hours": {"version": 1, "hours": [[[480, 1200]]] * 7, "has_smartphone": False},
    "/api/stores/{store_id}/blackouts": {"version": 1, "first": "2030-01-01", "last": "2030-01-02"},
    "/api/stores/{store_id}/blackouts/{blackout_id}/remove": {"version": 1},
    "/api/stores/{store_id}/standing": {"version": 1, "to": "suspended", "reason": "停业整顿"},
    "/api/stores/{store_id}/points/ask": {"card": "XF-0", "points": 100},
    "/api/stores/{store_id}/points/code": {"request_id": "{worker_id}", "code": "123456"},
    "/api/stores/{store_id}/points/give-up": {"request_id": "{worker_id}"},
    "/api/stores/{store_id}/purchases": {"receipt": "R-1", "card_number": "XF-0", "amount_fen": 100},
    "/api/stores/{store_id}/purchases/refund": {"receipt": "R-1", "number": "T-1", "fen": 100},
    "/api/push": {"subscription": "{}"},
    "/api/sign-in/code": {"number": "13900009999"},
    "/api/sign-in": {"number": "13900009999", "code": "000000"},
}
QUERY = {
    "/api/stores/{store_id}/statement": {"month": "2026-11"},
    "/api/stores/{store_id}/statement.csv": {"month": "2026-11"},
    "/api/organisations/{organisation_id}/report": {"first": "2026-11-01", "last": "2026-11-30"},
}
DOC = Path(__file__).parents[2] / "docs" / "stores-app.md"
PEOPLE = ("nobody", "stranger", "worker", "keeper", "officer")


@dataclass(frozen=True)
class Route:
    method: str
    path: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def expected(self, who: str) -> int:
        """The status that a well-meant request is refused with; 0: not refused for who she is."""
        if who == "nobody":
            return 401
        if self.path in OWN:
            return 0
        if self.path in OFFICERS:
            return 0 if who == "officer" else 404
        if who in ("stranger", "officer"):
            return 404
        if who == "keeper" or (self.path.startswith("/api/jobs/") and self.path not in KEEPERS):
            return 0
        return 404 if self.path.startswith(("/api/offers/", "/api/devices/")) else 403


def routes() -> list[Route]:
    found = []
    for context in iter_route_contexts(create_app(Settings(mode="test", redis_url="")).routes):
        route = context.original_route
        if isinstance(route, APIRoute) and route.include_in_schema:
            found += [Route(method, route.path) for method in sorted(route.methods or ())]
    return found


ROUTES = routes()
GUARDED = [route for route in ROUTES if route.path not in PUBLIC]


@dataclass
class World:
    """A job that a worker goes to, another that is only offered, and everybody signed in."""

    front: Storefront
    ids: dict[str, str]
    people: dict[str, Phone] = field(default_factory=dict)

    async def ask(self, who: str, route: Route) -> httpx.Response:
        ids = dict(self.ids)
        if route.path.startswith("/api/devices/"):
            ids["session_id"] = self.people["keeper"].me["session_id"]
        body = {k: v.format(**ids) if isinstance(v, str) and v.startswith("{w") else v for k, v in BODIES.get(route.path, {}).items()}
        path = route.path.format(**ids)
        http = self.people[who].http
        if route.method == "GET":
            return await http.get(path, params=QUERY.get(route.path))
        return await http.post(path, json=body, headers={"Idempotency-Key": str(new_id())})


async def small_world(front: Storefront, elder_id: uuid.UUID) -> World:
    store_id, person = await store_with_keeper(front, "张姐家政", JZ01=4000)
    _, strange = await store_with_keeper(front, "别家", WX05=9000)
    worker = await worker_of(front, store_id, "李小妹")
    async with front.owner.transaction() as session:
        organisation = Organisation(id=new_id(), kind=OrganisationKind.HOME_SERVICE, name="家政协会", updated_at=clock.now())
        session.add(organisation)
        officer = await make_person(session, "协会会长")
        await session.flush()
        session.add(OrganisationOfficer(organisation_id=organisation.id, person_id=officer.id))
        (await session.get_one(Store, store_id)).organisation_id = organisation.id
        blackout = StoreBlackout(id=new_id(), store_id=store_id, first=date(2030, 5, 1), last=date(2030, 5, 3))
        session.add(blackout)
    world = World(front, {})
    world.people = {
        "nobody": front.phone(),
        "stranger": await front.signed_in(strange),
        "worker": await front.signed_in(worker),
        "keeper": await front.signed_in(person),
        "officer": await front.signed_in(officer),
    }
    keeper = world.people["keeper"]
    job = await ordered(front, elder_id, "JZ01")
    await accepted(keeper, job)
    assert (await keeper.post(f"/api/jobs/{job.id}/send", {"worker_id": str(worker.id)})).status_code == 200
    offered = await ordered(front, elder_id, "JZ01")
    offer = only((await keeper.job(offered.id))["offers"])
    world.ids = {
        "order_id": str(job.id), "offer_id": offer["id"], "store_id": str(store_id), "worker_id": str(worker.id), "blackout_id": str(blackout.id),
        "organisation_id": str(organisation.id),
    }  # fmt: skip
    return world


@pytest_asyncio.fixture
async def world(front: Storefront, elder_id: uuid.UUID) -> AsyncIterator[World]:
    yield await small_world(front, elder_id)


def test_every_route_is_public_on_purpose_or_asks_who_it_is() -> None:
    """By its dependencies; the stream, which holds no transaction open, asks in its own first lines."""
    app = create_app(Settings(mode="test", redis_url=""))
    unguarded = set()
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, APIRoute) and route.include_in_schema:
            waiting, calls = [route.dependant], []
            while waiting:
                one = waiting.pop()
                calls.append(one.call)
                waiting += one.dependencies
            if signed_in not in calls:
                unguarded.add(route.path)
    assert unguarded == PUBLIC | {"/api/live"}


def test_the_document_tells_the_same() -> None:
    words = {401: "401", 403: "403", 404: "404", 0: "✓"}
    told = [line for line in DOC.read_text(encoding="utf-8").splitlines() if line.startswith(("| `GET /", "| `POST /"))]
    said = [[words[0 if route.path in PUBLIC else route.expected(who)] for who in PEOPLE] for route in ROUTES]
    assert told == [f"| `{route}` | {' | '.join(cells)} |" for route, cells in zip(ROUTES, said, strict=True)]


async def test_whoever_is_refused_leaves_no_trace(world: World) -> None:
    """All of them in one world: nothing of it may change."""
    before = await fingerprint(world.front.owner)
    for who in PEOPLE:
        for route in GUARDED:
            if (expected := route.expected(who)) and route.path != "/api/live":
                answer = await world.ask(who, route)
                assert answer.status_code == expected, f"{who} {route}: {answer.status_code} {answer.text}"
    after = await fingerprint(world.front.owner)
    assert {name for name in before if before[name] != after[name]} == set()
    assert (await world.people["nobody"].http.get("/api/live")).status_code == 401


@pytest.mark.parametrize("who", ["worker", "keeper", "officer"])
async def test_whoever_may_is_not_refused_for_who_she_is(world: World, who: str) -> None:
    """Each in a state where it may be another refusal (a wrong stage, a wrong code), never one for the person."""
    last = ("/api/sign-out", "/api/sign-out/all", "/api/devices/{session_id}/sign-out", "/api/jobs/{order_id}/give-back", "/api/live")
    for route in sorted(GUARDED, key=lambda r: (r.path in last, r.path == "/api/sign-out/all")):
        if route.expected(who) or route.path == "/api/live" or route.path in ("/api/devices/{session_id}/sign-out", "/api/sign-out"):
            continue
        answer = await world.ask(who, route)
        assert answer.status_code not in (401, 404, 500), f"{route}: {answer.status_code} {answer.text}"
        code = answer.json()["error"]["code"] if answer.status_code == 403 else ""
        assert code in ("", "not_your_job"), f"{route}: {answer.text}"  # the tag of another door


@pytest.mark.parametrize("route", [r for r in GUARDED if r.method == "POST"], ids=str)
async def test_without_the_csrf_token_nothing_is_done(front: Storefront, elder_id: uuid.UUID, route: Route) -> None:
    _, person = await store_with_keeper(front, "张姐家政", JZ01=4000)
    phone = await front.signed_in(person)
    phone.http.headers["X-CSRF-Token"] = "another"
    nothing = str(uuid.uuid4())
    path = route.path.format(order_id=nothing, offer_id=nothing, store_id=nothing, session_id=nothing, blackout_id=nothing)
    answer = await phone.http.post(path, json=BODIES.get(route.path, {}))
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "csrf")


async def test_a_stranger_is_not_told_that_it_exists(world: World) -> None:
    """Another's object and one that is not there are answered the same."""
    stranger = world.people["stranger"]
    for path in ("/api/jobs/{}", "/api/stores/{}", "/api/organisations/{}/stores"):
        name = {"/api/jobs/{}": "order_id", "/api/stores/{}": "store_id"}.get(path, "organisation_id")
        theirs, none = [await stranger.http.get(path.format(i)) for i in (world.ids[name], uuid.uuid4())]
        assert (theirs.status_code, theirs.json()) == (none.status_code, none.json())


async def test_whoever_is_switched_off_is_out_at_once(world: World) -> None:
    keeper = world.people["keeper"]
    assert keeper.person
    async with world.front.owner.transaction() as session:
        person = await session.get_one(type(keeper.person), keeper.person.id)
        person.active = False
    for path in ("/api/me", "/api/inbox", f"/api/jobs/{world.ids['order_id']}", "/api/live"):
        assert (await keeper.http.get(path)).status_code == 401
    assert (await keeper.post(f"/api/offers/{world.ids['offer_id']}/accept")).status_code == 401


def test_a_person_is_what_the_session_says() -> None:
    someone = Person(new_id(), new_id(), "张姐", "token")
    assert (someone.keeps, someone.works_at, someone.officer_of, someone.actor.role) == (frozenset(), frozenset(), frozenset(), None)
