"""Users, for whoever keeps the house. Who does it is audited; an actor of the command line is the system."""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.accounts.models import User
from callcenter.accounts.passwords import hash_password
from callcenter.accounts.roles import Role
from callcenter.accounts.rules import MAX_PASSWORD, MIN_PASSWORD, password_problem
from callcenter.accounts.sessions import end_sessions
from callcenter.kit import clock
from callcenter.kit.errors import Conflict, Invalid, NotFound
from callcenter.kit.ids import new_id

MAX_NAME = 100
_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


def checked_username(username: str) -> str:
    """As it is kept: lower case. Invalid for what the sign-in form could not carry or people would confuse."""
    lower = username.strip().lower()
    if not _USERNAME.fullmatch(lower):
        raise Invalid(
            "a user name has 1 to 64 letters a–z, digits, dots, hyphens and underscores, and begins with a letter or digit",
            code="bad_username",
        )
    return lower


_PROBLEMS = {
    "length": f"a password has {MIN_PASSWORD} to {MAX_PASSWORD} characters",
    "nul": "a password can't hold a NUL character",
    "username": "this password would be guessed at once: it is hardly more than the user name",
    "repetition": "this password would be guessed at once: too few different characters",
    "sequence": "this password would be guessed at once: it is a row of keys or digits",
    "common": "this password is among those that are tried first; take a few words that belong together only for you",
}


def checked_password(password: str, username: str) -> str:
    problem = password_problem(password, username)
    if problem is not None:
        raise Invalid(_PROBLEMS[problem], code=f"password_{problem}", details={"min": MIN_PASSWORD, "max": MAX_PASSWORD})
    return password


def checked_regions(region_ids: Collection[uuid.UUID], role: Role) -> list[uuid.UUID]:
    """A supervisor's scope. Nobody else has one: an agent sees by calls and cases, an admin sees no elder."""
    if region_ids and role is not Role.SUPERVISOR:
        raise Invalid("only a supervisor has regions", code="regions_are_for_supervisors")
    return sorted(set(region_ids))


async def create_user(
    session: AsyncSession,
    actor: Actor,
    *,
    username: str,
    name: str,
    role: Role,
    password: str,
    region_ids: Collection[uuid.UUID] = (),
    must_change: bool = True,
) -> uuid.UUID:
    """Conflict when the name is taken, also by somebody who is disabled: names stand in the audit and are never given twice.

    `must_change`: the password is known to whoever gives it, so the person chooses her own when she signs in first.
    """
    username, name = checked_username(username), name.strip()
    if not 0 < len(name) <= MAX_NAME or not name.isprintable():
        raise Invalid(f"a person's name has 1 to {MAX_NAME} characters", code="bad_name")
    row = pg_insert(User).values(
        id=new_id(),
        username=username,
        name=name,
        role=role,
        password_hash=await hash_password(checked_password(password, username)),
        must_change_password=must_change,
        active=True,
        dialects=[],
        region_ids=checked_regions(region_ids, role),
        created_at=clock.now(),
    )
    made = (await session.execute(row.on_conflict_do_nothing(index_elements=["username"]).returning(User.id))).scalar_one_or_none()
    if made is None:
        raise Conflict(f"there is a user {username} already", code="username_taken")
    await audit(session, actor, "user:added", made, details={"role": role} | ({"regions": len(set(region_ids))} if region_ids else {}))
    return made


async def set_regions(session: AsyncSession, actor: Actor, *, username: str, region_ids: Collection[uuid.UUID]) -> uuid.UUID:
    """A supervisor's scope from now on: the next request asks by it. None: she sees elders as an agent does."""
    user = await lock_user(session, username)
    user.region_ids = checked_regions(region_ids, user.role)
    await audit(session, actor, "user:regions_set", user.id, details={"regions": [str(i) for i in user.region_ids]})
    return user.id


async def set_password(session: AsyncSession, actor: Actor, *, username: str, password: str, must_change: bool = True) -> uuid.UUID:
    """A new password, by somebody else; who was signed in with the old one has to sign in again, and then chooses one of her own."""
    user = await lock_user(session, username)
    user.password_hash = await hash_password(checked_password(password, user.username))
    user.must_change_password = must_change
    await end_sessions(session, user.id)
    await audit(session, actor, "user:password_set", user.id)
    return user.id


async def change_own_password(
    session: AsyncSession, actor: Actor, *, session_id: uuid.UUID, old_hash: str, new_hash: str
) -> list[uuid.UUID]:
    """After the old one was shown to be right. Every other session of hers ends; which. Conflict when somebody was quicker."""
    user = (await session.execute(select(User).where(User.id == actor.id).with_for_update())).scalar_one()
    if user.password_hash != old_hash:
        raise Conflict("the password was changed meanwhile; sign in again", code="password_changed")
    user.password_hash, user.must_change_password = new_hash, False
    await audit(session, actor, "user:password_changed", user.id)
    return await end_sessions(session, user.id, but=session_id)


async def set_active(session: AsyncSession, actor: Actor, *, username: str, active: bool) -> uuid.UUID:
    """Disabling ends every session in the same transaction. Harmless twice: the second is not audited."""
    user = await lock_user(session, username)
    if user.active != active:
        user.active, user.leaves_after_call = active, False
        await audit(session, actor, "user:enabled" if active else "user:disabled", user.id)
    if not active:
        await end_sessions(session, user.id)
    return user.id


async def list_users(session: AsyncSession) -> Sequence[User]:
    return (await session.execute(select(User).order_by(User.username))).scalars().all()


async def lock_user(session: AsyncSession, username: str) -> User:
    found = (await session.execute(select(User).where(User.username == username.strip().lower()).with_for_update())).scalar_one_or_none()
    if found is None:
        raise NotFound(f"there is no user {username.strip().lower()}", code="no_such_user")
    return found
