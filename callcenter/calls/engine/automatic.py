"""Calls that programs ask for: found when due, rung when nobody waits, and two parties joined without an agent.

Rows in `dialog_calls` with a due time and a deadline, woken by NOTIFY, swept each second. A call and its leg are rows before the PBX is touched.
"""

from __future__ import annotations

import asyncio
import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.dialogs.actions import add_dialog_event, lock_dialog, move_dialog
from callcenter.calls.dialogs.models import CONNECT, DialogCall
from callcenter.calls.dialogs.protocol import Step, Then
from callcenter.calls.dialogs.states import ON_THE_LINE, DialogState, How
from callcenter.calls.engine.board import LiveCall, LiveLeg
from callcenter.calls.engine.core import Core
from callcenter.calls.engine.dialogs import DialogRunner, Talk, how_not_reached
from callcenter.calls.engine.reserves import free_lines, somebody_waits
from callcenter.calls.models import Call
from callcenter.calls.rules import severity_of
from callcenter.calls.states import CallKind, CallState, LegKind, LegState
from callcenter.calls.wake import WAKE_VOICE
from callcenter.cases.actions import add_entry
from callcenter.kit import clock
from callcenter.kit.ids import new_id
from callcenter.kit.lease import LeaseLost
from callcenter.kit.listen import wakes
from callcenter.telephony.port import HangupCause, Live, TelephonyError

if TYPE_CHECKING:
    from callcenter.calls.engine.engine import Engine

log = structlog.get_logger()
LEAST_RING = 5.0  # seconds, also just before a deadline
URGENT_AT_ONCE = 60  # calls of emergencies; beside `automatic_calls`
NOBODY_STEP = Step(say=("connect_nobody",), then=Then.HANG_UP)


class Automatic:
    def __init__(self, core: Core, dialogs: DialogRunner, engine: Engine) -> None:
        self.core, self.dialogs, self.engine = core, dialogs, engine
        dialogs.said, dialogs.over = self.said, self._line_is_free
        self._choosing = asyncio.Lock()  # one at a time counts what is free

    async def run(self) -> None:
        async with wakes(self.core.database.url, WAKE_VOICE, every=1.0) as heard:
            async for _ in heard:
                try:
                    await self.engine.verify_awake()
                    await self.sweep()
                except LeaseLost:
                    self.core.lost.set()
                    return
                except Exception as error:
                    log.warning("automatic_sweep_failed", error=type(error).__name__)

    # -- what is due ------------------------------------------------------------------------------------------------------------------

    async def sweep(self) -> None:
        core, now = self.core, clock.now()
        async with core.database.transaction() as session:
            await core.lease.check_epoch(session)
            requested = DialogCall.state == DialogState.REQUESTED
            expired = (
                (await session.execute(select(DialogCall.id).where(requested, DialogCall.deadline_at <= now).limit(50))).scalars().all()
            )
            on_the_line = select(DialogCall.id, DialogCall.call_id, DialogCall.cancel_asked_at).where(
                DialogCall.state.in_(ON_THE_LINE), DialogCall.call_id.in_(select(Call.id).where(Call.pbx == core.telephony.name))
            )
            live = (await session.execute(on_the_line)).all()
        for dialog_id in expired:
            await self.dialogs.finish(dialog_id, How.EXPIRED)
        for row in live:
            if row.cancel_asked_at is not None and (talk := self.dialogs.talks.get(row.call_id)) is not None:
                self.dialogs.end_call(talk, "cancelled", How.CANCELLED)
        await self.dialogs.sweep([row.id for row in live])
        await self._start_due(now)

    def _line_is_free(self) -> None:
        """A program's call is over: the next one need not wait for the sweep."""

        async def next_one() -> None:
            try:
                await self._start_due(clock.now())
            except LeaseLost:
                self.core.lost.set()
            except Exception as error:  # the sweep will do it
                log.warning("automatic_not_begun", error=type(error).__name__)

        if not self._choosing.locked():
            self.core.spawn(next_one())

    async def _start_due(self, now: datetime) -> None:
        async with self._choosing:
            await self._start_some(now)

    async def _start_some(self, now: datetime) -> None:
        """The next ones in turn, a bounded number at once, and none while a caller waits for a person. An emergency's go before all, beside that number.
        Two parties are joined because somebody has just asked for it: they come next, and wait for no caller either. All but emergencies leave the
        reserved lines free (reserves.py).
        """
        core = self.core
        ours = [t for t in self.dialogs.talks.values() if t.call.kind == CallKind.AUTOMATIC]
        room = core.settings.automatic_calls - sum(not t.urgent for t in ours)
        urgent_room = URGENT_AT_ONCE - sum(t.urgent for t in ours)
        due = (DialogCall.state == DialogState.REQUESTED) & (DialogCall.due_at <= now) & (DialogCall.deadline_at > now)
        if not self.engine.connected.is_set():
            return
        others = due & ~DialogCall.urgent
        if somebody_waits(core):
            others &= DialogCall.kind == CONNECT
        async with core.database.transaction() as session:
            wanted = select(DialogCall.id, DialogCall.kind, DialogCall.urgent)
            urgent = wanted.where(due, DialogCall.urgent).order_by(DialogCall.due_at, DialogCall.id).limit(max(0, urgent_room))
            rows = list((await session.execute(urgent)).all())
            if room > 0 and free_lines(core) > self._promised():
                order = (DialogCall.kind != CONNECT, DialogCall.due_at, DialogCall.id)
                rows += (await session.execute(wanted.where(others).order_by(*order).limit(room))).all()
        for dialog_id, kind, is_urgent in rows:
            if not is_urgent and free_lines(core) - self._promised() < (2 if kind == CONNECT else 1):
                break  # the rest in turn, when lines are free
            if kind != CONNECT and self.dialogs.dialogs.of(kind) is None:
                log.error("no_dialog_answers", kind=kind)
                await self.dialogs.finish(dialog_id, How.FAILED)
            else:
                await self._start(dialog_id, now)

    def _promised(self) -> int:
        """Lines of second parties who are rung as soon as the first has picked up."""
        return sum(
            t.kind == CONNECT and not t.closing and t.call.answered_at is None and len(t.call.legs) < 2 for t in self.dialogs.talks.values()
        )

    async def _start(self, dialog_id: uuid.UUID, now: datetime) -> None:
        """Call and leg are written, then it rings."""
        if (written := await self._written(dialog_id, now)) is None:
            return
        talk, leg = written
        self.core.board.calls[talk.call.id], self.dialogs.talks[talk.call.id] = talk.call, talk
        self.core.spawn(self._ring(talk, leg))

    async def _written(self, dialog_id: uuid.UUID, now: datetime) -> tuple[Talk, LiveLeg] | None:
        core = self.core
        async with core.database.transaction() as session:
            await core.lease.check_epoch(session)
            row = await lock_dialog(session, dialog_id)
            if row.state != DialogState.REQUESTED or row.deadline_at <= now:
                return None
            call = LiveCall(
                id=new_id(), kind=CallKind.AUTOMATIC, state=CallState.DIALOG, channel_id=None, caller_key=row.number, caller_raw="", called=row.number,
                severity=severity_of(CallKind.AUTOMATIC), received_at=now, claimed=True,
            )  # fmt: skip
            leg = self._leg(call, row.number, min(row.ring_seconds, max(LEAST_RING, (row.deadline_at - now).total_seconds())))
            leg.role, leg.ref_id = row.role, row.ref_id
            await session.execute(
                insert(Call).values(
                    **call.row(), id=call.id, kind=call.kind, pbx=core.telephony.name, caller_raw="", caller_key=call.caller_key, called=call.called,
                    shared_elder_ids=[], severity=call.severity, risk=0, received_at=now, epoch=core.lease.epoch,
                )
            )  # fmt: skip
            await core.change_of(call, "automatic", {"kind": row.kind}, legs=[leg])(session)
            move_dialog(row, DialogState.RINGING)
            row.call_id, row.started_at = call.id, now
            await add_dialog_event(session, row.id, "ringing", {"call_id": str(call.id)})
            return Talk(row.id, row.kind, call, False, row.then_number, row.case_id, row.urgent), leg

    def _leg(self, call: LiveCall, number: str, seconds: float) -> LiveLeg:
        now = clock.now()
        leg = LiveLeg(new_id(), call.id, LegKind.PARTY, None, number, LegState.RINGING, now, now + timedelta(seconds=seconds))
        call.legs[leg.id] = leg
        return leg

    async def _ring(self, talk: Talk, leg: LiveLeg) -> None:
        core = self.core
        seconds = max(1.0, (leg.deadline_at - clock.now()).total_seconds())
        try:
            await core.telephony.ring(
                leg.channel_id,
                f"number:{leg.number}",
                caller=core.centre.text("hotline"),
                caller_name="",
                timeout=seconds,
                beside=talk.call.channel_id or "",
            )
        except TelephonyError as error:
            log.warning("automatic_call_not_rung", dialog_id=str(talk.dialog_id), error=type(error).__name__)
            core.hang_up_later(leg.channel_id)  # it may ring all the same
            self.ended(talk, leg, HangupCause.FAILED)
            return
        if leg.state == LegState.ENDED:
            core.hang_up_later(leg.channel_id)

    # -- what the PBX tells -------------------------------------------------------------------------------------------------------------

    async def answered(self, talk: Talk, leg: LiveLeg) -> None:
        core, call = self.core, talk.call
        leg.state, leg.answered_at = LegState.ANSWERED, clock.now()
        if talk.kind != CONNECT or call.channel_id is None:
            call.channel_id, call.voice_answered = leg.channel_id, True
            core.save(call, "picked_up", legs=[leg])
        if talk.kind != CONNECT:
            await self.dialogs.picked_up(talk)
        elif leg.channel_id == call.channel_id:
            await self._ring_second(talk)
        else:
            await self._join(talk, leg)

    async def _ring_second(self, talk: Talk) -> None:
        """The first hears that it goes on, then ringing."""
        core = self.core
        second = self._leg(talk.call, talk.then_number, core.timings.party_ring)
        try:
            await core.journal.write(core.change_of(talk.call, "second_rings", legs=[second]))
        except Exception as error:
            log.warning("second_party_not_rung", dialog_id=str(talk.dialog_id), error=type(error).__name__)
            self.dialogs.end_call(talk, "failed", How.FAILED, ended=second)
            return
        if not self.dialogs.is_on(talk):
            return
        core.spawn(self._ring(talk, second))
        await self.dialogs.say(talk, "connect_wait")

    def said(self, talk: Talk) -> None:
        """A sentence to the first party is over: she hears ringing until the other answers."""
        if talk.call.channel_id and talk.call.answered_at is None and self._second_of(talk) is not None:
            self.core.send(self.core.telephony.ringback(talk.call.channel_id, True))

    async def _join(self, talk: Talk, second: LiveLeg) -> None:
        core, call = self.core, talk.call
        assert call.channel_id is not None
        call.answered_at = clock.now()
        playback, talk.playback = talk.playback, ""
        async with talk.line:
            if playback:
                await core.try_command(core.telephony.stop_playing(playback))
            await core.try_command(core.telephony.ringback(call.channel_id, False))
            await core.try_command(core.telephony.bridge(call.bridge_id, call.channel_id, second.channel_id))
        core.save(call, "joined", legs=[second], more=lambda session: self._joined(session, talk))

    async def _joined(self, session: AsyncSession, talk: Talk) -> None:
        row = await lock_dialog(session, talk.dialog_id)
        if row.state != DialogState.RINGING:
            return
        move_dialog(row, DialogState.TALKING)
        row.answered_at = talk.call.answered_at
        await add_dialog_event(session, row.id, "joined")
        if row.case_id is not None:
            await add_entry(session, row.case_id, "parties_joined", data={"call_id": str(talk.call.id)})

    def ended(self, talk: Talk, leg: LiveLeg | None, cause: HangupCause) -> None:
        if talk.kind != CONNECT:
            self.dialogs.channel_ended(talk, leg, cause)
            return
        call = talk.call
        was_answered = leg is not None and leg.answered_at is not None
        is_first = leg is None or call.channel_id in (None, leg.channel_id)
        if leg is not None:
            self.core.end_leg(call, leg, cause)
        if call.answered_at is not None:
            self.dialogs.end_call(talk, "hung_up", How.HUNG_UP, ended=leg)
        elif is_first:
            self.dialogs.end_call(
                talk, "hung_up" if was_answered else str(cause), How.HUNG_UP if was_answered else how_not_reached(cause), ended=leg
            )
        else:
            self.core.save(call, "second_not_reached", {"cause": cause}, legs=[leg] if leg else [])
            self.core.spawn(self._tell_nobody(talk, how_not_reached(cause)))

    async def _tell_nobody(self, talk: Talk, how: How) -> None:
        if talk.call.channel_id:
            await self.core.try_command(self.core.telephony.ringback(talk.call.channel_id, False))
        await self.dialogs.finish(talk.dialog_id, how)
        await self.dialogs.take(talk, NOBODY_STEP)

    def _second_of(self, talk: Talk) -> LiveLeg | None:
        return next((leg for leg in talk.call.legs.values() if leg.channel_id != talk.call.channel_id), None)

    # -- after a restart ----------------------------------------------------------------------------------------------------------------

    async def take_up(self, talk: Talk, live: Live) -> None:
        """What lives goes on: who rings may pick up, who listens hears the last step again, who talks talks. What is gone is told as interrupted."""
        core, call = self.core, talk.call
        legs = list(call.legs.values())
        lost = [leg for leg in legs if leg.channel_id not in live.channels]
        first = next((leg for leg in legs if leg.channel_id == call.channel_id), None)
        if not legs or (lost and (talk.kind != CONNECT or call.answered_at is not None or first is None or first in lost)):
            self.dialogs.end_call(talk, "ended_unseen", How.HUNG_UP if call.answered_at is not None else How.INTERRUPTED)
            return
        for leg in lost:  # the second party's, who had not yet answered
            self.ended(talk, leg, HangupCause.FAILED)
        for leg in [
            leg for leg in legs if leg.state == LegState.RINGING and leg not in lost and live.channels[leg.channel_id].state == "up"
        ]:
            await self.answered(talk, leg)
            return
        core.save(call, "taken_up")
        if talk.kind != CONNECT:
            if call.channel_id is not None:
                await (self.dialogs.say_again(talk) if talk.listening else self.dialogs.picked_up(talk))
        elif call.answered_at is not None:
            members = frozenset(leg.channel_id for leg in legs)
            if not members <= live.bridges.get(call.bridge_id, frozenset()):
                await core.try_command(core.telephony.bridge(call.bridge_id, *members))
        elif first is not None and self._second_of(talk) is None:
            await self._ring_second(talk)  # killed between the first one's answer and the second's leg
