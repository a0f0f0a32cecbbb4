"""What the centre has set for itself: what counts, its history, changes."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.roles import Permission
from callcenter.accounts.sessions import SignedIn
from callcenter.centre.actions import change_setting
from callcenter.centre.models import SettingChange
from callcenter.centre.queries import list_changes, list_counting, list_planned
from callcenter.centre.registry import REGISTRY
from callcenter.centre.rules import effective
from callcenter.centre.schemas import ChangeSetting, SettingChangeView, SettingHistory, SettingsAnswer, SettingView
from callcenter.console.http import Session, SettingsDep, needs
from callcenter.console.idempotency import IdempotencyKey, once
from callcenter.kit import clock
from callcenter.kit.errors import Invalid
from callcenter.points.checks.nights import SWITCH, must_be_clean
from callcenter.settings import Settings

router = APIRouter()
Reader = Annotated[SignedIn, Depends(needs(Permission.CENTRE_READ))]
Writer = Annotated[SignedIn, Depends(needs(Permission.CENTRE_WRITE))]


def end_of(day: date, timezone: str) -> datetime:
    """The last moment of a day of the people served, or now while it still goes on."""
    try:
        over = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(timezone)) - timedelta(microseconds=1)
    except OverflowError:
        raise Invalid("there is no such day", code="no_such_day") from None
    return min(over, clock.now())


def change_view(row: SettingChange) -> SettingChangeView:
    return SettingChangeView(id=row.id, value=row.value, valid_from=row.valid_from, at=row.at, by_name=row.by_name, reason=row.reason)


async def setting_views(session: AsyncSession, settings: Settings, at: datetime | None = None) -> list[SettingView]:
    counting = await list_counting(session, at=at)
    values = effective(settings, {key: row.value for key, row in counting.items()}).values
    planned = await list_planned(session) if at is None else []
    newest = await session.execute(select(SettingChange.key, func.max(SettingChange.id)).group_by(SettingChange.key))
    seen = {row[0]: row[1] for row in newest}
    return [
        SettingView(
            key=key,
            group=setting.group,
            kind=setting.kind,
            least=setting.least,
            most=setting.most,
            label_zh=setting.zh,
            label_en=setting.en,
            help_zh=setting.help_zh,
            help_en=setting.help_en,
            default=setting.default(settings),
            value=values[key],
            counting=change_view(counting[key]) if key in counting else None,
            planned=[change_view(row) for row in planned if row.key == key],
            seen=seen.get(key, 0),
        )
        for key, setting in REGISTRY.items()
    ]


@router.get("/api/settings")
async def get_settings(who: Reader, session: Session, settings: SettingsDep, on: date | None = None) -> SettingsAnswer:
    """What counts now, or counted at the end of a day."""
    at = end_of(on, settings.timezone) if on is not None else None
    return SettingsAnswer(on=on, settings=await setting_views(session, settings, at))


@router.get("/api/settings/{key}/history")
async def get_history(key: str, who: Reader, session: Session) -> SettingHistory:
    return SettingHistory(key=key, changes=[change_view(row) for row in await list_changes(session, key)])


@router.post("/api/settings/{key}")
async def change(
    key: str, body: ChangeSetting, who: Writer, session: Session, settings: SettingsDep, idempotency_key: IdempotencyKey = None
) -> SettingView:
    async def do() -> SettingView:
        if key == SWITCH and body.value is not False:
            await must_be_clean(session)
        await change_setting(
            session, who.actor, settings, key=key, value=body.value, reason=body.reason, valid_from=body.valid_from, seen=body.seen
        )
        return next(view for view in await setting_views(session, settings) if view.key == key)

    return await once(session, who.user_id, idempotency_key, f"setting:{key}", body, SettingView, do)
