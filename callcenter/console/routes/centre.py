"""Lines, opening texts, words to choose from: whoever keeps the house changes them, supervisors read."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.roles import Permission
from callcenter.accounts.sessions import SignedIn
from callcenter.calls import lines
from callcenter.calls.states import CallKind, LineCarrier
from callcenter.centre import openings, options
from callcenter.centre.models import OpeningText, OptionKind, OptionRow
from callcenter.centre.schemas import (
    OpeningChange,
    Openings,
    Option,
    OptionList,
    OptionLists,
    OptionWords,
    OrderOptions,
    RetireOption,
    SetOpening,
)
from callcenter.console.http import Session, SettingsDep, needs
from callcenter.console.idempotency import IdempotencyKey, once
from callcenter.console.schemas_centre import AddLine, ChangeLine, Lines, LineView, SwitchLine
from callcenter.kit.errors import Conflict
from callcenter.settings import Settings

router = APIRouter()
Reader = Annotated[SignedIn, Depends(needs(Permission.CENTRE_READ))]
Writer = Annotated[SignedIn, Depends(needs(Permission.CENTRE_WRITE))]

# --- lines -----------------------------------------------------------------------------------------------------------------------


@router.get("/api/lines")
async def get_lines(who: Reader, session: Session) -> Lines:
    return Lines(lines=[LineView.model_validate(line, from_attributes=True) for line in await lines.list_lines(session)])


@router.post("/api/lines")
async def add_line(body: AddLine, who: Writer, session: Session, settings: SettingsDep, idempotency_key: IdempotencyKey = None) -> LineView:
    async def do() -> LineView:
        carrier = carrier_wanted(body.carrier, settings)
        line = await lines.add_line(session, who.actor, number=body.number, kind=CallKind(body.kind), label=body.label, carrier=carrier)
        return LineView.model_validate(line, from_attributes=True)

    return await once(session, who.user_id, idempotency_key, "line", body, LineView, do)


@router.post("/api/lines/{line_number}")
async def change_line(
    line_number: str, body: ChangeLine, who: Writer, session: Session, settings: SettingsDep, idempotency_key: IdempotencyKey = None
) -> LineView:
    async def do() -> LineView:
        carrier = carrier_wanted(body.carrier, settings) if body.carrier else None
        line = await lines.change_line(session, who.actor, number=line_number, kind=CallKind(body.kind), label=body.label, carrier=carrier)
        return LineView.model_validate(line, from_attributes=True)

    return await once(session, who.user_id, idempotency_key, f"line:{line_number}", body, LineView, do)


@router.post("/api/lines/{line_number}/switch")
async def switch_line(
    line_number: str, body: SwitchLine, who: Writer, session: Session, idempotency_key: IdempotencyKey = None
) -> LineView:
    async def do() -> LineView:
        line = await lines.switch_line(session, who.actor, number=line_number, active=body.active)
        return LineView.model_validate(line, from_attributes=True)

    return await once(session, who.user_id, idempotency_key, f"line_switch:{line_number}", body, LineView, do)


def carrier_wanted(word: LineCarrier, settings: Settings) -> LineCarrier:
    if word is LineCarrier.TWILIO and not settings.twilio_voice:
        raise Conflict("ONEKEY_TWILIO_VOICE is off: Twilio carries no calls here", code="carrier_not_set_up")
    return word


# --- what is said first ----------------------------------------------------------------------------------------------------------


def opening_view(row: OpeningText) -> OpeningChange:
    return OpeningChange.model_validate(row, from_attributes=True)


@router.get("/api/openings")
async def get_openings(who: Reader, session: Session) -> Openings:
    return Openings(openings=[opening_view(row) for row in await openings.list_openings(session)])


@router.get("/api/openings/history")
async def get_opening_history(who: Reader, session: Session, line: str = "", dialect: str = "") -> Openings:
    """Of one line and dialect, newest first; empty words: withdrawn."""
    return Openings(openings=[opening_view(row) for row in await openings.list_opening_changes(session, line=line, dialect=dialect)])


@router.post("/api/openings")
async def set_opening(body: SetOpening, who: Writer, session: Session, idempotency_key: IdempotencyKey = None) -> OpeningChange:
    async def do() -> OpeningChange:
        if body.line:
            await lines.get_line(session, body.line)
        if body.dialect:
            await options.get_choosable(session, OptionKind.DIALECT, body.dialect, error="unknown_dialect")
        return opening_view(await openings.set_opening(session, who.actor, **body.model_dump()))

    return await once(session, who.user_id, idempotency_key, "opening", body, OpeningChange, do)


# --- words to choose from --------------------------------------------------------------------------------------------------------


def option_view(row: OptionRow) -> Option:
    return Option.model_validate(row, from_attributes=True)


async def list_view(session: AsyncSession, kind: OptionKind) -> OptionList:
    return OptionList(kind=kind, options=[option_view(row) for row in await options.list_options(session) if row.kind == kind])


@router.get("/api/option-lists")
async def get_option_lists(who: Reader, session: Session) -> OptionLists:
    rows = await options.list_options(session)
    return OptionLists(lists=[OptionList(kind=kind, options=[option_view(row) for row in rows if row.kind == kind]) for kind in OptionKind])


@router.post("/api/option-lists/{kind}")
async def add_option(
    kind: OptionKind, body: OptionWords, who: Writer, session: Session, idempotency_key: IdempotencyKey = None
) -> OptionList:
    async def do() -> OptionList:
        await options.add_option(session, who.actor, kind=kind, **body.model_dump())
        return await list_view(session, kind)

    return await once(session, who.user_id, idempotency_key, f"option:{kind}", body, OptionList, do)


@router.post("/api/option-lists/{kind}/order")
async def order_options(
    kind: OptionKind, body: OrderOptions, who: Writer, session: Session, idempotency_key: IdempotencyKey = None
) -> OptionList:
    async def do() -> OptionList:
        await options.order_options(session, who.actor, kind=kind, codes=body.codes)
        return await list_view(session, kind)

    return await once(session, who.user_id, idempotency_key, f"option_order:{kind}", body, OptionList, do)


@router.post("/api/option-lists/{kind}/{code}")
async def change_option(
    kind: OptionKind, code: str, body: OptionWords, who: Writer, session: Session, idempotency_key: IdempotencyKey = None
) -> OptionList:
    async def do() -> OptionList:
        await options.change_option(session, who.actor, kind=kind, code=code, **body.model_dump())
        return await list_view(session, kind)

    return await once(session, who.user_id, idempotency_key, f"option:{kind}:{code}", body, OptionList, do)


@router.post("/api/option-lists/{kind}/{code}/retire")
async def retire_option(
    kind: OptionKind, code: str, body: RetireOption, who: Writer, session: Session, idempotency_key: IdempotencyKey = None
) -> OptionList:
    async def do() -> OptionList:
        await options.retire_option(session, who.actor, kind=kind, code=code, retired=body.retired)
        return await list_view(session, kind)

    return await once(session, who.user_id, idempotency_key, f"option_retire:{kind}:{code}", body, OptionList, do)
