"""Outside help: whose numbers they are, by place; what of an emergency is handed over to them, and the links of crews."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.audit import audit
from callcenter.accounts.roles import Permission
from callcenter.accounts.sessions import SignedIn
from callcenter.cases.queries import get_case
from callcenter.console.http import NoAccess, Session, needs
from callcenter.console.idempotency import IdempotencyKey, once
from callcenter.console.routes.cases import sees_all, writable
from callcenter.console.schemas_outside import HandedOver, MadeHandover
from callcenter.console.schemas_regions import Made
from callcenter.emergency.outside import actions, queries, services
from callcenter.emergency.outside.models import OutsideHandover
from callcenter.emergency.outside.schemas import (
    ChangedService,
    HandoverOutView,
    MadeLink,
    NewLink,
    NewService,
    OfferHandover,
    ServiceInterface,
    ServiceView,
    Told,
    ToldState,
)
from callcenter.emergency.outside.states import HandoverOutState, Source
from callcenter.emergency.protocols.actions import note_act
from callcenter.emergency.protocols.condition import condition_of
from callcenter.kit import clock
from callcenter.kit.errors import NotFound

router = APIRouter()
Regions = Annotated[SignedIn, Depends(needs(Permission.REGIONS_READ))]
Keeper = Annotated[SignedIn, Depends(needs(Permission.REGIONS_WRITE))]
Admin = Annotated[SignedIn, Depends(needs(Permission.CENTRE_WRITE))]
Reader = Annotated[SignedIn, Depends(needs(Permission.CASES_READ))]
Writer = Annotated[SignedIn, Depends(needs(Permission.CASES_WRITE))]


# --- numbers ----------------------------------------------------------------------------------------------------------------------------


@router.get("/api/outside-services")
async def list_services(who: Regions, session: Session) -> list[ServiceView]:
    """120, 110, 119, gas and 12345, of the whole centre and of regions that have another. The nearest to the elder counts."""
    return await services.list_services(session, whole=who.actor.may(Permission.REGIONS_WRITE))


@router.post("/api/outside-services")
async def add_service(body: NewService, who: Keeper, session: Session, idempotency_key: IdempotencyKey = None) -> ServiceView:
    """For one region and agency; a supervisor in her regions. 409 `service_exists`."""

    async def do() -> Made:
        return Made(id=(await services.add_service(session, who.actor, body)).id)

    made = await once(session, who.user_id, idempotency_key, "outside_service:add", body, Made, do)
    return await services.get_view(session, made.id)


@router.put("/api/outside-services/{service_id}")
async def change_service(service_id: uuid.UUID, body: ChangedService, who: Keeper, session: Session) -> ServiceView:
    return services.view_of(await services.change_service(session, who.actor, service_id, body), whole=True)


@router.put("/api/outside-services/{service_id}/interface")
async def set_interface(service_id: uuid.UUID, body: ServiceInterface, who: Admin, session: Session) -> ServiceView:
    """A city's interface (docs/handover-api.md). An admin's alone: whole packets go there."""
    return services.view_of(await services.set_interface(session, who.actor, service_id, body), whole=True)


# --- hand-overs ---------------------------------------------------------------------------------------------------------------------------


@router.get("/api/emergencies/{case_id}/handovers")
async def list_handovers(case_id: uuid.UUID, who: Reader, session: Session) -> list[HandoverOutView]:
    """Newest first. Whoever may not see the case whole reads no words of it."""
    views = await queries.list_views(session, case_id)
    if await sees_all(session, who, await get_case(session, case_id)):
        return views
    hidden = {"confirmed_by": "", "reference": "", "reason": "", "outcome": "", "note": ""}
    return [view.model_copy(update=hidden) for view in views]


@router.post("/api/emergencies/{case_id}/handovers")
async def offer_handover(
    case_id: uuid.UUID, body: OfferHandover, who: Writer, session: Session, idempotency_key: IdempotencyKey = None
) -> HandedOver:
    """A packet for them, a deadline of two minutes, and a link for the crew when there is a mobile number. 422 `not_for_emergencies` for 12345,
    409 `handover_open`."""

    async def do() -> MadeHandover:
        await writable(session, who, case_id)
        handover, link = await actions.offer_handover(session, who.actor, case_id, body, answers=condition_of)
        await note_act(session, case_id)
        return MadeHandover(id=handover.id, link_id=link.id if link else None)

    made = await once(session, who.user_id, idempotency_key, f"handover_out:{case_id}", body, MadeHandover, do)
    link = await queries.get_made_link(session, made.link_id) if made.link_id else None
    return HandedOver(handover=await queries.get_view(session, made.id), link=link)


@router.post("/api/emergencies/{case_id}/handovers/{handover_id}/state")
async def tell_state(case_id: uuid.UUID, handover_id: uuid.UUID, body: ToldState, who: Writer, session: Session) -> HandoverOutView:
    """What she was told on the telephone. 409 `illegal_move` says which state it met; `reason_needed`, `outcome_needed`."""
    await _of_case(session, who, case_id, handover_id)
    words = {name: getattr(body, name) for name in ("reason", "who", "reference", "outcome")}
    told = Told(state=HandoverOutState(body.state), source=Source.AGENT, at=clock.now(), **words)
    await actions.tell_state(session, who.actor, handover_id, told)
    return await queries.get_view(session, handover_id)


@router.post("/api/emergencies/{case_id}/handovers/{handover_id}/link")
async def add_link(
    case_id: uuid.UUID, handover_id: uuid.UUID, body: NewLink, who: Writer, session: Session, idempotency_key: IdempotencyKey = None
) -> MadeLink:
    """Another link, for another telephone; sent there, or read aloud by its eight digits. It opens once."""

    async def do() -> Made:
        await _of_case(session, who, case_id, handover_id)
        return Made(id=(await actions.add_link(session, who.actor, handover_id, mobile=body.mobile)).id)

    made = await once(session, who.user_id, idempotency_key, f"handover_out:link:{handover_id}", body, Made, do)
    return await queries.get_made_link(session, made.id)


@router.post("/api/emergencies/{case_id}/handovers/{handover_id}/revoke")
async def revoke_links(case_id: uuid.UUID, handover_id: uuid.UUID, who: Writer, session: Session) -> HandoverOutView:
    """No link of this hand-over opens anything any more, at once; a page that is open shows nothing at its next request."""
    await _of_case(session, who, case_id, handover_id)
    await actions.revoke_links(session, who.actor, handover_id)
    return await queries.get_view(session, handover_id)


@router.get("/api/handovers-out/{handover_id}/packet")
async def get_packet(handover_id: uuid.UUID, who: Reader, session: Session) -> dict[str, object]:
    """What was handed over, as they have it now (its schema: callcenter/emergency/outside/packet_schema.json)."""
    handover = await queries.get_handover(session, handover_id)
    case = await get_case(session, handover.case_id)
    if not await sees_all(session, who, case):
        whose = {"elder_id": str(case.elder_id)} if case.elder_id else {}
        raise NoAccess("no call and no case of yours; break the glass with a reason", details=whose)
    if case.elder_id:
        details = {"health": True, "handover": str(handover_id)}
        await audit(session, who.actor, "elder:read", case.elder_id, purpose=f"case:{case.id}", details=details)
    return await queries.get_packet(session, handover_id)


async def _of_case(session: AsyncSession, who: SignedIn, case_id: uuid.UUID, handover_id: uuid.UUID) -> OutsideHandover:
    await writable(session, who, case_id)
    handover = await queries.get_handover(session, handover_id)
    if handover.case_id != case_id:
        raise NotFound("no such hand-over of this emergency", code="handover_not_found")
    return handover
