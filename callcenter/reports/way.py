"""A press's way from press to points: what calls, the case, its orders, bills, messages and the books say, in order of time.

For whoever looks for what went wrong, so it holds ids, states and times and nobody's name, number or words.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.kit.errors import NotFound

# An id of anything on the way → its case. A case or an order is also known by its number, as people say it.
_FIND = text("""
    SELECT id FROM cases WHERE id = :id OR number = :name
    UNION SELECT case_id FROM calls WHERE id = :id AND case_id IS NOT NULL
    UNION SELECT case_id FROM case_tasks WHERE id = :id
    UNION SELECT case_id FROM emergencies WHERE id = :id
    UNION SELECT case_id FROM orders WHERE id = :id OR number = :name
    UNION SELECT orders.case_id FROM offers JOIN orders ON orders.id = order_id WHERE offers.id = :id
    UNION SELECT orders.case_id FROM bills JOIN orders ON orders.id = order_id WHERE bills.id = :id
    UNION SELECT trace FROM messages WHERE id = :id AND trace IS NOT NULL
    UNION SELECT orders.case_id FROM points_earnings e JOIN bills ON bills.id = e.bill_id JOIN orders ON orders.id = order_id
        WHERE e.id = :id OR e.entry_id = :id
    """)

# `ahead` orders what has the same time: what comes first on the way comes first here.
_WAY = text("""
    WITH of_case AS MATERIALIZED (SELECT id, number FROM orders WHERE case_id = :case),
    billed AS MATERIALIZED (SELECT bills.* FROM bills JOIN of_case ON of_case.id = order_id),
    earned AS MATERIALIZED (SELECT e.* FROM points_earnings e JOIN billed ON billed.id = e.bill_id),
    way AS (
        SELECT e.at, 0 AS ahead, e.id AS place, 'call' AS what, CAST(c.id AS text) AS id, e.kind, coalesce(e.data ->> 'why', e.data ->> 'line', '') AS more
        FROM call_events e JOIN calls c ON c.id = e.call_id WHERE c.case_id = :case
        UNION ALL
        SELECT at, 1, 0, 'case', '', kind, '' FROM case_entries WHERE case_id = :case AND kind NOT LIKE 'order\\_%'
        UNION ALL
        SELECT e.at, 2, e.id, 'order', o.number, e.kind, e.state FROM order_events e JOIN of_case o ON o.id = e.order_id
        UNION ALL
        SELECT f.offered_at, 3, 0, 'offer', o.number, 'offered', CAST(f.id AS text) FROM offers f JOIN of_case o ON o.id = f.order_id
        UNION ALL
        SELECT f.answered_at, 3, 1, 'offer', o.number, f.state, CAST(f.id AS text)
        FROM offers f JOIN of_case o ON o.id = f.order_id WHERE f.answered_at IS NOT NULL
        UNION ALL
        SELECT made_at, 4, 0, 'bill', CAST(id AS text), 'made', CAST(amount_fen AS text) || ' fen' FROM billed
        UNION ALL
        SELECT reversed_at, 4, 1, 'bill', CAST(id AS text), 'reversed', reversed_why FROM billed WHERE reversed_at IS NOT NULL
        UNION ALL
        SELECT looked_at, 5, 0, 'points', CAST(id AS text), CASE WHEN amount > 0 THEN state ELSE 'none' END,
            CASE WHEN amount > 0 THEN CAST(amount AS text) || ' PT by ' || rule ELSE reason END FROM earned
        UNION ALL
        SELECT l.at, 6, 0, 'ledger', CAST(l.id AS text), l.kind,
            CAST((SELECT sum(amount) FROM ledger_postings p WHERE p.entry_id = l.id AND p.amount > 0) AS text) || ' ' || l.ledger
        FROM ledger_entries l WHERE l.key IN (
            SELECT 'bill:' || order_id || ':' || visit || ':' || step FROM billed, unnest(ARRAY['reserve', 'confirm', 'unspend', 'void']) AS step
            UNION SELECT prefix || source FROM earned, unnest(ARRAY['earn:', 'release:']) AS prefix
        ) OR l.reverses_id IN (SELECT entry_id FROM earned)
        UNION ALL
        SELECT created_at, 7, 0, 'message', CAST(id AS text), 'queued', template FROM messages WHERE trace = :case
        UNION ALL
        SELECT coalesce(sent_at, settled_at), 7, 1, 'message', CAST(id AS text), state, coalesce(nullif(error, ''), template)
        FROM messages WHERE trace = :case AND coalesce(sent_at, settled_at) IS NOT NULL
    )
    SELECT at, what, id, kind, more FROM way ORDER BY at, ahead, place
    """)

WORDS = {
    ("call", "received"): "the press came in",
    ("call", "queued"): "waits for an agent",
    ("call", "offered"): "agents' telephones ring",
    ("call", "answered"): "an agent has joined",
    ("call", "taken_up"): "taken up again after a break",
    ("call", "with_dialplan"): "left to the PBX, which rings by itself",
    ("call", "released"): "handed to the PBX, which rings by itself",
    ("call", "abandoned"): "hung up before anybody spoke",
    ("call", "ended"): "is over",
    ("case", "opened"): "opened",
    ("case", "press"): "a press joins it",
    ("case", "call_back_opened"): "a call-back is promised",
    ("case", "call_back_done"): "the call-back is done",
    ("case", "outcome"): "the agent said how it ended",
    ("bill", "made"): "made",
    ("ledger", "earn"): "points are given",
    ("ledger", "release"): "points may be spent",
    ("ledger", "reserve"): "points are set aside",
    ("ledger", "confirm"): "points are spent",
    ("ledger", "reverse"): "points go back",
    ("points", "pending"): "earned, not yet to be spent",
    ("points", "available"): "earned",
    ("points", "none"): "nothing earned",
}


@dataclass(frozen=True, slots=True)
class Step:
    at: datetime
    what: str
    id: str
    kind: str
    more: str

    def __str__(self) -> str:
        said = WORDS.get((self.what, self.kind), self.kind.replace("_", " "))
        return " ".join(filter(None, (self.what, self.id, "–", said, f"({self.more.replace('_', ' ')})" if self.more else "")))


@dataclass(frozen=True, slots=True)
class Way:
    case_id: uuid.UUID
    number: str
    state: str
    steps: Sequence[Step]


async def way_of(session: AsyncSession, name: str) -> Way:
    """`name`: the id of a case, press, task, emergency, order, offer, bill, message or of what was earned; or a case's or an order's number."""
    try:
        asked = uuid.UUID(name)
    except ValueError:
        asked = None
    case_id = (await session.execute(_FIND, {"id": asked, "name": name})).scalars().first()
    if case_id is None:
        raise NotFound(f"nothing here is known as {name}, or it is on no case")
    number, state = (await session.execute(text("SELECT number, state FROM cases WHERE id = :id"), {"id": case_id})).one()
    rows = (await session.execute(_WAY, {"case": case_id})).all()
    return Way(case_id, number, state, [Step(*row) for row in rows])
