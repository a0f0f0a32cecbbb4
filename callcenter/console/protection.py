"""What stands before every route: a limit on what is sent, headers, errors that say what to do and never tell secrets."""

from __future__ import annotations

import re
import traceback

import orjson
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DataError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from callcenter.calls.engine.journal import is_database_away
from callcenter.kit.errors import AppError
from callcenter.kit.ids import new_id
from callcenter.settings import Settings

log = structlog.get_logger()
MAX_BODY = 256 * 1024
MAX_UPLOAD = 5 * 1024 * 1024  # pictures and tables, as they are
UPLOADS = re.compile(r"^/api/(elders/[^/]+/(photo|consents/form)|elder-imports)$")
LARGER = {"/api/regions/boundaries": 4 * 1024 * 1024}  # files
_NUL = re.compile(rb"\\u0000|\x00")


def answer(status: int, code: str, message: str, details: dict[str, object] | None = None) -> JSONResponse:
    return JSONResponse({"error": {"code": code, "message": message, "details": details or {}}}, status_code=status)


class Protection:
    """Pure ASGI: reads a body at most MAX_BODY long (files: LARGER), refuses NUL characters (PostgreSQL can't hold them), adds the security headers."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        sockets = "ws: wss:" if settings.mode != "production" else "wss:"
        self.headers = {
            "Content-Security-Policy": (
                "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' blob: data:; "
                f"connect-src 'self' {sockets}; font-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
            ),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
            "Cross-Origin-Opener-Policy": "same-origin",
        }
        if settings.base_url.startswith("https://"):
            self.headers["Strict-Transport-Security"] = "max-age=31536000"

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

        if scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self.app(scope, receive, with_headers)
            return
        is_upload = scope["method"] == "POST" and UPLOADS.match(scope["path"]) is not None
        most = MAX_UPLOAD if is_upload else LARGER.get(scope["path"], MAX_BODY)
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
        if not is_upload and _NUL.search(body):
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
        log.error("request_failed", exc_info=error, path=request.url.path)
        return answer(500, "internal", "this is our fault; it is in the log")
