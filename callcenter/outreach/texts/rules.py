"""When a text message may go out, what it says, and what an answer means: decisions without I/O. Sources: docs/outreach.md, "By text message"."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from callcenter.elders.models import Sex
from callcenter.outreach.rules import Hours

SHORTEST_WINDOW = timedelta(minutes=10)  # a carrier that is busy is asked again within it; else the next morning
LONGEST_WINDOW = timedelta(hours=3)  # what could not be sent so long is not sent any more: a person's turn
REMEMBERED = timedelta(days=14)  # after a message an answer is taken for its own


# --- asking --------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Window:
    """When it is sent, after when it is not sent any more, and until when an answer is waited for."""

    send_at: datetime
    deadline_at: datetime
    reply_by: datetime


def choose_window(now: datetime, hours: Hours, waits: timedelta) -> Window:
    """By day only, and nothing that was tried in vain in the evening goes out at night."""
    send_at = hours.next(now)
    if hours.close(send_at) - send_at < SHORTEST_WINDOW:
        send_at = hours.next(hours.close(send_at))
    return Window(send_at, min(send_at + LONGEST_WINDOW, hours.close(send_at)), send_at + waits)


def day_in_words(of: date, today: date) -> str:
    """今天, 昨天, 前天, 11月25日."""
    return {0: "今天", 1: "昨天", 2: "前天"}.get((today - of).days, f"{of.month}月{of.day}日")


def greeting(sex: Sex) -> str:
    """As one speaks to an elder whose name is not to be read by whoever holds the telephone."""
    return {Sex.FEMALE: "阿姨", Sex.MALE: "叔叔"}.get(sex, "")


# --- reading -------------------------------------------------------------------------------------------------------------------------


class Read(StrEnum):
    RATED = "rated"
    PERSON = "person"
    WORDS = "words"  # for an agent to read
    URGENT = "urgent"  # somebody is to look at once


@dataclass(frozen=True, slots=True)
class Reading:
    read: Read
    rating: int | None = None

    @property
    def code(self) -> str:
        """The word of outreach/keys.py for the key that says the same; else what it was taken for."""
        return f"rated_{self.rating}" if self.read is Read.RATED else self.read.value


WORDS, URGENT, PERSON = Reading(Read.WORDS), Reading(Read.URGENT), Reading(Read.PERSON)
# rather one too many: a false alarm is a call, a word that is missed may be a life
_URGENT = re.compile(
    r"救命|救我|救救|急救|快来人|来人啊|不舒服|难受|摔倒|摔了|摔伤|跌倒|跌了|晕|昏倒|昏迷|胸闷|胸口|心口|心慌|心脏|喘不|憋气|呼吸|"
    r"出血|流血|吐血|便血|(?<!心)疼|头痛|胸痛|肚子痛|很痛|好痛|痛死|剧痛|抽筋|抽搐|中风|站不起|起不来|动不了|不能动|走不动|不行了|快不行|要死|"
    r"着火|起火|失火|煤气|燃气|冒烟|小偷|有贼|不想活|自杀|活不下去|发烧|高烧|中毒|噎|走丢|走失|"
    r"\bsos\b|\bhelp\b|emergency|ambulance|heart attack|can'?t breathe|\bfell\b|\bfire\b|(?<!\d)(?:120|110|119)(?!\d)",
    re.IGNORECASE,
)
_SAID = {
    **dict.fromkeys(("很满意", "非常满意", "十分满意", "特别满意", "太满意", "相当满意", "满意极了", "非常好", "很好", "特别好", "太好", "好极了"), 5),
    **dict.fromkeys(("满意", "比较满意", "还满意", "挺满意", "蛮满意", "挺好", "蛮好", "不错", "好"), 4),
    **dict.fromkeys(("一般", "一般般", "还行", "还可以", "凑合", "马马虎虎", "过得去"), 3),
    **dict.fromkeys(("不满意", "不太满意", "不怎么满意", "不大满意", "有点不满意", "不好", "不太好", "不行"), 2),
    **dict.fromkeys(("很不满意", "非常不满意", "十分不满意", "特别不满意", "太不满意", "一点也不满意", "一点都不满意", "很差", "太差", "差", "很不好"), 1),
}  # fmt: skip
_CALL_ME = frozenset({"打电话", "给我打电话", "请打电话", "请给我打电话", "回电", "请回电", "回个电话", "给我回电话", "人工", "转人工"})
_DIGITS = str.maketrans("一二三四五九①②③④⑤⑨", "123459123459")
_BLANK = r"\s\u3000\u200b-\u200f\u2060\ufeff"
_MARKS = _BLANK + r".,;:!?~、。，；：！？～…·\-—_'\"“”‘’()（）\[\]【】<>《》*#+"
_EDGES = re.compile(rf"^[{_MARKS}]+|[{_MARKS}]+$")
_POLITE = re.compile(
    rf"(?:[{_MARKS}]|\ufe0f|\u20e3|[👍🙏😊🌹]|谢谢|感谢|多谢|辛苦|你们|您们|大家|师傅|阿姨|您|你|了|啦|的|哦|呀|啊|吧|呢|哈|嗯|您好|你好)+"
)
_LEAD = re.compile(r"^(?:我)?(?:回复|回|选择|选|按|打|给|评|评价|是)?(?=[1-59](?!\d))")
_COUNTED = re.compile(r"^([1-59])(?:分|星|号|颗星)?(?!\d)(.*)$", re.DOTALL)


def read_reply(text: str) -> Reading:
    """1–5 and 9 in every way in which people write them; the words for them; whatever asks for help; and all the rest, which a person reads.

    A digit with a sentence behind it is that rating only when it is bad: its words go into the complaint. A good one with words is read by a person.
    """
    plain = _EDGES.sub("", unicodedata.normalize("NFKC", text).strip())
    if _URGENT.search(plain):
        return URGENT
    bare = _POLITE.sub("", plain)
    if bare in _CALL_ME or plain in _CALL_ME:
        return PERSON
    if (rating := _said(plain)) is not None:
        return Reading(Read.RATED, rating)
    counted = _COUNTED.match(_LEAD.sub("", plain[:6].translate(_DIGITS) + plain[6:]))
    if counted is None:
        return WORDS
    key, rest = int(counted[1]), counted[2]
    behind = _POLITE.sub("", rest)
    other = _said(_EDGES.sub("", rest))
    if key == 9:
        return PERSON if not behind or behind in _CALL_ME else WORDS
    if not behind or other == key:
        return Reading(Read.RATED, key)
    apart = re.match(rf"[{_MARKS}]", rest) is not None and not behind[0].isdigit()
    return Reading(Read.RATED, key) if apart and other is None and key <= 2 else WORDS


def _said(text: str) -> int | None:
    """In words alone. "好的" and "好" to a question that is answered with a number are no rating: only what names how satisfied she is."""
    for said in (text, _POLITE.sub("", text)):
        if said != "好" and said in _SAID:
            return _SAID[said]
    return None
