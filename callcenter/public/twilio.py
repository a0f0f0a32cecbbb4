"""Twilio's requests: what a call shall do next, and what became of it (docs/twilio.md). Nobody is believed without Twilio's signature over the address
that we gave it; who forges one is refused, written down, and has changed nothing.
"""

from __future__ import annotations

import hmac
from functools import cache
from pathlib import Path
from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import ImmutableMultiDict
from starlette.responses import FileResponse
from twilio.request_validator import RequestValidator

from callcenter import prompts
from callcenter.accounts.actor import system
from callcenter.accounts.audit import audit
from callcenter.kit import clock
from callcenter.kit.errors import Forbidden, NotFound, Recorded
from callcenter.kit.throttle import Ceiling
from callcenter.kit.web import get_session
from callcenter.messaging.webhooks import Fields, SettingsDep
from callcenter.prompts.phrases import is_phrase
from callcenter.telephony import sound
from callcenter.telephony.twilio import callbacks
from callcenter.telephony.twilio.documents import BEEP, ERROR_TONE, MUSIC, PATH, RINGBACK, Addresses, Documents

log = structlog.get_logger()
router = APIRouter(prefix=PATH)
PUBLIC = system("public")
AUDITED = Ceiling(10)  # forged requests that are written down, a minute; more of them would only fill the book
MAX_ID = 128
Session = Annotated[AsyncSession, Depends(get_session, scope="function")]


class ForgedCallback(Recorded, Forbidden):
    code = "bad_signature"


async def twilios(request: Request, fields: Fields, settings: SettingsDep, session: Session) -> dict[str, str]:
    """The form of a request that Twilio has signed; 403 for anybody else's."""
    token, called = settings.twilio_auth_token.get_secret_value(), settings.callbacks_url + request.url.path
    if request.url.query:
        called += "?" + request.url.query
    form = ImmutableMultiDict(fields)
    given = request.headers.get("x-twilio-signature", "")
    if settings.twilio_voice and token and RequestValidator(token).validate(called, form, given):
        return dict(form)
    log.warning("forged_callback", carrier="twilio")
    if not AUDITED.take("twilio"):
        await audit(
            session, PUBLIC, "carrier:forged_callback", "twilio", details={"what": request.url.path.removeprefix(PATH).split("/")[1][:20]}
        )
    raise ForgedCallback("this is not signed by Twilio")


def documents_of(settings: SettingsDep) -> Documents:
    return Documents(settings)


def xml(document: str) -> Response:
    return Response(document, media_type="text/xml")


Form = Annotated[dict[str, str], Depends(twilios)]
Docs = Annotated[Documents, Depends(documents_of)]
Word = Annotated[str, Query(max_length=MAX_ID)]


@router.post("/press")
async def press(form: Form, documents: Docs, session: Session) -> Response:
    """A number of ours at Twilio is called."""
    if not form.get("CallSid"):
        raise NotFound("no call")
    return xml(await callbacks.take_press(session, documents, form, clock.now()))


@router.post("/next/{channel_id}")
async def what_comes_next(channel_id: str, form: Form, documents: Docs, session: Session) -> Response:
    return xml(await callbacks.go_on(session, documents, channel_id, clock.now()))


@router.post("/key/{channel_id}")
async def key(channel_id: str, form: Form, documents: Docs, session: Session, step: Word) -> Response:
    return xml(await callbacks.key_pressed(session, documents, channel_id, form, step, clock.now()))


@router.post("/said/{channel_id}")
async def said(channel_id: str, form: Form, documents: Docs, session: Session, playback: Word) -> Response:
    return xml(await callbacks.said(session, documents, channel_id, playback, clock.now()))


@router.post("/fallback/{channel_id}")
async def fallback(channel_id: str, form: Form, documents: Docs, session: Session, stage: Annotated[int, Query(ge=0, le=100)]) -> Response:
    return xml(await callbacks.dialled(session, documents, channel_id, form, stage, clock.now()))


@router.post("/joined/{channel_id}")
async def joined(channel_id: str, form: Form, documents: Docs, session: Session, who: Word) -> Response:
    await callbacks.joined(session, channel_id, who, clock.now())
    return xml(documents.nothing())


@router.post("/recorded/{channel_id}")
async def recorded(channel_id: str, form: Form, documents: Docs) -> Response:
    return xml(documents.goodbye())


@router.post("/message/{channel_id}", status_code=204)
async def message(channel_id: str, form: Form, session: Session) -> None:
    await callbacks.left_message(session, channel_id, form)


@router.post("/status/{channel_id}", status_code=204)
async def status(channel_id: str, form: Form, session: Session) -> None:
    await callbacks.status_told(session, channel_id, form, clock.now())


@router.post("/status", status_code=204)
async def status_of_press(form: Form, session: Session) -> None:
    """The number's own status callback, which has one address for all calls."""
    await callbacks.status_told(session, callbacks.PRESS_PREFIX + form.get("CallSid", ""), form, clock.now())


@router.post("/tape/{name}", status_code=204)
async def tape(name: str, form: Form, session: Session) -> None:
    await callbacks.tape_told(session, name, form, clock.now())


@router.get("/sounds/{name}.wav")
async def sound_of(name: str, proof: Word, settings: SettingsDep) -> Response:
    """A sentence or a tone; Twilio signs no request for a file, so its address carries the proof."""
    if not hmac.compare_digest(proof.encode(), Addresses.of(settings).proof(name).encode()):
        raise Forbidden("this address was not given by us", code="bad_signature")
    said_ahead = settings.phrases / f"{name}.wav"
    path = sounds(settings.home).get(name) or (said_ahead if is_phrase(name) and said_ahead.is_file() else None)
    if path is None:
        raise NotFound("no such sound")
    return FileResponse(path, media_type="audio/wav", headers={"Cache-Control": "private, max-age=86400"})


@cache
def sounds(home: Path) -> dict[str, Path]:
    """Rendered sentences, the centre's own recordings over them, and tones that are made on the spot."""
    folder = home / "twilio-sounds"
    folder.mkdir(parents=True, exist_ok=True)
    tones = {
        BEEP: sound.beep(),
        ERROR_TONE: sound.error_tone(),
        MUSIC: sound.hold_music(),
        RINGBACK: sound.ringback(),
    }
    for name, samples in tones.items():
        sound.write_wav(folder / f"{name}.wav", samples)
    return {name: folder / f"{name}.wav" for name in tones} | prompts.wav_files()
