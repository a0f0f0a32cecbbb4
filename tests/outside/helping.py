"""An SOS of 王桂兰 with an agent on it, and what the worker does each second."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from callcenter.cases.models import CaseEntry
from callcenter.emergency.jobs import sweep_emergencies
from callcenter.emergency.outside.jobs import sweep_outside
from tests.house import AgentAtWork, House

ALONE, NAME = "07103456789", "王桂兰"
CREW = "13800138120"


async def an_emergency(house: House, username: str = "agent1") -> tuple[AgentAtWork, str]:
    """The agent who has picked up, and the case."""
    agent = await house.agent(username)
    house.elder(ALONE).press_sos()
    call = await agent.picks_up()
    await sweep_emergencies(house.database)
    return agent, str(call["case_id"])


async def offered(agent: AgentAtWork, case_id: str, agency: str = "120", **more: Any) -> dict[str, Any]:
    answer = await agent.post(f"/api/emergencies/{case_id}/handovers", {"agency": agency, **more})
    return dict(answer)


async def second(house: House) -> None:
    """What the worker does in one."""
    await sweep_outside(house.database)


async def only(agent: AgentAtWork, case_id: str) -> dict[str, Any]:
    (one,) = await agent.get(f"/api/emergencies/{case_id}/handovers")
    return dict(one)


async def entries(house: House, case_id: str, prefix: str = "handover") -> list[CaseEntry]:
    async with house.database.transaction() as session:
        rows = await session.scalars(select(CaseEntry).where(CaseEntry.case_id == case_id).order_by(CaseEntry.at, CaseEntry.id))
        return [row for row in rows if row.kind.startswith(prefix)]


async def kinds(house: House, case_id: str, prefix: str = "handover") -> list[str]:
    return [row.kind for row in await entries(house, case_id, prefix)]


async def due(agent: AgentAtWork, case_id: str) -> list[str]:
    return [d["code"] for d in (await agent.get(f"/api/emergencies/{case_id}"))["deadlines"]]


async def alarms(agent: AgentAtWork, case_id: str) -> list[str]:
    return [a["code"] for a in (await agent.get(f"/api/emergencies/{case_id}"))["alarms"]]
