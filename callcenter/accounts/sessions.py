"""Sign-in, sign-out and server-side sessions.

The cookie holds a random token; the database holds its hash. Throttling counts failures by user name and by address, so that neither one
password tried on everybody nor many passwords tried on one person gets far; a right password does not get through while throttled.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor, system
from callcenter.accounts.audit import audit
from callcenter.accounts.models import SignInFailure, User, UserSession
from callcenter.kit import clock
from callcenter.kit.errors import NotSignedIn, TooMany
from callcenter.kit.ids import new_id

LIFETIME = timedelta(hours=14)  # a long shift
IDLE = timedelta(hours=2)
WINDOW = timedelta(minutes=10)
MAX_BY_USERNAME = 8
MAX_BY_ADDRESS = 60
TOUCH_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class SignedIn:
    session_id: uuid.UUID
    user_id: uuid.UUID
    csrf: str
    actor: Actor
    username: str


def actor_of(user: User) -> Actor:
    return Actor("user", user.id, user.name, user.role, tuple(user.region_ids))


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


async def count_attempt(session: AsyncSession, username: str, address: str) -> int:
    """Counted as a failure of the name before the password is looked at, so that a hundred passwords sent at one moment are not all tried.

    Of the address only what proved wrong is counted (`record_failure`): a whole shift that signs in at once from one address is no attack.
    Returns the attempt. TooMany when throttled: then nothing is counted.
    """
    now = clock.now()
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"sign-in:{username}", 0))))
    by_name, by_address = (
        await session.execute(
            select(
                select(func.count()).where(SignInFailure.username == username, SignInFailure.at > now - WINDOW).scalar_subquery(),
                select(func.count()).where(SignInFailure.address == address, SignInFailure.at > now - WINDOW).scalar_subquery(),
            )
        )
    ).one()
    if by_name >= MAX_BY_USERNAME or by_address >= MAX_BY_ADDRESS:
        raise TooMany(
            "too many wrong passwords; wait ten minutes or ask a supervisor", details={"wait_seconds": int(WINDOW.total_seconds())}
        )
    counted = insert(SignInFailure).values(username=username, address="", at=now).returning(SignInFailure.id)
    return (await session.execute(counted)).scalar_one()


async def find_user(session: AsyncSession, username: str) -> User | None:
    return (await session.execute(select(User).where(User.username == username, User.active))).scalar_one_or_none()


async def record_failure(session: AsyncSession, attempt: int, user: User | None, address: str) -> None:
    """The attempt was wrong. The audit names a known user only: an unknown name may be a password in the wrong field."""
    await session.execute(update(SignInFailure).where(SignInFailure.id == attempt).values(address=address))
    await audit(session, system("api"), "session:refused", user.id if user else "")


async def open_session(session: AsyncSession, user: User, *, attempt: int, address: str, browser: str) -> tuple[str, SignedIn]:
    """A new session for a user whose password was right; returns the cookie's token (kept nowhere) and the session."""
    await session.execute(delete(SignInFailure).where(SignInFailure.id == attempt))
    token, now = secrets.token_urlsafe(32), clock.now()
    row = UserSession(
        id=new_id(),
        token_hash=token_hash(token),
        user_id=user.id,
        csrf=secrets.token_urlsafe(24),
        created_at=now,
        seen_at=now,
        expires_at=now + LIFETIME,
        ended_at=None,
        address=address,
        browser=browser[:300],
    )
    session.add(row)
    actor = actor_of(user)
    await audit(session, actor, "session:opened", row.id)
    return token, SignedIn(row.id, user.id, row.csrf, actor, user.username)


async def get_session_of(session: AsyncSession, token: str) -> SignedIn:
    """The live session of a cookie, or NotSignedIn."""
    now = clock.now()
    found = (
        await session.execute(
            select(UserSession, User)
            .join(User, User.id == UserSession.user_id)
            .where(UserSession.token_hash == token_hash(token), UserSession.ended_at.is_(None), UserSession.expires_at > now, User.active)
        )
    ).one_or_none()
    if found is None or found[0].seen_at < now - IDLE:
        raise NotSignedIn("sign in again", code="session_ended")
    row, user = found
    if row.seen_at < now - TOUCH_EVERY:
        await session.execute(update(UserSession).where(UserSession.id == row.id).values(seen_at=now))
    return SignedIn(row.id, user.id, row.csrf, actor_of(user), user.username)


async def end_session(session: AsyncSession, signed_in: SignedIn) -> None:
    await session.execute(
        update(UserSession).where(UserSession.id == signed_in.session_id, UserSession.ended_at.is_(None)).values(ended_at=clock.now())
    )
    await audit(session, signed_in.actor, "session:ended", signed_in.session_id)
