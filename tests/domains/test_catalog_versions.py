"""The catalogue is edited: every edit a new version, planned ones, files, two editors at once; and what regions do otherwise."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio
from pydantic import ValidationError
from sqlalchemy import event, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.models import AuditRow
from callcenter.accounts.roles import Role
from callcenter.catalog.actions import edit_items, import_catalog, load_catalog, withdraw_version
from callcenter.catalog.localising import localise_item, views_of
from callcenter.catalog.models import CatalogVersion, ItemLocalisation, ServiceItem
from callcenter.catalog.queries import (
    get_current_version,
    get_item,
    get_item_by_id,
    get_item_in_force,
    get_last_version,
    get_version,
    get_version_before,
    list_items,
    list_localisations,
    list_rows,
    resolve_items,
)
from callcenter.catalog.reading import write_catalog
from callcenter.catalog.rules import row_of
from callcenter.catalog.schemas import CatalogEdit, CatalogFile, ItemForm, NewLocalisation
from callcenter.catalog.views import diff_view, values_of, version_line
from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.kit.errors import Conflict, Forbidden, Invalid, NotFound
from callcenter.seed.demo import DemoFacts
from callcenter.seed.places import region_id

DISTRICT, STREET, COMMUNITY = region_id("420606"), region_id("420606-01"), region_id("420606-01-01")
ELSEWHERE = region_id("420606-02-01")


async def form(session: AsyncSession, of: str, **changes: Any) -> ItemForm:
    last = await get_last_version(session)
    row = next(row for row in await list_rows(session, last) if row.code == of)
    return ItemForm.model_validate(values_of(row).model_dump() | changes)


def edit(*items: ItemForm, seen: int = 1, **more: Any) -> CatalogEdit:
    return CatalogEdit.model_validate({"seen": seen, "reason": "涨价", "items": [item.model_dump() for item in items]} | more)


async def counts(session: AsyncSession) -> tuple[int | None, int | None]:
    return await session.scalar(select(func.count(CatalogVersion.id))), await session.scalar(select(func.count(ServiceItem.id)))


# --- versions -----------------------------------------------------------------------------------------------------------------------


async def test_an_edit_is_a_new_version_and_the_old_item_stays_as_it_was(session: AsyncSession, actor: Actor) -> None:
    before = await get_item(session, "JZ01")
    version = await edit_items(
        session, actor, edit(await form(session, "JZ01", price_market_fen=5500), await form(session, "PH06", minutes_max=90))
    )
    assert (version.number, version.reason, version.author_name, await counts(session)) == (2, "涨价", "test", (2, 82))
    after = await get_item(session, "JZ01")
    assert (after.price_market_cny, after.version_id, after.id == before.id) == (Decimal(55), version.id, False)
    assert (await get_item_by_id(session, before.id)).price_market_cny == 50
    assert [item.code for item in await list_items(session)] == [
        row.code for row in await list_rows(session, await get_version(session, 1))
    ]
    (row,) = await session.scalars(select(AuditRow).where(AuditRow.verb == "catalog:changed"))
    assert (row.object_id, row.details["codes"], row.details["count"]) == ("2", ["JZ01", "PH06"], 2)

    seen = diff_view(version, await list_rows(session, version), first := await get_version(session, 1), await list_rows(session, first))
    assert [(c.code, c.kind, [(f.field, f.before, f.after) for f in c.fields]) for c in seen.changes] == [
        ("JZ01", "changed", [("price_market_fen", 5000, 5500)]), ("PH06", "changed", [("minutes_max", 60, 90)]),
    ]  # fmt: skip


async def test_an_edit_that_changes_nothing_is_no_version(session: AsyncSession, actor: Actor) -> None:
    assert (await edit_items(session, actor, edit(await form(session, "JZ01")))).number == 1
    assert await counts(session) == (1, 41)


async def test_a_new_item_stands_after_its_category_and_its_code_is_taken_for_ever(session: AsyncSession, actor: Actor) -> None:
    new = await form(session, "WX07", code="WX08", name_zh="修家具", name_en="Furniture repair", is_new=True)
    await edit_items(session, actor, edit(new))
    assert [item.code for item in await list_items(session)][12:14] == ["WX07", "WX08"]
    off = await form(session, "WX08", active=False, off_reason="没有师傅", is_new=False)
    await edit_items(session, actor, edit(off, seen=2))
    with pytest.raises(Conflict) as refused:
        await edit_items(session, actor, edit(new, seen=3))
    assert refused.value.code == "item_code_taken"
    found = await get_item_in_force(session, "WX08", COMMUNITY)
    assert (found.active, found.switched_off_reason) == (False, "没有师傅")


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"price_max_fen": 100}, "item_invalid", "price_max_fen"),
        ({"price_market_fen": 100}, "item_invalid", "price_market_fen"),
        ({"minutes_max": 1}, "item_invalid", "minutes_max"),
        ({"requirements": [["pilot"]]}, "item_invalid", "requirements"),
        ({"requirements": [["food_business", "real_name"]]}, "item_invalid", "requirements"),
        ({"category": "repair"}, "item_invalid", "category"),
        ({"active": False}, "item_invalid", "off_reason"),
        ({"off_reason": "停"}, "item_invalid", "off_reason"),
    ],
)
async def test_what_does_not_fit_is_refused_with_its_field(
    session: AsyncSession, actor: Actor, changes: dict[str, Any], code: str, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await edit_items(session, actor, edit(await form(session, "JZ02", name_en="Other"), await form(session, "JZ01", **changes)))
    assert (refused.value.code, refused.value.details["field"], refused.value.details["code"]) == (code, field, "JZ01")
    assert await counts(session) == (1, 41)


@pytest.mark.parametrize(
    "changes",
    [
        {"price_min_fen": -1}, {"price_min_fen": 1.5}, {"price_min_fen": "300"}, {"price_max_fen": 100_000_001}, {"minutes_max": 1441},
        {"unit": "litre"}, {"sla_class": "E1"}, {"home_visit": "maybe"}, {"volunteer": ""}, {"claim_mode": "Open"}, {"code": "jz1"},
        {"name_zh": " "}, {"name_zh": "=1+1"}, {"name_en": "x" * 101}, {"requirements": []}, {"requirements": [[]]}, {"price": 1},
        {"off_reason": "@x"},
    ],
)  # fmt: skip
async def test_what_is_no_item_is_refused(session: AsyncSession, changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        await form(session, "JZ01", **changes)
    assert refused.value.errors()[0]["loc"][0] == next(iter(changes))


async def test_the_same_item_twice_or_one_that_is_not_there(session: AsyncSession, actor: Actor) -> None:
    one = await form(session, "JZ01", minutes_max=200)
    with pytest.raises(Invalid):
        await edit_items(session, actor, edit(one, one))
    with pytest.raises(NotFound):
        await edit_items(session, actor, edit(one.model_copy(update={"code": "JZ77"})))
    assert await counts(session) == (1, 41)


async def test_who_saves_over_somebody_else_is_told(session: AsyncSession, actor: Actor) -> None:
    mine = edit(await form(session, "JZ01", minutes_max=200))
    await edit_items(session, actor, edit(await form(session, "JZ02", minutes_max=350)))
    with pytest.raises(Conflict) as refused:
        await edit_items(session, actor, mine)
    assert (refused.value.code, refused.value.details) == ("catalog_changed", {"number": 2, "by": "test"})
    assert await counts(session) == (2, 82)


async def test_a_planned_version_comes_on_its_day(session: AsyncSession, actor: Actor) -> None:
    now = clock.now()
    day = now + timedelta(days=30)
    await edit_items(session, actor, edit(await form(session, "JZ01", price_max_fen=6000, price_market_fen=6000), valid_from=day))
    assert (await get_current_version(session)).number == 1  # type: ignore[union-attr]
    assert (await get_item(session, "JZ01")).price_max_cny == 50
    assert (await get_item(session, "JZ01", day)).price_max_cny == 60
    assert (await get_item_in_force(session, "JZ01", COMMUNITY, day - timedelta(seconds=1))).price_max == 5000
    assert (await get_item_in_force(session, "JZ01", COMMUNITY, day)).price_max == 6000
    lines = [version_line(await get_version(session, n), 41, await get_current_version(session)).state for n in (1, 2)]
    assert lines == ["in_force", "planned"]

    with pytest.raises(Conflict) as refused:  # it would be overtaken: 2 is built on 1, and knows nothing of 3
        await edit_items(session, actor, edit(await form(session, "JZ01", minutes_max=200), seen=2))
    assert (refused.value.code, refused.value.details["number"]) == ("catalog_planned", 2)
    later = await edit_items(session, actor, edit(await form(session, "JZ02", minutes_max=350), seen=2, valid_from=day + timedelta(days=1)))
    assert (await get_item(session, "JZ01", later.valid_from)).price_max_cny == 60, "built on what was planned before it"


async def test_a_planned_version_is_taken_back_before_its_day(session: AsyncSession, actor: Actor) -> None:
    day = clock.now() + timedelta(days=30)
    for seen, code in ((1, "JZ01"), (2, "JZ02")):
        await edit_items(session, actor, edit(await form(session, code, minutes_max=400), seen=seen, valid_from=day))
    with pytest.raises(Conflict):  # 3 is built on it
        await withdraw_version(session, actor, 2, seen=3)
    for number, seen in ((3, 3), (2, 2), (2, 2)):
        await withdraw_version(session, actor, number, seen=seen)
    with pytest.raises(Conflict) as refused:
        await withdraw_version(session, actor, 1, seen=1)
    assert refused.value.code == "version_in_force"
    assert (await get_item(session, "JZ01", day)).minutes_max == 180
    fourth = await edit_items(session, actor, edit(await form(session, "JZ03", minutes_max=150), seen=1))
    assert fourth.number == 4
    assert (before := await get_version_before(session, fourth)) is not None and before.number == 1
    verbs = await session.scalars(select(AuditRow.verb).where(AuditRow.verb == "catalog:withdrawn"))
    assert len(verbs.all()) == 2


@pytest.mark.parametrize("days", [-1, 800])
async def test_no_version_begins_in_the_past_or_for_another_generation(session: AsyncSession, actor: Actor, days: int) -> None:
    with pytest.raises(Invalid) as refused:
        wanted = clock.now() + timedelta(days=days)
        await edit_items(session, actor, edit(await form(session, "JZ01", minutes_max=200), valid_from=wanted))
    assert (refused.value.code, refused.value.details) == ("bad_valid_from", {"field": "valid_from"})


async def test_seeding_again_leaves_a_centres_own_catalogue(session: AsyncSession, actor: Actor) -> None:
    await edit_items(session, actor, edit(await form(session, "JZ01", minutes_max=200)))
    from_file = await load_catalog(session)  # said in so many words, it is a new version
    assert from_file.number == 3


# --- files --------------------------------------------------------------------------------------------------------------------------


async def csv_of(session: AsyncSession) -> str:
    return write_catalog(await list_rows(session, await get_last_version(session)))


async def test_a_file_goes_out_is_changed_and_comes_in_again(session: AsyncSession, actor: Actor) -> None:
    text_out = await csv_of(session)
    same = await import_catalog(session, actor, CatalogFile(seen=1, reason="照旧", csv=text_out))
    assert (same.kept, same.added, same.changed, same.unchanged) == (False, [], [], 41)
    head, first, *rest = text_out.splitlines()
    lines = [head, first.replace("日常保洁", "日常打扫"), rest[0].replace("JZ02", "JZ07").replace("厨卫/全屋深度清洁", "收纳整理")]
    file = CatalogFile(seen=1, reason="新名称", csv="\n".join(lines), dry_run=True)
    looked = await import_catalog(session, actor, file)
    assert (looked.kept, looked.number, looked.added, looked.changed, looked.unchanged) == (False, None, ["JZ07"], ["JZ01"], 0)
    assert await counts(session) == (1, 41)
    kept = await import_catalog(session, actor, file.model_copy(update={"dry_run": False}))
    assert (kept.kept, kept.number, await counts(session)) == (True, 2, (2, 83))
    assert (await get_item(session, "JZ01")).name_zh == "日常打扫"
    assert (await get_item(session, "JZ02")).name_zh == "厨卫/全屋深度清洁", "what is not in the file stays"
    with pytest.raises(Conflict):
        await import_catalog(session, actor, file)


async def test_bad_rows_are_told_and_nothing_is_half_imported(session: AsyncSession, actor: Actor) -> None:
    lines = (await csv_of(session)).splitlines()
    lines[1] = lines[1].replace("30.00", "-3", 1)
    lines[2] = lines[2].replace("家政服务员", "飞行员")
    lines[3] = lines[3].replace("housekeeping", "repair")
    for dry_run in (True, False):
        report = await import_catalog(session, actor, CatalogFile(seen=1, reason="x", csv="\n".join(lines), dry_run=dry_run))
        assert [(bad.row, bad.column, bad.reason) for bad in report.bad] == [
            (2, "price_min_cny", "price"), (3, "qualification", "unknown_licence"), (4, "category", "category_kept"),
        ]  # fmt: skip
        assert not report.kept
    assert await counts(session) == (1, 41)
    short = "\n".join(",".join(line.split(",")[:14]) for line in (await csv_of(session)).splitlines())
    report = await import_catalog(session, actor, CatalogFile(seen=1, csv=short, dry_run=True))
    assert [bad.column for bad in report.bad] == ["price_public_cny", "price_market_cny", "active", "off_reason"]
    with pytest.raises(Invalid) as refused:
        await import_catalog(session, actor, CatalogFile(seen=1, csv=await csv_of(session)))
    assert refused.value.code == "reason_needed"


# --- regions ------------------------------------------------------------------------------------------------------------------------


def local(region: Any, code: str = "JZ01", *, seen: int = 0, **more: Any) -> NewLocalisation:
    return NewLocalisation.model_validate({"code": code, "region_id": region, "seen": seen} | more)


PRICES = {"price_min_fen": 2000, "price_max_fen": 4000, "price_public_fen": 1500, "price_market_fen": 4000}


async def test_a_district_switches_off_and_a_community_on_again(session: AsyncSession, actor: Actor) -> None:
    await localise_item(session, actor, local(DISTRICT, switched_off=True, note="春节停办", prices=PRICES))
    await localise_item(session, actor, local(COMMUNITY, switched_off=False, name_zh="施营保洁"))
    here, there = await get_item_in_force(session, "JZ01", COMMUNITY), await get_item_in_force(session, "JZ01", ELSEWHERE)
    assert (here.active, here.name_zh, here.price_public, here.localised) == (True, "施营保洁", 1500, True)
    assert (there.active, there.switched_off_reason, there.switched_off_in) == (False, "春节停办", DISTRICT)
    assert (await get_item_in_force(session, "JZ01", None)).active, "nobody knows where: as everywhere"
    whole = await resolve_items(session, ELSEWHERE)
    assert [item.code for item in whole if not item.active] == ["JZ01"] and len(whole) == 41
    (row, other) = await session.scalars(select(AuditRow).where(AuditRow.verb == "catalog:localised").order_by(AuditRow.id))
    assert (row.object_id, row.details["code"], other.object_id) == (str(DISTRICT), "JZ01", str(COMMUNITY))


async def test_a_later_statement_takes_the_place_of_the_one_before_from_its_day_on(session: AsyncSession, actor: Actor) -> None:
    day = clock.now() + timedelta(days=7)
    await localise_item(session, actor, local(STREET, prices=PRICES))
    await localise_item(session, actor, local(STREET, seen=1, switched_off=True, note="歇业", valid_from=day))
    now, then = await get_item_in_force(session, "JZ01", COMMUNITY), await get_item_in_force(session, "JZ01", COMMUNITY, day)
    assert (now.active, now.price_public, then.active, then.price_public) == (True, 1500, False, 3000)
    await localise_item(session, actor, local(STREET, seen=2, valid_from=day))  # says nothing: as in the district
    assert (await get_item_in_force(session, "JZ01", COMMUNITY, day)).active

    rows = await list_localisations(session, region_id=STREET)
    shown = [(view.number, view.state, view.last) for view in views_of(rows, clock.now(), history=False)]
    assert shown == [(3, "planned", True), (2, "planned", False), (1, "in_force", False)]
    assert [view.state for view in views_of(rows, day, history=True)] == ["in_force", "past", "past"]
    assert [view.number for view in views_of(rows, day, history=False)] == [3]


async def test_a_region_is_changed_by_who_keeps_it(session: AsyncSession, actor: Actor) -> None:
    supervisor = Actor("user", None, "彭秀英", Role.SUPERVISOR, (STREET,))
    await localise_item(session, supervisor, local(COMMUNITY, name_zh="保洁"))
    for place in (DISTRICT, ELSEWHERE):
        with pytest.raises(Forbidden) as refused:
            await localise_item(session, supervisor, local(place, name_zh="保洁"))
        assert refused.value.code == "not_your_region"
    with pytest.raises(Conflict) as changed:
        await localise_item(session, actor, local(COMMUNITY, name_zh="清洁"))
    assert (changed.value.code, changed.value.details) == ("localisation_changed", {"number": 1, "by": "彭秀英"})
    assert await session.scalar(select(func.count(ItemLocalisation.id))) == 1


@pytest.mark.parametrize(
    ("more", "code", "field"),
    [
        ({"code": "JZ77"}, "item_not_found", "code"),
        ({"prices": PRICES | {"price_max_fen": 1}}, "item_invalid", "price_max_fen"),
        ({"prices": PRICES | {"price_market_fen": 1}}, "item_invalid", "price_market_fen"),
        ({"valid_from": "2020-01-01T00:00:00Z"}, "bad_valid_from", "valid_from"),
    ],
)
async def test_what_no_region_can_say(session: AsyncSession, actor: Actor, more: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        await localise_item(session, actor, local(COMMUNITY, **more))
    assert (refused.value.code, refused.value.details["field"]) == (code, field)
    with pytest.raises(ValidationError):
        local(COMMUNITY, switched_off=True)
    with pytest.raises(ValidationError):
        local(COMMUNITY, prices={"price_min_fen": 1})
    assert await session.scalar(select(func.count(ItemLocalisation.id))) == 0


async def test_all_items_of_a_community_take_two_statements(session: AsyncSession, actor: Actor) -> None:
    await localise_item(session, actor, local(STREET, prices=PRICES))
    asked: list[str] = []
    bind = (await session.connection()).sync_connection
    listen = lambda *args: asked.append(args[2])  # noqa: E731
    event.listen(bind, "before_cursor_execute", listen)
    try:
        assert len(await resolve_items(session, COMMUNITY)) == 41
    finally:
        event.remove(bind, "before_cursor_execute", listen)
    assert len(asked) == 2


# --- two at once --------------------------------------------------------------------------------------------------------------------


@pytest_asyncio.fixture
async def committed(demo_database: tuple[Database, DemoFacts]) -> AsyncIterator[Database]:
    """What is really committed is taken back afterwards."""
    database = demo_database[0]
    yield database
    async with database.transaction() as session:
        await session.execute(text("DELETE FROM item_localisations"))
        later = "(SELECT id FROM catalog_versions WHERE number > 1)"
        await session.execute(text(f"DELETE FROM service_items WHERE version_id IN {later}"))
        await session.execute(text("DELETE FROM catalog_versions WHERE number > 1"))
        await session.execute(text("DELETE FROM audit WHERE verb LIKE 'catalog:%'"))


async def test_of_ten_editors_at_once_one_wins_and_the_others_are_told(committed: Database, actor: Actor) -> None:
    async def one(minutes: int) -> str:
        try:
            async with committed.transaction() as session:
                await edit_items(session, actor, edit(await form(session, "JZ01", minutes_max=minutes)))
        except Conflict as error:
            return error.code
        return "kept"

    async def another(note: str) -> str:
        try:
            async with committed.transaction() as session:
                await localise_item(session, actor, local(COMMUNITY, switched_off=True, note=note))
        except Conflict as error:
            return error.code
        return "kept"

    assert sorted(await asyncio.gather(*(one(181 + n) for n in range(10)))) == ["catalog_changed"] * 9 + ["kept"]
    assert sorted(await asyncio.gather(*(another(f"因{n}") for n in range(10)))) == ["kept"] + ["localisation_changed"] * 9
    async with committed.transaction() as session:
        assert await counts(session) == (2, 82)
        assert row_of(await get_item(session, "JZ01")).minutes_max > 180
        assert await session.scalar(select(func.count(ItemLocalisation.id))) == 1
