"""The catalogue over the wire: edited, planned, imported, localised; what is refused leaves everything as it was."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest_asyncio
from sqlalchemy import text

from callcenter.kit import clock
from tests.api.routes import fingerprint
from tests.house import AgentAtWork, House

RESTLESS = ("console_sockets", "agent_presence", "outbox")


async def signed_in(house: House, username: str) -> AgentAtWork:
    person = house.visitor(username)
    await person.sign_in()
    return person


@pytest_asyncio.fixture
async def admin(house: House) -> AsyncIterator[AgentAtWork]:
    """The catalogue as it was, afterwards: it outlives a house."""
    yield await signed_in(house, "admin1")
    async with house.owner.transaction() as session:
        await session.execute(text("DELETE FROM service_items WHERE version_id IN (SELECT id FROM catalog_versions WHERE number > 1)"))
        await session.execute(text("DELETE FROM catalog_versions WHERE number > 1"))


async def refused(person: AgentAtWork, path: str, body: dict[str, Any], status: int, code: str) -> dict[str, Any]:
    """With nothing changed."""
    before = await fingerprint(person.house.owner, but=RESTLESS)
    answer = await person.post(path, body, status=status)
    assert answer["error"]["code"] == code
    assert await fingerprint(person.house.owner, but=RESTLESS) == before
    return dict(answer["error"]["details"])


async def get(person: AgentAtWork, path: str, **params: str) -> Any:
    answer = await person.http.get(path, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def item_form(person: AgentAtWork, code: str, **changes: Any) -> dict[str, Any]:
    last = (await get(person, "/api/catalog/versions"))[0]["number"]
    rows = (await get(person, f"/api/catalog/versions/{last}"))["rows"]
    row = next(row for row in rows if row["code"] == code)
    return {name: value for name, value in row.items() if name not in ("item_id", "pinyin")} | changes


async def test_an_admin_edits_and_everybody_reads_it(house: House, admin: AgentAtWork) -> None:
    agent = await signed_in(house, "agent1")
    before = await get(agent, "/api/catalog")
    assert len(before) == 41
    assert (before[0]["pinyin"], before[0]["price_public_fen"], before[0]["requirements"]) == (
        "ri chang bao jie", 3000, [["housekeeper", "health_certificate"]],
    )  # fmt: skip
    licences = {one["code"]: one for one in await get(agent, "/api/catalog/licences")}
    assert licences["registered_nurse"] == {
        "code": "registered_nurse", "name_zh": "护士执业证", "name_en": "Nurse practising certificate", "held_by": "worker",
    }  # fmt: skip

    body = {"seen": 1, "reason": "春节调价", "items": [await item_form(admin, "JZ01", price_max_fen=6000, price_market_fen=6000)]}
    key = {"Idempotency-Key": "catalogue-1"}
    made = (await admin.http.post("/api/catalog/versions", json=body, headers=key)).json()
    assert (made["number"], made["state"], made["author_name"], made["items"]) == (2, "in_force", admin.me["name"], 41)
    assert (await admin.http.post("/api/catalog/versions", json=body, headers=key)).json() == made, "sent twice it is one version"
    after = await get(agent, "/api/catalog")
    assert (after[0]["price_max_fen"], after[1:] == before[1:]) == (6000, False), "every item is a row of the new version"
    changes = await get(agent, "/api/catalog/versions/2/changes")
    assert (changes["against"], changes["changes"]) == (1, [
        {
            "code": "JZ01", "name_zh": "日常保洁", "name_en": "Routine cleaning", "kind": "changed",
            "fields": [
                {"field": "price_max_fen", "before": 5000, "after": 6000}, {"field": "price_market_fen", "before": 5000, "after": 6000},
            ],
        }
    ])  # fmt: skip
    assert (await get(agent, "/api/catalog/versions/1/changes")) == {"number": 1, "against": None, "changes": []}

    assert await refused(admin, "/api/catalog/versions", body, 409, "catalog_changed") == {"number": 2, "by": admin.me["name"]}
    dear = body | {"seen": 2, "items": [await item_form(admin, "JZ01", price_min_fen=9000)]}
    assert (await refused(admin, "/api/catalog/versions", dear, 422, "item_invalid"))["field"] == "price_max_fen"
    negative = body | {"seen": 2, "items": [await item_form(admin, "JZ01", price_min_fen=-1)]}
    fields = (await refused(admin, "/api/catalog/versions", negative, 422, "invalid"))["fields"]
    assert [one["field"] for one in fields] == ["items.0.price_min_fen"]
    for path in ("/api/catalog/versions/9", "/api/catalog/versions/9/changes", "/api/catalog/versions/2/changes?against=9"):
        assert (await admin.http.get(path)).status_code == 404


async def test_what_is_planned_is_taken_back(house: House, admin: AgentAtWork) -> None:
    day = (clock.now() + timedelta(days=3)).isoformat()
    items = [await item_form(admin, "PH06", minutes_max=90)]
    made = await admin.post("/api/catalog/versions", {"seen": 1, "reason": "试", "valid_from": day, "items": items})
    assert made["state"] == "planned"
    assert next(item for item in await get(admin, "/api/catalog", at=day) if item["code"] == "PH06")["minutes_max"] == 90
    assert next(item for item in await get(admin, "/api/catalog") if item["code"] == "PH06")["minutes_max"] == 60
    await refused(admin, "/api/catalog/versions", {"seen": 2, "reason": "急", "items": items}, 409, "catalog_planned")
    gone = await admin.post("/api/catalog/versions/2/withdraw", {"seen": 2})
    assert (gone["state"], gone["withdrawn_by"]) == ("withdrawn", admin.me["name"])
    await refused(admin, "/api/catalog/versions/1/withdraw", {"seen": 1}, 409, "version_in_force")
    assert [(one["number"], one["state"]) for one in await get(admin, "/api/catalog/versions")] == [(2, "withdrawn"), (1, "in_force")]


async def test_a_file_goes_out_and_comes_in(house: House, admin: AgentAtWork) -> None:
    answer = await admin.http.get("/api/catalog/versions/1/csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8" and answer.content.startswith(b"\xef\xbb\xbf")
    csv = answer.content.decode("utf-8-sig")
    body = {"seen": 1, "reason": "改名", "csv": csv.replace("上门护理", "上门打针"), "dry_run": True}
    looked = await admin.post("/api/catalog/import", body)
    assert (looked["kept"], looked["changed"], looked["unchanged"], looked["bad"]) == (False, ["PH06"], 40, [])
    bad = await admin.post("/api/catalog/import", body | {"csv": csv.replace("护士执业证", "证书"), "dry_run": False})
    assert (bad["kept"], [(one["column"], one["reason"]) for one in bad["bad"]]) == (False, [("qualification", "unknown_licence")])
    kept = await admin.post("/api/catalog/import", body | {"dry_run": False})
    assert (kept["kept"], kept["number"]) == (True, 2)


async def test_a_supervisor_changes_an_item_in_her_regions_only(house: House, admin: AgentAtWork) -> None:
    supervisor, agent = await signed_in(house, "supervisor1"), await signed_in(house, "agent1")
    regions = {region["code"]: region["id"] for region in await get(agent, "/api/regions")}
    community = regions["420606-01-01"]
    body = {"code": "JZ03", "region_id": community, "seen": 0, "switched_off": True, "note": "高楼多,不做"}
    made = await supervisor.post("/api/catalog/localisations", body)
    assert (made["number"], made["state"], made["author_name"], made["last"]) == (1, "in_force", supervisor.me["name"], True)
    here = next(item for item in await get(agent, "/api/catalog", community_id=community) if item["code"] == "JZ03")
    assert (here["active"], here["switched_off_reason"], here["switched_off_in"]) == (False, "高楼多,不做", community)
    assert next(item for item in await get(agent, "/api/catalog") if item["code"] == "JZ03")["active"]
    assert [one["id"] for one in await get(agent, "/api/catalog/localisations", region_id=community)] == [made["id"]]
    await refused(supervisor, "/api/catalog/localisations", body, 409, "localisation_changed")
    await refused(supervisor, "/api/catalog/localisations", body | {"note": ""}, 422, "invalid")
    elsewhere = await signed_in(house, "supervisor2")
    await refused(elsewhere, "/api/catalog/localisations", body | {"seen": 1}, 403, "not_your_region")
    grid = next((region["id"] for region in await get(agent, "/api/regions") if region["level"] == "grid"), None)
    if grid:
        await refused(admin, "/api/catalog/localisations", body | {"region_id": grid}, 422, "wrong_level")
    await refused(agent, "/api/catalog/localisations", body, 403, "forbidden")
    await refused(supervisor, "/api/catalog/versions", {"seen": 1}, 403, "forbidden")
