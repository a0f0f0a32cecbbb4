"""The training telephone: demo, test and training mode only; elsewhere these paths do not exist."""

from __future__ import annotations

from fastapi import APIRouter
from sqlalchemy import select

from callcenter.calls.models import Line
from callcenter.calls.states import CallKind
from callcenter.console.http import Desk, Session, SettingsDep
from callcenter.console.routes.calls import phone_account
from callcenter.console.schemas import TrainingElder, TrainingPhone, TrainingPhoneRequest
from callcenter.elders.models import Elder, ElderNumber
from callcenter.elders.queries import find_elders_by_number
from callcenter.elders.training import TRAINING_NUMBERS
from callcenter.kit.errors import Invalid, NotFound, Unavailable
from callcenter.kit.phone import national, normalise

router = APIRouter()


@router.get("/api/training/elders")
async def list_training_elders(session: Session, settings: SettingsDep) -> list[TrainingElder]:
    """Invented people of the demo district, and one number that nobody knows."""
    if not settings.has_training_phone:
        raise NotFound("there is no training telephone here")
    found = []
    for e164, what_for, zh, en in TRAINING_NUMBERS:
        matches = await find_elders_by_number(session, [e164])
        found.append(
            TrainingElder(name=" / ".join(m.name for m in matches), number=national(e164), what_for=what_for, about_zh=zh, about_en=en)
        )
    more = await session.execute(
        select(Elder.name, ElderNumber.e164)
        .join(ElderNumber, ElderNumber.elder_id == Elder.id)
        .order_by(Elder.created_at, Elder.id)
        .limit(12)
    )
    known = {e.number for e in found}
    found += [TrainingElder(name=name, number=national(e164), what_for="") for name, e164 in more if national(e164) not in known]
    return found


@router.post("/api/training/phone")
async def get_training_phone(body: TrainingPhoneRequest, session: Session, settings: SettingsDep, desk: Desk) -> TrainingPhone:
    if not settings.has_training_phone:
        raise NotFound("there is no training telephone here")
    number = normalise(body.number, settings)
    if number is None or not number.value:
        raise Invalid("this is no telephone number", code="no_number")
    lines = {line.kind: line.number for line in (await session.execute(select(Line))).scalars()}
    outcome, result = await desk.ask("training_phone", agent_id=None, args={"number": number.value})
    if outcome.outcome != "done":
        raise Unavailable("the telephone service does not answer; try again", code="voice_away")
    account = phone_account(settings, result["account"], result["secret"], "training")
    return TrainingPhone(**account.model_dump(), sos_number=lines[CallKind.SOS], service_number=lines[CallKind.SERVICE])
