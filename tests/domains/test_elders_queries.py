"""Who is calling, the card, the search, who may see what."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import event, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from callcenter.accounts.actor import Actor
from callcenter.accounts.models import User
from callcenter.accounts.roles import Role
from callcenter.elders.access import end_access, grant_access, may_see_all, whole_for
from callcenter.elders.models import Elder, ElderContact, GrantReason, Presence
from callcenter.elders.queries import (
    find_elders_by_contact_number,
    find_elders_by_number,
    get_elder_card,
    get_elder_cards,
    get_elder_summaries,
    has_access,
    is_in_regions,
    list_accessible,
    search_elders,
)
from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.kit.errors import Invalid, NotFound
from callcenter.kit.phone import candidates
from callcenter.seed.demo import COUPLE, DemoFacts, WhatFor
from callcenter.seed.places import region_id
from callcenter.settings import get_settings

SHIYING, JIANCHANG = region_id("420606-01-01"), region_id("420606-02-01")


def one(facts: DemoFacts, what_for: WhatFor) -> uuid.UUID:
    found = next(e.id for e in facts.elders if e.what_for is what_for)
    assert found is not None
    return found


@pytest_asyncio.fixture
async def agent_id(session: AsyncSession) -> uuid.UUID:
    agent = User(username="agent-t", name="坐席", role=Role.AGENT, password_hash="-", created_at=clock.now())
    session.add(agent)
    await session.flush()
    return agent.id


# --- the caller ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "raw", ["07103456789", "7103456789", "+867103456789", "00867103456789", "3456789", "907103456789", "0710/345-6789", "13800006789"]
)
async def test_she_is_known_by_every_form_of_her_numbers(session: AsyncSession, facts: DemoFacts, raw: str) -> None:
    (match,) = await find_elders_by_number(session, candidates(raw, get_settings()))
    assert (match.id, match.name, match.risk) == (one(facts, WhatFor.ALONE), "王桂兰", 3)


async def test_a_couple_is_two_people_the_older_first(session: AsyncSession) -> None:
    assert [m.name for m in await find_elders_by_number(session, [COUPLE])] == ["李建国", "赵玉珍"]


async def test_of_the_dead_only_when_nobody_else_has_the_number(session: AsyncSession) -> None:
    husband, wife = await find_elders_by_number(session, [COUPLE])
    (await session.get_one(Elder, husband.id)).presence = Presence.DECEASED
    await session.flush()
    assert [m.id for m in await find_elders_by_number(session, [COUPLE])] == [wife.id]
    (await session.get_one(Elder, wife.id)).presence = Presence.DECEASED
    await session.flush()
    assert len(await find_elders_by_number(session, [COUPLE])) == 2


async def test_the_first_reading_that_is_known_wins(session: AsyncSession) -> None:
    assert [m.name for m in await find_elders_by_number(session, ["+867109999999", "+867103456789", COUPLE])] == ["王桂兰"]
    assert await find_elders_by_number(session, ["+867103459876"]) == []
    assert await find_elders_by_number(session, []) == []


async def test_a_daughter_calls_about_her_mother(session: AsyncSession, facts: DemoFacts) -> None:
    matches = await find_elders_by_contact_number(session, ["+8613900006781"])
    assert [m.id for m in matches] == [one(facts, WhatFor.ALONE)]


async def test_a_contact_of_the_past_is_none(session: AsyncSession, facts: DemoFacts) -> None:
    her = one(facts, WhatFor.ALONE)
    neighbour = await session.scalar(select(ElderContact).where(ElderContact.elder_id == her, ElderContact.has_key))
    assert neighbour is not None
    neighbour.valid_to = clock.today("Asia/Shanghai") - timedelta(days=1)
    await session.flush()
    assert await find_elders_by_contact_number(session, [neighbour.number]) == []
    assert [c.relation for c in (await get_elder_card(session, her)).contacts] == ["女儿"]


# --- the card --------------------------------------------------------------------------------------------------------


async def test_the_card_takes_three_statements(session: AsyncSession, facts: DemoFacts, demo_database: tuple[Database, DemoFacts]) -> None:
    ids = [e.id for e in facts.elders if e.id]
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    engine = demo_database[0].engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    cards = await get_elder_cards(session, ids)
    event.remove(engine, "before_cursor_execute", note)
    assert [c.id for c in cards] == ids
    assert len([s for s in seen if s.startswith("SELECT")]) == 3


async def test_the_whole_card(session: AsyncSession, facts: DemoFacts) -> None:
    card = await get_elder_card(session, one(facts, WhatFor.ALONE))
    assert card.full
    assert [(f.code, f.text) for f in card.danger if f.serious] == [
        ("illness", "冠心病"),
        ("allergy", "青霉素过敏"),
        ("fall_high", "跌倒高风险"),
    ]
    assert [(c.relation, c.has_key) for c in card.contacts] == [("邻居", True), ("女儿", False)]
    assert card.salutation == "王阿姨"
    assert card.health is not None
    assert card.health.blood_type == "A"


async def test_the_masked_card_says_nothing_private(session: AsyncSession, facts: DemoFacts) -> None:
    card = await get_elder_card(session, one(facts, WhatFor.ALONE), full=False)
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "", card.model_dump_json())  # an id may hold any four digits
    assert (card.full, card.name, card.door, card.danger, card.health, card.contacts) == (False, "王**", "3", [], None, [])
    assert [n.text for n in card.numbers] == ["0710-345****", "138****6789"]
    for private in ("桂兰", "冠心病", "3456789", "501", "陈秀珍", "1938", "1948", "北门", "中心医院"):
        assert private not in text


async def test_an_unknown_elder_is_not_found(session: AsyncSession) -> None:
    with pytest.raises(NotFound):
        await get_elder_card(session, uuid.uuid4())


async def test_summaries_are_masked_but_for_those_that_may_be_seen(session: AsyncSession, facts: DemoFacts) -> None:
    alone, wandering = one(facts, WhatFor.ALONE), one(facts, WhatFor.WANDERING)
    found = await get_elder_summaries(session, [alone, wandering, uuid.uuid4()], full_ids={wandering})
    assert {i: (s.name, s.place, s.full) for i, s in found.items()} == {
        alone: ("王**", "樊城·中原·施营", False),
        wandering: ("仇德发", "樊城·定中门·磁器街", True),
    }


# --- the search ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    [
        "王桂兰", "王桂", "桂兰", " 王桂兰 ", "wangguilan", "Wang Gui Lan", "wang guilan", "guilan", "wgl", "WGL", "07103456789", "0710-345 6789",
        "3456789", "6789", "13800006789", "138 0000 6789", "+86 138 0000 6789", "王桂兰 施营", "施营 3-2-501", "施营小区3栋2单元501室", "３－２－５０１ 施营",
        "樊城中原施营 501", "施营路18号", "樊城区中原街道施营社区 wgl", "XF-DEMO-1", "xf-demo-1", "王桂兰,施营",
    ],
)  # fmt: skip
async def test_she_is_found_by(session: AsyncSession, facts: DemoFacts, typed: str) -> None:
    hits = await search_elders(session, typed, limit=50)
    assert one(facts, WhatFor.ALONE) in [hit.id for hit in hits]


@pytest.mark.parametrize("typed", ["单秀英", "shanxiuying", "sxy", "shan xiu", "danxiuying"])
async def test_surnames_are_read_as_surnames(session: AsyncSession, typed: str) -> None:
    assert "单秀英" in [hit.name for hit in await search_elders(session, typed, full=True, limit=50)]


async def test_the_same_name_comes_first(session: AsyncSession) -> None:
    hits = await search_elders(session, "王桂兰", full=True)
    assert hits[0].name == "王桂兰"
    assert len(await search_elders(session, "王")) == 20


async def test_an_id_number_finds_one_and_a_part_of_it_nobody(session: AsyncSession) -> None:
    elder = await session.scalar(select(Elder).where(Elder.id_number_index.is_not(None)).options(undefer(Elder.id_number)).limit(1))
    assert elder is not None
    assert elder.id_number is not None
    assert [hit.id for hit in await search_elders(session, elder.id_number.lower())] == [elder.id]
    for part in (elder.id_number[:17], elder.id_number[6:14], elder.id_number[-4:].replace("X", "0")):
        assert elder.id not in [hit.id for hit in await search_elders(session, part, limit=50)] or part[-4:] in "".join(hit_numbers(elder))


def hit_numbers(elder: Elder) -> list[str]:
    return [elder.card_number or "", elder.door]


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "查无此人啊",
        "zzzz",
        "'",
        "''",
        "\\",
        "a' | 'b",
        "') | (",
        "*",
        ":*",
        "%",
        "_",
        "\x00",
        "🙂",
        "王" * 10_000,
        "1" * 10_000,
        "!!! & |",
        "<->",
    ],
)
async def test_odd_input_finds_nobody_and_breaks_nothing(session: AsyncSession, typed: str) -> None:
    assert await search_elders(session, typed) == []


async def test_a_result_is_masked_but_enough_to_be_sure(session: AsyncSession, facts: DemoFacts) -> None:
    her = one(facts, WhatFor.ALONE)
    (masked,) = [h for h in await search_elders(session, "王桂兰 施营") if h.id == her]
    assert (masked.name, masked.age, masked.place, masked.address) == ("王**", 78, "樊城·中原·施营", "施营路18号 施营小区 3栋")
    assert masked.numbers == ["0710-345****", "138****6789"]
    (whole,) = [h for h in await search_elders(session, "王桂兰 施营", full_ids={her}) if h.id == her]
    assert (whole.name, whole.address, whole.numbers) == ("王桂兰", "施营路18号 施营小区 3-2-501", ["0710-345 6789", "138 0000 6789"])


async def test_a_scope_keeps_the_search_to_its_region(session: AsyncSession, facts: DemoFacts) -> None:
    her = one(facts, WhatFor.ALONE)
    street = region_id("420606-01")
    assert her in [h.id for h in await search_elders(session, "王桂兰", region_ids=[street])]
    assert her not in [h.id for h in await search_elders(session, "王桂兰", region_ids=[JIANCHANG])]
    assert await search_elders(session, "王桂兰", region_ids=[]) == []
    assert await is_in_regions(session, her, [facts.region_id])
    assert not await is_in_regions(session, her, [JIANCHANG])


# --- access ----------------------------------------------------------------------------------------------------------


async def test_a_grant_opens_the_card_until_it_is_ended(session: AsyncSession, facts: DemoFacts, agent_id: uuid.UUID) -> None:
    her, call = one(facts, WhatFor.ALONE), uuid.uuid4()
    assert not await has_access(session, agent_id, her)
    first = await grant_access(session, user_id=agent_id, elder_id=her, reason=GrantReason.LIVE_CALL, call_id=call)
    again = await grant_access(session, user_id=agent_id, elder_id=her, reason=GrantReason.LIVE_CALL, call_id=call)
    assert first.id == again.id
    assert await has_access(session, agent_id, her)
    assert await list_accessible(session, agent_id, [her, one(facts, WhatFor.WANDERING)]) == {her}
    assert await end_access(session, call_id=call, user_id=uuid.uuid4()) == 0
    assert await end_access(session, call_id=call) == 1
    assert await end_access(session, call_id=call) == 0
    assert not await has_access(session, agent_id, her)


async def test_one_of_two_grants_ended_leaves_the_other(session: AsyncSession, facts: DemoFacts, agent_id: uuid.UUID) -> None:
    her, call, case = one(facts, WhatFor.ALONE), uuid.uuid4(), uuid.uuid4()
    await grant_access(session, user_id=agent_id, elder_id=her, reason=GrantReason.LIVE_CALL, call_id=call)
    await grant_access(session, user_id=agent_id, elder_id=her, reason=GrantReason.OWNED_CASE, case_id=case)
    await end_access(session, call_id=call)
    assert await has_access(session, agent_id, her)
    await end_access(session, case_id=case, user_id=agent_id, elder_id=her)
    assert not await has_access(session, agent_id, her)


async def test_a_supervisor_sees_her_regions_whole_and_nobody_else_by_region(
    session: AsyncSession, facts: DemoFacts, agent_id: uuid.UUID
) -> None:
    her, elsewhere = one(facts, WhatFor.ALONE), one(facts, WhatFor.WANDERING)
    grid = await session.scalar(select(Elder.grid_id).where(Elder.id == her))
    assert grid is not None

    def who(role: Role | None, *regions: uuid.UUID) -> Actor:
        return Actor("user" if role else "system", agent_id if role else None, "x", role, regions)

    for scope in (facts.region_id, region_id("420606-01"), SHIYING, grid):
        assert await may_see_all(session, who(Role.SUPERVISOR, scope), her)
    assert not await may_see_all(session, who(Role.SUPERVISOR, SHIYING), elsewhere)
    assert await may_see_all(session, who(Role.SUPERVISOR, facts.region_id), elsewhere)
    for nobody in (
        who(Role.SUPERVISOR), who(Role.SUPERVISOR, JIANCHANG), who(Role.SUPERVISOR, uuid.uuid4()), who(None, SHIYING),
        who(Role.AGENT, SHIYING), who(Role.ADMIN, SHIYING),
    ):  # fmt: skip
        assert not await may_see_all(session, nobody, her)
    supervisor = who(Role.SUPERVISOR, SHIYING)
    assert await whole_for(session, supervisor, [her, elsewhere]) == {her: "region"}
    await grant_access(session, user_id=agent_id, elder_id=her, reason=GrantReason.OWNED_CASE, case_id=uuid.uuid4())
    await grant_access(session, user_id=agent_id, elder_id=elsewhere, reason=GrantReason.LIVE_CALL, call_id=uuid.uuid4())
    await grant_access(session, user_id=agent_id, elder_id=elsewhere, reason=GrantReason.OWNED_CASE, case_id=uuid.uuid4())
    assert await whole_for(session, supervisor, [her, elsewhere]) == {her: "owned_case", elsewhere: "live_call"}
    assert await whole_for(session, supervisor, []) == {}


async def test_broken_glass_needs_a_reason_and_an_end(session: AsyncSession, facts: DemoFacts, agent_id: uuid.UUID) -> None:
    her = one(facts, WhatFor.ALONE)
    for note, until in (("", clock.now() + timedelta(hours=1)), ("邻居来电", None)):
        with pytest.raises(Invalid):
            await grant_access(session, user_id=agent_id, elder_id=her, reason=GrantReason.GLASS, note=note, until=until)
    await grant_access(
        session, user_id=agent_id, elder_id=her, reason=GrantReason.GLASS, note="邻居来电", until=clock.now() + timedelta(hours=1)
    )
    assert await has_access(session, agent_id, her)
    clock.shift(timedelta(hours=1, seconds=1))
    try:
        assert not await has_access(session, agent_id, her)
    finally:
        clock.reset()


async def test_health_and_id_numbers_are_not_readable_in_the_database(session: AsyncSession, facts: DemoFacts) -> None:
    raw = await session.connection()
    row = (await raw.exec_driver_sql("SELECT health, id_number FROM elders WHERE id_number IS NOT NULL LIMIT 1")).one()
    for value in row:
        assert isinstance(value, bytes)
        assert value[0] == 1
        assert "高血压".encode() not in value
        assert b"4206" not in value
