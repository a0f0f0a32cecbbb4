"""Who works at a store. A person is one row, found by her number: at two stores she is the same."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.dispatch.stores.actions.common import differing, e164, lock_store, write_change
from callcenter.dispatch.stores.errors import LastKeeper
from callcenter.dispatch.stores.models import MemberRole, ProviderPerson, Store, StoreMember, StoreState
from callcenter.dispatch.stores.schemas import ChangedMember, MemberForm
from callcenter.kit import clock, crypto
from callcenter.kit.errors import Conflict, NotFound
from callcenter.kit.ids import new_id

NUMBER_COLUMN = "provider_people.number"


async def find_or_make_person(session: AsyncSession, name: str, number: str, dialects: list[str] | None = None) -> ProviderPerson:
    """By her number (E.164). Who is there already keeps her name. Two at once make one."""
    hashed = crypto.index(number, NUMBER_COLUMN)
    made = pg_insert(ProviderPerson).values(
        id=new_id(), version=1, name=name, number=number, number_index=hashed, dialects=dialects or [], active=True, created_at=clock.now()
    )
    await session.execute(made.on_conflict_do_nothing(index_elements=["number_index"]))
    return (await session.execute(select(ProviderPerson).where(ProviderPerson.number_index == hashed))).scalar_one()


async def add_member(session: AsyncSession, actor: Actor, store_id: uuid.UUID, form: MemberForm) -> StoreMember:
    """Conflict `member_known`: she works there already. One who had left comes back."""
    store = await lock_store(session, actor, store_id, version=form.version)
    person = await find_or_make_person(session, form.name, e164(form.number), form.dialects)
    if not person.active:
        raise Conflict("this person may not work for anybody", code="person_inactive")
    return await put_member(session, actor, store, person, role=form.role, does_jobs=form.does_jobs)


async def put_member(
    session: AsyncSession, actor: Actor, store: Store, person: ProviderPerson, *, role: MemberRole, does_jobs: bool = True
) -> StoreMember:
    """Precondition: the store is locked."""
    member = await session.get(StoreMember, (store.id, person.id), populate_existing=True)
    if member is not None and member.active:
        raise Conflict("she works there already", code="member_known", details={"person_id": str(person.id)})
    if member is None:
        member = StoreMember(store_id=store.id, person_id=person.id, joined_at=clock.now())
        session.add(member)
    member.role, member.does_jobs, member.active = role, does_jobs, True
    await write_change(session, actor, store, "member", fields={person.name: [None, role.value]})
    return member


async def change_member(session: AsyncSession, actor: Actor, store_id: uuid.UUID, person_id: uuid.UUID, form: ChangedMember) -> StoreMember:
    """Her name, number and dialects are hers everywhere. LastKeeper: somebody must answer for a store that gets jobs."""
    store = await lock_store(session, actor, store_id, version=form.version)
    member = await session.get(StoreMember, (store_id, person_id), populate_existing=True)
    if member is None:
        raise NotFound("nobody of this store", code="member_not_found")
    person = await session.get_one(ProviderPerson, person_id, with_for_update=True)
    number = person.number if "*" in form.number else e164(form.number)
    if number != person.number:
        hashed = crypto.index(number, NUMBER_COLUMN)
        if await session.scalar(select(ProviderPerson.id).where(ProviderPerson.number_index == hashed)):
            raise Conflict("this is somebody else's number", code="number_taken", details={"field": "number"})
        person.number_index = hashed
    of_person = differing(person, {"name": form.name, "number": number, "dialects": form.dialects})
    fields: dict[str, Any] = {**of_person, **differing(member, {"role": form.role, "does_jobs": form.does_jobs, "active": form.active})}
    if not fields:
        return member
    if of_person:
        person.version += 1
    await session.flush()
    if store.state is StoreState.ADMITTED and not await count_keepers(session, store_id):
        raise LastKeeper("make somebody else its keeper first")
    await write_change(session, actor, store, "member", fields={"person": [None, person.name], **fields})
    return member


async def count_keepers(session: AsyncSession, store_id: uuid.UUID) -> int:
    found = (
        select(func.count())
        .select_from(StoreMember)
        .join(ProviderPerson, ProviderPerson.id == StoreMember.person_id)
        .where(StoreMember.store_id == store_id, StoreMember.active, StoreMember.role == MemberRole.KEEPER, ProviderPerson.active)
    )
    return await session.scalar(found) or 0
