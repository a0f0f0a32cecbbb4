"""What another version would have asked and done: the answers of a case, walked through it. Pure.

Where it asks what nobody asked in the case its way cannot be known further; what has nothing to choose from counts as done.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from callcenter.emergency.protocols.graph import reachable
from callcenter.emergency.protocols.rules import DONE, NoSuchAnswer, counted_as, next_step
from callcenter.emergency.protocols.schema import Protocol, Step, Text

LONGEST_WAY = 500


class Verdict(StrEnum):
    SAME = "same"
    WORDS = "other_words"
    DEADLINE = "other_deadline"
    GOES_ELSEWHERE = "goes_elsewhere"  # the same answer leads to another step
    TOO_LATE = "too_late"  # what was done took longer than it would have had
    NEW = "new"
    MISSING = "missing"  # it would not have come
    OPEN = "open"  # it may have come: that hangs on a question that nobody asked


@dataclass(frozen=True, slots=True)
class Was:
    """A step of the case, as it stood in the version that was used."""

    step: Step
    answer: str
    skipped: bool
    seconds: float | None  # that it took; None: it was known from before
    next: str  # which step came after it; "" = it was the last


@dataclass(frozen=True, slots=True)
class Would:
    step: Step
    answer: str  # "" = nobody asked
    next: str


@dataclass(frozen=True, slots=True)
class Row:
    was: Was | None
    would: Would | None
    verdicts: tuple[Verdict, ...]

    @property
    def code(self) -> str:
        side = self.was or self.would
        assert side is not None
        return side.step.code


@dataclass(frozen=True, slots=True)
class Replay:
    rows: tuple[Row, ...]
    stopped_at: str  # the question that nobody asked; "" = its way was walked to the end, or as far as the case went


def replay(done: Sequence[Was], protocol: Protocol, *, ended: bool) -> Replay:
    """`ended`: the case's own run had come to its end; else what would have come after its last answer is no difference."""
    way, stopped_at = _walk(done, protocol, ended=ended)
    ahead = reachable({step.code: step for step in protocol.steps}, stopped_at) if stopped_at else set()
    rows: list[Row] = []
    matcher = SequenceMatcher(None, [one.step.code for one in done], [one.step.code for one in way], autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            rows += [Row(was, would, _compare(was, would)) for was, would in zip(done[a:b], way[c:d], strict=True)]
            continue
        rows += [Row(None, would, (Verdict.NEW,)) for would in way[c:d]]
        rows += [Row(was, None, (Verdict.OPEN if was.step.code in ahead else Verdict.MISSING,)) for was in done[a:b]]
    return Replay(tuple(rows), stopped_at)


def _walk(done: Sequence[Was], protocol: Protocol, *, ended: bool) -> tuple[list[Would], str]:
    known: dict[str, deque[Was]] = defaultdict(deque)
    for one in done:
        known[one.step.code].append(one)
    left = len(done)
    way: list[Would] = []
    current: Step | None = protocol.steps[0]
    while current is not None and len(way) < LONGEST_WAY:
        if left == 0 and not ended:
            break  # the case had not come further either
        waiting = known[current.code]
        was = waiting.popleft() if waiting else None
        left -= was is not None
        skipped = was.skipped if was else False
        answer = "" if skipped else was.answer if was else "" if current.answers else DONE
        try:
            counted_as(current, answer=answer, skipped=skipped)
        except NoSuchAnswer:  # nobody asked, or the answer that was given is none any more
            way.append(Would(current, "", ""))
            return way, current.code
        after = next_step(protocol, current, answer=answer, skipped=skipped)
        way.append(Would(current, answer, after.code if after else ""))
        current = after
    return way, ""


def _compare(was: Was, would: Would) -> tuple[Verdict, ...]:
    found = []
    if _words(was.step) != _words(would.step):
        found.append(Verdict.WORDS)
    if was.step.within != would.step.within:
        found.append(Verdict.DEADLINE)
    if was.next != would.next:
        found.append(Verdict.GOES_ELSEWHERE)
    if was.seconds is not None and was.step.within >= was.seconds > would.step.within:
        found.append(Verdict.TOO_LATE)
    return tuple(found) or (Verdict.SAME,)


def _words(step: Step) -> tuple[Text | None, ...]:
    return step.ask, step.info, step.say, step.note
