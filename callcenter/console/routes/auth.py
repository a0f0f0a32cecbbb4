from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter import __version__
from callcenter.accounts.audit import audit
from callcenter.accounts.models import User
from callcenter.accounts.passwords import is_password
from callcenter.accounts.roles import MAY
from callcenter.accounts.second_factor import check_second_factor
from callcenter.accounts.sessions import (
    LIFETIME,
    STEP_FOR,
    SignedIn,
    actor_of,
    close_step,
    count_attempt,
    end_session,
    find_user,
    forget_attempt,
    has_totp,
    open_session,
    open_step,
    record_failure,
    user_of_step,
)
from callcenter.calls.setting_up import leave_sessions
from callcenter.console.http import Centre, Session, SettingsDep, Who, client_address, cookie_name, database_of, is_own_origin, owed_by
from callcenter.console.schemas import DemoLogin, Me, SecondStep, ServerInfo, SignIn, SignInCode
from callcenter.console.socket import PROTOCOL
from callcenter.kit.db import Database
from callcenter.kit.errors import AppError, Forbidden, NotSignedIn
from callcenter.settings import Settings

Db = Annotated[Database, Depends(database_of)]
router = APIRouter()


class WrongCredentials(AppError):
    status, code = 401, "wrong_credentials"


class WrongCode(AppError):
    status, code = 401, "wrong_code"


def me(who: SignedIn, settings: Settings) -> Me:
    assert who.actor.role is not None
    return Me(
        id=who.user_id,
        username=who.username,
        name=who.actor.name,
        role=who.actor.role,
        permissions=sorted(MAY[who.actor.role]),
        csrf=who.csrf,
        owes=list(owed_by(who, settings)),
    )


@router.get("/api/server")
async def server(request: Request, settings: SettingsDep, centre: Centre) -> ServerInfo:
    logins: list[DemoLogin] = request.app.state.demo_logins if settings.mode == "demo" else []
    return ServerInfo(
        mode=settings.mode,
        version=__version__,
        protocol=PROTOCOL,
        centre_name=centre.text("centre_name"),
        hotline=centre.text("hotline"),
        needs_setup=not request.app.state.centre.has_users,
        demo_logins=logins,
    )


@router.post("/api/auth/sign-in", responses={202: {"model": SecondStep, "description": "the code of the second factor is asked for next"}})
async def sign_in(body: SignIn, request: Request, response: Response, settings: SettingsDep, database: Db) -> Me | SecondStep:
    from_own_page(request, settings)
    username, address = body.username.lower(), client_address(request)
    async with database.transaction() as session:
        attempt = await count_attempt(session, username, address)
        user = await find_user(session, username)
        stored = user.password_hash if user else None
    # the hash takes 150 ms: outside of any transaction
    right = await is_password(stored, body.password)
    if not right or user is None:
        async with database.transaction() as session:  # its own: the refusal must not roll the count back
            await record_failure(session, attempt, user, address)
        raise WrongCredentials("the user name or the password is wrong")
    async with database.transaction() as session:
        await forget_attempt(session, attempt)
        if await has_totp(session, user.id):
            response.status_code = 202
            return SecondStep(step=await open_step(session, user), seconds=int(STEP_FOR.total_seconds()))
        return await enter(session, user, request, response, settings)


@router.post("/api/auth/second-step")
async def second_step(body: SignInCode, request: Request, response: Response, settings: SettingsDep, database: Db) -> Me:
    """The code of the authenticator app, or a recovery code. Wrong ones are counted as wrong passwords are, and more strictly."""
    from_own_page(request, settings)
    address = client_address(request)
    async with database.transaction() as session:
        user = await user_of_step(session, body.step)
        attempt = await count_attempt(session, user.username, address, kind="code")
    signed: Me | None = None
    async with database.transaction() as session:
        how = await check_second_factor(session, user.id, body.code)
        if how is None:
            await record_failure(session, attempt, user, address, kind="code")
        else:
            await forget_attempt(session, attempt)
            await close_step(session, body.step)
            signed = await enter(session, await user_still_there(session, user), request, response, settings, second_factor=True)
            if how == "recovery":
                await audit(session, actor_of(user), "totp:recovery_used", user.id)
    if signed is None:
        raise WrongCode("this code does not fit, or it was used already; wait for the next one")
    return signed


async def user_still_there(session: AsyncSession, user: User) -> User:
    """The row as it is now, locked: who is disabled, or whose password is changed, at this moment gets no session after it."""
    now = (
        await session.execute(select(User).where(User.id == user.id).with_for_update(read=True).execution_options(populate_existing=True))
    ).scalar_one()
    if not now.active or now.password_hash != user.password_hash:
        raise NotSignedIn("too late; enter name and password again", code="step_ended")
    return now


async def enter(
    session: AsyncSession, user: User, request: Request, response: Response, settings: Settings, *, second_factor: bool = False
) -> Me:
    token, who = await open_session(
        session,
        await user_still_there(session, user),
        address=client_address(request),
        browser=request.headers.get("user-agent", ""),
        second_factor=second_factor,
        instead_of=request.cookies.get(cookie_name(settings), "")[:200],
    )
    set_cookie(response, token, settings)
    return me(who, settings)


def from_own_page(request: Request, settings: Settings) -> None:
    """Nobody is signed in by another's page: not by its scripts (Origin), not by its forms (Sec-Fetch-Site)."""
    foreign = not is_own_origin(request.headers.get("origin"), request.headers.get("host"), settings)
    if foreign or request.headers.get("sec-fetch-site", "same-origin") in ("cross-site", "same-site"):
        raise Forbidden("sign in from the console's own page", code="foreign_origin")


def set_cookie(response: Response, token: str, settings: Settings) -> None:
    response.set_cookie(
        cookie_name(settings),
        token,
        max_age=int(LIFETIME.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=settings.base_url.startswith("https://"),
        path="/",
    )


@router.post("/api/auth/sign-out", status_code=204)
async def sign_out(who: Who, response: Response, session: Session, settings: SettingsDep) -> None:
    """In the request's own transaction: another would wait for the mark of life that this one has just written into the session's row."""
    await end_session(session, who)
    await leave_sessions(session, [who.session_id])
    response.delete_cookie(
        cookie_name(settings), path="/", secure=settings.base_url.startswith("https://"), httponly=True, samesite="strict"
    )


@router.get("/api/auth/me")
async def get_me(who: Who, settings: SettingsDep) -> Me:
    return me(who, settings)
