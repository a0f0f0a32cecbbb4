"""Errors that a person may see. Each carries its HTTP status, a stable code, and a sentence that says what to do."""

from __future__ import annotations

from typing import Any


class AppError(Exception):
    """`code` is stable (the console translates by it), `message` is English for logs and developers, `details` holds no private data."""

    status = 400
    code = "bad_request"

    def __init__(self, message: str, *, code: str | None = None, details: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.details = details or {}


class Recorded(AppError):
    """Refused, and that is written down: what the request has done so far (a counted try, an audit row) is committed before it is told."""


class NotFound(AppError):
    status, code = 404, "not_found"


class NotSignedIn(AppError):
    status, code = 401, "not_signed_in"


class Forbidden(AppError):
    status, code = 403, "forbidden"


class Conflict(AppError):
    status, code = 409, "conflict"


class IllegalMove(Conflict):
    code = "illegal_move"


class Invalid(AppError):
    status, code = 422, "invalid"


class TooMany(AppError):
    status, code = 429, "too_many_attempts"


class Unavailable(AppError):
    status, code = 503, "unavailable"
