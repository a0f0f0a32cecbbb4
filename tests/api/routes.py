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
    "GET /api/training/stores",
    "GET /api/training/messages",
    "GET /api/training/others",
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
    "POST /api/calls/{call_id}/listen": {"mode": "listen"},
    "POST /api/calls/{call_id}/listen/mode": {"mode": "whisper"},
    "POST /api/calls/{call_id}/digits": {"digits": "1"},
    "POST /api/calls/{call_id}/parties": {"agency": "120", "private": False},
    "POST /api/calls/{call_id}/transfer": {"agent_id": "{agent_id}"},
    "POST /api/calls/{call_id}/leave": {"listen": True},
    "POST /api/cases/{case_id}/call-out": {"agency": "120"},
    "POST /api/calls/{call_id}/wrap-up": {"outcome": "helped", "note": "头晕"},
    "POST /api/cases/{case_id}/notes": {"text": "慢慢说"},
    "POST /api/cases/{case_id}/elder": {"elder_id": "{elder_id}", "learn_number": True},
    "POST /api/cases/{case_id}/close": {"outcome": "helped", "note": ""},
    "POST /api/cases/{case_id}/emergency": {"kind": "fall"},
    "POST /api/emergencies/{case_id}/steps/{code}": {"run": 1, "position": 1, "answer": "done"},
    "POST /api/emergencies/{case_id}/protocol": {"run": 1, "kind": "fall"},
    "POST /api/emergencies/{case_id}/handovers": {"agency": "120", "note": "院里有狗"},
    "POST /api/emergencies/{case_id}/handovers/{handover_id}/state": {"state": "accepted", "who": "3 号席", "reference": "JJ-17"},
    "POST /api/outside-services": {"agency": "gas", "number": "07103460000", "label": "燃气抢修", "region_id": "{region_id}"},
    "PUT /api/outside-services/{service_id}": {"version": 1, "number": "120", "label": "急救中心"},
    "PUT /api/outside-services/{service_id}/interface": {"version": 1, "webhook_url": "https://city.example.cn/in", "secret": "x" * 32},
    "POST /api/emergencies/{case_id}/ladder": {"rungs": [{"who": "contacts", "how": "in_order"}], "rounds": 2},
    "POST /api/emergencies/{case_id}/ladder/stop": {"reason": "女儿已经到了"},
    "POST /api/cases/{case_id}/orders": {"lines": [{"item": "JZ01"}], "notes": "敲门轻一点", "payer": "auto"},
    "POST /api/cases/{case_id}/orders/preview": {"order": {"lines": [{"item": "JZ01"}]}, "q": "家政"},
    "POST /api/orders/{order_id}/ask-again": {"version": 1},
    "POST /api/orders/{order_id}/assign": {"version": 1, "store_id": "{elder_id}", "agreed": True},
    "POST /api/orders/{order_id}/take-back": {"version": 1, "reason": "约好没来"},
    "POST /api/orders/{order_id}/change": {"version": 1, "lines": [{"item": "JZ01"}]},
    "POST /api/orders/{order_id}/cancel": {"version": 1, "why": "elder", "note": ""},
    "POST /api/orders/{order_id}/rework": {"version": 1, "reason": "没擦窗", "same_store": True},
    "POST /api/orders/{order_id}/dispute": {"version": 1, "reason": "没来过"},
    "POST /api/orders/{order_id}/verify": {"version": 1, "reason": "电话核实"},
    "POST /api/orders/{order_id}/proof": {"version": 1, "phase": "in", "note": "老人说已到"},
    "POST /api/orders/{order_id}/no-answer": {"version": 1},
    "POST /api/orders/{order_id}/service-code": {"version": 1},
    "POST /api/cases/{case_id}/order-plans": {
        "order": {"lines": [{"item": "JZ01"}]},
        "weekdays": [0],
        "at": "09:00",
        "first": "2099-01-05",
    },
    "POST /api/order-plans/{plan_id}/end": {"reason": "不需要了"},
    "POST /api/complaints": {"source": "family", "words": "女儿说来晚了两次", "elder_id": "{elder_id}"},
    "POST /api/complaints/{complaint_id}/assign": {"to": "{agent_id}"},
    "POST /api/complaints/{complaint_id}/concerned": {"store_id": None, "agent_id": "{agent_id}"},
    "POST /api/complaints/{complaint_id}/solve": {"solution": "换了一位护理员"},
    "POST /api/complaints/{complaint_id}/answer": {"mended": True, "note": "老人说好了"},
    "POST /api/complaints/{complaint_id}/withdraw": {"note": "女儿说算了"},
    "POST /api/complaints/{complaint_id}/close": {"note": "老人住院，女儿确认"},
    "POST /api/follow-ups/{plan_id}/call": {"position": 1},
    "POST /api/follow-ups/{plan_id}/finish": {"result": "spoken", "rating": 4, "note": "她很满意"},
    "POST /api/follow-ups/{plan_id}/put-off": {"due_at": "2099-01-05T10:00:00+08:00"},
    "POST /api/follow-ups/{plan_id}/drop": {"reason": "女儿说不用再打"},
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
    "GET /api/messages": {"about_kind": "case", "about_id": "{case_id}"},
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
    "POST /api/risk-sheets": {"region_id": "{region_id}", "reason": "停电演练"},
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
    "POST /api/catalog/versions": {
        "seen": 0,
        "reason": "调价",
        "items": [
            {
                "code": "JZ01",
                "category": "housekeeping",
                "name_zh": "日常保洁",
                "name_en": "Routine cleaning",
                "unit": "hour",
                "price_min_fen": 3000,
                "price_max_fen": 5000,
                "price_public_fen": 3000,
                "price_market_fen": 5000,
                "minutes_min": 120,
                "minutes_max": 180,
                "requirements": [["housekeeper"]],
                "sla_class": "N1",
                "home_visit": "yes",
                "volunteer": "low_risk",
                "claim_mode": "open",
            }
        ],
    },
    "POST /api/catalog/versions/{number}/withdraw": {"seen": 0},
    "POST /api/catalog/import": {"seen": 0, "csv": "code,category\nJZ01,housekeeping", "dry_run": True},
    "POST /api/catalog/localisations": {"code": "JZ01", "region_id": "{region_id}", "seen": 77, "switched_off": True, "note": "停办"},
    "GET /api/stores": {"q": "hsjz"},
    "POST /api/stores": {
        "kind": "store",
        "name": "和顺家政",
        "community_id": "{region_id}",
        "number": "13801019999",
        "hours": [[], [], [], [], [], [], []],
    },
    "PUT /api/stores/{store_id}": {
        "kind": "store",
        "name": "和顺家政",
        "community_id": "{region_id}",
        "number": "13801019999",
        "hours": [[], [], [], [], [], [], []],
        "version": 1,
    },
    "POST /api/stores/{store_id}/state": {"version": 1, "to": "suspended", "reason": "不到场"},
    "PUT /api/stores/{store_id}/items": {"version": 1, "items": []},
    "PUT /api/stores/{store_id}/area": {"version": 1, "communities": ["{region_id}"]},
    "POST /api/stores/{store_id}/blackouts": {"version": 1, "first": "2026-12-01", "last": "2026-12-02", "reason": "盘点"},
    "POST /api/stores/{store_id}/blackouts/{blackout_id}/remove": {"version": 1},
    "POST /api/stores/{store_id}/licences": {"version": 1, "kind": "food_business", "number": "JY1", "valid_to": "2027-12-01"},
    "POST /api/stores/{store_id}/licences/{licence_id}/renew": {"version": 1, "valid_to": "2027-12-01"},
    "POST /api/stores/{store_id}/licences/{licence_id}/revoke": {"version": 1, "reason": "假证"},
    "POST /api/stores/{store_id}/people": {"version": 1, "name": "张凤琴", "number": "13801019998", "role": "keeper"},
    "PUT /api/stores/{store_id}/people/{person_id}": {"version": 1, "name": "张凤琴", "number": "13801019998", "role": "keeper"},
    "POST /api/organisations": {"kind": "home_service", "name": "家协", "region_id": "{region_id}"},
    "PUT /api/organisations/{organisation_id}": {"version": 1, "kind": "home_service", "name": "家协"},
    "POST /api/organisations/{organisation_id}/officers": {"name": "秦会长", "number": "13801019990"},
    "GET /api/organisations/{organisation_id}/report": {"first": "2026-11-01", "last": "2026-11-30"},
    "POST /api/elders/{elder_id}/refused-stores": {"store_id": "{other_id}", "reason": "来晚了"},
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
    "PUT /api/elders/{elder_id}/care-plans/{care_kind}": {"rhythm": "weekly", "at": "09:30"},
    "POST /api/care-plans/{plan_id}/end": {"reason": "她不想再接"},
    "POST /api/campaigns": {
        "name": "高温提醒",
        "prompt": "campaign_heat",
        "chosen": {"risk_from": 1},
    },
    "POST /api/elders/{elder_id}/points/referral": {"inviter_id": "0197f3c0-0000-7000-8000-000000000001"},
    "POST /api/points/terms/{store_id}": {"allied": True, "rate_bp": 200},
    "POST /api/elders/{elder_id}/entitlements": {
        "kind": "voucher",
        "payer": "养老服务券",
        "basis": "share_of_rest",
        "share_bp": 5000,
        "month_cap_fen": 80000,
        "valid_from": "2026-01-01",
    },
    "PUT /api/entitlements/{entitlement_id}": {
        "version": 1,
        "kind": "voucher",
        "payer": "养老服务券",
        "basis": "fixed",
        "fixed_fen": 2000,
        "valid_from": "2026-01-01",
    },
    "POST /api/entitlements/{entitlement_id}/withdraw": {"version": 1, "reason": "录错了"},
    "POST /api/orders/{order_id}/confirm-price": {"amount_fen": 4801, "reason": "多做了一小时"},
    "POST /api/elders/{elder_id}/points/family": {"with_id": "{elder_id}", "proof": "household_book"},
    "POST /api/elders/{elder_id}/points/family/leave": {"why": "asked"},
    "POST /api/elders/{elder_id}/points/gifts": {"id": "0197f3c0-0000-7000-8000-000000000001", "amount": 10},
    "POST /api/elders/{elder_id}/points/inheritance": {
        "id": "0197f3c0-0000-7000-8000-000000000002",
        "heir_id": "{elder_id}",
        "reason": "户口簿",
    },
    "POST /api/elders/{elder_id}/points/freeze": {"why": "lost"},
    "POST /api/points/redemption/open": {"reason": "核对无误"},
    "POST /api/points/reviews/{review_id}/decide": {"state": "cleared", "reason": "家里办酒席"},
    "GET /api/claims": {"month": "2026-10"},
    "POST /api/claims": {"kind": "voucher", "payer": "养老服务券", "month": "2026-10"},
    "POST /api/claims/{claim_id}/sent": {"version": 1},
    "POST /api/claims/{claim_id}/refuse-line": {"version": 1, "line_id": "{other_id}", "reason": "缺证明", "again": True},
    "POST /api/claims/{claim_id}/paid": {"version": 1, "paid_fen": 0},
    "GET /api/store-statements": {"month": "2026-10"},
    "GET /api/store-statements/csv": {"month": "2026-10"},
    "GET /api/store-statements/{store_id}": {"month": "2026-10"},
    "GET /api/store-statements/{store_id}/csv": {"month": "2026-10"},
    "GET /api/store-statements/{store_id}/pdf": {"month": "2026-10"},
    "GET /api/points/settlements/month": {"month": "2026-10"},
    "POST /api/points/settlements": {"month": "2026-10"},
    "POST /api/points/settlements/{settlement_id}/paid": {"holder": "centre", "fen": 1, "paid_on": "2026-11-01", "reference": ""},
    "GET /api/points/settlements/statement/csv": {"month": "2026-10", "holder": "centre"},
    "GET /api/points/settlements/statement/pdf": {"month": "2026-10", "holder": "centre"},
    "POST /api/points/partners": {"name": "兑换点"},
    "PUT /api/points/partners/{partner_id}": {"name": "兑换点", "active": False, "version": 1},
    "POST /api/points/tills": {"store_code": "T00001", "name": "1号收银台"},
    "POST /api/points/partners/{partner_id}/goods": {"kind": "goods", "name": "大米", "points": 100, "stock": 1},
    "PUT /api/points/goods/{good_id}": {"version": 1, "name": "大米", "points": 100, "stock": 1},
    "POST /api/elders/{elder_id}/goods-orders": {"good_id": "{other_id}", "quantity": 1},
    "POST /api/elders/{elder_id}/goods-orders/{order_id}/void": {"reason": "她不要了"},
    "POST /api/elders/{elder_id}/counter-requests/{request_id}/confirm": {"how": "pin", "pin": "2580"},
    "POST /api/elders/{elder_id}/points-pin": {"pin": "2580"},
    "POST /api/volunteers": {
        "name": "周敏",
        "number": "13900007788",
        "birth_date": "1985-04-02",
        "community_id": "{region_id}",
        "skills": ["WJ01"],
    },
    "PUT /api/volunteers/{volunteer_id}": {
        "version": 1,
        "name": "周敏",
        "number": "13900007788",
        "birth_date": "1985-04-02",
        "community_id": "{region_id}",
    },
    "POST /api/volunteers/{volunteer_id}/trainings": {"held_on": "2026-01-05", "topic": "陪伴礼仪", "half_hours": 4},
    "POST /api/volunteers/{volunteer_id}/state": {"version": 1, "to": "active", "reason": "培训合格"},
    "POST /api/elders/{elder_id}/volunteer-visits": {"item": "WJ01", "wanted_from": "2099-01-05T10:00:00+08:00", "half_hours": 2},
    "POST /api/volunteer-visits/{visit_id}/offer": {"version": 1, "volunteer_id": "{other_id}"},
    "POST /api/volunteer-visits/{visit_id}/answer": {"version": 1, "accepted": True},
    "POST /api/volunteer-visits/{visit_id}/take": {"version": 1, "volunteer_id": "{other_id}"},
    "POST /api/volunteer-visits/{visit_id}/release": {"version": 1, "note": "孩子病了"},
    "POST /api/volunteer-visits/{visit_id}/cancel": {"version": 1, "note": "女儿来了"},
    "POST /api/volunteer-visits/{visit_id}/prove": {"phase": "in", "kind": "service_code", "code": "123456"},
    "POST /api/volunteer-visits/{visit_id}/service-code": {"version": 1},
    "POST /api/volunteer-visits/{visit_id}/confirm": {"version": 1, "note": "老人说来过"},
    "POST /api/volunteer-visits/{visit_id}/dispute": {"version": 1, "note": "只坐了一会儿"},
    "POST /api/volunteer-visits/{visit_id}/decide": {"version": 1, "half_hours": 2, "reason": "邻居作证"},
    "POST /api/elders/{elder_id}/coins/give": {"gift_id": "{other_id}", "to_elder_id": "{other_id}", "half_hours": 2},
    "POST /api/elders/{elder_id}/coins/donate": {"gift_id": "{other_id}", "half_hours": 2},
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


SESSIONS = "(SELECT to_jsonb(one) - 'seen_at' FROM user_sessions one)"  # that one is used is noted once a minute


async def fingerprint(database: Database, *, but: tuple[str, ...] = ()) -> dict[str, tuple[int, str]]:
    """Every table's count and checksum, with the owner's eyes, when the relay has come to rest. `but`: what voice may write meanwhile by itself."""
    await until_numbered(database)
    async with database.transaction() as session:
        names = list(await session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")))
        each = " UNION ALL ".join(
            f"SELECT '{n}', count(*), coalesce(md5(string_agg(md5(t::text), '' ORDER BY t::text)), '') FROM {n if n != 'user_sessions' else SESSIONS} t"
            for n in names
            if n not in RESTLESS + but
        )
        return {name: (count, checksum) for name, count, checksum in await session.execute(text(each))}
