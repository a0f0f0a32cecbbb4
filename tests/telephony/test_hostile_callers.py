"""Whatever a caller sends: the press arrives, nothing of it is believed, and nothing can be dialled by it."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import quote

import orjson
import pytest

from tests.ports import free_port
from tests.telephony.pbx import Pbx, until

pytestmark = pytest.mark.asterisk

ELDER = b"<sip:07103456789@127.0.0.1>"


class RawCaller(asyncio.DatagramProtocol):
    """Sends an INVITE byte by byte as told, and collects the statuses of the answers."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.port = 0
        self.transport: asyncio.DatagramTransport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if data.startswith(b"SIP/2.0 "):
            self.statuses.append(int(data.split()[1]))

    def invite(self, pbx: Pbx, uri: bytes, sender: bytes = ELDER, extra: bytes = b"") -> None:
        sdp = b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio %d RTP/AVP 8\r\n" % free_port()
        message = b"\r\n".join(
            (
                b"INVITE " + uri + b" SIP/2.0",
                b"Via: SIP/2.0/UDP 127.0.0.1:%d;branch=z9hG4bK%s" % (self.port, secrets.token_hex(8).encode()),
                b"From: " + sender + b";tag=1",
                b"To: <sip:x@127.0.0.1>",
                b"Call-ID: " + secrets.token_hex(8).encode(),
                b"CSeq: 1 INVITE",
                b"Contact: <sip:x@127.0.0.1:%d>" % self.port,
                b"Max-Forwards: 70",
                b"Content-Type: application/sdp",
                *((extra,) if extra else ()),
                b"Content-Length: %d" % len(sdp),
                b"",
                sdp,
            )
        )
        self.transport.sendto(message, pbx.address)


@asynccontextmanager
async def raw_caller() -> AsyncIterator[RawCaller]:
    caller = RawCaller()
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: caller, local_addr=("127.0.0.1", 0))
    caller.transport, caller.port = transport, transport.get_extra_info("sockname")[1]
    try:
        yield caller
    finally:
        transport.close()


def presses(pbx: Pbx) -> list[str]:
    return [orjson.loads(row[1])["extra"] for row in pbx.cel() if row[0] == "PRESS"]


async def press(pbx: Pbx, uri_user: bytes, sender: bytes = ELDER, extra: bytes = b"") -> str:
    """The PBX's record of this press, "caller:called"."""
    before = len(presses(pbx))
    address = b"127.0.0.1:%d" % pbx.settings.sip_port
    async with raw_caller() as caller:
        caller.invite(pbx, b"sip:" + (uri_user + b"@" if uri_user else b"") + address, sender, extra)
        await until(lambda: len(presses(pbx)) > before)
        await until(lambda: any(status == 200 for status in caller.statuses))  # nobody there: the fallback answers
    assert len(presses(pbx)) == before + 1
    return presses(pbx)[-1]


@pytest.mark.parametrize(
    ("dialled", "seen"),
    [
        (b"12349", "12349"),
        (b"1234900", "1234900"),
        (b"+8671012349", "+8671012349"),
        (b"*12349#", "*12349#"),
        (b"(0710)12349", "071012349"),
        (b"0710-123-49", "071012349"),
        (b"sos", ""),
        (b"", ""),
        (b"12349;phone-context=+86", "12349"),
        (b"%31%32349", "12349"),
        (b"12349&PJSIP%2F110%40trunk", "12349110"),
        (b"%24%7BSHELL(id)%7D12349", "12349"),
        (b"12349,1)%20Dial(PJSIP%2F110", "123491110"),
        (b"h", ""),
        (b"T", ""),
        (b"i", ""),
        (b"fallback", ""),
        (quote("求救").encode(), ""),
        (b"9" * 10_000, "9" * 64),
    ],
    ids=lambda value: value[:24].decode("utf-8", "replace") if isinstance(value, bytes) else "",
)
async def test_every_called_form_arrives(pbx: Pbx, dialled: bytes, seen: str) -> None:
    assert await press(pbx, dialled) == f"07103456789:{seen}"


@pytest.mark.parametrize(
    ("sender", "seen"),
    [
        (b"<sip:+867103456789@127.0.0.1>", "+867103456789"),
        (b"<sip:anonymous@anonymous.invalid>", ""),
        (b"<sip:127.0.0.1>", ""),
        (b'"x" <tel:+867103456789>', "+867103456789"),
        (b'"a)<&PJSIP/110@trunk,1)" <sip:0710@127.0.0.1>', "0710"),
        (b'"${SHELL(id)}" <sip:%24%7BSHELL(id)%7D1@127.0.0.1>', "1"),
        (b"<sip:1&2,3%0d%0aX:4@127.0.0.1>", "123"),
        (b'"' + b"n" * 10_000 + b'" <sip:1@127.0.0.1>', "1"),
        (b"<sip:" + b"7" * 10_000 + b"@127.0.0.1>", "7" * 64),
        ('"王奶奶" <sip:0710@127.0.0.1>'.encode(), "0710"),
        ('"王奶奶" <sip:0710@127.0.0.1>'.encode("gbk"), "0710"),
        (b'"\xff\xfe\x80" <sip:0710@127.0.0.1>', "0710"),
        (b"<sip:trunk@127.0.0.1>", ""),
    ],
    ids=range(13),
)
async def test_every_caller_arrives_and_is_filtered(pbx: Pbx, sender: bytes, seen: str) -> None:
    assert await press(pbx, b"12349", sender) == f"{seen}:12349"


async def test_a_caller_named_like_an_agents_telephone_is_asked_for_its_password(pbx: Pbx) -> None:
    await pbx.put_desk("desk1", free_port())
    before = len(pbx.cel())
    async with raw_caller() as caller:
        caller.invite(pbx, b"sip:12349@127.0.0.1:%d" % pbx.settings.sip_port, b"<sip:desk1@127.0.0.1>")
        await until(lambda: caller.statuses)
        assert caller.statuses[0] == 401
    assert len(pbx.cel()) == before


async def test_no_caller_reaches_a_telephone_or_a_number(pbx: Pbx) -> None:
    """Dialling an agent's account or an outside number is a press like any other; the trunk is never dialled."""
    port = free_port()
    await pbx.put_desk("desk2", port)
    heard: list[bytes] = []

    class Listener(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
            if data.startswith(b"INVITE"):
                heard.append(data)

    transports = [
        (await asyncio.get_running_loop().create_datagram_endpoint(Listener, local_addr=("127.0.0.1", p)))[0]
        for p in (port, pbx.trunk_port)
    ]
    try:
        assert await press(pbx, b"desk2") == "07103456789:2"
        assert await press(pbx, b"13800138000") == "07103456789:13800138000"
        assert await press(pbx, b"12349", extra=b"X-OneKey-Caller: 110") == "07103456789:12349"  # of training telephones only
        assert heard == []
    finally:
        for transport in transports:
            transport.close()


async def test_other_methods_do_no_harm(pbx: Pbx) -> None:
    """MESSAGE, REFER, SUBSCRIBE, PUBLISH, nonsense: refused, and the next press arrives."""
    async with raw_caller() as caller:
        for method in (b"MESSAGE", b"REFER", b"SUBSCRIBE", b"PUBLISH", b"INFO", b"NONSENSE"):
            head = b"%s sip:12349@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%d;branch=z9hG4bK%s\r\nFrom: <sip:1@127.0.0.1>;tag=1\r\n"
            rest = b"To: <sip:12349@127.0.0.1>\r\nCall-ID: %s\r\nCSeq: 1 %s\r\nMax-Forwards: 70\r\nRefer-To: <sip:110@127.0.0.1>\r\nEvent: presence\r\n"
            tail = b"Contact: <sip:1@127.0.0.1>\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi"
            token = secrets.token_hex(8).encode()
            caller.transport.sendto(head % (method, caller.port, token) + rest % (token, method) + tail, pbx.address)
        caller.transport.sendto(b"\x00" * 3000, pbx.address)
        caller.transport.sendto(b"INVITE \r\n\r\n", pbx.address)
        await until(lambda: len(caller.statuses) >= 6)
        assert all(status >= 400 for status in caller.statuses), caller.statuses
    assert await press(pbx, b"12349") == "07103456789:12349"
    assert re.search(r"\d+ active channel", await pbx.asterisk.cli("core show channels"))
