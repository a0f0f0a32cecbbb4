"""The short forms of `make faults` (tests/faults): the clock is set, sockets are opened and left. The database away, no room for recordings, a dead
server have theirs in test_when_things_die, test_recordings and tests/e2e/test_the_servers_die."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin

from callcenter.kit import clock
from callcenter.telephony.port import CarrierUnreachable
from tests.house import AgentAtWork, House, until

ALONE, UNKNOWN = "07103456789", "07103459876"
DUTY = "+8613800001111"
STALE = 200


@pytest.fixture(autouse=True)
def clock_goes_right() -> Iterator[None]:
    yield
    clock.reset()


@pytest.mark.parametrize("minutes", [5, -5])
async def test_the_clock_is_set_and_everybody_waits_as_long_as_before(house: House, minutes: int) -> None:
    await house.rows(
        "INSERT INTO duty_telephones (id, position, number, label, active) VALUES (gen_random_uuid(), 1, :number, '值班', true) RETURNING id",
        number=DUTY,
    )
    agent = await house.agent("agent1")
    talker = house.elder(ALONE).press_service()
    call = await agent.picks_up()
    waiter = house.elder(UNKNOWN).press_sos()
    await waiter.is_told("waiting_sos")
    told = waiter.was_told().count("waiting_sos")
    clock.set_by(timedelta(minutes=minutes))
    await waiter.is_told("waiting_sos", told + 2)  # she is told again and again …
    await until(lambda: any(DUTY in who for who in house.sim.ringing()), why="… the duty telephone has its turn …")
    assert house.sim.channels[waiter.channel].where != "fallback"  # … no guard has run out
    await talker.talks()
    talker.hangs_up()
    await agent.is_("wrap_up")
    await agent.wraps_up(call["id"])
    await agent.picks_up()
    await waiter.talks()
    for row in await house.rows("SELECT count(*) AS n FROM call_events WHERE kind = 'clock_was_set' GROUP BY call_id"):
        assert row.n >= 1
    assert len(await house.rows("SELECT 1 FROM calls")) == len(await house.rows("SELECT 1 FROM cases")) == 2


async def test_the_clock_was_put_back_while_no_voice_was_there(house: House) -> None:
    """What stands in the rows as due lies five minutes ahead: the next voice waits no longer than if the press had come just now."""
    await house.voice_anew(guard=60)
    agent = await house.agent("supervisor1")
    waiter = house.elder(UNKNOWN).press_sos()
    await waiter.is_told("waiting_sos")
    await house.kill_voice()
    told = waiter.was_told().count("waiting_sos")
    clock.set_by(timedelta(minutes=-5))
    await house.start_voice()
    await waiter.is_told("waiting_sos", told + 1)
    await agent.picks_up()  # an SOS has gone up to the supervisors
    await waiter.talks()


async def stale_socket(agent: AgentAtWork) -> ClientConnection:
    """A tab of this sign-in that nobody will ever look at again: nothing is taken from its wire."""
    cookie = f"onekey_session={agent.http.cookies['onekey_session']}"
    address = agent.house.url.replace("http", "ws") + "/ws/console"
    socket = await connect(address, additional_headers={"Cookie": cookie}, origin=Origin(agent.house.url), max_size=None)
    socket.transport.pause_reading()
    return socket


async def test_sockets_that_nobody_closes_keep_no_press_from_its_agent(house: House) -> None:
    left = house.visitor("agent2")
    await left.sign_in()
    host, port = house.url.removeprefix("http://").split(":")
    mute = [await asyncio.open_connection(host, int(port)) for _ in range(STALE // 2)]  # not even a request
    sockets = [await stale_socket(left) for _ in range(STALE // 2)]
    try:
        agent = await house.agent("agent1")
        elder = house.elder(ALONE).press_sos()
        call = await agent.picks_up()
        await elder.talks()
        assert call["pop"] is not None
        for socket in sockets:
            socket.transport.abort()  # the machine is gone without a word
        await until(lambda: len(house.hub.consoles) == 1, why="what is gone is let go")
        elder.hangs_up()
        await agent.is_("wrap_up")
    finally:
        for _, writer in mute:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for _, writer in mute), return_exceptions=True)
        await asyncio.gather(*(socket.close() for socket in sockets), return_exceptions=True)


async def test_a_trunk_that_is_down_is_not_dialled_without_a_pause(house: House) -> None:
    """Each duty telephone fails at once: the next round waits as long as one of them would ring."""
    await house.rows(
        "INSERT INTO duty_telephones (id, position, number, label, active) VALUES (gen_random_uuid(), 1, :number, '值班', true) RETURNING id",
        number=DUTY,
    )
    await house.voice_anew(sos_supervisors=0.2, sos_duty=0.4, duty_ring=1.0)
    agent = await house.agent("agent1")
    await until(lambda: house.sim.fallback[1] == [DUTY], why="voice knows the duty telephone")
    assert house.engine
    board, rounds, real = house.engine.core.board, list[float](), house.sim.ring

    async def down(channel_id: str, to: str, **more: Any) -> None:
        if DUTY in to:
            rounds.append(next(iter(board.calls.values())).duty_round)
            raise CarrierUnreachable("the trunk is down")
        await real(channel_id, to, **more)

    house.sim.ring = down  # type: ignore[method-assign]
    elder = house.elder(UNKNOWN).press_sos()
    await until(lambda: len(rounds) == 3, why="it is tried again")
    assert all(later - before >= 1.0 for before, later in pairwise(rounds))
    await agent.picks_up()
    await elder.talks()
