"""Several parties on an agent's own call. Each is a command to voice; what becomes of it is told by the call's events (`parties`)."""

from __future__ import annotations

import uuid
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.audit import audit
from callcenter.accounts.roles import Permission
from callcenter.accounts.sessions import SignedIn
from callcenter.cases import queries
from callcenter.cases.models import Case
from callcenter.console.calling import resolve, started
from callcenter.console.http import Desk, NoAccess, SettingsDep, database_of, needs
from callcenter.console.idempotency import IdempotencyKey
from callcenter.console.routes.calls import own_call
from callcenter.console.routes.cases import sees_all
from callcenter.console.schemas import CommandOutcome, StartedCall
from callcenter.console.schemas_parties import AddParty, Called, CalledIn, Leave, PartyOutcome
from callcenter.kit.db import Database
from callcenter.settings import Settings

router = APIRouter()
Taker = Annotated[SignedIn, Depends(needs(Permission.CALLS_TAKE))]
Db = Annotated[Database, Depends(database_of)]


async def _meant(session: AsyncSession, settings: Settings, who: SignedIn, call_id: uuid.UUID, body: CalledIn, verb: str) -> dict[str, Any]:
    """Committed before voice is asked, which looks at the clock."""
    call = await own_call(session, who, call_id)
    args = await resolve(session, settings, body, call=call, case=await session.get(Case, call.case_id) if call.case_id else None)
    await audit(session, who.actor, verb, call_id, details={"role": args["role"], "code": args.get("code", "")})
    return args


@router.post("/api/calls/{call_id}/parties")
async def add_party(
    call_id: uuid.UUID, body: AddParty, who: Taker, desk: Desk, database: Db, settings: SettingsDep, idempotency_key: IdempotencyKey = None
) -> PartyOutcome:
    async with database.transaction() as session:
        args = await _meant(session, settings, who, call_id, body, "call:add_party")
    outcome, result = await desk.ask(
        "add_party", agent_id=who.user_id, call_id=call_id, args=args | {"private": body.private}, key=idempotency_key
    )
    return PartyOutcome(**outcome.model_dump(), leg_id=result.get("leg_id"))


@router.post("/api/calls/{call_id}/parties/{leg_id}/{command}")
async def command_party(
    call_id: uuid.UUID,
    leg_id: uuid.UUID,
    command: Literal["join", "hold", "resume", "drop", "transfer"],
    who: Taker,
    desk: Desk,
    idempotency_key: IdempotencyKey = None,
) -> CommandOutcome:
    """`transfer` completes a consulted one: the agent leaves, the others talk; to a colleague the call becomes hers."""
    kind = "complete_transfer" if command == "transfer" else f"{command}_party"
    outcome, _ = await desk.ask(kind, agent_id=who.user_id, call_id=call_id, args={"leg_id": str(leg_id)}, key=idempotency_key)
    return outcome


@router.post("/api/calls/{call_id}/transfer")
async def transfer(
    call_id: uuid.UUID, body: CalledIn, who: Taker, desk: Desk, database: Db, settings: SettingsDep, idempotency_key: IdempotencyKey = None
) -> PartyOutcome:
    """Blind: the agent is out at once, and has the call back when nobody answers."""
    async with database.transaction() as session:
        args = await _meant(session, settings, who, call_id, body, "call:transfer")
    outcome, result = await desk.ask("transfer", agent_id=who.user_id, call_id=call_id, args=args, key=idempotency_key)
    return PartyOutcome(**outcome.model_dump(), leg_id=result.get("leg_id"))


@router.post("/api/calls/{call_id}/leave")
async def leave(call_id: uuid.UUID, body: Leave, who: Taker, desk: Desk, idempotency_key: IdempotencyKey = None) -> CommandOutcome:
    outcome, _ = await desk.ask("leave", agent_id=who.user_id, call_id=call_id, args={"listen": body.listen}, key=idempotency_key)
    return outcome


@router.post("/api/calls/{call_id}/come-back")
async def come_back(call_id: uuid.UUID, who: Taker, desk: Desk, idempotency_key: IdempotencyKey = None) -> CommandOutcome:
    """Who listens is heard again; who has left is rung and joins the others."""
    outcome, _ = await desk.ask("come_back", agent_id=who.user_id, call_id=call_id, key=idempotency_key)
    return outcome


@router.post("/api/cases/{case_id}/call-out")
async def call_out(
    case_id: uuid.UUID, body: Called, who: Taker, desk: Desk, database: Db, settings: SettingsDep, idempotency_key: IdempotencyKey = None
) -> StartedCall:
    """From a case: the agent's own telephone, then the number. For whoever sees all of the case."""
    async with database.transaction() as session:
        case = await queries.get_case(session, case_id)
        if not await sees_all(session, who, case):
            raise NoAccess(
                "this elder is none of your business right now; break the glass with a reason", details={"case_id": str(case_id)}
            )
        args = await resolve(session, settings, body, call=None, case=case)
        await audit(session, who.actor, "case:call_out", case_id, details={"role": args["role"], "code": args.get("code", "")})
    number = args.pop("to").partition(":")[2]
    args |= {"number": number, "case_id": str(case_id)}
    return started(*await desk.ask("call_out", agent_id=who.user_id, args=args, key=idempotency_key))
