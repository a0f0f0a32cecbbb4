"""Gathers what goes into a packet, as it stands now."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.models import User
from callcenter.calls.models import Call
from callcenter.cases.models import Case
from callcenter.centre.queries import get_values
from callcenter.elders.queries import get_profile
from callcenter.elders.schemas import Profile, ProfileContact
from callcenter.emergency.models import Emergency
from callcenter.emergency.outside.models import OutsideService
from callcenter.emergency.outside.packet import Facts
from callcenter.emergency.outside.states import Agency
from callcenter.kit import clock
from callcenter.regions.queries import list_chain
from callcenter.settings import get_settings

# What a protocol has learned of an emergency's patient ("conscious", "breathing": yes, no, unknown); given by whoever wires this, for
# protocols stand above it.
Answers = Callable[[AsyncSession, uuid.UUID], Awaitable[Mapping[str, str]]]


async def no_answers(session: AsyncSession, case_id: uuid.UUID) -> Mapping[str, str]:
    return {}


async def load_facts(
    session: AsyncSession,
    case: Case,
    emergency: Emergency,
    *,
    handover_id: uuid.UUID,
    agency: Agency,
    service: OutsideService,
    offered_at: datetime,
    offered_by_id: uuid.UUID,
    note: str,
    answers: Mapping[str, str],
) -> Facts:
    settings = get_settings()
    values = await get_values(session, settings)
    agent = await session.get_one(User, offered_by_id)
    elder = await get_profile(session, case.elder_id) if case.elder_id else None
    answered_at = await session.scalar(select(func.min(Call.answered_at)).where(Call.case_id == case.id))
    chain = await list_chain(session, elder.community_id) if elder else []
    return Facts(
        handover_id=handover_id,
        agency=agency,
        agency_name=service.label,
        agency_number=service.number,
        centre=values.text("centre_name"),
        call_back=values.text("hotline"),
        agent=agent.name,
        agent_id=agent.id,
        case_number=case.number,
        kind=emergency.kind.value,
        pressed_at=emergency.pressed_at,
        offered_at=offered_at,
        caller=case.caller_key or "",
        elder=elder,
        today_contacts=_valid_today(elder) if elder else (),
        place_names=tuple(region.name for region in chain),
        answers=answers,
        answered_at=answered_at,
        note=note,
    )


def _valid_today(elder: Profile) -> list[ProfileContact]:
    """Key-holders first, then in their order."""
    today = clock.today(get_settings().timezone)
    valid = [c for c in elder.contacts if (c.valid_from is None or c.valid_from <= today) and (c.valid_to is None or c.valid_to >= today)]
    return sorted(valid, key=lambda c: not c.has_key)
