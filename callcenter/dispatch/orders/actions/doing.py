"""On the way, at the door, at work, done: what a store's people report, and the proofs that hold it up.

A proof that was sent twice (a bad network, a finger that slipped) stands once. A wrong code is counted although the request is refused.
"""

from __future__ import annotations

import secrets
import uuid
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.cases.actions import open_call_back
from callcenter.cases.models import Case
from callcenter.catalog.models import ServiceItem
from callcenter.dispatch.orders.actions.common import list_lines, lock_order, move_order, touch_order, write_event
from callcenter.dispatch.orders.actions.offering import place_and_offer, release, seek, wanted_of
from callcenter.dispatch.orders.candidates import list_named
from callcenter.dispatch.orders.errors import CodeLocked, CodeWrong, GateClosed, NotYourJob, TooFar
from callcenter.dispatch.orders.house import house_rules
from callcenter.dispatch.orders.matching import gates
from callcenter.dispatch.orders.models import Order, OrderPhoto, OrderProof, Phase, ProofKind
from callcenter.dispatch.orders.rules import CODE_TRIES, is_timed, metres_between, proofs_hold, proofs_needed, what_is_missing
from callcenter.dispatch.orders.schemas import AskedLine, AskedOrder, Position
from callcenter.dispatch.orders.states import BEFORE_DOOR, OrderState
from callcenter.dispatch.stores.models import ProviderPerson, StoreMember
from callcenter.elders.queries import list_numbers
from callcenter.kit import clock
from callcenter.kit.crypto import encrypt
from callcenter.kit.errors import Invalid
from callcenter.kit.ids import new_id
from callcenter.settings import get_settings

DOOR_CHECK = "JJ04"
PHOTO_COLUMN = "order_photos.image"
MOST_PHOTOS = 12  # of one order
DEAREST = 5_000_000  # fen; a bill above fifty thousand yuan is a slip of the finger


# --- on the way ----------------------------------------------------------------------------------------------------------


async def send_worker(session: AsyncSession, actor: Actor, order_id: uuid.UUID, *, worker_id: uuid.UUID) -> Order:
    """The keeper says who goes. GateClosed: she may not do this job (no valid licence, not of this store)."""
    case, order = await lock_order(session, order_id)
    del case
    if order.state not in BEFORE_DOOR:
        raise Invalid("the job has begun, or is not this store's", code="too_late", details={"state": order.state})
    member = await session.scalar(
        select(StoreMember)
        .join(ProviderPerson, ProviderPerson.id == StoreMember.person_id)
        .where(StoreMember.store_id == order.store_id, StoreMember.person_id == worker_id, StoreMember.active, ProviderPerson.active)
    )
    if member is None:
        raise NotYourJob("she does not work at this store")
    if worker_id not in await able_workers(session, order):
        raise GateClosed("she may not do this job", details={"out": [{"gate": "licence", "what": ""}]})
    order.worker_id = worker_id
    await write_event(session, actor, order, "worker_sent", {"worker_id": str(worker_id)})
    await touch_order(session, order)
    return order


async def set_out(session: AsyncSession, actor: Actor, order_id: uuid.UUID) -> Order:
    """Harmless twice."""
    case, order = await lock_order(session, order_id)
    if order.state is not OrderState.EN_ROUTE:
        order.en_route_at = clock.now()
        await move_order(session, actor, case, order, OrderState.EN_ROUTE, "en_route")
    return order


async def give_back(session: AsyncSession, actor: Actor, order_id: uuid.UUID, *, reason: str) -> Order:
    """The store can't do it after all: others are asked at once, and this one is not asked again in this round."""
    case, order = await lock_order(session, order_id)
    if order.state not in BEFORE_DOOR:
        raise Invalid("the job has begun; finish it or call the centre", code="too_late", details={"state": order.state})
    await release(session, actor, case, order, why="given_back", data={"reason": reason})
    await seek(session, actor, case, order)
    return order


# --- proofs --------------------------------------------------------------------------------------------------------------


async def prove_by_code(session: AsyncSession, actor: Actor, order_id: uuid.UUID, *, phase: Phase, code: str) -> Order:
    """The service code that the elder reads out. Five wrong ones lock it, until an agent who has spoken with her makes a new one."""
    case, order = await lock_order(session, order_id)
    must_be_at_work(order, phase)
    if order.code_tries >= CODE_TRIES:
        raise CodeLocked("too many wrong codes; call the centre")
    if not secrets.compare_digest(order.service_code.encode(), code.encode()):
        order.code_tries += 1
        left = CODE_TRIES - order.code_tries
        if left == 0:
            order.attention = "code_locked"
        await write_event(session, actor, order, "code_wrong", {"left": left})
        await touch_order(session, order)
        raise CodeWrong("that is not the code", details={"left": left})
    order.code_tries = 0
    await add_proof(session, actor, case, order, phase=phase, kind=ProofKind.SERVICE_CODE)
    return order


async def prove_by_phone(session: AsyncSession, actor: Actor, order_id: uuid.UUID, *, phase: Phase, caller: str) -> Order:
    """A call from the elder's registered telephone (normalised `caller`). NotYourJob: it is not one of her numbers."""
    case, order = await lock_order(session, order_id)
    if caller not in {number.e164 for number in await list_numbers(session, order.elder_id)}:
        raise NotYourJob("this is not the elder's telephone")
    must_be_at_work(order, phase)
    await add_proof(session, actor, case, order, phase=phase, kind=ProofKind.ELDER_PHONE)
    return order


async def prove_by_position(
    session: AsyncSession, actor: Actor, order_id: uuid.UUID, *, phase: Phase, position: Position, photo: bytes
) -> Order:
    """Near the elder's door (`proof_metres`), with a photograph (a JPEG of ours, `elders.pictures.remade`). TooFar tells how far; the position is not
    kept."""
    case, order = await lock_order(session, order_id)
    must_be_at_work(order, phase)
    if order.latitude is None or order.longitude is None:
        raise Invalid("nobody knows where this door is; use another proof", code="no_place")
    most = (await house_rules(session)).proof_metres
    metres = metres_between((order.latitude, order.longitude), (position.latitude, position.longitude))
    if position.accuracy_m > most:
        raise TooFar(
            "the telephone does not know well enough where it is", code="not_accurate", details={"accuracy_m": round(position.accuracy_m)}
        )
    if metres > most:
        raise TooFar("too far from the elder's door", details={"metres": metres, "most": most})
    photo_id = await add_photo(session, actor, order, purpose=str(phase), image=photo)
    await add_proof(
        session,
        actor,
        case,
        order,
        phase=phase,
        kind=ProofKind.POSITION_PHOTO,
        metres=metres,
        accuracy=round(position.accuracy_m),
        photo_id=photo_id,
    )
    return order


async def prove_by_tag(session: AsyncSession, actor: Actor, order_id: uuid.UUID, *, phase: Phase, tag_elder_id: uuid.UUID) -> Order:
    """The tag at her door was read. NotYourJob: it is another door's."""
    case, order = await lock_order(session, order_id)
    must_be_at_work(order, phase)
    if tag_elder_id != order.elder_id:
        raise NotYourJob("this tag hangs at another door")
    await add_proof(session, actor, case, order, phase=phase, kind=ProofKind.DOOR_TAG)
    return order


async def prove_by_agent(session: AsyncSession, actor: Actor, order_id: uuid.UUID, *, phase: Phase, note: str) -> Order:
    """An agent has spoken with the elder. It is named as what it is, on record with her word."""
    case, order = await lock_order(session, order_id)
    if not note.strip():
        raise Invalid("say whom you spoke with and what she said", code="reason_needed")
    if phase is Phase.CHECK_IN:
        must_be_at_work(order, phase)
    elif order.state not in (OrderState.IN_SERVICE, OrderState.DONE):
        raise Invalid("it has not begun", code="not_checked_in", details={"state": order.state})
    await add_proof(session, actor, case, order, phase=phase, kind=ProofKind.AGENT, note=note.strip())
    if order.state is OrderState.DONE:
        await verify_if_whole(session, actor, case, order)
    return order


def must_be_at_work(order: Order, phase: Phase) -> None:
    possible = BEFORE_DOOR | {OrderState.IN_SERVICE} if phase is Phase.CHECK_IN else {OrderState.IN_SERVICE, OrderState.DONE}
    if order.state not in possible:
        raise Invalid("not at this stage of the job", code="wrong_stage", details={"state": order.state, "phase": str(phase)})


async def add_proof(
    session: AsyncSession,
    actor: Actor,
    case: Case,
    order: Order,
    *,
    phase: Phase,
    kind: ProofKind,
    metres: int | None = None,
    accuracy: int | None = None,
    photo_id: uuid.UUID | None = None,
    note: str = "",
) -> bool:
    """Kept once. The first check-in proof that holds begins the service. Precondition: both are locked. False: it stood already."""
    row = pg_insert(OrderProof).values(
        id=new_id(), order_id=order.id, visit=order.visit, phase=phase, kind=kind, at=clock.now(), by_kind=actor.kind, by_id=actor.id,
        metres=metres, accuracy_m=accuracy, photo_id=photo_id, note=note,
    )  # fmt: skip
    if (await session.execute(row.on_conflict_do_nothing().returning(OrderProof.id))).first() is None:
        return False
    await write_event(session, actor, order, "proof", {"phase": str(phase), "kind": str(kind)})
    if phase is Phase.CHECK_IN and order.state in BEFORE_DOOR and proofs_hold(await kinds_of(session, order, phase), 1):
        order.checked_in_at = clock.now()
        if order.attention in ("no_answer", "late"):
            order.attention = ""
        await move_order(session, actor, case, order, OrderState.IN_SERVICE, "checked_in", {"kind": str(kind)})
    else:
        await touch_order(session, order)
    if phase is Phase.CHECK_OUT and order.state is OrderState.DONE:
        await verify_if_whole(session, actor, case, order)
    return True


async def kinds_of(session: AsyncSession, order: Order, phase: Phase) -> list[ProofKind]:
    found = select(OrderProof.kind).where(OrderProof.order_id == order.id, OrderProof.visit == order.visit, OrderProof.phase == phase)
    return list(await session.scalars(found))


async def proofs_of(session: AsyncSession, order: Order) -> list[tuple[Phase, ProofKind]]:
    found = await session.execute(
        select(OrderProof.phase, OrderProof.kind).where(OrderProof.order_id == order.id, OrderProof.visit == order.visit)
    )
    return [(phase, kind) for phase, kind in found]


async def add_photo(session: AsyncSession, actor: Actor, order: Order, *, purpose: str, image: bytes) -> uuid.UUID:
    """`image`: re-encoded by `elders.pictures.remade`. Invalid `too_many_photos`."""
    known = (await session.scalars(select(OrderPhoto.id).where(OrderPhoto.order_id == order.id))).all()
    if len(known) >= MOST_PHOTOS:
        raise Invalid(f"a job has at most {MOST_PHOTOS} pictures", code="too_many_photos", details={"most": MOST_PHOTOS})
    photo = OrderPhoto(
        id=new_id(), order_id=order.id, purpose=purpose, image=encrypt(image, PHOTO_COLUMN), taken_at=clock.now(), by_id=actor.id
    )
    session.add(photo)
    await session.flush()
    return photo.id


# --- done ----------------------------------------------------------------------------------------------------------------


async def check_out(session: AsyncSession, actor: Actor, order_id: uuid.UUID, *, amount_fen: int, note: str = "") -> Order:
    """The work is done, and this is what it costs. With proofs that hold it is verified at once; else an agent looks. Harmless twice with the same amount."""
    if not 0 <= amount_fen <= DEAREST:
        raise Invalid("an amount lies between 0 and 50,000 yuan", code="bad_amount", details={"most_fen": DEAREST})
    case, order = await lock_order(session, order_id)
    if order.state in (OrderState.DONE, OrderState.VERIFIED, OrderState.SETTLED) and order.amount_fen == amount_fen:
        return order
    order.checked_out_at, order.amount_fen, order.done_note = clock.now(), amount_fen, note.strip()
    await move_order(session, actor, case, order, OrderState.DONE, "checked_out", {"amount_fen": amount_fen})
    await verify_if_whole(session, actor, case, order)
    return order


async def items_of(session: AsyncSession, order: Order) -> list[ServiceItem]:
    lines = await list_lines(session, order.id)
    return list(await session.scalars(select(ServiceItem).where(ServiceItem.id.in_([line.item_id for line in lines]))))


async def missing_of(session: AsyncSession, order: Order) -> list[str]:
    """What it lacks to be verified; empty: nothing."""
    items = await items_of(session, order)
    assert order.checked_in_at is not None and order.checked_out_at is not None
    return what_is_missing(
        await proofs_of(session, order),
        needed=proofs_needed(is_subsidised=order.is_subsidised, categories={item.category for item in items}),
        checked_in_at=order.checked_in_at,
        checked_out_at=order.checked_out_at,
        booked=order.minutes,
        timed=is_timed({(item.category, item.home_visit) for item in items}),
    )


async def verify_if_whole(session: AsyncSession, actor: Actor, case: Case, order: Order) -> None:
    """Precondition: both are locked, the order is done."""
    missing = await missing_of(session, order)
    if missing:
        if order.attention != "proof":
            order.attention = "proof"
            await write_event(session, actor, order, "proof_missing", {"missing": missing})
            await touch_order(session, order)
        return
    await _verified(session, actor, case, order, {})


async def verify_by_hand(session: AsyncSession, actor: Actor, order_id: uuid.UUID, *, reason: str) -> Order:
    """A supervisor lets it count although something is missing, with a reason."""
    case, order = await lock_order(session, order_id)
    if not reason.strip():
        raise Invalid("say why it counts all the same", code="reason_needed")
    missing = await missing_of(session, order) if order.state is OrderState.DONE else []
    await _verified(session, actor, case, order, {"by_hand": True, "missing": missing}, text=reason.strip())
    return order


async def _verified(session: AsyncSession, actor: Actor, case: Case, order: Order, data: dict[str, object], *, text: str = "") -> None:
    order.verified_at = clock.now()
    if order.attention in ("proof", "disputed", "late"):
        order.attention = ""
    await move_order(session, actor, case, order, OrderState.VERIFIED, "verified", data, text=text)


async def settle_order(session: AsyncSession, actor: Actor, case: Case, order: Order) -> None:
    """By the bill (`bills`). The job code is free for another. Precondition: both are locked."""
    order.settled_at, order.job_code = clock.now(), ""
    await move_order(session, actor, case, order, OrderState.SETTLED, "settled", {"amount_fen": order.amount_fen or 0})


# --- nobody opens ---------------------------------------------------------------------------------------------------------


async def report_no_answer(session: AsyncSession, actor: Actor, order_id: uuid.UUID) -> Order:
    """At the door, and nobody opens: an emergency door check is placed on the same case, and an agent is to call her at once. Harmless twice."""
    case, order = await lock_order(session, order_id)
    if order.state is OrderState.NO_ANSWER:
        return order
    order.attention = "no_answer"
    await move_order(session, actor, case, order, OrderState.NO_ANSWER, "no_answer")
    now = clock.now()
    numbers = await list_numbers(session, order.elder_id)
    await open_call_back(
        session, case, number=numbers[0].e164 if numbers else "", reason="no_answer_at_door", at=now, timings=get_settings().timings
    )
    check = AskedOrder(lines=[AskedLine(item=DOOR_CHECK)])
    await place_and_offer(session, actor, case.id, check, parent_id=order.id)
    return order


async def able_workers(session: AsyncSession, order: Order) -> tuple[uuid.UUID, ...]:
    """Of the order's own store, who holds the papers on the day of the job."""
    assert order.store_id is not None
    wanted = await wanted_of(session, order)
    (store,) = await list_named(session, wanted, [order.store_id])
    return tuple(worker.id for worker in gates(wanted, store, wanted.at.astimezone(ZoneInfo(wanted.timezone)))[1])


async def new_service_code(session: AsyncSession, actor: Actor, order_id: uuid.UUID) -> str:
    """An agent has spoken with the elder and reads her the new one; the lock is gone."""
    _, order = await lock_order(session, order_id)
    order.service_code, order.code_tries = f"{secrets.randbelow(1_000_000):06}", 0
    if order.attention == "code_locked":
        order.attention = ""
    await write_event(session, actor, order, "code_new")
    await touch_order(session, order)
    return order.service_code
