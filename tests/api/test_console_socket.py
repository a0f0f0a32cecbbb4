"""What a console may say on its socket, and what becomes of one that says something else: the others go on."""

from __future__ import annotations

import asyncio
import contextlib
import time

import orjson
import pytest
from sqlalchemy import text
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

from callcenter.console.hub import TOO_SLOW
from callcenter.console.socket import MAX_FROM_CLIENT
from callcenter.kit.outbox import publish
from tests.house import AgentAtWork, House, until

NOT_UNDERSTOOD = (
    "", " ", "{", "[]", "null", "1", "NaN", '"pong"', "{}", '{"type":null}', '{"type":"snapshot"}', '{"type":"event","topic":"call","data":null}',
    '{"type":"phone"}', '{"type":"phone","state":"\\ud800"}', '{"type":"phone","state":"a\\u0000"}', '{"type":["phone"]}', '{"type":{"a":1}}',
    "[" * 4000, '{"a":' * 800, '{"type":"pong","type":"nothing"}', "\x00", "\u2028", "9" * 4000,
)  # fmt: skip


async def socket_of(agent: AgentAtWork) -> ClientConnection:
    """A second, bare socket of the same agent; hello and snapshot are read."""
    cookie = f"onekey_session={agent.http.cookies['onekey_session']}"
    socket = await connect(
        agent.house.url.replace("http", "ws") + "/ws/console",
        additional_headers={"Cookie": cookie},
        origin=Origin(agent.house.url),
        max_size=None,
    )
    kinds: list[str] = []
    while len(kinds) < 2:
        kind = orjson.loads(await socket.recv())["type"]
        kinds += [kind] if kind != "ping" else []  # a slow machine is asked whether it lives before it has seen anything
    assert kinds == ["hello", "snapshot"]
    return socket


async def test_what_is_not_understood_is_passed_over(house: House) -> None:
    agent = await house.agent("agent1")
    for message in NOT_UNDERSTOOD:
        assert agent._socket
        await agent._socket.send(message)
    house.elder("07103456789").press_sos()
    await agent.picks_up()
    assert agent._socket and agent._socket.close_code is None


@pytest.mark.parametrize("message", ["x" * (MAX_FROM_CLIENT + 1), "字" * 2_000_000, "x" * 20_000_000, b"{}", b"\x00\xff" * 3000])
async def test_who_says_too_much_or_no_text_is_closed_and_the_others_go_on(house: House, message: str | bytes) -> None:
    other = await house.agent("agent2")
    agent = house.visitor("agent1")
    await agent.sign_in()
    socket = await socket_of(agent)
    with contextlib.suppress(ConnectionClosed):  # it may hang up while we still speak
        await socket.send(message)
    await until(lambda: socket.close_code, why="the server hangs up")
    assert socket.close_code in (1000, 1003, 1006, 1009)
    house.elder("07103456789").press_sos()
    await other.picks_up()
    await agent.open_console()  # and comes back with a fresh picture
    assert agent.console.calls


async def test_who_vanishes_in_mid_sentence_hurts_nobody(house: House) -> None:
    other = await house.agent("agent2")
    agent = house.visitor("agent1")
    await agent.sign_in()
    for _ in range(20):
        socket = await socket_of(agent)
        socket.transport.abort()
    house.elder("07103456789").press_sos()
    await other.picks_up()


async def test_only_who_takes_calls_has_a_telephone_to_speak_of(house: House) -> None:
    """A state that the agent tells is only a hint; the server's own look decides."""
    agent = house.visitor("agent1")
    await agent.sign_in()
    await agent.open_console()
    await agent.say({"type": "phone", "state": "registered"})
    await house.until_rows("SELECT 1 FROM call_commands WHERE kind = 'phone_registered' AND outcome <> ''")
    house.elder("07103456789").press_sos()
    await agent.sees_call(state="queued")
    assert agent.view()["phone_ok"] is False


async def test_a_thousand_events_a_second_reach_a_console_in_order(house: House) -> None:
    """Several changes of one object come as one: what counts is that the last of each has come, soon after it happened."""
    agent = await house.agent("agent1")
    await house.agent("agent2")
    ids = [row.agent_id for row in await house.rows("SELECT agent_id FROM agent_presence")]
    began, told = time.monotonic(), 0
    for second in range(3):
        for _ in range(20):
            async with house.database.transaction() as session:
                for n in range(50):
                    await publish(session, "agent", ids[n % len(ids)], {})
            told += 50
        await asyncio.sleep(max(0.0, began + second + 1 - time.monotonic()))
    (last,) = await house.until_rows("SELECT max(seq) AS seq FROM outbox HAVING count(*) FILTER (WHERE seq IS NULL) = 0")
    assert told == 3000
    await agent.hears_of(last.seq)  # Console.take asserts their order
    picture = agent.console.picture()
    await agent.close_console()
    await agent.open_console()
    assert agent.console.picture() == picture


async def test_a_console_that_stops_reading_is_dropped_and_the_others_hear_all(house: House) -> None:
    """It is not waited for: it is closed, and comes back by a fresh picture."""
    other = await house.agent("agent2")
    agent = house.visitor("agent1")
    await agent.sign_in()
    socket = await socket_of(agent)
    socket.transport.pause_reading()  # nothing is taken from the wire any more
    names = {row.id: row.name for row in await house.rows("SELECT id, name FROM users WHERE role = 'agent'")}
    try:
        async with house.owner.transaction() as session:  # large events fill the buffers between us sooner
            await session.execute(text("UPDATE users SET name = name || repeat('字', 20000) WHERE role = 'agent'"))
        for _ in range(400):
            async with house.database.transaction() as session:
                for agent_id in names:
                    await publish(session, "agent", agent_id, {})
            (last,) = await house.until_rows("SELECT max(seq) AS seq FROM outbox HAVING count(*) FILTER (WHERE seq IS NULL) = 0")
            await other.hears_of(last.seq)
            if len(house.hub.consoles) == 1:
                break
        assert len(house.hub.consoles) == 1, "the slow console is still waited for"
        socket.transport.resume_reading()
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                await asyncio.wait_for(socket.recv(), 10)
        assert closed.value.rcvd is None or closed.value.rcvd.code == TOO_SLOW
        await socket.close()
    finally:
        async with house.owner.transaction() as session:
            for user_id, name in names.items():
                await session.execute(text("UPDATE users SET name = :name WHERE id = :id"), {"name": name, "id": user_id})
    await agent.open_console()
    assert set(agent.console.agents) == set(other.console.agents)
