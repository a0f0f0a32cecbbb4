"""What an elder can be found by, as one tsvector of words made by us, searched by prefix.

How Chinese is made to be found by prefix: `kit.words`.

- names, pinyin and initials (both readings of 单, 曾 …), each with its endings
- places and street address, whole and as people say them (樊城中原施营), with their endings
- doors: 3-2-501, 2-501, 501 · the card number
- numbers backwards behind a "#", so that the last digits are a prefix
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from callcenter.elders.rules import door_text
from callcenter.kit import pinyin
from callcenter.kit.phone import candidates, clean_digits, national
from callcenter.kit.words import asked_for, endings, fold, pairs, quoted, runs, sounds
from callcenter.settings import Settings

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
    card_numbers: Iterable[str],
) -> str:
    """The literal of the tsvector. `places`: short and whole names from the district down; `numbers`: E.164."""
    words: set[str] = set()
    words |= endings(name.lower())
    for reading in {pinyin.of_name(name), pinyin.of_text(name)}:
        words |= sounds(reading)
    for place in places:
        words |= endings(place)
    for part in runs(_fold(street_address)):
        words |= endings(part) if not part.isascii() else {part}
    parts = door_text(building, unit, door).lower().split("-")
    words |= {"-".join(parts[start:]) for start in range(len(parts))}
    for number in numbers:
        words.add("#" + national(number)[::-1])
    words |= {card_number.lower() for card_number in card_numbers}
    return " ".join(quoted(word) for word in sorted(words) if word)


def search_query(text: str, settings: Settings) -> tuple[str, str] | None:
    """What was typed → two tsqueries: the exact one, and a wider one (any part of a run of Chinese) for when the first finds nobody.

    None when there is nothing to search by.
    """
    folded = _fold(text)[:200]
    typed = [run if any(c.isdigit() for c in run) else run.replace("-", "") for run in runs(folded)[:8]]
    digits = clean_digits(folded)
    if len(digits) >= MIN_NUMBER_DIGITS:
        tails = [national(number)[::-1] for number in candidates(folded, settings)] or [digits[::-1]]
        ways = [f"{quoted('#' + tail)}:*" for tail in dict.fromkeys([*tails, digits[::-1]])] + [f"{quoted(digits)}:*"]
        if typed:  # 3-2-501 is a door as well
            ways.append("(" + " & ".join(f"{quoted(run)}:*" for run in typed) + ")")
        query = " | ".join(ways)
        return query, query
    if not typed:
        return None
    exact = " & ".join(asked_for(run) for run in typed)
    wide = " & ".join(f"{quoted(piece)}:*" for run in typed for piece in ([run[:36]] if run.isascii() else pairs(run)))
    return exact, wide


def number_tails(text: str, settings: Settings) -> list[str]:
    """What was typed, if it is a number or the end of one → beginnings of E.164 numbers written backwards."""
    folded = _fold(text)[:200]
    digits = clean_digits(folded)
    if len(digits) < MIN_NUMBER_DIGITS:
        return []
    return list(dict.fromkeys([*(number[::-1] for number in candidates(folded, settings)), digits[::-1]]))


def _fold(text: str) -> str:
    return _DOOR_END.sub("", _DOOR_WORDS.sub("-", fold(text))).strip()
