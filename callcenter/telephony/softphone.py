"""A small SIP telephone over UDP for demos, drills and tests: an elder's, a duty desk's, an agent's. Not a telephone for real work:
one codec (G.711 A-law), no TLS, no NAT.

    async with Softphone() as phone:
        call = await phone.call("12349", pbx=("127.0.0.1", 25060), from_number="07103456789")
        await call.answered(timeout=30)
        call.media.play_tone(440)
        await call.ended()
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import re
import secrets
from contextlib import suppress
from types import TracebackType
from typing import Literal, Self

from callcenter.telephony.media import Media
from callcenter.telephony.port import PROBE_HEADER, PROBE_KEY
from callcenter.telephony.sip import REASONS, Message, proof_of

Address = tuple[str, int]
PROBE_PACKETS = 5  # of sound that have arrived: then it is heard
State = Literal["calling", "ringing", "talking", "ended"]


class CallFailed(Exception):
    """The call ended before what was waited for; `status` is the SIP status (0: none came)."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"the call ended: {status} {reason}")
        self.status = status


class Call:
    """One call, either way. Waiting methods raise CallFailed when it ends first, TimeoutError when time is up."""

    def __init__(self, phone: Softphone, call_id: str, peer: Address, incoming: Message | None) -> None:
        self.phone, self.id, self.peer, self.invite = phone, call_id, peer, incoming
        self.state: State = "ringing" if incoming else "calling"
        self.status = 0  # the last final SIP status
        self.media = phone.media_class()
        self.local, self.remote, self.target = "", "", ""  # From and To as we send them; where requests go
        self.routes: list[tuple[str, str]] = []
        self.number = 0  # CSeq
        self.changed = asyncio.Event()
        self.final: Message | None = None  # our 200, said again until the ACK has come
        self.sdp = ""

    @property
    def caller(self) -> str:
        """Number of an incoming call, as sent."""
        found = re.search(r"sips?:([^@;>]*)", self.invite.get("From") if self.invite else "")
        return found[1] if found else ""

    async def ringing(self, timeout: float = 10.0) -> None:
        await self._until(("ringing", "talking"), timeout)

    async def answered(self, timeout: float = 30.0) -> None:
        await self._until(("talking",), timeout)

    async def ended(self, timeout: float = 60.0) -> None:
        await self._until(("ended",), timeout)

    async def _until(self, states: tuple[State, ...], timeout: float) -> None:
        async with asyncio.timeout(timeout):
            while self.state not in states:
                if self.state == "ended":
                    raise CallFailed(self.status, REASONS.get(self.status, ""))
                self.changed.clear()
                await self.changed.wait()

    def move(self, state: State) -> None:
        self.state = state
        if state == "ended":
            self.media.close()
        self.changed.set()

    async def answer(self) -> None:
        """Pick up an incoming call."""
        if self.invite is None or self.state != "ringing":
            return
        await self._open_sound(self.invite)
        self.final = self.phone.reply(self.invite, self.peer, 200, tag=True, body=self.sdp)
        self.move("talking")
        self.phone.spawn(self._repeat_final())

    async def speak_early(self) -> None:
        """183: what this side says is heard while it rings, as an exchange's announcement is."""
        if self.invite is None or self.state != "ringing":
            return
        await self._open_sound(self.invite)
        self.phone.reply(self.invite, self.peer, 183, tag=True, body=self.sdp)

    async def _open_sound(self, invite: Message) -> None:
        if not self.sdp:
            self.sdp = self.phone.describe(await self.media.open(self.phone.host))
            self.hear(invite.body)

    async def _repeat_final(self) -> None:
        for wait in (0.5, 1, 2, 4):
            await asyncio.sleep(wait)
            if self.final is None or self.state == "ended":
                return
            self.phone.send(self.final, self.peer)

    def decline(self, status: int = 486) -> None:
        if self.invite is not None and self.state == "ringing":
            self.status = status
            self.phone.reply(self.invite, self.peer, status, tag=True)
            self.move("ended")

    async def hang_up(self) -> None:
        """Whatever the state: BYE, CANCEL or decline. Returns when the far side has said yes (or after 4 s of silence)."""
        if self.invite is None and self.state in ("calling", "ringing"):
            with suppress(TimeoutError):
                await self.phone.request("CANCEL", self)
            await self._end()
        elif self.state == "talking":
            await self._end()
        else:
            self.decline()

    async def _end(self) -> None:
        """A BYE for who has been answered: also by a 200 that has crossed our CANCEL. One that comes only later is met with a BYE by the telephone."""
        answered = self.state == "talking"
        self.move("ended")
        if answered:
            with suppress(TimeoutError):
                await self.phone.request("BYE", self)

    def hear(self, sdp: str) -> None:
        """Send sound to where the other side's description says."""
        host, port = re.search(r"^c=IN IP4 (\S+)", sdp, re.M), re.search(r"^m=audio (\d+)", sdp, re.M)
        if host and port and port[1] != "0":
            self.media.send_to(host[1], int(port[1]))


class Softphone(asyncio.DatagramProtocol):
    """One telephone on its own UDP port. With `name` and `secret` it can register; without them it is an elder's on the trunk."""

    media_class: type[Media] = Media

    def __init__(
        self, host: str = "127.0.0.1", port: int = 0, *, name: str = "elder", secret: str = "", answer_after: float | None = None
    ) -> None:
        self.host, self.port, self.name, self.secret = host, port, name, secret
        self.answer_after = answer_after  # s after which an incoming call is picked up by itself; None: by hand
        self.calls: dict[str, Call] = {}
        self.incoming: asyncio.Queue[Call] = asyncio.Queue()
        self._transport: asyncio.DatagramTransport | None = None
        self._waiting: dict[str, asyncio.Queue[Message]] = {}  # by branch
        self._tasks: set[asyncio.Task[None]] = set()
        self._registration: tuple[str, int] = (secrets.token_hex(8), 0)
        self._registrar: Address | None = None
        self._branches: dict[str, str] = {}  # of our INVITEs, by call: what a CANCEL must name

    async def __aenter__(self) -> Self:
        self._transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, local_addr=(self.host, self.port))
        self.port = self._transport.get_extra_info("sockname")[1]
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for call in list(self.calls.values()):
            if call.state != "ended":
                await call.hang_up()
        if self._registrar:
            with suppress(TimeoutError, CallFailed):
                await self.register(self._registrar, expires=0)
        for task in self._tasks:
            task.cancel()
        if self._transport:
            self._transport.close()

    def spawn(self, work: asyncio.Future[None] | object) -> None:
        task: asyncio.Task[None] = asyncio.ensure_future(work)  # type: ignore[arg-type]
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --- doing --------------------------------------------------------------------------------------------------------------

    async def register(self, pbx: Address, expires: int = 120) -> None:
        """Announce this telephone (once; it is not renewed). CallFailed when refused."""
        uri = f"sip:{pbx[0]}:{pbx[1]}"
        own = f"<sip:{self.name}@{pbx[0]}>"
        call = Call(self, self._registration[0], pbx, None)
        call.number, call.target, call.remote, call.local = self._registration[1], uri, own, f"{own};tag={secrets.token_hex(4)}"
        answer = await self.request("REGISTER", call, extra=[("Expires", str(expires))])
        self._registration = (call.id, call.number)
        if answer.status != 200:
            raise CallFailed(answer.status, answer.line)
        self._registrar = pbx if expires else None

    async def call(self, to: str, pbx: Address, from_number: str = "", *, display: str = "", headers: dict[str, str] | None = None) -> Call:
        """Dial; returns at once. `from_number`: the caller id (default: the account's name)."""
        call = Call(self, secrets.token_hex(12), pbx, None)
        name = '"' + display.replace('"', "") + '" ' if display else ""
        call.local = f"{name}<sip:{from_number or self.name}@{self.host}:{self.port}>;tag={secrets.token_hex(4)}"
        call.target = f"sip:{to}@{pbx[0]}:{pbx[1]}" if to else f"sip:{pbx[0]}:{pbx[1]}"
        call.remote = f"<{call.target}>"
        call.sdp = self.describe(await call.media.open(self.host))
        self.calls[call.id] = call
        self.spawn(self._dial(call, list((headers or {}).items())))
        return call

    async def wait_call(self, timeout: float = 10.0) -> Call:
        """The next call that comes in; it rings."""
        async with asyncio.timeout(timeout):
            return await self.incoming.get()

    def describe(self, port: int) -> str:
        lines = ("v=0", f"o=- {port} 1 IN IP4 {self.host}", "s=-", f"c=IN IP4 {self.host}", "t=0 0", f"m=audio {port} RTP/AVP 8 101")
        return "\r\n".join((*lines, "a=rtpmap:8 PCMA/8000", "a=rtpmap:101 telephone-event/8000", "a=ptime:20", ""))

    # --- SIP, asking --------------------------------------------------------------------------------------------------------

    async def _dial(self, call: Call, extra: list[tuple[str, str]]) -> None:
        try:
            answer = await self.request("INVITE", call, body=call.sdp, extra=extra)
        except TimeoutError:
            answer = Message("SIP/2.0 408 Timeout", [])
        call.status = answer.status
        if answer.status >= 300 and call.state != "ended":
            call.move("ended")

    async def request(self, method: str, call: Call, body: str = "", extra: list[tuple[str, str]] | None = None) -> Message:
        """Send, repeat until something comes, answer one challenge, return the final response. TimeoutError after 4 s (INVITE: 180 s)."""
        answer = await self._transaction(method, call, body, extra or [])
        if answer.status in (401, 407) and self.secret:
            name = "WWW-Authenticate" if answer.status == 401 else "Proxy-Authenticate"
            proof = proof_of(answer.get(name), self.name, self.secret, method, call.target)
            answer = await self._transaction(
                method, call, body, [*(extra or []), ("Authorization" if answer.status == 401 else "Proxy-Authorization", proof)]
            )
        return answer

    async def _transaction(self, method: str, call: Call, body: str, extra: list[tuple[str, str]]) -> Message:
        if method != "CANCEL":
            call.number += 1
            branch = f"z9hG4bK{secrets.token_hex(8)}"
        else:
            branch = call.phone.invite_branch(call)
        message = self._build(method, call, call.number, branch, body, extra)
        heard: asyncio.Queue[Message] = asyncio.Queue()
        key = f"{branch}/{method}"
        self._waiting[key] = heard
        if method == "INVITE":
            self._branches[call.id] = branch
        try:
            async with asyncio.timeout(180 if method == "INVITE" else 4):
                wait = 0.5
                answer = None
                while answer is None or answer.status < 200:
                    if answer is None:
                        self.send(message, call.peer)
                    try:
                        answer = await asyncio.wait_for(heard.get(), None if answer else wait)
                    except TimeoutError:
                        wait = min(wait * 2, 4)
                        continue
                    if method == "INVITE":
                        self._progress(call, answer, branch)
                return answer
        finally:
            if method != "INVITE":  # a 200 that is said again must be acknowledged again
                self._waiting.pop(key, None)

    def invite_branch(self, call: Call) -> str:
        return self._branches.get(call.id, "")

    def _build(
        self, method: str, call: Call, number: int, branch: str, body: str = "", extra: list[tuple[str, str]] | None = None
    ) -> Message:
        headers = [
            ("Via", f"SIP/2.0/UDP {self.host}:{self.port};branch={branch};rport"),
            *call.routes,
            ("From", call.local),
            ("To", call.remote),
            ("Call-ID", call.id),
            ("CSeq", f"{number} {method}"),
            ("Contact", f"<sip:{self.name}@{self.host}:{self.port}>"),
            ("Max-Forwards", "70"),
            *(extra or []),
        ]
        if body:
            headers.append(("Content-Type", "application/sdp"))
        return Message(f"{method} {call.target} SIP/2.0", headers, body)

    def _progress(self, call: Call, answer: Message, branch: str) -> None:
        """A response to our INVITE."""
        if answer.status == 100:
            return
        if answer.status < 200:
            if answer.body:
                call.hear(answer.body)
            if call.state == "calling":
                call.move("ringing")
            return
        if answer.status < 300:
            call.remote = answer.get("To")
            contact = re.search(r"<?(sips?:[^>;]+[^>]*)", answer.get("Contact"))
            call.target = contact[1] if contact else call.target
            call.routes = [("Route", value) for _, value in reversed(answer.all("Record-Route"))]
            self.send(self._build("ACK", call, call.number, f"z9hG4bK{secrets.token_hex(8)}"), call.peer)
            if call.state in ("calling", "ringing"):
                call.hear(answer.body)
                call.move("talking")
            elif call.state == "ended":  # answered after all, just as we gave up
                self.spawn(self._let_go(call))
        else:  # this ACK names the tag of the refusal; a second try with a password must not
            ack = self._build("ACK", call, call.number, branch)
            ack.headers = [(key, answer.get("To") if key == "To" else value) for key, value in ack.headers]
            self.send(ack, call.peer)

    async def _let_go(self, call: Call) -> None:
        with suppress(TimeoutError):
            await self.request("BYE", call)

    # --- SIP, being asked ---------------------------------------------------------------------------------------------------

    def send(self, message: Message, to: Address) -> None:
        if self._transport and not self._transport.is_closing():
            self._transport.sendto(message.encode(), to)

    def reply(self, request: Message, to: Address, status: int, *, tag: bool = False, body: str = "") -> Message:
        own_tag = hashlib.sha256(request.get("Call-ID").encode()).hexdigest()[:8]
        to_header = request.get("To")
        if tag and "tag=" not in to_header:
            to_header += f";tag={own_tag}"
        headers = [*request.all("Via"), *request.all("Record-Route"), ("From", request.get("From")), ("To", to_header)]
        headers += [("Call-ID", request.get("Call-ID")), ("CSeq", request.get("CSeq"))]
        headers += [("Contact", f"<sip:{self.name}@{self.host}:{self.port}>"), ("Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS")]
        if body:
            headers.append(("Content-Type", "application/sdp"))
        message = Message(f"SIP/2.0 {status} {REASONS.get(status, 'Answer')}", headers, body)
        self.send(message, to)
        return message

    def datagram_received(self, data: bytes, addr: Address) -> None:
        if len(data) < 20:  # keep-alive
            return
        message = Message.parse(data)
        if message.status:
            branch = re.search(r"branch=([^;,\s]+)", message.get("Via"))
            waiting = self._waiting.get(f"{branch[1]}/{message.method}") if branch else None
            call = self.calls.get(message.get("Call-ID"))
            if (
                waiting is not None
                and call is not None
                and message.method == "INVITE"
                and call.state == "talking"
                and message.status == 200
            ):
                self._progress(call, message, branch[1] if branch else "")  # our ACK was lost
            elif waiting is not None:
                waiting.put_nowait(message)
            return
        self._asked(message, addr)

    def _asked(self, message: Message, addr: Address) -> None:
        call = self.calls.get(message.get("Call-ID"))
        match message.method:
            case "INVITE" if call is None:
                self._new_call(message, addr)
            case "INVITE" if call is not None and call.state == "talking" and "tag=" in message.get("To"):
                call.hear(message.body)
                self.reply(message, addr, 200, body=call.sdp)
            case "INVITE":  # said again
                if call and call.final:
                    self.send(call.final, addr)
            case "ACK":
                if call:
                    call.final = None
            case "CANCEL":
                self.reply(message, addr, 200 if call else 481, tag=True)
                if call and call.invite and call.state == "ringing":
                    call.decline(487)
            case "BYE":
                self.reply(message, addr, 200 if call else 481)
                if call:
                    call.move("ended")
            case _:
                self.reply(message, addr, 200, tag=True)

    def _new_call(self, invite: Message, addr: Address) -> None:
        call = Call(self, invite.get("Call-ID"), addr, invite)
        tag = hashlib.sha256(call.id.encode()).hexdigest()[:8]
        call.local, call.remote = f"{invite.get('To')};tag={tag}", invite.get("From")
        contact = re.search(r"<(sips?:[^>]+)>", invite.get("Contact"))
        call.target = contact[1] if contact else ""
        call.routes = [("Route", value) for _, value in invite.all("Record-Route")]
        call.number = random.randint(1, 1000)
        self.calls[call.id] = call
        if invite.get(PROBE_HEADER):
            self.spawn(self._answer_probe(call))
            return
        self.reply(invite, addr, 180, tag=True)
        self.incoming.put_nowait(call)
        if self.answer_after is not None:
            self.spawn(self._answer_later(call, self.answer_after))

    async def _answer_probe(self, call: Call) -> None:
        """A silent call by which the centre proves this telephone: answered without ringing, and its key pressed as soon as sound is heard."""
        await call.answer()
        while call.state == "talking":
            if call.media.received >= PROBE_PACKETS:
                await call.media.press(PROBE_KEY)
                return
            await asyncio.sleep(0.02)

    async def _answer_later(self, call: Call, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await call.answer()
