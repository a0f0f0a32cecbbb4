"""A keeper's own store: hours, days off, how she is told of jobs. Items, prices and papers are changed by the centre."""

from __future__ import annotations

import uuid

from fastapi import APIRouter

from callcenter.dispatch.stores.actions.profile import add_blackout, remove_blackout, set_hours
from callcenter.dispatch.stores.schemas import ChangedHours, NewBlackout, OfStoreVersion
from providers.gates import must_keep
from providers.http import Once, Session, Who
from providers.profiles import read_own_store
from providers.schemas import Done, OwnStore

router = APIRouter()


@router.get("/api/stores/{store_id}")
async def get_store(store_id: uuid.UUID, who: Who, session: Session) -> OwnStore:
    must_keep(who, store_id)
    return await read_own_store(session, store_id)


@router.post("/api/stores/{store_id}/hours")
async def change_hours(store_id: uuid.UUID, body: ChangedHours, who: Who, session: Session, once: Once) -> OwnStore:
    must_keep(who, store_id)

    async def do() -> Done:
        await set_hours(session, who.actor, store_id, body)
        return Done()

    await once("hours", store_id, body, Done, do)
    return await read_own_store(session, store_id)


@router.post("/api/stores/{store_id}/blackouts")
async def new_blackout(store_id: uuid.UUID, body: NewBlackout, who: Who, session: Session, once: Once) -> OwnStore:
    """Days on which it takes nothing. Jobs that it has stay."""
    must_keep(who, store_id)

    async def do() -> Done:
        await add_blackout(session, who.actor, store_id, body)
        return Done()

    await once("blackout", store_id, body, Done, do)
    return await read_own_store(session, store_id)


@router.post("/api/stores/{store_id}/blackouts/{blackout_id}/remove")
async def drop_blackout(
    store_id: uuid.UUID, blackout_id: uuid.UUID, body: OfStoreVersion, who: Who, session: Session, once: Once
) -> OwnStore:
    must_keep(who, store_id)

    async def do() -> Done:
        await remove_blackout(session, who.actor, store_id, blackout_id, version=body.version)
        return Done()

    await once("blackout-remove", blackout_id, body, Done, do)
    return await read_own_store(session, store_id)
