"""Words to choose from: outcomes of a call, reasons of a pause, skills, dialects. Renamed, put in order, retired; never deleted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.centre.models import OptionKind, OptionRow
from callcenter.kit import clock
from callcenter.kit.errors import Conflict, Invalid, NotFound

NEEDED = frozenset({OptionKind.OUTCOME, OptionKind.PAUSE_REASON})  # without one of these nobody could end a call, or rest
MOST = 60  # of a kind, retired ones not counted: all are in sight at once
_LOCK = 0x0971  # transaction-scoped advisory lock: positions and labels are of the whole list


async def list_options(session: AsyncSession) -> Sequence[OptionRow]:
    """All, also retired ones, in their order."""
    return (await session.scalars(select(OptionRow).order_by(OptionRow.kind, OptionRow.position, OptionRow.code))).all()


async def get_choosable(session: AsyncSession, kind: OptionKind, code: str, *, error: str) -> OptionRow:
    """An option that may be chosen now, or Invalid (code `error`) with those that may be."""
    rows = (await session.scalars(select(OptionRow).where(OptionRow.kind == kind, OptionRow.retired_at.is_(None)))).all()
    found = next((row for row in rows if row.code == code), None)
    if found is None:
        raise Invalid(f"choose one of the {kind.value.replace('_', ' ')}s", code=error, details={"possible": [row.code for row in rows]})
    return found


async def checked_codes(session: AsyncSession, kind: OptionKind, codes: Iterable[str], *, had: Iterable[str] = ()) -> list[str]:
    """Codes of this kind, each once, in their order. What somebody had before may stay though it is retired by now."""
    wanted, kept = set(codes), set(had)
    rows = (await session.scalars(select(OptionRow).where(OptionRow.kind == kind).order_by(OptionRow.position, OptionRow.code))).all()
    possible = {row.code for row in rows if row.retired_at is None}
    if unknown := wanted - possible - kept:
        raise Invalid(f"not among the {kind.value}s", code=f"unknown_{kind.value}", details={"unknown": sorted(unknown)})
    order = {row.code: place for place, row in enumerate(rows)}
    return sorted(wanted, key=lambda code: (order.get(code, len(order)), code))


async def add_option(
    session: AsyncSession, actor: Actor, *, kind: OptionKind, label_zh: str, label_en: str, closes_case: bool = False, for_sos: bool = True
) -> OptionRow:
    """At the end of the list. Its code is made once and never changes; of a dialect it is the word in elders' profiles."""
    await _lock(session)
    rows = await _of_kind(session, kind)
    label_zh, label_en = _checked_labels(rows, label_zh, label_en, but=None)
    if sum(row.retired_at is None for row in rows) >= MOST:
        raise Conflict(f"there are {MOST} already; retire one first", code="too_many_options")
    option = OptionRow(
        kind=kind, code=_new_code(kind, label_zh, label_en, {row.code for row in rows}), position=max((row.position for row in rows), default=-1) + 1,
        label_zh=label_zh, label_en=label_en, closes_case=closes_case and kind is OptionKind.OUTCOME, for_sos=for_sos, retired_at=None,
    )  # fmt: skip
    session.add(option)
    await session.flush()
    await audit(session, actor, "option:added", f"{kind}:{option.code}", details={"label": label_zh})
    return option


async def change_option(
    session: AsyncSession, actor: Actor, *, kind: OptionKind, code: str, label_zh: str, label_en: str, closes_case: bool, for_sos: bool
) -> OptionRow:
    """Other words for the same thing, also on old cases; for another thing add another option."""
    await _lock(session)
    rows = await _of_kind(session, kind)
    option = _find(rows, code)
    before = option.label_zh
    option.label_zh, option.label_en = _checked_labels(rows, label_zh, label_en, but=code)
    option.closes_case, option.for_sos = closes_case and kind is OptionKind.OUTCOME, for_sos
    _keep_one_for_sos(kind, rows)
    details = {"before": before, "label": option.label_zh, "closes_case": option.closes_case, "for_sos": for_sos}
    await audit(session, actor, "option:changed", f"{kind}:{code}", details=details)
    return option


async def retire_option(session: AsyncSession, actor: Actor, *, kind: OptionKind, code: str, retired: bool) -> OptionRow:
    """Chosen no more, or again. Harmless twice: the second is not audited."""
    await _lock(session)
    rows = await _of_kind(session, kind)
    option = _find(rows, code)
    if (option.retired_at is not None) == retired:
        return option
    if retired:
        option.retired_at = clock.now()
        if kind in NEEDED and all(row.retired_at is not None for row in rows):
            raise Conflict("one at least must remain", code="last_option")
        _keep_one_for_sos(kind, rows)
    else:
        _checked_labels(rows, option.label_zh, option.label_en, but=code)
        option.retired_at = None
    await audit(session, actor, "option:retired" if retired else "option:restored", f"{kind}:{code}")
    return option


async def order_options(session: AsyncSession, actor: Actor, *, kind: OptionKind, codes: Sequence[str]) -> None:
    """`codes`: all that are not retired, in the new order. Conflict when the list is another by now."""
    await _lock(session)
    rows = {row.code: row for row in await _of_kind(session, kind)}
    if sorted(codes) != sorted(code for code, row in rows.items() if row.retired_at is None):
        raise Conflict("the list has changed meanwhile; look again", code="options_changed")
    retired = sorted((row for row in rows.values() if row.retired_at is not None), key=lambda row: row.position)
    for place, row in enumerate([*(rows[code] for code in codes), *retired]):
        row.position = place
    await audit(session, actor, "option:ordered", kind)


async def _lock(session: AsyncSession) -> None:
    await session.execute(select(func.pg_advisory_xact_lock(_LOCK)))


async def _of_kind(session: AsyncSession, kind: OptionKind) -> Sequence[OptionRow]:
    return (await session.scalars(select(OptionRow).where(OptionRow.kind == kind).execution_options(populate_existing=True))).all()


def _find(rows: Sequence[OptionRow], code: str) -> OptionRow:
    found = next((row for row in rows if row.code == code), None)
    if found is None:
        raise NotFound("there is no such option", code="no_such_option")
    return found


def _keep_one_for_sos(kind: OptionKind, rows: Sequence[OptionRow]) -> None:
    if kind is OptionKind.OUTCOME and not any(row.for_sos and row.retired_at is None for row in rows):
        raise Conflict("one outcome at least must be possible for an SOS", code="last_option_for_sos")


def _checked_labels(rows: Sequence[OptionRow], label_zh: str, label_en: str, *, but: str | None) -> tuple[str, str]:
    zh, en = label_zh.strip(), label_en.strip()
    if not (1 <= len(zh) <= 20 and 1 <= len(en) <= 40 and (zh + en).isprintable()):
        raise Invalid("a label has 1 to 20 characters in Chinese and 1 to 40 in English", code="bad_label")
    taken = [row for row in rows if row.code != but and row.retired_at is None and (row.label_zh == zh or row.label_en == en)]
    if taken:
        raise Conflict("another option bears this name", code="label_taken", details={"label": taken[0].label_zh})
    return zh, en


def _new_code(kind: OptionKind, label_zh: str, label_en: str, taken: set[str]) -> str:
    plain = label_zh if kind is OptionKind.DIALECT else re.sub(r"[^a-z0-9]+", "_", label_en.lower()).strip("_")[:32] or kind.value
    return next(code for code in (plain, *(f"{plain}_{number}" for number in range(2, 1000))) if code not in taken)
