"""A ceiling on requests from one address, in memory: an unfriendly program is slowed down before it reaches the database."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address

from starlette.types import ASGIApp, Receive, Scope, Send

from callcenter.kit.web import answer

REQUESTS, SECONDS = 600, 60.0  # a mobile carrier's customers share addresses, and a street of shops is on one
MOST_ADDRESSES = 20_000


class Ceiling:
    """So many times a minute for each key."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._seen: dict[str, deque[float]] = {}

    def is_reached(self, key: str) -> bool:
        """Counts nothing."""
        return len(self._recent(key)) >= self.most

    def take(self, key: str) -> bool:
        """Counts one, unless there were too many: then True."""
        times = self._recent(key)
        if len(times) >= self.most:
            return True
        times.append(time.monotonic())
        return False

    def _recent(self, key: str) -> deque[float]:
        now = time.monotonic()
        if len(self._seen) > MOST_ADDRESSES:
            self._seen = {k: times for k, times in self._seen.items() if times and times[-1] > now - SECONDS}
        times = self._seen.setdefault(key, deque())
        while times and times[0] <= now - SECONDS:
            times.popleft()
        return times


class Throttle:
    """Pure ASGI, before everything else that costs anything. `counts`: the methods and paths that are counted; those of files of an app itself are not."""

    def __init__(
        self,
        app: ASGIApp,
        requests: int = REQUESTS,
        counts: Callable[[str, str], bool] = lambda method, path: True,
        refusal: ASGIApp | None = None,
    ) -> None:
        self.app, self.counts, self.refusal, self.ceiling = app, counts, refusal or _refuse, Ceiling(requests)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self.counts(scope["method"], scope["path"]) and self.ceiling.take(key_of(scope)):
            await self.refusal(scope, receive, send)
            return
        await self.app(scope, receive, send)


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    told = answer(429, "too_many_requests", "too many requests from this address; wait a minute", {"wait_seconds": int(SECONDS)})
    await told(scope, receive, send)


def key_of(scope: Scope) -> str:
    """The address; of IPv6 its network, of which one customer has all."""
    given = str((scope.get("client") or ("", 0))[0])
    try:
        address = ip_address(given)
    except ValueError:
        return given
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return address.exploded[:19]  # /64
    return given
