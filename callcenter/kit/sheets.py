"""Tables of text out of CSV and XLSX files, and into them. No I/O but on bytes; nothing of a file is believed."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO, StringIO
from typing import Any
from zipfile import BadZipFile

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill

from callcenter.kit.errors import Invalid

MAX_BYTES = 5 * 1024 * 1024
MAX_ROWS = 20_000
MAX_COLUMNS = 200
MAX_CELL = 2_000
MAX_UNPACKED = 200 * 1024 * 1024  # 20,000 rows of 60 columns take about 60 MB of XML
MAX_RATIO = 200
XLSX_START = b"PK\x03\x04"


@dataclass(frozen=True, slots=True)
class Cell:
    """`problem`: why its text can't be believed ("formula", "number_as_float", "error_value", "too_long")."""

    text: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    heading: list[str]
    rows: list[tuple[int, list[Cell]]]  # with the row's number in the spreadsheet; empty rows are left out


def read_table(data: bytes) -> Table:
    """The first sheet. Invalid (`file_…`) when it is no table that can be read, or too large."""
    if not data:
        raise Invalid("the file is empty", code="file_empty")
    if len(data) > MAX_BYTES:
        raise Invalid("a file has at most 5 MB", code="file_too_large", details={"max_mb": 5})
    if data.startswith(XLSX_START):
        return _table(_xlsx_rows(data))
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise Invalid("an old .xls workbook: save it as .xlsx", code="file_old_excel")
    return _table(_csv_rows(data))


def _table(rows: Iterator[list[Cell]]) -> Table:
    found: list[tuple[int, list[Cell]]] = []
    heading: list[str] | None = None
    for number, cells in enumerate(rows, 1):
        if not any(cell.text or cell.problem for cell in cells):
            continue
        if heading is None:
            heading = [" ".join(cell.text.replace("*", "").split()) for cell in cells]
            continue
        if len(found) == MAX_ROWS:
            raise Invalid(f"a file has at most {MAX_ROWS} rows", code="file_too_many_rows", details={"max": MAX_ROWS})
        found.append((number, cells))
    if heading is None or not found:
        raise Invalid("there are no rows in this file", code="file_empty")
    return Table(heading, found)


# --- CSV ---------------------------------------------------------------------------------------------------------------


def _csv_rows(data: bytes) -> Iterator[list[Cell]]:
    text = _decoded(data)
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    try:
        for record in csv.reader(StringIO(text, newline=""), delimiter=delimiter):
            yield [_text_cell(value) for value in record[:MAX_COLUMNS]]
    except csv.Error as error:
        raise Invalid("this is no table that can be read", code="file_unreadable") from error


def _decoded(data: bytes) -> str:
    """As spreadsheets in China write it: UTF-8 with or without its mark, GB18030, UTF-16 with its mark."""
    if b"\x00" in data and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Invalid("this is neither .csv nor .xlsx", code="file_unreadable")
    for encoding in ("utf-16",) if data.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Invalid("the characters of this file can't be read: save it as UTF-8", code="file_unreadable")


def _text_cell(value: str) -> Cell:
    text = "".join(c for c in value if c >= " " or c in "\n\t").strip().lstrip("\ufeff")
    return Cell(text) if len(text) <= MAX_CELL else Cell(text[:30], "too_long")


# --- XLSX --------------------------------------------------------------------------------------------------------------


def _xlsx_rows(data: bytes) -> Iterator[list[Cell]]:
    _refuse_bombs(data)
    try:
        book = load_workbook(BytesIO(data), read_only=True, data_only=False, keep_links=False)
        try:
            sheet = book.worksheets[0]
            for row in sheet.iter_rows(max_row=MAX_ROWS * 2, max_col=MAX_COLUMNS):
                cells = [_sheet_cell(cell.value, getattr(cell, "data_type", "s")) for cell in row]
                while cells and not cells[-1].text and not cells[-1].problem:
                    cells.pop()
                yield cells
        finally:
            book.close()
    except Invalid:
        raise
    except Exception as error:  # a broken file breaks the reader in as many ways as there are parts of it
        raise Invalid("this workbook can't be read; save it anew as .xlsx", code="file_unreadable") from error


def _refuse_bombs(data: bytes) -> None:
    """What is unpacked is counted by unpacking it: the sizes that a zip file tells of itself are its own word."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            if len(archive.infolist()) > 500:
                raise Invalid("this workbook is too large", code="file_too_large", details={"max_mb": 5})
            total = 0
            for member in archive.infolist():
                with archive.open(member) as part:
                    while chunk := part.read(1 << 20):
                        total += len(chunk)
                        if total > MAX_UNPACKED or total > max(len(data) * MAX_RATIO, 1 << 22):
                            raise Invalid("this workbook is too large when it is unpacked", code="file_too_large", details={"max_mb": 5})
    except (BadZipFile, OSError, RuntimeError, NotImplementedError, EOFError, zipfile.LargeZipFile, ValueError) as error:
        raise Invalid("this workbook can't be read", code="file_unreadable") from error


def _sheet_cell(value: Any, kind: str) -> Cell:
    if value is None:
        return Cell()
    if kind == "f":
        return Cell(str(value)[:60], "formula")
    if kind == "e":
        return Cell(str(value), "error_value")
    if isinstance(value, bool):
        return Cell("是" if value else "否")
    if isinstance(value, datetime | date):
        return Cell(value.strftime("%Y-%m-%d"))
    if isinstance(value, int | float):
        if abs(value) >= 1e15:  # beyond that a spreadsheet has rounded: the last digits are not those that were typed
            return Cell(f"{value:.0f}", "number_as_float")
        return Cell(str(int(value)) if float(value).is_integer() else repr(value))
    return _text_cell(str(value))


# --- out -----------------------------------------------------------------------------------------------------------------


def safe(text: str) -> str:
    """A cell that a spreadsheet would take for a formula is quoted (= + - @, and a tab or a line's end before them)."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%") or text.lstrip()[:1] in ("=", "@") else text


def write_csv(rows: Iterable[Sequence[str]]) -> bytes:
    """With the mark of UTF-8, by which Excel knows it."""
    out = StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    for row in rows:
        writer.writerow([safe(value) for value in row])
    return out.getvalue().encode("utf-8-sig")


def write_xlsx(
    rows: Iterable[Sequence[str]], *, title: str, banner: str = "", footer: str = "", widths: Sequence[int] = (), more: Sequence[Any] = ()
) -> bytes:
    """The first row is the heading. `banner` stands above it, `footer` on every printed page. `more`: (title, rows, widths) of further sheets."""
    book = Workbook(write_only=True)
    for name, lines, columns, top in ((title, rows, widths, banner), *((t, r, w, "") for t, r, w in more)):
        sheet = book.create_sheet(name)
        for i, width in enumerate(columns):
            sheet.column_dimensions[_letters(i)].width = width
        sheet.freeze_panes = "A3" if top else "A2"
        if footer:
            sheet.oddFooter.center.text = footer.replace("&", "&&")
            sheet.oddHeader.center.text = footer.replace("&", "&&")
        if top:
            sheet.append([_written(sheet, top, bold=True)])
        for i, row in enumerate(lines):
            sheet.append([_written(sheet, value, bold=i == 0) for value in row])
    out = BytesIO()
    book.save(out)
    return out.getvalue()


_HEAD = PatternFill("solid", fgColor="EAF1FE")


def _written(sheet: Any, value: str, *, bold: bool) -> Any:
    """Always text: 138… stays a number to read, not to reckon with."""
    if not bold and value[:1] not in ("=", "+", "-", "@", "\t"):
        return value
    cell = WriteOnlyCell(sheet, value=safe(value))
    cell.data_type = "s"
    if bold:
        cell.font, cell.fill, cell.alignment = Font(bold=True), _HEAD, Alignment(vertical="center")
    return cell


def _letters(index: int) -> str:
    return chr(65 + index) if index < 26 else chr(64 + index // 26) + chr(65 + index % 26)
