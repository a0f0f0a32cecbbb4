"""What the PBX carried by itself becomes cases: its own record (CEL) is read on connecting, soon after a call was left to it, and every half minute.

CEL joins the same row by the same key (PBX name, channel id): no second case.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from datetime import datetime
from pathlib import Path

import structlog
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls import store
from callcenter.calls.engine.core import VOICE, Core
from callcenter.calls.engine.presses import new_press
from callcenter.calls.models import Call, CarrierMark
from callcenter.calls.states import NODE_LOST, CallState
from callcenter.cases.actions import add_entry, finish_tasks_of, lock_case, move_case, open_call_back, own_case, touch_case
from callcenter.cases.states import CaseState
from callcenter.kit import clock
from callcenter.kit.crypto import encrypt
from callcenter.kit.outbox import publish
from callcenter.telephony.port import CarrierPress, TelephonyError

log = structlog.get_logger()
SOON, SELDOM = 2.0, 30.0
TO_BE_CLAIMED = 5.0  # seconds: a press this young may still be ours in the next moment


class Recovery:
    def __init__(self, core: Core) -> None:
        self.core = core
        self._lock = asyncio.Lock()

    async def run(self) -> None:
        seldom = time.monotonic() + SELDOM
        while True:
            await asyncio.sleep(SOON)
            left_to_it = any(call.state == CallState.DIALPLAN for call in self.core.board.calls.values())
            if left_to_it or time.monotonic() >= seldom:
                seldom = time.monotonic() + SELDOM
                await self.sweep()

    async def sweep(self) -> None:
        """Read the record since the mark and bring every press in it to its end. The mark moves on only when nothing is left open."""
        async with self._lock:
            try:
                mark = await self._mark()
                presses, new_mark = await self.core.telephony.history(mark)
                open_ones = 0
                for press in presses:
                    open_ones += not await self._bring_in(press)
                if not open_ones and new_mark != mark:
                    await self.core.journal.write(lambda s: self._save_mark(s, new_mark))
            except TelephonyError as error:
                log.warning("history_not_read", error=type(error).__name__)
            except Exception:
                log.exception("recovery_failed")

    async def _mark(self) -> str:
        async with self.core.database.transaction() as session:
            return (
                await session.execute(select(CarrierMark.mark).where(CarrierMark.pbx == self.core.telephony.name))
            ).scalar_one_or_none() or ""

    async def _save_mark(self, session: AsyncSession, mark: str) -> None:
        statement = pg_insert(CarrierMark).values(pbx=self.core.telephony.name, mark=mark)
        await session.execute(statement.on_conflict_do_update(index_elements=["pbx"], set_={"mark": mark}))

    async def _bring_in(self, press: CarrierPress) -> bool:
        """True when nothing more is to be learned of it."""
        core = self.core
        live = next((c for c in core.board.calls.values() if c.channel_id == press.channel_id), None)
        if live is not None and live.state != CallState.DIALPLAN:
            # Ours. But an end of which voice has not heard may be that of a press whose claim is refused in the next moment: it is read once more then.
            return press.ended_at is None or live.caller_left_at is not None
        young = (clock.now() - press.at).total_seconds() < TO_BE_CLAIMED
        if live is None and young and not press.in_fallback:
            return False
        recording = await asyncio.to_thread(self._keep_recording, press) if press.recording and press.ended_at else ""
        await core.journal.write(lambda s: self._write(s, press, recording))
        if press.ended_at is not None and live is not None:
            core.forget(live)
        return press.ended_at is not None

    async def _write(self, session: AsyncSession, press: CarrierPress, recording: str) -> None:
        core = self.core
        new = new_press(core.settings, core.lines, core.telephony.name, press)
        call = await store.find_press(session, new.pbx, new.channel_id)
        if call is None:
            looked = await store.look_up_press(session, new, repeat_seconds=core.timings.sos_repeat, lease=core.lease)
            stored = await store.write_press(session, new, looked, state=CallState.DIALPLAN, epoch=core.lease.epoch)
            entry = {"call_id": str(stored.id), "why": "no_program_took_it"}
            assert stored.case_id is not None
            await add_entry(session, stored.case_id, "with_dialplan", data=entry, at=press.at)
            await publish(session, "call", stored.id, {}, version=1)
            call = await session.get_one(Call, stored.id)
        given_up = call.end_reason == NODE_LOST and call.state == CallState.ABANDONED  # by us; its node went on with it by itself
        if call.state != CallState.DIALPLAN and not (given_up and press.in_fallback and press.ended_at):
            return
        if call.case_id is None and press.in_fallback:  # a dialog's caller whom the PBX takes to a person: a press like any other
            given = await store.give_case(
                session, call_id=call.id, kind=call.kind, caller_key=new.caller_key, numbers=new.candidates, elder_ids=None, at=new.at,
                repeat_seconds=core.timings.sos_repeat,
            )  # fmt: skip
            call.case_id = given.id
            if live := core.board.calls.get(call.id):
                live.case_id = given.id
        case_id = call.case_id
        if press.ended_at is None:
            return
        if case_id is None:
            await self._hung_up_in_dialog(session, call, press.ended_at)
            return
        agent = next((a for a in core.board.agents.values() if a.account and a.account == press.answered_by), None)
        call.version += 1
        call.epoch = core.lease.epoch
        call.state = CallState.ENDED if press.answered_by else CallState.ABANDONED
        call.answered_at = call.answered_at or ((press.answered_at or press.at) if press.answered_by else None)
        call.agent_id = agent.id if agent else call.agent_id
        call.ended_at, call.end_reason = (
            press.ended_at,
            "fallback_answered" if press.answered_by else "fallback_message" if recording else "missed_by_fallback",
        )
        await session.flush()
        await store.add_event(session, call.id, call.end_reason, press.ended_at, {"agent_id": str(agent.id) if agent else ""})
        await publish(session, "call", call.id, {}, version=call.version)
        case = await lock_case(session, case_id)  # before its tasks, as everywhere
        if press.answered_by:
            await add_entry(
                session,
                case_id,
                "fallback_answered",
                actor=core.actor_of(agent) if agent else None,
                data={"call_id": str(call.id)},
                at=press.ended_at,
            )
            await finish_tasks_of(session, VOICE, case_id, why="spoken_with")
            if agent:
                await own_case(session, core.actor_of(agent), case_id)
                await publish(session, "agent", agent.id, {})  # one more that she has answered today
            else:
                await move_case(session, case, CaseState.WAITING)
                await touch_case(session, case)
            return
        await add_entry(session, case.id, call.end_reason, data={"call_id": str(call.id)}, at=press.ended_at)
        await open_call_back(
            session, case, number=call.caller_key or "", reason=call.end_reason, at=clock.now(), timings=core.timings, recording=recording
        )

    async def _hung_up_in_dialog(self, session: AsyncSession, call: Call, at: datetime) -> None:
        """While voice was away, and before the PBX took over: nobody waited for a person, so nobody is called back."""
        call.version += 1
        call.epoch, call.state, call.ended_at, call.end_reason = self.core.lease.epoch, CallState.ENDED, at, "hung_up"
        await session.flush()
        await store.add_event(session, call.id, "ended", at, {"why": "hung_up"})
        await publish(session, "call", call.id, {}, version=call.version)

    def _keep_recording(self, press: CarrierPress) -> str:
        """The message, encrypted, in our own folder; the PBX's plain file is deleted only after that. Returns the kept file's name, "" when there is none."""
        source = Path(press.recording)
        folder = self.core.settings.recordings
        kept = folder / f"{source.stem}.wav.enc"
        try:
            if not kept.exists():
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                partial = kept.with_suffix(".part")
                partial.write_bytes(encrypt(source.read_bytes(), "recording"))
                partial.replace(kept)
            with contextlib.suppress(FileNotFoundError):
                source.unlink()
        except OSError as error:
            log.error("recording_not_kept", error=type(error).__name__)
            return kept.name if kept.exists() else ""
        return kept.name
