"""One id from press to points: the case's. All hangs on the case, so it is in every table already; here it gets into every line of a log.

Whoever locks a case, or writes about one, has its id bound from there to the next transaction: on lines that are logged meanwhile, on what goes into the
outbox, on messages. `noted` is a line for what has happened: it is logged when the transaction has committed, and never when it has not.
"""

from __future__ import annotations

import uuid
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

log = structlog.get_logger()
_KEY, _LINES = "trace", "noted"


def bind(trace: uuid.UUID | str | None) -> None:
    """From here on in this task. None: nothing is known of it."""
    if trace is None:
        unbind()
    else:
        structlog.contextvars.bind_contextvars(trace=str(trace))


def unbind() -> None:
    structlog.contextvars.unbind_contextvars(_KEY)


def bound() -> uuid.UUID | None:
    found = structlog.contextvars.get_contextvars().get(_KEY)
    return uuid.UUID(found) if found else None


def noted(session: AsyncSession, event: str, **what: Any) -> None:
    """A line for the log, after the commit. `what`: ids, kinds, states and counts; never a name, a number, a word that somebody wrote."""
    trace = what.pop(_KEY, None) or bound()
    session.info.setdefault(_LINES, []).append((event, {**({_KEY: str(trace)} if trace else {}), **{k: str(v) for k, v in what.items()}}))


def say_noted(session: AsyncSession) -> None:
    """Kit's own, after a commit."""
    for event, what in session.info.pop(_LINES, ()):
        log.info(event, **what)
