"""All reads of hand-overs."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.queries import get_users
from callcenter.emergency.outside.links import url_of
from callcenter.emergency.outside.models import OutsideHandover, OutsideLink, OutsideService
from callcenter.emergency.outside.rules import code_of
from callcenter.emergency.outside.schemas import HandoverOutView, LinkView, MadeLink
from callcenter.emergency.outside.states import ACCEPT_WITHIN, HANDOVER_OUT
from callcenter.kit import clock
from callcenter.kit.errors import NotFound
from callcenter.kit.phone import mask
from callcenter.messaging.models import Message
from callcenter.settings import get_settings


async def get_handover(session: AsyncSession, handover_id: uuid.UUID) -> OutsideHandover:
    found = await session.get(OutsideHandover, handover_id, populate_existing=True)
    if found is None:
        raise NotFound("no such hand-over", code="handover_not_found")
    return found


async def get_packet(session: AsyncSession, handover_id: uuid.UUID) -> dict[str, Any]:
    """Health and contacts are in it: the route that shows it audits."""
    packet: dict[str, Any] = (await session.execute(select(OutsideHandover.packet).where(OutsideHandover.id == handover_id))).scalar_one()
    return packet


async def list_views(session: AsyncSession, case_id: uuid.UUID) -> list[HandoverOutView]:
    """Of a case, newest first."""
    rows = await session.scalars(
        select(OutsideHandover)
        .where(OutsideHandover.case_id == case_id)
        .order_by(OutsideHandover.id.desc())
        .execution_options(populate_existing=True)
    )
    return await _views(session, rows.all())


async def get_view(session: AsyncSession, handover_id: uuid.UUID) -> HandoverOutView:
    return (await _views(session, [await get_handover(session, handover_id)]))[0]


async def get_made_link(session: AsyncSession, link_id: uuid.UUID) -> MadeLink:
    """With what opens it, for whoever has just made it."""
    link = await session.get_one(OutsideLink, link_id)
    states = await _message_states(session, [link])
    return MadeLink(
        **link_view(link, states).model_dump(),
        url=url_of(link),
        code=code_of(link.id),
        code_until=link.code_until,
        site=get_settings().outside_url,
    )


def link_view(link: OutsideLink, states: dict[uuid.UUID, str]) -> LinkView:
    return LinkView(
        id=link.id,
        made_at=link.made_at,
        expires_at=link.expires_at,
        sent_to=mask(link.mobile) if link.mobile else "",
        message_state=states.get(link.message_id, "") if link.message_id else "",
        opened_at=link.opened_at,
        ended=link.ended_at is not None or link.expires_at <= clock.now(),
    )


async def _message_states(session: AsyncSession, links: Sequence[OutsideLink]) -> dict[uuid.UUID, str]:
    ids = [link.message_id for link in links if link.message_id]
    rows = await session.execute(select(Message.id, Message.state).where(Message.id.in_(ids)))
    return {row.id: row.state for row in rows}


async def _views(session: AsyncSession, rows: Sequence[OutsideHandover]) -> list[HandoverOutView]:
    if not rows:
        return []
    users = await get_users(session, {row.offered_by_id for row in rows})
    of_service = select(OutsideService.id, OutsideService.label).where(OutsideService.id.in_({row.service_id for row in rows}))
    labels: dict[uuid.UUID, str] = {row.id: row.label for row in await session.execute(of_service)}
    links = (
        await session.scalars(
            select(OutsideLink).where(OutsideLink.handover_id.in_([row.id for row in rows])).order_by(OutsideLink.id.desc())
        )
    ).all()
    states = await _message_states(session, links)
    same = (
        "id", "version", "case_id", "agency", "state", "offered_at", "accepted_at", "dispatched_at", "arrived_at", "rejected_at", "closed_at",
        "confirmed_by", "reference", "reason", "outcome", "note", "call_id", "leg_id", "opened_at", "read_at", "city", "packet_version", "packet_at",
    )  # fmt: skip
    return [
        HandoverOutView(
            **{name: getattr(row, name) for name in same},
            label=labels.get(row.service_id, "") if row.service_id else "",
            possible=sorted(HANDOVER_OUT.table[row.state]),
            offered_by=users[row.offered_by_id].name,
            accept_by=row.offered_at + ACCEPT_WITHIN,
            links=[link_view(link, states) for link in links if link.handover_id == row.id],
        )
        for row in rows
    ]
