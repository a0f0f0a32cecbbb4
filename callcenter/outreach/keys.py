"""What a key means to whom it is shown afterwards; the words for the codes are the console's."""

from __future__ import annotations

from callcenter.outreach.states import Purpose

AGAIN = {"*": "again"}
PERSON = {"9": "person"}
RATING = {**{str(stars): f"rated_{stars}" for stars in range(1, 6)}, **PERSON}
MEANINGS: dict[Purpose, dict[str, str]] = {
    Purpose.JOB: RATING,
    Purpose.CARE: {"1": "well", **PERSON},
    Purpose.DAILY: {"1": "well", **PERSON},
    Purpose.MEDICINE: {"1": "taken", **PERSON},
    Purpose.CAMPAIGN: {"1": "heard", **PERSON},
}
CONTACT = {"1": "looks", "2": "cannot", **PERSON}


def meaning_of(purpose: Purpose, keys: str, *, contact: bool = False) -> str:
    """A code; "" for what was not among the keys that were named. `contact`: it was not she herself who was rung."""
    return (AGAIN | (CONTACT if contact else MEANINGS.get(purpose, {}))).get(keys, "")
