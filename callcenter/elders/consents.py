"""The consent ledger: what she agreed to, in which words, with which proof, and when she took it back. Lines are only added."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import Select, func, or_, select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.elders.actions import lock_elder
from callcenter.elders.models import Elder
from callcenter.elders.record_schemas import ConsentLine, Consents, ConsentState, NewConsent, NewWording, Wording
from callcenter.elders.records import ConsentAct, ConsentBy, ConsentEntry, ConsentWording
from callcenter.kit import clock
from callcenter.kit.crypto import Undecryptable, decrypt, encrypt
from callcenter.kit.errors import Conflict, Invalid, NotFound
from callcenter.kit.ids import new_id
from callcenter.settings import get_settings

FORM_COLUMN = "consent_entries.form"
FIRST_DAY = date(2026, 1, 1)
# What every centre begins with. A centre that wants other words adds a version.
FIRST_WORDINGS = (
    (
        "recording",
        "通话录音",
        "我同意服务中心对我与服务中心之间的通话录音，用于核实求助情况、改进服务和处理纠纷。"
        "录音一般保存两年，紧急求助的录音保存五年，到期删除。我可以随时打电话撤回同意。",
    ),
    (
        "health_sharing",
        "健康信息共享",
        "我同意服务中心在我求助时，把与救助有关的健康信息（病史、用药、过敏、血型、行动能力）"
        "告知前来救助的急救人员、网格员和我登记的联系人；平时不向他人提供。我可以随时打电话撤回同意。",
    ),
    (
        "location",
        "位置定位",
        "我同意服务中心在我求助、走失或家人报告失联时，通过我的设备查询我的位置。"
        "每次查询都有记录，我和监护人可以查看；位置信息最多保存三十天。我可以随时打电话撤回同意。",
    ),
    (
        "photo",
        "照片",
        "我同意服务中心保存一张我的照片，只供处理我的求助、上门服务和走失寻找时核对身份使用，不对外公开。我可以随时打电话要求删除。",
    ),
    (
        "key_holding",
        "钥匙保管",
        "我同意登记为我保管钥匙的人，在我求助而无人应答时，由服务中心通知其开门，"
        "并在现场有他人见证的情况下进入我的住所。我可以随时打电话撤回同意。",
    ),
    (
        "visits",
        "定期探访",
        "我同意服务中心和社区工作人员按约定的频次打电话或上门探访，了解我的生活情况。我可以随时打电话调整或取消。",
    ),
)


async def seed_wordings(session: AsyncSession) -> None:
    """Harmless twice."""
    rows = [
        {
            "id": new_id(),
            "item": item,
            "version": "2026-1",
            "title": title,
            "text": text,
            "valid_from": FIRST_DAY,
            "at": clock.now(),
        }
        for item, title, text in FIRST_WORDINGS
    ]
    await session.execute(pg_insert(ConsentWording).on_conflict_do_nothing(index_elements=["item", "version"]), rows)


async def add_wording(session: AsyncSession, actor: Actor, wording: NewWording) -> ConsentWording:
    """A new version of an item, or a new item. A version that is there stays as it is."""
    row = ConsentWording(**wording.model_dump(), at=clock.now(), created_by=actor.id)
    session.add(row)
    try:
        await session.flush()
    except IntegrityError as error:
        raise Conflict(
            "this version is there already; give it another name", code="wording_exists", details={"field": "version"}
        ) from error
    await audit(session, actor, "consent:wording_added", f"{wording.item}:{wording.version}")
    return row


async def list_wordings(session: AsyncSession) -> list[Wording]:
    """By item, the newest first."""
    rows = (
        await session.scalars(
            select(ConsentWording).order_by(ConsentWording.item, ConsentWording.valid_from.desc(), ConsentWording.at.desc())
        )
    ).all()
    current = {(w.item, w.version) for w in _in_force(rows).values()}
    return [
        Wording(
            item=row.item,
            version=row.version,
            title=row.title,
            text=row.text,
            valid_from=row.valid_from,
            is_current=(row.item, row.version) in current,
        )
        for row in rows
    ]


async def write_consent(
    session: AsyncSession, actor: Actor, elder_id: uuid.UUID, wanted: NewConsent, *, form: bytes | None = None
) -> ConsentEntry:
    """A line of the ledger. Taking back what is not given is a Conflict. `form`: the signed form as a JPEG of ours."""
    await lock_elder(session, elder_id)
    wording = await _wording(session, wanted)
    lines = await _lines(session, elder_id)
    last = next((line for line in lines if line.item == wanted.item), None)
    if wanted.act is ConsentAct.WITHDRAWN:
        if last is None or last.act is ConsentAct.WITHDRAWN:
            raise Conflict("this is not given, so it can't be taken back", code="consent_not_given")
        version = last.wording_version
    else:
        if last is not None and last.act is ConsentAct.GIVEN and last.wording_version == wording.version:
            raise Conflict("she has agreed to these words already", code="consent_given")
        version = wording.version
    if form is not None and wanted.by is not ConsentBy.FORM:
        raise Invalid("a picture belongs to a signed form", code="invalid", details={"field": "by"})
    entry = ConsentEntry(
        elder_id=elder_id,
        item=wanted.item,
        wording_version=version,
        act=wanted.act,
        by=wanted.by,
        proof=wanted.proof,
        form=encrypt(form, FORM_COLUMN) if form else None,
        at=clock.now(),
        actor_id=actor.id,
        actor_name=actor.name if actor.kind == "user" else "",
    )
    session.add(entry)
    await session.flush()
    await audit(session, actor, f"consent:{wanted.act}", elder_id, details={"item": wanted.item, "version": version, "by": wanted.by.value})
    return entry


async def get_consents(session: AsyncSession, elder_id: uuid.UUID) -> Consents:
    lines = await _lines(session, elder_id)
    with_form = set(
        await session.scalars(select(ConsentEntry.id).where(ConsentEntry.id.in_([e.id for e in lines]), ConsentEntry.form.is_not(None)))
    )
    wordings = (await session.scalars(select(ConsentWording).order_by(ConsentWording.valid_from.desc(), ConsentWording.at.desc()))).all()
    current = _in_force(wordings)
    titles = {w.item: w.title for w in reversed(wordings)} | {item: w.title for item, w in current.items()}
    states = []
    for item in [*(i for i, _, _ in FIRST_WORDINGS if i in titles), *sorted(titles.keys() - {i for i, _, _ in FIRST_WORDINGS})]:
        last = next((line for line in lines if line.item == item), None)
        if item not in current and last is None:
            continue  # its words are not yet in force
        given = last is not None and last.act is ConsentAct.GIVEN
        now = current[item].version if item in current else ""
        states.append(
            ConsentState(
                item=item,
                title=titles[item],
                given=given,
                outdated=given and last is not None and last.wording_version != now,
                since=last.at if last else None,
                wording_version=last.wording_version if last else "",
                current_version=now,
            )
        )
    return Consents(
        states=states,
        ledger=[
            ConsentLine(
                id=e.id,
                item=e.item,
                wording_version=e.wording_version,
                act=e.act,
                by=e.by,
                proof=e.proof,
                has_form=e.id in with_form,
                at=e.at,
                actor_name=e.actor_name,
            )
            for e in lines
        ],
    )


async def list_withdrawn(session: AsyncSession, elder_ids: Collection[uuid.UUID], item: str) -> set[uuid.UUID]:
    """Those of them who have taken this consent back. Who was never asked has taken nothing back."""
    if not elder_ids:
        return set()
    whose = func.coalesce(Elder.merged_into, Elder.id)
    of = {row.id: row.whose for row in await session.execute(select(Elder.id, whose.label("whose")).where(Elder.id.in_(elder_ids)))}
    lines = (
        select(whose.label("whose"), ConsentEntry.act)
        .join(Elder, Elder.id == ConsentEntry.elder_id)
        .where(ConsentEntry.item == item, whose.in_(set(of.values())))
        .order_by(ConsentEntry.at, ConsentEntry.id)
    )
    last = {row.whose: row.act for row in await session.execute(lines)}
    return {elder_id for elder_id, current in of.items() if last.get(current) is ConsentAct.WITHDRAWN}


async def get_form(session: AsyncSession, elder_id: uuid.UUID, entry_id: uuid.UUID) -> bytes:
    found = await session.scalar(select(ConsentEntry.form).where(ConsentEntry.id == entry_id, ConsentEntry.elder_id.in_(_of_her(elder_id))))
    if found is None:
        raise NotFound("there is no signed form", code="no_form")
    try:
        return decrypt(bytes(found), FORM_COLUMN)
    except Undecryptable as error:
        raise NotFound("the form can't be read any more", code="no_form") from error


def _of_her(elder_id: uuid.UUID) -> Select[uuid.UUID]:
    """Her profile and those merged into it: lines of the ledger stay where they were written."""
    return select(Elder.id).where(or_(Elder.id == elder_id, Elder.merged_into == elder_id))


async def _lines(session: AsyncSession, elder_id: uuid.UUID) -> Sequence[ConsentEntry]:
    """Newest first."""
    return (
        await session.scalars(
            select(ConsentEntry)
            .where(ConsentEntry.elder_id.in_(_of_her(elder_id)))
            .order_by(ConsentEntry.at.desc(), ConsentEntry.id.desc())
        )
    ).all()


async def _wording(session: AsyncSession, wanted: NewConsent) -> ConsentWording:
    statement = select(ConsentWording).where(ConsentWording.item == wanted.item)
    if wanted.wording_version:
        statement = statement.where(ConsentWording.version == wanted.wording_version)
    rows = (await session.scalars(statement.order_by(ConsentWording.valid_from.desc(), ConsentWording.at.desc()))).all()
    if wanted.act is ConsentAct.WITHDRAWN and rows:
        return rows[0]
    found = rows[0] if wanted.wording_version and rows else _in_force(rows).get(wanted.item)
    if found is None:
        raise NotFound("there are no such words", code="wording_not_found")
    return found


def _in_force(newest_first: Sequence[ConsentWording]) -> dict[str, ConsentWording]:
    today = clock.today(get_settings().timezone)
    found: dict[str, ConsentWording] = {}
    for wording in newest_first:
        if wording.valid_from <= today:
            found.setdefault(wording.item, wording)
    return found
