"""What programs leave to people who call in: lines of the carrier, and idle agents."""

from __future__ import annotations

from callcenter.accounts.roles import Role
from callcenter.calls.engine.core import Core
from callcenter.calls.states import AgentState


def free_lines(core: Core) -> int:
    """So many more may programs take now; 0 or less: none. What the PBX's own fallback rings is not known to us, but its callers are."""
    in_use = sum(call.trunk_channels for call in core.board.calls.values())
    return core.settings.trunk_lines - int(core.centre.number("reserved_lines")) - in_use


def somebody_waits(core: Core) -> bool:
    """For a person."""
    return any(call.is_waiting and not call.is_dialling for call in core.board.calls.values())


def agent_to_spare(core: Core) -> bool:
    """Whether somebody whom a program has called may be put through now: nobody else waits, and more agents are idle than are kept."""
    idle = sum(agent.state == AgentState.IDLE and agent.role == Role.AGENT for agent in core.board.available())
    return not somebody_waits(core) and idle > core.centre.number("reserved_agents")
