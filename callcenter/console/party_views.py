"""The parties of calls as one reader may see them."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.models import CallLeg
from callcenter.calls.states import LegKind, LegState, Place
from callcenter.console.schemas_parties import PartyState, PartyView
from callcenter.kit.phone import mask, pretty


async def legs_of(session: AsyncSession, call_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[CallLeg]]:
    """What is shown: every leg that is not over, and of those who were called in also the ended ones, so that one sees what became of them."""
    shown = or_(CallLeg.state != LegState.ENDED, CallLeg.asked_by_id.is_not(None), CallLeg.kind == LegKind.PARTY)
    rows = await session.scalars(
        select(CallLeg).where(CallLeg.call_id.in_(call_ids), shown).order_by(CallLeg.call_id, CallLeg.started_at, CallLeg.id)
    )
    found: dict[uuid.UUID, list[CallLeg]] = {}
    for leg in rows:
        found.setdefault(leg.call_id, []).append(leg)
    return found


def is_queued_for(leg: CallLeg) -> bool:
    """A telephone that rings because the call waits: `CallView.ringing` tells of it."""
    return leg.state == LegState.RINGING and leg.asked_by_id is None and leg.kind in (LegKind.AGENT, LegKind.DUTY)


def state_of(leg: CallLeg) -> PartyState:
    if leg.state == LegState.ENDED:
        return "ended"
    if leg.state == LegState.RINGING:
        return "early" if leg.early_at else "ringing"
    return {Place.MAIN: "talking", Place.CONSULT: "consult", Place.HELD: "held"}[leg.place]  # type: ignore[return-value]


def party_views(legs: Collection[CallLeg], names: Mapping[uuid.UUID, str], *, full: bool) -> list[PartyView]:
    return [
        PartyView(
            leg_id=leg.id,
            role=leg.role,
            code=leg.code,
            ref_id=leg.ref_id,
            agent_id=leg.agent_id,
            agent_name=names.get(leg.agent_id, "") if leg.agent_id else "",
            number=(pretty(leg.number) if full else mask(leg.number)) if leg.number else "",
            state=state_of(leg),
            cause=leg.cause,
            place=leg.place,
            muted=leg.muted,
            mode=leg.mode,
            since=leg.ended_at or leg.answered_at or leg.early_at or leg.ringing_at or leg.started_at,
            asked_by=leg.asked_by_id,
        )
        for leg in legs
        if not is_queued_for(leg)
    ]
