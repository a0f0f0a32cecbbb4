"""Sign-in, sign-out and server-side sessions.

The cookie holds a random token; the database holds its hash. Throttling counts failures by user name and by address, so that neither one
password tried on everybody nor many passwords tried on one person gets far; a right password does not get through while throttled.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor, system
from callcenter.accounts.audit import audit
from callcenter.accounts.models import SignInFailure, SignInStep, User, UserSession, UserTotp
from callcenter.kit import clock
from callcenter.kit.errors import NotFound, NotSignedIn, TooMany
from callcenter.kit.ids import new_id
from callcenter.kit.outbox import publish

LIFETIME = timedelta(hours=14)  # a long shift
IDLE = timedelta(hours=2)
WINDOW = timedelta(minutes=10)
MAX_BY_USERNAME = 8
MAX_BY_ADDRESS = 60
# Of a million codes three are right at a moment. Who has the password may try few, or a patient thief gets in.
MAX_CODES, MAX_CODES_A_DAY = 5, 20
STEP_FOR = timedelta(minutes=5)  # between password and code
FailureKind = Literal["password", "code"]
TOUCH_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class SignedIn:
    session_id: uuid.UUID
    user_id: uuid.UUID
    csrf: str
    actor: Actor
    username: str
    must_change_password: bool = False
    has_totp: bool = False


def actor_of(user: User) -> Actor:
    return Actor("user", user.id, user.name, user.role, tuple(user.region_ids))


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


async def count_attempt(session: AsyncSession, username: str, address: str, *, kind: FailureKind = "password") -> int:
    """Counted as a failure of the name before the password is looked at, so that a hundred passwords sent at one moment are not all tried.

    Of the address only what proved wrong is counted (`record_failure`): a whole shift that signs in at once from one address is no attack.
    Returns the attempt. TooMany when throttled: then nothing is counted.
    """
    now = clock.now()
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"sign-in:{username}", 0))))
    of_name = select(func.count()).where(SignInFailure.username == username, SignInFailure.kind == kind)
    by_name, by_address, by_day = (
        await session.execute(
            select(
                of_name.where(SignInFailure.at > now - WINDOW).scalar_subquery(),
                select(func.count()).where(SignInFailure.address == address, SignInFailure.at > now - WINDOW).scalar_subquery(),
                of_name.where(SignInFailure.at > now - timedelta(days=1)).scalar_subquery(),
            )
        )
    ).one()
    if kind == "code" and by_day >= MAX_CODES_A_DAY:
        raise TooMany(
            "too many wrong codes today; wait until tomorrow or let an admin reset the second factor", code="too_many_codes", details={}
        )
    if by_name >= (MAX_BY_USERNAME if kind == "password" else MAX_CODES) or by_address >= MAX_BY_ADDRESS:
        raise TooMany(
            "too many wrong passwords; wait ten minutes or ask a supervisor", details={"wait_seconds": int(WINDOW.total_seconds())}
        )
    counted = insert(SignInFailure).values(username=username, address="", at=now, kind=kind).returning(SignInFailure.id)
    return (await session.execute(counted)).scalar_one()


async def forget_attempt(session: AsyncSession, attempt: int) -> None:
    """It was right."""
    await session.execute(delete(SignInFailure).where(SignInFailure.id == attempt))


async def find_user(session: AsyncSession, username: str) -> User | None:
    return (await session.execute(select(User).where(User.username == username, User.active))).scalar_one_or_none()


async def record_failure(session: AsyncSession, attempt: int, user: User | None, address: str, *, kind: FailureKind = "password") -> None:
    """The attempt was wrong. The audit names a known user only: an unknown name may be a password in the wrong field."""
    await session.execute(update(SignInFailure).where(SignInFailure.id == attempt).values(address=address))
    await audit(session, system("api"), "session:refused" if kind == "password" else "session:code_refused", user.id if user else "")


async def open_step(session: AsyncSession, user: User) -> str:
    """The password was right, the code is asked for next. The token is no session: it opens the second step alone, once, for minutes."""
    token, now = secrets.token_urlsafe(32), clock.now()
    await session.execute(delete(SignInStep).where(SignInStep.expires_at < now))
    session.add(SignInStep(token_hash=token_hash(token), user_id=user.id, password_hash=user.password_hash, expires_at=now + STEP_FOR))
    return token


async def user_of_step(session: AsyncSession, token: str) -> User:
    """NotSignedIn when the step is over, was used, or the password or the person changed since."""
    found = await session.scalar(
        select(User)
        .join(SignInStep, SignInStep.user_id == User.id)
        .where(
            SignInStep.token_hash == token_hash(token),
            SignInStep.expires_at > clock.now(),
            SignInStep.password_hash == User.password_hash,
            User.active,
        )
    )
    if found is None:
        raise NotSignedIn("too late; enter name and password again", code="step_ended")
    return found


async def close_step(session: AsyncSession, token: str) -> None:
    """NotSignedIn when another request was quicker: one step opens one session."""
    gone = await session.execute(delete(SignInStep).where(SignInStep.token_hash == token_hash(token)).returning(SignInStep.user_id))
    if gone.first() is None:
        raise NotSignedIn("this step was used already; enter name and password again", code="step_ended")


async def has_totp(session: AsyncSession, user_id: uuid.UUID) -> bool:
    return await session.scalar(select(UserTotp.user_id).where(UserTotp.user_id == user_id, UserTotp.confirmed_at.is_not(None))) is not None


async def open_session(
    session: AsyncSession, user: User, *, address: str, browser: str, second_factor: bool = False, instead_of: str = ""
) -> tuple[str, SignedIn]:
    """A new session for a user who has proved who she is; returns the cookie's token (kept nowhere) and the session.

    `instead_of`: the cookie that the browser came with. Its session ends, so that none lives on that nobody holds any more.
    """
    if instead_of:
        await _end(session, UserSession.token_hash == token_hash(instead_of))
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
    await audit(session, actor, "session:opened", row.id, details={"second_factor": True} if second_factor else None)
    return token, SignedIn(row.id, user.id, row.csrf, actor, user.username, user.must_change_password, second_factor)


async def get_session_of(session: AsyncSession, token: str) -> SignedIn:
    """The live session of a cookie, or NotSignedIn."""
    found = await _live(session, UserSession.token_hash == token_hash(token))
    if not found:
        raise NotSignedIn("sign in again", code="session_ended")
    return found[0]


async def list_live_sessions(session: AsyncSession, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, SignedIn]:
    """Those of these sessions that still open something; being asked for keeps them from idling out."""
    return {one.session_id: one for one in await _live(session, UserSession.id.in_(ids))}


async def _live(session: AsyncSession, which: ColumnElement[bool]) -> list[SignedIn]:
    now = clock.now()
    rows = await session.execute(
        select(UserSession, User, UserTotp.confirmed_at)
        .join(User, User.id == UserSession.user_id)
        .outerjoin(UserTotp, UserTotp.user_id == User.id)
        .where(which, UserSession.ended_at.is_(None), UserSession.expires_at > now, UserSession.seen_at >= now - IDLE, User.active)
    )
    found = [(row, user, confirmed_at is not None) for row, user, confirmed_at in rows]
    if stale := sorted(row.id for row, _, _ in found if row.seen_at < now - TOUCH_EVERY):
        await session.execute(update(UserSession).where(UserSession.id.in_(stale)).values(seen_at=now))
    return [
        SignedIn(row.id, user.id, row.csrf, actor_of(user), user.username, user.must_change_password, second_factor)
        for row, user, second_factor in found
    ]


async def list_sessions(session: AsyncSession, user_id: uuid.UUID) -> Sequence[UserSession]:
    """Those that still open something, the one used last on top."""
    now = clock.now()
    return (
        await session.scalars(
            select(UserSession)
            .where(
                UserSession.user_id == user_id,
                UserSession.ended_at.is_(None),
                UserSession.expires_at > now,
                UserSession.seen_at > now - IDLE,
            )
            .order_by(UserSession.seen_at.desc(), UserSession.id)
        )
    ).all()


async def end_session(session: AsyncSession, signed_in: SignedIn) -> None:
    await _end(session, UserSession.id == signed_in.session_id)
    await audit(session, signed_in.actor, "session:ended", signed_in.session_id)


async def end_session_of(session: AsyncSession, actor: Actor, *, user_id: uuid.UUID, session_id: uuid.UUID) -> None:
    """One session of a person. NotFound when she has no such session, or it has ended."""
    if not await _end(session, (UserSession.id == session_id) & (UserSession.user_id == user_id)):
        raise NotFound("this session has ended already", code="session_not_found")
    await audit(session, actor, "session:ended", session_id, details={"user_id": str(user_id)})


async def end_sessions(session: AsyncSession, user_id: uuid.UUID, *, but: uuid.UUID | None = None) -> list[uuid.UUID]:
    """All open sessions of a person (but one). Returns them; who calls writes the audit."""
    which = UserSession.user_id == user_id
    return await _end(session, which if but is None else which & (UserSession.id != but))


async def _end(session: AsyncSession, which: ColumnElement[bool]) -> list[uuid.UUID]:
    """Consoles that are open under them close with the news (`hub`), a moment after the commit."""
    ended = list(
        await session.scalars(
            update(UserSession).where(which, UserSession.ended_at.is_(None)).values(ended_at=clock.now()).returning(UserSession.id)
        )
    )
    for session_id in ended:
        await publish(session, "session", session_id, {})
    return ended
