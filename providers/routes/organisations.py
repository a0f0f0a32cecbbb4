"""An officer's part: the stores below her organisation, admission and suspension with a reason, the report of a month."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.dispatch.admission import decide_as_officer
from callcenter.dispatch.stores.organisations import list_stores_of, must_see_store, report
from callcenter.dispatch.stores.queries import get_store
from callcenter.dispatch.stores.schemas import Decision, OrganisationReport, StoreRow
from callcenter.dispatch.stores.states import STORE
from providers.gates import must_be_officer
from providers.http import Once, Session, Who
from providers.schemas import Done, Standing

router = APIRouter()


@router.get("/api/organisations/{organisation_id}/stores")
async def stores_below(organisation_id: uuid.UUID, who: Who, session: Session) -> list[StoreRow]:
    must_be_officer(who, organisation_id)
    return await list_stores_of(session, who.id, organisation_id)


@router.get("/api/organisations/{organisation_id}/report")
async def report_of(
    organisation_id: uuid.UUID, first: Annotated[date, Query()], last: Annotated[date, Query()], who: Who, session: Session
) -> OrganisationReport:
    must_be_officer(who, organisation_id)
    return await report(session, organisation_id, first=first, last=last)


@router.get("/api/stores/{store_id}/standing")
async def get_standing(store_id: uuid.UUID, who: Who, session: Session) -> Standing:
    """Of a store below her: its state, and what an officer may make of it."""
    await must_see_store(session, who.id, store_id)
    return await _standing(session, store_id)


@router.post("/api/stores/{store_id}/standing")
async def decide(store_id: uuid.UUID, body: Decision, who: Who, session: Session, once: Once) -> Standing:
    """Admitted or suspended, with the reason that the store reads."""
    await must_see_store(session, who.id, store_id)

    async def do() -> Done:
        await decide_as_officer(session, who.actor, store_id, body)
        return Done()

    await once("standing", store_id, body, Done, do)
    return await _standing(session, store_id)


async def _standing(session: AsyncSession, store_id: uuid.UUID) -> Standing:
    store = await get_store(session, store_id)
    hers = {"admitted", "suspended"}
    return Standing(
        store_id=store.id,
        version=store.version,
        name=store.name,
        state=store.state,
        reason=store.state_reason,
        may_become=sorted(state for state in STORE.table[store.state] if state in hers),
    )
