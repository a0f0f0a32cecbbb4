"""What a key, a pause or the end of a sentence means while a step is on. Pure: times come from outside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from callcenter.calls.dialogs.protocol import Step, Then

TIMES_SAID = 2
WRONG_KEYS = 3  # then it counts as silence
MOST_REPEATS = 10  # of `*`: somebody's child plays with the telephone


class Now(StrEnum):
    """What is to be done."""

    NOTHING = "nothing"
    BEEP = "beep"  # the key was taken
    SAY_AGAIN = "say_again"
    WRONG = "wrong"  # the tone for an error, then the step again
    ANSWER = "answer"  # `entered` goes to the handler
    SILENCE = "silence"
    FINISH = "finish"  # all is said: what `then` says


@dataclass(slots=True)
class Listening:
    """One step, from its first word to its answer. While the handler is asked nothing is heard: no beep, so people know. But a key of `meanwhile` is kept:
    who wants a person need not press twice.
    """

    step: Step
    first_key: float
    next_key: float
    entered: str = ""
    said: int = 0
    repeats: int = 0
    wrong: int = 0
    due: datetime | None = None  # when the silence has lasted long enough
    closed: bool = False  # answered: what comes now is too late
    kept: str = ""  # of `meanwhile`, pressed after that

    def speaking(self) -> None:
        self.due = None

    def spoken(self, now: datetime) -> Now:
        """The last word is out."""
        if self.closed:
            return Now.NOTHING
        if self.step.then != Then.LISTEN:
            self.closed = True
            return Now.FINISH
        if not self.entered:
            self.said += 1
        self._wait(now)
        return Now.NOTHING

    def key(self, key: str, now: datetime) -> Now:
        """One key; stops what is being said."""
        if self.closed and key in self.step.meanwhile:
            self.kept = key
        if self.closed or self.step.then != Then.LISTEN:
            return Now.NOTHING
        if key == "*":
            self.entered = ""
            self.repeats += 1
            return self._close(Now.SILENCE) if self.repeats > MOST_REPEATS else Now.SAY_AGAIN
        if key == "#":
            return self._close(Now.ANSWER) if self.entered else self._is_wrong()
        if not self.entered and key in self.step.at_once:
            self.entered = key
            return self._close(Now.ANSWER)
        if key not in self.step.allowed:
            return self._is_wrong()
        self.entered += key
        if len(self.entered) >= self.step.keys:
            return self._close(Now.ANSWER)
        self._wait(now)
        return Now.BEEP

    def tick(self, now: datetime) -> Now:
        if self.closed or self.due is None or now < self.due:
            return Now.NOTHING
        self.due = None
        if self.entered:
            return self._close(Now.ANSWER)  # who forgets the # has entered it all the same
        return Now.SAY_AGAIN if self.said < TIMES_SAID else self._close(Now.SILENCE)

    def _is_wrong(self) -> Now:
        self.entered = ""
        self.wrong += 1
        return self._close(Now.SILENCE) if self.wrong >= WRONG_KEYS else Now.WRONG

    def _wait(self, now: datetime) -> None:
        self.due = now + timedelta(seconds=self.next_key if self.entered else self.first_key)

    def _close(self, what: Now) -> Now:
        self.closed, self.due = True, None
        return what
