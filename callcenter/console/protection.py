"""What stands before every route of the console (kit.web), with its limits and headers."""

from __future__ import annotations

import re

from starlette.types import ASGIApp

from callcenter.kit.web import Edge, security_headers
from callcenter.settings import Settings

MAX_BODY = 256 * 1024
MAX_UPLOAD = 5 * 1024 * 1024  # pictures and tables, as they are
UPLOADS = re.compile(r"^/api/(elders/[^/]+/(photo|consents/form)|elder-imports)$")
LARGER = {"/api/regions/boundaries": 4 * 1024 * 1024}  # files


def is_upload(method: str, path: str) -> bool:
    return method == "POST" and UPLOADS.match(path) is not None


class Protection(Edge):
    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        sockets = "ws: wss:" if settings.mode != "production" else "wss:"
        super().__init__(
            app,
            headers=security_headers(
                connect=f"'self' {sockets}",
                permissions="microphone=(self), camera=(), geolocation=()",
                https=settings.base_url.startswith("https://"),
            ),
            most=lambda method, path: MAX_UPLOAD if is_upload(method, path) else LARGER.get(path, MAX_BODY),
            is_text=lambda method, path: not is_upload(method, path),
        )
