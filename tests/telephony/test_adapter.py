"""What only the Asterisk adapter does: training telephones, browsers' accounts, strange names, a PBX that dies under it."""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from callcenter.telephony import port
from callcenter.telephony.asterisk import accounts
from callcenter.telephony.asterisk.adapter import AsteriskTelephony
from callcenter.telephony.port import Account, HangupCause
from callcenter.telephony.softphone import CallFailed, Softphone
from tests.contract.worlds import Ears
from tests.telephony.pbx import PATIENCE, Pbx, outside_phone, until
from tests.telephony.test_hostile_callers import raw_caller
from tests.telephony.test_telephones_are_proved import MutePhone

pytestmark = pytest.mark.asterisk


@asynccontextmanager
async def adapter(pbx: Pbx) -> AsyncIterator[tuple[AsteriskTelephony, Ears]]:
    telephony = AsteriskTelephony(pbx.settings)
    ears = Ears(telephony)
    await telephony.start()
    await ears.next(port.Connected)
    try:
        yield telephony, ears
    finally:
        await ears.stop()
        await telephony.close()


@pytest.mark.parametrize(
    ("header", "caller"),
    [("07103456789", "07103456789"), ("+86 710-345 6789", "+867103456789"), ("1&PJSIP/110@trunk", "1110"), ('">,1)', "1"), (None, "")],
)
async def test_a_training_telephone_plays_an_elder(pbx: Pbx, header: str | None, caller: str) -> None:
    async with adapter(pbx) as (telephony, ears), Softphone(name="train9", secret="secret9") as phone:
        await telephony.put_account(Account("train9", "secret9", "training_sip", number="+867103456789"))
        await phone.register(pbx.address)
        call = await phone.call("1234900", pbx.address, headers={"X-OneKey-Caller": header} if header is not None else {})
        press = await ears.next(port.Press)
        assert (press.caller, press.called) == (caller, "1234900")
        await telephony.claim(press.channel_id)
        await telephony.answer(press.channel_id)
        await call.answered(PATIENCE)
        await asyncio.sleep(0.1)
        presses, _ = await telephony.history("")
        [kept] = [p for p in presses if p.channel_id == press.channel_id]
        assert (kept.caller, kept.called) == (caller, "1234900")


async def test_an_agents_telephone_dials_nothing(pbx: Pbx) -> None:
    async with adapter(pbx) as (telephony, ears), Softphone(name="agent9", secret="secret9") as phone:
        await telephony.put_account(Account("agent9", "secret9", "sip"))
        await phone.register(pbx.address)
        for number in ("1234900", "13800138000", "110", "agent9"):
            call = await phone.call(number, pbx.address)
            with pytest.raises(CallFailed):
                await call.answered(PATIENCE)
            assert call.status == 403
        assert not ears.all(port.Press)


async def test_a_redirected_leg_reaches_nobody(pbx: Pbx) -> None:
    """A telephone that we ring answers "moved to …": no press, no call to that place, and the leg ends."""
    async with (
        adapter(pbx) as (telephony, ears),
        Softphone(name="mover", secret="secret-m") as phone,
        raw_listener(pbx.trunk_port) as heard,
    ):
        await telephony.put_account(Account("mover", "secret-m", "sip"))
        await phone.register(pbx.address)
        await ears.next(port.AccountState, account="mover", reachable=True)
        await telephony.ring("leg-m", "account:mover", caller="0710", caller_name="", timeout=3)
        call = await phone.wait_call(PATIENCE)
        assert call.invite
        phone.name = "13800138000"  # its Contact, which is where to go instead
        phone.reply(call.invite, call.peer, 302, tag=True)
        await ears.next(port.ChannelEnded, channel_id="leg-m")
        await asyncio.sleep(0.5)
        phone.name = "mover"
        assert not ears.all(port.Press) and not ears.all(port.LegAnswered)
        assert not [data for data in heard if data.startswith(b"INVITE")]


@asynccontextmanager
async def raw_listener(at: int) -> AsyncIterator[list[bytes]]:
    heard: list[bytes] = []

    class Listener(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
            heard.append(data)

    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(Listener, local_addr=("127.0.0.1", at))
    try:
        yield heard
    finally:
        transport.close()


async def test_a_wrong_secret_and_a_dropped_account(pbx: Pbx) -> None:
    async with adapter(pbx) as (telephony, _):
        await telephony.put_account(Account("agent8", "right", "sip"))
        async with Softphone(name="agent8", secret="wrong") as thief:
            with pytest.raises(CallFailed):
                await thief.register(pbx.address)
        async with Softphone(name="agent8", secret="right") as phone:
            await phone.register(pbx.address)
            await telephony.put_account(Account("agent8", "renewed", "sip"))
            with pytest.raises(CallFailed):
                await phone.register(pbx.address)
            phone.secret = "renewed"
            await phone.register(pbx.address)
            await telephony.drop_account("agent8")
            with pytest.raises(CallFailed):
                await phone.register(pbx.address)
            phone._registrar = None
        await telephony.drop_account("agent8")  # harmless twice


@pytest.mark.parametrize("name", ["", "a b", "trunk", "x" * 65, "a/../b", "a&PJSIP/110@trunk"])
async def test_names_that_are_refused(pbx: Pbx, name: str) -> None:
    async with adapter(pbx) as (telephony, _):
        with pytest.raises(port.CommandRejected):
            await telephony.put_account(Account(name, "secret"))
        with pytest.raises(port.CommandRejected):
            await telephony.set_fallback([name], [])
        with pytest.raises(port.CommandRejected):
            await telephony.ring("leg-n", f"account:{name}", caller="", caller_name="", timeout=1)


@pytest.mark.parametrize(
    ("sender", "name"),
    [
        ('"王奶奶"'.encode(), "王奶奶"),
        ('"王奶奶"'.encode("gbk"), None),  # the PBX may show it as it likes, but the press arrives
        (b'"\xff\xfe\x80"', None),
        (b'"' + b"n" * 3000 + b'"', "n" * 64),
        (b'"a\\"b"', None),
    ],
    ids=["utf-8", "gbk", "no-text", "long", "quoted"],
)
async def test_a_press_with_any_name_is_told_and_claimed(pbx: Pbx, sender: bytes, name: str | None) -> None:
    async with adapter(pbx) as (telephony, ears), raw_caller() as caller:
        caller.invite(pbx, b"sip:12349@127.0.0.1:%d" % pbx.settings.sip_port, sender + b" <sip:0710@127.0.0.1>")
        press = await ears.next(port.Press)
        await telephony.claim(press.channel_id)
        assert press.caller == "0710"
        assert len(press.caller_name) <= 64
        assert name is None or press.caller_name == name
        assert press.channel_id in (await telephony.live()).channels


async def test_a_long_fallback_list_is_cut_at_a_whole_name(pbx: Pbx) -> None:
    async with adapter(pbx) as (telephony, _):
        await telephony.set_fallback([f"agent{n:06}" for n in range(1_000)], ["+8613800138000", "no number", "+867103450000"])
        shown = await pbx.asterisk.cli("database get onekey agents")
        names = shown.split("Value:")[1].strip().split("&")
        assert len(names) > 250 and all(re.fullmatch(r"agent\d{6}", name) for name in names)
        assert "13800138000&07103450000" in await pbx.asterisk.cli("database get onekey duty")


# --- a browser's telephone, as far as SIP over WebSocket goes -----------------------------------------------------------------


class WebTelephone:
    def __init__(self, socket: ClientConnection, name: str, secret: str) -> None:
        self.socket, self.name, self.secret, self.number, self.id = socket, name, secret, 0, secrets.token_hex(8)
        self.probes = 0
        self._answers: asyncio.Queue[str] = asyncio.Queue()
        self.reader = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for message in self.socket:
            text = message if isinstance(message, str) else message.decode()
            if text.startswith("OPTIONS"):
                self.probes += 1
                kept = [line for line in text.split("\r\n") if re.match(r"(Via|From|To|Call-ID|CSeq):", line, re.I)]
                await self.socket.send("\r\n".join(["SIP/2.0 200 OK", *kept, "Content-Length: 0", "", ""]))
            else:
                self._answers.put_nowait(text)

    async def register(self) -> int:
        status, head = await self._register("")
        if status == 401:
            asked = dict(re.findall(r'(\w+)="([^"]*)"', head))
            uri = "sip:onekey"

            def md5(text: str) -> str:
                return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

            own, target = md5(f"{self.name}:{asked['realm']}:{self.secret}"), md5(f"REGISTER:{uri}")
            proof = md5(f"{own}:{asked['nonce']}:00000001:abc:auth:{target}")
            fields = f'username="{self.name}", realm="{asked["realm"]}", nonce="{asked["nonce"]}", uri="{uri}", opaque="{asked.get("opaque", "")}"'
            status, _ = await self._register(f'Authorization: Digest {fields}, response="{proof}", qop=auth, nc=00000001, cnonce="abc"\r\n')
        return status

    async def _register(self, authorization: str) -> tuple[int, str]:
        self.number += 1
        own = f"<sip:{self.name}@onekey>"
        await self.socket.send(
            f"REGISTER sip:onekey SIP/2.0\r\nVia: SIP/2.0/WS x.invalid;branch=z9hG4bK{secrets.token_hex(6)}\r\nMax-Forwards: 70\r\n"
            f"From: {own};tag=1\r\nTo: {own}\r\nCall-ID: {self.id}\r\nCSeq: {self.number} REGISTER\r\n"
            f"Contact: <sip:{self.name}@x.invalid;transport=ws>\r\nExpires: 300\r\n{authorization}Content-Length: 0\r\n\r\n"
        )
        answer = await asyncio.wait_for(self._answers.get(), 3)
        return int(answer.split()[1]), answer


async def test_a_browser_registers_is_probed_and_vanishes(pbx: Pbx) -> None:
    async with adapter(pbx) as (telephony, ears):
        await telephony.put_account(Account("browser1", "secret-b"))
        url = f"ws://127.0.0.1:{pbx.settings.ari_port}/ws"
        async with connect(url, subprotocols=[Subprotocol("sip")], proxy=None) as socket:
            phone = WebTelephone(socket, "browser1", "secret-b")
            assert await phone.register() == 200
            await ears.next(port.AccountState, account="browser1", reachable=True)
            assert phone.probes >= 1
            assert "browser1" in (await telephony.live()).reachable
            await telephony.ring("leg-b", "account:browser1", caller="0710", caller_name="王", timeout=2)
            invite = await asyncio.wait_for(phone._answers.get(), 3)
            assert invite.startswith("INVITE") and "UDP/TLS/RTP/SAVPF" in invite and "candidate" in invite
            assert "127.0.0.1" in invite and not re.search(r"opus", invite, re.I)
            await telephony.hang_up("leg-b")
            phone.reader.cancel()
            with suppress(asyncio.CancelledError):
                await phone.reader
        await ears.next(port.AccountState, account="browser1", reachable=False)


class GoneBrowser(MutePhone):
    """Answers as a browser does, and no connectivity check, no handshake, no sound ever comes from it."""

    async def leave(self) -> None:
        assert self._registrar
        await self.register(self._registrar, expires=0)

    def describe(self, port: int) -> str:
        fingerprint = ":".join(["AB"] * 32)
        lines = ("v=0", f"o=- {port} 1 IN IP4 {self.host}", "s=-", "t=0 0", "a=group:BUNDLE 0", f"m=audio {port} UDP/TLS/RTP/SAVPF 8 101")
        ice = ("a=ice-ufrag:gone", "a=ice-pwd:gonegonegonegonegonegone", f"a=candidate:1 1 udp 2113937151 {self.host} {port} typ host")
        secure = (f"a=fingerprint:sha-256 {fingerprint}", "a=setup:active", "a=mid:0", "a=rtcp-mux", "a=sendrecv")
        kinds = ("a=rtpmap:8 PCMA/8000", "a=rtpmap:101 telephone-event/8000", "")
        return "\r\n".join((*lines, f"c=IN IP4 {self.host}", *ice, *secure, *kinds))


@pytest.mark.parametrize("voice_was_away", [False, True])
async def test_a_browser_that_answers_and_is_gone_at_once_ends(pbx: Pbx, monkeypatch: pytest.MonkeyPatch, voice_was_away: bool) -> None:
    """Asterisk's own time-out does not always end such a leg: a page that left between its answer and its first packet kept the elder in silence."""
    monkeypatch.setattr(accounts, "SILENCE", 2)
    objects = accounts.objects
    monkeypatch.setattr(
        accounts,
        "objects",
        lambda *of: [(kind, fields | ({"rtp_timeout": "0"} if kind == "endpoint" else {})) for kind, fields in objects(*of)],
    )
    leg = f"leg-gone-{voice_was_away}"
    async with GoneBrowser(name="browser2", secret="secret-b") as phone, MutePhone(name="desk2", secret="secret-d") as desk:
        async with adapter(pbx) as (telephony, ears):
            for it, account in ((phone, Account("browser2", "secret-b")), (desk, Account("desk2", "secret-d", "sip"))):
                await telephony.put_account(account)
                await it.register(pbx.address)
                await ears.next(port.AccountState, account=it.name, reachable=True)
            await telephony.ring(f"desk-{leg}", "account:desk2", caller="0710", caller_name="", timeout=20)
            await (await desk.wait_call(PATIENCE)).answer()  # a desk's telephone that sends nothing is left alone
            await ears.next(port.LegAnswered, channel_id=f"desk-{leg}")
            await telephony.ring(leg, "account:browser2", caller="0710", caller_name="", timeout=20)
            await (await phone.wait_call(PATIENCE)).answer()
            await ears.next(port.LegAnswered, channel_id=leg)
            if not voice_was_away:
                await asyncio.sleep(3.5)  # its page is there, and may lay the path anew
                assert leg in (await telephony.live()).channels
            await phone.leave()
            if not voice_was_away:
                assert (await ears.next(port.ChannelEnded, channel_id=leg)).cause == HangupCause.UNREACHABLE
                assert f"desk-{leg}" in (await telephony.live()).channels
        if voice_was_away:
            async with adapter(pbx) as (telephony, ears):
                assert (await ears.next(port.ChannelEnded, channel_id=leg)).cause == HangupCause.UNREACHABLE


# --- a PBX that dies ----------------------------------------------------------------------------------------------------------------


async def test_the_pbx_dies_and_comes_back(own_pbx: Pbx) -> None:
    """Told; accounts and the fallback are there again; a call that died with it has an end in the record."""
    async with adapter(own_pbx) as (telephony, ears), Softphone(name="desk7", secret="secret7") as phone, Softphone() as elder:
        await telephony.put_account(Account("desk7", "secret7", "sip"))
        await telephony.set_fallback(["desk7"], [])
        await phone.register(own_pbx.address)
        await elder.call("1234900", own_pbx.address, "07103456789")
        press = await ears.next(port.Press)
        await telephony.claim(press.channel_id)
        await ears.next(port.PressTaken)
        await asyncio.sleep(1.2)  # AstDB is on disk within a second
        await own_pbx.asterisk.stop(at_once=True)
        await ears.next(port.Disconnected)
        with pytest.raises(port.CarrierUnreachable):
            await telephony.live()
        await own_pbx.asterisk.start()
        await until(lambda: len(ears.all(port.Connected)) == 2)
        assert press.channel_id not in (await telephony.live()).channels
        [lost], mark = await telephony.history("")
        assert lost.channel_id == press.channel_id and lost.ended_at is not None
        again, _ = await telephony.history(mark)
        assert [p.channel_id for p in again] == [press.channel_id]  # it has no end row: harmless to tell again
        await phone.register(own_pbx.address)
        await elder.call("1234900", own_pbx.address, "07103456789")  # nobody claims it: the fallback rings as before
        call = await phone.wait_call(PATIENCE)
        await call.answer()
        for one in elder.calls.values():
            one.move("ended")  # what the dead PBX knew of
        await call.hang_up()


@contextmanager
def busy_cores(count: int) -> Iterator[None]:
    """Other programs want the processor too."""
    hogs = [subprocess.Popen([sys.executable, "-c", "print(flush=True)\nwhile True: pass"], stdout=subprocess.PIPE) for _ in range(count)]
    try:
        for hog in hogs:
            assert hog.stdout
            hog.stdout.readline()  # it runs
        yield
    finally:
        for hog in hogs:
            hog.kill()
            hog.communicate()


async def test_on_a_busy_machine_a_leg_waits_for_its_bridge_and_is_dialled(pbx: Pbx) -> None:
    """Asterisk says yes to a new channel before that takes commands: dialled at once, one call to 120 in five failed there."""
    async with adapter(pbx) as (telephony, ears), outside_phone(pbx) as outside:
        with busy_cores(6):
            for number in range(60):
                leg, bridge = f"leg-busy-{number}", f"busy-{number}"
                await telephony.bridge(bridge)
                await telephony.ring(leg, "number:120", caller="12349", caller_name="", timeout=30, into=bridge)
                await outside.wait_call(PATIENCE)
                await telephony.hang_up(leg, port.HangupCause.REJECTED)
                ended = await ears.next(port.ChannelEnded, channel_id=leg)
                assert ended.cause == port.HangupCause.REJECTED
                await telephony.end_bridge(bridge)
