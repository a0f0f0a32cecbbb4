"""Whom an agent means by a click, as voice is told it: the number is looked up here, for the calls lie below what knows agencies and contacts."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.models import User
from callcenter.calls.models import Call
from callcenter.calls.states import PartyRole
from callcenter.cases.models import Case
from callcenter.console.schemas import CommandOutcome, StartedCall
from callcenter.console.schemas_parties import Called, CalledIn
from callcenter.elders.models import Elder, ElderContact, ElderNumber
from callcenter.emergency.outside.services import check_agency, resolve_agency
from callcenter.emergency.outside.states import Agency
from callcenter.kit.errors import Conflict, Invalid, NotFound, Unavailable
from callcenter.kit.phone import normalise
from callcenter.regions.models import GridWorker
from callcenter.settings import Settings

SHORT_CODES = frozenset(agency.value for agency in Agency if agency.value.isdigit()) | {"122"}


async def elder_ids_of(session: AsyncSession, call: Call | None, case: Case | None) -> list[uuid.UUID]:
    """Whose call or case it is; of a number of two people both."""
    if case is not None and case.elder_id is not None:
        return [case.elder_id]
    if call is None:
        return []
    return [call.elder_id] if call.elder_id else [uuid.UUID(elder) for elder in call.shared_elder_ids]


async def resolve(session: AsyncSession, settings: Settings, meant: Called, *, call: Call | None, case: Case | None) -> dict[str, Any]:
    """`to`, `role`, `code` and `ref_id` of a command. Precondition: the asker may see the call's or the case's elder whole."""
    elder_ids = await elder_ids_of(session, call, case)
    if isinstance(meant, CalledIn) and meant.agent_id is not None:
        if await session.get(User, meant.agent_id) is None:
            raise NotFound("no such colleague")
        return {"to": f"agent:{meant.agent_id}", "role": PartyRole.AGENT}
    if meant.agency is not None:
        check_agency(meant.agency, is_emergency=case is not None and case.is_sos)
        elder = await session.get(Elder, elder_ids[0]) if elder_ids else None
        service = await resolve_agency(session, elder.community_id if elder else None, meant.agency)
        return _to(settings, service.number, PartyRole.OUTSIDE, code=meant.agency.value)
    if meant.contact_id is not None:
        contact = await session.get(ElderContact, meant.contact_id)
        if contact is None or contact.elder_id not in elder_ids:
            raise NotFound("no such contact of this elder")
        return _to(settings, contact.number, PartyRole.CONTACT, ref_id=contact.id)
    if meant.worker_id is not None:
        worker = await session.get(GridWorker, meant.worker_id)
        if worker is None or not worker.active:
            raise NotFound("no such grid worker")
        return _to(settings, worker.number, PartyRole.GRID_WORKER, ref_id=worker.id)
    if meant.elder:
        return _to(settings, await _number_of_elder(session, elder_ids, call), PartyRole.ELDER)
    return _to(settings, meant.number or "", PartyRole.OTHER)


async def _number_of_elder(session: AsyncSession, elder_ids: Sequence[uuid.UUID], call: Call | None) -> str:
    """The number that she has called from, when she has; else her first."""
    if call is not None and call.kind != "outbound" and call.caller_key:
        return call.caller_key
    first = select(ElderNumber.e164).where(ElderNumber.elder_id.in_(elder_ids)).order_by(ElderNumber.position).limit(1)
    if (number := await session.scalar(first)) is None:
        raise Invalid("no number of hers is known", code="no_number")
    return number


def _to(settings: Settings, raw: str, role: PartyRole, *, code: str = "", ref_id: uuid.UUID | None = None) -> dict[str, Any]:
    number = normalise(raw, settings)
    if number is None or not number.is_dialable:
        raise Invalid("this is no number that can be dialled", code="number_not_dialable")
    if role is PartyRole.OTHER and number.value in SHORT_CODES:  # typed by hand, and the same people
        role, code = PartyRole.OUTSIDE, number.value
    return {"to": f"number:{number.value}", "role": role, "code": code, "ref_id": str(ref_id) if ref_id else None}


def started(outcome: CommandOutcome, result: dict[str, Any]) -> StartedCall:
    """What voice made of a click that calls somebody; Conflict with why not."""
    if outcome.outcome != "done":
        if outcome.reason == "no_answer":
            raise Unavailable("the telephone service does not answer; try again", code="voice_away")
        raise Conflict("not called: " + outcome.reason, code=outcome.reason)
    return StartedCall(call_id=uuid.UUID(result["call_id"]))
