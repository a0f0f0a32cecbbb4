"""Her PIN, with which she spends by telephone: set by the agent with her, kept as a hash, locked after five wrong ones."""

from __future__ import annotations

import re
import uuid

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.accounts.passwords import hash_password, is_password
from callcenter.kit.errors import Conflict, Invalid, Recorded
from callcenter.points.members.actions import member_of
from callcenter.points.members.models import PointsMember

MOST_FAILURES = 5
_PIN = re.compile(r"[0-9]{4,6}")


class WrongPin(Recorded):
    """Counted although it is refused; `details.left` tries are left."""

    status, code = 422, "pin_wrong"


async def set_pin(session: AsyncSession, actor: Actor, elder_id: uuid.UUID, pin: str) -> None:
    """Conflict `pin_locked` until a supervisor has unlocked it. Invalid `pin_weak`: not 4 to 6 digits, or all the same."""
    if not _PIN.fullmatch(pin) or len(set(pin)) == 1:
        raise Invalid("four to six digits, not all the same", code="pin_weak")
    member = await member_of(session, elder_id)
    _check_open(member)
    member.pin, member.pin_failures = await hash_password(pin), 0
    await audit(session, actor, "points:pin_set", member.id)


async def unlock_pin(session: AsyncSession, actor: Actor, elder_id: uuid.UUID) -> None:
    """By a supervisor. The old PIN is gone: she agrees on a new one."""
    member = await member_of(session, elder_id)
    member.pin, member.pin_failures = "", 0
    await audit(session, actor, "points:pin_unlocked", member.id)


async def check_pin(session: AsyncSession, actor: Actor, member: PointsMember, pin: str) -> None:
    """Precondition: the member is locked. Conflict `pin_unset`, `pin_locked`; WrongPin is counted."""
    _check_open(member)
    if not member.pin:
        raise Conflict("she has no PIN yet", code="pin_unset")
    if not await is_password(member.pin, pin):
        member.pin_failures += 1
        await audit(session, actor, "points:pin_wrong", member.id)
        raise WrongPin("that is not her PIN", details={"left": MOST_FAILURES - member.pin_failures})
    member.pin_failures = 0


def _check_open(member: PointsMember) -> None:
    if member.pin_failures >= MOST_FAILURES:
        raise Conflict("her PIN is locked; a supervisor unlocks it", code="pin_locked")
