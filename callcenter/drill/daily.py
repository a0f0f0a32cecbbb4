"""Once a day, by whichever worker comes first, and after a bad one somebody is told."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.audit import audit
from callcenter.accounts.models import AuditRow
from callcenter.calls.duty.telling import tell_on_duty
from callcenter.centre.queries import get_values
from callcenter.drill.steps import DRILL, Step, run_drill
from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.kit.ids import new_id
from callcenter.settings import Settings

log = structlog.get_logger()
DONE = "drill:done"
NEVER = 24
WORDS = {"press": "按键", "alarm": "报警", "job": "派单", "follow-up": "回访", "nothing left": "清理"}
_LOCK = 0xD7111


async def drill_daily(database: Database, settings: Settings) -> list[Step] | None:
    """None: it is not the hour, or today's is done."""
    async with database.transaction() as session:
        hour = int((await get_values(session, settings)).number("drill_hour"))
        local = clock.now().astimezone(ZoneInfo(settings.timezone))
        if hour == NEVER or local.hour != hour or not await session.scalar(select(func.pg_try_advisory_xact_lock(_LOCK))):
            return None
        midnight = datetime.combine(local.date(), time(), local.tzinfo)
        if await session.scalar(select(func.count()).select_from(AuditRow).where(AuditRow.verb == DONE, AuditRow.at >= midnight)):
            return None
        steps = await run_drill(database, settings)
        await write_down(session, settings, steps)
        return steps


async def slow_after(session: AsyncSession, settings: Settings) -> float:
    return (await get_values(session, settings)).timings.drill_slow


async def write_down(session: AsyncSession, settings: Settings, steps: list[Step]) -> bool:
    """On record, with each step's time; a bad one is told to supervisors and technicians on duty. Whether all was well."""
    slow = await slow_after(session, settings)
    bad = [step for step in steps if step.is_bad(slow)]
    await audit(
        session, DRILL, DONE, "", details={"ok": not bad, **{step.name: f"{step.seconds:.2f}" if step.ok else "failed" for step in steps}}
    )
    if bad:
        log.error("drill_bad", steps=[step.name for step in bad])
        what = "、".join(WORDS[step.name] + ("变慢" if step.ok else "失败") for step in bad)
        await tell_on_duty(session, settings, key=f"drill:{new_id()}", template="drill_bad", what=what, about=("drill", ""))
    return not bad
