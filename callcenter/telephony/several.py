"""What stands behind one port as several: two carriers (`carriers`), or the nodes of one PBX (`nodes`).

Who has a channel, bridge, playback or recording has all that is done with it. Which of them that is, each of the two says for itself.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any, Literal

from callcenter.telephony.port import ChannelGone, CommandRejected, Event, HangupCause, Telephony

MOST = 16_384  # channels, playbacks and the like that are remembered


class Places:
    """Where something is. Of more than MOST the one that was put longest ago is forgotten."""

    def __init__(self) -> None:
        self._at: dict[str, Telephony] = {}

    def put(self, name: str, at: Telephony) -> None:
        self._at.pop(name, None)
        self._at[name] = at
        if len(self._at) > MOST:
            del self._at[next(iter(self._at))]

    def get(self, name: str) -> Telephony | None:
        return self._at.get(name)

    def forget(self, name: str) -> None:
        self._at.pop(name, None)


class Several(ABC):
    """The commands that go to whoever has the channel. See the port."""

    def __init__(self, *all_of_them: Telephony) -> None:
        self._all = all_of_them
        self._places = Places()
        self._queue: asyncio.Queue[Event] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []

    @abstractmethod
    def _of(self, name: str) -> Telephony:
        """Who has it, or whoever will most likely say that it is gone."""

    @abstractmethod
    def _settle(self, name: str, at: Telephony) -> None:
        """It is there from now on."""

    @abstractmethod
    async def _pump(self, one: Telephony) -> None:
        """Passes its events on, as long as it runs."""

    # --- events -----------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        self._tasks = [asyncio.create_task(self._pump(one), name=f"events-{n}") for n, one in enumerate(self._all)]
        for one in self._all:
            await one.start()

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(one.close() for one in self._all))

    async def events(self) -> AsyncIterator[Event]:
        while True:
            yield await self._queue.get()

    # --- the press ----------------------------------------------------------------------------------------------------------

    async def claim(self, channel_id: str) -> None:
        await self._of(channel_id).claim(channel_id)

    async def guard(self, channel_id: str, seconds: int) -> None:
        await self._of(channel_id).guard(channel_id, seconds)

    async def release(self, channel_id: str) -> None:
        await self._of(channel_id).release(channel_id)

    # --- channels -----------------------------------------------------------------------------------------------------------

    async def ring_in(self, channel_id: str) -> None:
        await self._of(channel_id).ring_in(channel_id)

    async def answer(self, channel_id: str) -> None:
        await self._of(channel_id).answer(channel_id)

    async def hang_up(self, channel_id: str, cause: HangupCause = HangupCause.NORMAL) -> None:
        await self._of(channel_id).hang_up(channel_id, cause)

    async def send_digits(self, channel_id: str, digits: str) -> None:
        await self._of(channel_id).send_digits(channel_id, digits)

    async def hold(self, channel_id: str) -> None:
        await self._of(channel_id).hold(channel_id)

    async def resume(self, channel_id: str) -> None:
        await self._of(channel_id).resume(channel_id)

    async def mute(self, channel_id: str, on: bool) -> None:
        await self._of(channel_id).mute(channel_id, on)

    # --- sound --------------------------------------------------------------------------------------------------------------

    async def play(self, channel_id: str, playback_id: str, *prompts: str) -> None:
        self._settle(playback_id, self._of(channel_id))
        await self._of(channel_id).play(channel_id, playback_id, *prompts)

    async def play_to_bridge(self, bridge_id: str, playback_id: str, *prompts: str) -> None:
        self._settle(playback_id, self._of(bridge_id))
        await self._of(bridge_id).play_to_bridge(bridge_id, playback_id, *prompts)

    async def stop_playing(self, playback_id: str) -> None:
        await self._where(playback_id, lambda one: one.stop_playing(playback_id))

    async def ringback(self, channel_id: str, on: bool) -> None:
        await self._of(channel_id).ringback(channel_id, on)

    # --- talking ------------------------------------------------------------------------------------------------------------

    def _together(self, bridge_id: str, channel_ids: Iterable[str], beside: str) -> Telephony:
        """Who has all these channels, and so the bridge. CommandRejected when that is not one."""
        having = {self._of(channel_id) for channel_id in channel_ids}
        if len(having) > 1:
            raise CommandRejected("apart: these channels are at two places and cannot be put into one bridge")
        return next(iter(having), None) or self._of(beside or bridge_id)

    async def leave_bridge(self, bridge_id: str, channel_id: str) -> None:
        await self._of(channel_id).leave_bridge(bridge_id, channel_id)

    async def record(self, bridge_id: str, name: str) -> None:
        self._settle(name, self._of(bridge_id))
        await self._of(bridge_id).record(bridge_id, name)

    async def pause_recording(self, name: str, on: bool) -> None:
        await self._where(name, lambda one: one.pause_recording(name, on))

    async def stop_recording(self, name: str) -> None:
        await self._where(name, lambda one: one.stop_recording(name))

    async def _where(self, name: str, do: Callable[[Telephony], Awaitable[Any]]) -> None:
        """What is from before a restart is looked for at the others as well."""
        first = self._of(name)
        others = [one for one in self._all if one is not first] if self._places.get(name) is None else []
        try:
            await do(first)
        except ChannelGone as gone:
            for other in others:
                try:
                    await do(other)
                    return
                except ChannelGone:
                    continue
            raise gone

    async def listen(self, channel_id: str, new_channel_id: str, mode: Literal["listen", "whisper", "barge"]) -> None:
        self._settle(new_channel_id, self._of(channel_id))
        await self._of(channel_id).listen(channel_id, new_channel_id, mode)
