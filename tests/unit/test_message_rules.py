"""When a message is tried again, when it is left, how often one number is written to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.kit.phone import normalise
from callcenter.messaging.port import Capability, DeliveryStatus
from callcenter.messaging.rules import (
    FIND_GAPS,
    LIMITS,
    LOOK_GAPS,
    RETRY_GAPS,
    SEND_TIMEOUT,
    SENDING_DEADLINE,
    after_refusal,
    after_report,
    after_silence,
    look_again,
    next_try,
    takes_texts,
    wait_for_limits,
)
from callcenter.messaging.states import MessageState
from callcenter.settings import Settings

NOW = datetime(2026, 11, 27, 8, tzinfo=UTC)
FAR = NOW + timedelta(days=2)
NONE: frozenset[Capability] = frozenset()


def test_tries_come_ever_later_and_end() -> None:
    waits = [next_try(n, now=NOW, deadline=FAR) for n in range(1, 7)]
    assert [(w - NOW).total_seconds() if w else None for w in waits] == [5, 30, 120, 600, None, None]
    assert next_try(1, now=NOW, deadline=NOW + timedelta(seconds=5)) is None, "never past its deadline"
    assert next_try(0, now=NOW, deadline=FAR) is None


def test_what_was_refused_is_tried_again_given_up_or_too_late() -> None:
    assert after_refusal(1, now=NOW, deadline=FAR) == (MessageState.QUEUED, NOW + RETRY_GAPS[0])
    assert after_refusal(5, now=NOW, deadline=FAR) == (MessageState.FAILED, None)
    assert after_refusal(2, now=NOW, deadline=NOW + timedelta(seconds=20)) == (MessageState.EXPIRED, None)


def test_a_live_attempt_is_never_taken_for_a_dead_one() -> None:
    assert timedelta(seconds=SEND_TIMEOUT) < SENDING_DEADLINE
    assert FIND_GAPS[0] > timedelta(seconds=SEND_TIMEOUT), "the carrier may still be at it"


@given(
    can=st.frozensets(st.sampled_from(list(Capability))),
    attempts=st.integers(1, 9),
    looks=st.integers(0, 9),
    left=st.integers(-100, 100_000),
)
def test_silence_is_never_answered_by_a_blind_second_message(can: frozenset[Capability], attempts: int, looks: int, left: int) -> None:
    after = after_silence(can, attempts=attempts, looks=looks, now=NOW, deadline=NOW + timedelta(seconds=left))
    assert (after.next_at is None) == (after.state is MessageState.UNKNOWN)
    if after.state is MessageState.QUEUED:
        assert Capability.IDEMPOTENT in can and attempts <= len(RETRY_GAPS)
    if after.state is MessageState.SENDING:
        assert Capability.FIND in can and looks < len(FIND_GAPS)
    if not can & {Capability.IDEMPOTENT, Capability.FIND}:
        assert after.state is MessageState.UNKNOWN


def test_questions_end() -> None:
    assert [look_again(n, LOOK_GAPS, now=NOW) is None for n in range(7)] == [False] * 5 + [True] * 2


@pytest.mark.parametrize(
    "state,status,after",
    [
        (MessageState.SENDING, DeliveryStatus.SENT, MessageState.SENT),
        (MessageState.SENDING, DeliveryStatus.DELIVERED, MessageState.DELIVERED),
        (MessageState.SENT, DeliveryStatus.SENT, None),
        (MessageState.DELIVERED, DeliveryStatus.SENT, None),
        (MessageState.DELIVERED, DeliveryStatus.FAILED, None),
        (MessageState.FAILED, DeliveryStatus.SENT, None),
        (MessageState.FAILED, DeliveryStatus.DELIVERED, MessageState.DELIVERED),
        (MessageState.UNKNOWN, DeliveryStatus.SENT, MessageState.SENT),
        (MessageState.QUEUED, DeliveryStatus.FAILED, None),
        (MessageState.EXPIRED, DeliveryStatus.DELIVERED, None),
    ],
)
def test_news_of_a_carrier_in_any_order(state: MessageState, status: DeliveryStatus, after: MessageState | None) -> None:
    assert after_report(state, status) is after


def minutes(*ago: float) -> list[datetime]:
    return [NOW - timedelta(minutes=m) for m in ago]


def test_one_a_minute_and_ten_a_day() -> None:
    assert wait_for_limits([], NOW) == timedelta(0)
    assert wait_for_limits(minutes(0.25), NOW) == timedelta(seconds=45)
    assert wait_for_limits(minutes(1), NOW) == timedelta(0)
    ten = minutes(*range(60, 660, 60))
    assert wait_for_limits(ten, NOW) == timedelta(days=1) - timedelta(hours=10)
    assert wait_for_limits(ten[:9], NOW) == timedelta(0)


@given(st.lists(st.integers(0, 100_000)))
def test_after_the_wait_one_more_is_within_every_limit(seconds: list[int]) -> None:
    sent = [NOW - timedelta(seconds=s) for s in seconds]
    then = NOW + wait_for_limits(sent, NOW)
    for limit in LIMITS:
        assert len([at for at in sent if at > then - limit.within]) < limit.count


@pytest.mark.parametrize(
    "written,takes",
    [("13800001234", True), ("+86 138-0000-1234", True), ("07103459876", False), ("12349", False), ("+15005550006", True), ("", False)],
)
def test_fixed_lines_and_short_codes_take_no_texts(written: str, takes: bool) -> None:
    assert takes_texts(normalise(written, Settings())) is takes
