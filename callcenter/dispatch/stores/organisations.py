"""Organisations above stores and volunteers, and what their officers may do: admit, see and report their own."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import delete, exists, func, select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.dispatch.stores.actions.common import e164
from callcenter.dispatch.stores.actions.people import find_or_make_person
from callcenter.dispatch.stores.errors import StoreNotFound
from callcenter.dispatch.stores.models import (
    Licence,
    Organisation,
    OrganisationOfficer,
    ProviderPerson,
    Store,
    StoreMember,
)
from callcenter.dispatch.stores.queries import SOON, StoreFilter, list_stores, today
from callcenter.dispatch.stores.schemas import (
    ChangedOrganisation,
    OfficerForm,
    OfficerView,
    OrganisationForm,
    OrganisationReport,
    OrganisationView,
    StoreFigures,
    StoreRow,
)
from callcenter.kit import clock
from callcenter.kit.db import Asked, read_together
from callcenter.kit.errors import Conflict, Invalid, NotFound
from callcenter.kit.ids import new_id
from callcenter.kit.phone import mask, pretty
from callcenter.regions.models import Region
from callcenter.regions.queries import check_scope
from callcenter.settings import get_settings

MOST_STORES = 2_000  # of one organisation

# --- kept by the centre --------------------------------------------------------------------------------------------------------------


async def create_organisation(session: AsyncSession, actor: Actor, form: OrganisationForm) -> Organisation:
    await check_scope(session, actor, [form.region_id])
    await _check(session, form, but=None)
    made = Organisation(id=new_id(), version=1, **form.model_dump(), updated_at=clock.now())
    session.add(made)
    await session.flush()
    await audit(session, actor, "organisation:created", made.id, details={"kind": form.kind})
    return made


async def edit_organisation(session: AsyncSession, actor: Actor, organisation_id: uuid.UUID, form: ChangedOrganisation) -> Organisation:
    """An inactive one admits nobody any more; its stores stay what they are."""
    found = await _lock(session, organisation_id)
    await check_scope(session, actor, [found.region_id, form.region_id])
    if found.version != form.version:
        raise Conflict("somebody has changed it meanwhile; look again", code="organisation_changed", details={"version": found.version})
    await _check(session, form, but=organisation_id)
    changed = [name for name, value in form.model_dump(exclude={"version"}).items() if getattr(found, name) != value]
    if changed:
        for name in changed:
            setattr(found, name, getattr(form, name))
        found.version += 1
        found.updated_at = clock.now()
        await session.flush()
        await audit(session, actor, "organisation:edited", organisation_id, details={"fields": changed})
    return found


async def add_officer(session: AsyncSession, actor: Actor, organisation_id: uuid.UUID, form: OfficerForm) -> None:
    """By her number; harmless twice."""
    found = await _lock(session, organisation_id)
    await check_scope(session, actor, [found.region_id])
    person = await find_or_make_person(session, form.name, e164(form.number))
    put = pg_insert(OrganisationOfficer).values(organisation_id=organisation_id, person_id=person.id)
    await session.execute(put.on_conflict_do_nothing())
    await audit(session, actor, "organisation:officer-added", organisation_id, details={"person_id": str(person.id)})


async def remove_officer(session: AsyncSession, actor: Actor, organisation_id: uuid.UUID, person_id: uuid.UUID) -> None:
    """Harmless twice."""
    found = await _lock(session, organisation_id)
    await check_scope(session, actor, [found.region_id])
    here = (OrganisationOfficer.organisation_id == organisation_id) & (OrganisationOfficer.person_id == person_id)
    await session.execute(delete(OrganisationOfficer).where(here))
    await audit(session, actor, "organisation:officer-removed", organisation_id, details={"person_id": str(person_id)})


async def list_organisations(session: AsyncSession, *, numbers: bool, only: uuid.UUID | None = None) -> list[OrganisationView]:
    """By name; `numbers`: the officers' whole, else masked."""
    rows = await session.execute(
        select(Organisation, Region.name, select(func.count()).where(Store.organisation_id == Organisation.id).scalar_subquery())
        .outerjoin(Region, Region.id == Organisation.region_id)
        .where(Organisation.id == only if only else Organisation.id.is_not(None))
        .order_by(Organisation.active.desc(), Organisation.kind, Organisation.name)
        .execution_options(populate_existing=True)
    )
    officers: dict[uuid.UUID, list[OfficerView]] = {}
    people = (
        select(OrganisationOfficer.organisation_id, ProviderPerson)
        .join(ProviderPerson, ProviderPerson.id == OrganisationOfficer.person_id)
        .order_by(ProviderPerson.name)
    )
    for organisation_id, person in await session.execute(people):
        number = pretty(person.number) if numbers else mask(person.number)
        officers.setdefault(organisation_id, []).append(OfficerView(person_id=person.id, name=person.name, number=number))
    return [
        OrganisationView(
            id=one.id, version=one.version, kind=one.kind, name=one.name, region_id=one.region_id, region=region or "", active=one.active,
            stores=stores, officers=officers.get(one.id, []),
        )
        for one, region, stores in rows
    ]  # fmt: skip


async def get_organisation(session: AsyncSession, organisation_id: uuid.UUID, *, numbers: bool) -> OrganisationView:
    found = await list_organisations(session, numbers=numbers, only=organisation_id)
    if not found:
        raise NotFound("no such organisation", code="organisation_not_found")
    return found[0]


async def _lock(session: AsyncSession, organisation_id: uuid.UUID) -> Organisation:
    locked = select(Organisation).where(Organisation.id == organisation_id).with_for_update().execution_options(populate_existing=True)
    found = await session.scalar(locked)
    if found is None:
        raise NotFound("no such organisation", code="organisation_not_found")
    return found


async def _check(session: AsyncSession, form: OrganisationForm, *, but: uuid.UUID | None) -> None:
    if form.region_id is not None and await session.get(Region, form.region_id) is None:
        raise Invalid("no such region", code="region_not_found", details={"field": "region_id"})
    if await session.scalar(select(Organisation.id).where(Organisation.name == form.name, Organisation.id != but)):
        raise Conflict("there is an organisation of this name", code="name_taken", details={"field": "name"})


# --- what an officer may do ------------------------------------------------------------------------------------------------------------


async def organisations_of(session: AsyncSession, person_id: uuid.UUID) -> Sequence[Organisation]:
    """For which she speaks."""
    hers = select(OrganisationOfficer.organisation_id).where(OrganisationOfficer.person_id == person_id)
    return (
        await session.scalars(select(Organisation).where(Organisation.id.in_(hers), Organisation.active).order_by(Organisation.name))
    ).all()


async def list_stores_of(session: AsyncSession, person_id: uuid.UUID, organisation_id: uuid.UUID) -> list[StoreRow]:
    """All stores below it. NotFound when she does not speak for it."""
    await must_speak_for(session, person_id, organisation_id)
    return (await list_stores(session, StoreFilter(organisation_id=organisation_id), limit=MOST_STORES)).items


async def may_see_store(session: AsyncSession, person_id: uuid.UUID, store_id: uuid.UUID) -> bool:
    """As an officer of the organisation above it; what a keeper may is her membership's."""
    speaks = (
        select(OrganisationOfficer.person_id)
        .join(Organisation, Organisation.id == OrganisationOfficer.organisation_id)
        .join(ProviderPerson, ProviderPerson.id == OrganisationOfficer.person_id)
        .where(
            OrganisationOfficer.person_id == person_id,
            OrganisationOfficer.organisation_id == Store.organisation_id,
            Organisation.active,
            ProviderPerson.active,
        )
    )
    return bool(await session.scalar(select(exists().where(Store.id == store_id, speaks.exists()))))


async def must_see_store(session: AsyncSession, person_id: uuid.UUID, store_id: uuid.UUID) -> None:
    """Another's store is not even known to her."""
    if not await may_see_store(session, person_id, store_id):
        raise StoreNotFound("no such store of yours")


async def must_speak_for(session: AsyncSession, person_id: uuid.UUID, organisation_id: uuid.UUID) -> None:
    if organisation_id not in {one.id for one in await organisations_of(session, person_id)}:
        raise NotFound("no such organisation of yours", code="organisation_not_found")


# --- its report --------------------------------------------------------------------------------------------------------------------------

_JOBS = """
    SELECT store_id, count(*) AS jobs FROM orders
    WHERE store_id = ANY (%(ids)s) AND state IN ('done', 'verified', 'settled') AND checked_out_at >= %(first)s AND checked_out_at < %(end)s
    GROUP BY store_id
"""
_OFFERS = """
    SELECT store_id, count(*) AS offers, count(*) FILTER (WHERE state = 'accepted') AS accepted FROM offers
    WHERE store_id = ANY (%(ids)s) AND offered_at >= %(first)s AND offered_at < %(end)s AND state IN ('accepted', 'declined', 'expired')
    GROUP BY store_id
"""
_COMPLAINTS = """
    SELECT store_id, count(*) AS complaints FROM complaints
    WHERE store_id = ANY (%(ids)s) AND opened_at >= %(first)s AND opened_at < %(end)s AND state <> 'withdrawn'
    GROUP BY store_id
"""


async def report(session: AsyncSession, organisation_id: uuid.UUID, *, first: date, last: date) -> OrganisationReport:
    """Of each of its stores: jobs done, offers answered and accepted, rating, complaints that were not taken back, papers that lapse. Who may ask:
    the caller checks (`must_speak_for`, or the console's permission)."""
    if last < first or (last - first).days > 366:
        raise Invalid("first day, last day, at most a year", code="dates_order", details={"field": "last"})
    zone = ZoneInfo(get_settings().timezone)
    begins, ends = (datetime.combine(day, datetime.min.time(), zone) for day in (first, last + timedelta(days=1)))
    stores = (await session.scalars(select(Store).where(Store.organisation_id == organisation_id).order_by(Store.pinyin, Store.id))).all()
    asked = {"ids": [store.id for store in stores], "first": begins, "end": ends}
    jobs, offers, complaints = await read_together(session, Asked(_JOBS, asked), Asked(_OFFERS, asked), Asked(_COMPLAINTS, asked))
    done = {row.store_id: row.jobs for row in jobs}
    answered = {row.store_id: (row.offers, row.accepted) for row in offers}
    complained = {row.store_id: row.complaints for row in complaints}
    expiring = await _expiring(session, [store.id for store in stores])
    figures = [
        StoreFigures(
            store_id=store.id, code=store.code, name=store.name, state=store.state, jobs=done.get(store.id, 0),
            offers=answered.get(store.id, (0, 0))[0], accepted=answered.get(store.id, (0, 0))[1], rating=store.rating,
            rating_count=store.rating_count, complaints=complained.get(store.id, 0), licences_expiring=expiring.get(store.id, 0),
        )
        for store in stores
    ]  # fmt: skip
    return OrganisationReport(
        first=first, last=last, jobs=sum(f.jobs for f in figures), offers=sum(f.offers for f in figures),
        accepted=sum(f.accepted for f in figures), complaints=sum(f.complaints for f in figures),
        licences_expiring=sum(f.licences_expiring for f in figures), stores=figures,
    )  # fmt: skip


async def _expiring(session: AsyncSession, store_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    """Each paper once at each store where it counts."""
    due = (Licence.revoked_at.is_(None), Licence.valid_to <= today() + SOON)
    own = select(Licence.store_id.label("store_id"), Licence.id).where(Licence.store_id.in_(store_ids), *due)
    hers = (
        select(StoreMember.store_id, Licence.id)
        .join(Licence, Licence.person_id == StoreMember.person_id)
        .where(StoreMember.store_id.in_(store_ids), StoreMember.active, *due)
    )
    both = own.union(hers).subquery()
    return {row[0]: row[1] for row in await session.execute(select(both.c.store_id, func.count()).group_by(both.c.store_id))}
