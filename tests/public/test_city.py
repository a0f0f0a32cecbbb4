"""A city with an interface: what it is sent (a real server on this machine is the city), and what it tells, signed both ways."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
import uvicorn
from sqlalchemy import select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from callcenter.emergency.outside.actions import revoke_links, tell_state
from callcenter.emergency.outside.city import CitySender
from callcenter.emergency.outside.models import OutsideService
from callcenter.emergency.outside.schemas import Told
from callcenter.emergency.outside.states import Agency, HandoverOutState, Source
from callcenter.kit import clock
from tests.house import until
from tests.ports import free_port
from tests.public.handing_over import Given, hand_over
from tests.public.open_door import OpenDoor

SECRET = "what both sides know, 32 characters and more"


class City:
    """`mood`: the status it answers with, or "slow"."""

    def __init__(self) -> None:
        self.port, self.mood, self.got = free_port(), "200", list[dict[str, Any]]()
        self.url = f"http://127.0.0.1:{self.port}/in/onekey"

    async def take(self, request: Request) -> Response:
        body = await request.body()
        event, at = request.headers["x-onekey-event"], request.headers["x-onekey-timestamp"]
        signed = f"{at}\n{event}\n/in/onekey\n".encode() + body
        good = "v1=" + hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
        assert request.headers["x-onekey-signature"] == good and abs(int(at) - clock.now().timestamp()) < 5
        self.got.append(json.loads(body))
        if self.mood == "slow":
            await asyncio.sleep(20)
        if self.mood == "moved":
            return Response(status_code=302, headers={"Location": "http://127.0.0.1:9/elsewhere"})
        return Response("never read" * 10_000, status_code=int(self.mood) if self.mood.isdigit() else 200)


@pytest_asyncio.fixture
async def city() -> AsyncIterator[City]:
    made = City()
    app = Starlette(routes=[Route("/in/onekey", made.take, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, port=made.port, log_level="error", timeout_graceful_shutdown=1))
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    task = asyncio.create_task(server.serve())
    await until(lambda: server.started, why="the city")
    yield made
    server.should_exit = True
    await asyncio.wait_for(task, 10)


@pytest_asyncio.fixture
async def sender(door: OpenDoor) -> AsyncIterator[CitySender]:
    made = CitySender(door.app)
    yield made
    await made.close()
    clock.reset()


@pytest_asyncio.fixture
async def connected(door: OpenDoor, city: City) -> Given:
    async with door.owner.transaction() as session:
        row = (await session.scalars(select(OutsideService).where(OutsideService.agency == Agency.AMBULANCE))).one()
        row.webhook_url, row.secret = city.url, SECRET
    return await hand_over(door)


async def state_of_city(given: Given) -> str:
    (row,) = await given.door.rows("SELECT city FROM outside_handovers")
    return str(row.city)


async def agent_says(given: Given, state: HandoverOutState, **words: str) -> None:
    async with given.door.app.transaction() as session:
        await tell_state(session, given.agent, given.handover_id, Told(state=state, source=Source.AGENT, at=clock.now(), **words))


# --- going out ------------------------------------------------------------------------------------------------------------------------------


async def test_it_is_sent_on_the_offer_and_on_each_change_and_once(connected: Given, city: City, sender: CitySender) -> None:
    assert await sender.look() == 1 and await sender.look() == 0
    await agent_says(connected, HandoverOutState.ACCEPTED, reference="JJ-17")
    await asyncio.gather(sender.look(), CitySender(connected.door.app).look())
    await agent_says(connected, HandoverOutState.REJECTED, reason="没有空车")
    await sender.look()
    assert [(one["kind"], one["handover"]["state"]) for one in city.got] == [
        ("offered", "offered"),
        ("state", "accepted"),
        ("withdrawn", "rejected"),
    ]
    assert [one["sequence"] for one in city.got] == sorted({one["sequence"] for one in city.got})
    assert city.got[0]["packet"]["personComponent"][0]["name"] == "王桂兰"
    assert await state_of_city(connected) == "reached"
    rows = await connected.door.rows("SELECT state, body FROM outside_deliveries")
    assert {(row.state, row.body) for row in rows} == {("done", None)}, "what was sent is forgotten here"


@pytest.mark.parametrize("mood", ["500", "503", "404", "moved", "slow"])
async def test_a_bad_city_is_tried_again_and_then_a_person_is_called(
    connected: Given, city: City, sender: CitySender, mood: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("callcenter.emergency.outside.city.SEND_TIMEOUT", 0.3)
    city.mood = mood
    for n, gap in enumerate((0, 1, 3, 8, 15), 1):
        clock.shift(timedelta(seconds=gap - 0.5 if gap else 0))
        if gap:
            assert await sender.look() == 0, "not before its time"
            clock.shift(timedelta(seconds=0.6))
        assert await sender.look() == 1
        assert len(city.got) == n
    assert len({one["event"] for one in city.got}) == 1, "the same event, however often"
    assert city.got[0] == city.got[-1]
    clock.shift(timedelta(hours=1))
    assert await sender.look() == 0, "not for ever"
    assert await state_of_city(connected) == "not_reached"
    (alarm,) = await connected.door.rows("SELECT code, data FROM emergency_alarms")
    assert alarm.code == "city_not_reached" and alarm.data["agency"] == "120"
    assert alarm.data["error"] == {"moved": "http_302", "slow": "timed_out"}.get(mood, f"http_{mood}")
    city.mood = "200"
    await agent_says(connected, HandoverOutState.ACCEPTED)
    await sender.look()
    assert await state_of_city(connected) == "reached"


async def test_a_city_that_comes_back_in_time_calls_nobody(connected: Given, city: City, sender: CitySender) -> None:
    city.mood = "503"
    await sender.look()
    city.mood = "200"
    clock.shift(timedelta(seconds=1.1))
    await sender.look()
    assert await state_of_city(connected) == "reached" and await connected.door.rows("SELECT 1 FROM emergency_alarms") == []


async def test_what_is_overtaken_is_not_sent(connected: Given, city: City, sender: CitySender) -> None:
    city.mood = "503"
    await sender.look()
    await agent_says(connected, HandoverOutState.DISPATCHED)
    city.mood = "200"
    clock.shift(timedelta(seconds=30))
    await sender.look()
    assert [one["handover"]["state"] for one in city.got] == ["offered", "dispatched"]
    rows = await connected.door.rows("SELECT state FROM outside_deliveries ORDER BY created_at")
    assert [row.state for row in rows] == ["superseded", "done"]


async def test_a_sender_that_dies_in_mid_attempt_is_followed_by_another(connected: Given, city: City, sender: CitySender) -> None:
    await sender._claim()  # and never comes back
    assert await CitySender(connected.door.app).look() == 0
    clock.shift(timedelta(seconds=21))
    assert await sender.look() == 1 and len(city.got) == 1
    assert await state_of_city(connected) == "reached"


# --- coming in ------------------------------------------------------------------------------------------------------------------------------


async def tell(
    given: Given, body: Any, *, event: str = "", secret: str = SECRET, at: float | None = None, path: str = "", sent: bytes | None = None
) -> httpx.Response:
    target = f"/api/handover/{given.handover_id}/state"
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    event, stamp = event or uuid.uuid4().hex, str(int(at if at is not None else clock.now().timestamp()))
    signature = hmac.new(secret.encode(), f"{stamp}\n{event}\n{path or target}\n".encode() + raw, hashlib.sha256).hexdigest()
    headers = {
        "X-OneKey-Event": event,
        "X-OneKey-Timestamp": stamp,
        "X-OneKey-Signature": f"v1={signature}",
        "Content-Type": "application/json",
    }
    async with given.door.stranger() as caller:
        return await caller.post(target, content=raw if sent is None else sent, headers=headers)


async def test_a_city_tells_and_what_it_tells_takes_effect(connected: Given) -> None:
    took = await tell(connected, {"state": "accepted", "who": "3 号席", "reference": "JJ-17", "unknown": 1})
    assert (took.status_code, took.json()["state"], took.json()["already"]) == (202, "offered", False)
    await connected.second()
    assert await connected.state() == "accepted"
    (row,) = await connected.door.rows("SELECT text, data FROM case_entries WHERE kind = 'handover_accepted'")
    assert (row.text, row.data["by"]) == ("JJ-17", "city")
    kinds = [row.kind for row in await connected.door.rows("SELECT kind FROM outside_deliveries")]
    assert kinds == ["offered"], "what a city has told is not told back to it"


async def test_the_same_event_twice_and_late_news_do_no_harm(connected: Given) -> None:
    began = clock.now()
    await tell(connected, {"state": "arrived", "at": began.isoformat()}, event="event-2-arrived")
    again = await tell(connected, {"state": "arrived"}, event="event-2-arrived")
    assert (again.status_code, again.json()["already"]) == (202, True)
    await connected.second()
    await tell(connected, {"state": "dispatched"}, event="event-1-dispatched")
    await tell(connected, {"state": "accepted"}, event="event-0-accepted")
    await connected.second()
    assert await connected.state() == "arrived"
    (row,) = await connected.door.rows("SELECT accepted_at, dispatched_at, arrived_at FROM outside_handovers")
    assert all(row)
    assert await connected.kinds() == ["handover_offered", "handover_link", "handover_arrived", "handover_late_news"]
    await tell(connected, {"state": "closed", "outcome": "送市中心医院"})
    await tell(connected, {"state": "rejected", "reason": "没有空车"})
    await connected.second()
    assert await connected.state() == "closed"


async def test_two_workers_apply_a_report_once(connected: Given) -> None:
    await tell(connected, {"state": "accepted"})
    await asyncio.gather(*(connected.second() for _ in range(4)))
    assert (await connected.kinds()).count("handover_accepted") == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": "x" * 40},
        {"secret": ""},
        {"at": 0},
        {"path": "/api/handover/00000000-0000-4000-8000-000000000000/state"},
        {"sent": b'{"state": "closed"}'},
        {"event": "short"},
    ],
    ids=["secret", "none", "old", "another", "changed", "event"],
)
async def test_who_is_not_believed(connected: Given, wrong: dict[str, Any]) -> None:
    answer = await tell(connected, {"state": "accepted"}, **wrong)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "bad_signature")
    assert await connected.door.rows("SELECT 1 FROM outside_reports") == []


async def test_a_replay_to_later_or_elsewhere_is_refused_and_now_changes_nothing(connected: Given) -> None:
    at = clock.now().timestamp()
    assert (await tell(connected, {"state": "accepted"}, event="one-event", at=at)).status_code == 202
    assert (await tell(connected, {"state": "accepted"}, event="one-event", at=at)).json()["already"] is True
    clock.shift(timedelta(minutes=6))
    assert (await tell(connected, {"state": "accepted"}, event="one-event", at=at)).status_code == 403


async def test_signed_and_not_understood(connected: Given) -> None:
    for body in (b"no json", b"[]", {"state": "offered"}, {"state": "accepted", "who": "x" * 61}):
        answer = await tell(connected, body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid"), answer.text
    assert await connected.door.rows("SELECT 1 FROM outside_reports") == []


async def test_without_an_interface_nobody_is_believed_or_told(given: Given, sender: CitySender) -> None:
    assert await sender.look() == 0
    assert (await tell(given, {"state": "accepted"}, secret="")).status_code == 403
    async with given.door.app.transaction() as session:
        await revoke_links(session, given.agent, given.handover_id)
    assert await given.door.rows("SELECT 1 FROM outside_deliveries") == []
