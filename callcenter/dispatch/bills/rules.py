"""Who pays what of a bill. Pure, integer fen.

Care insurance, then government subsidy, voucher, points, and the elder herself the rest; of one kind first what ends sooner. Every share is
rounded down to a whole fen: no payer is ever asked for more than its share, and the odd fen stays with whoever comes after it.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from callcenter.dispatch.entitlements.models import OTHERS, Basis, PayerKind
from callcenter.dispatch.entitlements.rules import covers_item

WHOLE_BP = 10_000


@dataclass(frozen=True, slots=True)
class BilledLine:
    code: str
    category: str
    fen: int  # its share of the bill


@dataclass(frozen=True, slots=True)
class Grant:
    """An entitlement as it stands when the bill is made."""

    id: uuid.UUID
    kind: PayerKind
    payer: str
    basis: Basis
    valid_from: date
    valid_to: date | None
    fixed_fen: int | None = None
    share_bp: int | None = None
    month_left_fen: int | None = None  # None: no cap
    job_cap_fen: int | None = None
    items: list[str] = field(default_factory=list)
    categories: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Part:
    kind: PayerKind
    fen: int
    entitlement_id: uuid.UUID | None = None
    payer: str = ""
    why: dict[str, Any] = field(default_factory=dict)  # how it came about, for whoever asks (`explain` of the console)


def share_of(fen: int, bp: int) -> int:
    """Rounded down."""
    return fen * bp // WHOLE_BP


def spread(fen: int, weights: Sequence[int]) -> list[int]:
    """`fen` in proportion, whole fen, the sum exact: the largest remainders get the odd ones, of equal ones the first. All weights 0: equally."""
    if fen < 0 or any(weight < 0 for weight in weights):
        raise ValueError("an amount is never negative")
    if not weights:
        raise ValueError("nobody to spread it over")
    whole = sum(weights)
    if whole == 0:
        return spread(fen, [1] * len(weights))
    found = [fen * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(fen * weights[i] % whole), i))
    for place in by_remainder[: fen - sum(found)]:
        found[place] += 1
    return found


def share_out(lines: Sequence[BilledLine], grants: Sequence[Grant], *, points_fen: int = 0, points_share_bp: int = 0) -> list[Part]:
    """Parts that are more than nothing, in the order of the payers; together they are the lines' sum.

    `points_fen`: what the elder's points are worth; at most `points_share_bp` of what is left for her is taken from it.
    """
    if any(line.fen < 0 for line in lines) or points_fen < 0:
        raise ValueError("an amount is never negative")
    rest = [line.fen for line in lines]
    parts: list[Part] = []
    for grant in sorted(grants, key=_turn):
        mine = [i for i, line in enumerate(lines) if covers_item(grant, line.code, line.category)]
        whole, left = sum(lines[i].fen for i in mine), sum(rest[i] for i in mine)
        fen, why = _granted(grant, whole, left)
        if fen > 0:
            for i, taken in zip(mine, spread(fen, [rest[i] for i in mine]), strict=True):
                rest[i] -= taken
            parts.append(Part(grant.kind, fen, grant.id, grant.payer, why))
    left = sum(rest)
    if (points := min(points_fen, share_of(left, points_share_bp))) > 0:
        parts.append(Part(PayerKind.POINTS, points, why={"share_bp": points_share_bp, "of_fen": left}))
        left -= points
    if left > 0:
        parts.append(Part(PayerKind.SELF_PAY, left))
    return parts


def points_at_most(parts: Sequence[Part], share_bp: int) -> int:
    """Of parts without points: what may be asked of them."""
    return share_of(sum(part.fen for part in parts if part.kind is PayerKind.SELF_PAY), share_bp)


def _turn(grant: Grant) -> tuple[int, date, date, uuid.UUID]:
    return OTHERS.index(grant.kind), grant.valid_to or date.max, grant.valid_from, grant.id


def _granted(grant: Grant, whole: int, left: int) -> tuple[int, dict[str, Any]]:
    """How much, and what limited it: its own terms, what was left to pay, its cap a job, what is left of the month."""
    why: dict[str, Any] = {"basis": grant.basis.value}
    if grant.basis is Basis.FIXED:
        wanted = grant.fixed_fen or 0
        why["fixed_fen"] = wanted
    else:
        of = whole if grant.basis is Basis.SHARE_OF_JOB else left
        wanted = share_of(of, grant.share_bp or 0)
        why |= {"share_bp": grant.share_bp, "of_fen": of}
    limits = {"terms": wanted, "rest": left}
    if grant.job_cap_fen is not None:
        limits["job_cap"] = grant.job_cap_fen
    if grant.month_left_fen is not None:
        limits["month"] = max(0, grant.month_left_fen)
    limit = min(limits, key=lambda word: limits[word])  # of equal ones the first
    return limits[limit], why | {"limit": limit}


def is_too_dear(amount: int, *, agreed: int | None, dearest: int, tolerance_bp: int) -> bool:
    """More than the agreed price with its tolerance, or more than the catalogue's highest: a person looks. `agreed` None: nobody had named a price."""
    return amount > dearest or (agreed is not None and amount > agreed + share_of(agreed, tolerance_bp))
