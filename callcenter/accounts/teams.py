"""Teams: a name, who leads it, where it works. Retired, never deleted."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.accounts.models import Team, User
from callcenter.kit import clock
from callcenter.kit.errors import Conflict, Invalid, NotFound

MAX_NAME = 40


async def list_teams(session: AsyncSession) -> Sequence[Team]:
    return (await session.scalars(select(Team).order_by(Team.retired_at.is_not(None), Team.name, Team.id))).all()


async def add_team(session: AsyncSession, actor: Actor, *, name: str, lead_id: uuid.UUID | None, region_id: uuid.UUID | None) -> Team:
    """Precondition: the region is known, or None."""
    await _check_lead(session, lead_id)
    team = Team(name=_checked_name(name), lead_id=lead_id, region_id=region_id, retired_at=None)
    session.add(team)
    await _flush(session)
    await audit(session, actor, "team:added", team.id, details={"name": team.name})
    return team


async def change_team(
    session: AsyncSession, actor: Actor, team_id: uuid.UUID, *, name: str, lead_id: uuid.UUID | None, region_id: uuid.UUID | None
) -> Team:
    team = await _get(session, team_id)
    if lead_id != team.lead_id:
        await _check_lead(session, lead_id)
    team.name, team.lead_id, team.region_id = _checked_name(name), lead_id, region_id
    await _flush(session)
    await audit(session, actor, "team:changed", team.id, details={"name": team.name})
    return team


async def retire_team(session: AsyncSession, actor: Actor, team_id: uuid.UUID, *, retired: bool) -> Team:
    """Harmless twice. Conflict while somebody active is in it."""
    team = await _get(session, team_id)
    if (team.retired_at is not None) == retired:
        return team
    if retired and (await session.scalar(select(User.id).where(User.team_id == team_id, User.active).limit(1))) is not None:
        raise Conflict("somebody is still in this team", code="team_has_members")
    team.retired_at = clock.now() if retired else None
    await _flush(session)
    await audit(session, actor, "team:retired" if retired else "team:restored", team.id)
    return team


async def _get(session: AsyncSession, team_id: uuid.UUID) -> Team:
    team = await session.get(Team, team_id, with_for_update=True)
    if team is None:
        raise NotFound("there is no such team", code="no_such_team")
    return team


def _checked_name(name: str) -> str:
    name = name.strip()
    if not 0 < len(name) <= MAX_NAME or not name.isprintable():
        raise Invalid(f"a team's name has 1 to {MAX_NAME} characters", code="bad_label")
    return name


async def _check_lead(session: AsyncSession, lead_id: uuid.UUID | None) -> None:
    if lead_id is None:
        return
    lead = await session.get(User, lead_id)
    if lead is None or not lead.active:
        raise Invalid("who leads a team is one of its people", code="no_such_user")


async def _flush(session: AsyncSession) -> None:
    """The name's index decides, so that two at once cannot take one."""
    try:
        async with session.begin_nested():
            await session.flush()
    except IntegrityError as error:
        raise Conflict("another team bears this name", code="label_taken") from error
