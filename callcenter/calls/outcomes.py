"""How a call ended: what may be chosen."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.centre.models import OptionKind, OptionRow
from callcenter.centre.options import get_choosable
from callcenter.kit.errors import Invalid


async def checked_outcome(session: AsyncSession, code: str, *, is_sos: bool) -> OptionRow:
    outcome = await get_choosable(session, OptionKind.OUTCOME, code, error="unknown_outcome")
    if is_sos and not outcome.for_sos:
        raise Invalid("an SOS does not end like that; choose another outcome", code="outcome_not_for_sos")
    return outcome
