"""All writes on campaigns. Everybody locks the campaign, then cases and plans of its calls; a call locks its plan and only looks at the campaign.

A running campaign has few planned calls at a time: the rest of its list waits here, so that stopping it is stopping those few.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.calls.dialogs import speech
from callcenter.elders.models import Elder, ElderNumber, Presence
from callcenter.elders.queries import current_ids
from callcenter.kit import clock
from callcenter.kit.errors import Invalid, NotFound
from callcenter.kit.ids import new_id
from callcenter.kit.outbox import publish
from callcenter.outreach.actions import NewPlan, drop_plan, lock_plan, plan_call
from callcenter.outreach.care.models import Campaign, CampaignEntry
from callcenter.outreach.care.states import CAMPAIGN, CampaignState, EntryState
from callcenter.outreach.models import CallAttempt, CallPlan
from callcenter.outreach.queries import get_hours
from callcenter.outreach.states import OPEN, AttemptState, Drop, PlanState, Purpose, Way, Why
from callcenter.settings import get_settings

WINDOW = 4  # for each line so many planned calls: voice never waits for the next sweep
GIVES_UP = timedelta(days=2)
MOST_ELDERS = 5_000
SOON = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class NewCampaign:
    """What `make_campaign` stores; see Campaign."""

    name: str
    prompt: str
    starts_at: datetime
    hour_from: int
    hour_until: int


async def make_campaign(session: AsyncSession, actor: Actor, new: NewCampaign, elder_ids: Collection[uuid.UUID]) -> Campaign:
    """A draft with its list: each once, also when named by two of her profiles; who is not to be called is on it with the reason.

    Invalid `no_such_prompt`, `nobody_chosen`, `too_many_chosen`, `bad_hours`.
    """
    if not speech.sayable((new.prompt,)):
        raise Invalid("there is no such recorded sentence", code="no_such_prompt")
    if not 0 <= new.hour_from < new.hour_until <= 24:
        raise Invalid("hours of a day, the first before the last", code="bad_hours")
    chosen = sorted(set((await current_ids(session, elder_ids)).values()))
    if not chosen:
        raise Invalid("nobody is chosen", code="nobody_chosen")
    if len(chosen) > MOST_ELDERS:
        raise Invalid(f"at most {MOST_ELDERS} at once", code="too_many_chosen", details={"most": MOST_ELDERS})
    campaign = Campaign(
        id=new_id(), version=1, name=new.name, prompt=new.prompt, state=CampaignState.DRAFT, starts_at=new.starts_at, hour_from=new.hour_from,
        hour_until=new.hour_until, made_at=clock.now(), made_by_id=actor.id,
    )  # fmt: skip
    session.add(campaign)
    await session.flush()
    refused = await _refused(session, chosen)
    await session.execute(
        insert(CampaignEntry),
        [
            {
                "campaign_id": campaign.id,
                "elder_id": elder_id,
                "state": EntryState.REFUSED if elder_id in refused else EntryState.WAITING,
                "reason": refused.get(elder_id),
            }
            for elder_id in chosen
        ],
    )
    await audit(session, actor, "campaign:made", campaign.id, details={"elders": len(chosen), "refused": len(refused)})
    await _touch(session, campaign)
    return campaign


async def start_campaign(session: AsyncSession, actor: Actor, campaign_id: uuid.UUID) -> Campaign:
    """A draft, or one that is paused. Harmless twice."""
    campaign = await lock_campaign(session, campaign_id)
    if campaign.state is CampaignState.RUNNING:
        return campaign
    _move(campaign, CampaignState.RUNNING)
    now = clock.now()
    campaign.started_at = campaign.started_at or now
    waits = update(CallPlan).where(CallPlan.subject_id == campaign_id, CallPlan.state == PlanState.DUE, CallPlan.attempts == 0)
    await session.execute(waits.values(due_at=now).execution_options(synchronize_session=False))
    await audit(session, actor, "campaign:started", campaign_id)
    await _touch(session, campaign)
    return campaign


async def pause_campaign(session: AsyncSession, actor: Actor, campaign_id: uuid.UUID) -> Campaign:
    """Nobody further is rung; what rings and who talks goes on. Harmless twice."""
    campaign = await lock_campaign(session, campaign_id)
    if campaign.state is not CampaignState.PAUSED:
        _move(campaign, CampaignState.PAUSED)
        await audit(session, actor, "campaign:paused", campaign_id)
        await _touch(session, campaign)
    return campaign


async def stop_campaign(session: AsyncSession, actor: Actor, campaign_id: uuid.UUID) -> Campaign:
    """For good: what rings stops ringing, nothing new begins, who talks with the program may finish. Harmless twice."""
    campaign = await lock_campaign(session, campaign_id)
    if campaign.state is CampaignState.STOPPED:
        return campaign
    _move(campaign, CampaignState.STOPPED)
    campaign.ended_at, campaign.ended_by_id = clock.now(), actor.id
    plans = select(CallPlan.id).where(CallPlan.subject_id == campaign_id, CallPlan.state.in_(OPEN)).order_by(CallPlan.id)
    for plan_id in (await session.scalars(plans)).all():
        plan = await lock_plan(session, plan_id)
        talks = select(CallAttempt.id).where(CallAttempt.plan_id == plan_id, CallAttempt.state == AttemptState.ANSWERED)
        if plan.state in OPEN and await session.scalar(talks) is None:
            await drop_plan(session, actor, plan, Drop.STOPPED)
    await audit(session, actor, "campaign:stopped", campaign_id)
    await _touch(session, campaign)
    return campaign


async def feed_campaign(session: AsyncSession, campaign_id: uuid.UUID) -> None:
    """The worker's: the next of the list become planned calls, or it is over."""
    campaign = await lock_campaign(session, campaign_id)
    now, hours = clock.now(), await get_hours(session)
    if campaign.state is not CampaignState.RUNNING or campaign.starts_at > now:
        return
    of_it = CallPlan.subject_id == campaign_id
    soon = (CallPlan.state == PlanState.CALLING) | ((CallPlan.state == PlanState.DUE) & (CallPlan.due_at <= now + SOON))
    room = WINDOW * get_settings().automatic_calls - (await session.scalar(select(func.count()).where(of_it, soon)) or 0)
    waiting = select(CampaignEntry).where(CampaignEntry.campaign_id == campaign_id, CampaignEntry.state == EntryState.WAITING)
    entries = (await session.scalars(waiting.order_by(CampaignEntry.elder_id).limit(max(0, room)))).all()
    for entry in entries:
        due = hours.next(now)
        new = NewPlan(
            f"campaign:{campaign_id}:{entry.elder_id}", Purpose.CAMPAIGN, Way.KEYS, Why.CAMPAIGN, entry.elder_id, due, due + GIVES_UP,
            subject_id=campaign_id,
        )  # fmt: skip
        entry.plan_id = await plan_call(session, new)
        entry.state, entry.reason = (EntryState.PLANNED, None) if entry.plan_id else (EntryState.REFUSED, Drop.DECEASED)
    await session.flush()
    left = (
        select(CampaignEntry.elder_id).where(CampaignEntry.campaign_id == campaign_id, CampaignEntry.state == EntryState.WAITING).limit(1)
    )
    open_plan = select(CallPlan.id).where(of_it, CallPlan.state.in_(OPEN)).limit(1)
    if await session.scalar(left) is None and await session.scalar(open_plan) is None:
        _move(campaign, CampaignState.DONE)
        campaign.ended_at = now
        await _touch(session, campaign)
    elif entries:
        await _touch(session, campaign)


async def list_running(session: AsyncSession) -> Sequence[uuid.UUID]:
    wanted = select(Campaign.id).where(Campaign.state == CampaignState.RUNNING, Campaign.starts_at <= clock.now())
    return (await session.scalars(wanted.order_by(Campaign.starts_at))).all()


async def lock_campaign(session: AsyncSession, campaign_id: uuid.UUID) -> Campaign:
    wanted = select(Campaign).where(Campaign.id == campaign_id).with_for_update().execution_options(populate_existing=True)
    campaign = await session.scalar(wanted)
    if campaign is None:
        raise NotFound("there is no such campaign", code="no_such_campaign")
    return campaign


async def _refused(session: AsyncSession, elder_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Drop]:
    presences = await session.execute(select(Elder.id, Elder.presence).where(Elder.id.in_(elder_ids)))
    numbers = set(await session.scalars(select(ElderNumber.elder_id).where(ElderNumber.elder_id.in_(elder_ids)).distinct()))
    found: dict[uuid.UUID, Drop] = {}
    for elder_id, presence in presences:
        if presence is Presence.DECEASED:
            found[elder_id] = Drop.DECEASED
        elif presence is not Presence.HOME:
            found[elder_id] = Drop.DEPARTED
        elif elder_id not in numbers:
            found[elder_id] = Drop.NO_NUMBER
    return found


def _move(campaign: Campaign, to: CampaignState) -> None:
    CAMPAIGN.check(campaign.state, to)
    campaign.state = to


async def _touch(session: AsyncSession, campaign: Campaign) -> None:
    campaign.version += 1
    await session.flush()
    await publish(session, "campaign", campaign.id, {}, version=campaign.version)
