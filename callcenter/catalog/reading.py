"""The catalogue's CSV ⇄ checked rows. Every fault is told with its row and column, all at once; nothing is half-read."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

import orjson

from callcenter.catalog.models import Category, ClaimMode, HomeVisit, SlaClass, Unit, VolunteerPart
from callcenter.catalog.rules import BadValue, CatalogRow, faults_of, read_requirements, write_requirements
from callcenter.kit.errors import Invalid

CATALOG_FILE = Path(__file__).parent / "data" / "catalog.csv"
COLUMNS = (
    "code", "category", "name_zh", "name_en", "unit", "price_min_cny", "price_max_cny", "minutes_min", "minutes_max", "qualification",
    "sla_class", "home_visit", "volunteer", "claim_mode",
)  # fmt: skip
# what the first catalogue does not say: public = price_min, market = price_max, switched on
MORE_COLUMNS = ("price_public_cny", "price_market_cny", "active", "off_reason")
MAX_BYTES = 1_000_000
MAX_FAULTS = 50
FORMULA = "=+-@\t\r"

_CODE = re.compile(r"^[A-Z]{2}[0-9]{2}$")


@dataclass(frozen=True, slots=True)
class Fault:
    row: int  # as a spreadsheet counts: the header is row 1
    column: str
    reason: str  # a stable word
    why: str

    def __str__(self) -> str:
        return f"row {self.row}, {self.column}: {self.why}"


class CatalogInvalid(Invalid):
    code = "catalog_invalid"

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = faults
        shown = faults[:MAX_FAULTS]
        more = f" (and {len(faults) - len(shown)} more)" if len(faults) > len(shown) else ""
        super().__init__("; ".join(map(str, shown)) + more, details={"faults": [asdict(fault) for fault in shown]})


def read_catalog(content: str | bytes | Path, *, complete: bool = False, kept: Mapping[str, Category] | None = None) -> list[CatalogRow]:
    """UTF-8, with or without a byte order mark. CatalogInvalid lists what is wrong.

    `complete`: it must have MORE_COLUMNS too. `kept`: codes that are in use, with the category that each keeps.
    """
    text = _decode(content)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        lines = list(reader)
    except csv.Error as error:
        raise CatalogInvalid([Fault(reader.line_num, "-", "not_csv", f"not a CSV file ({error})")]) from error
    if not lines:
        raise CatalogInvalid([Fault(1, "-", "no_item", "the file is empty")])
    header = [name.strip() for name in lines[0]]
    known = COLUMNS + MORE_COLUMNS
    faults = [Fault(1, name, "column_missing", "the column is missing") for name in (known if complete else COLUMNS) if name not in header]
    faults += [Fault(1, name or "-", "column_unknown", "unknown column") for name in header if name not in known]
    faults += [Fault(1, name, "column_twice", "the column is there twice") for name in known if header.count(name) > 1]
    if faults:
        raise CatalogInvalid(faults)
    rows: list[CatalogRow] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(lines[1:], 2):
        if not any(cell.strip() for cell in line):
            continue
        if len(line) != len(header):
            faults.append(Fault(number, "-", "cells", f"{len(line)} cells, {len(header)} expected"))
            continue
        row = _read_row(number, dict(zip(header, (cell.strip() for cell in line), strict=True)), faults)
        if row is None:
            continue
        if row.code in seen:
            faults.append(Fault(number, "code", "code_twice", f"{row.code} stands in row {seen[row.code]} already"))
        seen.setdefault(row.code, number)
        if kept and kept.get(row.code, row.category) is not row.category:
            faults.append(Fault(number, "category", "category_kept", f"{row.code} is of {kept[row.code]} and stays there"))
        rows.append(row)
    if not rows and not faults:
        faults.append(Fault(1, "-", "no_item", "no item in it"))
    if faults:
        raise CatalogInvalid(faults)
    return rows


def write_catalog(rows: Iterable[CatalogRow]) -> str:
    """As `read_catalog` reads it, with all columns."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(COLUMNS + MORE_COLUMNS)
    for row in rows:
        cells = asdict(row) | {"qualification": write_requirements(row.requirements), "active": "yes" if row.active else "no"}
        writer.writerow([cells[column] for column in COLUMNS + MORE_COLUMNS])
    return file.getvalue()


def content_hash(rows: list[CatalogRow]) -> str:
    """Of what the rows say, not of how the file is written."""
    return hashlib.sha256(orjson.dumps([asdict(row) for row in rows], default=str, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _decode(content: str | bytes | Path) -> str:
    raw = content.read_bytes() if isinstance(content, Path) else content
    if len(raw) > MAX_BYTES:
        raise CatalogInvalid([Fault(1, "-", "too_large", f"larger than {MAX_BYTES} bytes")])
    try:
        text = raw.decode("utf-8-sig") if isinstance(raw, bytes) else raw.removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise CatalogInvalid([Fault(1, "-", "not_utf8", f"not UTF-8 (byte {error.start})")]) from error
    if "\x00" in text:
        raise CatalogInvalid([Fault(1, "-", "not_csv", "not a text file")])
    return text


T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)


def _read_row(number: int, cells: dict[str, str], faults: list[Fault]) -> CatalogRow | None:
    before = len(faults)

    def cell(column: str, read: Callable[[str], T]) -> Any:
        try:
            return read(cells.get(column, ""))
        except BadValue as error:
            faults.append(Fault(number, column, error.reason, str(error)))
            return None

    lowest, highest = cell("price_min_cny", _price), cell("price_max_cny", _price)
    row = CatalogRow(
        code=cell("code", _code),
        category=cell("category", _one_of(Category)),
        name_zh=cell("name_zh", _words),
        name_en=cell("name_en", _words),
        unit=cell("unit", _one_of(Unit)),
        price_min_cny=lowest,
        price_max_cny=highest,
        price_public_cny=cell("price_public_cny", _price) if cells.get("price_public_cny") else lowest,
        price_market_cny=cell("price_market_cny", _price) if cells.get("price_market_cny") else highest,
        minutes_min=cell("minutes_min", _minutes),
        minutes_max=cell("minutes_max", _minutes),
        requirements=cell("qualification", read_requirements),
        sla_class=cell("sla_class", _one_of(SlaClass)),
        home_visit=cell("home_visit", _one_of(HomeVisit)),
        volunteer=cell("volunteer", _one_of(VolunteerPart)),
        claim_mode=cell("claim_mode", _one_of(ClaimMode)),
        active=cell("active", _yes_or_no) if cells.get("active") else True,
        off_reason=cell("off_reason", _words) if cells.get("off_reason") else "",
    )
    if len(faults) > before:
        return None
    faults += [Fault(number, column, reason, why) for column, reason, why in faults_of(row)]
    return row if len(faults) == before else None


def _code(text: str) -> str:
    if not _CODE.match(text):
        raise BadValue("code", f"{_shown(text)} is no code such as JZ01")
    return text


def _words(text: str) -> str:
    if not text:
        raise BadValue("empty", "empty")
    if len(text) > 100:
        raise BadValue("too_long", "longer than 100 characters")
    if text[0] in FORMULA:
        raise BadValue("formula", f"begins with {text[0]!r}, which a spreadsheet takes for a formula")
    return text


def _price(text: str) -> Decimal:
    try:
        price = Decimal(text)
    except InvalidOperation as error:
        raise BadValue("price", f"{_shown(text)} is no price") from error
    if not price.is_finite() or price < 0 or price > 1_000_000 or price != round(price, 2):
        raise BadValue("price", f"{_shown(text)} is no price in yuan (0 or more, two decimals)")
    return round(price, 2)


def _minutes(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,4}", text) or not 0 <= int(text) <= 1440:
        raise BadValue("minutes", f"{_shown(text)} is no number of minutes (0 to 1440)")
    return int(text)


def _yes_or_no(text: str) -> bool:
    if text not in ("yes", "no"):
        raise BadValue("word", f"{_shown(text)} is neither yes nor no")
    return text == "yes"


def _one_of(words: type[E]) -> Callable[[str], E]:
    def read(text: str) -> E:
        try:
            return words(text)
        except ValueError:
            raise BadValue("word", f"{_shown(text)} is none of {', '.join(words)}") from None

    return read


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:40] + "…")
