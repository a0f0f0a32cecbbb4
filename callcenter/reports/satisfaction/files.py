"""The figures as rows of text. No share stands without its denominator: "18/20", and "–" of nothing."""

from __future__ import annotations

from callcenter.reports.satisfaction.rules import DEFINITIONS
from callcenter.reports.satisfaction.schemas import Satisfaction, SatisfactionCounts
from callcenter.reports.schemas import ShareView
from callcenter.reports.words import Words

BY = {
    "store": Words("服务商", "Store"),
    "item": Words("服务项目", "Item"),
    "agent": Words("坐席", "Agent"),
    "community": Words("社区", "Community"),
    "month": Words("月份", "Month"),
}
COUNTS = {
    "planned": Words("安排回访", "Planned"),
    "waiting": Words("还在回访", "Still to be asked"),
    "dropped": Words("取消回访", "Dropped"),
    "not_reached": Words("未联系上", "Not reached"),
    "asked": Words("问到人", "Reached"),
    "rated": Words("已评分", "Rated"),
    "not_rated": Words("未评分", "Not rated"),
    "satisfied": Words("评 4–5 分", "Rated 4–5"),
}
MEAN, TOTAL = Words("平均分", "Mean"), Words("合计", "Together")


def satisfaction_rows(report: Satisfaction, language: str) -> list[list[str]]:
    head = ["", BY[report.by].of(language), *(words.of(language) for words in COUNTS.values()), MEAN.of(language)]
    head += [f"{d.title.of(language)} (n/N)" for d in DEFINITIONS]
    name = "zh" if language == "zh" else "en"
    lines = [[line.code, getattr(line.name, name), *_cells(line)] for line in report.lines]
    return [head, *lines, ["", TOTAL.of(language), *_cells(report.total)]]


def _cells(counts: SatisfactionCounts) -> list[str]:
    mean = f"{int(counts.mean * 100) / 100:.2f}" if counts.mean is not None else "–"
    return [*(str(getattr(counts, key)) for key in COUNTS), mean, *(_share(counts.shares[d.key]) for d in DEFINITIONS)]


def _share(share: ShareView) -> str:
    """Cut, not rounded, to one decimal."""
    return f"{share.n * 1000 // share.of / 10:.1f}% ({share.n}/{share.of})" if share.of else "–"
