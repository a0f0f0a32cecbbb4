"""What kinds of stores there are in the demo district, how many in a street, what each offers. All names are invented."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from callcenter.dispatch.stores.models import OrganisationKind, StoreKind

Hours = list[list[list[int]]]


def _daily(*spans: tuple[int, int], closed: tuple[int, ...] = ()) -> Hours:
    """The same every day but for those that are closed (0 = Monday); hours after midnight."""
    return [[] if day in closed else [[opens * 60, closes * 60] for opens, closes in spans] for day in range(7)]


DAY_AND_NIGHT = [[[0, 1440]]] * 7
LONG_DAY = _daily((7, 20))
SHOP_HOURS = (_daily((8, 20)), _daily((8, 18)), _daily((7, 21)), _daily((8, 19)))
OFFICE_HOURS = (_daily((8, 18)), _daily((8, 18), closed=(6,)), _daily((8, 17), closed=(5, 6)), _daily((9, 19)))
CANTEEN_HOURS = _daily((6, 9), (10, 14), (16, 19))
MEMBER_HOURS = (_daily((8, 18)), _daily((8, 20)), _daily((9, 17)), _daily((9, 18), closed=(0,)))


class Reach(StrEnum):
    NEAR = "near"  # its own community and the nearest of its street
    STREET = "street"
    AROUND = "around"  # its street and those beside it
    DISTRICT = "district"
    CIRCLE = "circle"  # a polygon round it


USUAL: Mapping[Reach, int] = {Reach.NEAR: 38, Reach.STREET: 42, Reach.AROUND: 12, Reach.CIRCLE: 8}
FEW: Mapping[Reach, int] = {Reach.STREET: 80, Reach.AROUND: 20}
RARE: Mapping[Reach, int] = {Reach.AROUND: 80, Reach.DISTRICT: 12, Reach.CIRCLE: 8}
STATION: Mapping[Reach, int] = {Reach.AROUND: 1}


@dataclass(frozen=True, slots=True)
class Trade:
    names: tuple[str, ...]  # {c} the community, {b} a brand, {s} a surname
    per_street: int
    items: tuple[str, ...]  # all of them
    perhaps: tuple[str, ...] = ()  # each by half of them
    hours: tuple[Hours, ...] = SHOP_HOURS
    reach: Mapping[Reach, int] = field(default_factory=lambda: USUAL)
    people: tuple[int, int] = (1, 3)
    capacity: tuple[int, int] = (6, 16)
    at_once: tuple[int, int] = (1, 3)
    women: float = 0.5  # share of those who work there
    kind: StoreKind = StoreKind.STORE
    above: OrganisationKind | None = None


HOME, VOLUNTEERS, HOSPITAL, COMMUNITY = OrganisationKind

TRADES = (
    Trade(
        ("{s}姐家政", "{s}嫂家政", "{b}家政服务部", "{b}家政", "{c}家政服务站"), 7, ("JZ01", "JZ02", "JZ03", "JZ06"), ("JZ05", "PH04"),
        women=0.9, people=(2, 6), above=HOME,
    ),
    Trade(("{b}洗衣店", "{b}干洗", "{c}洗衣房"), 2, ("JZ05",), reach=RARE, women=0.7, above=HOME),
    Trade(("{b}家电清洗维修", "{s}师傅家电维修", "{b}电器服务部"), 3, ("JZ04", "WX04"), reach=FEW, women=0.1),
    Trade(("老{s}水电维修", "{b}水电维修", "{s}师傅水电", "{c}水电维修部"), 5, ("WX01", "WX02"), ("WX03", "WX07"), women=0.05),
    Trade(("{b}管道疏通", "{s}师傅疏通", "{c}管道疏通"), 2, ("WX03",), ("WX01",), reach=RARE, women=0.05),
    Trade(("{b}开锁", "{b}锁业", "{s}师傅开锁"), 2, ("WX05",), hours=(DAY_AND_NIGHT,), reach=RARE, women=0.1),
    Trade(("{b}燃气具维修", "{b}灶具热水器服务部"), 2, ("WX06",), reach=RARE, women=0.05),
    Trade(("{b}适老化改造", "{b}装饰安装", "{s}师傅安装"), 2, ("WX07",), ("WX01",), reach=RARE, women=0.05),
    Trade(
        ("{c}社区食堂", "{c}幸福食堂", "{b}餐饮", "{c}老年助餐点"), 5, ("PS01",), ("JZ06",),
        hours=(CANTEEN_HOURS,), capacity=(60, 200), at_once=(30, 80), women=0.7, people=(2, 5), above=COMMUNITY,
    ),
    Trade(("{c}便民超市", "{b}超市", "{b}生鲜", "{s}记粮油店"), 5, ("PS02", "PS04"), capacity=(20, 60), at_once=(4, 10), women=0.6),
    Trade(
        ("{b}大药房", "{b}药店", "{c}药房"), 4, ("PS03",), ("PS04",),
        capacity=(20, 60), at_once=(4, 10), women=0.7, people=(2, 4),
    ),
    Trade(
        ("{c}便民服务站", "{b}跑腿", "{c}代办点"), 3, ("PS05", "PH02"), ("PS02",),
        capacity=(10, 30), at_once=(2, 5), above=COMMUNITY,
    ),
    Trade(
        ("{b}居家养老服务中心", "{c}居家养老服务站", "{b}养老护理"), 5, ("ZL01", "ZL03", "ZL04", "ZL05", "ZL06", "ZL07", "ZL08", "PH04"), ("PH01", "PH05"),
        hours=(LONG_DAY,), women=0.85, people=(3, 6), capacity=(12, 30), at_once=(2, 5), above=HOME,
    ),
    Trade(("{s}师傅理发", "{b}理发店", "{c}理发室"), 4, ("ZL02",), reach=FEW, women=0.5, people=(1, 2)),
    Trade(("{b}修脚堂", "{s}师傅修脚"), 2, ("ZL03",), reach=RARE, women=0.3, people=(1, 3)),
    Trade(("{b}陪诊", "{b}陪诊服务部"), 2, ("PH01", "PH02"), ("PH05",), reach=RARE, women=0.8, people=(2, 5), above=HOME),
    Trade(
        ("{b}陪护", "{b}护工服务部"), 2, ("PH03", "PH04"), ("PH05",),
        hours=(DAY_AND_NIGHT, LONG_DAY), reach=RARE, women=0.8, people=(3, 6), above=HOSPITAL,
    ),
    Trade(
        ("{b}护理站", "{c}护理站"), 2, ("PH06", "ZL06", "ZL07", "ZL08"), ("ZL01",),
        hours=(LONG_DAY,), reach=RARE, women=0.95, people=(3, 6), above=HOSPITAL,
    ),
    Trade(
        ("{c}志愿者服务队", "{c}银龄互助队", "{b}志愿服务队"), 4, ("WJ01", "WJ03", "PH05"), ("PS05", "JZ05"),
        hours=MEMBER_HOURS, reach=FEW, women=0.65, people=(4, 6), kind=StoreKind.VOLUNTEERS, above=VOLUNTEERS,
    ),
    Trade(
        ("{b}社会工作服务中心", "{b}心理咨询室"), 2, ("WJ04", "WJ01", "WJ03"),
        hours=OFFICE_HOURS, reach=RARE, women=0.8, people=(2, 4), above=VOLUNTEERS,
    ),
    Trade(
        ("{c}应急站",), 1, ("JJ04",),
        hours=(DAY_AND_NIGHT,), reach=STATION, women=0.2, people=(4, 6), capacity=(30, 60), at_once=(3, 5), above=COMMUNITY,
    ),
)  # fmt: skip

BRANDS = (
    "和顺", "康乐", "祥和", "福康", "万家", "惠民", "安馨", "益邻", "暖阳", "亲邻", "长青", "汉水", "襄城", "岘山", "诚信", "金阳", "顺心", "好邻居",
    "邻里", "乐康", "颐和", "瑞康", "同心", "仁和", "百顺", "德善", "家和", "春晖", "夕阳红", "孝心", "福满", "永兴", "鸿运", "利民", "润民", "清风",
    "新生", "恒信", "众帮", "全家福", "贴心", "立邦", "江边", "古隆", "明月", "四季", "天天", "吉祥", "万和", "宏达",
)  # fmt: skip
WHY_SUSPENDED = ("长期接单后不到场", "收费高于标价,整改中", "停业装修", "店主住院,暂停接单")
WHY_BLACKOUT = ("家中有事", "盘点", "店庆休息", "回老家")
