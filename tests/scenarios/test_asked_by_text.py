"""Three calls that reach nobody, a text message, and what comes back: as if it were keyed, or on an agent's list; never twice, never lost."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from callcenter.calls.dialogs.protocol import Dialogs
from callcenter.kit import clock
from callcenter.messaging.carriers.console_log import ConsoleLog
from callcenter.messaging.inbound import checked, take_text
from callcenter.messaging.port import Carriers, Channel
from callcenter.messaging.sending import Sender
from callcenter.outreach.followup.telephone import handlers
from callcenter.outreach.jobs import sweep_outreach
from callcenter.outreach.texts.replies import settle_text
from tests.house import House
from tests.messaging.writing import sweep
from tests.scenarios.test_the_centre_calls import ALONE, elder_of, finished_jobs, swept

MOBILE = "+8613812345678"
STRANGER = "+8613900009999"


class Killed(BaseException):
    pass


@pytest_asyncio.fixture
async def centre(house: House) -> AsyncIterator[House]:
    """She has a mobile beside her telephone."""
    await house.voice_anew(Dialogs(handlers()))
    elder_id = await elder_of(house)
    kept = [dict(row._mapping) for row in await house.rows("SELECT * FROM elder_numbers WHERE elder_id = :e", e=elder_id)]
    await write(house, "DELETE FROM elder_numbers WHERE elder_id = :e AND e164 <> :n", e=elder_id, n=ALONE)
    await write(
        house,
        "INSERT INTO elder_numbers (id, elder_id, e164, position, label, source, learned_at)"
        " SELECT gen_random_uuid(), elder_id, :m, CASE position WHEN 3 THEN 2 ELSE 3 END, '手机', source, learned_at FROM elder_numbers WHERE e164 = :n",
        m=MOBILE, n=ALONE,
    )  # fmt: skip
    yield house
    clock.reset()
    await write(house, "DELETE FROM elder_numbers WHERE elder_id = :e", e=elder_id)
    for row in kept:
        names = list(row)
        await write(house, f"INSERT INTO elder_numbers ({', '.join(names)}) VALUES ({', '.join(':' + n for n in names)})", **row)


async def write(house: House, statement: str, **values: Any) -> None:
    async with house.owner.transaction() as session:
        await session.execute(text(statement), values)


async def three_in_vain(house: House) -> Any:
    """Her second job is asked about by a program, three times."""
    await finished_jobs(house, 2)
    await swept(house)
    await swept(house)
    for attempt, shift in ((1, 46), (2, 3 * 60 + 1), (3, 0)):
        rung = (await house.until_rows("SELECT number FROM dialog_calls ORDER BY requested_at", attempt))[-1].number
        phone = house.telephone(rung)
        await phone.rings()
        await phone.declines()
        if shift:
            await house.until_rows("SELECT 1 FROM call_plans WHERE way = 'keys' AND state = 'due' AND attempts = :a", a=attempt)
            clock.shift(timedelta(minutes=shift))
            await swept(house)
    (plan,) = await house.until_rows("SELECT * FROM call_plans WHERE way = 'keys' AND state IN ('messaged', 'by_person')")
    return plan


async def sent(house: House) -> list[Any]:
    """Whatever is due has gone out, by the demo's carrier."""
    sender = Sender(house.database, Carriers({Channel.SMS: ConsoleLog(house.database)}))
    await sweep(sender)
    return await house.rows("SELECT * FROM messages WHERE template LIKE 'follow_up%'")


async def writes(house: House, words: str, *, sender: str = MOBILE, number: str = "") -> None:
    got = checked(house.settings, carrier="twilio", provider_id=number or uuid.uuid4().hex, sender=sender, text=words)
    async with house.database.transaction() as session:
        await take_text(session, got, at=clock.now())


async def plan_of(house: House, plan: Any) -> Any:
    (now,) = await house.rows("SELECT * FROM call_plans WHERE id = :i", i=plan.id)
    return now


async def entries(house: House, case_id: uuid.UUID, kind: str) -> list[Any]:
    return await house.rows("SELECT text, data FROM case_entries WHERE case_id = :c AND kind = :k ORDER BY id", c=case_id, k=kind)


async def test_three_attempts_a_message_and_a_bad_reply(centre: House) -> None:
    plan = await three_in_vain(centre)
    assert (plan.state, plan.attempts) == ("messaged", 3)
    assert timedelta(hours=23) < plan.due_at - clock.now() <= timedelta(hours=24)
    (message,) = await sent(centre)
    assert (message.state, message.about_kind, message.about_id) in {(s, "call_plan", str(plan.id)) for s in ("sent", "delivered")}
    assert not await centre.rows("SELECT 1 FROM case_tasks")
    await writes(centre, "2，地没擦干净")
    await swept(centre)  # two workers at once
    now = await plan_of(centre, plan)
    assert (now.state, now.result, now.rating, now.keyed) == ("done", "rated", 2, "2")
    (complaint,) = await centre.rows("SELECT * FROM complaints")
    assert (complaint.state, complaint.source, complaint.rating, complaint.case_id) == ("opened", "rating", 2, plan.case_id)
    (task,) = await centre.rows("SELECT * FROM case_tasks")
    assert (task.state, task.reason, task.number, task.case_id) == ("open", "bad_rating", MOBILE, plan.case_id)
    (entry,) = await entries(centre, plan.case_id, "text_received")
    assert (entry.text, entry.data["read_as"], entry.data["late"]) == ("2，地没擦干净", "rated_2", False)
    (case,) = await centre.rows("SELECT state FROM cases WHERE id = :c", c=plan.case_id)
    assert case.state == "waiting"
    await writes(centre, "5")  # she thinks again: noted, and nothing is changed
    await swept(centre)
    assert (await plan_of(centre, plan)).rating == 2
    assert [entry.data["late"] for entry in await entries(centre, plan.case_id, "text_received")] == [False, True]
    assert len(await centre.rows("SELECT 1 FROM complaints")) == 1 and len(await centre.rows("SELECT 1 FROM case_tasks")) == 1
    clock.shift(timedelta(days=2))
    await swept(centre)
    assert (await plan_of(centre, plan)).state == "done"
    assert len(await sent(centre)) == 1 and len(await centre.rows("SELECT 1 FROM dialog_calls")) == 3


async def test_a_good_reply_closes_the_case(centre: House) -> None:
    plan = await three_in_vain(centre)
    await sent(centre)
    await write(centre, "UPDATE cases SET state = 'resolved', open_orders = 0 WHERE id = :c", c=plan.case_id)
    await writes(centre, "５ 谢谢")
    await swept(centre)
    now = await plan_of(centre, plan)
    assert (now.state, now.result, now.rating) == ("done", "rated", 5)
    (case,) = await centre.rows("SELECT state FROM cases WHERE id = :c", c=plan.case_id)
    assert case.state == "closed" and not await centre.rows("SELECT 1 FROM case_tasks")


async def test_nine_is_a_call_back(centre: House) -> None:
    plan = await three_in_vain(centre)
    await sent(centre)
    await writes(centre, "回复9")
    await swept(centre)
    now = await plan_of(centre, plan)
    assert (now.state, now.result, now.rating, now.keyed) == ("done", "help", None, "9")
    (task,) = await centre.rows("SELECT * FROM case_tasks")
    assert (task.reason, task.number) == ("asked_by_text", MOBILE)


async def test_words_go_to_the_list_of_people_with_the_text(centre: House) -> None:
    plan = await three_in_vain(centre)
    await sent(centre)
    await writes(centre, "你们是谁呀")
    await swept(centre)
    now = await plan_of(centre, plan)
    assert (now.state, now.why, now.rating) == ("by_person", "replied", None)
    assert [entry.text for entry in await entries(centre, plan.case_id, "text_received")] == ["你们是谁呀"]
    agent = centre.visitor("agent2")
    await agent.sign_in()
    (row,) = [one for one in (await agent.get("/api/follow-ups"))["items"] if one["id"] == str(plan.id)]
    assert row["texted"]["state"] in ("sent", "delivered") and row["texted"]["sent_at"]
    assert [(r["read_as"], r["text"], r["counted"]) for r in row["texted"]["replies"]] == [("words", "", True)], "masked until she is taken"
    taken = await agent.post(f"/api/follow-ups/{plan.id}/take")
    assert [r["text"] for r in taken["texted"]["replies"]] == ["你们是谁呀"]
    await writes(centre, "4")  # late: an agent has it
    await swept(centre)
    seen = await agent.get(f"/api/follow-ups/{plan.id}")
    assert [(r["read_as"], r["counted"]) for r in seen["texted"]["replies"]] == [("words", True), ("rated_4", False)]
    assert ((await plan_of(centre, plan)).state, (await plan_of(centre, plan)).rating) == ("by_person", None)


async def test_no_reply_goes_to_the_list_of_people(centre: House) -> None:
    plan = await three_in_vain(centre)
    await sent(centre)
    clock.shift(timedelta(hours=23, minutes=50))
    await swept(centre)
    assert (await plan_of(centre, plan)).state == "messaged"
    clock.shift(timedelta(minutes=11))
    await swept(centre)
    now = await plan_of(centre, plan)
    assert (now.state, now.why, now.result) == ("by_person", "not_reached", None)
    assert len(await sent(centre)) == 1


async def test_a_message_that_did_not_go_out_is_not_waited_for(centre: House) -> None:
    plan = await three_in_vain(centre)
    await sweep(Sender(centre.database, Carriers({})))
    await swept(centre)
    assert ((await plan_of(centre, plan)).state, (await plan_of(centre, plan)).why) == ("by_person", "not_reached")


async def test_only_a_landline_goes_to_the_list_of_people(centre: House) -> None:
    elder_id = await elder_of(centre)
    await write(centre, "DELETE FROM elder_numbers WHERE e164 = :m", m=MOBILE)
    kept = [dict(row._mapping) for row in await centre.rows("SELECT id, number FROM elder_contacts WHERE elder_id = :e", e=elder_id)]
    await write(centre, "UPDATE elder_contacts SET number = '+867103111222' WHERE elder_id = :e", e=elder_id)
    try:
        plan = await three_in_vain(centre)
        assert (plan.state, plan.why) == ("by_person", "not_reached") and not await sent(centre)
    finally:
        for row in kept:
            await write(centre, "UPDATE elder_contacts SET number = :number WHERE id = :id", **row)


async def test_a_worker_dies_before_it_has_settled_a_reply(centre: House) -> None:
    plan = await three_in_vain(centre)
    await sent(centre)
    await writes(centre, "2", number="SM1")
    (row,) = await centre.rows("SELECT id FROM inbound_texts")
    with pytest.raises(Killed):
        async with centre.database.transaction() as session:
            await settle_text(session, row.id)
            raise Killed
    assert (await plan_of(centre, plan)).state == "messaged" and not await centre.rows("SELECT 1 FROM complaints")
    await writes(centre, "1", number="SM1")  # the carrier tells again, even otherwise: it is the same message
    await asyncio.gather(*(sweep_outreach(centre.database) for _ in range(3)))
    assert (await plan_of(centre, plan)).rating == 2
    assert len(await centre.rows("SELECT 1 FROM complaints")) == 1 and len(await centre.rows("SELECT 1 FROM case_tasks")) == 1


async def test_who_cries_for_help_is_an_emergency(centre: House) -> None:
    plan = await three_in_vain(centre)
    await sent(centre)
    await writes(centre, "我摔倒了，起不来")
    await swept(centre)
    now = await plan_of(centre, plan)
    assert (now.state, now.why) == ("by_person", "replied")
    (case,) = await centre.rows("SELECT * FROM cases WHERE is_sos")
    assert (case.severity, case.elder_id, case.state) == ("E0", plan.elder_id, "waiting")
    (task,) = await centre.rows("SELECT * FROM case_tasks")
    assert (task.case_id, task.reason, task.number) == (case.id, "text_urgent", MOBILE)
    assert [entry.text for entry in await entries(centre, case.id, "text_received")] == ["我摔倒了，起不来"]
    await writes(centre, "救命")
    await swept(centre)
    assert len(await centre.rows("SELECT 1 FROM cases WHERE is_sos")) == 1 and len(await centre.rows("SELECT 1 FROM case_tasks")) == 1


async def test_a_text_out_of_the_blue_is_called_back(centre: House) -> None:
    elder_id = await elder_of(centre)
    await writes(centre, "明天能来打扫吗")
    await writes(centre, "下午最好")
    await writes(centre, "你好", sender=STRANGER)
    await swept(centre)
    hers, strangers = await centre.rows("SELECT * FROM case_tasks ORDER BY created_at, id")
    assert (hers.elder_id, hers.reason, hers.number) == (elder_id, "text", MOBILE)
    assert (strangers.elder_id, strangers.number) == (None, STRANGER)
    assert [entry.text for entry in await entries(centre, hers.case_id, "text_received")] == ["明天能来打扫吗", "下午最好"]
    assert not await centre.rows("SELECT 1 FROM inbound_texts WHERE settled_at IS NULL")
    for row in await centre.rows("SELECT address, text FROM inbound_texts"):
        assert MOBILE.encode() not in bytes(row.address) and "明天".encode() not in bytes(row.text)


async def test_one_answer_is_awaited_from_a_number_at_a_time(centre: House) -> None:
    plan = await three_in_vain(centre)
    await write(
        centre,
        "INSERT INTO call_plans SELECT (r).* FROM (SELECT jsonb_populate_record(p, jsonb_build_object("
        "'id', gen_random_uuid(), 'dedupe_key', 'another', 'state', 'due', 'attempts', 2, 'due_at', CAST(:now AS timestamptz))) AS r"
        " FROM call_plans p WHERE id = :i) AS made",
        i=plan.id, now=clock.now(),
    )  # fmt: skip
    await swept(centre)
    phone = centre.telephone((await centre.until_rows("SELECT number FROM dialog_calls ORDER BY requested_at", 4))[-1].number)
    await phone.rings()
    await phone.declines()
    (other,) = await centre.until_rows("SELECT * FROM call_plans WHERE dedupe_key = 'another' AND state = 'by_person'")
    assert other.why == "not_reached" and len(await sent(centre)) == 1
