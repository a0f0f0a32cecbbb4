"""Several parties on one call: called in by an agent's click, heard while they ring, put on hold, spoken with in private, joined, let go.

A party is a leg: a row with a deadline before the PBX is touched, dialled once. Whatever became of it (busy, no answer, rejected …) stands on the row,
in the case's timeline and in the call's view; a second try is a second click. Who leaves a call, and what becomes of those who stay: leaving.py.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.calls import store
from callcenter.calls.engine.board import LiveAgent, LiveCall, LiveLeg, Who
from callcenter.calls.engine.core import Core
from callcenter.calls.engine.journal import Change
from callcenter.calls.engine.ringing import Ringing
from callcenter.calls.states import AgentState, CallState, LegKind, LegState, PartyRole, Place
from callcenter.cases.actions import add_entry, own_case
from callcenter.kit import clock
from callcenter.kit.errors import Conflict, Invalid, NotFound
from callcenter.kit.ids import new_id
from callcenter.kit.phone import normalise
from callcenter.telephony.port import HangupCause, TelephonyError

if TYPE_CHECKING:
    from callcenter.calls.engine.engine import Engine

log = structlog.get_logger()
MOST = 6  # in one conversation, with the caller and the agent, and whoever still rings; a supervisor who listens is not counted


def told_of(call: LiveCall, leg: LiveLeg, **more: Any) -> dict[str, Any]:
    """What the timeline says of a party: who she is to the call, never a name or a number."""
    data: dict[str, Any] = {"call_id": str(call.id), "leg_id": str(leg.id), "role": leg.role, "code": leg.code}
    if leg.agent_id:
        data["agent_id"] = str(leg.agent_id)
    return data | more


class Parties:
    def __init__(self, core: Core, ringing: Ringing, engine: Engine) -> None:
        self.core, self.ringing, self.engine = core, ringing, engine
        ringing.overtaken = lambda call, leg: self.ended(call, leg, "overtaken")

    # -- small tools ------------------------------------------------------------------------------------------------------------

    def asker(self, leg: LiveLeg) -> Actor | None:
        agent = self.core.board.agents.get(leg.asked_by_id) if leg.asked_by_id else None
        return self.core.actor_of(agent) if agent else None

    def entry(self, call: LiveCall, kind: str, data: dict[str, Any], *, by: Actor | None = None) -> Change:
        async def write(session: AsyncSession) -> None:
            if call.case_id is not None:
                await add_entry(session, call.case_id, kind, actor=by, data=data)

        return write

    def save(self, call: LiveCall, kind: str, leg: LiveLeg, legs: Sequence[LiveLeg] = (), *, by: Actor | None = None, **more: Any) -> None:
        """What happened to a party: the call's state, an event and the same word in the timeline."""
        data = told_of(call, leg, **more)
        self.core.save(call, kind, data, legs=[leg, *(x for x in legs if x is not leg)], more=self.entry(call, kind, data, by=by))

    def own_leg(self, call: LiveCall, agent: LiveAgent) -> LiveLeg:
        """The agent's own, while she talks on her call."""
        leg = call.owner_leg()
        if leg is None or leg.agent_id != agent.id or call.answered_at is None or call.state not in (CallState.TALKING, CallState.HELD):
            raise Conflict("you do not talk on this call", code="not_talking")
        return leg

    def party(self, call: LiveCall, leg_id: uuid.UUID) -> LiveLeg:
        leg = call.legs.get(leg_id)
        if leg is None or leg.kind == LegKind.SUPERVISOR or leg is call.owner_leg() or not (leg.is_called_in or leg.is_on):
            raise NotFound("this party is not on the call any more", code="party_gone")
        return leg

    # -- calling somebody in ----------------------------------------------------------------------------------------------------

    def new_leg(self, call: LiveCall, agent: LiveAgent, to: str, who: Who, place: Place) -> LiveLeg:
        """On the board, its deadline set. Invalid, Conflict: nobody can be called there, or not now."""
        kind, _, target = to.partition(":")
        if kind == "agent":
            other = self.core.board.agents.get(uuid.UUID(target))
            if other is None or other.id == agent.id or other.state != AgentState.IDLE or not other.reachable or other.leaving:
                raise Conflict("this colleague is not free", code="agent_not_free")
            return self._leg(call, agent, who, place, LegKind.AGENT, agent_id=other.id)
        number = normalise(target, self.core.settings) if kind == "number" else None
        if number is None or not number.is_dialable:
            raise Invalid("this is no number that can be dialled", code="number_not_dialable")
        if any(leg.number == number.value for leg in call.legs.values()):
            raise Conflict("this number is on the call, or is being called, already", code="already_on_call")
        return self._leg(call, agent, who, place, LegKind.PARTY, number=number.value)

    def _leg(
        self,
        call: LiveCall,
        agent: LiveAgent,
        who: Who,
        place: Place,
        kind: LegKind,
        *,
        agent_id: uuid.UUID | None = None,
        number: str = "",
    ) -> LiveLeg:
        now = clock.now()
        leg = LiveLeg(
            new_id(), call.id, kind, agent_id, number, LegState.RINGING, now, now + timedelta(seconds=self.ringing.ring_seconds(call, kind)),
            role=PartyRole.AGENT if kind == LegKind.AGENT else who.role, code=who.code, ref_id=who.ref_id, asked_by_id=agent.id, place=place,
        )  # fmt: skip
        call.legs[leg.id] = leg
        self.core.refresh_agents({agent_id})
        return leg

    async def add(self, call: LiveCall, agent: LiveAgent, *, to: str, who: Who, private: bool) -> LiveLeg:
        """Called in beside the caller, or, `private`, to be spoken with alone first. Returns when it is being dialled."""
        async with call.moving:
            own = self.own_leg(call, agent)
            if own.place == Place.CONSULT:
                raise Conflict("end the private talk first", code="consult_running")
            if call.company_of(None) >= MOST:
                raise Conflict(f"{MOST} are on this call", code="conference_full")
            leg = self.new_leg(call, agent, to, who, Place.CONSULT if private else Place.MAIN)
            changed, undo = [leg, own], call.state
            if private:
                own.place = Place.CONSULT
                changed += self._set_aside(call, own)
            data = told_of(call, leg, private=private)
            try:
                await self.core.journal.write(
                    self.core.change_of(call, "party_called", data, legs=changed, more=lambda s: self.called(s, call, leg, data, agent))
                )
            except BaseException:
                self.core.end_leg(call, leg, "not_written")
                for moved in changed[1:]:
                    moved.place = Place.MAIN
                if call.state != undo:
                    call.move(undo)
                self.core.refresh_agents({leg.agent_id})
                raise
            if private:
                await self._go_aside(call, own, leg, changed)
        self.core.spawn(self.ring(call, leg))
        return leg

    async def called(self, session: AsyncSession, call: LiveCall, leg: LiveLeg, data: dict[str, Any], agent: LiveAgent) -> None:
        if call.case_id is not None:
            await add_entry(session, call.case_id, "party_called", actor=self.core.actor_of(agent), data=data)
        if leg.agent_id is not None:
            await self.ringing.write_grants(session, call, [leg])

    def _set_aside(self, call: LiveCall, own: LiveLeg) -> list[LiveLeg]:
        """Who would be alone in the call's bridge while this agent is aside hears music: the caller, or one party. Two who are there together go on
        talking: an elder is not taken from 120. On the board only; returns the changed leg, if one is.
        """
        caller = call.caller_is_on and call.state == CallState.TALKING
        there = [x for x in (*call.party_legs(), *call.staff_legs()) if x is not own and x.place == Place.MAIN]
        if caller and not there:
            call.move(CallState.HELD)
            there = [leg] if (leg := call.caller_leg()) else []
        elif caller or len(there) != 1:
            return []
        for leg in there:
            leg.place = Place.HELD
        return there

    async def _go_aside(self, call: LiveCall, own: LiveLeg, leg: LiveLeg, changed: Sequence[LiveLeg]) -> None:
        telephony, channels = self.core.telephony, [x.channel_id for x in changed if x.place == Place.HELD]
        if call.state == CallState.HELD and call.channel_id and call.channel_id not in channels:
            channels.append(call.channel_id)
        for channel_id in channels:
            await self.core.try_command(telephony.hold(channel_id))
        await self.core.try_command(telephony.leave_bridge(call.bridge_id, own.channel_id))
        if leg.is_ringing:
            await self.core.try_command(telephony.ringback(own.channel_id, True))

    async def ring(self, call: LiveCall, leg: LiveLeg) -> None:
        """Into the bridge where it is waited for, so that its exchange is heard. When nobody is there (a transfer): plainly."""
        core = self.core
        if leg.id not in call.legs:  # ended before it was dialled
            return
        agent = core.board.agents.get(leg.agent_id) if leg.agent_id else None
        into = leg.consult_id if leg.place == Place.CONSULT else call.bridge_id if call.state in (CallState.TALKING, CallState.HELD) else ""
        try:
            if into and not agent:
                await core.telephony.bridge(into, beside=call.channel_id or "")
            await core.telephony.ring(
                leg.channel_id,
                f"account:{agent.account}" if agent else f"number:{leg.number}",
                caller=(call.caller_raw or "anonymous") if agent else core.centre.text("hotline"),
                caller_name=call.kind.upper() if agent else "",
                timeout=max(1.0, (leg.deadline_at - clock.now()).total_seconds()),
                headers={"X-OneKey-Call": str(call.id)} if agent else None,
                into="" if agent else into,
                beside=call.channel_id or "",
            )
        except TelephonyError as error:
            log.warning("party_not_rung", call_id=str(call.id), leg_id=str(leg.id), error=type(error).__name__)
            core.hang_up_later(leg.channel_id)  # it may ring all the same
            if leg.id in call.legs:
                self.ended(call, leg, HangupCause.FAILED)
            return
        if leg.state == LegState.ENDED:  # ended while the PBX was starting it
            core.hang_up_later(leg.channel_id)

    # -- what the PBX tells -----------------------------------------------------------------------------------------------------

    async def early(self, channel_id: str) -> None:
        """Its exchange speaks. An agent who waits for it alone, with ringing in her ear, is put where it is heard."""
        found = self.core.board.by_channel(channel_id)
        if found is None or found[1] is None or not found[1].is_ringing or found[1].early_at is not None:
            return
        call, leg = found[0], found[1]
        leg.early_at = clock.now()
        self.core.save(call, "early", {"leg_id": str(leg.id)}, legs=[leg])
        own = call.owner_leg()
        if own and (call.is_dialling or (leg.place == own.place == Place.CONSULT)):
            await self.core.try_command(self.core.telephony.ringback(own.channel_id, False))
            await self.core.try_command(self.core.telephony.bridge(self.bridge_of(call, leg), own.channel_id))

    def bridge_of(self, call: LiveCall, leg: LiveLeg) -> str:
        return leg.consult_id if leg.place == Place.CONSULT else call.bridge_id

    async def answered(self, call: LiveCall, leg: LiveLeg) -> None:
        """Into the call, or into the private talk that she was called for. A colleague who answers a call that nobody of ours is on has it."""
        core, now = self.core, clock.now()
        leg.state, leg.answered_at = LegState.ANSWERED, now
        own = call.owner_leg()
        if leg.place == Place.CONSULT and (own is None or own.place != Place.CONSULT):
            leg.place = Place.MAIN  # who wanted to speak with her alone is back with the others, or gone
        agent = core.board.agents.get(leg.agent_id) if leg.agent_id else None
        again = agent is not None and not leg.is_called_in
        takes_it = agent is not None and own is None
        if agent:
            agent.call_id = call.id
            core.refresh_agent(agent)
        if takes_it:
            call.agent_id, call.return_until = leg.agent_id, None
        if call.is_waiting:
            await self._out_of_the_queue(call, leg)
        elif leg.place == Place.CONSULT and own:
            await core.try_command(core.telephony.ringback(own.channel_id, False))
            await core.try_command(core.telephony.bridge(leg.consult_id, own.channel_id, leg.channel_id))
        else:
            await core.try_command(core.telephony.bridge(call.bridge_id, leg.channel_id))
        actor = core.actor_of(agent) if agent else self.asker(leg)
        data = told_of(call, leg, place=leg.place)
        kind = "joined_again" if again else "party_joined"

        async def after(session: AsyncSession) -> None:
            if call.case_id is None:
                return
            await add_entry(session, call.case_id, kind, actor=actor, data=data)
            if takes_it and agent:
                await own_case(session, core.actor_of(agent), call.case_id)

        core.save(call, kind, data, legs=[leg], more=after)

    async def _out_of_the_queue(self, call: LiveCall, leg: LiveLeg) -> None:
        """The caller waited for just this one (a transfer to a number outside), or was left alone while it rang."""
        core, telephony, channel_id = self.core, self.core.telephony, call.waiting_channel
        call.move(CallState.TALKING)
        call.in_front, call.return_until, call.reassure_at, call.escalate_at, call.guard_due = False, None, None, None, None
        losers = core.end_ringing_legs(call, "answered_by_other", but_called_in=True)
        core.refresh_agents({loser.agent_id for loser in losers})
        if losers:
            core.save(call, "", legs=losers)
        if channel_id is None:
            return
        if call.playing:
            call.playing = False
            await core.try_command(telephony.stop_playing(call.playback_id))
        await core.try_command(telephony.ringback(channel_id, False))
        await core.try_command(telephony.bridge(call.bridge_id, channel_id, leg.channel_id))
        if call.is_of_trunk:
            await core.try_command(telephony.guard(channel_id, 0))

    def ended(self, call: LiveCall, leg: LiveLeg, cause: str, *, by: Actor | None = None) -> None:
        """A party is gone, or did not come. Whoever was alone with her is back with the caller; what becomes of the rest: leaving.settle."""
        core, was_on, was_aside = self.core, leg.is_on, leg.place == Place.CONSULT
        core.end_leg(call, leg, cause)
        agent = core.board.agents.get(leg.agent_id) if leg.agent_id else None
        if agent and agent.call_id == call.id:
            core.start_wrap_up(agent)
        core.refresh_agents({leg.agent_id})
        changed = [leg]
        own = call.owner_leg()
        if was_aside and own and own.place == Place.CONSULT:
            changed += self.back_to_main(call, own)
        if was_aside:
            core.send(core.telephony.end_bridge(leg.consult_id))
        if call.state == CallState.OFFERED and not any(x.is_ringing for x in call.legs.values()):
            call.move(CallState.QUEUED)
        kind, data = "party_left" if was_on else "party_failed", told_of(call, leg, cause=str(cause))

        async def after(session: AsyncSession) -> None:
            if call.case_id is not None:
                await add_entry(session, call.case_id, kind, actor=by, data=data)
            if leg.agent_id:
                await store.end_grant_of(session, call_id=call.id, agent_id=leg.agent_id, at=clock.now())

        core.save(call, kind, data, legs=changed, more=after)
        self.engine.leaving.settle(call)
        core.kick.set()

    # -- from bridge to bridge ----------------------------------------------------------------------------------------------------

    def back_to_main(self, call: LiveCall, own: LiveLeg) -> list[LiveLeg]:
        """The agent is with the others again; who heard music for want of her hears her. Returns the changed legs, to be saved."""
        own.place = Place.MAIN
        legs, channels = self.off_hold(call)

        async def move() -> None:
            await self.core.try_command(self.core.telephony.ringback(own.channel_id, False))
            await self.core.try_command(self.core.telephony.bridge(call.bridge_id, own.channel_id))
            await self.resume_channels(call, channels)

        self.core.spawn(move())
        return [own, *legs]

    def off_hold(self, call: LiveCall, *, everybody: bool = False) -> tuple[list[LiveLeg], list[str]]:
        """The caller, and when she is gone (or `everybody`) whoever is on hold, counts as talking again. On the board only: the changed legs, and the
        channels for `resume_channels`.
        """
        held = [leg for leg in call.legs.values() if leg.is_on and leg.place == Place.HELD]
        if call.caller_is_on and not everybody:
            held = [leg for leg in held if leg.channel_id == call.channel_id]
        for leg in held:
            leg.place = Place.MAIN
        channels = [leg.channel_id for leg in held]
        if call.state == CallState.HELD:
            call.move(CallState.TALKING)
            if call.caller_is_on and call.channel_id and call.channel_id not in channels:
                channels.insert(0, call.channel_id)
        return held, channels

    async def resume_channels(self, call: LiveCall, channels: Sequence[str]) -> None:
        """Music off and into the call's bridge."""
        for channel_id in channels:
            await self.core.try_command(self.core.telephony.resume(channel_id))
            await self.core.try_command(self.core.telephony.bridge(call.bridge_id, channel_id))

    async def join(self, call: LiveCall, agent: LiveAgent, leg_id: uuid.UUID) -> None:
        """All together: the private talk is over, the caller is there again."""
        async with call.moving:
            own, leg = self.own_leg(call, agent), self.party(call, leg_id)
            if leg.place != Place.CONSULT:
                raise Conflict("this party is with the others already", code="not_in_private")
            leg.place = Place.MAIN
            changed = self.back_to_main(call, own)
            self.save(call, "party_joined" if leg.is_on else "party_called", leg, changed, by=self.core.actor_of(agent), place=Place.MAIN)
            await self.core.try_command(self.core.telephony.bridge(call.bridge_id, leg.channel_id))
            self.core.send(self.core.telephony.end_bridge(leg.consult_id))

    async def hold(self, call: LiveCall, agent: LiveAgent, leg_id: uuid.UUID) -> None:
        async with call.moving:
            self.own_leg(call, agent)
            leg = self.party(call, leg_id)
            if not leg.is_on or leg.place != Place.MAIN:
                raise Conflict("only who talks can be put on hold", code="not_talking")
            await self.core.telephony.hold(leg.channel_id)
            leg.place = Place.HELD
            if leg is call.caller_leg() and call.state == CallState.TALKING:
                call.move(CallState.HELD)
            self.core.save(call, "party_held", told_of(call, leg), legs=[leg])

    async def resume(self, call: LiveCall, agent: LiveAgent, leg_id: uuid.UUID) -> None:
        async with call.moving:
            self.own_leg(call, agent)
            leg = self.party(call, leg_id)
            if leg.place != Place.HELD:
                raise Conflict("this party is not on hold", code="not_on_hold")
            await self.core.telephony.resume(leg.channel_id)
            await self.core.try_command(self.core.telephony.bridge(call.bridge_id, leg.channel_id))
            leg.place = Place.MAIN
            if leg is call.caller_leg() and call.state == CallState.HELD:
                call.move(CallState.TALKING)
            self.core.save(call, "party_resumed", told_of(call, leg), legs=[leg])

    async def drop(self, call: LiveCall, agent: LiveAgent, leg_id: uuid.UUID) -> None:
        async with call.moving:
            self.own_leg(call, agent)
            leg = self.party(call, leg_id)
            self.core.hang_up_later(leg.channel_id)
            if leg is call.caller_leg():
                self.engine.leaving.caller_left(call, leg)
            else:
                self.ended(call, leg, "dropped" if leg.is_on else "cancelled", by=self.core.actor_of(agent))
