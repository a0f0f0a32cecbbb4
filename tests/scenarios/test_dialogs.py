"""A program rings a store, and answers the job line: keys, silence, ends, agents who take over, voice killed at every stage."""

from __future__ import annotations

import asyncio
import uuid
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from callcenter.calls.dialogs.actions import call_party, cancel_dialog, request_dialog
from callcenter.calls.dialogs.states import DialogState
from callcenter.kit import clock
from callcenter.kit.errors import Invalid
from tests.house import JOB, House, until
from tests.scripted_dialogs import CODE, DIALOGS, make_table

STORE, OTHER = "+8613800001111", "+8613800002222"
ALONE, ALONE_E164, COUPLE, UNKNOWN = "07103456789", "+867103456789", "07103452468", "07103459876"


@pytest_asyncio.fixture
async def centre(house: House) -> House:
    """The house with two dialogs, which write down what they hear."""
    await make_table(house.owner)
    await house.voice_anew(DIALOGS)
    return house


async def ask(house: House, number: str = STORE, *, key: str = "", due: float = 0, within: float = 60, ring: float = 30) -> uuid.UUID:
    now = clock.now()
    async with house.database.transaction() as session:
        return await request_dialog(
            session, kind="offer", subject_id=uuid.UUID(int=7), number=number, due_at=now + timedelta(seconds=due),
            deadline_at=now + timedelta(seconds=within), dedupe_key=key or str(uuid.uuid4()), ring_seconds=ring,
        )  # fmt: skip


async def heard(house: House, dialog_id: uuid.UUID | None = None) -> list[str]:
    """What the handlers were told, in order."""
    where = "WHERE dialog_id = :id" if dialog_id else ""
    return [
        row.what
        for row in await house.rows(f"SELECT what FROM dialog_test {where} ORDER BY id", **({"id": dialog_id} if dialog_id else {}))
    ]


async def until_state(house: House, dialog_id: uuid.UUID, state: DialogState) -> Any:
    (row,) = await house.until_rows("SELECT * FROM dialog_calls WHERE id = :id AND state = :state", id=dialog_id, state=state)
    return row


# --- a program rings ------------------------------------------------------------------------------------------------------------


async def test_a_store_accepts_by_a_key(centre: House) -> None:
    dialog_id = await ask(centre)
    store = await centre.telephone(STORE).picks_up()
    await store.is_told("offer_choose")
    store.keys("1")
    await store.is_told("offer_accepted")
    row = await until_state(centre, dialog_id, DialogState.DONE)  # written before it was said
    assert (row.outcome, row.keys, row.inbound) == ("accepted", "1", False)
    await until(store.is_over, why="the line is cleared after the last word")
    assert await heard(centre) == ["begin", "key 1", "ended finished"]
    assert store.was_told() == ["offer_greeting", "offer_choose", "offer_accepted"]
    (call,) = await centre.until_rows("SELECT * FROM calls WHERE state = 'ended'")
    assert (call.kind, call.end_reason, call.case_id) == ("automatic", "finished", None)
    trail = [e.kind for e in await centre.rows("SELECT kind FROM dialog_events ORDER BY id")]
    assert trail == ["requested", "ringing", "answered", "step", "keys", "step", "ended"]
    (leg,) = await centre.rows("SELECT state, number FROM call_legs")
    assert (leg.state, leg.number) == ("ended", STORE)
    hotline = next(args[2] for name, args in centre.sim.commands if name == "ring")
    assert hotline and hotline != STORE


async def test_again_a_wrong_key_and_silence(centre: House) -> None:
    await ask(centre)
    store = await centre.telephone(STORE).picks_up()
    await store.is_told("offer_choose")
    store.keys("*")
    await store.is_told("offer_choose", times=2)
    store.keys("5")  # no answer to this
    await store.is_told("offer_choose", times=3)
    assert "error_tone" in store.was_told()
    await store.is_told("dialog_silence")
    assert store.was_told().count("offer_choose") == 4  # said twice into the silence
    await centre.until_rows("SELECT 1 FROM dialog_calls WHERE outcome = 'silent' AND state = 'done'")
    assert await heard(centre) == ["begin", "silence", "ended finished"]


async def test_a_key_stops_the_sentence(centre: House) -> None:
    centre.sim.prompt_seconds = 5
    await ask(centre)
    store = await centre.telephone(STORE).picks_up()
    await store.is_told("offer_choose")
    store.keys("2")
    await store.is_told("offer_declined")
    assert "prompt:offer_greeting" not in store.hears()
    assert "beep" in centre.sim.told[store.channel]


async def test_nobody_busy_hung_up(centre: House) -> None:
    silent = await ask(centre, ring=5)
    await centre.telephone(STORE).declines()
    assert (await until_state(centre, silent, DialogState.BUSY)).outcome == "busy"
    gone = await ask(centre)
    store = await centre.telephone(STORE).picks_up()
    await store.is_told("offer_choose")
    store.hangs_up()
    assert (await until_state(centre, gone, DialogState.DONE)).outcome == "hung_up"
    centre.sim.unreachable_numbers.add(OTHER)
    away = await ask(centre, OTHER)
    await until_state(centre, away, DialogState.FAILED)
    nobody = await ask(centre, ring=5)
    await centre.telephone(STORE).rings()
    await until_state(centre, nobody, DialogState.NO_ANSWER)
    assert [await heard(centre, d) for d in (silent, gone, away, nobody)] == [
        ["ended busy"], ["begin", "ended hung_up"], ["ended failed"], ["ended no_answer"],
    ]  # fmt: skip


async def test_a_handler_that_fails_writes_nothing_and_says_sorry(centre: House) -> None:
    dialog_id = await ask(centre)
    store = await centre.telephone(STORE).picks_up()
    await store.is_told("offer_choose")
    store.keys("7")
    await store.is_told("dialog_sorry")
    await until(store.is_over)
    await until_state(centre, dialog_id, DialogState.FAILED)
    assert await heard(centre) == ["begin", "ended failed"]


async def test_the_same_request_twice_is_one_call(centre: House) -> None:
    one, same = await asyncio.gather(ask(centre, key="offer:1", due=0.2), ask(centre, key="offer:1", due=0.2))
    assert one == same
    await centre.telephone(STORE).rings()
    await asyncio.sleep(1.2)
    assert centre.sim.ringing() == [STORE]


@pytest.mark.parametrize("number", ["110", "120", "12", "no number"])
async def test_what_no_program_rings(centre: House, number: str) -> None:
    with pytest.raises(Invalid):
        await ask(centre, number)
    assert not await centre.rows("SELECT 1 FROM dialog_calls")


async def test_too_late_is_not_rung(centre: House) -> None:
    await centre.stop_voice()
    dialog_id = await ask(centre, within=0.3)
    await asyncio.sleep(0.4)
    await centre.start_voice()
    await until_state(centre, dialog_id, DialogState.EXPIRED)
    assert await heard(centre) == ["ended expired"] and not centre.sim.ringing()


async def test_cancelled_before_and_while_it_rings(centre: House) -> None:
    later = await ask(centre, due=30)
    async with centre.database.transaction() as session:
        assert await cancel_dialog(session, later) == DialogState.CANCELLED
    rings = await ask(centre)
    store = centre.telephone(STORE)
    await store.rings()
    async with centre.database.transaction() as session:
        assert await cancel_dialog(session, rings) == DialogState.RINGING
    await until(lambda: not store.is_rung(), why="it stops")
    await until_state(centre, rings, DialogState.CANCELLED)
    assert await heard(centre) == ["ended cancelled"]
    async with centre.database.transaction() as session:
        assert await cancel_dialog(session, rings) == DialogState.CANCELLED


async def test_a_bounded_number_and_none_while_somebody_waits(centre: House) -> None:
    elder = centre.elder(ALONE).press_service()
    await centre.until_rows("SELECT 1 FROM calls WHERE state = 'queued'")
    numbers = [f"+861380000{n:04}" for n in range(7)]
    for number in numbers:
        await ask(centre, number)
    await asyncio.sleep(1.3)
    assert not centre.sim.ringing()  # a caller waits for a person: she goes before
    elder.hangs_up()
    await until(lambda: len(centre.sim.ringing()) == 5, why="five ring")
    await asyncio.sleep(1.2)
    assert centre.sim.ringing() == numbers[:5]
    centre.sim.decline(numbers[0])
    await until(lambda: numbers[5] in centre.sim.ringing(), why="the next one in turn")


async def test_who_was_rung_wants_a_person(centre: House) -> None:
    agent = await centre.agent("agent1")
    await ask(centre)
    store = await centre.telephone(STORE).picks_up()
    await store.is_told("offer_choose")
    store.keys("9")
    call = await agent.picks_up()
    assert call["kind"] == "automatic"
    await store.talks()
    (case,) = await centre.rows("SELECT caller_key, severity FROM cases")
    assert (case.caller_key, case.severity) == (STORE, "N1")
    store.hangs_up()
    await agent.is_("wrap_up")
    assert not await centre.rows("SELECT 1 FROM call_legs WHERE state <> 'ended'")
    assert await heard(centre) == ["begin", "key 9", "ended handed_on"]


# --- the job line -----------------------------------------------------------------------------------------------------------------


async def test_a_worker_checks_in_from_the_elders_telephone(centre: House) -> None:
    agent = await centre.agent("agent1")
    worker = centre.elder(ALONE).calls(JOB)
    await worker.is_told("job_enter_code")
    worker.keys("1234#")
    await worker.is_told("job_code_wrong")
    worker.keys(CODE)  # without #: a pause says the same
    await worker.is_told("job_checked_in")
    await until(worker.is_over)
    assert await heard(centre) == ["begin", "key 1234", f"key {CODE}", "ended finished"]
    (row,) = await centre.rows("SELECT * FROM dialog_calls")
    assert (row.inbound, row.number, row.outcome, row.keys) == (True, ALONE_E164, "checked_in", f"1234 {CODE}")
    assert len(row.elder_ids) == 1
    (call,) = await centre.until_rows("SELECT * FROM calls WHERE state = 'ended'")
    assert (call.kind, call.case_id, call.end_reason, call.answered_at) == ("job", None, "finished", None)
    assert not await centre.rows("SELECT 1 FROM cases") and not agent.is_rung()
    assert not agent.console.calls


async def test_a_couples_number_is_both(centre: House) -> None:
    centre.elder(COUPLE).calls(JOB)
    (row,) = await centre.until_rows("SELECT elder_ids FROM dialog_calls")
    assert len(row.elder_ids) == 2


@pytest.mark.parametrize("how", ["0", "silence", "fails"])
async def test_a_lost_elder_on_the_job_line_reaches_a_person(centre: House, how: str) -> None:
    agent = await centre.agent("agent1")
    if how == "fails":
        async with centre.owner.transaction() as session:
            await session.execute(text("DROP TABLE dialog_test"))
    elder = centre.elder(ALONE).calls(JOB)
    if how != "fails":
        await elder.is_told("job_enter_code")
    if how == "0":
        elder.keys("0")
    call = await agent.picks_up()
    await elder.talks()
    assert call["kind"] == "job" and call["pop"]["elder"]
    (case,) = await centre.rows("SELECT elder_id, is_sos FROM cases")
    assert case.elder_id is not None and not case.is_sos
    if how == "silence":
        assert elder.was_told().count("job_enter_code") == 2
    elder.hangs_up()
    await agent.is_("wrap_up")


async def test_handed_on_and_nobody_takes_it_leaves_a_call_back(centre: House) -> None:
    elder = centre.elder(ALONE).calls(JOB)
    await elder.is_told("job_enter_code")
    elder.keys("0")
    await centre.until_rows("SELECT 1 FROM calls WHERE state = 'queued' AND case_id IS NOT NULL")
    elder.hangs_up()
    (task,) = await centre.until_rows("SELECT number FROM case_tasks")
    assert task.number == ALONE_E164


async def test_no_handler_means_agents(house: House) -> None:
    agent = await house.agent("agent1")
    elder = house.elder(ALONE).calls(JOB)
    await agent.picks_up()
    await elder.talks()


# --- two parties ------------------------------------------------------------------------------------------------------------------


async def a_case(house: House) -> uuid.UUID:
    elder = house.elder(ALONE).press_service()
    (row,) = await house.until_rows("SELECT id FROM cases")
    elder.hangs_up()
    await house.until_rows("SELECT 1 FROM calls WHERE state = 'abandoned'")
    return uuid.UUID(str(row.id))


async def connect(house: House, case_id: uuid.UUID | None = None) -> uuid.UUID:
    async with house.database.transaction() as session:
        return await call_party(
            session, first_number=STORE, then_number=ALONE_E164, deadline_at=clock.now() + timedelta(seconds=30),
            dedupe_key=str(uuid.uuid4()), case_id=case_id,
        )  # fmt: skip


async def test_two_are_joined_and_neither_sees_the_others_number(centre: House) -> None:
    case_id = await a_case(centre)
    dialog_id = await connect(centre, case_id)
    store = await centre.telephone(STORE).picks_up()
    await store.is_told("connect_wait")
    await until(lambda: "ringing" in store.hears(), why="ringing after the sentence")
    elder = await centre.telephone(ALONE_E164).picks_up()
    await store.talks()
    await elder.talks()
    await until_state(centre, dialog_id, DialogState.TALKING)
    hotline = centre.engine.core.centre.text("hotline") if centre.engine else ""
    assert {centre.sim.channels[t.channel].caller for t in (store, elder)} == {hotline}
    elder.hangs_up()
    await until(store.is_over, why="the other side is cleared too")
    row = await until_state(centre, dialog_id, DialogState.DONE)
    assert row.outcome == "hung_up"
    kinds = [e.kind for e in await centre.rows("SELECT kind FROM case_entries WHERE kind LIKE 'parties%' ORDER BY at, id")]
    assert kinds == ["parties_joined", "parties_parted"]
    legs = await centre.rows("SELECT number, state, answered_at FROM call_legs")
    assert {(leg.number, leg.state) for leg in legs} == {(STORE, "ended"), (ALONE_E164, "ended")} and all(leg.answered_at for leg in legs)
    assert not centre.sim.bridges


async def test_the_second_does_not_answer(centre: House) -> None:
    dialog_id = await connect(centre, await a_case(centre))
    store = await centre.telephone(STORE).picks_up()
    await centre.telephone(ALONE_E164).declines()
    await store.is_told("connect_nobody")
    await until(store.is_over)
    assert (await until_state(centre, dialog_id, DialogState.BUSY)).outcome == "busy"
    assert len(await centre.rows("SELECT 1 FROM case_entries WHERE kind = 'parties_not_joined'")) == 1


async def test_the_first_gives_up_while_the_second_rings(centre: House) -> None:
    dialog_id = await connect(centre)
    store = await centre.telephone(STORE).picks_up()
    elder = centre.telephone(ALONE_E164)
    await elder.rings()
    store.hangs_up()
    await until(lambda: not elder.is_rung(), why="it stops ringing")
    await until_state(centre, dialog_id, DialogState.DONE)


# --- voice dies -------------------------------------------------------------------------------------------------------------------


async def test_killed_while_it_rings_and_somebody_picks_up_meanwhile(centre: House) -> None:
    dialog_id = await ask(centre)
    store = centre.telephone(STORE)
    await store.rings()
    await centre.kill_voice()
    await store.picks_up()
    await centre.start_voice()
    await store.is_told("offer_choose")
    store.keys("1")
    await store.is_told("offer_accepted")
    await until_state(centre, dialog_id, DialogState.DONE)
    assert await heard(centre) == ["begin", "key 1", "ended finished"]


async def test_killed_while_it_talks_the_last_step_is_said_again(centre: House) -> None:
    await ask(centre)
    store = await centre.telephone(STORE).picks_up()
    await store.is_told("offer_choose")
    await centre.kill_voice()
    await centre.start_voice()
    await store.is_told("offer_choose", times=2)
    store.keys("1")
    await store.is_told("offer_accepted")
    assert await heard(centre) == ["begin", "key 1", "ended finished"]


async def test_killed_and_the_line_is_gone_is_told_once(centre: House) -> None:
    talked, rang = await ask(centre), await ask(centre, OTHER)
    store, other = await centre.telephone(STORE).picks_up(), centre.telephone(OTHER)
    await store.is_told("offer_choose")
    await other.rings()
    await centre.kill_voice()
    store.hangs_up()
    await other.declines()
    for _ in range(2):
        await centre.start_voice()
        for dialog_id in (talked, rang):
            assert (await until_state(centre, dialog_id, DialogState.FAILED)).outcome == "interrupted"
        await asyncio.sleep(1.2)
        await centre.stop_voice()
    assert await heard(centre, talked) == ["begin", "ended interrupted"]
    assert await heard(centre, rang) == ["ended interrupted"]
    assert not await centre.rows("SELECT 1 FROM calls WHERE state <> 'ended'")


async def test_killed_on_the_job_line_the_worker_goes_on(centre: House) -> None:
    worker = centre.elder(ALONE).calls(JOB)
    await worker.is_told("job_enter_code")
    await centre.kill_voice()
    await centre.start_voice()
    await worker.is_told("job_enter_code", times=2)
    worker.keys(f"{CODE}#")
    await worker.is_told("job_checked_in")
    assert await heard(centre) == ["begin", f"key {CODE}", "ended finished"]


async def test_dead_for_longer_than_the_guard_the_job_lines_caller_reaches_an_agent(centre: House) -> None:
    agent = await centre.agent("agent1")
    await until(lambda: centre.sim.fallback[0] == [agent.account], why="the PBX knows the agent's telephone")
    worker = centre.elder(ALONE).calls(JOB)
    await worker.is_told("job_enter_code")
    await worker.hears_no_prompt()
    await asyncio.sleep(0.1)  # the guard counts from the sentence's end
    await centre.kill_voice()
    await until(agent.is_rung, why="the guard runs out and the dialplan rings the agent")
    centre.sim.pick_up(agent.account)
    await worker.talks()
    await centre.start_voice()
    await centre.until_rows("SELECT 1 FROM cases WHERE elder_id IS NOT NULL")
    worker.hangs_up()
    await centre.until_rows("SELECT 1 FROM calls WHERE state = 'ended' AND end_reason = 'fallback_answered'")
    assert await heard(centre) == ["begin", "ended interrupted"]


async def test_killed_and_the_worker_hangs_up_nobody_is_called_back(centre: House) -> None:
    worker = centre.elder(ALONE).calls(JOB)
    await worker.is_told("job_enter_code")
    await centre.kill_voice()
    worker.hangs_up()
    await centre.start_voice()
    (call,) = await centre.until_rows("SELECT end_reason, case_id FROM calls WHERE state = 'ended'")
    assert (call.end_reason, call.case_id) == ("hung_up", None)
    assert not await centre.rows("SELECT 1 FROM case_tasks")
    assert await heard(centre) == ["begin", "ended interrupted"]


async def test_without_voice_the_job_line_is_carried_like_any_press(centre: House) -> None:
    await centre.stop_voice()
    worker = centre.elder(UNKNOWN).calls(JOB)
    await asyncio.sleep(0.8)
    worker.hangs_up()
    await centre.start_voice()
    await centre.until_rows("SELECT 1 FROM case_tasks WHERE number = '+867103459876'")
    (call,) = await centre.rows("SELECT kind, state FROM calls")
    assert (call.kind, call.state) == ("job", "abandoned")


async def test_two_who_talk_do_not_notice_that_voice_was_killed(centre: House) -> None:
    dialog_id = await connect(centre)
    store = await centre.telephone(STORE).picks_up()
    elder = await centre.telephone(ALONE_E164).picks_up()
    await store.talks()
    await until_state(centre, dialog_id, DialogState.TALKING)
    await centre.kill_voice()
    await store.talks()
    await centre.start_voice()
    await elder.talks()
    await centre.until_rows("SELECT 1 FROM call_events WHERE kind = 'taken_up'")
    store.hangs_up()
    await until(elder.is_over)
    await until_state(centre, dialog_id, DialogState.DONE)
