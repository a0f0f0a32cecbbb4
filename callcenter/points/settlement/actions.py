"""Closing a month, and writing down that money has changed hands. Each is one transaction, once."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.kit import clock
from callcenter.kit.errors import Conflict, Invalid
from callcenter.kit.ids import new_id
from callcenter.points.ledger.accounts import CENTRE, WORLD, Whose, account_of, lock_accounts
from callcenter.points.ledger.kinds import EntryKind, Ledger, Pocket
from callcenter.points.ledger.posting import post
from callcenter.points.ledger.rules import Leg, month_end
from callcenter.points.settlement.models import PointsSettlement, PointsSettlementLine, PointsSettlementPayment
from callcenter.points.settlement.reading import Lots, fee_at_end_of, get_settlement, matrix_of, next_to_close, read_month, unsettled
from callcenter.points.settlement.rules import Owed, month_of, owed_for
from callcenter.points.settlement.states import SETTLEMENT, SettlementState
from callcenter.settings import get_settings

Accounts = dict[tuple[Ledger, Whose, Pocket], uuid.UUID]


async def close_month(session: AsyncSession, actor: Actor, month: date) -> PointsSettlement:
    """Redeemed points go back to who issued them, and what is owed for it is written down. Conflict `month_not_over`, `settlement_closed`,
    `earlier_month_open` (months are closed one after the other), `nothing_to_settle` (nothing was ever redeemed)."""
    SETTLEMENT.check(SettlementState.OPEN, SettlementState.CLOSED)
    if month.day != 1:
        raise Invalid("a month is named by its first day", code="bad_month")
    if month >= month_of(clock.today(get_settings().timezone)):
        raise Conflict("this month is not over yet", code="month_not_over")
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("points:settlement", 0))))
    if await session.scalar(select(PointsSettlement.id).where(PointsSettlement.month == month)):
        raise Conflict("this month is closed already", code="settlement_closed")
    following = await next_to_close(session)
    if following is None or month < following:
        raise Conflict("nothing was redeemed up to then", code="nothing_to_settle")
    if month != following:
        raise Conflict("close the months before it first", code="earlier_month_open", details={"month": f"{following:%Y-%m}"})
    accounts = await _accounts(session, matrix_of(await unsettled(session, month_end(month))))
    await lock_accounts(session, list(accounts.values()))
    # read again: what was committed before the locks were ours; what opens a pair from now on is left for the next month
    lots = {pair: parts for pair, parts in (await unsettled(session, month_end(month))).items() if _known(accounts, *pair)}
    lines = owed_for(matrix_of(lots), fee_bp := await fee_at_end_of(session, month))
    settlement = PointsSettlement(
        id=new_id(), month=month, state=SettlementState.CLOSED, fee_bp=fee_bp, closed_at=clock.now(), closed_by=actor.name
    )
    session.add(settlement)
    await session.flush()
    for line in lines:
        session.add(
            PointsSettlementLine(
                id=new_id(), settlement_id=settlement.id, issuer=line.issuer.holder, issuer_id=line.issuer.id, redeemer=line.redeemer.holder,
                redeemer_id=line.redeemer.id, points=line.points, fen=line.fen, fee_fen=line.fee_fen,
            )
        )  # fmt: skip
    await session.flush()
    await _post_points(session, actor, settlement, accounts, lots)
    await _post_money(session, actor, settlement, accounts, lines)
    points, fen = sum(line.points for line in lines), sum(line.fen for line in lines)
    details = {"month": f"{month:%Y-%m}", "lines": len(lines), "points": points, "fen": fen}
    await audit(session, actor, "points:settlement_closed", settlement.id, details=details)
    return settlement


async def record_payment(
    session: AsyncSession, actor: Actor, settlement_id: uuid.UUID, whose: Whose, *, fen: int, paid_on: date, reference: str
) -> PointsSettlement:
    """All that one of them had to receive (`fen` above zero) or to pay (below) for that month. Conflict `paid_differs`, `settlement_paid` (this one's
    money was written down before), Invalid `paid_in_future`."""
    settlement = await get_settlement(session, settlement_id)
    if paid_on > clock.today(get_settings().timezone) or paid_on < settlement.month:
        raise Invalid("money changes hands after the month, and not in the future", code="paid_in_future")
    read = await read_month(session, settlement.month)
    due = {one.whose: one.net_fen for one in read.positions if one.net_fen}
    if whose not in due:
        raise Conflict("nothing is due here", code="nothing_due")
    if whose in read.payments:
        raise Conflict("that was written down before", code="settlement_paid")
    if due[whose] != fen:
        raise Conflict("it is another sum", code="paid_differs", details={"due_fen": due[whose]})
    owed = await account_of(session, Ledger.CNY, whose, Pocket.OWED)
    world = await account_of(session, Ledger.CNY, WORLD, Pocket.MAIN)
    await lock_accounts(session, [owed, world])
    posted = await post(
        session, actor, ledger=Ledger.CNY, kind=EntryKind.PAY, key=f"pay:{settlement.month:%Y-%m}:{_name(whose)}",
        legs=[Leg(owed, -fen), Leg(world, fen)], details={"settlement_id": str(settlement.id)},
    )  # fmt: skip
    session.add(
        PointsSettlementPayment(
            id=new_id(), settlement_id=settlement.id, holder=whose.holder, holder_id=whose.id, fen=fen, paid_on=paid_on, reference=reference,
            entry_id=posted.id, recorded_at=clock.now(), recorded_by=actor.name,
        )
    )  # fmt: skip
    settlement.version += 1
    if len(read.payments) + 1 == len(due):
        SETTLEMENT.check(settlement.state, SettlementState.PAID)
        settlement.state = SettlementState.PAID
    await session.flush()
    await audit(session, actor, "points:settlement_paid", settlement.id, details={"holder": whose.holder, "fen": fen})
    return settlement


async def _accounts(session: AsyncSession, pairs: Iterable[tuple[Whose, Whose]]) -> Accounts:
    """All that a closing moves, opened where they were not there."""
    wanted = {(Ledger.CNY, CENTRE, Pocket.OWED)}
    for issuer, redeemer in pairs:
        wanted |= {(Ledger.PT, issuer, Pocket.ISSUED), (Ledger.PT, redeemer, Pocket.REDEEMED)}
        wanted |= {(Ledger.CNY, issuer, Pocket.OWED), (Ledger.CNY, redeemer, Pocket.OWED)}
    return {one: await account_of(session, *one) for one in sorted(wanted, key=str)}


def _known(accounts: Accounts, issuer: Whose, redeemer: Whose) -> bool:
    return (Ledger.PT, issuer, Pocket.ISSUED) in accounts and (Ledger.PT, redeemer, Pocket.REDEEMED) in accounts


async def _post_points(session: AsyncSession, actor: Actor, settlement: PointsSettlement, accounts: Accounts, lots: Lots) -> None:
    """Of each redeemer one entry: back to whom they came from, lot by lot."""
    legs: dict[Whose, list[Leg]] = defaultdict(list)
    for (issuer, redeemer), parts in lots.items():
        source, target = accounts[Ledger.PT, redeemer, Pocket.REDEEMED], accounts[Ledger.PT, issuer, Pocket.ISSUED]
        for lot_id, points in parts.items():
            legs[redeemer] += [Leg(source, -points, lot_id), Leg(target, points, lot_id)]
    for redeemer in sorted(legs, key=_name):
        await _settle(session, actor, settlement, Ledger.PT, redeemer, legs[redeemer])


async def _post_money(session: AsyncSession, actor: Actor, settlement: PointsSettlement, accounts: Accounts, lines: list[Owed]) -> None:
    """Of each redeemer one entry: what it is owed, the centre's fee, and who owes it."""
    legs: dict[Whose, list[Leg]] = defaultdict(list)
    for line in lines:
        if line.fen:
            legs[line.redeemer] += [
                Leg(accounts[Ledger.CNY, line.issuer, Pocket.OWED], -line.fen),
                Leg(accounts[Ledger.CNY, line.redeemer, Pocket.OWED], line.fen - line.fee_fen),
                Leg(accounts[Ledger.CNY, CENTRE, Pocket.OWED], line.fee_fen),
            ]
    for redeemer in sorted(legs, key=_name):
        if _moves(legs[redeemer]):
            await _settle(session, actor, settlement, Ledger.CNY, redeemer, legs[redeemer])


async def _settle(
    session: AsyncSession, actor: Actor, settlement: PointsSettlement, ledger: Ledger, redeemer: Whose, legs: list[Leg]
) -> None:
    await post(
        session, actor, ledger=ledger, kind=EntryKind.SETTLE, key=f"settle:{settlement.month:%Y-%m}:{ledger}:{_name(redeemer)}", legs=legs,
        details={"settlement_id": str(settlement.id)},
    )  # fmt: skip


def _moves(legs: list[Leg]) -> bool:
    """Not when one issuer's points came back as many as another's were spent, the fees being nothing: nobody owes anything to this redeemer then."""
    sums: dict[uuid.UUID, int] = defaultdict(int)
    for leg in legs:
        sums[leg.account_id] += leg.amount
    return any(sums.values())


def _name(whose: Whose) -> str:
    return f"{whose.holder}:{whose.id}" if whose.id else str(whose.holder)
