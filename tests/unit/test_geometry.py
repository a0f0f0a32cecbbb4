"""Boundaries: what is taken, what is refused and why."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.regions.geometry import BadGeometry, checked, contains, covers, crosses_itself, outer_rings, signed_area
from callcenter.seed.boundaries import boundaries
from callcenter.seed.places import STREETS, communities

SQUARE = [[112.0, 32.0], [112.1, 32.0], [112.1, 32.1], [112.0, 32.1], [112.0, 32.0]]


def polygon(*rings: Any) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": list(rings)}


def test_a_polygon_is_kept_as_it_is_and_nothing_beside_it() -> None:
    assert checked({**polygon(SQUARE), "bbox": [1, 2], "crs": "x"}) == polygon(SQUARE)


def test_coordinates_are_rounded_and_heights_dropped() -> None:
    kept = checked(polygon([[112.00000049, 32.0, 77], *SQUARE[1:-1], [112.00000049, 32.0, 77]]))
    assert kept == polygon(SQUARE)


def test_several_polygons_with_a_hole() -> None:
    hole = [[112.02, 32.02], [112.04, 32.02], [112.04, 32.04], [112.02, 32.02]]
    other = [[x + 1, y] for x, y in SQUARE]
    kept = checked({"type": "MultiPolygon", "coordinates": [[SQUARE, hole], [other]]})
    assert kept["coordinates"] == [[SQUARE, hole], [other]]
    assert covers(kept, 112.05, 32.05) and covers(kept, 113.05, 32.05)
    assert not covers(kept, 112.035, 32.025) and not covers(kept, 112.5, 32.05)
    assert len(outer_rings(kept)) == 2


@pytest.mark.parametrize(
    "geometry,reason",
    [
        (None, "no_polygon"),
        ({"type": "Point", "coordinates": [112, 32]}, "no_polygon"),
        ({"type": "Polygon"}, "no_polygon"),
        (polygon(SQUARE[:3]), "too_few_points"),
        (polygon(SQUARE[:-1]), "not_closed"),
        (polygon([[112.0, 32.0], [112.1, 32.0], [112.2, 32.0], [112.0, 32.0]]), "no_area"),
        (polygon([[112.0, 32.0]] * 5), "no_area"),
        (polygon([[112.0, 32.0], [112.1, 32.1], [112.1, 32.0], [112.0, 32.2], [112.0, 32.0]]), "crosses_itself"),
        (polygon([*SQUARE[:3], [112.1, 32.05], [112.2, 32.05], SQUARE[3], SQUARE[4]]), "crosses_itself"),
        (polygon([[32.0, 112.0], [32.1, 112.0], [32.1, 112.1], [32.0, 112.0]]), "out_of_range"),
        (polygon([["112", 32.0], *SQUARE[1:]]), "bad_position"),
        (polygon([[True, 32.0], *SQUARE[1:]]), "bad_position"),
        (polygon([[float("nan"), 32.0], *SQUARE[1:]]), "bad_position"),
        (polygon(SQUARE, [[113.0, 32.0], [113.1, 32.0], [113.1, 32.1], [113.0, 32.0]]), "hole_outside"),
        (polygon([[112 + i * 1e-5, 32.0] for i in range(5001)]), "too_many_points"),
    ],
)
def test_what_is_refused(geometry: Any, reason: str) -> None:
    with pytest.raises(BadGeometry) as refused:
        checked(geometry)
    assert refused.value.reason == reason


@settings(max_examples=200)
@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=3), lambda x: st.lists(x, max_size=5), max_leaves=30))
def test_no_rubbish_breaks_it(coordinates: Any) -> None:
    for kind in ("Polygon", "MultiPolygon"):
        with pytest.raises(BadGeometry):
            checked({"type": kind, "coordinates": coordinates})


def naive_crossing(ring: list[tuple[float, float]]) -> bool:
    """All pairs of sides that are no neighbours, for comparison with the sweep."""

    def turn(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
        return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])

    sides = list(pairwise(ring))
    for i, (a, b) in enumerate(sides):
        for j, (c, d) in enumerate(sides):
            if abs(i - j) in (0, 1, len(sides) - 1):
                continue
            if turn(a, b, c) * turn(a, b, d) < 0 and turn(c, d, a) * turn(c, d, b) < 0:
                return True
    return False


@settings(max_examples=300)
@given(st.lists(st.tuples(st.integers(0, 997), st.integers(0, 991)), min_size=4, max_size=14, unique=True))
def test_the_sweep_finds_what_comparing_all_finds(points: list[tuple[int, int]]) -> None:
    ring = [(x / 7, y / 11) for x, y in points]
    ring.append(ring[0])
    if naive_crossing(ring):
        assert crosses_itself(ring)


def test_the_demo_districts_boundaries() -> None:
    made = boundaries()
    codes = [code for code in made if code.count("-") == 2]
    assert (len(made), len(codes)) == (1 + 9 + 72, 72)
    assert len(STREETS) == sum(code.count("-") == 1 for code in made)
    for geometry in made.values():
        assert checked(geometry) == geometry
        assert len(geometry["coordinates"]) == 1  # in one piece

    def area(codes: list[str]) -> float:
        return sum(abs(signed_area(ring[:-1])) for code in codes for ring in outer_rings(made[code]))

    # neither gaps nor overlaps: communities fill their street, streets the district
    assert area(codes) == pytest.approx(area(["420606"]), rel=1e-6)
    for s in range(1, 10):
        street = f"420606-{s:02}"
        assert area([code for code in codes if code.startswith(street)]) == pytest.approx(area([street]), rel=1e-6)
    for code, community in zip(codes, communities(), strict=True):
        assert covers(made[code], community.longitude, community.latitude)
        others = [other for other in codes if other != code and covers(made[other], community.longitude, community.latitude)]
        assert others == []


def test_a_point_in_a_ring() -> None:
    ring = [(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (2.0, 1.0), (0.0, 4.0)]
    assert contains(ring, (0.5, 2)) and contains(ring, (3.5, 2)) and not contains(ring, (2, 3))
