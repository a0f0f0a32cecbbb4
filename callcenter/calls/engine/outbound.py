"""Calls that we make: click-to-call. The agent's own telephone first, then the elder; each leg is a row with a deadline before the PBX is touched."""

from __future__ import annotations

import uuid
from datetime import timedelta

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls import store
from callcenter.calls.engine.board import LiveAgent, LiveCall, LiveLeg
from callcenter.calls.engine.core import Core
from callcenter.calls.engine.ringing import Ringing
from callcenter.calls.models import Call
from callcenter.calls.rules import severity_of
from callcenter.calls.states import CallKind, CallState, LegKind, LegState
from callcenter.cases.actions import add_entry, finish_task, give_task_back, lock_task, own_case, take_task
from callcenter.cases.models import Case
from callcenter.cases.states import TaskState
from callcenter.kit import clock
from callcenter.kit.errors import Conflict
from callcenter.kit.ids import new_id
from callcenter.telephony.port import HangupCause


class Outbound:
    def __init__(self, core: Core, ringing: Ringing) -> None:
        self.core, self.ringing = core, ringing

    async def call_back(self, agent: LiveAgent, task_id: uuid.UUID) -> LiveCall:
        """Take the task, ring the agent's own telephone. Conflict: somebody else has it, or the agent can't talk now."""
        core, now = self.core, clock.now()
        if not agent.reachable:
            raise Conflict("your telephone is not registered", code="phone_not_ready")
        if agent.call_id is not None or core.board.ringing_for(agent.id) is not None:
            raise Conflict("finish the call you have first", code="agent_busy")
        call = LiveCall(
            id=new_id(), kind=CallKind.OUTBOUND, state=CallState.QUEUED, channel_id=None, caller_key=None, caller_raw="", called="",
            severity=severity_of(CallKind.OUTBOUND), received_at=now, task_id=task_id, agent_id=agent.id, queued_at=now, claimed=True,
        )  # fmt: skip
        core.board.calls[call.id] = call
        leg = self.ringing.add_leg(call, LegKind.AGENT, agent_id=agent.id)
        call.move(CallState.OFFERED)

        async def store_it(session: AsyncSession) -> None:
            task = await take_task(session, core.actor_of(agent), task_id)
            case = await session.get_one(Case, task.case_id)
            call.case_id, call.elder_id, call.called, call.caller_key, call.severity = (
                case.id,
                case.elder_id,
                task.number,
                task.number,
                case.severity,
            )
            row = call.row() | {
                "id": call.id,
                "kind": call.kind,
                "pbx": core.telephony.name,
                "caller_raw": "",
                "caller_key": call.caller_key,
                "called": call.called,
                "elder_id": call.elder_id,
                "shared_elder_ids": [],
                "task_id": task_id,
                "severity": call.severity,
                "risk": 0,
                "received_at": now,
                "epoch": core.lease.epoch,
            }
            await session.execute(insert(Call).values(**row))
            await core.change_of(
                call, "call_back", {"agent_id": str(agent.id)}, legs=[leg], more=lambda s: self.ringing.write_grants(s, call, [leg])
            )(session)

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
        core, now = self.core, clock.now()
        leg.state, leg.answered_at = LegState.ANSWERED, now
        if leg.kind == LegKind.AGENT:
            agent = core.board.agents.get(leg.agent_id) if leg.agent_id else None
            if agent:
                agent.call_id = call.id
                core.refresh_agent(agent)
            party = self.ringing.add_leg(call, LegKind.PARTY, number=call.called)
            call.channel_id = party.channel_id
            core.spawn(core.try_command(core.telephony.ringback(leg.channel_id, True)))
            core.save(call, "agent_ready", legs=[leg])
            await self.ringing.offer(call, [party])
            return
        agent_leg = call.talking_leg()
        if agent_leg is None:
            core.hang_up_later(leg.channel_id)
            return
        call.move(CallState.TALKING)
        call.answered_at = now
        await core.try_command(core.telephony.ringback(agent_leg.channel_id, False))
        await core.try_command(core.telephony.bridge(call.bridge_id, agent_leg.channel_id, leg.channel_id))
        agent = core.board.agents.get(call.agent_id) if call.agent_id else None

        async def after(session: AsyncSession) -> None:
            if call.case_id is None or agent is None:
                return
            await own_case(session, core.actor_of(agent), call.case_id)
            await add_entry(session, call.case_id, "called_back", actor=core.actor_of(agent), data={"call_id": str(call.id)})
            if call.task_id and (task := await lock_task(session, call.task_id)).state != TaskState.DONE:
                await finish_task(session, core.actor_of(agent), task, why="spoken_with")

        core.save(call, "answered", {"agent_id": str(call.agent_id or "")}, legs=[leg], more=after)

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
        for leg in list(call.legs.values()):
            core.end_leg(call, leg, why)
            core.hang_up_later(leg.channel_id)
            legs.append(leg)
        call.move(CallState.ENDED)
        call.ended_at, call.end_reason = now, why
        core.spawn(core.try_command(core.telephony.end_bridge(call.bridge_id)))

        async def after(session: AsyncSession) -> None:
            await store.end_grants(session, call_id=call.id, but=None, at=now)
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
