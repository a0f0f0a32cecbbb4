"""The columns of a file of elders: what they are called, what may stand in them, and how a line becomes a profile and a profile a line. Pure."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pydantic import ValidationError

from callcenter.elders.models import Ability, Funding, Hearing, Living, Presence, Sex
from callcenter.elders.record_schemas import RowProblem
from callcenter.elders.rules import id_number_problem, mask_id_number, mask_name
from callcenter.elders.schemas import FallRisk, NewElder
from callcenter.kit.phone import NumberKind, mask, normalise
from callcenter.kit.sheets import Cell
from callcenter.settings import get_settings

CONTACTS = 3
SEX = {"女": Sex.FEMALE, "男": Sex.MALE, "不详": Sex.UNKNOWN}
LIVING = {
    "独居": Living.ALONE, "空巢": Living.EMPTY_NEST, "合居": Living.WITH_FAMILY, "与家人同住": Living.WITH_FAMILY, "不详": Living.UNKNOWN,
}  # fmt: skip
ABILITY = {
    "能力完好": Ability.INTACT, "轻度失能": Ability.MILD, "中度失能": Ability.MODERATE, "重度失能": Ability.SEVERE,
    "完全失能": Ability.COMPLETE_LOSS, "未评估": Ability.NOT_ASSESSED,
}  # fmt: skip
HEARING = {"正常": Hearing.GOOD, "差": Hearing.HARD, "很差": Hearing.VERY_HARD, "助听器": Hearing.AID, "不详": Hearing.UNKNOWN}
FUNDING = {"长护险": Funding.CARE_INSURANCE, "政府补贴": Funding.SUBSIDY, "服务券": Funding.VOUCHER, "自费": Funding.SELF_PAY}
FALLS = {"低": FallRisk.LOW, "中": FallRisk.MEDIUM, "高": FallRisk.HIGH, "未评估": FallRisk.UNKNOWN}
YES = {"是": True, "否": False, "有": True, "无": False, "√": True, "×": False}
PRESENCE = {"在家": Presence.HOME, "外出": Presence.AWAY, "住院": Presence.IN_HOSPITAL, "已故": Presence.DECEASED}


@dataclass(frozen=True, slots=True)
class Column:
    heading: str
    path: str  # where its value goes in NewElder: "name", "numbers.0", "contacts.1.relation", "health.allergies"
    help: str = ""
    example: str = ""
    required: bool = False
    words: Mapping[str, Any] = field(default_factory=dict)  # the only ones that may stand there
    kind: str = "text"  # text, date, int, float, list, phone, id
    private: str = ""  # id, phone, name, health: how it is masked in a report
    sensitive: bool = False  # exported only when asked for
    other: tuple[str, ...] = ()  # headings that mean the same


def _contact(i: int) -> list[Column]:
    n = i + 1
    example = (("刘敏", "女儿", "13900006781", "否", ""), ("陈秀珍", "邻居", "13700006782", "是", "501对门"), ("", "", "", "", ""))[i]
    return [
        Column(f"联系人{n}姓名", f"contacts.{i}.name", "填了联系人，姓名、关系、电话都要填", example[0], private="name"),
        Column(f"联系人{n}关系", f"contacts.{i}.relation", "如 女儿、儿子、邻居、网格员", example[1]),
        Column(f"联系人{n}电话", f"contacts.{i}.number", "手机，或带区号的座机", example[2], kind="phone", private="phone"),
        Column(f"联系人{n}有钥匙", f"contacts.{i}.has_key", "是 / 否", example[3], words=YES),
        Column(f"联系人{n}钥匙说明", f"contacts.{i}.key_note", "如 501对门", example[4]),
        Column(f"联系人{n}监护人", f"contacts.{i}.is_guardian", "是 / 否", "", words=YES),
    ]


COLUMNS: tuple[Column, ...] = (
    Column("姓名", "name", "必填", "王桂兰", required=True, private="name", other=("老人姓名",)),
    Column("性别", "sex", "女 / 男；不填时按身份证号", "女", words=SEX),
    Column(
        "身份证号",
        "id_number",
        "18 位；请先把这一列设为“文本”，否则 Excel 会改掉后几位",
        "",
        kind="id",
        private="id",
        sensitive=True,
        other=("身份证", "身份证号码"),
    ),
    Column("出生日期", "birth_date", "如 1948-03-12；不填时按身份证号", "1948-03-12", kind="date", other=("生日",)),
    Column("卡号", "card_number", "本中心的卡号，不能重复", "XF-0001"),
    Column("社区", "community_id", "必填：社区名称、简称或编码；重名时请填编码", "施营社区", required=True),
    Column("网格", "grid_id", "网格名称或编码，要属于这个社区", ""),
    Column("地址", "street_address", "路、号、小区", "施营路18号 施营小区", other=("街道地址", "详细地址")),
    Column("楼栋", "building", "只填号", "3"),
    Column("单元", "unit", "只填号", "2"),
    Column("门牌", "door", "", "501", other=("房号",)),
    Column("楼层", "floor", "数字", "5", kind="int"),
    Column("电梯", "has_lift", "有 / 无", "无", words=YES),
    Column("进门提示", "entrance_hint", "", "从北门进，左手第二栋"),
    Column("纬度", "latitude", "WGS-84，可不填", "", kind="float"),
    Column("经度", "longitude", "WGS-84，可不填", "", kind="float"),
    Column("户籍", "household_registration", "", "湖北省襄阳市樊城区"),
    Column("居住情况", "living", "独居 / 空巢 / 合居 / 不详", "独居", words=LIVING),
    Column("类别", "categories", "多个用顿号分开：低保、特困、高龄、优抚、计生特扶", "高龄", kind="list"),
    Column("能力等级", "ability", " / ".join(ABILITY), "轻度失能", words=ABILITY),
    Column("评估日期", "ability_on", "", "2026-04-20", kind="date"),
    Column("听力", "hearing", "正常 / 差 / 很差 / 助听器 / 不详", "差", words=HEARING),
    Column("方言", "dialect", "", "襄阳话"),
    Column("走失风险", "wandering", "是 / 否", "否", words=YES),
    Column("首选医院", "preferred_hospital", "", "襄阳市中心医院"),
    Column("家庭医生", "family_doctor", "", "周医生"),
    Column("家庭医生电话", "family_doctor_number", "", "13500006783", kind="phone", private="phone"),
    Column("付费方式", "funding", " / ".join(FUNDING), "政府补贴", words=FUNDING),
    Column(
        "电话1",
        "numbers.0",
        "老人打来的电话，最多三个；座机带区号",
        "07103456789",
        kind="phone",
        private="phone",
        other=("电话", "联系电话"),
    ),
    Column("电话2", "numbers.1", "", "13800006789", kind="phone", private="phone"),
    Column("电话3", "numbers.2", "", "", kind="phone", private="phone"),
    *(column for i in range(CONTACTS) for column in _contact(i)),
    Column("慢性病", "health.chronic_illness", "多个用顿号分开", "冠心病、高血压", kind="list", private="health", sensitive=True),
    Column(
        "用药", "health.medication", "多个用分号或换行分开", "阿司匹林肠溶片 100mg 每日1次", kind="list", private="health", sensitive=True
    ),
    Column("过敏", "health.allergies", "多个用顿号分开", "青霉素", kind="list", private="health", sensitive=True, other=("过敏史",)),
    Column("血型", "health.blood_type", "A / B / AB / O", "A", private="health", sensitive=True),
    Column("植入物", "health.implants", "多个用顿号分开", "", kind="list", private="health", sensitive=True),
    Column("跌倒风险", "health.fall_risk", "低 / 中 / 高 / 未评估", "高", words=FALLS, sensitive=True),
    Column("健康备注", "health.notes", "", "", private="health", sensitive=True),
)
_BY_HEADING = {name: column for column in COLUMNS for name in (column.heading, *column.other)}
_LIST = re.compile(r"[、,，;；\n]+")
_SENTENCES = re.compile(r"[;；\n]+")


@dataclass(frozen=True, slots=True)
class Places:
    """Communities that the importer may write into, and their grids, by everything they are called."""

    communities: Mapping[str, Sequence[uuid.UUID]]
    elsewhere: frozenset[str]  # names of communities that are not hers
    grids: Mapping[uuid.UUID, Mapping[str, uuid.UUID]]


def match_heading(heading: Sequence[str]) -> tuple[list[Column | None], list[RowProblem]]:
    """Which column stands where. Unknown headings are told and left out; a missing or doubled one that matters is a problem of the whole file."""
    found: list[Column | None] = []
    problems: list[RowProblem] = []
    for name in heading:
        column = _BY_HEADING.get(name)
        if column is not None and column in found:
            problems.append(RowProblem(row=1, column=name, value="", code="column_twice"))
            column = None
        elif column is None and name:
            problems.append(RowProblem(row=1, column=name[:30], value="", code="column_unknown", warning=True))
        found.append(column)
    for column in COLUMNS:
        if column.required and column not in found:
            problems.append(RowProblem(row=1, column=column.heading, value="", code="column_missing"))
    return found, problems


def read_row(
    number: int, cells: Sequence[Cell], columns: Sequence[Column | None], places: Places
) -> tuple[NewElder | None, list[RowProblem]]:
    """A line → a profile, or everything that is wrong with it."""
    problems: list[RowProblem] = []
    values: dict[str, Any] = {}

    def wrong(column: Column, cell: Cell, code: str, hint: str = "") -> None:
        problems.append(RowProblem(row=number, column=column.heading, value=masked(column, cell.text), code=code, hint=hint))

    given = {column.path: cell for column, cell in zip(columns, cells, strict=False) if column is not None}
    for column in COLUMNS:
        cell = given.get(column.path, Cell())
        if cell.problem:
            wrong(column, cell, cell.problem)
        elif not cell.text:
            if column.required:
                wrong(column, cell, "missing")
        elif column.path not in ("community_id", "grid_id"):
            try:
                values[column.path] = _READ[column.kind](cell.text) if not column.words else _word(cell.text, column.words)
            except ValueError as error:
                wrong(column, cell, str(error), " / ".join(column.words))
    _read_place(given, values, places, wrong)
    for i in range(CONTACTS):
        parts = [_BY_HEADING[f"联系人{i + 1}{what}"] for what in ("姓名", "关系", "电话")]
        blank = [column for column in parts if not given.get(column.path, Cell()).text]
        if blank and any(path.startswith(f"contacts.{i}.") for path in values):
            wrong(blank[0], Cell(), "contact_incomplete")
    if problems:
        return None, problems
    try:
        return NewElder.model_validate(_nested(values)), []
    except ValidationError as error:
        for one in error.errors():
            path = ".".join(str(part) for part in one["loc"])
            column = next((c for c in COLUMNS if path == c.path or path.startswith(f"{c.path}.")), None) or _BY_HEADING["姓名"]
            code = (
                "missing"
                if one["type"] in ("missing", "string_too_short")
                else "too_long"
                if "too_long" in one["type"]
                else "not_understood"
            )
            wrong(column, given.get(column.path, Cell()), code)
        return None, problems


def column_of_field(path: str) -> Column:
    """Where an Invalid's `field` stands in the file."""
    return next((c for c in COLUMNS if c.path == path), _BY_HEADING["姓名"])


def masked(column: Column, value: str) -> str:
    if not value:
        return ""
    if column.private == "id":
        return mask_id_number(value)
    if column.private == "phone":
        number = normalise(value, get_settings())
        return mask(number) if number and number.is_dialable else value[:4] + "****" if len(value) > 4 else "****"
    if column.private == "name":
        return mask_name(value)
    return "***" if column.private == "health" else value[:30]


def _read_place(given: Mapping[str, Cell], values: dict[str, Any], places: Places, wrong: Callable[..., None]) -> None:
    cell = given.get("community_id", Cell())
    if not cell.text or cell.problem:
        return
    column = _BY_HEADING["社区"]
    found = places.communities.get(cell.text, ())
    if len(found) != 1:
        wrong(column, cell, "place_twice" if found else "place_not_yours" if cell.text in places.elsewhere else "place_unknown")
        return
    values["community_id"] = found[0]
    grid = given.get("grid_id", Cell())
    if grid.text and not grid.problem:
        grid_id = places.grids.get(found[0], {}).get(grid.text)
        if grid_id is None:
            wrong(_BY_HEADING["网格"], grid, "grid_unknown", "、".join(list(places.grids.get(found[0], {}))[:6]))
        else:
            values["grid_id"] = grid_id


def _word(text: str, words: Mapping[str, Any]) -> Any:
    if text not in words:
        raise ValueError("not_one_of")
    return words[text]


def _date(text: str) -> str:
    """1948-03-12, 1948/3/12, 1948.3.12, 1948年3月12日, 19480312."""
    parts = re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", text) or re.fullmatch(r"(\d{4})(\d{2})(\d{2})", text)
    if parts is None:
        raise ValueError("no_date")
    try:
        return date(*(int(part) for part in parts.groups())).isoformat()
    except ValueError:
        raise ValueError("no_date") from None


def _int(text: str) -> int:
    if not re.fullmatch(r"-?\d{1,4}", text):
        raise ValueError("no_number")
    return int(text)


def _float(text: str) -> float:
    if not re.fullmatch(r"-?\d{1,3}(\.\d{1,12})?", text):
        raise ValueError("no_number")
    return float(text)


def _list(text: str) -> list[str]:
    return [part.strip() for part in (_SENTENCES if "mg" in text else _LIST).split(text) if part.strip()]


def _phone(text: str) -> str:
    number = normalise(text, get_settings())
    if number is None or number.kind is not NumberKind.E164:
        raise ValueError("number_invalid")
    return number.value


def _id_number(text: str) -> str:
    number = text.replace(" ", "").upper()
    if id_number_problem(number):
        raise ValueError("id_number_invalid")
    return number


_READ: dict[str, Callable[[str], Any]] = {
    "text": str,
    "phone": _phone,
    "id": _id_number,
    "date": _date,
    "int": _int,
    "float": _float,
    "list": _list,
}


def _nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """{"numbers.0": …, "contacts.1.name": …} → lists without gaps."""
    made: dict[str, Any] = {path: value for path, value in values.items() if "." not in path}
    made["numbers"] = [values[f"numbers.{i}"] for i in range(3) if f"numbers.{i}" in values]
    health = {path.removeprefix("health."): value for path, value in values.items() if path.startswith("health.")}
    if health:
        made["health"] = health
    contacts = []
    for i in range(CONTACTS):
        start = f"contacts.{i}."
        contact = {path.removeprefix(start): value for path, value in values.items() if path.startswith(start)}
        if contact:
            contacts.append(contact)
    made["contacts"] = contacts
    return made


def template_rows() -> tuple[list[list[str]], list[list[str]]]:
    """The sheet to fill in, with an example line, and the sheet that explains it."""
    heading = [column.heading + ("*" if column.required else "") for column in COLUMNS]
    explained = [["列名", "是否必填", "怎么填", "示例"]]
    explained += [[c.heading, "必填" if c.required else "", c.help, c.example] for c in COLUMNS]
    explained += [["", "", "", ""], ["说明", "", "第一行是列名，不要改；列的顺序可以变，不用的列可以删。示例行导入前请删除。", ""]]
    return [heading], explained
