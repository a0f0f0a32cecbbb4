"""The audit, found by person, deed, thing and time, page by page; in words, and without telling an admin who an elder is."""

from __future__ import annotations

from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import text

from callcenter.accounts.queries import PAGE
from callcenter.kit import clock
from tests.house import AgentAtWork, House

ALONE = "07103456789"


@pytest_asyncio.fixture
async def boss(house: House) -> AgentAtWork:
    """A case with a note and a search, by two people; voice's work too."""
    for username in ("agent1", "agent2"):
        person = house.visitor(username)
        await person.sign_in()
        await person.http.get("/api/elders", params={"q": "王桂兰"})
    house.elder(ALONE).press_sos().hangs_up()
    (case,) = await house.until_rows("SELECT id, elder_id FROM cases")
    await house.until_rows("SELECT 1 FROM case_tasks")
    await person.post(f"/api/elders/{case.elder_id}/break-glass", {"reason": "女儿来电询问"})
    await person.post(f"/api/cases/{case.id}/notes", {"text": "她说胸口闷"})
    boss = house.visitor("supervisor1")
    await boss.sign_in()
    return boss


async def found(who: AgentAtWork, **asked: str | int) -> list[tuple[str, str]]:
    answer = await who.http.get("/api/audit", params=asked)
    assert answer.status_code == 200, answer.text
    return [(e["verb"], e["actor_name"]) for e in answer.json()["entries"]]


async def test_by_person_deed_and_thing(house: House, boss: AgentAtWork) -> None:
    (case,) = await house.rows("SELECT number, elder_id FROM cases")
    assert set(await found(boss, person="agent2", verb="elder")) == {
        ("elder:search", "刘洋"), ("elder:glass_broken", "刘洋"), ("elder:read", "刘洋"),
    }  # fmt: skip
    assert await found(boss, person="陈", verb="elder:search") == [("elder:search", "陈静")]
    assert await found(boss, person="nobody at all") == []
    assert await found(boss, person="%") == []  # a sign like others
    assert await found(boss, object=case.number) == [("case:note", "刘洋")]
    assert await found(boss, object="999999-9999") == []
    of_her = await found(boss, elder_id=str(case.elder_id))
    assert set(of_her) >= {("case:note", "刘洋"), ("elder:glass_broken", "刘洋"), ("elder:read", "刘洋")}
    assert ("elder:search", "刘洋") not in of_her
    assert await found(boss, verb="els") == [] and await found(boss, verb="elder:rea") == []


async def test_by_time(boss: AgentAtWork) -> None:
    now = clock.now()
    assert await found(boss, since=(now + timedelta(minutes=1)).isoformat()) == []
    assert await found(boss, until=(now - timedelta(hours=1)).isoformat()) == []
    assert await found(boss, since=(now - timedelta(hours=1)).isoformat(), until=(now + timedelta(hours=1)).isoformat())


@pytest.mark.parametrize("wrong", [{"verb": "elder:*"}, {"verb": "E"}, {"since": "yesterday"}, {"before": "x"}, {"elder_id": "王桂兰"}])
async def test_what_is_no_question_is_refused(boss: AgentAtWork, wrong: dict[str, str]) -> None:
    assert (await boss.http.get("/api/audit", params=wrong)).status_code == 422


async def test_ids_have_names_and_an_elder_only_for_whom_she_is_there(house: House, boss: AgentAtWork) -> None:
    (case,) = await house.rows("SELECT id, number, elder_id FROM cases")
    others = []
    for username in ("supervisor2", "admin1"):
        person = house.visitor(username)
        await person.sign_in()
        others.append(person)
    names = [(await who.get("/api/audit?verb=elder"))["names"] for who in (boss, *others)]
    assert [n.get(str(case.elder_id)) for n in names] == ["王桂兰", "王**", None]
    whole = (await boss.get("/api/audit?verb=case"))["names"]
    assert whole[str(case.id)] == case.number
    answer = await others[1].http.get("/api/audit")
    for private in ("王桂兰", "王**", "3456789", "胸口闷", "女儿来电"):
        assert private not in answer.text


async def test_page_by_page_without_a_gap_and_without_a_repeat(house: House, boss: AgentAtWork) -> None:
    async with house.owner.transaction() as session:
        await session.execute(
            text(
                "INSERT INTO audit (at, actor_kind, actor_name, verb, object_id, purpose, details) "
                "SELECT now(), 'system', 'worker', 'test:counted', n::text, '', '{}' FROM generate_series(1, :n) n"
            ),
            {"n": 2 * PAGE + 7},
        )
    seen: list[str] = []
    before: int | None = None
    pages = 0
    while True:
        page = await boss.get("/api/audit?verb=test" + (f"&before={before}" if before else ""))
        seen += [e["object_id"] for e in page["entries"]]
        pages += 1
        if page["next"] is None:
            break
        before = page["next"]
        await boss.http.get("/api/elders", params={"q": "x"})  # meanwhile the trail grows
    assert pages == 3 and seen == [str(n) for n in range(2 * PAGE + 7, 0, -1)]
    assert [e[1] for e in await found(boss, person="system", verb="test")] == ["worker"] * PAGE


async def test_a_search_is_in_the_audit_itself_without_its_words(house: House, boss: AgentAtWork) -> None:
    await found(boss, person="王桂兰", object="胸口闷", verb="elder")
    await found(boss, before=1)
    rows = await house.rows("SELECT actor_name, details FROM audit WHERE verb = 'audit:searched'")
    assert [(r.actor_name, r.details) for r in rows] == [("黄志强", {"by": ["person", "verb", "object"]})]
