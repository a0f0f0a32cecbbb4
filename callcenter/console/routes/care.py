"""Calls out of care: an elder's plans, today's list, campaigns."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.audit import audit
from callcenter.accounts.roles import Permission
from callcenter.accounts.sessions import SignedIn
from callcenter.console.http import NoAccess, Session, SettingsDep, needs
from callcenter.console.idempotency import IdempotencyKey, once
from callcenter.console.routes.profiles import did, opened
from callcenter.elders.access import whole_for
from callcenter.elders.queries import current_ids
from callcenter.kit import clock
from callcenter.outreach.care import campaign_queries, campaigns, plans, queries
from callcenter.outreach.care.schemas import (
    CampaignCalls,
    CampaignPrompt,
    CampaignView,
    CareCallView,
    CareOfElder,
    CareToday,
    Chosen,
    EndCarePlan,
    NewCampaignForm,
    SetCarePlan,
)
from callcenter.outreach.care.states import CareKind
from callcenter.outreach.states import PlanState, Purpose, Result
from callcenter.regions.queries import check_scope

router = APIRouter()
Reader = Annotated[SignedIn, Depends(needs(Permission.OUTREACH_READ))]
Writer = Annotated[SignedIn, Depends(needs(Permission.OUTREACH_WRITE))]
Worker = Annotated[SignedIn, Depends(needs(Permission.OUTREACH_WORK))]


@router.get("/api/elders/{elder_id}/care")
async def get_care(elder_id: uuid.UUID, who: Reader, session: Session) -> CareOfElder:
    """Her plans and the last calls. For whoever may see all of her."""
    current = await opened(session, who, elder_id, purpose="care")
    await audit(session, who.actor, "elder:read", current, purpose="care")
    return await queries.care_of(session, current)


@router.put("/api/elders/{elder_id}/care-plans/{care_kind}")
async def set_care_plan(elder_id: uuid.UUID, care_kind: CareKind, body: SetCarePlan, who: Worker, session: Session) -> CareOfElder:
    """Instead of the one in force; the same again changes nothing. 409 `care_plan_changed`, `elder_deceased`; 422 `bad_care_plan`."""
    current = await opened(session, who, elder_id, purpose="care")
    agreed = plans.Agreed(care_kind, body.rhythm, body.at, body.times, body.alarm, body.first)
    await plans.set_plan(session, who.actor, current, agreed, seen_id=body.seen_id)
    return await queries.care_of(session, current)


@router.post("/api/care-plans/{plan_id}/end")
async def end_care_plan(
    plan_id: uuid.UUID, body: EndCarePlan, who: Worker, session: Session, idempotency_key: IdempotencyKey = None
) -> CareOfElder:
    """She is not called by it any more, and none is made for her by her risk. Harmless twice."""
    current = await opened(session, who, (await queries.get_care_plan(session, plan_id)).elder_id, purpose="care")
    await did(
        session, who, idempotency_key, f"care-plan:end:{plan_id}", body,
        lambda: plans.end_plan(session, who.actor, plan_id, reason=body.reason),
    )  # fmt: skip
    return await queries.care_of(session, current)


@router.get("/api/care/today")
async def get_today(who: Reader, session: Session, settings: SettingsDep) -> CareToday:
    """Who is due, missed, not reached. Names are masked for who may not see them whole."""
    day = clock.today(settings.timezone)
    found = await queries.list_today(session, day)
    shown = found[: queries.MOST]
    whole = await whole_for(session, who.actor, {plan.elder_id for plan in shown})
    views = await queries.call_views(session, shown, whole=whole)
    return CareToday(
        day=day,
        due=[v for v in views if v.state is PlanState.DUE and v.purpose is not Purpose.DAILY],
        calling=[v for v in views if v.state is PlanState.CALLING and v.purpose is not Purpose.DAILY],
        missed=[v for v in views if v.purpose is Purpose.DAILY and v.state in (PlanState.DUE, PlanState.CALLING)],
        by_person=[v for v in views if v.state is PlanState.BY_PERSON],
        not_reached=_ended(views, Result.NOT_REACHED),
        help=_ended(views, Result.HELP),
        fine=await queries.count_fine(session, day),
        more=len(found) - len(shown),
    )


def _ended(views: list[CareCallView], result: Result) -> list[CareCallView]:
    return [view for view in views if view.result is result]


# --- campaigns ---------------------------------------------------------------------------------------------------------------


@router.get("/api/campaigns")
async def list_campaigns(who: Reader, session: Session) -> list[CampaignView]:
    """The newest first, with how far each has come."""
    return await campaign_queries.list_campaigns(session)


@router.get("/api/campaigns/prompts")
async def list_prompts(who: Reader) -> list[CampaignPrompt]:
    """Sentences that are recorded for campaigns."""
    return campaign_queries.list_prompts()


@router.get("/api/campaigns/{campaign_id}")
async def get_campaign(campaign_id: uuid.UUID, who: Reader, session: Session) -> CampaignView:
    return await campaign_queries.get_campaign(session, campaign_id)


@router.get("/api/campaigns/{campaign_id}/calls")
async def get_campaign_calls(campaign_id: uuid.UUID, who: Reader, session: Session) -> CampaignCalls:
    """Who is called now, asked for a person, or was not reached. Names are masked for who may not see them whole."""
    found = await campaign_queries.list_calls(session, campaign_id)
    shown = found[: campaign_queries.MOST]
    whole = await whole_for(session, who.actor, {plan.elder_id for plan in shown})
    return CampaignCalls(calls=await queries.call_views(session, shown, whole=whole), more=len(found) - len(shown))


@router.post("/api/campaigns")
async def make_campaign(body: NewCampaignForm, who: Writer, session: Session, idempotency_key: IdempotencyKey = None) -> CampaignView:
    """A draft with its list. 403 `not_your_region`, `no_access`; 422 `no_such_prompt`, `nobody_chosen`, `too_many_chosen`, `bad_hours`."""

    async def do() -> CampaignMade:
        elder_ids = await _chosen(session, who, body.chosen)
        new = campaigns.NewCampaign(body.name, body.prompt, body.starts_at or clock.now(), body.hour_from, body.hour_until)
        return CampaignMade(id=(await campaigns.make_campaign(session, who.actor, new, elder_ids)).id)

    made = await once(session, who.user_id, idempotency_key, "campaign", body, CampaignMade, do)
    return await campaign_queries.get_campaign(session, made.id)


@router.post("/api/campaigns/{campaign_id}/start")
async def start_campaign(campaign_id: uuid.UUID, who: Writer, session: Session) -> CampaignView:
    """A draft begins, a paused one goes on. Harmless twice. 409 `illegal_move`."""
    await campaigns.start_campaign(session, who.actor, campaign_id)
    return await campaign_queries.get_campaign(session, campaign_id)


@router.post("/api/campaigns/{campaign_id}/pause")
async def pause_campaign(campaign_id: uuid.UUID, who: Writer, session: Session) -> CampaignView:
    """Nobody further is rung. Harmless twice. 409 `illegal_move`."""
    await campaigns.pause_campaign(session, who.actor, campaign_id)
    return await campaign_queries.get_campaign(session, campaign_id)


@router.post("/api/campaigns/{campaign_id}/stop")
async def stop_campaign(campaign_id: uuid.UUID, who: Writer, session: Session) -> CampaignView:
    """For good: what rings stops ringing, who talks may finish. Harmless twice. 409 `illegal_move`."""
    await campaigns.stop_campaign(session, who.actor, campaign_id)
    return await campaign_queries.get_campaign(session, campaign_id)


class CampaignMade(BaseModel):
    """What is kept for a repeat."""

    id: uuid.UUID


async def _chosen(session: AsyncSession, who: SignedIn, chosen: Chosen) -> set[uuid.UUID]:
    """By name: who may be seen whole. By place: within the asker's own regions. A look into health is written down."""
    if chosen.elder_ids:
        kept = await current_ids(session, chosen.elder_ids)
        seen = await whole_for(session, who.actor, list(kept.values()))
        if missing := sorted(set(kept.values()) - set(seen)):
            await audit(session, who.actor, "elder:refused", missing[0], purpose="campaign", details={"count": len(missing)})
            raise NoAccess("some of them are none of your business", details={"elder_id": str(missing[0])})
    if chosen.region_id is not None:
        await check_scope(session, who.actor, [chosen.region_id])
    if chosen.health_words:
        await audit(session, who.actor, "campaign:looked_into_health", chosen.region_id or "", purpose="campaign")
    return await campaign_queries.choose(session, chosen, regions=[chosen.region_id] if chosen.region_id else who.actor.region_ids)
