"""What people write back, and when they are written to."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.elders.models import Sex
from callcenter.kit.errors import Invalid
from callcenter.messaging.inbound import checked, without_controls
from callcenter.outreach.rules import Hours
from callcenter.outreach.texts.rules import Read, choose_window, day_in_words, greeting, read_reply
from callcenter.settings import Settings

ZONE = ZoneInfo("Asia/Shanghai")
HOURS = Hours(ZONE)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("5", "rated_5"), (" 5 ", "rated_5"), ("5。", "rated_5"), ("５", "rated_5"), ("五", "rated_5"), ("⑤", "rated_5"), ("5\ufe0f\u20e3", "rated_5"),
        ("5分", "rated_5"), ("五星", "rated_5"), ("回复5", "rated_5"), ("回5", "rated_5"), ("我选4", "rated_4"), ("【5】", "rated_5"), ("“4”", "rated_4"),
        ("5很满意", "rated_5"), ("5，很满意", "rated_5"), ("5 谢谢你们！", "rated_5"), ("5👍", "rated_5"), ("非常满意", "rated_5"), ("很满意，谢谢", "rated_5"),
        ("满意", "rated_4"), ("4满意", "rated_4"), ("挺好的", "rated_4"), ("不错", "rated_4"), ("3", "rated_3"), ("一般", "rated_3"), ("还行吧", "rated_3"),
        ("2", "rated_2"), ("2不满意", "rated_2"), ("不满意", "rated_2"), ("不太满意。", "rated_2"), ("1", "rated_1"), ("很不满意", "rated_1"),
        ("太差了", "rated_1"),
        ("2，师傅迟到了一个小时", "rated_2"), ("1 没擦干净", "rated_1"),
        ("9", "person"), ("９", "person"), ("9。", "person"), ("回9", "person"), ("9 给我打电话", "person"), ("给我打电话", "person"), ("九", "person"),
        ("5但是师傅拿走了我的伞", "words"), ("5，但是地没拖", "words"), ("5 不满意", "words"), ("1,2", "words"), ("15", "words"), ("55", "words"),
        ("5.5", "words"),
        ("6", "words"), ("0", "words"), ("7 8", "words"), ("5点来的", "words"), ("2个人来的", "words"), ("好", "words"), ("好的", "words"), ("", "words"),
        ("TD", "words"), ("退订", "words"), ("你们是谁", "words"), ("明天能来吗", "words"), ("-1", "rated_1"), ("13812345678", "words"), ("心疼钱", "words"),
        ("救命", "urgent"), ("我不舒服", "urgent"), ("5，我摔倒了", "urgent"), ("2 头晕得厉害", "urgent"), ("胸口疼", "urgent"), ("HELP", "urgent"),
        ("快叫120", "urgent"), ("家里煤气味很大", "urgent"), ("不想活了", "urgent"), ("9 难受", "urgent"),
    ],
)  # fmt: skip
def test_how_people_write(text: str, code: str) -> None:
    assert read_reply(text).code == code


@given(st.text())
def test_whatever_comes_is_read(text: str) -> None:
    found = read_reply(text)
    assert (found.rating is not None) == (found.read is Read.RATED)
    assert found.rating is None or 1 <= found.rating <= 5
    assert not {"\x00", "\n"} & set(without_controls(text))


@given(st.sampled_from("123459"), st.text(" 。，.!！~\u3000\t", max_size=4), st.text(" 。，.!！~\u3000\n", max_size=4))
def test_a_digit_among_marks_is_that_digit(digit: str, before: str, after: str) -> None:
    found = read_reply(before + digit + after)
    assert found.code == ("person" if digit == "9" else f"rated_{digit}")


@given(st.integers(10, 10**12))
def test_a_longer_number_is_no_rating(number: int) -> None:
    assert read_reply(str(number)).read in (Read.WORDS, Read.URGENT)  # 120


@pytest.mark.parametrize(
    ("now", "sent", "last", "by"),
    [
        ("27 10:00", "27 10:00", "27 13:00", "28 10:00"),
        ("27 18:30", "27 18:30", "27 20:00", "28 18:30"),
        ("27 19:55", "28 08:00", "28 11:00", "29 08:00"),
        ("27 23:00", "28 08:00", "28 11:00", "29 08:00"),
        ("27 06:00", "27 08:00", "27 11:00", "28 08:00"),
    ],
)
def test_written_to_by_day(now: str, sent: str, last: str, by: str) -> None:
    at = {
        word: datetime.strptime(f"2026-11-{word}", "%Y-%m-%d %H:%M").replace(tzinfo=ZONE).astimezone(UTC) for word in (now, sent, last, by)
    }
    window = choose_window(at[now], HOURS, timedelta(hours=24))
    assert (window.send_at, window.deadline_at, window.reply_by) == (at[sent], at[last], at[by])


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 1)).map(lambda at: at.replace(tzinfo=UTC)))  # noqa: DTZ001
def test_never_at_night(now: datetime) -> None:
    window = choose_window(now, HOURS, timedelta(hours=24))
    assert HOURS.allow(window.send_at) and now <= window.send_at < window.deadline_at <= HOURS.close(window.send_at)


def test_as_one_speaks() -> None:
    today = date(2026, 11, 27)
    assert [day_in_words(today - timedelta(days=n), today) for n in (0, 1, 2, 3)] == ["今天", "昨天", "前天", "11月24日"]
    assert (greeting(Sex.FEMALE), greeting(Sex.MALE), greeting(Sex.UNKNOWN)) == ("阿姨", "叔叔", "")


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"sender": "12349"}, "bad_sender"), ({"sender": ""}, "bad_sender"), ({"sender": "anonymous"}, "bad_sender"),
        ({"sender": "0710-3456789"}, "bad_sender"),
        ({"sender": "120"}, "bad_sender"), ({"provider_id": ""}, "no_message_id"), ({"provider_id": "x" * 129}, "no_message_id"),
        ({"provider_id": "a\x00"}, "no_message_id"), ({"text": "好" * 2001}, "text_too_long"),
    ],
)  # fmt: skip
def test_what_is_no_text_message(more: dict[str, str], code: str) -> None:
    given = {"carrier": "gateway", "provider_id": "M1", "sender": "138 1234 5678", "text": "5"}
    assert checked(Settings(), **given).sender == "+8613812345678"
    with pytest.raises(Invalid) as refused:
        checked(Settings(), **{**given, **more})
    assert refused.value.code == code
