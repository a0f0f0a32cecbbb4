"""The public process: who it lets in, and what it answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send

from callcenter import __version__
from callcenter.kit.db import Database
from callcenter.kit.throttle import Ceiling, Throttle
from callcenter.kit.web import add_error_answers, add_health
from callcenter.messaging import webhooks
from callcenter.public import city, crew, texting, till, twilio
from callcenter.public.pages import Centre, plain
from callcenter.public.protection import HEALTH, MACHINES, PAGES, WRONG, WRONG_CODES, Protection, is_machine
from callcenter.public.texts import texts_for
from callcenter.settings import Settings, get_settings


def create_app(settings: Settings | None = None) -> FastAPI:
    """`settings`: with the narrow role `public` in its database URL (migrations.roles.as_role)."""
    settings = settings or get_settings()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.database = Database.of(settings, pool_size=5)
        yield
        await app.state.database.close()

    app = FastAPI(title="One-Key, open to strangers", version=__version__, lifespan=lifespan, docs_url=None, redoc_url=None)
    app.state.settings = settings
    app.add_middleware(Protection, settings=settings)
    app.add_middleware(Throttle, requests=MACHINES, counts=lambda method, path: is_machine(path))
    app.add_middleware(Throttle, requests=PAGES, counts=lambda method, path: not is_machine(path) and path not in HEALTH, refusal=too_often)
    app.state.wrong, app.state.codes = Ceiling(WRONG), Ceiling(WRONG_CODES)
    add_error_answers(app)
    for kind, handler in list(app.exception_handlers.items()):
        app.exception_handlers[kind] = for_people(handler)
    app.state.texts = Ceiling(texting.SENDER_TEXTS)
    app.include_router(webhooks.router)
    app.include_router(texting.router)
    if settings.twilio_voice:
        app.include_router(twilio.router)
    app.include_router(city.router)
    app.include_router(till.router)
    app.include_router(crew.router)
    add_health(app)
    return app


def for_people(handler: Callable[[Request, Any], Any]) -> Callable[[Request, Any], Awaitable[Response]]:
    """A machine reads what went wrong; a crew reads a page, that says to call."""

    async def answer(request: Request, error: Any) -> Response:
        told: Response = await handler(request, error)
        if is_machine(request.url.path) or request.url.path in HEALTH:
            return told
        lost = told.status_code in (404, 405, 422)
        return page_of(request, "dead" if lost else "fault", 404 if lost else told.status_code)

    return answer


async def too_often(scope: Scope, receive: Receive, send: Send) -> None:
    """For people, in their language; without the database, which is what is spared."""
    await page_of(Request(scope), "slow", 429)(scope, receive, send)


def page_of(request: Request, what: str, status: int) -> Response:
    settings: Settings = request.app.state.settings  # what a centre has edited since stands in the database, which is not asked here
    centre = Centre(settings.centre_name, settings.hotline)
    return HTMLResponse(plain(texts_for(request.headers.get("accept-language", "")), what, centre), status_code=status)
