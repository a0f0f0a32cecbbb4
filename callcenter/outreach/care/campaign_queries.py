"""Reads of campaigns: whom one is for, how far it has come."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection, Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from callcenter import prompts
from callcenter.accounts.models import User
from callcenter.elders.models import Elder
from callcenter.elders.queries import current_ids
from callcenter.kit.errors import NotFound
from callcenter.outreach.care.models import Campaign, CampaignEntry
from callcenter.outreach.care.schemas import CampaignProgress, CampaignPrompt, CampaignView, Chosen
from callcenter.outreach.care.states import EntryState
from callcenter.outreach.models import CallPlan
from callcenter.outreach.states import Drop, PlanState, Result
from callcenter.regions.queries import within

MOST, LAST = 500, 100
SENTENCE = "campaign_"
FRAME = frozenset({"campaign_greeting", "campaign_choose", "campaign_thanks"})  # what stands around each sentence


async def choose(session: AsyncSession, chosen: Chosen, *, regions: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Who fits, also those who are not to be called now: they stand on the list with the reason. By name alone, wherever they live."""
    wanted = select(Elder).where(Elder.merged_into.is_(None))
    if chosen.elder_ids:
        wanted = wanted.where(Elder.id.in_(set((await current_ids(session, chosen.elder_ids)).values())))
    if chosen.region_id is not None or not chosen.elder_ids:
        scope = within(regions)
        wanted = wanted.where(Elder.community_id.in_(scope) | Elder.grid_id.in_(scope))
    if chosen.risk_from:
        wanted = wanted.where(Elder.risk >= chosen.risk_from)
    if chosen.living is not None:
        wanted = wanted.where(Elder.living == chosen.living)
    if chosen.category:
        wanted = wanted.where(Elder.categories.contains([chosen.category]))
    if not chosen.health_words:
        return set((await session.scalars(wanted.with_only_columns(Elder.id))).all())
    found = await session.stream_scalars(wanted.options(undefer(Elder.health)).execution_options(yield_per=500))
    return {elder.id async for elder in found if _has_word(elder, chosen.health_words)}


def _has_word(elder: Elder, words: Sequence[str]) -> bool:
    """Anywhere in what is written of her health: an oxygen machine stands among implants with one, in a note with another."""
    told = [str(part) for value in (elder.health or {}).values() for part in (value if isinstance(value, list) else [value])]
    return any(word in part for word in words for part in told)


async def list_campaigns(session: AsyncSession) -> list[CampaignView]:
    return await _views(session, list((await session.scalars(select(Campaign).order_by(Campaign.made_at.desc()).limit(LAST))).all()))


async def get_campaign(session: AsyncSession, campaign_id: uuid.UUID) -> CampaignView:
    campaign = await session.get(Campaign, campaign_id, populate_existing=True)
    if campaign is None:
        raise NotFound("there is no such campaign", code="no_such_campaign")
    (view,) = await _views(session, [campaign])
    return view


async def list_calls(session: AsyncSession, campaign_id: uuid.UUID) -> Sequence[CallPlan]:
    """Ringing now, asked for a person, not reached: at most one more than is shown."""
    if await session.get(Campaign, campaign_id) is None:
        raise NotFound("there is no such campaign", code="no_such_campaign")
    told = CallPlan.result.in_((Result.HELP, Result.NOT_REACHED)) | (CallPlan.state == PlanState.CALLING)
    wanted = select(CallPlan).where(CallPlan.subject_id == campaign_id, told).order_by(CallPlan.due_at, CallPlan.id)
    return (await session.scalars(wanted.limit(MOST + 1))).all()


def list_prompts() -> list[CampaignPrompt]:
    texts = {name: text for text, name in prompts.names_of_texts().items()}
    return [CampaignPrompt(name=n, text=texts.get(n, "")) for n in prompts.wav_files() if n.startswith(SENTENCE) and n not in FRAME]


async def _views(session: AsyncSession, campaigns: Sequence[Campaign]) -> list[CampaignView]:
    texts = {name: text for text, name in prompts.names_of_texts().items()}
    people = {c.made_by_id for c in campaigns if c.made_by_id}
    names = {row.id: row.name for row in await session.execute(select(User.id, User.name).where(User.id.in_(people)))}
    progress = await _progress(session, [c.id for c in campaigns])
    return [
        CampaignView(
            id=c.id, version=c.version, name=c.name, prompt=c.prompt, sentence=texts.get(c.prompt, ""), state=c.state, starts_at=c.starts_at,
            hour_from=c.hour_from, hour_until=c.hour_until, made_at=c.made_at, made_by=names.get(c.made_by_id) if c.made_by_id else None,
            started_at=c.started_at, ended_at=c.ended_at, progress=progress[c.id],
        )
        for c in campaigns
    ]  # fmt: skip


async def _progress(session: AsyncSession, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, CampaignProgress]:
    """From the list and its planned calls, as they stand now."""
    entry, plan = CampaignEntry, CallPlan
    tried = (plan.attempts > 0).label("tried")
    by = (entry.campaign_id, entry.state.label("entry"), entry.reason, plan.state, plan.result, plan.drop_reason, tried)
    counted = select(*by, func.count().label("n")).outerjoin(plan, plan.id == entry.plan_id).where(entry.campaign_id.in_(ids)).group_by(*by)
    figures: dict[uuid.UUID, Counter[str]] = {i: Counter() for i in ids}
    refused: dict[uuid.UUID, Counter[Drop]] = {i: Counter() for i in ids}
    dropped: dict[uuid.UUID, Counter[Drop]] = {i: Counter() for i in ids}
    for row in await session.execute(counted):
        here = figures[row.campaign_id]
        here["all"] += row.n
        here[_figure(row.entry, row.state, row.result, tried=bool(row.tried))] += row.n
        if row.entry is EntryState.REFUSED:
            refused[row.campaign_id][row.reason] += row.n
        elif row.state is PlanState.DROPPED:
            dropped[row.campaign_id][row.drop_reason] += row.n
    return {
        i: CampaignProgress(
            **{name: figures[i][name] for name in FIGURES}, refused_why=dict(refused[i]), dropped_why=dict(dropped[i]),
        )
        for i in ids
    }  # fmt: skip


FIGURES = ("all", "refused", "waiting", "calling", "again", "heard", "help", "not_reached", "dropped")
_ENDED = {Result.FINE: "heard", Result.HELP: "help"}


def _figure(entry: EntryState, state: PlanState | None, result: Result | None, *, tried: bool) -> str:
    if entry is EntryState.REFUSED:
        return "refused"
    if state is None or (state is PlanState.DUE and not tried):
        return "waiting"
    if state is PlanState.DROPPED:
        return "dropped"
    if state is PlanState.CALLING:
        return "calling"
    if state is PlanState.DONE and result is not None:
        return _ENDED.get(result, "not_reached")
    return "again"
