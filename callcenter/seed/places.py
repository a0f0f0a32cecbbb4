"""The demo district: 9 streets, 72 communities, 3 grids each. Names sound like the place; what stands in them is invented."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from callcenter.kit import pinyin
from callcenter.regions.models import RegionLevel

NAMESPACE = uuid.UUID("5c1f0f5e-6f1b-4b0e-9d8f-420606000000")  # region ids follow from their codes: the same in every run
DISTRICT_CODE = "420606"
DISTRICT = "樊城"
GRIDS = 3

STREETS = {
    "中原": ("施营", "中原", "大庆东路", "丹江路", "人民广场", "长征东路", "松鹤路", "春园西路"),
    "汉江": ("建昌", "汉江", "交通路", "前进东路", "瑞光", "铁佛寺", "朝阳路", "解放桥"),
    "王寨": ("王寨", "莫家湾", "三里桥", "李家湖", "高庄", "杨家台", "竹条铺", "万家岭"),
    "定中门": ("定中门", "炮铺街", "回龙寺", "友谊街", "磁器街", "陈老巷", "晏公庙", "官码头"),
    "清河口": ("清河口", "清河桥", "余岗", "邓家湾", "沿江", "航运", "洪沟", "柳林"),
    "屏襄门": ("屏襄门", "水星台", "教门街", "丰乐", "前锋", "新华路", "幸福", "春晓"),
    "米公": ("米公", "迎旭门", "沿江路", "大桥", "龙王庙", "汉水", "襄江", "滨江"),
    "柿铺": ("柿铺", "蔡坡", "黄家嘴", "彭岗", "红星", "桐树店", "刘庄", "兴园"),
    "紫贞": ("紫贞", "建锦", "车城", "立业路", "追日路", "天润", "新城湾", "泰安"),
}  # fmt: skip

ROADS = (
    "大庆东路", "长征路", "人民路", "建设路", "春园路", "松鹤路", "解放路", "丹江路", "前进路", "长虹路", "汉江路", "中原路", "清河路", "沿江大道",
)  # fmt: skip
ESTATES = (
    "小区", "花园", "新村", "家园", "苑", "佳园", "铁路小区", "棉纺厂家属院", "轴承厂家属院", "化纤厂宿舍", "教师楼", "供销社家属院", "航运公司宿舍",
)  # fmt: skip
ENTRANCE_HINTS = (
    "从北门进,左手第二栋", "东门进,门口有修鞋摊", "小卖部旁边的单元门", "楼下有棵大槐树", "车只能停在南门", "单元门密码锁,打电话开门", "从菜场后门进最近",
    "单元门不锁", "社区卫生站后面那栋",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Community:
    id: uuid.UUID
    name: str  # short
    street: str  # short
    grids: tuple[uuid.UUID, ...]
    latitude: float
    longitude: float

    @property
    def spoken(self) -> str:
        return f"{DISTRICT}{self.street}{self.name}"

    @property
    def written(self) -> str:
        return f"{DISTRICT}区{self.street}街道{self.name}社区"


def region_id(code: str) -> uuid.UUID:
    return uuid.uuid5(NAMESPACE, code)


def region_rows() -> list[dict[str, Any]]:
    """Parents before children."""
    rows = [_row(DISTRICT_CODE, None, RegionLevel.DISTRICT, f"{DISTRICT}区", DISTRICT, 0)]
    for s, (street, communities) in enumerate(STREETS.items(), 1):
        street_code = f"{DISTRICT_CODE}-{s:02}"
        rows.append(_row(street_code, DISTRICT_CODE, RegionLevel.STREET, f"{street}街道", street, s))
        for c, community in enumerate(communities, 1):
            code = f"{street_code}-{c:02}"
            rows.append(_row(code, street_code, RegionLevel.COMMUNITY, f"{community}社区", community, c))
            rows += [_row(f"{code}-{g}", code, RegionLevel.GRID, f"{community}第{g}网格", f"{g}网格", g) for g in range(1, GRIDS + 1)]
    return rows


def communities() -> list[Community]:
    """In the order of the codes. Positions are spread over the district (WGS-84), not surveyed."""
    found = []
    for s, (street, names) in enumerate(STREETS.items(), 1):
        for c, name in enumerate(names, 1):
            code = f"{DISTRICT_CODE}-{s:02}-{c:02}"
            found.append(
                Community(
                    id=region_id(code),
                    name=name,
                    street=street,
                    grids=tuple(region_id(f"{code}-{g}") for g in range(1, GRIDS + 1)),
                    latitude=32.030 + 0.0135 * ((s - 1) // 3) + 0.0040 * ((c - 1) // 3),
                    longitude=112.095 + 0.0240 * ((s - 1) % 3) + 0.0075 * ((c - 1) % 3),
                )
            )
    return found


def _row(code: str, parent: str | None, level: RegionLevel, name: str, short_name: str, sort: int) -> dict[str, Any]:
    return {
        "id": region_id(code),
        "parent_id": region_id(parent) if parent else None,
        "level": level,
        "code": code,
        "name": name,
        "short_name": short_name,
        "pinyin": pinyin.of_text(short_name),
        "sort": sort,
    }
