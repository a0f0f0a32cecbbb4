"""Who is rung: offers of waiting calls to agents, duty telephones, and the far side of outbound calls. A leg is a row before the carrier is touched."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls import store
from callcenter.calls.engine.board import LiveAgent, LiveCall, LiveLeg
from callcenter.calls.engine.core import Core
from callcenter.calls.rules import choose
from callcenter.calls.states import CallKind, CallState, LegKind, LegState, PartyRole
from callcenter.cases.models import Case
from callcenter.kit import clock
from callcenter.kit.ids import new_id
from callcenter.telephony.port import HangupCause, TelephonyError

log = structlog.get_logger()


ROLES = {
    LegKind.AGENT: PartyRole.AGENT,
    LegKind.DUTY: PartyRole.DUTY,
    LegKind.PARTY: PartyRole.ELDER,
    LegKind.SUPERVISOR: PartyRole.SUPERVISOR,
}


class Ringing:
    def __init__(self, core: Core) -> None:
        self.core = core
        self.overtaken: Callable[[LiveCall, LiveLeg], None] = lambda call, leg: None  # somebody called in whose telephone an SOS takes

    # -- choosing -------------------------------------------------------------------------------------------------------------

    def reserve(self, only: LiveCall | None = None) -> list[tuple[LiveCall, list[LiveLeg]]]:
        """Choose by the rules and take the agents on the board, before any waiting: nobody else can take them. `only`: legs of other calls are left for
        the next round (their offers would need a write of their own).
        """
        core, now = self.core, clock.now()
        offers = choose(
            core.board.waiting(now) if only is None else [*core.board.waiting(now), only.waiting_view()], core.board.available()
        )
        made: list[tuple[LiveCall, list[LiveLeg]]] = []
        for offer in offers:
            call = core.board.calls.get(offer.call_id) or only
            if call is None or (only is not None and call is not only):
                core.kick.set()
                continue
            made.append((call, [self.add_leg(call, LegKind.AGENT, agent_id=agent_id) for agent_id in offer.agent_ids]))
        return made

    def add_leg(self, call: LiveCall, kind: LegKind, *, agent_id: uuid.UUID | None = None, number: str = "") -> LiveLeg:
        """On the board and, for an agent who rings for a less urgent call, off that one."""
        now = clock.now()
        leg = LiveLeg(
            new_id(), call.id, kind, agent_id, number, LegState.RINGING, now, now + timedelta(seconds=self.ring_seconds(call, kind)),
            role=ROLES[kind],
        )  # fmt: skip
        if agent_id is not None and (other := self.core.board.ringing_for(agent_id)) is not None and other is not call:
            self.overtake(other, agent_id)
        call.legs[leg.id] = leg
        if agent_id is not None:
            self.core.refresh_agents({agent_id})
        return leg

    def overtake(self, other: LiveCall, agent_id: uuid.UUID) -> None:
        """An SOS takes the telephone that rings for a service call; that call goes on waiting in its place."""
        legs = [leg for leg in other.legs.values() if leg.agent_id == agent_id and leg.state == LegState.RINGING]
        for leg in [leg for leg in legs if leg.is_called_in]:
            legs.remove(leg)
            self.core.hang_up_later(leg.channel_id)
            self.overtaken(other, leg)
        for leg in legs:
            self.core.end_leg(other, leg, "overtaken")
            self.core.hang_up_later(leg.channel_id)
        if not legs:
            return
        if other.state == CallState.OFFERED and not other.ringing_agents() and not other.is_dialling:
            other.move(CallState.QUEUED)
        self.core.save(other, "overtaken", {"agent_id": str(agent_id)}, legs=legs)

    def ring_seconds(self, call: LiveCall, kind: LegKind) -> float:
        timings = self.core.timings
        if kind == LegKind.DUTY:
            return timings.duty_ring
        if kind == LegKind.PARTY or call.kind == CallKind.OUTBOUND:
            return timings.party_ring
        return timings.service_ring if call.kind == CallKind.SERVICE else timings.sos_ring

    # -- ringing ----------------------------------------------------------------------------------------------------------------

    async def dispatch(self) -> None:
        """One round: choose for all waiting calls, write the legs, ring."""
        for call, legs in self.reserve():
            self.core.spawn(self.offer(call, legs))

    async def offer(self, call: LiveCall, legs: list[LiveLeg]) -> None:
        """Write, then ring. When the write fails nobody is rung, and the agents are free again."""
        core = self.core
        if call.state == CallState.QUEUED:
            call.move(CallState.OFFERED)
        change = core.change_of(
            call,
            "offered",
            {"agents": [str(leg.agent_id or "duty") for leg in legs]},
            legs=legs,
            more=lambda s: self.write_grants_anew(s, call, legs),
        )
        try:
            await core.journal.write(change)
        except Exception as error:
            log.warning("offer_not_written", call_id=str(call.id), error=type(error).__name__)
            for leg in legs:
                core.end_leg(call, leg, "not_written")
            core.refresh_agents({leg.agent_id for leg in legs})
            return
        await self.ring_all(call, legs)

    async def write_grants_anew(self, session: AsyncSession, call: LiveCall, legs: list[LiveLeg]) -> None:
        """Later than the press: an agent may have said meanwhile who it is."""
        if call.elder_id is None and call.case_id is not None:
            call.elder_id = (await session.execute(select(Case.elder_id).where(Case.id == call.case_id))).scalar_one_or_none()
        await self.write_grants(session, call, legs)

    async def write_grants(self, session: AsyncSession, call: LiveCall, legs: list[LiveLeg]) -> None:
        agents = [leg.agent_id for leg in legs if leg.agent_id]
        elders = [call.elder_id] if call.elder_id else [uuid.UUID(e) for e in call.shared_elder_ids]
        await store.grant_for_call(session, agent_ids=agents, elder_ids=elders, call_id=call.id, case_id=call.case_id, at=clock.now())

    async def ring_all(self, call: LiveCall, legs: list[LiveLeg]) -> None:
        for leg in legs:
            if leg.id in call.legs:  # not ended meanwhile
                self.core.spawn(self.ring_leg(call, leg))

    async def ring_leg(self, call: LiveCall, leg: LiveLeg) -> None:
        core = self.core
        agent = core.board.agents.get(leg.agent_id) if leg.agent_id else None
        to = f"account:{agent.account}" if agent else f"number:{leg.number}"
        seconds = max(1.0, (leg.deadline_at - clock.now()).total_seconds())
        try:
            await core.telephony.ring(
                leg.channel_id,
                to,
                caller=core.centre.text("hotline") if leg.kind == LegKind.PARTY else call.caller_raw or "anonymous",
                caller_name=call.rings_as.upper() if agent else "",
                timeout=seconds,
                headers={"X-OneKey-Call": str(call.id)} if agent else None,
                beside=call.channel_id or "",
            )
        except TelephonyError as error:
            log.warning("leg_not_rung", call_id=str(call.id), leg_id=str(leg.id), error=type(error).__name__)
            self.leg_failed(call, leg, HangupCause.FAILED)
            return
        if leg.state == LegState.ENDED:  # ended while the PBX was starting it
            core.hang_up_later(leg.channel_id)

    def leg_failed(self, call: LiveCall, leg: LiveLeg, cause: HangupCause) -> None:
        """A ringing leg ended without an answer: the agent is free, the call waits for the next."""
        core = self.core
        if leg.id not in call.legs:
            return
        core.end_leg(call, leg, cause)
        if leg.agent_id:
            (call.tried if cause == HangupCause.NO_ANSWER else call.refused).add(leg.agent_id)
        if call.state == CallState.OFFERED and not call.is_dialling and not any(x.state == LegState.RINGING for x in call.legs.values()):
            call.move(CallState.QUEUED)
        agent_id = leg.agent_id
        more = (lambda s: store.end_grant_of(s, call_id=call.id, agent_id=agent_id, at=clock.now())) if agent_id else None
        core.save(call, "leg_ended", {"agent_id": str(agent_id or ""), "kind": leg.kind, "cause": cause}, legs=[leg], more=more)
        core.refresh_agents({leg.agent_id})
        core.kick.set()

    def ring_duty(self, call: LiveCall) -> None:
        """The next duty telephone, when none rings. Where all of them fail at once (the trunk is down), the next round waits as long as one would ring."""
        numbers, now = self.core.duty_numbers, clock.steady()
        if not numbers or any(leg.kind == LegKind.DUTY for leg in call.legs.values()):
            return
        if call.duty_next % len(numbers) == 0:
            if call.duty_next and now < call.duty_round + self.core.timings.duty_ring:
                return
            call.duty_round = now
        number = numbers[call.duty_next % len(numbers)]
        call.duty_next += 1
        leg = self.add_leg(call, LegKind.DUTY, number=number)
        self.core.spawn(self.offer(call, [leg]))

    def ring_again(self, call: LiveCall, agent: LiveAgent) -> None:
        """The browser that vanished in mid-call is back: the same agent, the same call."""
        call.return_until = None
        leg = self.add_leg(call, LegKind.AGENT, agent_id=agent.id)
        self.core.spawn(self.offer(call, [leg]))

    def waiting_seconds(self, call: LiveCall, now: datetime) -> float:
        return (now - (call.waiting_since or call.received_at)).total_seconds()
