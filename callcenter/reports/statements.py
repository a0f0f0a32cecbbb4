"""A store's statement and a payer's claim list as files: CSV that Excel opens, and A4."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from callcenter.dispatch.bills.schemas import ClaimView, StoreStatement, StoreStatements, Sums
from callcenter.dispatch.entitlements.models import PayerKind
from callcenter.reports.files import harmless
from callcenter.reports.sheet import Sheet, sheet_as_pdf
from callcenter.reports.words import Words

KINDS: dict[PayerKind, Words] = {
    PayerKind.CARE_INSURANCE: Words("长护险", "Care insurance"),
    PayerKind.SUBSIDY: Words("政府补贴", "Subsidy"),
    PayerKind.VOUCHER: Words("服务券", "Voucher"),
    PayerKind.POINTS: Words("积分", "Points"),
    PayerKind.SELF_PAY: Words("自付", "Self-pay"),
}
TOTAL = Words("合计", "Total")
TITLE = Words("服务商对账单", "Store's statement")
NOT_YET = Words("（本月未结束，数字还会变）", "(the month is not over; figures will change)")
REVERSAL = Words("冲销", "taken back")
_HEAD = (Words("订单", "Order"), Words("服务日期", "Served on"), Words("项目", "Items"), Words("说明", "Remark"))
_MONEY = (Words("金额", "Amount"), *KINDS.values(), Words("服务费", "Fee"), Words("净额", "Net"))
SUMMARY = Words(
    "{orders} 单，金额 {amount} 元：老人当面付 {at_door} 元，由中心转付 {from_centre} 元；扣服务费 {fee} 元，中心应转 {transfer} 元。",
    "{orders} orders, {amount} CNY: {at_door} paid at the door, {from_centre} through the centre; less the fee of {fee}, the centre transfers {transfer}.",
)


def yuan(fen: int) -> str:
    """Two places, never through a float."""
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02}"


def as_csv(rows: Sequence[Sequence[str]]) -> bytes:
    """With a mark by which Excel knows that it is UTF-8."""
    out = io.StringIO()
    csv.writer(out).writerows([[cell if _is_money(cell) else harmless(cell) for cell in row] for row in rows])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _is_money(cell: str) -> bool:
    return cell.removeprefix("-").replace(".", "", 1).isdigit()


def _money(amount: int, by_kind: dict[PayerKind, int], fee: int) -> list[str]:
    return [yuan(amount), *(yuan(by_kind.get(kind, 0)) for kind in KINDS), yuan(fee), yuan(amount - fee)]


def _totals(sums: Sums) -> list[str]:
    return _money(sums.amount_fen, sums.by_kind, sums.fee_fen)


def statement_rows(statement: StoreStatement, language: str) -> list[list[str]]:
    rows = [[word.of(language) for word in (*_HEAD, *_MONEY)]]
    for line in statement.lines:
        remark = REVERSAL.of(language) if line.reversal else ""
        rows.append(
            [line.order_number, line.served_on.isoformat(), line.items, remark, *_money(line.amount_fen, line.by_kind, line.fee_fen)]
        )
    return [*rows, [TOTAL.of(language), "", "", "", *_totals(statement.sums)]]


def statements_rows(statements: StoreStatements, language: str) -> list[list[str]]:
    head = (Words("服务商编号", "Code"), Words("服务商", "Store"), Words("单数", "Orders"), *_MONEY, Words("中心应转", "To be transferred"))
    rows = [[word.of(language) for word in head]]
    for line in statements.stores:
        rows.append([line.store_code, line.store, str(line.sums.orders), *_totals(line.sums), yuan(line.sums.transfer_fen)])
    sums = statements.sums
    return [*rows, [TOTAL.of(language), "", str(sums.orders), *_totals(sums), yuan(sums.transfer_fen)]]


def claim_rows(claim: ClaimView, language: str) -> list[list[str]]:
    head = (
        Words("序号", "No."), Words("订单", "Order"), Words("服务日期", "Served on"), Words("老人", "Elder"), Words("卡号", "Card"), Words("项目", "Items"),
        Words("服务商", "Store"), Words("总金额", "Whole amount"), Words("申请金额", "Claimed"), Words("拒付原因", "Refused because"),
    )  # fmt: skip
    rows = [[word.of(language) for word in head]]
    for number, line in enumerate(claim.lines, 1):
        refused = line.refusal.reason if line.refusal else ""
        rows.append(
            [
                str(number), line.order_number, line.served_on.isoformat(), line.elder_name, line.card_number, line.items, line.store,
                yuan(line.amount_fen), yuan(line.fen), refused,
            ]
        )  # fmt: skip
    return [*rows, [TOTAL.of(language), *[""] * 7, yuan(claim.head.total_fen), ""]]


def statement_pdf(statement: StoreStatement, *, centre_name: str, made: str, language: str) -> bytes:
    """`made`: when, in local time."""
    sums = statement.sums
    values = {
        "amount": sums.amount_fen, "at_door": sums.at_door_fen, "from_centre": sums.from_centre_fen, "fee": sums.fee_fen,
        "transfer": sums.transfer_fen,
    }  # fmt: skip
    summary = SUMMARY.of(language).format(orders=sums.orders, **{key: yuan(fen) for key, fen in values.items()})
    head, *rows = statement_rows(statement, language)
    sheet = Sheet(
        title=f"{centre_name} · {TITLE.of(language)}",
        about=f"{statement.store_code} {statement.store} · {statement.month:%Y-%m}" + ("" if statement.complete else NOT_YET.of(language)),
        words=[summary],
        head=head,
        rows=rows,
        widths=(2.5, 1.9, 3, 1.1, 1.6, 1.6, 1.6, 1.6, 1.3, 1.6, 1.4, 1.6),
        foot=f"{centre_name} · {made}",
    )
    return sheet_as_pdf(sheet, language)
