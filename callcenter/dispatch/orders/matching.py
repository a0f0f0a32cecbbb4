"""Which store gets an order, and why. Pure: candidates in, a ranking that explains itself out.

Gates first: one that fails puts a store out, whatever its score. Then a score, whose parts are told. Nothing here asks a database or a clock, so that
what the agent is shown is what was decided, and a test can play any day.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from callcenter.catalog.models import SlaClass
from callcenter.dispatch.orders.rules import metres_between
from callcenter.regions.geometry import covers


class Gate(StrEnum):
    """Why a store is out. In the order in which they are told: the first is the one that matters most."""

    NOT_ADMITTED = "not_admitted"
    REFUSED_BY_ELDER = "refused_by_elder"
    NOT_OFFERED = "not_offered"  # one of the items is not among its own
    VOLUNTEERS_MAY_NOT = "volunteers_may_not"
    LICENCE = "licence"  # none valid on the day of the job
    AREA = "area"
    BLACKOUT = "blackout"
    CLOSED = "closed"  # not asked of E0: whoever is near and may go is asked, and the answer says whether somebody is there
    FULL_DAY = "full_day"
    BUSY = "busy"  # as many jobs at once as it can do


# A supervisor may go past these with a reason; the others protect the elder or the law, and nobody goes past them.
PASSABLE = frozenset({Gate.AREA, Gate.BLACKOUT, Gate.CLOSED, Gate.FULL_DAY, Gate.BUSY})


@dataclass(frozen=True, slots=True)
class WantedItem:
    code: str
    # all groups must be met, each by any one of its licences; by whom: catalog.rules
    store_licences: tuple[frozenset[str], ...] = ()
    worker_licences: tuple[frozenset[str], ...] = ()
    volunteers_may: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    items: tuple[WantedItem, ...]
    community_id: UUID
    position: tuple[float, float] | None  # latitude, longitude; degrees
    sla_class: SlaClass
    at: datetime  # when somebody would come: the agreed time, or now
    minutes: int
    is_soon: bool  # within the next two hours: what a store is doing now counts
    dialect: str = ""
    prefers: UUID | None = None
    refused: frozenset[UUID] = frozenset()  # by this elder
    served: Mapping[UUID, int] = field(default_factory=dict)  # how often each store has done a job for her
    timezone: str = "Asia/Shanghai"
    usual_rating: int | None = None  # hundredths: the mean of all ratings of all stores; None: too few to say


@dataclass(frozen=True, slots=True)
class HeldLicence:
    kind: str
    valid_from: date | None
    valid_to: date | None

    def covers(self, day: date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True)
class CandidateWorker:
    id: UUID
    name: str
    licences: tuple[HeldLicence, ...]
    dialects: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Candidate:
    id: UUID
    name: str
    admitted: bool
    volunteers: bool
    community_id: UUID
    position: tuple[float, float] | None
    items: Mapping[str, int]  # code → its own price, fen a unit
    licences: tuple[HeldLicence, ...]
    workers: tuple[CandidateWorker, ...]
    communities: Collection[UUID]
    area: Mapping[str, Any] | None  # GeoJSON; instead of communities
    hours: Sequence[Sequence[Sequence[int]]]  # Monday first: [[opens, closes], …] in minutes
    blackouts: Sequence[tuple[date, date]]
    daily_capacity: int
    at_once: int
    jobs_that_day: int
    jobs_now: int
    rating: int  # hundredths, 0: not rated
    rating_count: int
    offers: int  # of the last 90 days, answered or run out
    accepted: int


@dataclass(frozen=True, slots=True)
class Out:
    """One gate that a store does not pass; `what` says more, in words of ours: an item code, a licence, a day."""

    gate: Gate
    what: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the score: what was measured, and what it gave (0 … its weight)."""

    name: str  # distance, rating, load, acceptance, known, dialect, wanted
    value: float | int | str | None
    points: float


@dataclass(frozen=True, slots=True)
class Ranked:
    store_id: UUID
    name: str
    score: float
    metres: int | None
    parts: tuple[Part, ...]
    price_fen: int  # of one unit of each item together
    workers: tuple[UUID, ...]  # who may do it
    passed: tuple[Out, ...] = ()  # gates that a supervisor went past

    def why(self) -> dict[str, Any]:
        """As an offer keeps it."""
        return {
            "score": round(self.score, 1),
            "metres": self.metres,
            "parts": [{"name": p.name, "value": p.value, "points": round(p.points, 1)} for p in self.parts],
            "passed": [{"gate": str(o.gate), "what": o.what} for o in self.passed],
        }


@dataclass(frozen=True, slots=True)
class Refused:
    store_id: UUID
    name: str
    metres: int | None
    out: tuple[Out, ...]


@dataclass(frozen=True, slots=True)
class Matched:
    ranked: list[Ranked]  # best first
    out: list[Refused]  # nearest first

    def of(self, store_id: UUID) -> Ranked | Refused | None:
        everybody: list[Ranked | Refused] = [*self.ranked, *self.out]
        return next((found for found in everybody if found.store_id == store_id), None)


WEIGHTS = {"distance": 40.0, "rating": 20.0, "load": 10.0, "acceptance": 10.0, "known": 15.0, "dialect": 5.0, "wanted": 100.0}
FAR = 5_000  # metres: from here on distance gives nothing
NOT_RATED = 380  # what a store without ratings counts as while nobody knows what is usual: between the poor and the good
CONFIDENT = 10  # ratings that outweigh that assumption


def match(wanted: Wanted, candidates: Iterable[Candidate], *, past: Collection[UUID] = ()) -> Matched:
    """`past`: stores for which a supervisor goes past the gates that may be passed."""
    zone = ZoneInfo(wanted.timezone)
    local = wanted.at.astimezone(zone)
    ranked: list[Ranked] = []
    out: list[Refused] = []
    for store in candidates:
        metres = metres_between(wanted.position, store.position) if wanted.position and store.position else None
        found, able = gates(wanted, store, local)
        going_past = bool(found) and store.id in past and all(o.gate in PASSABLE for o in found)
        if found and not going_past:
            out.append(Refused(store.id, store.name, metres, tuple(found)))
            continue
        parts = score(wanted, store, metres, able)
        price = sum(store.items[item.code] for item in wanted.items)
        ranked.append(
            Ranked(store.id, store.name, sum(p.points for p in parts), metres, parts, price, tuple(w.id for w in able), tuple(found))
        )
    ranked.sort(key=lambda r: (-round(r.score, 1), r.metres if r.metres is not None else 1 << 30, r.store_id))
    out.sort(key=lambda r: (len(r.out), r.metres if r.metres is not None else 1 << 30, r.store_id))
    return Matched(ranked, out)


def gates(wanted: Wanted, store: Candidate, local: datetime) -> tuple[list[Out], list[CandidateWorker]]:
    """All gates that the store fails, and the workers who may do the job. `local`: when it would be done, in the elder's zone."""
    out: list[Out] = []
    day = local.date()
    if not store.admitted:
        out.append(Out(Gate.NOT_ADMITTED))
    if store.id in wanted.refused:
        out.append(Out(Gate.REFUSED_BY_ELDER))
    missing = [item.code for item in wanted.items if item.code not in store.items]
    out += [Out(Gate.NOT_OFFERED, code) for code in missing]
    if store.volunteers:
        out += [Out(Gate.VOLUNTEERS_MAY_NOT, item.code) for item in wanted.items if not item.volunteers_may]
    lapsed, able = _licensed(wanted, store, day)
    out += lapsed
    if not _in_area(wanted, store):
        out.append(Out(Gate.AREA))
    out += [Out(Gate.BLACKOUT, last.isoformat()) for first, last in store.blackouts if first <= day <= last][:1]
    if wanted.sla_class is not SlaClass.E0 and not is_open(store.hours, local):
        out.append(Out(Gate.CLOSED))
    if store.jobs_that_day >= store.daily_capacity:
        out.append(Out(Gate.FULL_DAY, str(store.daily_capacity)))
    if wanted.is_soon and store.jobs_now >= store.at_once:
        out.append(Out(Gate.BUSY, str(store.at_once)))
    return out, able


def _licensed(wanted: Wanted, store: Candidate, day: date) -> tuple[list[Out], list[CandidateWorker]]:
    """The store's own papers, and one worker who holds all that a worker must. Without demands on a worker anybody may go, also nobody by name."""
    out: list[Out] = []
    own = {licence.kind for licence in store.licences if licence.covers(day)}
    for item in wanted.items:
        out += [Out(Gate.LICENCE, "|".join(sorted(group))) for group in item.store_licences if not group & own]
    groups = [group for item in wanted.items for group in item.worker_licences]
    able = [w for w in store.workers if _holds(w, groups, day)]
    if groups and not able:
        nobody = [group for group in groups if not any(_holds(w, [group], day) for w in store.workers)]
        out += [Out(Gate.LICENCE, "|".join(sorted(group))) for group in nobody or groups]
    return list(dict.fromkeys(out)), able


def _holds(worker: CandidateWorker, groups: Sequence[frozenset[str]], day: date) -> bool:
    held = {licence.kind for licence in worker.licences if licence.covers(day)}
    return all(group & held for group in groups)


def _in_area(wanted: Wanted, store: Candidate) -> bool:
    if store.area is not None:
        return wanted.position is not None and covers(dict(store.area), wanted.position[1], wanted.position[0])
    return wanted.community_id in store.communities


def is_open(hours: Sequence[Sequence[Sequence[int]]], local: datetime) -> bool:
    """Whether it is open at this local time. [0, 1440] is the whole day."""
    minute = local.hour * 60 + local.minute
    return len(hours) == 7 and any(opens <= minute < closes for opens, closes in hours[local.weekday()])


def score(wanted: Wanted, store: Candidate, metres: int | None, able: Sequence[CandidateWorker]) -> tuple[Part, ...]:
    near = 0.5 if metres is None else max(0.0, 1 - metres / FAR)
    usual = NOT_RATED if wanted.usual_rating is None else wanted.usual_rating
    mean = (store.rating * store.rating_count + usual * CONFIDENT) / (store.rating_count + CONFIDENT)
    load = min(1.0, store.jobs_that_day / store.daily_capacity) if store.daily_capacity else 1.0
    acceptance = (store.accepted + 4) / (store.offers + 5)  # a new store is thought willing
    served = wanted.served.get(store.id, 0)
    speaks = bool(wanted.dialect) and any(wanted.dialect in worker.dialects for worker in able)
    parts = [
        Part("distance", metres, WEIGHTS["distance"] * near),
        Part("rating", store.rating / 100 if store.rating_count else None, WEIGHTS["rating"] * max(0.0, (mean - 100) / 400)),
        Part("load", store.jobs_that_day, WEIGHTS["load"] * (1 - load)),
        Part("acceptance", round(acceptance, 2) if store.offers else None, WEIGHTS["acceptance"] * min(1.0, acceptance)),
        Part("known", served, WEIGHTS["known"] * min(1.0, served / 3)),
    ]
    if speaks:
        parts.append(Part("dialect", wanted.dialect, WEIGHTS["dialect"]))
    if wanted.prefers == store.id:
        parts.append(Part("wanted", None, WEIGHTS["wanted"]))
    return tuple(parts)
