"""The demo's people: five agents, two supervisors, an admin. Never made in production; their password is no secret."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.models import User
from callcenter.accounts.passwords import hash_password
from callcenter.accounts.roles import Role
from callcenter.kit import clock
from callcenter.kit.ids import new_id

DEMO_PASSWORD = "yijiantong"  # noqa: S105  # printed on the sign-in page of the demo


@dataclass(frozen=True, slots=True)
class DemoUser:
    username: str
    name: str
    role: Role
    dialects: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()  # codes of the demo district


DEMO_USERS = (
    DemoUser("agent1", "陈静", Role.AGENT, ("襄阳话",)),
    DemoUser("agent2", "刘洋", Role.AGENT, ("河南话",)),
    DemoUser("agent3", "张敏", Role.AGENT, ("襄阳话",)),
    DemoUser("agent4", "周建国", Role.AGENT),
    DemoUser("agent5", "吴晓燕", Role.AGENT, ("襄阳话", "河南话")),
    DemoUser("supervisor1", "黄志强", Role.SUPERVISOR, ("襄阳话",), ("420606",)),
    DemoUser("supervisor2", "郑丽华", Role.SUPERVISOR, ("襄阳话",), ("420606-02",)),
    DemoUser("admin1", "赵雯", Role.ADMIN),
)


async def seed_users(session: AsyncSession, region_of: Callable[[str], uuid.UUID]) -> int:
    """Harmless twice; an existing user stays as it is. `region_of` gives a code's region, known before it is written. Returns how many were made."""
    known = set((await session.execute(select(User.username))).scalars())
    hashed = await hash_password(DEMO_PASSWORD)
    missing = [user for user in DEMO_USERS if user.username not in known]
    for user in missing:
        session.add(
            User(
                id=new_id(),
                username=user.username,
                name=user.name,
                role=user.role,
                password_hash=hashed,
                active=True,
                dialects=list(user.dialects),
                region_ids=[region_of(code) for code in user.regions],
                created_at=clock.now(),
            )
        )
    await session.flush()
    return len(missing)
