"""Two profiles of one person: found, made one, taken apart again as they were."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.elders import merging
from callcenter.elders.actions import create_elder, edit_elder
from callcenter.elders.consents import get_consents, write_consent
from callcenter.elders.history import list_changes
from callcenter.elders.models import Living
from callcenter.elders.queries import find_elders_by_number, get_elder_card, get_profile, list_directory, search_elders
from callcenter.elders.record_schemas import DirectoryFilter, NewConsent
from callcenter.elders.records import ElderMerge
from callcenter.elders.rules import id_check_digit
from callcenter.elders.schemas import EditElder, FallRisk, Health, NewContact, NewElder
from callcenter.kit import clock
from callcenter.kit.errors import AppError
from callcenter.seed.places import DISTRICT_CODE, region_id

SHIYING = region_id("420606-01-01")
DISTRICT = region_id(DISTRICT_CODE)
ID_NUMBER = "420606195002289023"
BORN = date(1950, 2, 28)


async def kept(session: AsyncSession, actor: Actor, **more: Any) -> uuid.UUID:
    profile = {
        "name": "尉迟秀莲", "community_id": SHIYING, "birth_date": BORN, "numbers": ["0710 399 0001", "13899990001"], "dialect": "襄阳话",
        "categories": ["高龄"], "contacts": [NewContact(name="尉迟明", relation="儿子", number="13899997777")],
        "health": Health(chronic_illness=["冠心病"], notes="怕冷"),
    }  # fmt: skip
    return (await create_elder(session, actor, NewElder.model_validate(profile | more))).id


async def other(session: AsyncSession, actor: Actor, **more: Any) -> uuid.UUID:
    profile = {
        "name": "尉迟秀莲", "community_id": SHIYING, "birth_date": BORN, "id_number": ID_NUMBER, "card_number": "K9", "living": Living.ALONE,
        "numbers": ["13899990001", "13899990002", "13899990003"], "street_address": "施营路20号", "building": "4", "door": "302", "dialect": "普通话",
        "categories": ["低保", "高龄"], "wandering": True, "health": Health(chronic_illness=["高血压"], allergies=["青霉素"], fall_risk=FallRisk.HIGH),
        "contacts": [
            NewContact(name="小明", relation="儿子", number="13899997777", has_key=True), NewContact(name="何婶", relation="邻居", number="13899998888"),
        ],
    }  # fmt: skip
    return (await create_elder(session, actor, NewElder.model_validate(profile | more))).id


async def merge(session: AsyncSession, actor: Actor, one: uuid.UUID, two: uuid.UUID) -> ElderMerge:
    versions = [(await get_profile(session, i)).version for i in (one, two)]
    return await merging.merge_profiles(
        session, actor, kept_id=one, merged_id=two, kept_version=versions[0], merged_version=versions[1], reason="同一位老人"
    )


async def rows_of(session: AsyncSession, *ids: uuid.UUID) -> list[str]:
    """All of these profiles in all tables that may change, but for what only counts and when."""
    statement = text(
        "SELECT (to_jsonb(e) - 'version' - 'updated_at' - 'id_number' - 'health' - 'presence_place')::text FROM elders e WHERE id = ANY (:ids) UNION ALL "
        "SELECT n::text FROM elder_numbers n WHERE elder_id = ANY (:ids) UNION ALL "
        "SELECT c::text FROM elder_contacts c WHERE elder_id = ANY (:ids) UNION ALL "
        "SELECT g::text FROM access_grants g WHERE elder_id = ANY (:ids) ORDER BY 1"
    )
    return [str(row) for row in await session.scalars(statement, {"ids": list(ids)})]


async def test_what_the_kept_one_lacks_comes_from_the_other(session: AsyncSession, actor: Actor) -> None:
    one, two = await kept(session, actor), await other(session, actor)
    done = await merge(session, actor, one, two)
    profile = await get_profile(session, one)
    assert (profile.id_number, profile.card_number, profile.living, profile.street_address, profile.door) == (
        "420***********9023", "K9", Living.ALONE, "施营路20号", "302",
    )  # fmt: skip
    assert (profile.dialect, profile.categories, profile.wandering) == ("襄阳话", ["高龄", "低保"], True)
    assert profile.health == Health(chronic_illness=["冠心病", "高血压"], allergies=["青霉素"], fall_risk=FallRisk.HIGH, notes="怕冷")
    assert [n.number for n in profile.numbers] == ["+867103990001", "+8613899990001", "+8613899990002"]
    assert [(c.name, c.has_key) for c in profile.contacts] == [("尉迟明", True), ("何婶", False)]
    assert merging.Record.model_validate(done.record).left_numbers == ["138 9999 0003"]


async def test_the_merged_one_is_hidden_and_everything_of_hers_leads_to_the_kept(session: AsyncSession, actor: Actor) -> None:
    one, two = await kept(session, actor), await other(session, actor, card_number="K9")
    await edit_elder(session, actor, one, EditElder(version=1, card_number="K1"))
    await write_consent(session, actor, two, NewConsent.model_validate({"item": "location", "act": "given", "by": "form", "proof": "TY-3"}))
    await merge(session, actor, one, two)
    for typed in ("尉迟秀莲", ID_NUMBER, "13899990002", "K1"):
        assert [hit.id for hit in await search_elders(session, typed)] == [one], typed
    assert (await list_directory(session, DirectoryFilter(region_id=SHIYING), limit=500))[0].count(one) == 1
    assert two not in (await list_directory(session, DirectoryFilter(region_id=SHIYING), limit=500))[0]
    asked = await get_profile(session, two)
    assert (asked.id, asked.asked_id) == (one, two)
    assert (await get_elder_card(session, two)).id == one
    for number in ("+867103990001", "+8613899990001", "+8613899990002", "+8613899990003"):  # the last had no room
        assert [m.id for m in await find_elders_by_number(session, [number])] == [one], number
    consents = await get_consents(session, one)
    assert [(line.item, line.proof) for line in consents.ledger] == [("location", "TY-3")]
    history = await list_changes(session, one, full=True)
    assert {(c.kind, c.of_merged) for c in history} == {
        ("merge", False),
        ("merged_away", True),
        ("edit", False),
        ("create", False),
        ("create", True),
    }
    with pytest.raises(AppError) as refused:
        await edit_elder(session, actor, two, EditElder(version=2, dialect="x"))
    assert (refused.value.code, refused.value.details["elder_id"]) == ("elder_merged", str(one))


async def test_undone_it_is_as_it_was(session: AsyncSession, actor: Actor) -> None:
    one, two = await kept(session, actor), await other(session, actor)
    before = (
        await rows_of(session, one, two),
        [(await get_profile(session, i)).health for i in (one, two)],
        await search_elders(session, ID_NUMBER),
    )
    done = await merge(session, actor, one, two)
    assert await rows_of(session, one, two) != before[0]
    await merging.undo_merge(session, actor, done.id)
    after = (
        await rows_of(session, one, two),
        [(await get_profile(session, i)).health for i in (one, two)],
        await search_elders(session, ID_NUMBER),
    )
    assert after == before
    assert (await merging.list_merges(session, kept_ids=[one]))[0].undone_at is not None
    with pytest.raises(AppError) as twice:
        await merging.undo_merge(session, actor, done.id)
    assert twice.value.code == "merge_undone"


async def test_what_was_done_elsewhere_since_stays(session: AsyncSession, actor: Actor) -> None:
    one, two = await kept(session, actor), await other(session, actor)
    done = await merge(session, actor, one, two)
    await edit_elder(
        session,
        actor,
        one,
        EditElder(version=(await get_profile(session, one)).version, entrance_hint="从北门进", preferred_hospital="市中心医院"),
    )
    await merging.undo_merge(session, actor, done.id)
    profile = await get_profile(session, one)
    assert (profile.entrance_hint, profile.preferred_hospital, profile.card_number, len(profile.numbers)) == (
        "从北门进",
        "市中心医院",
        None,
        2,
    )


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"card_number": "K10"}, "card_number"),
        ({"numbers": []}, "numbers"),
        ({"contacts": []}, "contacts"),
        ({"wandering": False}, "wandering"),
    ],
)
async def test_what_it_brought_and_was_changed_can_not_be_taken_back(
    session: AsyncSession, actor: Actor, change: dict[str, Any], field: str
) -> None:
    one, two = await kept(session, actor), await other(session, actor)
    done = await merge(session, actor, one, two)
    await edit_elder(session, actor, one, EditElder(version=(await get_profile(session, one)).version, **change))
    now = await rows_of(session, one, two)
    with pytest.raises(AppError) as refused:
        async with session.begin_nested():
            await merging.undo_merge(session, actor, done.id)
    assert (refused.value.code, refused.value.details["fields"]) == ("merge_not_undoable", [field])
    assert await rows_of(session, one, two) == now


async def test_after_thirty_days_it_stays(session: AsyncSession, actor: Actor) -> None:
    done = await merge(session, actor, await kept(session, actor), await other(session, actor))
    clock.shift(timedelta(days=31))
    try:
        with pytest.raises(AppError) as refused:
            await merging.undo_merge(session, actor, done.id)
    finally:
        clock.reset()
    assert refused.value.code == "merge_too_old"


async def test_a_chain_is_undone_from_its_end(session: AsyncSession, actor: Actor) -> None:
    one, two = await kept(session, actor), await other(session, actor)
    three = await kept(session, actor, numbers=[], dialect="", contacts=[])
    first = await merge(session, actor, two, three)
    second = await merge(session, actor, one, two)
    assert (await get_profile(session, three)).id == one
    with pytest.raises(AppError) as refused:
        async with session.begin_nested():
            await merging.undo_merge(session, actor, first.id)
    assert refused.value.code == "elder_merged"
    await merging.undo_merge(session, actor, second.id)
    assert [(await get_profile(session, i)).id for i in (one, two, three)] == [one, two, two]
    await merging.undo_merge(session, actor, first.id)
    assert (await get_profile(session, three)).id == three


async def test_who_looks_at_an_old_version_does_not_merge(session: AsyncSession, actor: Actor) -> None:
    one, two = await kept(session, actor), await other(session, actor)
    with pytest.raises(AppError) as refused:
        await merging.merge_profiles(session, actor, kept_id=one, merged_id=two, kept_version=1, merged_version=7, reason="同一位老人")
    assert refused.value.code == "elder_changed"
    with pytest.raises(AppError):
        await merge(session, actor, one, one)


async def test_who_may_be_one_person_is_listed_with_why(session: AsyncSession, actor: Actor) -> None:
    async def pairs() -> dict[frozenset[uuid.UUID], set[str]]:
        return {frozenset((c.first.id, c.second.id)): set(c.why) for c in await merging.list_candidates(session, [DISTRICT])}

    before = await pairs()
    one, two = await kept(session, actor, building="4", door="302"), await other(session, actor)
    couple = await kept(session, actor, name="李建国", birth_date=date(1948, 1, 1))  # one telephone, two people
    assert {k: v for k, v in (await pairs()).items() if k not in before} == {
        frozenset((one, two)): {"name_birth", "name_number", "name_door"}
    }
    assert couple
    await merging.mark_not_the_same(session, actor, first_id=two, second_id=one)
    await merging.mark_not_the_same(session, actor, first_id=one, second_id=two)
    assert await pairs() == before
    assert await merging.list_candidates(session, []) == []


async def test_two_valid_ids_are_two_people(session: AsyncSession, actor: Actor) -> None:
    one = await kept(session, actor, id_number=ID_NUMBER)
    first_17 = "42060619500228904"
    two = await other(session, actor, id_number=first_17 + id_check_digit(first_17))
    assert frozenset((one, two)) not in {frozenset((c.first.id, c.second.id)) for c in await merging.list_candidates(session, [DISTRICT])}
