from __future__ import annotations

import uuid
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.roles import Permission
from callcenter.accounts.sessions import SignedIn
from callcenter.calls.lines import list_lines
from callcenter.calls.models import Call, SipAccount
from callcenter.calls.outcomes import checked_outcome
from callcenter.calls.states import LIVE, CallKind
from callcenter.cases.actions import set_outcome
from callcenter.cases.models import Case
from callcenter.centre.models import OptionKind
from callcenter.centre.openings import list_openings
from callcenter.centre.options import get_choosable, list_options
from callcenter.centre.schemas import LineWord, OpeningWords, Option
from callcenter.console.http import Centre, Desk, Session, SettingsDep, database_of, needs
from callcenter.console.idempotency import IdempotencyKey, once
from callcenter.console.schemas import CommandOutcome, Options, PhoneAccount, SendDigits, SetPresence, WrapUp
from callcenter.console.schemas_parties import HangUp
from callcenter.emergency.actions import settle_emergency
from callcenter.kit.db import Database
from callcenter.kit.errors import Conflict, Forbidden, NotFound, Unavailable
from callcenter.outreach.queries import has_open_complaint
from callcenter.settings import Settings

router = APIRouter()
Taker = Annotated[SignedIn, Depends(needs(Permission.CALLS_TAKE))]
Reader = Annotated[SignedIn, Depends(needs(Permission.CALLS_SEE))]
Db = Annotated[Database, Depends(database_of)]


def ws_url(settings: Settings) -> str:
    """Where browsers reach the telephone's socket: Asterisk itself on loopback; in production Caddy passes only /ws on."""
    if settings.base_url.startswith("https://"):
        return "wss://" + settings.base_url.removeprefix("https://") + "/ws"
    return settings.ari_base.replace("http", "ws", 1) + "/ws"


def phone_account(settings: Settings, name: str, secret: str, display_name: str) -> PhoneAccount:
    return PhoneAccount(account=name, secret=secret, uri=f"sip:{name}@onekey", ws_url=ws_url(settings), display_name=display_name)


@router.post("/api/phone")
async def get_phone(who: Taker, settings: SettingsDep, desk: Desk, database: Db) -> PhoneAccount:
    outcome, _ = await desk.ask("phone", agent_id=who.user_id, args={"session_id": str(who.session_id)})
    async with database.transaction() as session:
        row = (
            await session.execute(select(SipAccount).where(SipAccount.agent_id == who.user_id, SipAccount.session_id == who.session_id))
        ).scalar_one_or_none()
    if row is None:  # voice is away and this sign-in has no account yet
        raise Unavailable("the telephone service does not answer; it is tried again", code="voice_away", details={"reason": outcome.reason})
    return phone_account(settings, row.name, row.secret, who.actor.name)


@router.post("/api/presence")
async def set_presence(body: SetPresence, who: Taker, session: Session, desk: Desk) -> CommandOutcome:
    if body.state == "paused":
        await get_choosable(session, OptionKind.PAUSE_REASON, body.reason, error="unknown_reason")
    outcome, _ = await desk.ask("presence", agent_id=who.user_id, args={"state": body.state, "reason": body.reason})
    return outcome


@router.get("/api/options")
async def get_options(who: Reader, session: Session, centre: Centre) -> Options:
    """What the console chooses from and reads out. Retired options are among them: old cases still bear their words."""
    rows, lines = await list_options(session), await list_lines(session)

    def of(kind: OptionKind) -> list[Option]:
        return [Option.model_validate(row, from_attributes=True) for row in rows if row.kind == kind]

    def number_of(kind: CallKind) -> str:
        return next((line.number for line in lines if line.active and line.kind == kind), "")

    return Options(
        outcomes=of(OptionKind.OUTCOME),
        pause_reasons=of(OptionKind.PAUSE_REASON),
        dialects=of(OptionKind.DIALECT),
        sos_number=number_of(CallKind.SOS),
        service_number=number_of(CallKind.SERVICE),
        lines=[LineWord(number=line.number, kind=line.kind, label=line.label) for line in lines if line.active],
        openings=[OpeningWords.model_validate(row, from_attributes=True) for row in await list_openings(session)],
        centre_name=centre.text("centre_name"),
    )


async def own_call(session: AsyncSession, who: SignedIn, call_id: uuid.UUID) -> Call:
    call = await session.get(Call, call_id)
    if call is None:
        raise NotFound("no such call")
    if call.agent_id != who.user_id:
        raise Forbidden("this call is somebody else's", code="not_your_call")
    return call


@router.post("/api/calls/{call_id}/digits")
async def send_digits(
    call_id: uuid.UUID, body: SendDigits, who: Taker, desk: Desk, idempotency_key: IdempotencyKey = None
) -> CommandOutcome:
    outcome, _ = await desk.ask("digits", agent_id=who.user_id, call_id=call_id, args={"digits": body.digits}, key=idempotency_key)
    return outcome


@router.post("/api/calls/{call_id}/wrap-up")
async def wrap_up(
    call_id: uuid.UUID, body: WrapUp, who: Taker, desk: Desk, database: Db, idempotency_key: IdempotencyKey = None
) -> CommandOutcome:
    async with database.transaction() as session:
        call = await own_call(session, who, call_id)
        if call.state in LIVE:  # also while it waits for this agent's browser to come back
            raise Conflict("the call still goes on; how it ended is said afterwards", code="still_talking")

        async def do() -> CommandOutcome:
            case = await session.get(Case, call.case_id) if call.case_id is not None else None
            outcome = await checked_outcome(session, body.outcome, is_sos=case.is_sos if case else call.kind == CallKind.SOS)
            if call.case_id is not None:
                closes = outcome.closes_case and not await has_open_complaint(session, call.case_id)
                await set_outcome(session, who.actor, call.case_id, outcome=outcome.code, note=body.note, closes=closes)
                await settle_emergency(session, who.actor, call.case_id)
            return CommandOutcome(outcome="done")

        await once(session, who.user_id, idempotency_key, f"wrap_up:{call_id}", body, CommandOutcome, do)
    # the outcome is kept even when voice is away; the wrap-up then ends by its own clock
    outcome, _ = await desk.ask("wrap_up", agent_id=who.user_id, call_id=call_id)
    return CommandOutcome(outcome="done", reason="" if outcome.outcome == "done" else "wrap_up_ends_later")


@router.post("/api/calls/{call_id}/hang-up")
async def hang_up(
    call_id: uuid.UUID, who: Taker, desk: Desk, body: HangUp | None = None, idempotency_key: IdempotencyKey = None
) -> CommandOutcome:
    """With others on the call it is refused (`others_are_talking`) unless `all` is said."""
    args = {"all": True} if body and body.all else {}
    outcome, _ = await desk.ask("hang_up", agent_id=who.user_id, call_id=call_id, args=args, key=idempotency_key)
    return outcome


@router.post("/api/calls/{call_id}/{command}")
async def command_call(
    call_id: uuid.UUID, command: Literal["hold", "resume"], who: Taker, desk: Desk, idempotency_key: IdempotencyKey = None
) -> CommandOutcome:
    outcome, _ = await desk.ask(command, agent_id=who.user_id, call_id=call_id, key=idempotency_key)
    return outcome
