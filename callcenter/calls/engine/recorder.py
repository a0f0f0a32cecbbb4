"""Every conversation is recorded: the recorder follows what each call is, and brings the PBX to it.

Talking: the main bridge is recorded. Held: it is paused, so what an agent says in her room, or to somebody else in private, is on no tape. Anything else:
stopped, and what was recorded is sealed. A call that is taken up again after a break begins another part. Nothing here is ever waited for by a call.

Who has taken her consent to recording back is not recorded, whenever she says so; an emergency is, whoever calls (docs/decisions.md "Privacy").
"""

from __future__ import annotations

import asyncio
import errno
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.dialogs.models import CONNECT
from callcenter.calls.engine.board import LiveCall
from callcenter.calls.engine.core import Core
from callcenter.calls.engine.journal import Change
from callcenter.calls.recordings.actions import begin_recording, fail_recording, refuse_recording, save_recording
from callcenter.calls.recordings.files import Kept, NoSound, keep_file, sealed_path
from callcenter.calls.recordings.queries import list_open, list_parts, list_refused
from callcenter.calls.recordings.rules import name_of, read_name
from callcenter.calls.states import CallKind, CallState
from callcenter.kit import clock
from callcenter.kit.db import is_database_away
from callcenter.kit.lease import LeaseLost
from callcenter.telephony.port import CarrierRecording, ChannelGone, TelephonyError

if TYPE_CHECKING:
    from callcenter.calls.engine.engine import Engine

log = structlog.get_logger()
LOOK = 2.0  # seconds between two looks whether somebody has taken her consent back
EVERY = 30.0  # seconds between two looks for recordings whose end nobody told
UNTOLD = timedelta(seconds=10)  # a row this old without a file is lost
TRIES, PAUSE = 10, 0.1  # the bridge may come a moment after the call's state
NOTICE = "recording_notice"
NOTIFIED = frozenset({CallKind.SERVICE, CallKind.JOB, CallKind.AUTOMATIC})  # never on an SOS; an agent who calls says it herself


class Wanted(StrEnum):
    ON = "on"
    PAUSED = "paused"
    OFF = "off"


@dataclass(slots=True)
class Tape:
    """Of one call."""

    wanted: Wanted = Wanted.OFF
    part: int = 0  # the last one begun
    name: str = ""  # of the one that runs; "" none
    paused: bool = False
    breaks: int = 0  # how often it ended by itself; once is tried again
    refused: bool = False  # she has taken her consent back
    told: bool = False  # … and her case says so
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Recorder:
    def __init__(self, core: Core, engine: Engine) -> None:
        self.core, self.engine = core, engine
        self._tapes: dict[uuid.UUID, Tape] = {}
        self._keeping: set[str] = set()
        self._sweeping = asyncio.Lock()
        self._one_by_one = asyncio.Lock()  # nobody waits for a file to be sealed; many at once would take what presses need
        self._asking: dict[uuid.UUID, asyncio.Future[bool | None]] = {}  # of calls that begin now, whether she has taken her consent back
        self._answering: asyncio.Task[None] | None = None
        self._knows = False  # what runs already; before that nothing is begun
        core.followers.append(self.follow)

    async def run(self) -> None:
        slept = 0.0
        while True:
            await asyncio.sleep(LOOK)
            slept += LOOK
            await self.look_at_consents()
            if slept >= EVERY:
                slept = 0.0
                await (self.sweep() if self._knows else self.take_up(list(self.core.board.calls.values())))

    # -- what is wanted -------------------------------------------------------------------------------------------------------------

    def follow(self, call: LiveCall) -> None:
        """Called whenever a call was saved."""
        if not self._knows:
            return
        wanted = self._wanted(call)
        tape = self._tapes.get(call.id)
        if tape is None:
            if wanted is not Wanted.ON or not self.core.centre.switch("recording"):
                return
            tape = self._tapes[call.id] = Tape()
        if tape.wanted is not wanted:
            tape.wanted = wanted
            self.core.spawn(self._bring(call, tape))

    def _wanted(self, call: LiveCall) -> Wanted:
        if call.answered_at is None:
            return Wanted.OFF
        match call.state:
            case CallState.TALKING:
                return Wanted.ON
            case CallState.HELD:
                return Wanted.PAUSED
            case CallState.DIALOG:  # two parties are joined; what a program says alone is nobody's conversation
                talk = self.engine.dialogs.talks.get(call.id)
                return Wanted.ON if talk is not None and talk.kind == CONNECT else Wanted.OFF
            case _:
                return Wanted.OFF

    async def look_at_consents(self) -> None:
        """Of the conversations that go on: she may say on the telephone that it is not to be recorded, or that it may be after all."""
        tapes = {call_id: tape for call_id, tape in self._tapes.items() if tape.wanted is not Wanted.OFF}
        refused = await self._refused(list(tapes)) if tapes else set()
        if refused is None:
            return
        for call_id, tape in tapes.items():
            call = self.core.board.calls.get(call_id)
            if call is not None and tape.refused is not (call_id in refused):
                tape.refused = call_id in refused
                self.core.spawn(self._bring(call, tape))

    async def _refused(self, call_ids: list[uuid.UUID]) -> set[uuid.UUID] | None:
        """None: nobody knows at this moment."""
        try:
            async with self.core.database.transaction() as session:
                return await list_refused(session, call_ids)
        except Exception as error:
            log.warning("consents_not_read", error=type(error).__name__)
            return None

    async def _is_refused(self, call_id: uuid.UUID) -> bool | None:
        """Those who ask while one is being answered are answered together. None: nobody knows at this moment."""
        asked = self._asking.setdefault(call_id, asyncio.get_running_loop().create_future())
        if self._answering is None or self._answering.done():
            self._answering = asyncio.create_task(self._answer(), name="consents")
        return await asyncio.shield(asked)

    async def _answer(self) -> None:
        while self._asking:
            asked, self._asking = self._asking, {}
            refused = await self._refused(list(asked))
            for call_id, future in asked.items():
                future.set_result(None if refused is None else call_id in refused)

    async def _bring(self, call: LiveCall, tape: Tape) -> None:
        async with tape.lock:
            if tape.wanted is Wanted.ON and not tape.name and not tape.refused and (refused := await self._is_refused(call.id)) is not None:
                tape.refused = refused
            if tape.wanted is Wanted.OFF or tape.refused:
                if tape.name:
                    await self.core.try_command(self.core.telephony.stop_recording(tape.name))
                    tape.name = ""
                if tape.refused and not tape.told:
                    tape.told = True
                    self.core.spawn(self._tell_refused(call.id))
                if not self.core.is_live(call):
                    self._tapes.pop(call.id, None)
            elif tape.name:
                pause = tape.wanted is Wanted.PAUSED
                if pause != tape.paused and await self.core.try_command(self.core.telephony.pause_recording(tape.name, pause)):
                    tape.paused = pause
            elif tape.wanted is Wanted.ON and tape.breaks <= 1:
                await self._begin(call, tape)

    async def _begin(self, call: LiveCall, tape: Tape) -> None:
        tape.part += 1
        part, case_id, version, at = tape.part, self._case_of(call), call.version, clock.now()
        name = name_of(call.id, part)
        self.core.journal.put(lambda s: begin_recording(s, call_id=call.id, case_id=case_id, part=part, at=at, version=version))
        tape.name, tape.paused = name, False
        for attempt in range(TRIES):
            try:
                await self.core.telephony.record(call.bridge_id, name)
                break
            except ChannelGone:
                if attempt + 1 == TRIES or tape.wanted is Wanted.OFF:
                    await self._failed(call.id, part, tape, "no_bridge")
                    return
                await asyncio.sleep(PAUSE)
            except TelephonyError as error:  # it may run all the same: then the sweep finds it
                log.warning("not_recorded", call_id=str(call.id), error=type(error).__name__)
                await self._failed(call.id, part, tape, "not_begun")
                return
        if part == 1 and call.kind in NOTIFIED:
            await self.core.try_command(self.core.telephony.play_to_bridge(call.bridge_id, f"notice-{call.id}", NOTICE))

    async def _tell_refused(self, call_id: uuid.UUID) -> None:
        await self._write(lambda s: refuse_recording(s, call_id))

    async def _failed(self, call_id: uuid.UUID, part: int, tape: Tape, why: str) -> None:
        tape.name, tape.breaks = "", 2
        self.core.journal.put(lambda s: fail_recording(s, call_id=call_id, part=part, why=why))

    def _case_of(self, call: LiveCall) -> uuid.UUID | None:
        talk = self.engine.dialogs.talks.get(call.id)
        return call.case_id or (talk.case_id if talk else None)

    # -- what the PBX tells -----------------------------------------------------------------------------------------------------------

    def finished(self, name: str) -> None:
        """A recording is over: because we stopped it, with its bridge, or by itself (a full disk)."""
        of = read_name(name)
        if of is None:
            return
        tape, call = self._tapes.get(of[0]), self.core.board.calls.get(of[0])
        if tape is not None and tape.name == name:
            tape.name = ""
            if call is not None and tape.wanted is not Wanted.OFF and not tape.refused:
                log.error("recording_broke_off", call_id=str(call.id))
                tape.breaks += 1
                self.core.spawn(self._bring(call, tape))
        self.core.spawn(self.keep(name))

    async def keep(self, name: str) -> None:
        """Seal it, write that it is saved, delete the PBX's plain file: in this order, each harmless twice."""
        of = read_name(name)
        if of is None or name in self._keeping:
            return
        self._keeping.add(name)
        call_id, part = of
        try:
            async with self._one_by_one:
                await self._keep(name, call_id, part)
        except TelephonyError as error:
            log.info("recording_not_looked_for", error=type(error).__name__)  # the sweep comes back to it
        except LeaseLost:
            self.core.lost.set()
        except Exception as error:
            if not is_database_away(error):
                raise
            log.warning("recording_not_written", error=type(error).__name__)
        finally:
            self._keeping.discard(name)

    async def _keep(self, name: str, call_id: uuid.UUID, part: int) -> None:
        found = await self.core.telephony.recordings(name)
        if not found:
            await self._write(lambda s: fail_recording(s, call_id=call_id, part=part, why="no_file"))
        elif not found[0].live:
            await self._keep_file(found[0], call_id, part)

    async def _keep_file(self, file: CarrierRecording, call_id: uuid.UUID, part: int) -> None:
        source = Path(file.path)
        try:
            kept: Kept = await asyncio.to_thread(keep_file, source, sealed_path(self.core.settings.recordings, file.name))
        except NoSound:
            await self._write(lambda s: fail_recording(s, call_id=call_id, part=part, why="no_sound"))
            await self._delete(source)
            return
        except OSError as error:
            why = "disk_full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "not_kept"
            log.error("recording_not_kept", why=why, error=type(error).__name__)
            await self._write(lambda s: fail_recording(s, call_id=call_id, part=part, why=why))
            return
        saved = False

        async def save(session: AsyncSession) -> None:
            nonlocal saved
            saved = await save_recording(session, self.core.centre, call_id=call_id, part=part, kept=kept)

        await self._write(save)
        if saved:
            await self._delete(source)

    async def _delete(self, source: Path) -> None:
        try:
            await asyncio.to_thread(source.unlink, missing_ok=True)
        except OSError as error:
            log.error("plain_recording_not_deleted", error=type(error).__name__)

    async def _write(self, change: Change) -> None:
        """Not by the journal: a case may be locked, and a press waits for nobody's lock."""
        async with self.core.database.transaction() as session:
            await self.core.lease.check_epoch(session)
            await change(session)

    # -- what nobody told ---------------------------------------------------------------------------------------------------------------

    async def take_up(self, calls: list[LiveCall]) -> None:
        """On (re)connecting: recordings of these live calls go on under their names; then each is followed as it is now."""
        core = self.core
        try:
            async with core.database.transaction() as session:
                parts = await list_parts(session, [call.id for call in calls])
            found = await core.telephony.recordings()
        except Exception as error:
            log.warning("recordings_not_taken_up", error=type(error).__name__)
            return
        live = {file.name: file.live for file in found}
        for of in filter(None, map(read_name, live)):
            parts[of[0]] = max(parts.get(of[0], 0), of[1])
        for call in calls:
            last = parts.get(call.id, 0)
            if last and call.id not in self._tapes:
                name = name_of(call.id, last)
                self._tapes[call.id] = Tape(part=last, name=name if live.get(name) else "")
            elif (tape := self._tapes.get(call.id)) and tape.name and not live.get(tape.name):
                tape.name, tape.wanted = "", Wanted.OFF
        self._knows = True
        for call in calls:
            self.follow(call)
        core.spawn(self.sweep())

    async def sweep(self) -> None:
        async with self._sweeping:
            try:
                await self._sweep()
            except TelephonyError as error:
                log.warning("recordings_not_swept", error=type(error).__name__)
            except Exception as error:
                if not is_database_away(error):
                    log.exception("recordings_sweep_failed")

    async def _sweep(self) -> None:
        """Files of ended recordings whose end we did not hear; recordings that run for a call that is over; rows that have no file."""
        core, running = self.core, {tape.name for tape in self._tapes.values() if tape.name}
        found = await core.telephony.recordings()
        for file in found:
            of = read_name(file.name)
            if of is None:
                continue
            if not file.live:
                self.finished(file.name)
            elif of[0] not in core.board.calls:
                await core.try_command(core.telephony.stop_recording(file.name))
        async with core.database.transaction() as session:
            rows = await list_open(session, core.telephony.name)
            untold = [(row.call_id, row.part, row.name) for row in rows if row.started_at < clock.now() - UNTOLD]
        there = {file.name for file in found} | running
        lost = [(call_id, part) for call_id, part, name in untold if name not in there and name not in self._keeping]

        async def tell(session: AsyncSession) -> None:
            for call_id, part in lost:
                await fail_recording(session, call_id=call_id, part=part, why="lost")

        if lost:
            await self._write(tell)
