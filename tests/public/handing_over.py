"""An SOS of 王桂兰, handed over to 120 with a link, as an agent does it."""

from __future__ import annotations

import uuid

from sqlalchemy import select

from callcenter.accounts.actor import Actor
from callcenter.accounts.models import User
from callcenter.accounts.roles import Role
from callcenter.cases.actions import LinkedTo, open_case
from callcenter.cases.states import Severity
from callcenter.elders.queries import find_elders_by_number
from callcenter.emergency.actions import open_emergency
from callcenter.emergency.outside.actions import offer_handover
from callcenter.emergency.outside.jobs import sweep_outside
from callcenter.emergency.outside.loading import no_answers
from callcenter.emergency.outside.queries import get_made_link
from callcenter.emergency.outside.schemas import MadeLink, OfferHandover
from callcenter.emergency.outside.states import Agency
from callcenter.emergency.states import EmergencyKind
from callcenter.kit import clock
from tests.public.open_door import OpenDoor


class Given:
    """A hand-over to 120 with a link, as an agent has made it."""

    def __init__(self, door: OpenDoor, agent: Actor, handover_id: uuid.UUID, case_id: uuid.UUID, link: MadeLink) -> None:
        self.door, self.agent, self.handover_id, self.case_id, self.link = door, agent, handover_id, case_id, link
        self.path = link.url.removeprefix(door.url)

    async def state(self) -> str:
        (row,) = await self.door.rows("SELECT state FROM outside_handovers WHERE id = :id", id=self.handover_id)
        return str(row.state)

    async def second(self) -> None:
        await sweep_outside(self.door.app)

    async def kinds(self) -> list[str]:
        rows = await self.door.rows(
            "SELECT kind FROM case_entries WHERE case_id = :id AND kind LIKE 'handover%' ORDER BY at, id", id=self.case_id
        )
        return [row.kind for row in rows]


async def hand_over(door: OpenDoor) -> Given:
    async with door.app.transaction() as session:
        user = (await session.scalars(select(User).where(User.username == "agent1"))).one()
        agent = Actor("user", user.id, user.name, Role.AGENT)
        (elder,) = await find_elders_by_number(session, ["+867103456789"])
        case = await open_case(
            session, elder_id=elder.id, caller_key="+867103456789", is_sos=True, severity=Severity.E0, linked=LinkedTo(None), at=clock.now(), data={}
        )  # fmt: skip
        await open_emergency(session, agent, case.id, kind=EmergencyKind.FALL)
        offer = OfferHandover(agency=Agency.AMBULANCE, mobile="13800138120", note="院里有狗 <script>alert(1)</script>")
        handover, link = await offer_handover(session, agent, case.id, offer, answers=no_answers)
        assert link
        made = await get_made_link(session, link.id)
    return Given(door, agent, handover.id, case.id, made.model_copy(update={"url": f"{door.url}/h/{made.url[-22:]}"}))
