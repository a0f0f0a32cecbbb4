"""Codes by the clock and recovery codes of one person: begun, confirmed, checked, renewed, taken away."""

from __future__ import annotations

import secrets
import uuid
from typing import Literal

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts import totp
from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.accounts.models import RecoveryCode, UserTotp
from callcenter.accounts.sessions import end_sessions
from callcenter.kit import clock, crypto
from callcenter.kit.errors import Conflict, Invalid, NotFound

RECOVERY_CODES = 10
_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # none that can be taken for another
_LENGTH = 10  # 31^10: no guessing, so that a plain keyed hash is enough


def _hash(code: str) -> str:
    return crypto.index(code, "recovery_codes.code")


def _plain(typed: str) -> str:
    return "".join(typed.split()).replace("-", "").lower()


async def begin_totp(session: AsyncSession, actor: Actor) -> str:
    """A fresh secret, which counts for nothing until a code of it has been seen. Returns it."""
    secret, now = totp.new_secret(), clock.now()
    row = pg_insert(UserTotp).values(user_id=actor.id, secret=secret, created_at=now, confirmed_at=None, last_step=0)
    fresh = {"secret": row.excluded.secret, "created_at": now, "last_step": 0}
    written = await session.execute(
        row.on_conflict_do_update(index_elements=["user_id"], set_=fresh, where=UserTotp.confirmed_at.is_(None)).returning(UserTotp.user_id)
    )
    if written.first() is None:
        raise Conflict("there is a second factor already; take it away first", code="totp_exists")
    return secret


async def confirm_totp(session: AsyncSession, actor: Actor, *, code: str, session_id: uuid.UUID) -> tuple[list[str], list[uuid.UUID]]:
    """The first code proves that the telephone has the secret. Other sessions, opened without it, end.

    Returns the recovery codes and those sessions.
    """
    row = await _lock(session, actor.id)
    if row is None:
        raise NotFound("begin anew: there is nothing to confirm", code="totp_not_begun")
    if row.confirmed_at is not None:
        raise Conflict("there is a second factor already; take it away first", code="totp_exists")
    step = totp.matching_step(row.secret, _plain(code), clock.now(), after=row.last_step)
    if step is None:
        raise Invalid("this code does not fit; is the telephone's clock right?", code="wrong_code")
    row.confirmed_at, row.last_step = clock.now(), step
    await audit(session, actor, "totp:added", actor.id)
    assert actor.id is not None
    ended = await end_sessions(session, actor.id, but=session_id)
    return await _write_codes(session, actor.id), ended


async def check_second_factor(session: AsyncSession, user_id: uuid.UUID, typed: str) -> Literal["totp", "recovery"] | None:
    """Which of the two was right; used up in this transaction, whoever else tries the same at this moment. None: neither."""
    code = _plain(typed)
    row = await _lock(session, user_id)
    if row is None or row.confirmed_at is None:
        return None
    if len(code) == totp.DIGITS and code.isascii() and code.isdigit():
        step = totp.matching_step(row.secret, code, clock.now(), after=row.last_step)
        if step is None:
            return None
        row.last_step = step
        await session.flush()
        return "totp"
    used = await session.execute(
        update(RecoveryCode)
        .where(RecoveryCode.user_id == user_id, RecoveryCode.code_hash == _hash(code), RecoveryCode.used_at.is_(None))
        .values(used_at=clock.now())
        .returning(RecoveryCode.user_id)
    )
    return "recovery" if used.first() else None


async def renew_recovery_codes(session: AsyncSession, actor: Actor) -> list[str]:
    """After a second factor was shown. The old ones open nothing more."""
    assert actor.id is not None
    await audit(session, actor, "totp:codes_renewed", actor.id)
    return await _write_codes(session, actor.id)


async def remove_totp(session: AsyncSession, actor: Actor, user_id: uuid.UUID, *, verb: str = "totp:removed") -> None:
    """NotFound when there is none. What is only begun goes too."""
    await session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    gone = (await session.execute(delete(UserTotp).where(UserTotp.user_id == user_id).returning(UserTotp.confirmed_at))).first()
    if gone is None:
        raise NotFound("there is no second factor", code="totp_not_found")
    await audit(session, actor, verb, user_id)


async def get_totp_state(session: AsyncSession, user_id: uuid.UUID) -> tuple[UserTotp | None, int]:
    """The confirmed second factor, and how many recovery codes are left."""
    row = await session.scalar(select(UserTotp).where(UserTotp.user_id == user_id, UserTotp.confirmed_at.is_not(None)))
    unused = select(func.count()).where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
    return row, (await session.scalar(unused) or 0) if row else 0


async def _lock(session: AsyncSession, user_id: uuid.UUID | None) -> UserTotp | None:
    return await session.scalar(
        select(UserTotp).where(UserTotp.user_id == user_id).with_for_update().execution_options(populate_existing=True)
    )


async def _write_codes(session: AsyncSession, user_id: uuid.UUID) -> list[str]:
    codes = ["".join(secrets.choice(_LETTERS) for _ in range(_LENGTH)) for _ in range(RECOVERY_CODES)]
    await session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    await session.execute(insert(RecoveryCode), [{"user_id": user_id, "code_hash": _hash(code), "used_at": None} for code in codes])
    return [f"{code[:5]}-{code[5:]}" for code in codes]
