"""Figures of satisfaction with their denominators, and a store's own rating that matching reads."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.roles import Role
from callcenter.dispatch.orders.wanted import ENOUGH_RATINGS, usual_rating
from callcenter.dispatch.stores.models import Store
from callcenter.kit import clock
from callcenter.kit.errors import Invalid
from callcenter.outreach.actions import OUTREACH, NewPlan, drop_plan, finish_plan, lock_plan, plan_call
from callcenter.outreach.satisfaction.ratings import LAST
from callcenter.outreach.states import Drop, PlanState, Purpose, Result, Way, Why
from callcenter.reports.satisfaction.files import satisfaction_rows
from callcenter.reports.satisfaction.queries import get_satisfaction
from callcenter.reports.satisfaction.rules import Asked, count
from callcenter.seed.demo import DemoFacts, WhatFor
from callcenter.seed.places import DISTRICT_CODE, region_id
from callcenter.settings import get_settings
from tests.stores import make_store

BOSS = Actor("user", uuid.uuid4(), "主管", Role.SUPERVISOR, (region_id(DISTRICT_CODE),))


@pytest.fixture(autouse=True)
def clock_is_put_back() -> Iterator[None]:
    yield
    clock.reset()


@pytest.fixture
def elder_id(facts: DemoFacts) -> uuid.UUID:
    found = next(elder.id for elder in facts.elders if elder.what_for is WhatFor.ALONE)
    assert found is not None
    return found


async def planned(
    session: AsyncSession, elder_id: uuid.UUID, store: Store, item: str = "JZ01", purpose: Purpose = Purpose.JOB
) -> uuid.UUID:
    now = clock.now()
    new = NewPlan(
        str(uuid.uuid4()), purpose, Way.PERSON, Why.SAMPLE, elder_id, now, now + timedelta(days=5), store_id=store.id, item_code=item
    )
    made = await plan_call(session, new)
    assert made is not None
    return made


async def rated(
    session: AsyncSession,
    elder_id: uuid.UUID,
    store: Store,
    rating: int | None,
    result: Result = Result.RATED,
    purpose: Purpose = Purpose.JOB,
) -> None:
    plan = await lock_plan(session, await planned(session, elder_id, store, purpose=purpose))
    plan.state = PlanState.BY_PERSON
    await finish_plan(session, OUTREACH, plan, result, rating=rating)
    clock.shift(timedelta(seconds=1))


def test_every_plan_is_counted_once_and_nothing_is_100_percent_of_nothing() -> None:
    done = PlanState.DONE
    plans = [
        *[Asked(done, Result.RATED, rating) for rating in (5, 4, 3, 1)],
        Asked(done, Result.SPOKEN, 5),
        Asked(done, Result.SPOKEN, None),
        Asked(done, Result.UNRATED, None),
        Asked(done, Result.HELP, None),
        Asked(done, Result.NOT_REACHED, None),
        *[Asked(state, None, None) for state in (PlanState.DUE, PlanState.MESSAGED, PlanState.BY_PERSON, PlanState.CALLING)],
        Asked(PlanState.DROPPED, None, None),
    ]
    counts = count(plans)
    assert counts.planned == len(plans) == counts.waiting + counts.dropped + counts.not_reached + counts.asked
    assert (counts.waiting, counts.dropped, counts.not_reached, counts.asked) == (4, 1, 1, 8)
    assert (counts.rated, counts.not_rated, counts.satisfied, counts.mean) == (5, 3, 3, 3.6)
    shares = {key: (share.n, share.of) for key, share in counts.shares.items()}
    assert shares == {"satisfied": (3, 5), "rated": (5, 8), "not_rated": (3, 8), "not_reached": (1, 9), "dropped": (1, 14)}
    nothing = count([])
    assert nothing.mean is None and all(share.value is None for share in nothing.shares.values())


async def test_by_store_with_the_share_that_was_not_reached(session: AsyncSession, elder_id: uuid.UUID) -> None:
    good, poor = [(await make_store(session, name, items={"JZ01": 4000}))[0] for name in ("好店", "差店")]
    for rating in (5, 4, 4):
        await rated(session, elder_id, good, rating)
    await rated(session, elder_id, poor, 2)
    await rated(session, elder_id, poor, None, Result.NOT_REACHED)
    await rated(session, elder_id, poor, 1, purpose=Purpose.COMPLAINT)  # that one was about a complaint
    await drop_plan(session, OUTREACH, await lock_plan(session, await planned(session, elder_id, poor)), Drop.NO_NUMBER)
    today = clock.today(get_settings().timezone)
    report = await get_satisfaction(session, BOSS, get_settings(), "store", today, today)
    by_name = {line.name.zh: line for line in report.lines}
    assert (by_name["好店"].satisfied, by_name["好店"].rated, by_name["好店"].shares["satisfied"].of) == (3, 3, 3)
    assert (by_name["差店"].planned, by_name["差店"].rated, by_name["差店"].not_reached, by_name["差店"].dropped) == (3, 1, 1, 1)
    assert report.total.planned == 6
    for by, code in (("item", "JZ01"), ("community", None), ("month", f"{today:%Y-%m}"), ("agent", "")):
        (line,) = (await get_satisfaction(session, BOSS, get_settings(), by, today, today)).lines  # type: ignore[arg-type]
        assert line.planned == 6 and code in (None, line.code)
    elsewhere = Actor("user", uuid.uuid4(), "别处主管", Role.SUPERVISOR, (uuid.uuid4(),))
    assert (await get_satisfaction(session, elsewhere, get_settings(), "store", today, today)).lines == []
    head, *_, total = satisfaction_rows(report, "zh")
    assert len(head) == len(total) and "75.0% (3/4)" in total and "20.0% (1/5)" in total
    empty = satisfaction_rows(await get_satisfaction(session, elsewhere, get_settings(), "store", today, today), "en")
    assert "%" not in "".join(empty[-1]), "of nothing there is no share"
    with pytest.raises(Invalid):
        await get_satisfaction(session, BOSS, get_settings(), "store", today, today - timedelta(days=1))


async def test_a_stores_rating_is_of_its_last_ratings(session: AsyncSession, elder_id: uuid.UUID) -> None:
    store, _ = await make_store(session, "张姐家政", items={"JZ01": 4000})
    assert await usual_rating(session) is None
    for rating in (1, 1, 5):
        await rated(session, elder_id, store, rating)
    await session.refresh(store)
    assert (store.rating, store.rating_count) == (233, 3)
    await rated(session, elder_id, store, 1, purpose=Purpose.COMPLAINT)
    await session.refresh(store)
    assert store.rating_count == 3
    clock.shift(timedelta(days=366))
    await rated(session, elder_id, store, 4)
    await session.refresh(store)
    assert (store.rating, store.rating_count) == (400, 1), "what is older than a year counts no more"
    for _ in range(LAST + 2):
        await rated(session, elder_id, store, 5)
    await session.refresh(store)
    assert (store.rating, store.rating_count) == (500, LAST)
    assert LAST >= ENOUGH_RATINGS and await usual_rating(session) == 500
