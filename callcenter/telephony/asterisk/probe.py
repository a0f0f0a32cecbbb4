"""A silent call to a telephone of ours, as Asterisk tells of it (docs/decisions.md, "Telephones are proved")."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from callcenter.telephony.port import PROBE_KEY, CarrierUnreachable, ChannelEnded, DigitReceived, Event, HangupCause, Probed

_TAKEN = frozenset({HangupCause.BUSY, HangupCause.REJECTED})


class Probe:
    """Hears the events of its own channel; nobody else is told them."""

    def __init__(self) -> None:
        self.answered, self._heard, self._over = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._cause: HangupCause | None = None  # None while it lives, or when the connection broke

    def hear(self, news: Event) -> None:
        match news:
            case DigitReceived(digit=digit) if digit == PROBE_KEY:
                self._heard.set()
            case ChannelEnded():
                self._cause = news.cause
                self._over.set()
            case _:
                pass

    def break_off(self) -> None:
        """What follows is not heard any more."""
        self._over.set()

    async def listen(self, ask: Callable[..., Awaitable[Any]], within: float) -> Probed:
        """From its ringing on. `ask`: a command on its channel. Raises TelephonyError."""
        if not await self._first(self.answered, within):
            return self._without_answer()
        await ask("POST", "silence")
        if await self._first(self._heard, within):
            return Probed.HEARD
        if self._over.is_set():
            self._check_connection()
            return Probed.BUSY  # it hung up: for another call
        counted = await ask("GET", "rtp_statistics")
        return Probed.DEAF if counted.get("rxcount") else Probed.SILENT

    def _without_answer(self) -> Probed:
        if self._over.is_set():
            self._check_connection()
            return Probed.BUSY if self._cause in _TAKEN else Probed.UNANSWERED
        return Probed.UNANSWERED

    def _check_connection(self) -> None:
        if self._cause is None:
            raise CarrierUnreachable("the connection broke under a probe")

    async def _first(self, wanted: asyncio.Event, within: float) -> bool:
        """Whether it came in time, and before the end."""
        waits = [asyncio.ensure_future(wanted.wait()), asyncio.ensure_future(self._over.wait())]
        try:
            await asyncio.wait(waits, timeout=within, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        return wanted.is_set()
