"""Pure decisions about an order: its deadlines, the proofs it needs, whether a visit counts. No I/O. Sources: docs/decisions.md "Service levels", "Jobs"."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from callcenter.catalog.models import Category, HomeVisit, SlaClass
from callcenter.dispatch.orders.models import Phase, ProofKind
from callcenter.kit.working_days import next_working_day

DAY_ENDS = time(21)  # of a planned job's last day
ARRIVE_LATE = timedelta(minutes=15)  # after the agreed time
VISIT_SHARE = 0.8  # of the booked time
CODE_TRIES = 5  # then locked
URGENCY = (SlaClass.E0, SlaClass.U1, SlaClass.U2, SlaClass.N1, SlaClass.N2, SlaClass.PLAN)

# first reply, accepted, at the door or done; working days are counted by `_after`
_REPLY = {
    SlaClass.E0: timedelta(seconds=10),
    SlaClass.U1: timedelta(minutes=5),
    SlaClass.U2: timedelta(minutes=10),
    SlaClass.N1: timedelta(minutes=10),
}
_ACCEPT = {
    SlaClass.E0: timedelta(minutes=2),
    SlaClass.U1: timedelta(minutes=10),
    SlaClass.U2: timedelta(minutes=30),
    SlaClass.N1: timedelta(hours=2),
}
_ARRIVE = {
    SlaClass.E0: timedelta(minutes=15),
    SlaClass.U1: timedelta(minutes=60),
    SlaClass.U2: timedelta(hours=4),
    SlaClass.N1: timedelta(hours=48),
    SlaClass.N2: timedelta(days=7),
}


@dataclass(frozen=True, slots=True)
class HouseRules:
    """What a centre sets for itself (centre.registry, "dispatch")."""

    begins: int  # hour of the day, local: what is not urgent is offered from then on, and a same-day job's clock runs
    ends: int
    at_once: int  # stores that are asked together
    most_refusals: int
    proof_metres: int

    def next_beginning(self, at: datetime, timezone: str) -> datetime | None:
        """When the day begins again; None: it is day. From 0 to 24 it always is."""
        local = at.astimezone(ZoneInfo(timezone))
        if self.begins <= local.hour < self.ends:
            return None
        day = local.date() + timedelta(days=1 if local.hour >= self.ends else 0)
        return datetime.combine(day, time(self.begins), local.tzinfo).astimezone(at.tzinfo)


@dataclass(frozen=True, slots=True)
class Deadlines:
    reply_by: datetime
    accept_by: datetime
    arrive_by: datetime


def most_urgent(classes: Collection[SlaClass]) -> SlaClass:
    return min(classes, key=URGENCY.index)


def deadlines(sla: SlaClass, *, at: datetime, wanted_from: datetime | None, timezone: str, house: HouseRules) -> Deadlines:
    """Of an order placed `at` (UTC). With an agreed time it is the door's deadline, a quarter of an hour after it, and a job far ahead still is
    accepted within its class's time, so that there is time to look for somebody else."""
    began = (house.next_beginning(at, timezone) or at) if sla is SlaClass.U2 else at
    reply, accept = _after(_REPLY.get(sla), began, timezone), _after(_ACCEPT.get(sla), began, timezone)
    arrive = began + _ARRIVE[sla] if sla in _ARRIVE else _end_of_day(wanted_from or at, timezone)
    if wanted_from is not None:
        agreed = wanted_from + ARRIVE_LATE
        # somebody who wants it sooner than its class promises: the class's time to accept must leave time for the way
        accept = max(min(accept, wanted_from), at + timedelta(minutes=2))
        arrive = agreed if agreed > at else arrive
    return Deadlines(reply, accept, arrive)


def _after(within: timedelta | None, at: datetime, timezone: str) -> datetime:
    """None: by the end of the next working day."""
    if within is not None:
        return at + within
    zone = ZoneInfo(timezone)
    day = next_working_day(at.astimezone(zone).date())
    return datetime.combine(day, DAY_ENDS, zone).astimezone(at.tzinfo)


def _end_of_day(at: datetime, timezone: str) -> datetime:
    zone = ZoneInfo(timezone)
    return datetime.combine(at.astimezone(zone).date(), DAY_ENDS, zone).astimezone(at.tzinfo)


def answer_within(sla: SlaClass, *, at: datetime, accept_by: datetime, assigned: bool) -> timedelta:
    """How long one offer stands. Assigned in turn: a third of what is left of the class's time for each; open to several: all of it. E0 asks several
    at once, so each has the whole. Never under half a minute: a person must read it."""
    left = accept_by - at
    share = left / 3 if assigned and sla is not SlaClass.E0 else left
    return max(share, timedelta(seconds=30))


# --- proofs --------------------------------------------------------------------------------------------------------------


def is_timed(visits: Collection[tuple[Category, HomeVisit]]) -> bool:
    """Whether somebody stays: a length that must be kept. What is handed over at the door, or done elsewhere, is not."""
    return any(visit is not HomeVisit.NO and category is not Category.DELIVERY for category, visit in visits)


def proofs_needed(*, is_subsidised: bool, categories: Collection[Category]) -> int:
    """Two where insurance, subsidy or voucher pays, and for all personal care; one otherwise."""
    return 2 if is_subsidised or Category.PERSONAL_CARE in categories else 1


def proofs_hold(kinds: Collection[ProofKind], needed: int) -> bool:
    """A tag at the door is static, so it never counts alone."""
    return len(set(kinds)) >= needed and set(kinds) != {ProofKind.DOOR_TAG} and bool(kinds)


def visit_counts(minutes: int, booked: int) -> bool:
    return minutes >= VISIT_SHARE * booked


class Missing:
    """What an order lacks to be verified, as stable words."""

    CHECK_IN, CHECK_OUT, TOO_SHORT = "check_in_proofs", "check_out_proofs", "too_short"


def what_is_missing(
    proofs: Sequence[tuple[Phase, ProofKind]], *, needed: int, checked_in_at: datetime, checked_out_at: datetime, booked: int, timed: bool
) -> list[str]:
    """Empty: verified. `timed`: paid by the hour or the visit at home, so that its length counts (a meal handed over at the door is not)."""
    missing = []
    for phase, word in ((Phase.CHECK_IN, Missing.CHECK_IN), (Phase.CHECK_OUT, Missing.CHECK_OUT)):
        if not proofs_hold([kind for at, kind in proofs if at is phase], needed):
            missing.append(word)
    if timed and not visit_counts(round((checked_out_at - checked_in_at).total_seconds() / 60), booked):
        missing.append(Missing.TOO_SHORT)
    return missing


# --- places --------------------------------------------------------------------------------------------------------------

_EARTH = 6_371_000.0


def metres_between(a: tuple[float, float], b: tuple[float, float]) -> int:
    """Great circle (haversine); positions are (latitude, longitude) in degrees."""
    la, lb = math.radians(a[0]), math.radians(b[0])
    h = math.sin((lb - la) / 2) ** 2 + math.cos(la) * math.cos(lb) * math.sin(math.radians(b[1] - a[1]) / 2) ** 2
    return round(2 * _EARTH * math.asin(min(1.0, math.sqrt(h))))
