"""Sessions of the stores' app: server-side, the cookie's token is kept hashed. They end when the person is switched off."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.dispatch.access.models import ProviderPush, ProviderSession
from callcenter.dispatch.access.rules import IDLE, LIFETIME, TOUCH_EVERY
from callcenter.dispatch.stores.models import (
    MemberRole,
    Organisation,
    OrganisationOfficer,
    ProviderPerson,
    Store,
    StoreMember,
    StoreState,
)
from callcenter.kit import clock
from callcenter.kit.errors import NotFound, NotSignedIn
from callcenter.kit.ids import new_id
from callcenter.kit.outbox import publish


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody signed in, and where she belongs at this moment."""

    session_id: uuid.UUID
    id: uuid.UUID
    name: str
    csrf: str
    keeps: frozenset[uuid.UUID] = field(default_factory=frozenset)  # stores
    works_at: frozenset[uuid.UUID] = field(default_factory=frozenset)  # stores, those she keeps among them
    officer_of: frozenset[uuid.UUID] = field(default_factory=frozenset)  # organisations

    @property
    def actor(self) -> Actor:
        return Actor("person", self.id, self.name, None)


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


async def open_session(
    session: AsyncSession, person: ProviderPerson, *, address: str, browser: str, instead_of: str = ""
) -> tuple[str, Person]:
    """The cookie's token (kept nowhere) and who it is. `instead_of`: the cookie that the browser came with; its session ends."""
    if instead_of:
        await _end(session, ProviderSession.token_hash == token_hash(instead_of))
    token, now = secrets.token_urlsafe(32), clock.now()
    row = ProviderSession(
        id=new_id(),
        token_hash=token_hash(token),
        person_id=person.id,
        csrf=secrets.token_urlsafe(24),
        created_at=now,
        seen_at=now,
        expires_at=now + LIFETIME,
        address=address,
        browser=browser[:300],
    )
    session.add(row)
    await session.flush()
    (who,) = await _with_places(session, [(row, person)])
    await audit(session, who.actor, "provider-session:opened", row.id)
    return token, who


async def get_person_of(session: AsyncSession, token: str) -> Person:
    """Of a live session's cookie, or NotSignedIn."""
    found = await _live(session, ProviderSession.token_hash == token_hash(token))
    if not found:
        raise NotSignedIn("sign in again", code="session_ended")
    return found[0]


async def list_live_people(session: AsyncSession, session_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Person]:
    """Those of these sessions that still open something, with what they open now."""
    return {one.session_id: one for one in await _live(session, ProviderSession.id.in_(session_ids))}


async def _live(session: AsyncSession, which: ColumnElement[bool]) -> list[Person]:
    now = clock.now()
    rows = (
        await session.execute(
            select(ProviderSession, ProviderPerson)
            .join(ProviderPerson, ProviderPerson.id == ProviderSession.person_id)
            .where(
                which,
                ProviderSession.ended_at.is_(None),
                ProviderSession.expires_at > now,
                ProviderSession.seen_at >= now - IDLE,
                ProviderPerson.active,
            )
        )
    ).all()
    found = [(row, person) for row, person in rows]
    if stale := sorted(row.id for row, _ in found if row.seen_at < now - TOUCH_EVERY):
        await session.execute(update(ProviderSession).where(ProviderSession.id.in_(stale)).values(seen_at=now))
    return await _with_places(session, found)


async def _with_places(session: AsyncSession, rows: Sequence[tuple[ProviderSession, ProviderPerson]]) -> list[Person]:
    ids = {person.id for _, person in rows}
    members = (
        await session.execute(
            select(StoreMember.person_id, StoreMember.store_id, StoreMember.role)
            .join(Store, Store.id == StoreMember.store_id)
            .where(StoreMember.person_id.in_(ids), StoreMember.active, Store.state != StoreState.LEFT)
        )
    ).all()
    officers = (
        await session.execute(
            select(OrganisationOfficer.person_id, OrganisationOfficer.organisation_id)
            .join(Organisation, Organisation.id == OrganisationOfficer.organisation_id)
            .where(OrganisationOfficer.person_id.in_(ids), Organisation.active)
        )
    ).all()
    return [
        Person(
            row.id,
            person.id,
            person.name,
            row.csrf,
            keeps=frozenset(store for who, store, role in members if who == person.id and role is MemberRole.KEEPER),
            works_at=frozenset(store for who, store, _ in members if who == person.id),
            officer_of=frozenset(organisation for who, organisation in officers if who == person.id),
        )
        for row, person in rows
    ]


async def list_sessions(session: AsyncSession, person_id: uuid.UUID) -> Sequence[ProviderSession]:
    """Those that still open something, the one used last on top."""
    now = clock.now()
    found = select(ProviderSession).where(
        ProviderSession.person_id == person_id,
        ProviderSession.ended_at.is_(None),
        ProviderSession.expires_at > now,
        ProviderSession.seen_at > now - IDLE,
    )
    return (await session.scalars(found.order_by(ProviderSession.seen_at.desc(), ProviderSession.id))).all()


async def end_session(session: AsyncSession, who: Person, session_id: uuid.UUID) -> None:
    """One of her own. NotFound when she has no such session, or it has ended."""
    if not await _end(session, (ProviderSession.id == session_id) & (ProviderSession.person_id == who.id)):
        raise NotFound("this session has ended already", code="session_not_found")
    await audit(session, who.actor, "provider-session:ended", session_id)


async def end_all_sessions(session: AsyncSession, who: Person) -> int:
    ended = await _end(session, ProviderSession.person_id == who.id)
    await audit(session, who.actor, "provider-session:ended-all", who.id, details={"count": len(ended)})
    return len(ended)


async def _end(session: AsyncSession, which: ColumnElement[bool]) -> list[uuid.UUID]:
    """Screens that are open under them close with the news."""
    ended = list(
        await session.scalars(
            update(ProviderSession)
            .where(which, ProviderSession.ended_at.is_(None))
            .values(ended_at=clock.now())
            .returning(ProviderSession.id)
        )
    )
    if ended:
        await session.execute(delete(ProviderPush).where(ProviderPush.session_id.in_(ended)))
    for session_id in ended:
        await publish(session, "provider_session", session_id, {})
    return ended
