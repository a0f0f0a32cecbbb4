"""The form in which stores come and go as a table: one row a store, with its items, papers, hours and area each in one cell. Pure.

What `write_…` writes `read_…` reads. A reader raises ValueError with a stable word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from callcenter.catalog.licences import BY_NAME, LICENCES
from callcenter.dispatch.stores.rules import Week

DAYS = "一二三四五六日"
ALWAYS = "全天"
EVERY_DAY = "每天"
WHOLE_STREET, EVERYWHERE, POLYGON = "本街道", "全区", "(地图范围)"
_PARTS = re.compile(r"[;；\n]+")
_LIST = re.compile(r"[,，、;；\n]+")
_SPAN = re.compile(r"^(\d{1,2})[:：](\d{2})\s*[-–—~～至到]\s*(\d{1,2})[:：](\d{2})$")
_DAY = re.compile(r"^(?:周|星期)([一二三四五六日天])(?:\s*[至到\-–—~～]\s*(?:周|星期)?([一二三四五六日天]))?$")


@dataclass(frozen=True, slots=True)
class Column:
    path: str
    heading: str
    required: bool = False
    help: str = ""
    example: str = ""


COLUMNS = (
    Column("code", "编号", help="空着是新的服务商；填了就改那一家", example=""),
    Column("name", "名称", True, "最多60字", "和顺家政服务部"),
    Column("kind", "类型", help="商户、志愿者；空着是商户", example="商户"),
    Column("organisation", "所属组织", help="已登记的组织名称；可空", example="樊城区家政服务业协会"),
    Column("community", "所在社区", True, "社区名称或编码", "施营社区"),
    Column("address", "地址", example="长征路18号"),
    Column("latitude", "纬度", help="WGS-84；与经度一起填", example="32.0304"),
    Column("longitude", "经度", example="112.0953"),
    Column("number", "电话", True, "接单电话，也是负责人登录的号码", "13801010001"),
    Column("contact_name", "负责人", True, example="张凤琴"),
    Column("has_smartphone", "智能手机", help="是、否；否则用电话派单", example="是"),
    Column("hours", "营业时间", True, "全天；每天 08:00-18:00；周一至周五 08:00-12:00,14:00-18:00；周六 09:00-12:00", "每天 08:00-18:00"),
    Column("daily_capacity", "每日接单上限", help="0 到 1000", example="20"),
    Column("at_once", "同时接单上限", help="0 到 200", example="3"),
    Column("items", "服务项目", True, "编码=价格（元），用分号隔开", "JZ01=40；JZ03=6.5"),
    Column("reason", "价格说明", help="价格超出目录范围时必填", example=""),
    Column(
        "papers",
        "证照",
        help="名称/证号/到期日，用分号隔开；人员证照记在负责人名下；没有期限的空着到期日",
        example="家政服务员/JZ2024001/2027-05-31；健康证//2027-01-31",
    ),
    Column("area", "服务区域", True, "本街道；全区；或社区名称，用顿号隔开", "施营社区、中原社区"),
)
ONLY_OUT = ("状态", "评分")  # told, never read
BY_HEADING: Mapping[str, Column] = {column.heading: column for column in COLUMNS}


# --- hours ---------------------------------------------------------------------------------------------------------------------------


def read_hours(text: str) -> Week:
    """ "每天 08:00-18:00", "周一至周五 08:00-12:00,14:00-18:00；周六 09:00-12:00", "全天". A day that is not named is closed."""
    text = text.strip()
    if text in (ALWAYS, "24小时"):
        return [[[0, 1440]] for _ in range(7)]
    week: Week = [[] for _ in range(7)]
    seen: set[int] = set()
    for part in (p.strip() for p in _PARTS.split(text) if p.strip()):
        names, _, spans = part.partition(" ")
        days = _days(names)
        if seen & set(days):
            raise ValueError("day_twice")
        seen |= set(days)
        for day in days:
            week[day] = _spans(spans.strip())
    if not seen:
        raise ValueError("no_hours")
    return week


def _days(text: str) -> list[int]:
    if text == EVERY_DAY:
        return list(range(7))
    found = _DAY.match(text)
    if found is None:
        raise ValueError("no_day")
    first, last = (DAYS.index(d.replace("天", "日")) for d in (found[1], found[2] or found[1]))
    if last < first:
        raise ValueError("day_order")
    return list(range(first, last + 1))


def _spans(text: str) -> list[list[int]]:
    if text in ("休息", ""):
        return []
    if text in (ALWAYS, "24小时"):
        return [[0, 1440]]
    spans = []
    for part in re.split(r"[,，、]", text):
        found = _SPAN.match(part.strip())
        if found is None:
            raise ValueError("no_time")
        opens, closes = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
        if int(found[2]) > 59 or int(found[4]) > 59:
            raise ValueError("no_time")
        spans.append([opens, closes])
    return spans


def write_hours(week: Sequence[Sequence[Sequence[int]]]) -> str:
    """Days of equal hours that follow each other are written once."""
    if all(list(map(list, day)) == [[0, 1440]] for day in week):
        return ALWAYS
    parts, start = [], 0
    for day in range(1, len(week) + 1):
        if day < len(week) and week[day] == week[start]:
            continue
        if week[start]:
            names = EVERY_DAY if (start, day) == (0, 7) else f"周{DAYS[start]}" + (f"至周{DAYS[day - 1]}" if day - start > 1 else "")
            spans = ",".join(f"{o // 60:02}:{o % 60:02}-{c // 60:02}:{c % 60:02}" for o, c in week[start])
            parts.append(f"{names} {spans}")
        start = day
    return "；".join(parts) or f"{EVERY_DAY} 休息"


# --- items, papers, places -------------------------------------------------------------------------------------------------------------


def read_items(text: str) -> dict[str, int]:
    """Code → fen."""
    found: dict[str, int] = {}
    for part in (p.strip() for p in _LIST.split(text) if p.strip()):
        code, sep, price = (piece.strip() for piece in re.sub(r"[＝:：]", "=", part).partition("="))
        if not sep or not re.fullmatch(r"[A-Z]{2}[0-9]{2}", code.upper()):
            raise ValueError("no_item")
        if code.upper() in found:
            raise ValueError("item_twice")
        found[code.upper()] = _fen(price.removeprefix("¥").removesuffix("元"))
    if not found:
        raise ValueError("no_item")
    return found


def _fen(text: str) -> int:
    try:
        yuan = Decimal(text.strip())
    except InvalidOperation:
        raise ValueError("no_price") from None
    if not yuan.is_finite():
        raise ValueError("no_price")
    if yuan < 0:
        raise ValueError("price_negative")
    if yuan > 100_000 or yuan != round(yuan, 2):
        raise ValueError("no_price")
    return int(yuan * 100)


def write_items(prices: Mapping[str, int]) -> str:
    return "；".join(f"{code}={Decimal(fen) / 100:f}" for code, fen in sorted(prices.items()))


@dataclass(frozen=True, slots=True)
class Paper:
    kind: str  # as catalog.licences has it
    number: str
    valid_to: date | None


def read_papers(text: str) -> list[Paper]:
    found: list[Paper] = []
    for part in (p.strip() for p in _PARTS.split(text) if p.strip()):
        pieces = [piece.strip() for piece in part.split("/")]
        if len(pieces) > 3:
            raise ValueError("no_paper")
        name, number, until = (*pieces, "", "")[:3]
        if name not in BY_NAME:
            raise ValueError("licence_unknown")
        if len(number) > 60:
            raise ValueError("too_long")
        found.append(Paper(BY_NAME[name].code, number, read_date(until) if until else None))
    if len({paper.kind for paper in found}) != len(found):
        raise ValueError("licence_twice")
    return found


def write_papers(papers: Sequence[Paper]) -> str:
    names = [(LICENCES[p.kind].name_zh if p.kind in LICENCES else p.kind, p) for p in papers]
    return "；".join(f"{name}/{p.number}/{p.valid_to.isoformat() if p.valid_to else ''}" for name, p in names)


def read_date(text: str) -> date:
    """2027-03-12, 2027/3/12, 2027.3.12, 2027年3月12日."""
    parts = re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", text)
    try:
        return date(*(int(part) for part in parts.groups())) if parts else date.fromisoformat(text)
    except ValueError:
        raise ValueError("no_date") from None


def read_places(text: str) -> list[str]:
    return [p.strip() for p in _LIST.split(text) if p.strip()]


def read_flag(text: str) -> bool:
    if text.lower() in ("", "是", "有", "yes", "y", "1", "true"):
        return True
    if text.lower() in ("否", "无", "没有", "no", "n", "0", "false"):
        return False
    raise ValueError("no_flag")


def read_count(text: str, *, most: int) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", text) or int(text) > most:
        raise ValueError("no_number")
    return int(text)


def read_degrees(text: str, *, most: int) -> float:
    if not re.fullmatch(r"-?\d{1,3}(\.\d{1,12})?", text) or abs(float(text)) > most:
        raise ValueError("no_number")
    return float(text)


def template_rows() -> tuple[list[list[str]], list[list[str]]]:
    """The sheet to fill in, and the sheet that explains it."""
    heading = [column.heading + ("*" if column.required else "") for column in COLUMNS]
    explained = [["列名", "是否必填", "怎么填", "示例"]]
    explained += [[c.heading, "必填" if c.required else "", c.help, c.example] for c in COLUMNS]
    explained += [["", "", "", ""], ["说明", "", "第一行是列名，不要改；列的顺序可以变，不用的列可以删。有一行写错，整份都不导入。", ""]]
    return [heading], explained
