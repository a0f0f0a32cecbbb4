"""Asking for a call that a program makes, and taking the request back. Voice does the rest: it is woken at the commit, and looks each second."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, text
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.dialogs.models import CONNECT, DialogCall, DialogEvent
from callcenter.calls.dialogs.states import DIALOG, DialogState
from callcenter.calls.setting_up import dialable
from callcenter.calls.states import PartyRole
from callcenter.calls.wake import WAKE_VOICE
from callcenter.kit import clock
from callcenter.kit.errors import Invalid, NotFound
from callcenter.kit.ids import new_id
from callcenter.settings import get_settings


async def request_dialog(
    session: AsyncSession,
    *,
    kind: str,
    subject_id: uuid.UUID | None,
    number: str,
    due_at: datetime,
    deadline_at: datetime,
    dedupe_key: str,
    ring_seconds: float = 30.0,
    case_id: uuid.UUID | None = None,
    memory: dict[str, Any] | None = None,
    urgent: bool = False,
    role: PartyRole = PartyRole.OTHER,
    ref_id: uuid.UUID | None = None,
) -> uuid.UUID:
    """Ring `number` as soon as `due_at` has come, and let the dialog of `kind` speak. Not rung before `deadline_at`: expired. `urgent`: an emergency's, which
    waits neither for a caller nor for other automatic calls. `role`, `ref_id`: who it is to the case.

    The same `dedupe_key` again is the same call: its id is returned, nothing is changed. 110, 120 and the like are refused (Invalid).
    """
    if kind == CONNECT:
        raise Invalid("two parties are joined by call_party", code="bad_request")
    return await _request(
        session, kind=kind, subject_id=subject_id, number=number, then_number="", case_id=case_id, due_at=due_at, deadline_at=deadline_at,
        dedupe_key=dedupe_key, ring_seconds=ring_seconds, memory=memory or {}, urgent=urgent, role=role, ref_id=ref_id,
    )  # fmt: skip


async def call_party(
    session: AsyncSession,
    *,
    first_number: str,
    then_number: str,
    deadline_at: datetime,
    dedupe_key: str,
    subject_id: uuid.UUID | None = None,
    case_id: uuid.UUID | None = None,
    ring_seconds: float = 30.0,
) -> uuid.UUID:
    """Join two parties without an agent: ring `first_number` (the store's own telephone, which asked for it), then `then_number`, and join them. Both see
    the centre's hotline, neither the other's number. With a `case_id` its timeline tells of it.
    """
    return await _request(
        session, kind=CONNECT, subject_id=subject_id, number=first_number, then_number=dialable(then_number, get_settings()), case_id=case_id,
        due_at=clock.now(), deadline_at=deadline_at, dedupe_key=dedupe_key, ring_seconds=ring_seconds, memory={},
    )  # fmt: skip


async def cancel_dialog(session: AsyncSession, dialog_id: uuid.UUID) -> DialogState:
    """Not rung yet: cancelled. Ringing: voice lets it stop, and tells the handler. Somebody talks with the program already, or it is over: nothing (what
    the dialog is about is locked and looked at again when a key is pressed). Returns the state it is in now.
    """
    dialog = await lock_dialog(session, dialog_id)
    if dialog.state == DialogState.REQUESTED:
        move_dialog(dialog, DialogState.CANCELLED)
        dialog.outcome, dialog.ended_at = "cancelled", clock.now()
        await add_dialog_event(session, dialog_id, "cancelled")
    elif dialog.state == DialogState.RINGING and dialog.cancel_asked_at is None:
        dialog.cancel_asked_at = clock.now()
        await add_dialog_event(session, dialog_id, "cancel_asked")
        await wake_voice(session)
    await session.flush()
    return dialog.state


async def put_dialog_on_case(session: AsyncSession, dialog_id: uuid.UUID, case_id: uuid.UUID) -> None:
    """A handler has opened a case for what began without one: a step with `own_case` goes on as a call of it. Lock the case first."""
    dialog = await lock_dialog(session, dialog_id)
    dialog.case_id = case_id
    await session.flush()


async def lock_dialog(session: AsyncSession, dialog_id: uuid.UUID) -> DialogCall:
    statement = select(DialogCall).where(DialogCall.id == dialog_id).with_for_update().execution_options(populate_existing=True)
    dialog = (await session.execute(statement)).scalar_one_or_none()
    if dialog is None:
        raise NotFound("no such dialog")
    return dialog


def move_dialog(dialog: DialogCall, to: DialogState) -> None:
    """Precondition: `dialog` is locked."""
    DIALOG.check(dialog.state, to)
    dialog.state = to


async def add_dialog_event(session: AsyncSession, dialog_id: uuid.UUID, kind: str, data: dict[str, Any] | None = None) -> None:
    await session.execute(insert(DialogEvent).values(dialog_id=dialog_id, at=clock.now(), kind=kind, data=data or {}))


async def wake_voice(session: AsyncSession) -> None:
    await session.execute(text("SELECT pg_notify(:channel, '')"), {"channel": WAKE_VOICE})


async def _request(
    session: AsyncSession,
    *,
    kind: str,
    subject_id: uuid.UUID | None,
    number: str,
    then_number: str,
    case_id: uuid.UUID | None,
    due_at: datetime,
    deadline_at: datetime,
    dedupe_key: str,
    ring_seconds: float,
    memory: dict[str, Any],
    urgent: bool = False,
    role: PartyRole = PartyRole.OTHER,
    ref_id: uuid.UUID | None = None,
) -> uuid.UUID:
    if deadline_at <= due_at:
        raise Invalid("a call's deadline comes after the moment from which it may be made", code="bad_deadline")
    if not dedupe_key or not 5 <= ring_seconds <= 120:
        raise Invalid("a call has a key of its own, and rings between 5 and 120 s", code="bad_request")
    dialog_id, now = new_id(), clock.now()
    values = {
        "id": dialog_id, "kind": kind, "subject_id": subject_id, "inbound": False, "number": dialable(number, get_settings()),
        "then_number": then_number, "elder_ids": [], "case_id": case_id, "dedupe_key": dedupe_key, "ring_seconds": ring_seconds,
        "state": DialogState.REQUESTED, "step": {}, "memory": memory, "keys": "", "outcome": "", "requested_at": now, "due_at": due_at,
        "deadline_at": deadline_at, "urgent": urgent, "role": role, "ref_id": ref_id,
    }  # fmt: skip
    stored = await session.execute(
        pg_insert(DialogCall).values(**values).on_conflict_do_nothing(index_elements=["dedupe_key"]).returning(DialogCall.id)
    )
    if stored.first() is None:
        return (await session.execute(select(DialogCall.id).where(DialogCall.dedupe_key == dedupe_key))).scalar_one()
    await add_dialog_event(session, dialog_id, "requested")
    await wake_voice(session)
    return dialog_id
