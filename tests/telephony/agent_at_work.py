"""An agent for voice in this process: signed in, console alive, a SIP telephone registered; what she asks goes straight to voice's commands."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import text

from callcenter.calls.models import SipAccount
from callcenter.kit import clock
from callcenter.telephony.softphone import Call, Softphone
from tests.telephony.pbx import PATIENCE, until
from tests.telephony.voice_world import World

_SIGNED_IN = text(
    """
    WITH session AS (
        INSERT INTO user_sessions (id, user_id, token_hash, csrf, created_at, seen_at, expires_at, address, browser)
        VALUES (:session_id, :agent_id, :token, 'csrf', :now, :now, CAST(:now AS timestamptz) + interval '1 hour', '127.0.0.1', 'test')
    )
    INSERT INTO console_sockets (id, agent_id, session_id, seen_at)
    VALUES (gen_random_uuid(), :agent_id, :session_id, CAST(:now AS timestamptz) + interval '1 hour')
    """
)


class SipAgent:
    def __init__(self, world: World, agent_id: uuid.UUID, phone: Softphone) -> None:
        self.world, self.id, self.phone = world, agent_id, phone

    async def asks(self, kind: str, call_id: uuid.UUID | None = None, **args: Any) -> dict[str, Any]:
        """As a console does. The errors of voice are raised."""
        assert self.world.voice.engine
        return await self.world.voice.engine.commands.perform(kind, call_id, self.id, args)

    async def picks_up(self) -> tuple[Call, uuid.UUID]:
        """The telephone's call, and which call it is."""
        call = await self.phone.wait_call(PATIENCE)
        await call.answer()
        assert call.invite
        return call, uuid.UUID(call.invite.get("X-OneKey-Call"))

    def is_(self, state: str) -> bool:
        assert self.world.voice.engine
        return self.world.voice.engine.core.board.agents[self.id].state == state


@asynccontextmanager
async def agent_at_work(world: World, username: str = "agent1") -> AsyncIterator[SipAgent]:
    assert world.voice.engine
    (row,) = await world.rows(f"SELECT id FROM users WHERE username = '{username}'")
    session_id = uuid.uuid4()
    async with world.owner.transaction() as session:
        await session.execute(_SIGNED_IN, {"session_id": session_id, "agent_id": row.id, "token": str(session_id), "now": clock.now()})
    await world.voice.engine.people.sweep()
    await world.voice.engine.commands.perform("phone", None, row.id, {"session_id": str(session_id)})
    async with world.owner.transaction() as session:
        account = await session.get_one(SipAccount, row.id)
        name, secret = account.name, account.secret
    async with Softphone(name=name, secret=secret) as phone:
        await phone.register(world.pbx.address)
        agent = SipAgent(world, row.id, phone)
        await until(lambda: agent.is_("idle"))
        yield agent
