"""A family over HTTP: joined, given in, frozen; a large donation waits for another person; the books and their switch."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import select

from callcenter.accounts.actor import system
from callcenter.accounts.models import AuditRow
from callcenter.elders.models import Elder
from callcenter.points.ledger.accounts import CENTRE, account_of, lot_of
from callcenter.points.ledger.kinds import EntryKind, Ledger, Pocket
from callcenter.points.ledger.posting import post
from callcenter.points.ledger.rules import Held, move
from callcenter.points.members.actions import member_of
from tests.house import AgentAtWork, House
from tests.points.books import FAR


async def ask(who: AgentAtWork, path: str, body: dict[str, Any] | None = None, status: int = 200) -> Any:
    answer = await who.http.post(path, json=body, headers={"Idempotency-Key": str(uuid.uuid4())})
    assert answer.status_code == status, answer.text
    return answer.json() if status == 200 else answer.json()["error"]["code"]


async def test_a_family_over_http(house: House) -> None:
    supervisor = house.visitor("supervisor1")
    await supervisor.sign_in()
    async with house.owner.transaction() as session:
        wang = await session.scalar(select(Elder.id).where(Elder.card_number == "XF-DEMO-1"))
        assert wang is not None
        region = await session.scalar(select(Elder.community_id).where(Elder.id == wang))
        other = await session.scalar(
            select(Elder.id).where(Elder.community_id == region, Elder.id != wang, Elder.merged_into.is_(None)).limit(1)
        )
        assert other is not None
        member = await member_of(session, wang)
        lot = await lot_of(session, CENTRE, FAR)
        source = await account_of(session, Ledger.PT, CENTRE, Pocket.ISSUED)
        target = await account_of(session, Ledger.PT, member.whose, Pocket.AVAILABLE)
        legs = move(source, target, [Held(lot, 9_000)])
        await post(session, system("test"), ledger=Ledger.PT, kind=EntryKind.EARN, key="earn:daily:1", legs=legs)
    hers = f"/api/elders/{wang}/points"
    gift = {"id": str(uuid.uuid4()), "to_id": str(other), "amount": 700}
    family = await ask(supervisor, f"{hers}/family", {"with_id": str(other), "proof": "household_book"})
    assert [one["verified_by"] != "" for one in family["members"]] == [True, True]
    for _ in range(2):  # its own id makes it one gift, whatever key the request has
        assert (await ask(supervisor, f"{hers}/gifts", gift))["points"]["available"] == 8_300
    assert await ask(supervisor, f"{hers}/gifts", gift | {"amount": 701}, 409) == "key_conflict"
    assert await ask(supervisor, f"{hers}/gifts", gift | {"id": str(uuid.uuid4()), "amount": 1_301}, 409) == "gift_month"
    for wrong in (0, -1, 1.5, "10", True, 10**20):
        await ask(supervisor, f"{hers}/gifts", gift | {"amount": wrong}, 422)

    large = {"id": str(uuid.uuid4()), "amount": 6_000, "reason": "她要捐"}
    assert (await ask(supervisor, f"{hers}/gifts", large))["points"]["available"] == 8_300  # it waits
    (waiting,) = (await supervisor.http.get("/api/points/approvals")).json()
    assert (waiting["amount"], waiting["mine"], waiting["reason"]) == (6_000, True, "她要捐")
    assert (await supervisor.http.get(f"{hers}/waiting")).json() == [waiting]
    assert await ask(supervisor, f"/api/points/approvals/{waiting['id']}/approve", status=403) == "same_person"
    second = house.visitor("supervisor2")
    await second.sign_in()
    assert await ask(second, f"/api/points/approvals/{waiting['id']}/approve") == []
    assert await ask(second, f"/api/points/approvals/{waiting['id']}/approve", status=409) == "illegal_move"
    seen = (await supervisor.http.get(hers)).json()
    assert (seen["name"], seen["points"]["available"]) == ("王桂兰", 2_300)

    frozen = await ask(supervisor, f"{hers}/freeze", {"why": "lost"})
    assert (frozen["member"]["state"], frozen["points"]["frozen"], frozen["points"]["available"]) == ("frozen", 2_300, 0)
    assert await ask(supervisor, f"{hers}/gifts", gift | {"id": str(uuid.uuid4()), "amount": 1}, 409) == "points_frozen"
    assert (await ask(supervisor, f"{hers}/unfreeze"))["points"]["available"] == 2_300
    assert (
        await ask(supervisor, f"{hers}/inheritance", {"id": str(uuid.uuid4()), "heir_id": str(other), "reason": "户口簿"}, 409)
        == "not_dead"
    )

    books = (await supervisor.http.get("/api/points/books")).json()
    assert books["redemption"] and (books["liability"]["issued"], books["liability"]["outstanding"], books["liability"]["fund"]) == (
        9_000,
        9_000,
        6_000,
    )
    assert books["liability"]["issuers"] == [{"issuer": "centre", "issuer_id": None, "issued": 9_000, "outstanding": 9_000}]
    assert books["liability"]["fund_coins"] == 0
    assert (await supervisor.http.get(f"{hers}/waiting")).json() == []
    moved = (await supervisor.http.get(f"{hers}/movements")).json()["movements"]
    assert (await supervisor.http.get(f"{hers}/movements", params={"limit": 3})).json()["movements"] == moved[:3]
    assert [one["of"] for one in moved] == ["unfreeze", "freeze", "donate", "give", "earn_daily"]

    months = (await supervisor.http.get(f"{hers}/months")).json()["months"]
    assert [(one["closing"], one["change"]) for one in months] == [(2_300, 2_300)]
    letter = await supervisor.http.get(f"{hers}/letter/pdf")
    assert letter.content.startswith(b"%PDF") and letter.headers["cache-control"] == "no-store"
    lines = (await supervisor.http.get(f"{hers}/letter/csv", params={"first": "2026-01-01", "last": "2026-01-31"})).text.splitlines()
    assert len(lines) == 1  # nothing moved in those days
    for params, code in (
        ({"first": "2026-02-01", "last": "2026-01-31"}, "bad_period"),
        ({"first": "2024-01-01", "last": "2025-12-31"}, "period_too_long"),
        ({"first": "2026-02-30"}, "invalid"),
    ):
        refused = await supervisor.http.get(f"{hers}/letter/pdf", params=params)
        assert (refused.status_code, refused.json()["error"]["code"]) == (422, code)
    async with house.owner.transaction() as session:
        made = await session.scalars(select(AuditRow.details).where(AuditRow.verb == "points:letter_made"))
        assert [one["as"] for one in made] == ["pdf", "csv"]
    agent = house.visitor("agent1")
    await agent.sign_in()
    for path in ("letter/pdf", "letter/csv", "months", "waiting"):
        assert (await agent.http.get(f"{hers}/{path}")).status_code == 403  # no business with her
