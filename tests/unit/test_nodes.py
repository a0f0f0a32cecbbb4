"""Two nodes that are one PBX: who has what, where telephones are rung, and what becomes of a node that is away."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from callcenter.doctor.services import check_asterisk
from callcenter.reports.matching.queries import name_of, record_of_pbx
from callcenter.settings import Settings, nodes_of
from callcenter.telephony import port
from callcenter.telephony.asterisk.config import cel_of
from callcenter.telephony.carriers import Carriers
from callcenter.telephony.nearby import lacks_own_node
from callcenter.telephony.nodes import Nodes, node_in
from callcenter.telephony.port import Account, HangupCause
from callcenter.telephony.simulator import Simulator
from tests.contract.worlds import Ears
from tests.ports import free_port
from tests.sim_nodes import SimNode

LOST_AFTER = 0.6
ELDER, SOS = "07103456789", "1234900"


@dataclass
class Two:
    a: SimNode
    b: SimNode
    pbx: Nodes
    ears: Ears

    async def registered(self, account: str, *at: SimNode) -> None:
        for node in at:
            node.register(account)
        await self.settled()

    async def settled(self) -> None:
        await asyncio.sleep(0.02)

    async def press_at(self, node: SimNode) -> str:
        channel = node.press(ELDER, SOS)
        await self.ears.next(port.Press, channel_id=channel)
        await self.pbx.claim(channel)
        return channel

    async def ring(self, leg: str, to: str, *, beside: str = "", into: str = "") -> None:
        await self.pbx.ring(leg, to, caller=ELDER, caller_name="", timeout=5, beside=beside, into=into)

    async def away(self, node: SimNode) -> None:
        node.disconnect()
        await self.ears.next(port.Disconnected, node=node.node)


@pytest_asyncio.fixture
async def two() -> AsyncIterator[Two]:
    a, b = SimNode("a"), SimNode("b")
    pbx = Nodes("pbx1", {"a": a, "b": b}, lost_after=lambda: LOST_AFTER, training=True)
    ears = Ears(pbx)
    await pbx.start()
    await ears.next(port.Connected, node="")
    await ears.next(port.Connected, node="b")
    yield Two(a, b, pbx, ears)
    await ears.stop()
    await pbx.close()


def targets(node: SimNode) -> dict[str, str]:
    return {channel.id: channel.target for channel in node.channels.values() if channel.target}


async def test_what_is_done_with_a_call_is_done_where_it_is(two: Two) -> None:
    for node in (two.a, two.b):
        channel = await two.press_at(node)
        assert two.pbx.node_of(channel) == node.node
        await two.pbx.answer(channel)
        await two.pbx.play(channel, f"wait-{node.node}", "beep")
        assert f"wait-{node.node}" in node.channels[channel].playing
        await two.pbx.stop_playing(f"wait-{node.node}")
        await two.pbx.bridge(f"call-{node.node}", beside=channel)  # an empty one, before its first member
        await two.pbx.bridge(f"call-{node.node}", channel)
        await two.pbx.record(f"call-{node.node}", f"tape-{node.node}")
        assert list(node.bridges) == [f"call-{node.node}"]
        await two.pbx.stop_recording(f"tape-{node.node}")
        await two.pbx.end_bridge(f"call-{node.node}")
        await two.pbx.hang_up(channel)
        await two.ears.next(port.ChannelEnded, channel_id=channel)
        assert not node.channels


async def test_nobody_is_put_into_a_bridge_across_nodes(two: Two) -> None:
    here, there = await two.press_at(two.a), await two.press_at(two.b)
    with pytest.raises(port.CommandRejected, match="apart"):
        await two.pbx.bridge("call-1", here, there)


async def test_a_telephone_is_rung_beside_its_caller_wherever_it_is_registered(two: Two) -> None:
    await two.registered("anna", two.a)
    await two.registered("bert", two.b)
    two.b.registered.add("anna@a")  # as far as the simulated b is concerned, a telephone like any other
    channel = await two.press_at(two.b)
    await two.ring("leg-1", "account:anna", beside=channel)
    await two.ring("leg-2", "account:bert", beside=channel)
    await two.ring("leg-3", "account:anna", into="call-unknown", beside=channel)
    assert targets(two.b) == {"leg-1": "anna@a", "leg-2": "bert", "leg-3": "anna@a"}
    await two.ring("leg-4", "account:anna")  # no one to be beside: at home
    assert targets(two.a) == {"leg-4": "anna"}
    assert [two.pbx.node_of(f"leg-{n}") for n in range(1, 5)] == ["b", "b", "b", "a"]


async def test_who_answers_for_the_other_node_is_listened_for_where_she_is(two: Two) -> None:
    await two.registered("anna", two.a)
    two.b.registered.add("anna@a")
    await two.ring("leg-1", "account:anna", beside=await two.press_at(two.b))
    two.b.pick_up("anna@a")
    await two.ears.next(port.LegAnswered, channel_id="leg-1")
    await two.ring("leg-2", "account:anna")
    two.a.pick_up("anna")
    await two.ears.next(port.LegAnswered, channel_id="leg-2")
    await two.settled()
    assert (two.a.listened, two.b.listened) == (["anna"], []), "of her own leg her node hears by itself"


async def test_of_two_registrations_the_latest_is_rung_and_one_beside_the_caller_first(two: Two) -> None:
    await two.registered("anna", two.a, two.b)
    await two.ring("leg-1", "account:anna")
    await two.ring("leg-2", "account:anna", beside=await two.press_at(two.a))
    assert (targets(two.b), targets(two.a)) == ({"leg-1": "anna"}, {"leg-2": "anna"})
    assert len(two.ears.all(port.AccountState, account="anna")) == 1, "the second is no news"
    two.a.unregister("anna")
    await two.settled()
    assert len(two.ears.all(port.AccountState, account="anna")) == 1, "she is still there"
    two.b.unregister("anna")
    await two.ears.next(port.AccountState, account="anna", reachable=False)


async def test_numbers_go_to_a_node_that_is_there_and_in_turn(two: Two) -> None:
    for n in range(4):
        await two.ring(f"leg-{n}", "number:+8613800138000")
    assert (len(two.a.channels), len(two.b.channels)) == (2, 2)
    await two.away(two.a)
    for n in range(4, 6):
        await two.ring(f"leg-{n}", "number:+8613800138000")
    assert (len(two.a.channels), len(two.b.channels)) == (2, 4)
    await two.ring("leg-c", "number:120", into="call-x", beside="leg-4")
    assert "leg-c" in two.b.channels


async def test_a_number_that_a_training_telephone_plays_at_the_other_node_rings_there(two: Two) -> None:
    two.a.plays["+867103456789"] = "trainee"
    two.b.registered.add("trainee@a")
    channel = await two.press_at(two.b)
    await two.ring("leg-1", "number:+867103456789", beside=channel)
    assert targets(two.b) == {"leg-1": "trainee@a"}


async def test_accounts_and_the_fallback_lie_at_every_node(two: Two) -> None:
    anna, bert = Account("anna", "s1"), Account("bert", "s2")
    await two.pbx.put_account(anna)
    await two.pbx.set_fallback(["anna"], ["120"])
    assert two.a.accounts == two.b.accounts == {"anna": anna} and two.a.fallback == two.b.fallback == (["anna"], ["120"])
    await two.away(two.a)
    await two.pbx.put_account(bert)
    await two.pbx.drop_account("anna")
    await two.pbx.set_fallback(["bert"], [])
    assert two.a.accounts == {"anna": anna} and two.b.accounts == {"bert": bert}
    two.a.connect()
    await two.ears.next(port.Connected, node="a")
    await two.settled()
    assert two.a.accounts == {"bert": bert} and two.a.fallback == (["bert"], [])


async def test_one_that_does_not_answer_is_told_later_and_none_is_an_error(two: Two) -> None:
    two.a.fail_next("put_account")
    await two.pbx.put_account(Account("anna", "s1"))
    assert not two.a.accounts and set(two.b.accounts) == {"anna"}
    await two.away(two.a)
    two.b.fail_next("put_account")
    with pytest.raises(port.CarrierUnreachable):
        await two.pbx.put_account(Account("bert", "s2"))
    two.a.connect()
    await two.ears.next(port.Connected, node="a")
    await two.settled()
    assert set(two.a.accounts) == {"anna", "bert"}


async def test_who_is_registered_where_it_is_away_is_not_reachable(two: Two) -> None:
    await two.registered("anna", two.a)
    await two.registered("both", two.a, two.b)
    await two.away(two.a)
    await two.ears.next(port.AccountState, account="anna", reachable=False)
    assert not two.ears.all(port.AccountState, account="both", reachable=False)
    assert (await two.pbx.live()).reachable == {"both"}
    await two.ring("leg-1", "account:both")
    assert targets(two.b) == {"leg-1": "both"}
    two.a.connect()
    await two.ears.next(port.Connected, node="a")
    assert (await two.pbx.live()).reachable == {"anna", "both"}


async def test_a_node_that_is_away_ends_nothing_until_it_is_lost(two: Two) -> None:
    here, there = await two.press_at(two.a), await two.press_at(two.b)
    began = asyncio.get_running_loop().time()
    await two.away(two.a)
    live = await two.pbx.live()
    assert set(live.channels) == {there} and live.unread == {"a"} and two.pbx.node_of(here) == "a"
    with pytest.raises(port.CarrierUnreachable):
        await two.pbx.answer(here)
    await two.pbx.answer(there)
    assert two.b.dropped == ["a"], "telephones there stop ringing for it"
    await two.ears.next(port.NodeLost, node="a")
    assert asyncio.get_running_loop().time() - began >= LOST_AFTER
    await asyncio.sleep(2 * LOST_AFTER)
    assert two.ears.all(port.NodeLost) == [port.NodeLost("a")]
    assert not two.ears.all(port.ChannelEnded)
    two.a.connect()
    await two.ears.next(port.Connected, node="a")
    assert set((await two.pbx.live()).channels) == {here, there}


async def test_one_that_is_there_and_does_not_say_what_lives_is_asked_again(two: Two) -> None:
    channel = await two.press_at(two.a)
    two.a.fail_next("live")
    live = await two.pbx.live()
    assert live.unread == {"a"} and not live.channels
    await until_told(two, port.Connected("a"), 1)
    assert set((await two.pbx.live()).channels) == {channel}


async def test_back_in_time_it_is_not_lost(two: Two) -> None:
    await two.away(two.a)
    await asyncio.sleep(LOST_AFTER / 3)
    two.a.connect()
    await asyncio.sleep(2 * LOST_AFTER)
    assert not two.ears.all(port.NodeLost)


async def test_as_long_as_none_is_heard_none_is_lost(two: Two) -> None:
    """It may be we who are cut off."""
    await two.away(two.a)
    two.b.disconnect()
    await two.ears.next(port.Disconnected, node="")
    with pytest.raises(port.CarrierUnreachable):
        await two.pbx.live()
    await asyncio.sleep(2 * LOST_AFTER)
    assert not two.ears.all(port.NodeLost)
    two.b.connect()
    await until_told(two, port.Connected(), 2)
    await two.ears.next(port.NodeLost, node="a")


async def until_told(two: Two, event: port.Event, times: int) -> None:
    async with asyncio.timeout(5):
        while two.ears.heard.count(event) < times:
            await asyncio.sleep(0.01)


async def test_one_that_has_never_been_there_is_lost_too(two: Two) -> None:
    a, b = SimNode("a"), SimNode("b")
    a.connect = lambda: None  # type: ignore[method-assign]
    again = Nodes("pbx1", {"a": a, "b": b}, lost_after=lambda: LOST_AFTER)
    ears = Ears(again)
    await again.start()
    await ears.next(port.NodeLost, node="a")
    assert ears.heard == [port.Connected(), port.NodeLost("a")]
    await ears.stop()
    await again.close()


async def test_who_comes_back_finds_what_lives_at_either(two: Two) -> None:
    channel = await two.press_at(two.b)
    await two.pbx.bridge("call-1", channel)
    await two.ring("leg-1", "number:+8613800138000", beside=channel)
    again = Nodes("pbx1", {"a": two.a, "b": two.b}, lost_after=lambda: LOST_AFTER)
    ears = Ears(two.pbx)
    assert again.node_of("leg-1") == "" and again.node_of(channel) == "b"
    for node in again._nodes:
        node.up = True
    await again.live()
    assert (again.node_of("leg-1"), again.node_of("call-1")) == ("b", "b")
    await ears.stop()


async def test_a_recording_or_a_sentence_of_before_is_looked_for_at_both(two: Two) -> None:
    channel = await two.press_at(two.b)
    await two.pbx.bridge("call-1", channel)
    await two.b.record("call-1", "tape-1")
    await two.b.play(channel, "wait-1", "beep")
    await two.pbx.stop_playing("wait-1")
    await two.pbx.stop_recording("tape-1")
    with pytest.raises(port.ChannelGone):
        await two.pbx.stop_recording("tape-2")


async def test_each_node_has_its_mark_and_one_that_is_not_read_keeps_it(two: Two) -> None:
    def asked(node: SimNode) -> list[str]:
        return [arguments[0] for name, arguments in node.commands if name == "history"]

    for node in (two.a, two.b):
        node.hang_up_far(await two.press_at(node))
    presses, mark = await two.pbx.history("")
    assert [node_in(press.channel_id) for press in presses] == ["a", "b"]
    first = dict(part.split("=") for part in mark.split(";"))
    two.b.hang_up_far(await two.press_at(two.b))
    two.a.fail_next("history")
    presses, mark = await two.pbx.history(mark)
    second = dict(part.split("=") for part in mark.split(";"))
    assert [node_in(press.channel_id) for press in presses] == ["b"] and second["a"] == first["a"] and second["b"] != first["b"]
    assert await two.pbx.history(mark) == ([], mark)
    assert asked(two.a) == ["", first["a"], second["a"]] and asked(two.b) == ["", first["b"], second["b"]]
    presses, _ = await two.pbx.history("12:0:12:99")
    assert len(presses) == 3, "a mark of the time when it was one reads from the beginning"
    two.a.fail_next("history")
    two.b.fail_next("history")
    with pytest.raises(port.CarrierUnreachable):
        await two.pbx.history(mark)


async def test_the_key_tries_itself_at_each_in_turn(two: Two) -> None:
    for n in range(2):
        await two.pbx.press_itself(f"{port.TEST_PRESS}{n}", caller="1", called=SOS)
        await two.ears.next(port.Press, channel_id=f"{port.TEST_PRESS}{n}")
        await two.pbx.claim(f"{port.TEST_PRESS}{n}")
    assert [len(node.channels) for node in (two.a, two.b)] == [1, 1]


async def test_a_telephone_is_proved_where_it_is(two: Two) -> None:
    await two.registered("anna", two.b)
    assert await two.pbx.probe("probe-1", "anna", within=1) is port.Probed.HEARD
    assert [name for name, _ in two.b.commands if name == "probe"] == ["probe"]
    assert not [name for name, _ in two.a.commands if name == "probe"]


async def test_another_voice_at_one_node_means_us(two: Two) -> None:
    two.a._queue.put_nowait(port.Disconnected(replaced=True))
    await two.ears.next(port.Disconnected, replaced=True)


async def test_a_second_carrier_beside_nodes(two: Two) -> None:
    await two.ears.stop()
    second = Simulator(name="tw")
    both = Carriers(two.pbx, second, prefix="tw-", carrier_of=lambda line: "pbx")
    ears = Ears(both)
    pump = [asyncio.create_task(both._pump(one)) for one in (second, two.pbx)]
    second.connect()
    for channel in (two.a.press(ELDER, SOS), second.press(ELDER, SOS)):
        await ears.next(port.Press, channel_id=channel)
        await both.claim(channel)
    two.a.disconnect()
    await ears.next(port.Disconnected, node="a")
    await both.ring("leg-1", "number:+8613800138000", caller="1", caller_name="", timeout=5)
    assert "leg-1" in two.b.channels and both.node_of("leg-1") == "b", "the PBX is there, by its other node"
    assert (await both.live()).unread == {"a"}
    two.b.decline("+8613800138000", HangupCause.BUSY)
    await ears.next(port.ChannelEnded, channel_id="leg-1")
    for task in pump:
        task.cancel()
    await asyncio.gather(*pump, return_exceptions=True)
    await ears.stop()
    two.ears = Ears(two.pbx)


def test_ids_tell_the_node() -> None:
    assert node_in("a-1795796327.0") == "a"
    assert node_in("1795796327.0") == "" and node_in("leg-0194") == "" and node_in("call-1795796327") == ""


# --- settings and configuration --------------------------------------------------------------------------------------------

ONE = '{"name": "%s", "ari": "http://127.0.0.1:8088", "home": "/srv/%s", "sip": "%s"}'
GOOD = f"[{ONE % ('a', 'a', '10.0.0.1:5060')}, {ONE % ('b', 'b', '10.0.0.2:5060')}]"


def test_nodes_are_read() -> None:
    assert [(node.name, node.sip_address) for node in nodes_of(GOOD)] == [("a", ("10.0.0.1", 5060)), ("b", ("10.0.0.2", 5060))]
    assert nodes_of("") == () and [node.name for node in Settings().pbxs] == ["pbx1"]
    assert Settings(pbx_nodes=GOOD, pbx_node="b").pbx_node == "b"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a=1", "a JSON list"),
        (f"[{ONE % ('a', 'a', '10.0.0.1:5060')}]", "two or more"),
        (f"[{ONE % ('a', 'a', '10.0.0.1:5060')}, {ONE % ('a', 'b', '10.0.0.2:5060')}]", "no name twice"),
        (f"[{ONE % ('a', 'a', 'pbx.example:5060')}, {ONE % ('b', 'b', '10.0.0.2:5060')}]", "an address and a port"),
        (f"[{ONE % ('a', 'a', '10.0.0.1')}, {ONE % ('b', 'b', '10.0.0.2:5060')}]", "an address and a port"),
        (f"[{ONE % ('A-1', 'a', '10.0.0.1:5060')}, {ONE % ('b', 'b', '10.0.0.2:5060')}]", "no name for a node"),
    ],
)
def test_what_is_no_list_of_nodes_is_refused_with_words(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Settings(pbx_nodes=text)


def test_an_own_node_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="none of ONEKEY_PBX_NODES"):
        Settings(pbx_nodes=GOOD, pbx_node="c")


# --- those who ask every node ----------------------------------------------------------------------------------------------


def press_lines(channel: str, at: float) -> str:
    row = '"{}","","07103456789","1234900","from-trunk","PJSIP/trunk-0","' + channel + '","' + channel + '",{}\n'
    return row.format("CHAN_START", at) + row.format("CHAN_END", at + 5)


async def test_the_nightly_match_reads_every_nodes_record_and_names_the_node(tmp_path: Path) -> None:
    homes = {name: tmp_path / name for name in ("a", "b")}
    listed = [{"name": name, "ari": "http://127.0.0.1:1", "home": str(home), "sip": "127.0.0.1:5060"} for name, home in homes.items()]
    settings = Settings(pbx_nodes=json.dumps(listed))
    at = 1_795_000_000.0
    day = (datetime.fromtimestamp(at - 60, UTC), datetime.fromtimestamp(at + 60, UTC))
    cel_of(homes["a"]).parent.mkdir(parents=True)
    cel_of(homes["a"]).write_text(press_lines("a-1795000000.1", at) + press_lines("1795000000.9", at))  # the second is of the time before
    presses, read = await record_of_pbx(settings, *day)
    assert [(press.pbx, press.channel_id) for press in presses] == [("a", "a-1795000000.1"), ("pbx1", "1795000000.9")]
    assert read == {"a"}, "what b had is not proved"
    cel_of(homes["b"]).parent.mkdir(parents=True)
    cel_of(homes["b"]).write_text(press_lines("b-1795000000.1", at))
    presses, read = await record_of_pbx(settings, *day)
    assert [press.pbx for press in presses] == ["a", "pbx1", "b"] and read == {"a", "b", "pbx1"}
    assert name_of(settings, "pbx1", "c-1795000000.1") == "pbx1", "no node of ours"


async def test_the_doctor_asks_every_node() -> None:
    ports = free_port(), free_port()
    listed = [
        {"name": n, "ari": f"http://127.0.0.1:{port}", "home": "/srv", "sip": "127.0.0.1:5060"} for n, port in zip("ab", ports, strict=True)
    ]
    found = await check_asterisk(Settings(pbx_nodes=json.dumps(listed)))
    assert [finding.state for finding in found] == ["wrong", "wrong"]
    assert all(str(port) in finding.words for port, finding in zip(ports, found, strict=True))


async def test_an_api_beside_a_dead_node_is_not_ready_while_another_is_there() -> None:
    async def wants_a_password(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(wants_a_password, "127.0.0.1", 0)
    ports = {"a": free_port(), "b": server.sockets[0].getsockname()[1]}
    listed = [{"name": n, "ari": f"http://127.0.0.1:{at}", "home": "/srv", "sip": "127.0.0.1:5060"} for n, at in ports.items()]

    def at(node: str) -> Settings:
        return Settings(pbx_nodes=json.dumps(listed), pbx_node=node)

    async with server:
        assert await lacks_own_node(at("a")) == "node a of the PBX does not answer"
        assert await lacks_own_node(at("b")) == "" and await lacks_own_node(at("")) == "" and await lacks_own_node(Settings()) == ""
    await server.wait_closed()
    assert await lacks_own_node(at("a")) == "", "none is there: nothing is won by sending people away"
