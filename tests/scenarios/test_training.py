"""The training telephone: open where all people are invented, behind sign-in where they may be real, nowhere in production."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from callcenter.dispatch.stores.models import StoreState
from tests.house import JOB, SERVICE, SOS, House, house_settings, open_house
from tests.stores import make_store


@pytest_asyncio.fixture
async def house_in(request: pytest.FixtureRequest, house_owner_url: str, house_app_url: str, tmp_path: Path) -> AsyncIterator[House]:
    settings = house_settings(house_app_url, tmp_path).model_copy(update={"mode": request.param})
    async with open_house(settings, house_owner_url) as opened:
        yield opened


async def asks(client: httpx.AsyncClient) -> list[tuple[int, str]]:
    answers = [await client.get(f"/api/training/{what}") for what in ("elders", "stores")]
    answers.append(await client.post("/api/training/phone", json={"number": "07103456789"}))
    return [(a.status_code, "" if a.is_success else a.json()["error"]["code"]) for a in answers]


@pytest.mark.parametrize(
    "house_in,outcome",
    [("demo", (200, "")), ("test", (200, "")), ("training", (401, "not_signed_in")), ("production", (404, "not_found"))],
    indirect=["house_in"],
)
async def test_for_whoever_has_not_signed_in(house_in: House, outcome: tuple[int, str]) -> None:
    async with httpx.AsyncClient(base_url=house_in.url) as stranger:
        assert await asks(stranger) == [outcome] * 3


@pytest.mark.parametrize("house_in", ["training"], indirect=True)
async def test_in_training_whoever_has_signed_in_may_play_an_elder(house_in: House) -> None:
    for username in ("agent1", "supervisor1", "admin1"):
        person = house_in.visitor(username)
        await person.sign_in()
        assert await asks(person.http) == [(200, "")] * 3
    del person.http.headers["X-CSRF-Token"]
    assert await asks(person.http) == [(200, "")] * 2 + [(403, "csrf")]


@pytest.mark.parametrize("house_in", ["production"], indirect=True)
async def test_in_production_not_even_for_an_admin(house_in: House) -> None:
    person = house_in.visitor("admin1")
    await person.sign_in()
    assert await asks(person.http) == [(404, "not_found")] * 3


async def test_an_elder_is_played_with_all_her_numbers(house: House) -> None:
    async with httpx.AsyncClient(base_url=house.url) as anybody:
        elders = {e["number"]: e for e in (await anybody.get("/api/training/elders")).json()}
        answer = (await anybody.post("/api/training/phone", json={"number": "07103456789"})).json()
    alone, couple, unknown = (elders[number] for number in ("07103456789", "07103452468", "07103459876"))
    assert (alone["name"], alone["others"]) == ("王桂兰", ["13800006789"])
    assert couple["name"].count(" / ") == 1 and couple["others"] == ["13900002468"]  # his mobile; they share the telephone
    assert (unknown["name"], unknown["others"]) == ("", [])
    assert [answer[line] for line in ("sos_number", "service_number", "job_number")] == [SOS, SERVICE, JOB]


async def test_stores_that_are_told_of_jobs_by_telephone_can_be_played(house: House) -> None:
    async with house.owner.transaction() as session:
        plain, _ = await make_store(session, "老李水电维修", items={}, has_smartphone=False, contact_name="李长江")
        await make_store(session, "张姐家政", items={})
        await make_store(session, "已退出", items={}, has_smartphone=False, state=StoreState.LEFT)
        number = plain.number.removeprefix("+86")
    async with httpx.AsyncClient(base_url=house.url) as anybody:
        (shown,) = (await anybody.get("/api/training/stores")).json()
        answer = await anybody.post("/api/training/phone", json={"number": shown["number"]})
    assert (shown["name"], shown["number"], shown["contact"]) == ("老李水电维修", number, "李长江")
    assert shown["place"]
    assert answer.json()["account"] == f"training_86{number}"
