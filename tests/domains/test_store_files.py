"""Stores as a file: what is written is read again, a bad row keeps everything out, and what was looked at is what is kept."""

from __future__ import annotations

from datetime import date
from random import Random
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.roles import Role
from callcenter.catalog.licences import LICENCES
from callcenter.dispatch.stores.files import export_stores, import_stores, template
from callcenter.dispatch.stores.models import Licence, ProviderPerson, Store
from callcenter.dispatch.stores.queries import StoreFilter
from callcenter.dispatch.stores.rules import check_hours
from callcenter.dispatch.stores.sheet import (
    COLUMNS,
    Paper,
    read_hours,
    read_items,
    read_papers,
    write_hours,
    write_items,
    write_papers,
)
from callcenter.kit.errors import Invalid
from callcenter.kit.sheets import read_table, write_csv, write_xlsx
from callcenter.seed.demo import DemoFacts
from callcenter.seed.places import DISTRICT_CODE, region_id
from callcenter.seed.stores import seed_stores

GOOD = {
    "名称": "和顺家政", "所在社区": "施营社区", "电话": "138 0101 9999", "负责人": "张凤琴", "营业时间": "每天 08:00-18:00", "服务项目": "JZ01=40;JZ03=6.5",
    "证照": "家政服务员/J1/2027-05-31;健康证", "服务区域": "施营、中原社区",
}  # fmt: skip


def sheet(*rows: dict[str, str], kind: str = "csv") -> bytes:
    headings = [column.heading + "*" * column.required for column in COLUMNS]
    lines = [headings, *([row.get(h.rstrip("*"), "") for h in headings] for row in rows)]
    return write_csv(lines) if kind == "csv" else write_xlsx(lines, title="服务商")


# --- cells -----------------------------------------------------------------------------------------------------------------------------


def random_week(chance: Random) -> list[list[list[int]]]:
    week: list[list[list[int]]] = []
    for _ in range(7):
        if week and chance.random() < 0.6:
            week.append(week[-1])
            continue
        cuts = sorted(chance.sample(range(1441), 2 * chance.randint(0, 3)))
        week.append([cuts[i : i + 2] for i in range(0, len(cuts), 2)])
    return week


@pytest.mark.parametrize("start", range(3))
def test_what_is_written_is_read_again(start: int) -> None:
    for seed in range(start * 200, start * 200 + 200):
        chance = Random(seed)
        week = check_hours(random_week(chance))
        assert read_hours(write_hours(week)) == week
        prices = {f"JZ{i:02}": chance.randrange(100_000) for i in range(1, chance.randint(2, 9))}
        assert read_items(write_items(prices)) == prices
        kinds = chance.sample(sorted(LICENCES), chance.randint(0, 5))
        papers = [
            Paper(k, f"N{chance.randrange(999)}", date(2027, chance.randint(1, 12), 1) if chance.random() < 0.7 else None) for k in kinds
        ]
        assert read_papers(write_papers(papers)) == papers


@pytest.mark.parametrize("start", range(3))
def test_no_cell_breaks_the_reading(start: int) -> None:
    for seed in range(start * 200, start * 200 + 200):
        chance = Random(seed)
        alphabet = "周一二日天至每全:：-08;；,/= JZ01PH06健康证.元¥'\"\\\u0000\ufeff٣²"
        cell = "".join(chance.choice(alphabet) for _ in range(chance.randint(0, 30)))
        for read in (read_hours, read_items, read_papers):
            try:
                read(cell)
            except ValueError as error:
                assert str(error).replace("_", "").isalpha()


# --- files -----------------------------------------------------------------------------------------------------------------------------


async def count(session: AsyncSession) -> tuple[int, int, int]:
    return tuple([await session.scalar(select(func.count(m.id))) or 0 for m in (Store, ProviderPerson, Licence)])  # type: ignore[return-value]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
async def test_looked_at_then_kept_then_nothing_new(session: AsyncSession, actor: Actor, facts: DemoFacts, kind: str) -> None:
    file = sheet(
        GOOD,
        GOOD | {"名称": "施营应急站", "营业时间": "全天", "服务项目": "JJ04=0", "证照": "救护员证/9/", "服务区域": "本街道"},
        kind=kind,
    )
    looked = await import_stores(session, actor, file, dry_run=True)
    assert (looked.kept, looked.rows, looked.added, looked.bad) == (False, 2, 2, [])
    assert await count(session) == (0, 0, 0)
    assert await session.scalar(text("SELECT count(*) FROM outbox WHERE topic = 'store'")) == 0
    kept = await import_stores(session, actor, file, dry_run=False)
    assert (kept.kept, kept.added, kept.bad) == (True, 2, [])
    assert await count(session) == (2, 1, 3)  # one person is keeper of both
    out = await export_stores(session, actor, StoreFilter(), kind=kind, numbers=True)
    again = await import_stores(session, actor, out, dry_run=False)
    assert (again.added, again.changed, again.unchanged, again.bad) == (0, 0, 2, [])
    masked = await export_stores(session, actor, StoreFilter(), kind=kind, numbers=False)
    assert b"9999" in (masked if kind == "csv" else b"9999")
    assert b"0101 9999" not in masked
    assert (await import_stores(session, actor, masked, dry_run=False)).unchanged == 2


@pytest.mark.parametrize(
    ("cells", "column", "why"),
    [
        ({"名称": ""}, "名称", "required"),
        ({"所在社区": "月亮社区"}, "所在社区", "place_unknown"),
        ({"电话": "110"}, "电话", "number_invalid"),
        ({"电话": "138****9999"}, "电话", "number_invalid"),
        ({"营业时间": "随时"}, "营业时间", "no_day"),
        ({"营业时间": "每天 18:00-08:00"}, "营业时间", "bad_hours"),
        ({"营业时间": "每天 08:00-12:00,11:00-18:00"}, "营业时间", "bad_hours"),
        ({"营业时间": "每天 08:00-25:00"}, "营业时间", "invalid"),
        ({"营业时间": "每天 08:00-18:00;周一 09:00-10:00"}, "营业时间", "day_twice"),
        ({"服务项目": "JZ01=-1"}, "服务项目", "price_negative"),
        ({"服务项目": "JZ01=NaN"}, "服务项目", "no_price"),
        ({"服务项目": "JZ01=500"}, "服务项目", "price_outside"),
        ({"服务项目": "XX01=5"}, "服务项目", "item_unknown"),
        ({"服务项目": "JJ01=0"}, "服务项目", "centre_item"),
        ({"类型": "志愿者", "服务项目": "ZL01=100"}, "服务项目", "volunteers_may_not"),
        ({"类型": "公司"}, "类型", "no_kind"),
        ({"证照": "驾驶证"}, "证照", "licence_unknown"),
        ({"证照": "健康证/1/2027-02-30"}, "证照", "no_date"),
        ({"服务区域": "施营、月亮"}, "服务区域", "place_unknown"),
        ({"纬度": "32.03"}, "纬度", "invalid"),
        ({"纬度": "北纬", "经度": "112"}, "纬度", "no_number"),
        ({"每日接单上限": "很多"}, "每日接单上限", "no_number"),
        ({"智能手机": "也许"}, "智能手机", "no_flag"),
        ({"编号": "S9999"}, "编号", "store_not_found"),
        ({"所属组织": "没有的协会"}, "所属组织", "organisation_not_found"),
    ],
)
async def test_a_bad_row_keeps_the_whole_file_out(
    session: AsyncSession, actor: Actor, facts: DemoFacts, cells: dict[str, str], column: str, why: str
) -> None:
    report = await import_stores(session, actor, sheet(GOOD, GOOD | cells), dry_run=False)
    assert not report.kept
    assert [(bad.row, bad.column, bad.why) for bad in report.bad] == [(3, column, why)]
    assert await count(session) == (0, 0, 0)


async def test_a_price_outside_with_its_reason(session: AsyncSession, actor: Actor, facts: DemoFacts) -> None:
    assert (await import_stores(session, actor, sheet(GOOD | {"服务项目": "JZ01=80", "价格说明": "春节"}), dry_run=False)).kept


async def test_headings_that_are_wrong(session: AsyncSession, actor: Actor) -> None:
    for heading, expected in (
        ([["名称", "电话"], ["a", "1"]], {"所在社区": "column_missing", "负责人": "column_missing"}),
        ([[c.heading for c in COLUMNS] + ["名称", "秘密"], ["a"]], {"名称": "column_twice", "秘密": "column_unknown"}),
    ):
        report = await import_stores(session, actor, write_csv(heading), dry_run=False)
        found = {bad.column: bad.why for bad in report.bad}
        assert expected.items() <= found.items()
        assert {bad.row for bad in report.bad} == {1}
    for data in (b"", b"\x00\x01\x02", b"PK\x03\x04 no workbook"):
        with pytest.raises(Invalid):
            await import_stores(session, actor, data, dry_run=True)


async def test_a_supervisor_imports_into_her_regions_only(session: AsyncSession, actor: Actor, facts: DemoFacts) -> None:
    elsewhere = Actor("user", None, "别街", Role.SUPERVISOR, (region_id(f"{DISTRICT_CODE}-02"),))
    report = await import_stores(session, elsewhere, sheet(GOOD), dry_run=False)
    assert [(bad.row, bad.why) for bad in report.bad] == [(2, "not_your_region")]
    assert await count(session) == (0, 0, 0)


async def test_six_hundred_go_out_and_come_back_unchanged(session: AsyncSession, actor: Actor, facts: DemoFacts) -> None:
    await seed_stores(session)
    out = await export_stores(session, actor, StoreFilter(), kind="xlsx", numbers=True)
    assert len(read_table(out).rows) == 600
    report: Any = await import_stores(session, actor, out, dry_run=True)
    assert (report.rows, report.added, report.bad[:3]) == (600, 0, [])
    assert report.unchanged > 550


def test_the_template_can_be_read_and_explains_each_column() -> None:
    for kind in ("csv", "xlsx"):
        assert template(kind)
    assert all(column.example or column.help or column.path == "code" for column in COLUMNS)
