"""The edge of every request of the stores' app: one transaction, who asks, CSRF, the guards."""

from __future__ import annotations

import hmac
import re
import uuid
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar, cast

from fastapi import Depends, Request, Response
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.types import ASGIApp

from callcenter.dispatch.access.models import ProviderKey
from callcenter.dispatch.access.rules import LIFETIME
from callcenter.dispatch.access.sessions import Person, get_person_of
from callcenter.kit.errors import Forbidden, NotSignedIn
from callcenter.kit.idempotency import IdempotencyKey, once_of
from callcenter.kit.web import SAFE, Edge, get_session, security_headers
from callcenter.settings import Settings

M = TypeVar("M", bound=BaseModel)
_COOKIE = "onekey_stores_session"
MAX_BODY = 32 * 1024
MAX_PHOTO = 3 * 1024 * 1024  # in base64, with what goes with it
PHOTOS = re.compile(r"^/api/jobs/[^/]+/(photos|proofs/position)$")

Session = Annotated[AsyncSession, Depends(get_session, scope="function")]


def settings_of(request: Request) -> Settings:
    return cast(Settings, request.app.state.settings)


SettingsDep = Annotated[Settings, Depends(settings_of)]


class Protection(Edge):
    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        super().__init__(
            app,
            headers=security_headers(
                connect="'self'",
                permissions="microphone=(), camera=(self), geolocation=(self)",
                https=is_https(settings),
            ),
            most=lambda method, path: MAX_PHOTO if PHOTOS.match(path) else MAX_BODY,
            is_text=lambda method, path: True,
        )


def is_https(settings: Settings) -> bool:
    return settings.stores_url.startswith("https://")


def cookie_name(settings: Settings) -> str:
    """Under https with the prefix that browsers hold us to: only this host, only by https."""
    return f"__Host-{_COOKIE}" if is_https(settings) else _COOKIE


def set_cookie(response: Response, token: str, settings: Settings) -> None:
    response.set_cookie(
        cookie_name(settings),
        token,
        max_age=int(LIFETIME.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=is_https(settings),
        path="/",
    )


def clear_cookie(response: Response, settings: Settings) -> None:
    response.delete_cookie(cookie_name(settings), path="/", secure=is_https(settings), httponly=True, samesite="strict")


def from_own_page(request: Request, settings: SettingsDep) -> None:
    """Nobody is signed in by another's page: not by its scripts (Origin), not by its forms (Sec-Fetch-Site)."""
    origin, host = request.headers.get("origin"), request.headers.get("host")
    own = origin is None or origin == settings.stores_url or (not settings.stores_public_url and origin.split("://", 1)[-1] == host)
    if not own or request.headers.get("sec-fetch-site", "same-origin") in ("cross-site", "same-site"):
        raise Forbidden("sign in from the app's own page", code="foreign_origin")


def client_address(request: Request) -> str:
    return request.client.host if request.client else ""


async def signed_in(request: Request, session: Session, settings: SettingsDep) -> Person:
    token = request.cookies.get(cookie_name(settings))
    if not token or len(token) > 200:
        raise NotSignedIn("sign in first")
    found = await get_person_of(session, token)
    if request.method not in SAFE:
        given = request.headers.get("x-csrf-token", "")
        if not hmac.compare_digest(given.encode(), found.csrf.encode()):
            raise Forbidden("the X-CSRF-Token is missing or old; load the page again", code="csrf")
    return found


Who = Annotated[Person, Depends(signed_in, scope="function")]


class Repeatable:
    """A POST that a bad line may send twice: `await repeat("accept", body, Answer, do)` does it once for each Idempotency-Key of this person."""

    def __init__(self, session: AsyncSession, who: Person, key: str | None) -> None:
        self._session, self._who, self._key = session, who, key

    async def __call__(self, action: str, about: uuid.UUID, body: BaseModel, answer: type[M], do: Callable[[], Awaitable[M]]) -> M:
        return await once_of(self._session, ProviderKey, self._who.id, self._key, f"{action}:{about}", body, answer, do)


def repeatable(session: Session, who: Who, idempotency_key: IdempotencyKey = None) -> Repeatable:
    return Repeatable(session, who, idempotency_key)


Once = Annotated[Repeatable, Depends(repeatable, scope="function")]


class Nothing(BaseModel):
    """A body without fields, and an answer that says no more than "done"."""
