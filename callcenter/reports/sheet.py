"""One table on A4 across, with a title and a sentence above it. The same paper as the reports of calls (pdf.py)."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate, Paragraph, Spacer, Table, TableStyle

from callcenter.reports.pdf import FONT, INK, MARGIN, NONE, PAGE, QUIET, TABLE_STYLE


@dataclass(frozen=True, slots=True)
class Sheet:
    title: str
    about: str
    words: list[str]
    head: list[str]
    rows: list[list[str]]
    widths: Sequence[float]  # shares
    foot: str


def sheet_as_pdf(sheet: Sheet, language: str) -> bytes:
    if FONT not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    size = landscape(A4)
    width = size[0] - 2 * MARGIN

    def foot(canvas: Canvas, document: BaseDocTemplate) -> None:
        canvas.setFont(FONT, 7.5)
        canvas.setFillColor(QUIET)
        canvas.drawString(MARGIN, 9 * mm, sheet.foot)
        canvas.drawRightString(size[0] - MARGIN, 9 * mm, PAGE.of(language).format(n=document.page))

    out = io.BytesIO()
    document = BaseDocTemplate(
        out, pagesize=size, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN, bottomMargin=MARGIN, title=f"{sheet.title} {sheet.about}",
        lang="zh-CN" if language == "zh" else "en",
    )  # fmt: skip
    frame = Frame(MARGIN, MARGIN, width, size[1] - 2 * MARGIN, leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0)
    document.addPageTemplates(PageTemplate(frames=[frame], onPage=foot))
    document.build(_story(sheet, language, width))
    return out.getvalue()


def _story(sheet: Sheet, language: str, width: float) -> list[Flowable]:
    text = ParagraphStyle("text", fontName=FONT, fontSize=9, leading=12.5, textColor=INK, wordWrap="CJK" if language == "zh" else None)
    title = ParagraphStyle("title", parent=text, fontSize=16, leading=22)
    about = ParagraphStyle("about", parent=text, fontSize=11.5, leading=16, spaceAfter=3)
    cell = ParagraphStyle("cell", parent=text, fontSize=8, leading=10)
    head = ParagraphStyle("head", parent=cell, textColor=QUIET)
    story: list[Flowable] = [Paragraph(escape(sheet.title), title), Paragraph(escape(sheet.about), about)]
    story += [Paragraph(escape(words), text) for words in sheet.words]
    if not sheet.rows:
        return [*story, Paragraph(NONE.of(language), text)]
    cells = [[Paragraph(escape(word), head) for word in sheet.head]]
    cells += [[Paragraph(escape(word), cell) for word in row] for row in sheet.rows]
    columns = [width * share / sum(sheet.widths) for share in sheet.widths]
    return [*story, Spacer(1, 4), Table(cells, colWidths=columns, repeatRows=1, style=TableStyle(TABLE_STYLE))]
