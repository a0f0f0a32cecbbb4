"""Writing profiles: what is refused is refused whole, what is done twice is done once."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from callcenter.accounts.actor import Actor
from callcenter.accounts.models import AuditRow
from callcenter.elders.actions import (
    correct_health,
    create_elder,
    drop_number,
    learn_number,
    set_presence,
)
from callcenter.elders.models import Elder, ElderNumber, Living, NumberSource, Presence, Sex
from callcenter.elders.queries import find_elders_by_number, get_elder_card, list_numbers, search_elders
from callcenter.elders.record_schemas import ElderPresence
from callcenter.elders.schemas import FallRisk, Health, NewContact, NewElder
from callcenter.kit.errors import AppError, Conflict, Invalid, NotFound
from callcenter.seed.demo import DemoFacts, WhatFor
from callcenter.seed.places import region_id

SHIYING = region_id("420606-01-01")
ID_NUMBER = "420606195002289023"


def profile(**changes: Any) -> NewElder:
    return NewElder(**{"name": "尉迟秀莲", "community_id": SHIYING, "id_number": ID_NUMBER, "numbers": ["0710 399 0001"], **changes})


def one(facts: DemoFacts, what_for: WhatFor) -> uuid.UUID:
    found = next(e.id for e in facts.elders if e.what_for is what_for)
    assert found is not None
    return found


async def verbs(session: AsyncSession, object_id: uuid.UUID) -> list[str]:
    return list(
        await session.scalars(
            select(AuditRow.verb).where(AuditRow.object_id == str(object_id), AuditRow.verb.like("elder:%")).order_by(AuditRow.id)
        )
    )


async def test_a_new_profile(session: AsyncSession, actor: Actor) -> None:
    elder = await create_elder(
        session,
        actor,
        profile(
            living=Living.ALONE,
            health=Health(chronic_illness=["冠心病"], fall_risk=FallRisk.HIGH),
            contacts=[NewContact(name="尉迟明", relation="儿子", number="138-0000-7777")],
            street_address="施营路20号",
            building="4",
            unit="1",
            door="302",
        ),
    )
    card = await get_elder_card(session, elder.id)
    assert (card.sex, card.birth_date, card.risk, elder.pinyin, elder.initials) == (
        Sex.FEMALE,
        date(1950, 2, 28),
        3,
        "yu chi xiu lian",
        "ycxl",
    )
    assert card.id_number == "420***********9023"
    assert card.salutation == "尉迟阿姨"
    assert [c.number for c in card.contacts] == ["+8613800007777"]
    assert [m.id for m in await find_elders_by_number(session, ["+867103990001"])] == [elder.id]
    for typed in ("尉迟", "yuchi", "ycxl", "3990001", ID_NUMBER, "施营 4-1-302"):
        assert elder.id in [hit.id for hit in await search_elders(session, typed)], typed
    assert await verbs(session, elder.id) == ["elder:create"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"id_number": "420606195002289024"}, "id_number_invalid"),
        ({"id_number": "420606195002309026"}, "id_number_invalid"),
        ({"id_number": "12345"}, "id_number_invalid"),
        ({"numbers": ["12345"]}, "number_invalid"),
        ({"numbers": ["0710 399 0001", "abc"]}, "number_invalid"),
        ({"contacts": [{"name": "李", "relation": "女儿", "number": "110"}]}, "number_invalid"),
        ({"family_doctor_number": "x"}, "number_invalid"),
        ({"community_id": uuid.uuid4()}, "community_not_found"),
        ({"community_id": region_id("420606")}, "community_not_found"),
        ({"grid_id": region_id("420606-02-01-1")}, "grid_not_found"),
        ({"birth_date": date(2999, 1, 1)}, "birth_date_invalid"),
    ],
)
async def test_a_faulty_profile_is_refused_and_leaves_nothing(
    session: AsyncSession, actor: Actor, changes: dict[str, Any], code: str
) -> None:
    before = await session.scalar(select(func.count(Elder.id)))
    with pytest.raises(Invalid) as refused:
        await create_elder(session, actor, profile(**changes))
    assert refused.value.code == code
    assert await session.scalar(select(func.count(Elder.id))) == before
    assert await find_elders_by_number(session, ["+867103990001"]) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""}, {"name": "王" * 61}, {"name": "A" * 10_240}, {"latitude": 91}, {"floor": 1000}, {"numbers": ["1"] * 4}, {"numbers": ["1" * 10_240]},
        {"health": {"chronic_illness": ["x"] * 31}}, {"health": {"unknown": 1}}, {"sex": "other"}, {"nickname": "x"}, {"contacts": [{}]},
    ],
)  # fmt: skip
def test_what_is_too_long_or_unknown_is_no_profile(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        profile(**changes)


async def test_an_id_number_and_a_card_belong_to_one(session: AsyncSession, actor: Actor) -> None:
    await create_elder(session, actor, profile(card_number="K1"))
    for changes, code in (({}, "id_number_taken"), ({"id_number": None, "card_number": "K1"}, "card_number_taken")):
        with pytest.raises(Conflict) as refused:
            await create_elder(session, actor, profile(**changes))
        assert refused.value.code == code


async def test_a_number_is_learned_once(session: AsyncSession, actor: Actor, facts: DemoFacts) -> None:
    her = one(facts, WhatFor.ALONE)
    before = (await get_elder_card(session, her)).version
    first = await learn_number(session, actor, her, "07103459876", NumberSource.CALL, label="座机")
    again = await learn_number(session, actor, her, "+86 710 345 9876", NumberSource.CALL)
    assert first.id == again.id
    card = await get_elder_card(session, her)
    assert card.version == before + 1
    assert [(n.number, n.position) for n in card.numbers] == [("+867103456789", 1), ("+8613800006789", 2), ("+867103459876", 3)]
    assert [m.id for m in await find_elders_by_number(session, ["+867103459876"])] == [her]
    assert her in [hit.id for hit in await search_elders(session, "9876", limit=50)]
    assert await verbs(session, her) == ["elder:create", "elder:learn_number"]


async def test_a_fourth_number_asks_which_to_drop(session: AsyncSession, actor: Actor, facts: DemoFacts) -> None:
    her = one(facts, WhatFor.THREE_NUMBERS)
    with pytest.raises(Conflict) as refused:
        await learn_number(session, actor, her, "07103459876", NumberSource.CALL)
    assert refused.value.code == "too_many_numbers"
    offered = refused.value.details["numbers"]
    assert [(n["text"], n["position"]) for n in offered] == [("0710-345****", 1), ("136****8642", 2), ("159****8642", 3)]
    assert [n.e164 for n in await list_numbers(session, her)] == ["+867103458642", "+8613600008642", "+8615900008642"]

    learned = await learn_number(session, actor, her, "07103459876", NumberSource.CALL, replace=uuid.UUID(offered[1]["id"]))
    assert learned.position == 2
    assert [n.e164 for n in await list_numbers(session, her)] == ["+867103458642", "+867103459876", "+8615900008642"]
    assert await find_elders_by_number(session, ["+8613600008642"]) == []
    assert her not in [hit.id for hit in await search_elders(session, "13600008642")]


@pytest.mark.parametrize("number", ["", "anonymous", "110", "8001", "abc", "9" * 10_240])
async def test_what_is_no_whole_number_is_not_learned(session: AsyncSession, actor: Actor, facts: DemoFacts, number: str) -> None:
    her = one(facts, WhatFor.ALONE)
    with pytest.raises(Invalid):
        await learn_number(session, actor, her, number, NumberSource.CALL)
    assert len(await list_numbers(session, her)) == 2


async def test_numbers_of_another_are_not_dropped(session: AsyncSession, actor: Actor, facts: DemoFacts) -> None:
    her, other = one(facts, WhatFor.ALONE), one(facts, WhatFor.WANDERING)
    (number, *_) = await list_numbers(session, other)
    with pytest.raises(NotFound):
        await drop_number(session, actor, her, number.id)
    with pytest.raises(NotFound):
        await learn_number(session, actor, her, "07103459876", NumberSource.CALL, replace=number.id)
    with pytest.raises(NotFound):
        await learn_number(session, actor, uuid.uuid4(), "07103459876", NumberSource.CALL)
    assert await session.scalar(select(func.count()).select_from(ElderNumber).where(ElderNumber.elder_id == other)) == 2
    await drop_number(session, actor, other, number.id)
    assert await session.scalar(select(func.count()).select_from(ElderNumber).where(ElderNumber.elder_id == other)) == 1


async def test_presence(session: AsyncSession, actor: Actor, facts: DemoFacts) -> None:
    her = one(facts, WhatFor.ALONE)
    before = (await get_elder_card(session, her)).version
    for _ in range(2):
        await set_presence(session, actor, her, ElderPresence(presence=Presence.IN_HOSPITAL, place="襄阳市中心医院"))
    card = await get_elder_card(session, her)
    assert (card.presence, card.version) == (Presence.IN_HOSPITAL, before + 1)


async def test_risk_follows_health(session: AsyncSession, actor: Actor, facts: DemoFacts) -> None:
    her = one(facts, WhatFor.ALONE)
    await correct_health(session, actor, her, Health(fall_risk=FallRisk.LOW))
    card = await get_elder_card(session, her)
    assert (card.risk, card.danger) == (1, [])  # she lives alone
    stored = await session.scalar(select(Elder).where(Elder.id == her).options(undefer(Elder.health)))
    assert stored is not None
    assert Health.model_validate(stored.health) == Health(fall_risk=FallRisk.LOW)


async def test_errors_hold_no_private_data(session: AsyncSession, actor: Actor) -> None:
    with pytest.raises(AppError) as refused:
        await create_elder(session, actor, profile(numbers=["0710-345-67"]))
    assert "345" not in refused.value.message + str(refused.value.details)
