"""What an item asks for, what a region makes of it, what is different between two versions. Pure; money in fen (¥0.01)."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Literal

from callcenter.catalog.licences import BY_NAME, LICENCES, HeldBy
from callcenter.catalog.models import Category, ClaimMode, HomeVisit, ServiceItem, SlaClass, VolunteerPart
from callcenter.kit.errors import Conflict

Requirements = tuple[tuple[str, ...], ...]  # of every group one licence is asked for; the licences of a group have one kind of holder

MAX_FEN = 100_000_000
GROUP, ANY = "&", "|"  # between groups, within a group: "食品经营许可&健康证", "水暖工|管工证"


# --- what an item asks for ----------------------------------------------------------------------------------------------------------


class BadValue(ValueError):
    """`reason` is a stable word, for the console to translate."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def read_requirements(text: str) -> Requirements:
    """From names as the catalogue's file has them. Licences of a store and of a worker are two demands, even where the line says "or":

    食品经营许可|健康证 is a store with the one whose worker has the other. BadValue names what is unknown.
    """
    groups: list[tuple[str, ...]] = []
    for part in text.split(GROUP):
        names = [name.strip() for name in part.split(ANY)]
        if not all(names):
            raise BadValue("empty", "an empty qualification")
        for name in names:
            if name not in BY_NAME:
                raise BadValue("unknown_licence", f"{name[:40]!r} is no licence that is known")
        by_holder = (tuple(BY_NAME[name].code for name in names if BY_NAME[name].held_by is holder) for holder in HeldBy)
        groups += [group for group in by_holder if group]
    return check_requirements(groups)


def write_requirements(requirements: Iterable[Iterable[str]]) -> str:
    """What `read_requirements` reads."""
    return GROUP.join(ANY.join(LICENCES[code].name_zh for code in group) for group in requirements)


def check_requirements(groups: Iterable[Iterable[str]]) -> Requirements:
    """Stores' groups first, each licence once in a group. BadValue when there is none: who comes is at least known by name (实名)."""
    checked: list[tuple[str, ...]] = []
    for group in groups:
        codes = tuple(dict.fromkeys(group))
        if not codes:
            raise BadValue("empty", "an empty qualification")
        for code in codes:
            if code not in LICENCES:
                raise BadValue("unknown_licence", f"{code[:40]!r} is no licence that is known")
        if len({LICENCES[code].held_by for code in codes}) > 1:
            raise BadValue("mixed_licences", "a group holds licences of the store or of the worker, not of both")
        if codes not in checked:
            checked.append(codes)
    if not checked:
        raise BadValue("empty", "no qualification at all")
    return tuple(sorted(checked, key=lambda group: list(HeldBy).index(LICENCES[group[0]].held_by)))


def groups_held_by(requirements: Requirements, holder: HeldBy) -> Requirements:
    return tuple(group for group in requirements if LICENCES[group[0]].held_by is holder)


def unmet(requirements: Requirements, held: Collection[str]) -> Requirements:
    """The groups of which none is held. `held`: codes of licences that are valid, of the store and of one worker together."""
    return tuple(group for group in requirements if not any(code in held for code in group))


# --- a line of a version ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CatalogRow:
    """An item as a version keeps it."""

    code: str
    category: Category
    name_zh: str
    name_en: str
    unit: str
    price_min_cny: Decimal
    price_max_cny: Decimal
    price_public_cny: Decimal
    price_market_cny: Decimal
    minutes_min: int
    minutes_max: int
    requirements: Requirements
    sla_class: SlaClass
    home_visit: HomeVisit
    volunteer: VolunteerPart
    claim_mode: ClaimMode
    active: bool = True
    off_reason: str = ""


ROW_FIELDS = tuple(field.name for field in fields(CatalogRow))


def row_of(item: ServiceItem) -> CatalogRow:
    values = {name: getattr(item, name) for name in ROW_FIELDS}
    return CatalogRow(**values | {"requirements": tuple(tuple(group) for group in item.requirements)})


def faults_of(row: CatalogRow) -> list[tuple[str, str, str]]:
    """Field, a stable word, and what is wrong between it and another."""
    found: list[tuple[str, str, str]] = []
    if row.price_max_cny < row.price_min_cny:
        found.append(("price_max_cny", "below", f"{row.price_max_cny} is below price_min_cny {row.price_min_cny}"))
    elif row.price_market_cny < row.price_public_cny:  # public and market may follow from the two before
        found.append(("price_market_cny", "below", f"{row.price_market_cny} is below price_public_cny {row.price_public_cny}"))
    if row.minutes_max < row.minutes_min:
        found.append(("minutes_max", "below", f"{row.minutes_max} is below minutes_min {row.minutes_min}"))
    if not row.active and not row.off_reason:
        found.append(("off_reason", "empty", "say why it is switched off"))
    if row.active and row.off_reason:
        found.append(("off_reason", "not_off", "it is not switched off"))
    return found


def fen(yuan: Decimal) -> int:
    return int(yuan * 100)


def yuan(amount: int) -> Decimal:
    return Decimal(amount).scaleb(-2).quantize(Decimal("0.01"))


@dataclass(frozen=True, slots=True)
class ItemChange:
    """Of one item between two versions: which fields are different."""

    code: str
    kind: Literal["added", "changed", "removed"]
    fields: tuple[str, ...] = ()


def diff(old: Sequence[CatalogRow], new: Sequence[CatalogRow]) -> list[ItemChange]:
    """In the order of `new`; what is gone, at the end."""
    before, after = {row.code: row for row in old}, {row.code: row for row in new}
    changes = []
    for code, row in after.items():
        if code not in before:
            changes.append(ItemChange(code, "added"))
        elif differing := tuple(name for name in ROW_FIELDS if getattr(before[code], name) != getattr(row, name)):
            changes.append(ItemChange(code, "changed", differing))
    return changes + [ItemChange(code, "removed") for code in before if code not in after]


def merged(base: Sequence[CatalogRow], changed: Sequence[CatalogRow]) -> list[CatalogRow]:
    """What a new version holds: the items of the last one in their order, with what has changed; new ones after the last of their category."""
    by_code = {row.code: row for row in changed}
    rows = [by_code.pop(row.code, row) for row in base]
    for new in by_code.values():
        places = [place for place, row in enumerate(rows) if row.category is new.category]
        rows.insert(places[-1] + 1 if places else len(rows), new)
    return rows


# --- as it is in force somewhere ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Prices:
    """In fen, of one unit."""

    minimum: int
    maximum: int
    public: int
    market: int


@dataclass(frozen=True, slots=True)
class LocalChange:
    """What one region does otherwise with one item. `steps`: how far above the community it lies, 0 is the community itself."""

    code: str
    region_id: uuid.UUID
    steps: int
    name_zh: str | None = None
    prices: Prices | None = None
    switched_off: bool | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class ItemInForce:
    """An item as it may be ordered in one community at one time. `item_id` is the row that an order points at."""

    code: str
    item_id: uuid.UUID
    category: Category
    name_zh: str
    name_en: str
    unit: str
    price_min: int  # fen, as all prices
    price_max: int
    price_public: int
    price_market: int
    minutes_min: int
    minutes_max: int
    requirements: Requirements
    sla_class: SlaClass
    home_visit: HomeVisit
    volunteer: VolunteerPart
    claim_mode: ClaimMode
    active: bool
    switched_off_reason: str  # for whoever is asked for it; "" when it is active
    switched_off_in: uuid.UUID | None  # the region that has switched it off; None: on, or off in the whole catalogue
    localised: bool  # name or prices are a region's own


def resolve(items: Iterable[ServiceItem], changes: Iterable[LocalChange]) -> list[ItemInForce]:
    """Of name, prices and switch each, the nearest region that says something of it wins. What is off in the catalogue no region switches on."""
    by_code: dict[str, list[LocalChange]] = {}
    for change in sorted(changes, key=lambda change: change.steps):
        by_code.setdefault(change.code, []).append(change)
    return [_resolved(item, by_code.get(item.code, ())) for item in items]


def _resolved(item: ServiceItem, nearest_first: Sequence[LocalChange]) -> ItemInForce:
    name = next((change.name_zh for change in nearest_first if change.name_zh is not None), None)
    own = next((change.prices for change in nearest_first if change.prices is not None), None)
    switch = next((change for change in nearest_first if change.switched_off is not None), None)
    off = switch if switch is not None and switch.switched_off and item.active else None
    prices = own or Prices(fen(item.price_min_cny), fen(item.price_max_cny), fen(item.price_public_cny), fen(item.price_market_cny))
    return ItemInForce(
        code=item.code,
        item_id=item.id,
        category=item.category,
        name_zh=name or item.name_zh,
        name_en=item.name_en,
        unit=item.unit,
        price_min=prices.minimum,
        price_max=prices.maximum,
        price_public=prices.public,
        price_market=prices.market,
        minutes_min=item.minutes_min,
        minutes_max=item.minutes_max,
        requirements=tuple(tuple(group) for group in item.requirements),
        sla_class=item.sla_class,
        home_visit=item.home_visit,
        volunteer=item.volunteer,
        claim_mode=item.claim_mode,
        active=item.active and off is None,
        switched_off_reason=item.off_reason if not item.active else off.note if off else "",
        switched_off_in=off.region_id if off else None,
        localised=name is not None or own is not None,
    )


def check_orderable(item: ItemInForce) -> None:
    """Conflict `item_switched_off` or `item_of_centre`: what the centre does itself is a step of the case, no order."""
    details: Mapping[str, str] = {"code": item.code}
    if not item.active:
        raise Conflict(
            f"{item.code} is not offered there at present",
            code="item_switched_off",
            details={**details, "reason": item.switched_off_reason},
        )
    if item.claim_mode is ClaimMode.CENTRE:
        raise Conflict(f"{item.code} is done by the centre itself, on the case", code="item_of_centre", details={**details})
