"""The engine: hears the PBX, moves calls. See the package's docstring for the rules of the house."""

from __future__ import annotations

import asyncio
import contextlib
import time

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls import store
from callcenter.calls.dialogs.protocol import Dialogs
from callcenter.calls.dialogs.states import How
from callcenter.calls.engine.adoption import Adoption
from callcenter.calls.engine.automatic import Automatic
from callcenter.calls.engine.board import LiveAgent, LiveCall, LiveLeg
from callcenter.calls.engine.commands import Commands
from callcenter.calls.engine.core import VOICE, Core
from callcenter.calls.engine.dialogs import DialogRunner
from callcenter.calls.engine.leaving import Leaving
from callcenter.calls.engine.outbound import Outbound
from callcenter.calls.engine.parties import Parties
from callcenter.calls.engine.people import People
from callcenter.calls.engine.presses import Presses
from callcenter.calls.engine.probing import Probing
from callcenter.calls.engine.recorder import Recorder
from callcenter.calls.engine.recovery import Recovery
from callcenter.calls.engine.ringing import Ringing
from callcenter.calls.engine.self_testing import SelfTesting
from callcenter.calls.engine.supervision import EAR, Supervision
from callcenter.calls.engine.timers import Timers
from callcenter.calls.states import NODE_LOST, CallState, LegKind, LegState
from callcenter.cases.actions import add_entry, finish_tasks_of, lock_case, move_case, open_call_back, own_case, touch_case
from callcenter.cases.states import CaseState
from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.kit.lease import Lease, LeaseLost
from callcenter.settings import Settings
from callcenter.telephony import port
from callcenter.telephony.port import HangupCause, Telephony

log = structlog.get_logger()
NO_DIALOGS = Dialogs()
TALKS = frozenset({CallState.TALKING, CallState.HELD})
FROZEN = 1.0  # seconds without a beat of our own loop: somebody may have taken over meanwhile


class Engine:
    """`await engine.run()` until `stop()`; returns False when the lease was lost to another voice."""

    def __init__(self, settings: Settings, database: Database, telephony: Telephony, lease: Lease, dialogs: Dialogs = NO_DIALOGS) -> None:
        self.core = Core(settings, database, telephony, lease)
        self.ringing = Ringing(self.core)
        self.dialogs = DialogRunner(self.core, dialogs)
        self.automatic = Automatic(self.core, self.dialogs, self)
        self.presses = Presses(self.core, self.ringing, self.dialogs)
        self.people = People(self.core)
        self.recovery = Recovery(self.core)
        self.adoption = Adoption(self.core, self)
        self.outbound = Outbound(self.core, self.ringing)
        self.parties = Parties(self.core, self.ringing, self)
        self.leaving = Leaving(self.core, self.ringing, self.parties, self)
        self.timers = Timers(self.core, self.ringing, self)
        self.commands = Commands(self.core, self)
        self.recorder = Recorder(self.core, self)
        self.supervision = Supervision(self.core, self)
        self.probing = Probing(self.core, self.people)
        self.beat = time.monotonic()
        self._stop = asyncio.Event()
        self.connected = asyncio.Event()
        self.self_testing = SelfTesting(self.core, self.connected)

    async def run(self) -> bool:
        """Precondition: the lease is held. Connects to the PBX only now (docs/decisions.md §4)."""
        core = self.core
        await self.people.load()
        await self.adoption.load()
        core.journal.start()
        await core.telephony.start()
        loops = [
            asyncio.create_task(loop, name=name)
            for name, loop in {
                "events": self._events(),
                "dispatch": self._dispatch(),
                "timers": self._timers(),
                "lease": self._lease(),
                "commands": self.commands.run(),
                "automatic": self.automatic.run(),
                "recovery": self.recovery.run(),
                "recorder": self.recorder.run(),
                "probing": self.probing.run(),
                "self_testing": self.self_testing.run(),
            }.items()
        ]
        stopping = [asyncio.create_task(self._stop.wait()), asyncio.create_task(core.lost.wait())]
        try:
            done, _ = await asyncio.wait([*loops, *stopping], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in [*loops, *stopping]:
                task.cancel()
        crashed = [task for task in loops if task in done]
        await asyncio.gather(*loops, *stopping, return_exceptions=True)
        await core.telephony.close()
        await core.journal.close()
        await core.finish_tasks()
        for task in crashed:
            if not task.cancelled() and (error := task.exception()) is not None and not isinstance(error, LeaseLost):
                raise error
        if not core.lost.is_set():
            with contextlib.suppress(Exception):
                await core.lease.give_up()
        return not core.lost.is_set()

    def stop(self) -> None:
        self._stop.set()

    # -- loops -----------------------------------------------------------------------------------------------------------------

    async def _events(self) -> None:
        async for event in self.core.telephony.events():
            await self.verify_awake()
            try:
                await self.handle(event)
            except Exception:
                log.exception("event_failed", kind=type(event).__name__)

    async def _dispatch(self) -> None:
        while True:
            await self.core.kick.wait()
            self.core.kick.clear()
            await self.ringing.dispatch()

    async def _timers(self) -> None:
        while True:
            await asyncio.sleep(0.1)
            await self.verify_awake()
            try:
                await self.timers.tick(clock.now())
            except Exception:
                log.exception("tick_failed")

    async def _lease(self) -> None:
        while True:
            await asyncio.sleep(self.core.timings.lease / 4)
            try:
                await self.core.lease.renew()
            except LeaseLost:
                self.core.lost.set()
                return
            except Exception as error:  # the database is away: nobody else can take the lease either
                log.warning("lease_not_renewed", error=type(error).__name__)

    async def verify_awake(self) -> None:
        """A process that was frozen (SIGSTOP, a suspended machine) asks whether it still holds the lease before it does anything."""
        now, gap = time.monotonic(), time.monotonic() - self.beat
        self.beat = now
        if gap > max(FROZEN, self.core.timings.lease / 2):
            log.warning("voice_was_frozen", seconds=round(gap, 1))
            try:
                await self.core.lease.renew()
            except LeaseLost:
                self.core.lost.set()
                raise
            except Exception as error:  # the database is away: nobody else can have taken the lease by it
                log.warning("lease_not_renewed", error=type(error).__name__)

    # -- events ------------------------------------------------------------------------------------------------------------------

    async def handle(self, event: port.Event) -> None:
        match event:
            case port.Press() if event.channel_id.startswith(port.TEST_PRESS):
                self.core.spawn(self.self_testing.take(event))
            case port.Press():
                self.core.spawn(self.presses.take(event))
            case port.LegRinging():
                self.on_ringing(event.channel_id)
            case port.LegEarly():
                await self.parties.early(event.channel_id)
            case port.LegAnswered():
                await self.on_answered(event.channel_id)
            case port.PressCarriedOn():
                self.carried_on(event.channel_id)
            case port.ChannelEnded():
                self.on_ended(event.channel_id, event.cause)
            case port.AccountState():
                self.people.phone_changed(event.account, event.reachable)
            case port.Connected():
                await self.adoption.take_up(event.node)
                await self.recorder.take_up(self.adoption.calls_at(event.node))
                self.connected.set()
                self.core.spawn(self.recovery.sweep())
            case port.NodeLost():
                self.adoption.node_lost(event.node)
            case port.Disconnected() if event.node:
                self.adoption.node_away(event.node)
            case port.Disconnected():
                self.connected.clear()
                if event.replaced:
                    self.core.lost.set()  # another voice has taken our place at the PBX
            case port.PlaybackFinished():
                await self.timers.playback_finished(event.playback_id)
                await self.dialogs.playback_finished(event.playback_id)
            case port.RecordingFinished():
                self.recorder.finished(event.name)
            case port.DigitReceived():
                await self.dialogs.heard(event.channel_id, event.digit)
            case _:
                pass

    def on_ringing(self, channel_id: str) -> None:
        found = self.core.board.by_channel(channel_id)
        if found and found[1] and found[1].ringing_at is None:
            call, leg = found[0], found[1]
            leg.ringing_at = clock.now()
            self.core.save(call, "ringing", {"agent_id": str(leg.agent_id or "")}, legs=[leg])

    async def on_answered(self, channel_id: str) -> None:
        """Somebody picked up. The first wins; bridge first, write after."""
        found = self.core.board.by_channel(channel_id)
        if found is None or found[1] is None:
            self.core.hang_up_later(channel_id)  # too late: the call is over or somebody else has it
            return
        call, leg = found[0], found[1]
        if call.claiming is not None and not call.claiming.done():
            self.core.spawn(self._answered_before_the_claim(call.claiming, channel_id))
            return
        if leg.state != LegState.RINGING:
            return
        if leg.kind == LegKind.SUPERVISOR:
            await self.supervision.answered(call, leg)
        elif call.state == CallState.DIALOG:
            self.core.spawn(self.automatic.answered(self.dialogs.talk_of(call), leg))
        elif call.is_dialling:
            await self.outbound.answered(call, leg)
        elif call.is_waiting and call.claimed and call.waiting_channel and leg.is_staff:
            await self._join(call, leg)
        elif leg.is_called_in or (leg.agent_id is not None and leg.agent_id == call.agent_id and call.state in TALKS):
            await self.parties.answered(call, leg)
        else:
            self.core.end_leg(call, leg, "too_late")
            self.core.hang_up_later(channel_id)
            self.core.save(call, "", legs=[leg])
            self.core.refresh_agents({leg.agent_id})

    async def _answered_before_the_claim(self, claiming: asyncio.Task[None], channel_id: str) -> None:
        """Beside, so that a claim that hangs holds up nobody else's news."""
        await asyncio.wait({claiming})
        await self.on_answered(channel_id)

    async def _join(self, call: LiveCall, leg: LiveLeg) -> None:
        core, now, channel_id = self.core, clock.now(), call.waiting_channel
        assert channel_id is not None
        call.move(CallState.TALKING)
        leg.state, leg.answered_at = LegState.ANSWERED, now
        agent = core.board.agents.get(leg.agent_id) if leg.agent_id else None
        again = call.answered_at is not None
        call.agent_id = leg.agent_id
        call.answered_at = call.answered_at or now
        call.in_front, call.return_until, call.reassure_at, call.escalate_at, call.guard_due = False, None, None, None, None
        was_voice_answered, call.voice_answered = call.voice_answered, True
        losers = core.end_ringing_legs(call, "answered_by_other", but_called_in=True)
        if agent:
            agent.call_id = call.id
            core.refresh_agent(agent)
        core.refresh_agents({loser.agent_id for loser in losers})

        telephony = core.telephony
        if call.playing:  # before the bridge, which would wait for the sentence's end
            call.playing = False
            await core.try_command(telephony.stop_playing(call.playback_id))
        if was_voice_answered:
            await core.try_command(telephony.ringback(channel_id, False))
        else:
            await core.try_command(telephony.answer(channel_id))
        if not await core.try_command(telephony.bridge(call.bridge_id, channel_id, leg.channel_id)):
            log.warning(
                "bridge_failed", call_id=str(call.id)
            )  # a side is gone: its ChannelEnded is on its way; or the PBX is: adoption mends it
        if call.is_of_trunk:
            await core.try_command(telephony.guard(channel_id, 0))

        seconds = round((now - call.received_at).total_seconds(), 3)
        on_it = [x.agent_id for x in call.legs.values() if x.agent_id]
        helper = call.is_of_helper

        async def after(session: AsyncSession) -> None:
            await store.end_grants(session, call_id=call.id, but=on_it, at=now)
            if call.case_id is None:
                return
            if helper:
                await add_entry(
                    session, call.case_id, "helper_joined", actor=core.actor_of(agent) if agent else None, data={"call_id": str(call.id)}
                )
                return
            if agent:
                await own_case(session, core.actor_of(agent), call.case_id)
            await add_entry(
                session,
                call.case_id,
                "joined_again" if again else "answered",
                actor=core.actor_of(agent) if agent else None,
                data={"call_id": str(call.id), "after_s": seconds, "duty": leg.kind == LegKind.DUTY},
            )
            await finish_tasks_of(session, core.actor_of(agent) if agent else VOICE, call.case_id, why="spoken_with")

        core.save(
            call,
            "answered",
            {"agent_id": str(leg.agent_id or ""), "after_s": seconds, "duty": leg.number != ""},
            legs=[leg, *losers],
            more=after,
        )

    def on_ended(self, channel_id: str, cause: HangupCause) -> None:
        if channel_id.startswith(EAR):
            self.supervision.ear_ended(channel_id)
            return
        found = self.core.board.by_channel(channel_id)
        if found is None:
            return
        call, leg = found
        if call.state == CallState.DIALOG:
            self.automatic.ended(self.dialogs.talk_of(call), leg, cause)
        elif leg is None or channel_id == call.channel_id:
            if call.is_dialling:
                self.outbound.party_ended(call, leg, cause)
            else:
                self.leaving.caller_left(call, leg)
        elif leg is call.owner_leg():
            if call.is_dialling:
                self.outbound.agent_ended(call, leg, cause)
            elif cause == HangupCause.NORMAL and not self._was_signed_out(leg):
                self.leaving.hung_up(call, leg)
            else:
                self.leaving.vanished(call, leg, cause)
        elif leg.kind == LegKind.SUPERVISOR:
            self.supervision.ended(call, leg, cause)
        elif leg.is_called_in or leg.is_on:
            self.parties.ended(call, leg, cause)
        elif call.is_dialling:
            self.outbound.agent_ended(call, leg, cause)
        else:
            self.ringing.leg_failed(call, leg, cause)

    # -- ends ----------------------------------------------------------------------------------------------------------------------

    def lost_with_node(self, call: LiveCall) -> None:
        """The PBX that has it is gone for so long that nobody waits for it: agents are free, and who was on the line is called back."""
        if call.state == CallState.DIALOG:
            talk = self.dialogs.talk_of(call)
            if talk.inbound and call.channel_id:
                self.carried_on(call.channel_id)  # she may have reached a person by her guard: the record says it
            else:
                self.dialogs.end_call(talk, NODE_LOST, How.INTERRUPTED)
        elif call.is_outbound:
            self.outbound.finish(call, NODE_LOST)
        else:
            self.caller_ended(call, NODE_LOST)

    def caller_ended(self, call: LiveCall, why: str) -> None:
        """The elder's side is gone. Before a person joined: abandoned, with a call-back. After: ended; an agent's wrap-up begins."""
        core, now = self.core, clock.now()
        cut = why == NODE_LOST and call.caller_left_at is None
        if call.state == CallState.DIALPLAN and why != NODE_LOST:
            core.spawn(self.recovery.sweep())
            return
        spoken, helper = call.answered_at is not None, call.is_of_helper
        away = spoken and call.is_waiting and call.caller_left_at is None  # she hung up while waiting for the agent's browser
        call.move(CallState.ENDED if spoken else CallState.ABANDONED)
        call.ended_at, call.end_reason = now, why
        core.end_bridges(call)
        legs = core.end_ringing_legs(call, "caller_gone")
        for leg in list(call.legs.values()):  # who talks; and the leg of somebody whom a program had rung
            core.end_leg(call, leg, "caller_gone")
            core.hang_up_later(leg.channel_id)
            legs.append(leg)
        core.save(
            call,
            "ended" if spoken else "abandoned",
            {"why": why},
            legs=legs,
            more=lambda s: self._after_end(s, call, need_call_back=not spoken or away or cut, helper=helper),
        )
        core.forget(call)
        self._free_agents(call, legs)

    async def _after_end(self, session: AsyncSession, call: LiveCall, *, need_call_back: bool, helper: bool) -> None:
        now = clock.now()
        await store.end_grants(session, call_id=call.id, at=now)
        if call.case_id is None:
            return
        case = await lock_case(session, call.case_id)
        if helper:
            await add_entry(session, case.id, "helper_left", data={"call_id": str(call.id), "spoken": not need_call_back})
            await touch_case(session, case)
            return
        if need_call_back:
            kind = "abandoned" if call.answered_at is None else "dropped"
            await add_entry(
                session, case.id, kind, data={"call_id": str(call.id), "waited_s": round((now - call.received_at).total_seconds(), 1)}
            )
            await open_call_back(session, case, number=call.caller_key or "", reason=kind, at=now, timings=self.core.timings)
            return
        await add_entry(
            session,
            case.id,
            "hung_up",
            data={"call_id": str(call.id), "talked_s": round((now - (call.answered_at or now)).total_seconds(), 1)},
        )
        if case.owner_id is None and case.state == CaseState.NEW:  # a duty telephone spoke: an agent still has to close it
            await move_case(session, case, CaseState.WAITING)
        await touch_case(session, case)

    def _free_agents(self, call: LiveCall, legs: list[LiveLeg]) -> None:
        for agent in [a for a in self.core.board.agents.values() if a.call_id == call.id]:
            self.core.start_wrap_up(agent)
        self.core.refresh_agents({leg.agent_id for leg in legs})
        self.core.kick.set()

    def agent_is_back(self, agent: LiveAgent) -> None:
        """A console says that its telephone has registered: a call that waits for it rings at once."""
        self.core.kick.set()
        for call in self.core.board.calls.values():
            call.refused.discard(agent.id)  # a page that was reloaded while it rang has refused nothing
            if call.agent_id == agent.id and call.return_until is not None and call.owner_leg() is None and not call.ringing_agents():
                self.ringing.ring_again(call, agent)

    def _was_signed_out(self, leg: LiveLeg) -> bool:
        """A console that is closed by us says good-bye on its telephone: that is no word of the agent's, and ends no elder's call."""
        agent = self.core.board.agents.get(leg.agent_id) if leg.agent_id else None
        return agent is not None and agent.signed_out

    def hand_on(self, agent: LiveAgent) -> None:
        """She is put out in mid-call: the caller goes to the front of the queue and to somebody else, before her console closes."""
        agent.leaving = agent.signed_out = True
        self.supervision.page_reloaded(agent)
        call = self.core.board.calls.get(agent.call_id) if agent.call_id else None
        leg = call.leg_of_agent(agent.id) if call else None
        if call and leg:
            self.core.hang_up_later(leg.channel_id)
            self.leaving.vanished(call, leg, HangupCause.UNREACHABLE)
            call.return_until = None
            self.core.kick.set()

    def page_reloaded(self, agent: LiveAgent) -> None:
        """A fresh page of an agent in a call, after a reload or at another machine: her old leg is dead although the PBX does not know it yet."""
        self.supervision.page_reloaded(agent)
        call = self.core.board.calls.get(agent.call_id) if agent.call_id else None
        leg = call.leg_of_agent(agent.id) if call else None
        if call and leg:
            self.core.hang_up_later(leg.channel_id)
            self.leaving.vanished(call, leg, HangupCause.UNREACHABLE)

    def carried_on(self, channel_id: str) -> None:
        """The PBX took the caller to its own fallback: our guard was not renewed in time, or we sent her there."""
        found = self.core.board.by_channel(channel_id)
        if found and (found[1] is None or found[1].kind == LegKind.PARTY) and (found[0].is_waiting or found[0].state == CallState.DIALOG):
            call = found[0]
            self.dialogs.give_up(call)
            legs = self.core.end_ringing_legs(call, "with_dialplan")
            call.move(CallState.DIALPLAN)
            call.claimed = False
            self.core.save(call, "with_dialplan", {"why": "guard"}, legs=legs)
            self.core.refresh_agents({leg.agent_id for leg in legs})

    async def _let_go(self, channel_id: str, playback_id: str) -> None:
        await self.core.try_command(self.core.telephony.stop_playing(playback_id))
        await self.core.try_command(self.core.telephony.release(channel_id))

    def release(self, call: LiveCall, why: str) -> None:
        """Back to the PBX's own fallback: the database is away, or nobody is there at all."""
        core = self.core
        self.dialogs.give_up(call)
        legs = core.end_ringing_legs(call, why)
        for leg in [
            leg for leg in call.legs.values() if leg.is_called_in and leg.channel_id != call.channel_id
        ]:  # kept on hold for an agent
            core.end_leg(call, leg, why)
            core.hang_up_later(leg.channel_id)
            legs.append(leg)
        call.move(CallState.DIALPLAN)
        call.claimed = False
        if call.channel_id:
            core.spawn(self._let_go(call.channel_id, call.playback_id))
        core.save(call, "released", {"why": why}, legs=legs, more=lambda s: store.end_grants(s, call_id=call.id, at=clock.now()))
        core.refresh_agents({leg.agent_id for leg in legs})
