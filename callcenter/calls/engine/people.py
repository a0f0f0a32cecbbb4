"""Agents: who is signed in, whose console is alive, whose telephone is reachable; their SIP accounts; the fallback's list on the PBX."""

from __future__ import annotations

import secrets
import uuid
from datetime import timedelta
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.models import User, UserSession
from callcenter.accounts.people import finish_leaving
from callcenter.accounts.roles import Permission, may
from callcenter.calls.duty.queries import numbers_of_people, read_rota, rota_changes
from callcenter.calls.duty.rules import Rota, on_duty, ring_order
from callcenter.calls.engine.board import LiveAgent
from callcenter.calls.engine.core import VOICE, Core
from callcenter.calls.models import AgentPresence, ConsoleSocket, DutyTelephone, Line, SipAccount
from callcenter.calls.states import AgentState
from callcenter.centre.queries import get_values
from callcenter.kit import clock
from callcenter.kit.errors import Forbidden
from callcenter.kit.outbox import publish
from callcenter.telephony.port import Account, TelephonyError, training_name

log = structlog.get_logger()


class People:
    def __init__(self, core: Core) -> None:
        self.core = core
        self._fallback: tuple[list[str], list[str]] | None = None
        self._reachable: set[str] = set()
        self._zone = ZoneInfo(core.settings.timezone)
        self._rota, self._rota_changes = Rota(), -1
        self._duty_people: dict[uuid.UUID, str] = {}

    async def load(self) -> None:
        """At start: agents as the rows know them, lines, duty telephones."""
        async with self.core.database.transaction() as session:
            await self._read(session)
            for row in (await session.execute(select(AgentPresence))).scalars():
                if (agent := self.core.board.agents.get(row.agent_id)) is not None:
                    agent.version, agent.wanted, agent.reason = row.version, row.wanted, row.reason
                    agent.problem, agent.probe_failures = row.phone_problem, row.probe_failures
                    agent.state, agent.since, agent.wrap_up_until, agent.idle_since = (
                        row.state,
                        row.since,
                        row.wrap_up_until,
                        row.idle_since,
                    )

    async def sweep(self) -> None:
        """Each second: consoles that came or went, changed accounts, lines, duty telephones, the centre's values."""
        async with self.core.database.transaction() as session:
            await self.core.lease.check_epoch(session)
            left = await self._take_back_accounts(session)
            await self._read(session)
        for name in left:
            self._reachable.discard(name)
            self.core.send(self.core.telephony.drop_account(name))
        for agent in list(self.core.board.agents.values()):
            self.core.refresh_agent(agent)
        if any(agent.leaving for agent in self.core.board.agents.values()):
            await self._let_leave()
        await self.write_fallback()

    async def _let_leave(self) -> None:
        """Who was to be disabled after her call, and is free now: out, as if it had been done by hand."""
        busy = (AgentState.TALKING, AgentState.RINGING, AgentState.WRAP_UP)
        free = [a.id for a in self.core.board.agents.values() if a.leaving and a.call_id is None and a.state not in busy]
        async with self.core.database.transaction() as session:
            await self.core.lease.check_epoch(session)
            for user_id in free:
                if await finish_leaving(session, VOICE, user_id):
                    await session.execute(delete(ConsoleSocket).where(ConsoleSocket.agent_id == user_id))
                    await publish(session, "agent", user_id, {})
        for user_id in free:
            self.core.board.agents[user_id].leaving = False

    async def _take_back_accounts(self, session: AsyncSession) -> list[str]:
        """Who signed out has no telephone any more; a conversation is not cut by it. Returns the accounts to be dropped on the PBX."""
        talking = [agent.id for agent in self.core.board.agents.values() if agent.call_id is not None]
        over = select(UserSession.id).where(
            UserSession.id == SipAccount.session_id, UserSession.ended_at.is_(None), UserSession.expires_at > clock.now()
        )
        statement = delete(SipAccount).where(~over.exists(), SipAccount.agent_id.not_in(talking)).returning(SipAccount.name)
        return list((await session.execute(statement)).scalars())

    async def _read(self, session: AsyncSession) -> None:
        core, fresh = self.core, clock.now() - timedelta(seconds=self.core.timings.console_gone)
        sockets = select(ConsoleSocket.agent_id, func.max(ConsoleSocket.seen_at).label("seen")).group_by(ConsoleSocket.agent_id).subquery()
        live = UserSession.ended_at.is_(None) & (UserSession.expires_at > clock.now())
        rows = await session.execute(
            select(User.id, User.name, User.role, User.dialects, User.leaves_after_call, SipAccount.name, live, sockets.c.seen)
            .outerjoin(SipAccount, SipAccount.agent_id == User.id)
            .outerjoin(UserSession, UserSession.id == SipAccount.session_id)
            .outerjoin(sockets, sockets.c.agent_id == User.id)
            .where(User.active)
        )
        found = [row for row in rows if may(row.role, Permission.CALLS_TAKE)]
        # No console at all is alive: the api is away, not the people. Who is signed in and has a telephone that answers is rung without a screen.
        screens_are_away = not any(seen is not None and seen > fresh for *_, seen in found)
        for user_id, name, role, dialects, leaving, account, is_live, seen in found:
            agent = core.board.agents.get(user_id)
            if agent is None:
                agent = core.board.agents[user_id] = LiveAgent(user_id, name, role, AgentState.OFFLINE, clock.now())
            agent.name, agent.role, agent.dialects, agent.leaving = name, role, frozenset(dialects), leaving
            agent.signed_out = account is not None and not is_live
            if (account or "") != agent.account:
                agent.account = account or ""
                agent.reachable = agent.account in self._reachable
                agent.problem, agent.probe_failures = "", 0  # another telephone
            agent.console_alive = seen is not None and (seen > fresh or (screens_are_away and agent.reachable))
        for user_id in core.board.agents.keys() - {row[0] for row in found}:  # may not sign in any more, or takes no calls
            gone = core.board.agents[user_id]
            gone.console_alive, gone.account, gone.reachable, gone.signed_out = False, "", False, True
        lines = (await session.execute(select(Line).where(Line.active))).scalars().all()
        core.lines = {line.number: line.kind for line in lines}
        core.line_carriers = {line.number: line.carrier for line in lines}
        core.centre = await get_values(session, core.settings)
        await self._read_duty(session)

    async def _read_duty(self, session: AsyncSession) -> None:
        """Who is on duty by the rota, then the plain list. The rota is read when it has changed; the hour is looked at each time."""
        core = self.core
        if (changes := await rota_changes(session)) != self._rota_changes:
            self._rota, self._duty_people = await read_rota(session), await numbers_of_people(session)
            self._rota_changes = changes
        always = select(DutyTelephone.number).where(DutyTelephone.active).order_by(DutyTelephone.position)
        now_on = on_duty(self._rota, clock.now(), self._zone)
        numbers = ring_order(now_on, self._duty_people, list(await session.scalars(always)))
        if numbers != core.duty_numbers:
            core.duty_numbers = numbers
            for call in core.board.calls.values():  # who waits is offered to the new ones from the first on
                call.duty_next = 0

    # -- telephones --------------------------------------------------------------------------------------------------------------

    def phone_changed(self, account: str, reachable: bool) -> None:
        (self._reachable.add if reachable else self._reachable.discard)(account)
        agent = self.core.board.agent_of_account(account)
        if agent is None:
            return
        agent.checked_at = clock.now()
        if agent.reachable != reachable:
            agent.reachable = reachable
            self.core.refresh_agent(agent, publish=True)
            if reachable:
                self.core.kick.set()

    def phones_are(self, reachable: frozenset[str]) -> None:
        """On (re)connecting to the PBX: who is registered right now."""
        self._reachable = set(reachable)
        for agent in self.core.board.agents.values():
            agent.checked_at = clock.now()
            if agent.reachable != (agent.account in reachable):
                agent.reachable = not agent.reachable
                self.core.refresh_agent(agent, publish=True)

    async def issue_account(self, agent: LiveAgent, session_id: uuid.UUID) -> Account:
        """The telephone's login for this sign-in: made anew at sign-in, the same after a reload. Row first, then the PBX."""
        core, fresh = self.core, False
        old = ""
        async with core.database.transaction() as session:
            await core.lease.check_epoch(session)
            row = (await session.execute(select(SipAccount).where(SipAccount.agent_id == agent.id).with_for_update())).scalar_one_or_none()
            if row is None or row.session_id != session_id:
                fresh, old = True, row.name if row else ""
                values = {
                    "session_id": session_id,
                    "name": f"a{secrets.token_hex(8)}",
                    "secret": secrets.token_urlsafe(24),
                    "issued_at": clock.now(),
                }
                await session.execute(
                    pg_insert(SipAccount)
                    .values(agent_id=agent.id, **values)
                    .on_conflict_do_update(index_elements=["agent_id"], set_=values)
                )
                account = Account(str(values["name"]), str(values["secret"]), core.settings.agent_phones)
            else:
                account = Account(row.name, row.secret, core.settings.agent_phones)
        if fresh or account.name not in self._reachable:
            await core.telephony.put_account(account)
        agent.account = account.name
        agent.reachable = account.name in self._reachable
        if fresh:
            agent.problem, agent.probe_failures = "", 0
        if old:
            self._reachable.discard(old)
            core.send(core.telephony.drop_account(old))
        core.refresh_agent(agent, publish=True)
        core.spawn(self.write_fallback())
        return account

    async def training_account(self, number: str) -> dict[str, str]:
        """The training telephone's login; it is rung for call-backs to this number. Not in production."""
        if not self.core.settings.has_training_phone:
            raise Forbidden("there is no training telephone in production")
        account = Account(training_name(number), secrets.token_urlsafe(24), "training", number)
        await self.core.telephony.put_account(account)
        return {"account": account.name, "secret": account.secret}

    async def restore_accounts(self) -> None:
        """The PBX may have lost its own memory (a new machine): accounts of live sessions are written again."""
        async with self.core.database.transaction() as session:
            rows = (
                await session.execute(
                    select(SipAccount)
                    .join(UserSession, UserSession.id == SipAccount.session_id)
                    .where(UserSession.ended_at.is_(None), UserSession.expires_at > clock.now())
                )
            ).scalars()
            accounts = [Account(row.name, row.secret, self.core.settings.agent_phones) for row in rows]
        for account in accounts:
            await self.core.try_command(self.core.telephony.put_account(account, restore=True))

    async def write_fallback(self) -> None:
        """Whom the PBX rings by itself when none of our programs does: agents who are signed in, not paused and have a well telephone, then duty telephones.

        When nobody's is well, all of them, as `Board.available`.
        """
        there = [a for a in self.core.board.agents.values() if a.account and a.console_alive and a.wanted == "idle" and not a.leaving]
        wanted = (
            sorted(a.account for a in [a for a in there if not a.problem] or there),
            list(self.core.duty_numbers),
        )
        if wanted == self._fallback:
            return
        try:
            await self.core.telephony.set_fallback(*wanted)
        except TelephonyError as error:
            log.warning("fallback_list_not_written", error=type(error).__name__)
            return
        self._fallback = wanted

    def forget_fallback(self) -> None:
        """The PBX was restarted: what it knows is unknown."""
        self._fallback = None
