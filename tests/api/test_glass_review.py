"""Broken glass is looked at by somebody else within a day, she is told, and all of it can be read: by whoever answers for it, and by her."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from callcenter.kit import clock
from tests.api.routes import fingerprint
from tests.house import AgentAtWork, House

ALONE, COUPLE = "07103456789", "07103452468"
REASON = "女儿来电,三天没人接电话"


async def person(house: House, username: str) -> AgentAtWork:
    made = house.visitor(username)
    await made.sign_in()
    return made


async def elder_of(house: House, number: str = "+867103456789") -> str:
    rows = await house.rows("SELECT elder_id FROM elder_numbers WHERE e164 = :number ORDER BY elder_id", number=number)
    return str(rows[0].elder_id)


@pytest_asyncio.fixture
async def boss(house: House) -> AgentAtWork:
    return await person(house, "supervisor1")


@pytest_asyncio.fixture
async def agent(house: House) -> AgentAtWork:
    return await person(house, "agent1")


async def broken(house: House, who: AgentAtWork, number: str = "+867103456789") -> str:
    """The grant's id."""
    await who.post(f"/api/elders/{await elder_of(house, number)}/break-glass", {"reason": REASON})
    rows = await house.rows("SELECT id FROM access_grants WHERE reason = 'glass' ORDER BY granted_at DESC, id DESC LIMIT 1")
    return str(rows[0].id)


async def refuses(who: AgentAtWork, path: str, body: dict[str, Any], status: int) -> str:
    answer = await who.http.post(path, json=body)
    assert answer.status_code == status, answer.text
    return str(answer.json()["error"]["code"])


# --- the list --------------------------------------------------------------------------------------------------------------------


async def test_a_broken_glass_is_due_within_a_day_for_the_supervisor_of_her_region(
    house: House, agent: AgentAtWork, boss: AgentAtWork
) -> None:
    grant = await broken(house, agent)
    (item,) = await boss.get("/api/glass")
    assert (item["id"], item["by_name"], item["by_role"], item["elder_name"], item["reason"]) == (grant, "陈静", "agent", "王桂兰", REASON)
    assert (item["overdue"], item["own"], item["verdict"], item["told_at"]) == (False, False, None, None)
    (due,) = await house.rows("SELECT due_at - granted_at AS d FROM glass_reviews r JOIN access_grants g ON g.id = r.grant_id")
    assert due.d == timedelta(hours=24)
    assert await boss.get("/api/glass/count") == {"open": 1, "overdue": 0, "untold": 1}
    clock.shift(timedelta(hours=1, minutes=30))
    try:
        assert await boss.get("/api/glass/count") == {"open": 1, "overdue": 0, "untold": 1}
    finally:
        clock.reset()
    async with house.owner.transaction() as session:
        await session.execute(text("UPDATE glass_reviews SET due_at = now() - interval '1 minute'"))
    assert await boss.get("/api/glass/count") == {"open": 1, "overdue": 1, "untold": 1}
    assert [i["overdue"] for i in await boss.get("/api/glass")] == [True]


async def test_another_regions_glass_is_not_there(house: House, agent: AgentAtWork, boss: AgentAtWork) -> None:
    here, there = await broken(house, agent), await broken(house, agent, "+867103452468")
    of_a_street = await person(house, "supervisor2")
    assert [i["id"] for i in await of_a_street.get("/api/glass")] == [there]
    assert {i["id"] for i in await boss.get("/api/glass")} == {here, there}
    assert await of_a_street.get("/api/glass/count") == {"open": 1, "overdue": 0, "untold": 1}
    before = await fingerprint(house.owner)
    await of_a_street.get(f"/api/glass/{here}", status=404)
    assert await refuses(of_a_street, f"/api/glass/{here}/review", {"verdict": "fine"}, 404) == "glass_not_found"
    assert await refuses(of_a_street, f"/api/glass/{here}/told", {"whom": "elder"}, 404) == "glass_not_found"
    assert await fingerprint(house.owner) == before


async def test_what_was_looked_at_is_shown_and_nothing_of_others(house: House, agent: AgentAtWork, boss: AgentAtWork) -> None:
    elder_id = await elder_of(house)
    house.elder(ALONE).press_sos().hangs_up()
    (case,) = await house.until_rows("SELECT id, number FROM cases")
    await agent.http.get(f"/api/elders/{elder_id}")  # refused, before
    grant = await broken(house, agent)
    await agent.get(f"/api/elders/{elder_id}")
    await agent.get(f"/api/cases/{case.id}")
    await agent.post(f"/api/cases/{case.id}/notes", {"text": "女儿说她去了医院"})
    await boss.get(f"/api/elders/{elder_id}")  # somebody else
    seen = await boss.get(f"/api/glass/{grant}")
    assert [(s["verb"], s["case_number"]) for s in seen["looked_at"]] == [
        ("elder:read", ""),
        ("elder:read", ""),
        ("elder:read", case.number),
        ("case:note", case.number),
        ("elder:read", case.number),
    ]


# --- for an emergency --------------------------------------------------------------------------------------------------------------


async def test_broken_while_her_emergency_is_open_it_stands_with_its_case(house: House, agent: AgentAtWork, boss: AgentAtWork) -> None:
    before = await broken(house, agent)
    house.elder(ALONE).press_sos().hangs_up()
    (case,) = await house.until_rows("SELECT id, number FROM cases WHERE severity = 'E0'")
    during = await broken(house, agent)
    assert {i["id"]: (i["case_id"], i["case_number"]) for i in await boss.get("/api/glass")} == {
        before: (None, ""),
        during: (str(case.id), case.number),
    }
    assert [i["id"] for i in await boss.get("/api/glass?emergency=true")] == [during]
    assert (await boss.get(f"/api/glass/{during}"))["case_number"] == case.number
    (entry,) = await house.rows("SELECT actor_name, text, data FROM case_entries WHERE kind = 'glass_broken'")
    assert tuple(entry) == ("陈静", "", {})
    (told,) = await house.rows("SELECT purpose FROM audit WHERE verb = 'elder:glass_broken' AND purpose LIKE 'case:%'")
    assert told.purpose == f"case:{case.id}"


async def test_an_emergency_opens_another_elder_for_whoever_owns_it_and_nobody_else(
    house: House, agent: AgentAtWork, boss: AgentAtWork
) -> None:
    """The wife's key, the neighbour who has it: of another region, by reason."""
    house.elder(ALONE).press_sos().hangs_up()
    (case,) = await house.until_rows("SELECT id, number FROM cases WHERE severity = 'E0'")
    wife = await elder_of(house, "+867103452468")
    path, body = f"/api/elders/{wife}/break-glass", {"reason": REASON, "case_id": str(case.id)}
    before = await fingerprint(house.owner)
    assert await refuses(agent, path, body, 403) == "not_your_emergency"
    assert await refuses(agent, path, body | {"case_id": wife}, 404) == "not_found"
    assert await fingerprint(house.owner) == before
    await agent.post(f"/api/cases/{case.id}/take-over", {"seen_owner_id": None})
    card = await agent.post(path, body)
    assert card["full"] and card["latitude"] is not None and card["health"] is not None  # position and health
    assert [i["case_number"] for i in await boss.get("/api/glass")] == [case.number]


async def test_a_case_that_is_no_open_emergency_is_no_reason(house: House, agent: AgentAtWork) -> None:
    house.elder(ALONE).press_service().hangs_up()
    (case,) = await house.until_rows("SELECT id, severity FROM cases")
    elder_id = await elder_of(house)
    before = await fingerprint(house.owner)
    body = {"reason": REASON, "case_id": str(case.id)}
    assert await refuses(agent, f"/api/elders/{elder_id}/break-glass", body, 409) == "not_an_open_emergency"
    assert await fingerprint(house.owner) == before
    await broken(house, agent)  # without naming it: for no emergency
    assert await house.rows("SELECT 1 FROM glass_reviews WHERE case_id IS NOT NULL") == []


# --- the review ------------------------------------------------------------------------------------------------------------------


async def test_it_is_reviewed_once_and_a_question_needs_its_words(house: House, agent: AgentAtWork, boss: AgentAtWork) -> None:
    grant = await broken(house, agent)
    path = f"/api/glass/{grant}/review"
    before = await fingerprint(house.owner)
    assert await refuses(boss, path, {"verdict": "questioned", "note": " 啊 "}, 422) == "note_needed"
    assert await refuses(boss, path, {"verdict": "perhaps"}, 422) == "invalid"
    assert await fingerprint(house.owner) == before
    done = await boss.post(path, {"verdict": "questioned", "note": "没有回拨记录,请说明"})
    assert (done["verdict"], done["note"], done["reviewer_name"]) == ("questioned", "没有回拨记录,请说明", "黄志强")
    assert await refuses(boss, path, {"verdict": "fine"}, 409) == "already_reviewed"
    assert await boss.get("/api/glass") == []
    assert [i["id"] for i in await boss.get("/api/glass?which=all")] == [grant]
    rows = await house.rows("SELECT object_id, actor_name, details FROM audit WHERE verb = 'glass:reviewed'")
    assert [(r.object_id, r.actor_name, r.details) for r in rows] == [
        (grant, "黄志强", {"verdict": "questioned", "elder_id": await elder_of(house)})
    ]


async def test_two_at_the_same_moment_are_one_review(house: House, agent: AgentAtWork, boss: AgentAtWork) -> None:
    grant = await broken(house, agent, "+867103452468")
    other = await person(house, "supervisor2")
    answers = await asyncio.gather(*[p.http.post(f"/api/glass/{grant}/review", json={"verdict": "fine"}) for p in (boss, other)])
    assert sorted(a.status_code for a in answers) == [200, 409]
    assert len(await house.rows("SELECT 1 FROM audit WHERE verb = 'glass:reviewed'")) == 1


async def test_nobody_reviews_her_own(house: House, boss: AgentAtWork) -> None:
    grant = await broken(house, boss)
    (item,) = await boss.get("/api/glass")
    assert item["own"]
    before = await fingerprint(house.owner)
    assert await refuses(boss, f"/api/glass/{grant}/review", {"verdict": "fine"}, 403) == "own_glass"
    assert await fingerprint(house.owner) == before


@pytest.mark.parametrize("username", ["agent1", "admin1"])
async def test_review_is_a_supervisors(house: House, agent: AgentAtWork, username: str) -> None:
    grant = await broken(house, agent)
    who = await person(house, username)
    before = await fingerprint(house.owner)
    for path, body in ((f"/api/glass/{grant}/review", {"verdict": "fine"}), (f"/api/glass/{grant}/told", {"whom": "elder"})):
        assert await refuses(who, path, body, 403) == "forbidden"
    await who.get("/api/glass", status=403)
    assert await fingerprint(house.owner) == before


async def test_she_is_told_once_and_who_told_her_stays(house: House, agent: AgentAtWork, boss: AgentAtWork) -> None:
    grant = await broken(house, agent)
    assert [i["id"] for i in await boss.get("/api/glass?which=untold")] == [grant]
    told = await boss.post(f"/api/glass/{grant}/told", {"whom": "family"})
    assert (told["told_whom"], told["told_by_name"]) == ("family", "黄志强") and told["told_at"]
    assert await refuses(boss, f"/api/glass/{grant}/told", {"whom": "elder"}, 409) == "already_told"
    assert await boss.get("/api/glass?which=untold") == []
    assert await boss.get("/api/glass/count") == {"open": 1, "overdue": 0, "untold": 0}


# --- her log ---------------------------------------------------------------------------------------------------------------------


async def test_her_log_says_who_looked_when_and_why(house: House, agent: AgentAtWork, boss: AgentAtWork) -> None:
    elder_id = await elder_of(house)
    on_duty = await house.agent("agent2")
    house.elder(ALONE).press_sos()
    call = await on_duty.picks_up()
    await on_duty.get(f"/api/cases/{call['case_id']}")
    stranger = await person(house, "agent3")
    await stranger.http.get(f"/api/elders/{elder_id}")  # refused: that is told as well
    grant = await broken(house, agent)
    for _ in range(2):
        await agent.get(f"/api/elders/{elder_id}")
    await boss.post(f"/api/glass/{grant}/review", {"verdict": "fine"})
    await boss.post(f"/api/glass/{grant}/told", {"whom": "family"})
    await boss.get(f"/api/elders/{elder_id}")
    (case,) = await house.rows("SELECT number FROM cases")

    log = await boss.get(f"/api/elders/{elder_id}/access-log")
    assert (log["elder_name"], log["made_by"], log["cut"]) == ("王桂兰", "黄志强", False) and log["centre_name"]
    told = [(t["who"], t["role"], t["verb"], t["why"], t["case_number"], t["reason"], t["times"]) for t in log["traces"]]
    assert told == [
        ("黄志强", "supervisor", "elder:read", "region", "", "", 1),
        ("陈静", "agent", "elder:read", "glass", "", REASON, 3),  # once when she broke it, twice since
        ("陈静", "agent", "elder:glass_broken", "", case.number, REASON, 1),  # for the emergency that is open
        ("张敏", "agent", "elder:refused", "", "", "", 1),
        ("刘洋", "agent", "elder:read", "live_call", case.number, "", 2),
    ]
    by_glass = log["traces"][1]
    assert (by_glass["verdict"], by_glass["told_whom"]) == ("fine", "family") and by_glass["first_at"] < by_glass["last_at"]
    again = await boss.get(f"/api/elders/{elder_id}/access-log?days=1")
    assert again["traces"][0]["verb"] == "elder:log_read"  # reading the log is in the log


async def test_her_log_is_for_the_supervisor_of_her_region(house: House, agent: AgentAtWork) -> None:
    elder_id = await elder_of(house)
    elsewhere = await person(house, "supervisor2")
    await elsewhere.post(f"/api/elders/{elder_id}/break-glass", {"reason": REASON})
    before = await fingerprint(house.owner, but=("audit",))
    answer = await elsewhere.http.get(f"/api/elders/{elder_id}/access-log")  # not even by the glass
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "no_access")
    for username in ("agent1", "admin1"):
        await (await person(house, username)).get(f"/api/elders/{elder_id}/access-log", status=403)
    assert await fingerprint(house.owner, but=("audit", "user_sessions")) == {k: v for k, v in before.items() if k != "user_sessions"}
    rows = await house.rows("SELECT actor_name, object_id FROM audit WHERE verb = 'elder:log_refused'")
    assert [tuple(r) for r in rows] == [("郑丽华", elder_id)]
