"""What every part of the engine shares: the board, the journal, the telephony port, the settings, and the small moves between them."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor, system
from callcenter.calls import store
from callcenter.calls.engine.board import Board, LiveAgent, LiveCall, LiveLeg
from callcenter.calls.engine.journal import Change, Journal
from callcenter.calls.states import AgentState, CallKind, CallState, LegState, LineCarrier, Place
from callcenter.centre.rules import effective
from callcenter.kit import clock, trace
from callcenter.kit.db import Database
from callcenter.kit.lease import Lease
from callcenter.settings import Settings, Timings
from callcenter.telephony.port import HangupCause, Telephony, TelephonyError

log = structlog.get_logger()
VOICE = system("voice")


class Core:
    def __init__(self, settings: Settings, database: Database, telephony: Telephony, lease: Lease) -> None:
        self.settings = settings
        self.centre = effective(settings, {})  # what the centre has set; read anew with people and lines
        self.database, self.telephony, self.lease = database, telephony, lease
        self.board = Board()
        self.lost = asyncio.Event()  # the lease is another's: leave
        self.journal = Journal(database, lease, self.lost.set)
        self.kick = asyncio.Event()  # somebody waits or somebody is free: ring
        self.lines: dict[str, CallKind] = {}
        self.line_carriers: dict[str, LineCarrier] = {}
        self.duty_numbers: list[str] = []
        self.followers: list[Callable[[LiveCall], None]] = []  # told of every state that is saved; they wait for nothing
        self.probes: dict[uuid.UUID, asyncio.Task[None]] = {}  # of agents' telephones, that go on
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def timings(self) -> Timings:
        """As they count now: a timer that is started next takes the new duration, one that runs keeps its own."""
        return self.centre.timings

    # -- small tools ------------------------------------------------------------------------------------------------------

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run beside; an error is logged, never swallowed."""

        def done(task: asyncio.Task[Any]) -> None:
            self._tasks.discard(task)
            if not task.cancelled() and (error := task.exception()) is not None:
                log.error("voice_task_failed", exc_info=error)

        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(done)
        return task

    async def finish_tasks(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def try_command(self, command: Coroutine[Any, Any, None]) -> bool:
        """A command to the PBX whose failure changes nothing: a channel that is gone is normal in a race with a hang-up."""
        try:
            await command
        except TelephonyError as error:
            log.info("command_without_effect", error=type(error).__name__)
            return False
        return True

    def send(self, command: Coroutine[Any, Any, None]) -> None:
        """The same, and nobody waits for it."""
        task = self.spawn(self.try_command(command))
        task.add_done_callback(lambda _: command.close())  # cancelled before its first step it would be one that nobody ever awaited

    def hang_up_later(self, channel_id: str, cause: HangupCause = HangupCause.NORMAL) -> None:
        self.send(self.telephony.hang_up(channel_id, cause))

    def actor_of(self, agent: LiveAgent) -> Actor:
        return Actor("user", agent.id, agent.name, agent.role)

    # -- writing ------------------------------------------------------------------------------------------------------------

    def change_of(
        self,
        call: LiveCall,
        event: str = "",
        data: dict[str, Any] | None = None,
        *,
        legs: list[LiveLeg] | None = None,
        more: Change | None = None,
    ) -> Change:
        """The call's state as it is at this moment, as one change."""
        call.version += 1
        row, leg_rows, at, epoch = call.row(), [leg.row() for leg in (legs or [])], clock.now(), self.lease.epoch

        async def change(session: AsyncSession) -> None:
            trace.bind(call.case_id)
            if event:
                trace.noted(session, "call", trace=call.case_id, call=call.id, what=event, state=row["state"])
            await store.save_change(session, call.id, row, event=event, data=data or {}, legs=leg_rows, at=at, epoch=epoch)
            if more is not None:
                await more(session)

        return change

    def save(
        self,
        call: LiveCall,
        event: str = "",
        data: dict[str, Any] | None = None,
        *,
        legs: list[LiveLeg] | None = None,
        more: Change | None = None,
    ) -> None:
        self.journal.put(self.change_of(call, event, data, legs=legs, more=more))
        for follow in self.followers:
            follow(call)

    # -- agents -------------------------------------------------------------------------------------------------------------

    def refresh_agent(self, agent: LiveAgent, *, publish: bool = False) -> None:
        """The agent's state follows from what is: console, call, wrap-up, wish. One place decides it."""
        now = clock.now()
        if agent.call_id is not None or agent.listens is not None:
            state = AgentState.TALKING
        elif not agent.console_alive or not agent.account:
            state = AgentState.OFFLINE
        elif self.board.ringing_for(agent.id) is not None:
            state = AgentState.RINGING
        elif agent.wrap_up_until is not None and agent.wrap_up_until > now:
            state = AgentState.WRAP_UP
        elif agent.wanted == "paused":
            state = AgentState.PAUSED
        else:
            state = AgentState.IDLE
        if state != AgentState.IDLE and (probe := self.probes.get(agent.id)) is not None:
            probe.cancel()  # a real call, or a wish of hers: it finds the telephone free
        if state == agent.state and not publish:
            return
        if state != agent.state:
            agent.since = now
            if state == AgentState.IDLE and agent.state != AgentState.RINGING:
                agent.idle_since = now
        if state in (AgentState.IDLE, AgentState.PAUSED, AgentState.OFFLINE):
            agent.wrap_up_until = None
        agent.state = state
        agent.version += 1
        row = agent.row()
        self.journal.put(lambda session: store.save_agent(session, row))
        if state == AgentState.IDLE:
            self.kick.set()

    def refresh_agents(self, ids: set[uuid.UUID | None] | frozenset[uuid.UUID]) -> None:
        for agent_id in ids:
            if agent_id is not None and (agent := self.board.agents.get(agent_id)) is not None:
                self.refresh_agent(agent)

    def start_wrap_up(self, agent: LiveAgent) -> None:
        agent.call_id = None
        agent.wrap_up_until = clock.now() + timedelta(seconds=self.timings.wrap_up)
        self.refresh_agent(agent)

    # -- calls --------------------------------------------------------------------------------------------------------------

    def end_leg(self, call: LiveCall, leg: LiveLeg, cause: str) -> None:
        """The leg is over (or is being ended by us): out of the board; its row is written with the caller's next save."""
        leg.state, leg.ended_at, leg.cause = LegState.ENDED, clock.now(), cause
        call.legs.pop(leg.id, None)

    def end_ringing_legs(self, call: LiveCall, cause: str, *, but_called_in: bool = False) -> list[LiveLeg]:
        """Stop every telephone that rings for this call; returns the ended legs, to be saved. `but_called_in`: who was called by a click rings on."""
        ended = [leg for leg in call.legs.values() if leg.is_ringing and not (but_called_in and leg.is_called_in)]
        for leg in ended:
            self.end_leg(call, leg, cause)
            self.hang_up_later(leg.channel_id)
        return ended

    def end_bridges(self, call: LiveCall) -> None:
        """The call's own and those of private talks. Before its legs are taken off the board."""
        for bridge_id in (
            call.bridge_id,
            *(leg.consult_id for leg in call.legs.values() if leg.is_called_in and leg.place == Place.CONSULT),
        ):
            self.send(self.telephony.end_bridge(bridge_id))

    def start_waiting(self, call: LiveCall, now: datetime) -> None:
        """Clocks of a wait: guard, reassurance, escalation."""
        call.waiting_since = now
        call.reassure_at = now + timedelta(seconds=self.timings.reassure_after)
        call.guard_due = now + timedelta(seconds=self.timings.guard_renew)

    def forget(self, call: LiveCall) -> None:
        """An ended call leaves the board when its last write is on its way."""
        self.board.calls.pop(call.id, None)

    def is_live(self, call: LiveCall) -> bool:
        return call.state not in (CallState.ENDED, CallState.ABANDONED) and self.board.calls.get(call.id) is call
