"""Calls of the centre at the desk: masked until taken, finished by who took them, a bad rating is a complaint, the draw is drawn again."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy import text

from callcenter.centre.models import SettingChange
from callcenter.kit import clock
from callcenter.outreach.actions import NewPlan, plan_call, start_attempt
from callcenter.outreach.followup.sampling import draw_again
from callcenter.outreach.jobs import sweep_outreach
from callcenter.outreach.rules import is_drawn
from callcenter.outreach.states import Purpose, Way, Why
from tests.api.routes import fingerprint
from tests.house import AgentAtWork, House
from tests.stores import make_case

ALONE = "+867103456789"


async def person(house: House, username: str) -> AgentAtWork:
    made = house.visitor(username)
    await made.sign_in()
    return made


async def elder_of(house: House) -> uuid.UUID:
    (row,) = await house.rows("SELECT elder_id FROM elder_numbers WHERE e164 = :n", n=ALONE)
    return uuid.UUID(str(row.elder_id))


async def planned(house: House, purpose: Purpose = Purpose.JOB, way: Way = Way.PERSON, **fields: Any) -> str:
    """A call to 王桂兰 that is due now, about a case of hers when it is about a job; on the list when a person makes it."""
    elder_id, now = await elder_of(house), clock.now()
    async with house.owner.transaction() as session:
        case_id = await make_case(session, elder_id) if purpose is not Purpose.CARE else None
        new = NewPlan(
            str(uuid.uuid4()),
            purpose,
            way,
            fields.pop("why", Why.FIRST_ORDER),
            elder_id,
            now,
            now + timedelta(days=5),
            case_id=case_id,
            **fields,
        )
        made = await plan_call(session, new)
    if way is Way.PERSON:
        await sweep_outreach(house.database)
    return str(made)


async def test_masked_until_taken_and_masked_again_when_it_is_over(house: House) -> None:
    plan = await planned(house)
    agent, other = await person(house, "agent1"), await person(house, "agent2")
    (line,) = (await agent.get("/api/follow-ups"))["items"]
    assert (line["id"], line["elder_name"], line["whole"], line["state"]) == (plan, "王**", False, "by_person")
    seen = await agent.get(f"/api/follow-ups/{plan}")
    assert "3456789" not in str(seen) and seen["numbers"][0]["text"].count("*") == 4
    taken = await agent.post(f"/api/follow-ups/{plan}/take")
    assert (taken["elder_name"], taken["owner_name"], taken["numbers"][0]["text"]) == ("王桂兰", "陈静", "0710-345 6789")
    assert (await other.post(f"/api/follow-ups/{plan}/take", status=409))["error"]["code"] == "taken"
    assert (await other.get(f"/api/follow-ups/{plan}"))["elder_name"] == "王**"
    before = await fingerprint(house.owner, but=("audit",))
    for act, body in (("finish", {"result": "spoken"}), ("put-off", {"due_at": "2099-01-01T02:00:00Z"}), ("call", {})):
        assert (await other.post(f"/api/follow-ups/{plan}/{act}", body, status=409))["error"]["code"] == "taken"
    assert await fingerprint(house.owner, but=("audit",)) == before
    over = await agent.post(f"/api/follow-ups/{plan}/finish", {"result": "spoken", "rating": 5, "note": "她说擦得很干净"})
    assert (over["state"], over["rating"], over["done_by"], over["elder_name"], over["note"]) == ("done", 5, "陈静", "王**", "")
    assert (await agent.post(f"/api/follow-ups/{plan}/take", status=409))["error"]["code"] == "plan_over"
    boss = await person(house, "supervisor1")
    (told,) = (await boss.get("/api/follow-ups?look=done&result=spoken"))["items"]
    assert (told["id"], told["elder_name"]) == (plan, "王桂兰")
    assert not await house.rows("SELECT 1 FROM complaints")
    by = {row.by for row in await house.rows("SELECT details ->> 'by' AS by FROM audit WHERE verb = 'elder:read'")}
    assert "planned_call" in by


async def test_a_bad_rating_opens_a_complaint_with_her_words(house: House) -> None:
    plan = await planned(house)
    agent = await person(house, "agent1")
    assert (await agent.post(f"/api/follow-ups/{plan}/finish", {"result": "spoken"}, status=409))["error"]["code"] == "take_first"
    await agent.post(f"/api/follow-ups/{plan}/take")
    refused = await agent.post(f"/api/follow-ups/{plan}/finish", {"result": "not_reached", "rating": 3}, status=422)
    assert refused["error"]["code"] == "rating_not_reached"
    over = await agent.post(f"/api/follow-ups/{plan}/finish", {"result": "spoken", "rating": 2, "note": "迟到一小时"})
    (complaint,) = await house.rows("SELECT number, source, rating, case_id FROM complaints")
    assert (complaint.source, complaint.rating, str(complaint.case_id)) == ("rating", 2, over["case_id"])
    assert over["complaint_number"] == complaint.number
    case = await (await person(house, "supervisor1")).get(f"/api/cases/{over['case_id']}")
    entries = {entry["kind"]: entry["text"] for entry in case["entries"]}
    assert entries["complaint_opened"] == "迟到一小时" and "follow_up_done" in entries


async def test_put_off_to_an_hour_at_which_she_is_called(house: House) -> None:
    plan = await planned(house)
    agent, other = await person(house, "agent1"), await person(house, "agent2")
    await agent.post(f"/api/follow-ups/{plan}/take")
    async with house.owner.transaction() as session:  # elsewhere in the tests the day never ends
        for key, hour in (("outreach_from", 8), ("outreach_until", 20), ("outreach_holidays", True)):
            session.add(SettingChange(key=key, value=hour, valid_from=clock.now(), at=clock.now(), by_id=None, by_name="", reason=""))
    tomorrow = (clock.now() + timedelta(days=1)).replace(hour=2, minute=0, second=0, microsecond=0)  # ten in the morning there
    for due_at, code in (
        (clock.now() - timedelta(minutes=1), "bad_moment"),
        (tomorrow.replace(hour=15), "outside_hours"),
        (tomorrow + timedelta(days=40), "bad_moment"),
    ):
        refused = await agent.post(f"/api/follow-ups/{plan}/put-off", {"due_at": due_at.isoformat()}, status=422)
        assert refused["error"]["code"] == code
    put = await agent.post(f"/api/follow-ups/{plan}/put-off", {"due_at": tomorrow.isoformat()})
    assert (put["owner_id"], put["elder_name"]) == (None, "王**")
    assert (await other.post(f"/api/follow-ups/{plan}/take"))["owner_name"] == other.me["name"]
    assert (await other.get("/api/follow-ups?look=mine"))["counts"] == {"people": 1, "overdue": 0, "mine": 1}


async def test_a_supervisor_of_hers_stops_it_with_a_word(house: House) -> None:
    plan = await planned(house)
    boss, elsewhere, agent = [await person(house, name) for name in ("supervisor1", "supervisor2", "agent1")]
    await agent.post(f"/api/follow-ups/{plan}/drop", {"reason": "不用了"}, status=403)
    assert (await elsewhere.get("/api/follow-ups"))["items"] == []
    refused = await elsewhere.post(f"/api/follow-ups/{plan}/drop", {"reason": "不用了"}, status=403)
    assert refused["error"]["code"] == "not_your_region"
    over = await boss.post(f"/api/follow-ups/{plan}/drop", {"reason": "女儿说不用再打"})
    assert (over["state"], over["drop_reason"], over["note"]) == ("dropped", "stopped", "女儿说不用再打")
    assert (await boss.post(f"/api/follow-ups/{plan}/drop", {"reason": "再来"}, status=409))["error"]["code"] == "plan_over"


async def test_the_click_rings_the_agent_then_her(house: House) -> None:
    plan = await planned(house)
    agent = await house.agent("agent1")
    assert (await agent.post(f"/api/follow-ups/{plan}/call", {}, status=409))["error"]["code"] == "take_first"
    await agent.post(f"/api/follow-ups/{plan}/take")
    await agent.post(f"/api/follow-ups/{plan}/call", {"position": 1})
    await agent.rings()
    house.sim.pick_up(agent.account)  # her own telephone first
    phone = house.telephone(ALONE)
    await phone.rings()
    await phone.picks_up()
    (call,) = await house.until_rows("SELECT * FROM calls WHERE kind = 'outbound' AND state = 'talking'")
    (row,) = await house.rows("SELECT case_id FROM call_plans")
    assert call.case_id == row.case_id


async def test_what_belongs_to_no_case_gets_one_for_the_call_and_lets_it_rest(house: House) -> None:
    plan = await planned(house, Purpose.CARE, why=Why.CARE_PLAN)
    agent = await house.agent("agent1")
    await agent.post(f"/api/follow-ups/{plan}/take")
    await agent.post(f"/api/follow-ups/{plan}/call", {})
    (case,) = await house.until_rows("SELECT c.* FROM cases c JOIN call_plans p ON p.case_id = c.id")
    assert (case.state, str(case.owner_id), case.presses) == ("owned", agent.id, 0)
    refused = await agent.post(f"/api/follow-ups/{plan}/finish", {"result": "spoken", "rating": 5}, status=422)
    assert refused["error"]["code"] == "nothing_to_rate"
    await agent.post(f"/api/follow-ups/{plan}/finish", {"result": "not_reached"})
    (case,) = await house.rows("SELECT state FROM cases")
    assert case.state == "closed"


async def test_what_was_keyed_is_told_with_its_meaning(house: House) -> None:
    plan = await planned(house, way=Way.KEYS, why=Why.STANDARD, item_code="JZ01")
    async with house.owner.transaction() as session:
        attempt = await start_attempt(session, uuid.UUID(plan), dialog="job_follow_up")
        assert attempt is not None and attempt.dialog_id is not None
        for kind, keys in (("answered", ""), ("step", ""), ("keys", "2")):
            data = f'{{"keys": "{keys}"}}' if keys else "{}"
            await session.execute(
                text("INSERT INTO dialog_events (dialog_id, at, kind, data) VALUES (:id, now(), :kind, CAST(:data AS jsonb))"),
                {"id": attempt.dialog_id, "kind": kind, "data": data},
            )
    seen = await (await person(house, "agent1")).get(f"/api/follow-ups/{plan}")
    assert seen["item"] and (seen["tried"][0]["number"], seen["tried"][0]["state"]) == (1, "calling")
    told = [(one["kind"], one["key"], one["meaning"]) for one in seen["tried"][0]["pressed"]]
    assert ("keys", "2", "rated_2") in told and not [one for one in told if one[0] == "step"]


async def test_of_a_case_and_the_draw(house: House) -> None:
    plan = await planned(house, why=Why.SAMPLE, sample_no=next(n for n in range(100) if is_drawn("one-key", n, 10)))
    boss = await person(house, "supervisor1")
    (line,) = (await boss.get("/api/follow-ups?look=sample"))["items"]
    assert line["id"] == plan
    assert [one["id"] for one in await boss.get(f"/api/cases/{line['case_id']}/follow-ups")] == [plan]
    assert [one["id"] for one in (await boss.get("/api/follow-ups?look=today&purpose=job"))["items"]] == [plan]
    draw = await boss.get("/api/follow-ups/draw")
    assert (draw["seed"], draw["percent"], draw["numbers"], draw["drawn"], draw["wrong"], draw["missing"]) == ("one-key", 10, 1, 1, [], [])
    await (await person(house, "agent1")).get("/api/follow-ups/draw", status=403)
    await boss.get(f"/api/follow-ups/{uuid.uuid4()}", status=404)


def test_the_draw_drawn_again_finds_who_was_chosen_by_hand_and_who_was_left_out() -> None:
    right = [(n, is_drawn("s", n, 10)) for n in range(30)]
    assert draw_again("s", 10, None, right).wrong == () and draw_again("s", 10, None, right).drawn == 3
    chosen = next(n for n, drawn in right if not drawn)
    wrong = [(n, drawn or n == chosen) for n, drawn in right if n != 7]
    assert draw_again("s", 10, None, wrong).wrong == (chosen,) and draw_again("s", 10, None, wrong).missing == (7,)
    assert draw_again("s", 10, None, []).numbers == 0
