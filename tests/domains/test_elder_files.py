"""Files of elders: what a spreadsheet may hold, what is told of it, in and out again."""

from __future__ import annotations

import csv
import uuid
import zipfile
from datetime import date, timedelta
from io import BytesIO, StringIO
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from PIL import Image
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.models import User
from callcenter.accounts.roles import Role
from callcenter.elders import exporting, importing, pictures
from callcenter.elders.checks import judge
from callcenter.elders.columns import COLUMNS
from callcenter.elders.models import Elder, Living
from callcenter.elders.queries import get_profile, search_elders
from callcenter.elders.record_schemas import AskExport, DecideExport, DirectoryFilter
from callcenter.elders.records import CheckState, ImportBatch
from callcenter.kit import clock, sheets
from callcenter.kit.errors import AppError, Invalid
from callcenter.kit.ids import new_id
from callcenter.seed.places import DISTRICT_CODE, region_id

ID_NUMBER = "420606195002289023"
GOOD = {"姓名": "尉迟秀莲", "社区": "施营社区", "身份证号": ID_NUMBER, "电话1": "0710 399 0001", "居住情况": "独居", "过敏": "青霉素、磺胺",
        "评估日期": "2026/4/2", "联系人1姓名": "尉迟明", "联系人1关系": "儿子", "联系人1电话": "13899997777", "联系人1有钥匙": "是"}  # fmt: skip


async def supervisor(session: AsyncSession, *codes: str) -> Actor:
    regions = [region_id(code) for code in codes]
    user = User(
        id=new_id(), username=f"u{new_id()}", name="黄志强", role=Role.SUPERVISOR, password_hash="x", active=True, region_ids=regions,
        created_at=clock.now(),
    )  # fmt: skip
    session.add(user)
    await session.flush()
    return Actor("user", user.id, user.name, Role.SUPERVISOR, tuple(regions))


@pytest.fixture
async def boss(session: AsyncSession) -> Actor:
    return await supervisor(session, DISTRICT_CODE)


def as_csv(*rows: dict[str, str], encoding: str = "utf-8-sig") -> bytes:
    heading = list(dict.fromkeys(name for row in rows for name in row))
    out = StringIO()
    writer = csv.DictWriter(out, heading, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode(encoding)


def as_xlsx(*rows: list[Any]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)  # type: ignore[union-attr]
    out = BytesIO()
    book.save(out)
    return out.getvalue()


async def check(session: AsyncSession, actor: Actor, data: bytes) -> ImportBatch:
    return await importing.check_file(session, actor, file_name="老人.csv", data=data)


def told(batch: ImportBatch) -> list[tuple[int, str, str, str]]:
    return [(p.row, p.column, p.value, p.code) for p in importing.report_of(batch).problems]


async def people(session: AsyncSession) -> int:
    return await session.scalar(select(func.count(Elder.id))) or 0


# --- in ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
async def test_a_good_file_comes_in_whole(session: AsyncSession, boss: Actor, encoding: str) -> None:
    before = await people(session)
    batch = await check(session, boss, as_csv(GOOD, {**GOOD, "姓名": "单秀英", "身份证号": "", "联系人1有钥匙": ""}, encoding=encoding))
    assert (batch.rows_total, batch.rows_good, batch.rows_bad, batch.rows_known, told(batch)) == (2, 2, 0, 0, [])
    assert await people(session) == before
    await importing.commit_import(session, boss, batch.id, only_good=False)
    assert await people(session) == before + 2
    (hit,) = await search_elders(session, ID_NUMBER)
    profile = await get_profile(session, hit.id)
    assert (profile.name, profile.living, profile.birth_date, profile.ability_on) == (
        "尉迟秀莲",
        Living.ALONE,
        date(1950, 2, 28),
        date(2026, 4, 2),
    )
    assert profile.health is not None and profile.health.allergies == ["青霉素", "磺胺"]
    assert [(c.name, c.number, c.has_key) for c in profile.contacts] == [("尉迟明", "+8613899997777", True)]
    assert [n.number for n in profile.numbers] == ["+867103990001"] and profile.updated_by == "黄志强"


async def test_every_bad_row_is_told_and_masked(session: AsyncSession, boss: Actor) -> None:
    rows = [
        {**GOOD, "身份证号": "420606195002289024"}, {**GOOD, "身份证号": "", "姓名": ""}, {**GOOD, "身份证号": "", "社区": "月球社区"},
        {**GOOD, "身份证号": "", "电话1": "3990"}, {**GOOD, "身份证号": "", "居住情况": "一个人"}, {**GOOD, "身份证号": "", "评估日期": "去年"},
        {**GOOD, "身份证号": "", "联系人1电话": ""}, {**GOOD, "身份证号": ""},
    ]  # fmt: skip
    batch = await check(session, boss, as_csv(*rows))
    assert told(batch) == [
        (2, "身份证号", "420***********9024", "id_number_invalid"), (3, "姓名", "", "missing"), (4, "社区", "月球社区", "place_unknown"),
        (5, "电话1", "****", "number_invalid"), (6, "居住情况", "一个人", "not_one_of"), (7, "评估日期", "去年", "no_date"),
        (8, "联系人1电话", "", "contact_incomplete"),
    ]  # fmt: skip
    assert (batch.rows_good, batch.rows_bad) == (1, 7)
    before = await people(session)
    with pytest.raises(AppError) as refused:
        await importing.commit_import(session, boss, batch.id, only_good=False)
    assert refused.value.code == "import_has_bad_rows" and await people(session) == before
    await importing.commit_import(session, boss, batch.id, only_good=True)
    assert await people(session) == before + 1


async def test_who_is_known_and_who_stands_there_twice(session: AsyncSession, boss: Actor) -> None:
    first = await check(session, boss, as_csv(GOOD))
    await importing.commit_import(session, boss, first.id, only_good=False)
    rows = [
        {**GOOD, "卡号": "K1"},
        {**GOOD, "身份证号": "", "卡号": "K2"},
        {**GOOD, "身份证号": "", "卡号": "K2"},
        {**GOOD, "身份证号": "", "出生日期": "1950-02-28"},
    ]
    batch = await check(session, boss, as_csv(*rows))
    assert told(batch) == [
        (2, "身份证号", "420***********9023", "known"), (4, "卡号", "K2", "twice_in_file"), (5, "姓名", "", "looks_known"),
    ]  # fmt: skip
    assert (batch.rows_good, batch.rows_bad, batch.rows_known) == (2, 0, 2)


async def test_the_same_file_comes_in_once(session: AsyncSession, boss: Actor) -> None:
    data = as_csv(GOOD)
    await check(session, boss, data)
    second = await check(session, boss, data)
    states = await session.execute(text("SELECT state, rows IS NULL FROM import_batches ORDER BY checked_at"))
    assert [tuple(row) for row in states] == [("discarded", True), ("checked", False)]
    await importing.commit_import(session, boss, second.id, only_good=False)
    for again in (check(session, boss, data), importing.commit_import(session, boss, second.id, only_good=False)):
        with pytest.raises(AppError) as refused:
            await again
        assert refused.value.code in ("file_imported", "import_settled")


async def test_a_failing_row_leaves_nothing_half_done(session: AsyncSession, boss: Actor) -> None:
    """Somebody takes the last row's card between the check and the word."""
    batch = await check(session, boss, as_csv(*({**GOOD, "身份证号": "", "卡号": f"K{i}"} for i in range(700))))
    taken = (await session.scalars(select(Elder).limit(1))).one()
    taken.card_number = "K699"
    await session.flush()
    before = await people(session)
    with pytest.raises(AppError) as refused:
        async with session.begin_nested():
            await importing.commit_import(session, boss, batch.id, only_good=False)
    assert refused.value.code == "import_outdated" and await people(session) == before


async def test_a_supervisor_brings_people_into_her_regions_only(session: AsyncSession) -> None:
    her = await supervisor(session, "420606-02")
    batch = await check(session, her, as_csv({**GOOD, "社区": "施营社区"}, {"姓名": "李四", "社区": "建昌社区"}))
    assert told(batch) == [(2, "社区", "施营社区", "place_not_yours")] and batch.rows_good == 1
    with pytest.raises(AppError) as refused:
        await importing.get_report(session, await supervisor(session, DISTRICT_CODE), batch.id)
    assert refused.value.code == "not_your_import"


async def test_rows_that_nobody_imports_are_forgotten(session: AsyncSession, boss: Actor) -> None:
    batch = await check(session, boss, as_csv(GOOD))
    assert await importing.forget_old_checks(session) == 0
    clock.shift(timedelta(hours=25))
    try:
        assert await importing.forget_old_checks(session) == 1
    finally:
        clock.reset()
    assert (await session.execute(text("SELECT state, rows FROM import_batches WHERE id = :id"), {"id": batch.id})).one() == (
        "discarded",
        None,
    )


async def test_a_workbook_as_excel_writes_it(session: AsyncSession, boss: Actor) -> None:
    data = as_xlsx(
        ["姓名*", "社区*", "身份证号", "出生日期", "电话1", "楼栋", "我的列"],
        ["单秀英", "施营社区", None, date(1948, 3, 12), 13899990005, 3.0, "x"],
        [],
        ["李建国", "施营社区", 420606195002289000.0, None, None, None, None],
        ["王桂兰", "施营社区", None, None, None, "=1+1", None],
    )
    batch = await check(session, boss, data)
    assert told(batch) == [
        (1, "我的列", "", "column_unknown"), (4, "身份证号", "420***********9024", "number_as_float"), (5, "楼栋", "=1+1", "formula"),
    ]  # fmt: skip
    await importing.commit_import(session, boss, batch.id, only_good=True)
    (hit,) = await search_elders(session, "13899990005")
    profile = await get_profile(session, hit.id)
    assert (profile.name, profile.birth_date, profile.building) == ("单秀英", date(1948, 3, 12), "3")


def test_the_template_is_read_back_by_ourselves() -> None:
    for kind in ("csv", "xlsx"):
        with pytest.raises(Invalid) as empty:
            sheets.read_table(importing.template(kind))
        assert empty.value.code == "file_empty"  # a heading, and nobody
    book = load_workbook(BytesIO(importing.template("xlsx")))
    assert [cell.value for cell in book["老人档案"][1]] == [c.heading + ("*" if c.required else "") for c in COLUMNS]
    assert book["填写说明"]["A2"].value == "姓名"


def bomb() -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 40_000_000)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "file_empty"), (b"\n\n", "file_empty"), (b"x" * (5 * 1024 * 1024 + 1), "file_too_large"), (b"PK\x03\x04broken", "file_unreadable"),
        (b"\xd0\xcf\x11\xe0old", "file_old_excel"), (bomb(), "file_too_large"), (b"a,b\n\x00\x01", "file_unreadable"),
        (b"\xff\xff\xff,1\n2", "file_unreadable"),
        (b"a\n" + b"1\n" * 20_001, "file_too_many_rows"), (as_xlsx(["姓名"])[:-200], "file_unreadable"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_is_no_table_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        sheets.read_table(data)
    assert refused.value.code == code


# --- out -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["=1+1", "+86", "-1", "@SUM(A1)", "\t=1", "\r=1", "|cmd", " =1"])
def test_nothing_goes_out_as_a_formula(value: str) -> None:
    (row,) = list(csv.reader(StringIO(sheets.write_csv([[value]]).decode("utf-8-sig"))))
    assert row[0].startswith("'")
    cell = load_workbook(BytesIO(sheets.write_xlsx([["头"], [value]], title="x"))).active["A2"]  # type: ignore[index]
    assert cell.data_type == "s"


async def test_two_people_and_a_day(session: AsyncSession, boss: Actor) -> None:
    asker, other = await supervisor(session, "420606-01"), boss
    wanted = AskExport(reason="街道核对高龄补贴名单", filter=DirectoryFilter(category="高龄"))
    request = await exporting.ask_export(session, asker, wanted)
    for attempt, code in (
        (exporting.decide_export(session, asker, request.id, DecideExport(approve=True)), "own_export"),
        (exporting.fetch_export(session, asker, request.id), "export_not_approved"),
        (exporting.decide_export(session, other, request.id, DecideExport(approve=False)), "note_missing"),
    ):
        with pytest.raises(AppError) as refused:
            await attempt
        assert refused.value.code == code
    await exporting.decide_export(session, other, request.id, DecideExport(approve=True))
    file = await exporting.fetch_export(session, asker, request.id)
    number = exporting.number_of(request)
    assert number in file.name and "黄志强" in file.name and request.downloads == 1
    sheet = load_workbook(BytesIO(file.data)).active
    assert sheet is not None
    mark = str(sheet["A1"].value)
    assert (
        all(part in mark for part in (number, "黄志强", "批准"))
        and sheet.oddFooter is not None
        and mark in str(sheet.oddFooter.center.text)
    )
    heading = [cell.value for cell in sheet[2]]
    assert "身份证号" not in heading and "用药" not in heading
    rows = [dict(zip(heading, (cell.value for cell in row), strict=True)) for row in sheet.iter_rows(min_row=3)]
    streets = set(await session.scalars(select(Elder.name).where(Elder.categories.contains(["高龄"]))))
    assert len(rows) == (await exporting.view_export(session, asker, request)).rows > 0
    assert {row["姓名"] for row in rows} <= streets and all("高龄" in str(row["类别"]) for row in rows)
    with pytest.raises(AppError) as refused:
        await exporting.fetch_export(session, other, request.id)
    assert refused.value.code == "not_your_export"
    clock.shift(timedelta(hours=25))
    try:
        with pytest.raises(AppError) as over:
            await exporting.fetch_export(session, asker, request.id)
    finally:
        clock.reset()
    assert over.value.code == "export_over"


async def test_what_goes_out_can_come_in_again(session: AsyncSession, boss: Actor) -> None:
    """The columns are the same: a file is taken along, its banner cut off."""
    asker = await supervisor(session, "420606-01-01")
    request = await exporting.ask_export(session, asker, AskExport(reason="换系统前的备份", format="csv", sensitive=True))
    await exporting.decide_export(session, boss, request.id, DecideExport(approve=True))
    lines = (await exporting.fetch_export(session, asker, request.id)).data.decode("utf-8-sig").split("\r\n")
    batch = await check(session, boss, "\r\n".join(lines[1:-2]).encode())
    problems = {(code, column) for _, column, _, code in told(batch)}
    assert batch.rows_total == batch.rows_known and problems == {("known", "身份证号"), ("known", "卡号"), ("column_unknown", "状态")}


async def test_of_no_region_is_nothing_to_ask_for(session: AsyncSession) -> None:
    with pytest.raises(AppError) as refused:
        await exporting.ask_export(session, await supervisor(session), AskExport(reason="看看都有谁"))
    assert refused.value.code == "export_empty"


# --- pictures ------------------------------------------------------------------------------------------------------------------


def picture(kind: str = "JPEG", size: tuple[int, int] = (1200, 800), mode: str = "RGB", **more: Any) -> bytes:
    out = BytesIO()
    Image.new(mode, size, "teal" if mode == "RGB" else 0).save(out, kind, **more)
    return out.getvalue()


def test_a_picture_is_made_anew() -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "camera of 王桂兰"  # turned by 90°
    sent = picture(exif=exif) + b"<script>behind the end"
    made = pictures.remade(sent, side=640)
    with Image.open(BytesIO(made)) as seen:
        assert (seen.format, seen.mode, seen.size) == ("JPEG", "RGB", (427, 640))
        assert not seen.getexif()
    assert b"script" not in made and "王".encode() not in made


@pytest.mark.parametrize("mode", ["RGBA", "P", "L", "1", "I;16"])
def test_png_of_any_kind(mode: str) -> None:
    with Image.open(BytesIO(pictures.remade(picture("PNG", mode=mode), side=640))) as seen:
        assert seen.size == (640, 427)


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b"", "picture_invalid"), (b"{}", "picture_invalid"), (picture("GIF"), "picture_invalid"), (picture("BMP"), "picture_invalid"),
        (picture()[:2000], "picture_invalid"), (b"\xff\xd8" + b"x" * 1000, "picture_invalid"), (b"\xff" * (5 * 1024 * 1024 + 1), "picture_too_large"),
        (picture("PNG", (10_000, 10_000), "1"), "picture_too_large"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_is_no_picture(sent: bytes, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        pictures.remade(sent, side=640)
    assert refused.value.code == code


# --- press once ------------------------------------------------------------------------------------------------------------------


class Heard:
    def __init__(self, number: str, line: str, *elder_ids: uuid.UUID) -> None:
        self.call_id, self.number, self.line, self.elder_ids = uuid.uuid4(), number, line, frozenset(elder_ids)


HER, HIM = uuid.uuid4(), uuid.uuid4()


@pytest.mark.parametrize(
    ("presses", "over", "state"),
    [
        ([], False, None), ([], True, CheckState.NOBODY), ([("A", "900", HER)], False, CheckState.PROVED),
        ([("A", "900", HER, HIM)], False, CheckState.PROVED),  # a couple's telephone
        ([("B", "900", HER)], False, CheckState.WRONG_NUMBER), ([("A", "901", HER)], False, CheckState.WRONG_LINE),
        ([("A", "900", HIM)], False, CheckState.WRONG_PROFILE), ([("Z", "900")], False, None), ([("Z", "900")], True, CheckState.NOBODY),
        ([("Z", "900"), ("A", "900", HER)], False, CheckState.PROVED), ([("A", "901", HER), ("A", "900", HER)], True, CheckState.WRONG_LINE),
    ],
)  # fmt: skip
def test_a_check_is_judged_by_the_first_press(presses: list[Any], over: bool, state: CheckState | None) -> None:
    verdict = judge([Heard(*press) for press in presses], elder_id=HER, number="A", line="900", hers={"A", "B"}, over=over)
    assert (verdict.state if verdict else None) == state
    if state is CheckState.NOBODY and presses:
        assert verdict is not None and verdict.number == "Z"
