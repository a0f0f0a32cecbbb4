"""What an order is, in a few words: for text messages, and to be spoken. Nothing of who she is; her place to the community."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from callcenter.dispatch.orders.models import Order
from callcenter.kit import clock
from callcenter.settings import get_settings

_NEAR = {0: "今天", 1: "明天", 2: "后天"}


def when_in_words(order: Order) -> str:
    """明天9:30, 11月28日14:00, 尽快."""
    if order.wanted_from is None:
        return "尽快"
    at, today = local(order.wanted_from), clock.today(get_settings().timezone)
    return f"{_day(at.date(), today)}{at:%-H:%M}"


def clock_time(at: datetime) -> str:
    """16:20; with its day, when it is not today's: 明天7:30."""
    here, today = local(at), clock.today(get_settings().timezone)
    return f"{_day(here.date(), today) if here.date() != today else ''}{here:%-H:%M}"


def local(at: datetime) -> datetime:
    return at.astimezone(ZoneInfo(get_settings().timezone))


def _day(of: date, today: date) -> str:
    return _NEAR.get((of - today).days, f"{of.month}月{of.day}日")
