"""What each of the 41 items asks for, what is different between two versions, and what the regions above a community make of an item. Pure."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import fields, replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.catalog.licences import BY_NAME, LICENCES, HeldBy
from callcenter.catalog.models import Category, ServiceItem
from callcenter.catalog.reading import CATALOG_FILE, read_catalog, write_catalog
from callcenter.catalog.rules import (
    BadValue,
    CatalogRow,
    ItemChange,
    ItemInForce,
    LocalChange,
    Prices,
    check_orderable,
    check_requirements,
    diff,
    faults_of,
    fen,
    groups_held_by,
    merged,
    read_requirements,
    resolve,
    unmet,
    write_requirements,
    yuan,
)
from callcenter.kit.errors import Conflict

ROWS = read_catalog(CATALOG_FILE)
BY_CODE = {row.code: row for row in ROWS}

# --- what an item asks for ----------------------------------------------------------------------------------------------------------

TWO_DEMANDS = {
    "PS01": (("food_business",), ("health_certificate",)),
    "PS03": (("drug_business",), ("licensed_pharmacist",)),
}
ASKED_FOR = {
    "JZ01": "housekeeper|health_certificate", "JZ02": "housekeeper|health_certificate", "JZ03": "housekeeper", "JZ04": "cleaning_skill",
    "JZ05": "health_certificate", "JZ06": "health_certificate", "WX01": "plumber|pipe_fitter", "WX02": "low_voltage_electrician",
    "WX03": "drain_worker", "WX04": "appliance_repairer", "WX05": "registered_locksmith", "WX06": "gas_appliance_service", "WX07": "fitter",
    "PS02": "signed_store", "PS04": "signed_store", "PS05": "real_name", "ZL01": "elder_carer|bathing_training",
    "ZL02": "haircut_skill|health_certificate", "ZL03": "elder_carer|pedicurist", "ZL04": "elder_carer", "ZL05": "elder_carer",
    "ZL06": "elder_carer", "ZL07": "elder_carer", "ZL08": "elder_carer", "PH01": "escort_training|elder_carer", "PH02": "real_name_authority",
    "PH03": "care_worker|elder_carer|health_certificate", "PH04": "elder_carer", "PH05": "nursing_assistant|volunteer_training",
    "PH06": "registered_nurse", "WJ01": "volunteer|social_work_training", "WJ02": "operator", "WJ03": "grid_worker|social_worker|volunteer",
    "WJ04": "counsellor|social_worker_certificate", "JJ01": "emergency_operator", "JJ02": "emergency_operator", "JJ03": "emergency_operator",
    "JJ04": "grid_worker|emergency_responder|first_aider", "JJ05": "emergency_operator|volunteer_team",
}  # fmt: skip
OF_STORES = {"PS01", "PS02", "PS03", "PS04", "WX05", "WX06"}


def test_what_each_of_the_41_items_asks_for() -> None:
    assert {row.code: row.requirements for row in ROWS} == TWO_DEMANDS | {
        code: (tuple(group.split("|")),) for code, group in ASKED_FOR.items()
    }
    assert {row.code for row in ROWS if groups_held_by(row.requirements, HeldBy.STORE)} == OF_STORES


def test_no_group_mixes_what_a_store_and_what_a_worker_holds() -> None:
    for row in ROWS:
        for group in row.requirements:
            assert len({LICENCES[code].held_by for code in group}) == 1


def test_the_registry_is_used_and_its_names_are_unique() -> None:
    assert len(BY_NAME) == len(LICENCES) == len({licence.name_en for licence in LICENCES.values()})
    assert set(LICENCES) == {code for row in ROWS for group in row.requirements for code in group}


@pytest.mark.parametrize(
    ("code", "held", "lacks"),
    [
        ("PH06", {"elder_carer", "health_certificate"}, (("registered_nurse",),)),
        ("PH06", {"registered_nurse"}, ()),
        ("WX02", {"plumber", "appliance_repairer"}, (("low_voltage_electrician",),)),
        ("JZ01", {"health_certificate"}, ()),
        ("JZ01", {"housekeeper"}, ()),
        ("PS01", {"food_business"}, (("health_certificate",),)),
        ("PS01", {"health_certificate"}, (("food_business",),)),
        ("PS01", {"food_business", "health_certificate"}, ()),
        ("PS03", set(), (("drug_business",), ("licensed_pharmacist",))),
    ],
)
def test_who_holds_what_meets_what(code: str, held: set[str], lacks: tuple[tuple[str, ...], ...]) -> None:
    assert unmet(BY_CODE[code].requirements, held) == lacks


def test_groups_can_be_written_down_and_read_again() -> None:
    for row in ROWS:
        assert read_requirements(write_requirements(row.requirements)) == row.requirements
    assert read_requirements("健康证&水暖工|管工证") == (("health_certificate",), ("plumber", "pipe_fitter"))
    assert read_requirements(" 健康证 & 食品经营许可 ") == (("food_business",), ("health_certificate",)), "a store's first"
    assert write_requirements(BY_CODE["PS01"].requirements) == "食品经营许可&健康证"


@pytest.mark.parametrize(
    ("groups", "reason"),
    [
        ([], "empty"),
        ([[]], "empty"),
        ([["pilot"]], "unknown_licence"),
        ([["护士执业证"]], "unknown_licence"),  # a name is no code
        ([["food_business", "health_certificate"]], "mixed_licences"),
    ],
)
def test_what_is_no_requirement(groups: list[list[str]], reason: str) -> None:
    with pytest.raises(BadValue) as refused:
        check_requirements(groups)
    assert refused.value.reason == reason


def test_the_same_twice_is_once() -> None:
    assert check_requirements([["real_name", "real_name"], ["real_name"]]) == (("real_name",),)


# --- versions -----------------------------------------------------------------------------------------------------------------------


def test_all_columns_can_be_written_and_read_again() -> None:
    off = replace(BY_CODE["JZ03"], active=False, off_reason='冬季不做,"高空"危险', price_public_cny=Decimal("3.50"))
    rows = [off if row.code == off.code else row for row in ROWS]
    assert read_catalog(write_catalog(rows), complete=True) == rows


def test_what_is_different_between_two_versions() -> None:
    dearer = replace(BY_CODE["WX01"], price_max_cny=Decimal(120), price_market_cny=Decimal(120))
    new = replace(BY_CODE["WX01"], code="WX08", name_zh="修家具")
    after = merged(ROWS, [new, dearer])
    assert diff(ROWS, after) == [ItemChange("WX01", "changed", ("price_max_cny", "price_market_cny")), ItemChange("WX08", "added")]
    assert [row.code for row in after if row.category is Category.REPAIR][-2:] == ["WX07", "WX08"], "after the last of its category"
    assert diff(after, ROWS)[-1] == ItemChange("WX08", "removed")
    assert diff(ROWS, merged(ROWS, ROWS)) == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"price_min_cny": Decimal(51)}, ("price_max_cny", "below")),
        ({"price_public_cny": Decimal(51)}, ("price_market_cny", "below")),
        ({"minutes_min": 181}, ("minutes_max", "below")),
        ({"active": False}, ("off_reason", "empty")),
        ({"off_reason": "停"}, ("off_reason", "not_off")),
    ],
)
def test_what_does_not_fit_together(change: dict[str, object], fault: tuple[str, str]) -> None:
    (found,) = faults_of(replace(BY_CODE["JZ01"], **change))  # type: ignore[arg-type]
    assert found[:2] == fault


@given(st.integers(0, 100_000_000))
def test_money_is_the_same_there_and_back(amount: int) -> None:
    assert fen(yuan(amount)) == amount


# --- regions ------------------------------------------------------------------------------------------------------------------------

REGIONS = [uuid.UUID(int=n) for n in range(3)]  # community, street, district


def item_of(row: CatalogRow) -> ServiceItem:
    return ServiceItem(id=uuid.uuid4(), sort=0, **{field.name: getattr(row, field.name) for field in fields(row)})


ITEM = item_of(BY_CODE["JZ01"])
OFF = item_of(replace(BY_CODE["JZ01"], active=False, off_reason="全市停办"))
PRICES = st.builds(Prices, *(st.integers(0, 10_000) for _ in range(4)))
SAID = st.tuples(st.none() | st.text("甲乙丙", min_size=1, max_size=3), st.none() | PRICES, st.none() | st.booleans())


def changes_of(said: Sequence[tuple[str | None, Prices | None, bool | None] | None]) -> list[LocalChange]:
    """What each level says, from the community up."""
    return [
        LocalChange("JZ01", REGIONS[steps], steps, name, prices, off, f"因{steps}")
        for steps, one in enumerate(said)
        if one is not None
        for name, prices, off in [one]
    ]


def resolved(item: ServiceItem, changes: list[LocalChange]) -> ItemInForce:
    (found,) = resolve([item], changes)
    return found


@given(st.tuples(*(st.none() | SAID for _ in range(3))), st.randoms())
def test_of_each_thing_the_nearest_region_that_says_it_wins(
    said: tuple[tuple[str | None, Prices | None, bool | None] | None, ...], random: object
) -> None:
    changes = changes_of(said)
    random.shuffle(changes)  # type: ignore[attr-defined]
    found = resolved(ITEM, [*changes, LocalChange("WX01", REGIONS[0], 0, "别的", None, True, "别的")])
    levels = [one or (None, None, None) for one in said]
    name = next((name for name, _, _ in levels if name is not None), None)
    prices = next((prices for _, prices, _ in levels if prices is not None), None)
    off = next(((steps, off) for steps, (_, _, off) in enumerate(levels) if off is not None), (0, False))
    assert found.name_zh == (name or ITEM.name_zh)
    assert (found.price_min, found.price_max, found.price_public, found.price_market) == (
        (prices.minimum, prices.maximum, prices.public, prices.market) if prices else (3000, 5000, 3000, 5000)
    )
    assert found.active is not off[1]
    assert found.switched_off_reason == (f"因{off[0]}" if off[1] else "")
    assert found.switched_off_in == (REGIONS[off[0]] if off[1] else None)
    assert found.localised is (name is not None or prices is not None)
    assert (found.code, found.item_id, found.requirements) == ("JZ01", ITEM.id, BY_CODE["JZ01"].requirements)


@given(st.booleans() | st.none(), st.booleans() | st.none())
def test_off_in_the_district_is_off_everywhere_unless_a_nearer_one_switches_it_on(community: bool | None, street: bool | None) -> None:
    found = resolved(ITEM, changes_of([(None, None, community), (None, None, street), (None, None, True)]))
    nearest = community if community is not None else street
    assert found.active is (nearest is False)


@given(st.tuples(*(st.none() | SAID for _ in range(3))))
def test_what_is_off_in_the_catalogue_no_region_switches_on(said: tuple[tuple[str | None, Prices | None, bool | None] | None, ...]) -> None:
    found = resolved(OFF, changes_of(said))
    assert (found.active, found.switched_off_reason, found.switched_off_in) == (False, "全市停办", None)


def test_what_can_be_ordered() -> None:
    check_orderable(resolved(ITEM, []))
    with pytest.raises(Conflict) as refused:
        check_orderable(resolved(ITEM, changes_of([(None, None, True)])))
    assert (refused.value.code, refused.value.details) == ("item_switched_off", {"code": "JZ01", "reason": "因0"})
    with pytest.raises(Conflict) as refused:
        check_orderable(resolved(item_of(BY_CODE["JJ01"]), []))
    assert refused.value.code == "item_of_centre"
