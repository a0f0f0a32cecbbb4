"""The worker's part of protocols, each second: one for each emergency that was opened, its clock when somebody has the case, steps that are done by what
has happened meanwhile (120 has answered), its end with the emergency's.

Each row is a transaction of its own. Two workers at once do each thing once: the case's lock decides.
"""

from __future__ import annotations

import uuid

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import system
from callcenter.emergency.protocols import actions, queries
from callcenter.emergency.protocols.choosing import choose
from callcenter.emergency.sweeping import each
from callcenter.kit.db import Database

PROTOCOL = system("protocol")


async def sweep_protocols(database: Database) -> None:
    """What is due now."""
    async with database.transaction() as session:
        new, over = await queries.list_without_run(session), await queries.list_left_over(session)
    await each(database, over, end)
    await each(database, new, start)
    async with database.transaction() as session:
        unclocked, misfits = await queries.list_unclocked(session), await _list_misfits(session)
        acted = await queries.list_acted(session)
    await each(database, misfits, choose_anew)
    await each(database, unclocked, actions.start_clock)
    await each(database, acted, actions.note_act)


async def start(session: AsyncSession, case_id: uuid.UUID) -> None:
    await actions.start_protocol(session, PROTOCOL, case_id)


async def end(session: AsyncSession, case_id: uuid.UUID) -> None:
    await actions.end_run(session, PROTOCOL, case_id)


async def choose_anew(session: AsyncSession, case_id: uuid.UUID) -> None:
    await actions.choose_anew(session, PROTOCOL, case_id)


async def _list_misfits(session: AsyncSession) -> list[uuid.UUID]:
    """Without a lock: those that another protocol would fit now."""
    protocols = queries.library().protocols
    found = []
    for case_id, elder_id, kind, code in await queries.list_untouched(session):
        fits = choose(protocols, kind, await queries.get_traits(session, elder_id))
        if fits is not None and fits.code != code:
            found.append(case_id)
    return found
