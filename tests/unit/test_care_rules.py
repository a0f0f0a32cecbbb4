"""How often, on which day, at what hour."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from callcenter.elders.models import Living
from callcenter.outreach.care import rules
from callcenter.outreach.care.rules import Reachable
from callcenter.outreach.care.states import Rhythm
from callcenter.outreach.keys import meaning_of
from callcenter.outreach.rules import Hours
from callcenter.outreach.states import Purpose

SHANGHAI = Hours(ZoneInfo("Asia/Shanghai"))
SOMEBODY = uuid.UUID("018f0000-0000-7000-8000-00000000abcd")


@pytest.mark.parametrize(
    "risk,living,rhythm",
    [
        (3, Living.WITH_FAMILY, Rhythm.WEEKLY),
        (3, Living.ALONE, Rhythm.WEEKLY),
        (2, Living.EMPTY_NEST, Rhythm.MONTHLY),
        (2, Living.ALONE, Rhythm.WEEKLY),
        (1, Living.UNKNOWN, Rhythm.QUARTERLY),
        (0, Living.ALONE, Rhythm.MONTHLY),
        (0, Living.WITH_FAMILY, Rhythm.QUARTERLY),
    ],
)
def test_the_usual_rhythm_follows_risk_and_living(risk: int, living: Living, rhythm: Rhythm) -> None:
    assert rules.usual_rhythm(risk, living) is rhythm


def test_what_is_agreed_counts_and_after_hospital_it_is_every_week() -> None:
    day, until = date(2026, 11, 26), date(2026, 12, 1)
    assert rules.rhythm_on(day, Rhythm.QUARTERLY, risk=3, living=Living.ALONE, weekly_until=None) is Rhythm.QUARTERLY
    assert rules.rhythm_on(day, None, risk=2, living=Living.EMPTY_NEST, weekly_until=None) is Rhythm.MONTHLY
    assert rules.rhythm_on(until, Rhythm.QUARTERLY, risk=0, living=Living.UNKNOWN, weekly_until=until) is Rhythm.WEEKLY
    assert rules.rhythm_on(date(2026, 12, 2), Rhythm.QUARTERLY, risk=0, living=Living.UNKNOWN, weekly_until=until) is Rhythm.QUARTERLY


@pytest.mark.parametrize(
    "rhythm,day,following",
    [
        (Rhythm.WEEKLY, date(2026, 12, 28), date(2027, 1, 4)),
        (Rhythm.MONTHLY, date(2026, 12, 15), date(2027, 1, 15)),
        (Rhythm.MONTHLY, date(2027, 1, 31), date(2027, 2, 28)),
        (Rhythm.QUARTERLY, date(2026, 11, 30), date(2027, 2, 28)),
        (Rhythm.QUARTERLY, date(2027, 11, 29), date(2028, 2, 29)),
    ],
)
def test_the_next_day(rhythm: Rhythm, day: date, following: date) -> None:
    assert rules.next_day(rhythm, day) == following


@pytest.mark.parametrize("rhythm,days", [(Rhythm.WEEKLY, 7), (Rhythm.MONTHLY, 28), (Rhythm.QUARTERLY, 90)])
def test_new_plans_are_spread_over_the_days_of_their_rhythm(rhythm: Rhythm, days: int) -> None:
    today, load = date(2026, 11, 26), dict[date, int]()
    for _ in range(days * 100):
        first = rules.first_day(uuid.uuid4(), rhythm, today)
        load[first] = load.get(first, 0) + 1
    assert len(load) == days and min(load) > today
    assert max(load.values()) < 200, "about 100 a day"


def test_without_an_agreed_hour_calls_are_spread_over_the_good_hours() -> None:
    times = [rules.spread_hour(uuid.uuid4()) for _ in range(3000)]
    assert all(any(start <= at < end for start, end in rules.HOURS_OF_DAY) for at in times)
    assert len(set(times)) > 280, "of 300 minutes"
    assert rules.spread_hour(SOMEBODY) == rules.spread_hour(SOMEBODY)


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 7, 1), date(2026, 10, 25)])
def test_the_hour_agreed_is_the_elders_own_all_year(day: date) -> None:
    at = rules.moment(day, time(9, 30), SOMEBODY, SHANGHAI)
    assert at.astimezone(UTC) == datetime(day.year, day.month, day.day, 1, 30, tzinfo=UTC)


def test_birthdays() -> None:
    assert rules.birthdays_on(date(2026, 11, 26)) == ("1126",)
    assert rules.birthdays_on(date(2027, 2, 28)) == ("0228", "0229"), "who was born on a 29 February celebrates every year"
    assert rules.birthdays_on(date(2028, 2, 28)) == ("0228",)
    assert rules.birthdays_on(date(2028, 2, 29)) == ("0229",)


def test_a_visit_late_in_the_day_is_the_next_mornings() -> None:
    assert rules.visit_from(datetime(2026, 11, 26, 7, 59, tzinfo=UTC), SHANGHAI) is None
    assert rules.visit_from(datetime(2026, 11, 26, 8, 0, tzinfo=UTC), SHANGHAI) == datetime(2026, 11, 27, 1, tzinfo=UTC)


def test_contacts_in_their_order_each_number_once_and_not_her_own() -> None:
    ids = [uuid.uuid4() for _ in range(6)]
    contacts = [Reachable(i, n) for i, n in zip(ids, ["+861", "+862", "+862", "+863", "+864", "+865"], strict=True)]
    rung = set[uuid.UUID]()
    order = []
    while (found := rules.next_contact(contacts, own={"+861"}, rung=rung)) is not None:
        order.append(found.number)
        rung.add(found.id)
    assert order == ["+862", "+863", "+864"]


@pytest.mark.parametrize(
    "purpose,keys,contact,meaning",
    [
        (Purpose.CARE, "1", False, "well"),
        (Purpose.DAILY, "1", False, "well"),
        (Purpose.MEDICINE, "1", False, "taken"),
        (Purpose.CAMPAIGN, "1", False, "heard"),
        (Purpose.CARE, "9", False, "person"),
        (Purpose.CARE, "*", False, "again"),
        (Purpose.CARE, "2", False, ""),
        (Purpose.CARE, "1", True, "looks"),
        (Purpose.DAILY, "2", True, "cannot"),
        (Purpose.DAILY, "9", True, "person"),
    ],
)
def test_a_key_is_told_by_what_it_stood_for(purpose: Purpose, keys: str, contact: bool, meaning: str) -> None:
    assert meaning_of(purpose, keys, contact=contact) == meaning
