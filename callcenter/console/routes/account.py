"""One's own account: password, second factor, sessions; and the sessions of others, for those who keep the house."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts import second_factor, totp
from callcenter.accounts.actions import change_own_password, checked_password
from callcenter.accounts.audit import audit
from callcenter.accounts.models import User
from callcenter.accounts.passwords import hash_password, is_password
from callcenter.accounts.roles import Permission
from callcenter.accounts.rules import MIN_PASSWORD
from callcenter.accounts.schemas import (
    Account,
    BeginTotp,
    ChangePassword,
    ConfirmTotp,
    Ended,
    ProveBoth,
    RecoveryCodes,
    SecondFactor,
    SessionView,
    TotpSecret,
)
from callcenter.accounts.sessions import (
    SignedIn,
    count_attempt,
    end_session_of,
    end_sessions,
    forget_attempt,
    list_sessions,
    record_failure,
)
from callcenter.calls.setting_up import leave_sessions
from callcenter.console.http import Session, SettingsDep, Settled, Who, client_address, database_of, needs, owed_by
from callcenter.kit.db import Database
from callcenter.kit.errors import AppError, Conflict, Forbidden, NotFound
from callcenter.regions.queries import list_names

router = APIRouter()
Db = Annotated[Database, Depends(database_of)]
UsersReader = Annotated[SignedIn, Depends(needs(Permission.USERS_READ))]
UsersWriter = Annotated[SignedIn, Depends(needs(Permission.USERS_WRITE))]


class WrongPassword(AppError):
    status, code = 403, "wrong_password"


class WrongCode(AppError):
    status, code = 403, "wrong_code"


async def prove(database: Database, request: Request, who: SignedIn, *, password: str | None = None, code: str | None = None) -> str:
    """It is still she, and not somebody at her desk: as strictly counted as at the sign-in. Returns the hash of the password as it was.

    Its own transactions, because what was tried must be counted although the request is refused. They touch no session's row, which the
    request's own transaction may hold.
    """
    address = client_address(request)
    attempts: list[int] = []
    async with database.transaction() as session:
        user = await session.get_one(User, who.user_id)
        if password is not None:
            attempts.append(await count_attempt(session, user.username, address))
    if password is not None:
        right = await is_password(user.password_hash, password)
        async with database.transaction() as session:
            if right:
                await forget_attempt(session, attempts[0])
            else:
                await record_failure(session, attempts[0], user, address)
        if not right:
            raise WrongPassword("this is not your password")
    if code is not None:
        async with database.transaction() as session:
            attempt = await count_attempt(session, user.username, address, kind="code")
        async with database.transaction() as session:
            fits = await second_factor.check_second_factor(session, who.user_id, code) is not None
            if fits:
                await forget_attempt(session, attempt)
            else:
                await record_failure(session, attempt, user, address, kind="code")
        if not fits:
            raise WrongCode("this code does not fit, or it was used already; wait for the next one")
    return user.password_hash


# --- who I am --------------------------------------------------------------------------------------------------------------------


@router.get("/api/account")
async def get_account(who: Who, session: Session, settings: SettingsDep) -> Account:
    user = await session.get_one(User, who.user_id)
    confirmed, left = await second_factor.get_totp_state(session, user.id)
    return Account(
        id=user.id,
        username=user.username,
        name=user.name,
        role=user.role,
        dialects=user.dialects,
        regions=await list_names(session, user.region_ids),
        owes=list(owed_by(who, settings)),
        totp=SecondFactor(
            since=confirmed.confirmed_at if confirmed else None, recovery_codes_left=left, required=user.role in settings.totp_roles
        ),
        min_password=MIN_PASSWORD,
    )


@router.post("/api/account/password")
async def change_password(body: ChangePassword, who: Who, request: Request, session: Session, database: Db) -> Ended:
    """The old one is asked for; every other session of one's own ends."""
    checked_password(body.new, who.username)
    old_hash = await prove(database, request, who, password=body.old)
    if body.new == body.old:
        raise Conflict("this is the password that you have", code="password_same")
    new_hash = await hash_password(body.new)
    ended = await change_own_password(session, who.actor, session_id=who.session_id, old_hash=old_hash, new_hash=new_hash)
    await leave_sessions(session, ended)
    return Ended(ended=len(ended))


# --- the second factor -----------------------------------------------------------------------------------------------------------


@router.post("/api/account/totp")
async def begin_totp(body: BeginTotp, who: Who, request: Request, session: Session, database: Db, settings: SettingsDep) -> TotpSecret:
    """A secret for the authenticator app. It counts for nothing until `confirm` has seen a code of it."""
    if who.must_change_password:
        raise Forbidden("first choose a password of your own", code="password_change_needed")
    await prove(database, request, who, password=body.password)
    secret = await second_factor.begin_totp(session, who.actor)
    return TotpSecret(secret=secret, uri=totp.uri(secret, account=who.username, issuer=settings.centre_name))


@router.post("/api/account/totp/confirm")
async def confirm_totp(body: ConfirmTotp, who: Who, session: Session) -> RecoveryCodes:
    codes, ended = await second_factor.confirm_totp(session, who.actor, code=body.code, session_id=who.session_id)
    await leave_sessions(session, ended)
    return RecoveryCodes(codes=codes)


@router.post("/api/account/totp/recovery-codes")
async def renew_recovery_codes(body: ProveBoth, who: Settled, request: Request, session: Session, database: Db) -> RecoveryCodes:
    await prove(database, request, who, password=body.password, code=body.code)
    return RecoveryCodes(codes=await second_factor.renew_recovery_codes(session, who.actor))


@router.post("/api/account/totp/remove", status_code=204)
async def remove_totp(body: ProveBoth, who: Settled, request: Request, session: Session, database: Db, settings: SettingsDep) -> None:
    """Not where the centre asks for it: then a new telephone is bound after an admin's reset."""
    if who.actor.role in settings.totp_roles:
        raise Conflict("your role needs the second factor; for a new telephone let an admin reset it", code="totp_is_required")
    await prove(database, request, who, password=body.password, code=body.code)
    await second_factor.remove_totp(session, who.actor, who.user_id)


@router.post("/api/users/{user_id}/totp/reset", status_code=204)
async def reset_totp(user_id: uuid.UUID, who: UsersWriter, session: Session) -> None:
    """Somebody lost her telephone and her recovery codes. Her sessions end; where the factor is needed she sets it up anew."""
    if user_id == who.user_id:  # a stolen session of an admin must not take off its own lock
        raise Forbidden("your own second factor is another admin's business", code="not_your_own")
    await user_or_404(session, user_id)
    await second_factor.remove_totp(session, who.actor, user_id, verb="totp:reset")
    await leave_sessions(session, await end_sessions(session, user_id))


# --- sessions --------------------------------------------------------------------------------------------------------------------


async def views_of(session: AsyncSession, user_id: uuid.UUID, current: uuid.UUID) -> list[SessionView]:
    return [
        SessionView(
            id=row.id, browser=row.browser, address=row.address, since=row.created_at, seen_at=row.seen_at, current=row.id == current
        )
        for row in await list_sessions(session, user_id)
    ]


async def user_or_404(session: AsyncSession, user_id: uuid.UUID) -> User:
    user = await session.get(User, user_id)
    if user is None:
        raise NotFound("there is no such user", code="no_such_user")
    return user


@router.get("/api/account/sessions")
async def own_sessions(who: Settled, session: Session) -> list[SessionView]:
    return await views_of(session, who.user_id, who.session_id)


@router.post("/api/account/sessions/{session_id}/end", status_code=204)
async def end_own_session(session_id: uuid.UUID, who: Settled, session: Session) -> None:
    await end_session_of(session, who.actor, user_id=who.user_id, session_id=session_id)
    await leave_sessions(session, [session_id])


@router.post("/api/account/sessions/end-others")
async def end_other_sessions(who: Settled, session: Session) -> Ended:
    ended = await end_sessions(session, who.user_id, but=who.session_id)
    await audit(session, who.actor, "session:others_ended", who.user_id, details={"ended": len(ended)})
    await leave_sessions(session, ended)
    return Ended(ended=len(ended))


@router.get("/api/users/{user_id}/sessions")
async def sessions_of(user_id: uuid.UUID, who: UsersReader, session: Session) -> list[SessionView]:
    await user_or_404(session, user_id)
    return await views_of(session, user_id, who.session_id)


@router.post("/api/users/{user_id}/sessions/{session_id}/end", status_code=204)
async def end_session_of_user(user_id: uuid.UUID, session_id: uuid.UUID, who: UsersWriter, session: Session) -> None:
    await end_session_of(session, who.actor, user_id=user_id, session_id=session_id)
    await leave_sessions(session, [session_id])


@router.post("/api/users/{user_id}/sessions/end-all")
async def end_sessions_of_user(user_id: uuid.UUID, who: UsersWriter, session: Session) -> Ended:
    await user_or_404(session, user_id)
    ended = await end_sessions(session, user_id)
    await audit(session, who.actor, "session:all_ended", user_id, details={"ended": len(ended)})
    await leave_sessions(session, ended)
    return Ended(ended=len(ended))
