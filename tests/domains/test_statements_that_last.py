"""Statements after many times on one connection, and over many rows.

The database plans once and for all after some ten times: the condition of a partial index must not hang on a parameter then.
"""

from __future__ import annotations

import ast
import uuid
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

import callcenter
from callcenter.accounts.actor import Actor
from callcenter.accounts.models import User
from callcenter.accounts.roles import Role
from callcenter.cases.actions import LinkedTo, asked_recent, lock_case, open_call_back, open_case
from callcenter.cases.models import CaseTask
from callcenter.cases.states import Severity
from callcenter.handover.actions import open_handover
from callcenter.kit import clock
from callcenter.kit.db import Asked, read_together
from callcenter.kit.phone import normalise
from callcenter.seed.demo import DemoFacts, WhatFor
from callcenter.settings import get_settings

OFTEN = 14  # the driver prepares at the fifth, the server plans for all parameters at the sixth after that


async def _case(session: AsyncSession, elder_id: uuid.UUID | None) -> uuid.UUID:
    opened = await open_case(
        session, elder_id=elder_id, caller_key=None, is_sos=False, severity=Severity.N1, linked=LinkedTo(None), at=clock.now(), data={}
    )
    return opened.id


@pytest.mark.parametrize("known", [True, False])
async def test_a_connection_that_has_opened_many_call_backs_opens_the_next(session: AsyncSession, facts: DemoFacts, known: bool) -> None:
    elders = [elder.id for elder in facts.elders if elder.id is not None and elder.what_for is not WhatFor.UNKNOWN] if known else [None]
    opened: set[uuid.UUID | None] = set()
    for number in range(OFTEN):
        case_id = await _case(session, elders[number % len(elders)])
        case = await lock_case(session, case_id)
        opened.add(
            await open_call_back(
                session, case, number=f"+8671034567{number:02}", reason="abandoned", at=clock.now(), timings=get_settings().timings
            )
        )
    assert len(opened) == (min(OFTEN, len(elders)) if known else OFTEN)
    assert await session.scalar(select(func.count()).where(CaseTask.id.in_(opened))) == len(opened)


async def test_a_connection_that_has_opened_many_handovers_opens_the_next(session: AsyncSession) -> None:
    lead = User(username="many", name="多", role=Role.SUPERVISOR, password_hash="", created_at=clock.now())
    session.add(lead)
    await session.flush()
    drafts = {await open_handover(session, Actor("user", lead.id, lead.name, lead.role)) for _ in range(OFTEN)}
    assert len(drafts) == 1


async def test_a_press_does_not_read_every_case_that_ever_was(session: AsyncSession, facts: DemoFacts) -> None:
    elder = next(elder for elder in facts.elders if elder.what_for is WhatFor.ALONE)
    many = """
        INSERT INTO cases (id, version, number, state, severity, is_sos, elder_id, caller_key, presses, opened_at, last_press_at, outcome, open_orders,
                           deadline_at, handed_word)
        SELECT gen_random_uuid(), 1, 'many-' || n, 'closed', 'N1', false, CASE WHEN n % 7 = 0 THEN NULL ELSE elders[1 + n % array_length(elders, 1)] END,
               '+86139' || n, 1, now() - make_interval(mins => n), now(), '', 0, now(), ''
        FROM generate_series(1, 20000) AS n, (SELECT array_agg(id) AS elders FROM elders) AS all_elders
    """
    await session.execute(text(many))
    await session.execute(text("ANALYZE cases"))
    number = normalise(elder.number, get_settings())
    assert number
    asked = asked_recent([number.value], number.value, clock.now())
    await read_together(session, Asked("SELECT 1", {}), planned_once=True)
    rows, plan = await read_together(session, asked, Asked("EXPLAIN " + asked.sql, asked.parameters))
    assert 0 < len(rows) <= 20 and {row.elder_id for row in rows} == {elder.id}
    told = "\n".join(row[0] for row in plan)
    assert "Index" in told and "Seq Scan on cases" not in told, told


def test_partial_indexes_are_named_by_words_alone() -> None:
    """`index_where=` takes text(…): an expression sends its words as parameters, and the statement fails once it is planned without them."""
    found = 0
    for file in Path(callcenter.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "index_where":
                found += 1
                assert isinstance(node.value, ast.Call) and getattr(node.value.func, "id", "") == "text", f"{file.name}:{node.value.lineno}"
    assert found >= 3
