"""A request to a carrier, and what its failing says about the message: whether it may have gone out."""

from __future__ import annotations

from typing import Any

import httpx

from callcenter.messaging.port import Failure, OutcomeUnknown, PermanentFailure, TemporaryFailure

CONNECT, REPLY = 5.0, 10.0  # seconds
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
_TRY_LATER = (429, 503)  # refused before anything was done with it
_OURS = (301, 302, 303, 307, 308, 401, 403, 404, 405)  # another address, other credentials: nothing that is this message's fault


def make_client(**more: Any) -> httpx.AsyncClient:
    """A fresh connection for each request: on a kept one that the carrier has just closed nobody knows whether it was read."""
    limits = httpx.Limits(max_keepalive_connections=0)
    return httpx.AsyncClient(timeout=httpx.Timeout(REPLY, connect=CONNECT), limits=limits, **more)


async def ask(client: httpx.AsyncClient, method: str, url: str, **how: Any) -> httpx.Response:
    """TemporaryFailure when the request certainly did not go out, OutcomeUnknown when it may have."""
    try:
        return await client.request(method, url, **how)
    except _NOT_SENT as error:
        raise TemporaryFailure(Failure.UNREACHABLE) from error
    except httpx.TimeoutException as error:
        raise OutcomeUnknown(Failure.TIMED_OUT) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise OutcomeUnknown(Failure.UNCLEAR) from error


def refuse_by_status(response: httpx.Response, carrier_code: str = "", *, refused: Failure = Failure.REFUSED) -> None:
    """Returns for a 2xx. Other 5xx than "busy" may come from a machine in front of the one that has sent it already."""
    status = response.status_code
    code = carrier_code or f"http_{status}"
    if 200 <= status < 300:
        return
    if status in _TRY_LATER:
        raise TemporaryFailure(Failure.BUSY, code)
    if status in _OURS:
        raise TemporaryFailure(Failure.MISCONFIGURED, code)
    if 400 <= status < 500 and status != 408:
        raise PermanentFailure(refused, code)
    raise OutcomeUnknown(Failure.UNCLEAR, code)
