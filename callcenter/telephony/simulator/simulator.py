"""The simulator: the driver's side (people and their telephones), and the port's side (our programs)."""

from __future__ import annotations

import asyncio
import itertools
import shutil
import tempfile
import weakref
from collections import deque
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Literal

from callcenter.settings import Timings
from callcenter.telephony import sound
from callcenter.telephony.numbers import clean_name, clean_number
from callcenter.telephony.port import (
    Account,
    AccountState,
    Capability,
    CarrierPress,
    CarrierRecording,
    CarrierUnreachable,
    ChannelEnded,
    ChannelGone,
    ClaimRefused,
    CommandRejected,
    Connected,
    DigitReceived,
    Disconnected,
    Event,
    HangupCause,
    LegAnswered,
    LegEarly,
    LegRinging,
    Live,
    LiveChannel,
    PlaybackFinished,
    Press,
    PressCarriedOn,
    PressTaken,
    Probed,
    RecordingFinished,
)
from callcenter.telephony.simulator.model import Bridge, Channel, Record, now

PROMPT_SECONDS = 0.2  # a prompt is over after this long, unless stopped


class Simulator:
    """Driver's methods are plain functions; the port's are coroutines."""

    capabilities = frozenset(Capability)

    def __init__(self, timings: Timings | None = None, *, name: str = "sim", prompt_seconds: float = PROMPT_SECONDS) -> None:
        self.name = name
        self.timings = timings or Timings()
        self.prompt_seconds = prompt_seconds
        self.channels: dict[str, Channel] = {}
        self.bridges: dict[str, Bridge] = {}
        self.spool = Path(tempfile.mkdtemp(prefix="onekey-simulator-"))  # what it has recorded
        weakref.finalize(self, shutil.rmtree, self.spool, ignore_errors=True)
        self.accounts: dict[str, Account] = {}
        self.registered: set[str] = set()
        self.unreachable_numbers: set[str] = set()
        self.shows: dict[str, Probed] = {}  # what a probe of that account shows; of any other that it is well
        self.slow_probes: set[str] = set()  # accounts whose probe goes on until it is cancelled
        self.fallback: tuple[list[str], list[str]] = ([], [])
        self.commands: deque[tuple[str, tuple[Any, ...]]] = deque(maxlen=10_000)  # what the port was asked, newest last
        self.connected = False
        self._queue: asyncio.Queue[Event] = asyncio.Queue()
        self.told: dict[str, list[str]] = {}  # channel -> every prompt that was begun there, in order; also when it is gone
        self._failures: dict[str, list[Exception]] = {}
        self._records: dict[str, Record] = {}
        self._serial = itertools.count(1)
        self._changes = itertools.count(1)
        self._last_change = 0

    # --- driver: an elder -------------------------------------------------------------------------------------------------

    def press(self, caller: str, called: str, name: str = "") -> str:
        """An elder's call arrives. Returns its channel id."""
        channel = Channel(
            f"{self.name}-{next(self._serial)}", "press", "ringing_in", "knocking", clean_number(caller), clean_number(called)
        )
        self.channels[channel.id] = channel
        self._records[channel.id] = Record(channel.id, channel.caller, channel.called, channel.created, 0)
        self._changed(channel.id)
        if self.connected:
            channel.timer = asyncio.get_running_loop().call_later(self.timings.offered, self._carry_on, channel)
            self._tell(Press(channel.id, channel.caller, channel.called, channel.created, clean_name(name)))
        else:
            self._carry_on(channel)
        return channel.id

    def digit(self, channel_id: str, digit: str) -> None:
        """A key is pressed on that telephone."""
        if self._channel(channel_id).where == "ours":
            self._tell(DigitReceived(channel_id, digit))

    def hang_up_far(self, who: str, cause: HangupCause = HangupCause.NORMAL) -> None:
        """The telephone hangs up: a channel id, or an account or number that rings or talks."""
        self._end(self.channels[who] if who in self.channels else self._leg_of(who), cause)

    # --- driver: a telephone that is rung -----------------------------------------------------------------------------------

    def register(self, account: str) -> None:
        if account not in self.registered:
            self.registered.add(account)
            self._tell(AccountState(account, True))

    def unregister(self, account: str) -> None:
        """The telephone's browser is gone; its calls end."""
        if account in self.registered:
            self.registered.discard(account)
            self._tell(AccountState(account, False))
            for channel in [c for c in self.channels.values() if c.target == account and c.kind == "leg"]:
                self._end(channel, HangupCause.UNREACHABLE)

    def ringing(self) -> list[str]:
        """Accounts and numbers that ring now, in the order in which they began."""
        return [c.target for c in self.channels.values() if c.kind == "leg" and c.state == "ringing_out"]

    def pick_up(self, who: str) -> str:
        """An account or a number answers. Returns the leg's channel id. LookupError when it doesn't ring."""
        leg = self._leg_of(who, ringing=True)
        leg.cancel_timer()
        leg.state = "up"
        if leg.where == "fallback":
            leg.picked_up.set()
        else:
            self._tell(LegAnswered(leg.id))
        return leg.id

    def early(self, who: str) -> None:
        """Its exchange says something before it answers."""
        leg = self._leg_of(who, ringing=True)
        leg.speaks_early = True
        self._tell(LegEarly(leg.id))

    def decline(self, who: str, cause: HangupCause = HangupCause.BUSY) -> None:
        self._end(self._leg_of(who, ringing=True), cause)

    # --- driver: the PBX and the line to it -----------------------------------------------------------------------------------

    def disconnect(self) -> None:
        """The line to the PBX breaks, or our program is killed: calls stay, guards run."""
        if self.connected:
            self.connected = False
            self._queue.put_nowait(Disconnected())
            for channel in list(self.channels.values()):
                if channel.where == "knocking":
                    self._carry_on(channel)

    def connect(self) -> None:
        """The line is back."""
        if not self.connected:
            self.connected = True
            self._queue.put_nowait(Connected())

    def crash(self) -> None:
        """The PBX dies and is back at once: every call is lost, telephones must register again. No end is told."""
        self.disconnect()
        for channel in list(self.channels.values()):
            self._forget(channel)
        for bridge in self.bridges.values():
            self._recorded(bridge)
        self.bridges.clear()
        self.registered.clear()
        self.connect()

    def fail_next(self, command: str, error: Exception | None = None, times: int = 1) -> None:
        """The next calls of that coroutine of the port raise."""
        self._failures.setdefault(command, []).extend([error or CarrierUnreachable(f"{command} failed, as told")] * times)

    # --- driver: looking ------------------------------------------------------------------------------------------------------

    def hears(self, channel_id: str) -> set[str]:
        """What that telephone hears: "ringing", "music", "prompt:NAME", "voice:CHANNEL" of those it talks with. KeyError when it is gone."""
        channel = self.channels[channel_id]
        heard = {"ringing"} if channel.hears_ringing else set()
        heard |= {"music"} if channel.hears_music else set()
        heard |= {f"prompt:{prompts[0]}" for prompts in channel.playing.values()}
        if bridge := self.bridges.get(channel.bridge):
            heard |= {f"prompt:{prompts[0]}" for prompts in bridge.playing.values()}
            heard |= {f"voice:{other}" for other in bridge.channels if other != channel_id and self.channels[other].is_heard()}
        for listener in self.channels.values():
            if listener.kind == "listen" and listener.target == channel_id and listener.mode != "listen" and listener.bridge:
                heard |= {f"voice:{other}" for other in self.bridges[listener.bridge].channels if other != listener.id}
        return heard

    # --- port: connection -----------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        self.connect()

    async def close(self) -> None:
        self.disconnect()
        self._queue = asyncio.Queue()  # the next reader begins with its own Connected

    async def events(self) -> AsyncIterator[Event]:
        while True:
            yield await self._queue.get()

    async def live(self) -> Live:
        self._command("live")
        return Live(
            {c.id: LiveChannel(c.id, c.state, c.where == "ours", c.caller, c.called, c.created) for c in self.channels.values()},
            {b.id: frozenset(b.channels) for b in self.bridges.values()},
            frozenset(self.registered),
        )

    def node_of(self, channel_id: str) -> str:
        return ""

    async def history(self, since: str) -> tuple[list[CarrierPress], str]:
        self._command("history", since)
        mark = int(since) if since.isdigit() else 0
        return [r.as_press() for r in self._records.values() if r.change > mark or r.ended_at is None], str(self._last_change)

    # --- port: the press ------------------------------------------------------------------------------------------------------

    async def claim(self, channel_id: str) -> None:
        self._command("claim", channel_id)
        channel = self.channels.get(channel_id)
        if channel is None or channel.where != "knocking":
            raise ClaimRefused(channel_id)
        channel.where = "ours"
        self._guard(channel, self.timings.guard)
        self._tell(PressTaken(channel_id))

    async def press_itself(self, channel_id: str, *, caller: str, called: str) -> None:
        self._command("press_itself", channel_id, caller, called)
        channel = Channel(channel_id, "test", "ringing_in", "knocking", clean_number(caller), clean_number(called))
        self.channels[channel_id] = channel
        channel.timer = asyncio.get_running_loop().call_later(self.timings.offered, self._end, channel, HangupCause.NORMAL)
        self._tell(Press(channel_id, channel.caller, channel.called, channel.created))

    async def guard(self, channel_id: str, seconds: int) -> None:
        self._guard(self._ours("guard", channel_id, seconds), seconds)

    async def release(self, channel_id: str) -> None:
        self._carry_on(self._ours("release", channel_id))

    # --- port: channels -------------------------------------------------------------------------------------------------------

    async def ring_in(self, channel_id: str) -> None:
        self._ours("ring_in", channel_id).hears_ringing = True

    async def answer(self, channel_id: str) -> None:
        channel = self._ours("answer", channel_id)
        channel.state, channel.hears_ringing = "up", False

    async def hang_up(self, channel_id: str, cause: HangupCause = HangupCause.NORMAL) -> None:
        self._command("hang_up", channel_id, cause)
        self._end(self._channel(channel_id), cause)

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
        self._command("ring", channel_id, to, caller, caller_name)
        kind, _, target = to.partition(":")
        if channel_id in self.channels or kind not in ("account", "number") or not target:
            raise CommandRejected(f"{channel_id} → {to}")
        if kind == "number":
            playing = (a.name for a in self.accounts.values() if a.kind.startswith("training") and a.number == target)
            target = next((name for name in playing if name in self.registered), target)
            reachable = target not in self.unreachable_numbers
        else:
            reachable = target in self.registered
        if not reachable:
            self._tell(ChannelEnded(channel_id, HangupCause.UNREACHABLE))
            return
        leg = Channel(channel_id, "leg", "ringing_out", "ours", clean_number(caller), target, target, dict(headers or {}))
        self.channels[channel_id] = leg
        leg.timer = asyncio.get_running_loop().call_later(timeout, self._end, leg, HangupCause.NO_ANSWER)
        if bridge := self.bridges.get(into):
            self._join(bridge, leg)
        self._tell(LegRinging(channel_id))

    async def send_digits(self, channel_id: str, digits: str) -> None:
        channel = self._ours("send_digits", channel_id, digits)
        if not digits or set(digits) - set("0123456789*#ABCD"):
            raise CommandRejected("keys are 0-9, *, # and A-D")
        channel.keys += digits

    async def hold(self, channel_id: str) -> None:
        channel = self._ours("hold", channel_id)
        channel.held_in = channel.bridge or channel.held_in
        self._leave(channel)
        channel.hears_music = True

    async def resume(self, channel_id: str) -> None:
        channel = self._ours("resume", channel_id)
        channel.hears_music = False
        bridge_id, channel.held_in = channel.held_in, ""
        if bridge_id:
            self._join(self._bridge(bridge_id), channel)

    async def mute(self, channel_id: str, on: bool) -> None:
        self._ours("mute", channel_id, on).muted = on

    # --- port: sound ----------------------------------------------------------------------------------------------------------

    async def play(self, channel_id: str, playback_id: str, *prompts: str) -> None:
        self._play(self._ours("play", channel_id, playback_id, *prompts), playback_id, prompts)
        self.told.setdefault(channel_id, []).extend(prompts)

    async def play_to_bridge(self, bridge_id: str, playback_id: str, *prompts: str) -> None:
        self._command("play_to_bridge", bridge_id, playback_id, *prompts)
        self._play(self._bridge(bridge_id), playback_id, prompts)

    async def stop_playing(self, playback_id: str) -> None:
        self._command("stop_playing", playback_id)
        places: list[Channel | Bridge] = [*self.channels.values(), *self.bridges.values()]
        for place in places:
            if playback_id in place.playing:
                self._played(place, playback_id, False)
                return
        raise ChannelGone(playback_id)

    async def ringback(self, channel_id: str, on: bool) -> None:
        self._ours("ringback", channel_id, on).hears_ringing = on

    # --- port: talking --------------------------------------------------------------------------------------------------------

    async def bridge(self, bridge_id: str, *channel_ids: str, beside: str = "") -> None:
        self._command("bridge", bridge_id, *channel_ids)
        bridge = self.bridges.setdefault(bridge_id, Bridge(bridge_id))
        for channel in [self._controlled(channel_id) for channel_id in channel_ids]:
            self._join(bridge, channel)

    async def leave_bridge(self, bridge_id: str, channel_id: str) -> None:
        self._command("leave_bridge", bridge_id, channel_id)
        if channel_id not in self._bridge(bridge_id).channels:
            raise ChannelGone(channel_id)
        self._leave(self.channels[channel_id])

    async def end_bridge(self, bridge_id: str) -> None:
        self._command("end_bridge", bridge_id)
        bridge = self._bridge(bridge_id)
        for channel_id in list(bridge.channels):
            self._leave(self.channels[channel_id])
        self._recorded(bridge)
        del self.bridges[bridge_id]

    async def record(self, bridge_id: str, name: str) -> None:
        self._command("record", bridge_id, name)
        bridge = self._bridge(bridge_id)
        if bridge.recording:
            raise CommandRejected(f"{bridge_id} is recorded already")
        if any(b.recording == name for b in self.bridges.values()) or (self.spool / f"{name}.wav").exists():
            raise CommandRejected(f"{name} is there already")
        bridge.recording, bridge.recording_began, bridge.recording_paused = name, asyncio.get_running_loop().time(), False

    async def pause_recording(self, name: str, on: bool) -> None:
        self._command("pause_recording", name, on)
        self._recorded_in(name).recording_paused = on

    async def stop_recording(self, name: str) -> None:
        self._command("stop_recording", name)
        self._recorded(self._recorded_in(name))

    async def recordings(self, *names: str) -> list[CarrierRecording]:
        self._command("recordings", *names)
        live = {bridge.recording for bridge in self.bridges.values() if bridge.recording}
        found = sorted({file.stem for file in self.spool.glob("*.wav")} | live)
        return [CarrierRecording(name, str(self.spool / f"{name}.wav"), name in live) for name in found if name in names or not names]

    async def listen(self, channel_id: str, new_channel_id: str, mode: Literal["listen", "whisper", "barge"]) -> None:
        self._command("listen", channel_id, new_channel_id, mode)
        self._channel(channel_id)
        if new_channel_id in self.channels:
            raise CommandRejected(new_channel_id)
        self.channels[new_channel_id] = Channel(new_channel_id, "listen", "up", "ours", "", "", channel_id, mode=mode)

    # --- port: telephones -----------------------------------------------------------------------------------------------------

    async def put_account(self, account: Account, *, restore: bool = False) -> None:
        self._command("put_account", account)
        if restore and account.name in self.registered:
            return
        self.accounts[account.name] = account

    async def drop_account(self, name: str) -> None:
        self._command("drop_account", name)
        self.accounts.pop(name, None)
        self.unregister(name)

    async def probe(self, channel_id: str, account: str, *, within: float) -> Probed:
        self._command("probe", channel_id, account)
        if account not in self.registered:
            return Probed.UNANSWERED
        if any(c.target == account for c in self.channels.values()):
            return Probed.BUSY
        channel = Channel(channel_id, "probe", "up", "ours", "", account, account)
        self.channels[channel_id] = channel
        try:
            if account in self.slow_probes:
                await channel.picked_up.wait()  # set when the channel ends
            return self.shows.get(account, Probed.HEARD)
        finally:
            if self.connected:  # who was killed hangs up nothing
                self._end(channel, HangupCause.NORMAL)

    async def set_fallback(self, accounts: list[str], duty: list[str]) -> None:
        self._command("set_fallback", accounts, duty)
        self.fallback = (list(accounts), list(duty))

    # --- inside -----------------------------------------------------------------------------------------------------------------

    def _command(self, name: str, *arguments: Any) -> None:
        self.commands.append((name, arguments))
        if failures := self._failures.get(name):
            raise failures.pop(0)
        if not self.connected:
            raise CarrierUnreachable("not connected")

    def _tell(self, event: Event) -> None:
        if self.connected:
            self._queue.put_nowait(event)

    def _channel(self, channel_id: str) -> Channel:
        channel = self.channels.get(channel_id)
        if channel is None:
            raise ChannelGone(channel_id)
        return channel

    def _controlled(self, channel_id: str) -> Channel:
        channel = self._channel(channel_id)
        if channel.where != "ours":
            raise ChannelGone(f"{channel_id} is with the PBX")
        return channel

    def _ours(self, command: str, channel_id: str, *arguments: Any) -> Channel:
        self._command(command, channel_id, *arguments)
        return self._controlled(channel_id)

    def _bridge(self, bridge_id: str) -> Bridge:
        bridge = self.bridges.get(bridge_id)
        if bridge is None:
            raise ChannelGone(bridge_id)
        return bridge

    def _leg_of(self, who: str, ringing: bool = False) -> Channel:
        for channel in self.channels.values():
            if channel.kind == "leg" and channel.target == who and (not ringing or channel.state == "ringing_out"):
                return channel
        raise LookupError(f"{who} {'does not ring' if ringing else 'has no call'}")

    def _changed(self, channel_id: str) -> None:
        self._last_change = self._records[channel_id].change = next(self._changes)

    def _guard(self, channel: Channel, seconds: int) -> None:
        channel.cancel_timer()
        if seconds > 0:
            channel.timer = asyncio.get_running_loop().call_later(seconds, self._carry_on, channel)

    def _join(self, bridge: Bridge, channel: Channel) -> None:
        if channel.bridge != bridge.id:
            self._leave(channel)
            bridge.channels[channel.id] = None
            channel.bridge, channel.hears_ringing = bridge.id, False

    def _leave(self, channel: Channel) -> None:
        if bridge := self.bridges.get(channel.bridge):
            bridge.channels.pop(channel.id, None)
        channel.bridge = ""

    def _play(self, place: Channel | Bridge, playback_id: str, prompts: tuple[str, ...]) -> None:
        if not prompts:
            raise CommandRejected("nothing to play")
        place.playing[playback_id] = prompts
        asyncio.get_running_loop().call_later(self.prompt_seconds * len(prompts), self._played, place, playback_id, True)

    def _played(self, place: Channel | Bridge, playback_id: str, ok: bool) -> None:
        if place.playing.pop(playback_id, None):
            self._tell(PlaybackFinished(playback_id, ok))

    def _recorded_in(self, name: str) -> Bridge:
        bridge = next((b for b in self.bridges.values() if name and b.recording == name), None)
        if bridge is None:
            raise ChannelGone(name)
        return bridge

    def _recorded(self, bridge: Bridge) -> None:
        """The file is there: a tone as long as it was recorded. Told only when we are connected."""
        if bridge.recording:
            seconds = asyncio.get_running_loop().time() - bridge.recording_began
            sound.write_wav(self.spool / f"{bridge.recording}.wav", sound.tone(440, max(0.1, seconds)))
            self._tell(RecordingFinished(bridge.recording, True, seconds))
            bridge.recording = ""

    def _end(self, channel: Channel, cause: HangupCause) -> None:
        """The channel is gone; told once, and only of channels that are ours."""
        if self.channels.get(channel.id) is not channel:
            return
        for listener in [c for c in self.channels.values() if c.kind == "listen" and c.target == channel.id]:
            self._end(listener, HangupCause.NORMAL)
        self._forget(channel)
        if channel.where == "ours":
            self._tell(ChannelEnded(channel.id, cause))

    def _forget(self, channel: Channel) -> None:
        channel.cancel_timer()
        for playback_id in list(channel.playing):
            self._played(channel, playback_id, False)
        self._leave(channel)
        del self.channels[channel.id]
        channel.picked_up.set()
        if channel.carried:
            channel.carried.cancel()
        if channel.kind == "press":
            self._records[channel.id].ended_at = now()
            self._changed(channel.id)

    # --- the fallback -----------------------------------------------------------------------------------------------------------

    def _carry_on(self, channel: Channel) -> None:
        """From here the PBX alone brings the caller to a person."""
        if self.channels.get(channel.id) is not channel or channel.where == "fallback":
            return
        if channel.kind == "test":  # nobody is rung for it
            self._end(channel, HangupCause.NORMAL)
            return
        was_ours = channel.where == "ours"
        channel.cancel_timer()
        self._leave(channel)
        channel.playing.clear()
        channel.where, channel.hears_ringing, channel.hears_music = "fallback", True, False
        self._records[channel.id].in_fallback = True
        self._changed(channel.id)
        if was_ours:
            self._tell(PressCarriedOn(channel.id))
        channel.carried = asyncio.get_running_loop().create_task(self._fall_back(channel), name=f"fallback-{channel.id}")

    async def _fall_back(self, channel: Channel) -> None:
        agents, duty = self.fallback
        talking = {c.target for c in self.channels.values() if c.kind == "leg" and c.state == "up"}
        rung = [name for name in agents if name in self.registered and name not in talking]
        steps = [(rung, self.timings.service_ring)] if rung else []
        steps += [([number], self.timings.duty_ring) for number in duty if number not in self.unreachable_numbers]
        for targets, seconds in steps:
            if leg := await self._ring_all(channel, targets, seconds):
                await self._talk(channel, leg)
                return
        channel.state, channel.hears_ringing = "up", False
        self._records[channel.id].recording = f"fallback-{channel.id}.wav"
        self._changed(channel.id)

    async def _ring_all(self, channel: Channel, targets: list[str], seconds: float) -> Channel | None:
        legs = [Channel(f"{channel.id}-{target}", "leg", "ringing_out", "fallback", channel.caller, target, target) for target in targets]
        self.channels |= {leg.id: leg for leg in legs}
        waits = [asyncio.ensure_future(leg.picked_up.wait()) for leg in legs]
        joined: Channel | None = None
        try:
            deadline = asyncio.get_running_loop().time() + seconds
            while joined is None and (ringing := [w for w in waits if not w.done()]):
                left = deadline - asyncio.get_running_loop().time()
                done, _ = await asyncio.wait(ringing, timeout=max(0, left), return_when=asyncio.FIRST_COMPLETED)
                joined = next((leg for leg in legs if leg.state == "up" and leg.id in self.channels), None)
                if not done:
                    break
        finally:
            for wait in waits:
                wait.cancel()
            for leg in legs:
                if leg is not joined:
                    self._end(leg, HangupCause.NORMAL)
        return joined

    async def _talk(self, channel: Channel, leg: Channel) -> None:
        bridge = self.bridges.setdefault(f"fallback-{channel.id}", Bridge(f"fallback-{channel.id}"))
        channel.state = "up"
        self._join(bridge, channel)
        self._join(bridge, leg)
        self._records[channel.id].answered_by, self._records[channel.id].answered_at = leg.target, now()
        self._changed(channel.id)
        leg.picked_up.clear()
        try:
            await leg.picked_up.wait()  # set again when the leg ends
        finally:
            self.bridges.pop(bridge.id, None)
            self._end(leg, HangupCause.NORMAL)
        channel.carried = None
        self._end(channel, HangupCause.NORMAL)
