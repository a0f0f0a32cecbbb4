"""The crew's pages. Nothing is read before a press; a wrong link and none at all are answered alike."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, cast
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.centre.queries import get_values
from callcenter.emergency.outside.links import Opened, find_link, get_sheet, open_link, report
from callcenter.emergency.outside.models import OutsideLink
from callcenter.emergency.outside.states import ReportKind
from callcenter.kit.db import Database
from callcenter.kit.throttle import Ceiling, key_of
from callcenter.public.pages import ENDS, REASONS, STYLE, Centre, asking, code_entry, opening, plain, sheet
from callcenter.public.texts import ZH, Texts, texts_for
from callcenter.settings import Settings

router = APIRouter(include_in_schema=False)
CSS = (Path(__file__).parent / "crew.css").read_text(encoding="utf-8")
MAX_WORDS = 200
PRESSED = frozenset({ReportKind.READ, ReportKind.DISPATCHED, ReportKind.ARRIVED})
ASKED = frozenset({ReportKind.REJECTED, ReportKind.CLOSED})


def settings_of(request: Request) -> Settings:
    return cast(Settings, request.app.state.settings)


def database_of(request: Request) -> Database:
    return cast(Database, request.app.state.database)


def texts_of(request: Request) -> Texts:
    return texts_for(request.headers.get("accept-language", ""))


async def form_of(request: Request) -> dict[str, str]:
    """Its body is short: the edge has seen to that."""
    try:
        return dict(parse_qsl((await request.body()).decode(), max_num_fields=10))
    except ValueError:
        return {}


def is_own_form(request: Request, settings: SettingsDep) -> bool:
    """No page of another's sends our forms with a crew's cookie."""
    origin, host = request.headers.get("origin"), request.headers.get("host")
    own = origin is None or origin == settings.outside_url or (not settings.outside_public_url and origin.split("://", 1)[-1] == host)
    return own and request.headers.get("sec-fetch-site", "same-origin") not in ("cross-site", "same-site")


SettingsDep = Annotated[Settings, Depends(settings_of)]
DatabaseDep = Annotated[Database, Depends(database_of)]
T = Annotated[Texts, Depends(texts_of)]
Form = Annotated[dict[str, str], Depends(form_of)]
Own = Annotated[bool, Depends(is_own_form)]


@router.get(STYLE)
async def style() -> Response:
    return Response(CSS, media_type="text/css", headers={"Cache-Control": "public, max-age=3600"})


@router.get("/")
async def enter_code(t: T) -> HTMLResponse:
    return HTMLResponse(code_entry(t))


@router.get("/h/{token}")
async def look_at_link(token: str, t: T) -> HTMLResponse:
    """What a preview, a scanner and the crew get: the same page for every token, without a look into the database."""
    return HTMLResponse(opening(t))


@router.post("/h/{token}")
async def open_by_link(token: str, request: Request, t: T, own: Own, settings: SettingsDep, database: DatabaseDep) -> Response:
    return await _open(request, t, settings, database, own=own, token=token)


@router.post("/code")
async def open_by_code(request: Request, t: T, own: Own, form: Form, settings: SettingsDep, database: DatabaseDep) -> Response:
    code = "".join(c for c in form.get("code", "") if c not in " -")
    return await _open(request, t, settings, database, own=own, code=code)


@router.get("/p/{link_id}")
async def show(link_id: uuid.UUID, request: Request, t: T, settings: SettingsDep, database: DatabaseDep) -> Response:
    async with database.transaction() as session:
        shown = await get_sheet(session, link_id, request.cookies.get(cookie_name(settings, link_id), ""))
        if shown is None:
            return await _plain(session, t, settings, "dead", 404)
        return HTMLResponse(sheet(t, shown, timezone=settings.timezone))


@router.get("/p/{link_id}/{kind}")
async def ask(link_id: uuid.UUID, kind: ReportKind, request: Request, t: T, settings: SettingsDep, database: DatabaseDep) -> Response:
    async with database.transaction() as session:
        shown = await get_sheet(session, link_id, request.cookies.get(cookie_name(settings, link_id), ""))
        if shown is None or kind not in ASKED:
            return await _plain(session, t, settings, "dead", 404)
        return HTMLResponse(asking(t, link_id, kind))


@router.post("/p/{link_id}/{kind}")
async def tell(
    link_id: uuid.UUID, kind: ReportKind, request: Request, t: T, own: Own, form: Form, settings: SettingsDep, database: DatabaseDep
) -> Response:
    async with database.transaction() as session:
        shown = await get_sheet(session, link_id, request.cookies.get(cookie_name(settings, link_id), ""))
        if shown is None or not own or kind not in PRESSED | ASKED:
            return await _plain(session, t, settings, "dead", 404)
        if kind in PRESSED:
            await report(session, shown, kind, event_id=f"{link_id}:{kind.value}")
            return RedirectResponse(f"/p/{link_id}", status_code=303)
        words = words_of(form, ENDS if kind is ReportKind.CLOSED else REASONS)
        if not words:
            return HTMLResponse(asking(t, link_id, kind, missing=True), status_code=422)
        name = "outcome" if kind is ReportKind.CLOSED else "reason"
        await report(session, shown, kind, event_id=f"{link_id}:{kind.value}", words={name: words})
        return await _plain(session, t, settings, "thanks", 200)


def words_of(form: Mapping[str, str], choices: tuple[str, ...]) -> str:
    """As the centre reads it, in Chinese: the choice, and what was written. "Other" alone says nothing."""
    choice, written = form.get("choice", ""), form.get("words", "").strip()[:MAX_WORDS]
    if choice not in choices or (choice == choices[-1] and not written):
        return ""
    said = "" if choice == choices[-1] else ZH[choice]
    return "：".join(part for part in (said, written) if part)


def cookie_name(settings: Settings, link_id: uuid.UUID) -> str:
    """One for each link: a telephone may carry two. Under https with the prefix that browsers hold us to."""
    prefix = "__Host-" if settings.outside_url.startswith("https://") else ""
    return f"{prefix}crew_{link_id.hex[-12:]}"


async def _open(
    request: Request, t: Texts, settings: Settings, database: Database, *, own: bool, token: str = "", code: str = ""
) -> Response:
    wrong, codes = cast(Ceiling, request.app.state.wrong), cast(Ceiling, request.app.state.codes)
    address = key_of(request.scope)
    async with database.transaction() as session:
        if wrong.is_reached(address) or (code and codes.is_reached("")):
            return await _plain(session, t, settings, "slow", 429)
        link = await find_link(session, token=token, code=code) if own else None
        if link is None:
            wrong.take(address)
            if code:
                codes.take("")
            return await _plain(session, t, settings, "dead", 404)
        opened = await open_link(session, link, request.cookies.get(cookie_name(settings, link.id), ""))
        if opened is None:
            return await _plain(session, t, settings, "elsewhere", 403)
        return _let_in(settings, link, opened)


def _let_in(settings: Settings, link: OutsideLink, opened: Opened) -> Response:
    answer = RedirectResponse(f"/p/{opened.link_id}", status_code=303)
    if opened.key:
        lives = int((link.expires_at - link.opened_at).total_seconds()) if link.opened_at else 0
        answer.set_cookie(
            cookie_name(settings, link.id),
            opened.key,
            max_age=max(lives, 1),
            path="/",
            httponly=True,
            samesite="strict",
            secure=settings.outside_url.startswith("https://"),
        )
    return answer


async def _plain(session: AsyncSession, t: Texts, settings: Settings, what: str, status: int) -> HTMLResponse:
    values = await get_values(session, settings)
    return HTMLResponse(plain(t, what, Centre(values.text("centre_name"), values.text("hotline"))), status_code=status)
