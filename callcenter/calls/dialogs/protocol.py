"""What the owner of a matter writes: a `Dialog` for each kind, and the steps it answers with."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.dialogs.states import How


class Then(StrEnum):
    """What follows when the step has been said."""

    LISTEN = "listen"
    HANG_UP = "hang_up"
    TO_AGENT = "to_agent"  # the caller becomes a service press like any other, with its case; `as_sos`: an SOS of the dialog's own case


@dataclass(frozen=True, slots=True)
class Step:
    """What is said, and what is listened for. `speech` makes names of prompts; one without a recording is passed over.

    A step that listens is said twice when nobody presses a key, and again at `*`; a key outside `allowed` gets the tone for an error and hears the
    step again, the third time it counts as silence. `outcome` is kept when the step ends the dialog.
    """

    say: tuple[str, ...] = ()
    then: Then = Then.LISTEN
    keys: int = 1  # how many at most; a shorter code ends with # or with a pause
    allowed: str = "0123456789"
    at_once: str = ""  # keys that are an answer by themselves when pressed first, although a code is awaited
    meanwhile: str = ""  # keys that are not lost when they are pressed while the handler is asked: the next step that allows one is answered by it at once
    first_key: float | None = None  # seconds of silence after the last word; None: Timings.dialog_first_key
    next_key: float | None = None  # between two keys of a code; None: Timings.dialog_next_key
    error: bool = False  # the tone for an error comes first
    outcome: str = ""
    as_sos: bool = False  # to_agent: rings like an SOS, on the case that the call was asked for
    own_case: bool = (
        False  # to_agent: on the case that the call was asked for, ringing like any other; no agent to spare: called back instead
    )
    keep: dict[str, Any] | None = None  # becomes `context.memory`; None: as before

    def row(self) -> dict[str, Any]:
        return asdict(self) | {"keep": None}

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Step:
        return cls(**{**row, "say": tuple(row["say"]), "then": Then(row["then"])})


@dataclass(frozen=True, slots=True)
class Context:
    """Whom the dialog is with and what it is about, the same at every step but for `memory`."""

    dialog_id: uuid.UUID
    kind: str
    subject_id: uuid.UUID | None
    inbound: bool
    number: str  # E.164 or short; "" withheld
    call_id: uuid.UUID | None
    case_id: uuid.UUID | None = None
    elder_ids: tuple[uuid.UUID, ...] = ()  # inbound: whose telephone it may be
    memory: dict[str, Any] = field(default_factory=dict)  # what the last step kept, or what `request_dialog` was given


class Dialog(Protocol):
    """One kind of conversation. Each method runs in a transaction of voice's that checks the lease, and is committed before the answer is spoken; when
    it raises, nothing is written, the caller hears that something failed, and goes to an agent (inbound) or hears good-bye. Lock the aggregate and check
    again, as everywhere; no network in here.
    """

    async def begin(self, session: AsyncSession, context: Context) -> Step:
        """Somebody picked up, or called in."""

    async def on_key(self, session: AsyncSession, context: Context, keys: str) -> Step:
        """`keys`: the digits of one answer, without #."""

    async def on_silence(self, session: AsyncSession, context: Context) -> Step:
        """Said twice, and no key."""

    async def ended(self, session: AsyncSession, context: Context, how: How) -> None:
        """Exactly once, in the transaction that ends it; after FINISHED and HANDED_ON in that of the last step."""


@dataclass(frozen=True, slots=True)
class Dialogs:
    """Which dialog answers for which kind."""

    handlers: Mapping[str, Dialog] = field(default_factory=dict)

    def of(self, kind: str) -> Dialog | None:
        return self.handlers.get(kind)
