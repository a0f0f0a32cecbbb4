"""The edge of every request: one transaction, who asks, what she may do, CSRF."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Annotated, cast

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts import rules
from callcenter.accounts.roles import Permission
from callcenter.accounts.rules import Owed
from callcenter.accounts.sessions import SignedIn, get_session_of
from callcenter.centre.rules import CentreValues
from callcenter.centre.watch import CentreWatch
from callcenter.console.desk import CommandDesk
from callcenter.kit.errors import Forbidden, NotSignedIn, Recorded
from callcenter.kit.web import SAFE, get_session
from callcenter.kit.web import database_of as database_of
from callcenter.settings import Settings

_COOKIE = "onekey_session"


def settings_of(request: Request) -> Settings:
    return cast(Settings, request.app.state.settings)


def desk_of(request: Request) -> CommandDesk:
    return cast(CommandDesk, request.app.state.desk)


def centre_of(request: Request) -> CentreValues:
    """What the centre has set, as last read: never waits for the database."""
    return cast(CentreWatch, request.app.state.centre).values


class NoAccess(Recorded, Forbidden):
    """Refused, and its audit row stays."""

    code = "no_access"


Session = Annotated[AsyncSession, Depends(get_session, scope="function")]
SettingsDep = Annotated[Settings, Depends(settings_of)]
Centre = Annotated[CentreValues, Depends(centre_of)]
Desk = Annotated[CommandDesk, Depends(desk_of)]


def cookie_name(settings: Settings) -> str:
    """Under https with the prefix that browsers hold us to: only this host, only by https, so that no neighbour's page can plant one."""
    return f"__Host-{_COOKIE}" if settings.base_url.startswith("https://") else _COOKIE


def is_own_origin(origin: str | None, host: str | None, settings: Settings) -> bool:
    """No Origin (curl, tests) is fine for REST, where CSRF tokens stand; a foreign one never is."""
    if origin is None:
        return True
    if settings.public_url:  # the one address that browsers use; a Host header may be anybody's who answers for a name
        return origin == settings.base_url
    return origin == settings.base_url or origin.split("://", 1)[-1] == host


def owed_by(who: SignedIn, settings: Settings) -> tuple[Owed, ...]:
    assert who.actor.role is not None
    return rules.owed_by(
        who.actor.role,
        must_change_password=who.must_change_password,
        has_totp=who.has_totp,
        totp_required=settings.totp_roles,
    )


def must_be_settled(who: SignedIn, settings: Settings) -> None:
    """A password that somebody else knows, or a second factor that is missing: first that, then everything else."""
    owed = owed_by(who, settings)
    if owed:
        code = {"password": "password_change_needed", "totp": "totp_needed"}[owed[0]]
        raise Forbidden("first settle your sign-in on the page of your account", code=code, details={"owed": list(owed)})


async def signed_in(request: Request, session: Session, settings: SettingsDep) -> SignedIn:
    token = request.cookies.get(cookie_name(settings))
    if not token or len(token) > 200:
        raise NotSignedIn("sign in first")
    found = await get_session_of(session, token)
    if request.method not in SAFE:
        given = request.headers.get("x-csrf-token", "")
        if not hmac.compare_digest(given.encode(), found.csrf.encode()):
            raise Forbidden("the X-CSRF-Token is missing or old; load the page again", code="csrf")
    return found


Who = Annotated[SignedIn, Depends(signed_in, scope="function")]


async def settled(who: Who, settings: SettingsDep) -> SignedIn:
    must_be_settled(who, settings)
    return who


Settled = Annotated[SignedIn, Depends(settled, scope="function")]


def needs(permission: Permission) -> Callable[..., SignedIn]:
    """A route's guard. `tests/api/test_access.py` checks that every route has one, and every role against each."""

    async def guard(who: Who, settings: SettingsDep) -> SignedIn:
        who.actor.must(permission)
        must_be_settled(who, settings)
        return who

    guard.permission = permission  # type: ignore[attr-defined]  # read by the access test and docs/access.md
    return cast(Callable[..., SignedIn], guard)


def client_address(request: Request) -> str:
    return request.client.host if request.client else ""
