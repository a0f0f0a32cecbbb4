"""Stores: the list, a profile and each of its parts, admission, files in and out, organisations above; and whom an elder wants no more."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.roles import Permission
from callcenter.accounts.sessions import SignedIn
from callcenter.console.http import Session, needs
from callcenter.console.idempotency import IdempotencyKey, once
from callcenter.console.routes.elder_files import FILE, XLSX, attachment
from callcenter.console.routes.profiles import did, opened
from callcenter.console.schemas_regions import Made
from callcenter.dispatch import admission
from callcenter.dispatch.stores import files, organisations, queries
from callcenter.dispatch.stores.actions import licences, people, profile
from callcenter.dispatch.stores.models import StoreState
from callcenter.dispatch.stores.queries import StoreFilter
from callcenter.dispatch.stores.schemas import (
    ChangedArea,
    ChangedItems,
    ChangedMember,
    ChangedOrganisation,
    ChangedStore,
    Decision,
    MemberForm,
    NewBlackout,
    NewLicence,
    NewRefusal,
    OfficerForm,
    OfStoreVersion,
    OrganisationForm,
    OrganisationReport,
    OrganisationView,
    RefusalView,
    RenewedLicence,
    Revocation,
    StoreChangeView,
    StoreForm,
    StoreImportReport,
    StoreList,
    StoreView,
)

router = APIRouter()
Reader = Annotated[SignedIn, Depends(needs(Permission.STORES_READ))]
Writer = Annotated[SignedIn, Depends(needs(Permission.STORES_WRITE))]
Admitter = Annotated[SignedIn, Depends(needs(Permission.STORES_ADMIT))]
OrderWriter = Annotated[SignedIn, Depends(needs(Permission.ORDERS_WRITE))]
OrderReader = Annotated[SignedIn, Depends(needs(Permission.ORDERS_READ))]
Item = Annotated[str, Query(pattern="^([A-Z]{2}[0-9]{2})?$")]
PAGE = 50


async def _view(session: AsyncSession, who: SignedIn, store_id: uuid.UUID) -> StoreView:
    return await queries.get_store_view(session, store_id, numbers=who.actor.may(Permission.STORES_WRITE))


async def _did(
    session: AsyncSession,
    who: SignedIn,
    key: str | None,
    action: str,
    body: BaseModel,
    store_id: uuid.UUID,
    do: Callable[[], Awaitable[object]],
) -> StoreView:
    """Once for each key; then the papers are looked at: what it holds, who works there or what it offers may have changed."""

    async def done() -> object:
        await do()
        return await admission.look_at_papers(session, store_id)

    await did(session, who, key, f"store:{action}:{store_id}", body, done)
    return await _view(session, who, store_id)


# --- the list ------------------------------------------------------------------------------------------------------------------------


@router.get("/api/stores")
async def list_stores(
    who: Reader,
    session: Session,
    q: Annotated[str, Query(max_length=100)] = "",
    state: StoreState | None = None,
    item: Item = "",
    region_id: uuid.UUID | None = None,
    organisation_id: uuid.UUID | None = None,
    expiring: bool = False,
    smartphone: bool | None = None,
    offset: Annotated[int, Query(ge=0, le=100_000)] = 0,
) -> StoreList:
    """By name, pinyin, initials or code; `expiring`: with a paper that lapses within 60 days or has lapsed."""
    wanted = StoreFilter(q, state, item, region_id, organisation_id, expiring, smartphone)
    return await queries.list_stores(session, wanted, offset=offset, limit=PAGE)


@router.post("/api/stores")
async def create_store(body: StoreForm, who: Writer, session: Session, idempotency_key: IdempotencyKey = None) -> StoreView:
    """It has applied; nothing is offered to it yet."""

    async def do() -> Made:
        return Made(id=(await profile.create_store(session, who.actor, body)).id)

    made = await once(session, who.user_id, idempotency_key, "store:create", body, Made, do)
    return await _view(session, who, made.id)


# --- files ---------------------------------------------------------------------------------------------------------------------------


@router.get("/api/stores/template", response_class=Response)
async def get_template(who: Writer, format: Literal["csv", "xlsx"] = "xlsx") -> Response:
    return attachment(files.template(format), f"服务商导入模板.{format}", XLSX if format == "xlsx" else "text/csv; charset=utf-8")


@router.get("/api/stores/export", response_class=Response)
async def export_stores(
    who: Reader,
    session: Session,
    q: Annotated[str, Query(max_length=100)] = "",
    state: StoreState | None = None,
    item: Item = "",
    region_id: uuid.UUID | None = None,
    organisation_id: uuid.UUID | None = None,
    expiring: bool = False,
    smartphone: bool | None = None,
    format: Literal["csv", "xlsx"] = "xlsx",
) -> Response:
    """Numbers whole for whoever may change stores, else masked."""
    wanted = StoreFilter(q, state, item, region_id, organisation_id, expiring, smartphone)
    numbers = who.actor.may(Permission.STORES_WRITE)
    data = await files.export_stores(session, who.actor, wanted, kind=format, numbers=numbers)
    return attachment(data, f"服务商.{format}", XLSX if format == "xlsx" else "text/csv; charset=utf-8")


@router.post("/api/stores/import", openapi_extra=FILE)
async def import_stores(request: Request, who: Writer, session: Session, dry_run: bool = True) -> StoreImportReport:
    """A .csv or .xlsx of at most 5 MB as the body; all rows or none, and the report says row, column and why. Twice is once: the second changes nothing
    of stores with a code; without one, `dry_run` first."""
    return await files.import_stores(session, who.actor, await request.body(), dry_run=dry_run)


# --- one -----------------------------------------------------------------------------------------------------------------------------


@router.get("/api/stores/{store_id}")
async def get_store(store_id: uuid.UUID, who: Reader, session: Session) -> StoreView:
    return await _view(session, who, store_id)


@router.put("/api/stores/{store_id}")
async def edit_store(store_id: uuid.UUID, body: ChangedStore, who: Writer, session: Session) -> StoreView:
    """409 `store_changed` when it is not as one has seen it. A masked number is left as it is."""
    await profile.edit_store(session, who.actor, store_id, body)
    return await _view(session, who, store_id)


@router.get("/api/stores/{store_id}/changes")
async def get_changes(store_id: uuid.UUID, who: Reader, session: Session) -> list[StoreChangeView]:
    await queries.get_store(session, store_id)
    return await queries.list_changes(session, store_id)


@router.post("/api/stores/{store_id}/state")
async def decide(store_id: uuid.UUID, body: Decision, who: Admitter, session: Session, idempotency_key: IdempotencyKey = None) -> StoreView:
    """Admission (409 `store_not_ready` says what is missing), suspension and leaving (with a reason), applying again. Suspended: its open offers go to
    others, jobs that it has not begun are put before the agents."""
    await did(session, who, idempotency_key, f"store:state:{store_id}", body, lambda: admission.decide(session, who.actor, store_id, body))
    return await _view(session, who, store_id)


@router.put("/api/stores/{store_id}/items")
async def set_items(store_id: uuid.UUID, body: ChangedItems, who: Writer, session: Session) -> StoreView:
    """All that it offers. 422 `price_outside` without a reason."""
    await profile.set_items(session, who.actor, store_id, body)
    await admission.look_at_papers(session, store_id)
    return await _view(session, who, store_id)


@router.put("/api/stores/{store_id}/area")
async def set_area(store_id: uuid.UUID, body: ChangedArea, who: Writer, session: Session) -> StoreView:
    """Communities, or a GeoJSON Polygon or MultiPolygon (422 `bad_geometry`)."""
    await profile.set_area(session, who.actor, store_id, body)
    return await _view(session, who, store_id)


@router.post("/api/stores/{store_id}/blackouts")
async def add_blackout(
    store_id: uuid.UUID, body: NewBlackout, who: Writer, session: Session, idempotency_key: IdempotencyKey = None
) -> StoreView:
    return await _did(
        session, who, idempotency_key, "blackout", body, store_id, lambda: profile.add_blackout(session, who.actor, store_id, body)
    )


@router.post("/api/stores/{store_id}/blackouts/{blackout_id}/remove")
async def remove_blackout(
    store_id: uuid.UUID, blackout_id: uuid.UUID, body: OfStoreVersion, who: Writer, session: Session, idempotency_key: IdempotencyKey = None
) -> StoreView:
    return await _did(
        session, who, idempotency_key, f"blackout-gone:{blackout_id}", body, store_id,
        lambda: profile.remove_blackout(session, who.actor, store_id, blackout_id, version=body.version),
    )  # fmt: skip


# --- papers and people -----------------------------------------------------------------------------------------------------------------


@router.post("/api/stores/{store_id}/licences")
async def add_licence(
    store_id: uuid.UUID, body: NewLicence, who: Writer, session: Session, idempotency_key: IdempotencyKey = None
) -> StoreView:
    return await _did(
        session, who, idempotency_key, "licence", body, store_id, lambda: licences.add_licence(session, who.actor, store_id, body)
    )


@router.post("/api/stores/{store_id}/licences/{licence_id}/renew")
async def renew_licence(
    store_id: uuid.UUID, licence_id: uuid.UUID, body: RenewedLicence, who: Writer, session: Session, idempotency_key: IdempotencyKey = None
) -> StoreView:
    """A store that was suspended for its papers alone is restored at once."""
    return await _did(
        session, who, idempotency_key, f"renew:{licence_id}", body, store_id,
        lambda: licences.renew_licence(session, who.actor, store_id, licence_id, body),
    )  # fmt: skip


@router.post("/api/stores/{store_id}/licences/{licence_id}/revoke")
async def revoke_licence(
    store_id: uuid.UUID, licence_id: uuid.UUID, body: Revocation, who: Writer, session: Session, idempotency_key: IdempotencyKey = None
) -> StoreView:
    return await _did(
        session, who, idempotency_key, f"revoke:{licence_id}", body, store_id,
        lambda: licences.revoke_licence(session, who.actor, store_id, licence_id, body),
    )  # fmt: skip


@router.post("/api/stores/{store_id}/people")
async def add_member(
    store_id: uuid.UUID, body: MemberForm, who: Writer, session: Session, idempotency_key: IdempotencyKey = None
) -> StoreView:
    """Found by her number; at two stores she is one person."""
    return await _did(
        session, who, idempotency_key, "person", body, store_id, lambda: people.add_member(session, who.actor, store_id, body)
    )


@router.put("/api/stores/{store_id}/people/{person_id}")
async def change_member(store_id: uuid.UUID, person_id: uuid.UUID, body: ChangedMember, who: Writer, session: Session) -> StoreView:
    await people.change_member(session, who.actor, store_id, person_id, body)
    await admission.look_at_papers(session, store_id)
    return await _view(session, who, store_id)


# --- organisations -----------------------------------------------------------------------------------------------------------------------


async def _organisation(session: AsyncSession, who: SignedIn, organisation_id: uuid.UUID) -> OrganisationView:
    return await organisations.get_organisation(session, organisation_id, numbers=who.actor.may(Permission.STORES_WRITE))


@router.get("/api/organisations")
async def list_organisations(who: Reader, session: Session) -> list[OrganisationView]:
    return await organisations.list_organisations(session, numbers=who.actor.may(Permission.STORES_WRITE))


@router.post("/api/organisations")
async def create_organisation(
    body: OrganisationForm, who: Admitter, session: Session, idempotency_key: IdempotencyKey = None
) -> OrganisationView:
    async def do() -> Made:
        return Made(id=(await organisations.create_organisation(session, who.actor, body)).id)

    made = await once(session, who.user_id, idempotency_key, "organisation:create", body, Made, do)
    return await _organisation(session, who, made.id)


@router.put("/api/organisations/{organisation_id}")
async def edit_organisation(organisation_id: uuid.UUID, body: ChangedOrganisation, who: Admitter, session: Session) -> OrganisationView:
    await organisations.edit_organisation(session, who.actor, organisation_id, body)
    return await _organisation(session, who, organisation_id)


@router.post("/api/organisations/{organisation_id}/officers")
async def add_officer(organisation_id: uuid.UUID, body: OfficerForm, who: Admitter, session: Session) -> OrganisationView:
    """She admits, suspends and reports the stores below it. Harmless twice."""
    await organisations.add_officer(session, who.actor, organisation_id, body)
    return await _organisation(session, who, organisation_id)


@router.delete("/api/organisations/{organisation_id}/officers/{person_id}")
async def remove_officer(organisation_id: uuid.UUID, person_id: uuid.UUID, who: Admitter, session: Session) -> OrganisationView:
    await organisations.remove_officer(session, who.actor, organisation_id, person_id)
    return await _organisation(session, who, organisation_id)


@router.get("/api/organisations/{organisation_id}/report")
async def get_report(organisation_id: uuid.UUID, who: Reader, session: Session, first: date, last: date) -> OrganisationReport:
    """Jobs, answered offers, ratings, papers of each of its stores; at most a year."""
    await _organisation(session, who, organisation_id)
    return await organisations.report(session, organisation_id, first=first, last=last)


# --- an elder who wants one no more ------------------------------------------------------------------------------------------------------


@router.get("/api/elders/{elder_id}/refused-stores")
async def list_refused(elder_id: uuid.UUID, who: OrderReader, session: Session) -> list[RefusalView]:
    return await queries.list_refusals(session, await opened(session, who, elder_id, purpose="stores"))


@router.post("/api/elders/{elder_id}/refused-stores")
async def refuse_store(elder_id: uuid.UUID, body: NewRefusal, who: OrderWriter, session: Session) -> list[RefusalView]:
    """Nothing is offered to it for her any more. Harmless twice."""
    current = await opened(session, who, elder_id, purpose="stores")
    await profile.refuse_store(session, who.actor, current, body.store_id, reason=body.reason)
    return await queries.list_refusals(session, current)


@router.delete("/api/elders/{elder_id}/refused-stores/{store_id}")
async def take_again(elder_id: uuid.UUID, store_id: uuid.UUID, who: OrderWriter, session: Session) -> list[RefusalView]:
    current = await opened(session, who, elder_id, purpose="stores")
    await profile.take_again(session, who.actor, current, store_id)
    return await queries.list_refusals(session, current)
