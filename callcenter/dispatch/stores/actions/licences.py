"""Papers of a store and of who works there: added, renewed, revoked. What follows for the store: `dispatch.admission.look_at_papers`."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.catalog.licences import LICENCES, HeldBy
from callcenter.dispatch.stores.actions.common import lock_store, write_change
from callcenter.dispatch.stores.models import Licence, Store, StoreMember
from callcenter.dispatch.stores.schemas import NewLicence, RenewedLicence, Revocation
from callcenter.kit import clock
from callcenter.kit.errors import Conflict, Invalid, NotFound


async def add_licence(session: AsyncSession, actor: Actor, store_id: uuid.UUID, new: NewLicence) -> Licence:
    """Invalid `licence_unknown`, `wrong_holder`, `dates_order`; Conflict `licence_known`: renew the one that is there."""
    store = await lock_store(session, actor, store_id, version=new.version)
    if new.person_id is not None:
        await _must_be_member(session, store_id, new.person_id)
    return await put_licence(
        session, actor, store, kind=new.kind, person_id=new.person_id, number=new.number, valid_from=new.valid_from, valid_to=new.valid_to
    )


async def put_licence(
    session: AsyncSession,
    actor: Actor,
    store: Store,
    *,
    kind: str,
    person_id: uuid.UUID | None,
    number: str,
    valid_from: date | None,
    valid_to: date | None,
) -> Licence:
    """Precondition: the store is locked, the person works there."""
    check_kind(kind, HeldBy.STORE if person_id is None else HeldBy.WORKER)
    _check_dates(valid_from, valid_to)
    holder = Licence.person_id == person_id if person_id else Licence.store_id == store.id
    if await session.scalar(select(Licence.id).where(holder, Licence.kind == kind, Licence.revoked_at.is_(None))):
        raise Conflict("this paper is there already; renew it", code="licence_known", details={"kind": kind})
    licence = Licence(
        kind=kind,
        store_id=None if person_id else store.id,
        person_id=person_id,
        number=number,
        valid_from=valid_from,
        valid_to=valid_to,
        created_at=clock.now(),
    )
    session.add(licence)
    await session.flush()
    await write_change(session, actor, store, "licence", fields={kind: [None, _until(valid_to)]})
    return licence


async def renew_licence(session: AsyncSession, actor: Actor, store_id: uuid.UUID, licence_id: uuid.UUID, new: RenewedLicence) -> Licence:
    """Another last day, perhaps another number. It is warned of anew. Conflict `licence_revoked`: add another."""
    store = await lock_store(session, actor, store_id, version=new.version)
    licence = await _lock_licence(session, store_id, licence_id)
    if licence.revoked_at is not None:
        raise Conflict("this paper was revoked; add the new one", code="licence_revoked")
    valid_from = new.valid_from or licence.valid_from
    _check_dates(valid_from, new.valid_to)
    before = _until(licence.valid_to)
    licence.valid_from, licence.valid_to, licence.warned_days = valid_from, new.valid_to, None
    if new.number is not None:
        licence.number = new.number
    await write_change(session, actor, store, "licence", fields={licence.kind: [before, _until(new.valid_to)]})
    return licence


async def revoke_licence(session: AsyncSession, actor: Actor, store_id: uuid.UUID, licence_id: uuid.UUID, why: Revocation) -> Licence:
    """Harmless twice. It counts nowhere from now on, also at other stores where its holder works."""
    store = await lock_store(session, actor, store_id, version=why.version)
    licence = await _lock_licence(session, store_id, licence_id)
    if licence.revoked_at is None:
        licence.revoked_at, licence.revoked_reason = clock.now(), why.reason
        fields: dict[str, Any] = {licence.kind: [_until(licence.valid_to), None]}
        await write_change(session, actor, store, "licence_revoked", reason=why.reason, fields=fields)
    return licence


def check_kind(kind: str, holder: HeldBy) -> None:
    if kind not in LICENCES:
        raise Invalid("no such kind of paper", code="licence_unknown", details={"field": "kind"})
    if LICENCES[kind].held_by is not holder:
        raise Invalid("a store can't hold a worker's paper, nor a worker a store's", code="wrong_holder", details={"field": "kind"})


def _check_dates(valid_from: date | None, valid_to: date | None) -> None:
    if valid_from is not None and valid_to is not None and valid_to < valid_from:
        raise Invalid("the last day lies before the first", code="dates_order", details={"field": "valid_to"})


def _until(day: date | None) -> str:
    return day.isoformat() if day else "∞"


async def _must_be_member(session: AsyncSession, store_id: uuid.UUID, person_id: uuid.UUID) -> None:
    if await session.get(StoreMember, (store_id, person_id)) is None:
        raise NotFound("nobody of this store", code="member_not_found")


async def _lock_licence(session: AsyncSession, store_id: uuid.UUID, licence_id: uuid.UUID) -> Licence:
    """The store's own, or of one who works there."""
    hers = select(StoreMember.person_id).where(StoreMember.store_id == store_id)
    found = select(Licence).where(Licence.id == licence_id, or_(Licence.store_id == store_id, Licence.person_id.in_(hers)))
    licence = await session.scalar(found.with_for_update().execution_options(populate_existing=True))
    if licence is None:
        raise NotFound("no such paper of this store", code="licence_not_found")
    return licence
