"""What an ambulance would lack: judged with every save, counted by community, the worst first, and asked for when she next calls."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest_asyncio
from sqlalchemy import text

from callcenter.elders.lacks.actions import sweep_lacks
from callcenter.elders.lacks.kinds import Lack
from callcenter.kit import clock
from tests.house import AgentAtWork, House

ALONE = "+867103456789"


async def person(house: House, username: str) -> AgentAtWork:
    made = house.visitor(username)
    await made.sign_in()
    return made


@pytest_asyncio.fixture
async def boss(house: House) -> AgentAtWork:
    return await person(house, "supervisor1")


async def elder_of(house: House, number: str = ALONE) -> str:
    rows = await house.rows("SELECT elder_id FROM elder_numbers WHERE e164 = :number ORDER BY elder_id", number=number)
    return str(rows[0].elder_id)


async def saved(who: AgentAtWork, elder_id: str, **fields: Any) -> dict[str, Any]:
    version = (await who.get(f"/api/elders/{elder_id}/profile"))["version"]
    found: dict[str, Any] = await who.post(f"/api/elders/{elder_id}/profile", {"version": version, **fields})
    return found


async def test_a_save_judges_her_at_once_and_her_card_asks(house: House, boss: AgentAtWork) -> None:
    elder_id = await elder_of(house)
    before = await boss.get(f"/api/elders/{elder_id}/profile")
    assert before["address_check"] == {"grade": "ready", "lacks": []}
    kept = {name: before[name] for name in ("door", "has_lift", "entrance_hint")}
    try:
        poor = await saved(boss, elder_id, door="", has_lift=None, entrance_hint="")
        assert poor["address_check"] == {"grade": "not_findable", "lacks": ["door", "entrance", "lift"]}
        assert (await boss.get(f"/api/elders/{elder_id}"))["to_ask"] == ["door", "lift"]
        stranger = await person(house, "agent1")
        case = await masked_case(house, stranger)
        assert case["elder"]["full"] is False and case["elder"]["to_ask"] == []
        listed = await boss.get("/api/address-checks/elders?grade=not_findable")
        assert [(one["id"], one["name"], one["lacks"]) for one in listed["items"]] == [(elder_id, "王桂兰", ["door", "entrance", "lift"])]
        masked = await stranger.get("/api/address-checks/elders?grade=not_findable")
        assert [one["name"] for one in masked["items"]] == ["王**"]
    finally:
        mended = await saved(boss, elder_id, **kept)
    assert mended["address_check"]["grade"] == "ready"


async def masked_case(house: House, who: AgentAtWork) -> dict[str, Any]:
    house.elder("07103456789").press_sos().hangs_up()
    (case,) = await house.until_rows("SELECT id FROM cases")
    found: dict[str, Any] = await who.get(f"/api/cases/{case.id}")
    return found


async def test_counts_are_those_of_the_rows(house: House, boss: AgentAtWork) -> None:
    seen = await boss.get("/api/address-checks")
    (total,) = await house.rows("SELECT count(*) AS n FROM elders WHERE merged_into IS NULL AND presence <> 'deceased'")
    assert seen["all"]["total"] == total.n == sum(place["total"] for place in seen["places"]) and seen["waiting"] == 0
    for grade in ("ready", "gaps", "not_findable"):
        page = await boss.get(f"/api/address-checks/elders?grade={grade}")
        assert page["total"] == seen["all"][grade] == sum(place[grade] for place in seen["places"])
    assert [one["lack"] for one in seen["lacks"]] == [lack.value for lack in Lack]
    counted = {one["lack"]: one["count"] for one in seen["lacks"] if one["count"]}
    assert counted and all([(await boss.get(f"/api/address-checks/elders?lack={lack}"))["total"] == n for lack, n in counted.items()])
    place = seen["places"][0]
    there = await boss.get(f"/api/address-checks?region_id={place['community_id']}")
    assert there["places"] == [place] and there["all"] == {name: place[name] for name in there["all"]}


async def test_the_worst_stand_first(house: House, boss: AgentAtWork) -> None:
    page = await boss.get("/api/address-checks/elders")
    items = page["items"]
    order = {"not_findable": 0, "gaps": 1}
    keys = [(order[one["grade"]], -one["risk"], one["living"] != "alone", -one["weight"]) for one in items]
    assert len(items) == min(50, page["total"]) > 10 and keys == sorted(keys)


async def test_a_day_that_went_by_is_judged_by_the_sweep(house: House, boss: AgentAtWork) -> None:
    """A contact's last day comes without anybody saving anything."""
    elder_id = await elder_of(house)
    contacts = (await boss.get(f"/api/elders/{elder_id}/profile"))["contacts"]
    sent = [
        {k: c[k] for k in ("id", "name", "relation", "number", "has_key", "key_note", "is_guardian", "valid_from", "valid_to")}
        for c in contacts
    ]
    today = clock.today("Asia/Shanghai")
    try:
        ending = [one | {"valid_to": str(today)} for one in sent]
        assert (await saved(boss, elder_id, contacts=ending))["address_check"]["lacks"] == []
        clock.shift(timedelta(days=1))
        assert await sweep_lacks(house.database) > 1
        assert await sweep_lacks(house.database) == 0
        (row,) = await house.rows("SELECT lacks, judged_on FROM elder_lacks WHERE elder_id = :id", id=elder_id)
        assert (row.lacks, row.judged_on) == (["key", "contact", "contact_ended"], today + timedelta(days=1))
    finally:
        clock.reset()
        await saved(boss, elder_id, contacts=sent)
        await sweep_lacks(house.database)


async def test_a_newer_judgement_is_never_written_over(house: House, boss: AgentAtWork) -> None:
    elder_id = await elder_of(house)
    async with house.owner.transaction() as session:
        await session.execute(text("UPDATE elder_lacks SET version = 999, lacks = '[\"door\"]' WHERE elder_id = :id"), {"id": elder_id})
    try:
        assert await sweep_lacks(house.database) == 1
        (row,) = await house.rows("SELECT version, lacks FROM elder_lacks WHERE elder_id = :id", id=elder_id)
        assert (row.version, row.lacks) == (999, ["door"])
    finally:
        async with house.owner.transaction() as session:
            await session.execute(text("DELETE FROM elder_lacks WHERE elder_id = :id"), {"id": elder_id})
        assert await sweep_lacks(house.database) == 1


async def test_the_file_has_no_whole_name(house: House, boss: AgentAtWork) -> None:
    answer = await boss.http.get("/api/address-checks/csv?lack=key")
    assert answer.status_code == 200 and answer.content.startswith(b"\xef\xbb\xbf")
    head, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert head[:2] == ["社区", "老人"] and rows and all(row[1].endswith("**") for row in rows)
    assert all("独居，没有人有钥匙" in row[6] for row in rows)
    assert len(await house.rows("SELECT 1 FROM audit WHERE verb = 'report:taken' AND object_id = 'address-check'")) == 1
    await (await person(house, "agent1")).get("/api/address-checks/csv", status=403)
    await (await person(house, "admin1")).get("/api/address-checks", status=403)
