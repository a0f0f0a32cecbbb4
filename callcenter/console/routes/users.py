"""People and teams, for whoever keeps the house; supervisors read."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts import people, teams
from callcenter.accounts.models import Team, User, UserSession, UserTotp
from callcenter.accounts.roles import Permission
from callcenter.accounts.sessions import SignedIn
from callcenter.calls.models import AgentPresence, Call
from callcenter.calls.setting_up import leave_desk, show_agent
from callcenter.calls.states import AgentState, CallState
from callcenter.centre.models import OptionKind
from callcenter.centre.options import checked_codes
from callcenter.console.http import Desk, Session, database_of, needs
from callcenter.console.idempotency import IdempotencyKey, once
from callcenter.console.schemas_users import (
    AddPerson,
    ChangePerson,
    DisablePerson,
    People,
    PersonView,
    PersonWithPassword,
    RetireTeam,
    Teams,
    TeamView,
    TeamWords,
)
from callcenter.kit.db import Database
from callcenter.kit.errors import Conflict, Invalid
from callcenter.regions.models import Region

router = APIRouter()
Reader = Annotated[SignedIn, Depends(needs(Permission.USERS_READ))]
Writer = Annotated[SignedIn, Depends(needs(Permission.USERS_WRITE))]
Db = Annotated[Database, Depends(database_of)]


class Nothing(BaseModel):
    """A request without a body, for its Idempotency-Key."""


async def person_views(session: AsyncSession, only: uuid.UUID | None = None) -> list[PersonView]:
    seen = select(UserSession.user_id, func.max(UserSession.seen_at).label("at")).group_by(UserSession.user_id).subquery()
    statement = (
        select(User, AgentPresence.state, seen.c.at, UserTotp.confirmed_at)
        .outerjoin(AgentPresence, AgentPresence.agent_id == User.id)
        .outerjoin(seen, seen.c.user_id == User.id)
        .outerjoin(UserTotp, UserTotp.user_id == User.id)
        .order_by(User.active.desc(), User.username)
    )
    rows = (await session.execute(statement if only is None else statement.where(User.id == only))).all()
    talking = await in_call(session, [row[0].id for row in rows])
    return [
        PersonView(
            id=user.id, username=user.username, name=user.name, role=user.role, active=user.active, leaves_after_call=user.leaves_after_call,
            must_change_password=user.must_change_password, has_second_factor=confirmed is not None, dialects=user.dialects, skills=user.skills,
            team_id=user.team_id, region_ids=user.region_ids, state=state or AgentState.OFFLINE, in_call=user.id in talking, seen_at=at,
            created_at=user.created_at,
        )
        for user, state, at, confirmed in rows
    ]  # fmt: skip


async def person_view(session: AsyncSession, user_id: uuid.UUID) -> PersonView:
    await session.flush()
    return (await person_views(session, user_id))[0]


async def in_call(session: AsyncSession, user_ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Those who have somebody on the line."""
    on_line = (CallState.TALKING, CallState.HELD)
    found = await session.scalars(select(Call.agent_id).where(Call.agent_id.in_(user_ids), Call.state.in_(on_line)))
    return {user_id for user_id in found if user_id}


async def check_free(session: AsyncSession, user_id: uuid.UUID) -> None:
    if await in_call(session, [user_id]):
        raise Conflict("somebody is on the line with her; wait for the end of the call", code="in_a_call")


async def checked_words(session: AsyncSession, body: ChangePerson, had: User | None) -> dict[str, object]:
    """Dialects, skills and regions as they are known; the rest as it came."""
    region_ids = set(body.region_ids)
    known = set(await session.scalars(select(Region.id).where(Region.id.in_(region_ids)))) if region_ids else set()
    if region_ids - known:
        raise Invalid("there is no such region", code="region_not_found")
    return body.model_dump(exclude={"username"}) | {
        "dialects": await checked_codes(session, OptionKind.DIALECT, body.dialects, had=had.dialects if had else ()),
        "skills": await checked_codes(session, OptionKind.SKILL, body.skills, had=had.skills if had else ()),
    }


# --- people ----------------------------------------------------------------------------------------------------------------------


@router.get("/api/users")
async def get_users(who: Reader, session: Session) -> People:
    return People(people=await person_views(session))


@router.post("/api/users")
async def add_user(body: AddPerson, who: Writer, session: Session, idempotency_key: IdempotencyKey = None) -> PersonWithPassword:
    shown: list[str] = []  # never in the kept answer

    async def do() -> PersonView:
        words = await checked_words(session, body, None)
        user, password = await people.add_person(session, who.actor, username=body.username, **words)  # type: ignore[arg-type]  # ChangePerson's own
        shown.append(password)
        await show_agent(session, user.id)
        return await person_view(session, user.id)

    person = await once(session, who.user_id, idempotency_key, "user", body, PersonView, do)
    return PersonWithPassword(person=person, password=shown[0] if shown else None)


@router.post("/api/users/{user_id}")
async def change_user(
    user_id: uuid.UUID, body: ChangePerson, who: Writer, session: Session, idempotency_key: IdempotencyKey = None
) -> PersonView:
    """Whose role changes signs in again; so it is refused while she is in a call."""

    async def do() -> PersonView:
        had = await people.get_person(session, user_id)
        before = had.role
        if body.role is not before:
            await check_free(session, user_id)
        words = await checked_words(session, body, had)
        await people.change_person(session, who.actor, user_id, **words)  # type: ignore[arg-type]  # ChangePerson's own
        await (leave_desk if body.role is not before else show_agent)(session, user_id)
        return await person_view(session, user_id)

    return await once(session, who.user_id, idempotency_key, f"user:{user_id}", body, PersonView, do)


@router.post("/api/users/{user_id}/password")
async def give_password(user_id: uuid.UUID, who: Writer, session: Session, idempotency_key: IdempotencyKey = None) -> PersonWithPassword:
    """A temporary one, shown once. It ends her sessions, so it is refused while she is in a call."""
    shown: list[str] = []

    async def do() -> PersonView:
        await check_free(session, user_id)
        shown.append(await people.give_temporary_password(session, who.actor, user_id))
        await leave_desk(session, user_id)
        return await person_view(session, user_id)

    person = await once(session, who.user_id, idempotency_key, f"password:{user_id}", Nothing(), PersonView, do)
    return PersonWithPassword(person=person, password=shown[0] if shown else None)


@router.post("/api/users/{user_id}/disable")
async def disable_user(
    user_id: uuid.UUID, body: DisablePerson, who: Writer, database: Db, desk: Desk, idempotency_key: IdempotencyKey = None
) -> PersonView:
    if body.when == "now":
        async with database.transaction() as session:
            await people.check_disable(session, who.actor, user_id)
            on_line = bool(await in_call(session, [user_id]))
        if on_line:
            await desk.ask("hand_on", agent_id=user_id)  # before her console closes and says good-bye on her telephone
    async with database.transaction() as session:

        async def do() -> PersonView:
            busy = bool(await in_call(session, [user_id]))
            if busy and body.when == "if_free":
                raise Conflict("she is in a call: after it, or now", code="in_a_call")
            user = await people.disable_person(session, who.actor, user_id, after_call=busy and body.when == "after_call")
            await (leave_desk if not user.active else show_agent)(session, user_id)
            return await person_view(session, user_id)

        person = await once(session, who.user_id, idempotency_key, f"disable:{user_id}", body, PersonView, do)
    await desk.ask("console", agent_id=user_id)  # voice looks now, not within its second: nothing new is rung at her
    return person


@router.post("/api/users/{user_id}/enable")
async def enable_user(user_id: uuid.UUID, who: Writer, session: Session, idempotency_key: IdempotencyKey = None) -> PersonView:
    async def do() -> PersonView:
        await people.enable_person(session, who.actor, user_id)
        await show_agent(session, user_id)
        return await person_view(session, user_id)

    return await once(session, who.user_id, idempotency_key, f"enable:{user_id}", Nothing(), PersonView, do)


# --- teams -----------------------------------------------------------------------------------------------------------------------


def team_view(team: Team) -> TeamView:
    return TeamView.model_validate(team, from_attributes=True)


async def check_region(session: AsyncSession, region_id: uuid.UUID | None) -> None:
    if region_id is not None and await session.get(Region, region_id) is None:
        raise Invalid("there is no such region", code="region_not_found")


@router.get("/api/teams")
async def get_teams(who: Reader, session: Session) -> Teams:
    return Teams(teams=[team_view(team) for team in await teams.list_teams(session)])


@router.post("/api/teams")
async def add_team(body: TeamWords, who: Writer, session: Session, idempotency_key: IdempotencyKey = None) -> TeamView:
    async def do() -> TeamView:
        await check_region(session, body.region_id)
        return team_view(await teams.add_team(session, who.actor, **body.model_dump()))

    return await once(session, who.user_id, idempotency_key, "team", body, TeamView, do)


@router.post("/api/teams/{team_id}")
async def change_team(
    team_id: uuid.UUID, body: TeamWords, who: Writer, session: Session, idempotency_key: IdempotencyKey = None
) -> TeamView:
    async def do() -> TeamView:
        await check_region(session, body.region_id)
        return team_view(await teams.change_team(session, who.actor, team_id, **body.model_dump()))

    return await once(session, who.user_id, idempotency_key, f"team:{team_id}", body, TeamView, do)


@router.post("/api/teams/{team_id}/retire")
async def retire_team(
    team_id: uuid.UUID, body: RetireTeam, who: Writer, session: Session, idempotency_key: IdempotencyKey = None
) -> TeamView:
    async def do() -> TeamView:
        return team_view(await teams.retire_team(session, who.actor, team_id, retired=body.retired))

    return await once(session, who.user_id, idempotency_key, f"team_retire:{team_id}", body, TeamView, do)
