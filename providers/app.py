"""The stores' process: health, and the catalogue that stores can read before they join."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import BaseModel
from sqlalchemy import text

from callcenter import __version__
from callcenter.catalog.queries import list_items
from callcenter.kit.db import Database
from callcenter.settings import Settings, get_settings


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
        app.state.database = Database.of(settings, pool_size=5)
        yield
        await app.state.database.close()

    app = FastAPI(title="One-Key for stores", version=__version__, lifespan=lifespan, docs_url=None, redoc_url=None)

    @app.get("/healthz")
    async def healthz() -> PlainTextResponse:
        return PlainTextResponse("ok")

    @app.get("/readyz")
    async def readyz(request: Request) -> JSONResponse:
        try:
            async with request.app.state.database.transaction() as session:
                await session.execute(text("SELECT 1"))
        except Exception:
            return JSONResponse({"ready": False, "why": "the database does not answer"}, status_code=503)
        return JSONResponse({"ready": True})

    @app.get("/api/catalog")
    async def catalog(request: Request) -> list[OfferedItem]:
        """The items in force, public."""
        async with request.app.state.database.transaction() as session:
            return [OfferedItem.model_validate(item, from_attributes=True) for item in await list_items(session)]

    return app
