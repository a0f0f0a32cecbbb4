"""Commands of consoles: rows in call_commands with a deadline and an outcome, woken by a NOTIFY that carries nothing.

A sweep on connecting and each second finds what a lost NOTIFY would have hidden. The agent sees "done" or "not done" within Timings.command.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy import select, text, update

from callcenter.calls.engine.board import LiveAgent, LiveCall, Who
from callcenter.calls.engine.core import Core
from callcenter.calls.engine.supervision import Mode
from callcenter.calls.models import CallCommand
from callcenter.calls.states import CallState, PartyRole, Place
from callcenter.calls.wake import COMMAND_DONE, WAKE_VOICE
from callcenter.kit import clock
from callcenter.kit.errors import AppError, Conflict, Invalid, NotFound
from callcenter.kit.lease import LeaseLost
from callcenter.kit.listen import wakes
from callcenter.telephony.port import TelephonyError

if TYPE_CHECKING:
    from callcenter.calls.engine.engine import Engine

log = structlog.get_logger()


class Commands:
    def __init__(self, core: Core, engine: Engine) -> None:
        self.core, self.engine = core, engine

    async def run(self) -> None:
        async with wakes(self.core.database.url, WAKE_VOICE, every=1.0) as heard:
            async for _ in heard:
                try:
                    await self.sweep()
                except LeaseLost:
                    self.core.lost.set()
                    return
                except Exception as error:
                    log.warning("command_sweep_failed", error=type(error).__name__)

    async def sweep(self) -> None:
        await self.engine.verify_awake()
        now = clock.now()
        async with self.core.database.transaction() as session:
            await self.core.lease.check_epoch(session)
            await session.execute(
                update(CallCommand)
                .where(CallCommand.outcome == "", CallCommand.deadline_at <= now)
                .values(outcome="not_done", reason="too_late", done_at=now)
            )
            open_ones = (
                select(CallCommand.id)
                .where(CallCommand.outcome == "", CallCommand.taken_at.is_(None))
                .order_by(CallCommand.created_at)
                .limit(50)
            )
            taking = update(CallCommand).where(CallCommand.id.in_(open_ones.with_for_update(skip_locked=True)))
            rows = (await session.execute(taking.values(taken_at=now).returning(CallCommand))).scalars()
            commands = [(row.id, row.kind, row.call_id, row.agent_id, dict(row.args)) for row in rows]
        for command in commands:
            self.core.spawn(self._do(*command))

    async def _do(
        self, command_id: uuid.UUID, kind: str, call_id: uuid.UUID | None, agent_id: uuid.UUID | None, args: dict[str, Any]
    ) -> None:
        outcome, reason, result = "done", "", {}
        try:
            result = await self.perform(kind, call_id, agent_id, args)
        except AppError as error:
            outcome, reason = "not_done", error.code
        except TelephonyError as error:
            log.warning("command_not_done", kind=kind, error=str(error))
            outcome, reason = "not_done", type(error).__name__
        except Exception:
            log.exception("command_failed", kind=kind)
            outcome, reason = "not_done", "failed"
        async with self.core.database.transaction() as session:
            await self.core.lease.check_epoch(session)
            await session.execute(
                update(CallCommand)
                .where(CallCommand.id == command_id, CallCommand.outcome == "")
                .values(outcome=outcome, reason=reason, result=result, done_at=clock.now())
            )
            await session.execute(text("SELECT pg_notify(:channel, :id)"), {"channel": COMMAND_DONE, "id": str(command_id)})

    async def perform(self, kind: str, call_id: uuid.UUID | None, agent_id: uuid.UUID | None, args: dict[str, Any]) -> dict[str, Any]:
        if kind == "training_phone":
            return await self.engine.people.training_account(args["number"])
        if kind == "self_test":
            return await self.engine.self_testing.ask()
        agent = self.core.board.agents.get(agent_id) if agent_id else None
        if agent is None and agent_id:
            await self.engine.people.sweep()
            agent = self.core.board.agents.get(agent_id)
        if agent is None:
            raise NotFound("not an agent")
        match kind:
            case "presence":
                return self._presence(agent, args)
            case "console":
                await self.engine.people.sweep()
                return {}
            case "phone":
                account = await self.engine.people.issue_account(agent, uuid.UUID(args["session_id"]))
                self.engine.page_reloaded(agent)
                return {"account": account.name}
            case "phone_registered":
                self.engine.people.phone_changed(agent.account, True)
                self.engine.agent_is_back(agent)
                return {}
            case "hand_on":
                self.engine.hand_on(agent)
                return {}
            case "wrap_up":
                agent.wrap_up_until = None
                self.core.refresh_agent(agent)
                return {}
            case "call_back":
                call = await self.engine.outbound.call_back(agent, uuid.UUID(args["task_id"]))
                return {"call_id": str(call.id)}
            case "call_out":
                who = who_of(args)
                call = await self.engine.outbound.call_out(agent, number=args["number"], who=who, case_id=uuid.UUID(args["case_id"]))
                return {"call_id": str(call.id)}
            case "hang_up":
                self.engine.leaving.hang_up(self._call(call_id), agent, everybody=bool(args.get("all")))
                return {}
            case "hold" | "resume" | "digits":
                return await self._on_call(kind, self._own_call(agent, call_id), args)
            case "add_party" | "join_party" | "hold_party" | "resume_party" | "drop_party":
                return await self._on_party(kind, self._own_call(agent, call_id), agent, args)
            case "transfer":
                leg = await self.engine.leaving.transfer(self._own_call(agent, call_id), agent, to=args["to"], who=who_of(args))
                return {"leg_id": str(leg.id)}
            case "complete_transfer":
                await self.engine.leaving.complete_transfer(self._own_call(agent, call_id), agent, uuid.UUID(args["leg_id"]))
                return {}
            case "leave":
                await self.engine.leaving.leave(self._own_call(agent, call_id), agent, listen=bool(args.get("listen")))
                return {}
            case "come_back":
                await self.engine.leaving.come_back(self._own_call(agent, call_id), agent)
                return {}
            case "listen" | "listen_mode" | "listen_stop":
                return await self._supervise(kind, self._call(call_id), agent, args)
            case _:
                raise Invalid(f"unknown command {kind}")

    async def _supervise(self, kind: str, call: LiveCall, supervisor: LiveAgent, args: dict[str, Any]) -> dict[str, Any]:
        supervision = self.engine.supervision
        if kind == "listen":
            return {"leg_id": str((await supervision.listen(call, supervisor, Mode(args["mode"]))).id)}
        if kind == "listen_mode":
            await supervision.set_mode(call, supervisor, Mode(args["mode"]))
        else:
            supervision.stop(call, supervisor)
        return {}

    def _presence(self, agent: LiveAgent, args: dict[str, Any]) -> dict[str, Any]:
        agent.wanted, agent.reason = args["state"], args.get("reason", "") if args["state"] == "paused" else ""
        if args["state"] == "idle":
            agent.wrap_up_until = None
        self.core.refresh_agent(agent, publish=True)
        self.core.spawn(self.engine.people.write_fallback())
        return {}

    def _call(self, call_id: uuid.UUID | None) -> LiveCall:
        call = self.core.board.calls.get(call_id) if call_id else None
        if call is None:
            raise NotFound("this call is over", code="call_over")
        return call

    def _own_call(self, agent: LiveAgent, call_id: uuid.UUID | None) -> LiveCall:
        call = self._call(call_id)
        if call.agent_id != agent.id:
            raise Conflict("this call is somebody else's", code="not_your_call")
        return call

    async def _on_call(self, kind: str, call: LiveCall, args: dict[str, Any]) -> dict[str, Any]:
        """The caller's own line."""
        core, leg = self.core, call.owner_leg()
        if leg is None or call.channel_id is None or call.answered_at is None or call.state not in (CallState.TALKING, CallState.HELD):
            raise Conflict("nobody talks on this call", code="not_talking")
        if not call.caller_is_on:
            raise Conflict("the caller has left; the others are still there", code="caller_left")
        far = call.caller_leg()
        if kind == "digits":
            await core.telephony.send_digits(call.channel_id, args["digits"])
        elif kind == "hold" and call.state == CallState.TALKING:
            await core.telephony.hold(call.channel_id)
            call.move(CallState.HELD)
            if far:
                far.place = Place.HELD
            core.save(call, "held", legs=[far] if far else [])
        elif kind == "resume" and call.state == CallState.HELD:
            await core.telephony.resume(call.channel_id)
            call.move(CallState.TALKING)
            if far:
                far.place = Place.MAIN
            core.save(call, "resumed", legs=[far] if far else [])
        return {}

    async def _on_party(self, kind: str, call: LiveCall, agent: LiveAgent, args: dict[str, Any]) -> dict[str, Any]:
        parties = self.engine.parties
        if kind == "add_party":
            leg = await parties.add(call, agent, to=args["to"], who=who_of(args), private=bool(args.get("private")))
            return {"leg_id": str(leg.id)}
        do = {"join_party": parties.join, "hold_party": parties.hold, "resume_party": parties.resume, "drop_party": parties.drop}[kind]
        await do(call, agent, uuid.UUID(args["leg_id"]))
        return {}


def who_of(args: dict[str, Any]) -> Who:
    """Whom a command means: what she is to the call, and the row that her number came from."""
    ref = args.get("ref_id")
    return Who(PartyRole(args.get("role", PartyRole.OTHER)), str(args.get("code", "")), uuid.UUID(ref) if ref else None)
