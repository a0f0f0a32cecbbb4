"""The report of an emergency on A4: the figures, what happened second by second, who was rung, steps, deadlines, hand-overs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from callcenter.reports.emergencies import words
from callcenter.reports.emergencies.schemas import EmergencyReport, ReportLine, SpanView
from callcenter.reports.paper import Paper, Part
from callcenter.reports.words import Words

NOT_YET, NEVER = Words("还没有", "not yet"), Words("没有发生", "did not happen")
MET = {True: Words("达标", "in time"), False: Words("未达标", "too late"), None: Words("", "")}
HEADS = {
    "spans": Words("从按键起", "Since the press"),
    "lines": Words("经过（按键后的秒数）", "What happened (seconds since the press)"),
    "calls": Words("通话：谁被呼叫，何时振铃、接通、结束", "Calls: who was rung, when it rang, was answered, ended"),
    "steps": Words("处置步骤", "Steps of the protocol"),
    "deadlines": Words("时限", "Deadlines"),
    "attempts": Words("联系人呼叫", "Contacts called"),
    "duty": Words("值班电话", "Duty telephones"),
    "handovers": Words("移交外部救援", "Hand-overs to outside help"),
    "recordings": Words("录音（在控制台的事件里播放）", "Recordings (played in the case, on the console)"),
}
ABOUT = Words(
    "{place} · 按键 {pressed} · 共 {presses} 次 · 负责 {owner} · 守看 {watcher}",
    "{place} · pressed {pressed}, {presses} times · owner {owner} · second person {watcher}",
)
ENDED = Words("结束 {closed} · 结果 {outcome}", "ended {closed} · outcome {outcome}")
GOES_ON = Words("还没有结束，内容还会增加。", "Not over yet; more will come.")


def report_as_pdf(report: EmergencyReport, language: str) -> bytes:
    return _Writer(report, language).paper().as_pdf()


class _Writer:
    def __init__(self, report: EmergencyReport, language: str) -> None:
        self.report, self.language, self.zone = report, language, ZoneInfo(report.timezone)

    def paper(self) -> Paper:
        report = self.report
        who = " ".join(str(part) for part in (report.elder_name, report.elder_age or "") if part) or "–"
        made = f"{report.centre_name} · {self.clock(report.made_at, day=True)} · {report.made_by}"
        values = {
            "place": " ".join(part for part in (report.place, report.address) if part) or "–",
            "pressed": self.clock(report.pressed_at, day=True),
            "presses": report.presses,
            "owner": report.owner_name or "–",
            "watcher": report.watcher_name or "–",
        }
        ended = (
            self.say(ENDED).format(closed=self.clock(report.closed_at, day=True), outcome=report.outcome or "–")
            if report.closed_at
            else self.say(GOES_ON)
        )
        return Paper(
            title=f"{report.centre_name} · {self.say(words.TITLE)} {report.case_number}",
            about=f"{who} · {self.say(words.KINDS[report.kind])}",
            words=[self.say(ABOUT).format(**values), ended],
            parts=[
                self.spans(),
                self.lines(),
                self.calls(),
                self.steps(),
                self.deadlines(),
                self.attempts(),
                self.duty(),
                self.handovers(),
                self.recordings(),
            ],
            foot=made,
            language=self.language,
        )

    def say(self, word: Words) -> str:
        return word.of(self.language)

    def clock(self, at: datetime | None, *, day: bool = False) -> str:
        return at.astimezone(self.zone).strftime("%Y-%m-%d %H:%M:%S" if day else "%H:%M:%S") if at else "–"

    def since(self, at: datetime | None) -> str:
        return "–" if at is None else _seconds((at - self.report.pressed_at).total_seconds())

    def part(self, name: str, head: Sequence[Words], rows: list[list[str]], widths: Sequence[float]) -> Part:
        return Part(self.say(HEADS[name]), [self.say(word) for word in head], rows, widths)

    def spans(self) -> Part:
        head = (Words("指标", "Span"), Words("用时", "Took"), Words("目标", "Target"), Words("", ""))
        return self.part("spans", head, [self.span(one) for one in self.report.spans], (5, 2, 2, 2))

    def span(self, one: SpanView) -> list[str]:
        never = NOT_YET if self.report.closed_at is None else NEVER
        took = self.say(never) if one.seconds is None else _seconds(one.seconds)
        target = "–" if one.target is None else f"≤ {_seconds(one.target)}"
        return [self.say(words.SPANS[one.span]), took, target, self.say(MET[one.met])]

    def lines(self) -> Part:
        head = (Words("秒", "s"), Words("时间", "Time"), Words("什么", "What"), Words("谁", "Who"), Words("记录", "Words"))
        return self.part("lines", head, [self.line(one) for one in self.report.lines], (1.2, 1.4, 3, 1.6, 6))

    def line(self, one: ReportLine) -> list[str]:
        known = words.ENTRIES.get(one.kind)
        what = self.say(known) if known else one.kind
        role, code = one.data.get("role"), one.data.get("code")
        party = next((self.say(word) for key, word in words.ROLES.items() if key == role), "")
        return [_seconds(one.seconds), self.clock(one.at), what, one.who, " ".join(str(p) for p in (party, code, one.text) if p)]

    def calls(self) -> Part:
        head = (
            Words("谁", "Who"), Words("号码", "Number"), Words("呼叫", "Called"), Words("振铃", "Rang"), Words("接通", "Answered"), Words("结束", "Ended"),
            Words("结果", "Cause"), Words("由谁", "By"),
        )  # fmt: skip
        rows = []
        for call in self.report.calls:
            rows.append(
                [
                    self.say(words.CALLS[call.kind]), call.number, self.since(call.received_at), "", self.since(call.answered_at),
                    self.since(call.ended_at), call.end_reason, call.agent_name,
                ]
            )  # fmt: skip
            for leg in call.legs:
                who = " ".join(part for part in (self.say(words.ROLES[leg.role]), leg.code, leg.name) if part)
                rows.append(
                    [
                        f"└ {who}" if self.language == "en" else f"　{who}", leg.number, self.since(leg.started_at), self.since(leg.ringing_at),
                        self.since(leg.answered_at), self.since(leg.ended_at), leg.cause, leg.asked_by,
                    ]
                )  # fmt: skip
        return self.part("calls", head, rows, (3, 2.2, 1.2, 1.2, 1.2, 1.2, 1.6, 1.3))

    def steps(self) -> Part:
        head = (
            Words("秒", "s"),
            Words("步骤", "Step"),
            Words("回答", "Answer"),
            Words("结果", "State"),
            Words("理由", "Reason"),
            Words("谁", "Who"),
        )
        rows = []
        for step in self.report.steps:
            asked = (step.words.zh if self.language == "zh" else step.words.en) if step.words else step.act
            answer = (step.answer.zh if self.language == "zh" else step.answer.en) if step.answer else ""
            state = self.say(words.STEPS[step.state]) + (self.say(Words("（迟）", " (late)")) if step.late else "")
            rows.append([self.since(step.at or step.began_at), asked, answer, state, step.reason, step.by_name])
        return self.part("steps", head, rows, (1.2, 4.5, 2.4, 1.6, 2.4, 1.4))

    def deadlines(self) -> Part:
        head = (
            Words("什么", "What"),
            Words("到期", "Due"),
            Words("结束", "Ended"),
            Words("结果", "State"),
            Words("上报到", "Went up to"),
            Words("谁", "Who"),
        )
        rows = []
        for one in self.report.deadlines:
            name, _, rest = one.code.partition(":")
            what = f"{self.say(words.CODES[name]) if name in words.CODES else name} {rest}".strip()
            state = self.say(words.DEADLINES[one.state]) + (self.say(Words("（超时）", " (overdue)")) if one.late else "")
            level = self.say(words.LEVELS[min(one.level, len(words.LEVELS) - 1)])
            rows.append([what, self.since(one.due_at), self.since(one.ended_at), state, level, one.by_name])
        return self.part("deadlines", head, rows, (3, 1.3, 1.3, 2, 2, 1.5))

    def attempts(self) -> Part:
        head = (
            Words("轮/级", "Round"), Words("谁", "Who"), Words("号码", "Number"), Words("呼叫", "Called"), Words("接通", "Answered"), Words("结束", "Ended"),
            Words("到达", "Arrived"), Words("结果", "State"), Words("由谁", "By"),
        )  # fmt: skip
        rows = []
        for one in self.report.attempts:
            who = f"{self.say(words.WHO[one.who])} {one.name}"
            state = self.say(words.ATTEMPTS[one.state])
            times = [self.since(one.asked_at), self.since(one.answered_at), self.since(one.ended_at), self.since(one.arrived_at)]
            rows.append([f"{one.round}/{one.rung}", who, one.number, *times, state, one.asked_by])
        return self.part("attempts", head, rows, (1, 3, 2.2, 1.2, 1.2, 1.2, 1.2, 1.6, 1.2))

    def duty(self) -> Part:
        head = (
            Words("号码", "Number"),
            Words("呼叫", "Called"),
            Words("接通", "Answered"),
            Words("结束", "Ended"),
            Words("结果", "State"),
            Words("为什么", "Why"),
        )
        rows = []
        for one in self.report.duty:
            name, _, rest = one.alarm.partition(":")
            why = f"{self.say(words.CODES[name]) if name in words.CODES else name} {rest}".strip()
            rows.append(
                [
                    one.number,
                    self.since(one.asked_at),
                    self.since(one.answered_at),
                    self.since(one.ended_at),
                    self.say(words.DUTY[one.state]),
                    why,
                ]
            )
        return self.part("duty", head, rows, (2.2, 1.3, 1.3, 1.3, 2, 3))

    def handovers(self) -> Part:
        head = (
            Words("给谁", "To"), Words("移交", "Offered"), Words("接收", "Accepted"), Words("出动", "On the way"), Words("到达", "Arrived"),
            Words("结束", "Ended"), Words("状态", "State"), Words("对方、编号、理由", "Who, number, reason"),
        )  # fmt: skip
        rows = [
            [
                self.say(words.AGENCIES[one.agency]), self.since(one.offered_at), self.since(one.accepted_at), self.since(one.dispatched_at),
                self.since(one.arrived_at), self.since(one.closed_at or one.rejected_at), self.say(words.HANDOVERS[one.state]),
                " ".join(part for part in (one.confirmed_by, one.reference, one.reason, one.outcome) if part),
            ]
            for one in self.report.handovers
        ]  # fmt: skip
        return self.part("handovers", head, rows, (2, 1.2, 1.2, 1.2, 1.2, 1.2, 1.4, 3))

    def recordings(self) -> Part:
        head = (Words("开始", "Began"), Words("段", "Part"), Words("时长", "Length"), Words("状态", "State"), Words("编号", "Id"))
        rows = [
            [self.clock(one.started_at), str(one.part), "–" if one.seconds is None else _seconds(one.seconds), one.state.value, str(one.id)]
            for one in self.report.recordings
        ]
        return self.part("recordings", head, rows, (1.5, 1, 1.5, 1.5, 5))


def _seconds(value: float) -> str:
    """7.3 s below a minute, 2:05 from then on."""
    if abs(value) < 60:
        return f"{value:.1f} s"
    whole = int(abs(value))
    text = f"{whole // 60}:{whole % 60:02}" if whole < 3600 else f"{whole // 3600}:{whole % 3600 // 60:02}:{whole % 60:02}"
    return f"-{text}" if value < 0 else text
