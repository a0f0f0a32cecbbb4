"""Two carriers behind one port: the PBX, where telephones are registered, and a second one beside it.

Who has a channel has all that is done with it. A press of the second carrier carries its prefix; a leg goes where the channel is that it will talk with
(`beside`), or the bridge that it is rung into; one that talks with a program goes to the carrier of the line that it shows, and, when that carrier itself
could not dial, once to the other. Nobody talks across carriers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

import structlog

from callcenter.telephony.port import (
    Account,
    Capability,
    CarrierDown,
    CarrierPress,
    CarrierRecording,
    CarrierUnreachable,
    ChannelEnded,
    CommandRejected,
    Connected,
    Disconnected,
    EmergencyNeedsPbx,
    HangupCause,
    LegAnswered,
    LegEarly,
    LegRinging,
    Live,
    PlaybackFinished,
    Probed,
    Telephony,
    TelephonyError,
)
from callcenter.telephony.several import MOST, Several

log = structlog.get_logger()

SECOND = "twilio"  # the word of a line for the second carrier
MARK = "#second:"  # between the two marks of the histories


@dataclass(frozen=True, slots=True)
class Wanted:
    """A leg that may still go to the other carrier."""

    to: str
    caller: str
    caller_name: str
    timeout: float
    first: Telephony


class Carriers(Several):
    """See the port. Its name and its abilities are the PBX's."""

    def __init__(self, pbx: Telephony, second: Telephony, *, prefix: str, carrier_of: Callable[[str], str]) -> None:
        """`prefix`: of channel ids of presses of the second carrier. `carrier_of`: of the line that a call shows."""
        super().__init__(second, pbx)
        self.name, self.capabilities = pbx.name, pbx.capabilities
        self._pbx, self._second = pbx, second
        self._prefix, self._carrier_of = prefix, carrier_of
        self._fresh: dict[str, Wanted] = {}  # legs that have not rung yet
        self._up: dict[Telephony, bool] = {pbx: False, second: False}

    # --- events -----------------------------------------------------------------------------------------------------------

    async def _pump(self, one: Telephony) -> None:
        carrier = one
        async for event in carrier.events():
            match event:
                case Connected():
                    self._up[carrier] = True
                    if self._up[self._pbx]:  # of either: then what lives is asked for anew, of both
                        self._queue.put_nowait(event)
                case Disconnected():
                    self._up[carrier] = bool(event.node)  # others of it are there
                    if carrier is self._pbx:
                        self._queue.put_nowait(event)
                case LegRinging() | LegEarly() | LegAnswered():
                    self._fresh.pop(event.channel_id, None)
                    self._queue.put_nowait(event)
                case ChannelEnded():
                    wanted = self._fresh.pop(event.channel_id, None)
                    if wanted is None or event.cause is not HangupCause.CARRIER_DOWN or not await self._try_other(event.channel_id, wanted):
                        self._queue.put_nowait(event)
                case PlaybackFinished():
                    self._places.forget(event.playback_id)
                    self._queue.put_nowait(event)
                case _:
                    self._queue.put_nowait(event)

    async def _try_other(self, channel_id: str, wanted: Wanted) -> bool:
        """Nobody's telephone rang, and the carrier is to blame: once more, by the other. It is not tried a third time."""
        other = self._other(wanted.first)
        if not self._up[other]:
            return False
        log.warning("leg_goes_to_the_other_carrier", second=other is self._second)
        self._settle(channel_id, other)
        try:
            await other.ring(channel_id, wanted.to, caller=wanted.caller, caller_name=wanted.caller_name, timeout=wanted.timeout)
        except TelephonyError as error:
            log.warning("other_carrier_did_not_ring", error=type(error).__name__)
            return False
        return True

    # --- which carrier ------------------------------------------------------------------------------------------------------

    def _of(self, name: str) -> Telephony:
        return self._places.get(name) or (self._second if name.startswith(self._prefix) else self._pbx)

    def node_of(self, channel_id: str) -> str:
        return self._of(channel_id).node_of(channel_id)

    def _other(self, carrier: Telephony) -> Telephony:
        return self._pbx if carrier is self._second else self._second

    def _settle(self, name: str, at: Telephony) -> None:
        """Only what is at the second is remembered."""
        self._places.forget(name)
        if at is self._second:
            self._places.put(name, at)

    async def live(self) -> Live:
        pbx, second = await asyncio.gather(self._pbx.live(), self._second.live())
        for name in (*second.channels, *second.bridges):
            self._settle(name, self._second)
        return Live(pbx.channels | second.channels, pbx.bridges | second.bridges, pbx.reachable, pbx.unread)

    async def history(self, since: str) -> tuple[list[CarrierPress], str]:
        """Of the PBX in any case; of the second when it can be asked."""
        first, _, beside = since.partition(MARK)
        presses, mark = await self._pbx.history(first)
        try:
            more, beside = await self._second.history(beside)
        except TelephonyError as error:
            log.warning("second_history_not_read", error=type(error).__name__)
            more = []
        return [*presses, *more], f"{mark}{MARK}{beside}" if beside else mark

    # --- the press ------------------------------------------------------------------------------------------------------------

    async def press_itself(self, channel_id: str, *, caller: str, called: str) -> None:
        await self._pbx.press_itself(channel_id, caller=caller, called=called)

    # --- channels -------------------------------------------------------------------------------------------------------------

    async def hang_up(self, channel_id: str, cause: HangupCause = HangupCause.NORMAL) -> None:
        self._fresh.pop(channel_id, None)  # nobody wants it any more
        await super().hang_up(channel_id, cause)

    async def ring(
        self,
        channel_id: str,
        to: str,
        *,
        caller: str,
        caller_name: str,
        timeout: float,
        headers: dict[str, str] | None = None,
        into: str = "",
        beside: str = "",
    ) -> None:
        if into or beside or not to.startswith("number:"):
            carrier = self._of(beside or into)
            self._settle(channel_id, carrier)
            await carrier.ring(
                channel_id, to, caller=caller, caller_name=caller_name, timeout=timeout, headers=headers, into=into, beside=beside
            )
            return
        carrier = self._second if self._carrier_of(caller) == SECOND else self._pbx
        if not self._up[carrier] and self._up[self._other(carrier)]:
            carrier = self._other(carrier)
        wanted = Wanted(to, caller, caller_name, timeout, carrier)
        self._fresh[channel_id] = wanted
        if len(self._fresh) > MOST:
            del self._fresh[next(iter(self._fresh))]
        self._settle(channel_id, carrier)
        try:
            await carrier.ring(channel_id, to, caller=caller, caller_name=caller_name, timeout=timeout, headers=headers)
        except EmergencyNeedsPbx:
            self._fresh.pop(channel_id, None)
            raise
        except CarrierDown:
            if self._fresh.pop(channel_id, None) is None or not await self._try_other(channel_id, wanted):
                raise
        except TelephonyError:
            self._fresh.pop(channel_id, None)
            raise

    # --- talking --------------------------------------------------------------------------------------------------------------

    async def bridge(self, bridge_id: str, *channel_ids: str, beside: str = "") -> None:
        carrier = self._together(bridge_id, channel_ids, beside)
        if channel_ids:
            self._settle(bridge_id, carrier)
        await carrier.bridge(bridge_id, *channel_ids, beside=beside)

    async def end_bridge(self, bridge_id: str) -> None:
        """An empty one may have been made at the PBX before its first member came at the other."""
        if self._of(bridge_id) is self._second:
            with suppress(TelephonyError):
                await self._pbx.end_bridge(bridge_id)
        try:
            await self._of(bridge_id).end_bridge(bridge_id)
        finally:
            self._places.forget(bridge_id)

    async def recordings(self, *names: str) -> list[CarrierRecording]:
        pbx, second = await asyncio.gather(self._pbx.recordings(*names), self._second.recordings(*names))
        return [*pbx, *second]

    async def listen(self, channel_id: str, new_channel_id: str, mode: Literal["listen", "whisper", "barge"]) -> None:
        if self._of(channel_id) is self._second and Capability.LISTEN not in self._second.capabilities:
            raise CommandRejected("nobody listens in at this carrier")
        await super().listen(channel_id, new_channel_id, mode)

    # --- telephones -------------------------------------------------------------------------------------------------------------

    async def put_account(self, account: Account, *, restore: bool = False) -> None:
        await self._pbx.put_account(account, restore=restore)

    async def drop_account(self, name: str) -> None:
        await self._pbx.drop_account(name)

    async def probe(self, channel_id: str, account: str, *, within: float) -> Probed:
        return await self._pbx.probe(channel_id, account, within=within)

    async def set_fallback(self, accounts: list[str], duty: list[str]) -> None:
        """Both have a fallback of their own; the second's not being reached costs the PBX's nothing."""
        await self._pbx.set_fallback(accounts, duty)
        with suppress(CarrierUnreachable):
            await self._second.set_fallback(accounts, duty)
