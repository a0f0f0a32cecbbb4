"""Calls out of care: "I am fine" by a key, a person by another; who does not answer twice is looked for, by her contacts and at her door, each once."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest_asyncio
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor, system
from callcenter.accounts.models import User
from callcenter.accounts.roles import Role
from callcenter.calls.dialogs.protocol import Dialogs
from callcenter.calls.lines import remove_line, set_line
from callcenter.calls.states import CallKind
from callcenter.elders.actions import set_presence
from callcenter.elders.models import Elder, ElderContact, Presence
from callcenter.elders.record_schemas import ElderPresence
from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.outreach.care.campaign_queries import get_campaign
from callcenter.outreach.care.campaigns import NewCampaign, make_campaign, pause_campaign, start_campaign, stop_campaign
from callcenter.outreach.care.daily import handlers as daily_handlers
from callcenter.outreach.care.jobs import sweep_care
from callcenter.outreach.care.models import CarePlan
from callcenter.outreach.care.plans import Agreed, end_plan, make_usual_plan, set_plan
from callcenter.outreach.care.states import CareKind, Rhythm
from callcenter.outreach.care.telephone import handlers
from callcenter.outreach.jobs import sweep_outreach
from tests.house import PATIENCE, House, Telephone, until
from tests.stores import make_store

ALONE = "+867103456789"
DAUGHTER, SON = "+8613900001111", "+8613900002222"
ZONE = ZoneInfo("Asia/Shanghai")
WEEK = timedelta(days=7)


@pytest_asyncio.fixture
async def centre(house: House) -> AsyncIterator[House]:
    await house.voice_anew(Dialogs(handlers() | daily_handlers()))
    yield house
    clock.reset()


async def elder_of(house: House, number: str = ALONE) -> uuid.UUID:
    (row,) = await house.rows("SELECT elder_id FROM elder_numbers WHERE e164 = :n", n=number)
    return uuid.UUID(str(row.elder_id))


async def agent1(house: House) -> Actor:
    async with house.owner.transaction() as session:
        user = (await session.scalars(select(User).where(User.username == "agent1"))).one()
    return Actor("user", user.id, user.name, Role.AGENT)


async def plan_for(house: House, **fields: Any) -> uuid.UUID:
    actor, elder_id = await agent1(house), await elder_of(house)
    async with house.owner.transaction() as session:
        plan = await set_plan(session, actor, elder_id, Agreed(**{"kind": CareKind.CARE, "rhythm": Rhythm.WEEKLY, **fields}))
        return plan.id


async def only_contacts(house: House, *numbers: str) -> None:
    """Hers, in this order."""
    elder_id = await elder_of(house)
    async with house.owner.transaction() as session:
        await session.execute(delete(ElderContact).where(ElderContact.elder_id == elder_id))
        for position, number in enumerate(numbers, 1):
            session.add(ElderContact(elder_id=elder_id, position=position, name="小梅", relation="女儿", number=number))


async def swept(house: House) -> None:
    """Two workers at once."""
    await asyncio.gather(*(sweep_care(house.database) for _ in range(2)))
    await asyncio.gather(*(sweep_outreach(house.database) for _ in range(2)))


async def is_due(house: House) -> None:
    """The clock stands at the moment of the next planned call."""
    await asyncio.gather(*(sweep_care(house.database) for _ in range(2)))
    (plan,) = await house.rows("SELECT due_at FROM call_plans WHERE state = 'due'")
    if plan.due_at > clock.now():
        clock.shift(plan.due_at - clock.now() + timedelta(seconds=1))
    await swept(house)


async def her_day(house: House) -> None:
    """A plan of hers, its first day come, her telephone rings."""
    await plan_for(house, first=today() + timedelta(days=1))
    clock.shift(datetime.combine(today() + timedelta(days=1), datetime.min.time(), ZONE) - clock.now())
    await is_due(house)


def today() -> date:
    return clock.now().astimezone(ZONE).date()


async def refuses_twice(house: House) -> None:
    """Nobody comes to her telephone."""
    phone = house.telephone(ALONE)
    await phone.declines()
    (plan,) = await house.until_rows("SELECT due_at, attempts FROM call_plans WHERE state = 'due'")
    await swept(house)
    assert len(await house.rows("SELECT 1 FROM call_attempts")) == 1, "not before its time"
    clock.shift(plan.due_at - clock.now() + timedelta(seconds=1))
    await swept(house)
    (dialled,) = await house.rows("SELECT number FROM dialog_calls ORDER BY requested_at DESC LIMIT 1")
    await house.telephone(dialled.number).declines()


async def kinds(house: House) -> list[str]:
    return [row.kind for row in await house.rows("SELECT kind FROM case_entries ORDER BY at, id")]


async def test_she_is_fine_and_is_called_again_next_week(centre: House) -> None:
    await her_day(centre)
    phone = centre.telephone(ALONE)
    await phone.picks_up()
    await phone.is_told("care_choose", times=2)
    assert phone.was_told()[:3] == ["care_greeting", "care_choose", "dialog_again_hint"], "and twice, when nobody presses"
    phone.keys("1")
    await phone.is_told("care_fine")
    (call,) = await centre.until_rows("SELECT * FROM call_plans WHERE state = 'done'")
    assert (call.result, call.keyed, call.case_id) == ("fine", "1", None)
    (plan,) = await centre.rows("SELECT next_on FROM care_plans")
    assert plan.next_on == today() + WEEK
    await swept(centre)
    assert len(await centre.rows("SELECT 1 FROM call_plans")) == 1
    clock.shift(WEEK)
    await swept(centre)
    assert len(await centre.rows("SELECT 1 FROM call_plans")) == 2, "one for each week, whoever sweeps"


async def test_nine_brings_a_person_with_a_case(centre: House) -> None:
    await her_day(centre)
    agent = await centre.agent("agent2")
    phone = centre.telephone(ALONE)
    await phone.picks_up()
    await phone.is_told("care_choose")
    phone.keys("9")
    call = await agent.picks_up()
    (plan,) = await centre.rows("SELECT * FROM call_plans")
    assert (plan.state, plan.result) == ("done", "help")
    assert call["case_id"] == str(plan.case_id), "the case of the care call"
    assert (await kinds(centre))[0] == "care_call"


class SlowPoints:
    """Has to look long for what it reads."""

    def __init__(self) -> None:
        self.asked, self.found = asyncio.Event(), asyncio.Event()

    async def offers(self, session: AsyncSession, elder_id: uuid.UUID) -> bool:
        return True

    async def say(self, session: AsyncSession, elder_id: uuid.UUID) -> tuple[str, ...]:
        self.asked.set()
        await self.found.wait()
        return ("points_have", "number_12", "fen")


async def test_four_reads_her_points_and_nine_is_never_lost_over_it(centre: House) -> None:
    points = SlowPoints()
    await centre.voice_anew(Dialogs(handlers(points)), dialog_first_key=120.0)  # no silence of hers is meant
    await her_day(centre)
    agent = await centre.agent("agent2")
    phone = centre.telephone(ALONE)
    await phone.picks_up()
    await phone.is_told("care_points_hint")
    points.found.set()
    phone.keys("4")
    await phone.is_told("points_have")
    (plan,) = await centre.rows("SELECT state, attempts FROM call_plans")
    assert (plan.state, plan.attempts) == ("calling", 1), "no answer to how she is"
    points.asked.clear()
    points.found.clear()
    await phone.is_told("care_points_hint", times=2)
    phone.keys("4")
    await asyncio.wait_for(points.asked.wait(), PATIENCE)
    phone.keys("9")  # while her account is looked for
    points.found.set()
    call = await agent.picks_up()
    (plan,) = await centre.rows("SELECT * FROM call_plans")
    assert (plan.state, plan.result, call["case_id"]) == ("done", "help", str(plan.case_id))


async def test_nobody_twice_then_her_daughter_looks_after_her(centre: House) -> None:
    await only_contacts(centre, DAUGHTER, SON)
    await her_day(centre)
    await refuses_twice(centre)
    daughter = centre.telephone(DAUGHTER)
    await daughter.picks_up()
    await daughter.is_told("care_contact_choose")
    daughter.keys("1")
    await daughter.is_told("care_contact_thanks")
    (plan,) = await centre.until_rows("SELECT * FROM call_plans WHERE state = 'done'")
    assert plan.result == "fine"
    await swept(centre)
    (case,) = await centre.until_rows("SELECT state FROM cases")
    assert case.state == "closed"
    assert not await centre.rows("SELECT 1 FROM orders")
    assert {"care_call", "care_not_reached", "care_contact_called", "care_contact_looks"} <= set(await kinds(centre))


async def test_nobody_at_all_and_somebody_goes_to_her_door_once(centre: House) -> None:
    await only_contacts(centre, DAUGHTER, SON, "120", ALONE)
    async with centre.owner.transaction() as session:
        await make_store(session, "施营网格站", items={"WJ03": 0})
    await her_day(centre)
    await refuses_twice(centre)
    daughter = centre.telephone(DAUGHTER)
    await daughter.picks_up()
    await daughter.is_told("care_contact_choose")
    daughter.keys("2")
    await daughter.is_told("care_contact_next")
    await centre.telephone(SON).declines()
    (plan,) = await centre.until_rows("SELECT * FROM call_plans WHERE state = 'done'")
    assert plan.result == "not_reached"
    (order,) = await centre.until_rows("SELECT o.*, l.item_code FROM orders o JOIN order_lines l ON l.order_id = o.id")
    assert (order.item_code, order.case_id) == ("WJ03", plan.case_id)
    told = await kinds(centre)
    order_of = [
        "care_call",
        "care_not_reached",
        "care_contact_called",
        "care_contact_cannot",
        "care_contact_not_reached",
        "care_door_check",
    ]
    assert [kind for kind in dict.fromkeys(told) if kind in order_of] == order_of, "the timeline says why"
    assert told.count("care_contact_called") == 2, "neither 120 nor her own number"
    clock.shift(timedelta(hours=5))
    await swept(centre)
    assert len(await centre.rows("SELECT 1 FROM orders")) == 1


async def test_voice_dies_between_her_and_her_daughter_and_each_is_rung_once(centre: House) -> None:
    await only_contacts(centre, DAUGHTER)
    await her_day(centre)
    await refuses_twice(centre)
    daughter = centre.telephone(DAUGHTER)
    await daughter.rings()
    await centre.kill_voice()
    await centre.start_voice()
    await daughter.declines()
    await centre.until_rows("SELECT 1 FROM orders")
    await swept(centre)
    numbers = [row.number for row in await centre.rows("SELECT number FROM dialog_calls")]
    assert numbers.count(DAUGHTER) == 1 and len(numbers) == 3
    assert len(await centre.rows("SELECT 1 FROM orders")) == 1


async def test_workers_that_die_plan_nothing_twice(centre: House) -> None:
    """Ten sweeps at once, each killed somewhere."""
    await plan_for(centre, first=today() + timedelta(days=1))
    clock.shift(datetime.combine(today() + timedelta(days=1), datetime.min.time(), ZONE) - clock.now())
    theirs = Database.of(centre.settings, pool_size=6)
    for wait in range(10):
        task = asyncio.gather(*(sweep_care(theirs) for _ in range(3)), *(sweep_outreach(theirs) for _ in range(3)))
        await asyncio.sleep(0.004 * wait)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await theirs.close()
    await is_due(centre)
    assert len(await centre.rows("SELECT 1 FROM call_plans")) == 1
    assert len(await centre.rows("SELECT 1 FROM dialog_calls")) <= 1
    phone = centre.telephone(ALONE)
    await phone.rings()


async def test_who_is_in_hospital_is_called_weekly_for_a_month_afterwards(centre: House) -> None:
    elder_id = await elder_of(centre)
    await plan_for(centre, rhythm=Rhythm.QUARTERLY, first=today() + timedelta(days=40))
    try:
        async with centre.owner.transaction() as session:
            await set_presence(session, system("test"), elder_id, ElderPresence(presence=Presence.IN_HOSPITAL))
        await swept(centre)
        clock.shift(timedelta(days=3))
        await swept(centre)
        assert not await centre.rows("SELECT 1 FROM call_plans"), "not while she is there"
        async with centre.owner.transaction() as session:
            await set_presence(session, system("test"), elder_id, ElderPresence(presence=Presence.HOME))
        home = today()
        clock.shift(timedelta(days=1))
        await swept(centre)
        (plan,) = await centre.rows("SELECT next_on, weekly_until FROM care_plans")
        assert plan.weekly_until == home + timedelta(weeks=4) and plan.next_on == home + timedelta(days=8)
        assert len(await centre.rows("SELECT 1 FROM call_plans")) == 1
    finally:
        async with centre.owner.transaction() as session:
            await set_presence(session, system("test"), elder_id, ElderPresence(presence=Presence.HOME))


async def test_her_birthday(centre: House) -> None:
    elder_id = await elder_of(centre)
    await plan_for(centre, first=today() + timedelta(days=30))
    async with centre.owner.transaction() as session:
        elder = await session.get_one(Elder, elder_id)
        before, elder.birth_date = elder.birth_date, (today() + timedelta(days=1)).replace(year=1944)
    try:
        clock.shift(datetime.combine(today() + timedelta(days=1), datetime.min.time(), ZONE) - clock.now())
        await is_due(centre)
        phone = centre.telephone(ALONE)
        await phone.picks_up()
        await phone.is_told("care_birthday_greeting")
        phone.keys("1")
        await centre.until_rows("SELECT 1 FROM call_plans WHERE result = 'fine'")
        await swept(centre)
        assert len(await centre.rows("SELECT 1 FROM call_plans")) == 1
    finally:
        async with centre.owner.transaction() as session:
            (await session.get_one(Elder, elder_id)).birth_date = before


async def test_a_plan_that_somebody_has_ended_is_not_made_again(centre: House) -> None:
    actor, elder_id = await agent1(centre), await elder_of(centre)
    plan_id = await plan_for(centre)
    async with centre.owner.transaction() as session:
        await end_plan(session, actor, plan_id, reason="她不想再接")
    clock.shift(2 * WEEK)
    await swept(centre)
    assert not await centre.rows("SELECT 1 FROM call_plans")
    async with centre.owner.transaction() as session:
        await make_usual_plan(session, elder_id)
        plan = (await session.scalars(select(CarePlan).where(CarePlan.ended_at.is_(None)))).one()
        assert plan.made_by_id is None and plan.rhythm is None


# --- campaigns -----------------------------------------------------------------------------------------------------------------


async def many(house: House, count: int) -> list[uuid.UUID]:
    """At home, with a number of their own."""
    rows = await house.rows(
        "SELECT e.id FROM elders e JOIN elder_numbers n ON n.elder_id = e.id AND n.position = 1 WHERE e.presence = 'home' AND e.merged_into IS NULL "
        "AND (SELECT count(*) FROM elder_numbers o WHERE o.e164 = n.e164) = 1 AND n.e164 NOT LIKE '%120' ORDER BY e.id LIMIT :n",
        n=count,
    )
    return [uuid.UUID(str(row.id)) for row in rows]


async def a_campaign(house: House, elder_ids: list[uuid.UUID], *, prompt: str = "campaign_storm") -> uuid.UUID:
    async with house.owner.transaction() as session:
        new = NewCampaign("大风提醒", prompt, clock.now(), 0, 24)
        campaign = await make_campaign(session, system("test"), new, elder_ids)
        await start_campaign(session, system("test"), campaign.id)
        return campaign.id


async def progress(house: House, campaign_id: uuid.UUID) -> dict[str, Any]:
    async with house.owner.transaction() as session:
        figures = (await get_campaign(session, campaign_id)).progress
        parts = figures.refused + figures.waiting + figures.calling + figures.again + figures.heard + figures.help
        assert figures.all == parts + figures.not_reached + figures.dropped, figures
        return figures.model_dump()


async def ringing(house: House, count: int) -> list[str]:
    await until(lambda: len(house.sim.ringing()) == count, why=f"{count} telephones ring, not {len(house.sim.ringing())}")
    return list(house.sim.ringing())


async def test_a_campaign_is_stopped_in_the_middle(centre: House) -> None:
    campaign_id = await a_campaign(centre, await many(centre, 30))
    await swept(centre)
    numbers = await until(lambda: len(centre.sim.ringing()) > 2 and list(centre.sim.ringing()), why="several telephones ring")
    talks, hears = (centre.telephone(number) for number in numbers[:2])
    await hears.picks_up()
    await hears.is_told("campaign_storm")
    hears.keys("1")
    await hears.is_told("campaign_thanks")
    await centre.until_rows("SELECT 1 FROM call_plans WHERE result = 'fine'")
    await talks.picks_up()
    await talks.is_told("campaign_storm")
    before = len(await centre.rows("SELECT 1 FROM dialog_calls"))
    async with centre.owner.transaction() as session:
        await stop_campaign(session, system("test"), campaign_id)
    await ringing(centre, 0)
    talks.keys("1")
    await talks.is_told("campaign_thanks")
    await centre.until_rows("SELECT 1 FROM call_plans WHERE result = 'fine'", count=2)
    clock.shift(timedelta(hours=3))
    await swept(centre)
    assert len(await centre.rows("SELECT 1 FROM dialog_calls")) == before, "nothing new begins"
    figures = await progress(centre, campaign_id)
    assert (figures["all"], figures["heard"], figures["calling"], figures["again"]) == (30, 2, 0, 0)
    assert figures["dropped_why"] == {"stopped": figures["dropped"]} and figures["dropped"] + figures["waiting"] == 28
    assert {row.payload is not None for row in await centre.rows("SELECT payload FROM outbox WHERE topic = 'campaign'")} == {True}


async def test_a_paused_campaign_goes_on_where_it_was(centre: House) -> None:
    campaign_id = await a_campaign(centre, await many(centre, 3))
    async with centre.owner.transaction() as session:
        await pause_campaign(session, system("test"), campaign_id)
    await swept(centre)
    assert not await centre.rows("SELECT 1 FROM dialog_calls")
    async with centre.owner.transaction() as session:
        await start_campaign(session, system("test"), campaign_id)
    await swept(centre)
    for number in await ringing(centre, 3):
        phone = centre.telephone(number)
        await phone.picks_up()
        await phone.is_told("campaign_choose")
        phone.keys("1")
    await centre.until_rows("SELECT 1 FROM call_plans WHERE result = 'fine'", count=3)
    await swept(centre)
    assert [row.state for row in await centre.rows("SELECT state FROM campaigns")] == ["done"]


async def test_who_is_dead_or_away_stands_on_the_list_with_the_reason_and_each_once(centre: House) -> None:
    elder_id = await elder_of(centre)
    others = [i for i in await many(centre, 3) if i != elder_id]
    async with centre.owner.transaction() as session:
        dead = await session.get_one(Elder, others[0])
        away = await session.get_one(Elder, others[1])
        dead.presence, away.presence = Presence.DECEASED, Presence.AWAY
    try:
        campaign_id = await a_campaign(centre, [elder_id, others[0], others[1], elder_id])
        await swept(centre)
        assert len(await centre.rows("SELECT 1 FROM dialog_calls")) == 1
        figures = await progress(centre, campaign_id)
        assert (figures["all"], figures["calling"], figures["refused"]) == (3, 1, 2)
        assert figures["refused_why"] == {"deceased": 1, "departed": 1}
    finally:
        async with centre.owner.transaction() as session:
            for other in others[:2]:
                (await session.get_one(Elder, other)).presence = Presence.HOME


async def test_not_reached_by_a_campaign_is_a_figure_and_nobody_is_sent(centre: House) -> None:
    campaign_id = await a_campaign(centre, [await elder_of(centre)])
    await swept(centre)
    await refuses_twice(centre)
    await centre.until_rows("SELECT 1 FROM call_plans WHERE result = 'not_reached'")
    await swept(centre)
    figures = await progress(centre, campaign_id)
    assert (figures["not_reached"], figures["all"]) == (1, 1)
    assert not await centre.rows("SELECT 1 FROM orders") and not await centre.rows("SELECT 1 FROM cases")


# --- medicine --------------------------------------------------------------------------------------------------------------------


async def reminded(house: House, **fields: Any) -> Telephone:
    """Tomorrow at eight she is reminded."""
    await plan_for(house, kind=CareKind.MEDICINE, rhythm=None, times=[time(20), time(8)], first=today() + timedelta(days=1), **fields)
    clock.shift(datetime.combine(today() + timedelta(days=1), time(0), ZONE) - clock.now())
    await swept(house)
    eight, evening = await house.rows("SELECT due_at, state FROM call_plans ORDER BY due_at")
    assert [row.due_at.astimezone(ZONE).hour for row in (eight, evening)] == [8, 20]
    clock.shift(eight.due_at - clock.now() + timedelta(seconds=1))
    await swept(house)
    return house.telephone(ALONE)


async def test_she_is_reminded_at_her_hours_and_no_medicine_is_named(centre: House) -> None:
    phone = await reminded(centre)
    await phone.picks_up()
    await phone.is_told("medicine_choose")
    assert phone.was_told()[:2] == ["medicine_greeting", "medicine_choose"], "and nothing before it while no name was rendered"
    phone.keys("1")
    await phone.is_told("medicine_thanks")
    await centre.until_rows("SELECT 1 FROM call_plans WHERE result = 'fine' AND purpose = 'medicine'")


async def missed_twice(house: House, phone: Telephone) -> None:
    await phone.declines()
    await house.until_rows("SELECT 1 FROM call_plans WHERE state = 'due' AND attempts = 1")
    clock.shift(timedelta(minutes=10, seconds=1))
    await swept(house)
    (dialled,) = await house.rows("SELECT number FROM dialog_calls ORDER BY requested_at DESC LIMIT 1")
    await house.telephone(dialled.number).declines()


async def test_a_reminder_that_nobody_hears_is_noted_and_no_alarm(centre: House) -> None:
    await missed_twice(centre, await reminded(centre))
    await centre.until_rows("SELECT 1 FROM call_plans WHERE result = 'not_reached'")
    assert not await centre.rows("SELECT 1 FROM cases") and not await centre.rows("SELECT 1 FROM orders")


async def test_unless_her_plan_says_so(centre: House) -> None:
    await only_contacts(centre)
    await missed_twice(centre, await reminded(centre, alarm=True))
    (order,) = await centre.until_rows("SELECT l.item_code FROM orders o JOIN order_lines l ON l.order_id = o.id")
    assert order.item_code == "JJ04"


# --- the daily "I am fine" -------------------------------------------------------------------------------------------------------


DAILY_NUMBER = "1234902"


@pytest_asyncio.fixture
async def daily(centre: House) -> AsyncIterator[House]:
    """With a daily line; she tells by nine in the morning, from tomorrow on. It is half past eight."""
    async with centre.owner.transaction() as session:
        await set_line(session, system("test"), number=DAILY_NUMBER, kind=CallKind.DAILY, label="每日报平安")
    await plan_for(centre, kind=CareKind.DAILY, rhythm=None, at=time(9), first=today() + timedelta(days=1))
    clock.shift(datetime.combine(today() + timedelta(days=1), time(8, 30), ZONE) - clock.now())
    await until(lambda: centre.engine and centre.engine.core.lines.get(DAILY_NUMBER), why="voice has read the lines")
    yield centre
    async with centre.owner.transaction() as session:
        await remove_line(session, system("test"), number=DAILY_NUMBER)


async def test_her_call_is_counted_and_declined_unanswered(daily: House) -> None:
    for _ in range(2):
        elder = daily.elder(ALONE).calls(DAILY_NUMBER)
        await until(elder.is_over, why="her call is declined")
    await daily.until_rows("SELECT 1 FROM calls WHERE kind = 'daily' AND state = 'ended' AND answered_at IS NULL", count=2)
    (sign,) = await daily.rows("SELECT day FROM daily_signs")
    assert sign.day == today(), "one a day"
    assert not await daily.rows("SELECT 1 FROM cases") and elder.was_told() == []
    clock.shift(timedelta(hours=1))
    await swept(daily)
    assert not await daily.rows("SELECT 1 FROM call_plans")
    clock.shift(timedelta(days=1))
    await swept(daily)
    assert len(await daily.rows("SELECT 1 FROM call_plans WHERE purpose = 'daily'")) == 1, "each day anew"


async def test_missed_she_is_called_at_once_and_then_somebody_goes_to_her_door(daily: House) -> None:
    await only_contacts(daily, DAUGHTER)
    await swept(daily)
    assert not await daily.rows("SELECT 1 FROM call_plans"), "not before the hour"
    clock.shift(timedelta(minutes=31))
    await swept(daily)
    await refuses_twice(daily)
    await daily.telephone(DAUGHTER).declines()
    (order,) = await daily.until_rows("SELECT l.item_code FROM orders o JOIN order_lines l ON l.order_id = o.id")
    assert order.item_code == "JJ04"
    (case,) = await daily.rows("SELECT severity FROM cases")
    assert case.severity == "U2"


async def test_she_tells_while_we_call_her(daily: House) -> None:
    clock.shift(timedelta(minutes=31))
    await swept(daily)
    await daily.telephone(ALONE).rings()
    elder = daily.elder(ALONE).calls(DAILY_NUMBER)
    await until(elder.is_over, why="her call is declined")
    await until(lambda: not daily.sim.ringing(), why="her telephone is quiet")
    (plan,) = await daily.until_rows("SELECT state, drop_reason FROM call_plans")
    assert (plan.state, plan.drop_reason) == ("dropped", "obsolete")


async def test_a_telephone_that_nobody_knows_goes_to_a_person(daily: House) -> None:
    agent = await daily.agent("agent2")
    daily.elder("07109990001").calls(DAILY_NUMBER)
    await agent.picks_up()
    assert not await daily.rows("SELECT 1 FROM daily_signs")
