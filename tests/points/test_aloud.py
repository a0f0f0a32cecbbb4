"""Her account read out by a program: recorded words alone, at most three movements, and never an error."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import select, text

from callcenter import prompts
from callcenter.accounts.models import AuditRow
from callcenter.calls.dialogs import speech
from callcenter.elders.models import Elder
from callcenter.points.ledger.accounts import Whose
from callcenter.points.ledger.kinds import Holder
from callcenter.points.reading import aloud
from callcenter.points.reading.aloud import Aloud, spoken_hours
from callcenter.points.reading.words import DEEDS
from tests.points.books import Books


async def the_elder(books: Books) -> uuid.UUID:
    async with books.database.transaction() as session:
        elder_id = await session.scalar(select(Elder.id).where(Elder.card_number == "XF-DEMO-1"))
    assert elder_id is not None
    books.people["wang"] = Whose(Holder.ELDER, elder_id)
    return elder_id


async def heard(books: Books, elder_id: uuid.UUID) -> str:
    async with books.database.transaction() as session:
        return speech.words_of(await Aloud().say(session, elder_id))


async def test_what_she_has_and_the_last_three(books: Books) -> None:
    elder_id = await the_elder(books)
    async with books.database.transaction() as session:
        assert not await Aloud().offers(session, elder_id)
    assert await heard(books, elder_id) == "您现在还没有积分。"
    for n in range(4):
        await books.earn("wang", 100 + n, key=f"earn:daily:{n}")
    await books.spend("wang", 112, "store")
    async with books.database.transaction() as session:
        assert await Aloud().offers(session, elder_id)
    assert await heard(books, elder_id) == (
        "您现在可以用的积分是。二百九十四分最近的几笔,从新到旧是。今天使用减少一百一十二分今天报平安得积分增加一百零三分今天报平安得积分增加一百零二分"
    )
    async with books.database.transaction() as session:
        purposes = (await session.scalars(select(AuditRow.purpose).where(AuditRow.verb == "points:read_aloud"))).all()
    assert set(purposes) == {"care_call"}


async def test_what_goes_wrong_does_not_reach_the_call(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    elder_id = await the_elder(books)

    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the books are locked away")

    monkeypatch.setattr(aloud, "accounts_of", broken)
    async with books.database.transaction() as session:
        assert await Aloud().say(session, elder_id) == () and not await Aloud().offers(session, elder_id)
        assert await session.scalar(text("SELECT 1")) == 1  # the call's own transaction goes on


def test_every_deed_and_every_sentence_is_recorded() -> None:
    assert [one for one in DEEDS.values() if not speech.text(one)] == []
    said = {
        "points_have",
        "points_pending",
        "points_coins",
        "points_frozen",
        "points_last",
        "points_none",
        "points_plus",
        "points_minus",
        "points_wait",
    }
    assert said | {"half_hours", "half_an_hour", "hours", "fen", "care_points_hint"} <= set(prompts.wav_files())


def test_half_hours_as_people_say_them() -> None:
    assert [speech.words_of(spoken_hours(one)) for one in (0, 1, 2, 3, 41)] == [
        "零小时",
        "半个小时",
        "一小时",
        "一个半小时",
        "二十个半小时",
    ]
