"""Commands of consoles: rows in call_commands with a deadline and an outcome, woken by a NOTIFY that carries nothing.

A sweep on connecting and each second finds what a lost NOTIFY would have hidden. The agent sees "done" or "not done" within Timings.command.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy import select, text, update

from callcenter.calls.engine.board import LiveAgent, LiveCall
from callcenter.calls.engine.core import Core
from callcenter.calls.models import CallCommand
from callcenter.calls.states import CallState
from callcenter.kit import clock
from callcenter.kit.errors import AppError, Conflict, Invalid, NotFound
from callcenter.kit.lease import LeaseLost
from callcenter.kit.listen import wakes
from callcenter.telephony.port import TelephonyError

if TYPE_CHECKING:
    from callcenter.calls.engine.engine import Engine

log = structlog.get_logger()
WAKE_VOICE = "onekey_voice"
COMMAND_DONE = "onekey_command_done"


class Commands:
    def __init__(self, core: Core, engine: Engine) -> None:
        self.core, self.engine = core, engine

    async def run(self) -> None:
        async for _ in wakes(self.core.database.url, WAKE_VOICE, every=1.0):
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
            case "hold" | "resume" | "hang_up" | "digits":
                return await self._on_call(kind, self._own_call(agent, call_id), args)
            case _:
                raise Invalid(f"unknown command {kind}")

    def _presence(self, agent: LiveAgent, args: dict[str, Any]) -> dict[str, Any]:
        agent.wanted, agent.reason = args["state"], args.get("reason", "") if args["state"] == "paused" else ""
        if args["state"] == "idle":
            agent.wrap_up_until = None
        self.core.refresh_agent(agent, publish=True)
        self.core.spawn(self.engine.people.write_fallback())
        return {}

    def _own_call(self, agent: LiveAgent, call_id: uuid.UUID | None) -> LiveCall:
        call = self.core.board.calls.get(call_id) if call_id else None
        if call is None:
            raise NotFound("this call is over", code="call_over")
        if call.agent_id != agent.id:
            raise Conflict("this call is somebody else's", code="not_your_call")
        return call

    async def _on_call(self, kind: str, call: LiveCall, args: dict[str, Any]) -> dict[str, Any]:
        core, leg = self.core, call.talking_leg()
        if kind == "hang_up":
            if leg is None:
                raise Conflict("nobody talks on this call", code="not_talking")
            self.engine.agent_hung_up(call, leg)
            return {}
        if leg is None or call.channel_id is None or call.answered_at is None or call.state not in (CallState.TALKING, CallState.HELD):
            raise Conflict("nobody talks on this call", code="not_talking")
        if kind == "digits":
            await core.telephony.send_digits(call.channel_id, args["digits"])
        elif kind == "hold" and call.state == CallState.TALKING:
            await core.telephony.hold(call.channel_id)
            call.move(CallState.HELD)
            core.save(call, "held")
        elif kind == "resume" and call.state == CallState.HELD:
            await core.telephony.resume(call.channel_id)
            call.move(CallState.TALKING)
            core.save(call, "resumed")
        return {}
