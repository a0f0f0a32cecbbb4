"""What stands before every route that strangers reach: few requests, small ones, and pages that load nothing, run nothing and are kept by nobody."""

from __future__ import annotations

from starlette.types import ASGIApp

from callcenter.kit.web import Edge
from callcenter.settings import Settings

MAX_BODY = 16 * 1024  # a callback, a form of the crew's page, a state that a city tells
PAGES, MACHINES = 120, 3000  # requests a minute from one address; a carrier tells of every message from one of its own
HEALTH = frozenset({"/healthz", "/readyz"})
WRONG, WRONG_CODES = 10, 60  # keys that open nothing: from one address, and codes from everybody together


def is_machine(path: str) -> bool:
    return path.startswith(("/callbacks/", "/api/"))


def headers(settings: Settings) -> dict[str, str]:
    """No script at all, no frame, nothing from elsewhere. The address of a page, which may hold a key, is told to nobody else; not to say it to ourselves
    ("no-referrer") would keep the origin of our own forms from us."""
    told = {
        "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "X-Robots-Tag": "noindex, nofollow, noarchive",
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": "microphone=(), camera=(), geolocation=()",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
    return told | ({"Strict-Transport-Security": "max-age=31536000"} if settings.outside_url.startswith("https://") else {})


class Protection(Edge):
    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        super().__init__(app, headers=headers(settings), most=lambda method, path: MAX_BODY, is_text=lambda method, path: True)
