"""What an elder can be found by, as one tsvector of words made by us, searched by prefix.

Why not pg_trgm: a trigram index cannot serve two Chinese characters (王桂, 施营), and those are what agents type. Instead every word is stored
with all its endings, so that a prefix search finds any part of it: 王桂兰 → 王桂兰, 桂兰, 兰.

- names, pinyin and initials (both readings of 单, 曾 …), each with its endings
- places and street address, whole and as people say them (樊城中原施营), with their endings
- doors: 3-2-501, 2-501, 501 · the card number
- numbers backwards behind a "#", so that the last digits are a prefix
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from callcenter.elders.rules import door_text
from callcenter.kit import pinyin
from callcenter.kit.phone import candidates, clean_digits, national
from callcenter.settings import Settings

LONGEST = 12  # characters of one ending; more is never typed
_RUNS = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]+|[a-z0-9]+(?:-[a-z0-9]+)*")
_DOOR_WORDS = re.compile(r"(?<=[0-9a-z])\s*(?:号楼|栋|幢|座|楼|单元|门洞|门|#)\s*(?=[0-9])")
_DOOR_END = re.compile(r"(?<=[0-9])(?:室|号|户)(?=\s|$)")
MIN_NUMBER_DIGITS = 4


def search_vector(
    *,
    name: str,
    places: Sequence[str],
    street_address: str,
    building: str,
    unit: str,
    door: str,
    numbers: Iterable[str],
    card_number: str | None,
) -> str:
    """The literal of the tsvector. `places`: short and whole names from the district down; `numbers`: E.164."""
    words: set[str] = set()
    words |= _endings(name.lower())
    for reading in {pinyin.of_name(name), pinyin.of_text(name)}:
        syllables = reading.split()
        for start in range(len(syllables)):
            words.add("".join(syllables[start:])[: LONGEST * 3])
            words.add("".join(s[0] for s in syllables[start:]))
    for place in places:
        words |= _endings(place)
    for part in _RUNS.findall(_fold(street_address)):
        words |= _endings(part) if not part.isascii() else {part}
    parts = door_text(building, unit, door).lower().split("-")
    words |= {"-".join(parts[start:]) for start in range(len(parts))}
    for number in numbers:
        words.add("#" + national(number)[::-1])
    if card_number:
        words.add(card_number.lower())
    return " ".join(_quoted(word) for word in sorted(words) if word)


def search_query(text: str, settings: Settings) -> tuple[str, str] | None:
    """What was typed → two tsqueries: the exact one, and a wider one (any part of a run of Chinese) for when the first finds nobody.

    None when there is nothing to search by.
    """
    folded = _fold(text)[:200]
    runs = [run if any(c.isdigit() for c in run) else run.replace("-", "") for run in _RUNS.findall(folded)[:8]]
    digits = clean_digits(folded)
    if len(digits) >= MIN_NUMBER_DIGITS:
        tails = [national(number)[::-1] for number in candidates(folded, settings)] or [digits[::-1]]
        ways = [f"{_quoted('#' + tail)}:*" for tail in dict.fromkeys([*tails, digits[::-1]])] + [f"{_quoted(digits)}:*"]
        if runs:  # 3-2-501 is a door as well
            ways.append("(" + " & ".join(f"{_quoted(run)}:*" for run in runs) + ")")
        query = " | ".join(ways)
        return query, query
    if not runs:
        return None
    exact = " & ".join(f"{_quoted(run[:LONGEST] if not run.isascii() else run[:36])}:*" for run in runs)
    wide = " & ".join(f"{_quoted(piece)}:*" for run in runs for piece in ([run[:36]] if run.isascii() else _pairs(run)))
    return exact, wide


def _fold(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text[:1000]).lower()
    folded = "".join(" " if unicodedata.category(c)[0] == "C" else c for c in folded).replace("'", "")
    return _DOOR_END.sub("", _DOOR_WORDS.sub("-", folded)).strip()


def _endings(word: str) -> set[str]:
    return {word[start : start + LONGEST] for start in range(len(word))}


def _pairs(run: str) -> list[str]:
    return [run[i : i + 2] for i in range(len(run) - 1)][:LONGEST] or [run]


def _quoted(word: str) -> str:
    return "'" + word.replace("\x00", "").replace("\\", "\\\\").replace("'", "''") + "'"
