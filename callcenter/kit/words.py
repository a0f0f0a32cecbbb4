"""Words by which Chinese texts are found with a tsvector, searched by prefix.

Why not pg_trgm: a trigram index cannot serve two Chinese characters (王桂, 施营), and those are what people type. Instead every word is stored
with all its endings, so that a prefix search finds any part of it: 王桂兰 → 王桂兰, 桂兰, 兰. Pinyin and initials are stored in the same way.
"""

from __future__ import annotations

import re
import unicodedata

LONGEST = 12  # characters of one ending; more is never typed
_RUNS = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]+|[a-z0-9]+(?:-[a-z0-9]+)*")


def fold(text: str, *, longest: int = 1000) -> str:
    """Small letters, full-width forms to plain ones, control characters to blanks; apostrophes (xi'an) go."""
    folded = unicodedata.normalize("NFKC", text[:longest]).lower()
    return "".join(" " if unicodedata.category(c)[0] == "C" else c for c in folded).replace("'", "")


def runs(folded: str) -> list[str]:
    """Runs of Chinese, and of letters and digits."""
    return _RUNS.findall(folded)


def endings(word: str) -> set[str]:
    return {word[start : start + LONGEST] for start in range(len(word))}


def sounds(reading: str) -> set[str]:
    """ "wang gui lan" → wangguilan, guilan, lan; wgl, gl, l."""
    syllables = reading.split()
    words: set[str] = set()
    for start in range(len(syllables)):
        words.add("".join(syllables[start:])[: LONGEST * 3])
        words.add("".join(s[0] for s in syllables[start:]))
    return words


def pairs(run: str) -> list[str]:
    """A run as pairs of neighbours, for when the whole of it stands nowhere."""
    return [run[i : i + 2] for i in range(len(run) - 1)][:LONGEST] or [run]


def quoted(word: str) -> str:
    """As a lexeme of a tsvector's or tsquery's literal."""
    return "'" + word.replace("\x00", "").replace("\\", "\\\\").replace("'", "''") + "'"


def asked_for(run: str) -> str:
    """What was typed, cut to what is stored."""
    return f"{quoted(run[:LONGEST] if not run.isascii() else run[: LONGEST * 3])}:*"
