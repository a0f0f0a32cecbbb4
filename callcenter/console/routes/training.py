"""The training telephone: demo, test and training mode only; elsewhere these paths do not exist.

Demo and test hold invented people only and ask for no sign-in; a training may be held with a copy of real ones.
"""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from sqlalchemy import select

from callcenter.accounts.roles import Permission
from callcenter.calls.models import Line
from callcenter.calls.states import CallKind
from callcenter.console.http import Desk, Session, SettingsDep, must_be_settled, signed_in
from callcenter.console.routes.calls import phone_account
from callcenter.console.schemas import TrainingElder, TrainingPhone, TrainingPhoneRequest
from callcenter.elders.models import Elder, ElderNumber
from callcenter.elders.queries import find_elders_by_number
from callcenter.elders.training import TRAINING_NUMBERS
from callcenter.kit.errors import Invalid, NotFound, Unavailable
from callcenter.kit.phone import national, normalise


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
    number = normalise(body.number, settings)
    if number is None or not number.value:
        raise Invalid("this is no telephone number", code="no_number")
    lines = {
        line.kind: line.number for line in (await session.execute(select(Line).where(Line.active).order_by(Line.number.desc()))).scalars()
    }
    outcome, result = await desk.ask("training_phone", agent_id=None, args={"number": number.value})
    if outcome.outcome != "done":
        raise Unavailable("the telephone service does not answer; try again", code="voice_away")
    account = phone_account(settings, result["account"], result["secret"], "training")
    return TrainingPhone(**account.model_dump(), sos_number=lines.get(CallKind.SOS, ""), service_number=lines.get(CallKind.SERVICE, ""))
