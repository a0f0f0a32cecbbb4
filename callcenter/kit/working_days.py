"""Working days in China: the State Council's holidays and the weekends worked for them, as far as they are published; beyond that Monday to Friday."""

from __future__ import annotations

from datetime import date, timedelta

import chinese_calendar

_NAMES = frozenset(holiday.value for holiday in chinese_calendar.Holiday)


def is_working_day(day: date) -> bool:
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:  # past the last published year
        return day.weekday() < 5


def is_public_holiday(day: date) -> bool:
    """A day off that has a name, as far as it is published; a plain weekend is none."""
    try:
        off, name = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:
        return False
    return bool(off and name in _NAMES)


def next_working_day(day: date) -> date:
    """The first one after `day`."""
    found = day + timedelta(days=1)
    while not is_working_day(found):
        found += timedelta(days=1)
    return found
