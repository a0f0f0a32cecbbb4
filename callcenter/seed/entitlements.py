"""What others pay for the demo's elders: by the funding of their profiles, and three that a demo is told with."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.dispatch.entitlements.models import Basis, Entitlement, EntitlementChange, PayerKind
from callcenter.elders.models import Elder, Funding
from callcenter.kit import clock
from callcenter.kit.ids import new_id
from callcenter.settings import get_settings

# the usual of each kind, as such schemes are in Chinese cities: figures of a demo, no city's own
_USUAL: dict[Funding, dict[str, Any]] = {
    Funding.CARE_INSURANCE: {
        "kind": PayerKind.CARE_INSURANCE, "payer": "长护险", "basis": Basis.SHARE_OF_JOB, "share_bp": 7000, "month_cap_fen": 150_000,
        "job_cap_fen": 20_000, "categories": ["personal_care", "escort"],
    },
    Funding.SUBSIDY: {
        "kind": PayerKind.SUBSIDY, "payer": "民政补贴", "basis": Basis.SHARE_OF_REST, "share_bp": 5000, "month_cap_fen": 30_000, "categories": [],
    },
    Funding.VOUCHER: {
        "kind": PayerKind.VOUCHER, "payer": "养老服务券", "basis": Basis.SHARE_OF_REST, "share_bp": 5000, "month_cap_fen": 80_000, "categories": [],
    },
}  # fmt: skip
# beside the usual: 单秀英's door is opened by the insurance, her cleaning by the subsidy of those on the minimum allowance
_MORE: dict[str, list[dict[str, Any]]] = {
    "XF-DEMO-5": [
        {
            "kind": PayerKind.SUBSIDY, "payer": "民政补贴", "basis": Basis.FIXED, "fixed_fen": 2_000, "month_cap_fen": 20_000,
            "categories": ["housekeeping", "delivery"], "note": "低保对象,每单定额",
        },
    ],
}  # fmt: skip


async def seed_entitlements(session: AsyncSession) -> None:
    """For everybody whose profile says that others pay; nothing when any entitlement is there."""
    if await session.scalar(select(Entitlement.id).limit(1)):
        return
    at, first = clock.now(), date(clock.today(get_settings().timezone).year, 1, 1)
    found = await session.execute(
        select(Elder.id, Elder.funding, Elder.card_number).where(Elder.funding != Funding.SELF_PAY).order_by(Elder.id)
    )
    rows: list[dict[str, Any]] = []
    for elder_id, funding, card in found:
        rows += [
            _row(elder_id, terms, first) | {"created_at": at, "updated_at": at} for terms in (_USUAL[funding], *_MORE.get(card or "", ()))
        ]
    if rows:
        await session.execute(insert(Entitlement), rows)
        added = {"at": at, "actor_kind": "system", "actor_id": None, "actor_name": "seed", "kind": "added", "reason": "", "fields": {}}
        await session.execute(insert(EntitlementChange), [{"entitlement_id": row["id"], **added} for row in rows])


def _row(elder_id: uuid.UUID, terms: dict[str, Any], first: date) -> dict[str, Any]:
    nothing = {"fixed_fen": None, "share_bp": None, "job_cap_fen": None, "valid_to": None, "withdrawn_at": None}
    return {"id": new_id(), "version": 1, "elder_id": elder_id, "items": [], "valid_from": first, "note": "", **nothing, **terms}
