"""The catalogue: what may be ordered where, its versions, files of it, and what regions do otherwise."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import AwareDatetime
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.roles import Permission
from callcenter.accounts.sessions import SignedIn
from callcenter.catalog import actions
from callcenter.catalog.licences import LICENCES
from callcenter.catalog.localising import localise_item, views_of
from callcenter.catalog.queries import (
    get_current_version,
    get_version,
    get_version_before,
    list_items_of,
    list_localisations,
    list_rows,
    list_versions,
    resolve_items,
)
from callcenter.catalog.reading import write_catalog
from callcenter.catalog.schemas import (
    CatalogDiff,
    CatalogEdit,
    CatalogFile,
    CatalogReport,
    CatalogVersionLine,
    CatalogVersionView,
    ItemInForceView,
    LicenceView,
    LocalisationView,
    NewLocalisation,
    WithdrawVersion,
)
from callcenter.catalog.views import diff_view, in_force_view, item_view, version_line
from callcenter.console.http import Session, needs
from callcenter.console.idempotency import IdempotencyKey, once
from callcenter.console.routes.elder_files import attachment
from callcenter.kit import clock

router = APIRouter()
Reader = Annotated[SignedIn, Depends(needs(Permission.CATALOG_READ))]
Writer = Annotated[SignedIn, Depends(needs(Permission.CATALOG_WRITE))]
Localiser = Annotated[SignedIn, Depends(needs(Permission.CATALOG_LOCALISE))]
Number = Annotated[int, Path(ge=1, le=1_000_000)]


@router.get("/api/catalog")
async def get_catalog(
    who: Reader, session: Session, community_id: uuid.UUID | None = None, at: AwareDatetime | None = None
) -> list[ItemInForceView]:
    """As it is in force in a community, or everywhere without one; also what is switched off, with why."""
    return [in_force_view(item) for item in await resolve_items(session, community_id, at)]


@router.get("/api/catalog/licences")
async def get_licences(who: Reader) -> list[LicenceView]:
    return [LicenceView(**asdict(licence)) for licence in LICENCES.values()]


# --- versions -----------------------------------------------------------------------------------------------------------------------


@router.get("/api/catalog/versions")
async def get_versions(who: Reader, session: Session) -> list[CatalogVersionLine]:
    """The newest first. What is edited is the last one that is not withdrawn."""
    current = await get_current_version(session)
    return [version_line(version, count, current) for version, count in await list_versions(session)]


async def _version(session: AsyncSession, number: int) -> CatalogVersionView:
    version = await get_version(session, number)
    items = await list_items_of(session, version)
    line = version_line(version, len(items), await get_current_version(session))
    return CatalogVersionView(**line.model_dump(), rows=[item_view(item) for item in items])


@router.post("/api/catalog/versions")
async def edit_catalog(body: CatalogEdit, who: Writer, session: Session, idempotency_key: IdempotencyKey = None) -> CatalogVersionView:
    """A new version with these items changed or added. 409 `catalog_changed`, `catalog_planned`, `item_code_taken`."""

    async def do() -> CatalogVersionView:
        version = await actions.edit_items(session, who.actor, body)
        return await _version(session, version.number)

    return await once(session, who.user_id, idempotency_key, "catalog:edit", body, CatalogVersionView, do)


@router.get("/api/catalog/versions/{number}")
async def read_version(number: Number, who: Reader, session: Session) -> CatalogVersionView:
    return await _version(session, number)


@router.get("/api/catalog/versions/{number}/changes")
async def get_changes(
    number: Number, who: Reader, session: Session, against: Annotated[int | None, Query(ge=1, le=1_000_000)] = None
) -> CatalogDiff:
    """What is different from another version; without one, from that which it was built on."""
    version = await get_version(session, number)
    other = await get_version(session, against) if against else await get_version_before(session, version)
    return diff_view(version, await list_rows(session, version), other, await list_rows(session, other))


@router.get("/api/catalog/versions/{number}/csv", response_class=Response)
async def get_csv(number: Number, who: Reader, session: Session) -> Response:
    """With a byte order mark, so that spreadsheets read the Chinese."""
    text = write_catalog(await list_rows(session, await get_version(session, number)))
    return attachment(text.encode("utf-8-sig"), f"服务目录-{number}.csv", "text/csv; charset=utf-8")


@router.post("/api/catalog/versions/{number}/withdraw")
async def withdraw_version(
    number: Number, body: WithdrawVersion, who: Writer, session: Session, idempotency_key: IdempotencyKey = None
) -> CatalogVersionView:
    """One that is planned never comes into force. 409 `version_in_force`."""

    async def do() -> CatalogVersionView:
        await actions.withdraw_version(session, who.actor, number, seen=body.seen)
        return await _version(session, number)

    return await once(session, who.user_id, idempotency_key, f"catalog:withdraw:{number}", body, CatalogVersionView, do)


@router.post("/api/catalog/import")
async def import_catalog(body: CatalogFile, who: Writer, session: Session, idempotency_key: IdempotencyKey = None) -> CatalogReport:
    """All rows or none; `dry_run` only looks. The report says row, column and why."""

    async def do() -> CatalogReport:
        return await actions.import_catalog(session, who.actor, body)

    return await once(session, who.user_id, idempotency_key, "catalog:import", body, CatalogReport, do)


# --- regions ------------------------------------------------------------------------------------------------------------------------


@router.get("/api/catalog/localisations")
async def get_localisations(
    who: Reader,
    session: Session,
    region_id: uuid.UUID | None = None,
    code: Annotated[str | None, Query(max_length=10)] = None,
    history: bool = False,
) -> list[LocalisationView]:
    """What is in force and what is planned; with `history` also what is past."""
    return views_of(await list_localisations(session, region_id=region_id, code=code), clock.now(), history=history)


@router.post("/api/catalog/localisations")
async def localise(body: NewLocalisation, who: Localiser, session: Session, idempotency_key: IdempotencyKey = None) -> LocalisationView:
    """409 `localisation_changed` when somebody has said something since `seen`; 403 `not_your_region`."""

    async def do() -> LocalisationView:
        row = await localise_item(session, who.actor, body)
        rows = await list_localisations(session, region_id=body.region_id, code=body.code)
        (view,) = [view for view in views_of(rows, clock.now(), history=True) if view.number == row.number]
        return view

    return await once(session, who.user_id, idempotency_key, f"catalog:localise:{body.region_id}", body, LocalisationView, do)
