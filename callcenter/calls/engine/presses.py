"""A press comes in: stored, then claimed, then rung for. Design §12.1.

No commit within Timings.claim: no claim, the dialplan carries it. We wait with asyncio.wait and never cancel the query (a cancel was seen to take 5 s);
a commit that comes late, or a refused claim, leaves a press that is "with the dialplan", to be finished from the carrier's own record.
"""

from __future__ import annotations

import asyncio
from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls import store
from callcenter.calls.engine.board import LiveCall, LiveLeg
from callcenter.calls.engine.core import Core
from callcenter.calls.engine.ringing import Ringing
from callcenter.calls.rules import next_escalation, severity_of
from callcenter.calls.states import CallKind, CallState
from callcenter.calls.store import NewPress, StoredPress
from callcenter.kit import clock
from callcenter.kit.phone import candidates, normalise
from callcenter.settings import Settings
from callcenter.telephony.port import CarrierPress, ClaimRefused, Press, TelephonyError

log = structlog.get_logger()


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


class Presses:
    def __init__(self, core: Core, ringing: Ringing) -> None:
        self.core, self.ringing = core, ringing
        self.ended_early: set[str] = set()  # channels that ended while their press was being stored

    async def take(self, press: Press) -> None:
        core = self.core
        new = new_press(core.settings, core.lines, core.telephony.name, press)
        reserved: list[tuple[LiveCall, list[LiveLeg]]] = []
        storing = asyncio.create_task(self._store(new, reserved))
        done, _ = await asyncio.wait({storing}, timeout=core.timings.claim)
        if not done:
            log.warning("press_commit_late", channel_id=press.channel_id)
            core.spawn(self._late(storing, reserved))
            return
        if storing.exception() is not None:
            log.error("press_not_stored", channel_id=press.channel_id, exc_info=storing.exception())
            self._undo(reserved)
            return
        call = storing.result()
        if call is None:
            return  # stored and handled before
        try:
            await core.telephony.claim(press.channel_id)
        except TelephonyError as error:
            log.warning("claim_refused", call_id=str(call.id), error=type(error).__name__, refused=isinstance(error, ClaimRefused))
            self._with_dialplan(call, "claim_refused")
            return
        call.claimed = True
        if not core.is_live(call):
            return
        for _, legs in reserved:
            await self.ringing.ring_all(call, legs)
        core.spawn(core.try_command(core.telephony.ring_in(press.channel_id)))
        core.kick.set()

    async def _store(self, new: NewPress, reserved: list[tuple[LiveCall, list[LiveLeg]]]) -> LiveCall | None:
        """One transaction: the call, its case, who it is, and the legs of those who are rung."""
        core, now = self.core, clock.now()
        async with core.database.transaction() as session:
            await core.lease.check_epoch(session)
            stored = await store.store_press(
                session, new, state=CallState.QUEUED, repeat_seconds=core.timings.sos_repeat, epoch=core.lease.epoch
            )
            if not stored.is_new:
                return None
            call = self._live(new, stored, now)
            core.board.calls[call.id] = call
            try:
                reserved.extend(self.ringing.reserve(only=call))
                await self._write_offer(session, call, reserved)
            except BaseException:
                self._undo(reserved)
                core.board.calls.pop(call.id, None)
                raise
        return call

    def _live(self, new: NewPress, stored: StoredPress, now: datetime) -> LiveCall:
        call = LiveCall(
            id=stored.id,
            kind=new.kind,
            state=CallState.QUEUED,
            channel_id=new.channel_id,
            caller_key=new.caller_key,
            caller_raw=new.caller_raw,
            called=new.called,
            severity=severity_of(new.kind),
            received_at=new.at,
            version=stored.version,
            case_id=stored.case_id,
            elder_id=stored.elder_id,
            shared_elder_ids=stored.shared_elder_ids,
            risk=stored.risk,
            queued_at=now,
        )
        call.escalate_at = next_escalation(call.kind, call.escalation, call.received_at, self.core.timings)
        self.core.start_waiting(call, now)
        return call

    async def _write_offer(self, session: AsyncSession, call: LiveCall, reserved: list[tuple[LiveCall, list[LiveLeg]]]) -> None:
        legs = [leg for _, some in reserved for leg in some]
        if legs:
            call.move(CallState.OFFERED)
        change = self.core.change_of(
            call,
            "offered" if legs else "queued",
            {"agents": [str(leg.agent_id) for leg in legs]},
            legs=legs,
            more=(lambda s: self.ringing.write_grants(s, call, legs)) if legs else None,
        )
        await change(session)

    def _undo(self, reserved: list[tuple[LiveCall, list[LiveLeg]]]) -> None:
        for call, legs in reserved:
            for leg in legs:
                self.core.end_leg(call, leg, "not_written")
            self.core.board.calls.pop(call.id, None)
            self.core.refresh_agents({leg.agent_id for leg in legs})

    async def _late(self, storing: asyncio.Task[LiveCall | None], reserved: list[tuple[LiveCall, list[LiveLeg]]]) -> None:
        """The commit comes late or fails: whatever it wrote is the dialplan's."""
        for _, legs in reserved:
            self.core.refresh_agents({leg.agent_id for leg in legs})
        try:
            call = await storing
        except Exception as error:
            log.warning("press_not_stored", error=type(error).__name__)
            self._undo(reserved)
            return
        if call is not None:
            self._with_dialplan(call, "commit_late")

    def _with_dialplan(self, call: LiveCall, why: str) -> None:
        """Not ours: no legs, and its end comes from the carrier's record."""
        core = self.core
        legs = list(call.legs.values())
        agents = frozenset(leg.agent_id for leg in legs if leg.agent_id)
        for leg in legs:
            core.end_leg(call, leg, why)
            core.hang_up_later(leg.channel_id)
        if core.is_live(call):
            call.move(CallState.DIALPLAN)
            call.claimed = False
            core.save(call, "with_dialplan", {"why": why}, legs=legs)
        core.refresh_agents(agents)
