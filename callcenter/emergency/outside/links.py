"""The crews' links: made by agents, opened once by strangers. The second half is all that the public process may do, under its own narrow role."""

from __future__ import annotations

import hmac
import re
import secrets
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import load_only

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.cases.actions import add_entry
from callcenter.centre.queries import get_values
from callcenter.emergency.outside.models import OutsideHandover, OutsideLink, OutsideReport
from callcenter.emergency.outside.rules import CODE_LIVES, code_index, code_of, hash_of, token_of
from callcenter.emergency.outside.states import Agency, HandoverOutState, ReportKind, Source
from callcenter.kit import clock
from callcenter.kit.ids import new_id
from callcenter.messaging.actions import queue_message
from callcenter.messaging.port import About, Channel
from callcenter.settings import get_settings

MESSAGE_LIVES = timedelta(minutes=10)  # a link that comes later helps nobody
_ALIVE: ColumnElement[bool] = OutsideLink.ended_at.is_(None)


def url_of(link: OutsideLink) -> str:
    return f"{get_settings().outside_url}/h/{token_of(link.id)}"


async def make_link(session: AsyncSession, actor: Actor, handover: OutsideHandover, *, mobile: str) -> OutsideLink:
    """`mobile`: E.164, where it is sent; "": only shown. Precondition: the hand-over is locked and its packet loaded."""
    assert actor.id is not None
    values = await get_values(session, get_settings())
    now = clock.now()
    link_id = await _unused_id(session)
    link = OutsideLink(
        id=link_id,
        handover_id=handover.id,
        made_at=now,
        made_by_id=actor.id,
        token_hash=hash_of(token_of(link_id)),
        code_index=code_index(code_of(link_id)),
        code_until=now + CODE_LIVES,
        expires_at=now + timedelta(hours=values.number("crew_link_hours")),
        mobile=mobile,
        packet=handover.packet,
        packet_version=handover.packet_version,
    )
    if mobile:
        link.message_id = await queue_message(
            session,
            dedupe_key=f"crew-link:{link_id}",
            channel=Channel.SMS,
            to=mobile,
            template="crew_link",
            params={"link": url_of(link)},
            about=About("case", str(handover.case_id)),
            deadline=now + MESSAGE_LIVES,
        )
    session.add(link)
    handover.version += 1
    await session.flush()
    data = {"handover_id": str(handover.id), "agency": handover.agency.value, "sent": bool(mobile)}
    await add_entry(session, handover.case_id, "handover_link", actor=actor, data=data)
    await audit(session, actor, "handover_out:link", handover.id, details={"link": str(link_id), "sent": bool(mobile)})
    return link


async def _unused_id(session: AsyncSession) -> uuid.UUID:
    """Whose eight digits are nobody else's just now."""
    while True:
        link_id = new_id()
        if (
            await session.scalar(select(OutsideLink.id).where(OutsideLink.code_index == code_index(code_of(link_id)), _ALIVE).limit(1))
            is None
        ):
            return link_id


async def end_links(session: AsyncSession, handover_id: uuid.UUID) -> int:
    """At once, and their packets are forgotten."""
    done = await session.execute(
        update(OutsideLink)
        .where(OutsideLink.handover_id == handover_id, _ALIVE)
        .values(ended_at=clock.now(), packet=None)
        .returning(OutsideLink.id)
    )
    return len(done.all())


async def renew_links(session: AsyncSession, handover: OutsideHandover) -> None:
    """What is shown is what is known now."""
    values = {"packet": handover.packet, "packet_version": handover.packet_version}
    await session.execute(update(OutsideLink).where(OutsideLink.handover_id == handover.id, _ALIVE).values(values))


# --- strangers ------------------------------------------------------------------------------------------------------------------------------

_TOKEN = re.compile(r"^[A-Za-z0-9_-]{22}$")
_CODE = re.compile(r"^\d{8}$")
_SHOWN = load_only(
    OutsideLink.handover_id, OutsideLink.expires_at, OutsideLink.browser_hash, OutsideLink.opened_at, OutsideLink.ended_at, OutsideLink.packet,
    OutsideLink.packet_version, raiseload=True,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Opened:
    """`key`: what the browser keeps, when the link has just become its own; "" when it was already."""

    link_id: uuid.UUID
    key: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the crew's page shows."""

    link_id: uuid.UUID
    handover_id: uuid.UUID
    agency: Agency
    state: HandoverOutState
    told: frozenset[ReportKind]  # by this hand-over's crews, whether the worker has taken it or not
    packet: dict[str, Any]


async def find_link(session: AsyncSession, *, token: str = "", code: str = "") -> OutsideLink | None:
    """Alive and locked. A code works until it is opened, half an hour at most."""
    now = clock.now()
    if _TOKEN.match(token):
        which: ColumnElement[bool] = OutsideLink.token_hash == hash_of(token)
    elif _CODE.match(code):
        which = (OutsideLink.code_index == code_index(code)) & (OutsideLink.code_until > now)
    else:
        return None
    statement = select(OutsideLink).where(which, _ALIVE, OutsideLink.expires_at > now).options(_SHOWN).with_for_update()
    return (await session.execute(statement.execution_options(populate_existing=True))).scalar_one_or_none()


async def open_link(session: AsyncSession, link: OutsideLink, key: str) -> Opened | None:
    """The first browser that opens it has it; it may come back with its key. None: it is another's, which is told to the centre.

    Precondition: `link` is locked.
    """
    now = clock.now()
    if not link.browser_hash:
        key = secrets.token_urlsafe(32)
        link.browser_hash, link.opened_at = hash_of(key), now
        await session.flush()
        await report(session, link, ReportKind.OPENED, event_id=f"{link.id}:opened")
        return Opened(link.id, key)
    if is_its_key(link, key):
        await report(session, link, ReportKind.OPENED, event_id=f"{link.id}:opened:{int(now.timestamp())}")
        return Opened(link.id, "")
    await report(
        session, link, ReportKind.REFUSED, event_id=f"{link.id}:refused:{int(now.timestamp()) // 60}"
    )  # one a minute is enough to know
    return None


def is_its_key(link: OutsideLink, key: str) -> bool:
    return bool(link.browser_hash) and hmac.compare_digest(link.browser_hash, hash_of(key))


async def get_sheet(session: AsyncSession, link_id: uuid.UUID, key: str) -> Sheet | None:
    """For the browser whose link it is, while it lives."""
    link = await session.scalar(
        select(OutsideLink)
        .where(OutsideLink.id == link_id, _ALIVE, OutsideLink.expires_at > clock.now())
        .options(_SHOWN)
        .execution_options(populate_existing=True)
    )
    if link is None or link.packet is None or not key or not is_its_key(link, key):
        return None
    agency, state = (
        await session.execute(select(OutsideHandover.agency, OutsideHandover.state).where(OutsideHandover.id == link.handover_id))
    ).one()
    told = await session.scalars(
        select(OutsideReport.kind).where(OutsideReport.handover_id == link.handover_id, OutsideReport.source == Source.CREW)
    )
    return Sheet(link.id, link.handover_id, agency, state, frozenset(told), link.packet)


async def report(
    session: AsyncSession, link: OutsideLink | Sheet, kind: ReportKind, *, event_id: str, words: dict[str, str] | None = None
) -> None:
    """The worker makes of it what it means, within a second or so. The same `event_id` again is the same."""
    link_id = link.link_id if isinstance(link, Sheet) else link.id
    now = clock.now()
    row = pg_insert(OutsideReport).values(
        id=new_id(), handover_id=link.handover_id, link_id=link_id, source=Source.CREW, event_id=event_id, kind=kind, words=words, at=now,
        received_at=now, result="",
    )  # fmt: skip
    await session.execute(row.on_conflict_do_nothing(index_elements=["handover_id", "event_id"]))
