"""The walk through a protocol: given what was answered so far, what comes now, what may come, what never will. Pure, without a clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from callcenter.emergency.protocols.graph import reachable
from callcenter.emergency.protocols.schema import Protocol, Step

CARRIED_FOR = timedelta(hours=1)  # what was done once counts so long for the next protocol of the same emergency (ours)
ARRIVED = "arrived"  # the answer, to any step, that somebody is with her
DONE = "done"  # the answer to a step that has none to choose from


class Standing(StrEnum):
    """How a step stands in a walk."""

    DONE = "done"
    SKIPPED = "skipped"
    CURRENT = "current"
    PENDING = "pending"  # a way still leads there
    OFF_PATH = "off_path"


@dataclass(frozen=True, slots=True)
class Given:
    """One step that is behind us. Skipped: `answer` is empty, and the step counts as its file says."""

    step: str
    answer: str = DONE
    skipped: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """A step and how it stands. Of a step that came more than once the last time counts."""

    step: Step
    standing: Standing
    answer: str = ""
    times: int = 0


@dataclass(frozen=True, slots=True)
class Due:
    """A deadline that runs from when `step` became the current one."""

    step: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Walk:
    seen: tuple[Seen, ...]  # every step, in the order of the file
    current: Step | None  # None: the protocol has come to its end
    way: tuple[Step, ...]  # what was walked, in its order, the current step not among it

    @property
    def due(self) -> tuple[Due, ...]:
        return (Due(self.current.code, self.current.within),) if self.current else ()


class NotOnTheWay(ValueError):
    """`index` of the given steps is not the one whose turn it was."""

    def __init__(self, index: int, given: str, wanted: str | None) -> None:
        super().__init__(f"step {index + 1} was {given}, but {wanted or 'nothing'} was to come")
        self.index, self.given, self.wanted = index, given, wanted


class NoSuchAnswer(ValueError):
    def __init__(self, step: str, answer: str) -> None:
        super().__init__(f"{step} has no answer {answer}")
        self.step, self.answer = step, answer


def counted_as(step: Step, *, answer: str, skipped: bool) -> str:
    """The answer that decides where it goes on. NoSuchAnswer."""
    if skipped:
        return step.if_skipped or DONE
    if step.answers:
        if step.answer(answer) is None:
            raise NoSuchAnswer(step.code, answer)
    elif answer != DONE:
        raise NoSuchAnswer(step.code, answer)
    return answer


def next_step(protocol: Protocol, step: Step, *, answer: str, skipped: bool = False) -> Step | None:
    """What comes after it. None: it was the last."""
    counted = counted_as(step, answer=answer, skipped=skipped)
    chosen = step.answer(counted)
    target = chosen.to if chosen else step.to
    return protocol.step(target) if target is not None else None


def why_not_outside(step: Step, *, answer: str, skipped: bool = False) -> str:
    """In Chinese, for the timeline: the file's reason why this way calls no outside help. Empty: it says nothing of it."""
    chosen = step.answer(counted_as(step, answer=answer, skipped=skipped))
    reason = (chosen.no_outside if chosen else None) or step.no_outside
    return reason.zh if reason else ""


def walk(protocol: Protocol, given: Sequence[Given]) -> Walk:
    """NotOnTheWay, NoSuchAnswer: these were not answers to this protocol."""
    current: Step | None = protocol.steps[0]
    way: list[Step] = []
    last: dict[str, Given] = {}
    times: dict[str, int] = {}
    for index, one in enumerate(given):
        if current is None or current.code != one.step:
            raise NotOnTheWay(index, one.step, current.code if current else None)
        way.append(current)
        last[one.step] = one
        times[one.step] = times.get(one.step, 0) + 1
        current = next_step(protocol, current, answer=one.answer, skipped=one.skipped)
    ahead = reachable({step.code: step for step in protocol.steps}, current.code) if current else set()
    return Walk(tuple(_seen(step, current, last, times, ahead) for step in protocol.steps), current, tuple(way))


def _seen(step: Step, current: Step | None, last: Mapping[str, Given], times: Mapping[str, int], ahead: set[str]) -> Seen:
    before, count = last.get(step.code), times.get(step.code, 0)
    if current is not None and step.code == current.code:
        return Seen(step, Standing.CURRENT, "", count)
    if before is not None:
        return Seen(step, Standing.SKIPPED if before.skipped else Standing.DONE, "" if before.skipped else before.answer, count)
    return Seen(step, Standing.PENDING if step.code in ahead else Standing.OFF_PATH)


def known_before(step: Step, before: Mapping[str, Given]) -> Given | None:
    """What this emergency already knows of a step that is asked once, from an earlier protocol or an earlier turn. Skipped then, it is asked now."""
    earlier = before.get(step.code)
    if not step.once or earlier is None or earlier.skipped:
        return None
    fits = step.answer(earlier.answer) is not None if step.answers else earlier.answer == DONE
    return earlier if fits else None
