"""A Twilio of our own on a port: the part of its REST API that we use, calls that live and ask us for TwiML, and callbacks signed as Twilio signs them.

Every request to it is held against Twilio's own description of its API. On order a callback comes twice, or two of them in the wrong order, or a request
fails. TwiML's seconds pass `SPEED` times as fast; a ringing telephone's do not.
"""

from __future__ import annotations

import asyncio
import io
import itertools
import wave
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urljoin, urlsplit
from xml.etree import ElementTree

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from twilio.request_validator import RequestValidator

from callcenter.telephony import sound
from tests.house import until
from tests.messaging.bad_carrier import Asked
from tests.messaging.twilio_contract import CALLS, problems
from tests.ports import free_port

SPEED = 10.0
ACCOUNT, TOKEN, OUR_NUMBER = "AC" + "a" * 32, "the account's token", "+15005550006"
HOST = "sip.example.org"  # of our PBX, as Twilio knows it
OVER = {"completed", "busy", "failed", "no-answer", "canceled"}
API = f"/2010-04-01/Accounts/{ACCOUNT}"


@dataclass
class Telephone:
    """Somebody's: an agent's account at our PBX, or a number anywhere."""

    registered: bool = True
    call: FakeCall | None = None
    refuses: tuple[str, str] | None = None  # the status and SIP code that calls to it end with


@dataclass
class FakeCall:
    sid: str
    to: str
    caller: str
    direction: str
    status: str = "queued"
    callback: str = ""
    url: str = ""
    timeout: float = 60
    sequence: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    hears: str = ""  # the sound that is played, "ringing", or ""
    heard: list[str] = field(default_factory=list)
    conference: str = ""
    muted: bool = False
    beside: FakeCall | None = None  # whom <Dial> has put it together with
    keys: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    sent_keys: str = ""
    at_work: asyncio.Task[None] | None = None
    picked_up: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_over(self) -> bool:
        return self.status in OVER


@dataclass
class Tape:
    sid: str
    call: str
    callback: str
    began: float
    paused: bool = False
    seconds: float | None = None


class HangUp(Exception):
    pass


class GoTo(Exception):
    def __init__(self, url: str, **form: str) -> None:
        self.url, self.form = url, form


class FakeTwilio:
    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.voice_url = self.status_url = ""  # of our number
        self.calls: dict[str, FakeCall] = {}
        self.tapes: dict[str, Tape] = {}
        self.telephones: dict[str, Telephone] = {}
        self.asked: list[Asked] = []
        self.wrong: list[str] = []  # what its own description says against our requests
        self.faults: list[tuple[int, int]] = []  # (HTTP status, Twilio's code) of the next answers
        self.twice = True  # every callback comes again
        self.disorder = False  # status callbacks are kept back until `deliver`
        self.kept: list[tuple[str, dict[str, str]]] = []
        self.telling = 0  # callbacks that are under way
        self.told: list[tuple[str, dict[str, str], int]] = []  # callbacks and how they were answered
        self._serial = itertools.count(1)
        self._signer = RequestValidator(TOKEN)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._lines: dict[str, asyncio.Lock] = {}

    # --- people -----------------------------------------------------------------------------------------------------------

    def call_in(self, caller: str, called: str) -> FakeCall:
        call = FakeCall(self._sid("CA"), called, caller, "inbound", status="ringing", callback=self.status_url)
        self.calls[call.sid] = call
        call.status = "in-progress"  # to play it a tone is to answer it
        self._work(call, self.voice_url)
        return call

    def hang_up(self, call: FakeCall, status: str = "completed", sip: str = "") -> None:
        self._end(call, status, sip)

    async def ringing(self, target: str) -> FakeCall:
        phone = self.telephones[target]
        await until(lambda: phone.call is not None and phone.call.status == "ringing", 8, f"{target} rings")
        assert phone.call
        return phone.call

    def hear_each_other(self, one: FakeCall, other: FakeCall) -> bool:
        return self.hears(one, other) and self.hears(other, one)

    def hears(self, one: FakeCall, other: FakeCall) -> bool:
        if one.is_over or other.is_over or one.hears or other.hears:
            return False
        together = one.beside is other or (one.conference != "" and one.conference == other.conference)
        return together and not other.muted

    async def deliver(self, order: list[int] | None = None) -> None:
        """The status callbacks that were kept back, in that order."""
        kept, self.kept = self.kept, []
        for index in order if order is not None else range(len(kept)):
            await self.post(*kept[index])

    # --- REST -------------------------------------------------------------------------------------------------------------

    async def answer(self, request: Request) -> Response:
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        asked = Asked(request.method, target, dict(request.headers), await request.body())
        form = asked.form
        self.asked.append(asked)
        if self.faults:
            status, code = self.faults.pop(0)
            return JSONResponse({"code": code, "message": "on order", "status": status}, status)
        if b64decode(request.headers.get("authorization", " ").split(" ")[-1]).decode() != f"{ACCOUNT}:{TOKEN}":
            return JSONResponse({"code": 20003, "message": "Authenticate", "status": 401}, 401)
        parts = request.url.path.removeprefix(API + "/").removesuffix(".json").split("/")
        if request.method == "GET" and parts[-1].endswith(".wav"):
            return self._file(parts[-1].removesuffix(".wav"))
        if wrong := problems(asked, CALLS):
            self.wrong += wrong
            return JSONResponse({"code": 20001, "message": "; ".join(wrong), "status": 422}, 422)
        match request.method, parts:
            case "POST", ["Calls"]:
                return self._create(form)
            case "GET", ["Calls", sid] if sid in self.calls:
                return JSONResponse({"sid": sid, "status": self.calls[sid].status})
            case "POST", ["Calls", sid] if sid in self.calls:
                return self._update(self.calls[sid], form)
            case "POST", ["Calls", sid, "Recordings"] if sid in self.calls:
                return self._record(self.calls[sid], form)
            case "POST", ["Calls", sid, "Recordings", tape] if tape in self.tapes and self.tapes[tape].seconds is None:
                return self._change_tape(self.tapes[tape], form["Status"])
            case "DELETE", ["Recordings", tape] if tape in self.tapes:
                del self.tapes[tape]
                return Response(status_code=204)
            case "GET", ["Conferences"]:
                name = request.query_params["FriendlyName"]
                there = any(call.conference == name for call in self.calls.values())
                found = [{"sid": self._room(name), "friendly_name": name}] if there else []
                return JSONResponse(
                    {"conferences": found, "page": 0, "page_size": 1, "uri": "", "first_page_uri": "", "next_page_uri": None}
                )
            case "POST", ["Conferences", room]:
                for call in self.calls.values():
                    if call.conference and self._room(call.conference) == room:
                        call.heard.append(form["AnnounceUrl"])
                return JSONResponse({"sid": room})
            case "POST", ["Conferences", _, "Participants", sid] if sid in self.calls and self.calls[sid].conference:
                self.calls[sid].muted = form["Muted"].lower() == "true"
                return JSONResponse({"call_sid": sid})
        return JSONResponse({"code": 20404, "message": "not found", "status": 404}, 404)

    @staticmethod
    def _room(name: str) -> str:
        return "CF" + name.encode().hex().ljust(32, "0")[-32:]

    def _create(self, form: dict[str, str]) -> Response:
        call = FakeCall(
            self._sid("CA"), form["To"], form["From"], "outbound-api",
            callback=form.get("StatusCallback", ""), url=form["Url"], timeout=float(form.get("Timeout", 60)),
        )  # fmt: skip
        if call.to.startswith("sip:") and (form.get("SipAuthUsername"), form.get("SipAuthPassword")) != ("twilio", "at the door"):
            call.to = "sip:nobody"  # our PBX lets nobody else in
        self.calls[call.sid] = call
        call.at_work = self._spawn(self._dial_out(call))
        return JSONResponse({"sid": call.sid, "status": "queued"}, 201)

    def _update(self, call: FakeCall, form: dict[str, str]) -> Response:
        if call.is_over or (call.status != "in-progress" and "Status" not in form):
            return JSONResponse({"code": 21220, "message": "Call is not in-progress. Cannot redirect.", "status": 400}, 400)
        if form.get("Status") == "completed":
            self._end(call, "completed" if call.status == "in-progress" else "canceled")
        elif "Twiml" in form:
            self._work(call, "", form["Twiml"])
        else:
            self._work(call, form["Url"])
        return JSONResponse({"sid": call.sid, "status": call.status})

    def _record(self, call: FakeCall, form: dict[str, str]) -> Response:
        tape = Tape(self._sid("RE"), call.sid, form["RecordingStatusCallback"], asyncio.get_running_loop().time())
        self.tapes[tape.sid] = tape
        return JSONResponse({"sid": tape.sid, "status": "in-progress"}, 201)

    def _change_tape(self, tape: Tape, status: str) -> Response:
        if status == "stopped":
            self._end_tape(tape)
        else:
            tape.paused = status == "paused"
        return JSONResponse({"sid": tape.sid, "status": status})

    def _end_tape(self, tape: Tape) -> None:
        tape.seconds = asyncio.get_running_loop().time() - tape.began
        told = {
            "RecordingSid": tape.sid,
            "CallSid": tape.call,
            "RecordingStatus": "completed",
            "RecordingDuration": str(round(tape.seconds)),
        }
        self._spawn(self.post(tape.callback, told))

    def _file(self, sid: str) -> Response:
        if sid not in self.tapes:
            return Response(status_code=404)
        content = io.BytesIO()
        with wave.open(content, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(8000)
            file.writeframes(sound.tone(440, self.tapes[sid].seconds or 1).tobytes())
        return Response(content.getvalue(), media_type="audio/wav")

    # --- a call -----------------------------------------------------------------------------------------------------------

    async def _dial_out(self, call: FakeCall) -> None:
        self._tell(call, "initiated")
        if await self._ring(call, call.timeout):
            call.status = "in-progress"
            self._tell(call, "in-progress")
            self._work(call, call.url)

    async def _ring(self, call: FakeCall, seconds: float) -> bool:
        """A telephone rings: True when it is picked up."""
        target, headers = self._target(call.to)
        call.headers = headers
        phone = self.telephones.get(target)
        if phone is None or not phone.registered:
            self._end(call, "failed", "404")
            return False
        if phone.refuses:
            self._end(call, *phone.refuses)
            return False
        call.status = "ringing"
        phone.call = call
        self._tell(call, "ringing")
        try:
            async with asyncio.timeout(seconds):
                await call.picked_up.wait()
        except TimeoutError:
            self._end(call, "no-answer")
        return not call.is_over

    @staticmethod
    def _target(to: str) -> tuple[str, dict[str, str]]:
        if not to.startswith("sip:"):
            return to, {}
        address = urlsplit(to)
        return address.path.split("@")[0], {name: values[0] for name, values in parse_qs(address.query).items()}

    def _work(self, call: FakeCall, url: str, document: str = "") -> None:
        """It does this now, whatever it did before."""
        if call.at_work and call.at_work is not asyncio.current_task():
            call.at_work.cancel()
        call.conference = ""
        call.at_work = self._spawn(self._run(call, url, document))

    async def _run(self, call: FakeCall, url: str, document: str) -> None:
        form: dict[str, str] = {}
        try:
            while True:
                base = url
                if not document:
                    answer = await self.post(url, self._form(call, **form), again=False)
                    if answer.status_code != 200:
                        raise HangUp
                    document = answer.text
                try:
                    for verb in ElementTree.fromstring(document):
                        await self._do(call, verb)
                    raise HangUp
                except GoTo as there:
                    url, form, document = urljoin(base, there.url), there.form, ""
        except HangUp:
            self._end(call, "completed")

    async def _do(self, call: FakeCall, verb: ElementTree.Element) -> None:
        match verb.tag:
            case "Play" if verb.get("digits"):
                call.sent_keys += verb.get("digits", "").replace("w", "")
            case "Play":
                await self._play(call, verb.text or "")
            case "Gather":
                await self._gather(call, verb)
            case "Redirect":
                raise GoTo(verb.text or "")
            case "Dial":
                await self._dial(call, verb)
            case "Record":
                call.hears = ""
                tape = Tape(self._sid("RE"), call.sid, verb.get("recordingStatusCallback", ""), asyncio.get_running_loop().time())
                self.tapes[tape.sid] = tape
                try:
                    await asyncio.sleep(float(verb.get("maxLength", 60)) / SPEED)
                finally:
                    self._end_tape(tape)
                raise GoTo(verb.get("action", ""), RecordingSid=tape.sid)
            case "Hangup":
                raise HangUp
            case _:
                raise AssertionError(f"no verb that we use: {verb.tag}")

    async def _play(self, call: FakeCall, url: str) -> None:
        answer = await self._http.get(url)
        assert answer.status_code == 200, (url, answer.status_code)
        with wave.open(io.BytesIO(answer.content)) as file:
            seconds = file.getnframes() / file.getframerate()
        name = unquote(urlsplit(url).path.rsplit("/", 1)[-1].removesuffix(".wav"))
        call.hears = {"ringback": "ringing", "hold": "music"}.get(name, name)
        call.heard.append(name)
        await asyncio.sleep(seconds / SPEED)

    async def _gather(self, call: FakeCall, verb: ElementTree.Element) -> None:
        async def listen() -> None:
            for part in verb:
                await self._play(call, part.text or "")
            if not len(verb):
                call.hears = ""
            await asyncio.sleep(float(verb.get("timeout", 5)) / SPEED)

        silence, key = asyncio.ensure_future(listen()), asyncio.ensure_future(call.keys.get())
        try:
            await asyncio.wait([silence, key], return_when=asyncio.FIRST_COMPLETED)
            if key.done():
                raise GoTo(verb.get("action", ""), Digits=key.result())
            silence.result()
        finally:
            silence.cancel()
            key.cancel()

    async def _dial(self, call: FakeCall, verb: ElementTree.Element) -> None:
        room = verb.find("Conference")
        if room is not None:
            call.hears, call.conference, call.muted = "", room.text or "", room.get("muted") == "true"
            await asyncio.Event().wait()  # until it is told to do something else
        call.hears = "ringing"
        legs: list[tuple[FakeCall, str]] = []
        for part in verb:
            leg = FakeCall(self._sid("CA"), part.text or "", call.caller, "outbound-dial", timeout=float(verb.get("timeout", 30)))
            if part.tag == "Sip" and (part.get("username"), part.get("password")) != ("twilio", "at the door"):
                leg.to = "sip:nobody"
            self.calls[leg.sid] = leg
            legs.append((leg, part.get("url", "")))
        waits = {asyncio.ensure_future(self._ring(leg, leg.timeout)): (leg, url) for leg, url in legs}
        joined: FakeCall | None = None
        try:
            while waits and joined is None:
                done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
                for wait in done:
                    leg, url = waits.pop(wait)
                    if wait.result() and joined is None:
                        joined = leg
                        await self.post(url, self._form(leg), again=False)
        finally:
            for wait in waits:
                wait.cancel()
            for leg, _ in legs:
                if leg is not joined:
                    self._end(leg, "canceled")
        if joined is None:
            raise GoTo(verb.get("action", ""), DialCallStatus="no-answer")
        try:
            joined.status, call.hears, call.beside, joined.beside = "in-progress", "", joined, call
            await joined.over.wait()
        finally:
            self._end(joined, "completed")
        raise GoTo(verb.get("action", ""), DialCallStatus="completed", DialCallSid=joined.sid)

    def _end(self, call: FakeCall, status: str, sip: str = "") -> None:
        if call.is_over:
            return
        call.status, call.conference, call.hears = status, "", ""
        for tape in self.tapes.values():
            if tape.call == call.sid and tape.seconds is None and tape.callback:
                self._end_tape(tape)
        call.over.set()
        call.picked_up.set()
        self._tell(call, status, **({"SipResponseCode": sip} if sip else {}))
        if call.at_work and call.at_work is not asyncio.current_task():
            call.at_work.cancel()

    # --- callbacks --------------------------------------------------------------------------------------------------------

    def _form(self, call: FakeCall, **more: str) -> dict[str, str]:
        known = {
            "AccountSid": ACCOUNT, "ApiVersion": "2010-04-01", "CallSid": call.sid, "From": call.caller, "To": call.to,
            "Direction": call.direction, "CallStatus": call.status,
        }  # fmt: skip
        return known | more

    def _tell(self, call: FakeCall, status: str, **more: str) -> None:
        if not call.callback:
            return
        told = self._form(call, CallStatus=status, SequenceNumber=str(call.sequence), **more)
        call.sequence += 1
        if self.disorder:
            self.kept.append((call.callback, told))
        else:
            self.telling += 1
            self._spawn(self.post(call.callback, told, line=call.sid)).add_done_callback(self._has_told)

    def _has_told(self, _: object) -> None:
        self.telling -= 1

    async def post(
        self, url: str, form: dict[str, str], *, again: bool = True, line: str = "", signature: str | None = None
    ) -> httpx.Response:
        """Signed over the address that we gave; of one call one after the other."""
        headers = {"X-Twilio-Signature": self._signer.compute_signature(url, form) if signature is None else signature}
        async with self._lines.setdefault(line or self._sid("--"), asyncio.Lock()):
            for _ in range(2 if again and self.twice else 1):
                answer = await self._http.post(url, data=form, headers=headers)
                self.told.append((url, form, answer.status_code))
        return answer

    # --- its own life -----------------------------------------------------------------------------------------------------

    def _sid(self, kind: str) -> str:
        return f"{kind}{next(self._serial):032x}"

    def _spawn(self, work: Any) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    @asynccontextmanager
    async def open(self) -> AsyncIterator[FakeTwilio]:
        app = Starlette(routes=[Route("/{path:path}", self.answer, methods=["GET", "POST", "DELETE"])])
        server = uvicorn.Server(uvicorn.Config(app, port=self.port, log_level="warning", timeout_graceful_shutdown=1))
        server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
        serving = asyncio.create_task(server.serve())
        await until(lambda: server.started, why="the fake Twilio")
        async with httpx.AsyncClient(timeout=15) as self._http:
            try:
                yield self
            finally:
                for call in list(self.calls.values()):
                    self._end(call, "completed")
                await asyncio.sleep(0.05)
                for task in list(self._tasks):
                    task.cancel()
                await asyncio.gather(*self._tasks, return_exceptions=True)
                server.should_exit = True
                with suppress(TimeoutError):
                    await asyncio.wait_for(serving, 10)
        assert self.wrong == [], "requests that Twilio's own description does not know"
