"""At a store's counter: asked there, confirmed by the elder: by a code on her mobile, or through the agent she calls (her PIN, or a call back)."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import structlog
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor, system
from callcenter.accounts.audit import audit
from callcenter.calls.models import Call, CallLeg
from callcenter.calls.states import CallKind
from callcenter.centre.queries import get_values
from callcenter.dispatch.numbers import get_hotline
from callcenter.dispatch.stores.models import Store
from callcenter.elders.actions import numbers_of
from callcenter.elders.models import Elder
from callcenter.kit import clock
from callcenter.kit.crypto import index
from callcenter.kit.db import Database
from callcenter.kit.errors import AppError, Conflict, NotFound, TooMany
from callcenter.kit.ids import new_id
from callcenter.messaging.actions import queue_message
from callcenter.messaging.port import About, Channel
from callcenter.points.families import approvals
from callcenter.points.families.models import PointsApproval
from callcenter.points.families.states import Deed
from callcenter.points.ledger.accounts import Whose, account_of, balance_of
from callcenter.points.ledger.holds import confirm, reserve, void
from callcenter.points.ledger.kinds import Holder, Ledger, Pocket
from callcenter.points.ledger.rules import check_units
from callcenter.points.members.actions import check_may_spend, give_grace, member_of
from callcenter.points.spending.models import PointsCounterRequest
from callcenter.points.spending.pins import check_pin
from callcenter.points.spending.states import COUNTER, CounterState, How
from callcenter.points.telling import LONGEST_NAME, mobile_of, text_elder
from callcenter.settings import get_settings

log = structlog.get_logger()
COUNTER_WORK = system("counter")
LIFE = timedelta(minutes=10)
LIFE_OF_BIG = timedelta(hours=1)  # above `points_two_persons` a second person is found first
SECOND = "second_person"  # why it waits: nobody asks her before somebody else has agreed
GIVEN_UP = "given_up"  # why it is over: the store has gone back
TRIES = 5
AT_ONCE = 50
OF_STORE = 20  # requests of a store in ten minutes
OF_ELDER = 10  # requests about one elder in a day
CALLED_BACK = timedelta(minutes=10)
# what the store is told; anything else is "not_possible"
TOLD = {"unknown_card", "not_enough", "points_frozen", "points_closed", "redemption_stopped", "another_open", "too_often"}


# --- what the stores' process does: it knows no elder ----------------------------------------------------------------------------


async def ask(session: AsyncSession, actor: Actor, store_id: uuid.UUID, card: str, points: int) -> PointsCounterRequest:
    """Written down; the worker looks whose card it is. TooMany."""
    check_units(points)
    now = clock.now()
    recent = select(func.count()).where(PointsCounterRequest.store_id == store_id, PointsCounterRequest.made_at > now - LIFE)
    if (await session.scalar(recent) or 0) >= OF_STORE:
        raise TooMany("too many at this store; wait a little", details={"wait_seconds": int(LIFE.total_seconds())})
    assert actor.id is not None
    request = PointsCounterRequest(
        id=new_id(), version=1, store_id=store_id, person_id=actor.id, card=card.strip().upper(), points=points, state=CounterState.NEW,
        made_at=now, expires_at=now + LIFE, tries_left=0,
    )  # fmt: skip
    session.add(request)
    await session.flush()
    await audit(session, actor, "points:counter_asked", request.id, details={"points": points, "store_id": str(store_id)})
    return request


def code_hash(request_id: uuid.UUID, code: str) -> str:
    return index(f"{request_id}:{code}", "points_counter_requests.code")


# --- the worker's part -----------------------------------------------------------------------------------------------------------


async def sweep_counter(database: Database) -> None:
    """Every second. Each request is a transaction of its own."""
    async with database.transaction() as session:
        now = clock.now()
        todo = (PointsCounterRequest.state == CounterState.NEW) | (
            (PointsCounterRequest.state == CounterState.ASKED)
            & ((PointsCounterRequest.expires_at <= now) | (PointsCounterRequest.code_given != "") | PointsCounterRequest.given_up)
        )
        found = (await session.scalars(select(PointsCounterRequest.id).where(todo).order_by(PointsCounterRequest.id).limit(AT_ONCE))).all()
    for request_id in found:
        await _settled(database, request_id, go_on)


async def _settled(database: Database, request_id: uuid.UUID, do: Callable[[AsyncSession, uuid.UUID], Awaitable[None]]) -> None:
    """A refusal of the books undoes what was begun; then the request is refused."""
    try:
        async with database.transaction() as session:
            await do(session, request_id)
    except AppError as error:
        log.info("counter_refused", request=str(request_id), code=error.code)
        async with database.transaction() as session:
            request = await get_request(session, request_id)
            if request.over_at is None:
                await _give_up(session, COUNTER_WORK, request, CounterState.REFUSED, error.code if error.code in TOLD else "not_possible")


async def go_on(session: AsyncSession, request_id: uuid.UUID) -> None:
    """The next step of one request, whatever it waits for."""
    request = await get_request(session, request_id)
    if request.over_at is not None:
        return
    if request.expires_at <= clock.now():
        await _give_up(session, COUNTER_WORK, request, CounterState.EXPIRED, "")
    elif request.given_up:
        await _give_up(session, COUNTER_WORK, request, CounterState.REFUSED, GIVEN_UP)
    elif request.state is CounterState.NEW:
        await _begin(session, request)
    elif request.code_given:
        await _try_code(session, request)


async def _begin(session: AsyncSession, request: PointsCounterRequest) -> None:
    """Her points are kept, and she is sent a code if she has a mobile telephone."""
    centre = await get_values(session, get_settings())
    if not centre.switch("points_redemption"):
        raise Conflict("redemption is stopped", code="redemption_stopped")
    elder_id = await session.scalar(select(Elder.id).where(Elder.card_number == request.card))
    if elder_id is None:
        raise NotFound("no such card", code="unknown_card")
    member = await member_of(session, elder_id)
    check_may_spend(member)
    hers = [PointsCounterRequest.elder_id == member.id, PointsCounterRequest.id != request.id]
    if await session.scalar(select(PointsCounterRequest.id).where(*hers, PointsCounterRequest.state == CounterState.ASKED).limit(1)):
        raise Conflict("she is asked somewhere else", code="another_open")
    of_day = select(func.count()).where(*hers, PointsCounterRequest.made_at > clock.now() - timedelta(days=1))
    if (await session.scalar(of_day) or 0) >= OF_ELDER:
        raise Conflict("she was asked too often today", code="too_often")
    is_big = request.points > centre.number("points_two_persons")
    if is_big:
        request.expires_at = clock.now() + LIFE_OF_BIG
    target = await account_of(session, Ledger.PT, Whose(Holder.STORE, request.store_id), Pocket.REDEEMED)
    await reserve(
        session, COUNTER_WORK, key=request.key, ledger=Ledger.PT, whose=member.whose, amount=request.points, target_id=target,
        until=request.expires_at, details={"store_id": str(request.store_id)},
    )  # fmt: skip
    COUNTER.check(request.state, CounterState.ASKED)
    request.state, request.elder_id, request.version = CounterState.ASKED, member.id, request.version + 1
    if is_big:
        request.why = SECOND
        keeper = Actor("person", request.person_id, await _name_of(session, request.store_id), None)
        await approvals.ask(
            session, keeper, request.id, Deed.COUNTER, member_id=member.id, to_id=None, amount=request.points, reason="", expires_at=request.expires_at,
            about={"store_id": str(request.store_id)},
        )  # fmt: skip
        sent = False
    else:
        sent = await _send_code(session, request)
    await session.flush()
    await audit(session, COUNTER_WORK, "points:counter_held", request.id, details={"code_sent": sent, "second_person": is_big})


async def _send_code(session: AsyncSession, request: PointsCounterRequest) -> bool:
    """To her mobile telephone, if she has one."""
    mobile = await mobile_of(session, _elder(request))
    if mobile is not None:
        code = f"{secrets.randbelow(10**6):06}"
        request.code_hash, request.tries_left = code_hash(request.id, code), TRIES
        await queue_message(
            session, dedupe_key=f"points_code:{request.id}", channel=Channel.SMS, to=mobile, template="points_code",
            params={"code": code, "points": str(request.points), "minutes": str(int(LIFE.total_seconds()) // 60)},
            about=About("points_counter", str(request.id)), deadline=request.expires_at,
        )  # fmt: skip
    return mobile is not None


async def go_ahead(session: AsyncSession, actor: Actor, approval: PointsApproval) -> None:
    """A second person has agreed: from now on it is as any other, and she is asked. Conflict `hold_over` when it was given up meanwhile."""
    request = await get_request(session, approval.id)
    if request.over_at is not None:
        raise Conflict("it was given up at the counter", code="hold_over")
    request.why, request.version = "", request.version + 1
    await _send_code(session, request)
    await session.flush()
    await audit(session, actor, "points:counter_agreed", request.id, details={"points": request.points})


async def turn_down(session: AsyncSession, actor: Actor, approval: PointsApproval) -> None:
    """The second person does not agree: her points are hers again."""
    request = await get_request(session, approval.id)
    if request.over_at is None:
        await _give_up(session, actor, request, CounterState.REFUSED, "second_refused")


async def _try_code(session: AsyncSession, request: PointsCounterRequest) -> None:
    if request.why == SECOND:  # no code was sent: whatever was typed is none
        request.code_given = ""
        return
    right = bool(request.code_hash) and secrets.compare_digest(request.code_given, request.code_hash)
    request.code_given = ""
    if right:
        await _confirm(session, COUNTER_WORK, request, How.CODE, None)
        return
    request.tries_left = max(0, request.tries_left - 1)
    request.version += 1
    await audit(session, COUNTER_WORK, "points:counter_code_wrong", request.id, details={"left": request.tries_left})
    if not request.tries_left:
        await _give_up(session, COUNTER_WORK, request, CounterState.REFUSED, "code_locked")


# --- the agent's part ------------------------------------------------------------------------------------------------------------


async def confirm_by_pin(session: AsyncSession, actor: Actor, request_id: uuid.UUID, pin: str) -> PointsCounterRequest:
    """WrongPin is counted although it is refused. Conflict `pin_unset`, `pin_locked`."""
    request = await _asked(session, request_id)
    await check_pin(session, actor, await member_of(session, _elder(request)), pin)
    return await _confirm(session, actor, request, How.PIN, None)


async def confirm_by_voice(session: AsyncSession, actor: Actor, request_id: uuid.UUID) -> PointsCounterRequest:
    """The agent has called her own number in the last minutes, somebody answered, and the agent says that it was she: the last such call is kept with it.
    Conflict `not_called_back`.
    """
    request = await _asked(session, request_id)
    elder_id = _elder(request)
    numbers = [one.e164 for one in await numbers_of(session, elder_id)]
    hers = (
        select(Call.id)
        .join(CallLeg, CallLeg.call_id == Call.id)
        .where(
            Call.kind == CallKind.OUTBOUND, Call.agent_id == actor.id, Call.received_at > clock.now() - CALLED_BACK,
            CallLeg.number.in_(numbers), CallLeg.answered_at.is_not(None),
        )
        .order_by(Call.received_at.desc())
    )  # fmt: skip
    if (call_id := await session.scalar(hers.limit(1))) is None:
        raise Conflict("call her back at her own number first; she must have answered you", code="not_called_back")
    return await _confirm(session, actor, request, How.VOICE, call_id)


async def refuse(session: AsyncSession, actor: Actor, request_id: uuid.UUID) -> PointsCounterRequest:
    """She does not want it, or it is not she."""
    request = await _asked(session, request_id)
    await _give_up(session, actor, request, CounterState.REFUSED, "elder_refused")
    return request


async def list_of_elder(session: AsyncSession, elder_id: uuid.UUID) -> Sequence[PointsCounterRequest]:
    """The newest first."""
    hers = select(PointsCounterRequest).where(PointsCounterRequest.elder_id == elder_id)
    return (await session.scalars(hers.order_by(PointsCounterRequest.id.desc()).limit(20))).all()


async def get_request(session: AsyncSession, request_id: uuid.UUID) -> PointsCounterRequest:
    """Locked."""
    wanted = select(PointsCounterRequest).where(PointsCounterRequest.id == request_id).with_for_update()
    found = (await session.scalars(wanted.execution_options(populate_existing=True))).one_or_none()
    if found is None:
        raise NotFound("no such request", code="counter_request_not_found")
    return found


async def _asked(session: AsyncSession, request_id: uuid.UUID) -> PointsCounterRequest:
    request = await get_request(session, request_id)
    COUNTER.check(request.state, CounterState.CONFIRMED)
    if request.expires_at <= clock.now():
        raise Conflict("the time for it is over; begin again", code="hold_expired")
    if request.why == SECOND:
        raise Conflict("it waits for a second person", code="second_person")
    return request


async def _confirm(
    session: AsyncSession, actor: Actor, request: PointsCounterRequest, how: How, call_id: uuid.UUID | None
) -> PointsCounterRequest:
    COUNTER.check(request.state, CounterState.CONFIRMED)
    await confirm(session, actor, request.key, details={"how": how})
    request.state, request.how, request.call_id = CounterState.CONFIRMED, how, call_id
    _over(request, actor)
    await session.flush()
    left = await balance_of(session, Ledger.PT, (await member_of(session, _elder(request))).whose, Pocket.AVAILABLE)
    await tell_spent(session, request, await _name_of(session, request.store_id), left)
    await audit(session, actor, "points:counter_confirmed", request.id, details={"how": how, "points": request.points})
    return request


async def tell_spent(session: AsyncSession, request: PointsCounterRequest, store: str, left: int) -> None:
    """So that she notices if it was not she. Without a mobile she has just spoken with an agent."""
    params = {"store": store[:LONGEST_NAME], "points": str(request.points), "left": str(left), "phone": await get_hotline(session)}
    await text_elder(session, _elder(request), "points_spent", params, key=str(request.id), about="points_counter")


async def _name_of(session: AsyncSession, store_id: uuid.UUID) -> str:
    return (await session.scalars(select(Store.name).where(Store.id == store_id))).one()


async def _give_up(session: AsyncSession, actor: Actor, request: PointsCounterRequest, state: CounterState, why: str) -> None:
    COUNTER.check(request.state, state)
    if request.elder_id is not None:
        member = await member_of(session, request.elder_id)
        await void(session, actor, request.key)
        give_grace(member)
    if request.why == SECOND and why == GIVEN_UP:
        await approvals.take_back(session, actor, request.id)
    request.state, request.why, request.code_given = state, why, ""
    _over(request, actor)
    await session.flush()
    await audit(session, actor, f"points:counter_{state}", request.id, details={"why": why})


def _over(request: PointsCounterRequest, actor: Actor) -> None:
    request.over_at, request.over_by, request.version = clock.now(), actor.name, request.version + 1


def _elder(request: PointsCounterRequest) -> uuid.UUID:
    assert request.elder_id is not None
    return request.elder_id
