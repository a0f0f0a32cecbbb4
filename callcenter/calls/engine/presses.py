"""A press comes in: stored, then claimed and rung for, side by side. docs/decisions.md §1.

No commit within Timings.claim: no claim, the dialplan carries it. We wait with asyncio.wait and never cancel the query (a cancel was seen to take 5 s);
a commit that comes late, or a refused claim, leaves a press that is "with the dialplan", to be finished from the carrier's own record.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls import store
from callcenter.calls.engine.board import LiveCall, LiveLeg
from callcenter.calls.engine.core import Core
from callcenter.calls.engine.dialogs import OF_LINE, DialogRunner
from callcenter.calls.engine.ringing import Ringing
from callcenter.calls.rules import next_escalation, severity_of
from callcenter.calls.states import CallKind, CallState
from callcenter.calls.store import NewPress, StoredPress
from callcenter.kit import clock
from callcenter.kit.db import pipelined
from callcenter.kit.phone import candidates, normalise
from callcenter.settings import Settings
from callcenter.telephony.port import CarrierPress, ClaimRefused, Press, TelephonyError

log = structlog.get_logger()
AT_ONCE = 4  # presses that are being stored; a fifth waits its turn, or all of them together would be late


def new_press(settings: Settings, lines: dict[str, CallKind], pbx: str, press: Press | CarrierPress) -> NewPress:
    """What the carrier sent, read. A called number that is no line of ours counts as service: it is answered all the same."""
    number = normalise(press.caller, settings)
    digits = press.called.lstrip("+")
    kind = lines.get(press.called) or lines.get(digits) or next((k for n, k in lines.items() if digits.endswith(n)), CallKind.SERVICE)
    return NewPress(
        pbx=pbx,
        channel_id=press.channel_id,
        kind=kind,
        caller_raw=press.caller[:64],
        caller_key=(number.value or None) if number else None,
        candidates=candidates(press.caller, settings),
        called=press.called[:64],
        at=press.at,
    )


@dataclass(slots=True)
class Attempt:
    """One try to store a press: who was reserved in it, whether it took too long, and the turn it has."""

    legs: list[LiveLeg] = field(default_factory=list)
    late: bool = False
    turn: asyncio.Semaphore | None = None

    async def take(self, turns: asyncio.Semaphore) -> None:
        await turns.acquire()
        self.turn = turns

    def leave(self) -> None:
        if self.turn is not None:
            self.turn.release()
            self.turn = None


class Presses:
    def __init__(self, core: Core, ringing: Ringing, dialogs: DialogRunner) -> None:
        self.core, self.ringing, self.dialogs = core, ringing, dialogs
        self._storing: set[asyncio.Task[None]] = set()  # never cancelled
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._late_turns = asyncio.Semaphore(1)  # the dialplan has a late one by now: it holds up none that is in time

    async def take(self, press: Press) -> None:
        core, attempt = self.core, Attempt()
        with core.journal.held():
            call = await self._stored(press, attempt)
            if call is None:
                return
            if call.state != CallState.DIALOG:
                # beside the claim, which is hardly ever refused; whoever picks up waits for it
                await self.ringing.ring_all(call, attempt.legs)
            call.claiming = asyncio.create_task(self._claim(call, press.channel_id))
        try:
            await call.claiming
        except TelephonyError as error:
            log.warning("claim_refused", call_id=str(call.id), error=type(error).__name__, refused=isinstance(error, ClaimRefused))
            self._with_dialplan(call, attempt.legs, "claim_refused")
            for leg in attempt.legs:
                core.hang_up_later(leg.channel_id)
            return
        if not core.is_live(call):
            return
        if call.state == CallState.DIALOG:
            await self.dialogs.called_in(call)
            return
        core.send(core.telephony.ring_in(press.channel_id))
        core.kick.set()

    async def _stored(self, press: Press, attempt: Attempt) -> LiveCall | None:
        """The press's call when it is committed in time and was not before."""
        core = self.core
        stored: asyncio.Future[LiveCall | None] = asyncio.get_running_loop().create_future()
        storing = asyncio.create_task(self._store(new_press(core.settings, core.lines, core.telephony.name, press), attempt, stored))
        self._storing.add(storing)
        storing.add_done_callback(self._storing.discard)
        await asyncio.wait({stored}, timeout=core.timings.claim)
        if not stored.done():
            log.warning("press_commit_late", channel_id=press.channel_id)
            attempt.late = True
            attempt.leave()
            self._free(attempt.legs, "commit_late")
            core.spawn(self._late(stored, attempt))
            return None
        try:
            return await stored
        except Exception as error:
            log.error("press_not_stored", channel_id=press.channel_id, exc_info=error)
            return None

    async def _claim(self, call: LiveCall, channel_id: str) -> None:
        await self.core.telephony.claim(channel_id)
        call.claimed = True

    async def _store(self, new: NewPress, attempt: Attempt, stored: asyncio.Future[LiveCall | None]) -> None:
        """One transaction: the call, its case, who it is, and the legs of those who are rung. `stored` is told as soon as it is committed (None: it was
        stored and handled before), not when the transaction is tidied up.
        """
        core = self.core
        call: LiveCall | None = None
        await attempt.take(self._turns)
        if attempt.late:
            attempt.leave()
            await attempt.take(self._late_turns)
        now = clock.now()
        try:
            async with core.database.transaction() as session:
                by_dialog = new.kind in OF_LINE
                looked = await store.look_up_press(
                    session, new, repeat_seconds=core.timings.sos_repeat, lease=core.lease, with_case=not by_dialog
                )
                state = CallState.DIALOG if by_dialog else CallState.QUEUED
                async with pipelined(session, commit=True):
                    written = await store.write_press(session, new, looked, state=state, epoch=core.lease.epoch)
                    call = self._live(new, written, state, now)
                    core.board.calls[call.id] = call
                    if not attempt.late and not by_dialog:
                        for _, legs in self.ringing.reserve(only=call):
                            attempt.legs.extend(legs)
                    await self._write_offer(session, call, attempt.legs)
                stored.set_result(call)
                for _ in range(3):
                    await asyncio.sleep(0)  # who waits for it comes first
        except BaseException as error:
            if stored.done():
                log.warning("press_transaction_not_tidied", error=type(error).__name__)
                return
            self._free(attempt.legs, "not_written")
            if call is not None:
                core.forget(call)
            if store.is_stored_already(error):
                stored.set_result(None)
            else:
                stored.set_exception(error)
        finally:
            attempt.leave()

    def _live(self, new: NewPress, stored: StoredPress, state: CallState, now: datetime) -> LiveCall:
        call = LiveCall(
            id=stored.id,
            kind=new.kind,
            state=state,
            channel_id=new.channel_id,
            caller_key=new.caller_key,
            caller_raw=new.caller_raw,
            called=new.called,
            severity=severity_of(new.kind),
            received_at=new.at,
            case_id=stored.case_id,
            elder_id=stored.elder_id,
            shared_elder_ids=stored.shared_elder_ids,
            risk=stored.risk,
            dialect=stored.dialect,
            queued_at=now,
        )
        if state == CallState.DIALOG:
            call.queued_at = None
            return call
        call.escalate_at = next_escalation(call.kind, call.escalation, call.received_at, self.core.timings)
        self.core.start_waiting(call, now)
        return call

    async def _write_offer(self, session: AsyncSession, call: LiveCall, legs: list[LiveLeg]) -> None:
        if legs:
            call.move(CallState.OFFERED)
        change = self.core.change_of(
            call,
            "dialog" if call.state == CallState.DIALOG else "offered" if legs else "queued",
            {"agents": [str(leg.agent_id) for leg in legs]},
            legs=legs,
            more=(lambda s: self.ringing.write_grants(s, call, legs)) if legs else None,
        )
        await change(session)

    def _free(self, legs: list[LiveLeg], why: str) -> None:
        """Reserved agents are free again; nobody has been rung yet."""
        for leg in legs:
            if (call := self.core.board.calls.get(leg.call_id)) is not None:
                self.core.end_leg(call, leg, why)
        self.core.refresh_agents({leg.agent_id for leg in legs})

    async def _late(self, stored: asyncio.Future[LiveCall | None], attempt: Attempt) -> None:
        """The commit comes late or fails: whatever it wrote is the dialplan's."""
        try:
            call = await stored
        except Exception as error:
            log.warning("press_not_stored", error=type(error).__name__)
            return
        if call is not None:
            self._with_dialplan(call, attempt.legs, "commit_late")

    def _with_dialplan(self, call: LiveCall, legs: list[LiveLeg], why: str) -> None:
        """Not ours: no legs, and its end comes from the carrier's record."""
        core = self.core
        self._free([leg for leg in legs if leg.id in call.legs], why)
        if core.is_live(call):
            call.claimed = False
            call.move(CallState.DIALPLAN)
            core.save(
                call,
                "with_dialplan",
                {"why": why},
                legs=legs,
                more=lambda s: store.end_grants(s, call_id=call.id, at=clock.now()),
            )
