"""All writes of hand-overs."""

from __future__ import annotations

import hashlib
import uuid

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.cases.ownership import free_case, give_case
from callcenter.cases.states import CaseState
from callcenter.handover.models import Handover, HandoverSignature
from callcenter.handover.queries import put_together
from callcenter.handover.schemas import Content, Decision, Draft, DraftCase
from callcenter.handover.states import HANDOVER, HandoverState
from callcenter.kit import clock
from callcenter.kit.errors import Conflict, Forbidden, Invalid, NotFound
from callcenter.kit.ids import new_id

WORD = "交接班"  # what a case says of how it came, when the lead wrote nothing


async def open_handover(session: AsyncSession, actor: Actor) -> uuid.UUID:
    """Hers that is not signed yet is gone on with: whatever was written before a browser died is still there."""
    assert actor.id is not None
    values = {
        "id": new_id(), "version": 1, "state": HandoverState.DRAFT, "leaving_id": actor.id, "opened_at": clock.now(), "draft": Draft().model_dump(mode="json"),
    }  # fmt: skip
    row = pg_insert(Handover).values(**values)
    row = row.on_conflict_do_nothing(index_elements=["leaving_id"], index_where=text("state = 'draft'"))
    fresh = (await session.execute(row.returning(Handover.id))).scalar_one_or_none()
    if fresh is not None:
        await audit(session, actor, "handover:opened", fresh)
        return fresh
    mine = select(Handover.id).where(Handover.leaving_id == actor.id, Handover.state == HandoverState.DRAFT)
    return (await session.execute(mine)).scalar_one()


async def save_draft(session: AsyncSession, actor: Actor, handover_id: uuid.UUID, *, version: int, draft: Draft) -> None:
    handover = await _own_draft(session, actor, handover_id, version)
    handover.draft = Draft.model_validate(draft.model_dump(include=set(Draft.model_fields))).model_dump(mode="json")
    handover.version += 1
    await session.flush()


async def sign_as_leaving(session: AsyncSession, actor: Actor, handover_id: uuid.UUID, *, version: int) -> None:
    """Moves the cases as decided and freezes what was said, both or neither. A case that somebody else has by now stops it: look again."""
    handover = await _own_draft(session, actor, handover_id, version)
    draft = Draft.model_validate(handover.draft or {})
    before = await put_together(session, actor, draft)
    decisions = {one.case_id: one for one in draft.cases}
    undecided = [
        case.number
        for case in before.cases
        if case.owner_id == actor.id and ((one := decisions.get(case.case_id)) is None or one.decision == Decision.STAY)
    ]
    if undecided:
        raise Invalid("your own cases must go to somebody, or to the queue", code="cases_undecided", details={"cases": undecided})
    open_ones = {case.case_id: case for case in before.cases}
    for case_id in sorted(decisions, key=str):  # everybody locks in the same order
        one, case = decisions[case_id], open_ones.get(case_id)
        if case is not None and case.state in (CaseState.NEW, CaseState.OWNED, CaseState.WAITING):
            await _move(session, actor, one, owner_id=case.owner_id)
    content = await put_together(session, actor, draft)
    content.elders = [elder for elder in content.elders if elder.chosen]
    HANDOVER.check(handover.state, HandoverState.SIGNED_BY_LEAVING)
    handover.state, handover.signed_at, handover.draft = HandoverState.SIGNED_BY_LEAVING, clock.now(), None
    handover.version += 1
    await _sign(session, actor, handover, "leaving", content.model_dump(mode="json"), digest_of(content))
    await audit(session, actor, "handover:signed", handover.id, details={"cases": len(content.cases)})


async def accept(session: AsyncSession, actor: Actor, handover_id: uuid.UUID, *, remark: str) -> None:
    """By another person than the one who leaves."""
    handover = await _locked(session, handover_id)
    if handover.leaving_id == actor.id:
        raise Conflict("two different people sign a hand-over", code="same_person")
    HANDOVER.check(handover.state, HandoverState.ACCEPTED)
    digest = await session.scalar(
        select(HandoverSignature.digest).where(HandoverSignature.handover_id == handover_id, HandoverSignature.kind == "leaving")
    )
    handover.state, handover.accepted_at, handover.arriving_id = HandoverState.ACCEPTED, clock.now(), actor.id
    handover.version += 1
    await _sign(session, actor, handover, "arriving", {"remark": remark}, digest or "")
    await audit(session, actor, "handover:accepted", handover.id)


def digest_of(content: Content) -> str:
    return hashlib.sha256(content.model_dump_json().encode()).hexdigest()


async def _move(session: AsyncSession, actor: Actor, one: DraftCase, *, owner_id: uuid.UUID | None) -> None:
    word = one.note or WORD
    if one.decision == Decision.GIVE:
        if one.to is None:
            raise Invalid("say to whom", code="no_such_agent")
        if one.to != owner_id:
            await give_case(session, actor, one.case_id, to=one.to, seen_owner_id=one.seen_owner_id, word=word)
    elif one.decision == Decision.QUEUE and owner_id is not None:
        await free_case(session, actor, one.case_id, seen_owner_id=one.seen_owner_id, word=word)


async def _sign(session: AsyncSession, actor: Actor, handover: Handover, kind: str, content: dict[str, object], digest: str) -> None:
    assert actor.id is not None
    session.add(
        HandoverSignature(
            id=new_id(),
            handover_id=handover.id,
            kind=kind,
            user_id=actor.id,
            user_name=actor.name,
            at=clock.now(),
            digest=digest,
            content=content,
        )
    )
    await session.flush()


async def _locked(session: AsyncSession, handover_id: uuid.UUID) -> Handover:
    statement = select(Handover).where(Handover.id == handover_id).with_for_update().execution_options(populate_existing=True)
    found = (await session.execute(statement)).scalar_one_or_none()
    if found is None:
        raise NotFound("no such hand-over")
    return found


async def _own_draft(session: AsyncSession, actor: Actor, handover_id: uuid.UUID, version: int) -> Handover:
    handover = await _locked(session, handover_id)
    if handover.leaving_id != actor.id:
        raise Forbidden("only whoever leaves writes and signs it first", code="not_your_handover")
    HANDOVER.check(handover.state, HandoverState.SIGNED_BY_LEAVING)
    if handover.version != version:
        raise Conflict("it was changed in another window; load it again", code="draft_changed", details={"version": handover.version})
    return handover
