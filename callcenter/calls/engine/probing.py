"""Whether the telephones of those who look ready are: each minute a silent call to every agent who is free (docs/decisions.md, "Telephones are proved").

A sleeping browser tab is registered, its console's socket lives, and it never rings; another rings and carries no sound. Only a call that comes back the
whole way shows the difference. A probe is never in the way: whatever makes an agent anything but idle cancels hers first (`Core.refresh_agent`), and while
somebody waits none is begun. What was shown lies in the agent's row, so that the next voice goes on with it; and who is out is tried again soon, always.
"""

from __future__ import annotations

import asyncio
import time

import structlog

from callcenter.calls import store
from callcenter.calls.engine.board import LiveAgent
from callcenter.calls.engine.core import Core
from callcenter.calls.engine.people import People
from callcenter.calls.states import AgentState
from callcenter.kit import clock
from callcenter.kit.ids import new_id
from callcenter.telephony.port import Probed, TelephonyError

log = structlog.get_logger()
PROBE = "probe-"  # a channel's name begins so
AT_ONCE = 10  # of so many who are free one may be in a probe
SOONER = 6  # who has failed is tried again after this part of the time


class Probing:
    def __init__(self, core: Core, people: People) -> None:
        self.core, self.people = core, people
        self._due: dict[str, float] = {}  # account -> when, by the monotonic clock; a new one at once

    @property
    def every(self) -> float:
        """0: no telephone is proved. A desk telephone would ring aloud."""
        return self.core.timings.probe_every if self.core.settings.agent_phones == "browser" else 0

    async def run(self) -> None:
        while True:
            await asyncio.sleep(min(0.5, self.every / 4) if self.every else 0.5)
            try:
                self._round()
            except Exception:
                log.exception("probing_failed")

    def _round(self) -> None:
        core, now = self.core, time.monotonic()
        agents = list(core.board.agents.values())
        if not self.every:
            for agent in agents:
                if agent.problem or agent.probe_failures:
                    self._well(agent)
            return
        self._due = {agent.account: self._due.get(agent.account, 0.0) for agent in agents if agent.reachable}
        if core.board.waiting(clock.now()):
            return
        free = [agent for agent in agents if self._is_free(agent)]
        most = max(1, len(free) // AT_ONCE)
        for agent in sorted(free, key=lambda a: self._due[a.account]):
            if len(core.probes) >= most or self._due[agent.account] > now:
                return
            if agent.id not in core.probes:
                self._begin(agent)

    def _begin(self, agent: LiveAgent) -> None:
        probes, agent_id = self.core.probes, agent.id
        probes[agent_id] = self.core.spawn(self._prove(agent))
        probes[agent_id].add_done_callback(lambda _: probes.pop(agent_id, None))

    def _is_free(self, agent: LiveAgent) -> bool:
        return agent.state == AgentState.IDLE and agent.reachable and agent.console_alive and not agent.leaving

    async def _prove(self, agent: LiveAgent) -> None:
        core, account = self.core, agent.account
        self._due[account] = time.monotonic() + self.every
        try:
            shown = await core.telephony.probe(f"{PROBE}{new_id()}", account, within=core.timings.probe_answer)
        except TelephonyError as error:  # of ours, not of hers
            log.info("telephone_not_proved", error=type(error).__name__)
            return
        if shown != Probed.BUSY and agent.account == account and agent.reachable:
            self._take(agent, shown)

    def _take(self, agent: LiveAgent, shown: Probed) -> None:
        agent.checked_at = clock.now()
        if shown == Probed.HEARD:
            self._well(agent)
            return
        agent.probe_failures += 1
        self._due[agent.account] = time.monotonic() + self.every / SOONER
        if agent.probe_failures < self.core.centre.number("probe_failures") or agent.problem == shown:
            self._note(agent)
            return
        log.warning("agent_out_of_rotation", agent_id=str(agent.id), shown=shown.value, failures=agent.probe_failures)
        agent.problem = shown.value
        self._tell(agent)

    def _well(self, agent: LiveAgent) -> None:
        was_out, agent.problem, agent.probe_failures = agent.problem, "", 0
        if not was_out:
            self._note(agent)
            return
        log.info("agent_in_rotation_again", agent_id=str(agent.id))
        self._tell(agent)
        self.core.kick.set()

    def _tell(self, agent: LiveAgent) -> None:
        """News for her console and for supervisors'; and the PBX's own list follows."""
        self.core.refresh_agent(agent, publish=True)
        self.core.spawn(self.people.write_fallback())

    def _note(self, agent: LiveAgent) -> None:
        row = agent.row()
        self.core.journal.put(lambda session: store.save_probe(session, row))
