"""The api process: REST for the console, its socket, and the built web app."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.responses import FileResponse, JSONResponse, PlainTextResponse
from pydantic.json_schema import models_json_schema
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.staticfiles import StaticFiles

from callcenter import __version__
from callcenter.accounts.demo import DEMO_PASSWORD, DEMO_USERS
from callcenter.centre.watch import CentreWatch
from callcenter.console import schemas, socket
from callcenter.console.desk import CommandDesk
from callcenter.console.errors import describe_errors
from callcenter.console.hub import Hub
from callcenter.console.metrics import add_metrics
from callcenter.console.protection import Protection
from callcenter.console.routes import (
    account,
    address_checks,
    audit,
    auth,
    bills,
    calls,
    care,
    cases,
    catalog,
    complaints,
    duty,
    elder_files,
    elders,
    emergencies,
    emergency_contacts,
    emergency_reports,
    floor,
    follow_ups,
    glass,
    handovers,
    knowledge,
    listening,
    messages,
    order_plans,
    orders,
    outside,
    ownership,
    parties,
    points_account,
    points_checks,
    points_earning,
    points_families,
    points_letters,
    points_settlement,
    points_spending,
    points_volunteers,
    profiles,
    protocols,
    recordings,
    regions,
    reports,
    risk_sheets,
    satisfaction,
    stores,
    training,
    users,
)
from callcenter.console.routes import centre as centre_words
from callcenter.console.routes import settings as centre_settings
from callcenter.console.seats import Seats
from callcenter.kit.db import Database
from callcenter.kit.web import add_error_answers, add_health
from callcenter.points.scheme import Scheme
from callcenter.settings import Settings, get_settings
from callcenter.telephony.nearby import lacks_own_node

WEB = Path(__file__).parent.parent / "agents_ui" / "dist"
SOCKET_MODELS = (
    schemas.Hello,
    schemas.Snapshot,
    schemas.CallEvent,
    schemas.AgentEvent,
    schemas.TaskEvent,
    schemas.CaseEvent,
    schemas.OrderEvent,
    schemas.EmergencyEvent,
    schemas.Ping,
    schemas.Pong,
    schemas.PhoneState,
    schemas.ErrorAnswer,
)


@functools.cache
def api_routes() -> tuple[BaseRoute, ...]:
    """All of them, once in a process: FastAPI works out each route's parameters at the first request, which takes a second for all. Nothing of an app is
    in them: what an app has (database, hub) a request finds in its state.
    """
    api = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    for module in (
        account,
        auth,
        parties,
        listening,
        calls,
        ownership,
        cases,
        recordings,
        orders,
        order_plans,
        follow_ups,
        emergencies,
        emergency_reports,
        satisfaction,
        risk_sheets,
        protocols,
        outside,
        emergency_contacts,
        complaints,
        profiles,
        address_checks,
        elder_files,
        elders,
        catalog,
        audit,
        glass,
        floor,
        reports,
        handovers,
        centre_settings,
        centre_words,
        regions,
        duty,
        stores,
        knowledge,
        messages,
        points_volunteers,
        bills,
        points_account,
        points_letters,
        points_earning,
        points_settlement,
        points_spending,
        points_families,
        points_checks,
        care,
        training,
        users,
        socket,
    ):
        api.include_router(module.router)
    return tuple(api.routes)


def create_app(settings: Settings | None = None) -> FastAPI:
    settings = settings or get_settings()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        database = Database.of(settings, pool_size=20)
        hub, desk = Hub(database, settings.redis_url), CommandDesk(database, within=settings.timings.command)
        centre, seats = CentreWatch(database, settings), Seats(database, hub, settings)
        app.state.database, app.state.hub, app.state.desk, app.state.centre = database, hub, desk, centre
        await hub.start()
        desk.start()
        centre.start()
        seats.start()
        yield
        await seats.close()
        await hub.close()
        await desk.close()
        await centre.close()
        await database.close()

    app = FastAPI(title="One-Key", version=__version__, lifespan=lifespan, docs_url=None, redoc_url=None)
    app.state.settings = settings
    app.state.points = Scheme()
    app.state.demo_logins = [schemas.DemoLogin(username=u.username, password=DEMO_PASSWORD, name=u.name, role=u.role) for u in DEMO_USERS]
    app.add_middleware(Protection, settings=settings)
    add_error_answers(app)
    app.router.routes.extend(api_routes())
    add_health(app, lambda: lacks_own_node(settings))
    add_metrics(app, settings)
    app.openapi = lambda: openapi(app)  # type: ignore[method-assign]  # FastAPI's documented way to extend the schema
    add_web(app)
    return app


def openapi(app: FastAPI) -> dict[str, Any]:
    """With the socket's messages among the components, so that one generator makes all TypeScript types."""
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=app.version, routes=app.routes)
        _, definitions = models_json_schema(
            [(model, "serialization") for model in SOCKET_MODELS], ref_template="#/components/schemas/{model}"
        )
        describe_errors(app, schema)
        components = schema.setdefault("components", {}).setdefault("schemas", {})
        for name, definition in definitions.get("$defs", {}).items():
            components.setdefault(name, definition)
        app.openapi_schema = schema
    return app.openapi_schema


def built_file(path: str) -> Path | None:
    try:
        file = (WEB / path).resolve()
        return file if file.is_relative_to(WEB.resolve()) and file.is_file() else None
    except (OSError, ValueError):  # a name too long for a file, or with a NUL
        return None


def add_web(app: FastAPI) -> None:
    """The built console. Every path that is no file is the app's own (its routes are in the browser)."""
    if (WEB / "assets").is_dir():
        app.mount("/assets", StaticFiles(directory=WEB / "assets"), name="assets")

    @app.get("/{path:path}", include_in_schema=False)
    async def web(path: str) -> Response:
        if path.startswith(("api/", "ws/")):
            return JSONResponse({"error": {"code": "not_found", "message": "no such path", "details": {}}}, status_code=404)
        if path and (file := built_file(path)) is not None:
            return FileResponse(file)
        if not (WEB / "index.html").is_file():
            return PlainTextResponse("the console is not built: `make run` builds it (agents_ui: npm ci && npm run build)", status_code=503)
        return FileResponse(WEB / "index.html", headers={"Cache-Control": "no-cache"})
