"""What is said to contacts, to her, and to duty telephones, and what their keys do. Wired in callcenter/voice.py.

Nothing of the elder is said: neither her name nor what is wrong with her. Whoever picked up may be a child, or a neighbour.
"""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.dialogs.protocol import Context, Dialog, Step, Then
from callcenter.calls.dialogs.states import How
from callcenter.emergency.ladder import call_backs, duty
from callcenter.emergency.ladder.actions import answer_attempt, lock_attempt, somebody_goes
from callcenter.emergency.ladder.calling import CONTACT_CALL, ELDER_CALL
from callcenter.emergency.ladder.states import NOT_REACHED, OPEN, AttemptState, DutyCallState, Who
from callcenter.emergency.states import EmergencyState
from callcenter.kit import clock

GOING, CANNOT, TALK = "1", "2", "0"


def handlers() -> dict[str, Dialog]:
    return {CONTACT_CALL: ContactCall(), ELDER_CALL: ElderCall(), duty.DUTY_DIALOG: DutyTelephoneCall()}


class ContactCall:
    """1 I am going, 2 I can't, 0 I want to speak with somebody, * again."""

    async def begin(self, session: AsyncSession, context: Context) -> Step:
        assert context.subject_id is not None
        _, emergency, attempt = await lock_attempt(session, context.subject_id)
        if emergency.state is not EmergencyState.OPEN or attempt.state not in OPEN:
            return _good_bye("contact_no_need", "over")
        attempt.answered_at = clock.now()
        greeting = "contact_worker_greeting" if attempt.who is Who.GRID_WORKER else "contact_greeting"
        return Step(say=(greeting, "contact_choose", "dialog_again_hint"), allowed=GOING + CANNOT + TALK)

    async def on_key(self, session: AsyncSession, context: Context, keys: str) -> Step:
        assert context.subject_id is not None
        case, emergency, attempt = await lock_attempt(session, context.subject_id)
        if keys == TALK:  # whatever has become of it meanwhile, she has a question
            if attempt.state in OPEN:
                await answer_attempt(session, case, emergency, attempt, AttemptState.TALKS, answer=keys)
            return Step(say=("contact_to_agent",), then=Then.TO_AGENT, as_sos=emergency.state is EmergencyState.OPEN, outcome="talks")
        if emergency.state is not EmergencyState.OPEN or attempt.state not in OPEN:
            return _good_bye("contact_no_need", "over")
        if keys == CANNOT:
            await answer_attempt(session, case, emergency, attempt, AttemptState.CANNOT, answer=keys)
            return _good_bye("contact_cannot", "cannot")
        if await somebody_goes(session, emergency):
            await answer_attempt(session, case, emergency, attempt, AttemptState.CANCELLED, answer=keys)
            return _good_bye("contact_already", "already")
        await answer_attempt(session, case, emergency, attempt, AttemptState.GOING, answer=keys)
        return _good_bye("contact_going", "going")

    async def on_silence(self, session: AsyncSession, context: Context) -> Step:
        """A mailbox, as often as not."""
        assert context.subject_id is not None
        case, emergency, attempt = await lock_attempt(session, context.subject_id)
        if attempt.state in OPEN:
            await answer_attempt(session, case, emergency, attempt, AttemptState.NO_ANSWER, answer="silent")
        return Step(say=("dialog_silence",), then=Then.HANG_UP, outcome="silent")

    async def ended(self, session: AsyncSession, context: Context, how: How) -> None:
        assert context.subject_id is not None
        case, emergency, attempt = await lock_attempt(session, context.subject_id)
        if attempt.state in OPEN:
            answer = "hung_up" if how is How.HUNG_UP and attempt.answered_at else ""
            await answer_attempt(session, case, emergency, attempt, NOT_REACHED[how], answer=answer)


class ElderCall:
    """She has picked up: she is handed to agents as the SOS that she is, while she hears that somebody comes."""

    async def begin(self, session: AsyncSession, context: Context) -> Step:
        assert context.subject_id is not None
        case, emergency, attempt = await lock_attempt(session, context.subject_id)
        waited_for = attempt.state in OPEN and await call_backs.elder_answered(session, case, emergency, attempt)
        return Step(say=("sos_call_back",), then=Then.TO_AGENT, as_sos=waited_for, outcome="picked_up")

    async def on_key(self, session: AsyncSession, context: Context, keys: str) -> Step:
        return _to_agent()

    async def on_silence(self, session: AsyncSession, context: Context) -> Step:
        return _to_agent()

    async def ended(self, session: AsyncSession, context: Context, how: How) -> None:
        assert context.subject_id is not None
        case, emergency, attempt = await lock_attempt(session, context.subject_id)
        if attempt.state in OPEN:
            await call_backs.elder_not_answered(session, case, emergency, attempt, NOT_REACHED[how])


class DutyTelephoneCall:
    """1 I see to it, 2 I can't, * again."""

    async def begin(self, session: AsyncSession, context: Context) -> Step:
        assert context.subject_id is not None
        emergency, call = await duty.lock_duty_call(session, context.subject_id)
        if call.state is not DutyCallState.CALLING or not await duty.unseen(session, emergency):
            return _good_bye("duty_no_need", "over")
        call.answered_at = clock.now()
        return Step(say=("duty_greeting", "duty_choose", "dialog_again_hint"), allowed=GOING + CANNOT)

    async def on_key(self, session: AsyncSession, context: Context, keys: str) -> Step:
        assert context.subject_id is not None
        emergency, call = await duty.lock_duty_call(session, context.subject_id)
        if call.state is not DutyCallState.CALLING or not await duty.unseen(session, emergency):
            return _good_bye("duty_no_need", "over")
        if keys == GOING:
            await duty.end_duty_call(session, emergency, call, DutyCallState.TAKEN)
            return _good_bye("duty_taken", "taken")
        await duty.end_duty_call(session, emergency, call, DutyCallState.DECLINED)
        return _good_bye("duty_next", "declined")

    async def on_silence(self, session: AsyncSession, context: Context) -> Step:
        return Step(say=("dialog_silence",), then=Then.HANG_UP, outcome="silent")

    async def ended(self, session: AsyncSession, context: Context, how: How) -> None:
        assert context.subject_id is not None
        emergency, call = await duty.lock_duty_call(session, context.subject_id)
        if call.state is DutyCallState.CALLING:
            seen = not await duty.unseen(session, emergency)
            await duty.end_duty_call(session, emergency, call, DutyCallState.CANCELLED if seen else DutyCallState.NOT_REACHED)


def _good_bye(said: str, outcome: str) -> Step:
    return Step(say=(said, "dialog_goodbye"), then=Then.HANG_UP, outcome=outcome)


def _to_agent() -> Step:
    return Step(say=("dialog_to_agent",), then=Then.TO_AGENT, outcome="to_agent")
