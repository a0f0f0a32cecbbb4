"""Her account on paper, and its months for a chart."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from callcenter.elders.models import Elder
from callcenter.elders.rules import mask_card_number
from callcenter.kit import clock
from callcenter.kit.errors import Invalid
from callcenter.points.ledger.accounts import CENTRE, Whose, account_of, lot_of
from callcenter.points.ledger.kinds import EntryKind, Holder, Ledger, Pocket
from callcenter.points.ledger.posting import post
from callcenter.points.ledger.rules import Held, move
from callcenter.points.reading import letters, months
from callcenter.points.reading.letters import read_letter, span_of
from callcenter.points.reading.months import list_months
from callcenter.reports import points_letter
from callcenter.reports.points_letter import letter_pdf, letter_rows
from callcenter.settings import get_settings
from tests.points.books import FAR, TEST, Books


async def the_elder(books: Books) -> uuid.UUID:
    """王桂兰 of the demo, known to the books as "wang"."""
    async with books.database.transaction() as session:
        elder_id = await session.scalar(select(Elder.id).where(Elder.card_number == "XF-DEMO-1"))
    assert elder_id is not None
    books.people["wang"] = Whose(Holder.ELDER, elder_id)
    return elder_id


async def test_a_letter_adds_up_and_hides_the_card(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    elder_id = await the_elder(books)
    today = clock.today(get_settings().timezone)
    await books.earn("wang", 120, key="earn:bill:1", expires=today + timedelta(days=89))
    await books.earn("wang", 30, key="earn:daily:1", expires=today + timedelta(days=91))
    await books.spend("wang", 50, "store")
    async with books.database.transaction() as session:
        letter = await read_letter(session, elder_id, *span_of(None, None))
    assert (letter.card, letter.account.name, letter.account.points.available) == ("*****MO-1", "王桂兰", 100)
    assert [(one.on - today, one.amount) for one in letter.soon] == [(timedelta(days=89), 70)]
    assert [one.amount for one in letter.points.movements] == [-50, 30, 120] and not letter.points.older
    assert letter.points.opening + sum(one.amount for one in letter.points.movements) == letter.points.closing == 100
    assert letter_pdf(letter, centre_name="樊城一键通", hotline="12349").startswith(b"%PDF")
    said = "\n".join(one.text for one in points_letter._story(letter, "樊城一键通", "12349") if hasattr(one, "text"))
    for word in ("王桂兰 收", "可以用的积分：100 分", "作废 70 分", "请打 12349", "哪一笔您不认"):
        assert word in said
    assert "XF-DEMO" not in said
    assert letter_rows(letter)[1] == ["积分", today.isoformat(), "使用", "-50", "", "分"]
    monkeypatch.setattr(letters, "MOST", 2)
    async with books.database.transaction() as session:
        cut = await read_letter(session, elder_id, *span_of(None, None))
    assert len(cut.points.movements) == 2 and cut.points.older and cut.points.opening == 0


async def test_nobody_without_points_gets_an_error_for_a_letter(books: Books) -> None:
    elder_id = await the_elder(books)
    async with books.database.transaction() as session:
        letter = await read_letter(session, elder_id, date(2024, 2, 29), date(2024, 2, 29))
    assert (letter.points.opening, letter.points.closing, letter.points.movements, letter.head) == (0, 0, [], "")
    assert letter_pdf(letter, centre_name="樊城", hotline="12349").startswith(b"%PDF")


def test_nothing_is_printed_smaller_than_old_eyes_read() -> None:
    styles = (points_letter.TEXT, points_letter.RIGHT, points_letter.TITLE, points_letter.SECTION, points_letter.LARGE)
    assert min(one.fontSize for one in styles) >= points_letter.SMALLEST == 16


def test_days_of_a_letter() -> None:
    today = clock.today(get_settings().timezone)
    assert span_of(None, None) == (today.replace(day=1), today)
    assert span_of(None, date(2024, 2, 29)) == (date(2024, 2, 1), date(2024, 2, 29))
    assert span_of(date(2024, 1, 1), date(2025, 1, 1)) == (date(2024, 1, 1), date(2025, 1, 1))
    wrong = {(date(2024, 1, 1), date(2025, 1, 2)): "period_too_long", (date(2025, 1, 2), date(2025, 1, 1)): "bad_period"}
    for (first, last), code in wrong.items():
        with pytest.raises(Invalid) as refused:
            span_of(first, last)
        assert refused.value.code == code


def test_a_card_is_known_by_its_last_four() -> None:
    assert [mask_card_number(one) for one in ("XF012345", "12345678901234", "1234", "")] == ["****2345", "**********1234", "****", ""]


async def test_months_of_an_account(books: Books) -> None:
    elder_id = await the_elder(books)
    this = clock.today(get_settings().timezone).replace(day=1)
    before = (this - timedelta(days=1)).replace(day=1)
    long_ago = this - timedelta(days=3 * 366)
    whose = Whose(Holder.ELDER, elder_id)

    async def book(amount: int, on: date) -> None:
        async with books.database.transaction() as session:
            lot = await lot_of(session, CENTRE, FAR)
            source = await account_of(session, Ledger.PT, CENTRE, Pocket.ISSUED)
            target = await account_of(session, Ledger.PT, whose, Pocket.AVAILABLE)
            legs = move(source, target, [Held(lot, amount)]) if amount > 0 else move(target, source, [Held(lot, -amount)])
            await post(session, TEST, ledger=Ledger.PT, kind=EntryKind.EARN, key=f"earn:{on}:{amount}", legs=legs, on=on)

    async def read(ledger: Ledger = Ledger.PT) -> list[tuple[date, int, int]]:
        async with books.database.transaction() as session:
            return [(one.month, one.closing, one.change) for one in (await list_months(session, whose, ledger)).months]

    assert await read() == []
    await book(100, before)
    await book(40, this)
    await book(-30, this)
    assert await read() == [(before, 100, 100), (this, 110, 10)]  # the account's months alone
    await book(7, long_ago)
    found = await read()
    assert len(found) == months.MOST and found[0][1:] == (7, 0) and found[-2:] == [(before, 107, 100), (this, 117, 10)]
    assert await read(Ledger.TC) == []
    leap = months._last_months(date(2024, 2, 29))
    assert (len(leap), leap[0], leap[-1]) == (months.MOST, date(2022, 3, 1), date(2024, 2, 1))
    assert months._last_months(date(2024, 1, 31))[0] == date(2022, 2, 1)
