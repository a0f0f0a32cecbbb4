"""Who may do what with one elder, by the business that somebody has with her. One table: docs/access.md prints it, tests/api/test_object_rules.py
plays every cell, and after a denial looks that nothing changed.
"""

from __future__ import annotations

from collections.abc import Mapping

# who: how she stands to the elder (王桂兰, of 施营) and to her case
STANDINGS: Mapping[str, str] = {
    "agent": "an agent without business",
    "ringing": "an agent whose telephone rings for her call",
    "owner": "the agent who owns her case",
    "glass": "an agent who has broken the glass",
    "expired": "an agent whose broken glass has closed again",
    "of_region": "a supervisor of her region",
    "elsewhere": "a supervisor of another region",
    "admin": "an admin",
}
DEEDS: Mapping[str, str] = {
    "card": "the card: health, contacts, whole numbers, door",
    "profile": "the whole profile, to be edited",
    "photo": "the photograph",
    "entitlements": "what others pay for her",
    "points": "her points and time coins, with every movement",
    "coins": "her time coins",
    "volunteer_visits": "her volunteers' visits in the list, by name",
    "volunteer_ask": "a volunteer asked for her",
    "volunteer_code": "a new code for a volunteer's visit, told to her",
    "volunteer_word": "a volunteer's visit to her confirmed, disputed or cancelled",
    "case": "her case with every word",
    "list": "her case in the list of open ones, by name and number",
    "steps": "the steps of her emergency, with what was answered",
    "follow_up": "a planned call to her that somebody else has taken",
    "note": "a note on her case",
    "step": "a step of her emergency done, skipped or taken back; another protocol",
    "packet": "what of her was handed over to 120, whole",
    "hand_over": "her emergency handed over to outside help, a crew's link made",
    "contacts": "her contacts called by the program, all of them or one; who is there",
    "call_out": "120, a contact or any number called out of her case",
    "attach": "another elder put into her case",
    "close": "the outcome of her case",
    "recording": "the message that her caller left, once the case has an owner",
    "conversation": "a recorded conversation of her case",
    "log": "who has looked at her",
}
WHOLE, MASKED, NO = "whole", "masked", "no"
_SEES = dict.fromkeys(DEEDS, WHOLE) | {"log": NO}
_SEES_NOT = dict.fromkeys(DEEDS, NO) | {"case": MASKED, "list": MASKED, "follow_up": MASKED, "volunteer_visits": MASKED}
RULES: Mapping[str, Mapping[str, str]] = {
    "agent": _SEES_NOT,
    "ringing": _SEES,
    "owner": _SEES,
    "glass": _SEES,
    "expired": _SEES_NOT,
    "of_region": _SEES | {"log": WHOLE},
    "elsewhere": _SEES_NOT,
    "admin": dict.fromkeys(DEEDS, NO),
}


def table() -> str:
    marks = {WHOLE: "✓", MASKED: "masked", NO: "–"}
    lines = ["| " + " | ".join(["", *STANDINGS.values()]) + " |", "| " + " | ".join(["---"] * (len(STANDINGS) + 1)) + " |"]
    for deed, words in DEEDS.items():
        lines.append("| " + " | ".join([words, *(marks[RULES[who][deed]] for who in STANDINGS)]) + " |")
    return "\n".join(lines)
