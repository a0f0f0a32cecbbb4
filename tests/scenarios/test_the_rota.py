"""Whose telephone rings when no agent answers follows the hour."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from callcenter.kit import clock
from tests.house import AgentAtWork, House, until

ZONE = ZoneInfo("Asia/Shanghai")
DAY, NIGHT, ALWAYS = "+8613700017901", "+8613700017903", "+8613700017999"
ALONE = "07103456789"


@pytest.fixture
def shared_clock() -> Iterator[None]:
    yield
    clock.reset()


def until_border(hour: int) -> timedelta:
    """How long from now to the next time the centre's clocks show this hour."""
    now = clock.now().astimezone(ZONE)
    border = now.replace(hour=hour, minute=0, second=0, microsecond=0)
    return (border if border > now else border + timedelta(days=1)) - now


async def a_rota(boss: AgentAtWork) -> None:
    shifts = []
    for name, number, starts, ends in (("白班", DAY, "08:00", "20:00"), ("夜班", NIGHT, "20:00", "08:00")):
        person = await boss.post("/api/duty/people", {"name": name, "number": number})
        shifts.append(
            {
                "id": str(uuid.uuid4()),
                "person_id": person["id"],
                "level": "supervisor",
                "weekdays": list(range(7)),
                "starts": starts,
                "ends": ends,
            }
        )
    answer = await boss.http.put("/api/duty/rota", json={"version": 0, "shifts": shifts, "exceptions": []})
    assert answer.status_code == 200, answer.text
    await boss.post("/api/duty/telephones", {"number": ALWAYS, "label": "主任"})


async def test_the_next_sos_after_the_border_rings_the_next_on_duty(house: House, shared_clock: None) -> None:
    clock.shift(until_border(19) + timedelta(minutes=59, seconds=-5))  # 19:58:55
    boss = house.visitor("supervisor1")
    await boss.sign_in()
    await a_rota(boss)
    assert house.engine is not None
    await until(lambda: house.sim.fallback[1] == [DAY, ALWAYS], why="the PBX knows who is on by day, then the plain list")
    assert [turn["name"] for turn in (await boss.get("/api/duty/now"))["now"]] == ["白班"]

    first = house.elder(ALONE).press_sos()
    await until(lambda: DAY in house.sim.ringing(), why="the day's telephone rings")
    assert NIGHT not in house.sim.ringing()
    first.hangs_up()
    await until(lambda: DAY not in house.sim.ringing(), why="it stops")

    clock.shift(timedelta(minutes=2))  # past 20:00
    await until(lambda: house.sim.fallback[1] == [NIGHT, ALWAYS], why="the PBX knows who is on at night")
    shown = await boss.get("/api/duty/now")
    assert ([t["name"] for t in shown["now"]], [t["name"] for t in shown["next"]]) == (["夜班"], ["白班"])
    assert datetime.fromisoformat(shown["now"][0]["ends_at"]).astimezone(ZONE).hour == 8
    elder = house.elder(ALONE).press_sos()
    await until(lambda: NIGHT in house.sim.ringing(), why="the night's telephone rings")
    assert DAY not in house.sim.ringing()
    house.sim.pick_up(NIGHT)
    await elder.talks()


async def test_the_plain_list_is_rung_when_who_is_on_duty_does_not_answer(house: House, shared_clock: None) -> None:
    clock.shift(until_border(12))
    boss = house.visitor("supervisor1")
    await boss.sign_in()
    await boss.open_console()  # somebody is there, so the call is not given to the PBX
    await a_rota(boss)
    await until(lambda: house.sim.fallback[1] == [DAY, ALWAYS])
    house.elder(ALONE).press_sos()
    await until(lambda: DAY in house.sim.ringing())
    await until(lambda: ALWAYS in house.sim.ringing(), why="after the one on duty the last resort")
    assert DAY not in house.sim.ringing()


async def test_a_call_that_waits_over_the_border_is_offered_to_the_new_ones(house: House, shared_clock: None) -> None:
    clock.shift(until_border(19) + timedelta(minutes=59))
    boss = house.visitor("supervisor1")
    await boss.sign_in()
    await boss.open_console()
    await a_rota(boss)
    await until(lambda: house.sim.fallback[1] == [DAY, ALWAYS])
    house.elder(ALONE).press_sos()
    await until(lambda: DAY in house.sim.ringing())
    await house.rows("UPDATE duty_people SET active = active RETURNING id")  # nothing that voice looks at
    clock.shift(timedelta(minutes=1, seconds=1))
    await until(lambda: NIGHT in house.sim.ringing(), why="the one who has come on duty is rung for it")


async def test_another_number_is_rung_within_a_second_or_two(house: House, shared_clock: None) -> None:
    clock.shift(until_border(12))
    boss = house.visitor("supervisor1")
    await boss.sign_in()
    await a_rota(boss)
    await until(lambda: house.sim.fallback[1] == [DAY, ALWAYS])
    person = next(p for p in await boss.get("/api/duty/people") if p["name"] == "白班")
    answer = await boss.http.put(
        f"/api/duty/people/{person['id']}", json={"version": 1, "name": "白班", "number": "13700017955", "active": True}
    )
    assert answer.status_code == 200, answer.text
    await until(lambda: house.sim.fallback[1] == ["+8613700017955", ALWAYS], patience=3)
