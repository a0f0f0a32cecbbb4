"""What a month of points comes to for one store or partner, as a file: CSV that Excel opens, and A4. The books' last block stands on it."""

from __future__ import annotations

from callcenter.points.ledger.accounts import CENTRE, Whose
from callcenter.points.settlement.states import SettlementState
from callcenter.points.settlement.views import Statement
from callcenter.reports.sheet import Sheet, sheet_as_pdf
from callcenter.reports.statements import NOT_YET, TOTAL, yuan
from callcenter.reports.words import Words

TITLE = Words("积分结算单", "Settlement of points")
OF_CENTRE = Words("服务中心", "The centre")
REDEEMED, ISSUED, OWN = Words("应收：他方积分在本方使用", "To receive: others' points here"), Words(
    "应付：本方积分在他方使用", "To pay: our points elsewhere"
), Words("本方积分在本方使用", "Our points here")  # fmt: skip
HEAD = (
    Words("类别", "Kind"),
    Words("对方", "Other party"),
    Words("积分", "Points"),
    Words("金额", "Amount"),
    Words("服务费", "Fee"),
    Words("净额", "Net"),
)
RECEIVES = Words("轧差后应收 {net} 元（应收 {redeemed}，服务费 {fee}，应付 {issued}）。", "Receives {net} CNY after netting ({redeemed} redeemed, fee {fee}, "
                 "less {issued} owed).")  # fmt: skip
PAYS = Words("轧差后应付 {net} 元（应收 {redeemed}，服务费 {fee}，应付 {issued}）。", "Pays {net} CNY after netting ({redeemed} redeemed, fee {fee}, "
             "less {issued} owed).")  # fmt: skip
PAID = Words("已于 {day} 收付，凭证 {reference}。", "Money changed hands on {day}, reference {reference}.")
BLOCK = Words("账本最后区块：{head}", "Last block of the books: {head}")


def settlement_rows(statement: Statement, language: str) -> list[list[str]]:
    me = statement.whose
    rows = [[word.of(language) for word in HEAD]]
    for line in statement.lines:
        if line.issuer == line.redeemer:
            kind, other, fen, fee = OWN, me, 0, 0
        elif line.redeemer == me:
            kind, other, fen, fee = REDEEMED, line.issuer, line.fen, line.fee_fen
        else:
            kind, other, fen, fee = ISSUED, line.redeemer, -line.fen, 0
        rows.append([kind.of(language), _name(statement, other, language), str(line.points), yuan(fen), yuan(fee), yuan(fen - fee)])
    sums = statement.position
    gross = sums.redeemed_fen - sums.issued_fen
    return [*rows, [TOTAL.of(language), "", "", yuan(gross), yuan(sums.fee_fen), yuan(sums.net_fen)]]


def settlement_csv_rows(statement: Statement, language: str) -> list[list[str]]:
    """With the block's hash as the last line."""
    return [*settlement_rows(statement, language), [BLOCK.of(language).format(head=statement.head or "–")]]


def settlement_pdf(statement: Statement, *, centre_name: str, made: str, language: str) -> bytes:
    """`made`: when, in local time."""
    sums, paid = statement.position, statement.month.payments.get(statement.whose)
    values = {"redeemed": yuan(sums.redeemed_fen), "fee": yuan(sums.fee_fen), "issued": yuan(sums.issued_fen)}
    words = [(PAYS if sums.net_fen < 0 else RECEIVES).of(language).format(net=yuan(abs(sums.net_fen)), **values)]
    if paid:
        words.append(PAID.of(language).format(day=paid.paid_on.isoformat(), reference=paid.reference or "–"))
    words.append(BLOCK.of(language).format(head=statement.head or "–"))
    head, *rows = settlement_rows(statement, language)
    closed = statement.month.state is not SettlementState.OPEN
    sheet = Sheet(
        title=f"{centre_name} · {TITLE.of(language)}",
        about=f"{_name(statement, statement.whose, language)} · {statement.month.month:%Y-%m}" + ("" if closed else NOT_YET.of(language)),
        words=words, head=head, rows=rows, widths=(3, 4, 1.6, 1.8, 1.6, 1.8), foot=f"{centre_name} · {made}",
    )  # fmt: skip
    return sheet_as_pdf(sheet, language)


def _name(statement: Statement, whose: Whose, language: str) -> str:
    return OF_CENTRE.of(language) if whose == CENTRE else statement.names.get(whose, "")
