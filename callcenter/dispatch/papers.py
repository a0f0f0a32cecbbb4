"""The daily look at papers: warned 60, 30 and 7 days ahead and when they have lapsed, each once; then the stores that live on them.

A paper is a transaction of its own: the mark that it was told and the message are one. The stores are looked at afterwards, from what stands in the
tables, so that a worker that died between the two is made up for by the next sweep.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.catalog.licences import LICENCES
from callcenter.dispatch.admission import NO_PAPER, look_at_papers
from callcenter.dispatch.stores.models import Licence, ProviderPerson, Store, StoreMember, StoreState
from callcenter.dispatch.stores.queries import today
from callcenter.dispatch.stores.rules import LAPSED, WARNED_BEFORE, warning_due
from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.kit.phone import normalise
from callcenter.messaging.actions import queue_message
from callcenter.messaging.port import About, Channel
from callcenter.messaging.rules import takes_texts
from callcenter.settings import get_settings

log = structlog.get_logger()
MOST = 500  # papers in one sweep
FROM, UNTIL = time(8), time(20)  # local: nobody's telephone rings at night for a paper
GOOD_FOR = timedelta(days=2)


async def sweep_papers(database: Database) -> None:
    """Harmless twice, and by two workers at once."""
    async with database.transaction() as session:
        due = await list_due(session)
    await _each(database, due, warn)
    async with database.transaction() as session:
        concerned = await list_concerned(session)
    await _each(database, concerned, look_at_papers)


async def _each(database: Database, ids: Sequence[uuid.UUID], do: Callable[[AsyncSession, uuid.UUID], Awaitable[object]]) -> None:
    for one in ids:
        try:
            async with database.transaction() as session:
                await do(session, one)
        except Exception as error:  # the next sweep comes to it again
            log.warning("paper_step_failed", step=do.__name__, error=type(error).__name__, object_id=str(one))


async def list_due(session: AsyncSession) -> Sequence[uuid.UUID]:
    """Of which something is to be told now, what lapses first before the rest."""
    day = today()
    steps = [(Licence.valid_to < day) & or_(Licence.warned_days.is_(None), Licence.warned_days > LAPSED)]
    for days in WARNED_BEFORE:
        told = or_(Licence.warned_days.is_(None), Licence.warned_days > days)
        steps.append((Licence.valid_to >= day) & (Licence.valid_to <= day + timedelta(days=days)) & told)
    found = select(Licence.id).where(Licence.revoked_at.is_(None), or_(*steps)).order_by(Licence.valid_to, Licence.id).limit(MOST)
    return (await session.scalars(found)).all()


async def warn(session: AsyncSession, licence_id: uuid.UUID) -> int | None:
    """Which warning went out: 60, 30, 7, 0 (lapsed); None: none. A paper that somebody else is at is left to her."""
    locked = select(Licence).where(Licence.id == licence_id).with_for_update(skip_locked=True).execution_options(populate_existing=True)
    licence = await session.scalar(locked)
    if licence is None or licence.revoked_at is not None or licence.valid_to is None:
        return None
    step = warning_due(licence.valid_to, today(), licence.warned_days)
    if step is None:
        return None
    licence.warned_days = step
    await session.flush()
    name = LICENCES[licence.kind].name_zh if licence.kind in LICENCES else licence.kind
    settings = get_settings()
    params = {"licence": name, "link": settings.stores_url}
    if step != LAPSED:
        params |= {"days": str((licence.valid_to - today()).days), "date": f"{licence.valid_to.month}月{licence.valid_to.day}日"}
    at = next_daytime(clock.now(), settings.timezone)
    for place, number in enumerate(await _numbers(session, licence)):
        await queue_message(
            session,
            dedupe_key=f"licence:{licence.id}:{licence.valid_to.isoformat()}:{step}:{place}",
            channel=Channel.SMS,
            to=number,
            template="licence_expiring" if step != LAPSED else "licence_suspended",
            params=params,
            about=About("licence", str(licence.id)),
            deadline=at + GOOD_FOR,
            due_at=at,
        )
    return step


async def list_concerned(session: AsyncSession) -> Sequence[uuid.UUID]:
    """Stores with a paper that has lapsed, and those that were suspended for that."""
    lapsed = (Licence.revoked_at.is_(None), Licence.valid_to < today())
    own = select(Licence.store_id).where(Licence.store_id.is_not(None), *lapsed)
    hers = select(StoreMember.store_id).join(Licence, Licence.person_id == StoreMember.person_id).where(StoreMember.active, *lapsed)
    found = select(Store.id).where(
        or_(
            (Store.state == StoreState.ADMITTED) & or_(Store.id.in_(own), Store.id.in_(hers)),
            (Store.state == StoreState.SUSPENDED) & (Store.state_reason == NO_PAPER),
        )
    )
    return (await session.scalars(found.order_by(Store.id))).all()


async def _numbers(session: AsyncSession, licence: Licence) -> list[str]:
    """Whose paper it is, and the stores that need it; each number once, those that take texts."""
    stores = select(Store.number).where(Store.state != StoreState.LEFT).order_by(Store.code)
    if licence.store_id is not None:
        numbers = list(await session.scalars(stores.where(Store.id == licence.store_id)))
    else:
        works_at = select(StoreMember.store_id).where(StoreMember.person_id == licence.person_id, StoreMember.active)
        numbers = list(await session.scalars(stores.where(Store.id.in_(works_at))))
        if numbers:  # who works nowhere needs no paper
            numbers = [*await session.scalars(select(ProviderPerson.number).where(ProviderPerson.id == licence.person_id)), *numbers]
    settings = get_settings()
    return [number for number in dict.fromkeys(numbers) if takes_texts(normalise(number, settings))]


def next_daytime(at: datetime, timezone: str) -> datetime:
    """Now, when people are up; else the next morning at eight."""
    local = at.astimezone(ZoneInfo(timezone))
    if FROM <= local.time() < UNTIL:
        return at
    day = local.date() + timedelta(days=1 if local.time() >= UNTIL else 0)
    return datetime.combine(day, FROM, local.tzinfo).astimezone(at.tzinfo)
