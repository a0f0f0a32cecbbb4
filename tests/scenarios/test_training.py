"""The training telephone: open where all people are invented, behind sign-in where they may be real, nowhere in production."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from tests.house import House, house_settings, open_house


@pytest_asyncio.fixture
async def house_in(request: pytest.FixtureRequest, house_owner_url: str, house_app_url: str, tmp_path: Path) -> AsyncIterator[House]:
    settings = house_settings(house_app_url, tmp_path).model_copy(update={"mode": request.param})
    async with open_house(settings, house_owner_url) as opened:
        yield opened


async def asks(client: httpx.AsyncClient) -> list[tuple[int, str]]:
    answers = [await client.get("/api/training/elders"), await client.post("/api/training/phone", json={"number": "07103456789"})]
    return [(a.status_code, "" if a.is_success else a.json()["error"]["code"]) for a in answers]


@pytest.mark.parametrize(
    "house_in,outcome",
    [("demo", (200, "")), ("test", (200, "")), ("training", (401, "not_signed_in")), ("production", (404, "not_found"))],
    indirect=["house_in"],
)
async def test_for_whoever_has_not_signed_in(house_in: House, outcome: tuple[int, str]) -> None:
    async with httpx.AsyncClient(base_url=house_in.url) as stranger:
        assert await asks(stranger) == [outcome] * 2


@pytest.mark.parametrize("house_in", ["training"], indirect=True)
async def test_in_training_whoever_has_signed_in_may_play_an_elder(house_in: House) -> None:
    for username in ("agent1", "supervisor1", "admin1"):
        person = house_in.visitor(username)
        await person.sign_in()
        assert await asks(person.http) == [(200, "")] * 2
    del person.http.headers["X-CSRF-Token"]
    assert await asks(person.http) == [(200, ""), (403, "csrf")]


@pytest.mark.parametrize("house_in", ["production"], indirect=True)
async def test_in_production_not_even_for_an_admin(house_in: House) -> None:
    person = house_in.visitor("admin1")
    await person.sign_in()
    assert await asks(person.http) == [(404, "not_found")] * 2
