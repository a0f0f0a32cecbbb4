"""Who pays what: the example of the scheme, every limit, and for any bill at all that the parts are the amount."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.dispatch.bills.rules import BilledLine, Grant, is_too_dear, points_at_most, share_of, share_out, spread
from callcenter.dispatch.bills.states import BILL, CLAIM, BillState, ClaimState
from callcenter.dispatch.entitlements.models import OTHERS, Basis, PayerKind
from callcenter.dispatch.entitlements.rules import covers_any, is_valid, last_day, month_of, next_month
from callcenter.dispatch.entitlements.schemas import EntitlementForm
from callcenter.kit.errors import IllegalMove

INSURANCE, SUBSIDY, VOUCHER = OTHERS
ONE = [BilledLine("JZ01", "housekeeping", 20_000)]


def grant(kind: PayerKind, **fields: Any) -> Grant:
    basis = Basis.FIXED if "fixed_fen" in fields else Basis.SHARE_OF_REST
    return Grant(
        id=uuid.uuid4(), kind=kind, payer=kind.value, **{"basis": basis, "valid_from": date(2026, 1, 1), "valid_to": None, **fields}
    )


def shares(lines: list[BilledLine], *grants: Grant, **points: int) -> list[tuple[str, int]]:
    return [(part.kind.value, part.fen) for part in share_out(lines, grants, **points)]


def test_the_example_of_the_scheme() -> None:
    """200: insurance 60 leaves 140; voucher half of it, 70, within 800 a month; points 30 % of 70, 21; cash 49."""
    insurance = grant(INSURANCE, fixed_fen=6_000)
    voucher = grant(VOUCHER, share_bp=5_000, month_left_fen=80_000)
    parts = share_out(ONE, [voucher, insurance])
    assert points_at_most(parts, 3_000) == 2_100
    assert shares(ONE, voucher, insurance, points_fen=2_100, points_share_bp=3_000) == [
        ("care_insurance", 6_000), ("voucher", 7_000), ("points", 2_100), ("self_pay", 4_900),
    ]  # fmt: skip


def test_what_is_left_of_the_month_limits_it_and_says_so() -> None:
    (voucher, rest) = share_out(ONE, [grant(VOUCHER, share_bp=5_000, month_left_fen=3_000)])
    assert (voucher.fen, voucher.why["limit"], rest.fen) == (3_000, "month", 17_000)
    assert shares(ONE, grant(VOUCHER, share_bp=5_000, month_left_fen=-500)) == [("self_pay", 20_000)], (
        "a cap that was lowered below its use"
    )


def test_a_job_cap_a_fixed_sum_and_a_share_of_the_job() -> None:
    assert shares(ONE, grant(INSURANCE, share_bp=7_000, job_cap_fen=9_000)) == [("care_insurance", 9_000), ("self_pay", 11_000)]
    assert shares(ONE, grant(SUBSIDY, fixed_fen=50_000)) == [("subsidy", 20_000)], "never more than there is to pay"
    of_job = grant(SUBSIDY, basis=Basis.SHARE_OF_JOB, share_bp=5_000)
    assert shares(ONE, grant(INSURANCE, fixed_fen=6_000), of_job) == [("care_insurance", 6_000), ("subsidy", 10_000), ("self_pay", 4_000)]


def test_only_the_items_that_it_covers() -> None:
    lines = [BilledLine("JZ01", "housekeeping", 8_000), BilledLine("ZL01", "personal_care", 12_000)]
    insurance = grant(INSURANCE, share_bp=10_000, categories=["personal_care"])
    subsidy = grant(SUBSIDY, share_bp=10_000, items=["ZL01"])
    voucher = grant(VOUCHER, share_bp=5_000)
    assert shares(lines, voucher, subsidy, insurance) == [("care_insurance", 12_000), ("voucher", 4_000), ("self_pay", 4_000)]


def test_of_one_kind_what_ends_sooner_comes_first() -> None:
    soon = grant(VOUCHER, fixed_fen=5_000, valid_to=date(2026, 11, 30))
    assert share_out(ONE, [grant(VOUCHER, fixed_fen=5_000), soon])[0].entitlement_id == soon.id


def test_odd_fen_stay_with_whoever_comes_after() -> None:
    line = [BilledLine("JZ01", "housekeeping", 101)]
    assert shares(line, grant(VOUCHER, share_bp=5_000), points_fen=100, points_share_bp=3_000) == [
        ("voucher", 50),
        ("points", 15),
        ("self_pay", 36),
    ]
    assert share_of(1, 9_999) == 0


def test_nothing_to_pay_has_no_parts_and_nothing_is_negative() -> None:
    assert share_out([BilledLine("JJ04", "emergency", 0)], [grant(SUBSIDY, fixed_fen=100)], points_fen=10, points_share_bp=10_000) == []
    with pytest.raises(ValueError):
        share_out([BilledLine("JZ01", "housekeeping", -1)], [])
    with pytest.raises(ValueError):
        share_out(ONE, [], points_fen=-1)
    with pytest.raises(ValueError):
        spread(-1, [1])
    with pytest.raises(ValueError):
        spread(1, [])


FEN = st.integers(0, 5_000_000)
BP = st.integers(1, 10_000)
MAYBE = st.none() | st.integers(0, 6_000_000)
LINE = st.builds(
    BilledLine, code=st.sampled_from(["JZ01", "ZL01", "PH06"]), category=st.sampled_from(["housekeeping", "personal_care"]), fen=FEN
)


@st.composite
def grants(draw: st.DrawFn) -> Grant:
    basis = draw(st.sampled_from(Basis))
    terms = {"fixed_fen": draw(st.integers(1, 10_000_000))} if basis is Basis.FIXED else {"share_bp": draw(BP)}
    return grant(
        draw(st.sampled_from(OTHERS)), basis=basis, month_left_fen=draw(MAYBE), job_cap_fen=draw(MAYBE),
        items=draw(st.lists(st.sampled_from(["JZ01", "ZL01"]), max_size=2)), categories=draw(st.lists(st.just("personal_care"), max_size=1)), **terms,
    )  # fmt: skip


@given(st.lists(LINE, min_size=1, max_size=6), st.lists(grants(), max_size=6), FEN, st.integers(0, 10_000))
def test_of_any_bill_the_parts_are_the_amount_and_no_limit_is_passed(
    lines: list[BilledLine], entitled: list[Grant], points: int, share_bp: int
) -> None:
    parts = share_out(lines, entitled, points_fen=points, points_share_bp=share_bp)
    amount = sum(line.fen for line in lines)
    assert sum(part.fen for part in parts) == amount
    assert all(part.fen > 0 for part in parts)
    kinds = [list(PayerKind).index(part.kind) for part in parts]
    assert kinds == sorted(kinds), "in the order of the payers"
    by_id = {one.id: one for one in entitled}
    for part in parts:
        if part.entitlement_id is None:
            continue
        one = by_id[part.entitlement_id]
        covered = sum(
            line.fen for line in lines if not (one.items or one.categories) or line.code in one.items or line.category in one.categories
        )
        assert part.fen <= covered
        for cap in (one.month_left_fen, one.job_cap_fen, one.fixed_fen):
            assert cap is None or part.fen <= cap
        assert one.share_bp is None or part.fen * 10_000 <= covered * one.share_bp
    paid_by_points = sum(part.fen for part in parts if part.kind is PayerKind.POINTS)
    for_her = sum(part.fen for part in parts if part.kind in (PayerKind.POINTS, PayerKind.SELF_PAY))
    assert paid_by_points <= points and paid_by_points * 10_000 <= for_her * share_bp
    assert parts == share_out(lines, list(reversed(entitled)), points_fen=points, points_share_bp=share_bp), (
        "whatever the order they come in"
    )


@given(FEN, st.lists(st.integers(0, 10_000_000), min_size=1, max_size=12))
def test_spreading_is_exact_and_fair(fen: int, weights: list[int]) -> None:
    found = spread(fen, weights)
    assert sum(found) == fen and all(one >= 0 for one in found)
    if whole := sum(weights):
        assert all(abs(one * whole - fen * weight) < whole for one, weight in zip(found, weights, strict=True))
        if fen <= whole:
            assert all(one <= weight for one, weight in zip(found, weights, strict=True))


@pytest.mark.parametrize(
    "amount,agreed,dearest,dear",
    [(12_000, 10_000, 20_000, False), (12_001, 10_000, 20_000, True), (10_000, 10_000, 9_999, True), (9_999, None, 9_999, False), (1, 0, 0, True),
     (0, 0, 0, False)],
)  # fmt: skip
def test_what_a_person_looks_at(amount: int, agreed: int | None, dearest: int, dear: bool) -> None:
    assert is_too_dear(amount, agreed=agreed, dearest=dearest, tolerance_bp=2_000) is dear


def test_months_and_the_29_of_february() -> None:
    assert month_of(date(2028, 2, 29)) == date(2028, 2, 1)
    assert (last_day(date(2028, 2, 1)), last_day(date(2027, 2, 1))) == (date(2028, 2, 29), date(2027, 2, 28))
    assert (next_month(date(2026, 12, 1)), next_month(date(2028, 1, 31))) == (date(2027, 1, 1), date(2028, 2, 1))
    until = grant(VOUCHER, share_bp=1, valid_from=date(2028, 2, 29), valid_to=date(2028, 2, 29))
    assert [is_valid(until, date(2028, 2, day)) for day in (28, 29)] == [False, True]
    assert not is_valid(until, date(2028, 3, 1))
    assert not covers_any([until], [("JZ01", "housekeeping")], date(2028, 3, 1))


@given(st.dates(date(2000, 1, 1), date(2100, 12, 31)))
def test_every_day_is_in_its_month(day: date) -> None:
    month = month_of(day)
    assert month <= day <= last_day(month) < next_month(month)


@pytest.mark.parametrize(
    "fields",
    [{}, {"fixed_fen": 1, "share_bp": 1}, {"fixed_fen": -1}, {"fixed_fen": 10**12}, {"fixed_fen": 1, "basis": "share_of_rest"}, {"share_bp": 10_001},
     {"fixed_fen": 1, "month_cap_fen": -1}, {"fixed_fen": 1, "valid_to": "2026-01-31"}, {"fixed_fen": 1, "valid_from": "2026-02-30"},
     {"fixed_fen": 1, "kind": "points"}, {"fixed_fen": 1, "payer": "  "}, {"fixed_fen": 1, "items": ["jz1"]}],
)  # fmt: skip
def test_terms_that_are_none(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        EntitlementForm(**{"kind": "subsidy", "payer": "民政补贴", "basis": "fixed", "valid_from": "2026-02-01", **fields})


def test_states() -> None:
    assert set(BILL.table) == set(BillState) and set(CLAIM.table) == set(ClaimState)
    with pytest.raises(IllegalMove):
        BILL.check(BillState.REVERSED, BillState.MADE)
    with pytest.raises(IllegalMove):
        CLAIM.check(ClaimState.CLOSED, ClaimState.PAID)
