"""Calls that we make: click-to-call. The agent's own telephone first, then the number: an elder's who is called back, or any from a case. Each leg is a
row with a deadline before the PBX is touched. Once the far side has answered it is a call like any other (parties.py, leaving.py).
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls import store
from callcenter.calls.engine.board import LiveAgent, LiveCall, LiveLeg, Who
from callcenter.calls.engine.core import Core
from callcenter.calls.engine.parties import told_of
from callcenter.calls.engine.ringing import Ringing
from callcenter.calls.models import Call
from callcenter.calls.rules import severity_of
from callcenter.calls.states import CallKind, CallState, LegKind, LegState, PartyRole
from callcenter.cases.actions import add_entry, finish_task, give_task_back, lock_case, lock_task, own_case, take_task
from callcenter.cases.models import Case
from callcenter.cases.states import CaseState, TaskState
from callcenter.kit import clock
from callcenter.kit.errors import Conflict, Invalid
from callcenter.kit.ids import new_id
from callcenter.kit.phone import normalise
from callcenter.telephony.port import HangupCause, TelephonyError

log = structlog.get_logger()
CALL_OUT = "call_out"  # the event that says whom it is for


class Outbound:
    def __init__(self, core: Core, ringing: Ringing) -> None:
        self.core, self.ringing = core, ringing

    async def call_back(self, agent: LiveAgent, task_id: uuid.UUID) -> LiveCall:
        """Take the task, ring the agent's own telephone, then the elder. Conflict: somebody else has it, or the agent can't talk now."""

        async def case_of(session: AsyncSession, call: LiveCall) -> Case:
            task = await take_task(session, self.core.actor_of(agent), task_id)
            call.called = call.caller_key = task.number
            return await session.get_one(Case, task.case_id)

        call = self._new_call(agent, Who(PartyRole.ELDER), task_id=task_id)
        return await self._start(agent, call, "call_back", {"agent_id": str(agent.id)}, case_of)

    async def call_out(self, agent: LiveAgent, *, number: str, who: Who, case_id: uuid.UUID) -> LiveCall:
        """From a case: the agent's own telephone, then any number. Invalid: not one that can be dialled."""
        parsed = normalise(number, self.core.settings)
        if parsed is None or not parsed.is_dialable:
            raise Invalid("this is no number that can be dialled", code="number_not_dialable")
        value = parsed.value

        async def case_of(session: AsyncSession, call: LiveCall) -> Case:
            call.called = call.caller_key = value
            return await session.get_one(Case, case_id)

        call = self._new_call(agent, who, task_id=None)
        data = {"agent_id": str(agent.id), "role": who.role, "code": who.code, "ref_id": str(who.ref_id) if who.ref_id else None}
        return await self._start(agent, call, CALL_OUT, data, case_of)

    def _new_call(self, agent: LiveAgent, target: Who, *, task_id: uuid.UUID | None) -> LiveCall:
        now = clock.now()
        if not agent.reachable:
            raise Conflict("your telephone is not registered", code="phone_not_ready")
        if agent.call_id is not None or self.core.board.ringing_for(agent.id) is not None:
            raise Conflict("finish the call you have first", code="agent_busy")
        call = LiveCall(
            id=new_id(), kind=CallKind.OUTBOUND, state=CallState.QUEUED, channel_id=None, caller_key=None, caller_raw="", called="",
            severity=severity_of(CallKind.OUTBOUND), received_at=now, task_id=task_id, agent_id=agent.id, queued_at=now, claimed=True, target=target,
        )  # fmt: skip
        self.core.board.calls[call.id] = call
        return call

    async def _start(
        self,
        agent: LiveAgent,
        call: LiveCall,
        event: str,
        data: dict[str, Any],
        case_of: Callable[[AsyncSession, LiveCall], Awaitable[Case]],
    ) -> LiveCall:
        """`case_of`: in the call's transaction; says which number, and whose case."""
        core = self.core
        leg = self.ringing.add_leg(call, LegKind.AGENT, agent_id=agent.id)
        call.move(CallState.OFFERED)

        async def store_it(session: AsyncSession) -> None:
            case = await case_of(session, call)
            call.case_id, call.elder_id, call.severity = case.id, case.elder_id, case.severity
            row = call.row() | {
                "id": call.id,
                "kind": call.kind,
                "pbx": core.telephony.name,
                "caller_raw": "",
                "caller_key": call.caller_key,
                "called": call.called,
                "elder_id": call.elder_id,
                "shared_elder_ids": [],
                "task_id": call.task_id,
                "severity": call.severity,
                "risk": 0,
                "received_at": call.received_at,
                "epoch": core.lease.epoch,
            }
            await session.execute(insert(Call).values(**row))
            await core.change_of(call, event, data, legs=[leg], more=lambda s: self.ringing.write_grants(s, call, [leg]))(session)

        try:
            await core.journal.write(store_it)
        except BaseException:
            core.end_leg(call, leg, "not_written")
            core.forget(call)
            core.refresh_agents({agent.id})
            raise
        await self.ringing.ring_all(call, [leg])
        return call

    async def answered(self, call: LiveCall, leg: LiveLeg) -> None:
        leg.state, leg.answered_at = LegState.ANSWERED, clock.now()
        if leg.kind == LegKind.AGENT:
            await self._ring_far_side(call, leg)
        elif (own := call.owner_leg()) is None:
            self.core.hang_up_later(leg.channel_id)
        else:
            await self._talk(call, own, leg)

    async def _ring_far_side(self, call: LiveCall, own: LiveLeg) -> None:
        """She has picked up: the number is rung into the call's bridge. She hears ringing, and is put there herself when its exchange has something to
        say (Parties.early).
        """
        core, target, now = self.core, call.target, clock.now()
        if agent := core.board.agents.get(own.agent_id) if own.agent_id else None:
            agent.call_id = call.id
            core.refresh_agent(agent)
        far = LiveLeg(
            new_id(), call.id, LegKind.PARTY, None, call.called, LegState.RINGING, now, now + timedelta(seconds=core.timings.party_ring),
            role=target.role, code=target.code, ref_id=target.ref_id, asked_by_id=call.agent_id,
        )  # fmt: skip
        call.legs[far.id] = far
        call.channel_id = far.channel_id
        core.send(core.telephony.ringback(own.channel_id, True))
        core.save(call, "agent_ready", legs=[own])
        data = told_of(call, far, private=False)

        async def called(session: AsyncSession) -> None:
            if call.task_id is None and call.case_id is not None:
                await add_entry(session, call.case_id, "party_called", actor=core.actor_of(agent) if agent else None, data=data)

        try:
            await core.journal.write(core.change_of(call, "party_called", data, legs=[far], more=called))
        except Exception as error:
            log.warning("party_not_written", call_id=str(call.id), error=type(error).__name__)
            self.finish(call, "not_written")
            return
        if far.id in call.legs:
            core.spawn(self._ring(call, far))

    async def _ring(self, call: LiveCall, far: LiveLeg) -> None:
        core = self.core
        try:
            own = call.owner_leg()
            await core.telephony.bridge(call.bridge_id, beside=own.channel_id if own else "")
            await core.telephony.ring(
                far.channel_id,
                f"number:{far.number}",
                caller=core.centre.text("hotline"),
                caller_name="",
                timeout=core.timings.party_ring,
                into=call.bridge_id,
            )
        except TelephonyError as error:
            log.warning("party_not_rung", call_id=str(call.id), error=type(error).__name__)
            core.hang_up_later(far.channel_id)  # it may ring all the same
            self.party_ended(call, far, HangupCause.FAILED)
            return
        if far.state == LegState.ENDED:
            core.hang_up_later(far.channel_id)

    async def _talk(self, call: LiveCall, own: LiveLeg, far: LiveLeg) -> None:
        core = self.core
        call.move(CallState.TALKING)
        call.answered_at = far.answered_at
        await core.try_command(core.telephony.ringback(own.channel_id, False))
        await core.try_command(core.telephony.bridge(call.bridge_id, own.channel_id, far.channel_id))
        agent = core.board.agents.get(call.agent_id) if call.agent_id else None

        async def after(session: AsyncSession) -> None:
            if call.case_id is None or agent is None:
                return
            if call.task_id is None:
                if (await lock_case(session, call.case_id)).state in (CaseState.NEW, CaseState.WAITING):  # else it has an owner, or an end
                    await own_case(session, core.actor_of(agent), call.case_id)
                await add_entry(session, call.case_id, "party_joined", actor=core.actor_of(agent), data=told_of(call, far, place=far.place))
                return
            await own_case(session, core.actor_of(agent), call.case_id)
            await add_entry(session, call.case_id, "called_back", actor=core.actor_of(agent), data={"call_id": str(call.id)})
            if (task := await lock_task(session, call.task_id)).state != TaskState.DONE:
                await finish_task(session, core.actor_of(agent), task, why="spoken_with")

        core.save(call, "answered", {"agent_id": str(call.agent_id or "")}, legs=[far], more=after)

    def party_ended(self, call: LiveCall, leg: LiveLeg | None, cause: HangupCause) -> None:
        """The elder's side: hung up after the talk, or was never reached."""
        if leg is not None:
            self.core.end_leg(call, leg, cause)
        self.finish(call, "hung_up" if call.answered_at else cause, ended=leg)

    def agent_ended(self, call: LiveCall, leg: LiveLeg, cause: HangupCause) -> None:
        """The agent's own telephone was not answered, or was put down before the elder answered."""
        self.core.end_leg(call, leg, cause)
        self.finish(call, "cancelled" if leg.answered_at else f"agent_{cause}", ended=leg)

    def finish(self, call: LiveCall, why: str, *, ended: LiveLeg | None = None) -> None:
        core, now = self.core, clock.now()
        if not core.is_live(call):
            return
        legs = [ended] if ended else []
        core.end_bridges(call)
        for leg in list(call.legs.values()):
            core.end_leg(call, leg, why)
            core.hang_up_later(leg.channel_id)
            legs.append(leg)
        call.move(CallState.ENDED)
        call.ended_at, call.end_reason = now, why

        async def after(session: AsyncSession) -> None:
            await store.end_grants(session, call_id=call.id, at=now)
            if call.answered_at is None and call.task_id is None and call.case_id is not None:
                data = {"call_id": str(call.id), "role": call.target.role, "code": call.target.code, "cause": why}
                await add_entry(session, call.case_id, "party_failed", data=data | ({"leg_id": str(ended.id)} if ended else {}))
            if call.answered_at is not None and call.case_id is not None:
                talked = round((now - call.answered_at).total_seconds(), 1)
                await add_entry(session, call.case_id, "hung_up", data={"call_id": str(call.id), "talked_s": talked})
            elif call.task_id is not None:
                pause = 0.0 if call.severity == "E0" or why == "cancelled" else core.timings.call_back_again
                await give_task_back(session, call.task_id, why=why, next_due=now + timedelta(seconds=pause))

        core.save(call, "ended", {"why": why}, legs=legs, more=after)
        core.forget(call)
        for agent in [a for a in core.board.agents.values() if a.call_id == call.id]:
            core.start_wrap_up(agent)
        core.refresh_agents({leg.agent_id for leg in legs})
        core.kick.set()
