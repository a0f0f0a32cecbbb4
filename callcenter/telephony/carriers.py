"""Two carriers behind one port: the PBX, where telephones are registered, and a second one beside it.

Who has a channel has all that is done with it. A press of the second carrier carries its prefix; a leg goes where the channel is that it will talk with
(`beside`), or the bridge that it is rung into; one that talks with a program goes to the carrier of the line that it shows, and, when that carrier itself
could not dial, once to the other. Nobody talks across carriers.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

import structlog

from callcenter.telephony.port import (
    Account,
    Capability,
    CarrierDown,
    CarrierPress,
    CarrierRecording,
    CarrierUnreachable,
    ChannelEnded,
    ChannelGone,
    CommandRejected,
    Connected,
    Disconnected,
    EmergencyNeedsPbx,
    Event,
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

log = structlog.get_logger()

SECOND = "twilio"  # the word of a line for the second carrier
MARK = "#second:"  # between the two marks of the histories
MOST = 4_096  # channels, playbacks and the like that are remembered


@dataclass(frozen=True, slots=True)
class Wanted:
    """A leg that may still go to the other carrier."""

    to: str
    caller: str
    caller_name: str
    timeout: float
    first: Telephony


class Carriers:
    """See the port. Its name and its abilities are the PBX's."""

    def __init__(self, pbx: Telephony, second: Telephony, *, prefix: str, carrier_of: Callable[[str], str]) -> None:
        """`prefix`: of channel ids of presses of the second carrier. `carrier_of`: of the line that a call shows."""
        self.name, self.capabilities = pbx.name, pbx.capabilities
        self._pbx, self._second = pbx, second
        self._prefix, self._carrier_of = prefix, carrier_of
        self._at_second: dict[str, None] = {}  # ids of channels, bridges, playbacks and recordings there, oldest first
        self._fresh: dict[str, Wanted] = {}  # legs that have not rung yet
        self._up: dict[Telephony, bool] = {pbx: False, second: False}
        self._queue: asyncio.Queue[Event] = asyncio.Queue()
        self._pumps: list[asyncio.Task[None]] = []

    # --- events -----------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        self._pumps = [asyncio.create_task(self._pump(carrier), name=f"events-{n}") for n, carrier in enumerate((self._second, self._pbx))]
        await self._second.start()
        await self._pbx.start()

    async def close(self) -> None:
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)
        await asyncio.gather(self._pbx.close(), self._second.close())

    async def events(self) -> AsyncIterator[Event]:
        while True:
            yield await self._queue.get()

    async def _pump(self, carrier: Telephony) -> None:
        async for event in carrier.events():
            match event:
                case Connected():
                    self._up[carrier] = True
                    if self._up[self._pbx]:  # of either: then what lives is asked for anew, of both
                        self._queue.put_nowait(event)
                case Disconnected():
                    self._up[carrier] = False
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
                    self._at_second.pop(event.playback_id, None)
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
        return self._second if name in self._at_second or name.startswith(self._prefix) else self._pbx

    def _other(self, carrier: Telephony) -> Telephony:
        return self._pbx if carrier is self._second else self._second

    def _settle(self, name: str, carrier: Telephony) -> None:
        self._at_second.pop(name, None)
        if carrier is self._second:
            self._at_second[name] = None
            if len(self._at_second) > MOST:
                del self._at_second[next(iter(self._at_second))]

    async def live(self) -> Live:
        pbx, second = await asyncio.gather(self._pbx.live(), self._second.live())
        for name in (*second.channels, *second.bridges):
            self._settle(name, self._second)
        return Live(pbx.channels | second.channels, pbx.bridges | second.bridges, pbx.reachable)

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

    async def claim(self, channel_id: str) -> None:
        await self._of(channel_id).claim(channel_id)

    async def press_itself(self, channel_id: str, *, caller: str, called: str) -> None:
        await self._pbx.press_itself(channel_id, caller=caller, called=called)

    async def guard(self, channel_id: str, seconds: int) -> None:
        await self._of(channel_id).guard(channel_id, seconds)

    async def release(self, channel_id: str) -> None:
        await self._of(channel_id).release(channel_id)

    # --- channels -------------------------------------------------------------------------------------------------------------

    async def ring_in(self, channel_id: str) -> None:
        await self._of(channel_id).ring_in(channel_id)

    async def answer(self, channel_id: str) -> None:
        await self._of(channel_id).answer(channel_id)

    async def hang_up(self, channel_id: str, cause: HangupCause = HangupCause.NORMAL) -> None:
        self._fresh.pop(channel_id, None)  # nobody wants it any more
        await self._of(channel_id).hang_up(channel_id, cause)

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

    async def send_digits(self, channel_id: str, digits: str) -> None:
        await self._of(channel_id).send_digits(channel_id, digits)

    async def hold(self, channel_id: str) -> None:
        await self._of(channel_id).hold(channel_id)

    async def resume(self, channel_id: str) -> None:
        await self._of(channel_id).resume(channel_id)

    async def mute(self, channel_id: str, on: bool) -> None:
        await self._of(channel_id).mute(channel_id, on)

    # --- sound ----------------------------------------------------------------------------------------------------------------

    async def play(self, channel_id: str, playback_id: str, *prompts: str) -> None:
        self._settle(playback_id, self._of(channel_id))
        await self._of(channel_id).play(channel_id, playback_id, *prompts)

    async def play_to_bridge(self, bridge_id: str, playback_id: str, *prompts: str) -> None:
        self._settle(playback_id, self._of(bridge_id))
        await self._of(bridge_id).play_to_bridge(bridge_id, playback_id, *prompts)

    async def stop_playing(self, playback_id: str) -> None:
        await self._of(playback_id).stop_playing(playback_id)

    async def ringback(self, channel_id: str, on: bool) -> None:
        await self._of(channel_id).ringback(channel_id, on)

    # --- talking --------------------------------------------------------------------------------------------------------------

    async def bridge(self, bridge_id: str, *channel_ids: str) -> None:
        carriers = {self._of(channel_id) for channel_id in channel_ids}
        if len(carriers) > 1:
            raise CommandRejected("across_carriers: these channels are at two carriers and cannot talk with each other")
        carrier = next(iter(carriers), self._of(bridge_id))
        if channel_ids:
            self._settle(bridge_id, carrier)
        await carrier.bridge(bridge_id, *channel_ids)

    async def leave_bridge(self, bridge_id: str, channel_id: str) -> None:
        await self._of(channel_id).leave_bridge(bridge_id, channel_id)

    async def end_bridge(self, bridge_id: str) -> None:
        """An empty one may have been made at the PBX before its first member came at the other."""
        if self._of(bridge_id) is self._second:
            with suppress(TelephonyError):
                await self._pbx.end_bridge(bridge_id)
        try:
            await self._of(bridge_id).end_bridge(bridge_id)
        finally:
            self._at_second.pop(bridge_id, None)

    async def record(self, bridge_id: str, name: str) -> None:
        self._settle(name, self._of(bridge_id))
        await self._of(bridge_id).record(bridge_id, name)

    async def pause_recording(self, name: str, on: bool) -> None:
        await self._where(name, lambda carrier: carrier.pause_recording(name, on))

    async def stop_recording(self, name: str) -> None:
        await self._where(name, lambda carrier: carrier.stop_recording(name))

    async def _where(self, name: str, do: Callable[[Telephony], Awaitable[Any]]) -> None:
        """A recording from before a restart is looked for at both."""
        try:
            await do(self._of(name))
        except ChannelGone:
            await do(self._other(self._of(name)))

    async def recordings(self, *names: str) -> list[CarrierRecording]:
        pbx, second = await asyncio.gather(self._pbx.recordings(*names), self._second.recordings(*names))
        return [*pbx, *second]

    async def listen(self, channel_id: str, new_channel_id: str, mode: Literal["listen", "whisper", "barge"]) -> None:
        if self._of(channel_id) is self._second and Capability.LISTEN not in self._second.capabilities:
            raise CommandRejected("nobody listens in at this carrier")
        self._settle(new_channel_id, self._of(channel_id))
        await self._of(channel_id).listen(channel_id, new_channel_id, mode)

    # --- telephones -------------------------------------------------------------------------------------------------------------

    async def put_account(self, account: Account) -> None:
        await self._pbx.put_account(account)

    async def drop_account(self, name: str) -> None:
        await self._pbx.drop_account(name)

    async def probe(self, channel_id: str, account: str, *, within: float) -> Probed:
        return await self._pbx.probe(channel_id, account, within=within)

    async def set_fallback(self, accounts: list[str], duty: list[str]) -> None:
        """Both have a fallback of their own; the second's not being reached costs the PBX's nothing."""
        await self._pbx.set_fallback(accounts, duty)
        with suppress(CarrierUnreachable):
            await self._second.set_fallback(accounts, duty)
