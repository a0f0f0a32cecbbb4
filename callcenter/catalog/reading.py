"""The catalogue's CSV → checked rows. Every fault is told with its row and column, all at once; nothing is half-read."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

import orjson

from callcenter.catalog.models import Category, ClaimMode, HomeVisit, SlaClass, VolunteerPart
from callcenter.kit.errors import Invalid

CATALOG_FILE = Path(__file__).parent / "data" / "catalog.csv"
COLUMNS = (
    "code", "category", "name_zh", "name_en", "unit", "price_min_cny", "price_max_cny", "minutes_min", "minutes_max", "qualification",
    "sla_class", "home_visit", "volunteer", "claim_mode",
)  # fmt: skip
MAX_BYTES = 1_000_000
MAX_FAULTS = 50

_CODE = re.compile(r"^[A-Z]{2}[0-9]{2}$")


@dataclass(frozen=True, slots=True)
class Fault:
    row: int  # as a spreadsheet counts: the header is row 1
    column: str
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


@dataclass(frozen=True, slots=True)
class CatalogRow:
    code: str
    category: Category
    name_zh: str
    name_en: str
    unit: str
    price_min_cny: Decimal
    price_max_cny: Decimal
    minutes_min: int
    minutes_max: int
    qualifications: list[str]
    sla_class: SlaClass
    home_visit: HomeVisit
    volunteer: VolunteerPart
    claim_mode: ClaimMode


def read_catalog(content: str | bytes | Path) -> list[CatalogRow]:
    """UTF-8, with or without a byte order mark. CatalogInvalid lists what is wrong."""
    text = _decode(content)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        lines = list(reader)
    except csv.Error as error:
        raise CatalogInvalid([Fault(reader.line_num, "-", f"not a CSV file ({error})")]) from error
    if not lines:
        raise CatalogInvalid([Fault(1, "-", "the file is empty")])
    header = [name.strip() for name in lines[0]]
    faults = [Fault(1, name, "the column is missing") for name in COLUMNS if name not in header]
    faults += [Fault(1, name or "-", "unknown column") for name in header if name not in COLUMNS]
    faults += [Fault(1, name, "the column is there twice") for name in COLUMNS if header.count(name) > 1]
    if faults:
        raise CatalogInvalid(faults)
    rows: list[CatalogRow] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(lines[1:], 2):
        if not any(cell.strip() for cell in line):
            continue
        if len(line) != len(header):
            faults.append(Fault(number, "-", f"{len(line)} cells, {len(header)} expected"))
            continue
        row = _read_row(number, dict(zip(header, (cell.strip() for cell in line), strict=True)), faults)
        if row is None:
            continue
        if row.code in seen:
            faults.append(Fault(number, "code", f"{row.code} stands in row {seen[row.code]} already"))
        seen.setdefault(row.code, number)
        rows.append(row)
    if not rows and not faults:
        faults.append(Fault(1, "-", "no item in it"))
    if faults:
        raise CatalogInvalid(faults)
    return rows


def content_hash(rows: list[CatalogRow]) -> str:
    """Of what the rows say, not of how the file is written."""
    return hashlib.sha256(orjson.dumps([asdict(row) for row in rows], default=str, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _decode(content: str | bytes | Path) -> str:
    raw = content.read_bytes() if isinstance(content, Path) else content
    if len(raw) > MAX_BYTES:
        raise CatalogInvalid([Fault(1, "-", f"larger than {MAX_BYTES} bytes")])
    try:
        text = raw.decode("utf-8-sig") if isinstance(raw, bytes) else raw.removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise CatalogInvalid([Fault(1, "-", f"not UTF-8 (byte {error.start})")]) from error
    if "\x00" in text:
        raise CatalogInvalid([Fault(1, "-", "not a text file")])
    return text


T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)


def _read_row(number: int, cells: dict[str, str], faults: list[Fault]) -> CatalogRow | None:
    before = len(faults)

    def cell(column: str, read: Callable[[str], T]) -> Any:
        try:
            return read(cells[column])
        except ValueError as error:
            faults.append(Fault(number, column, str(error)))
            return None

    row = CatalogRow(
        code=cell("code", _code),
        category=cell("category", _one_of(Category)),
        name_zh=cell("name_zh", _words),
        name_en=cell("name_en", _words),
        unit=cell("unit", _words),
        price_min_cny=cell("price_min_cny", _price),
        price_max_cny=cell("price_max_cny", _price),
        minutes_min=cell("minutes_min", _minutes),
        minutes_max=cell("minutes_max", _minutes),
        qualifications=cell("qualification", _qualifications),
        sla_class=cell("sla_class", _one_of(SlaClass)),
        home_visit=cell("home_visit", _one_of(HomeVisit)),
        volunteer=cell("volunteer", _one_of(VolunteerPart)),
        claim_mode=cell("claim_mode", _one_of(ClaimMode)),
    )
    if len(faults) > before:
        return None
    if row.price_max_cny < row.price_min_cny:
        faults.append(Fault(number, "price_max_cny", f"{row.price_max_cny} is below price_min_cny {row.price_min_cny}"))
    if row.minutes_max < row.minutes_min:
        faults.append(Fault(number, "minutes_max", f"{row.minutes_max} is below minutes_min {row.minutes_min}"))
    return row if len(faults) == before else None


def _code(text: str) -> str:
    if not _CODE.match(text):
        raise ValueError(f"{_shown(text)} is no code such as JZ01")
    return text


def _words(text: str) -> str:
    if not text:
        raise ValueError("empty")
    if len(text) > 100:
        raise ValueError("longer than 100 characters")
    return text


def _price(text: str) -> Decimal:
    try:
        price = Decimal(text)
    except InvalidOperation as error:
        raise ValueError(f"{_shown(text)} is no price") from error
    if not price.is_finite() or price < 0 or price > 1_000_000 or price != round(price, 2):
        raise ValueError(f"{_shown(text)} is no price in yuan (0 or more, two decimals)")
    return round(price, 2)


def _minutes(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,4}", text) or not 0 <= int(text) <= 1440:
        raise ValueError(f"{_shown(text)} is no number of minutes (0 to 1440)")
    return int(text)


def _qualifications(text: str) -> list[str]:
    words = [word.strip() for word in text.split("|")]
    if not all(words):
        raise ValueError("an empty qualification")
    return words


def _one_of(words: type[E]) -> Callable[[str], E]:
    def read(text: str) -> E:
        try:
            return words(text)
        except ValueError:
            raise ValueError(f"{_shown(text)} is none of {', '.join(words)}") from None

    return read


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:40] + "…")
