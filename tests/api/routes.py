"""What the api offers and what it keeps: its routes with their guards, and a fingerprint of every table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from sqlalchemy import text

from callcenter.accounts.roles import Permission
from callcenter.console.http import signed_in
from callcenter.kit.db import Database

# Whoever has no session may ask these, and nothing else.
PUBLIC = {
    "GET /api/server",
    "POST /api/auth/sign-in",
    "GET /api/training/elders",  # demo, test and training mode only
    "POST /api/training/phone",
    "GET /healthz",
    "GET /readyz",
    "GET /{path:path}",  # the console itself
}
# Every role: who am I, good-bye.
ANYBODY_SIGNED_IN = {"GET /api/auth/me", "POST /api/auth/sign-out"}
# A renewed lease is no change, and a migration's mark is none of a request's business.
RESTLESS = ("leases", "alembic_version")


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    permissions: frozenset[Permission]
    asks_for_session: bool

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


def _calls(dependant: Dependant) -> Iterator[object]:
    yield dependant.call
    for part in dependant.dependencies:
        yield from _calls(part)


def routes_of(app: FastAPI) -> list[Route]:
    found = []
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if not isinstance(route, APIRoute):
            continue
        calls = list(_calls(route.dependant))
        permissions = frozenset(c.permission for c in calls if hasattr(c, "permission"))
        found += [Route(method, route.path, permissions, signed_in in calls) for method in sorted(route.methods or ())]
    return found


async def fingerprint(database: Database, *, but: tuple[str, ...] = ()) -> dict[str, tuple[int, str]]:
    """Every table's count and checksum, with the owner's eyes. `but`: what voice may write meanwhile by itself."""
    async with database.transaction() as session:
        names = list(await session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")))
        each = " UNION ALL ".join(
            f"SELECT '{n}', count(*), coalesce(md5(string_agg(md5(t::text), '' ORDER BY t::text)), '') FROM {n} t"
            for n in names
            if n not in RESTLESS + but
        )
        return {name: (count, checksum) for name, count, checksum in await session.execute(text(each))}
