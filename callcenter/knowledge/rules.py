"""What an article's body may hold, and what an article is found by. Pure.

The body is a small part of Markdown: paragraphs, "## " headings, "- " and "1. " lists, "> " for what is said to the caller, **bold**, and links
[text](https://… or tel:…). Everything else is plain text; the console never makes HTML of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from callcenter.kit import pinyin
from callcenter.kit.words import asked_for, endings, fold, pairs, quoted, runs, sounds

MAX_BODY = 8_000
_LINK = re.compile(r"\[([^\[\]\n]*)\]\(([^)\s]*)\)")
_TARGET = re.compile(r"https://[^\s/]+\S*|tel:\+?[0-9][0-9-]{2,19}")
_MARKS = re.compile(r"^(?:#{2,3}|[-*>]|\d{1,2}\.)\s+", re.MULTILINE)


def bad_links(body: str) -> list[str]:
    """Targets that lead neither to https nor to a telephone."""
    return [target for _, target in _LINK.findall(body) if not _TARGET.fullmatch(target)]


def plain(body: str) -> str:
    """Without marks, for search and excerpts."""
    return _MARKS.sub("", _LINK.sub(r"\1", body)).replace("**", "")


def excerpt(body: str, words: Iterable[str], longest: int = 90) -> str:
    """The beginning, or the place round the first word that was asked for."""
    text = " ".join(plain(body).split())
    lower = text.lower()
    at = min((i for i in (lower.find(w) for w in words) if i > longest // 2), default=0)
    start = max(0, at - longest // 3)
    cut = text[start : start + longest]
    return ("…" if start else "") + cut + ("…" if start + longest < len(text) else "")


def search_vector(title: str, keywords: Iterable[str], body: str) -> str:
    """Words of the title weigh A, keywords B, the body D. Title and keywords by sound too."""
    weights: dict[str, str] = {}

    def put(words: Iterable[str], weight: str) -> None:
        for word in words:
            if word and weights.get(word, "Z") > weight:
                weights[word] = weight

    for text, weight in ((title, "A"), (" ".join(keywords), "B")):
        put(_words(text), weight)
        for run in runs(fold(text)):
            put(sounds(pinyin.of_text(run)) if not run.isascii() else (), weight)
    put(_words(plain(body)), "D")
    return " ".join(f"{quoted(word)}:1{weight}" for word, weight in sorted(weights.items()))


def search_queries(text: str) -> list[str]:
    """What was typed as tsqueries: first all of it, then, for when nothing has that, any neighbouring characters of each run."""
    typed = [run.replace("-", "") for run in runs(fold(text, longest=200))[:8]]
    if not typed:
        return []
    exact = " & ".join(asked_for(run) for run in typed)
    wide = " & ".join("(" + " | ".join(f"{quoted(pair)}:*" for pair in ([run] if run.isascii() else pairs(run))) + ")" for run in typed)
    return list(dict.fromkeys([exact, wide]))


def _words(text: str) -> set[str]:
    found: set[str] = set()
    for run in runs(fold(text, longest=MAX_BODY)):
        found |= endings(run) if not run.isascii() else {run.replace("-", "")[:36]}
    return found
