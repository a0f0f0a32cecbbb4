"""People as whoever keeps the house sees them: added with a temporary password, changed, disabled at once or after the call. Never deleted."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Collection

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actions import MAX_NAME, checked_regions, create_user, set_active, set_password
from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.accounts.models import Team, User
from callcenter.accounts.roles import Role
from callcenter.accounts.sessions import end_sessions
from callcenter.kit.errors import Conflict, Invalid, NotFound

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is taken for another when read out
_LOCK = 0xADA1  # transaction-scoped advisory lock: "the last admin" is said of all users


def temporary_password() -> str:
    """Three groups of four, easily read out on the telephone: 59 bits."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3))


async def get_person(session: AsyncSession, user_id: uuid.UUID) -> User:
    """Locked."""
    user = await session.get(User, user_id, with_for_update=True)
    if user is None:
        raise NotFound("there is no such person", code="no_such_user")
    return user


async def add_person(
    session: AsyncSession,
    actor: Actor,
    *,
    username: str,
    name: str,
    role: Role,
    dialects: list[str],
    skills: list[str],
    team_id: uuid.UUID | None,
    region_ids: Collection[uuid.UUID],
) -> tuple[User, str]:
    """With the password that she is given and changes when she signs in first. Preconditions: dialects, skills and regions are known."""
    password = temporary_password()
    await _check_team(session, team_id)
    user_id = await create_user(session, actor, username=username, name=name, role=role, password=password, region_ids=region_ids)
    user = await get_person(session, user_id)
    user.dialects, user.skills, user.team_id = dialects, skills, team_id
    await session.flush()
    return user, password


async def change_person(
    session: AsyncSession,
    actor: Actor,
    user_id: uuid.UUID,
    *,
    name: str,
    role: Role,
    dialects: list[str],
    skills: list[str],
    team_id: uuid.UUID | None,
    region_ids: Collection[uuid.UUID],
) -> User:
    """A new role ends her sessions: she signs in again and is what she is. Preconditions: as above; she is in no call when her role changes."""
    await _lock(session)
    user = await get_person(session, user_id)
    name = name.strip()
    if not 0 < len(name) <= MAX_NAME or not name.isprintable():
        raise Invalid(f"a person's name has 1 to {MAX_NAME} characters", code="bad_name")
    if team_id != user.team_id:
        await _check_team(session, team_id)
    if role is not user.role:
        if actor.id == user.id:
            raise Conflict("somebody else has to change your role", code="own_account")
        await _keep_one_admin(session, user)
    wanted = {
        "name": name, "role": role, "dialects": dialects, "skills": skills, "team_id": team_id, "region_ids": checked_regions(region_ids, role),
    }  # fmt: skip
    changed = [field for field, value in wanted.items() if getattr(user, field) != value]
    if not changed:
        return user
    before = user.role
    for field, value in wanted.items():
        setattr(user, field, value)
    await session.flush()
    if before is not role:
        await end_sessions(session, user.id)
    details: dict[str, object] = {"changed": changed}
    if before is not role:
        details["role"] = [before, role]
    await audit(session, actor, "user:changed", user.id, details=details)
    return user


async def give_temporary_password(session: AsyncSession, actor: Actor, user_id: uuid.UUID) -> str:
    """Shown once; her sessions end, and she chooses one of her own at the next sign-in."""
    user = await get_person(session, user_id)
    if actor.id == user.id:
        raise Conflict("change your own password on your account's page", code="own_account")
    password = temporary_password()
    await set_password(session, actor, username=user.username, password=password)
    return password


async def disable_person(session: AsyncSession, actor: Actor, user_id: uuid.UUID, *, after_call: bool) -> User:
    """`after_call`: voice does it as soon as she is free (`finish_leaving`); until then nothing new is rung at her. Harmless twice."""
    user = await check_disable(session, actor, user_id)
    if not after_call:
        await set_active(session, actor, username=user.username, active=False)
    elif user.active and not user.leaves_after_call:
        user.leaves_after_call = True
        await audit(session, actor, "user:leaves_after_call", user.id)
    await session.flush()
    return user


async def check_disable(session: AsyncSession, actor: Actor, user_id: uuid.UUID) -> User:
    """Conflict when it is oneself, or the last admin."""
    await _lock(session)
    user = await get_person(session, user_id)
    if actor.id == user.id:
        raise Conflict("somebody else has to disable you", code="own_account")
    await _keep_one_admin(session, user)
    return user


async def enable_person(session: AsyncSession, actor: Actor, user_id: uuid.UUID) -> User:
    """Also takes back that she leaves after her call."""
    user = await get_person(session, user_id)
    if user.leaves_after_call:
        user.leaves_after_call = False
        await audit(session, actor, "user:stays", user.id)
    await set_active(session, actor, username=user.username, active=True)
    await session.flush()
    return user


async def finish_leaving(session: AsyncSession, actor: Actor, user_id: uuid.UUID) -> bool:
    """Her call is over. False: it was taken back, or somebody else has done it."""
    user = await get_person(session, user_id)
    if not (user.active and user.leaves_after_call):
        return False
    await set_active(session, actor, username=user.username, active=False)
    return True


async def _lock(session: AsyncSession) -> None:
    await session.execute(select(func.pg_advisory_xact_lock(_LOCK)))


async def _keep_one_admin(session: AsyncSession, user: User) -> None:
    """Without an admin nobody could let anybody in."""
    if user.role is not Role.ADMIN or not user.active:
        return
    others = select(User.id).where(User.role == Role.ADMIN, User.active, ~User.leaves_after_call, User.id != user.id).limit(1)
    if (await session.execute(others)).first() is None:
        raise Conflict("this is the last admin; make somebody else one first", code="last_admin")


async def _check_team(session: AsyncSession, team_id: uuid.UUID | None) -> None:
    if team_id is None:
        return
    team = await session.get(Team, team_id)
    if team is None or team.retired_at is not None:
        raise Invalid("there is no such team", code="no_such_team")
