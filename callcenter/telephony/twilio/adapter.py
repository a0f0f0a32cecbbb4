"""The port over Twilio. What it wants of a call it writes into the call's row and then asks Twilio to do at once; should Twilio ask `public` first, it gets
the same document from the row.
"""

from __future__ import annotations

import asyncio
import logging
import math
import re
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.kit import clock
from callcenter.kit.db import Database, is_database_away
from callcenter.kit.listen import wakes
from callcenter.kit.phone import EMERGENCY_NUMBERS, NumberKind, normalise
from callcenter.prompts import lengths
from callcenter.settings import Settings
from callcenter.telephony.numbers import clean_number
from callcenter.telephony.port import (
    Account,
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
    EmergencyNeedsPbx,
    Event,
    HangupCause,
    LegAnswered,
    LegRinging,
    Live,
    LiveChannel,
    PlaybackFinished,
    Press,
    PressCarriedOn,
    PressTaken,
    Probed,
    RecordingFinished,
    TelephonyError,
)
from callcenter.telephony.twilio import callbacks, store
from callcenter.telephony.twilio.causes import ENDS, cause_of
from callcenter.telephony.twilio.documents import INLINE, Addresses, Documents, conference_of
from callcenter.telephony.twilio.models import CarrierChannel, CarrierTape, Hears, Sort, Stage, Where
from callcenter.telephony.twilio.rest import Rest

log = logging.getLogger(__name__)

EVERY = 1.0  # seconds: a wake-up that was lost costs this long
LOOK_EVERY, LOOK_AFTER = 20.0, timedelta(seconds=60)  # a call whose end was not told is asked for
KEPT = timedelta(days=2)  # the nightly match (reports/matching) asks for the whole of yesterday
_WORD = re.compile(r"[A-Za-z0-9_.:-]{1,128}")
_PROMPT = re.compile(r"[A-Za-z0-9_/-]{1,80}")
_ACCOUNT = re.compile(r"[A-Za-z0-9_-]{1,64}")
_STATES: dict[Stage, Literal["ringing_in", "ringing_out", "up", "down"]] = {
    Stage.RINGING_IN: "ringing_in",
    Stage.RINGING_OUT: "ringing_out",
    Stage.UP: "up",
    Stage.ENDED: "down",
}


class TwilioTelephony:
    """See the port. Twilio answers every call at once, to let it hear that it rings; `answer` only ends the ringing.

    It knows no telephone of ours: `put_account` and `drop_account` leave that to the PBX, and AccountState never comes.
    """

    capabilities = frozenset({Capability.GUARD, Capability.HOLD, Capability.RECORD})

    def __init__(self, settings: Settings, database: Database) -> None:
        self.name = settings.pbx_name
        self._settings, self._database = settings, database
        self._rest = Rest(settings)
        self._documents, self._to = Documents(settings), Addresses.of(settings)
        self._queue: asyncio.Queue[Event] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []
        self._playing: dict[str, str] = {}  # playback -> channel
        self._connected = False

    # --- events -----------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        self._tasks = [asyncio.create_task(self._listen(), name="twilio-events"), asyncio.create_task(self._look(), name="twilio-look")]

    async def close(self) -> None:
        self._connected = False
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        await self._rest.close()

    async def events(self) -> AsyncIterator[Event]:
        while True:
            yield await self._queue.get()

    async def _listen(self) -> None:
        """Connected when the news can be read; what happened before is not told again: `live` and `history` know it."""
        async with wakes(self._database.url, store.WAKE, every=EVERY) as heard:
            async for _ in heard:
                try:
                    async with self._database.transaction() as session:
                        news = await store.take_untold(session)
                except Exception as error:
                    if not is_database_away(error):
                        log.exception("carrier_events_not_read")
                    if self._connected:
                        self._connected = False
                        self._queue.put_nowait(Disconnected())
                    continue
                if not self._connected:
                    self._connected = True
                    self._queue.put_nowait(Connected())
                    continue
                for kind, channel_id, data, at in news:
                    try:
                        await self._hear(kind, channel_id, data, at)
                    except Exception:
                        log.exception("carrier_event_failed: %s", kind)

    async def _hear(self, kind: str, channel_id: str, data: dict[str, Any], at: datetime) -> None:
        told: Event
        match kind:
            case "press":
                async with self._database.transaction() as session:
                    channel = await session.get(CarrierChannel, channel_id)
                if channel is None:
                    return
                told = Press(channel_id, channel.caller, channel.called, at)
            case "ringing":
                told = LegRinging(channel_id)
            case "in-progress":
                told = LegAnswered(channel_id)
            case "ended":
                self._forget_sounds(channel_id)
                told = ChannelEnded(channel_id, HangupCause(data["cause"]))
            case "carried_on":
                self._forget_sounds(channel_id)
                told = PressCarriedOn(channel_id)
            case "key":
                told = DigitReceived(channel_id, data["digit"])
            case "said":
                if self._playing.pop(data["playback"], None) is None:
                    return
                told = PlaybackFinished(data["playback"], True)
            case "tape":
                await self._fetch(data["name"])
                return
            case _:
                return
        self._queue.put_nowait(told)

    def _forget_sounds(self, channel_id: str) -> None:
        for playback in [playback for playback, channel in self._playing.items() if channel == channel_id]:
            del self._playing[playback]

    # --- what lives there -------------------------------------------------------------------------------------------------

    async def live(self) -> Live:
        async with self._transaction() as session:
            rows = await store.list_live(session)
        bridges: dict[str, set[str]] = {}
        for row in rows:
            if row.bridge:
                bridges.setdefault(row.bridge, set())
                if not row.held_in and row.stage is Stage.UP:
                    bridges[row.bridge].add(row.id)
        return Live(
            {
                row.id: LiveChannel(row.id, _STATES[row.stage], row.place is Where.OURS, row.caller, row.called, row.created_at)
                for row in rows
            },
            {bridge: frozenset(channels) for bridge, channels in bridges.items()},
        )

    def node_of(self, channel_id: str) -> str:
        return ""

    async def history(self, since: str) -> tuple[list[CarrierPress], str]:
        async with self._transaction() as session:
            rows, mark = await store.list_presses_since(session, int(since) if since.isdigit() else 0)
        return [await self._record_of(row) for row in rows], str(mark)

    async def _record_of(self, row: CarrierChannel) -> CarrierPress:
        message = ""
        if row.message_sid and row.ended_at:
            message = await self._fetched(row.message_sid, f"fallback-{row.id}")
        return CarrierPress(
            row.id, row.caller, row.called, row.created_at, row.ended_at, row.fell_back, row.answered_by, message, row.answered_at
        )  # fmt: skip

    async def _look(self) -> None:
        """Ends that Twilio did not tell us (our door was shut), and rows that are old."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            try:
                async with self._database.transaction() as session:
                    await store.forget_old(session, ended_before=clock.now() - KEPT)
                    old = [(r.id, r.sid) for r in await store.list_live(session) if r.created_at < clock.now() - LOOK_AFTER]
                for channel_id, sid in old:
                    await self._verify(channel_id, sid)
            except TelephonyError as error:
                log.warning("calls_not_looked_at: %s", error)
            except Exception as error:
                if not is_database_away(error):
                    log.exception("look_failed")

    async def _verify(self, channel_id: str, sid: str | None) -> None:
        """Twilio is asked how that call is; what has no SID was never started as far as anybody knows."""
        try:
            status = await self._rest.state_of(sid) if sid else "failed"
        except ChannelGone:
            status = "completed"
        if status in ENDS:
            async with self._database.transaction() as session:
                if (row := await store.lock_channel(session, channel_id)) and row.stage is not Stage.ENDED:
                    await callbacks.end(session, row, cause_of(status).value, clock.now())

    # --- the press --------------------------------------------------------------------------------------------------------

    async def claim(self, channel_id: str) -> None:
        async with self._transaction() as session:
            until = clock.now() + timedelta(seconds=self._settings.timings.guard)
            if not await store.claim_press(session, channel_id, guard_until=until):
                raise ClaimRefused(channel_id)
        self._queue.put_nowait(PressTaken(channel_id))

    async def guard(self, channel_id: str, seconds: int) -> None:
        until = clock.now() + timedelta(seconds=seconds) if seconds > 0 else None
        await self._change(channel_id, lambda row: setattr(row, "guard_until", until), tell=False)

    async def release(self, channel_id: str) -> None:
        async with self._transaction() as session:
            row = await self._ours(session, channel_id)
            await callbacks.carry_on(session, row, clock.now())
            sid = row.sid
        if sid:
            await self._rest.tell(sid, url=self._to.of_channel("next", channel_id))

    # --- channels -----------------------------------------------------------------------------------------------------------

    async def ring_in(self, channel_id: str) -> None:
        """It rings since it came."""
        await self._change(channel_id, lambda row: setattr(row, "hears", Hears.RINGING), tell=False)

    async def answer(self, channel_id: str) -> None:
        def up(row: CarrierChannel) -> None:
            row.stage, row.hears = Stage.UP, Hears.SILENCE

        await self._change(channel_id, up)

    async def hang_up(self, channel_id: str, cause: HangupCause = HangupCause.NORMAL) -> None:
        """Twilio knows one way to end a call."""
        async with self._transaction() as session:
            row = await self._ours(session, channel_id)
            sid = row.sid
            if sid is None:  # asked for, and nobody knows whether it rings: told to end when it is known
                await callbacks.end(session, row, HangupCause.NORMAL.value, clock.now())
        if sid:
            await self._rest.end_call(sid)

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
        """The row before Twilio is asked. From a number of ours there: no other is let out."""
        target, shown, how = self._target(to, caller, headers or {})
        row = CarrierChannel(
            id=_word(channel_id), sort=Sort.LEG, place=Where.OURS, stage=Stage.RINGING_OUT, hears=Hears.SILENCE, caller=clean_number(caller),
            called=clean_number(to.partition(":")[2]) if to.startswith("number:") else "", bridge=into, held_in="", created_at=clock.now(),
        )  # fmt: skip
        async with self._transaction() as session:
            if await session.get(CarrierChannel, channel_id) is not None:
                raise CommandRejected(f"{channel_id} is there already")
            if into and not any(other.bridge == into for other in await store.list_live(session)):
                row.bridge = ""  # gone meanwhile: it rings all the same
            session.add(row)
        try:
            sid = await self._rest.start_call(
                to=target,
                from_=shown,
                url=self._to.of_channel("next", channel_id),  # asked for when it is answered, so that it is what is wanted then
                timeout=max(1, math.ceil(timeout)),
                status_callback=self._to.of_channel("status", channel_id),
                status_callback_event=["initiated", "ringing", "answered", "completed"],
                status_callback_method="POST",
                **how,
            )
        except CommandRejected:
            await self._forget(channel_id)
            raise
        if await self._name(channel_id, sid):  # hung up while it was being started
            await self._rest.end_call(sid)

    def _target(self, to: str, caller: str, headers: dict[str, str]) -> tuple[str, str, dict[str, str]]:
        kind, _, target = to.partition(":")
        if kind == "account" and _ACCOUNT.fullmatch(target):
            if not self._settings.twilio_sip_host:
                raise CommandRejected("ONEKEY_TWILIO_SIP_HOST is not set: Twilio does not reach agents' telephones")
            password = self._settings.twilio_sip_password.get_secret_value()
            address = self._documents.sip_address(target, [(_header(name), value) for name, value in headers.items()])
            return address, clean_number(caller) or "anonymous", {"sip_auth_username": "twilio", "sip_auth_password": password}
        if kind != "number" or not target:
            raise CommandRejected("a leg goes to account:NAME or number:+86…")
        number = normalise(target, self._settings)
        if clean_number(target).lstrip("+") in EMERGENCY_NUMBERS or (number and number.value in EMERGENCY_NUMBERS):
            raise EmergencyNeedsPbx("emergency_needs_pbx: this number is dialled by the PBX's own trunk only")
        if number is None or number.kind is not NumberKind.E164:
            raise CommandRejected("bad_number: only whole numbers can be dialled from there, no short codes")
        return number.value, self._settings.twilio_caller, {}

    async def _name(self, channel_id: str, sid: str) -> bool:
        """The call's SID is known. True: nobody wants it any more."""
        async with self._transaction() as session:
            row = await store.lock_channel(session, channel_id)
            if row is None:
                return True
            row.sid = sid
            return row.stage is Stage.ENDED

    async def _forget(self, channel_id: str) -> None:
        async with self._transaction() as session:
            await session.execute(delete(CarrierChannel).where(CarrierChannel.id == channel_id, CarrierChannel.sid.is_(None)))

    async def send_digits(self, channel_id: str, digits: str) -> None:
        if not re.fullmatch(r"[0-9A-D*#]{1,64}", digits):
            raise CommandRejected("keys are 0-9, *, # and A-D")
        async with self._transaction() as session:
            row = await self._ours(session, channel_id)
            sid, document = row.sid, self._documents.sends_keys(row, digits)
        await self._rest.tell(self._started(sid, channel_id), twiml=document)

    async def hold(self, channel_id: str) -> None:
        def held(row: CarrierChannel) -> None:
            row.held_in, row.hears = row.bridge or row.held_in, Hears.MUSIC

        await self._change(channel_id, held)

    async def resume(self, channel_id: str) -> None:
        def back(row: CarrierChannel) -> None:
            row.bridge, row.held_in, row.hears = row.held_in or row.bridge, "", Hears.SILENCE

        await self._change(channel_id, back)

    async def mute(self, channel_id: str, on: bool) -> None:
        async with self._transaction() as session:
            row = await self._ours(session, channel_id)
            row.muted = on
            sid, bridge = row.sid, "" if row.held_in else row.bridge
        if bridge:
            await self._rest.mute(conference_of(bridge, self._settings.pbx_name), self._started(sid, channel_id), on)

    # --- sound --------------------------------------------------------------------------------------------------------------

    async def play(self, channel_id: str, playback_id: str, *prompts: str) -> None:
        if not prompts or not all(map(_PROMPT.fullmatch, prompts)):
            raise CommandRejected("a prompt's name has letters, digits, _ - and / only; at least one is needed")

        def saying(row: CarrierChannel) -> None:
            row.playing = {"id": _word(playback_id), "prompts": list(prompts)}

        for replaced in [playback for playback, channel in self._playing.items() if channel == channel_id]:
            del self._playing[replaced]
            self._queue.put_nowait(PlaybackFinished(replaced, False))
        self._playing[playback_id] = channel_id
        try:
            await self._change(channel_id, saying)
        except TelephonyError:
            self._playing.pop(playback_id, None)
            raise

    async def play_to_bridge(self, bridge_id: str, playback_id: str, *prompts: str) -> None:
        """Twilio announces one file to a conference, and tells no end of it: it is over when the file is."""
        if len(prompts) != 1 or not _PROMPT.fullmatch(prompts[0]):
            raise CommandRejected("one sound at a time is announced at this carrier")
        self._connection()
        await self._rest.announce(conference_of(bridge_id, self._settings.pbx_name), self._to.of_sound(prompts[0]))
        seconds = lengths().get(prompts[0], 1.0)
        asyncio.get_running_loop().call_later(seconds, self._queue.put_nowait, PlaybackFinished(playback_id, True))

    async def stop_playing(self, playback_id: str) -> None:
        channel_id = self._playing.pop(playback_id, None)
        if channel_id is None:
            raise ChannelGone(playback_id)
        self._queue.put_nowait(PlaybackFinished(playback_id, False))
        async with self._transaction() as session:
            row = await self._ours(session, channel_id)
            running, row.playing = row.playing, None
            sid, document = row.sid, self._documents.next(row)
        if running:  # a key has not stopped it already
            await self._rest.tell(self._started(sid, channel_id), twiml=document)

    async def ringback(self, channel_id: str, on: bool) -> None:
        await self._change(channel_id, lambda row: setattr(row, "hears", Hears.RINGING if on else Hears.SILENCE))

    # --- talking ------------------------------------------------------------------------------------------------------------

    async def bridge(self, bridge_id: str, *channel_ids: str, beside: str = "") -> None:
        """A conference begins with its first member: an empty one needs nothing of Twilio."""
        self._connection()

        def joined(row: CarrierChannel) -> None:
            row.bridge, row.held_in, row.playing, row.hears = _word(bridge_id), "", None, Hears.SILENCE
            row.stage = Stage.UP if row.sort is Sort.PRESS else row.stage

        await asyncio.gather(
            *(
                self._change(channel_id, joined, unless=lambda row: row.bridge == bridge_id and not row.held_in)
                for channel_id in channel_ids
            )
        )

    async def leave_bridge(self, bridge_id: str, channel_id: str) -> None:
        def left(row: CarrierChannel) -> None:
            if row.bridge != bridge_id:
                raise ChannelGone(f"{channel_id} is not in {bridge_id}")
            row.bridge = row.held_in = ""

        await self._change(channel_id, left)

    async def end_bridge(self, bridge_id: str) -> None:
        async with self._transaction() as session:
            members = [row.id for row in await store.list_live(session) if row.bridge == bridge_id]
            tapes = [tape.name for tape in await store.list_tapes(session) if tape.bridge == bridge_id and tape.seconds is None]
        if not members:
            raise ChannelGone(bridge_id)
        for name in tapes:
            with suppress(TelephonyError):
                await self.stop_recording(name)
        for channel_id in members:
            with suppress(ChannelGone):
                await self.leave_bridge(bridge_id, channel_id)

    # --- recording ------------------------------------------------------------------------------------------------------------

    async def record(self, bridge_id: str, name: str) -> None:
        """By one member's call, which hears and says all of it; an elder's before an agent's, for she stays longest."""
        async with self._transaction() as session:
            rows = [row for row in await store.list_live(session) if row.bridge == bridge_id and row.sid and not row.held_in]
            known = await store.list_tapes(session)
            if any(tape.name == name or (tape.bridge == bridge_id and tape.seconds is None) for tape in known) or self._file(name).exists():
                raise CommandRejected(f"{bridge_id} is recorded already, or under this name")
            member = next((row for row in rows if row.sort is Sort.PRESS), rows[0] if rows else None)
            if member is None or member.sid is None:
                raise ChannelGone(bridge_id)
            sid = member.sid
            session.add(CarrierTape(name=_word(name), call_sid=sid, bridge=bridge_id, began_at=clock.now()))
        try:
            tape_sid = await self._rest.record(sid, self._to.of_channel("tape", name))
        except (CommandRejected, ChannelGone):
            async with self._transaction() as session:
                await session.execute(delete(CarrierTape).where(CarrierTape.name == name))
            raise
        async with self._transaction() as session:
            if tape := await session.get(CarrierTape, name, with_for_update=True):
                tape.sid = tape_sid

    async def pause_recording(self, name: str, on: bool) -> None:
        call, tape = await self._running(name)
        await self._rest.change_recording(call, tape, "paused" if on else "in-progress")

    async def stop_recording(self, name: str) -> None:
        call, tape = await self._running(name)
        await self._rest.change_recording(call, tape, "stopped")

    async def recordings(self, *names: str) -> list[CarrierRecording]:
        async with self._transaction() as session:
            tapes = {tape.name: tape.seconds is None for tape in await store.list_tapes(session)}
        for name, running in tapes.items():
            if not running and (name in names or not names):
                await self._fetch(name, told=False)
        found = await asyncio.to_thread(lambda: {file.stem for file in self._settings.twilio_spool.glob("*.wav")})
        live = {name for name, running in tapes.items() if running}
        return [CarrierRecording(n, str(self._file(n)), n in live) for n in sorted(found | live) if n in names or not names]

    async def _running(self, name: str) -> tuple[str, str]:
        async with self._transaction() as session:
            tape = await session.get(CarrierTape, name)
        if tape is None or tape.seconds is not None or not tape.sid:
            raise ChannelGone(name)
        return tape.call_sid, tape.sid

    async def _fetch(self, name: str, *, told: bool = True) -> None:
        """A recording that is over comes into our spool, and is gone from Twilio."""
        async with self._transaction() as session:
            tape = await session.get(CarrierTape, name)
        if tape is None or tape.seconds is None:
            return
        ok = bool(tape.sid) and await self._fetched(tape.sid, name) != ""
        if ok or not tape.sid:
            async with self._transaction() as session:
                await session.execute(delete(CarrierTape).where(CarrierTape.name == name))
        if told:
            self._queue.put_nowait(RecordingFinished(name, ok, tape.seconds))

    async def _fetched(self, sid: str, name: str) -> str:
        """The path of its file here; "" when it is not to be had (yet)."""
        path = self._file(name)
        if path.exists():
            return str(path)
        try:
            content = await self._rest.fetch_recording(sid)
        except TelephonyError as error:
            log.warning("recording_not_fetched: %s", error)
            return ""

        def keep() -> None:
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_suffix(".part")
            part.write_bytes(content)
            part.replace(path)

        await asyncio.to_thread(keep)
        with suppress(TelephonyError):
            await self._rest.delete_recording(sid)
        return str(path)

    def _file(self, name: str) -> Any:
        return self._settings.twilio_spool / f"{_word(name)}.wav"

    # --- what it can't ----------------------------------------------------------------------------------------------------------

    async def listen(self, channel_id: str, new_channel_id: str, mode: Literal["listen", "whisper", "barge"]) -> None:
        raise CommandRejected("nobody listens in at this carrier")

    async def put_account(self, account: Account, *, restore: bool = False) -> None:
        """Telephones sign in at the PBX."""
        self._connection()

    async def drop_account(self, name: str) -> None:
        self._connection()

    async def press_itself(self, channel_id: str, *, caller: str, called: str) -> None:
        raise CommandRejected("this carrier calls nobody for nothing")

    async def probe(self, channel_id: str, account: str, *, within: float) -> Probed:
        raise CommandRejected("telephones are registered at the PBX, not at this carrier")

    async def set_fallback(self, accounts: list[str], duty: list[str]) -> None:
        numbers = [normalise(number, self._settings) for number in duty]
        async with self._transaction() as session:
            dialable = [n.value for n in numbers if n and n.kind is NumberKind.E164]
            await store.set_fallback(session, [name for name in accounts if _ACCOUNT.fullmatch(name)], dialable)

    # --- helpers ------------------------------------------------------------------------------------------------------------------

    async def _change(
        self,
        channel_id: str,
        change: Callable[[CarrierChannel], None],
        *,
        tell: bool = True,
        unless: Callable[[CarrierChannel], bool] = lambda row: False,
    ) -> None:
        """The row, then Twilio. A leg that still rings takes its document when it is answered."""
        async with self._transaction() as session:
            row = await self._ours(session, channel_id)
            if unless(row):
                return
            change(row)
            sid, rings, document = row.sid, row.stage is Stage.RINGING_OUT, self._documents.next(row)
        if not tell or rings:
            return
        started = self._started(sid, channel_id)
        if len(document.encode()) <= INLINE:
            await self._rest.tell(started, twiml=document)
        else:
            await self._rest.tell(started, url=self._to.of_channel("next", channel_id))

    async def _ours(self, session: AsyncSession, channel_id: str) -> CarrierChannel:
        row = await store.lock_channel(session, channel_id)
        if row is None or row.stage is Stage.ENDED:
            raise ChannelGone(channel_id)
        if row.place is not Where.OURS:
            raise ChannelGone(f"{channel_id} is with the fallback")
        return row

    @staticmethod
    def _started(sid: str | None, channel_id: str) -> str:
        if sid is None:
            raise CommandRejected(f"{channel_id} is not dialled yet")
        return sid

    def _connection(self) -> None:
        if not self._connected:
            raise CarrierUnreachable("not connected")

    def _transaction(self) -> _Transaction:
        self._connection()
        return _Transaction(self._database)


class _Transaction:
    """One of the database's, with its failing told as the port does."""

    def __init__(self, database: Database) -> None:
        self._inner = database.transaction()

    async def __aenter__(self) -> AsyncSession:
        try:
            return await self._inner.__aenter__()
        except Exception as error:
            raise self._translated(error) from None

    async def __aexit__(self, kind: Any, error: BaseException | None, trace: Any) -> bool | None:
        try:
            return await self._inner.__aexit__(kind, error, trace)
        except Exception as failed:
            raise self._translated(failed) from None

    @staticmethod
    def _translated(error: Exception) -> Exception:
        return CarrierUnreachable(f"the database is away ({type(error).__name__})") if is_database_away(error) else error


def _word(text: str) -> str:
    if not _WORD.fullmatch(text):
        raise CommandRejected("ids and names have letters, digits and _ . : - only")
    return text


def _header(name: str) -> str:
    if not re.fullmatch(r"X-[A-Za-z0-9-]{1,60}", name):
        raise CommandRejected("own headers are named X-…, with letters, digits and hyphens")
    return name
