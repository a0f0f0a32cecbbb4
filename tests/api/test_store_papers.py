"""Papers that lapse, with the worker's own transactions: two workers at once, and one that dies between the warning and what follows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from callcenter.dispatch import papers
from callcenter.kit import clock
from callcenter.settings import get_settings
from tests.house import House
from tests.stores import make_store


@pytest_asyncio.fixture
async def lapsed(house: House) -> AsyncIterator[House]:
    """A locksmith whose only paper lapsed yesterday, and nobody has looked."""
    async with house.owner.transaction() as session:
        yesterday = clock.today(get_settings().timezone) - timedelta(days=1)
        await make_store(session, "锁匠", items={"WX05": 9000}, until=yesterday)
    yield house


async def told(house: House) -> list[str]:
    return [row.template for row in await house.rows("SELECT template FROM messages WHERE about_kind = 'licence' ORDER BY id")]


async def state(house: House) -> tuple[str, int]:
    (row,) = await house.rows(
        "SELECT s.state, (SELECT count(*) FROM store_changes c WHERE c.store_id = s.id AND c.kind = 'suspended') AS times FROM stores s"
    )
    return row.state, row.times


async def test_two_workers_warn_and_suspend_once(lapsed: House) -> None:
    for _ in range(3):
        await asyncio.gather(*(papers.sweep_papers(lapsed.owner) for _ in range(2)))
    assert await state(lapsed) == ("suspended", 1)
    assert set(await told(lapsed)) == {"licence_suspended"}
    per_paper = await lapsed.rows("SELECT about_id, count(DISTINCT dedupe_key) AS keys, count(*) AS rows FROM messages GROUP BY about_id")
    assert all(row.keys == row.rows <= 2 for row in per_paper)  # the holder and the store, each once


async def test_a_worker_that_died_in_between_is_made_up_for(lapsed: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def dies(*_: object) -> None:
        raise RuntimeError("killed")

    monkeypatch.setattr(papers, "look_at_papers", dies)
    await papers.sweep_papers(lapsed.owner)
    before = await told(lapsed)
    assert before
    assert await state(lapsed) == ("admitted", 0)
    monkeypatch.undo()
    await papers.sweep_papers(lapsed.owner)
    assert await state(lapsed) == ("suspended", 1)
    assert await told(lapsed) == before
