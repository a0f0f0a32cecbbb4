"""Asking for a code and giving it back. A number that nobody has is answered, limited and locked exactly as one that somebody has."""

from __future__ import annotations

import secrets
from datetime import timedelta

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import system
from callcenter.accounts.audit import audit
from callcenter.dispatch.access.models import ProviderCode, ProviderFailure
from callcenter.dispatch.access.rules import (
    ASKS_BY_ADDRESS,
    CODE_DIGITS,
    CODE_LIFE,
    CODE_TRIES,
    DEMO_CODE,
    WINDOW,
    WRONG_BY_ADDRESS,
    wait_to_ask,
)
from callcenter.dispatch.stores.models import ProviderPerson
from callcenter.kit import clock
from callcenter.kit.crypto import index
from callcenter.kit.errors import Invalid, Recorded, TooMany
from callcenter.kit.ids import new_id
from callcenter.kit.phone import normalise
from callcenter.messaging.actions import queue_message
from callcenter.messaging.port import About, Channel
from callcenter.messaging.rules import takes_texts
from callcenter.settings import Settings

STORES = system("stores")


class SignInRefused(Recorded):
    """Wrong, old or locked: `details.left` tries are left for this code."""

    status, code = 422, "code_wrong"


def index_of(number: str) -> str:
    return index(number, "provider_people.number")


def checked_number(number: str, settings: Settings) -> str:
    """E.164, or Invalid `no_mobile_number`: a code goes to a telephone that takes texts."""
    found = normalise(number, settings)
    if found is None or not takes_texts(found):
        raise Invalid("give the number of a mobile telephone", code="no_mobile_number")
    return found.value


async def ask_code(session: AsyncSession, number: str, *, address: str, settings: Settings) -> None:
    """A message with six digits is queued, when somebody has this number. `number`: normalised. TooMany with `wait_seconds`."""
    now, key = clock.now(), index_of(number)
    await _one_at_a_time(session, key)
    of_number = select(ProviderCode.created_at).where(ProviderCode.number_index == key, ProviderCode.created_at > now - timedelta(days=1))
    wait = wait_to_ask((await session.scalars(of_number)).all(), now)
    if not wait:
        by_address = select(func.count()).where(ProviderCode.address == address, ProviderCode.created_at > now - WINDOW)
        wait = WINDOW if (await session.scalar(by_address) or 0) >= ASKS_BY_ADDRESS else wait
    if wait:
        raise TooMany("wait a little before you ask for another code", details={"wait_seconds": int(wait.total_seconds()) + 1})
    person = await find_person(session, key)
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
    asked = ProviderCode(
        id=new_id(),
        number_index=key,
        person_id=person.id if person else None,
        code_hash=_hashed(key, code),
        address=address,
        created_at=now,
        expires_at=now + CODE_LIFE,
    )
    session.add(asked)
    await session.flush()
    if person is not None:
        await queue_message(
            session,
            dedupe_key=f"store_sign_in_code:{asked.id}",
            channel=Channel.SMS,
            to=number,
            template="store_sign_in_code",
            params={"code": code, "minutes": str(int(CODE_LIFE.total_seconds()) // 60)},
            about=About("provider_person", str(person.id)),
            deadline=asked.expires_at,
        )


async def give_code(session: AsyncSession, number: str, code: str, *, address: str, settings: Settings) -> ProviderPerson:
    """The person whom this code lets in; it opens nothing a second time. SignInRefused is counted although it is refused."""
    now, key = clock.now(), index_of(number)
    await _one_at_a_time(session, key)
    wrong = select(func.count()).where(ProviderFailure.address == address, ProviderFailure.at > now - WINDOW)
    if (await session.scalar(wrong) or 0) >= WRONG_BY_ADDRESS:
        raise TooMany("too many wrong codes from here; wait ten minutes", details={"wait_seconds": int(WINDOW.total_seconds())})
    newest = select(ProviderCode).where(ProviderCode.number_index == key).order_by(ProviderCode.created_at.desc()).limit(1)
    asked = await session.scalar(newest)
    if asked is None or asked.used_at is not None or asked.expires_at <= now:
        await _failed(session, key, address, None)
        raise SignInRefused("ask for a new code", code="code_expired")
    if asked.tries >= CODE_TRIES:
        raise SignInRefused("too many wrong codes; ask for a new one", code="code_locked")
    person = await find_person(session, key)
    if person is None or person.id != asked.person_id or not _is_right(asked, key, code, settings):
        asked.tries += 1
        await _failed(session, key, address, person)
        raise SignInRefused("that is not the code", details={"left": CODE_TRIES - asked.tries})
    asked.used_at = now
    await session.flush()
    return person


async def find_person(session: AsyncSession, number_index: str) -> ProviderPerson | None:
    return await session.scalar(select(ProviderPerson).where(ProviderPerson.number_index == number_index, ProviderPerson.active))


def _hashed(number_index: str, code: str) -> str:
    return index(f"{number_index}:{code}", "provider_sign_in_codes.code")


def _is_right(asked: ProviderCode, number_index: str, code: str, settings: Settings) -> bool:
    if settings.mode in ("demo", "test") and secrets.compare_digest(code.encode(), DEMO_CODE.encode()):
        return True
    return secrets.compare_digest(asked.code_hash, _hashed(number_index, code))


async def _failed(session: AsyncSession, number_index: str, address: str, person: ProviderPerson | None) -> None:
    await session.execute(insert(ProviderFailure).values(at=clock.now(), number_index=number_index, address=address))
    await audit(session, STORES, "provider-session:refused", person.id if person else "")


async def _one_at_a_time(session: AsyncSession, number_index: str) -> None:
    """A hundred guesses sent at one moment are looked at one after the other."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"provider:{number_index}", 0))))
