"""All writes of what a centre sets."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.centre.models import SettingChange
from callcenter.centre.queries import list_counting, list_planned
from callcenter.centre.registry import REGISTRY, Value
from callcenter.centre.rules import check_order, effective
from callcenter.kit import clock
from callcenter.kit.errors import Conflict, Invalid, NotFound
from callcenter.settings import Settings

CENTRE_CHANGED = "onekey_centre"  # NOTIFY: what a process keeps of the centre's values is old
LATEST = timedelta(days=366)
_LOCK = 0xCE27  # transaction-scoped advisory lock: rows that are only added can't be locked themselves


async def change_setting(
    session: AsyncSession,
    actor: Actor,
    settings: Settings,
    *,
    key: str,
    value: object,
    reason: str,
    valid_from: datetime | None = None,
    seen: int | None = None,
) -> SettingChange:
    """Set a value from now or a later moment on; None: its default again.

    `seen`: id of the change that the actor saw as the last (0: none). Conflict when somebody was faster.
    """
    setting = REGISTRY.get(key)
    if setting is None:
        raise NotFound("there is no such setting", code="no_such_setting")
    checked: Value | None = None if value is None else setting.checked(value)
    if len(reason.strip()) < 2:
        raise Invalid("say why: others will ask", code="reason_needed")
    now = clock.now()
    starts = max(valid_from or now, now)
    if starts > now + LATEST:
        raise Invalid("a change is planned for at most a year ahead", code="too_far_ahead")
    await session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    last = (await session.execute(select(func.coalesce(func.max(SettingChange.id), 0)).where(SettingChange.key == key))).scalar_one()
    if seen is not None and seen != last:
        raise Conflict("somebody has changed it meanwhile; look again", code="setting_changed")
    await _check_order(session, settings, key, checked, starts)
    change = SettingChange(key=key, value=checked, valid_from=starts, at=now, by_id=actor.id, by_name=actor.name, reason=reason.strip())
    session.add(change)
    await session.flush()
    await audit(
        session, actor, "setting:reset" if value is None else "setting:changed", key, details={"value": checked, "from": starts.isoformat()}
    )
    await session.execute(text("SELECT pg_notify(:channel, '')"), {"channel": CENTRE_CHANGED})
    return change


async def _check_order(session: AsyncSession, settings: Settings, key: str, value: Value | None, starts: datetime) -> None:
    """At its own moment, and at every later one that is planned already."""
    moments = {starts, *(planned.valid_from for planned in await list_planned(session) if planned.valid_from > starts)}
    for moment in sorted(moments):
        counting = await list_counting(session, at=moment)
        chosen = {k: change.value for k, change in counting.items()}
        mine = counting.get(key)
        if mine is None or mine.valid_from <= starts:
            chosen[key] = value
        check_order(effective(settings, chosen).values, key)
