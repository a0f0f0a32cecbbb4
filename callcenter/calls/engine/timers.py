"""The sweep, ten times a second: guards, reassurance, escalation, deadlines. What is due stands in the rows, so a restarted voice goes on with it."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from callcenter.calls.engine.board import LiveCall
from callcenter.calls.engine.core import Core
from callcenter.calls.engine.dialogs import OF_LINE
from callcenter.calls.engine.ringing import Ringing
from callcenter.calls.rules import DUTY, escalated, next_escalation
from callcenter.calls.states import AgentState, CallKind, CallState, LegState
from callcenter.kit import clock
from callcenter.telephony.port import HangupCause, TelephonyError

if TYPE_CHECKING:
    from callcenter.calls.engine.engine import Engine

log = structlog.get_logger()
SET = 2.0  # s by which the clock may run away from the steady one before somebody has set it
GRACE = timedelta(seconds=1)  # the PBX ends a leg at its deadline by itself; we only when it did not


def waits(call: LiveCall) -> bool:
    """Asked anew after every await: somebody may have picked up, or she may have hung up, meanwhile."""
    return call.is_waiting


class Timers:
    def __init__(self, core: Core, ringing: Ringing, engine: Engine) -> None:
        self.core, self.ringing, self.engine = core, ringing, engine
        self._next_sweep = 0.0
        self._sweeping = False
        self._last: tuple[datetime, float] | None = None

    def mind_the_clock(self, now: datetime) -> None:
        """A machine's clock may be set at any moment. What waits here waits as long as it would have: an SOS is not escalated five minutes late, and no
        guard runs out because the clock was put back."""
        steady = clock.steady()
        last, self._last = self._last, (now, steady)
        if last is None or abs(by := (now - last[0]).total_seconds() - (steady - last[1])) < SET:
            return
        core, moved = self.core, timedelta(seconds=by)
        log.warning("clock_was_set", seconds=round(by, 1), calls=len(core.board.calls))
        for agent in core.board.agents.values():
            agent.shift(moved)
            if agent.wrap_up_until is not None:
                core.refresh_agent(agent, publish=True)
        self.engine.dialogs.shift(moved)
        for call in core.board.calls.values():
            call.shift(moved)
            core.save(call, "clock_was_set", {"seconds": round(by, 1)})

    async def tick(self, now: datetime) -> None:
        core = self.core
        self.mind_the_clock(now)
        database_lost = core.journal.behind() > core.timings.database_lost
        for call in list(core.board.calls.values()):
            if call.state == CallState.DIALOG:
                if database_lost and call.kind in OF_LINE and call.claimed:
                    log.error("database_lost_call_released", call_id=str(call.id))
                    self.engine.release(call, "database_lost")
                    continue
                await self.engine.dialogs.tick(call, now)
            elif call.is_waiting and call.claimed and not call.is_dialling:
                if database_lost and call.is_of_trunk:
                    log.error("database_lost_call_released", call_id=str(call.id))
                    self.engine.release(call, "database_lost")
                    continue
                self.waiting(call, now)
            elif call.return_until and call.return_until <= now and call.state == CallState.TALKING:
                self.engine.leaving.did_not_return(call)
            self.leg_deadlines(call, now)
        for agent in core.board.agents.values():
            if agent.state == AgentState.WRAP_UP and agent.wrap_up_until and agent.wrap_up_until <= now:
                core.refresh_agent(agent)
        if time.monotonic() >= self._next_sweep and not self._sweeping:
            self._next_sweep = time.monotonic() + 1.0
            self._sweeping = True
            core.spawn(self._sweep())

    async def _sweep(self) -> None:
        try:
            await self.engine.people.sweep()
        except Exception as error:
            log.warning("people_not_read", error=type(error).__name__)
        finally:
            self._sweeping = False

    def waiting(self, call: LiveCall, now: datetime) -> None:
        core = self.core
        if call.guard_due and call.guard_due <= now and call.channel_id and call.is_of_trunk and not call.playing:
            call.guard_due = now + timedelta(seconds=core.timings.guard_renew)
            core.send(core.telephony.guard(call.channel_id, core.timings.guard))
        if call.return_until and call.return_until <= now:
            call.return_until = None
            core.save(call, "agent_did_not_return")
            core.kick.set()
        if call.reassure_at and call.reassure_at <= now and not call.playing:
            call.reassure_at = now + timedelta(seconds=core.timings.reassure_every)
            call.tried.clear()  # who let it ring or declined may be asked again
            call.refused.clear()
            core.spawn(self.reassure(call))
            core.kick.set()
        if call.escalate_at and call.escalate_at <= now:
            call.escalation = escalated(call.rings_as, call.escalation)
            call.escalate_at = next_escalation(call.rings_as, call.escalation, call.received_at, core.timings)
            core.save(call, "escalated", {"to": call.escalation})
            core.kick.set()
        if call.escalation >= DUTY:
            self.ringing.ring_duty(call)
            if call.is_of_trunk and self.nobody_is_there(call, now):
                log.warning("nobody_is_there", call_id=str(call.id))
                self.engine.release(call, "nobody_is_there")

    def nobody_is_there(self, call: LiveCall, now: datetime) -> bool:
        """No console is alive, and the duty telephones have had their turn."""
        core = self.core
        if any(agent.console_alive for agent in core.board.agents.values()):
            return False
        waited = self.ringing.waiting_seconds(call, now)
        duty_had_their_turn = call.duty_next > len(core.duty_numbers) or not core.duty_numbers
        return waited >= core.timings.nobody and duty_had_their_turn

    def leg_deadlines(self, call: LiveCall, now: datetime) -> None:
        for leg in list(call.legs.values()):
            if leg.state == LegState.RINGING and leg.deadline_at + GRACE <= now:
                self.core.hang_up_later(leg.channel_id)
                self.engine.on_ended(leg.channel_id, HangupCause.NO_ANSWER)

    # -- what the caller hears -----------------------------------------------------------------------------------------------------

    async def reassure(self, call: LiveCall) -> None:
        """ "收到了,马上接通,别挂。" for an SOS, for a service call the word that somebody comes.

        While a sentence is played the PBX takes no guard for the channel (Asterisk waits for the end of it and holds up all other commands
        meanwhile), so it is renewed just before and just after.
        """
        core, telephony, channel_id = self.core, self.core.telephony, call.waiting_channel
        if channel_id is None:
            return
        first = not call.voice_answered and call.answered_at is None
        try:
            if first:
                await telephony.answer(channel_id)
                if not waits(call):
                    return
                call.voice_answered = True
                core.save(call, "reassured")
            else:
                await core.try_command(telephony.ringback(channel_id, False))
            if not waits(call):
                return
            if call.is_of_trunk:
                await core.try_command(telephony.guard(channel_id, core.timings.guard))
            if not waits(call):
                return
            call.playing = True
            await telephony.play(channel_id, call.playback_id, "waiting_sos" if call.rings_as == CallKind.SOS else "waiting_service")
        except TelephonyError as error:
            call.playing = False
            log.info("not_reassured", call_id=str(call.id), error=type(error).__name__)

    async def playback_finished(self, playback_id: str) -> None:
        """Between two sentences the caller hears ringing again, not a dead line."""
        if not playback_id.startswith("wait-"):
            return
        for call in self.core.board.calls.values():
            if call.playback_id == playback_id:
                call.playing = False
                if call.is_waiting and (channel_id := call.waiting_channel):
                    if call.is_of_trunk:
                        self.core.send(self.core.telephony.guard(channel_id, self.core.timings.guard))
                    self.core.send(self.core.telephony.ringback(channel_id, True))
                return
