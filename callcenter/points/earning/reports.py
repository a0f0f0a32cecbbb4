"""Sales that allied stores tell from their counters. Whoever tells them learns nothing of whose card it is: every card that can be typed is answered
alike, and what can't be booked says one word for everything that concerns a person. The worker looks whose it is."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor, system
from callcenter.accounts.audit import audit
from callcenter.dispatch.numbers import get_hotline
from callcenter.dispatch.stores.models import Store, StoreState
from callcenter.kit import clock
from callcenter.kit.crypto import index
from callcenter.kit.db import Database
from callcenter.kit.errors import AppError, Conflict, Invalid, NotFound, TooMany
from callcenter.kit.ids import new_id
from callcenter.kit.signing import CLOCKS_APART
from callcenter.points.earning.actions import find_earning
from callcenter.points.earning.models import Purchase, PurchaseReport
from callcenter.points.earning.purchases import DEAREST_FEN, LATEST, refund_purchase, report_purchase, source_of
from callcenter.points.earning.schemas import NewPurchase, NewRefund
from callcenter.points.earning.states import REPORT, Nothing, ReportState
from callcenter.points.earning.terms import is_allied
from callcenter.points.ledger.rules import check_units
from callcenter.points.telling import LONGEST_NAME, text_elder

log = structlog.get_logger()
WINDOW = timedelta(minutes=10)
OF_STORE = 60  # sales and refunds in ten minutes; a counter types no faster
OF_TILLS = 600  # of a store's tills together with what is typed
WRONG, WRONG_DAY = 5, 20  # that could not be booked for whom they were told of: in ten minutes, in a day
AT_ONCE = 100
UNBOOKABLE = "unbookable"  # whatever it was about her, or her card
TOLD = frozenset({"not_allied", "bad_moment", "key_conflict", "receipt_not_found", "too_much_refunded"})


@dataclass(frozen=True, slots=True)
class Known:
    id: uuid.UUID
    state: ReportState
    fen: int
    excluded_fen: int
    card_index: str


# --- what the counter's side does: it knows no elder -----------------------------------------------------------------------------


async def tell_purchase(
    session: AsyncSession, actor: Actor, store_id: uuid.UUID, told: NewPurchase, *, bought_at: datetime | None = None, most: int = OF_STORE
) -> uuid.UUID:
    """The report's id; of the same receipt told again, the first one's. Conflict `not_allied`, `key_conflict` (told with other figures or another
    card); Invalid `bad_amount`, `bad_moment`; TooMany."""
    now, card = clock.now(), told.card_number.upper()
    check_units(told.amount_fen)
    if not 0 <= told.excluded_fen <= told.amount_fen <= DEAREST_FEN:
        raise Invalid("at most 50,000 yuan, and not more excluded than was paid", code="bad_amount", details={"most_fen": DEAREST_FEN})
    state = await _lock_store(session, store_id)
    given = (told.amount_fen, told.excluded_fen, index(card, "points_purchase_reports.card"))
    if known := await _standing(session, store_id, told.receipt, ""):
        if (known.fen, known.excluded_fen, known.card_index) != given:
            raise Conflict("this receipt was reported with other figures", code="key_conflict")
        return known.id
    at = now if bought_at is None or now < bought_at <= now + CLOCKS_APART else bought_at
    if not now - LATEST <= at <= now:
        raise Invalid("a purchase is reported within a week", code="bad_moment")
    if state is not StoreState.ADMITTED or not await is_allied(session, store_id, at):
        raise Conflict("the store gives no points", code="not_allied")
    await _check_pace(session, store_id, now, most)
    report = PurchaseReport(
        id=new_id(), store_id=store_id, by_id=actor.id, by_name=actor.name, receipt=told.receipt, number="", card=card, card_index=given[2],
        fen=told.amount_fen, excluded_fen=told.excluded_fen, bought_at=at, made_at=now, state=ReportState.NEW,
    )  # fmt: skip
    session.add(report)
    await session.flush()
    await audit(
        session, actor, "points:purchase_told", report.id, details={"store_id": str(store_id), "amount_fen": told.amount_fen}
    )  # fmt: skip
    return report.id


async def tell_refund(
    session: AsyncSession, actor: Actor, store_id: uuid.UUID, told: NewRefund, *, most: int = OF_STORE
) -> uuid.UUID:  # fmt: skip
    """All or a part of what counted; also by a store that gives no points any more. Conflict `receipt_not_told`, `too_much_refunded`,
    `key_conflict`; TooMany."""
    now = clock.now()
    check_units(told.fen)
    await _lock_store(session, store_id)
    sale = await _standing(session, store_id, told.receipt, "")
    if sale is None:
        raise Conflict("no such receipt was reported", code="receipt_not_told")
    if known := await _standing(session, store_id, told.receipt, told.number):
        if known.fen != told.fen:
            raise Conflict("this refund was reported with another amount", code="key_conflict")
        return known.id
    report = PurchaseReport
    gone = select(func.coalesce(func.sum(report.fen), 0)).where(
        report.store_id == store_id, report.receipt == told.receipt, report.number != "", report.state != ReportState.REFUSED
    )
    left = sale.fen - sale.excluded_fen - int(await session.scalar(gone) or 0)
    if told.fen > left:
        raise Conflict("more than what counted was never paid", code="too_much_refunded", details={"left_fen": left})
    await _check_pace(session, store_id, now, most)
    row = PurchaseReport(
        id=new_id(), store_id=store_id, by_id=actor.id, by_name=actor.name, receipt=told.receipt, number=told.number, fen=told.fen,
        excluded_fen=0, card_index="", bought_at=now, made_at=now, state=ReportState.NEW,
    )  # fmt: skip
    session.add(row)
    await session.flush()
    await audit(session, actor, "points:refund_told", row.id, details={"store_id": str(store_id), "fen": told.fen})
    return row.id


async def _lock_store(session: AsyncSession, store_id: uuid.UUID) -> StoreState:
    """One report of a store after the other: a receipt that is told twice at once is told once. By no lock on its row, for which one would have to be
    allowed to change it."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"purchase_reports:{store_id}", 0))))
    state = await session.scalar(select(Store.state).where(Store.id == store_id))
    if state is None:
        raise NotFound("there is no such store", code="store_not_found")
    return state


async def _standing(session: AsyncSession, store_id: uuid.UUID, receipt: str, number: str) -> Known | None:
    report = PurchaseReport
    found = select(report.id, report.state, report.fen, report.excluded_fen, report.card_index).where(
        report.store_id == store_id, report.receipt == receipt, report.number == number, report.state != ReportState.REFUSED
    )
    row = (await session.execute(found)).one_or_none()
    return None if row is None else Known(*row)


async def _check_pace(session: AsyncSession, store_id: uuid.UUID, now: datetime, most: int) -> None:
    report = PurchaseReport
    wrong = (report.state == ReportState.REFUSED) & (report.why == UNBOOKABLE)
    recent = report.made_at > now - WINDOW
    counted = select(
        func.count().filter(recent), func.count().filter(recent & wrong), func.count().filter(wrong)
    ).where(report.store_id == store_id, report.made_at > now - timedelta(days=1))  # fmt: skip
    told, wrong_lately, wrong_today = (await session.execute(counted)).one()
    if wrong_today >= WRONG_DAY:
        raise TooMany("too many that could not be booked; tomorrow again", code="too_many_today")
    if told >= most or wrong_lately >= WRONG:
        raise TooMany("too many at this store; wait a little", details={"wait_seconds": int(WINDOW.total_seconds())})


# --- the worker's part -----------------------------------------------------------------------------------------------------------


async def book_reports(database: Database) -> None:
    """In the sequence in which they were told: a refund comes after its sale. Each by itself."""
    async with database.transaction() as session:
        told = select(PurchaseReport.id).where(PurchaseReport.state == ReportState.NEW).order_by(PurchaseReport.id)
        found = (await session.scalars(told.limit(AT_ONCE))).all()
    for report_id in found:
        try:
            await settle(database, report_id)
        except Exception as error:  # the next sweep comes to it again
            log.warning("points_step_failed", step="settle", error=type(error).__name__, deed=[str(report_id)])


async def settle(database: Database, report_id: uuid.UUID) -> None:
    """A refusal of the books undoes what was begun; then it is written down."""
    try:
        async with database.transaction() as session:
            await book(session, report_id)
            await _tell_her(session, report_id)
    except AppError as error:
        why = error.code if error.code in TOLD else UNBOOKABLE
        log.info("purchase_report_refused", report=str(report_id), why=why)
        async with database.transaction() as session:
            report = await _open(session, report_id)
            if report is not None:
                _over(report, ReportState.REFUSED)
                report.why = why
                await session.flush()
                await audit(session, _teller(report), "points:purchase_refused", report.id, details={"why": error.code})


async def _tell_her(session: AsyncSession, report_id: uuid.UUID) -> None:
    """That a sale was booked with her card, so that she notices if it was not she."""
    report = await session.get_one(PurchaseReport, report_id)
    if report.state is not ReportState.BOOKED or report.number or report.purchase_id is None:
        return
    purchase = await session.get_one(Purchase, report.purchase_id)
    store = (await session.scalars(select(Store.name).where(Store.id == report.store_id))).one()
    params = {
        "store": store[:LONGEST_NAME], "amount": f"{report.fen // 100}.{report.fen % 100:02}", "points": str(report.points),
        "phone": await get_hotline(session),
    }  # fmt: skip
    await text_elder(session, purchase.elder_id, "points_sale", params, key=str(purchase.id), about="points_purchase")


async def book(session: AsyncSession, report_id: uuid.UUID) -> None:
    """One report, in the caller's transaction: what the books refuse is the caller's to write down."""
    report = await _open(session, report_id)
    if report is None:
        return
    if report.number:
        sale = await _standing(session, report.store_id, report.receipt, "")
        if sale is not None and sale.state is ReportState.NEW:
            return  # something was wrong with the sale itself, which is tried again first
        report.purchase_id, report.points = await _book_refund(session, report)
    else:
        assert report.card is not None
        purchase, earning = await report_purchase(
            session, _teller(report), report.store_id, receipt=report.receipt, card_number=report.card, amount_fen=report.fen,
            excluded_fen=report.excluded_fen, bought_at=report.bought_at,
        )  # fmt: skip
        if earning.reason == Nothing.CLOSED:
            raise Conflict("her account is closed", code="points_closed")
        report.purchase_id, report.points = purchase.id, earning.amount
    _over(report, ReportState.BOOKED)
    await session.flush()


async def _book_refund(session: AsyncSession, report: PurchaseReport) -> tuple[uuid.UUID, int]:
    """With how many points went back."""
    found = select(Purchase).where(Purchase.store_id == report.store_id, Purchase.receipt == report.receipt)
    purchase = (await session.scalars(found)).one_or_none()
    known = await find_earning(session, source_of(purchase)) if purchase is not None else None
    if purchase is None or known is None:
        raise NotFound("no such receipt was reported", code="receipt_not_found")
    before = known.reversed_amount
    earning = await refund_purchase(
        session, _teller(report), report.store_id, receipt=report.receipt, number=report.number, fen=report.fen
    )  # fmt: skip
    return purchase.id, earning.reversed_amount - before


async def _open(session: AsyncSession, report_id: uuid.UUID) -> PurchaseReport | None:
    """Locked; None when somebody else has it, or it is over."""
    wanted = select(PurchaseReport).where(PurchaseReport.id == report_id, PurchaseReport.state == ReportState.NEW)
    locked = wanted.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    return (await session.scalars(locked)).one_or_none()


def _over(report: PurchaseReport, state: ReportState) -> None:
    REPORT.check(report.state, state)
    report.state, report.over_at, report.card, report.version = state, clock.now(), None, report.version + 1


def _teller(report: PurchaseReport) -> Actor:
    """A person of the store, or its till."""
    return system(report.by_name) if report.by_id is None else Actor("person", report.by_id, report.by_name, None)
