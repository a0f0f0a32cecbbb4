"""After a restart, or when the PBX comes back: what the rows say against what lives there.

Conversations go on; waiting callers wait on; orphans are sent on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from sqlalchemy import select

from callcenter.calls.engine.board import LiveCall, LiveLeg
from callcenter.calls.engine.core import Core
from callcenter.calls.models import Call, CallLeg
from callcenter.calls.states import LIVE, CallState, LegState
from callcenter.elders.models import Elder
from callcenter.kit import clock
from callcenter.telephony.port import HangupCause, Live, LiveChannel, TelephonyError

if TYPE_CHECKING:
    from callcenter.calls.engine.engine import Engine

log = structlog.get_logger()


class Adoption:
    def __init__(self, core: Core, engine: Engine) -> None:
        self.core, self.engine = core, engine

    async def load(self) -> None:
        """Live calls and legs from the rows onto the board; nothing is done yet."""
        core = self.core
        async with core.database.transaction() as session:
            live = (
                select(Call, Elder.dialect)
                .outerjoin(Elder, Elder.id == Call.elder_id)
                .where(Call.state.in_(LIVE), Call.pbx == core.telephony.name)
            )
            found = (await session.execute(live)).all()
            rows, dialects = [row[0] for row in found], {row[0].id: row[1] or "" for row in found}
            legs = (
                (await session.execute(select(CallLeg).where(CallLeg.call_id.in_([r.id for r in rows]), CallLeg.state != LegState.ENDED)))
                .scalars()
                .all()
            )
        for row in rows:
            core.board.calls[row.id] = LiveCall(
                id=row.id, kind=row.kind, state=row.state, channel_id=row.channel_id, caller_key=row.caller_key, caller_raw=row.caller_raw, called=row.called,
                severity=row.severity, received_at=row.received_at, version=row.version, case_id=row.case_id, elder_id=row.elder_id,
                shared_elder_ids=list(row.shared_elder_ids), task_id=row.task_id, risk=row.risk, agent_id=row.agent_id, queued_at=row.queued_at,
                answered_at=row.answered_at, in_front=row.in_front, voice_answered=row.voice_answered, reassure_at=row.reassure_at,
                escalate_at=row.escalate_at, escalation=row.escalation, return_until=row.return_until, dialect=dialects[row.id],
            )  # fmt: skip
        for leg in legs:
            core.board.calls[leg.call_id].legs[leg.id] = LiveLeg(
                leg.id,
                leg.call_id,
                leg.kind,
                leg.agent_id,
                leg.number,
                leg.state,
                leg.started_at,
                leg.deadline_at,
                leg.ringing_at,
                leg.answered_at,
            )

    async def take_up(self) -> None:
        core = self.core
        try:
            live = await core.telephony.live()
        except TelephonyError as error:
            log.error("live_not_read", error=type(error).__name__)
            return
        self.engine.people.phones_are(live.reachable)
        self.engine.people.forget_fallback()
        known = {leg.channel_id for call in core.board.calls.values() for leg in call.legs.values()}
        known |= {call.channel_id for call in core.board.calls.values() if call.channel_id}
        taken = 0
        for call in list(core.board.calls.values()):
            try:
                await self._take_up_call(call, live)
                taken += 1
            except Exception:
                log.exception("call_not_taken_up", call_id=str(call.id))
        await self._orphans(live, known)
        core.spawn(self.engine.people.restore_accounts())
        core.refresh_agents(frozenset(core.board.agents))
        core.kick.set()
        log.info("taken_up", calls=taken, channels=len(live.channels))

    async def _take_up_call(self, call: LiveCall, live: Live) -> None:
        core = self.core
        lost = [leg for leg in call.legs.values() if leg.channel_id not in live.channels]
        picked_up = [
            leg
            for leg in call.legs.values()
            if leg.state == LegState.RINGING and leg not in lost and live.channels[leg.channel_id].state == "up"
        ]
        if call.is_outbound:
            self._take_up_outbound(call, lost)
            return
        channel = live.channels.get(call.channel_id or "")
        if channel is None or not channel.ours:
            self._not_ours(call, channel)
            return
        call.claimed = True
        now = clock.now()
        if call.state in (CallState.TALKING, CallState.HELD):
            talking = call.talking_leg()
            for leg in lost:
                if leg is talking:
                    self.engine.agent_vanished(call, leg, HangupCause.UNREACHABLE)
                else:
                    core.end_leg(call, leg, "lost")
            if talking and talking not in lost:
                if agent := core.board.agents.get(talking.agent_id) if talking.agent_id else None:
                    agent.call_id = call.id
                    agent.wrap_up_until = None
                if call.state == CallState.TALKING and not {call.channel_id, talking.channel_id} <= live.bridges.get(
                    call.bridge_id, frozenset()
                ):
                    await core.try_command(core.telephony.bridge(call.bridge_id, channel.channel_id, talking.channel_id))
                await core.try_command(core.telephony.guard(channel.channel_id, 0))
            core.save(call, "taken_up", legs=lost)
            return
        # stored as ringing or with the dialplan, but it is ours and waits
        if call.state in (CallState.RINGING, CallState.DIALPLAN):
            call.move(CallState.QUEUED)
        reassure, escalate = call.reassure_at, call.escalate_at
        core.start_waiting(call, now)
        call.reassure_at, call.escalate_at = reassure or call.reassure_at, escalate
        await core.try_command(core.telephony.stop_playing(call.playback_id))
        await core.try_command(core.telephony.guard(channel.channel_id, core.timings.guard))
        for leg in lost:
            core.end_leg(call, leg, "lost")
        if call.state == CallState.OFFERED and not any(leg.state == LegState.RINGING for leg in call.legs.values()):
            call.move(CallState.QUEUED)
        core.save(call, "taken_up", legs=lost)
        for leg in picked_up:
            await self.engine.on_answered(leg.channel_id)

    def _not_ours(self, call: LiveCall, channel: LiveChannel | None) -> None:
        """Gone, or with the dialplan. A conversation that is gone has ended; of a waiting caller the PBX's own record tells what became."""
        core = self.core
        if call.answered_at is not None and channel is None:
            for leg in list(call.legs.values()):
                core.hang_up_later(leg.channel_id)
            self.engine.caller_ended(call, "ended_unseen")
            return
        legs = list(call.legs.values())
        for leg in legs:
            core.end_leg(call, leg, "with_dialplan")
            core.hang_up_later(leg.channel_id)
        if call.state != CallState.DIALPLAN:
            call.move(CallState.DIALPLAN)
            core.save(call, "with_dialplan", {"why": "voice_was_away"}, legs=legs)
        call.claimed = False

    def _take_up_outbound(self, call: LiveCall, lost: list[LiveLeg]) -> None:
        core = self.core
        agent_leg = call.talking_leg()
        if lost or (agent_leg is None and not call.ringing_agents()):
            for leg in lost:
                core.end_leg(call, leg, "lost")
            self.engine.outbound.finish(call, "ended_unseen")
            return
        if agent_leg and agent_leg.agent_id and (agent := core.board.agents.get(agent_leg.agent_id)):
            agent.call_id = call.id
        if agent_leg and call.party_leg() is None:  # killed between the agent's answer and the elder's leg
            self.engine.outbound.finish(call, "voice_was_away")

    async def _orphans(self, live: Live, known: set[str]) -> None:
        """What is under our control and unknown: legs are ended, callers go on in the dialplan; bridges of no call are deleted (they leak)."""
        core = self.core
        for channel in live.channels.values():
            if channel.channel_id in known or not channel.ours:
                continue
            if channel.channel_id.startswith("leg-"):
                await core.try_command(core.telephony.hang_up(channel.channel_id))
            else:
                log.warning("orphan_sent_on", channel_id=channel.channel_id)
                await core.try_command(core.telephony.release(channel.channel_id))
        bridges = {call.bridge_id for call in core.board.calls.values()}
        for bridge_id in live.bridges:
            if bridge_id.startswith("call-") and bridge_id not in bridges:
                await core.try_command(core.telephony.end_bridge(bridge_id))
