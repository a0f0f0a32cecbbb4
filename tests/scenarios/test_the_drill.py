"""`callcenter drill`: the whole loop on the house as it runs, each step measured, nothing left of it (docs/decisions.md, "The drill")."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from callcenter.accounts.actor import system
from callcenter.calls.duty.models import DutyPerson, DutyShift
from callcenter.calls.duty.rules import Level
from callcenter.centre.actions import change_setting
from callcenter.drill.daily import drill_daily, write_down
from callcenter.drill.steps import Step, run_drill
from callcenter.kit import clock
from callcenter.kit.ids import new_id
from tests.house import PATIENCE, House

LEFT = " UNION ALL ".join(
    f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {table})"
    for table in (
        "calls", "cases", "emergencies", "orders", "offers", "bills", "call_plans", "messages", "ledger_postings", "stores", "points_members",
        "dialog_calls", "carrier_marks",
    )
)  # fmt: skip
SLOW = 60.0


async def test_all_steps_pass_and_nothing_is_left(house: House) -> None:
    agent = await house.agent("agent1")
    house.sim.timings = house.sim.timings.model_copy(update={"claim": PATIENCE})
    await house.voice_anew(claim=PATIENCE)
    before, elders = await house.rows(LEFT), await house.rows("SELECT count(*) FROM elders")
    steps = await run_drill(house.database, house.settings)
    assert [(step.name, step.ok) for step in steps] == [
        ("press", True), ("alarm", True), ("job", True), ("follow-up", True), ("nothing left", True),
    ], [step.line(SLOW) for step in steps]  # fmt: skip
    assert await house.rows(LEFT) == before and await house.rows("SELECT count(*) FROM elders") == elders
    assert not house.sim.ringing() and not agent.console.calls and not agent.console.cases and not agent.console.emergencies


async def test_without_voice_it_says_so_and_tells_who_is_on_duty(house: House) -> None:
    async with house.owner.transaction() as session:
        person = DutyPerson(id=new_id(), name="马文斌", number="+8613700017903")
        session.add(person)
        await session.flush()
        whole_day = {"weekdays": list(range(7)), "starts": 0, "ends": 0}
        session.add(DutyShift(id=new_id(), person_id=person.id, level=Level.TECHNICAL, region_id=None, **whole_day))
    steps = [
        Step("press", 0.1, "failed: no voice took it: is voice up?", False),
        Step("job", 9.0, "billed", True),
        Step("alarm", 0.1, "", True),
    ]
    async with house.database.transaction() as session:
        assert not await write_down(session, house.settings, steps)
    assert [row.template for row in await house.rows("SELECT template FROM messages")] == ["drill_bad"]
    [told] = await house.rows("SELECT details FROM audit WHERE verb = 'drill:done'")
    assert told.details == {"ok": False, "press": "failed", "job": "9.00", "alarm": "0.10"}


async def test_once_a_day_at_its_hour(house: House) -> None:
    settings = house.settings
    assert await drill_daily(house.database, settings) is None, "never, unless a centre sets an hour"
    await set_hour(house, (this_hour(house) + 12) % 24)
    assert await drill_daily(house.database, settings) is None
    steps = None
    while steps is None:  # at the full hour it is another one
        hour = this_hour(house)
        await set_hour(house, hour)
        steps = await drill_daily(house.database, settings)
        assert steps is not None or this_hour(house) != hour
    await set_hour(house, this_hour(house))
    assert await drill_daily(house.database, settings) is None
    assert len(await house.rows("SELECT 1 FROM audit WHERE verb = 'drill:done'")) == 1


def this_hour(house: House) -> int:
    return clock.now().astimezone(ZoneInfo(house.settings.timezone)).hour


async def set_hour(house: House, hour: int) -> None:
    async with house.database.transaction() as session:
        await change_setting(session, system("test"), house.settings, key="drill_hour", value=hour, reason="test")


def test_a_line_says_how_it_went() -> None:
    assert Step("job", 0.5, "billed", True).line(5) == "✓ job: billed (0.50 s)"
    assert Step("job", 7, "billed", True).line(5) == "✗ job: billed (7.00 s, slower than 5 s)"
    assert Step("press", 1, "failed: no voice", False).line(5) == "✗ press: failed: no voice (1.00 s)"
