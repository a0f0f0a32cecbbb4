"""Who is on duty: the rota and the plain list of telephones that ring after it."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.roles import Permission
from callcenter.accounts.sessions import SignedIn
from callcenter.calls.duty import actions
from callcenter.calls.duty.queries import get_duty_person, list_duty_people, on_duty_now, person_view, preview_rota, view_rota
from callcenter.calls.duty.schemas import (
    ChangedDutyPerson,
    DutyPersonForm,
    DutyPersonView,
    DutyTelephoneView,
    NewDutyTelephone,
    OnDutyNow,
    RotaForm,
    RotaPreview,
    RotaView,
)
from callcenter.calls.setting_up import add_duty_telephone, dialable, drop_duty_telephone, list_duty_telephones
from callcenter.console.http import Session, SettingsDep, needs
from callcenter.console.idempotency import IdempotencyKey, once
from callcenter.console.schemas import CommandOutcome
from callcenter.console.schemas_regions import Made
from callcenter.kit.phone import pretty

router = APIRouter()
Reader = Annotated[SignedIn, Depends(needs(Permission.REGIONS_READ))]
Writer = Annotated[SignedIn, Depends(needs(Permission.DUTY_WRITE))]


@router.get("/api/duty/now")
async def get_on_duty(who: Reader, session: Session, settings: SettingsDep) -> OnDutyNow:
    """Who is on duty now, and who comes next."""
    return await on_duty_now(session, settings.timezone)


@router.get("/api/duty/rota")
async def get_rota(who: Reader, session: Session, settings: SettingsDep) -> RotaView:
    return await view_rota(session, settings.timezone)


@router.put("/api/duty/rota")
async def save_rota(body: RotaForm, who: Writer, session: Session, settings: SettingsDep) -> RotaView:
    """The whole rota as it is to be. 409 `rota_changed` when somebody has saved another since."""
    await actions.save_rota(session, who.actor, body)
    return await view_rota(session, settings.timezone)


@router.post("/api/duty/rota/preview")
async def preview(body: RotaForm, who: Writer, session: Session, settings: SettingsDep) -> RotaPreview:
    """What the next fourteen days would be, with gaps and overlaps. Nothing is kept."""
    await actions.check_rota(session, body)
    return await preview_rota(session, body, settings.timezone)


@router.get("/api/duty/people")
async def list_people(who: Reader, session: Session) -> list[DutyPersonView]:
    return [person_view(person) for person in await list_duty_people(session)]


@router.post("/api/duty/people")
async def add_person(
    body: DutyPersonForm, who: Writer, session: Session, settings: SettingsDep, idempotency_key: IdempotencyKey = None
) -> DutyPersonView:
    async def do() -> Made:
        return Made(id=(await actions.add_duty_person(session, who.actor, body, settings)).id)

    made = await once(session, who.user_id, idempotency_key, "duty_person:add", body, Made, do)
    return person_view(await get_duty_person(session, made.id))


@router.put("/api/duty/people/{duty_person_id}")
async def change_person(
    duty_person_id: uuid.UUID, body: ChangedDutyPerson, who: Writer, session: Session, settings: SettingsDep
) -> DutyPersonView:
    return person_view(await actions.change_duty_person(session, who.actor, duty_person_id, body, settings))


@router.get("/api/duty/telephones")
async def list_telephones(who: Reader, session: Session) -> list[DutyTelephoneView]:
    """The plain list, which rings after those on duty, in this order."""
    return await _telephones(session)


@router.post("/api/duty/telephones")
async def add_telephone(
    body: NewDutyTelephone, who: Writer, session: Session, settings: SettingsDep, idempotency_key: IdempotencyKey = None
) -> list[DutyTelephoneView]:
    async def do() -> CommandOutcome:
        await add_duty_telephone(session, who.actor, number=dialable(body.number, settings), label=body.label)
        return CommandOutcome(outcome="done")

    await once(session, who.user_id, idempotency_key, "duty_telephone:add", body, CommandOutcome, do)
    return await _telephones(session)


@router.delete("/api/duty/telephones/{telephone_id}")
async def remove_telephone(telephone_id: uuid.UUID, who: Writer, session: Session) -> list[DutyTelephoneView]:
    await drop_duty_telephone(session, who.actor, telephone_id)
    return await _telephones(session)


async def _telephones(session: AsyncSession) -> list[DutyTelephoneView]:
    return [
        DutyTelephoneView(id=t.id, number=pretty(t.number), label=t.label, position=t.position) for t in await list_duty_telephones(session)
    ]
