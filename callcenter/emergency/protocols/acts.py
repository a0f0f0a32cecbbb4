"""Whether what a step asks to be done has been done: read off what the act itself leaves behind, so that a step never says more than what has happened.

A call counts when it was answered, not when it was dialled; a hand-over unless it was refused. Reads only.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.models import User
from callcenter.accounts.roles import Role
from callcenter.calls.models import Call, CallLeg
from callcenter.calls.states import PartyRole
from callcenter.dispatch.orders.models import Order, OrderLine
from callcenter.emergency.ladder.models import ContactAttempt, Ladder
from callcenter.emergency.ladder.queries import DOOR_CHECK
from callcenter.emergency.ladder.states import Who
from callcenter.emergency.models import Emergency
from callcenter.emergency.outside.models import OutsideHandover
from callcenter.emergency.outside.states import HandoverOutState
from callcenter.emergency.protocols.schema import Act, Step

BY_ITSELF = frozenset(
    {Act.CALL_OUTSIDE, Act.CALL_CONTACTS, Act.DOOR_CHECK, Act.CALL_BACK, Act.HAND_OVER, Act.NOTIFY_SUPERVISOR, Act.OPEN_ORDER}
)


@dataclass(frozen=True, slots=True)
class Acted:
    at: datetime
    by_id: uuid.UUID | None  # None: a program


def is_done_by_act(step: Step) -> bool:
    """How it went is a person's to say; where there is nothing to say, the act is the answer."""
    return step.act in BY_ITSELF and not step.answers


def same_act(one: Step, other: Step) -> bool:
    return (one.act, one.agency, one.item) == (other.act, other.agency, other.item)


async def first_act(session: AsyncSession, emergency: Emergency, step: Step, *, after: datetime) -> Acted | None:
    """The first time since that it was done in this emergency; None: it was not."""
    found = [row for wanted in _evidence(emergency, step, after) if (row := (await session.execute(wanted.limit(1))).first())]
    return min((Acted(row[0], row[1]) for row in found), key=lambda acted: acted.at, default=None)


def _evidence(emergency: Emergency, step: Step, after: datetime) -> Sequence[Select[*tuple[Any, ...]]]:
    match step.act:
        case Act.CALL_OUTSIDE:
            return [_legs(emergency, after, CallLeg.role == PartyRole.OUTSIDE, CallLeg.code == step.agency)]
        case Act.CALL_CONTACTS:
            return [_legs(emergency, after, CallLeg.role == PartyRole.CONTACT), _attempts(emergency, after, Who.KEY_HOLDER, Who.CONTACT)]
        case Act.DOOR_CHECK:
            return [
                _legs(emergency, after, CallLeg.role == PartyRole.GRID_WORKER),
                _attempts(emergency, after, Who.GRID_WORKER),
                _orders(emergency, after, DOOR_CHECK),
            ]
        case Act.CALL_BACK:
            return [_legs(emergency, after, CallLeg.role == PartyRole.ELDER), _attempts(emergency, after, Who.ELDER)]
        case Act.HAND_OVER:
            wanted = select(OutsideHandover.offered_at, OutsideHandover.offered_by_id).order_by(OutsideHandover.offered_at)
            return [
                wanted.where(
                    OutsideHandover.emergency_id == emergency.id,
                    OutsideHandover.agency == step.agency,
                    OutsideHandover.offered_at > after,
                    OutsideHandover.state != HandoverOutState.REJECTED,
                )
            ]
        case Act.NOTIFY_SUPERVISOR:
            spoken = CallLeg.agent_id.in_(select(User.id).where(User.role == Role.SUPERVISOR))
            watching = select(Emergency.watching_since, Emergency.watcher_id).join(User, User.id == Emergency.watcher_id)
            watching = watching.where(Emergency.id == emergency.id, User.role == Role.SUPERVISOR, Emergency.watching_since > after)
            return [_legs(emergency, after, spoken), watching]
        case Act.OPEN_ORDER:
            assert step.item is not None
            return [_orders(emergency, after, step.item)]
        case _:
            return []


def _legs(emergency: Emergency, after: datetime, *which: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """Who was called by a person's click and has answered."""
    wanted = select(CallLeg.answered_at, CallLeg.asked_by_id).join(Call, Call.id == CallLeg.call_id)
    by_click = CallLeg.asked_by_id.is_not(None)
    return wanted.where(Call.case_id == emergency.case_id, by_click, CallLeg.answered_at > after, *which).order_by(CallLeg.answered_at)


def _attempts(emergency: Emergency, after: datetime, *who: Who) -> Select[*tuple[Any, ...]]:
    """Whose telephone a program rings, and who set it to do so; a number that nobody can dial has rung nowhere."""
    asked_by = func.coalesce(ContactAttempt.asked_by_id, Ladder.started_by_id)
    wanted = select(ContactAttempt.asked_at, asked_by).outerjoin(Ladder, Ladder.id == ContactAttempt.ladder_id)
    mine = (ContactAttempt.emergency_id == emergency.id, ContactAttempt.who.in_(who), ContactAttempt.asked_at > after)
    return wanted.where(*mine).order_by(ContactAttempt.asked_at)


def _orders(emergency: Emergency, after: datetime, item: str) -> Select[*tuple[Any, ...]]:
    wanted = select(Order.requested_at, Order.requested_by).join(OrderLine, OrderLine.order_id == Order.id)
    return wanted.where(Order.case_id == emergency.case_id, OrderLine.item_code == item, Order.requested_at > after).order_by(
        Order.requested_at
    )
