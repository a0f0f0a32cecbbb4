"""A supervisor on an agent's call: she listens, whispers to the agent, or barges in. Her own telephone is rung; nobody's line is touched for it.

She hears the agent's line through an ear (the port's `listen`), in a bridge of her own; to barge in she joins the call's main bridge. A mode is changed by a
new ear before the old one goes, so she misses nothing. She is no side of the conversation: whether it goes on does not depend on her. One exception: an elder
with whom she speaks, having barged in, is put into the queue only when she leaves, should the agent's telephone die. The agent sees her among the parties, the
case tells who listened, when and how, and each is written down.
"""

from __future__ import annotations

import secrets
import uuid
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, cast

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.audit import audit
from callcenter.calls.engine.board import BARGE, LiveAgent, LiveCall, LiveLeg
from callcenter.calls.engine.core import Core
from callcenter.calls.engine.journal import Change
from callcenter.calls.states import AgentState, CallState, LegKind, LegState, PartyRole
from callcenter.cases.actions import add_entry
from callcenter.kit import clock
from callcenter.kit.errors import Conflict, NotFound
from callcenter.kit.ids import new_id
from callcenter.telephony.port import HangupCause, Live, TelephonyError

if TYPE_CHECKING:
    from callcenter.calls.engine.engine import Engine

log = structlog.get_logger()
EAR, ROOM = "ear-", "supervise-"  # the channel that hears, and the bridge with the supervisor
TALKS = frozenset({CallState.TALKING, CallState.HELD})
FREE = frozenset({AgentState.IDLE, AgentState.PAUSED})


class Mode(StrEnum):
    LISTEN = "listen"
    WHISPER = "whisper"  # the agent hears her, the elder does not
    BARGE = BARGE  # everybody hears her


def room_of(leg: LiveLeg) -> str:
    return f"{ROOM}{leg.id}"


class Supervision:
    def __init__(self, core: Core, engine: Engine) -> None:
        self.core, self.engine = core, engine
        self._legs: dict[uuid.UUID, LiveLeg] = {}  # of supervisors, until all that is theirs on the PBX is gone
        core.followers.append(self.follow)

    # -- what she asks for ----------------------------------------------------------------------------------------------------------

    async def listen(self, call: LiveCall, supervisor: LiveAgent, mode: Mode) -> LiveLeg:
        """Her telephone rings. Conflict: there is nobody to listen to, or she can't now."""
        if call.state not in TALKS or call.owner_leg() is None:
            raise Conflict("nobody of ours talks on this call", code="not_talking")
        if call.leg_of_agent(supervisor.id) is not None:
            raise Conflict("you talk on this call yourself", code="own_call")
        if not supervisor.reachable:
            raise Conflict("your telephone is not registered", code="phone_not_ready")
        if supervisor.state not in FREE or supervisor.call_id is not None:
            raise Conflict("finish the call you have first", code="agent_busy")
        now = clock.now()
        leg = LiveLeg(
            new_id(), call.id, LegKind.SUPERVISOR, supervisor.id, "", LegState.RINGING, now, now + timedelta(seconds=self.core.timings.service_ring),
            role=PartyRole.SUPERVISOR, mode=mode,
        )  # fmt: skip
        call.legs[leg.id] = leg
        self.core.refresh_agent(supervisor)
        try:
            await self.core.journal.write(self.core.change_of(call, "supervisor_called", {"leg_id": str(leg.id), "mode": mode}, legs=[leg]))
        except BaseException:
            self.core.end_leg(call, leg, "not_written")
            self.core.refresh_agent(supervisor)
            raise
        self.core.spawn(self._ring(call, leg, supervisor))
        return leg

    async def _ring(self, call: LiveCall, leg: LiveLeg, supervisor: LiveAgent) -> None:
        core = self.core
        if leg.id not in call.legs:
            return
        try:
            await core.telephony.ring(
                leg.channel_id, f"account:{supervisor.account}", caller=core.centre.text("hotline"), caller_name="SUPERVISOR",
                timeout=max(1.0, (leg.deadline_at - clock.now()).total_seconds()), headers={"X-OneKey-Call": str(call.id)},
                beside=call.channel_id or "",
            )  # fmt: skip
        except TelephonyError as error:
            log.warning("supervisor_not_rung", call_id=str(call.id), error=type(error).__name__)
            core.hang_up_later(leg.channel_id)
            self.ended(call, leg, HangupCause.FAILED)
            return
        if leg.state == LegState.ENDED:
            core.hang_up_later(leg.channel_id)

    async def set_mode(self, call: LiveCall, supervisor: LiveAgent, mode: Mode) -> None:
        leg = self._own(call, supervisor)
        if leg.state != LegState.ANSWERED:
            raise Conflict("your telephone has not been picked up yet", code="not_listening")
        if leg.mode == mode:
            return
        if call.state not in TALKS or call.owner_leg() is None:
            raise Conflict("nobody of ours talks on this call", code="not_talking")
        before, leg.mode = leg.mode, mode
        if not await self._place(call, leg):
            leg.mode = before
            raise Conflict("the call has just changed; try again", code="not_listening")
        self._told(call, leg, "supervisor_listens")

    def stop(self, call: LiveCall, supervisor: LiveAgent) -> None:
        leg = self._own(call, supervisor)
        self.core.hang_up_later(leg.channel_id)
        self.ended(call, leg, "left")

    def _own(self, call: LiveCall, supervisor: LiveAgent) -> LiveLeg:
        found = (leg for leg in call.legs.values() if leg.kind == LegKind.SUPERVISOR and leg.agent_id == supervisor.id)
        leg = next(found, None)
        if leg is None:
            raise NotFound("you do not listen to this call", code="not_listening")
        return leg

    # -- what the PBX tells -----------------------------------------------------------------------------------------------------------

    async def answered(self, call: LiveCall, leg: LiveLeg) -> None:
        leg.state, leg.answered_at = LegState.ANSWERED, clock.now()
        if call.state not in TALKS or not await self._place(call, leg):
            self.core.hang_up_later(leg.channel_id)
            self.ended(call, leg, "too_late")
            return
        self._take(call, leg)
        self._told(call, leg, "supervisor_listens")

    def _take(self, call: LiveCall, leg: LiveLeg) -> None:
        self._legs[leg.id] = leg
        if agent := self.core.board.agents.get(leg.agent_id) if leg.agent_id else None:
            agent.listens = call.id
            self.core.refresh_agent(agent)

    def ended(self, call: LiveCall, leg: LiveLeg, cause: str) -> None:
        """She is gone, or did not come. Nobody else is touched, but whom she leaves alone."""
        self.core.end_leg(call, leg, cause)
        self._clear(leg)
        if leg.answered_at is None:
            self.core.save(call, "supervisor_not_reached", {"cause": str(cause)}, legs=[leg])
        else:
            self._told(call, leg, "supervisor_left")
        if leg.mode == Mode.BARGE and call.owner_leg() is None:  # who had her alone is not left in silence
            self.engine.leaving.settle(call, returns=call.return_until)

    def ear_ended(self, channel_id: str) -> None:
        """Whom she heard is gone (an agent's browser that vanished, a transfer): she hears whoever has the call next."""
        for leg in self._legs.values():
            if leg.ear == channel_id:
                leg.ear = ""
                if call := self.core.board.calls.get(leg.call_id):
                    self.follow(call)
                return

    def follow(self, call: LiveCall) -> None:
        """Called whenever a call was saved: its end is hers; an agent who is on it again is heard again."""
        mine = [leg for leg in self._legs.values() if leg.call_id == call.id]
        for leg in mine:
            if leg.state == LegState.ENDED or not self.core.is_live(call):
                self._clear(leg)
                if leg.cause != "left":
                    self.core.journal.put(self._entry(call, leg, "supervisor_left"))
            elif call.state in TALKS and leg.mode != Mode.BARGE and not leg.ear and call.owner_leg() is not None:
                self.core.spawn(self._hear_again(call, leg))

    async def _hear_again(self, call: LiveCall, leg: LiveLeg) -> None:
        if not leg.ear and leg.state == LegState.ANSWERED:
            await self._place(call, leg)

    def page_reloaded(self, agent: LiveAgent) -> None:
        """A fresh page, or another machine: her old telephone is dead although the PBX does not know it yet."""
        for leg in [leg for leg in self._legs.values() if leg.agent_id == agent.id]:
            if call := self.core.board.calls.get(leg.call_id):
                self.stop(call, agent)

    # -- where she is -----------------------------------------------------------------------------------------------------------------

    async def _place(self, call: LiveCall, leg: LiveLeg) -> bool:
        """Into the bridge where she belongs by her mode; False when that is not there any more, and nothing has changed."""
        telephony, old = self.core.telephony, leg.ear
        try:
            if leg.mode == Mode.BARGE:
                leg.ear = ""
                if old:
                    await self.core.try_command(telephony.leave_bridge(room_of(leg), leg.channel_id))
                await telephony.bridge(call.bridge_id, leg.channel_id)
                if old:
                    await self.core.try_command(telephony.end_bridge(room_of(leg)))
            else:
                agent = call.owner_leg()
                if agent is None:
                    return False
                ear = f"{EAR}{leg.id}-{secrets.token_hex(3)}"
                await telephony.listen(agent.channel_id, ear, cast(Literal["listen", "whisper"], leg.mode))
                leg.ear = ear
                if not old:
                    await self.core.try_command(telephony.leave_bridge(call.bridge_id, leg.channel_id))
                await telephony.bridge(room_of(leg), leg.channel_id, ear)
        except TelephonyError as error:
            log.info("supervisor_not_placed", call_id=str(call.id), error=type(error).__name__)
            if leg.ear and leg.ear != old:
                self.core.hang_up_later(leg.ear)
            leg.ear = old
            return False
        if old:
            self.core.hang_up_later(old)
        return True

    def _clear(self, leg: LiveLeg) -> None:
        self._legs.pop(leg.id, None)
        if leg.ear:
            self.core.hang_up_later(leg.ear)
            leg.ear = ""
        if leg.answered_at is not None:
            self.core.send(self.core.telephony.end_bridge(room_of(leg)))
        if agent := self.core.board.agents.get(leg.agent_id) if leg.agent_id else None:
            agent.listens = None
            self.core.refresh_agent(agent)

    # -- what is told ---------------------------------------------------------------------------------------------------------------

    def _told(self, call: LiveCall, leg: LiveLeg, kind: str) -> None:
        self.core.save(call, kind, {"leg_id": str(leg.id), "mode": leg.mode}, legs=[leg], more=self._entry(call, leg, kind))

    def _entry(self, call: LiveCall, leg: LiveLeg, kind: str) -> Change:
        agent = self.core.board.agents.get(leg.agent_id) if leg.agent_id else None
        data: dict[str, Any] = {"call_id": str(call.id), "leg_id": str(leg.id), "mode": leg.mode}
        if kind == "supervisor_left" and leg.answered_at is not None:
            data["seconds"] = round(((leg.ended_at or clock.now()) - leg.answered_at).total_seconds(), 1)
        verb = "call:listened" if kind == "supervisor_left" else f"call:{leg.mode}"

        async def write(session: AsyncSession) -> None:
            actor = self.core.actor_of(agent) if agent else None
            if call.case_id is not None:
                await add_entry(session, call.case_id, kind, actor=actor, data=data)
            if actor is not None:
                await audit(session, actor, verb, call.id, purpose=f"case:{call.case_id or ''}", details={"mode": leg.mode})

        return write

    # -- after a restart --------------------------------------------------------------------------------------------------------------

    async def take_up(self, live: Live, calls: list[LiveCall]) -> set[str]:
        """Who listens to these goes on listening. Returns the channels that are known by it; any other ear is an orphan."""
        known: set[str] = set()
        for call in calls:
            for leg in [leg for leg in call.legs.values() if leg.kind == LegKind.SUPERVISOR and leg.state == LegState.ANSWERED]:
                if leg.channel_id not in live.channels:
                    self.ended(call, leg, "lost")
                    continue
                self._take(call, leg)
                room = live.bridges.get(room_of(leg), frozenset())
                leg.ear = next((name for name in live.channels if name.startswith(f"{EAR}{leg.id}-") and name in room), "")
                if leg.ear:
                    known.add(leg.ear)
                in_place = leg.channel_id in (live.bridges.get(call.bridge_id, frozenset()) if leg.mode == Mode.BARGE else room)
                if in_place and (leg.ear or leg.mode == Mode.BARGE):
                    continue
                if not await self._place(call, leg):
                    self.core.hang_up_later(leg.channel_id)
                    self.ended(call, leg, "lost")
                elif leg.ear:
                    known.add(leg.ear)
        return known

    def rooms(self) -> set[str]:
        return {room_of(leg) for leg in self._legs.values()}
