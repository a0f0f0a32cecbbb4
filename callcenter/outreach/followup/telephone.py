"""What is said when a program asks how a job was, and what her keys do. Wired in callcenter/voice.py.

The machine at the other end may be a mailbox, whoever picks up may be her grandchild: what is said names the job and her surname, nothing else about her.
"""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.dialogs import speech
from callcenter.calls.dialogs.protocol import Context, Dialog, Step, Then
from callcenter.calls.dialogs.states import How
from callcenter.cases.models import Case
from callcenter.kit import clock
from callcenter.outreach.actions import OUTREACH, answer_attempt, close_when_asked, end_attempt, lock_attempt, to_person
from callcenter.outreach.complaints.actions import NewComplaint, open_complaint
from callcenter.outreach.complaints.states import Source
from callcenter.outreach.followup.reaching import not_reached
from callcenter.outreach.models import CallAttempt, CallPlan
from callcenter.outreach.names import called
from callcenter.outreach.states import ENDED_AS, ON_THE_LINE, AttemptState, PlanState, Result, Why

JOB_CALL = "job_follow_up"  # the dialog's kind
RATINGS, PERSON = "54321", "9"
BAD = 2  # this and below opens a complaint


def handlers() -> dict[str, Dialog]:
    return {JOB_CALL: JobFollowUp()}


class JobFollowUp:
    """5 very satisfied … 1 not at all, 9 a person, * again."""

    async def begin(self, session: AsyncSession, context: Context) -> Step:
        plan, attempt = await _locked(session, context)
        if not _asks(plan, attempt):
            return Step(say=("follow_up_no_need", "dialog_goodbye"), then=Then.HANG_UP, outcome="over")
        attempt.state, attempt.answered_at = AttemptState.ANSWERED, clock.now()
        about = speech.service(plan.item_code)
        return Step(
            say=(
                *await called(session, plan.elder_id),
                "follow_up_greeting",
                *(("follow_up_about", *about) if about else ()),
                "follow_up_choose",
                "dialog_again_hint",
            ),
            allowed=RATINGS + PERSON,
        )

    async def on_key(self, session: AsyncSession, context: Context, keys: str) -> Step:
        plan, attempt = await _locked(session, context)
        if not _asks(plan, attempt):
            return Step(say=("follow_up_no_need", "dialog_goodbye"), then=Then.HANG_UP, outcome="over")
        case = await session.get_one(Case, plan.case_id)
        if keys == PERSON:
            await answer_attempt(session, plan, attempt, Result.HELP, keys=keys)
            return Step(say=("follow_up_to_agent",), then=Then.TO_AGENT, own_case=True, outcome="person")
        rating = int(keys)
        await answer_attempt(session, plan, attempt, Result.RATED, keys=keys, rating=rating)
        if rating > BAD:
            await close_when_asked(session, case)
            return Step(say=("follow_up_thanks", "dialog_goodbye"), then=Then.HANG_UP, outcome="rated")
        await open_complaint(
            session,
            OUTREACH,
            NewComplaint(Source.RATING, case, plan.order_id, plan.store_id, plan.agent_id, rating, dedupe_key=f"plan:{plan.id}"),
        )
        return Step(say=("follow_up_sorry",), then=Then.TO_AGENT, own_case=True, outcome="complaint")

    async def on_silence(self, session: AsyncSession, context: Context) -> Step:
        """A mailbox, or she does not know what to do: asked again another time, then by a person. `ended` writes it."""
        return Step(say=("dialog_silence",), then=Then.HANG_UP, outcome="silent")

    async def ended(self, session: AsyncSession, context: Context, how: How) -> None:
        plan, attempt = await _locked(session, context)
        if attempt.state not in ON_THE_LINE:
            return
        picked_up = attempt.answered_at is not None
        last = await end_attempt(session, plan, attempt, ENDED_AS[how])
        if last and plan.state is PlanState.CALLING:
            if picked_up:
                await to_person(session, plan, Why.NOT_REACHED)
            else:
                await not_reached(session, plan)


def _asks(plan: CallPlan, attempt: CallAttempt) -> bool:
    return plan.state is PlanState.CALLING and attempt.state in ON_THE_LINE


async def _locked(session: AsyncSession, context: Context) -> tuple[CallPlan, CallAttempt]:
    assert context.subject_id is not None
    return await lock_attempt(session, context.subject_id)
