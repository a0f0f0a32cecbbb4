"""What stands at the edge of every web app of ours: a limit on what is sent, headers, one transaction for one request, errors that say what to do and never
tell secrets.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import cast

import orjson
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse
from sqlalchemy import text
from sqlalchemy.exc import DataError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from callcenter.kit.db import Database, is_database_away
from callcenter.kit.errors import AppError, Recorded
from callcenter.kit.ids import new_id

log = structlog.get_logger()
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_NUL = re.compile(rb"\\u0000|\x00")


def answer(status: int, code: str, message: str, details: dict[str, object] | None = None) -> JSONResponse:
    return JSONResponse({"error": {"code": code, "message": message, "details": details or {}}}, status_code=status)


def database_of(request: Request) -> Database:
    return cast(Database, request.app.state.database)


async def get_session(request: Request) -> AsyncIterator[AsyncSession]:
    """One request, one transaction. `scope="function"`: the commit comes before the answer, so a failing commit is no 200."""
    refused: Recorded | None = None
    async with database_of(request).transaction() as session:
        try:
            yield session
        except Recorded as error:
            refused = error
    if refused is not None:
        raise refused


class Edge:
    """Pure ASGI: reads a body at most `most(method, path)` bytes long, refuses NUL characters (PostgreSQL can't hold them) where `is_text` says so, adds
    the security headers."""

    def __init__(
        self, app: ASGIApp, *, headers: Mapping[str, str], most: Callable[[str, str], int], is_text: Callable[[str, str], bool]
    ) -> None:
        self.app, self.headers, self.most, self.is_text = app, headers, most, is_text

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        structlog.contextvars.bind_contextvars(request=str(new_id()))

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
                if scope["path"].startswith("/api/"):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        method, path = scope["method"], scope["path"]
        if method in SAFE:
            await self.app(scope, receive, with_headers)
            return
        most = self.most(method, path)
        body = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > most:
                refusal = answer(413, "too_large", f"at most {most // 1024} kB are taken in one request")
                await refusal(scope, receive, with_headers)
                return
        if self.is_text(method, path) and _NUL.search(body):
            await answer(422, "invalid", "a NUL character can't be stored")(scope, receive, with_headers)
            return
        sent = False

        async def replay() -> Message:
            nonlocal sent
            if sent:
                return await receive()
            sent = True
            return {"type": "http.request", "body": bytes(body), "more_body": False}

        await self.app(scope, replay, with_headers)


def security_headers(*, connect: str, permissions: str, https: bool) -> dict[str, str]:
    """`connect`: whom pages may speak with besides us; `permissions`: the Permissions-Policy."""
    headers = {
        "Content-Security-Policy": (
            "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' blob: data:; "
            f"connect-src {connect}; font-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
        ),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Permissions-Policy": permissions,
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    return headers | ({"Strict-Transport-Security": "max-age=31536000"} if https else {})


async def lacks_nothing() -> str:
    return ""


def add_health(app: FastAPI, lacks: Callable[[], Awaitable[str]] = lacks_nothing) -> None:
    """`lacks`: what else it needs to be of use, in words; empty when it is there."""

    @app.get("/healthz")
    async def healthz() -> PlainTextResponse:
        return PlainTextResponse("ok")

    @app.get("/readyz")
    async def readyz(request: Request) -> JSONResponse:
        try:
            async with database_of(request).transaction() as session:
                await session.execute(text("SELECT 1"))
        except Exception:
            return JSONResponse({"ready": False, "why": "the database does not answer"}, status_code=503)
        if why := await lacks():
            return JSONResponse({"ready": False, "why": why}, status_code=503)
        return JSONResponse({"ready": True})


def add_error_answers(app: FastAPI) -> None:
    @app.exception_handler(AppError)
    async def app_error(request: Request, error: AppError) -> JSONResponse:
        return answer(error.status, error.code, error.message, error.details)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        # what was sent is not repeated: it may be private, and it may not even be text
        fields: list[object] = [
            {"field": ".".join(str(p) for p in e["loc"] if p != "body"), "problem": e["msg"]} for e in error.errors()[:20]
        ]
        return JSONResponse(
            orjson.loads(
                orjson.dumps({"error": {"code": "invalid", "message": "some fields are wrong; see details", "details": {"fields": fields}}})
            ),
            status_code=422,
        )

    @app.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> JSONResponse:
        codes = {404: "not_found", 405: "method_not_allowed", 400: "bad_request"}
        return answer(error.status_code, codes.get(error.status_code, "http_error"), str(error.detail))

    @app.exception_handler(PoolTimeout)
    async def no_connection(request: Request, error: PoolTimeout) -> JSONResponse:
        log.warning("database_away", error="PoolTimeout")
        return answer(503, "database_away", "the database does not answer; calls go on; try again in a moment")

    @app.exception_handler(DBAPIError)
    async def database(request: Request, error: DBAPIError) -> JSONResponse:
        if isinstance(error, DataError):
            return answer(422, "invalid", "some value can't be stored")
        if is_database_away(error):
            log.warning("database_away", error=type(error).__name__)
            return answer(503, "database_away", "the database does not answer; calls go on; try again in a moment")
        # the driver's own words hold values ("Key (card_number)=(…) already exists"): only where and what kind
        frames = [f for f in traceback.extract_tb(error.__traceback__) if "site-packages" not in f.filename]
        where = [f"{f.filename}:{f.lineno} {f.name}" for f in frames]
        log.error("database_error", error=type(error.orig).__name__, sqlstate=getattr(error.orig, "sqlstate", ""), where=where)
        return answer(500, "internal", "this is our fault; it is in the log")

    @app.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> JSONResponse:
        route = request.scope.get("route")  # its pattern: a path may hold a key
        log.error("request_failed", exc_info=error, path=getattr(route, "path", ""))
        return answer(500, "internal", "this is our fault; it is in the log")
