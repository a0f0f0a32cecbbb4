"""The definitions of the figures. Pure: rows in, figures out; the time is given. In words: docs/figures.md. Sources: docs/decisions.md "Answering"."""

from __future__ import annotations

import math
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import TypeVar
from zoneinfo import ZoneInfo

from callcenter.calls.states import CallKind
from callcenter.reports import words
from callcenter.reports.words import Words

K = TypeVar("K")
SHORT = timedelta(seconds=5)
WRAP_UP_AT_MOST = timedelta(minutes=30)  # an outcome said later than that is no wrap-up of this call


def start_of_day(now: datetime, timezone: str) -> datetime:
    """The last midnight of the people served (settings.timezone), in UTC."""
    return now.astimezone(ZoneInfo(timezone)).replace(hour=0, minute=0, second=0, microsecond=0, fold=0).astimezone(UTC)


def bounds_of(first: date, last: date, timezone: str) -> tuple[datetime, datetime]:
    """From the first midnight to the one after the last day: days have 23 or 25 hours where clocks are put forward or back."""
    zone = ZoneInfo(timezone)
    start = datetime(first.year, first.month, first.day, tzinfo=zone).astimezone(UTC)
    after = last + timedelta(days=1)
    return start, datetime(after.year, after.month, after.day, tzinfo=zone).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Press:
    """An inbound call as figures see it."""

    id: uuid.UUID
    kind: CallKind
    received_at: datetime
    answered_at: datetime | None = None  # a person joined
    ended_at: datetime | None = None
    agent_id: uuid.UUID | None = None  # who talked, the last one when it was passed on; None: a duty telephone, or nobody
    case_id: uuid.UUID | None = None
    has_number: bool = True
    in_fallback: bool = False
    community_id: uuid.UUID | None = None
    reached_again_at: datetime | None = None  # missed: the next call-back begun, or answered press, of its case

    @property
    def waited(self) -> timedelta | None:
        """Until a person joined, or the caller was gone; None while she waits."""
        over = self.answered_at or self.ended_at
        return None if over is None else max(over - self.received_at, timedelta())

    @property
    def is_missed(self) -> bool:
        return self.answered_at is None and self.ended_at is not None


class Fate(StrEnum):
    """What a call is to a figure."""

    MET = "met"
    NOT_MET = "not_met"
    SHORT_HANG_UP = "short_hang_up"
    STILL_WAITING = "still_waiting"
    NO_NUMBER = "no_number"


EXCLUDED: dict[Fate, Words] = {
    Fate.SHORT_HANG_UP: words.SHORT_HANG_UP,
    Fate.STILL_WAITING: words.STILL_WAITING,
    Fate.NO_NUMBER: words.NO_NUMBER,
}


def answered_within(press: Press, within: timedelta | None, now: datetime) -> Fate:
    """`within` None: at all."""
    if press.answered_at is not None:
        return Fate.MET if within is None or press.answered_at - press.received_at <= within else Fate.NOT_MET
    if press.ended_at is not None:
        return Fate.SHORT_HANG_UP if press.ended_at - press.received_at < SHORT else Fate.NOT_MET
    return Fate.STILL_WAITING if within is None or now - press.received_at <= within else Fate.NOT_MET


def called_back_within(press: Press, within: timedelta, now: datetime) -> Fate | None:
    """None: it was not missed, so the figure is not about it."""
    if not press.is_missed or press.ended_at is None:
        return None
    if press.reached_again_at is not None:
        return Fate.MET if press.reached_again_at - press.ended_at <= within else Fate.NOT_MET
    if not press.has_number:
        return Fate.NO_NUMBER
    return Fate.STILL_WAITING if now - press.ended_at <= within else Fate.NOT_MET


@dataclass(frozen=True, slots=True)
class Definition:
    key: str
    kind: CallKind
    seconds: int | None
    target: float | None  # share, 0..1
    source: Words | None
    title: Words
    formula: Words
    setting: str = ""  # the centre's own target stands there
    call_back: bool = False

    def fate(self, press: Press, now: datetime) -> Fate | None:
        if press.kind != self.kind:
            return None
        within = timedelta(seconds=self.seconds) if self.seconds is not None else None
        if self.call_back:
            assert within is not None
            return called_back_within(press, within, now)
        return answered_within(press, within, now)


def _within(key: str, kind: CallKind, seconds: int, target: float | None, source: Words | None, setting: str = "") -> Definition:
    title, formula = words.answered_within(*(("SOS", "SOS") if kind is CallKind.SOS else ("服务", "Service calls")), seconds)
    return Definition(key, kind, seconds, target, source, title, formula, setting)


DEFINITIONS: tuple[Definition, ...] = (
    _within("sos_10", CallKind.SOS, 10, 0.95, words.OURS, "target_sos_10"),
    _within("sos_15", CallKind.SOS, 15, 0.98, words.OURS, "target_sos_15"),
    _within("sos_60", CallKind.SOS, 60, 0.995, words.OURS, "target_sos_60"),
    _within("sos_nfpa_10", CallKind.SOS, 10, 0.90, words.NFPA),
    _within("sos_tsa_60", CallKind.SOS, 60, 0.975, words.TSA),
    _within("sos_tsa_180", CallKind.SOS, 180, 0.99, words.TSA),
    Definition("sos_called_back_60", CallKind.SOS, 60, 1.0, words.OURS, *words.CALLED_BACK, call_back=True),
    _within("service_10", CallKind.SERVICE, 10, None, None),
    _within("service_15", CallKind.SERVICE, 15, 0.95, words.GB, "target_service_15"),
    _within("service_60", CallKind.SERVICE, 60, None, None),
    Definition("service_connected", CallKind.SERVICE, None, 0.95, words.GB, *words.CONNECTED),
)
BY_KEY = {definition.key: definition for definition in DEFINITIONS}


@dataclass(frozen=True, slots=True)
class Share:
    """n of `of`."""

    n: int
    of: int

    @property
    def value(self) -> float | None:
        """None: nothing was there to be measured. That is not 0, and not 100 %."""
        return self.n / self.of if self.of else None


@dataclass(frozen=True, slots=True)
class Figure:
    definition: Definition
    target: float | None
    share: Share
    excluded: Mapping[Fate, int]
    hours: Sequence[Share]  # by the hour of the day, 24

    @property
    def is_met(self) -> bool | None:
        value = self.share.value
        return None if value is None or self.target is None else value >= self.target


def figure(definition: Definition, presses: Iterable[Press], now: datetime, timezone: str, target: float | None) -> Figure:
    zone, met, of = ZoneInfo(timezone), [0] * 24, [0] * 24
    excluded: dict[Fate, int] = {}
    for press in presses:
        fate = definition.fate(press, now)
        if fate is None:
            continue
        if fate in EXCLUDED:
            excluded[fate] = excluded.get(fate, 0) + 1
            continue
        hour = press.received_at.astimezone(zone).hour
        of[hour] += 1
        met[hour] += fate is Fate.MET
    shares = [Share(n, total) for n, total in zip(met, of, strict=True)]
    return Figure(definition, target, Share(sum(met), sum(of)), excluded, shares)


def figures(presses: Sequence[Press], now: datetime, timezone: str, targets: Mapping[str, float]) -> list[Figure]:
    """`targets`: the centre's own, by the name of the setting, as shares."""
    return [figure(d, presses, now, timezone, targets.get(d.setting, d.target) if d.setting else d.target) for d in DEFINITIONS]


@dataclass(slots=True)
class Tally:
    """One line of a table: of an hour, a day, a community."""

    received: int = 0
    sos: int = 0
    answered: int = 0
    within_10: int = 0
    within_15: int = 0
    missed: int = 0
    short: int = 0  # of the missed: under 5 s

    def add(self, press: Press) -> None:
        self.received += 1
        self.sos += press.kind is CallKind.SOS
        if press.answered_at is not None:
            waited = press.answered_at - press.received_at
            self.answered += 1
            self.within_10 += waited <= timedelta(seconds=10)
            self.within_15 += waited <= timedelta(seconds=15)
        elif press.ended_at is not None:
            self.missed += 1
            self.short += press.ended_at - press.received_at < SHORT


def tally(presses: Iterable[Press]) -> Tally:
    whole = Tally()
    for press in presses:
        whole.add(press)
    return whole


def tally_by(presses: Iterable[Press], key: Callable[[Press], K]) -> dict[K, Tally]:
    found: dict[K, Tally] = {}
    for press in presses:
        found.setdefault(key(press), Tally()).add(press)
    return found


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds until a person joined, of the answered."""

    n: int
    median: float | None
    p90: float | None
    longest: float | None


def waits(presses: Iterable[Press]) -> Waits:
    seconds = sorted((p.answered_at - p.received_at).total_seconds() for p in presses if p.answered_at is not None)
    if not seconds:
        return Waits(0, None, None, None)
    return Waits(len(seconds), _rank(seconds, 0.5), _rank(seconds, 0.9), seconds[-1])


def _rank(ordered: Sequence[float], share: float) -> float:
    """Nearest rank: the least value that at least this share does not exceed."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation, inbound or outbound."""

    agent_id: uuid.UUID
    case_id: uuid.UUID | None
    answered_at: datetime
    ended_at: datetime
    outbound: bool


@dataclass(frozen=True, slots=True)
class Said:
    """An outcome that an agent said on a case."""

    agent_id: uuid.UUID
    case_id: uuid.UUID
    at: datetime


@dataclass(slots=True)
class Work:
    """What one agent did."""

    answered: int = 0
    within_10: int = 0
    called_back: int = 0  # outbound calls in which she reached somebody
    talks: list[float] = field(default_factory=list)  # seconds
    wrap_ups: list[float] = field(default_factory=list)  # seconds

    @property
    def talk_average(self) -> float | None:
        return sum(self.talks) / len(self.talks) if self.talks else None

    @property
    def wrap_up_average(self) -> float | None:
        return sum(self.wrap_ups) / len(self.wrap_ups) if self.wrap_ups else None


def work_of(presses: Iterable[Press], talks: Iterable[Talk], outcomes: Iterable[Said]) -> dict[uuid.UUID, Work]:
    """Wrap-up: from the conversation's end until she said its outcome, before her next conversation began."""
    found: dict[uuid.UUID, Work] = {}
    for press in presses:
        if press.agent_id is not None and press.answered_at is not None:
            work = found.setdefault(press.agent_id, Work())
            work.answered += 1
            work.within_10 += press.answered_at - press.received_at <= timedelta(seconds=10)
    said = sorted(outcomes, key=lambda one: one.at)
    by_agent: dict[uuid.UUID, list[Talk]] = {}
    for talk in talks:
        by_agent.setdefault(talk.agent_id, []).append(talk)
    for agent_id, hers in by_agent.items():
        work = found.setdefault(agent_id, Work())
        hers.sort(key=lambda talk: talk.answered_at)
        for talk, after in zip(hers, [*hers[1:], None], strict=True):
            work.talks.append((talk.ended_at - talk.answered_at).total_seconds())
            work.called_back += talk.outbound
            until = min(talk.ended_at + WRAP_UP_AT_MOST, after.answered_at if after else datetime.max.replace(tzinfo=UTC))
            first = next((s for s in said if s.agent_id == agent_id and s.case_id == talk.case_id and talk.ended_at <= s.at <= until), None)
            if first is not None:
                work.wrap_ups.append((first.at - talk.ended_at).total_seconds())
    return found


class Became(StrEnum):
    """What became of a missed call, the best that happened."""

    PRESSED_AGAIN = "pressed_again"  # she called again and was answered
    CALLED_BACK = "called_back"  # reached
    SETTLED = "settled"  # an agent closed the call-back without a call, with a reason
    NO_NUMBER = "no_number"
    WAITS = "waits"  # its call-back is open
    OVERDUE = "overdue"  # and late
    NOTHING = "nothing"  # neither call-back nor conversation: a fault


@dataclass(frozen=True, slots=True)
class After:
    """A call of the same case, later than the missed one."""

    at: datetime
    answered_at: datetime | None
    outbound: bool


@dataclass(frozen=True, slots=True)
class CallBack:
    """The call-back of the case, the last one."""

    is_done: bool
    due_at: datetime


def reached_again(press: Press, later: Iterable[After]) -> datetime | None:
    """When somebody of ours turned to her again: a call-back begun, or a further press answered."""
    return min((at for a in later if (at := a.at if a.outbound else a.answered_at) is not None and at >= press.received_at), default=None)


def became(press: Press, later: Sequence[After], call_back: CallBack | None, now: datetime) -> Became:
    spoken = sorted((a for a in later if a.answered_at is not None), key=lambda a: a.at)
    if spoken:
        return Became.CALLED_BACK if spoken[0].outbound else Became.PRESSED_AGAIN
    if call_back is not None:
        if call_back.is_done:
            return Became.SETTLED
        return Became.OVERDUE if call_back.due_at <= now else Became.WAITS
    return Became.NOTHING if press.has_number else Became.NO_NUMBER
