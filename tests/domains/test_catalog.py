"""The catalogue: 41 items, versions only for new content, every fault told, nothing half-imported."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.catalog.actions import load_catalog
from callcenter.catalog.models import CatalogVersion, Category, ClaimMode, ServiceItem, SlaClass, VolunteerPart
from callcenter.catalog.queries import get_current_version, get_item, get_item_by_id, list_items
from callcenter.catalog.reading import CATALOG_FILE, MAX_BYTES, CatalogInvalid, content_hash, read_catalog
from callcenter.kit.errors import NotFound

CSV = CATALOG_FILE.read_text(encoding="utf-8")
HEADER, *LINES = CSV.splitlines()


def changed(row: int, **cells: str) -> str:
    """The catalogue with cells of one row (as a spreadsheet counts) replaced."""
    lines = CSV.splitlines()
    values = dict(zip(HEADER.split(","), lines[row - 1].split(","), strict=True)) | cells
    lines[row - 1] = ",".join(values.values())
    return "\n".join(lines)


def test_the_shipped_catalogue() -> None:
    rows = read_catalog(CATALOG_FILE)
    assert len(rows) == 41
    assert Counter(row.category for row in rows) == {
        Category.HOUSEKEEPING: 6,
        Category.REPAIR: 7,
        Category.DELIVERY: 5,
        Category.PERSONAL_CARE: 8,
        Category.ESCORT: 6,
        Category.COMPANIONSHIP: 4,
        Category.EMERGENCY: 5,
    }
    nursing = next(row for row in rows if row.code == "PH06")
    assert nursing.requirements == (("registered_nurse",),), "a hard gate: only a licensed nurse"
    assert next(row for row in rows if row.code == "WX02").requirements == (("low_voltage_electrician",),)
    assert all((row.price_public_cny, row.price_market_cny) == (row.price_min_cny, row.price_max_cny) for row in rows)
    assert all(row.active and not row.off_reason for row in rows)
    assert (nursing.sla_class, nursing.claim_mode, nursing.volunteer) == (SlaClass.N1, ClaimMode.ASSIGNED, VolunteerPart.NO)
    assert (nursing.price_min_cny, nursing.minutes_max) == (Decimal("100.00"), 60)


async def test_the_same_content_is_no_new_version(session: AsyncSession) -> None:
    first = await load_catalog(session)
    for same in (CATALOG_FILE, CSV, b"\xef\xbb\xbf" + CSV.replace("\n", "\r\n").encode(), CSV.replace(",30,50,", ", 30.00 ,50,") + "\n\n"):
        assert (await load_catalog(session, same)).id == first.id
    assert await session.scalar(select(func.count(CatalogVersion.id))) == 1


async def test_new_content_is_a_new_version_and_the_old_stays(session: AsyncSession) -> None:
    old = await get_item(session, "JZ01")
    second = await load_catalog(session, changed(2, price_max_cny="60"))
    assert second.number == 2
    item = await get_item(session, "JZ01")
    assert (item.price_max_cny, len(await list_items(session)), len(await list_items(session, Category.EMERGENCY))) == (
        Decimal("60.00"),
        41,
        5,
    )
    assert (await get_item_by_id(session, old.id)).price_max_cny == Decimal("50.00")
    with pytest.raises(NotFound):
        await get_item(session, "JZ99")


@pytest.mark.parametrize(
    ("row", "cells", "column", "why"),
    [
        (2, {"code": "jz1"}, "code", "no code"),
        (3, {"code": "JZ01"}, "code", "stands in row 2 already"),
        (4, {"category": "cleaning"}, "category", "is none of housekeeping"),
        (5, {"name_zh": " "}, "name_zh", "empty"),
        (5, {"name_zh": "=1+1"}, "name_zh", "takes for a formula"),
        (6, {"name_en": "x" * 101}, "name_en", "longer than"),
        (6, {"unit": "litre"}, "unit", "is none of hour"),
        (7, {"price_min_cny": "-1"}, "price_min_cny", "no price"),
        (7, {"price_min_cny": "NaN"}, "price_min_cny", "no price"),
        (7, {"price_min_cny": "1.005"}, "price_min_cny", "no price"),
        (8, {"price_min_cny": "101"}, "price_max_cny", "below price_min_cny"),
        (9, {"minutes_min": "1e3"}, "minutes_min", "no number of minutes"),
        (9, {"minutes_min": "１０"}, "minutes_min", "no number of minutes"),
        (9, {"minutes_max": "10"}, "minutes_max", "below minutes_min"),
        (10, {"qualification": "a||b"}, "qualification", "an empty qualification"),
        (10, {"qualification": ""}, "qualification", "an empty qualification"),
        (10, {"qualification": "健康证&"}, "qualification", "an empty qualification"),
        (10, {"qualification": "飞行员"}, "qualification", "no licence that is known"),
        (11, {"sla_class": "E1"}, "sla_class", "is none of E0"),
        (12, {"home_visit": "maybe"}, "home_visit", "is none of yes"),
        (13, {"volunteer": ""}, "volunteer", "is none of yes"),
        (42, {"claim_mode": "Open"}, "claim_mode", "is none of open"),
    ],
)
async def test_a_fault_is_told_with_row_and_column(session: AsyncSession, row: int, cells: dict[str, str], column: str, why: str) -> None:
    with pytest.raises(CatalogInvalid) as refused:
        await load_catalog(session, changed(row, **cells))
    (fault,) = refused.value.faults
    assert (fault.row, fault.column) == (row, column)
    assert why in fault.why
    assert await session.scalar(select(func.count(ServiceItem.id))) == 41
    assert (current := await get_current_version(session)) is not None
    assert current.number == 1


def test_all_faults_at_once() -> None:
    broken = changed(2, category="x", unit="").replace("JJ05,", "JJ5,")
    with pytest.raises(CatalogInvalid) as refused:
        read_catalog(broken)
    assert [(f.row, f.column) for f in refused.value.faults] == [(2, "category"), (2, "unit"), (42, "code")]
    assert "row 2, category" in refused.value.message


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "empty"),
        (HEADER, "no item"),
        ("code,category\nJZ01,repair", "missing"),
        (CSV.replace("claim_mode", "claim_mode,extra", 1), "unknown column"),
        (HEADER.replace("name_en", "name_zh") + "\n" + LINES[0], "missing"),
        (HEADER + "\nJZ01,housekeeping", "2 cells, 14 expected"),
        (HEADER + '\n"JZ01', "not a CSV file"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (CSV.encode("gb18030"), "not UTF-8"),
        ("\x00" * 50, "not a text file"),
        ("x" * (MAX_BYTES + 1), "larger than"),
    ],
)
def test_what_is_no_catalogue_is_refused(content: str | bytes, why: str) -> None:
    with pytest.raises(CatalogInvalid, match=why):
        read_catalog(content)


def test_a_thousand_faults_stay_readable() -> None:
    with pytest.raises(CatalogInvalid) as refused:
        read_catalog(HEADER + "\n" + "\n".join("x" * 14 for _ in range(1000)))
    assert len(refused.value.details["faults"]) == 50
    assert len(refused.value.message) < 10_000


def test_the_hash_is_of_the_content(tmp_path: Path) -> None:
    file = tmp_path / "c.csv"
    file.write_text(CSV, encoding="utf-8")
    assert content_hash(read_catalog(file)) == content_hash(read_catalog(CSV))
    assert content_hash(read_catalog(changed(2, unit="day"))) != content_hash(read_catalog(CSV))
