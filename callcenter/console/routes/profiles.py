"""An elder's profile: the list, the form, history, consents, where she is, her photograph, "press once"."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.audit import audit
from callcenter.accounts.roles import Permission
from callcenter.accounts.sessions import SignedIn
from callcenter.calls.of_elder import list_lines
from callcenter.console.http import NoAccess, Session, needs
from callcenter.console.idempotency import IdempotencyKey, once
from callcenter.console.profiles import settle_checks
from callcenter.console.schemas import CommandOutcome
from callcenter.elders import checks, consents, photos, pictures
from callcenter.elders.access import whole_for
from callcenter.elders.actions import confirm_death, create_elder, edit_elder, set_presence, undo_death
from callcenter.elders.history import list_changes
from callcenter.elders.models import Living, Presence
from callcenter.elders.queries import current_id, get_hits, get_profile, list_categories, list_directory
from callcenter.elders.record_schemas import (
    CheckLine,
    Checks,
    Consents,
    Directory,
    DirectoryFilter,
    ElderChangeView,
    ElderPresence,
    NewConsent,
    NewWording,
    StartCheck,
    Wording,
)
from callcenter.elders.records import ConsentAct, ConsentBy
from callcenter.elders.schemas import EditElder, NewElder, Profile
from callcenter.kit.errors import Invalid

router = APIRouter()
Searcher = Annotated[SignedIn, Depends(needs(Permission.ELDERS_SEARCH))]
Reader = Annotated[SignedIn, Depends(needs(Permission.ELDERS_READ))]
Writer = Annotated[SignedIn, Depends(needs(Permission.ELDERS_WRITE))]
Confirmer = Annotated[SignedIn, Depends(needs(Permission.DEATHS_CONFIRM))]
PAGE = 50
JPEG: dict[str, Any] = {"responses": {"200": {"content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}}}}
PICTURE: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
}


class MadeElder(BaseModel):
    id: uuid.UUID


class NoBody(BaseModel):
    pass


async def opened(session: AsyncSession, who: SignedIn, elder_id: uuid.UUID, *, purpose: str, health: bool = False) -> uuid.UUID:
    """The profile that is kept for this id, for whoever may see all of her; a refusal is written down, and so is a look at her health."""
    current = await current_id(session, elder_id)
    because = (await whole_for(session, who.actor, [current])).get(current)
    if because is None:
        await audit(session, who.actor, "elder:refused", current, purpose=purpose)
        raise NoAccess("no call and no case of yours; break the glass with a reason", details={"elder_id": str(current)})
    if health:
        await audit(session, who.actor, "elder:read", current, purpose=purpose, details={"health": True, "by": because})
    return current


async def did(
    session: AsyncSession, who: SignedIn, key: str | None, action: str, body: BaseModel, do: Callable[[], Awaitable[object]]
) -> None:
    """Once for each key; what is kept for a repeat tells nothing of her."""

    async def done() -> CommandOutcome:
        await do()
        return CommandOutcome(outcome="done")

    await once(session, who.user_id, key, action, body, CommandOutcome, done)


# --- the list ----------------------------------------------------------------------------------------------------------------


@router.get("/api/elders/directory")
async def directory(
    who: Searcher,
    session: Session,
    q: Annotated[str, Query(max_length=100)] = "",
    region_id: uuid.UUID | None = None,
    category: Annotated[str, Query(max_length=100)] = "",
    presence: Presence | None = None,
    risk: Annotated[int | None, Query(ge=0, le=3)] = None,
    living: Living | None = None,
    offset: Annotated[int, Query(ge=0, le=10_000)] = 0,
) -> Directory:
    """Names masked but for those whom the reader may see whole; nothing of health."""
    wanted = DirectoryFilter(region_id=region_id, category=category, presence=presence, risk=risk, living=living)
    ids, contacts, total = await list_directory(session, wanted, q.strip(), offset=offset, limit=PAGE)
    items = await get_hits(session, ids, contacts, full_ids=await whole_for(session, who.actor, ids))
    await audit(session, who.actor, "elder:search", "", details={"hits": len(items)})
    return Directory(items=items, total=total, offset=offset)


@router.get("/api/elders/categories")
async def categories(who: Searcher, session: Session) -> list[str]:
    return await list_categories(session)


# --- the profile -------------------------------------------------------------------------------------------------------------


@router.post("/api/elders")
async def create(body: NewElder, who: Writer, session: Session, idempotency_key: IdempotencyKey = None) -> Profile:
    """Whoever takes her down sees her for an hour."""

    async def do() -> MadeElder:
        return MadeElder(id=(await create_elder(session, who.actor, body)).id)

    made = await once(session, who.user_id, idempotency_key, "elder:create", body, MadeElder, do)
    return await get_profile(session, await opened(session, who, made.id, purpose="profile", health=True))


@router.get("/api/elders/{elder_id}/profile")
async def profile(elder_id: uuid.UUID, who: Reader, session: Session) -> Profile:
    await opened(session, who, elder_id, purpose="profile", health=True)
    return await get_profile(session, elder_id)


@router.post("/api/elders/{elder_id}/profile")
async def edit(elder_id: uuid.UUID, body: EditElder, who: Writer, session: Session, idempotency_key: IdempotencyKey = None) -> Profile:
    current = await opened(session, who, elder_id, purpose="edit")
    await did(session, who, idempotency_key, f"edit:{current}", body, lambda: edit_elder(session, who.actor, current, body))
    await audit(session, who.actor, "elder:read", current, purpose="profile", details={"health": True})
    return await get_profile(session, current)


@router.get("/api/elders/{elder_id}/changes")
async def changes(elder_id: uuid.UUID, who: Reader, session: Session) -> list[ElderChangeView]:
    """Who, when and which fields, for every reader; what stood there, for whoever may see all of her."""
    current = await current_id(session, elder_id)
    because = (await whole_for(session, who.actor, [current])).get(current)
    if because is not None:
        await audit(session, who.actor, "elder:read", current, purpose="changes", details={"health": True, "by": because})
    return await list_changes(session, current, full=because is not None)


# --- where she is ------------------------------------------------------------------------------------------------------------


@router.post("/api/elders/{elder_id}/presence")
async def presence(
    elder_id: uuid.UUID, body: ElderPresence, who: Writer, session: Session, idempotency_key: IdempotencyKey = None
) -> Profile:
    current = await opened(session, who, elder_id, purpose="presence")
    await did(session, who, idempotency_key, f"presence:{current}", body, lambda: set_presence(session, who.actor, current, body))
    return await get_profile(session, current)


@router.post("/api/elders/{elder_id}/death/confirm")
async def confirm(elder_id: uuid.UUID, who: Confirmer, session: Session) -> Profile:
    current = await opened(session, who, elder_id, purpose="presence")
    await confirm_death(session, who.actor, current)
    return await get_profile(session, current)


@router.post("/api/elders/{elder_id}/death/undo")
async def undo(elder_id: uuid.UUID, who: Confirmer, session: Session, idempotency_key: IdempotencyKey = None) -> Profile:
    current = await opened(session, who, elder_id, purpose="presence")
    await did(session, who, idempotency_key, f"undo-death:{current}", NoBody(), lambda: undo_death(session, who.actor, current))
    return await get_profile(session, current)


# --- consents ------------------------------------------------------------------------------------------------------------------


@router.get("/api/elders/{elder_id}/consents")
async def list_consents(elder_id: uuid.UUID, who: Reader, session: Session) -> Consents:
    return await consents.get_consents(session, await opened(session, who, elder_id, purpose="consents"))


@router.post("/api/elders/{elder_id}/consents")
async def write_consent(
    elder_id: uuid.UUID, body: NewConsent, who: Writer, session: Session, idempotency_key: IdempotencyKey = None
) -> Consents:
    current = await opened(session, who, elder_id, purpose="consents")
    await did(session, who, idempotency_key, f"consent:{current}", body, lambda: consents.write_consent(session, who.actor, current, body))
    return await consents.get_consents(session, current)


@router.post("/api/elders/{elder_id}/consents/form", openapi_extra=PICTURE)
async def write_consent_with_form(
    elder_id: uuid.UUID,
    request: Request,
    who: Writer,
    session: Session,
    item: Annotated[str, Query(max_length=40)] = "",
    act: ConsentAct = ConsentAct.GIVEN,
    proof: Annotated[str, Query(max_length=100)] = "",
    idempotency_key: IdempotencyKey = None,
) -> Consents:
    """With a picture of the signed form (JPEG or PNG) as the body."""
    current = await opened(session, who, elder_id, purpose="consents")
    try:
        wanted = NewConsent(item=item, act=act, by=ConsentBy.FORM, proof=proof)
    except ValidationError as error:
        raise Invalid("say what was agreed to, and which form it is", details={"field": "proof"}) from error
    sent = await request.body()
    image = await asyncio.to_thread(pictures.remade, sent, side=pictures.FORM_SIDE)
    await did(
        session, who, idempotency_key, f"consent:{current}", wanted,
        lambda: consents.write_consent(session, who.actor, current, wanted, form=image),
    )  # fmt: skip
    return await consents.get_consents(session, current)


@router.get("/api/elders/{elder_id}/consents/{entry_id}/form", response_class=Response, openapi_extra=JPEG)
async def consent_form(elder_id: uuid.UUID, entry_id: uuid.UUID, who: Reader, session: Session) -> Response:
    current = await opened(session, who, elder_id, purpose="consents")
    image = await consents.get_form(session, current, entry_id)
    await audit(session, who.actor, "consent:form_seen", current)
    return Response(image, media_type="image/jpeg")


@router.get("/api/consent-wordings")
async def wordings(who: Reader, session: Session) -> list[Wording]:
    return await consents.list_wordings(session)


@router.post("/api/consent-wordings")
async def add_wording(
    body: NewWording,
    who: Annotated[SignedIn, Depends(needs(Permission.CONSENTS_WORD))],
    session: Session,
    idempotency_key: IdempotencyKey = None,
) -> list[Wording]:
    await did(session, who, idempotency_key, "wording", body, lambda: consents.add_wording(session, who.actor, body))
    return await consents.list_wordings(session)


# --- photograph ----------------------------------------------------------------------------------------------------------------


@router.get("/api/elders/{elder_id}/photo", response_class=Response, openapi_extra=JPEG)
async def get_photo(elder_id: uuid.UUID, who: Reader, session: Session) -> Response:
    current = await opened(session, who, elder_id, purpose="photo")
    image = await photos.get_photo(session, current)
    await audit(session, who.actor, "elder:photo_seen", current)
    return Response(image, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


@router.post("/api/elders/{elder_id}/photo", openapi_extra=PICTURE)
async def put_photo(elder_id: uuid.UUID, request: Request, who: Writer, session: Session) -> Profile:
    """A JPEG or PNG of at most 5 MB as the body. It is made anew: nothing is kept but what is seen."""
    current = await opened(session, who, elder_id, purpose="photo")
    sent = await request.body()
    image = await asyncio.to_thread(pictures.remade, sent, side=pictures.PHOTO_SIDE)
    await photos.put_photo(session, who.actor, current, image=image)
    return await get_profile(session, current)


@router.delete("/api/elders/{elder_id}/photo")
async def remove_photo(elder_id: uuid.UUID, who: Writer, session: Session) -> Profile:
    current = await opened(session, who, elder_id, purpose="photo")
    await photos.remove_photo(session, who.actor, current)
    return await get_profile(session, current)


# --- press once ------------------------------------------------------------------------------------------------------------------


async def checks_of(session: AsyncSession, elder_id: uuid.UUID) -> Checks:
    lines = [CheckLine(number=line.number, label=line.label) for line in await list_lines(session)]
    labels = {line.number: line.label for line in lines}
    found = await checks.list_checks(session, elder_id)
    return Checks(lines=lines, checks=[check.model_copy(update={"line_label": labels.get(check.line, "")}) for check in found])


@router.get("/api/elders/{elder_id}/checks")
async def list_checks(elder_id: uuid.UUID, who: Reader, session: Session) -> Checks:
    """Looks at the presses first: whoever watches a check sees it settled at once."""
    current = await opened(session, who, elder_id, purpose="check")
    await settle_checks(session, current)
    return await checks_of(session, current)


@router.post("/api/elders/{elder_id}/checks")
async def start_check(
    elder_id: uuid.UUID, body: StartCheck, who: Writer, session: Session, idempotency_key: IdempotencyKey = None
) -> Checks:
    current = await opened(session, who, elder_id, purpose="check")
    if body.line not in {line.number for line in await list_lines(session)}:
        raise Invalid("this is none of our lines", code="line_unknown", details={"field": "line"})
    await settle_checks(session, current)
    await did(session, who, idempotency_key, f"check:{current}", body, lambda: checks.start_check(session, who.actor, current, body))
    return await checks_of(session, current)


@router.post("/api/elders/{elder_id}/checks/{check_id}/cancel")
async def cancel_check(elder_id: uuid.UUID, check_id: uuid.UUID, who: Writer, session: Session) -> Checks:
    current = await opened(session, who, elder_id, purpose="check")
    await checks.cancel_check(session, who.actor, current, check_id)
    return await checks_of(session, current)
