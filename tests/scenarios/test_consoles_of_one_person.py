"""One person, one console: tabs of one sign-in live side by side, a second sign-in takes over with a word."""

from __future__ import annotations

from callcenter.console.hub import REPLACED
from tests.house import AgentAtWork, House, until

WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36"


def hello_of(agent: AgentAtWork) -> dict[str, object]:
    return next(message for message in agent.console.seen if message["type"] == "hello")


async def second_sign_in(house: House, username: str = "agent1", url: str = "") -> AgentAtWork:
    there = house.visitor(username, url)
    await there.sign_in()
    await there.open_console()
    return there


async def test_a_second_sign_in_takes_over_with_a_word(house: House) -> None:
    here = house.visitor("agent1")
    here.http.headers["User-Agent"] = WINDOWS
    await here.goes_on_duty()
    assert hello_of(here)["took_over"] is None
    there = await second_sign_in(house)
    await until(lambda: here.close_code, why="the first console makes way")
    assert here.close_code == REPLACED
    took_over = hello_of(there)["took_over"]
    assert isinstance(took_over, dict) and took_over["browser"] == WINDOWS
    assert there.close_code == 0
    (row,) = await house.rows("SELECT actor_name FROM audit WHERE verb = 'console:taken_over'")
    assert row.actor_name == "陈静"


async def test_who_was_replaced_may_take_it_back(house: House) -> None:
    here = await house.agent("agent1")
    there = await second_sign_in(house)
    await until(lambda: here.close_code, why="the first console makes way")
    await here.close_console()
    await here.open_console()  # its session still lives: "continue here"
    await until(lambda: there.close_code, why="the second console makes way")
    assert there.close_code == REPLACED and here.close_code == 0


async def test_tabs_of_one_sign_in_live_side_by_side(house: House) -> None:
    agent = await house.agent("agent1")
    tab = house.visitor("agent1")
    tab.http.cookies, tab.me = agent.http.cookies, agent.me
    await tab.open_console()
    house.elder("07103456789").press_sos()
    for console in (agent, tab):
        await console.sees_call(state="offered")
        assert console.close_code == 0
    assert hello_of(tab)["took_over"] is None


async def test_another_person_is_left_alone(house: House) -> None:
    here = await house.agent("agent1")
    await second_sign_in(house, "agent2")
    house.elder("07103456789").press_sos()
    await here.sees_call(state="offered")
    assert here.close_code == 0


async def test_it_takes_over_from_another_process_too(house: House) -> None:
    async with house.another_api() as url:
        here = await house.agent("agent1")
        there = await second_sign_in(house, url=url)
        assert hello_of(there)["took_over"] is not None
        await until(lambda: here.close_code, why="the console at the other api makes way at its next mark of life")
        assert here.close_code == REPLACED and there.close_code == 0
        await there.close_console()


async def test_who_signed_out_is_not_taken_over_from(house: House) -> None:
    here = await house.agent("agent1")
    await here.post("/api/auth/sign-out", status=204)
    there = await second_sign_in(house)
    assert hello_of(there)["took_over"] is None
