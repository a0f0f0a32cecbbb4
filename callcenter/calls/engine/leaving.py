"""Who leaves a call, and what becomes of those who stay.

The rules (docs/decisions.md §15): two who talk are never cut by a third's leaving; an elder is never left in silence, she goes to the front of the queue
and to the same agent first; who is alone and no elder has nobody to wait for.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.engine.board import LiveAgent, LiveCall, LiveLeg, Who
from callcenter.calls.engine.core import Core
from callcenter.calls.engine.parties import MOST, Parties, told_of
from callcenter.calls.engine.ringing import Ringing
from callcenter.calls.rules import AGENTS, next_escalation
from callcenter.calls.states import CallState, PartyRole, Place
from callcenter.cases.actions import add_entry, own_case
from callcenter.kit import clock
from callcenter.kit.errors import Conflict
from callcenter.telephony.port import HangupCause

if TYPE_CHECKING:
    from callcenter.calls.engine.engine import Engine

TALKS = frozenset({CallState.TALKING, CallState.HELD})
GRACE = timedelta(seconds=2)  # the end of a leg's ringing is told a moment after its deadline


class Leaving:
    def __init__(self, core: Core, ringing: Ringing, parties: Parties, engine: Engine) -> None:
        self.core, self.ringing, self.parties, self.engine = core, ringing, parties, engine

    # -- the caller ---------------------------------------------------------------------------------------------------------------

    def caller_left(self, call: LiveCall, leg: LiveLeg | None) -> None:
        """Her line is gone. Others who talk with each other, or with an agent, go on; else the call is over. `leg`: hers, where we had called her."""
        core, parties = self.core, call.party_legs()
        others = len(parties) + len(call.staff_legs())
        in_company = others > 0 and others + len(call.invited()) >= 2
        if call.state not in TALKS or not (in_company or any(party.role == PartyRole.ELDER for party in parties)):
            if call.is_outbound:
                self.engine.outbound.party_ended(call, leg, HangupCause.NORMAL)
            else:
                self.engine.caller_ended(call, "hung_up")
            return
        if leg is not None:
            core.end_leg(call, leg, "hung_up")
        call.caller_left_at = clock.now()
        if call.state == CallState.HELD:
            call.move(CallState.TALKING)
        data = {"call_id": str(call.id), "role": leg.role if leg else PartyRole.ELDER, "code": leg.code if leg else "", "cause": "hung_up"}
        if leg is not None:
            data["leg_id"] = str(leg.id)
        core.save(call, "caller_left", data, legs=[leg] if leg else [], more=self.parties.entry(call, "party_left", data))
        self.settle(call)

    def end_call(self, call: LiveCall, why: str) -> None:
        """For everybody."""
        if call.caller_is_on and call.channel_id:
            self.core.hang_up_later(call.channel_id)
        if call.is_outbound:
            self.engine.outbound.finish(call, why)
        else:
            self.engine.caller_ended(call, why)

    # -- the agent ----------------------------------------------------------------------------------------------------------------

    def hang_up(self, call: LiveCall, agent: LiveAgent, *, everybody: bool) -> None:
        """The agent's click. With more than one other on the call it has to be said whether all are meant: no 120 is cut by a habit."""
        own = call.leg_of_agent(agent.id)
        if own is None:
            raise Conflict("nobody talks on this call", code="not_talking" if call.agent_id == agent.id else "not_your_call")
        if own is not call.owner_leg():
            self.core.hang_up_later(own.channel_id)
            self.parties.ended(call, own, "left", by=self.core.actor_of(agent))
        elif call.company_of(own) >= 2 and not everybody:
            raise Conflict("others are on this call: leave it, or end it for all", code="others_are_talking")
        else:
            self.end_call(call, "agent_hung_up")

    def hung_up(self, call: LiveCall, own: LiveLeg) -> None:
        """The agent put her telephone down: alone with the caller that ends the call; with more, or a supervisor who
        has barged in, it ends her own part only.
        """
        if call.company_of(own) >= 2 or (call.has_barged_in() and call.far_channels()):
            self.left(call, own, "hung_up")
        else:
            self.end_call(call, "agent_hung_up")

    def left(self, call: LiveCall, own: LiveLeg, why: str, *, to: LiveLeg | None = None) -> None:
        """The owner's leg ends, all others are together. A colleague who is on the call has it from now; `to`: rather this one."""
        core = self.core
        agent = core.board.agents.get(own.agent_id) if own.agent_id else None
        core.end_leg(call, own, why)
        core.hang_up_later(own.channel_id)
        aside = [leg for leg in call.legs.values() if leg.place == Place.CONSULT]
        held, channels = self.parties.off_hold(call, everybody=True)
        for leg in aside:
            leg.place = Place.MAIN
        heirs = sorted(call.staff_legs(), key=lambda leg: leg is not to)
        heir = core.board.agents.get(heirs[0].agent_id) if heirs and heirs[0].agent_id else None
        if heir:
            call.agent_id = heir.id
        if agent:
            core.start_wrap_up(agent)
        if len(call.far_channels()) + len(heirs) >= 2:
            core.spawn(self._together(call, channels, aside))
        kind = "transferred" if why == "transferred" else "agent_left"
        data = told_of(call, to or own, listen=False) if kind == "agent_left" else told_of(call, to or own)

        async def after(session: AsyncSession) -> None:
            if call.case_id is None:
                return
            await add_entry(session, call.case_id, kind, actor=core.actor_of(agent) if agent else None, data=data)
            if heir and not call.is_of_helper:
                await own_case(session, core.actor_of(heir), call.case_id)

        core.save(call, kind, data, legs=[own, *aside, *(leg for leg in held if leg not in aside)], more=after)
        self.settle(call, music=channels)
        core.kick.set()

    async def _together(self, call: LiveCall, held: list[str], aside: list[LiveLeg]) -> None:
        await self.parties.resume_channels(call, held)
        for leg in aside:
            await self.core.try_command(self.core.telephony.bridge(call.bridge_id, leg.channel_id))
            await self.core.try_command(self.core.telephony.end_bridge(leg.consult_id))

    def vanished(self, call: LiveCall, own: LiveLeg, cause: HangupCause) -> None:
        """A browser crashed or was reloaded: that leg only. Who talks goes on talking, who is alone waits; the same agent is rung again when the browser
        is back, and after agent_return whoever is alone goes to the front of the queue (docs/decisions.md §5).
        """
        core, now = self.core, clock.now()
        if own is not call.owner_leg():
            self.parties.ended(call, own, f"vanished_{cause}")
            return
        agent = core.board.agents.get(own.agent_id) if own.agent_id else None
        core.end_leg(call, own, f"vanished_{cause}")
        if call.is_dialling:
            self.engine.outbound.finish(call, "agent_vanished", ended=own)
            return
        if agent:
            agent.call_id = None
            core.refresh_agent(agent)
        changed = [own]
        for leg in [leg for leg in call.legs.values() if leg.place == Place.CONSULT]:  # a private talk stays private
            leg.place = Place.HELD
            changed.append(leg)
            if leg.is_ringing:
                core.end_leg(call, leg, "cancelled")
                core.hang_up_later(leg.channel_id)
            else:
                core.send(core.telephony.hold(leg.channel_id))
        call.return_until = now + timedelta(seconds=core.timings.agent_return) if agent else None
        was_held = call.state == CallState.HELD
        here = [x for x in (*call.party_legs(), *call.staff_legs()) if x.place == Place.MAIN]
        together = len(here) + call.caller_is_on + call.has_barged_in() >= 2
        if was_held:
            call.move(CallState.TALKING)
            if (leg_of_caller := call.caller_leg()) is not None:
                leg_of_caller.place = Place.MAIN
                changed.append(leg_of_caller)
        data = {"agent_id": str(own.agent_id or ""), "cause": cause}
        core.save(call, "agent_vanished", data, legs=changed)
        channels = [call.channel_id] if was_held and call.caller_is_on and call.channel_id else []
        if together:
            core.spawn(self.parties.resume_channels(call, channels))
        self.settle(call, music=channels, returns=call.return_until)
        core.kick.set()

    def did_not_return(self, call: LiveCall) -> None:
        """The others have been talking without her; a colleague among them has the call now."""
        call.return_until = None
        self.core.save(call, "agent_did_not_return")
        self.settle(call)

    # -- what becomes of those who stay ------------------------------------------------------------------------------------------

    def settle(self, call: LiveCall, *, music: list[str] | None = None, returns: datetime | None = None) -> None:
        """After somebody has left. `music`: channels that hear it still; `returns`: a vanished agent is waited for until then."""
        core = self.core
        if not core.is_live(call) or call.answered_at is None or call.state == CallState.DIALPLAN:
            return
        far, staff = call.far_channels(), call.staff_legs()
        if call.is_waiting:
            if call.waiting_channel is None:
                self.end_call(call, "parted")
            elif not any(leg.is_ringing for leg in call.legs.values()):
                self.same_agent_first(call)
        elif staff:
            self._with_staff(call, far, staff)
        elif len(far) >= 2 or (far and call.has_barged_in()):
            return  # a supervisor who has barged in speaks with her; when she leaves it is settled anew
        elif far and (returns is not None or call.invited() or self._is_elder(call, far[0])):
            self.to_the_queue(call, music=music or [], returns=returns)
        else:
            self.end_call(call, "parted")

    def _with_staff(self, call: LiveCall, far: list[str], staff: list[LiveLeg]) -> None:
        own = call.owner_leg()
        if len(far) + len(staff) + len(call.invited()) < 2:
            self.end_call(call, "parted")
        elif own is None and call.return_until is None and staff[0].agent_id in self.core.board.agents:
            self._take_on(call, self.core.board.agents[staff[0].agent_id])
        elif own and own.muted and len(far) + len(staff) == 2:
            self.core.spawn(self._unmute(call, own))  # who is left hears her, and is heard

    def _take_on(self, call: LiveCall, heir: LiveAgent) -> None:
        call.agent_id = heir.id

        async def after(session: AsyncSession) -> None:
            if call.case_id is not None and not call.is_of_helper:
                await own_case(session, self.core.actor_of(heir), call.case_id)

        self.core.save(call, "taken_on", {"agent_id": str(heir.id)}, more=after)

    def _is_elder(self, call: LiveCall, channel_id: str) -> bool:
        """Hers is the line that called in, or whose leg says so."""
        leg = call.leg_of(channel_id)
        return leg is None or leg.role == PartyRole.ELDER or (channel_id == call.channel_id and not call.is_outbound)

    def to_the_queue(self, call: LiveCall, *, music: list[str], returns: datetime | None) -> None:
        """She is alone: in front of her class, ringing in her ear, the PBX's guard set. Whoever is being called for her is waited for first, then the
        same agent, then anybody.
        """
        core, now, channel_id = self.core, clock.now(), call.waiting_channel
        if call.state == CallState.HELD:
            call.move(CallState.TALKING)
        call.move(CallState.QUEUED)
        call.in_front, call.escalation = True, AGENTS
        call.escalate_at = next_escalation(call.rings_as, AGENTS, now, core.timings) or now + timedelta(seconds=core.timings.service_duty)
        core.start_waiting(call, now)
        call.return_until = returns
        if invited := call.invited():
            call.move(CallState.OFFERED)
            call.return_until = max(leg.deadline_at for leg in invited) + GRACE
        if channel_id:
            core.spawn(self._let_wait(call, channel_id, music))
        core.save(call, "waits_again")
        if not invited and returns is None:
            self.same_agent_first(call)
        core.kick.set()

    async def _let_wait(self, call: LiveCall, channel_id: str, music: list[str]) -> None:
        telephony = self.core.telephony
        if call.is_of_trunk:
            await self.core.try_command(telephony.guard(channel_id, self.core.timings.guard))
        if channel_id in music:
            await self.core.try_command(telephony.resume(channel_id))
        await self.core.try_command(telephony.leave_bridge(call.bridge_id, channel_id))
        if call.is_waiting and not call.playing:
            await self.core.try_command(telephony.ringback(channel_id, True))

    def same_agent_first(self, call: LiveCall) -> None:
        """Who had the call is rung before anybody else, when she is there and free; she has as long as a vanished browser has."""
        core, agent = self.core, self.core.board.agents.get(call.agent_id) if call.agent_id else None
        call.return_until = None
        if agent and agent.call_id is None and core.board.ringing_for(agent.id) is None and not agent.leaving and agent.reachable:
            self.ringing.ring_again(call, agent)
            call.return_until = clock.now() + timedelta(seconds=core.timings.agent_return)
        core.kick.set()

    # -- commands -----------------------------------------------------------------------------------------------------------------

    async def transfer(self, call: LiveCall, agent: LiveAgent, *, to: str, who: Who) -> LiveLeg:
        """Blind: the agent is out at once. A caller who would be alone hears ringing; nobody answers: back to the same agent."""
        core = self.core
        async with call.moving:
            own = self.parties.own_leg(call, agent)
            if own.place == Place.CONSULT:
                raise Conflict("end the private talk first", code="consult_running")
            if call.company_of(None) >= MOST:
                raise Conflict(f"{MOST} are on this call", code="conference_full")
            leg = self.parties.new_leg(call, agent, to, who, Place.MAIN)
            data = told_of(call, leg, private=False)
            try:
                await core.journal.write(
                    core.change_of(call, "party_called", data, legs=[leg], more=lambda s: self.parties.called(s, call, leg, data, agent))
                )
            except BaseException:
                core.end_leg(call, leg, "not_written")
                core.refresh_agents({leg.agent_id})
                raise
            if leg.id not in call.legs or call.owner_leg() is not own:  # she, or the caller, has gone meanwhile
                raise Conflict("the call has changed meanwhile", code="not_talking")
            self.left(call, own, "transferred", to=leg)
        core.spawn(self.parties.ring(call, leg))
        return leg

    async def complete_transfer(self, call: LiveCall, agent: LiveAgent, leg_id: uuid.UUID) -> None:
        """Consulted: the agent leaves, the others talk. To a colleague: the call and its case are hers."""
        async with call.moving:
            own, leg = self.parties.own_leg(call, agent), self.parties.party(call, leg_id)
            if not leg.is_on:
                raise Conflict("this party has not answered yet", code="party_rings")
            self.left(call, own, "transferred", to=leg)

    async def leave(self, call: LiveCall, agent: LiveAgent, *, listen: bool) -> None:
        """`listen`: she stays and is not heard; else her leg ends. The others must have each other."""
        async with call.moving:
            own = self.parties.own_leg(call, agent)
            here = call.caller_is_on + len([x for x in (*call.party_legs(), *call.staff_legs()) if x is not own])
            if here < 2:
                raise Conflict("there are no two who could go on talking", code="nobody_to_leave_with")
            if not listen:
                self.left(call, own, "left")
                return
            if own.place == Place.CONSULT:
                raise Conflict("end the private talk first", code="consult_running")
            await self.core.telephony.mute(own.channel_id, True)
            own.muted = True
            held, channels = self.parties.off_hold(call, everybody=True)
            await self.parties.resume_channels(call, channels)
            self.parties.save(call, "agent_left", own, held, by=self.core.actor_of(agent), listen=True)

    async def come_back(self, call: LiveCall, agent: LiveAgent) -> None:
        """Who listens is heard again; who has left is rung and joins the others."""
        async with call.moving:
            own = call.owner_leg()
            if own is not None:
                await self._unmute(call, own)
                return
            if call.state not in TALKS:
                raise Conflict("this call waits for an agent", code="not_talking")
            if not agent.reachable:
                raise Conflict("your telephone is not registered", code="phone_not_ready")
            if agent.call_id is not None or self.core.board.ringing_for(agent.id) is not None:
                raise Conflict("finish the call you have first", code="agent_busy")
            self.ringing.ring_again(call, agent)

    async def _unmute(self, call: LiveCall, own: LiveLeg) -> None:
        if not own.muted:
            return
        await self.core.telephony.mute(own.channel_id, False)
        own.muted = False
        agent = self.core.board.agents.get(own.agent_id) if own.agent_id else None
        self.parties.save(call, "agent_came_back", own, by=self.core.actor_of(agent) if agent else None)
