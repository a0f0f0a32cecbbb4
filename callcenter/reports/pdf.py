"""A report on A4. Chinese comes from STSong-Light, one of the fonts that every PDF reader brings or replaces: nothing is embedded, nothing fetched."""

from __future__ import annotations

import io
from collections.abc import Sequence
from html import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, KeepTogether, PageTemplate, Paragraph, Spacer, Table, TableStyle

from callcenter.reports.files import excluded_text, local, percent, seconds, table_of
from callcenter.reports.schemas import FigureView, Report
from callcenter.reports.words import Words

FONT = "STSong-Light"
MARGIN = 16 * mm
WIDTH = A4[0] - 2 * MARGIN
INK, QUIET, LINE, GROUND = (colors.HexColor(c) for c in ("#1f2328", "#57606a", "#c4cad1", "#f3f5f7"))
GOOD, BAD = colors.HexColor("#1a7f37"), colors.HexColor("#c9252d")

TITLE = Words("接听日报", "Day report")
PERIOD = Words("接听报表", "Report")
MADE = Words("生成于", "made")
NOT_YET = Words("（当日未结束，数字还会变）", "(the day is not over; figures will change)")
PAGE = Words("第 {n} 页", "page {n}")
SUMMARY = Words(
    "收到来电 {received} 通（SOS {sos}），接通 {answered} 通，未接通 {missed} 通（其中 5 秒内自行挂断 {short} 通）。"
    "值班电话接听 {duty} 通，交换机直接处理 {fallback} 通。",
    "{received} calls received ({sos} SOS), {answered} answered, {missed} not ({short} of them hung up within 5 s). {duty} answered by duty "
    "telephones, {fallback} carried by the PBX alone.",
)
WAITED = Words("{line} 等待：中位 {median} 秒，九成在 {p90} 秒内，最长 {longest} 秒（{n} 通接通）。", "{line} waited: median {median} s, nine in ten "
               "within {p90} s, longest {longest} s ({n} answered).")  # fmt: skip
AGREES = Words("核对：来电记录与事件流水一致。", "Checked: the rows of calls agree with their events.")
DISAGREES = Words(
    "核对：{n} 通来电的记录与事件流水不一致，请技术人员检查。", "Checked: {n} calls whose row and events do not agree; have it looked into."
)
FORMULAS = Words("指标怎么算", "How the figures are computed")
NONE = Words("没有。", "None.")
LEFT_OUT = Words("未计入：", "left out: ")

_WIDTHS: dict[str, Sequence[float]] = {
    "hours": (3, 1.4, 1.4, 1.4, 1.4, 1.4, 1.4, 2),
    "days": (3, 1.4, 1.4, 1.4, 1.4, 1.4, 1.4, 2),
    "places": (3, 1.4, 1.4, 1.4, 1.4, 1.4, 1.4, 2),
    "agents": (2, 1.2, 1.2, 1.4, 2, 1.2, 2, 1.2),
    "missed": (2.6, 1.3, 1.5, 2.5, 2, 1.6, 3.6, 1.6, 2.2),
}


def as_pdf(report: Report, language: str) -> bytes:
    if FONT not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    return _Maker(report, language).make()


class _Maker:
    def __init__(self, report: Report, language: str) -> None:
        self.report, self.language = report, language
        base = ParagraphStyle("base", fontName=FONT, fontSize=9, leading=12.5, textColor=INK, wordWrap="CJK" if language == "zh" else None)
        self.text = base
        self.small = ParagraphStyle("small", parent=base, fontSize=7.5, leading=10, textColor=QUIET)
        self.cell = ParagraphStyle("cell", parent=base, fontSize=8, leading=10)
        self.right = ParagraphStyle("right", parent=self.cell, alignment=2)
        self.head = ParagraphStyle("head", parent=self.cell, textColor=QUIET)
        self.title = ParagraphStyle("title", parent=base, fontSize=16, leading=22)
        self.section = ParagraphStyle("section", parent=base, fontSize=11.5, leading=16, spaceBefore=8, spaceAfter=3)

    def make(self) -> bytes:
        out = io.BytesIO()
        day = self.report.first.isoformat() + (f" – {self.report.last}" if self.report.last != self.report.first else "")
        title = (TITLE if self.report.last == self.report.first else PERIOD).of(self.language)
        document = BaseDocTemplate(
            out, pagesize=A4, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN, bottomMargin=MARGIN,
            title=f"{title} {day}", author=self.report.centre_name, lang="zh-CN" if self.language == "zh" else "en",
        )  # fmt: skip
        frame = Frame(MARGIN, MARGIN, WIDTH, A4[1] - 2 * MARGIN, leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0)
        document.addPageTemplates(PageTemplate(frames=[frame], onPage=self.foot))
        document.build(self.story(title, day))
        return out.getvalue()

    def foot(self, canvas: Canvas, document: BaseDocTemplate) -> None:
        canvas.setFont(FONT, 7.5)
        canvas.setFillColor(QUIET)
        canvas.drawString(MARGIN, 9 * mm, f"{self.report.centre_name} · {self.say(MADE)} {local(self.report.made_at, self.report)}")
        canvas.drawRightString(A4[0] - MARGIN, 9 * mm, self.say(PAGE).format(n=document.page))

    def say(self, words: Words) -> str:
        return words.of(self.language)

    def paragraph(self, text: str, style: ParagraphStyle | None = None) -> Paragraph:
        return Paragraph(escape(text), style or self.text)

    def story(self, title: str, day: str) -> list[Flowable]:
        report = self.report
        parts: list[Flowable] = [
            self.paragraph(f"{report.centre_name} · {title}", self.title),
            self.paragraph(day + ("" if report.complete else " " + self.say(NOT_YET)), self.section),
            self.paragraph(
                self.say(SUMMARY).format(**report.total.model_dump(), duty=report.answered_by_duty, fallback=report.in_fallback)
            ),
        ]
        for kind, waits in report.waits.items():
            if waits.n:
                values = {"median": seconds(waits.median), "p90": seconds(waits.p90), "longest": seconds(waits.longest), "n": waits.n}
                line = {"sos": Words("SOS", "SOS"), "service": Words("服务来电", "Service calls")}[kind.value]
                parts.append(self.paragraph(self.say(WAITED).format(line=self.say(line), **values)))
        check = self.say(DISAGREES).format(n=report.disagreeing) if report.disagreeing else self.say(AGREES)
        parts += [self.paragraph(check), *self.figures(), *self.formulas()]
        tables = ["missed", "agents", "hours", "places"] + (["days"] if report.last != report.first else [])
        for name in tables:
            parts += self.table(name)
        return parts

    def figures(self) -> list[Flowable]:
        rows: list[list[Flowable]] = []
        made = table_of(self.report, "figures", self.language)
        rows.append([self.paragraph(cell, self.head) for cell in (made.head[0], made.head[1], "n", made.head[4], made.head[6])])
        style = [*TABLE_STYLE]
        for place, figure in enumerate(self.report.figures, 1):
            rows.append(self.figure(figure))
            if figure.met is not None:
                style.append(("TEXTCOLOR", (1, place), (1, place), GOOD if figure.met else BAD))
        return [
            self.paragraph(made.title, self.section),
            Table(rows, colWidths=_columns((5, 1.7, 3.2, 1.8, 3)), repeatRows=1, style=TableStyle(style)),
        ]

    def figure(self, figure: FigureView) -> list[Flowable]:
        zh = self.language == "zh"
        colour = INK if figure.met is None else GOOD if figure.met else BAD
        mark = "" if figure.met is None else "✓ " if figure.met else "✗ "
        value = ParagraphStyle("value", parent=self.cell, fontSize=10, textColor=colour)
        left_out = f"<br/><font size=6.5 color='#57606a'>{escape(self.say(LEFT_OUT) + excluded_text(figure, self.language))}</font>"
        source = (figure.source.zh if zh else figure.source.en) if figure.source else ""
        return [
            self.paragraph(figure.title.zh if zh else figure.title.en, self.cell),
            self.paragraph(_plain(mark) + percent(figure.value), value),
            Paragraph(escape(f"{figure.n} / {figure.of}") + (left_out if figure.excluded else ""), self.cell),
            self.paragraph("–" if figure.target is None else f"≥{percent(figure.target)}", self.cell),
            self.paragraph(source, self.cell),
        ]

    def formulas(self) -> list[Flowable]:
        """Equal ones once."""
        zh, seen = self.language == "zh", set()
        lines: list[Flowable] = []
        for figure in self.report.figures:
            formula = figure.formula.zh if zh else figure.formula.en
            if formula not in seen:
                seen.add(formula)
                title = figure.title.zh if zh else figure.title.en
                lines.append(Paragraph(f"<font color='#1f2328'>{escape(title)}</font>{'：' if zh else ': '}{escape(formula)}", self.small))
        return [self.paragraph(self.say(FORMULAS), self.section), *lines]

    def table(self, name: str) -> list[Flowable]:
        made = table_of(self.report, name, self.language)
        heading = self.paragraph(made.title, self.section)
        if not made.rows:
            return [KeepTogether([heading, self.paragraph(self.say(NONE), self.small)])]
        rows = [[self.paragraph(cell, self.head) for cell in made.head]]
        rows += [[self.paragraph(cell, self.cell) for cell in row] for row in made.rows]
        return [heading, Table(rows, colWidths=_columns(_WIDTHS[name]), repeatRows=1, style=TableStyle(TABLE_STYLE)), Spacer(1, 2)]


def _plain(mark: str) -> str:
    """The font has no ticks; a word needs none."""
    return {"✓ ": "√ ", "✗ ": "× "}.get(mark, mark)


def _columns(shares: Sequence[float]) -> list[float]:
    return [WIDTH * share / sum(shares) for share in shares]


TABLE_STYLE = [
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE),
    ("BACKGROUND", (0, 0), (-1, 0), GROUND),
    ("LEFTPADDING", (0, 0), (-1, -1), 4),
    ("RIGHTPADDING", (0, 0), (-1, -1), 4),
    ("TOPPADDING", (0, 0), (-1, -1), 2.5),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
]
