"""What a request may be refused with, told in the OpenAPI: by what a route is, not by hand for each (tests/api/test_openapi.py holds it to that)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts

from callcenter.console.http import signed_in

WORDS = {
    400: "the body is no JSON at all",
    401: "not signed in, or the sign-in was refused",
    403: "not allowed: the role may not, the page is old (csrf), or this elder or case is none of the asker's business",
    404: "there is no such thing, or not for the asker",
    409: "what stands there has changed, or its state does not allow it; the message says what was met",
    413: "too large",
    422: "some fields are wrong; details say which and why",
    429: "too many attempts; details say how long to wait",
    503: "the database or the telephone service does not answer; calls go on",
}
ALWAYS = frozenset({422, 503})
# not by a session, or with a throttle of their own
MORE: dict[tuple[str, str], frozenset[int]] = {
    ("POST", "/api/auth/sign-in"): frozenset({401, 403, 429}),
    ("POST", "/api/auth/second-step"): frozenset({401, 403, 429}),
    ("POST", "/api/training/phone"): frozenset({401, 403, 404}),
    ("GET", "/api/training/elders"): frozenset({401, 403, 404}),
    ("GET", "/api/training/messages"): frozenset({401, 403, 404}),
    ("GET", "/api/training/others"): frozenset({401, 403, 404}),
    ("GET", "/api/points/settlements/statement/csv"): frozenset({404}),  # whose it is stands in the query
    ("GET", "/api/points/settlements/statement/pdf"): frozenset({404}),
    ("GET", "/readyz"): frozenset({503}),
}


def _calls(dependant: Dependant) -> Iterator[object]:
    yield dependant.call
    for part in dependant.dependencies:
        yield from _calls(part)


def statuses_of(method: str, path: str, route: APIRoute) -> frozenset[int]:
    """With what a request to this route may be refused."""
    if not path.startswith("/api/"):
        return MORE.get((method, path), frozenset())
    found = set(ALWAYS) | MORE.get((method, path), frozenset())
    if signed_in in _calls(route.dependant):
        found |= {401, 403}
    if "{" in path:
        found.add(404)
    if method not in ("GET", "HEAD"):
        found |= {400, 404, 409, 413}
    return frozenset(found)


def describe_errors(app: FastAPI, schema: dict[str, Any]) -> None:
    """Each operation's refusals, all of one shape (ErrorAnswer), in place of FastAPI's own 422."""
    responses = schema.setdefault("components", {}).setdefault("responses", {})
    answer = {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorAnswer"}}}
    for status, words in WORDS.items():
        responses[f"Error{status}"] = {"description": words, "content": answer}
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if not isinstance(route, APIRoute) or not route.include_in_schema:
            continue
        path = context.path or ""
        for method in route.methods or ():
            operation = schema["paths"][path][method.lower()]
            operation["responses"].pop("422", None)
            for status in sorted(statuses_of(method, path, route)):
                operation["responses"].setdefault(str(status), {"$ref": f"#/components/responses/Error{status}"})
    for unused in ("HTTPValidationError", "ValidationError"):
        schema.get("components", {}).get("schemas", {}).pop(unused, None)
