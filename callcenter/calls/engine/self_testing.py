"""Voice presses the key itself, every few minutes, and measures how long its press takes (docs/decisions.md, "The key tries itself").

The press comes through the PBX's dialplan as one from the trunk does, is read as one (lease, elder, open cases), committed as a row of its own, claimed,
and the agents whom it would ring are chosen. Nobody is rung, no call and no case is made: its channel's name, which only we can give, says what it is.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog

from callcenter.calls import store
from callcenter.calls.engine.core import Core
from callcenter.calls.engine.presses import new_press
from callcenter.calls.rules import Waiting, choose
from callcenter.calls.self_tests.models import Outcome, SelfTest
from callcenter.calls.states import CallKind
from callcenter.kit import clock
from callcenter.kit.ids import new_id
from callcenter.telephony.port import TEST_PRESS, Press, TelephonyError

log = structlog.get_logger()
FIRST_AFTER = 10.0  # s: a voice that has just started has other things to do
PATIENCE = 10.0  # s for all of it, but for the commit
SOONER = 30.0  # s: a bad one is repeated


@dataclass(slots=True)
class Try:
    channel_id: str
    at: datetime
    began: float = field(default_factory=time.monotonic)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    reason: str = "not_heard"  # how far it came; "" all the way
    committed_ms: int | None = None
    ring_ms: int | None = None
    agents: int = 0
    node: str = ""  # of several: at which

    def passed(self) -> int:
        return round((time.monotonic() - self.began) * 1000)

    def outcome(self, slow: float) -> Outcome:
        if self.reason or self.ring_ms is None:
            return Outcome.FAILED
        return Outcome.SLOW if self.ring_ms > slow * 1000 else Outcome.PASSED


class SelfTesting:
    def __init__(self, core: Core, connected: asyncio.Event) -> None:
        self.core, self._connected = core, connected
        self._due = time.monotonic() + FIRST_AFTER
        self._running: Try | None = None
        self._lock = asyncio.Lock()

    async def run(self) -> None:
        while True:
            await asyncio.sleep(0.5)
            every = self.core.timings.self_test_every
            waits = bool(self.core.board.waiting(clock.now()))  # real presses show it better
            if not every or waits or time.monotonic() < min(self._due, self._due - FIRST_AFTER + every) or not self._connected.is_set():
                continue
            try:
                shown = await self.test()
            except Exception:
                log.exception("self_test_not_written")
                shown = Outcome.FAILED
            self._due = time.monotonic() + (every if shown is Outcome.PASSED else min(every, SOONER))

    async def ask(self) -> dict[str, Any]:
        """For a drill: at once, and what it has shown."""
        tried = Try(f"{TEST_PRESS}{new_id()}", clock.now())
        outcome = await self.test(tried)
        return {"outcome": outcome.value, "reason": tried.reason, "committed_ms": tried.committed_ms, "ring_ms": tried.ring_ms}

    async def test(self, tried: Try | None = None) -> Outcome:
        """One press. Its result is a row; raises when that can't be written."""
        core = self.core
        async with self._lock:
            tried = self._running = tried or Try(f"{TEST_PRESS}{new_id()}", clock.now())
            sos = next((number for number, kind in core.lines.items() if kind == CallKind.SOS), "")
            try:
                await core.telephony.press_itself(tried.channel_id, caller=core.settings.hotline, called=sos)
                async with asyncio.timeout(core.timings.claim + PATIENCE):
                    await tried.over.wait()
            except TimeoutError:
                log.warning("self_test_late", reason=tried.reason)
            except TelephonyError as error:
                tried.reason = "not_pressed"
                log.warning("self_test_not_pressed", error=type(error).__name__)
            finally:
                self._running = None
                tried.node = core.telephony.node_of(tried.channel_id) or tried.node
                core.hang_up_later(tried.channel_id)
            return await self._write(tried)

    async def take(self, press: Press) -> None:
        """As `Presses.take`, step by step; what it would do to people is left out."""
        core, tried = self.core, self._running
        if tried is None or press.channel_id != tried.channel_id:
            core.hang_up_later(press.channel_id)  # of a voice that was killed
            return
        tried.node, tried.reason = core.telephony.node_of(press.channel_id), "not_committed"
        storing = asyncio.create_task(self._store(press, tried))
        done, _ = await asyncio.wait({storing}, timeout=core.timings.claim)
        if not done:
            tried.reason = "commit_late"
            core.spawn(self._late(storing, tried))
            return
        try:
            storing.result()
            tried.reason = "not_claimed"
            await core.telephony.claim(press.channel_id)
        except Exception as error:
            log.warning("self_test_failed", reason=tried.reason, error=type(error).__name__)
            tried.over.set()
            return
        call = Waiting(new_id(), CallKind.SOS, press.at, 0, False, 0, frozenset(), frozenset())
        offers = choose([*core.board.waiting(clock.now()), call], core.board.available())
        tried.agents = sum(len(offer.agent_ids) for offer in offers if offer.call_id == call.id)
        tried.ring_ms, tried.reason = tried.passed(), ""
        tried.over.set()

    async def _late(self, storing: asyncio.Task[None], tried: Try) -> None:
        await asyncio.wait({storing})
        if not storing.cancelled() and (error := storing.exception()) is not None:
            log.warning("self_test_not_committed", error=type(error).__name__)
        tried.over.set()

    async def _store(self, press: Press, tried: Try) -> None:
        core = self.core
        new = new_press(core.settings, core.lines, core.telephony.name, press)
        async with core.database.transaction() as session:
            await store.look_up_press(session, new, repeat_seconds=core.timings.sos_repeat, lease=core.lease, with_case=False)
            session.add(self._row(tried, "not_claimed"))
        tried.committed_ms = tried.passed()

    async def _write(self, tried: Try) -> Outcome:
        outcome = tried.outcome(self.core.timings.self_test_slow)
        async with self.core.database.transaction() as session:
            await self.core.lease.check_epoch(session)
            row = self._row(tried, tried.reason)
            row.outcome = outcome
            await session.merge(row)
        log.info(
            "self_test", node=tried.node, outcome=outcome.value, reason=tried.reason, committed_ms=tried.committed_ms, ring_ms=tried.ring_ms
        )
        return outcome

    def _row(self, tried: Try, reason: str) -> SelfTest:
        """Until it is over it has failed: whoever is killed in the middle has left that."""
        return SelfTest(
            id=self._id(tried), at=tried.at, pbx=tried.node or self.core.telephony.name, outcome=Outcome.FAILED, reason=reason,
            committed_ms=tried.committed_ms, ring_ms=tried.ring_ms, agents=tried.agents, alarmed=False,
        )  # fmt: skip

    @staticmethod
    def _id(tried: Try) -> uuid.UUID:
        return uuid.UUID(tried.channel_id.removeprefix(TEST_PRESS))
