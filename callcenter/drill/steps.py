"""What a drill does. The press goes the live way, through PBX and voice; the rest is done by the house's own actions, on its database, in one transaction
that is taken back: nobody is told, and nothing is left.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor, system
from callcenter.calls.models import CallCommand
from callcenter.calls.self_tests.models import Outcome
from callcenter.calls.wake import WAKE_VOICE
from callcenter.cases.actions import LinkedTo, open_case
from callcenter.cases.states import Severity
from callcenter.catalog.models import ServiceItem
from callcenter.catalog.queries import resolve_items
from callcenter.catalog.rules import check_orderable
from callcenter.dispatch.bills.actions import settle
from callcenter.dispatch.orders.actions import doing, offering
from callcenter.dispatch.orders.models import Offer, Order, Phase
from callcenter.dispatch.orders.schemas import AskedLine, AskedOrder
from callcenter.dispatch.orders.states import OfferState, OrderState
from callcenter.dispatch.stores.models import (
    Licence,
    MemberRole,
    ProviderPerson,
    Store,
    StoreCommunity,
    StoreItem,
    StoreKind,
    StoreMember,
    StoreState,
)
from callcenter.elders.actions import create_elder
from callcenter.elders.models import Elder
from callcenter.elders.schemas import NewElder
from callcenter.emergency.actions import open_emergency
from callcenter.emergency.models import EmergencyDeadline
from callcenter.kit import clock, crypto
from callcenter.kit.db import Database
from callcenter.kit.errors import AppError, Conflict
from callcenter.kit.ids import new_id
from callcenter.outreach.followup.planning import plan_job
from callcenter.outreach.models import CallPlan
from callcenter.points.scheme import Scheme
from callcenter.regions.models import Region, RegionLevel
from callcenter.settings import Settings

log = structlog.get_logger()
DRILL = system("drill")
MARK = "演练"  # what the invented elder and store are called
PRESS, ALARM, JOB, FOLLOW_UP, NOTHING_LEFT = "press", "alarm", "job", "follow-up", "nothing left"
MEAL = "PS01"  # done as soon as it is brought: its visit has no least length
PRESS_WITHIN = timedelta(seconds=20)
WHERE = (32.0304, 112.0953)


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    seconds: float
    words: str
    ok: bool

    def line(self, slow: float) -> str:
        mark = "✗" if not self.ok or self.seconds > slow else "✓"
        late = f", slower than {slow:g} s" if self.ok and self.seconds > slow else ""
        return f"{mark} {self.name}: {self.words} ({self.seconds:.2f} s{late})"

    def is_bad(self, slow: float) -> bool:
        return not self.ok or self.seconds > slow


class _TakenBack(Exception):
    """Ends the transaction of a drill."""


class _Failed(Exception):
    """A step that came to something else than it should; the message says what."""


async def run_drill(database: Database, settings: Settings) -> list[Step]:
    """Every step that could be tried, in order. What cannot be tried because one before it failed is left out."""
    steps = [await _step(PRESS, lambda: _press(database))]
    ids: list[uuid.UUID] = []
    try:
        async with database.transaction() as session:
            await _walk(session, settings, steps, ids)
            raise _TakenBack
    except _TakenBack:
        pass
    except Exception as error:  # the database went: nothing was committed
        log.exception("drill_broken_off")
        steps.append(Step(ALARM, 0, f"failed: the database is away ({type(error).__name__})", ok=False))
    steps.append(await _step(NOTHING_LEFT, lambda: _look_for(database, ids)))
    return steps


async def _step(name: str, do: Callable[[], Awaitable[str]]) -> Step:
    began = time.monotonic()
    try:
        words, ok = await do(), True
    except (AppError, _Failed) as error:
        words, ok = f"failed: {getattr(error, 'message', None) or error}", False
    except Exception as error:
        log.exception("drill_step_failed", step=name)
        words, ok = f"failed: {type(error).__name__}", False
    return Step(name, time.monotonic() - began, words, ok)


# --- the press ----------------------------------------------------------------------------------------------------------------------


async def _press(database: Database) -> str:
    """Voice presses the key itself, at once (calls/engine/self_testing.py)."""
    command_id, now = new_id(), clock.now()
    async with database.transaction() as session:
        command = CallCommand(
            id=command_id, kind="self_test", call_id=None, agent_id=None, args={}, created_at=now, deadline_at=now + PRESS_WITHIN
        )
        session.add(command)
        await session.execute(text("SELECT pg_notify(:channel, '')"), {"channel": WAKE_VOICE})
    found = select(CallCommand.outcome, CallCommand.reason, CallCommand.result).where(CallCommand.id == command_id)
    until = time.monotonic() + PRESS_WITHIN.total_seconds() + 1
    while time.monotonic() < until:
        async with database.transaction() as session:
            outcome, reason, result = (await session.execute(found)).one()
        if outcome == "done" and result["outcome"] != Outcome.FAILED:
            return f"through the PBX, committed after {result['committed_ms']} ms, a telephone would ring after {result['ring_ms']} ms"
        if outcome:
            raise _Failed(f"it came no further than {result.get('reason') or reason}")
        await asyncio.sleep(0.05)
    raise _Failed("no voice took it: is voice up?")


# --- the rest -----------------------------------------------------------------------------------------------------------------------


async def _walk(session: AsyncSession, settings: Settings, steps: list[Step], ids: list[uuid.UUID]) -> None:
    async def alarm() -> str:
        async with _aside(session):
            elder = await _invent_elder(session)
            ids.append(elder.id)
            case_id = await _case_of(session, elder, is_sos=True)
            emergency = await open_emergency(session, DRILL, case_id)
            due = await session.scalar(select(EmergencyDeadline.due_at).where(EmergencyDeadline.emergency_id == emergency.id))
            if due is None:
                raise _Failed("the emergency has no deadline")
            return f"an SOS case and its emergency, an owner wanted by {due.astimezone(ZoneInfo(settings.timezone)):%H:%M:%S}"

    done: list[Order] = []

    async def job() -> str:
        elder = await _invent_elder(session)
        ids.append(elder.id)
        done.append(await _do_job(session, settings, elder))
        return "offered, accepted, checked in and out, billed"

    async def follow_up() -> str:
        plan_id = await plan_job(session, done[0].id)
        due = await session.scalar(select(CallPlan.due_at).where(CallPlan.id == plan_id))
        if due is None:
            raise _Failed("nobody will be asked about the job")
        return f"planned for {due.astimezone(ZoneInfo(settings.timezone)):%m-%d %H:%M}"

    steps.append(await _step(ALARM, alarm))
    steps.append(await _step(JOB, job))
    if steps[-1].ok:
        steps.append(await _step(FOLLOW_UP, follow_up))


@asynccontextmanager
async def _aside(session: AsyncSession) -> AsyncIterator[None]:
    """A statement that the database refuses spoils only this step."""
    async with session.begin_nested():
        yield


async def _community(session: AsyncSession) -> uuid.UUID:
    communities = select(Region.id).where(Region.level == RegionLevel.COMMUNITY, Region.retired_at.is_(None)).order_by(Region.code).limit(1)
    if (found := await session.scalar(communities)) is None:
        raise Conflict("there is no community yet: `callcenter setup`", code="no_region")
    return found


async def _invent_elder(session: AsyncSession) -> Elder:
    elder = await create_elder(session, DRILL, NewElder(name=MARK, community_id=await _community(session), street_address=MARK))
    elder.latitude, elder.longitude = WHERE
    await session.flush()
    return elder


async def _case_of(session: AsyncSession, elder: Elder, *, is_sos: bool) -> uuid.UUID:
    severity = Severity.E0 if is_sos else Severity.N1
    opened = await open_case(
        session, elder_id=elder.id, caller_key=None, is_sos=is_sos, severity=severity, linked=LinkedTo(None), at=clock.now(), data={}
    )
    return opened.id


async def _do_job(session: AsyncSession, settings: Settings, elder: Elder) -> Order:
    async with _aside(session):
        item = await _item(session, elder.community_id)
        store, keeper = await _invent_store(session, elder, item)
        asked = AskedOrder(lines=[AskedLine(item=item.code)], wanted_from=_in_opening_hours(settings), prefers_store_id=store.id)
        order = await offering.place_and_offer(session, DRILL, await _case_of(session, elder, is_sos=False), asked)
        if order.seek_at is not None and order.state is OrderState.REQUESTED:
            raise _Failed("at this hour no store is asked (jobs_from, jobs_until): drill by day")
        open_offer = select(Offer.id).where(Offer.order_id == order.id, Offer.store_id == store.id, Offer.state == OfferState.OPEN)
        if (offer_id := await session.scalar(open_offer)) is None:
            raise _Failed("the store was not asked")
        order = await offering.accept_offer(session, keeper, offer_id, how="app")
        for phase in Phase:
            await doing.prove_by_code(session, keeper, order.id, phase=phase, code=order.service_code)
            await doing.prove_by_agent(session, DRILL, order.id, phase=phase, note=MARK)
        await doing.check_out(session, keeper, order.id, amount_fen=1000)
        if order.state is not OrderState.VERIFIED:
            raise _Failed(f"the job is {order.state.value}, not verified")
        if await settle(session, DRILL, order.id, Scheme()) is None:
            raise _Failed("no bill was made")
        return order


def _in_opening_hours(settings: Settings) -> datetime:
    tomorrow = clock.now().astimezone(ZoneInfo(settings.timezone)) + timedelta(days=1)
    return tomorrow.replace(hour=11, minute=0, second=0, microsecond=0)


async def _item(session: AsyncSession, community_id: uuid.UUID) -> ServiceItem:
    """A meal where the centre has it, else the first that can be ordered."""
    codes = []
    for item in await resolve_items(session, community_id):
        try:
            check_orderable(item)
        except Conflict:
            continue
        codes.append(item.code)
    if not codes:
        raise _Failed("nothing of the catalogue can be ordered")
    code = MEAL if MEAL in codes else codes[0]
    newest = select(ServiceItem).where(ServiceItem.code == code).order_by(ServiceItem.id.desc()).limit(1)
    return (await session.scalars(newest)).one()


async def _invent_store(session: AsyncSession, elder: Elder, item: ServiceItem) -> tuple[Store, Actor]:
    """Open day and night, licensed for this one item; its keeper does the job."""
    now, number = clock.now(), "+8610000000000"  # nobody's
    store = Store(
        id=new_id(), code=f"DRILL{new_id().hex[-8:]}", kind=StoreKind.STORE, name=MARK, pinyin="yan lian", initials="yl",
        community_id=elder.community_id, latitude=WHERE[0], longitude=WHERE[1], number=number,
        number_index=crypto.index(f"{number}{new_id()}", "stores.number"), state=StoreState.ADMITTED, state_since=now, hours=[[[0, 1440]]] * 7,
        created_at=now,
    )  # fmt: skip
    person = ProviderPerson(
        id=new_id(), name=MARK, number=number, number_index=crypto.index(f"{number}{new_id()}", "provider_people.number"), created_at=now,
        dialects=[],
    )  # fmt: skip
    session.add_all([store, person])
    await session.flush()
    session.add(StoreItem(store_id=store.id, item_code=item.code, price_fen=1000))
    session.add(StoreCommunity(store_id=store.id, community_id=elder.community_id))
    for word in sorted({word for group in item.requirements for word in group}):
        session.add(Licence(kind=word, store_id=store.id, number="", created_at=now))
        session.add(Licence(kind=word, person_id=person.id, number="", created_at=now))
    session.add(StoreMember(store_id=store.id, person_id=person.id, role=MemberRole.KEEPER, joined_at=now))
    await session.flush()
    return store, Actor("person", person.id, person.name, None)


async def _look_for(database: Database, ids: list[uuid.UUID]) -> str:
    async with database.transaction() as session:
        left = list(await session.scalars(select(Elder.id).where(Elder.id.in_(ids))))
        left += list(await session.scalars(select(Order.id).where(Order.elder_id.in_(ids))))
        left += list(await session.scalars(select(Store.id).where(Store.name == MARK, Store.code.startswith("DRILL"))))
    if left:
        raise _Failed(f"{len(left)} rows are still there")
    return "the invented elder, store, case, job and bill are gone"
