"""In and out: a code to her telephone, a session, her devices."""

from __future__ import annotations

import uuid

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter import __version__
from callcenter.dispatch.access.codes import ask_code, checked_number, give_code
from callcenter.dispatch.access.rules import ASK_AGAIN, CODE_DIGITS, CODE_LIFE, DEMO_CODE
from callcenter.dispatch.access.sessions import Person, end_all_sessions, end_session, list_sessions, open_session
from callcenter.dispatch.numbers import get_hotline, get_job_line
from callcenter.dispatch.stores.models import (
    MemberRole,
    Organisation,
    OrganisationOfficer,
    ProviderPerson,
    Store,
    StoreMember,
    StoreState,
)
from callcenter.kit import clock
from callcenter.kit.phone import national
from callcenter.messaging.push import public_key
from callcenter.settings import Settings
from providers.http import (
    Session,
    SettingsDep,
    Who,
    clear_cookie,
    client_address,
    cookie_name,
    from_own_page,
    set_cookie,
)
from providers.schemas import AskCode, CodeAsked, DemoLogin, Device, Ended, Me, Membership, OfficerOf, SignIn, Welcome

router = APIRouter()
DEMO_LOGINS = 8


@router.get("/api/welcome")
async def welcome(session: Session, settings: SettingsDep) -> Welcome:
    demo = await _demo_logins(session) if settings.mode in ("demo", "test") else []
    return Welcome(mode=settings.mode, version=__version__, hotline=settings.hotline, now=clock.now(), demo=demo)


@router.post("/api/sign-in/code", dependencies=[Depends(from_own_page)])
async def ask_for_code(body: AskCode, request: Request, session: Session, settings: SettingsDep) -> CodeAsked:
    """Six digits by text message. An unknown number is answered the same."""
    await ask_code(session, checked_number(body.number, settings), address=client_address(request), settings=settings)
    return CodeAsked(seconds=int(CODE_LIFE.total_seconds()), again_in=int(ASK_AGAIN.total_seconds()), digits=CODE_DIGITS)


@router.post("/api/sign-in", dependencies=[Depends(from_own_page)])
async def sign_in(body: SignIn, request: Request, response: Response, session: Session, settings: SettingsDep) -> Me:
    number = checked_number(body.number, settings)
    person = await give_code(session, number, body.code, address=client_address(request), settings=settings)
    token, who = await open_session(
        session,
        person,
        address=client_address(request),
        browser=request.headers.get("user-agent", ""),
        instead_of=request.cookies.get(cookie_name(settings), "")[:200],
    )
    set_cookie(response, token, settings)
    return await _me(session, who, settings)


@router.get("/api/me")
async def me(who: Who, session: Session, settings: SettingsDep) -> Me:
    return await _me(session, who, settings)


@router.get("/api/devices")
async def devices(who: Who, session: Session) -> list[Device]:
    return [
        Device(id=row.id, this_one=row.id == who.session_id, browser=row.browser, created_at=row.created_at, seen_at=row.seen_at)
        for row in await list_sessions(session, who.id)
    ]


@router.post("/api/sign-out", status_code=204)
async def sign_out(who: Who, response: Response, session: Session, settings: SettingsDep) -> None:
    await end_session(session, who, who.session_id)
    clear_cookie(response, settings)


@router.post("/api/sign-out/all")
async def sign_out_everywhere(who: Who, response: Response, session: Session, settings: SettingsDep) -> Ended:
    ended = await end_all_sessions(session, who)
    clear_cookie(response, settings)
    return Ended(count=ended)


@router.post("/api/devices/{session_id}/sign-out", status_code=204)
async def sign_out_device(session_id: uuid.UUID, who: Who, session: Session) -> None:
    """One of her other devices: the telephone that was lost."""
    await end_session(session, who, session_id)


async def _me(session: AsyncSession, who: Person, settings: Settings) -> Me:
    stores = (await session.scalars(select(Store).where(Store.id.in_(who.works_at)).order_by(Store.code))).all()
    organisations = (
        await session.scalars(select(Organisation).where(Organisation.id.in_(who.officer_of)).order_by(Organisation.name))
    ).all()
    return Me(
        id=who.id,
        name=who.name,
        csrf=who.csrf,
        session_id=who.session_id,
        stores=[
            Membership(
                store_id=store.id,
                store=store.name,
                code=store.code,
                role=MemberRole.KEEPER if store.id in who.keeps else MemberRole.WORKER,
                state=store.state,
                state_reason=store.state_reason,
            )
            for store in stores
        ],
        organisations=[OfficerOf(organisation_id=o.id, name=o.name, kind=o.kind) for o in organisations],
        hotline=await get_hotline(session),
        job_line=await get_job_line(session),
        timezone=settings.timezone,
        push_key=public_key(settings),
    )


async def _demo_logins(session: AsyncSession) -> list[DemoLogin]:
    """A few people of invented stores, for whoever tries the demo. Never outside demo and test mode."""
    found: list[DemoLogin] = []
    members = await session.execute(
        select(ProviderPerson, Store.name, StoreMember.role)
        .join(StoreMember, StoreMember.person_id == ProviderPerson.id)
        .join(Store, Store.id == StoreMember.store_id)
        .where(ProviderPerson.active, StoreMember.active, Store.state == StoreState.ADMITTED)
        .order_by(Store.code, StoreMember.role, ProviderPerson.name)
        .limit(DEMO_LOGINS)
    )
    for person, store, role in members:
        what = f"{store} · {'店主' if role is MemberRole.KEEPER else '员工'}"
        found.append(DemoLogin(number=national(person.number), code=DEMO_CODE, name=person.name, what=what))
    officers = await session.execute(
        select(ProviderPerson, Organisation.name)
        .join(OrganisationOfficer, OrganisationOfficer.person_id == ProviderPerson.id)
        .join(Organisation, Organisation.id == OrganisationOfficer.organisation_id)
        .where(ProviderPerson.active)
        .order_by(Organisation.name)
        .limit(2)
    )
    found += [
        DemoLogin(number=national(person.number), code=DEMO_CODE, name=person.name, what=f"{name} · 负责人") for person, name in officers
    ]
    return found
