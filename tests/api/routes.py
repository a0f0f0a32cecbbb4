"""What the api offers and what it keeps: its routes with their guards, and a fingerprint of every table."""

from __future__ import annotations

import asyncio
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
    "POST /api/auth/second-step",
    "GET /api/training/elders",  # demo, test and training mode only
    "POST /api/training/phone",
    "GET /healthz",
    "GET /readyz",
    "GET /{path:path}",  # the console itself
}
# Every role: who am I, good-bye, and what settles a sign-in.
BEFORE_ALL_IS_SETTLED = {
    "GET /api/auth/me",
    "POST /api/auth/sign-out",
    "GET /api/account",
    "POST /api/account/password",
    "POST /api/account/totp",
    "POST /api/account/totp/confirm",
}
# Every role, when nothing is owed.
ANYBODY_SIGNED_IN = BEFORE_ALL_IS_SETTLED | {
    "POST /api/account/totp/recovery-codes",
    "POST /api/account/totp/remove",
    "GET /api/account/sessions",
    "POST /api/account/sessions/{session_id}/end",
    "POST /api/account/sessions/end-others",
}
# A renewed lease and how far voice has read the PBX's record are no change of a request's, nor is a migration's mark.
RESTLESS = ("leases", "carrier_marks", "alembic_version")

# what a well-meant request carries
BODIES: dict[str, dict[str, object]] = {
    "POST /api/auth/sign-in": {"username": "agent1", "password": "yijiantong"},
    "POST /api/auth/second-step": {"step": "x" * 43, "code": "123456"},
    "POST /api/account/password": {"old": "not-this-one", "new": "kaifeng-2024-hua"},
    "POST /api/account/totp": {"password": "not-this-one"},
    "POST /api/account/totp/confirm": {"code": "123456"},
    "POST /api/account/totp/recovery-codes": {"password": "not-this-one", "code": "123456"},
    "POST /api/account/totp/remove": {"password": "not-this-one", "code": "123456"},
    "POST /api/training/phone": {"number": "07103459876"},
    "POST /api/presence": {"state": "paused", "reason": "meal"},
    "POST /api/calls/{call_id}/digits": {"digits": "1"},
    "POST /api/calls/{call_id}/wrap-up": {"outcome": "helped", "note": "头晕"},
    "POST /api/cases/{case_id}/notes": {"text": "慢慢说"},
    "POST /api/cases/{case_id}/elder": {"elder_id": "{elder_id}", "learn_number": True},
    "POST /api/cases/{case_id}/close": {"outcome": "helped", "note": ""},
    "POST /api/elders/{elder_id}/break-glass": {"reason": "女儿来电询问"},
    "POST /api/tasks/{task_id}/done": {"note": "已联系家属"},
    "POST /api/cases/{case_id}/take-over": {"seen_owner_id": None},
    "POST /api/cases/{case_id}/give": {"seen_owner_id": None, "to": "{agent_id}", "word": "请回访"},
    "POST /api/cases/{case_id}/free": {"seen_owner_id": None, "minutes": 30},
    "POST /api/tasks/{task_id}/assign": {"seen_owner_id": None, "to": "{agent_id}"},
    "PUT /api/handovers/{handover_id}": {"version": 1, "remarks": "夜里平静"},
    "POST /api/handovers/{handover_id}/sign": {"version": 1},
    "POST /api/handovers/{handover_id}/accept": {"remark": ""},
    "GET /api/reports": {"first": "2026-11-01", "last": "2026-11-02"},
    "GET /api/reports/behind/{figure}": {"first": "2026-11-01", "last": "2026-11-01"},
    "GET /api/reports/csv": {"first": "2026-11-01", "last": "2026-11-01", "table": "missed"},
    "GET /api/reports/pdf": {"first": "2026-11-01", "last": "2026-11-01"},
    "GET /api/elders": {"q": "王桂兰"},
    "POST /api/users": {"username": "new.access", "name": "何新", "role": "agent"},
    "POST /api/users/{user_id}": {"name": "吴晓燕", "role": "agent", "dialects": ["襄阳话", "河南话"]},
    "POST /api/users/{user_id}/disable": {"when": "if_free"},
    "POST /api/teams": {"name": "夜班组"},
    "POST /api/teams/{team_id}": {"name": "夜班一组"},
    "POST /api/teams/{team_id}/retire": {"retired": True},
    "POST /api/lines": {"number": "96519", "kind": "service", "label": "备用"},
    "POST /api/lines/{line_number}": {"kind": "service", "label": "备用热线"},
    "POST /api/lines/{line_number}/switch": {"active": False},
    "POST /api/openings": {
        "line": "12349",
        "text": "您好，您慢慢说。",
        "text_unknown": "您好。",
        "reason": "统一话术",
    },
    "POST /api/option-lists/{kind}": {"label_zh": "转社区", "label_en": "Passed on to the community"},
    "POST /api/option-lists/{kind}/order": {"codes": ["helped"]},
    "POST /api/option-lists/{kind}/{code}": {"label_zh": "骚扰电话", "label_en": "Prank call", "closes_case": True},
    "POST /api/option-lists/{kind}/{code}/retire": {"retired": False},
    "POST /api/glass/{grant_id}/review": {"verdict": "fine", "note": ""},
    "POST /api/glass/{grant_id}/told": {"whom": "elder"},
    "POST /api/elders": {"name": "何新", "community_id": "{other_id}"},
    "POST /api/elders/{elder_id}/profile": {"version": -1, "dialect": "襄阳话"},
    "POST /api/elders/{elder_id}/presence": {"presence": "in_hospital", "place": "襄阳市中心医院"},
    "POST /api/elders/{elder_id}/consents": {"item": "location", "act": "given", "by": "form", "proof": "TY-1"},
    "POST /api/consent-wordings": {
        "item": "recording",
        "version": "2026-1",
        "title": "通话录音",
        "text": "我同意对通话录音,用于核实求助",
        "valid_from": "2026-01-01",
    },
    "POST /api/elders/{elder_id}/checks": {"line": "12349", "number_id": "{other_id}"},
    "POST /api/elder-duplicates/not-the-same": {"first_id": "{elder_id}", "second_id": "{elder_id}"},
    "POST /api/elder-merges": {
        "kept_id": "{elder_id}",
        "merged_id": "{elder_id}",
        "kept_version": 1,
        "merged_version": 1,
        "reason": "同一位老人",
    },
    "POST /api/elder-imports/{import_id}/commit": {"rows": "all"},
    "POST /api/elder-exports": {"reason": "街道核对名单", "format": "csv", "sensitive": False},
    "POST /api/elder-exports/{export_id}/decide": {"approve": True, "note": "同意"},
    "POST /api/settings/{key}": {"value": 30, "reason": "晚班人少"},
    "POST /api/regions/boundaries": {"type": "FeatureCollection", "features": [{"properties": {"code": "420606"}}], "dry_run": True},
    "POST /api/regions": {"parent_id": "{street_id}", "code": "420606-01-77", "name": "梦溪社区", "short_name": "", "sort": 0},
    "PUT /api/regions/{region_id}": {"version": 1, "code": "420606-01-01", "name": "施营社区", "short_name": "施营", "sort": 1},
    "POST /api/regions/{region_id}/move": {"version": 1, "parent_id": "{street_id}"},
    "POST /api/regions/{region_id}/retire": {"version": 1},
    "POST /api/regions/{region_id}/restore": {"version": 1},
    "POST /api/grid-workers": {"name": "王丽", "number": "13700018001", "role": "grid_worker", "region_ids": ["{region_id}"]},
    "PUT /api/grid-workers/{worker_id}": {
        "version": 1,
        "name": "王丽",
        "number": "137****8001",
        "role": "grid_worker",
        "region_ids": ["{region_id}"],
    },
    "POST /api/grid-workers/import": {"csv": "name,number,role,codes\n王丽,13700018001,网格员,420606-01-01", "dry_run": True},
    "PUT /api/duty/rota": {"version": 0, "shifts": [], "exceptions": []},
    "POST /api/duty/rota/preview": {"version": 0, "shifts": [], "exceptions": []},
    "POST /api/duty/people": {"name": "马文斌", "number": "13700017903", "active": True},
    "PUT /api/duty/people/{duty_person_id}": {"version": 1, "name": "马文斌", "number": "13700017903", "active": True},
    "POST /api/duty/telephones": {"number": "13700017999", "label": "主任"},
    "GET /api/knowledge": {"q": "gljt"},
    "POST /api/knowledge": {"title": "试写一篇", "body": "正文", "topic": "how_to", "state": "draft", "note": ""},
    "PUT /api/knowledge/{article_id}": {
        "version": 1,
        "title": "试写一篇",
        "body": "正文",
        "topic": "how_to",
        "state": "draft",
        "note": "改",
    },
    "POST /api/knowledge/{article_id}/restore": {"version": 1, "number": 1},
}


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


async def until_numbered(database: Database) -> None:
    async with asyncio.timeout(10):
        while True:
            async with database.transaction() as session:
                if not await session.scalar(text("SELECT count(*) FROM outbox WHERE seq IS NULL")):
                    return
            await asyncio.sleep(0.02)


async def fingerprint(database: Database, *, but: tuple[str, ...] = ()) -> dict[str, tuple[int, str]]:
    """Every table's count and checksum, with the owner's eyes, when the relay has come to rest. `but`: what voice may write meanwhile by itself."""
    await until_numbered(database)
    async with database.transaction() as session:
        names = list(await session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")))
        each = " UNION ALL ".join(
            f"SELECT '{n}', count(*), coalesce(md5(string_agg(md5(t::text), '' ORDER BY t::text)), '') FROM {n} t"
            for n in names
            if n not in RESTLESS + but
        )
        return {name: (count, checksum) for name, count, checksum in await session.execute(text(each))}
