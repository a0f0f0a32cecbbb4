"""What is said on a call of care, to her and to her contacts, and what their keys do. Wired in callcenter/voice.py.

Whoever picks up may be a child or a neighbour: of her name the surname alone is said; neither an illness nor a medicine is. A contact hears no name at all.
"""

from __future__ import annotations

import uuid
from typing import Protocol
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.dialogs.actions import put_dialog_on_case
from callcenter.calls.dialogs.protocol import Context, Dialog, Step, Then
from callcenter.calls.dialogs.states import How
from callcenter.kit import clock
from callcenter.outreach.actions import answer_attempt, lock_attempt
from callcenter.outreach.care.calling import (
    CARE_CALL,
    CONTACT_CALL,
    contact_looks,
    end_call,
    end_contact_call,
    open_care_case,
    tell_campaign,
)
from callcenter.outreach.care.models import Campaign
from callcenter.outreach.models import CallAttempt, CallPlan
from callcenter.outreach.names import called
from callcenter.outreach.states import ENDED_AS, ON_THE_LINE, AttemptState, PlanState, Purpose, Result
from callcenter.settings import get_settings

FINE, PERSON, POINTS = "1", "9", "4"
READ_AT_MOST = 3  # of her points: somebody's child plays with the telephone
LOOKS, CANNOT = "1", "2"
WITH_POINTS = frozenset({Purpose.CARE, Purpose.DAILY})  # a medicine or a warning is not talked over
_THANKS = {Purpose.CAMPAIGN: "campaign_thanks", Purpose.MEDICINE: "medicine_thanks"}


class Points(Protocol):
    """What she has earned, for key 4: of a domain above this one. Neither method raises."""

    async def offers(self, session: AsyncSession, elder_id: uuid.UUID) -> bool: ...

    async def say(self, session: AsyncSession, elder_id: uuid.UUID) -> tuple[str, ...]: ...


def handlers(points: Points | None = None) -> dict[str, Dialog]:
    return {CARE_CALL: CareCall(points), CONTACT_CALL: ContactCall()}


class CareCall:
    """1 I am fine (or: heard, taken), 9 a person, 4 her points (on a call that asks how she is), * again.

    Points are read between the question and its answer, and are none: who hears hers and hangs up is called again. Any key ends the reading; a 9 that is
    pressed while the account is looked up is not lost.
    """

    def __init__(self, points: Points | None = None) -> None:
        self.points = points

    async def begin(self, session: AsyncSession, context: Context) -> Step:
        plan, attempt = await _locked(session, context)
        if not _asks(plan, attempt):
            return _good_bye("care_no_need", "over")
        attempt.state, attempt.answered_at = AttemptState.ANSWERED, clock.now()
        said = (*await called(session, plan.elder_id), *await _told(session, plan))
        if self.points is None or plan.purpose not in WITH_POINTS or not await self.points.offers(session, plan.elder_id):
            return Step(say=(*said, "dialog_again_hint"), allowed=FINE + PERSON)
        return _asked(said, read=0)

    async def on_key(self, session: AsyncSession, context: Context, keys: str) -> Step:
        plan, attempt = await _locked(session, context)
        if keys == PERSON:  # whatever has become of it meanwhile
            if _asks(plan, attempt):
                case = await open_care_case(session, plan)
                await answer_attempt(session, plan, attempt, Result.HELP, keys=keys)
                await put_dialog_on_case(session, context.dialog_id, case.id)
                await tell_campaign(session, plan)
            return Step(say=("care_to_agent",), then=Then.TO_AGENT, own_case=plan.case_id is not None, outcome="person")
        if not _asks(plan, attempt):
            return _good_bye("care_no_need", "over")
        if keys == POINTS and self.points is not None:
            return _asked(
                (*await self.points.say(session, plan.elder_id), "care_choose"), read=int(context.memory.get("points_read", 0)) + 1
            )
        await answer_attempt(session, plan, attempt, Result.FINE, keys=keys)
        await tell_campaign(session, plan)
        return _good_bye(_THANKS.get(plan.purpose, "care_fine"), "fine")

    async def on_silence(self, session: AsyncSession, context: Context) -> Step:
        """A mailbox, or she does not know what to do: that is no answer. `ended` writes it."""
        return Step(say=("dialog_silence",), then=Then.HANG_UP, outcome="silent")

    async def ended(self, session: AsyncSession, context: Context, how: How) -> None:
        plan, attempt = await _locked(session, context)
        if attempt.state in ON_THE_LINE:
            await end_call(session, plan, attempt, _end_of(how))


class ContactCall:
    """1 I look after her, 2 I can't, 9 a person, * again."""

    async def begin(self, session: AsyncSession, context: Context) -> Step:
        plan, attempt = await _locked(session, context)
        if not _asks(plan, attempt):
            return _good_bye("care_contact_no_need", "over")
        attempt.state, attempt.answered_at = AttemptState.ANSWERED, clock.now()
        return Step(say=("care_contact_greeting", "care_contact_choose", "dialog_again_hint"), allowed=LOOKS + CANNOT + PERSON)

    async def on_key(self, session: AsyncSession, context: Context, keys: str) -> Step:
        plan, attempt = await _locked(session, context)
        if keys == PERSON:
            if _asks(plan, attempt):
                await answer_attempt(session, plan, attempt, Result.HELP, keys=keys)
            return Step(say=("care_to_agent",), then=Then.TO_AGENT, own_case=True, outcome="person")
        if not _asks(plan, attempt):
            return _good_bye("care_contact_no_need", "over")
        if keys == CANNOT:
            await end_contact_call(session, plan, attempt, AttemptState.SPOKEN, keys=keys)
            return _good_bye("care_contact_next", "cannot")
        await contact_looks(session, plan, attempt, keys=keys)
        return _good_bye("care_contact_thanks", "looks")

    async def on_silence(self, session: AsyncSession, context: Context) -> Step:
        return Step(say=("dialog_silence",), then=Then.HANG_UP, outcome="silent")

    async def ended(self, session: AsyncSession, context: Context, how: How) -> None:
        plan, attempt = await _locked(session, context)
        if attempt.state in ON_THE_LINE:
            await end_contact_call(session, plan, attempt, _end_of(how))


async def _told(session: AsyncSession, plan: CallPlan) -> tuple[str, ...]:
    if plan.purpose is Purpose.CAMPAIGN:
        campaign = await session.get_one(Campaign, plan.subject_id)
        return ("campaign_greeting", campaign.prompt, "campaign_choose")
    if plan.purpose is Purpose.MEDICINE:
        return ("medicine_greeting", "medicine_choose")
    if plan.purpose is Purpose.DAILY:
        return ("care_daily_greeting", "care_choose")
    zone = ZoneInfo(get_settings().timezone)
    is_today = plan.dedupe_key.startswith("birthday:") and plan.planned_at.astimezone(zone).date() == clock.today(zone.key)
    return ("care_birthday_greeting" if is_today else "care_greeting", "care_choose")


def _asked(said: tuple[str, ...], *, read: int) -> Step:
    """How she is; with her points behind key 4. `read`: how often they have been."""
    if read >= READ_AT_MOST:
        return Step(say=(*said, "dialog_again_hint"), allowed=FINE + PERSON, meanwhile=PERSON, keep={"points_read": read})
    return Step(
        say=(*said, "care_points_hint", "dialog_again_hint"), allowed=FINE + PERSON + POINTS, meanwhile=PERSON, keep={"points_read": read}
    )


def _end_of(how: How) -> AttemptState:
    """What voice never came to ring was no try."""
    return AttemptState.CANCELLED if how is How.EXPIRED else ENDED_AS[how]


def _asks(plan: CallPlan, attempt: CallAttempt) -> bool:
    return plan.state is PlanState.CALLING and attempt.state in ON_THE_LINE


def _good_bye(said: str, outcome: str) -> Step:
    return Step(say=(said, "dialog_goodbye"), then=Then.HANG_UP, outcome=outcome)


async def _locked(session: AsyncSession, context: Context) -> tuple[CallPlan, CallAttempt]:
    assert context.subject_id is not None
    return await lock_attempt(session, context.subject_id)
