"""An account read out by a program, from recorded words: what she has, what is to come, the last movements. Put into care calls by callcenter/voice.py.

Nothing here may harm the call in which it is asked for: what goes wrong is told in the log, and she hears the question again.
"""

from __future__ import annotations

import uuid
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import system
from callcenter.accounts.audit import audit
from callcenter.calls.dialogs import speech
from callcenter.elders.queries import current_id
from callcenter.kit import clock
from callcenter.points.ledger.accounts import Whose, accounts_of
from callcenter.points.ledger.kinds import Holder, Ledger, Pocket
from callcenter.points.reading.accounts import list_movements_of
from callcenter.points.reading.schemas import PointsMovement
from callcenter.points.reading.words import DEEDS
from callcenter.settings import get_settings

log = structlog.get_logger()
ALOUD = system("points")
MOST = 3  # movements: more is not kept in mind


class Aloud:
    async def offers(self, session: AsyncSession, elder_id: uuid.UUID) -> bool:
        """Whether anything has ever moved; else key 4 is not spoken of."""
        try:
            async with session.begin_nested():
                whose = Whose(Holder.ELDER, await current_id(session, elder_id))
                return any(one.postings for one in await accounts_of(session, whose))
        except Exception as error:
            log.warning("points_not_offered", error=type(error).__name__)
            return False

    async def say(self, session: AsyncSession, elder_id: uuid.UUID) -> tuple[str, ...]:
        """Names of sounds; () when it can't be read."""
        try:
            async with session.begin_nested():
                current = await current_id(session, elder_id)
                said = await _read_out(session, Whose(Holder.ELDER, current))
                await audit(session, ALOUD, "points:read_aloud", current, purpose="care_call")
                return said
        except Exception as error:
            log.warning("points_not_read_out", error=type(error).__name__)
            return ()


async def _read_out(session: AsyncSession, whose: Whose) -> tuple[str, ...]:
    accounts = await accounts_of(session, whose)
    if not any(one.postings for one in accounts):
        return ("points_none",)
    lies = {(one.ledger, one.pocket): one.balance for one in accounts}
    frozen = lies.get((Ledger.PT, Pocket.FROZEN), 0)
    pending = lies.get((Ledger.PT, Pocket.PENDING), 0)
    coins = sum(balance for (ledger, _), balance in lies.items() if ledger is Ledger.TC)
    said = _sum("points_frozen", frozen) if frozen else _sum("points_have", lies.get((Ledger.PT, Pocket.AVAILABLE), 0))
    if pending:
        said += _sum("points_pending", pending)
    if coins:
        said += ("points_coins", *spoken_hours(coins))
    last = await list_movements_of(session, whose, Ledger.PT, limit=MOST)
    moved = [words for words in map(_movement, last.movements) if words]
    return said + (("points_last", *(name for words in moved for name in words)) if moved else ())


def _sum(sentence: str, amount: int) -> tuple[str, ...]:
    """() for more than can be spoken."""
    number = speech.number(amount)
    return (sentence, *number, "fen") if number else ()


def _movement(one: PointsMovement) -> tuple[str, ...]:
    """今天，报平安得积分，增加一分."""
    many, deed = speech.number(abs(one.amount)), speech.text(DEEDS[one.of])
    if not many or not deed:
        return ()
    day = speech.day(one.day, clock.now().astimezone(ZoneInfo(get_settings().timezone)).date())
    way = "points_plus" if one.amount > 0 else "points_minus"
    return (*day, *deed, way, *many, "fen", *(("points_wait",) if one.pending and one.amount > 0 else ()))


def spoken_hours(half_hours: int) -> tuple[str, ...]:
    """1 → 半个小时, 2 → 一小时, 3 → 一个半小时."""
    whole, half = divmod(half_hours, 2)
    if not whole:
        return ("half_an_hour",) if half else (*speech.number(0), "hours")
    return (*speech.number(whole), "half_hours" if half else "hours")
