"""Who owes whom for a month's points, and what is left of it when everybody's sums are put together. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from callcenter.points.ledger.accounts import CENTRE, Whose

FEN_OF_PT = 1  # a point is worth 0.01 yuan to whoever redeems it
BP = 10_000


@dataclass(frozen=True, slots=True)
class Owed:
    """For the points of one issuer at one redeemer. All of it below zero when more was given back than spent."""

    issuer: Whose
    redeemer: Whose
    points: int
    fen: int
    fee_fen: int


@dataclass(frozen=True, slots=True)
class Position:
    """What a month comes to for one of them."""

    whose: Whose
    issued_fen: int  # owes for its own points that were redeemed elsewhere
    redeemed_fen: int  # is owed for others' points
    fee_fen: int  # the centre's part of that; of the centre itself: what it gets, below zero

    @property
    def net_fen(self) -> int:
        """To be received; below zero: to be paid."""
        return self.redeemed_fen - self.fee_fen - self.issued_fen


def fee_points(percent: float) -> int:
    """In hundredths of a per cent, never through binary fractions: 2.5 → 250."""
    return int(Decimal(str(percent)) * 100)


def fee_of(fen: int, fee_bp: int) -> int:
    """Rounded down, in favour of who redeems. Of what is given back as much as was taken of the same sum."""
    fee = abs(fen) * fee_bp // BP
    return fee if fen >= 0 else -fee


def owed_for(matrix: Mapping[tuple[Whose, Whose], int], fee_bp: int) -> list[Owed]:
    """`matrix`: (issuer, redeemer) → points. A store's own points at itself are no debt; the centre takes no fee of itself."""
    made = []
    for (issuer, redeemer), points in sorted(matrix.items(), key=lambda one: (_order(one[0][1]), _order(one[0][0]))):
        if not points:
            continue
        fen = 0 if issuer == redeemer else points * FEN_OF_PT
        made.append(Owed(issuer, redeemer, points, fen, 0 if redeemer == CENTRE else fee_of(fen, fee_bp)))
    return made


def net(lines: Iterable[Owed]) -> list[Position]:
    """Of everybody who has a line, and of the centre where it gets a fee. Their nets sum to zero."""
    issued: dict[Whose, int] = defaultdict(int)
    redeemed: dict[Whose, int] = defaultdict(int)
    fees: dict[Whose, int] = defaultdict(int)
    for line in lines:
        issued[line.issuer] += line.fen
        redeemed[line.redeemer] += line.fen
        if line.fee_fen:
            fees[line.redeemer] += line.fee_fen
            fees[CENTRE] -= line.fee_fen
    everybody = sorted({*issued, *redeemed, *fees}, key=_order)
    return [Position(one, issued.get(one, 0), redeemed.get(one, 0), fees.get(one, 0)) for one in everybody]


def month_of(day: date) -> date:
    return day.replace(day=1)


def next_month(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def _order(whose: Whose) -> tuple[str, str]:
    return whose.holder, str(whose.id or "")
