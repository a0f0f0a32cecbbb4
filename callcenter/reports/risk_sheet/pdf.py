"""The sheet on A4 across: whom to call first, then community by community. Who printed it, when and which page of how many stands on each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from callcenter.dispatch.orders.states import OrderState
from callcenter.regions.models import WorkerRole
from callcenter.reports.paper import Paper, Part
from callcenter.reports.risk_sheet.rules import Why
from callcenter.reports.risk_sheet.schemas import SheetCommunity, SheetData, SheetElder, SheetPerson
from callcenter.reports.words import Words

TITLE = Words("今日风险名单", "Today's risks")
ABOUT = Words("{region} · {day} · 高风险老人 {n} 位 · 数据截至 {at}", "{region} · {day} · {n} elders at high risk · as of {at}")
HOW = Words(
    "系统停用时照此电话联系：先看在办的紧急事件，再按社区逐户确认。内部资料，用后交回销毁。",
    "For the day when the system is down: first the open emergencies, then house by house. Confidential; hand it back to be destroyed.",
)
MARK = Words("{by} {at} 打印 第 {serial} 号 内部资料", "printed by {by} {at} no. {serial} confidential")
WHY: dict[Why, Words] = {
    Why.MACHINE: Words("靠设备（吸氧/透析）", "on a machine"),
    Why.WANDERING: Words("会走失", "wanders"),
    Why.SEVERE: Words("重度失能", "severe"),
    Why.HIGH_RISK: Words("高风险", "high risk"),
    Why.ALONE: Words("独居", "alone"),
}
HEARING = {
    "hard": Words("听力差", "hard of hearing"),
    "very_hard": Words("几乎听不见", "hardly hears"),
    "aid": Words("戴助听器", "hearing aid"),
}
ROLES = {
    WorkerRole.GRID_WORKER: Words("网格员", "grid worker"),
    WorkerRole.COMMUNITY_LEAD: Words("社区负责人", "community lead"),
    WorkerRole.STREET_CENTRE: Words("街道中心", "street centre"),
}
STATES: dict[OrderState, Words] = {
    OrderState.REQUESTED: Words("待派", "requested"),
    OrderState.OFFERED: Words("询问中", "offered"),
    OrderState.ACCEPTED: Words("已接单", "accepted"),
    OrderState.EN_ROUTE: Words("在路上", "on the way"),
    OrderState.IN_SERVICE: Words("服务中", "in service"),
    OrderState.REJECTED: Words("无人承接", "nobody takes it"),
    OrderState.EXPIRED: Words("超时无人接", "nobody took it"),
    OrderState.NO_ANSWER: Words("敲门无人应", "nobody opens"),
}
FLOOR = Words("{n} 楼", "floor {n}")
LIFT = {True: Words("有电梯", "lift"), False: Words("无电梯", "no lift"), None: Words("电梯不详", "lift unknown")}
NO_KEY = Words("没有人有钥匙", "nobody has a key")
NOBODY = Words("没有", "none")


def sheet_as_pdf(data: SheetData, *, by: str, at: datetime, serial: int | None, language: str) -> bytes:
    """`serial` None: a kept one, printed without the database."""
    return _Writer(data, by, at, serial, language).paper().as_pdf()


class _Writer:
    def __init__(self, data: SheetData, by: str, at: datetime, serial: int | None, language: str) -> None:
        self.data, self.by, self.at, self.serial, self.language = data, by, at, serial, language
        self.zone = ZoneInfo(data.timezone)

    def paper(self) -> Paper:
        data = self.data
        mark = self.say(MARK).format(by=self.by, at=self.clock(self.at), serial=self.serial or "–")
        return Paper(
            title=f"{data.centre_name} · {self.say(TITLE)}",
            about=self.say(ABOUT).format(region=data.region, day=data.day, n=data.elders, at=self.clock(data.at)),
            words=[self.say(HOW)],
            parts=[self.telephones(), self.emergencies(), self.orders(), *(self.community(one) for one in data.communities)],
            foot=f"{data.region_code} · {mark}",
            language=self.language,
            across=True,
            mark=mark,
            empty=self.say(NOBODY),
        )

    def say(self, word: Words) -> str:
        return word.of(self.language)

    def clock(self, at: datetime) -> str:
        return at.astimezone(self.zone).strftime("%Y-%m-%d %H:%M")

    def part(self, title: Words, head: Sequence[Words], rows: list[list[str]], widths: Sequence[float]) -> Part:
        return Part(self.say(title), [self.say(word) for word in head], rows, widths)

    def telephones(self) -> Part:
        head = (Words("谁", "Who"), Words("电话", "Number"), Words("管哪里", "Of where"))
        duty = [[f"{self.say(Words('值班', 'on duty'))} {one.name}", one.number, one.note] for one in self.data.duty]
        agencies = [[one.name, one.number, one.note] for one in self.data.agencies]
        return self.part(Words("先打这些电话", "Telephones"), head, [*agencies, *duty], (4, 3, 3))

    def emergencies(self) -> Part:
        head = (Words("事件", "Case"), Words("老人", "Elder"), Words("住址", "Where"), Words("按键", "Pressed"), Words("负责", "Owner"))
        rows = [[one.case_number, one.elder_name, one.place, self.clock(one.pressed_at), one.owner_name] for one in self.data.emergencies]
        return self.part(Words("在办的紧急事件", "Open emergencies"), head, rows, (2, 2, 4, 2, 2))

    def orders(self) -> Part:
        head = (
            Words("工单", "Order"), Words("项目", "What"), Words("老人", "Elder"), Words("住址", "Where"), Words("时间", "When"), Words("状态", "State"),
            Words("服务商、电话", "Store, number"),
        )  # fmt: skip
        rows = [
            [
                one.number, one.title, one.elder_name, one.address, self.clock(one.due_at) if one.due_at else "–",
                self.say(STATES[one.state]) if one.state in STATES else one.state.value, f"{one.store} {one.store_number}".strip(),
            ]
            for one in self.data.orders
        ]  # fmt: skip
        return self.part(Words("在办的工单", "Open orders"), head, rows, (2, 2.4, 1.4, 4, 2, 1.4, 3))

    def community(self, one: SheetCommunity) -> Part:
        head = (
            Words("老人", "Elder"), Words("为什么", "Why"), Words("住址、怎么进", "Where, the way in"), Words("本人电话", "Numbers"), Words("谁有钥匙", "Keys"),
            Words("联系人", "Contacts"), Words("病情提示", "Danger"),
        )  # fmt: skip
        workers = "；".join(f"{self.say(ROLES[w.role])} {w.name} {w.number}（{w.place}）" for w in one.workers)
        return Part(
            title=f"{one.name} · {len(one.elders)}",
            head=[self.say(word) for word in head],
            rows=[self.elder(elder) for elder in one.elders],
            widths=(1.6, 1.7, 3.6, 2, 3, 3, 3),
            about=workers,
            strong=frozenset(number for number, elder in enumerate(one.elders) if elder.why[0] in (Why.MACHINE, Why.WANDERING)),
        )

    def elder(self, one: SheetElder) -> list[str]:
        joint = "、" if self.language == "zh" else ", "
        floor = self.say(FLOOR).format(n=one.floor) if one.floor is not None else ""
        lift = self.say(LIFT[one.has_lift]) if one.floor is None or one.floor > 1 else ""
        way = joint.join(part for part in (floor, lift, one.way_in) if part)
        danger = [*one.danger, *([self.say(HEARING[one.hearing])] if one.hearing in HEARING else [])]
        return [
            f"{one.name} {one.age or ''}".strip(),
            joint.join(self.say(WHY[why]) for why in one.why),
            f"{one.address}\n{way}".strip(),
            "\n".join(one.numbers),
            self.people(one.keys) or self.say(NO_KEY),
            self.people(one.contacts[:3]),
            joint.join(danger) + (f"\n{one.hospital}" if one.hospital else ""),
        ]

    def people(self, of: Sequence[SheetPerson]) -> str:
        return "\n".join(f"{one.name} {one.number}" + (f"（{one.note}）" if one.note else "") for one in of)
