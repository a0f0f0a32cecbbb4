"""The sweep, ten times a second: guards, reassurance, escalation, deadlines. What is due stands in the rows, so a restarted voice goes on with it."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from callcenter.calls.engine.board import LiveCall
from callcenter.calls.engine.core import Core
from callcenter.calls.engine.ringing import Ringing
from callcenter.calls.rules import DUTY, escalated, next_escalation
from callcenter.calls.states import AgentState, CallKind, LegState
from callcenter.telephony.port import HangupCause, TelephonyError

if TYPE_CHECKING:
    from callcenter.calls.engine.engine import Engine

log = structlog.get_logger()
GRACE = timedelta(seconds=1)  # the PBX ends a leg at its deadline by itself; we only when it did not


def waits(call: LiveCall) -> bool:
    """Asked anew after every await: somebody may have picked up, or she may have hung up, meanwhile."""
    return call.is_waiting


class Timers:
    def __init__(self, core: Core, ringing: Ringing, engine: Engine) -> None:
        self.core, self.ringing, self.engine = core, ringing, engine
        self._next_sweep = 0.0
        self._sweeping = False

    async def tick(self, now: datetime) -> None:
        core = self.core
        database_lost = core.journal.behind() > core.timings.database_lost
        for call in list(core.board.calls.values()):
            if call.is_waiting and call.claimed and not call.is_outbound:
                if database_lost:
                    log.error("database_lost_call_released", call_id=str(call.id))
                    self.engine.release(call, "database_lost")
                    continue
                self.waiting(call, now)
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
        if call.guard_due and call.guard_due <= now and call.channel_id and not call.playing:
            call.guard_due = now + timedelta(seconds=core.timings.guard_renew)
            core.spawn(core.try_command(core.telephony.guard(call.channel_id, core.timings.guard)))
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
            call.escalation = escalated(call.kind, call.escalation)
            call.escalate_at = next_escalation(call.kind, call.escalation, call.received_at, core.timings)
            core.save(call, "escalated", {"to": call.escalation})
            core.kick.set()
        if call.escalation >= DUTY:
            self.ringing.ring_duty(call)
            if self.nobody_is_there(call, now):
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
        core, telephony = self.core, self.core.telephony
        assert call.channel_id is not None
        first = not call.voice_answered
        try:
            if first:
                await telephony.answer(call.channel_id)
                if not waits(call):
                    return
                call.voice_answered = True
                core.save(call, "reassured")
            else:
                await core.try_command(telephony.ringback(call.channel_id, False))
            if not waits(call):
                return
            await core.try_command(telephony.guard(call.channel_id, core.timings.guard))
            if not waits(call):
                return
            call.playing = True
            await telephony.play(call.channel_id, call.playback_id, "waiting_sos" if call.kind == CallKind.SOS else "waiting_service")
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
                if call.is_waiting and call.channel_id:
                    self.core.spawn(self.core.try_command(self.core.telephony.guard(call.channel_id, self.core.timings.guard)))
                    self.core.spawn(self.core.try_command(self.core.telephony.ringback(call.channel_id, True)))
                return
