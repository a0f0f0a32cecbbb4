"""Her name on the telephone: 王阿姨. Said when the worker has rendered it ahead, else left out; nothing waits for it."""

from __future__ import annotations

import uuid
from datetime import date, time, timedelta

import structlog
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.dialogs import speech
from callcenter.dispatch.orders.models import Order
from callcenter.dispatch.orders.states import LIVE
from callcenter.elders.addressing import as_spoken, form_of_address
from callcenter.elders.models import Elder, Sex
from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.outreach.care.models import Campaign, CampaignEntry, CarePlan
from callcenter.outreach.care.states import CampaignState, EntryState
from callcenter.outreach.models import CallPlan
from callcenter.outreach.states import PlanState, Way
from callcenter.prompts.ahead import Renderer
from callcenter.settings import get_settings

log = structlog.get_logger()
AHEAD = timedelta(hours=12)  # calls due by then are looked at
MOST = 5_000  # people at each look; a few hundred phrases say all their names
HOURS = [time(hour, minute) for hour in range(7, 21) for minute in (0, 30)]  # for which work is mostly wanted


async def called(session: AsyncSession, elder_id: uuid.UUID) -> tuple[str, ...]:
    """The beginning of a greeting: her surname as a neighbour's child would say it, or nothing."""
    elder = await session.get_one(Elder, elder_id)
    return speech.phrase(_spoken(elder.name, elder.sex, elder.birth_date))


async def render_ahead(database: Database, renderer: Renderer) -> None:
    """What calls of the next hours will say, the soonest first; then the hours of the day."""
    try:
        async with database.transaction() as session:
            names = await list_names(session)
        hours = [speech.words_of(speech.hour(at)) for at in HOURS]
        await renderer.render(renderer.phrases.missing(dict.fromkeys([*names, *hours])))
    except Exception as error:  # tried again with the next sweep
        log.warning("outreach_step_failed", step="render_ahead", error=type(error).__name__)


async def list_names(session: AsyncSession) -> list[str]:
    """How those are addressed whom a program will call, each once."""
    until, tomorrow = clock.now() + AHEAD, clock.today(get_settings().timezone) + timedelta(days=1)
    people = select(Elder.name, Elder.sex, Elder.birth_date)
    planned = people.join(CallPlan, CallPlan.elder_id == Elder.id).where(
        CallPlan.state == PlanState.DUE, CallPlan.way == Way.KEYS, CallPlan.due_at <= until
    ).order_by(CallPlan.due_at)  # fmt: skip
    served = people.join(Order, Order.elder_id == Elder.id).where(Order.state.in_(LIVE))  # asked about as soon as the job is done
    cared_for = people.join(CarePlan, CarePlan.elder_id == Elder.id).where(CarePlan.ended_at.is_(None), CarePlan.next_on <= tomorrow)
    listed = (
        people.join(CampaignEntry, CampaignEntry.elder_id == Elder.id)
        .join(Campaign, Campaign.id == CampaignEntry.campaign_id)
        .where(Campaign.state == CampaignState.RUNNING, Campaign.starts_at <= until, CampaignEntry.state == EntryState.WAITING)
    )
    looks: list[Select[str, Sex, date | None]] = [planned, served, listed, cared_for]
    found = [_spoken(name, sex, born) for look in looks for name, sex, born in (await session.execute(look.limit(MOST))).all()]
    return list(dict.fromkeys(filter(None, found)))


def _spoken(name: str, sex: Sex, born: date | None) -> str:
    return as_spoken(form_of_address(name, sex, born, clock.today(get_settings().timezone)))
