"""All writes of elders. Each locks the elder's row, raises her version and writes the audit in the same transaction."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.elders.models import MAX_NUMBERS, Consent, Elder, ElderContact, ElderNumber, NumberSource, Presence, Sex
from callcenter.elders.queries import ID_NUMBER_COLUMN
from callcenter.elders.rules import age_on, id_birth_date, id_is_male, id_number_problem, risk_score
from callcenter.elders.schemas import Health, NewElder
from callcenter.elders.search import search_vector
from callcenter.kit import clock, crypto, pinyin
from callcenter.kit.errors import Conflict, Invalid, NotFound
from callcenter.kit.phone import NumberKind, mask, normalise
from callcenter.regions.models import Region, RegionLevel
from callcenter.regions.queries import within
from callcenter.settings import get_settings


async def create_elder(session: AsyncSession, actor: Actor, profile: NewElder, *, source: NumberSource = NumberSource.AGENT) -> Elder:
    """Numbers in any form. Invalid says what is wrong and where; Conflict when the ID or card number is somebody's already."""
    settings = get_settings()
    places = await _places(session, profile.community_id)
    await _check_grid(session, profile)
    sex, birth_date = profile.sex, profile.birth_date
    if profile.id_number:
        problem = id_number_problem(profile.id_number)
        if problem:
            raise Invalid(problem, code="id_number_invalid", details={"field": "id_number"})
        birth_date = birth_date or id_birth_date(profile.id_number)
        if sex is Sex.UNKNOWN:
            sex = Sex.MALE if id_is_male(profile.id_number) else Sex.FEMALE
    if birth_date and birth_date > clock.today(settings.timezone):
        raise Invalid("a date of birth in the future", code="birth_date_invalid", details={"field": "birth_date"})
    index = crypto.index(profile.id_number, ID_NUMBER_COLUMN) if profile.id_number else None
    await _refuse_duplicates(session, index, profile.card_number)
    numbers = list(dict.fromkeys(_e164(raw, f"numbers.{i}") for i, raw in enumerate(profile.numbers)))
    contact_numbers = [_e164(contact.number, f"contacts.{i}.number") for i, contact in enumerate(profile.contacts)]
    doctor = _e164(profile.family_doctor_number, "family_doctor_number") if profile.family_doctor_number.strip() else ""
    now = clock.now()
    reading = pinyin.of_name(profile.name)
    taken = {"numbers", "contacts", "health", "id_number", "sex", "birth_date", "family_doctor_number", "categories"}
    elder = Elder(
        **{name: getattr(profile, name) for name in NewElder.model_fields if name not in taken},
        sex=sex,
        birth_date=birth_date,
        id_number=profile.id_number,
        id_number_index=index,
        family_doctor_number=doctor,
        categories=list(profile.categories),
        health=profile.health.model_dump(mode="json") if profile.health else None,
        pinyin=reading,
        initials=pinyin.initials(reading),
        created_at=now,
        updated_at=now,
    )
    elder.risk = _risk(elder, profile.health)
    elder.search = _search(elder, places, numbers)
    session.add(elder)
    await session.flush()
    for position, e164 in enumerate(numbers, 1):
        session.add(ElderNumber(elder_id=elder.id, e164=e164, position=position, source=source, learned_at=now))
    for position, (contact, e164) in enumerate(zip(profile.contacts, contact_numbers, strict=True), 1):
        session.add(ElderContact(elder_id=elder.id, position=position, **contact.model_dump(exclude={"number"}), number=e164))
    await session.flush()
    await audit(session, actor, "elder:create", elder.id)
    return elder


async def learn_number(
    session: AsyncSession,
    actor: Actor,
    elder_id: uuid.UUID,
    number: str,
    source: NumberSource,
    *,
    label: str = "",
    replace: uuid.UUID | None = None,
) -> ElderNumber:
    """Harmless twice. She has three already → Conflict `too_many_numbers` that lists them: ask which to drop and pass its id as `replace`."""
    e164 = _e164(number, "number")
    elder = await _lock(session, elder_id)
    known = await _numbers(session, elder_id)
    for existing in known:
        if existing.e164 == e164:
            return existing
    position = next((p for p in range(1, MAX_NUMBERS + 1) if p not in {n.position for n in known}), 0)
    if replace is not None:
        dropped = next((n for n in known if n.id == replace), None)
        if dropped is None:
            raise NotFound("the number to drop is not hers", code="number_not_found")
        position = dropped.position
        known = [n for n in known if n is not dropped]
        await session.delete(dropped)
        await session.flush()
    if not position:
        raise Conflict(
            f"she has {MAX_NUMBERS} numbers already; say which one to drop",
            code="too_many_numbers",
            details={
                "max": MAX_NUMBERS,
                "numbers": [{"id": str(n.id), "text": mask(n.e164), "label": n.label, "position": n.position} for n in known],
            },
        )
    learned = ElderNumber(elder_id=elder_id, e164=e164, position=position, label=label, source=source, learned_at=clock.now())
    session.add(learned)
    await _touch(session, elder, [n.e164 for n in known] + [e164])
    await audit(session, actor, "elder:learn_number", elder_id, details={"source": source.value, "replaced": replace is not None})
    return learned


async def drop_number(session: AsyncSession, actor: Actor, elder_id: uuid.UUID, number_id: uuid.UUID) -> None:
    elder = await _lock(session, elder_id)
    known = await _numbers(session, elder_id)
    dropped = next((n for n in known if n.id == number_id), None)
    if dropped is None:
        raise NotFound("this number is not hers", code="number_not_found")
    await session.delete(dropped)
    await _touch(session, elder, [n.e164 for n in known if n is not dropped])
    await audit(session, actor, "elder:drop_number", elder_id)


async def set_presence(session: AsyncSession, actor: Actor, elder_id: uuid.UUID, presence: Presence) -> Elder:
    elder = await _lock(session, elder_id)
    if elder.presence is not presence:
        elder.presence = presence
        await _touch(session, elder)
        await audit(session, actor, "elder:set_presence", elder_id, details={"presence": presence.value})
    return elder


async def correct_health(session: AsyncSession, actor: Actor, elder_id: uuid.UUID, health: Health) -> Elder:
    """Replaces the whole record of health; her risk follows."""
    elder = await _lock(session, elder_id)
    elder.health = health.model_dump(mode="json")
    elder.risk = _risk(elder, health)
    await _touch(session, elder)
    await audit(session, actor, "elder:correct_health", elder_id)
    return elder


async def give_consent(
    session: AsyncSession, actor: Actor, elder_id: uuid.UUID, *, item: str, wording_version: str, proof: str = ""
) -> Consent:
    await _lock(session, elder_id)
    consent = Consent(elder_id=elder_id, item=item, wording_version=wording_version, proof=proof, given_at=clock.now())
    session.add(consent)
    await session.flush()
    await audit(session, actor, "elder:give_consent", elder_id, details={"item": item})
    return consent


async def withdraw_consent(session: AsyncSession, actor: Actor, elder_id: uuid.UUID, *, item: str) -> int:
    """By telephone as well. Returns how many entries of the ledger it closed (0: there was none)."""
    await _lock(session, elder_id)
    closed = await session.scalars(
        update(Consent)
        .where(Consent.elder_id == elder_id, Consent.item == item, Consent.withdrawn_at.is_(None))
        .values(withdrawn_at=clock.now())
        .returning(Consent.id)
    )
    count = len(closed.all())
    await audit(session, actor, "elder:withdraw_consent", elder_id, details={"item": item})
    return count


# --- parts -----------------------------------------------------------------------------------------------------------


async def _lock(session: AsyncSession, elder_id: uuid.UUID) -> Elder:
    elder = await session.scalar(
        select(Elder).where(Elder.id == elder_id).with_for_update().options(undefer(Elder.search)).execution_options(populate_existing=True)
    )
    if elder is None:
        raise NotFound("no such elder", code="elder_not_found")
    return elder


async def _numbers(session: AsyncSession, elder_id: uuid.UUID) -> Sequence[ElderNumber]:
    return (await session.scalars(select(ElderNumber).where(ElderNumber.elder_id == elder_id).order_by(ElderNumber.position))).all()


async def _touch(session: AsyncSession, elder: Elder, numbers: Sequence[str] | None = None) -> None:
    """A new version; with `numbers` the search words too."""
    elder.version += 1
    elder.updated_at = clock.now()
    if numbers is not None:
        elder.search = _search(elder, await _places(session, elder.community_id), numbers)
    await session.flush()


async def follow_places(session: AsyncSession, region_id: uuid.UUID) -> int:
    """A region here has another name or another parent: who lives there or below is found by the new words. Returns how many."""
    communities = (
        await session.scalars(select(Region.id).where(Region.level == RegionLevel.COMMUNITY, Region.id.in_(within([region_id]))))
    ).all()
    followed = 0
    for community_id in communities:
        places = await _places(session, community_id, retired_too=True)
        numbers: dict[uuid.UUID, list[str]] = {}
        of_community = select(ElderNumber.elder_id, ElderNumber.e164).join(Elder, Elder.id == ElderNumber.elder_id)
        for elder_id, e164 in await session.execute(of_community.where(Elder.community_id == community_id)):
            numbers.setdefault(elder_id, []).append(e164)
        for elder in await session.scalars(select(Elder).where(Elder.community_id == community_id).order_by(Elder.id).with_for_update()):
            elder.search = _search(elder, places, numbers.get(elder.id, []))
            followed += 1
        await session.flush()
    return followed


async def _places(session: AsyncSession, community_id: uuid.UUID, *, retired_too: bool = False) -> list[str]:
    """The community's place as people say it and as it is written: ["樊城中原施营", "樊城区中原街道施营社区"]."""
    chain: list[Region] = []
    region = await session.get(Region, community_id)
    if region is None or region.level is not RegionLevel.COMMUNITY or (region.retired_at is not None and not retired_too):
        raise Invalid("no such community", code="community_not_found", details={"field": "community_id"})
    while region is not None:
        chain.insert(0, region)
        region = await session.get(Region, region.parent_id) if region.parent_id else None
    return ["".join(r.short_name for r in chain), "".join(r.name for r in chain)]


async def _check_grid(session: AsyncSession, profile: NewElder) -> None:
    if profile.grid_id is None:
        return
    grid = await session.get(Region, profile.grid_id)
    if grid is None or grid.level is not RegionLevel.GRID or grid.parent_id != profile.community_id:
        raise Invalid("no such grid in this community", code="grid_not_found", details={"field": "grid_id"})


async def _refuse_duplicates(session: AsyncSession, id_number_index: str | None, card_number: str | None) -> None:
    """For a clear answer; the unique constraints decide when two do it at once."""
    if id_number_index and await session.scalar(select(Elder.id).where(Elder.id_number_index == id_number_index)):
        raise Conflict("somebody has this ID number already", code="id_number_taken")
    if card_number and await session.scalar(select(Elder.id).where(Elder.card_number == card_number)):
        raise Conflict("somebody has this card number already", code="card_number_taken")


def _e164(raw: str, field: str) -> str:
    number = normalise(raw, get_settings())
    if number is None or number.kind is not NumberKind.E164:
        raise Invalid("this is no whole telephone number", code="number_invalid", details={"field": field})
    return number.value


def _risk(elder: Elder, health: Health | None) -> int:
    age = age_on(elder.birth_date, clock.today(get_settings().timezone))
    return risk_score(health, age=age, living=elder.living, ability=elder.ability, wandering=elder.wandering)


def _search(elder: Elder, places: Sequence[str], numbers: Sequence[str]) -> str:
    return search_vector(
        name=elder.name,
        places=places,
        street_address=elder.street_address,
        building=elder.building,
        unit=elder.unit,
        door=elder.door,
        numbers=numbers,
        card_number=elder.card_number,
    )
