"""The stores' process: its API, the live stream, the built app, health, and the catalogue that stores can read before they join."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from pydantic import BaseModel

from callcenter import __version__
from callcenter.catalog.queries import list_items
from callcenter.kit.db import Database
from callcenter.kit.throttle import Throttle
from callcenter.kit.web import add_error_answers, add_health
from callcenter.settings import Settings, get_settings
from providers.http import Protection, Session
from providers.hub import Hub
from providers.routes import calls, inbox, jobs, money, offers, organisations, points, profile, purchases, push, signing
from providers.web_app import add_web

ROUTERS = (signing, inbox, offers, jobs, calls, money, points, purchases, profile, organisations, push)


class OfferedItem(BaseModel):
    code: str
    category: str
    name_zh: str
    name_en: str
    unit: str
    price_min_cny: float
    price_max_cny: float


def create_app(settings: Settings | None = None) -> FastAPI:
    settings = settings or get_settings()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        database = Database.of(settings, pool_size=10)
        hub = Hub(database, settings.redis_url)
        app.state.database, app.state.hub = database, hub
        await hub.start()
        yield
        await hub.close()
        await database.close()

    app = FastAPI(title="One-Key for stores", version=__version__, lifespan=lifespan, docs_url=None, redoc_url=None)
    app.state.settings = settings
    app.add_middleware(Protection, settings=settings)
    app.add_middleware(Throttle, counts=lambda method, path: path.startswith("/api/"))
    add_error_answers(app)
    for module in ROUTERS:
        app.include_router(module.router)
    add_health(app)
    add_catalog(app)
    add_web(app)
    return app


def add_catalog(app: FastAPI) -> None:
    @app.get("/api/catalog")
    async def catalog(session: Session) -> list[OfferedItem]:
        """The items in force, public."""
        return [OfferedItem.model_validate(item, from_attributes=True) for item in await list_items(session)]
