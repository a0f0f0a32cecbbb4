"""Twilio's own REST client over the house's HTTP library, with retries, and the port's errors instead of Twilio's.

What is asked twice and does no harm (all but the start of a call) is asked again after any failure; a call is started again only when it certainly was not.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import httpx
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from callcenter.settings import Settings
from callcenter.telephony.port import CarrierDown, CarrierUnreachable, ChannelGone
from callcenter.telephony.twilio.causes import error_of

T = TypeVar("T")

PAUSES = (0.2, 0.6, 1.5)  # seconds between tries; Twilio asks for exponential back-off on 429
CONNECT, REPLY = 2.0, 5.0
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_NOT_DONE = (429, 503)  # refused before anything was done


class Transport(AsyncHttpClient):  # type: ignore[misc] # Twilio's library has no types
    """The library's requests, sent by httpx to the address that is set (a region's, a test's)."""

    def __init__(self, base: str) -> None:
        super().__init__(logging.getLogger(__name__), is_async=True)
        self._base = base.rstrip("/")
        timeout = httpx.Timeout(REPLY, connect=CONNECT)
        self._http = httpx.AsyncClient(timeout=timeout)
        # on a kept connection that Twilio has just closed nobody knows whether the request was read: a call is started on a fresh one
        self._fresh = httpx.AsyncClient(timeout=timeout, limits=httpx.Limits(max_keepalive_connections=0))

    async def request(
        self,
        method: str,
        uri: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        path = "/" + uri.split("://", 1)[-1].split("/", 1)[-1]
        query: Any = params
        http = self._fresh if path.endswith("/Calls.json") else self._http
        answer = await http.request(method, self._base + path, params=query, data=data, headers=headers, auth=auth)
        return Response(answer.status_code, answer.text, answer.headers)

    async def file(self, path: str, auth: tuple[str, str]) -> bytes:
        answer = await self._http.get(self._base + path, auth=auth, follow_redirects=True)
        if answer.status_code != 200:
            raise error_of(answer.status_code, None, "recording")
        return answer.content

    async def close(self) -> None:
        await self._http.aclose()
        await self._fresh.aclose()


class Rest:
    """Every coroutine raises the port's errors only. Sids are Twilio's."""

    def __init__(self, settings: Settings) -> None:
        self._auth = (settings.twilio_account_sid, settings.twilio_auth_token.get_secret_value())
        self._transport = Transport(settings.twilio_url)
        self._client = Client(*self._auth, http_client=self._transport)
        self._api = self._client.api.v2010.account

    async def close(self) -> None:
        await self._transport.close()

    async def start_call(self, **fields: Any) -> str:
        """The new call's SID. CarrierDown when it certainly was not dialled, CarrierUnreachable when nobody knows."""
        call = await self._ask("call", lambda: self._api.calls.create_async(**fields), once=True)
        return str(call.sid)

    async def tell(self, sid: str, *, twiml: str = "", url: str = "") -> None:
        """The call goes on with this document."""
        how: dict[str, str] = {"twiml": twiml} if twiml else {"url": url, "method": "POST"}
        await self._ask("tell", lambda: self._api.calls(sid).update_async(**how))

    async def end_call(self, sid: str) -> None:
        await self._ask("end", lambda: self._api.calls(sid).update_async(status="completed"))

    async def state_of(self, sid: str) -> str:
        """Twilio's word for the call's state."""
        return str((await self._ask("look", lambda: self._api.calls(sid).fetch_async())).status)

    async def mute(self, conference: str, sid: str, on: bool) -> None:
        room = await self._room(conference)
        await self._ask("mute", lambda: self._api.conferences(room).participants(sid).update_async(muted=on))

    async def announce(self, conference: str, sound: str) -> None:
        """Everybody in it hears that file."""
        room = await self._room(conference)
        await self._ask("announce", lambda: self._api.conferences(room).update_async(announce_url=sound, announce_method="GET"))

    async def _room(self, conference: str) -> str:
        found = await self._ask("find", lambda: self._api.conferences.list_async(friendly_name=conference, status="in-progress", limit=1))
        if not found:
            raise ChannelGone("conference: not begun, or over")
        return str(found[0].sid)

    async def record(self, sid: str, told_at: str) -> str:
        """What is heard and said on this call, mixed; the recording's SID."""
        tape = await self._ask(
            "record",
            lambda: self._api.calls(sid).recordings.create_async(
                recording_channels="mono", recording_status_callback=told_at, recording_status_callback_event=["completed", "absent"]
            ),
        )
        return str(tape.sid)

    async def change_recording(self, sid: str, tape: str, status: str) -> None:
        """`status`: paused, in-progress or stopped. What is said in a pause is left out."""
        more = {"pause_behavior": "skip"} if status == "paused" else {}
        await self._ask("recording", lambda: self._api.calls(sid).recordings(tape).update_async(status=status, **more))

    async def fetch_recording(self, tape: str) -> bytes:
        """A WAV."""
        path = f"/2010-04-01/Accounts/{self._auth[0]}/Recordings/{tape}.wav"
        return await self._ask("fetch", lambda: self._transport.file(path, self._auth))

    async def delete_recording(self, tape: str) -> None:
        await self._ask("delete", lambda: self._api.recordings(tape).delete_async())

    async def _ask(self, wanted: str, request: Callable[[], Awaitable[T]], *, once: bool = False) -> T:
        for pause in (*PAUSES, None):
            try:
                return await request()
            except TwilioRestException as error:
                if pause is None or not (error.status in _NOT_DONE or (error.status >= 500 and not once)):
                    raise self._refused(error, wanted, once) from None
            except _NOT_SENT as error:
                if pause is None:
                    raise (CarrierDown if once else CarrierUnreachable)(
                        f"{wanted}: Twilio is not reached ({type(error).__name__})"
                    ) from None
            except (httpx.HTTPError, OSError) as error:
                if pause is None or once:
                    raise CarrierUnreachable(f"{wanted}: no answer from Twilio ({type(error).__name__})") from None
            except (TwilioException, ValueError, KeyError) as error:
                raise CarrierUnreachable(f"{wanted}: not understood ({type(error).__name__})") from None
            await asyncio.sleep(pause)
        raise AssertionError("the last try returns or raises")

    @staticmethod
    def _refused(error: TwilioRestException, wanted: str, once: bool) -> Exception:
        if error.status in _NOT_DONE:
            return (CarrierDown if once else CarrierUnreachable)(f"{wanted}: Twilio is busy [{error.status}]")
        if error.status >= 500:
            return CarrierUnreachable(f"{wanted}: Twilio's fault [{error.status}]")
        return error_of(error.status, error.code, wanted)
