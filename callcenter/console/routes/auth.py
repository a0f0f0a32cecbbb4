from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import delete

from callcenter import __version__
from callcenter.accounts.passwords import is_password
from callcenter.accounts.roles import MAY
from callcenter.accounts.sessions import LIFETIME, SignedIn, count_attempt, end_session, find_user, open_session, record_failure
from callcenter.calls.models import ConsoleSocket
from callcenter.console.http import COOKIE, Centre, Desk, SettingsDep, Who, client_address, database_of, is_own_origin
from callcenter.console.schemas import DemoLogin, Me, ServerInfo, SignIn
from callcenter.console.socket import PROTOCOL
from callcenter.kit.db import Database
from callcenter.kit.errors import AppError, Forbidden
from callcenter.settings import Settings

router = APIRouter()


class WrongCredentials(AppError):
    status, code = 401, "wrong_credentials"


def me(who: SignedIn) -> Me:
    assert who.actor.role is not None
    return Me(
        id=who.user_id,
        username=who.username,
        name=who.actor.name,
        role=who.actor.role,
        permissions=sorted(MAY[who.actor.role]),
        csrf=who.csrf,
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
        demo_logins=logins,
    )


@router.post("/api/auth/sign-in")
async def sign_in(
    body: SignIn, request: Request, response: Response, settings: SettingsDep, database: Annotated[Database, Depends(database_of)]
) -> Me:
    if not is_own_origin(request.headers.get("origin"), request.headers.get("host"), settings):
        raise Forbidden("sign in from the console's own page", code="foreign_origin")
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
        token, who = await open_session(session, user, attempt=attempt, address=address, browser=request.headers.get("user-agent", ""))
    set_cookie(response, token, settings)
    return me(who)


def set_cookie(response: Response, token: str, settings: Settings) -> None:
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(LIFETIME.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=settings.base_url.startswith("https://"),
        path="/",
    )


@router.post("/api/auth/sign-out", status_code=204)
async def sign_out(who: Who, response: Response, database: Annotated[Database, Depends(database_of)], desk: Desk) -> None:
    async with database.transaction() as session:
        await end_session(session, who)
        await session.execute(delete(ConsoleSocket).where(ConsoleSocket.session_id == who.session_id))
    await desk.wake_voice()
    response.delete_cookie(COOKIE, path="/")


@router.get("/api/auth/me")
async def get_me(who: Who) -> Me:
    return me(who)
