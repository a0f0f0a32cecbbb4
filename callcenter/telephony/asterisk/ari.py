"""A thin typed client of Asterisk's REST interface (ARI), Asterisk ≥ 22.

One WebSocket carries the events and the commands: a command is a REST request over it, at half the latency and a third of the CPU of
HTTP. Lists and files go over HTTP, since Asterisk builds a WebSocket reply on its stack and dies of one above some 490 kB.

    async with AriClient("http://127.0.0.1:8088", "user", "secret", apps=["onekey"]) as ari:
        async for event in ari.events():          # dicts as Asterisk sends them, and Connected / Disconnected
            if event["type"] == "StasisStart":
                await ari.post(f"/channels/{event['channel']['id']}/answer")

What it promises:
* It stays connected until closed: refused, 404 and 503 (Asterisk is booting), a reset and silence (a frozen Asterisk) lead to another try.
* Every command ends within its time-out in an answer or in an `AriError` that says which kind.
* Nothing grows without bound. Who reads events too slowly is disconnected and told so, and can then ask for what lives, as after any
  other break.
* Another client that takes over the application (`ApplicationReplaced`) is not fought: this one stays away until `start` is called again.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import random
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, urlencode

import httpx
import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, InvalidMessage, WebSocketException

log = logging.getLogger(__name__)

Json = Any  # what JSON can hold
Event = dict[str, Any]
Params = Mapping[str, str | int | float | bool | None]

_MAX_FRAME = 8 * 1024 * 1024
_MAX_PENDING = 2_000  # commands under way; more means that nobody waits for answers any longer
_MAX_UNREAD = 10_000  # events not yet read


class AriError(Exception):
    """Base of all errors here."""


class AriUnreachable(AriError):
    """No connection, or it broke under the command, whose outcome is then unknown."""


class AriTimeout(AriUnreachable):
    """No answer in time; the outcome is unknown."""


class AriRejected(AriError):
    """Asterisk answered no. `status` is HTTP's: 400 bad request, 409 wrong state, 412 channel not up, 422 …"""

    def __init__(self, status: int, reason: str, method: str, path: str) -> None:
        super().__init__(f"{method} {path}: {status} {reason}")
        self.status = status
        self.reason = reason


class AriNotFound(AriRejected):
    """404: the channel, bridge, playback … is gone. Normal in a race with a hang-up."""


class AriDenied(AriRejected):
    """401 or 403: wrong user or password."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds."""

    command: float = 2.0
    http: float = 5.0
    connect: float = 2.0
    silence: float = 2.0  # a ping goes out this often, and is answered within it; so a frozen Asterisk is noticed after twice that
    retry_first: float = 0.05
    retry_most: float = 1.0
    retry_denied: float = 5.0  # a wrong password does not mend itself


CONNECTED: Event = {"type": "Connected"}
DISCONNECTED: Event = {"type": "Disconnected"}
REPLACED: Event = {"type": "Disconnected", "replaced": True}


class AriClient:
    """See the module. One event loop; `events()` has one reader, commands any number of callers."""

    def __init__(
        self,
        base_url: str,
        user: str,
        password: str,
        apps: Iterable[str],
        *,
        timeouts: Timeouts | None = None,
        on_event: Callable[[Event], None] | None = None,
    ) -> None:
        """`on_event`, when given, is called at once for every event, in the reading task, instead of `events()`: it must not block or raise."""
        self._base = base_url.rstrip("/") + "/ari"
        self._apps = list(apps)
        self._timeouts = timeouts or Timeouts()
        token = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {token}"}
        self._http = httpx.AsyncClient(headers=self._headers, timeout=self._timeouts.http, trust_env=False)
        self._on_event = on_event or self._enqueue
        self._events: asyncio.Queue[Event] = asyncio.Queue()
        self._overflow = False
        self._pending: dict[str, asyncio.Future[tuple[int, str, str]]] = {}
        self._serial = 0
        self._socket: ClientConnection | None = None
        self._runner: asyncio.Task[None] | None = None

    # --- life ---------------------------------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()

    @property
    def connected(self) -> bool:
        return self._socket is not None

    async def start(self) -> None:
        """Begin to connect, and keep connected; returns at once."""
        if self._runner is None or self._runner.done():
            self._runner = asyncio.create_task(self._run(), name="ari")

    async def close(self) -> None:
        """Leave; what Asterisk does for the application goes on."""
        if self._runner:
            self._runner.cancel()
            with suppress(asyncio.CancelledError):
                await self._runner
            self._runner = None
        await self._http.aclose()

    def reset(self) -> None:
        """Give this connection up and make a new one: for a reader that can't keep up. May be called from `on_event`."""
        self._overflow = True
        if self._socket:
            self._socket.transport.abort()

    async def events(self) -> AsyncIterator[Event]:
        """Events in order, for ever. {"type": "Connected"} comes before the first of each connection, {"type": "Disconnected"} after its last."""
        while True:
            yield await self._events.get()

    # --- commands -----------------------------------------------------------------------------------------------------------

    async def get(self, path: str, **params: str | int | float | bool | None) -> Json:
        return await self.request("GET", path, params)

    async def post(self, path: str, body: Json = None, **params: str | int | float | bool | None) -> Json:
        return await self.request("POST", path, params, body)

    async def put(self, path: str, body: Json = None, **params: str | int | float | bool | None) -> Json:
        return await self.request("PUT", path, params, body)

    async def delete(self, path: str, **params: str | int | float | bool | None) -> Json:
        return await self.request("DELETE", path, params)

    async def request(self, method: str, path: str, params: Params | None = None, body: Json = None, timeout: float | None = None) -> Json:
        """One REST request over the WebSocket; the decoded answer, or None when it has no body. Never a list: see `fetch`.

        `path` such as "/channels/17.4/answer"; parts of it that come from outside must be quoted (`segment`).
        """
        socket = self._socket
        if socket is None:
            raise AriUnreachable(f"{method} {path}: not connected")
        if len(self._pending) >= _MAX_PENDING:
            raise AriUnreachable(f"{method} {path}: {_MAX_PENDING} commands wait for their answer already")
        self._serial += 1
        key = str(self._serial)
        message: dict[str, Any] = {"type": "RESTRequest", "transaction_id": key, "request_id": key, "method": method, "uri": path[1:]}
        if params:
            message["query_strings"] = [{"name": name, "value": _text(value)} for name, value in params.items() if value is not None]
        if body is not None:
            message["content_type"] = "application/json"
            message["message_body"] = orjson.dumps(body).decode()
        answer: asyncio.Future[tuple[int, str, str]] = asyncio.get_running_loop().create_future()
        self._pending[key] = answer
        try:
            async with asyncio.timeout(timeout or self._timeouts.command):
                await socket.send(orjson.dumps(message), text=True)
                status, reason, text = await answer
        except TimeoutError:
            raise AriTimeout(f"{method} {path}: no answer within {timeout or self._timeouts.command} s") from None
        except (WebSocketException, OSError) as error:
            raise AriUnreachable(f"{method} {path}: {error}") from None
        finally:
            self._pending.pop(key, None)
        return _result(status, reason, text, method, path)

    async def fetch(self, path: str, **params: str | int | float | bool | None) -> Json:
        """GET over HTTP: for lists, which may be long."""
        query = {name: _text(value) for name, value in params.items() if value is not None}
        try:
            answer = await self._http.get(self._base + path, params=query)
        except httpx.TimeoutException:
            raise AriTimeout(f"GET {path}: no answer within {self._timeouts.http} s") from None
        except httpx.HTTPError as error:
            raise AriUnreachable(f"GET {path}: {error}") from None
        return _result(answer.status_code, answer.reason_phrase, answer.text, "GET", path)

    async def download(self, path: str) -> AsyncIterator[bytes]:
        """A file (a recording) in pieces, over HTTP."""
        try:
            async with self._http.stream("GET", self._base + path) as answer:
                if answer.status_code != 200:
                    await answer.aread()
                    _result(answer.status_code, answer.reason_phrase, answer.text, "GET", path)
                async for piece in answer.aiter_bytes():
                    yield piece
        except httpx.TimeoutException:
            raise AriTimeout(f"GET {path}: no answer within {self._timeouts.http} s") from None
        except httpx.HTTPError as error:
            raise AriUnreachable(f"GET {path}: {error}") from None

    # --- the connection -----------------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        wait = self._timeouts.retry_first
        url = f"ws{self._base[4:]}/events?" + urlencode({"app": ",".join(self._apps)})
        said = ""
        while True:
            try:
                async with connect(
                    url,
                    additional_headers=self._headers,
                    compression=None,
                    max_size=_MAX_FRAME,
                    open_timeout=self._timeouts.connect,
                    close_timeout=0.5,
                    ping_interval=self._timeouts.silence,
                    ping_timeout=self._timeouts.silence,
                    proxy=None,
                ) as socket:
                    wait, said = self._timeouts.retry_first, ""
                    if await self._serve(socket):
                        log.warning("ari_replaced: another client has taken the application")
                        return
            except (OSError, TimeoutError, InvalidHandshake, InvalidMessage, WebSocketException) as error:
                if str(error) != said:  # once for each kind: a PBX that is away for an hour fills no disk
                    said = str(error)
                    log.warning("ari_not_connected: %s", said)
                status = getattr(getattr(error, "response", None), "status_code", 0)
                if status in (401, 403):
                    wait = self._timeouts.retry_denied
            await asyncio.sleep(wait * random.uniform(0.8, 1.2))
            wait = min(wait * 2, self._timeouts.retry_most)

    async def _serve(self, socket: ClientConnection) -> bool:
        """Read until the connection ends. True: the application is another client's now."""
        replaced = False
        self._overflow = False
        self._socket = socket
        self._on_event(CONNECTED)
        try:
            while not self._overflow:
                event = _decode(await socket.recv(decode=False))
                if event is None:
                    continue
                kind = event.get("type")
                if kind == "RESTResponse":
                    self._answer(event)
                elif kind == "ApplicationReplaced":
                    replaced = True
                    break
                else:
                    self._on_event(event)
        except WebSocketException as error:
            log.info("ari_disconnected: %s", error)
        finally:
            self._socket = None
            for answer in self._pending.values():
                if not answer.done():
                    answer.set_exception(AriUnreachable("the connection broke before the answer came"))
            self._pending.clear()
            self._on_event(REPLACED if replaced else DISCONNECTED)
        return replaced

    def _answer(self, event: Event) -> None:
        waiting = self._pending.get(str(event.get("request_id")))
        status = event.get("status_code")
        if waiting is None or waiting.done() or not isinstance(status, int):
            return  # too late: nobody waits any longer
        waiting.set_result((status, str(event.get("reason_phrase", "")), str(event.get("message_body") or "")))

    def _enqueue(self, event: Event) -> None:
        if self._overflow and event["type"] != "Disconnected":
            return
        if self._events.qsize() >= _MAX_UNREAD:
            log.error("ari_reader_too_slow: %d events unread, starting afresh", _MAX_UNREAD)
            while not self._events.empty():  # old news: what lives is asked for anew
                self._events.get_nowait()
            self.reset()
            return
        self._events.put_nowait(event)


def segment(text: str) -> str:
    """One part of a path, quoted: "PJSIP/a b" → "PJSIP%2Fa%20b"."""
    return quote(text, safe="")


def _text(value: str | int | float | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _decode(frame: bytes) -> Event | None:
    try:
        event = orjson.loads(frame)
    except orjson.JSONDecodeError:
        log.warning("ari_bad_frame: %d bytes that are no JSON", len(frame))
        return None
    if not isinstance(event, dict) or not isinstance(event.get("type"), str):
        log.warning("ari_bad_frame: JSON without a type")
        return None
    return event


def _result(status: int, reason: str, text: str, method: str, path: str) -> Json:
    if 200 <= status < 300:
        if not text:
            return None
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            raise AriRejected(status, "an answer that is no JSON", method, path) from None
    with suppress(orjson.JSONDecodeError):
        said = orjson.loads(text)
        if isinstance(said, dict):
            reason = str(said.get("message") or said.get("error") or reason)
    kind = AriNotFound if status == 404 else AriDenied if status in (401, 403) else AriRejected
    raise kind(status, reason, method, path)
