"""Conversations between a caller and a program: says the steps, hears the keys, asks the handlers.

A handler's transaction checks the lease, and is committed before its answer is spoken. It is not the journal's: a handler may wait for a lock, and a press
may not. The dialog's own row is locked after the handler has returned, so that everybody locks what a dialog is about before the dialog (cancel_dialog).
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls import store
from callcenter.calls.dialogs import speech
from callcenter.calls.dialogs.actions import add_dialog_event, lock_dialog, move_dialog
from callcenter.calls.dialogs.listening import Listening, Now
from callcenter.calls.dialogs.models import CONNECT, DAILY_LINE, JOB_LINE, DialogCall
from callcenter.calls.dialogs.protocol import Context, Dialog, Dialogs, Step, Then
from callcenter.calls.dialogs.states import ON_THE_LINE, OPEN, STATE_OF, DialogState, How
from callcenter.calls.engine.board import LiveCall, LiveLeg
from callcenter.calls.engine.core import Core
from callcenter.calls.engine.reserves import agent_to_spare
from callcenter.calls.rules import next_escalation
from callcenter.calls.states import CallKind, CallState
from callcenter.cases.actions import add_entry, lock_case, open_call_back
from callcenter.cases.states import Severity
from callcenter.kit import clock
from callcenter.kit.lease import LeaseLost
from callcenter.kit.phone import candidates
from callcenter.telephony.port import HangupCause

log = structlog.get_logger()
PLAYBACK = "dialog-"
BEEP_SECONDS = 0.3  # with what it takes to begin
LATE = 5.0  # seconds after which a sentence whose end was not told counts as said
OF_LINE = {CallKind.JOB: JOB_LINE, CallKind.DAILY: DAILY_LINE}  # lines that a program carries
FAILED_STEP = Step(say=("dialog_sorry", "dialog_goodbye"), then=Then.HANG_UP)
HAND_ON_STEP = Step(say=("dialog_to_agent",), then=Then.TO_AGENT)
AGENTS_BUSY = "agents_busy"  # said, and why she is called back
Ask = Callable[[Dialog, AsyncSession, Context], Awaitable[Step]]


class AlreadyOver(Exception):
    """The dialog ended while its handler was asked: what the handler did is given up."""


@dataclass(slots=True)
class Talk:
    """A conversation as voice knows it. All of it follows from rows again after a restart."""

    dialog_id: uuid.UUID
    kind: str
    call: LiveCall
    inbound: bool
    then_number: str = ""
    case_id: uuid.UUID | None = None
    urgent: bool = False
    listening: Listening | None = None
    playback: str = ""  # what is being said now
    said_by: datetime | None = None  # it is over by then at the latest
    serial: int = 0
    beeps_until: float = 0.0  # a command to the channel would wait for the beep's end, and hold up everybody's
    closing: bool = False  # nothing more is asked or said; only its end is awaited
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)  # one handler at a time
    line: asyncio.Lock = field(default_factory=asyncio.Lock)  # commands to its channel, in order


def context_of(row: DialogCall, call_id: uuid.UUID | None) -> Context:
    return Context(
        row.id, row.kind, row.subject_id, row.inbound, row.number, call_id, row.case_id, tuple(uuid.UUID(e) for e in row.elder_ids), dict(row.memory)
    )  # fmt: skip


class DialogRunner:
    def __init__(self, core: Core, dialogs: Dialogs) -> None:
        self.core, self.dialogs = core, dialogs
        self.talks: dict[uuid.UUID, Talk] = {}  # by call
        self._unended: dict[uuid.UUID, How] = {}  # whose end is not written yet
        self.said: Callable[[Talk], None] = lambda talk: None  # a sentence outside of any step is over (automatic.py)
        self.over: Callable[[], None] = lambda: None  # a line that a program had is free again (automatic.py)

    def talk_of(self, call: LiveCall) -> Talk:
        """Of a call in a dialog; an inbound one that has not begun yet is begun here."""
        return self.talks.setdefault(call.id, Talk(call.id, OF_LINE.get(call.kind, JOB_LINE), call, inbound=True))

    def shift(self, by: timedelta) -> None:
        """The clock was set: sentences and silences last as long as they would have."""
        for talk in self.talks.values():
            if talk.said_by is not None:
                talk.said_by += by
            if talk.listening and talk.listening.due is not None:
                talk.listening.due += by

    # -- beginnings ---------------------------------------------------------------------------------------------------------------

    async def called_in(self, call: LiveCall) -> None:
        """A claimed press on a job line, or on a daily line, which is not answered. Without a handler, or when anything fails, it is a press for agents."""
        talk = self.talk_of(call)
        call.guard_due = clock.now() + timedelta(seconds=self.core.timings.guard_renew)
        if self.dialogs.of(talk.kind) is None:
            await self.hand_on(talk, Step(then=Then.TO_AGENT))
            return
        if talk.kind == DAILY_LINE:
            await self._ask(talk, lambda handler, session, context: handler.begin(session, context), "received", begin=True)
            return
        if not await self.core.try_command(self.core.telephony.answer(call.channel_id or "")):
            return  # she hung up: her end is on its way
        call.voice_answered = True
        await self._ask(talk, lambda handler, session, context: handler.begin(session, context), "answered", begin=True)

    async def picked_up(self, talk: Talk) -> None:
        """The far side of an automatic call."""
        await self._ask(talk, lambda handler, session, context: handler.begin(session, context), "answered", begin=True)

    async def _begun(self, session: AsyncSession, talk: Talk) -> DialogCall:
        """An inbound dialog's row."""
        call, now = talk.call, clock.now()
        row = DialogCall(
            id=talk.dialog_id, kind=talk.kind, subject_id=None, inbound=True, number=call.caller_key or "", elder_ids=elders_of(call),
            call_id=call.id, dedupe_key=f"call:{call.id}", state=DialogState.RINGING, requested_at=call.received_at, due_at=call.received_at,
            deadline_at=now, started_at=now, step={}, memory={}, keys="", outcome="", then_number="", ring_seconds=0,
        )  # fmt: skip
        session.add(row)
        await session.flush()
        return row

    # -- asking the handler ---------------------------------------------------------------------------------------------------------

    async def _ask(self, talk: Talk, ask: Ask, event: str, *, keys: str = "", begin: bool = False) -> None:
        """One question in one transaction; then its answer is spoken."""
        async with talk.lock:
            if talk.closing:
                return
            try:
                step = await self._asked(talk, ask, event, keys=keys, begin=begin)
            except AlreadyOver:
                return
            except LeaseLost:
                self.core.lost.set()
                return
            except Exception:
                log.exception("dialog_failed", dialog_id=str(talk.dialog_id), kind=talk.kind)
                await self._failed(talk)
                return
        await self.take(talk, step)

    async def _asked(self, talk: Talk, ask: Ask, event: str, *, keys: str, begin: bool) -> Step:
        core, handler = self.core, self.dialogs.of(talk.kind)
        if handler is None:
            raise LookupError(f"no dialog answers for {talk.kind}")
        async with core.database.transaction() as session:
            await core.lease.check_epoch(session)
            row = await self._begun(session, talk) if begin and talk.inbound else await session.get_one(DialogCall, talk.dialog_id)
            context = context_of(row, talk.call.id)
            step = await ask(handler, session, context)
            if step.then == Then.TO_AGENT and step.own_case and not talk.urgent and not agent_to_spare(core):
                step = await self._called_back_instead(session, row, step)
            await session.flush()
            row = await lock_dialog(session, talk.dialog_id)
            if row.state not in ON_THE_LINE:
                raise AlreadyOver
            talk.case_id = row.case_id  # a handler may have opened one (put_dialog_on_case)
            if begin:
                move_dialog(row, DialogState.TALKING)
                row.answered_at = clock.now()
            row.step = step.row()
            row.memory = row.memory if step.keep is None else step.keep
            row.keys = f"{row.keys} {keys}".strip()
            await add_dialog_event(session, row.id, event, {"keys": keys} if keys else {})
            await add_dialog_event(session, row.id, "step", {"say": list(step.say), "then": step.then, "outcome": step.outcome})
            if step.then != Then.LISTEN:
                how = How.FINISHED if step.then == Then.HANG_UP else How.HANDED_ON
                await self._end(session, row, how, step.outcome)
        return step

    async def _called_back_instead(self, session: AsyncSession, row: DialogCall, step: Step) -> Step:
        """She did not call us: agents are there for those who do. The handler has locked her case."""
        assert row.case_id is not None
        case = await lock_case(session, row.case_id)
        await open_call_back(session, case, number=row.number, reason=AGENTS_BUSY, at=clock.now(), timings=self.core.timings)
        return replace(step, say=(AGENTS_BUSY, "dialog_goodbye"), then=Then.HANG_UP, own_case=False)

    async def _failed(self, talk: Talk) -> None:
        """Ours is the fault. A caller goes to a person; who was called hears that something went wrong."""
        await self.finish(talk.dialog_id, How.FAILED)
        if talk.inbound:
            await self.take(talk, Step(say=("dialog_sorry", *HAND_ON_STEP.say), then=Then.TO_AGENT))
        else:
            await self.take(talk, FAILED_STEP)

    # -- a step -------------------------------------------------------------------------------------------------------------------

    async def take(self, talk: Talk, step: Step) -> None:
        """A committed step: say it, and listen. A key that was kept for it answers it unsaid."""
        if not self.is_on(talk):
            return
        kept = talk.listening.kept if talk.listening else ""
        if step.then == Then.TO_AGENT:
            await self.hand_on(talk, step)
            return
        timings = self.core.timings
        talk.listening = Listening(
            step,
            timings.dialog_first_key if step.first_key is None else step.first_key,
            timings.dialog_next_key if step.next_key is None else step.next_key,
        )
        if kept and kept in step.allowed and talk.listening.key(kept, clock.now()) == Now.ANSWER:
            await self._do(talk, Now.ANSWER)
            return
        await self.say(talk, *((speech.ERROR_TONE,) if step.error else ()), *step.say)

    async def say(self, talk: Talk, *names: str) -> None:
        sounds, channel_id = speech.sayable(names), talk.call.channel_id
        if len(sounds) < len(names):
            log.info("not_recorded", names=sorted(set(names) - set(sounds)))
        if not sounds or channel_id is None:
            await self._spoken(talk)
            return
        core, seconds = self.core, speech.seconds(sounds)
        if talk.listening:
            talk.listening.speaking()
        talk.serial += 1
        playback = talk.playback = f"{PLAYBACK}{talk.call.id}-{talk.serial}"
        talk.said_by = clock.now() + timedelta(seconds=seconds + LATE)
        async with talk.line:
            if talk.playback != playback or not self.is_on(talk):
                return
            if talk.inbound:  # a sentence holds the guard's renewal up, so it is counted from the sentence's end
                await asyncio.sleep(talk.beeps_until - time.monotonic())
                await core.try_command(core.telephony.guard(channel_id, core.timings.guard + int(seconds) + 1))
            await core.try_command(core.telephony.play(channel_id, playback, *sounds))

    async def playback_finished(self, playback_id: str) -> None:
        talk = next((t for t in self.talks.values() if t.playback == playback_id), None)
        if talk is None:
            return
        if talk.inbound and talk.call.channel_id:
            self.core.spawn(self._guard(talk))
        await self._spoken(talk)

    async def _spoken(self, talk: Talk) -> None:
        talk.playback, talk.said_by = "", None
        if talk.listening:
            await self._do(talk, talk.listening.spoken(clock.now()))
        else:
            self.said(talk)

    async def _guard(self, talk: Talk) -> None:
        async with talk.line:
            await asyncio.sleep(talk.beeps_until - time.monotonic())
            if self.is_on(talk) and talk.call.channel_id and not talk.playback:
                talk.call.guard_due = clock.now() + timedelta(seconds=self.core.timings.guard_renew)
                await self.core.try_command(self.core.telephony.guard(talk.call.channel_id, self.core.timings.guard))

    # -- keys and silence -------------------------------------------------------------------------------------------------------------

    async def heard(self, channel_id: str, digit: str) -> None:
        talk = next((t for t in self.talks.values() if t.call.channel_id == channel_id), None)
        if talk is None or talk.listening is None or talk.closing:
            return
        what = talk.listening.key(digit, clock.now())
        if what == Now.NOTHING:
            return
        await self._hush(talk, beep=what != Now.WRONG)
        await self._do(talk, what)

    async def _hush(self, talk: Talk, *, beep: bool) -> None:
        """A key stops what is being said, and is heard."""
        playback, talk.playback, talk.said_by = talk.playback, "", None
        talk.serial += 1
        sound = f"{PLAYBACK}{talk.call.id}-{talk.serial}"

        async def hush() -> None:
            async with talk.line:
                if playback:
                    await self.core.try_command(self.core.telephony.stop_playing(playback))
                if beep and talk.call.channel_id:
                    talk.beeps_until = time.monotonic() + BEEP_SECONDS
                    await self.core.try_command(self.core.telephony.play(talk.call.channel_id, sound, speech.BEEP))

        self.core.spawn(hush())

    async def tick(self, call: LiveCall, now: datetime) -> None:
        """Ten times a second, for a call in a dialog."""
        talk = self.talks.get(call.id)
        if talk is None:
            return
        if talk.said_by and talk.said_by <= now:
            await self._spoken(talk)
        if talk.listening:
            await self._do(talk, talk.listening.tick(now))
        if talk.inbound and call.claimed and not talk.playback and call.guard_due and call.guard_due <= now:
            call.guard_due = now + timedelta(seconds=self.core.timings.guard_renew)
            self.core.spawn(self._guard(talk))

    async def _do(self, talk: Talk, what: Now) -> None:
        listening = talk.listening
        assert listening is not None
        match what:
            case Now.SAY_AGAIN:
                self.core.spawn(self.say(talk, *listening.step.say))
            case Now.WRONG:
                self.core.spawn(self.say(talk, speech.ERROR_TONE, *listening.step.say))
            case Now.ANSWER:
                keys = listening.entered
                self.core.spawn(
                    self._ask(talk, lambda handler, session, context: handler.on_key(session, context, keys), "keys", keys=keys)
                )
            case Now.SILENCE:
                self.core.spawn(self._ask(talk, lambda handler, session, context: handler.on_silence(session, context), "silence"))
            case Now.FINISH:
                self.end_call(talk, "finished", None)
            case _:
                pass

    # -- ends -------------------------------------------------------------------------------------------------------------------------

    async def finish(self, dialog_id: uuid.UUID, how: How) -> None:
        """Write the end and tell the handler, once; harmless when it has ended. What can't be written now is written when the database is back."""
        core = self.core
        try:
            async with core.database.transaction() as session:
                await core.lease.check_epoch(session)
                row = await session.get(DialogCall, dialog_id)
                if row is not None and row.state in OPEN:
                    await self._end(session, row, how)
        except AlreadyOver:
            pass
        except LeaseLost:
            core.lost.set()
        except Exception as error:
            log.warning("dialog_end_not_written", dialog_id=str(dialog_id), error=type(error).__name__)
            self._unended[dialog_id] = how
            return
        self._unended.pop(dialog_id, None)

    async def _end(self, session: AsyncSession, row: DialogCall, how: How, outcome: str = "") -> None:
        """`row` need not be locked yet: the handler locks what the dialog is about before."""
        if (handler := self.dialogs.of(row.kind)) is not None:
            await handler.ended(session, context_of(row, row.call_id), how)
            await session.flush()
        row = await lock_dialog(session, row.id)
        if row.state not in OPEN:
            raise AlreadyOver
        joined = row.state == DialogState.TALKING
        move_dialog(row, STATE_OF[how])
        row.outcome, row.ended_at = outcome or how, clock.now()
        await add_dialog_event(session, row.id, "ended", {"how": how, "outcome": row.outcome})
        if row.kind == CONNECT and row.case_id is not None:
            talked = round((row.ended_at - row.answered_at).total_seconds(), 1) if joined and row.answered_at else None
            data: dict[str, Any] = {"call_id": str(row.call_id), "why": how}
            await add_entry(
                session,
                row.case_id,
                "parties_parted" if joined else "parties_not_joined",
                data=data | ({"talked_s": talked} if joined else {}),
            )

    def end_call(self, talk: Talk, why: str, how: How | None, *, ended: LiveLeg | None = None) -> None:
        """The line is cleared. `how`: of the dialog; None: it has ended before."""
        core, call, now = self.core, talk.call, clock.now()
        if talk.closing or not core.is_live(call):
            return
        talk.closing, talk.listening = True, None
        self.talks.pop(call.id, None)
        legs = [ended] if ended else []
        for leg in list(call.legs.values()):
            core.end_leg(call, leg, why)
            core.hang_up_later(leg.channel_id)
            legs.append(leg)
        if talk.inbound and call.channel_id:
            core.hang_up_later(call.channel_id, HangupCause.BUSY if talk.kind == DAILY_LINE else HangupCause.NORMAL)
        call.move(CallState.ENDED)
        call.ended_at, call.end_reason = now, why
        if call.answered_at is not None:
            core.send(core.telephony.end_bridge(call.bridge_id))
        core.save(call, "ended", {"why": why}, legs=legs)
        core.forget(call)
        if how is not None:
            self._finish_later(talk, how)
        core.kick.set()
        self.over()

    def _finish_later(self, talk: Talk, how: How) -> None:
        self._unended[talk.dialog_id] = how

        async def in_turn() -> None:
            async with talk.lock:  # a handler that is being asked may end it by its own step
                await self.finish(talk.dialog_id, how)

        self.core.spawn(in_turn())

    def channel_ended(self, talk: Talk, leg: LiveLeg | None, cause: HangupCause) -> None:
        """The far side of a dialog is gone (not of a connection: automatic.py)."""
        if leg is not None:
            self.core.end_leg(talk.call, leg, cause)
        if leg is None or leg.answered_at is not None:
            self.end_call(talk, "hung_up", How.HUNG_UP, ended=leg)
        else:
            self.end_call(talk, str(cause), how_not_reached(cause), ended=leg)

    async def hand_on(self, talk: Talk, step: Step) -> None:
        """To agents, as a service press with its case, or on the case that the call was asked for (as an SOS, if it is one). The sentence is said while
        their telephones ring already.
        """
        core, call, now = self.core, talk.call, clock.now()
        talk.closing, talk.listening = True, None
        self.talks.pop(call.id, None)
        if not core.is_live(call) or call.state != CallState.DIALOG:
            return
        call.move(CallState.QUEUED)
        call.queued_at = now
        core.start_waiting(call, now)
        own_case = talk.case_id if step.as_sos or step.own_case else None
        if own_case is not None and step.as_sos:
            call.severity = Severity.E0
        call.escalate_at = next_escalation(call.rings_as, call.escalation, now, core.timings)
        numbers = candidates(call.caller_raw, core.settings) or ([call.caller_key] if call.caller_key else [])

        async def with_case(session: AsyncSession) -> None:
            if own_case is not None:
                call.case_id, call.elder_id = (
                    own_case,
                    await store.put_on_case(session, call_id=call.id, case_id=own_case, severity=call.severity),
                )
                await core.change_of(call, "handed_on", {"kind": talk.kind, "outcome": step.outcome})(session)
                return
            case = await store.give_case(
                session, call_id=call.id, kind=call.kind, caller_key=call.caller_key, numbers=numbers, elder_ids=None, at=now,
                repeat_seconds=core.timings.sos_repeat,
            )  # fmt: skip
            call.case_id, call.elder_id = case.id, case.elder_id
            await core.change_of(call, "handed_on", {"kind": talk.kind, "outcome": step.outcome})(session)

        try:
            await core.journal.write(with_case)
        except LeaseLost:
            return
        except Exception as error:  # agents are rung all the same
            log.error("handed_on_without_a_case", call_id=str(call.id), error=type(error).__name__)
        if not core.is_live(call) or not call.is_waiting:
            return
        core.kick.set()
        if call.voice_answered and call.channel_id and (sounds := speech.sayable(step.say)):
            call.playing = True
            if not await core.try_command(core.telephony.play(call.channel_id, call.playback_id, *sounds)):
                call.playing = False

    def give_up(self, call: LiveCall) -> None:
        """The PBX takes the caller over (or has taken her): an inbound dialog is at its end."""
        if (talk := self.talks.pop(call.id, None)) is not None:
            talk.closing, talk.listening = True, None
            self._finish_later(talk, How.INTERRUPTED)

    # -- after a restart ------------------------------------------------------------------------------------------------------------

    async def load(self, session: AsyncSession) -> None:
        """Conversations of the live calls on the board, from their rows; nothing is done yet."""
        calls = [call for call in self.core.board.calls.values() if call.state == CallState.DIALOG]
        rows = (await session.execute(select(DialogCall).where(DialogCall.call_id.in_([call.id for call in calls])))).scalars()
        by_call = {row.call_id: row for row in rows}
        for call in calls:
            row = by_call.get(call.id)
            if row is None:
                self.talk_of(call)  # killed between the claim and the first word
                continue
            talk = Talk(row.id, row.kind, call, row.inbound, row.then_number, row.case_id, row.urgent)
            if row.step:
                talk.listening = Listening(Step.of(row.step), self.core.timings.dialog_first_key, self.core.timings.dialog_next_key)
            self.talks[call.id] = talk

    async def take_up_inbound(self, talk: Talk) -> None:
        """The caller is still ours: the last committed step is said again. Precondition: her channel is under our control."""
        call = talk.call
        call.claimed = True
        call.guard_due = clock.now()
        if talk.listening is None:
            await self.called_in(call)
        else:
            await self.say_again(talk)

    async def say_again(self, talk: Talk) -> None:
        assert talk.listening is not None
        await self.core.try_command(self.core.telephony.stop_playing(talk.playback or f"{PLAYBACK}{talk.call.id}-0"))
        await self.take(talk, talk.listening.step)

    async def sweep(self, live_rows: list[uuid.UUID]) -> None:
        """Ends that could not be written, and conversations that no live call carries (an auditor's look)."""
        on_the_line = {talk.dialog_id for talk in self.talks.values()}
        for dialog_id, how in list(self._unended.items()):
            await self.finish(dialog_id, how)
        for dialog_id in live_rows:
            if dialog_id not in on_the_line and dialog_id not in self._unended:
                await self.finish(dialog_id, How.INTERRUPTED)

    def is_on(self, talk: Talk) -> bool:
        return self.talks.get(talk.call.id) is talk and not talk.closing


def elders_of(call: LiveCall) -> list[str]:
    return [str(call.elder_id)] if call.elder_id else list(call.shared_elder_ids)


def how_not_reached(cause: HangupCause) -> How:
    if cause in (HangupCause.BUSY, HangupCause.REJECTED):
        return How.BUSY
    return How.NO_ANSWER if cause in (HangupCause.NO_ANSWER, HangupCause.NORMAL) else How.FAILED
