"""A complaint by the console's routes: a bad key opens it, another agent takes and solves it, her word closes it; what is overdue comes up."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest_asyncio

from callcenter.calls.dialogs.protocol import Dialogs
from callcenter.kit import clock
from callcenter.outreach.followup.telephone import handlers
from callcenter.outreach.jobs import sweep_outreach
from tests.house import House
from tests.scenarios.test_the_centre_calls import ALONE, elder_of, finished_jobs, swept


@pytest_asyncio.fixture
async def centre(house: House) -> AsyncIterator[House]:
    await house.voice_anew(Dialogs(handlers()))
    yield house
    clock.reset()


async def rated_badly(centre: House) -> uuid.UUID:
    """Placed by agent1, rated with 1 by a key; nobody is there to take her on the line."""
    await finished_jobs(centre, 2)
    await swept(centre)
    phone = centre.telephone(ALONE)
    await phone.rings()
    await phone.picks_up()
    await phone.is_told("follow_up_choose")
    phone.keys("1")
    (complaint,) = await centre.until_rows("SELECT id FROM complaints")
    phone.hangs_up()
    return uuid.UUID(str(complaint.id))


async def test_from_a_bad_key_to_her_word_that_it_is_mended(centre: House) -> None:
    complaint_id = await rated_badly(centre)
    placed, handler, boss = centre.visitor("agent1"), centre.visitor("agent3"), centre.visitor("supervisor1")
    for who in (placed, handler, boss):
        await who.sign_in()
    (line,) = await handler.get("/api/complaints")
    assert (line["state"], line["source"], line["rating"], line["waits_for"], line["whole"]) == (
        "opened",
        "rating",
        1,
        "acknowledge",
        False,
    )
    assert "王桂兰" not in str(line) and not line["overdue"] and line["store_name"] == "张姐家政"
    (hers,) = await placed.get("/api/complaints")
    assert hers["concerned"] and not line["concerned"]
    path = f"/api/complaints/{complaint_id}"
    refused = await placed.post(f"{path}/acknowledge", status=409)
    assert refused["error"]["code"] == "concerned"
    await handler.post(f"{path}/withdraw", {"note": "算了"}, status=403)
    taken = await handler.post(f"{path}/acknowledge")
    assert (taken["state"], taken["whole"], taken["elder_name"], taken["handler_id"]) == ("acknowledged", True, "王桂兰", handler.id)
    assert (await handler.get("/api/complaints/count")) == {"open": 1, "overdue": 0, "mine": 1}
    solved = await handler.post(f"{path}/solve", {"solution": "店里来道了歉，重擦了窗"})
    assert solved["state"] == "solved" and solved["plan_id"] is not None
    # the case waits for her word
    await swept(centre)
    assert await centre.rows("SELECT 1 FROM cases WHERE id = :c AND state <> 'closed'", c=solved["case_id"])
    done = await handler.post(f"{path}/answer", {"mended": True, "note": "她说这回干净了"})
    assert (done["state"], done["plan_id"], done["whole"]) == ("confirmed", None, False), "it is none of the handler's business any more"
    assert await handler.get("/api/complaints") == [] and len(await boss.get("/api/complaints?which=over")) == 1
    await handler.post(f"{path}/withdraw", {"note": "x"}, status=403)
    again = await boss.post(f"{path}/withdraw", {"note": "x"}, status=409)
    assert again["error"]["code"] == "illegal_move"


async def test_a_delay_comes_up_to_supervisors_and_to_the_admin(centre: House) -> None:
    complaint_id = await rated_badly(centre)
    boss, admin = centre.visitor("supervisor1"), centre.visitor("admin1")
    for hours, seen_by_admin in ((1, False), (1, True)):
        clock.shift(timedelta(hours=hours, minutes=1))
        await swept(centre)
        await sweep_outreach(centre.database)
        for who in (boss, admin):  # a sign-in lasts no longer than the hours that pass here
            await who.sign_in()
        (told,) = await boss.get("/api/complaints/notices")
        assert (told["complaint_id"], told["deadline"], told["level"]) == (str(complaint_id), "acknowledge", 2 if seen_by_admin else 1)
        assert len(await admin.get("/api/complaints/notices")) == seen_by_admin
    await admin.get("/api/complaints", status=403)
    assert len(await centre.rows("SELECT 1 FROM case_entries WHERE kind = 'complaint_overdue'")) == 2, "two workers, each level once"
    assert "王桂兰" not in str(told)


async def test_written_down_by_an_agent_for_the_family(centre: House) -> None:
    boss, agent = centre.visitor("supervisor1"), centre.visitor("agent2")
    for who in (boss, agent):
        await who.sign_in()
    body = {"source": "family", "words": "女儿说换了三个人", "elder_id": str(await elder_of(centre))}
    await agent.post("/api/complaints", body, status=403)
    made = [(await boss.http.post("/api/complaints", json=body, headers={"Idempotency-Key": "0" * 16})).json() for _ in range(2)]
    assert made[0]["id"] == made[1]["id"] and made[0]["own_case"] and made[0]["opened_by_name"]
    given = await boss.post(f"/api/complaints/{made[0]['id']}/assign", {"to": agent.id})
    assert (given["state"], given["handler_id"]) == ("opened", agent.id)
    (hers,) = await agent.get("/api/complaints?mine=true")
    assert hers["words"] == body["words"], "who sees to it reads what it is"
    await boss.post(f"/api/complaints/{made[0]['id']}/acknowledge", status=409)
    await boss.post("/api/complaints", {"source": "family", "words": "x"}, status=422)
    await boss.post("/api/complaints", body | {"source": "rating"}, status=422)
    elsewhere = centre.visitor("supervisor2")
    await elsewhere.sign_in()
    refused = await elsewhere.post(f"/api/complaints/{made[0]['id']}/assign", {"to": agent.id}, status=403)
    assert refused["error"]["code"] == "not_your_region"
