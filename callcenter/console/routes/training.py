"""The training telephone: demo, test and training mode only; elsewhere these paths do not exist.

Demo and test hold invented people only and ask for no sign-in; a training may be held with a copy of real ones.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping

from fastapi import APIRouter, Depends, Request
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.roles import Permission
from callcenter.calls.models import Line
from callcenter.calls.states import CallKind
from callcenter.console.http import Desk, Session, SettingsDep, must_be_settled, signed_in
from callcenter.console.routes.calls import phone_account
from callcenter.console.schemas import (
    TrainingAgency,
    TrainingContact,
    TrainingElder,
    TrainingOthers,
    TrainingPhone,
    TrainingPhoneRequest,
    TrainingStore,
    TrainingWorker,
)
from callcenter.dispatch.stores.queries import list_told_by_telephone
from callcenter.elders.models import Elder, ElderContact, ElderNumber
from callcenter.elders.queries import find_elders_by_number, get_elder_cards
from callcenter.elders.training import TRAINING_NUMBERS
from callcenter.emergency.outside.services import list_services
from callcenter.kit.errors import Invalid, NotFound, Unavailable
from callcenter.kit.phone import national, normalise
from callcenter.messaging.queries import list_console_log
from callcenter.messaging.schemas import TrainingMessage


async def may_train(request: Request, session: Session, settings: SettingsDep) -> None:
    if not settings.has_training_phone:
        raise NotFound("there is no training telephone here")
    if settings.mode == "training":
        who = await signed_in(request, session, settings)
        who.actor.must(Permission.TRAINING_PHONE)
        must_be_settled(who, settings)


may_train.permission_in_training = Permission.TRAINING_PHONE  # type: ignore[attr-defined]  # read by tools/access_table.py
router = APIRouter(dependencies=[Depends(may_train, scope="function")])


@router.get("/api/training/elders")
async def list_training_elders(session: Session) -> list[TrainingElder]:
    """People to play, by what they are for, one number that nobody knows, and a few more."""
    named = [(about, await find_elders_by_number(session, [about[0]])) for about in TRAINING_NUMBERS]
    more = await session.execute(
        select(Elder.id, Elder.name, ElderNumber.e164)
        .join(ElderNumber, ElderNumber.elder_id == Elder.id)
        .order_by(Elder.created_at, Elder.id, ElderNumber.position)
        .limit(12)
    )
    known = {e164 for e164, *_ in TRAINING_NUMBERS}
    unnamed = [row for row in more if row.e164 not in known]
    numbers = await _numbers(session, {m.id for _, matches in named for m in matches} | {row.id for row in unnamed})

    def others(own: str, *elders: uuid.UUID) -> list[str]:
        return sorted({national(e164) for elder in elders for e164 in numbers[elder] if e164 != own})

    return [
        TrainingElder(
            name=" / ".join(m.name for m in matches),
            number=national(e164),
            others=others(e164, *(m.id for m in matches)),
            what_for=what_for,
            about_zh=zh,
            about_en=en,
        )
        for (e164, what_for, zh, en), matches in named
    ] + [TrainingElder(name=row.name, number=national(row.e164), others=others(row.e164, row.id), what_for="") for row in unnamed]


async def _numbers(session: AsyncSession, elders: Collection[uuid.UUID]) -> Mapping[uuid.UUID, list[str]]:
    found: defaultdict[uuid.UUID, list[str]] = defaultdict(list)
    for elder_id, e164 in await session.execute(select(ElderNumber.elder_id, ElderNumber.e164).where(ElderNumber.elder_id.in_(elders))):
        found[elder_id].append(e164)
    return found


@router.get("/api/training/stores")
async def list_training_stores(session: Session) -> list[TrainingStore]:
    """Those that are told of jobs by telephone."""
    return [
        TrainingStore(name=store.name, number=national(store.number), contact=store.contact_name, place=place)
        for store, place in await list_told_by_telephone(session, limit=12)
    ]


@router.get("/api/training/others")
async def list_training_others(session: Session) -> TrainingOthers:
    """Family and neighbours of the elders who can be played, their grid workers, and outside help: everybody else of an emergency's story."""
    played = {m.id for about in TRAINING_NUMBERS for m in await find_elders_by_number(session, [about[0]])}
    contacts = await session.execute(
        select(ElderContact, Elder.name)
        .join(Elder, Elder.id == ElderContact.elder_id)
        .where(ElderContact.elder_id.in_(played))
        .order_by(Elder.created_at, Elder.id, ElderContact.has_key.desc(), ElderContact.position)
    )
    cards = await get_elder_cards(session, list(played))
    workers = {card.grid_worker.id: (card.grid_worker, card.place) for card in cards if card.grid_worker}
    agencies = {service.agency: service for service in await list_services(session, whole=False) if service.active and service.number}
    return TrainingOthers(
        contacts=[
            TrainingContact(name=c.name, number=national(c.number), relation=c.relation, elder_name=elder, has_key=c.has_key)
            for c, elder in contacts
        ],
        workers=[TrainingWorker(name=w.name, number=national(w.number), place=place) for w, place in workers.values()],
        agencies=[TrainingAgency(agency=a, number=national(s.number), label=s.label) for a, s in agencies.items()],
    )


@router.get("/api/training/messages")
async def list_training_messages(session: Session) -> list[TrainingMessage]:
    """The inbox of every telephone that is played: the last fifty text messages of the demo's carrier."""
    return await list_console_log(session)


@router.post("/api/training/phone")
async def get_training_phone(body: TrainingPhoneRequest, session: Session, settings: SettingsDep, desk: Desk) -> TrainingPhone:
    number = normalise(body.number, settings)
    if number is None or not number.value:
        raise Invalid("this is no telephone number", code="no_number")
    lines: dict[str, str] = {
        line.kind: line.number for line in (await session.execute(select(Line).where(Line.active).order_by(Line.number.desc()))).scalars()
    }
    outcome, result = await desk.ask("training_phone", agent_id=None, args={"number": number.value})
    if outcome.outcome != "done":
        raise Unavailable("the telephone service does not answer; try again", code="voice_away")
    account = phone_account(settings, result["account"], result["secret"], "training")
    return TrainingPhone(
        **account.model_dump(),
        sos_number=lines.get(CallKind.SOS, ""),
        service_number=lines.get(CallKind.SERVICE, ""),
        job_number=lines.get(CallKind.JOB, ""),
    )
