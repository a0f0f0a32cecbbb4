"""What can be spoken: names of sounds for digits, numbers, days, hours, money, services and places, put together like a person says them; and whole phrases
that the worker has rendered ahead (prompts/phrases.py), which sound better than words one after the other.

Nothing is synthesised while somebody listens. What has no recording gives an empty tuple, so the sentence is told without it: `a or b` chooses.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time
from functools import lru_cache
from pathlib import Path

from callcenter import prompts
from callcenter.prompts.phrases import Phrases
from callcenter.settings import get_settings

BEEP, ERROR_TONE = "beep", "error_tone"  # made on the spot, always there (telephony/sound.py)
_MADE = {BEEP: 0.2, ERROR_TONE: 0.5}
MOST = 99_999_999
SIZES = ((10_000, "ten_thousand"), (1000, "thousand"), (100, "hundred"))


def digits(code: str) -> tuple[str, ...]:
    """One by one, 1 as 幺."""
    return tuple(f"digit_{d}" for d in code if d.isascii() and d.isdigit())


def number(value: int) -> tuple[str, ...]:
    """0 … 99 999 999 as a quantity; () else."""
    if not 0 <= value <= MOST:
        return ()
    if value < 100:
        return (f"number_{value}",)
    said: list[str] = []
    rest, gap = value, False
    for size, word in SIZES:
        head, rest = divmod(rest, size)
        if head:
            said += [*(["number_0"] if gap else []), *number(head), word]
            gap = False
        elif said:
            gap = True
    if rest:
        said += ["number_0"] if gap or rest < 10 else []
        said += ["number_1"] if 10 <= rest < 20 else []  # 一百一十二
        said.append(f"number_{rest}")
    return tuple(said)


def yuan(cents: int) -> tuple[str, ...]:
    """1250 → 十二元五角, 5 → 五分; () for less than nothing, and for more than anybody pays."""
    whole, broken = divmod(cents, 100)
    if not 0 <= whole <= MOST:
        return ()
    jiao, fen = divmod(broken, 10)
    said = (*number(whole), "yuan") if whole or not broken else ()
    if jiao:
        said += (f"number_{jiao}", "jiao")
    elif fen and whole:
        said += ("number_0",)
    return (*said, f"number_{fen}", "fen") if fen else said


def hour(at: time) -> tuple[str, ...]:
    """The hour to five minutes, with the part of the day: 下午三点二十分."""
    part = (
        "small_hours"
        if at.hour < 6
        else "morning"
        if at.hour < 12
        else "noon"
        if at.hour == 12
        else "afternoon"
        if at.hour < 18
        else "evening"
    )
    minute = at.minute - at.minute % 5
    shown = at.hour if at.hour <= 12 else at.hour - 12
    return (part, f"hour_{shown}", *((f"minute_{minute}",) if minute else ()))


def day(of: date, today: date) -> tuple[str, ...]:
    near = {-2: "day_before_yesterday", -1: "yesterday", 0: "today", 1: "tomorrow", 2: "day_after_tomorrow"}.get((of - today).days)
    return (near,) if near else (f"month_{of.month}", f"day_{of.day}")


def moment(at: datetime, now: datetime) -> tuple[str, ...]:
    """Both in the centre's time zone."""
    return (*day(at.date(), now.date()), *in_one_breath(hour(at.timetz())))


def service(code: str) -> tuple[str, ...]:
    """A catalogue item by its code."""
    return sayable((f"item_{code}",))


def text(words: str) -> tuple[str, ...]:
    """Exactly these words, when somebody has recorded them: a community's name, say."""
    name = prompts.names_of_texts().get(words)
    return sayable((name,)) if name else ()


def phrase(words: str) -> tuple[str, ...]:
    """Exactly these words, when the worker has rendered them ahead."""
    name = phrases().find(words)
    return (name,) if name else ()


def in_one_breath(names: tuple[str, ...]) -> tuple[str, ...]:
    """The same words as one phrase, when it was rendered ahead; else as they were given."""
    return phrase(words_of(names)) or names


def words_of(names: Iterable[str]) -> str:
    known = prompts.texts_of_names()
    return "".join(known[name] for name in names)


def phrases() -> Phrases:
    settings = get_settings()
    return _phrases(settings.phrases, settings.speech_voice)


@lru_cache
def _phrases(folder: Path, voice: str) -> Phrases:
    return Phrases(folder, Path(voice).stem if voice else "", prompts.speed())


def sayable(names: Iterable[str]) -> tuple[str, ...]:
    """Those of them that there is a sound for."""
    known = prompts.lengths(get_settings().prompts)
    return tuple(name for name in names if name in known or name in _MADE or phrases().seconds(name))


def seconds(names: Iterable[str]) -> float:
    known = prompts.lengths(get_settings().prompts)
    return sum(known.get(name) or _MADE.get(name) or phrases().seconds(name) for name in names)
