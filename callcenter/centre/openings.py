"""What an agent says first, by line and dialect, with its history."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.centre.models import OpeningText
from callcenter.kit import clock
from callcenter.kit.errors import Invalid

LONGEST = 120  # said in one breath or two
PLACEHOLDERS = frozenset({"name", "centre"})
_BRACES = re.compile(r"\{([^{}]*)\}")


def checked_opening(text: str, *, possible: Iterable[str] = PLACEHOLDERS) -> str:
    """Without blanks at its ends. Invalid names what is no placeholder, or is a lone brace."""
    words, allowed = text.strip(), frozenset(possible)
    if len(words) > LONGEST or not words.isprintable():
        raise Invalid(f"an opening has at most {LONGEST} characters in one line", code="opening_too_long", details={"most": LONGEST})
    unknown = [name for name in _BRACES.findall(words) if name not in allowed]
    if unknown or re.search(r"[{}]", _BRACES.sub("", words)):
        raise Invalid(
            "only " + " and ".join(f"{{{name}}}" for name in sorted(allowed)) + " may stand in braces here",
            code="unknown_placeholder",
            details={"unknown": unknown, "possible": sorted(allowed)},
        )
    return words


async def set_opening(
    session: AsyncSession, actor: Actor, *, line: str, dialect: str, text: str, text_unknown: str, reason: str
) -> OpeningText:
    """Both empty: withdrawn, the more general words count again. Preconditions: line and dialect are known, or ""."""
    row = OpeningText(
        line=line,
        dialect=dialect,
        text=checked_opening(text),
        text_unknown=checked_opening(text_unknown, possible={"centre"}),
        at=clock.now(),
        by_id=actor.id,
        by_name=actor.name,
        reason=reason.strip(),
    )
    if bool(row.text) != bool(row.text_unknown):
        raise Invalid("write both: what a known elder hears, and what an unknown caller hears", code="opening_half")
    session.add(row)
    await session.flush()
    await audit(session, actor, "opening:changed" if row.text else "opening:withdrawn", f"{line or '*'}:{dialect or '*'}")
    return row


async def list_openings(session: AsyncSession) -> Sequence[OpeningText]:
    """Those that count."""
    last = select(func.max(OpeningText.id)).group_by(OpeningText.line, OpeningText.dialect)
    found = select(OpeningText).where(OpeningText.id.in_(last), OpeningText.text != "").order_by(OpeningText.line, OpeningText.dialect)
    return (await session.scalars(found)).all()


async def list_opening_changes(session: AsyncSession, *, line: str, dialect: str) -> Sequence[OpeningText]:
    """Newest first."""
    mine = (OpeningText.line == line) & (OpeningText.dialect == dialect)
    return (await session.scalars(select(OpeningText).where(mine).order_by(OpeningText.id.desc()).limit(200))).all()
