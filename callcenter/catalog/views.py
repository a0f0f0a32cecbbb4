"""Rows of the catalogue as they go over the wire."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from callcenter.catalog.models import CatalogVersion, ServiceItem
from callcenter.catalog.rules import CatalogRow, ItemInForce, diff, fen, row_of
from callcenter.catalog.schemas import (
    CatalogDiff,
    CatalogVersionLine,
    FieldChange,
    ItemDiff,
    ItemInForceView,
    ItemValues,
    VersionItem,
    VersionState,
)
from callcenter.kit import clock, pinyin

_PRICES = ("price_min", "price_max", "price_public", "price_market")


def values_of(row: CatalogRow) -> ItemValues:
    values: dict[str, Any] = asdict(row)
    for name in _PRICES:
        values[f"{name}_fen"] = fen(values.pop(f"{name}_cny"))
    return ItemValues(**values)


def item_view(item: ServiceItem) -> VersionItem:
    return VersionItem(**values_of(row_of(item)).model_dump(), item_id=item.id, pinyin=pinyin.of_text(item.name_zh))


def in_force_view(item: ItemInForce) -> ItemInForceView:
    values = asdict(item)
    for name in _PRICES:
        values[f"{name}_fen"] = values.pop(name)
    return ItemInForceView(**values, pinyin=pinyin.of_text(item.name_zh))


def version_line(version: CatalogVersion, items: int, current: CatalogVersion | None) -> CatalogVersionLine:
    state: VersionState = "past"
    if version.withdrawn_at is not None:
        state = "withdrawn"
    elif current is not None and version.id == current.id:
        state = "in_force"
    elif version.valid_from > clock.now():
        state = "planned"
    return CatalogVersionLine(
        number=version.number,
        state=state,
        made_at=version.loaded_at,
        valid_from=version.valid_from,
        reason=version.reason,
        author_name=version.author_name,
        withdrawn_by=version.withdrawn_by,
        items=items,
    )


def diff_view(
    version: CatalogVersion, rows: Sequence[CatalogRow], other: CatalogVersion | None, before: Sequence[CatalogRow]
) -> CatalogDiff:
    """Of the first version there is nothing to tell: all of it is new."""
    if other is None:
        return CatalogDiff(number=version.number, against=None, changes=[])
    old, new = {row.code: row for row in before}, {row.code: row for row in rows}
    changes = []
    for change in diff(before, rows):
        shown = new.get(change.code) or old[change.code]
        fields = []
        if change.kind == "changed":
            was, now = values_of(old[change.code]).model_dump(), values_of(new[change.code]).model_dump()
            fields = [FieldChange(field=name, before=was[name], after=now[name]) for name in now if was[name] != now[name]]
        changes.append(ItemDiff(code=change.code, name_zh=shown.name_zh, name_en=shown.name_en, kind=change.kind, fields=fields))
    return CatalogDiff(number=version.number, against=other.number, changes=changes)
