"""A finished job makes her telephone ring: she rates it by a key, a bad rating brings an agent on the line and opens a complaint, and nobody is asked twice."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import select

from callcenter.accounts.actor import Actor, system
from callcenter.accounts.models import User
from callcenter.accounts.roles import Role
from callcenter.calls.dialogs import speech
from callcenter.calls.dialogs.protocol import Dialogs
from callcenter.cases.actions import set_outcome
from callcenter.elders.actions import set_presence
from callcenter.elders.addressing import as_spoken, form_of_address
from callcenter.elders.models import Elder, ElderNumber, Presence
from callcenter.elders.record_schemas import ElderPresence
from callcenter.kit import clock
from callcenter.outreach.followup.telephone import handlers
from callcenter.outreach.jobs import sweep_outreach
from callcenter.outreach.names import list_names
from callcenter.settings import get_settings
from callcenter.telephony import sound
from tests.house import House
from tests.stores import make_store, verified

ALONE = "+867103456789"


@pytest_asyncio.fixture
async def centre(house: House) -> AsyncIterator[House]:
    await house.voice_anew(Dialogs(handlers()))
    yield house
    clock.reset()


async def elder_of(house: House, number: str = ALONE) -> uuid.UUID:
    (row,) = await house.rows("SELECT elder_id FROM elder_numbers WHERE e164 = :n", n=number)
    return uuid.UUID(str(row.elder_id))


async def finished_jobs(house: House, count: int = 1, item: str = "JZ01") -> list[uuid.UUID]:
    """Done and verified, each on a case of its own that an agent has given an outcome. The first is her first job ever."""
    elder_id, made = await elder_of(house), []
    async with house.owner.transaction() as session:
        user = (await session.scalars(select(User).where(User.username == "agent1"))).one()
        agent = Actor("user", user.id, user.name, Role.AGENT)
        store = await make_store(session, "张姐家政", items={item: 4_000})
        for _ in range(count):
            order = await verified(session, agent, elder_id, item, store=store)
            await set_outcome(session, agent, order.case_id, outcome="handled", note="")
            made.append(order.id)
    return made


async def swept(house: House) -> None:
    """Two workers at once."""
    await asyncio.gather(*(sweep_outreach(house.database) for _ in range(2)))


async def asked(house: House) -> None:
    """Her second job is the one that a program asks about (a person asks about the first)."""
    await finished_jobs(house, 2)
    await swept(house)
    await swept(house)


async def test_a_job_is_asked_about_and_rated_by_a_key(centre: House) -> None:
    await asked(centre)
    phone = centre.telephone(ALONE)
    await phone.rings()
    await phone.picks_up()
    await phone.is_told("follow_up_choose")
    assert phone.was_told()[:3] == ["follow_up_greeting", "follow_up_about", "item_JZ01"]
    phone.keys("5")
    await phone.is_told("follow_up_thanks")
    (plan,) = await centre.until_rows("SELECT * FROM call_plans WHERE state = 'done'")
    assert (plan.result, plan.rating, plan.keyed, plan.attempts) == ("rated", 5, "5", 1)
    (first,) = await centre.rows("SELECT way, why, state FROM call_plans WHERE state <> 'done'")
    assert (first.way, first.why, first.state) == ("person", "first_order", "by_person")
    clock.shift(timedelta(days=3))
    await swept(centre)
    assert len(await centre.rows("SELECT 1 FROM call_plans")) == 2 and len(await centre.rows("SELECT 1 FROM dialog_calls")) == 1


async def test_the_greeting_says_her_name_once_the_worker_has_rendered_it(
    centre: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same call with and without: her surname and how she is addressed, then what everybody hears."""
    settings = get_settings().model_copy(update={"home": tmp_path, "speech_voice": "zf_xiaobei.bin"})
    monkeypatch.setattr(speech, "get_settings", lambda: settings)
    await finished_jobs(centre, 2)
    elder_id = await elder_of(centre)
    async with centre.owner.transaction() as session:
        elder = await session.get_one(Elder, elder_id)
        form = as_spoken(form_of_address(elder.name, elder.sex, elder.birth_date, clock.today("Asia/Shanghai")))
    async with centre.database.transaction() as session:
        assert form and await list_names(session) == [form], "what the worker is to render"
    phrases = speech.phrases()
    phrases.folder.mkdir()
    sound.write_wav(phrases.path(phrases.name(form)), sound.tone(440, 1.2))
    await swept(centre)
    phone = centre.telephone(ALONE)
    await phone.rings()
    await phone.picks_up()
    await phone.is_told("follow_up_choose")
    assert phone.was_told()[:2] == [phrases.name(form), "follow_up_greeting"]
    steps = await centre.rows("SELECT data FROM dialog_events WHERE kind = 'step'")
    assert form not in str(steps) and elder.name not in str(steps)


async def test_a_bad_rating_brings_an_agent_and_opens_a_complaint(centre: House) -> None:
    await finished_jobs(centre, 2)
    agent = await centre.agent("agent2")  # after the hours that the jobs took
    await swept(centre)
    phone = centre.telephone(ALONE)
    await phone.rings()
    await phone.picks_up()
    await phone.is_told("follow_up_choose")
    phone.keys("2")
    call = await agent.picks_up()
    (plan,) = await centre.rows("SELECT * FROM call_plans WHERE rating = 2")
    (complaint,) = await centre.rows("SELECT * FROM complaints")
    assert (complaint.state, complaint.source, complaint.rating, complaint.case_id) == ("opened", "rating", 2, plan.case_id)
    assert complaint.store_id is not None and complaint.order_id == plan.order_id
    assert call["case_id"] == str(plan.case_id), "the agent sees the case that it is about"
    assert timedelta(0) < complaint.acknowledge_by - complaint.opened_at <= timedelta(hours=1)
    kinds = {row.kind for row in await centre.rows("SELECT kind FROM case_entries WHERE case_id = :c", c=plan.case_id)}
    assert {"follow_up_planned", "follow_up_done", "complaint_opened"} <= kinds


async def test_three_attempts_with_growing_gaps_then_the_list_of_people(centre: House) -> None:
    await asked(centre)
    phone = centre.telephone(ALONE)
    for attempt, shift in ((1, 46), (2, 3 * 60 + 1)):
        await phone.rings()
        await phone.declines()
        (plan,) = await centre.until_rows("SELECT due_at, attempts FROM call_plans WHERE way = 'keys' AND state = 'due'")
        assert plan.attempts == attempt
        await swept(centre)
        assert len(await centre.rows("SELECT 1 FROM call_attempts")) == attempt, "not before its time"
        clock.shift(timedelta(minutes=shift))
        await swept(centre)
        phone = centre.telephone((await centre.rows("SELECT number FROM dialog_calls ORDER BY requested_at DESC LIMIT 1"))[0].number)
    await phone.rings()
    await phone.declines()
    (plan,) = await centre.until_rows("SELECT * FROM call_plans WHERE way = 'keys' AND state IN ('by_person', 'messaged')")
    assert plan.attempts == 3 and plan.rating is None


async def test_a_mailbox_is_not_a_rating(centre: House) -> None:
    await asked(centre)
    phone = centre.telephone(ALONE)
    await phone.rings()
    await phone.picks_up()
    await phone.is_told("dialog_silence")
    (plan,) = await centre.until_rows("SELECT * FROM call_plans WHERE way = 'keys' AND state = 'due'")
    assert (plan.rating, plan.result) == (None, None)
    (attempt,) = await centre.rows("SELECT state FROM call_attempts")
    assert attempt.state == "silent"


async def test_who_has_died_is_never_called_and_who_is_in_hospital_not_now(centre: House) -> None:
    elder_id = await elder_of(centre)
    await finished_jobs(centre, 2)
    async with centre.owner.transaction() as session:
        await set_presence(session, system("test"), elder_id, ElderPresence(presence=Presence.IN_HOSPITAL))
    try:
        await swept(centre)
        (plan,) = await centre.rows("SELECT due_at, state FROM call_plans WHERE way = 'keys'")
        assert plan.state == "due" and plan.due_at > clock.now() + timedelta(minutes=30)
        assert not await centre.rows("SELECT 1 FROM dialog_calls")
    finally:
        async with centre.owner.transaction() as session:
            await set_presence(session, system("test"), elder_id, ElderPresence(presence=Presence.HOME))


async def test_a_number_that_a_program_never_dials(centre: House) -> None:
    await finished_jobs(centre, 2)
    elder_id = await elder_of(centre)
    async with centre.owner.transaction() as session:
        kept = {row.id: row.e164 for row in await session.scalars(select(ElderNumber).where(ElderNumber.elder_id == elder_id))}
        for number, wrong in zip(kept, ("120", "110", "119"), strict=False):
            (await session.get_one(ElderNumber, number)).e164 = wrong
    try:
        await swept(centre)
        (plan,) = await centre.rows("SELECT state, drop_reason FROM call_plans WHERE way = 'keys'")
        assert (plan.state, plan.drop_reason) == ("dropped", "emergency_number")
        assert not await centre.rows("SELECT 1 FROM dialog_calls")
        assert await centre.rows("SELECT 1 FROM audit WHERE verb = 'call_plan:dropped'")
    finally:
        async with centre.owner.transaction() as session:
            for number, right in kept.items():
                (await session.get_one(ElderNumber, number)).e164 = right


async def test_voice_dies_while_it_rings_and_she_is_called_once(centre: House) -> None:
    await asked(centre)
    phone = centre.telephone(ALONE)
    await phone.rings()
    await centre.kill_voice()
    await centre.start_voice()
    await phone.picks_up()
    await phone.is_told("follow_up_choose")
    phone.keys("4")
    await centre.until_rows("SELECT 1 FROM call_plans WHERE rating = 4")
    await swept(centre)
    assert len(await centre.rows("SELECT 1 FROM dialog_calls")) == 1
