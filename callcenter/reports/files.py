"""A report as tables of text, and those as CSV. Excel opens them: UTF-8 with its mark, and no cell that it would take for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from callcenter.calls.states import CallKind
from callcenter.reports.rules import Became
from callcenter.reports.schemas import FigureView, Report, TallyView
from callcenter.reports.words import Words

TABLES = Literal["figures", "hours", "days", "agents", "places", "missed"]
FORMULA = ("=", "+", "-", "@", "\t", "\r")

KINDS = {
    CallKind.SOS: Words("SOS", "SOS"),
    CallKind.SERVICE: Words("服务", "Service"),
    CallKind.JOB: Words("服务签到", "Job line"),
    CallKind.DAILY: Words("每日报平安", "Daily line"),
    CallKind.OUTBOUND: Words("外呼", "Outbound"),
    CallKind.AUTOMATIC: Words("自动外呼", "Automatic"),
}
BECAME = {
    Became.PRESSED_AGAIN: Words("再次来电，已接通", "called again and was answered"),
    Became.CALLED_BACK: Words("已回拨接通", "called back and reached"),
    Became.SETTLED: Words("未通话，坐席已处理", "settled by an agent without a call"),
    Became.NO_NUMBER: Words("没有号码，无法回拨", "no number to call back"),
    Became.WAITS: Words("等待回拨", "call-back open"),
    Became.OVERDUE: Words("回拨超时", "call-back overdue"),
    Became.NOTHING: Words("没有后续，请查", "nothing happened; look into it"),
}
TITLES: dict[str, Words] = {
    "figures": Words("指标", "Figures"),
    "hours": Words("分时", "By hour"),
    "days": Words("分日", "By day"),
    "agents": Words("坐席", "Agents"),
    "places": Words("社区", "Communities"),
    "missed": Words("未接通来电", "Calls that nobody answered"),
}
UNKNOWN_PLACE = Words("未知", "unknown")
_TALLY = [
    Words("来电", "Received"),
    Words("其中 SOS", "of them SOS"),
    Words("接通", "Answered"),
    Words("10 秒内", "≤10 s"),
    Words("15 秒内", "≤15 s"),
    Words("未接通", "Missed"),
    Words("其中 5 秒内挂断", "of them <5 s"),
]


@dataclass(frozen=True, slots=True)
class Table:
    title: str
    head: list[str]
    rows: list[list[str]]


def percent(value: float | None) -> str:
    """Never rounded up to a target that was missed: 94.96 % is 94.9 %."""
    return "–" if value is None else f"{int(value * 1000 + 1e-9) / 10:.1f}%"


def seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


def local(at: datetime, report: Report, form: str = "%Y-%m-%d %H:%M:%S") -> str:
    return at.astimezone(ZoneInfo(report.timezone)).strftime(form)


def excluded_text(figure: FigureView, language: str) -> str:
    return ("；" if language == "zh" else "; ").join(
        f"{one.words.zh if language == 'zh' else one.words.en} {one.n}" for one in figure.excluded
    )


def table_of(report: Report, table: str, language: str) -> Table:
    head, rows = _TABLES[table](report, language)
    return Table(TITLES[table].of(language), [word.of(language) for word in head], rows)


def as_csv(report: Report, table: str, language: str) -> bytes:
    made = table_of(report, table, language)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(made.head)
    writer.writerows([[harmless(cell) for cell in row] for row in made.rows])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def harmless(cell: str) -> str:
    """A spreadsheet calculates what begins so; a name or a number from outside must not."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


Rows = tuple[Sequence[Words], list[list[str]]]


def _figures(report: Report, language: str) -> Rows:
    head = [
        Words("指标", "Figure"), Words("数值", "Value"), Words("分子", "n"), Words("分母", "of"), Words("目标", "Target"), Words("达标", "Met"),
        Words("目标来源", "Source of the target"), Words("未计入", "Left out"), Words("算法", "Formula"),
    ]  # fmt: skip
    met = {True: Words("是", "yes"), False: Words("否", "no"), None: Words("–", "–")}
    rows = []
    for f in report.figures:
        in_words = (f.title, f.source, f.formula)
        title, source, formula = ((w.zh if language == "zh" else w.en) if w else "" for w in in_words)
        rows.append(
            [
                title, percent(f.value), str(f.n), str(f.of), "–" if f.target is None else f"≥{percent(f.target)}", met[f.met].of(language),
                source, excluded_text(f, language), formula,
            ]
        )  # fmt: skip
    return head, rows


def _cells(tally: TallyView) -> list[str]:
    return [str(n) for n in (tally.received, tally.sos, tally.answered, tally.within_10, tally.within_15, tally.missed, tally.short)]


def _hours(report: Report, language: str) -> Rows:
    return [Words("时段", "Hour"), *_TALLY], [[f"{h.hour:02}:00–{h.hour + 1:02}:00", *_cells(h)] for h in report.hours]


def _days(report: Report, language: str) -> Rows:
    return [Words("日期", "Day"), *_TALLY], [[d.day.isoformat(), *_cells(d)] for d in report.days]


def _places(report: Report, language: str) -> Rows:
    return [Words("社区", "Community"), *_TALLY], [[p.place or UNKNOWN_PLACE.of(language), *_cells(p)] for p in report.places]


def _agents(report: Report, language: str) -> Rows:
    head = [
        Words("坐席", "Agent"), Words("接听", "Answered"), Words("10 秒内", "≤10 s"), Words("回拨接通", "Called back"),
        Words("平均通话（秒）", "Average talk (s)"), Words("通话数", "of"), Words("平均小结（秒）", "Average wrap-up (s)"), Words("小结数", "of"),
    ]  # fmt: skip
    rows = [
        [
            a.name, str(a.answered), str(a.within_10), str(a.called_back), seconds(a.talk_average), str(a.talk_n), seconds(a.wrap_up_average),
            str(a.wrap_up_n),
        ]
        for a in report.agents
    ]  # fmt: skip
    return head, rows


def _missed(report: Report, language: str) -> Rows:
    head = [
        Words("来电时间", "Received"), Words("线路", "Line"), Words("老人", "Elder"), Words("号码", "Number"), Words("社区", "Community"),
        Words("等待秒", "Waited, s"), Words("后来", "What became of it"), Words("隔多少秒", "After, s"), Words("事件", "Case"),
    ]  # fmt: skip
    form = "%H:%M:%S" if report.first == report.last else "%m-%d %H:%M:%S"
    rows = [
        [
            local(m.received_at, report, form), KINDS[m.kind].of(language), m.elder_name, m.caller_number, m.place, seconds(m.waited),
            BECAME[m.became].of(language), seconds(m.after), m.case_number,
        ]
        for m in report.missed
    ]  # fmt: skip
    return head, rows


_TABLES = {"figures": _figures, "hours": _hours, "days": _days, "agents": _agents, "places": _places, "missed": _missed}
