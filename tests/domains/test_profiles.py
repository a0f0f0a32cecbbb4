"""Editing a profile: two at once, what is kept of each save, consents, where she is, and by what she is found."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.models import User
from callcenter.accounts.roles import Role
from callcenter.elders.access import may_see_all
from callcenter.elders.actions import confirm_death, create_elder, edit_elder, set_presence, undo_death
from callcenter.elders.consents import add_wording, get_consents, write_consent
from callcenter.elders.history import list_changes
from callcenter.elders.models import Elder, Living, Presence
from callcenter.elders.queries import get_elder_card, get_profile, list_directory, list_numbers, search_elders
from callcenter.elders.record_schemas import DirectoryFilter, ElderPresence, NewConsent, NewWording
from callcenter.elders.records import ConsentAct, ConsentBy, ConsentEntry
from callcenter.elders.schemas import EditElder, Health, NewContact, NewElder
from callcenter.kit import clock
from callcenter.kit.errors import AppError, Conflict, Invalid
from callcenter.kit.ids import new_id
from callcenter.seed.places import region_id
from callcenter.settings import get_settings

SHIYING, JIANCHANG = region_id("420606-01-01"), region_id("420606-02-01")
ID_NUMBER, OTHER_ID = "420606195002289023", "420606194803120020"


@pytest.fixture
async def person(session: AsyncSession) -> Actor:
    user = User(
        id=new_id(),
        username=f"u{new_id()}",
        name="陈静",
        role=Role.AGENT,
        password_hash="x",
        active=True,
        region_ids=[],
        created_at=clock.now(),
    )
    session.add(user)
    await session.flush()
    return Actor("user", user.id, user.name, Role.AGENT)


@pytest.fixture
async def her(session: AsyncSession, person: Actor) -> uuid.UUID:
    profile = NewElder(
        name="尉迟秀莲",
        community_id=SHIYING,
        grid_id=region_id("420606-01-01-2"),
        id_number=ID_NUMBER,
        card_number="K1",
        living=Living.ALONE,
        numbers=["0710 399 0001", "13899990001"],
        contacts=[
            NewContact(name="尉迟明", relation="儿子", number="13899997777"),
            NewContact(name="何婶", relation="邻居", number="13899998888"),
        ],
        health=Health(chronic_illness=["冠心病"]),
    )
    return (await create_elder(session, person, profile)).id


async def save(session: AsyncSession, actor: Actor, elder_id: uuid.UUID, **changes: Any) -> Elder:
    version = changes.pop("version", None) or (await get_profile(session, elder_id)).version
    return await edit_elder(session, actor, elder_id, EditElder(version=version, **changes))


async def refusal(session: AsyncSession, actor: Actor, elder_id: uuid.UUID, **changes: Any) -> AppError:
    before = await get_profile(session, elder_id)
    with pytest.raises(AppError) as refused:
        async with session.begin_nested():
            await save(session, actor, elder_id, **changes)
    session.expire_all()
    assert await get_profile(session, elder_id) == before
    return refused.value


# --- saving ------------------------------------------------------------------------------------------------------------------


async def test_only_what_is_sent_changes(session: AsyncSession, person: Actor, her: uuid.UUID) -> None:
    before = await get_profile(session, her)
    await save(session, person, her, name="尉迟秀连", dialect="襄阳话", health=Health(chronic_illness=["高血压"], allergies=["青霉素"]))
    after = await get_profile(session, her)
    assert after.model_copy(
        update={
            name: getattr(before, name) for name in ("name", "dialect", "health", "version", "updated_at", "danger", "risk", "salutation")
        }
    ) == before  # fmt: skip
    assert (after.name, after.dialect, after.version, after.risk) == ("尉迟秀连", "襄阳话", before.version + 1, 1)
    assert [hit.id for hit in await search_elders(session, "尉迟秀连")] == [her]
    assert [hit.id for hit in await search_elders(session, "尉迟秀莲")] == []


async def test_an_empty_save_is_no_save(session: AsyncSession, person: Actor, her: uuid.UUID) -> None:
    before = await get_profile(session, her)
    await save(session, person, her, name="尉迟秀莲", living=Living.ALONE)
    assert await get_profile(session, her) == before
    assert [change.kind for change in await list_changes(session, her, full=True)] == ["create"]


async def test_who_comes_second_is_told_who_came_first(session: AsyncSession, person: Actor, her: uuid.UUID) -> None:
    opened = (await get_profile(session, her)).version
    await save(session, person, her, dialect="河南话", entrance_hint="从北门进")
    error = await refusal(session, person, her, version=opened, dialect="襄阳话")
    assert (error.status, error.code) == (409, "elder_changed")
    assert (error.details["by"], error.details["version"], set(error.details["fields"])) == (
        "陈静",
        opened + 1,
        {"dialect", "entrance_hint"},
    )


async def test_numbers_keep_their_ids_in_a_new_order(session: AsyncSession, person: Actor, her: uuid.UUID) -> None:
    first, second = await list_numbers(session, her)
    await save(session, person, her, numbers=[{"id": second.id, "number": second.e164, "label": "手机"}, {"number": "13899990003"},
                                              {"id": first.id, "number": "0710 399 0001"}])  # fmt: skip
    numbers = await list_numbers(session, her)
    assert [(n.e164, n.position, n.label) for n in numbers] == [
        ("+8613899990001", 1, "手机"),
        ("+8613899990003", 2, ""),
        ("+867103990001", 3, ""),
    ]
    assert (numbers[0].id, numbers[2].id) == (second.id, first.id)
    assert [hit.id for hit in await search_elders(session, "13899990003")] == [her]
    await save(session, person, her, numbers=[])
    assert await list_numbers(session, her) == []
    assert await search_elders(session, "13899990003") == []


async def test_contacts_with_key_validity_and_order(session: AsyncSession, person: Actor, her: uuid.UUID) -> None:
    son, neighbour = (await get_profile(session, her)).contacts
    yesterday = clock.today(get_settings().timezone) - timedelta(days=1)
    await save(session, person, her, contacts=[
        {"id": neighbour.id, "name": "何婶", "relation": "邻居", "number": neighbour.number, "has_key": True, "key_note": "对门"},
        {"id": son.id, "name": "尉迟明", "relation": "儿子", "number": "13899997777", "valid_to": yesterday},
    ])  # fmt: skip
    profile = await get_profile(session, her)
    assert [(c.id, c.has_key, c.valid_to) for c in profile.contacts] == [(neighbour.id, True, None), (son.id, False, yesterday)]
    assert [c.id for c in (await get_elder_card(session, her)).contacts] == [neighbour.id], "who is no longer valid is not called"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"id_number": "420606195002289024"}, "id_number_invalid"), ({"birth_date": date(2999, 1, 1)}, "birth_date_invalid"),
        ({"community_id": uuid.uuid4()}, "community_not_found"), ({"grid_id": region_id("420606-02-01-1")}, "grid_not_found"),
        ({"numbers": [{"number": "13899990001"}, {"number": "138 9999 0001"}]}, "number_twice"),
        ({"numbers": [{"number": "110"}]}, "number_invalid"), ({"family_doctor_number": "x"}, "number_invalid"),
        ({"contacts": [{"name": "李", "relation": "女儿", "number": "13899990001", "valid_from": date(2026, 2, 2), "valid_to": date(2026, 2, 1)}]},
         "validity_invalid"),
    ],
)  # fmt: skip
async def test_a_wrong_field_saves_nothing(
    session: AsyncSession, person: Actor, her: uuid.UUID, changes: dict[str, Any], code: str
) -> None:
    error = await refusal(session, person, her, dialect="襄阳话", **changes)
    assert (error.status, error.code) == (422, code)
    assert error.details["field"].split(".")[0] == next(iter(changes))


async def test_an_id_number_of_somebody_else(session: AsyncSession, person: Actor, her: uuid.UUID) -> None:
    await create_elder(session, person, NewElder(name="赵玉珍", community_id=SHIYING, id_number=OTHER_ID, card_number="K2"))
    assert (await refusal(session, person, her, id_number=OTHER_ID)).code == "id_number_taken"
    assert (await refusal(session, person, her, card_number="K2")).code == "card_number_taken"


async def test_another_community_forgets_the_grid(session: AsyncSession, person: Actor, her: uuid.UUID) -> None:
    await save(session, person, her, community_id=JIANCHANG)
    profile = await get_profile(session, her)
    assert (profile.community_id, profile.grid_id) == (JIANCHANG, None)
    assert her in [hit.id for hit in await search_elders(session, "尉迟秀莲 建昌")]


async def test_who_makes_a_profile_sees_it_for_an_hour(session: AsyncSession, person: Actor, her: uuid.UUID) -> None:
    assert await may_see_all(session, person, her)
    clock.shift(timedelta(minutes=61))
    try:
        assert not await may_see_all(session, person, her)
    finally:
        clock.reset()


# --- history -----------------------------------------------------------------------------------------------------------------


async def test_every_save_is_kept_with_what_stood_before(session: AsyncSession, person: Actor, her: uuid.UUID) -> None:
    await save(
        session, person, her, id_number=None, health=Health(chronic_illness=["冠心病", "糖尿病"]), numbers=[{"number": "13899990009"}]
    )
    newest, first = await list_changes(session, her, full=True)
    assert (first.kind, first.by, newest.kind, newest.by, newest.version) == ("create", "陈静", "edit", "陈静", 2)
    assert newest.values is not None
    values = {one.field: (one.before, one.after) for one in newest.values}
    assert values == {
        "id_number": ("420***********9023", None),
        "numbers": (
            [{"number": "+867103990001", "label": ""}, {"number": "+8613899990001", "label": ""}],
            [{"number": "+8613899990009", "label": ""}],
        ),
        "health.chronic_illness": (["冠心病"], ["冠心病", "糖尿病"]),
    }
    masked = (await list_changes(session, her, full=False))[0]
    assert (masked.values, sorted(masked.fields)) == (None, sorted(values))


async def test_what_stood_before_is_readable_in_no_row(session: AsyncSession, person: Actor, her: uuid.UUID) -> None:
    await save(session, person, her, health=Health(allergies=["青霉素"]))
    rows = "\n".join(
        str(row) for row in (await session.execute(text("SELECT c::text FROM elder_changes c WHERE elder_id = :id"), {"id": her})).all()
    )
    for secret in ("冠心病", "青霉素", ID_NUMBER, "3990001", "99990001"):  # three digits would stand in any hexadecimal now and then
        assert secret not in rows and secret.encode().hex() not in rows


# --- consents ----------------------------------------------------------------------------------------------------------------


def given(item: str = "location", **more: Any) -> NewConsent:
    return NewConsent.model_validate({"item": item, "act": "given", "by": "form", "proof": "TY-1", **more})


async def test_a_consent_is_given_and_taken_back_by_telephone(session: AsyncSession, person: Actor, her: uuid.UUID) -> None:
    await write_consent(session, person, her, given())
    await write_consent(session, person, her, given(act="withdrawn", by="telephone", proof="261122-0007"))
    consents = await get_consents(session, her)
    assert [(e.act, e.by, e.proof, e.wording_version, e.actor_name) for e in consents.ledger] == [
        (ConsentAct.WITHDRAWN, ConsentBy.TELEPHONE, "261122-0007", "2026-1", "陈静"),
        (ConsentAct.GIVEN, ConsentBy.FORM, "TY-1", "2026-1", "陈静"),
    ]
    state = next(s for s in consents.states if s.item == "location")
    assert (state.given, state.since) == (False, consents.ledger[0].at)


async def test_what_makes_no_sense_is_no_line(session: AsyncSession, person: Actor, her: uuid.UUID) -> None:
    with pytest.raises(Conflict) as refused:
        await write_consent(session, person, her, given(act="withdrawn"))
    assert refused.value.code == "consent_not_given"
    await write_consent(session, person, her, given())
    with pytest.raises(Conflict) as twice:
        await write_consent(session, person, her, given(proof="TY-2"))
    assert twice.value.code == "consent_given"
    with pytest.raises(AppError) as unknown:
        await write_consent(session, person, her, given("no_such_item"))
    assert unknown.value.code == "wording_not_found"
    assert len((await session.scalars(select(ConsentEntry).where(ConsentEntry.elder_id == her))).all()) == 1


async def test_new_words_do_not_change_what_was_agreed_to(session: AsyncSession, person: Actor, her: uuid.UUID) -> None:
    await write_consent(session, person, her, given())
    today = clock.today(get_settings().timezone)
    words = {"item": "location", "title": "位置定位", "text": "新的措辞，说得更清楚一些。"}
    await add_wording(session, person, NewWording(**words, version="2026-2", valid_from=today))
    await add_wording(session, person, NewWording(**words, version="2099-1", valid_from=date(2099, 1, 1)))
    state = next(s for s in (await get_consents(session, her)).states if s.item == "location")
    assert (state.given, state.outdated, state.wording_version, state.current_version) == (True, True, "2026-1", "2026-2")
    await write_consent(session, person, her, given(proof="TY-9"))
    state = next(s for s in (await get_consents(session, her)).states if s.item == "location")
    assert (state.outdated, state.wording_version) == (False, "2026-2")
    with pytest.raises(Conflict) as taken:
        async with session.begin_nested():
            await add_wording(session, person, NewWording(**words, version="2026-2", valid_from=today))
    assert taken.value.code == "wording_exists"


# --- where she is ------------------------------------------------------------------------------------------------------------


async def test_away_until_a_day_and_home_again(session: AsyncSession, person: Actor, her: uuid.UUID) -> None:
    today = clock.today(get_settings().timezone)
    back = today + timedelta(days=9)
    await set_presence(session, person, her, ElderPresence(presence=Presence.AWAY, until=back, place="女儿家(武汉)"))
    card = await get_elder_card(session, her)
    assert (card.presence, card.presence_since, card.presence_until, card.presence_place) == (Presence.AWAY, today, back, "女儿家(武汉)")
    assert (await get_elder_card(session, her, full=False)).presence_place == ""
    await set_presence(session, person, her, ElderPresence(presence=Presence.HOME))
    card = await get_elder_card(session, her)
    assert (card.presence, card.presence_since, card.presence_until, card.presence_place) == (Presence.HOME, None, None, "")


@pytest.mark.parametrize(
    "wanted",
    [
        {"presence": "home", "until": "2026-01-01"}, {"presence": "in_hospital", "since": "2999-01-01"},
        {"presence": "away", "since": "2026-02-02", "until": "2026-02-01"}, {"presence": "in_hospital", "until": "2027-01-01"},
    ],
)  # fmt: skip
async def test_days_that_cannot_be(session: AsyncSession, person: Actor, her: uuid.UUID, wanted: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        await set_presence(session, person, her, ElderPresence.model_validate(wanted))
    assert refused.value.code == "presence_invalid"


async def test_a_death_is_seen_at_once_confirmed_and_can_be_taken_back(session: AsyncSession, person: Actor, her: uuid.UUID) -> None:
    today = clock.today(get_settings().timezone)
    await set_presence(
        session, person, her, ElderPresence(presence=Presence.IN_HOSPITAL, place="市中心医院", since=today - timedelta(days=3))
    )
    before = await get_elder_card(session, her)
    await set_presence(session, person, her, ElderPresence(presence=Presence.DECEASED, since=today, note="女儿来电告知"))
    card = await get_elder_card(session, her)
    assert (card.presence, card.presence_since, card.death_reported) == (Presence.DECEASED, today, True)
    with pytest.raises(Conflict) as refused:
        await set_presence(session, person, her, ElderPresence(presence=Presence.HOME))
    assert refused.value.code == "elder_deceased"
    for _ in range(2):
        await confirm_death(session, person, her)
    assert (await get_elder_card(session, her)).death_reported is False
    death = (await get_profile(session, her)).death
    assert death is not None and (death.reported_by, death.confirmed_by, death.note) == ("陈静", "陈静", "女儿来电告知")
    await undo_death(session, person, her)
    after = await get_elder_card(session, her)
    assert after.model_copy(update={"version": before.version}) == before
    kinds = [change.kind for change in await list_changes(session, her, full=True)]
    assert kinds == ["death_undone", "death_confirmed", "presence", "presence", "create"]


async def test_who_has_died_is_listed_only_when_asked_for(session: AsyncSession, person: Actor, her: uuid.UUID) -> None:
    async def listed(**wanted: Any) -> bool:
        return her in (await list_directory(session, DirectoryFilter(region_id=SHIYING, **wanted), limit=500))[0]

    assert await listed() and not await listed(presence=Presence.DECEASED)
    await set_presence(session, person, her, ElderPresence(presence=Presence.DECEASED))
    assert not await listed() and await listed(presence=Presence.DECEASED)
    assert her in (await list_directory(session, DirectoryFilter(), "尉迟秀莲"))[0]


# --- found by ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["13899997777", "138 9999 7777", "+8613899997777", "99997777", "7777"])
async def test_a_contacts_number_finds_her_and_says_whose_it_is(session: AsyncSession, her: uuid.UUID, typed: str) -> None:
    hits = {hit.id: hit for hit in await search_elders(session, typed, limit=50, full=True)}
    contact = hits[her].contact
    assert contact is not None and (contact.relation, contact.name, contact.text) == ("儿子", "尉迟明", "138 9999 7777")
    masked = {hit.id: hit for hit in await search_elders(session, typed, limit=50)}[her].contact
    assert masked is not None and (masked.name, masked.text) == ("尉**", "138****7777")


async def test_her_own_number_needs_no_reason(session: AsyncSession, her: uuid.UUID) -> None:
    (hit,) = await search_elders(session, "13899990001")
    assert (hit.id, hit.contact) == (her, None)


async def test_a_contact_of_yesterday_is_not_searched(session: AsyncSession, person: Actor, her: uuid.UUID) -> None:
    await save(
        session, person, her, contacts=[{"name": "尉迟明", "relation": "儿子", "number": "13899997777", "valid_to": date(2026, 1, 1)}]
    )
    assert await search_elders(session, "13899997777") == []


async def test_the_list_is_filtered_counted_and_in_order(session: AsyncSession, her: uuid.UUID) -> None:
    ids, _, total = await list_directory(session, DirectoryFilter(region_id=region_id("420606-01")), limit=10_000)
    assert her in ids and total == len(ids) == len(set(ids))
    names = [row.pinyin for row in await session.scalars(select(Elder).where(Elder.id.in_(ids)).order_by(Elder.pinyin, Elder.id))]
    assert names == sorted(names)
    page, _, again = await list_directory(session, DirectoryFilter(region_id=region_id("420606-01")), offset=3, limit=4)
    assert (page, again) == (ids[3:7], total)
    for wanted in ({"living": Living.ALONE}, {"risk": 3}, {"category": "高龄"}, {"presence": Presence.AWAY}):
        filtered, _, count = await list_directory(session, DirectoryFilter(**wanted), limit=10_000)
        field, value = next(iter(wanted.items()))
        rows = (await session.scalars(select(Elder).where(Elder.id.in_(filtered)))).all()
        assert count == len(rows) > 0
        assert all(value in row.categories if field == "category" else getattr(row, field) == value for row in rows)
