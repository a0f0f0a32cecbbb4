"""What a centre sets by the command line: its duty telephones; and the end of a person's work at the desk.

Voice reads all of it each second.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence

from sqlalchemy import delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.calls.models import ConsoleSocket, DutyTelephone
from callcenter.calls.wake import WAKE_VOICE
from callcenter.kit.errors import Conflict, Invalid, NotFound
from callcenter.kit.ids import new_id
from callcenter.kit.outbox import publish
from callcenter.kit.phone import EMERGENCY_NUMBERS, NumberKind, normalise
from callcenter.settings import Settings

_LOCK = 0xD017  # transaction-scoped advisory lock: two additions at once must not take one place


def dialable(raw: str, settings: Settings) -> str:
    """A duty telephone's number in its one form, or Invalid with what would be right."""
    number = normalise(raw, settings)
    if number is None or not number.is_dialable:
        raise Invalid(
            f"{raw!r} is no telephone number that can be dialled; write it as 0710-3456789, 13812345678 or +8613812345678", code="no_number"
        )
    if number.kind is NumberKind.SHORT and number.value in EMERGENCY_NUMBERS:
        raise Invalid(f"{number.value} is never rung by a program; a duty telephone is a person of the centre", code="emergency_number")
    return number.value


async def add_duty_telephone(session: AsyncSession, actor: Actor, *, number: str, label: str) -> DutyTelephone:
    """At the end of the list; `number` as `dialable` gives it."""
    await session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    if (await session.execute(select(DutyTelephone.id).where(DutyTelephone.number == number))).first() is not None:
        raise Conflict(f"{number} is a duty telephone already", code="number_taken")
    last = (await session.execute(select(func.coalesce(func.max(DutyTelephone.position), 0)))).scalar_one()
    telephone = DutyTelephone(id=new_id(), position=last + 1, number=number, label=label.strip(), active=True)
    session.add(telephone)
    await session.flush()
    await audit(session, actor, "duty_telephone:added", telephone.id)
    return telephone


async def list_duty_telephones(session: AsyncSession) -> Sequence[DutyTelephone]:
    """In the order in which they are rung."""
    return (await session.execute(select(DutyTelephone).order_by(DutyTelephone.position, DutyTelephone.id))).scalars().all()


async def remove_duty_telephone(session: AsyncSession, actor: Actor, *, number: str) -> None:
    gone = (await session.execute(delete(DutyTelephone).where(DutyTelephone.number == number).returning(DutyTelephone.id))).scalars().all()
    if not gone:
        raise NotFound(f"{number} is no duty telephone", code="no_such_number")
    for telephone_id in gone:
        await audit(session, actor, "duty_telephone:removed", telephone_id)


async def drop_duty_telephone(session: AsyncSession, actor: Actor, telephone_id: uuid.UUID) -> None:
    gone = await session.scalar(delete(DutyTelephone).where(DutyTelephone.id == telephone_id).returning(DutyTelephone.id))
    if gone is None:
        raise NotFound("this is no duty telephone any more", code="no_such_number")
    await audit(session, actor, "duty_telephone:removed", gone)


async def leave_desk(session: AsyncSession, user_id: uuid.UUID) -> None:
    """The sessions of this person have ended: no console of hers counts as alive, and the others see it."""
    await session.execute(delete(ConsoleSocket).where(ConsoleSocket.agent_id == user_id))
    await show_agent(session, user_id)


async def leave_sessions(session: AsyncSession, session_ids: Collection[uuid.UUID]) -> None:
    """These sign-ins have ended, others of the same person may not have: their consoles no longer count as alive."""
    if session_ids:
        await session.execute(delete(ConsoleSocket).where(ConsoleSocket.session_id.in_(session_ids)))
        await session.execute(text("SELECT pg_notify(:channel, '')"), {"channel": WAKE_VOICE})


async def show_agent(session: AsyncSession, user_id: uuid.UUID) -> None:
    """Consoles and voice look at this person anew."""
    await publish(session, "agent", user_id, {})
    await session.execute(text("SELECT pg_notify(:channel, '')"), {"channel": WAKE_VOICE})
