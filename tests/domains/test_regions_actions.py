"""Changing the tree, its boundaries and its workers."""

from __future__ import annotations

import time
import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.models import AuditRow
from callcenter.accounts.roles import Role
from callcenter.console.places import count_elders_in
from callcenter.elders.actions import create_elder, follow_places
from callcenter.elders.models import Elder
from callcenter.elders.queries import get_elder_card, get_elder_cards, search_elders
from callcenter.elders.schemas import NewElder
from callcenter.kit import clock
from callcenter.kit.errors import AppError, Conflict, Forbidden, Invalid
from callcenter.regions.actions import (
    add_region,
    change_region,
    import_boundaries,
    lock_region,
    move_region,
    restore_region,
    retire_region,
    short_of,
)
from callcenter.regions.models import GridWorker, GridWorkerRegion, Region, RegionBoundary, RegionLevel, WorkerRole
from callcenter.regions.queries import get_region_tree, list_boundaries, list_communities
from callcenter.regions.schemas import BoundaryFile, ChangedRegion, NewRegion, WorkerFile, WorkerForm
from callcenter.regions.workers import add_worker, import_workers
from callcenter.seed.places import region_id

STREET, SHIYING, GRID = region_id("420606-01"), region_id("420606-01-01"), region_id("420606-01-01-2")
BOX = {"type": "Polygon", "coordinates": [[[112.0, 32.0], [112.1, 32.0], [112.1, 32.1], [112.0, 32.0]]]}


def supervisor(*regions: uuid.UUID) -> Actor:
    return Actor("user", None, "黄志强", Role.SUPERVISOR, regions)


async def verbs(session: AsyncSession, subject: str) -> list[str]:
    return list(await session.scalars(select(AuditRow.verb).where(AuditRow.verb.startswith(subject)).order_by(AuditRow.id)))


def changed(region: Region, **values: Any) -> ChangedRegion:
    fields = {"version": region.version, "code": region.code, "name": region.name, "short_name": region.short_name, "sort": region.sort}
    return ChangedRegion(**fields | values)


@pytest.mark.parametrize(
    "name,short", [("施营社区", "施营"), ("中原街道", "中原"), ("樊城区", "樊城"), ("第2网格", "第2网格"), ("区", "区")]
)
def test_what_people_call_it(name: str, short: str) -> None:
    assert short_of(name) == short


async def test_a_new_community_and_its_grid(session: AsyncSession, actor: Actor) -> None:
    made = await add_region(session, actor, NewRegion(parent_id=STREET, code="420606-01-09", name="梦溪社区", sort=9))
    grid = await add_region(session, actor, NewRegion(parent_id=made.id, code="420606-01-09-1", name="梦溪第1网格", short_name="1网格"))
    assert (made.level, made.short_name, made.pinyin, made.version) == (RegionLevel.COMMUNITY, "梦溪", "meng xi", 1)
    assert grid.level is RegionLevel.GRID
    assert [c.short_name for c in await list_communities(session, [STREET])][-1] == "梦溪"
    with pytest.raises(Invalid) as refused:
        await add_region(session, actor, NewRegion(parent_id=grid.id, code="x", name="楼"))
    assert refused.value.code == "no_level_below"
    assert await verbs(session, "region:") == ["region:added", "region:added"]


@pytest.mark.parametrize("code,name,problem", [("420606-01-01", "新社区", "code_taken"), ("420606-99", "施营社区", "name_taken")])
async def test_neither_a_code_nor_a_name_beside_it_twice(session: AsyncSession, actor: Actor, code: str, name: str, problem: str) -> None:
    before = await session.scalar(select(func.count(Region.id)))
    with pytest.raises(Conflict) as refused:
        await add_region(session, actor, NewRegion(parent_id=STREET, code=code, name=name))
    assert refused.value.code == problem
    assert await session.scalar(select(func.count(Region.id))) == before


async def test_another_name_is_found_by_and_an_old_version_is_refused(session: AsyncSession, actor: Actor) -> None:
    region = await lock_region(session, SHIYING)
    lives = await session.scalar(select(func.count(Elder.id)).where(Elder.community_id == SHIYING))
    assert not await search_elders(session, "檀溪湖")
    _, renamed = await change_region(session, actor, SHIYING, changed(region, name="檀溪湖社区", short_name="檀溪湖"))
    assert renamed and await follow_places(session, SHIYING) == lives
    found = await search_elders(session, "檀溪湖", limit=400)
    assert len(found) == lives and {hit.place for hit in found} == {"樊城·中原·檀溪湖"}
    with pytest.raises(Conflict) as refused:
        await change_region(session, actor, SHIYING, changed(region, version=1, name="别的社区"))
    assert refused.value.code == "version_old"
    same, renamed = await change_region(session, actor, SHIYING, changed(region))
    assert not renamed and same.version == 2
    assert await verbs(session, "region:") == ["region:changed"]


async def test_a_community_moves_with_everything_below_it(session: AsyncSession, actor: Actor) -> None:
    region = await lock_region(session, SHIYING)
    await move_region(session, actor, SHIYING, version=region.version, parent_id=region_id("420606-02"))
    await follow_places(session, SHIYING)
    assert "施营" in [c.short_name for c in await list_communities(session, [region_id("420606-02")])]
    assert [hit.place for hit in await search_elders(session, "王桂兰")] == ["樊城·汉江·施营"]
    for parent, problem in ((region_id("420606"), "wrong_level"), (GRID, "wrong_level")):
        with pytest.raises(Invalid) as refused:
            await move_region(session, actor, SHIYING, version=2, parent_id=parent)
        assert refused.value.code == problem


async def test_where_somebody_lives_is_not_retired(session: AsyncSession, actor: Actor) -> None:
    region = await lock_region(session, SHIYING)
    lives = await count_elders_in(session, SHIYING)
    assert lives > 0
    with pytest.raises(Conflict) as refused:
        await retire_region(session, actor, region, elders=lives)
    assert (refused.value.code, refused.value.details) == ("elders_live_here", {"count": lives})
    assert region.retired_at is None


async def test_a_retired_community_takes_nobody_in_and_can_come_back(session: AsyncSession, actor: Actor) -> None:
    made = await add_region(session, actor, NewRegion(parent_id=STREET, code="420606-01-09", name="梦溪社区"))
    grid = await add_region(session, actor, NewRegion(parent_id=made.id, code="420606-01-09-1", name="1网格"))
    with pytest.raises(Conflict) as refused:
        await retire_region(session, actor, made, elders=0)
    assert refused.value.code == "region_has_children"
    await retire_region(session, actor, grid, elders=0)
    await retire_region(session, actor, made, elders=0)
    assert made.id not in {c.id for c in await list_communities(session)}
    assert made.id not in {node.region.id for street in (await get_region_tree(session))[0].children for node in street.children}
    with pytest.raises(Invalid):
        await create_elder(session, actor, NewElder(name="周桂芳", community_id=made.id))
    with pytest.raises(Conflict) as refused:
        await restore_region(session, actor, grid.id, version=grid.version)
    assert refused.value.code == "region_retired"
    await restore_region(session, actor, made.id, version=made.version)
    assert (await create_elder(session, actor, NewElder(name="周桂芳", community_id=made.id))).community_id == made.id


async def test_a_supervisor_changes_her_own_regions_only(session: AsyncSession) -> None:
    hers = supervisor(STREET)
    made = await add_region(session, hers, NewRegion(parent_id=STREET, code="420606-01-09", name="梦溪社区"))
    other = await lock_region(session, region_id("420606-02-01"))
    before = await session.scalar(select(func.count(AuditRow.id)))
    for attempt in (
        lambda: change_region(session, hers, other.id, changed(other, name="别人的社区")),
        lambda: move_region(session, hers, made.id, version=made.version, parent_id=region_id("420606-02")),
        lambda: add_region(session, hers, NewRegion(parent_id=None, code="420602", name="襄城区")),
        lambda: add_region(session, supervisor(), NewRegion(parent_id=STREET, code="420606-01-10", name="又一社区")),
        lambda: retire_region(session, hers, other, elders=0),
    ):
        with pytest.raises(Forbidden) as refused:
            await attempt()
        assert refused.value.code == "not_your_region"
    assert (other.name, other.version, made.parent_id) == ("建昌社区", 1, STREET)
    assert await session.scalar(select(func.count(AuditRow.id))) == before


# --- boundaries ----------------------------------------------------------------------------------------------------------------------


def a_file(*features: tuple[str, Any], dry_run: bool = False) -> BoundaryFile:
    made = [{"type": "Feature", "properties": {"code": code}, "geometry": geometry} for code, geometry in features]
    return BoundaryFile(type="FeatureCollection", features=made, dry_run=dry_run)


async def test_boundaries_come_out_as_they_went_in(session: AsyncSession, actor: Actor) -> None:
    assert len(await list_boundaries(session)) == 82
    assert len(await list_boundaries(session, RegionLevel.COMMUNITY)) == 72
    grid = {"type": "Polygon", "coordinates": [[[112.091, 32.028], [112.095, 32.028], [112.095, 32.031], [112.091, 32.028]]]}
    file = a_file(("420606-01-01", BOX), ("420606-01-01-2", grid))
    looked = await import_boundaries(session, actor, file.model_copy(update={"dry_run": True}))
    assert (looked.kept, looked.added, looked.replaced, looked.bad) == (False, 1, 1, [])
    assert len(await list_boundaries(session)) == 82
    report = await import_boundaries(session, actor, file)
    assert (report.kept, report.added, report.replaced, report.unchanged) == (True, 1, 1, 0)
    again = await import_boundaries(session, actor, file)
    assert (again.kept, again.added, again.replaced, again.unchanged) == (True, 0, 0, 2)
    assert {r.code: g for r, g in await list_boundaries(session)}["420606-01-01-2"] == grid
    assert await verbs(session, "region:boundaries") == ["region:boundaries_imported"]


async def test_one_bad_feature_and_nothing_is_kept(session: AsyncSession, actor: Actor) -> None:
    bow = {"type": "Polygon", "coordinates": [[[112.0, 32.0], [112.1, 32.1], [112.1, 32.0], [112.0, 32.2], [112.0, 32.0]]]}
    before = await session.scalar(
        select(func.md5(func.string_agg(text("geometry::text"), text("'' ORDER BY region_id")))).select_from(RegionBoundary)
    )
    report = await import_boundaries(
        session,
        actor,
        a_file(("420606-01-01", BOX), ("nowhere", BOX), ("420606-01-02", bow), ("", BOX), ("420606-01-03", BOX), ("420606-01-03", BOX)),
    )
    assert not report.kept
    assert [(b.row, b.reason) for b in report.bad] == [
        (2, "unknown_code"), (3, "crosses_itself"), (4, "no_code"), (5, "code_twice"), (6, "code_twice"),
    ]  # fmt: skip
    after = await session.scalar(
        select(func.md5(func.string_agg(text("geometry::text"), text("'' ORDER BY region_id")))).select_from(RegionBoundary)
    )
    assert after == before
    outside = await import_boundaries(session, supervisor(region_id("420606-02")), a_file(("420606-01-01", BOX)))
    assert [b.reason for b in outside.bad] == ["not_your_region"]


# --- workers ---------------------------------------------------------------------------------------------------------------------------


async def alone(session: AsyncSession) -> uuid.UUID:
    return await session.scalar(select(Elder.id).where(Elder.name == "王桂兰")) or uuid.UUID(int=0)


async def card_worker(session: AsyncSession) -> str:
    worker = (await get_elder_card(session, await alone(session))).grid_worker
    return worker.name if worker else ""


async def test_her_grids_worker_stands_on_the_card_with_the_whole_number(session: AsyncSession) -> None:
    card = await get_elder_card(session, await alone(session))
    assert card.grid_worker is not None
    assert card.grid_worker.role is WorkerRole.GRID_WORKER
    assert card.grid_worker.number.startswith("+86137000") and "*" not in card.grid_worker.text
    stored = await session.scalar(text("SELECT string_agg(encode(number, 'escape'), '') FROM grid_workers"))
    assert card.grid_worker.number not in stored
    (masked,) = await get_elder_cards(session, [card.id], full=False)
    assert masked.grid_worker is None


async def test_who_is_not_there_today_is_not_on_the_card(session: AsyncSession, actor: Actor) -> None:
    today = clock.today("Asia/Shanghai")
    for worker in await session.scalars(select(GridWorker)):
        worker.active = False
    await session.flush()
    assert await card_worker(session) == ""
    form = WorkerForm(name="街道", number="13700018001", role=WorkerRole.STREET_CENTRE, region_ids=[STREET])
    await add_worker(session, actor, form)
    assert await card_worker(session) == ""  # a street's centre is nobody's own worker
    await add_worker(session, actor, WorkerForm(name="负责人", number="13700018002", role=WorkerRole.COMMUNITY_LEAD, region_ids=[SHIYING]))
    assert await card_worker(session) == "负责人"
    await add_worker(session, actor, WorkerForm(name="全社区", number="13700018003", role=WorkerRole.GRID_WORKER, region_ids=[SHIYING]))
    assert await card_worker(session) == "全社区"
    gone = {"valid_to": today - timedelta(days=2)}
    await add_worker(session, actor, WorkerForm(name="走了", number="13700018004", role=WorkerRole.GRID_WORKER, region_ids=[GRID], **gone))
    assert await card_worker(session) == "全社区"
    await add_worker(session, actor, WorkerForm(name="本网格", number="13700018005", role=WorkerRole.GRID_WORKER, region_ids=[GRID]))
    assert await card_worker(session) == "本网格"


@pytest.mark.parametrize(
    "values,problem",
    [
        ({"number": "12"}, "number_invalid"),
        ({"number": "120"}, "number_invalid"),
        ({"region_ids": [STREET]}, "wrong_level"),
        ({"region_ids": [uuid.UUID(int=5)]}, "region_not_found"),
        ({"valid_from": date(2026, 5, 2), "valid_to": date(2026, 5, 1)}, "dates_reversed"),
    ],
)
async def test_what_no_worker_is(session: AsyncSession, actor: Actor, values: dict[str, Any], problem: str) -> None:
    good: dict[str, Any] = {"name": "王丽", "number": "13700018001", "role": WorkerRole.GRID_WORKER, "region_ids": [GRID]}
    with pytest.raises(AppError) as refused:
        await add_worker(session, actor, WorkerForm(**good | values))
    assert refused.value.code == problem


CSV = """姓名,电话,职务,区域编码,开始日期,结束日期
王丽,137 0001 8001,网格员,420606-01-01-1 420606-01-01-2,2026-01-01,
李强,0710-3456001,社区负责人,420606-01-01,,2027/12/31
"""


async def test_a_file_of_workers(session: AsyncSession, actor: Actor) -> None:
    looked = await import_workers(session, actor, WorkerFile(csv=CSV, dry_run=True))
    assert (looked.kept, looked.added, looked.bad) == (False, 2, [])
    report = await import_workers(session, actor, WorkerFile(csv="\ufeff" + CSV))
    assert (report.kept, report.added, report.changed, report.unchanged) == (True, 2, 0, 0)
    again = await import_workers(session, actor, WorkerFile(csv=CSV.replace("李强", "李小强")))
    assert (again.added, again.changed, again.unchanged) == (0, 1, 1)
    names = set(
        await session.scalars(
            select(GridWorker.name).where(GridWorker.name.in_(["王丽", "李强", "李小强"]), GridWorker.valid_to.is_not(None))
        )
    )
    assert names == {"李小强"}


async def test_every_bad_row_is_told_and_none_is_kept(session: AsyncSession, actor: Actor) -> None:
    rows = (
        ",13700018009,网格员,420606-01-01-1,,",
        "赵六,12,队长,420606-01,2026-13-01,",
        "钱七,13700018001,网格员,420606-01-01,,",
        "周八,13700018010,网格员,nowhere,2026-02-02,2026-01-01",
    )
    bad = CSV + "\n".join(rows)
    before = await session.scalar(select(func.count(GridWorker.id)))
    report = await import_workers(session, actor, WorkerFile(csv=bad))
    assert not report.kept
    assert [(b.row, b.column, b.reason) for b in report.bad] == [
        (4, "name", "missing"),
        (5, "number", "no_number"), (5, "role", "unknown_role"), (5, "valid_from", "no_date"),
        (6, "number", "twice"),
        (7, "codes", "unknown_code"), (7, "valid_to", "before_start"),
    ]  # fmt: skip
    assert await session.scalar(select(func.count(GridWorker.id))) == before


@pytest.mark.parametrize(
    "csv,problem", [("", "csv_empty"), ("姓名,电话\n", "csv_head"), ("name,number,role,codes\n", "csv_empty"), ('"a', "csv_broken")]
)
async def test_what_is_no_file(session: AsyncSession, actor: Actor, csv: str, problem: str) -> None:
    with pytest.raises(Invalid) as refused:
        await import_workers(session, actor, WorkerFile.model_construct(csv=csv, dry_run=False))
    assert refused.value.code == problem


async def test_the_cards_worker_is_found_as_fast_among_many(session: AsyncSession) -> None:
    """The best of twenty each: whatever else this machine does then, it does beside both."""
    elder_id = await alone(session)

    async def best() -> float:
        times = []
        for _ in range(20):
            begun = time.perf_counter()
            await get_elder_card(session, elder_id)
            times.append(time.perf_counter() - begun)
        return min(times)

    with_few = await best()
    elsewhere = await session.scalar(select(Region.id).where(Region.level == RegionLevel.COMMUNITY, Region.id != SHIYING).limit(1))
    workers = [
        GridWorker(name="网格员", number=f"+86139{n:08}", number_index=str(n), role=WorkerRole.GRID_WORKER, updated_at=clock.now())
        for n in range(2000)
    ]
    session.add_all(workers)
    await session.flush()
    session.add_all(GridWorkerRegion(worker_id=worker.id, region_id=elsewhere) for worker in workers)
    await session.flush()
    assert await best() < 3 * with_few
