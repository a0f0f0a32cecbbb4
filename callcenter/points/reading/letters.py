"""What a letter about her points says: an elder without a telephone that shows anything has her account on paper. Reads only."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.elders.models import Elder
from callcenter.elders.rules import door_text, mask_card_number
from callcenter.kit import clock
from callcenter.kit.errors import Invalid
from callcenter.points.ledger.accounts import Whose, accounts_of
from callcenter.points.ledger.kinds import Holder, Ledger, Pocket
from callcenter.points.ledger.models import LedgerBlock
from callcenter.points.ledger.queries import read_statement
from callcenter.points.reading.accounts import list_movements_of, read_account
from callcenter.points.reading.schemas import ExpiringPoints, PointsAccount, PointsMovement
from callcenter.settings import get_settings

SOON = timedelta(days=90)
LONGEST = timedelta(days=366)
MOST = 300  # movements of each book: beyond that no letter is read


@dataclass(frozen=True, slots=True)
class BookOfLetter:
    """One book over the letter's days. `opening`, `closing`: of what she could spend, on the evening before the first day and of the last one.
    `older`: there are movements before those that are listed."""

    opening: int
    closing: int
    movements: list[PointsMovement]  # the newest first
    older: bool


@dataclass(frozen=True, slots=True)
class Letter:
    """`card` is masked: a letter lies in a stairwell. `head`: hash of the books' last block, hex."""

    address: str
    card: str
    first: date
    last: date
    made_on: date
    account: PointsAccount
    soon: list[ExpiringPoints]
    points: BookOfLetter
    coins: BookOfLetter
    head: str


def span_of(first: date | None, last: date | None) -> tuple[date, date]:
    """Without days: this month so far. 422 `bad_period` when they stand the wrong way round, `period_too_long` when more than a year lies between."""
    today = clock.today(get_settings().timezone)
    last = last or today
    first = first or last.replace(day=1)
    if first > last:
        raise Invalid("the first day comes before the last", code="bad_period")
    if last - first > LONGEST:
        raise Invalid("a letter tells of a year at most", code="period_too_long")
    return first, last


async def read_letter(session: AsyncSession, elder_id: uuid.UUID, first: date, last: date) -> Letter:
    """Of the kept profile. Precondition: `span_of`."""
    account = await read_account(session, elder_id)
    elder = await session.get_one(Elder, elder_id)
    today = clock.today(get_settings().timezone)
    head = await session.scalar(select(LedgerBlock.hash).order_by(LedgerBlock.number.desc()).limit(1))
    door = door_text(elder.building, elder.unit, elder.door)
    return Letter(
        address=" ".join(part for part in (elder.street_address, door) if part), card=mask_card_number(elder.card_number or ""), first=first,
        last=last, made_on=today, account=account, soon=[one for one in account.expiring if today <= one.on <= today + SOON],
        points=await _book(session, elder_id, Ledger.PT, first, last), coins=await _book(session, elder_id, Ledger.TC, first, last),
        head=bytes(head).hex() if head else "",
    )  # fmt: skip


async def _book(session: AsyncSession, elder_id: uuid.UUID, ledger: Ledger, first: date, last: date) -> BookOfLetter:
    whose = Whose(Holder.ELDER, elder_id)
    mine = [one.id for one in await accounts_of(session, whose) if (one.ledger, one.pocket) == (ledger, Pocket.AVAILABLE)]
    page = await list_movements_of(session, whose, ledger, first=first, last=last, limit=MOST)
    sums = [await read_statement(session, account_id, first, last, limit=1) for account_id in mine]
    return BookOfLetter(sum(one.opening for one in sums), sum(one.closing for one in sums), page.movements, page.next is not None)
