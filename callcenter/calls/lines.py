"""Called numbers and what they are for. Voice reads them each second; a call to any other number is a service call, none is refused for its number."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.calls.models import Line
from callcenter.calls.states import CallKind, LineCarrier
from callcenter.calls.wake import WAKE_VOICE
from callcenter.kit.errors import Conflict, Invalid, NotFound

MAX_LABEL = 40
_LOCK = 0x1175  # transaction-scoped advisory lock: "the last SOS line" is said of all lines


async def list_lines(session: AsyncSession) -> Sequence[Line]:
    """SOS lines first, those switched off last."""
    found = select(Line).order_by(Line.active.desc(), (Line.kind == CallKind.SOS).desc(), Line.number)
    return (await session.scalars(found)).all()


async def get_line(session: AsyncSession, number: str) -> Line:
    line = await session.get(Line, number)
    if line is None:
        raise NotFound(f"{number} is no line of ours", code="no_such_number")
    return line


async def set_line(session: AsyncSession, actor: Actor, *, number: str, kind: CallKind, label: str) -> None:
    """New or known, and switched on: what the command line says."""
    number, label = checked_number(number), checked_label(label)
    await _lock(session)
    known = await session.get(Line, number)
    if known is not None and known.kind != kind:
        check_carrier(kind, known.carrier)
        await _keep_one_sos(session, but=known)
    row = pg_insert(Line).values(number=number, kind=kind, label=label, active=True)
    await session.execute(row.on_conflict_do_update(index_elements=["number"], set_={"kind": kind, "label": label, "active": True}))
    if known is not None:
        await session.refresh(known)
    await _told(session, actor, "line:set", number, {"kind": kind})


async def add_line(
    session: AsyncSession, actor: Actor, *, number: str, kind: CallKind, label: str, carrier: LineCarrier = LineCarrier.PBX
) -> Line:
    """`number`: digits as the carrier sends them for the called side."""
    number, label = checked_number(number), checked_label(label)
    check_carrier(kind, carrier)
    await _lock(session)
    if await session.get(Line, number) is not None:
        raise Conflict(f"{number} is a line already", code="line_taken")
    line = Line(number=number, kind=kind, label=label, active=True, carrier=carrier)
    session.add(line)
    await session.flush()
    await _told(session, actor, "line:added", number, {"kind": kind, "carrier": carrier})
    return line


async def change_line(
    session: AsyncSession, actor: Actor, *, number: str, kind: CallKind, label: str, carrier: LineCarrier | None = None
) -> Line:
    """`carrier` None: as it was."""
    label = checked_label(label)
    await _lock(session)
    line = await get_line(session, number)
    check_carrier(kind, carrier or line.carrier)
    if line.kind != kind:
        await _keep_one_sos(session, but=line)
    line.kind, line.label, line.carrier = kind, label, carrier or line.carrier
    await _told(session, actor, "line:changed", number, {"kind": kind, "carrier": line.carrier})
    return line


async def switch_line(session: AsyncSession, actor: Actor, *, number: str, active: bool) -> Line:
    """Off: calls to it are service calls from then on. Harmless twice: the second is not audited."""
    await _lock(session)
    line = await get_line(session, number)
    if line.active != active:
        if not active:
            await _keep_one_sos(session, but=line)
        line.active = active
        await _told(session, actor, "line:switched_on" if active else "line:switched_off", number, {"kind": line.kind})
    return line


async def remove_line(session: AsyncSession, actor: Actor, *, number: str) -> None:
    """Forget it. Calls to it are service calls from then on."""
    await _lock(session)
    line = await get_line(session, number)
    await _keep_one_sos(session, but=line)
    await session.delete(line)
    await session.flush()
    await _told(session, actor, "line:removed", number, {})


def check_carrier(kind: CallKind, carrier: LineCarrier) -> None:
    """Into a call at Twilio no 110, 119 or 120 can be brought: a press for help comes by the PBX."""
    if kind == CallKind.SOS and carrier != LineCarrier.PBX:
        raise Conflict("an SOS line is carried by the PBX", code="sos_needs_pbx")


def checked_number(number: str) -> str:
    number = number.strip()
    if not (number.isascii() and number.isdigit() and 3 <= len(number) <= 20):
        raise Invalid(f"{number!r} is no called number: digits only, 3 to 20, as the carrier sends them", code="no_number")
    return number


def checked_label(label: str) -> str:
    label = label.strip()
    if len(label) > MAX_LABEL or not label.isprintable():
        raise Invalid(f"a line's name has at most {MAX_LABEL} characters", code="bad_label")
    return label


async def _lock(session: AsyncSession) -> None:
    await session.execute(select(func.pg_advisory_xact_lock(_LOCK)))


async def _keep_one_sos(session: AsyncSession, *, but: Line) -> None:
    """Without an SOS line every press would wait like a question about opening hours."""
    if but.kind != CallKind.SOS or not but.active:
        return
    others = select(Line.number).where(Line.kind == CallKind.SOS, Line.active, Line.number != but.number).limit(1)
    if (await session.execute(others)).first() is None:
        raise Conflict(f"{but.number} is the last SOS line; add another one first", code="last_sos_line")


async def _told(session: AsyncSession, actor: Actor, verb: str, number: str, details: dict[str, object]) -> None:
    await audit(session, actor, verb, number, details=details)
    await session.execute(text("SELECT pg_notify(:channel, '')"), {"channel": WAKE_VOICE})
