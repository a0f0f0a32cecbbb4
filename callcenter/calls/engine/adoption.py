"""After a restart, or when the PBX comes back, or a node of it: what the rows say against what lives there.

Conversations go on; waiting callers wait on; orphans are sent on. What lies at a node that can't be asked is left as it is until the node is back, or lost.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.engine.board import LiveCall, LiveLeg, Who
from callcenter.calls.engine.core import Core
from callcenter.calls.engine.outbound import CALL_OUT
from callcenter.calls.engine.probing import PROBE
from callcenter.calls.engine.supervision import EAR, ROOM
from callcenter.calls.models import Call, CallEvent, CallLeg
from callcenter.calls.rules import next_escalation
from callcenter.calls.states import LIVE, CallKind, CallState, LegKind, LegState, PartyRole, Place
from callcenter.elders.models import Elder
from callcenter.kit import clock
from callcenter.telephony.port import TEST_PRESS, HangupCause, Live, LiveChannel, TelephonyError

if TYPE_CHECKING:
    from callcenter.calls.engine.engine import Engine

log = structlog.get_logger()


class Adoption:
    def __init__(self, core: Core, engine: Engine) -> None:
        self.core, self.engine = core, engine
        self._from_rows: set[uuid.UUID] = set()  # calls of a voice before us, whose legs may lie at any node

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
                answered_at=row.answered_at, caller_left_at=row.caller_left_at,
                in_front=row.in_front, voice_answered=row.voice_answered, reassure_at=row.reassure_at,
                escalate_at=row.escalate_at, escalation=row.escalation, return_until=row.return_until, dialect=dialects[row.id],
            )  # fmt: skip
        self._from_rows = set(core.board.calls)
        async with core.database.transaction() as session:
            await self._targets(session)
            await self.engine.dialogs.load(session)
        for leg in legs:
            core.board.calls[leg.call_id].legs[leg.id] = LiveLeg(
                leg.id, leg.call_id, leg.kind, leg.agent_id, leg.number, leg.state, leg.started_at, leg.deadline_at, leg.ringing_at, leg.answered_at,
                role=leg.role, code=leg.code, ref_id=leg.ref_id, asked_by_id=leg.asked_by_id, place=leg.place, muted=leg.muted, mode=leg.mode,
                early_at=leg.early_at,
            )  # fmt: skip

    async def _targets(self, session: AsyncSession) -> None:
        """Whom a call is for whose agent has not picked up yet."""
        dialling = {call.id: call for call in self.core.board.calls.values() if call.kind == CallKind.OUTBOUND}
        for call in dialling.values():
            call.target = Who(PartyRole.ELDER)
        asked = select(CallEvent.call_id, CallEvent.data).where(CallEvent.call_id.in_(dialling), CallEvent.kind == CALL_OUT)
        for call_id, data in await session.execute(asked):
            ref = data.get("ref_id")
            dialling[call_id].target = Who(PartyRole(data["role"]), data["code"], uuid.UUID(ref) if ref else None)

    # -- nodes ----------------------------------------------------------------------------------------------------------------------

    def calls_at(self, node: str) -> list[LiveCall]:
        """Those that are at this node, or may be; all for ""."""
        return [
            call
            for call in self.core.board.calls.values()
            if not node or node in (places := self._nodes_of(call)) or self._anywhere(call, places)
        ]

    def _nodes_of(self, call: LiveCall) -> set[str]:
        names = [call.channel_id, *(leg.channel_id for leg in call.legs.values())]
        return {self.core.telephony.node_of(name) for name in names if name} - {""}

    def _anywhere(self, call: LiveCall, places: set[str]) -> bool:
        """One that a voice before us has made; of its legs nothing has been seen yet."""
        return not places and call.id in self._from_rows

    def _is_out_of_sight(self, call: LiveCall, live: Live) -> bool:
        places = self._nodes_of(call)
        return bool(places & live.unread) or (bool(live.unread) and self._anywhere(call, places))

    def _leave(self, call: LiveCall) -> None:
        """Who is on it stays on it, as far as is known. Nobody is rung for it, and telephones that ring are free for others."""
        core = self.core
        for leg in call.staff_legs():
            if leg.agent_id and (agent := core.board.agents.get(leg.agent_id)):
                agent.call_id, agent.wrap_up_until = call.id, None
        if call.is_dialling:
            return
        if call.is_waiting or call.state == CallState.DIALOG:
            call.claimed = False
        legs = core.end_ringing_legs(call, "node_away", but_called_in=True)
        if call.state == CallState.OFFERED and not any(leg.is_ringing for leg in call.legs.values()):
            call.move(CallState.QUEUED)
        if legs:
            core.save(call, "node_away", legs=legs)
        core.refresh_agents({leg.agent_id for leg in legs})

    def node_away(self, node: str) -> None:
        for call in self.calls_at(node):
            self._leave(call)
        self.core.kick.set()

    def node_lost(self, node: str) -> None:
        """Its calls are over, as far as we are concerned. What it did with them meanwhile its record says when it is back."""
        for call in self.calls_at(node):
            log.warning("call_lost_with_node", call_id=str(call.id), node=node)
            try:
                self.engine.lost_with_node(call)
            except Exception:
                log.exception("call_not_given_up", call_id=str(call.id))

    async def take_up(self, node: str = "") -> None:
        """`node`: only what is there."""
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
        calls = self.calls_at(node)
        for call in calls:
            try:
                if self._is_out_of_sight(call, live):
                    self._leave(call)
                    continue
                await self._take_up_call(call, live)
                taken += 1
            except Exception:
                log.exception("call_not_taken_up", call_id=str(call.id))
        known |= await self.engine.supervision.take_up(live, [call for call in calls if not self._is_out_of_sight(call, live)])
        await self._orphans(live, known, node)
        core.spawn(self.engine.people.restore_accounts())
        core.refresh_agents(frozenset(core.board.agents))
        core.kick.set()
        log.info("taken_up", calls=taken, channels=len(live.channels), node=node, unread=sorted(live.unread))

    async def _take_up_call(self, call: LiveCall, live: Live) -> None:
        if call.state == CallState.DIALOG:
            await self._take_up_dialog(call, live)
            return
        lost = [leg for leg in call.legs.values() if leg.channel_id not in live.channels]
        picked_up = [
            leg for leg in call.legs.values() if leg.is_ringing and leg not in lost and live.channels[leg.channel_id].state == "up"
        ]
        if call.is_dialling:
            self._take_up_outbound(call, lost)
        elif call.state in (CallState.TALKING, CallState.HELD):
            if not await self._take_up_talk(call, live, lost):
                return
        elif not await self._take_up_waiting(call, live, lost):
            return
        for leg in picked_up:
            await self.engine.on_answered(leg.channel_id)

    async def _take_up_talk(self, call: LiveCall, live: Live, lost: list[LiveLeg]) -> bool:
        """Who talks goes on talking; who has gone meanwhile is told once. False: it is not ours, or it is over."""
        core, engine = self.core, self.engine
        channel, caller = live.channels.get(call.channel_id or ""), call.caller_leg()
        if call.is_of_trunk and caller is None and channel is not None and not channel.ours:
            self._not_ours(call, channel)
            return False
        call.claimed = True
        for leg in call.staff_legs():  # also of those who have gone meanwhile: their wrap-up begins with the call's end
            if leg.agent_id and (agent := core.board.agents.get(leg.agent_id)):
                agent.call_id, agent.wrap_up_until = call.id, None
        caller_gone = call.caller_left_at is None and (channel is None if caller is None else caller in lost)
        if caller_gone and not [leg for leg in call.legs.values() if leg.is_on and leg not in lost and leg is not caller]:
            engine.leaving.end_call(call, "ended_unseen")
            return False
        own = call.owner_leg()
        for leg in [leg for leg in lost if leg is not own and leg is not caller and leg.kind != LegKind.SUPERVISOR]:
            if leg.is_called_in or leg.is_on:
                engine.parties.ended(call, leg, "lost")
            else:
                core.end_leg(call, leg, "lost")
                core.save(call, "leg_ended", {"agent_id": str(leg.agent_id or ""), "kind": leg.kind, "cause": "lost"}, legs=[leg])
        if own is not None and own in lost and core.is_live(call):
            engine.leaving.vanished(call, own, HangupCause.UNREACHABLE)
        if caller_gone and core.is_live(call):
            engine.leaving.caller_left(call, caller)
        if not core.is_live(call):
            return False
        await self._arrange(call, live)
        engine.leaving.settle(call, returns=call.return_until)
        core.save(call, "taken_up")
        return core.is_live(call)

    async def _arrange(self, call: LiveCall, live: Live) -> None:
        """Everybody into the bridge where they belong, who is not there."""
        core = self.core
        if call.state not in (CallState.TALKING, CallState.HELD):
            return
        together = {
            leg.channel_id for leg in call.legs.values() if leg.is_on and leg.place == Place.MAIN and leg.kind != LegKind.SUPERVISOR
        }
        if call.caller_is_on and call.channel_id and call.state == CallState.TALKING:
            together.add(call.channel_id)
        wanted = {call.bridge_id: together}
        own = call.owner_leg()
        for leg in call.legs.values():
            if own and leg.is_called_in and leg.place == own.place == Place.CONSULT and leg is not own and (leg.is_on or leg.early_at):
                wanted[leg.consult_id] = {own.channel_id, leg.channel_id}
        for bridge_id, channels in wanted.items():
            if missing := sorted(channels - live.bridges.get(bridge_id, frozenset())):
                await core.try_command(core.telephony.bridge(bridge_id, *missing))
        if call.is_of_trunk and call.channel_id:
            await core.try_command(core.telephony.guard(call.channel_id, 0))

    async def _take_up_waiting(self, call: LiveCall, live: Live, lost: list[LiveLeg]) -> bool:
        """False: it is not ours, or it is over."""
        core = self.core
        for leg in [leg for leg in lost if leg.is_called_in and leg.channel_id != call.channel_id]:
            lost.remove(leg)
            self.engine.parties.ended(call, leg, "lost")
        if not core.is_live(call):
            return False
        channel = live.channels.get(call.waiting_channel or "")
        if channel is None or not channel.ours:
            if call.is_of_trunk:
                self._not_ours(call, channel)
            else:
                self.engine.leaving.end_call(call, "ended_unseen")
            return False
        call.claimed = True
        now = clock.now()
        # stored as ringing or with the dialplan, but it is ours and waits
        if call.state in (CallState.RINGING, CallState.DIALPLAN):
            call.move(CallState.QUEUED)
        reassure, escalate = call.reassure_at, call.escalate_at
        core.start_waiting(call, now)
        # as the rows say, but never later than a wait that begins now: the clock may have been put back while nobody was there
        anew = next_escalation(call.rings_as, call.escalation, now, core.timings)
        call.reassure_at = min(reassure, now + timedelta(seconds=core.timings.reassure_every)) if reassure else call.reassure_at
        call.escalate_at = min(escalate, anew) if escalate and anew else escalate
        await core.try_command(core.telephony.stop_playing(call.playback_id))
        if call.is_of_trunk:
            await core.try_command(core.telephony.guard(channel.channel_id, core.timings.guard))
        for leg in lost:
            core.end_leg(call, leg, "lost")
        if call.state == CallState.OFFERED and not any(leg.state == LegState.RINGING for leg in call.legs.values()):
            call.move(CallState.QUEUED)
        core.save(call, "taken_up", legs=lost)
        return True

    async def _take_up_dialog(self, call: LiveCall, live: Live) -> None:
        dialogs = self.engine.dialogs
        if not (talk := dialogs.talk_of(call)).inbound:
            await self.engine.automatic.take_up(talk, live)
            return
        channel = live.channels.get(call.channel_id or "")
        if channel is None or not channel.ours:
            dialogs.give_up(call)
            self._not_ours(call, channel)
            return
        await self.core.try_command(self.core.telephony.guard(channel.channel_id, self.core.timings.guard))
        self.core.save(call, "taken_up")
        await dialogs.take_up_inbound(talk)

    def _not_ours(self, call: LiveCall, channel: LiveChannel | None) -> None:
        """Gone, or with the dialplan. A conversation that is gone has ended; of a waiting caller the PBX's own record tells what became."""
        core = self.core
        if channel is None and (call.answered_at is not None or call.kind == CallKind.AUTOMATIC):  # of a call of ours no record tells
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
        """A call that an agent makes, not yet answered at the far side."""
        core = self.core
        own = call.owner_leg()
        call.claimed = True
        if lost or (own is None and not call.ringing_agents()):
            for leg in lost:
                core.end_leg(call, leg, "lost")
            self.engine.outbound.finish(call, "ended_unseen", ended=lost[0] if lost else None)
            return
        if own and own.agent_id and (agent := core.board.agents.get(own.agent_id)):
            agent.call_id = call.id
        if own and call.caller_leg() is None:  # killed between the agent's answer and the far side's leg
            self.engine.outbound.finish(call, "voice_was_away")

    async def _orphans(self, live: Live, known: set[str], node: str) -> None:
        """What is under our control and unknown: legs are ended, callers go on in the dialplan; bridges of no call are deleted (they leak)."""
        core = self.core
        for channel in live.channels.values():
            if channel.channel_id in known or not channel.ours or (node and core.telephony.node_of(channel.channel_id) != node):
                continue
            if channel.channel_id.startswith(("leg-", EAR, PROBE, TEST_PRESS)):
                await core.try_command(core.telephony.hang_up(channel.channel_id))
            else:
                log.warning("orphan_sent_on", channel_id=channel.channel_id)
                await core.try_command(core.telephony.release(channel.channel_id))
        bridges = {call.bridge_id for call in core.board.calls.values()}
        bridges |= {leg.consult_id for call in core.board.calls.values() for leg in call.legs.values() if leg.place == Place.CONSULT}
        bridges |= self.engine.supervision.rooms()
        for bridge_id in live.bridges:
            if node and core.telephony.node_of(bridge_id) != node:
                continue
            if bridge_id.startswith(("call-", "consult-", ROOM)) and bridge_id not in bridges:
                await core.try_command(core.telephony.end_bridge(bridge_id))
