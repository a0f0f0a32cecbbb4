"""Boundaries of the demo district, made the same in every run: each community is what lies nearest to its centre, within a hand-made outline.

Straight Voronoi edges would look like a diagram, so every edge is cut into short pieces and all points are moved by one smooth field: neighbours keep
their common edge to the last digit, and nothing overlaps. Streets and the district are the union of their communities. Invented, not surveyed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Any

from callcenter.regions.geometry import Point, signed_area
from callcenter.seed.places import DISTRICT_CODE, STREETS, communities, region_id

# Longitude, latitude; convex, round the centres of places.py. The south is the river's bank.
OUTLINE: tuple[Point, ...] = (
    (112.0890, 32.0262), (112.1090, 32.0248), (112.1330, 32.0246), (112.1545, 32.0256), (112.1648, 32.0290), (112.1668, 32.0420),
    (112.1652, 32.0580), (112.1590, 32.0685), (112.1420, 32.0722), (112.1180, 32.0728), (112.0985, 32.0708), (112.0902, 32.0650),
    (112.0872, 32.0480), (112.0870, 32.0330),
)  # fmt: skip
STEP = 0.0012  # degrees; about 110 m
_SNAP = 1e-7


def boundary_rows() -> list[dict[str, Any]]:
    """For the table, without the time: communities, streets, the district."""
    return [{"region_id": region_id(code), "geometry": geometry} for code, geometry in boundaries().items()]


@lru_cache(maxsize=1)
def boundaries() -> dict[str, dict[str, Any]]:
    """Code → GeoJSON Polygon."""
    codes = [f"{DISTRICT_CODE}-{s:02}-{c:02}" for s, names in enumerate(STREETS.values(), 1) for c in range(1, len(names) + 1)]
    cells = dict(zip(codes, _cells(), strict=True))
    found = {code: _polygon(_fine([ring])) for code, ring in cells.items()}
    for s in range(1, len(STREETS) + 1):
        street = f"{DISTRICT_CODE}-{s:02}"
        found[street] = _polygon(_fine(_union(ring for code, ring in cells.items() if code.startswith(street + "-"))))
    found[DISTRICT_CODE] = _polygon(_fine(_union(cells.values())))
    return found


def _cells() -> list[list[Point]]:
    """Voronoi cells, open rings, counter-clockwise; corners that are meant to be one are one."""
    sites = [_site(i, c.longitude, c.latitude) for i, c in enumerate(communities())]
    known: dict[tuple[int, int], Point] = {}
    found = []
    for site in sites:
        cell = list(OUTLINE) if signed_area(OUTLINE) > 0 else list(reversed(OUTLINE))
        for other in sites:
            if other != site:
                cell = _nearer(cell, site, other)
        found.append(_open([_snapped(point, known) for point in cell]))
    return found


def _site(i: int, longitude: float, latitude: float) -> Point:
    """A little beside the centre, so that the cells are no chessboard."""
    return longitude + 0.0011 * math.sin(i * 2.399 + 1), latitude + 0.0007 * math.cos(i * 1.713 + 2)


def _nearer(cell: list[Point], site: Point, other: Point) -> list[Point]:
    """The part of a convex cell that lies nearer to its site than to the other. Degrees of longitude are shorter here than those of latitude."""
    shrink = math.cos(math.radians(32.05)) ** 2
    normal = ((other[0] - site[0]) * shrink, other[1] - site[1])
    middle = ((other[0] + site[0]) / 2, (other[1] + site[1]) / 2)
    side = [(p[0] - middle[0]) * normal[0] + (p[1] - middle[1]) * normal[1] for p in cell]
    kept: list[Point] = []
    for i, point in enumerate(cell):
        j = (i + 1) % len(cell)
        if side[i] <= 0:
            kept.append(point)
        if (side[i] < 0 < side[j]) or (side[j] < 0 < side[i]):
            share = side[i] / (side[i] - side[j])
            kept.append((point[0] + share * (cell[j][0] - point[0]), point[1] + share * (cell[j][1] - point[1])))
    return kept


def _snapped(point: Point, known: dict[tuple[int, int], Point]) -> Point:
    x, y = round(point[0] / _SNAP), round(point[1] / _SNAP)
    for dx in (0, -1, 1):
        for dy in (0, -1, 1):
            if (x + dx, y + dy) in known:
                return known[x + dx, y + dy]
    return known.setdefault((x, y), point)


def _open(ring: list[Point]) -> list[Point]:
    return [point for i, point in enumerate(ring) if point != ring[i - 1]]


def _union(rings: Iterable[list[Point]]) -> list[list[Point]]:
    """An edge of two cells is inside and goes; what is left is walked round."""
    edges = {edge for ring in rings for edge in _edges(ring)}
    rest = {a: b for a, b in edges if (b, a) not in edges}
    found = []
    while rest:
        start, at = rest.popitem()
        ring = [start]
        while at != start:
            ring.append(at)
            at = rest.pop(at)
        found.append(ring)
    return sorted(found, key=lambda ring: -abs(signed_area(ring)))


def _edges(ring: list[Point]) -> Iterator[tuple[Point, Point]]:
    yield from pairwise([*ring, ring[0]])


def _fine(rings: list[list[Point]]) -> list[list[list[float]]]:
    found = []
    for ring in rings:
        points: list[list[float]] = []
        for a, b in _edges(ring):
            pieces = max(1, round(math.dist(a, b) / STEP))
            low, high = min(a, b), max(a, b)  # cut from the same end, whichever way it is walked
            cut = [(low[0] + (high[0] - low[0]) * k / pieces, low[1] + (high[1] - low[1]) * k / pieces) for k in range(pieces + 1)]
            points += [_moved(p) for p in (cut if a == low else cut[::-1])[:-1]]
        found.append([*points, points[0]])
    return found


def _moved(point: Point) -> list[float]:
    x, y = (point[0] - 112.0) * 1000, (point[1] - 32.0) * 1000
    dx = 0.34 * math.sin(y * 1.31 + 0.6) + 0.22 * math.sin(y * 2.9 + x * 0.7) + 0.10 * math.sin(x * 2.3 + y * 4.1)
    dy = 0.24 * math.sin(x * 0.93 + 1.4) + 0.16 * math.sin(x * 2.1 - y * 0.9) + 0.08 * math.sin(x * 3.7 + y * 1.9)
    return [round(112.0 + (x + dx) / 1000, 6), round(32.0 + (y + dy) / 1000, 6)]


def _polygon(rings: list[list[list[float]]]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": rings}
