"""`/metrics`, for Prometheus: by a token, or, without one, for this machine alone."""

from __future__ import annotations

import hmac

from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse

from callcenter.kit.web import database_of
from callcenter.reports.metrics.exposition import CONTENT_TYPE, expose
from callcenter.reports.metrics.queries import collect_metrics
from callcenter.settings import Settings

LOOPBACK = ("127.0.0.1", "::1")
FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


def add_metrics(app: FastAPI, settings: Settings) -> None:
    token = settings.metrics_token.get_secret_value()

    async def metrics(request: Request) -> PlainTextResponse:
        if not _may(request, token):
            return PlainTextResponse("not found\n", status_code=404)  # to strangers there is no such thing
        async with database_of(request).transaction() as session:
            return PlainTextResponse(expose(await collect_metrics(session)), media_type=CONTENT_TYPE)

    app.add_route("/metrics", metrics, include_in_schema=False)  # no part of the console's API: who asks has no session, and no role


def _may(request: Request, token: str) -> bool:
    if token:
        given = request.headers.get("authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {token}".encode())
    # a proxy on this machine asks from the loopback too, for whoever stands behind it
    return request.client is not None and request.client.host in LOOPBACK and not any(name in request.headers for name in FORWARDED)
