"""The ARI client against a server that misbehaves, and against an Asterisk that is killed, restarted and frozen."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
import pytest_asyncio

from callcenter.telephony.asterisk.ari import (
    AriClient,
    AriDenied,
    AriError,
    AriNotFound,
    AriRejected,
    AriTimeout,
    AriUnreachable,
    Timeouts,
    segment,
)
from tests.telephony.fake_ari import FakeAri, fake_ari, ok
from tests.telephony.pbx import PATIENCE, Pbx, connected, until

FAST = Timeouts(command=0.4, http=0.5, connect=0.5, silence=0.5, retry_first=0.02, retry_most=0.1, retry_denied=0.3)


@pytest_asyncio.fixture
async def fake() -> AsyncIterator[FakeAri]:
    async with fake_ari() as it:
        yield it


def client(fake: FakeAri, **more: Any) -> AriClient:
    return AriClient(fake.url, "user", "pass:word", ["one", "two"], timeouts=FAST, **more)


async def heard(ari: AriClient, count: int, timeout: float = PATIENCE) -> list[str]:
    found: list[str] = []
    events = ari.events()
    async with asyncio.timeout(timeout):
        while len(found) < count:
            found.append((await anext(events))["type"])
    return found


# --- a server that misbehaves ------------------------------------------------------------------------------------------------


async def test_says_who_it_is(fake: FakeAri) -> None:
    async with client(fake) as ari:
        await connected(ari)
    request = fake.handshakes[0]
    assert request.path == "/ari/events?app=one%2Ctwo"
    assert request.headers["Authorization"] == "Basic dXNlcjpwYXNzOndvcmQ="
    assert "pass" not in request.path


async def test_a_command_is_one_request_and_its_answer(fake: FakeAri) -> None:
    fake.answer = lambda request: ok(request, '{"id": "b1"}')
    async with client(fake) as ari:
        await connected(ari)
        assert await ari.post("/bridges/b1", {"name": "é"}, type="mixing", flag=True, skip=None, n=3) == {"id": "b1"}
        sent = fake.requests[0]
        assert (sent["type"], sent["method"], sent["uri"]) == ("RESTRequest", "POST", "bridges/b1")
        assert sent["query_strings"] == [
            {"name": "type", "value": "mixing"},
            {"name": "flag", "value": "true"},
            {"name": "n", "value": "3"},
        ]
        assert (sent["content_type"], sent["message_body"]) == ("application/json", '{"name":"é"}')


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (404, AriNotFound),
        (401, AriDenied),
        (403, AriDenied),
        (400, AriRejected),
        (409, AriRejected),
        (500, AriRejected),
        (303, AriRejected),
    ],
)
async def test_no_is_an_error_that_says_which(fake: FakeAri, status: int, error: type[AriRejected]) -> None:
    fake.answer = lambda request: ok(request, '{"message": "Channel not found"}', status)
    async with client(fake) as ari:
        await connected(ari)
        with pytest.raises(error) as said:
            await ari.post("/channels/x/answer")
        assert type(said.value) is error
        assert (said.value.status, said.value.reason) == (status, "Channel not found")


async def test_silence_is_a_timeout_and_the_next_command_works(fake: FakeAri) -> None:
    late: list[dict[str, Any]] = []
    fake.answer = lambda request: late.append(request)
    async with client(fake) as ari:
        await connected(ari)
        with pytest.raises(AriTimeout):
            await ari.get("/asterisk/info")
        fake.answer = ok
        await fake.send(ok(late[0]))  # too late: harmless
        assert await ari.get("/asterisk/info") is None


async def test_answers_out_of_order_find_their_commands(fake: FakeAri) -> None:
    held: list[dict[str, Any]] = []
    fake.answer = lambda request: held.append(request)
    async with client(fake) as ari:
        await connected(ari)
        asked = [asyncio.create_task(ari.get(f"/channels/{n}")) for n in range(3)]
        await until(lambda: len(held) == 3)
        await fake.send(*(ok(request, f'"{request["uri"]}"') for request in reversed(held)))
        assert await asyncio.gather(*asked) == ["channels/0", "channels/1", "channels/2"]


async def test_bad_frames_are_passed_over(fake: FakeAri) -> None:
    async with client(fake) as ari:
        await connected(ari)
        await fake.send(
            "no json",
            "[1, 2]",
            "17",
            "{}",
            '{"type": 5}',
            b"\xff\xfe\x00",
            '{"type": "RESTResponse"}',
            '{"type": "RESTResponse", "request_id": "99", "status_code": "x"}',
            {"type": "RESTResponse", "request_id": 7, "status_code": 200},
            {"type": "StasisStart"},
        )
        assert await heard(ari, 2) == ["Connected", "StasisStart"]
        assert ari.connected


async def test_an_answer_that_is_no_json(fake: FakeAri) -> None:
    fake.answer = lambda request: ok(request, "<html>")
    async with client(fake) as ari:
        await connected(ari)
        with pytest.raises(AriRejected):
            await ari.get("/x")


async def test_booting_is_waited_out(fake: FakeAri) -> None:
    fake.refuse = [404, 503, 503]
    async with client(fake) as ari:
        assert await heard(ari, 1) == ["Connected"]
    assert len(fake.handshakes) == 4


async def test_a_wrong_password_is_tried_seldom(fake: FakeAri) -> None:
    fake.refuse = [401] * 100
    async with client(fake):
        await asyncio.sleep(1.0)
    assert 2 <= len(fake.handshakes) <= 12


async def test_nobody_there(fake: FakeAri) -> None:
    ari = AriClient("http://127.0.0.1:9", "u", "p", ["a"], timeouts=FAST)
    async with ari:
        await asyncio.sleep(0.3)
        with pytest.raises(AriUnreachable):
            await ari.get("/x")
        with pytest.raises(AriUnreachable):
            await ari.fetch("/x")
        with pytest.raises(AriUnreachable):
            _ = [piece async for piece in ari.download("/x")]


async def test_a_break_ends_commands_and_is_told_once(fake: FakeAri) -> None:
    fake.answer = lambda request: None
    async with client(fake) as ari:
        await connected(ari)
        asked = asyncio.create_task(ari.get("/x"))
        await until(lambda: fake.requests)
        fake.sockets[0].transport.abort()
        with pytest.raises(AriUnreachable):
            await asked
        assert await heard(ari, 3) == ["Connected", "Disconnected", "Connected"]


async def test_who_is_replaced_stays_away(fake: FakeAri) -> None:
    async with client(fake) as ari:
        await connected(ari)
        await fake.send({"type": "ApplicationReplaced"})
        events = ari.events()
        assert (await anext(events))["type"] == "Connected"
        assert await anext(events) == {"type": "Disconnected", "replaced": True}
        await asyncio.sleep(0.3)
        assert len(fake.handshakes) == 1 and not ari.connected
        await ari.start()
        await connected(ari)


async def test_a_slow_reader_is_told_and_nothing_piles_up(fake: FakeAri) -> None:
    async def flood(socket: Any) -> None:
        await asyncio.sleep(0.1)
        with suppress(Exception):
            for n in range(11_000):
                await socket.send('{"type": "Noise"}')
                if n % 100 == 0:
                    await asyncio.sleep(0.001)

    fake.greet = flood
    async with client(fake) as ari:
        await until(lambda: len(fake.sockets) >= 2)  # it gave up the first connection
        fake.greet = None
        first = await asyncio.wait_for(anext(ari.events()), PATIENCE)
        assert first["type"] == "Disconnected"  # what nobody read is gone: ask for what lives
        await fake.sockets[-1].close()


async def test_close_ends_everything(fake: FakeAri) -> None:
    ari = client(fake)
    await ari.start()
    await connected(ari)
    await ari.close()
    assert not ari.connected
    with pytest.raises(AriUnreachable):
        await ari.get("/x")


def test_segments_are_quoted() -> None:
    assert segment("PJSIP/a b?c&d") == "PJSIP%2Fa%20b%3Fc%26d"


# --- the real one --------------------------------------------------------------------------------------------------------------


@pytest.mark.asterisk
async def test_lists_and_errors_of_a_real_asterisk(pbx: Pbx) -> None:
    async with pbx.client() as ari:
        await connected(ari)
        assert await ari.fetch("/channels") == []
        assert (await ari.get("/asterisk/info", only="system"))["system"]["version"].startswith("22.")
        with pytest.raises(AriNotFound):
            await ari.post("/channels/none/answer")
        with pytest.raises(AriNotFound):
            await ari.fetch("/channels/none")
        with pytest.raises(AriRejected):
            await ari.post("/channels/new", endpoint="Nonsense/1", app="tests")
        with pytest.raises(AriNotFound):
            _ = [piece async for piece in ari.download("/recordings/stored/none/file")]
        (pbx.recordings / "kept.wav").write_bytes(b"RIFF" + bytes(100_000))
        pieces = [piece async for piece in ari.download("/recordings/stored/kept/file")]
        assert sum(map(len, pieces)) == 100_004


@pytest.mark.asterisk
async def test_wrong_password_at_a_real_asterisk(pbx: Pbx) -> None:
    async with AriClient(pbx.settings.ari_base, "onekey", "wrong", ["x"], timeouts=FAST) as ari:
        await asyncio.sleep(0.5)
        assert not ari.connected
        with pytest.raises(AriDenied):
            await ari.fetch("/channels")


@pytest.mark.asterisk
async def test_two_clients_with_one_application(pbx: Pbx) -> None:
    """The second takes over; the first is told, and does not take it back."""
    async with pbx.client("shared") as first:
        await connected(first)
        async with pbx.client("shared") as second:
            await connected(second)
            await until(lambda: not first.connected)
            await asyncio.sleep(0.5)
            assert second.connected and not first.connected


@pytest.mark.asterisk
async def test_asterisk_killed_and_started_again(own_pbx: Pbx) -> None:
    """Told at once, no load while it is away, and back after its boot."""
    async with own_pbx.client() as ari:
        await connected(ari)
        asked = [asyncio.create_task(ari.get("/asterisk/info")) for _ in range(50)]
        await own_pbx.asterisk.stop(at_once=True)
        await until(lambda: not ari.connected, 3.5)  # sooner than its pings would show it
        results = await asyncio.gather(*asked, return_exceptions=True)
        assert all(isinstance(r, dict | AriError) for r in results)
        with pytest.raises(AriUnreachable):
            await ari.get("/asterisk/info")
        used = time.process_time()
        await asyncio.sleep(2)
        assert time.process_time() - used < 0.3  # the client that spun was the reason to write this one
        await own_pbx.asterisk.start()
        await connected(ari)
        assert (await ari.get("/asterisk/ping"))["ping"] == "pong"
        assert await heard(ari, 3) == ["Connected", "Disconnected", "Connected"]


@pytest.mark.asterisk
async def test_asterisk_frozen_and_thawed(own_pbx: Pbx) -> None:
    async with own_pbx.client() as ari:
        await connected(ari)
        own_pbx.asterisk.pause()
        try:
            began = time.monotonic()
            with pytest.raises(AriTimeout):
                await ari.get("/asterisk/ping")
            assert time.monotonic() - began < 8
            await until(lambda: not ari.connected)  # its pings are not answered
        finally:
            own_pbx.asterisk.resume()
        await connected(ari)
        assert (await ari.get("/asterisk/ping"))["ping"] == "pong"
