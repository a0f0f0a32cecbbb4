"""The address check as CSV, and each lack in words."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from callcenter.elders.lacks.kinds import Grade, Lack
from callcenter.elders.lacks.schemas import LackingElder
from callcenter.elders.models import Living
from callcenter.reports.files import harmless
from callcenter.reports.words import Words

LACKS: dict[Lack, Words] = {
    Lack.STREET: Words("没有街道地址", "no street address"),
    Lack.BUILDING: Words("没有楼栋号", "no building number"),
    Lack.DOOR: Words("没有门牌号", "no door number"),
    Lack.POSITION_FAR: Words("定位在社区范围之外", "position outside of the community"),
    Lack.KEY: Words("独居，没有人有钥匙", "alone, nobody holds a key"),
    Lack.NUMBER: Words("没有电话", "no telephone number"),
    Lack.NUMBER_FORM: Words("电话打不通（号码不完整）", "no number that can be dialled"),
    Lack.CONTACT: Words("没有有效的联系人", "no valid contact"),
    Lack.POSITION: Words("没有定位", "no position on the map"),
    Lack.ENTRANCE: Words("没有进门提示", "no hint of the way in"),
    Lack.LIFT: Words("不知道有没有电梯", "lift unknown"),
    Lack.HEALTH: Words("健康情况不详", "health unknown"),
    Lack.LIVING: Words("居住情况不详", "not known with whom she lives"),
    Lack.CONTACT_ENDED: Words("有联系人已过期", "a contact has run out"),
    Lack.FLOOR: Words("楼层不详", "floor unknown"),
    Lack.HEARING: Words("听力不详", "hearing unknown"),
    Lack.HOSPITAL: Words("没有首选医院", "no preferred hospital"),
    Lack.GRID: Words("没有划到网格", "in no grid"),
}
GRADES: dict[Grade, Words] = {
    Grade.READY: Words("齐全", "ready"),
    Grade.GAPS: Words("有缺项", "gaps"),
    Grade.NOT_FINDABLE: Words("找不到门", "can't be found"),
}
LIVING: dict[Living, Words] = {
    Living.ALONE: Words("独居", "alone"),
    Living.EMPTY_NEST: Words("空巢", "children away"),
    Living.WITH_FAMILY: Words("合居", "with family"),
    Living.UNKNOWN: Words("不详", "unknown"),
}
RISKS = (Words("无", "none"), Words("低", "low"), Words("中", "medium"), Words("高", "high"))
_HEAD = (
    Words("社区", "Community"), Words("老人", "Elder"), Words("年龄", "Age"), Words("居住", "Living"), Words("风险", "Risk"),
    Words("结论", "Grade"), Words("缺什么", "What is missing"), Words("档案", "Profile"),
)  # fmt: skip


def lacks_as_csv(people: Sequence[LackingElder], base_url: str, language: str) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([word.of(language) for word in _HEAD])
    joint = "、" if language == "zh" else ", "
    for one in people:
        cells = [
            one.place, one.name, "" if one.age is None else str(one.age), LIVING[one.living].of(language), RISKS[one.risk].of(language),
            GRADES[one.grade].of(language), joint.join(LACKS[lack].of(language) for lack in one.lacks), f"{base_url}/elders/{one.id}",
        ]  # fmt: skip
        writer.writerow([harmless(cell) for cell in cells])
    return b"\xef\xbb\xbf" + out.getvalue().encode()
