"""Complaints as one reader may see them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.models import User
from callcenter.accounts.sessions import SignedIn
from callcenter.cases.models import Case
from callcenter.dispatch.orders.models import Order
from callcenter.dispatch.stores.models import Store
from callcenter.elders.access import whole_for
from callcenter.elders.models import Elder
from callcenter.elders.rules import mask_name
from callcenter.kit import clock
from callcenter.outreach.complaints.models import Complaint
from callcenter.outreach.complaints.queries import concerned_by, open_plan_ids, watched
from callcenter.outreach.complaints.schemas import ComplaintNotice, ComplaintView
from callcenter.outreach.complaints.states import OPEN
from callcenter.regions.models import Region


async def complaint_views(session: AsyncSession, who: SignedIn, complaints: Sequence[Complaint]) -> list[ComplaintView]:
    """In the order given; so many statements, however many they are."""
    if not complaints:
        return []
    now = clock.now()
    cases = {row.id: row for row in await session.execute(select(Case.id, Case.number).where(Case.id.in_({c.case_id for c in complaints})))}
    orders = {
        row.id: row.number
        for row in await session.execute(select(Order.id, Order.number).where(Order.id.in_({c.order_id for c in complaints if c.order_id})))
    }
    stores = {
        row.id: row.name
        for row in await session.execute(select(Store.id, Store.name).where(Store.id.in_({c.store_id for c in complaints if c.store_id})))
    }
    elders = {
        row.id: row.name
        for row in await session.execute(select(Elder.id, Elder.name).where(Elder.id.in_({c.elder_id for c in complaints if c.elder_id})))
    }
    places = await _places(session, complaints)
    people = {user_id for c in complaints for user_id in (c.agent_id, c.opened_by_id, c.handler_id, c.ended_by_id) if user_id}
    names = await _names(session, people)
    whole = await whole_for(session, who.actor, set(elders))
    plans = await open_plan_ids(session, [c.id for c in complaints])
    hers = await concerned_by(session, complaints, who.user_id)
    views = []
    for c in complaints:
        full = (
            c.elder_id in whole
            or (c.handler_id == who.user_id and c.state in OPEN)
            or (c.elder_id is None and c.opened_by_id == who.user_id)
        )
        name = elders.get(c.elder_id, "") if c.elder_id else ""
        state = watched(c)
        views.append(
            ComplaintView(
                id=c.id, version=c.version, number=c.number, state=c.state, source=c.source, case_id=c.case_id,
                case_number=cases[c.case_id].number, own_case=c.own_case, order_id=c.order_id,
                order_number=orders.get(c.order_id, "") if c.order_id else "", elder_id=c.elder_id, elder_name=name if full else mask_name(name),
                community_id=c.community_id, place=places.get(c.community_id, "") if c.community_id else "", store_id=c.store_id,
                store_name=stores.get(c.store_id, "") if c.store_id else "", agent_id=c.agent_id, agent_name=_name(names, c.agent_id),
                rating=c.rating, words=c.words if full else "", opened_at=c.opened_at, opened_by_name=_name(names, c.opened_by_id),
                acknowledge_by=c.acknowledge_by, solve_by=c.solve_by, waits_for=state.deadline, due_at=state.due_at,
                overdue=state.due_at is not None and state.due_at <= now, level=c.level, handler_id=c.handler_id,
                handler_name=_name(names, c.handler_id), acknowledged_at=c.acknowledged_at, solved_at=c.solved_at,
                solution=c.solution if full else "", ended_at=c.ended_at, ended_by_name=_name(names, c.ended_by_id), rounds=c.rounds,
                plan_id=plans.get(c.id), whole=full, concerned=c.id in hers,
            )
        )  # fmt: skip
    return views


async def notices(session: AsyncSession, complaints: Sequence[Complaint]) -> list[ComplaintNotice]:
    places = await _places(session, complaints)
    names = await _names(session, {c.handler_id for c in complaints if c.handler_id})
    found = []
    for c in complaints:
        state = watched(c)
        if state.deadline is not None and state.due_at is not None:
            found.append(
                ComplaintNotice(
                    complaint_id=c.id, number=c.number, source=c.source, deadline=state.deadline, level=c.level, due_at=state.due_at,
                    opened_at=c.opened_at, place=places.get(c.community_id, "") if c.community_id else "", handler_name=_name(names, c.handler_id),
                )
            )  # fmt: skip
    return found


async def _places(session: AsyncSession, complaints: Sequence[Complaint]) -> dict[uuid.UUID, str]:
    ids = {c.community_id for c in complaints if c.community_id}
    return {row.id: row.name for row in await session.execute(select(Region.id, Region.name).where(Region.id.in_(ids)))}


async def _names(session: AsyncSession, ids: set[uuid.UUID]) -> dict[uuid.UUID, str]:
    return {row.id: row.name for row in await session.execute(select(User.id, User.name).where(User.id.in_(ids)))}


def _name(names: dict[uuid.UUID, str], user_id: uuid.UUID | None) -> str:
    return names.get(user_id, "") if user_id else ""
