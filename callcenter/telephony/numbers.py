"""What a carrier sends as number and name, made harmless: the form that the port's events promise."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"[^+0-9*#]")


def clean_number(text: str) -> str:
    """Only + 0-9 * #, at most 64."""
    return _NUMBER.sub("", text)[:64]


def clean_name(text: str) -> str:
    """A display name: printable, at most 64 characters."""
    return "".join(c for c in text if c.isprintable())[:64]
