"""Two nodes: two Asterisks with a voice and an api each, one database. Agents at either take calls from either; one half dies, the other carries on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from callcenter.kit import clock
from callcenter.reports.matching.queries import match_day
from callcenter.telephony import port
from callcenter.telephony.asterisk import accounts
from callcenter.telephony.asterisk.config import peer_password
from callcenter.telephony.port import Account
from callcenter.telephony.softphone import Softphone
from tests.contract.worlds import SipPhone, World
from tests.contract.worlds import nodes as nodes_world
from tests.telephony.halves import NODE_LOST, Halves, talk, two_halves
from tests.telephony.pbx import PATIENCE, running_nodes, until, until_async
from tests.telephony.test_adapter import GoneBrowser

pytestmark = pytest.mark.asterisk
ALONE, COUPLE, UNKNOWN, ANOTHER = "07103456789", "07103452468", "07103459876", "07103459877"
SERVICE = "12349"


@pytest_asyncio.fixture
async def halves(house_owner_url: str, house_app_url: str, tmp_path: Path) -> AsyncIterator[Halves]:
    async with two_halves(house_owner_url, house_app_url, tmp_path) as opened:
        yield opened


async def test_agents_at_either_take_calls_from_either(halves: Halves) -> None:
    anna, bert = await halves.agent(halves.a, "agent1"), await halves.agent(halves.b, "agent2")
    for half, agent, other, number in ((halves.a, bert, anna, ALONE), (halves.b, anna, bert, COUPLE)):
        elder = await halves.presses(half, number)
        line, call_id = await agent.answers()
        losing = await other.phone.wait_call(PATIENCE)  # an SOS rings both
        await losing.ended(PATIENCE)
        await elder.answered(PATIENCE)
        await talk(elder, line, 440, 620)
        await agent.is_("talking", call_id=str(call_id))
        await agent.post(f"/api/calls/{call_id}/hold")
        await until_async(lambda line=line: silent(line, 440))  # type: ignore[misc]
        await agent.post(f"/api/calls/{call_id}/resume")
        await talk(elder, line, 440, 620)
        await line.hang_up()
        await elder.ended(PATIENCE)
        await agent.is_("wrap_up")
        await agent.wraps_up(str(call_id))
        await agent.is_("idle")
    rows = await halves.rows("SELECT pbx, split_part(channel_id, '-', 1) AS node, state, end_reason FROM calls ORDER BY received_at")
    assert [tuple(row) for row in rows] == [("pbx1", "a", "ended", "agent_hung_up"), ("pbx1", "b", "ended", "agent_hung_up")]


async def silent(line: object, tone: int) -> bool:
    media = line.media  # type: ignore[attr-defined]
    media.forget()
    await asyncio.sleep(0.4)
    return bool(media.level(tone) < 0.02)


async def test_the_half_that_leads_is_killed_and_the_other_carries_on(halves: Halves) -> None:
    a, b = halves.a, halves.b
    assert await halves.leader() is a
    anna, bert = await halves.agent(a, "agent1"), await halves.agent(b, "agent2")

    elder_b = await halves.presses(b, COUPLE)  # a conversation wholly at b
    line_b, call_b = await bert.answers()
    await talk(elder_b, line_b, 440, 620)
    elder_a = await halves.presses(a, ALONE)  # one at a
    line_a, call_a = await anna.answers()
    await talk(elder_a, line_a, 500, 700)
    carl = await halves.agent(b, "agent3")
    await halves.presses(a, UNKNOWN)  # and one who waits at a, and rings a telephone at b
    ringing = await carl.phone.wait_call(PATIENCE)
    await carl.is_("ringing")

    await a.kill()
    killed = time.monotonic()
    await halves.sees(f"SELECT 1 FROM call_events WHERE call_id = '{call_b}' AND kind = 'taken_up'")
    assert time.monotonic() - killed <= 3.0
    assert await halves.leader() is b
    await talk(elder_b, line_b, 440, 620)
    await ringing.ended(PATIENCE)
    assert time.monotonic() - killed < NODE_LOST + 4, "nobody at a could hear that it is picked up"

    another = await halves.presses(b, ANOTHER)
    line, call = await carl.answers()
    await talk(another, line, 480, 660)

    await halves.sees("SELECT 1 FROM calls WHERE end_reason = 'node_lost' HAVING count(*) = 2")
    lost = await halves.rows(
        "SELECT c.state, c.answered_at IS NOT NULL AS spoken, t.kind, t.state AS task, e.kind AS told FROM calls c "
        "JOIN case_tasks t ON t.case_id = c.case_id JOIN case_entries e ON e.case_id = c.case_id AND e.kind IN ('abandoned', 'dropped') "
        "WHERE c.end_reason = 'node_lost' ORDER BY c.received_at"
    )
    assert [tuple(row) for row in lost] == [
        ("ended", True, "call_back", "open", "dropped"),
        ("abandoned", False, "call_back", "open", "abandoned"),
    ]
    await halves.sees("SELECT 1 FROM agent_presence p JOIN users u ON u.id = p.agent_id WHERE u.username = 'agent1' AND p.call_id IS NULL")
    busy = await halves.rows("SELECT agent_id, call_id FROM agent_presence WHERE state IN ('talking', 'ringing') OR call_id IS NOT NULL")
    assert {str(row.call_id) for row in busy} == {str(call_b), str(call)}, "who talks at b, and nobody else"

    assert not await asyncio.to_thread(a.answers) and await asyncio.to_thread(b.answers)
    await anna.moves_to(b)  # as her browser does: the same sign-in at the other half
    await anna.wraps_up(str(call_a))
    await anna.is_("idle")
    await line.hang_up()
    await line_b.hang_up()
    await another.ended(PATIENCE)
    await elder_b.ended(PATIENCE)

    await a.come_back()
    await until_async(lambda: a.pbx.is_reachable("peer-b"))
    await until(lambda: "node_is_here" in b.log("voice").split("node_is_lost")[-1], what="voice at b has a again")
    elder = await halves.presses(a, ALONE)
    line, call = await anna.answers()
    await talk(elder, line, 440, 620)
    await halves.sees(f"SELECT 1 FROM calls WHERE id = '{call}' AND channel_id LIKE 'a-%' AND state = 'talking'")
    await line.hang_up()
    await elder.ended(PATIENCE)
    await halves.sees("SELECT 1 FROM calls HAVING bool_and(state IN ('ended', 'abandoned')) AND count(*) = 5")
    assert await halves.rows("SELECT 1 FROM calls WHERE case_id IS NULL") == []
    async with halves.owner.transaction() as session:  # both records, our calls, cases
        matched = await match_day(session, b.pbx.settings, clock.today(b.pbx.settings.timezone))
    assert (matched.presses, matched.calls, matched.differences) == (5, 5, ())


async def test_a_peer_reaches_registered_telephones_and_nothing_else() -> None:
    """Whoever knows its password and stands at its address; anybody else does not even come so far. Nothing of it is a press."""
    async with running_nodes("a", "b") as pbxs, nodes_world(pbxs) as world:
        a = pbxs["a"]
        phone = await world.register(Account("anna", "s1", "sip"))
        await world.ears.next(port.AccountState, account="anna", reachable=True)
        carrier = await world.number("+8613800138000")
        password = peer_password(a.settings)

        async def status(to: str, secret: str = password, host: str = "127.0.0.1") -> int | None:
            async with Softphone(host=host, name="peer-b", secret=secret) as peer:
                call = await peer.call(to, a.address)
                await call.ended(PATIENCE)
                return call.status

        for to in ("1234900", "13800138000", "trunk", "peer-b", "anna2", "s", "anna;x"):
            assert await status(to) in (403, 404, 480), to
        assert await status("anna", "guessed") == 401
        assert await status("anna", host="127.0.0.9") in (401, 403), "the right password, from elsewhere"
        async with Softphone(name="peer-b", secret=password) as peer:
            call = await peer.call("anna", a.address)
            await phone.ringing()
            await call.hang_up()
        assert isinstance(carrier, SipPhone) and carrier.phone.incoming.empty()
        assert not world.ears.all(port.Press) and not any(row[4] == "from-trunk" for row in a.cel())


@asynccontextmanager
async def rung_at_the_other_node(
    phone: Softphone, account: Account, monkeypatch: pytest.MonkeyPatch, rtp_timeout: int
) -> AsyncIterator[World]:
    """An elder at b, this telephone registered at a, its account with this time-out of Asterisk's own for sound; it is about to be picked up."""
    objects = accounts.objects

    def patched(*of: Any) -> list[tuple[str, dict[str, str]]]:
        return [(kind, fields | ({"rtp_timeout": str(rtp_timeout)} if kind == "endpoint" else {})) for kind, fields in objects(*of)]

    monkeypatch.setattr(accounts, "objects", patched)
    async with running_nodes("a", "b") as pbxs, nodes_world(pbxs) as world, phone:
        elder, channel = await world.press(ALONE, "1234900")
        await world.telephony.claim(channel)
        await world.telephony.put_account(account)
        await phone.register(pbxs["a"].address)
        await world.ears.next(port.AccountState, account=account.name, reachable=True)
        await world.telephony.ring("leg-gone", f"account:{account.name}", caller=ALONE, caller_name="", timeout=20, beside=channel)
        yield world
        assert not elder.is_over()


async def test_a_browser_at_the_other_node_that_answers_and_is_gone_at_once_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing comes from it, but the node where it is registered goes on sending to the caller's: only there it is known."""
    monkeypatch.setattr(accounts, "SILENCE", 2)
    phone = GoneBrowser(name="browser2", secret="secret-b")
    async with rung_at_the_other_node(phone, Account("browser2", "secret-b"), monkeypatch, rtp_timeout=0) as world:
        await (await phone.wait_call(PATIENCE)).answer()
        await world.ears.next(port.LegAnswered, channel_id="leg-gone")
        await phone.leave()
        assert (await world.ears.next(port.ChannelEnded, channel_id="leg-gone")).cause == port.HangupCause.UNREACHABLE


async def test_a_telephone_at_the_other_node_that_falls_silent_has_not_hung_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else an agent's browser that dies would end her elder's call."""
    phone = Softphone(name="desk2", secret="secret-d")
    async with rung_at_the_other_node(phone, Account("desk2", "secret-d", "sip"), monkeypatch, rtp_timeout=2) as world:
        call = await phone.wait_call(PATIENCE)
        await call.answer()
        await world.ears.next(port.LegAnswered, channel_id="leg-gone")
        await asyncio.sleep(0.5)  # her first packets are there
        call.media.close()
        assert (await world.ears.next(port.ChannelEnded, channel_id="leg-gone")).cause != port.HangupCause.NORMAL
