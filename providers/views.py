"""What a person of a store may see of orders: offers of the stores she keeps, jobs of those stores, and as a worker her own jobs alone.

Name and address are masked before acceptance and again from the day after check-out. Facts are read once, then shown to each reader.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.catalog.models import Category, HomeVisit, ServiceItem
from callcenter.dispatch.access.sessions import Person
from callcenter.dispatch.orders.actions.offering import gone_because
from callcenter.dispatch.orders.models import Offer, Order, OrderLine, OrderProof, Phase, ProofKind
from callcenter.dispatch.orders.rules import CODE_TRIES, is_timed, metres_between, proofs_needed
from callcenter.dispatch.orders.states import BEFORE_DOOR, WITH_STORE, OfferState, OrderState
from callcenter.dispatch.stores.models import ProviderPerson, Store, StoreItem
from callcenter.elders.rules import mask_name
from callcenter.kit import clock
from callcenter.settings import get_settings
from providers.schemas import JobView, LineView, OfferView, OrderNews, SettledView, WorkerView
from providers.settled import read_settled

LATELY = timedelta(days=2)  # what is over stays in the inbox
MOST = 200
OVER_FOR_STORE = frozenset({OrderState.DONE, OrderState.VERIFIED, OrderState.SETTLED, OrderState.DISPUTED, OrderState.CANCELLED})
# reasons for attention that concern the store
TOLD = frozenset({"proof", "late", "no_answer", "code_locked", "disputed", "price", "store_suspended"})


@dataclass(slots=True)
class Facts:
    """One order with all that hangs on it."""

    order: Order
    lines: list[OrderLine] = field(default_factory=list)
    offers: list[Offer] = field(default_factory=list)  # newest last
    proofs: list[tuple[Phase, ProofKind]] = field(default_factory=list)
    visits: set[tuple[Category, HomeVisit]] = field(default_factory=set)  # of its items
    stores: dict[uuid.UUID, Store] = field(default_factory=dict)
    prices: dict[uuid.UUID, dict[str, int]] = field(default_factory=dict)
    worker: ProviderPerson | None = None
    settled: SettledView | None = None

    def news_for(self, who: Person) -> OrderNews:
        mine = [offer for offer in self.offers if offer.store_id in who.keeps]
        now = clock.now()
        still = [offer for offer in mine if offer.state is OfferState.OPEN and offer.deadline_at > now]
        job = self._job(who) if is_job_of(self.order, who) else None
        gone = ""
        if not still and job is None and mine:
            gone = "expired" if mine[-1].state is OfferState.OPEN else gone_because(mine[-1])
            gone = "given_back" if mine[-1].state is OfferState.ACCEPTED else gone
        offers = [self._offer(offer) for offer in still if self.order.store_id != offer.store_id]
        return OrderNews(order_id=self.order.id, version=self.order.version, offers=offers, job=job, gone=gone)

    def _card(self, store_id: uuid.UUID, *, prices: dict[str, int] | None) -> dict[str, object]:
        order, store = self.order, self.stores[store_id]
        lines = [
            LineView(
                code=line.item_code,
                name=line.name,
                unit=line.unit,
                quantity=line.quantity,
                price_fen=line.price_fen if prices is None else prices.get(line.item_code),
                low_risk=line.low_risk,
            )
            for line in self.lines
        ]
        known = [line.price_fen * line.quantity for line in lines if line.price_fen is not None]
        at = (order.latitude, order.longitude)
        stands = (store.latitude, store.longitude)
        metres = None
        if at[0] is not None and at[1] is not None and stands[0] is not None and stands[1] is not None:
            metres = metres_between((at[0], at[1]), (stands[0], stands[1]))
        return {
            "order_id": order.id,
            "number": order.number,
            "store_id": store_id,
            "store": store.name,
            "sla_class": order.sla_class,
            "lines": lines,
            "minutes": order.minutes,
            "wanted_from": order.wanted_from,
            "wanted_to": order.wanted_to,
            "arrive_by": order.arrive_by,
            "metres": metres,
            "pays_fen": sum(known) if len(known) == len(lines) else None,
            "proofs_needed": proofs_needed(is_subsidised=order.is_subsidised, categories={category for category, _ in self.visits}),
            "timed": is_timed(self.visits),
            "is_subsidised": order.is_subsidised,
        }

    def _offer(self, offer: Offer) -> OfferView:
        return OfferView(
            **self._card(offer.store_id, prices=self.prices.get(offer.store_id, {})),
            id=offer.id,
            elder=mask_name(self.order.elder_name),
            address=self.order.address_short,
            offered_at=offer.offered_at,
            deadline_at=offer.deadline_at,
            workers=[],
        )

    def _job(self, who: Person) -> JobView:
        order = self.order
        assert order.store_id is not None
        hidden = is_hidden(order)
        return JobView(
            **self._card(order.store_id, prices=None),
            version=order.version,
            state=order.state,
            worker=WorkerView(id=self.worker.id, name=self.worker.name) if self.worker else None,
            mine=order.worker_id == who.id,
            elder=mask_name(order.elder_name) if hidden else order.elder_name,
            address=order.address_short if hidden else order.address,
            latitude=None if hidden else order.latitude,
            longitude=None if hidden else order.longitude,
            notes="" if hidden else order.notes,
            hidden=hidden,
            visit=order.visit,
            job_code=order.job_code,
            accepted_at=order.accepted_at,
            en_route_at=order.en_route_at,
            checked_in_at=order.checked_in_at,
            checked_out_at=order.checked_out_at,
            proofs_in=[kind for phase, kind in self.proofs if phase is Phase.CHECK_IN],
            proofs_out=[kind for phase, kind in self.proofs if phase is Phase.CHECK_OUT],
            code_locked=order.code_tries >= CODE_TRIES,
            attention=order.attention if order.attention in TOLD else "",
            amount_fen=order.amount_fen,
            settled=self.settled,
            may=what_may_be_done(order, keeps=order.store_id in who.keeps),
        )


def is_job_of(order: Order, who: Person) -> bool:
    """Hers: she keeps the store that has it, or she is the one who goes."""
    if order.store_id is None or order.state not in WITH_STORE | OVER_FOR_STORE:
        return False
    return order.store_id in who.keeps or (order.worker_id == who.id and order.store_id in who.works_at)


def is_hidden(order: Order) -> bool:
    """From the day after check-out, and at once for what is cancelled, nobody of the store needs to know where it was."""
    if order.state is OrderState.CANCELLED:
        return True
    if order.checked_out_at is None:
        return False
    zone = get_settings().timezone
    return order.checked_out_at.astimezone(ZoneInfo(zone)).date() < clock.today(zone)


def what_may_be_done(order: Order, *, keeps: bool) -> list[str]:
    """Stable words by which the app shows its keys. The actions decide again."""
    found: list[str] = []
    if order.state in BEFORE_DOOR:
        found += ["set_out"] if order.state is not OrderState.EN_ROUTE else []
        found += ["check_in", "call"]
        found += ["no_answer"] if order.state is not OrderState.NO_ANSWER else []
        found += ["send", "give_back"] if keeps and order.state is not OrderState.NO_ANSWER else []
        found += ["send"] if keeps and order.state is OrderState.NO_ANSWER else []
    elif order.state is OrderState.IN_SERVICE:
        found += ["check_in", "check_out", "photo", "finish", "call"]
    elif order.state is OrderState.DONE and not is_hidden(order):
        found += ["check_out", "photo", "call"]
    return found


async def facts_of(session: AsyncSession, order_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Facts]:
    """Read as they are now, past whatever the session remembers."""
    if not order_ids:
        return {}
    fresh = {"populate_existing": True}
    found = {o.id: Facts(o) for o in await session.scalars(select(Order).where(Order.id.in_(order_ids)), execution_options=fresh)}
    for line in await session.scalars(
        select(OrderLine).where(OrderLine.order_id.in_(order_ids)).order_by(OrderLine.position), execution_options=fresh
    ):
        found[line.order_id].lines.append(line)
    for offer in await session.scalars(
        select(Offer).where(Offer.order_id.in_(order_ids)).order_by(Offer.offered_at, Offer.id), execution_options=fresh
    ):
        found[offer.order_id].offers.append(offer)
    proofs = select(OrderProof.order_id, OrderProof.visit, OrderProof.phase, OrderProof.kind).where(OrderProof.order_id.in_(order_ids))
    for order_id, visit, phase, kind in await session.execute(proofs.order_by(OrderProof.at)):
        if visit == found[order_id].order.visit:
            found[order_id].proofs.append((phase, kind))
    for order_id, settled in (await read_settled(session, order_ids)).items():
        found[order_id].settled = settled
    await _add_stores(session, found.values())
    return found


async def _add_stores(session: AsyncSession, found: Iterable[Facts]) -> None:
    found = list(found)
    ids = {offer.store_id for one in found for offer in one.offers} | {one.order.store_id for one in found if one.order.store_id}
    stores = {store.id: store for store in await session.scalars(select(Store).where(Store.id.in_(ids)))}
    codes = {line.item_code for one in found for line in one.lines}
    prices: dict[uuid.UUID, dict[str, int]] = defaultdict(dict)
    for item in await session.scalars(
        select(StoreItem).where(StoreItem.store_id.in_(ids), StoreItem.item_code.in_(codes), StoreItem.active)
    ):
        prices[item.store_id][item.item_code] = item.price_fen
    items = {line.item_id for one in found for line in one.lines}
    kinds = await session.execute(select(ServiceItem.id, ServiceItem.category, ServiceItem.home_visit).where(ServiceItem.id.in_(items)))
    visits = {row.id: (row.category, row.home_visit) for row in kinds}
    workers = {one.order.worker_id for one in found if one.order.worker_id}
    people = {p.id: p for p in await session.scalars(select(ProviderPerson).where(ProviderPerson.id.in_(workers)))}
    for one in found:
        one.stores, one.prices = stores, prices
        one.visits = {visits[line.item_id] for line in one.lines}
        one.worker = people.get(one.order.worker_id) if one.order.worker_id else None


async def orders_of(session: AsyncSession, who: Person) -> Sequence[uuid.UUID]:
    """What stands in her inbox: open offers, jobs that go on, and what was over lately."""
    now = clock.now()
    offered = select(Offer.order_id).where(Offer.store_id.in_(who.keeps), Offer.state == OfferState.OPEN, Offer.deadline_at > now)
    hers = or_(Order.store_id.in_(who.keeps), (Order.worker_id == who.id) & Order.store_id.in_(who.works_at))
    jobs = select(Order.id).where(
        hers,
        or_(
            Order.state.in_(WITH_STORE),
            Order.state.in_(OVER_FOR_STORE) & (Order.checked_out_at > now - LATELY),
            (Order.state == OrderState.CANCELLED) & (Order.accepted_at > now - LATELY),
        ),
    )
    first = (await session.scalars(offered.order_by(Offer.deadline_at).limit(MOST))).all()
    second = (await session.scalars(jobs.order_by(Order.accepted_at.desc()).limit(MOST))).all()
    return list(dict.fromkeys([*first, *second]))


async def news_of(session: AsyncSession, who: Person, order_id: uuid.UUID) -> OrderNews:
    await session.flush()
    return (await facts_of(session, [order_id]))[order_id].news_for(who)
