"""Her points as a letter: A4 in large print, nothing under 16 points, in the words that an agent would read to her; and the same lines as CSV.

Chinese alone: it is for her, not for whoever prints it. Her card number is masked, since a letter lies where neighbours see it.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import date
from html import escape

from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, CondPageBreak, Flowable, Frame, PageTemplate, Paragraph, Spacer, Table, TableStyle

from callcenter.points.ledger.kinds import Ledger
from callcenter.points.members.states import FrozenWhy, MemberState
from callcenter.points.reading.letters import SOON, BookOfLetter, Letter
from callcenter.points.reading.schemas import PointsMovement
from callcenter.points.reading.words import DEEDS, hours
from callcenter.reports.pdf import FONT, INK, LINE

SMALLEST = 16  # points: what old eyes read without a glass
MARGIN = 18 * mm
WIDTH = A4[0] - 2 * MARGIN
FROZEN = {FrozenWhy.LOST: "挂失", FrozenWhy.FRAUD: "核查", FrozenWhy.DEATH: "身故"}
TEXT = ParagraphStyle("text", fontName=FONT, fontSize=SMALLEST, leading=25, textColor=INK, wordWrap="CJK")
RIGHT = ParagraphStyle("right", parent=TEXT, alignment=2)
TITLE = ParagraphStyle("title", parent=TEXT, fontSize=24, leading=36, spaceAfter=6)
SECTION = ParagraphStyle("section", parent=TEXT, fontSize=19, leading=28, spaceBefore=12, spaceAfter=3)
LARGE = ParagraphStyle("large", parent=TEXT, fontSize=22, leading=34)


def letter_pdf(letter: Letter, *, centre_name: str, hotline: str) -> bytes:
    if FONT not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(UnicodeCIDFont(FONT))

    def foot(canvas: Canvas, document: BaseDocTemplate) -> None:
        canvas.setFont(FONT, SMALLEST)
        canvas.setFillColor(INK)
        canvas.drawString(MARGIN, 12 * mm, f"有事请打 {hotline}")
        canvas.drawRightString(A4[0] - MARGIN, 12 * mm, f"第 {document.page} 页")

    out = io.BytesIO()
    document = BaseDocTemplate(
        out, pagesize=A4, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN, bottomMargin=MARGIN + 8 * mm, title="积分对账单",
        author=centre_name, lang="zh-CN",
    )  # fmt: skip
    room = A4[1] - 2 * MARGIN - 8 * mm
    frame = Frame(MARGIN, MARGIN + 8 * mm, WIDTH, room, leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0)
    document.addPageTemplates(PageTemplate(frames=[frame], onPage=foot))
    document.build(list(_story(letter, centre_name, hotline)))
    return out.getvalue()


def letter_rows(letter: Letter) -> list[list[str]]:
    """For a spreadsheet: the newest first; time coins in half hours as they are booked."""
    rows = [["账目", "日期", "事由", "变动", "待生效", "单位"]]
    for ledger, book, unit in ((Ledger.PT, letter.points, "分"), (Ledger.TC, letter.coins, "半小时")):
        for one in book.movements:
            waits = "是" if one.pending else ""
            rows.append([_NAMES[ledger], one.day.isoformat(), DEEDS[one.of], str(one.amount), waits, unit])
    return rows


_NAMES = {Ledger.PT: "积分", Ledger.TC: "时间币"}


def _story(letter: Letter, centre_name: str, hotline: str) -> Iterable[Flowable]:
    account, points = letter.account, letter.account.points
    if letter.address:
        yield _line(letter.address)
    yield _line(f"{account.name} 收")
    yield Spacer(1, 10)
    yield _line(f"{centre_name} · 积分对账单", TITLE)
    if letter.card:
        yield _line(f"卡号：{letter.card}")
    yield _line(f"{_day(letter.first)}至{_day(letter.last)}")
    yield _line("您现在有", SECTION)
    yield _line(f"可以用的积分：{_points(points.available)}", LARGE)
    if points.pending:
        yield _line(f"还没有生效的积分：{_points(points.pending)}")
    if points.reserved:
        yield _line(f"已经留出、还没有用掉的积分：{_points(points.reserved)}")
    if points.frozen:
        yield _line(f"冻结的积分：{_points(points.frozen)}")
    coins = account.coins
    yield _line(f"时间币：{hours(coins.available + coins.reserved + coins.frozen)}", LARGE)
    member = account.member
    if member is not None and member.state is MemberState.FROZEN:
        why = FROZEN[member.frozen_why] if member.frozen_why is not None else "未写明"
        yield _line(f"您的账户现在冻结着（{why}）。想了解原因，请打 {hotline}。")
    yield _line(f"{SOON.days} 天内要到期的积分", SECTION)
    if not letter.soon:
        yield _line("没有。")
    for soon in letter.soon:
        yield _line(f"{_day(soon.on)}以前没有用掉的，作废 {_points(soon.amount)}")
    yield from _book("积分的来去", Ledger.PT, letter.points, hotline)
    if letter.coins.movements or letter.coins.opening:
        yield from _book("时间币的来去", Ledger.TC, letter.coins, hotline)
    yield CondPageBreak(60 * mm)
    yield _line("有不对的地方怎么办", SECTION)
    yield _line(f"哪一笔您不认、看不懂，请打 {hotline}，白天夜里都有人接。请告诉我们这封信的日期和那一笔的日期。我们逐笔查给您听。是我们记错了，就改过来，"
                "并且把改动也写进账里。您也可以请家里人或者社区工作人员替您打。")  # fmt: skip
    yield _line("我们不会打电话来要您的密码，也不会让您交钱换积分。")
    yield _line(f"{centre_name}　{_day(letter.made_on)}", RIGHT)
    if letter.head:
        yield _line("账本印记（核对账目时用）：" + " ".join(letter.head[at : at + 8] for at in range(0, len(letter.head), 8)))


def _book(title: str, ledger: Ledger, book: BookOfLetter, hotline: str) -> Iterable[Flowable]:
    yield CondPageBreak(50 * mm)
    yield _line(title, SECTION)
    yield _line(f"开始那天之前可以用的：{_many(book.opening, ledger)}")
    if book.movements:
        rows = [[_line(word, style) for word, style in zip(_row(one, ledger), (TEXT, TEXT, RIGHT), strict=True)] for one in book.movements]
        columns = [WIDTH * share for share in (0.3, 0.43, 0.27)]
        style = [("VALIGN", (0, 0), (-1, -1), "TOP"), ("LINEBELOW", (0, 0), (-1, -1), 0.6, LINE), ("LEFTPADDING", (0, 0), (-1, -1), 0),
                 ("RIGHTPADDING", (0, 0), (-1, -1), 4)]  # fmt: skip
        yield Table(rows, colWidths=columns, style=TableStyle(style))
    else:
        yield _line("这段时间没有变动。")
    if book.older:
        yield _line(f"再早的没有列出来；要看，请打 {hotline}。")
    yield _line(f"最后那天可以用的：{_many(book.closing, ledger)}")


def _row(one: PointsMovement, ledger: Ledger) -> tuple[str, str, str]:
    sign = "＋" if one.amount > 0 else "－"
    waits = "（还没有生效）" if one.pending and one.amount > 0 else ""
    return _day(one.day), DEEDS[one.of] + waits, sign + _many(abs(one.amount), ledger)


def _line(words: str, style: ParagraphStyle = TEXT) -> Paragraph:
    return Paragraph(escape(words), style)


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _points(amount: int) -> str:
    return f"{amount:,} 分"


def _many(amount: int, ledger: Ledger) -> str:
    return _points(amount) if ledger is Ledger.PT else hours(amount)
