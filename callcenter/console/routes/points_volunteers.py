"""Volunteers, their visits, and time coins. Elders' names whole only for whoever may see them; a volunteer's number is masked in lists."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.audit import audit
from callcenter.accounts.roles import Permission
from callcenter.accounts.sessions import SignedIn
from callcenter.console.http import Session, needs
from callcenter.console.idempotency import IdempotencyKey, once
from callcenter.console.routes.cases import writable
from callcenter.console.routes.profiles import did, opened
from callcenter.console.volunteer_views import candidates, coins_view, visit_heads, visit_view, volunteer_heads, volunteer_view
from callcenter.elders.queries import current_id, current_ids
from callcenter.points.members.actions import member_of
from callcenter.points.volunteers import coins, doing, people, queries, visits
from callcenter.points.volunteers.schemas import (
    AnswerOffer,
    AskVisit,
    CoinsView,
    DecideVisit,
    DonateCoins,
    EditVolunteer,
    GiveCoins,
    MoveVolunteer,
    NewTraining,
    NewVolunteer,
    OfVolunteer,
    ProveVisit,
    RenewCode,
    VisitHead,
    VisitNote,
    VisitView,
    VolunteerCandidate,
    VolunteerHead,
    VolunteerView,
)
from callcenter.points.volunteers.states import VolunteerState
from callcenter.regions.queries import check_scope

router = APIRouter()
Reader = Annotated[SignedIn, Depends(needs(Permission.POINTS_READ))]
Worker = Annotated[SignedIn, Depends(needs(Permission.POINTS_WORK))]
Decider = Annotated[SignedIn, Depends(needs(Permission.POINTS_WRITE))]


class MadeId(BaseModel):
    id: uuid.UUID


# --- volunteers ----------------------------------------------------------------------------------------------------------


@router.get("/api/volunteers")
async def list_volunteers(
    who: Reader,
    session: Session,
    q: Annotated[str, Query(max_length=64)] = "",
    state: VolunteerState | None = None,
    community_id: uuid.UUID | None = None,
    offset: Annotated[int, Query(ge=0, le=10_000)] = 0,
) -> list[VolunteerHead]:
    """By a part of the name, or the whole number. Active ones first."""
    found = await queries.list_volunteers(session, q=q, state=state, community_id=community_id, offset=offset)
    return await volunteer_heads(session, found)


@router.post("/api/volunteers")
async def register(body: NewVolunteer, who: Worker, session: Session, idempotency_key: IdempotencyKey = None) -> VolunteerView:
    """409 `volunteer_known`. With `elder_id` for whoever may see the elder whole."""

    async def do() -> MadeId:
        elder_id = await opened(session, who, body.elder_id, purpose="volunteer") if body.elder_id else None
        await check_scope(session, who.actor, [body.community_id])
        return MadeId(id=(await people.register(session, who.actor, body.model_copy(update={"elder_id": elder_id}))).id)

    made = await once(session, who.user_id, idempotency_key, "volunteer:register", body, MadeId, do)
    return await _whole(session, who, made.id)


async def _whole(session: AsyncSession, who: SignedIn, volunteer_id: uuid.UUID) -> VolunteerView:
    return await volunteer_view(session, await queries.get_volunteer(session, volunteer_id))


@router.get("/api/volunteers/{volunteer_id}")
async def get_volunteer(volunteer_id: uuid.UUID, who: Reader, session: Session) -> VolunteerView:
    """With her number. Written down as a look at a person."""
    view = await _whole(session, who, volunteer_id)
    await audit(session, who.actor, "volunteer:read", volunteer_id)
    return view


@router.put("/api/volunteers/{volunteer_id}")
async def edit(volunteer_id: uuid.UUID, body: EditVolunteer, who: Worker, session: Session) -> VolunteerView:
    """409 `volunteer_changed`, `volunteer_known`."""
    known = await queries.get_volunteer(session, volunteer_id)
    await check_scope(session, who.actor, [known.community_id, body.community_id])
    await people.edit(session, who.actor, volunteer_id, body)
    return await _whole(session, who, volunteer_id)


@router.post("/api/volunteers/{volunteer_id}/trainings")
async def write_training(
    volunteer_id: uuid.UUID, body: NewTraining, who: Worker, session: Session, idempotency_key: IdempotencyKey = None
) -> VolunteerView:
    await did(
        session, who, idempotency_key, f"volunteer:training:{volunteer_id}", body,
        lambda: people.write_training(session, who.actor, volunteer_id, body),
    )  # fmt: skip
    return await _whole(session, who, volunteer_id)


@router.post("/api/volunteers/{volunteer_id}/state")
async def move(
    volunteer_id: uuid.UUID, body: MoveVolunteer, who: Decider, session: Session, idempotency_key: IdempotencyKey = None
) -> VolunteerView:
    """409 `too_young`, `still_at_work`; 403 `not_your_region`."""

    async def do() -> object:
        await check_scope(session, who.actor, [(await queries.get_volunteer(session, volunteer_id)).community_id])
        return await people.move(session, who.actor, volunteer_id, version=body.version, to=body.to, reason=body.reason)

    await did(session, who, idempotency_key, f"volunteer:state:{volunteer_id}", body, do)
    return await _whole(session, who, volunteer_id)


# --- visits --------------------------------------------------------------------------------------------------------------


@router.get("/api/volunteer-visits")
async def list_visits(
    who: Reader,
    session: Session,
    which: Literal["open", "over", "all"] = "open",
    elder_id: uuid.UUID | None = None,
    volunteer_id: uuid.UUID | None = None,
    case_id: uuid.UUID | None = None,
) -> list[VisitHead]:
    current = (await current_ids(session, [elder_id])).get(elder_id, elder_id) if elder_id else None
    found = await queries.list_visits(session, which=which, elder_id=current, volunteer_id=volunteer_id, case_id=case_id)
    return await visit_heads(session, who, found)


@router.post("/api/elders/{elder_id}/volunteer-visits")
async def ask(
    elder_id: uuid.UUID,
    body: AskVisit,
    who: Worker,
    session: Session,
    case_id: uuid.UUID | None = None,
    idempotency_key: IdempotencyKey = None,
) -> VisitView:
    """On her case, or (without one) on a case of its own. 409 `volunteer_unfit`, `coins_too_young`, `not_enough`, `points_frozen`."""

    async def do() -> MadeId:
        current = await opened(session, who, elder_id, purpose="volunteer")
        if case_id is not None:
            await writable(session, who, case_id)
        return MadeId(id=(await visits.ask(session, who.actor, body, elder_id=current, case_id=case_id)).id)

    made = await once(session, who.user_id, idempotency_key, f"visit:ask:{elder_id}:{case_id}", body, MadeId, do)
    return await _visit(session, who, made.id)


async def _visit(session: AsyncSession, who: SignedIn, visit_id: uuid.UUID) -> VisitView:
    return await visit_view(session, who, await queries.get_visit(session, visit_id))


@router.get("/api/volunteer-visits/{visit_id}")
async def get_visit(visit_id: uuid.UUID, who: Reader, session: Session) -> VisitView:
    view = await _visit(session, who, visit_id)
    await audit(session, who.actor, "visit:read", visit_id, details={"whole": view.whole})
    return view


@router.get("/api/volunteer-visits/{visit_id}/candidates")
async def list_candidates(visit_id: uuid.UUID, who: Reader, session: Session) -> list[VolunteerCandidate]:
    """Active volunteers who do this, the best first, with what speaks against each."""
    return await candidates(session, await queries.get_visit(session, visit_id))


async def _moved(
    session: AsyncSession,
    who: SignedIn,
    key: str | None,
    verb: str,
    visit_id: uuid.UUID,
    body: BaseModel,
    do: Callable[[], Awaitable[object]],
) -> VisitView:
    """Whoever may not see the elder whole may arrange nothing for her; a volunteer who calls about an open visit is one that any agent serves."""
    await did(session, who, key, f"visit:{verb}:{visit_id}", body, do)
    return await _visit(session, who, visit_id)


@router.post("/api/volunteer-visits/{visit_id}/offer")
async def offer(visit_id: uuid.UUID, body: OfVolunteer, who: Worker, session: Session, idempotency_key: IdempotencyKey = None) -> VisitView:
    """派单. 409 `volunteer_unfit`, `visit_changed`."""
    return await _moved(
        session, who, idempotency_key, "offer", visit_id, body,
        lambda: visits.offer(session, who.actor, visit_id, version=body.version, volunteer_id=body.volunteer_id),
    )  # fmt: skip


@router.post("/api/volunteer-visits/{visit_id}/answer")
async def answer(
    visit_id: uuid.UUID, body: AnswerOffer, who: Worker, session: Session, idempotency_key: IdempotencyKey = None
) -> VisitView:
    """What the volunteer said on the telephone. 409 `not_offered`."""
    return await _moved(
        session, who, idempotency_key, "answer", visit_id, body,
        lambda: visits.answer(session, who.actor, visit_id, version=body.version, accepted=body.accepted),
    )  # fmt: skip


@router.post("/api/volunteer-visits/{visit_id}/take")
async def take(visit_id: uuid.UUID, body: OfVolunteer, who: Worker, session: Session, idempotency_key: IdempotencyKey = None) -> VisitView:
    """接单. 409 `visit_taken`, `volunteer_unfit`."""
    return await _moved(
        session, who, idempotency_key, "take", visit_id, body,
        lambda: visits.take(session, who.actor, visit_id, version=body.version, volunteer_id=body.volunteer_id),
    )  # fmt: skip


@router.post("/api/volunteer-visits/{visit_id}/release")
async def release(visit_id: uuid.UUID, body: VisitNote, who: Worker, session: Session, idempotency_key: IdempotencyKey = None) -> VisitView:
    return await _moved(
        session, who, idempotency_key, "release", visit_id, body,
        lambda: visits.release(session, who.actor, visit_id, version=body.version, note=body.note),
    )  # fmt: skip


@router.post("/api/volunteer-visits/{visit_id}/cancel")
async def cancel(visit_id: uuid.UUID, body: VisitNote, who: Worker, session: Session, idempotency_key: IdempotencyKey = None) -> VisitView:
    async def do() -> object:
        await _hers(session, who, visit_id)
        return await visits.cancel(session, who.actor, visit_id, version=body.version, note=body.note)

    return await _moved(session, who, idempotency_key, "cancel", visit_id, body, do)


@router.post("/api/volunteer-visits/{visit_id}/prove")
async def prove(visit_id: uuid.UUID, body: ProveVisit, who: Worker, session: Session, idempotency_key: IdempotencyKey = None) -> VisitView:
    """422 `code_wrong`, `not_her_phone`; 409 `code_locked`, `session_overlap`, `wrong_stage`."""

    async def do() -> object:
        return await doing.prove(session, who.actor, visit_id, body)

    return await _moved(session, who, idempotency_key, "prove", visit_id, body, do)


@router.post("/api/volunteer-visits/{visit_id}/service-code")
async def renew_code(
    visit_id: uuid.UUID, body: RenewCode, who: Worker, session: Session, idempotency_key: IdempotencyKey = None
) -> VisitView:
    """For whoever may see the elder whole, and tells her."""

    async def do() -> object:
        await _hers(session, who, visit_id)
        return await doing.renew_code(session, who.actor, visit_id, version=body.version)

    return await _moved(session, who, idempotency_key, "code", visit_id, body, do)


@router.post("/api/volunteer-visits/{visit_id}/confirm")
async def confirm(visit_id: uuid.UUID, body: VisitNote, who: Worker, session: Session, idempotency_key: IdempotencyKey = None) -> VisitView:
    """Her word that it was so, heard by whoever may see her whole; coins and points follow. 409 `proof_missing`, `session_overlap`."""

    async def do() -> object:
        await _hers(session, who, visit_id)
        return await doing.confirm(session, who.actor, visit_id, version=body.version, note=body.note)

    return await _moved(session, who, idempotency_key, "confirm", visit_id, body, do)


@router.post("/api/volunteer-visits/{visit_id}/dispute")
async def dispute(visit_id: uuid.UUID, body: VisitNote, who: Worker, session: Session, idempotency_key: IdempotencyKey = None) -> VisitView:
    async def do() -> object:
        await _hers(session, who, visit_id)
        return await doing.dispute(session, who.actor, visit_id, version=body.version, note=body.note)

    return await _moved(session, who, idempotency_key, "dispute", visit_id, body, do)


@router.post("/api/volunteer-visits/{visit_id}/decide")
async def decide(
    visit_id: uuid.UUID, body: DecideVisit, who: Decider, session: Session, idempotency_key: IdempotencyKey = None
) -> VisitView:
    """By a supervisor of the region. 422 `more_than_there_was`; 403 `not_your_region`."""

    async def do() -> object:
        await check_scope(session, who.actor, [(await queries.get_visit(session, visit_id)).community_id])
        return await doing.decide(session, who.actor, visit_id, version=body.version, half_hours=body.half_hours, reason=body.reason)

    return await _moved(session, who, idempotency_key, "decide", visit_id, body, do)


async def _hers(session: AsyncSession, who: SignedIn, visit_id: uuid.UUID) -> None:
    await opened(session, who, (await queries.get_visit(session, visit_id)).elder_id, purpose="volunteer")


# --- coins ---------------------------------------------------------------------------------------------------------------


@router.get("/api/elders/{elder_id}/coins")
async def get_coins(elder_id: uuid.UUID, who: Reader, session: Session) -> CoinsView:
    """For whoever may see all of her."""
    current = await opened(session, who, elder_id, purpose="coins")
    await audit(session, who.actor, "elder:read", current, purpose="coins")
    return await coins_view(session, current)


@router.post("/api/elders/{elder_id}/coins/give")
async def give(elder_id: uuid.UUID, body: GiveCoins, who: Worker, session: Session, idempotency_key: IdempotencyKey = None) -> CoinsView:
    """To another elder who is her spouse or direct kin. 409 `not_kin`, `gift_year`, `coins_full`, `not_enough`, `points_frozen`, `key_conflict`."""
    current = await opened(session, who, elder_id, purpose="coins")

    async def do() -> object:
        taker = await current_id(session, body.to_elder_id)
        for one in sorted({current, taker}, key=str):
            await member_of(session, one)
        return await coins.give(session, who.actor, body.gift_id, giver_id=current, taker_id=taker, half_hours=body.half_hours)

    await did(session, who, idempotency_key, f"coins:give:{current}", body, do)
    return await coins_view(session, current)


@router.post("/api/elders/{elder_id}/coins/donate")
async def donate(
    elder_id: uuid.UUID, body: DonateCoins, who: Worker, session: Session, idempotency_key: IdempotencyKey = None
) -> CoinsView:
    """To the public fund."""
    current = await opened(session, who, elder_id, purpose="coins")

    async def do() -> object:
        await member_of(session, current)
        return await coins.donate(session, who.actor, body.gift_id, giver_id=current, half_hours=body.half_hours)

    await did(session, who, idempotency_key, f"coins:donate:{current}", body, do)
    return await coins_view(session, current)
