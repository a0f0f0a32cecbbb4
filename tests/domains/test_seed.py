"""The demo district: fast, harmless twice, the same every time, believable."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from callcenter.catalog.queries import list_items
from callcenter.elders.models import Elder, ElderContact, ElderNumber, Living
from callcenter.elders.queries import find_elders_by_number, get_elder_card
from callcenter.elders.rules import age_on, id_number_problem
from callcenter.kit.db import Base, Database
from callcenter.kit.phone import candidates
from callcenter.local.postgres import temporary_postgres
from callcenter.seed.demo import DemoFacts, WhatFor, seed_demo
from callcenter.seed.generator import Generator
from callcenter.seed.places import communities, region_rows
from callcenter.seed.writing import fill
from callcenter.settings import get_settings

TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)


def of(facts: DemoFacts, what_for: WhatFor) -> list[str]:
    return [elder.number for elder in facts.elders if elder.what_for is what_for]


async def test_the_district(session: AsyncSession, facts: DemoFacts) -> None:
    assert facts.created
    assert facts.elder_count == 500
    assert facts.community_count == 72
    assert len(await list_items(session)) == 41
    assert await session.scalar(select(func.count(func.distinct(Elder.community_id)))) == 72


async def test_seeding_again_changes_nothing(session: AsyncSession, facts: DemoFacts) -> None:
    again = await seed_demo(session)
    assert not again.created
    assert (again.elder_count, again.community_count, again.elders) == (500, 72, facts.elders)


async def test_elders_for_a_purpose(session: AsyncSession, facts: DemoFacts) -> None:
    assert of(facts, WhatFor.ALONE) == ["07103456789"]
    assert len(of(facts, WhatFor.COUPLE)) == 2
    assert len(set(of(facts, WhatFor.COUPLE))) == 1
    assert [e.id for e in facts.elders if e.what_for is WhatFor.UNKNOWN] == [None]
    for elder in facts.elders:
        found = await find_elders_by_number(session, candidates(elder.number, get_settings()))
        assert (elder.id in [m.id for m in found]) == (elder.what_for is not WhatFor.UNKNOWN)


async def test_the_elder_of_the_first_press(session: AsyncSession, facts: DemoFacts) -> None:
    her = next(e for e in facts.elders if e.what_for is WhatFor.ALONE)
    assert her.id is not None
    card = await get_elder_card(session, her.id)
    assert (card.name, card.age, card.living, card.place, card.door) == ("王桂兰", 78, Living.ALONE, "樊城·中原·施营", "3-2-501")
    assert {"冠心病", "青霉素过敏", "跌倒高风险"} <= {flag.text for flag in card.danger}
    assert card.has_lift is False
    assert (card.contacts[0].relation, card.contacts[0].key_note, card.contacts[0].has_key) == ("邻居", "501对门", True)
    assert [n.text for n in card.numbers] == ["0710-345 6789", "138 0000 6789"]


async def test_profiles_are_believable(session: AsyncSession) -> None:
    elders = (await session.scalars(select(Elder).options(undefer(Elder.health), undefer(Elder.id_number)))).all()
    today = datetime.now(UTC).date()
    for elder in elders:
        age = age_on(elder.birth_date, today)
        assert age is not None
        assert 59 <= age <= 99
        if elder.id_number:
            assert id_number_problem(elder.id_number) is None
            assert elder.birth_date is not None
            assert f"{elder.birth_date:%Y%m%d}" in elder.id_number
        if "胰岛素" in str(elder.health):
            assert elder.health is not None
            assert "2型糖尿病" in elder.health["chronic_illness"]
    assert Counter(e.risk for e in elders)[3] < 100
    shared = select(ElderNumber.e164).group_by(ElderNumber.e164).having(func.count() > 1).subquery()
    couples = await session.scalar(select(func.count()).select_from(shared)) or 0
    assert 10 < couples < 60
    with_numbers = await session.scalar(select(func.count(func.distinct(ElderNumber.elder_id))))
    assert with_numbers == 500
    keys = await session.scalar(select(func.count()).select_from(ElderContact).where(ElderContact.has_key)) or 0
    assert keys > 100


def test_the_same_seed_gives_the_same_people() -> None:
    first, second = (list(Generator(5, communities=communities(), today=TODAY, now=NOW).generate(200)) for _ in range(2))
    assert first == second
    other = list(Generator(6, communities=communities(), today=TODAY, now=NOW).generate(200))
    assert [e.elder["name"] for e in other] != [e.elder["name"] for e in first]


def test_numbers_and_id_numbers_never_repeat() -> None:
    reserved = {"+867103454321"}
    people = list(Generator(5, communities=communities(), today=TODAY, now=NOW, reserved=reserved).generate(3000))
    ids = [e.elder["id_number"] for e in people]
    assert len(set(ids)) == 3000
    assert len({e.elder["id"] for e in people}) == 3000
    households = Counter(n["e164"] for e in people for n in e.numbers)
    assert max(households.values()) == 2
    assert not reserved & set(households)
    for number in list(households)[:300]:
        assert candidates(number, get_settings()) == [number]


def test_regions_come_parents_first() -> None:
    rows = region_rows()
    seen = set()
    for row in rows:
        assert row["parent_id"] is None or row["parent_id"] in seen
        seen.add(row["id"])
    assert len(seen) == len(rows)


@asynccontextmanager
async def empty_database() -> AsyncIterator[Database]:
    with temporary_postgres() as url:
        database = Database(url)
        try:
            async with database.engine.begin() as connection:
                await connection.run_sync(Base.metadata.create_all)
            yield database
        finally:
            await database.close()


async def test_five_hundred_in_four_seconds() -> None:
    """Of this process's time: other work on the machine does not count."""
    async with empty_database() as database:
        began = time.process_time()
        async with database.transaction() as session:
            await seed_demo(session)
        assert time.process_time() - began < 4


async def test_a_benchmark_is_filled_with_whole_people() -> None:
    """By COPY, then multiplied: all of them found by their own number, their health readable."""
    async with empty_database() as database:
        async with database.transaction() as session:
            await fill(session, 1_150, today=TODAY, now=NOW, generated=500)
        async with database.transaction() as session:
            assert await session.scalar(select(func.count(Elder.id))) == 1_150
            assert await session.scalar(select(func.count(func.distinct(ElderNumber.elder_id)))) == 1_150
            for number in ("+8619000000500", "+8619000001149"):
                (copy,) = await find_elders_by_number(session, [number])
                card = await get_elder_card(session, copy.id)
                assert card.health is not None
                assert card.numbers[0].number == number
                assert candidates(number, get_settings()) == [number]
