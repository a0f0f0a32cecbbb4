"""Several tables on A4, upright or across, one below the other; a watermark over every page where one is asked for. The same paper as pdf.py."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, CondPageBreak, Flowable, Frame, PageTemplate, Paragraph, Spacer, Table, TableStyle

from callcenter.reports.pdf import FONT, INK, NONE, QUIET, TABLE_STYLE
from callcenter.reports.words import Words

MARGIN = 12 * mm
HEAD_ROOM = 34 * mm  # a heading stands with its first rows, or on the next page
OF = Words("第 {n} 页，共 {of} 页", "page {n} of {of}")
MARK = colors.HexColor("#e3e6ea")


@dataclass(frozen=True, slots=True)
class Part:
    title: str
    head: list[str]
    rows: list[list[str]]
    widths: Sequence[float]  # shares
    about: str = ""
    strong: frozenset[int] = frozenset()  # rows that must be seen first


@dataclass(frozen=True, slots=True)
class Paper:
    title: str
    about: str
    words: list[str]
    parts: list[Part]
    foot: str
    language: str
    across: bool = False
    mark: str = ""
    empty: str = ""  # said of a part without rows; "": none

    def as_pdf(self) -> bytes:
        if FONT not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(UnicodeCIDFont(FONT))
        size = landscape(A4) if self.across else A4
        width = size[0] - 2 * MARGIN
        out = io.BytesIO()
        document = BaseDocTemplate(
            out, pagesize=size, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN, bottomMargin=MARGIN + 4 * mm,
            title=f"{self.title} {self.about}", lang="zh-CN" if self.language == "zh" else "en",
        )  # fmt: skip
        frame = Frame(
            MARGIN, MARGIN + 4 * mm, width, size[1] - 2 * MARGIN - 4 * mm, leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0
        )
        document.addPageTemplates(PageTemplate(frames=[frame], onPage=self._ground))
        document.build(self._story(width), canvasmaker=_counted(self.foot, self.language))
        return out.getvalue()

    def _ground(self, canvas: Canvas, _: BaseDocTemplate) -> None:
        """Below what is written, so that every line can be read."""
        if not self.mark:
            return
        across, up = canvas._pagesize
        canvas.saveState()
        canvas.setFillColor(MARK)
        canvas.setFont(FONT, 15)
        canvas.translate(across / 2, up / 2)
        canvas.rotate(28)
        for row in range(-6, 7):
            for column in range(-2, 3):
                canvas.drawCentredString(column * 110 * mm + (row % 2) * 55 * mm, row * 36 * mm, self.mark)
        canvas.restoreState()

    def _story(self, width: float) -> list[Flowable]:
        text = ParagraphStyle(
            "text", fontName=FONT, fontSize=9, leading=12.5, textColor=INK, wordWrap="CJK" if self.language == "zh" else None
        )
        title = ParagraphStyle("title", parent=text, fontSize=15, leading=21)
        about = ParagraphStyle("about", parent=text, fontSize=11.5, leading=16, spaceAfter=3)
        section = ParagraphStyle("section", parent=text, fontSize=11, leading=15, spaceBefore=8, spaceAfter=2)
        quiet = ParagraphStyle("quiet", parent=text, textColor=QUIET, spaceAfter=2)
        cell = ParagraphStyle("cell", parent=text, fontSize=8, leading=10)
        strong = ParagraphStyle("strong", parent=cell, textColor=colors.HexColor("#c9252d"))
        head = ParagraphStyle("head", parent=cell, textColor=QUIET)
        story: list[Flowable] = [Paragraph(escape(self.title), title), Paragraph(escape(self.about), about)]
        story += [Paragraph(escape(words), text) for words in self.words]
        for part in self.parts:
            story += [CondPageBreak(HEAD_ROOM), Paragraph(escape(part.title), section)]
            if part.about:
                story.append(Paragraph(escape(part.about), quiet))
            if not part.rows:
                story.append(Paragraph(self.empty or NONE.of(self.language), quiet))
                continue
            cells = [[Paragraph(escape(word), head) for word in part.head]]
            for number, row in enumerate(part.rows):
                how = strong if number in part.strong else cell
                cells.append([Paragraph(escape(word).replace("\n", "<br/>"), how) for word in row])
            columns = [width * share / sum(part.widths) for share in part.widths]
            ground = [one for one in TABLE_STYLE if one[0] != "BACKGROUND"]  # the mark shows through
            story += [Table(cells, colWidths=columns, repeatRows=1, style=TableStyle(ground)), Spacer(1, 3)]
        return story


def _counted(foot: str, language: str) -> type[Canvas]:
    """Each page says how many there are: who finds one knows whether it is whole."""

    class Counted(Canvas):  # type: ignore[misc]  # reportlab has no types
        def __init__(self, *args: object, **kwargs: object) -> None:
            super().__init__(*args, **kwargs)
            self._kept: list[dict[str, object]] = []

        def showPage(self) -> None:  # reportlab's name
            self._kept.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for number, page in enumerate(self._kept, 1):
                self.__dict__.update(page)
                self.setFont(FONT, 7.5)
                self.setFillColor(QUIET)
                self.drawString(MARGIN, 8 * mm, foot)
                self.drawRightString(self._pagesize[0] - MARGIN, 8 * mm, OF.of(language).format(n=number, of=len(self._kept)))
                super().showPage()
            super().save()

    return Counted
