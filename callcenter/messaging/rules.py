"""Pure decisions: when a message is tried again, how often one number is written to, what a carrier's news means. Durations: docs/messaging.md, all ours."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from callcenter.kit.phone import Number, NumberKind
from callcenter.messaging.port import Capability, DeliveryStatus
from callcenter.messaging.states import MESSAGE, MessageState

SEND_TIMEOUT = 15.0  # seconds; a carrier that is silent so long has an unknown outcome
BEGIN_WITHIN = 5.0  # seconds from the claim to the request; whoever was frozen longer sends nothing
SENDING_DEADLINE = timedelta(seconds=30)  # an attempt without an outcome belongs to a process that died
RETRY_GAPS = tuple(timedelta(seconds=s) for s in (5, 30, 120, 600))
LOOK_GAPS = tuple(timedelta(seconds=s) for s in (30, 120, 600, 3600, 21_600))  # after it was sent: what became of it?
FIND_GAPS = tuple(
    timedelta(seconds=s) for s in (30, 60, 120)
)  # after a silent attempt: did you ever take it? Not sooner than it could have come in
_MOBILE_CN = re.compile(r"^\+861[3-9]\d{9}$")


def takes_texts(number: Number | None) -> bool:
    """Short codes and China's fixed lines do not; elsewhere only the carrier knows."""
    if number is None or number.kind is not NumberKind.E164:
        return False
    return not number.value.startswith("+86") or bool(_MOBILE_CN.match(number.value))


def next_try(attempts: int, *, now: datetime, deadline: datetime) -> datetime | None:
    """After this many attempts that certainly sent nothing. None: no more."""
    if not 1 <= attempts <= len(RETRY_GAPS):
        return None
    at = now + RETRY_GAPS[attempts - 1]
    return at if at < deadline else None


def after_refusal(attempts: int, *, now: datetime, deadline: datetime) -> tuple[MessageState, datetime | None]:
    """What becomes of a message that certainly did not go out, this time."""
    again = next_try(attempts, now=now, deadline=deadline)
    if again:
        return MessageState.QUEUED, again
    return (MessageState.FAILED if attempts > len(RETRY_GAPS) else MessageState.EXPIRED), None


def look_again(looks: int, gaps: Sequence[timedelta], *, now: datetime) -> datetime | None:
    """When the carrier is asked again after it was asked this often. None: no more."""
    return now + gaps[looks] if looks < len(gaps) else None


@dataclass(frozen=True, slots=True)
class Silence:
    """What is done about an attempt without a clear outcome: ask, send again, or leave it."""

    state: MessageState
    next_at: datetime | None


def after_silence(capabilities: frozenset[Capability], *, attempts: int, looks: int, now: datetime, deadline: datetime) -> Silence:
    """Never sent again blindly: first asked for, where the carrier knows our ids; sent again only where it takes the same id once."""
    if Capability.FIND in capabilities and (again := look_again(looks, FIND_GAPS, now=now)):
        return Silence(MessageState.SENDING, again)
    if Capability.IDEMPOTENT in capabilities and (again := next_try(attempts, now=now, deadline=deadline)):
        return Silence(MessageState.QUEUED, again)
    return Silence(MessageState.UNKNOWN, None)


def after_report(state: MessageState, status: DeliveryStatus) -> MessageState | None:
    """What a carrier's news makes of a message. None: nothing; it came twice, or later than better news."""
    new = MessageState(status.value)
    return new if state != MessageState.QUEUED and MESSAGE.allows(state, new) else None


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` of one template to one address within `within`."""

    count: int
    within: timedelta


LIMITS = (Limit(1, timedelta(minutes=1)), Limit(10, timedelta(days=1)))


def wait_for_limits(sent: Sequence[datetime], now: datetime, limits: Sequence[Limit] = LIMITS) -> timedelta:
    """How long until one more may be sent; zero: now. `sent`: when earlier ones were queued, in any order."""
    wait = timedelta(0)
    for limit in limits:
        recent = sorted(at for at in sent if at > now - limit.within)
        if len(recent) >= limit.count:
            wait = max(wait, recent[-limit.count] + limit.within - now)
    return wait
