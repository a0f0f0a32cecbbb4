"""Boundaries as GeoJSON (RFC 7946): checked before they are kept. Pure.

Only what a map of regions needs: Polygon and MultiPolygon in WGS-84, longitude first.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

Point = tuple[float, float]
Ring = Sequence[Point]

MAX_POINTS = 5_000  # of one region
DECIMALS = 6  # 0.1 m
METRES_A_DEGREE = 111_195.0  # of latitude


class BadGeometry(ValueError):
    """`reason` is a stable word, for the console to translate."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def checked(geometry: Any) -> dict[str, Any]:
    """The geometry as it is kept: coordinates rounded, nothing but type and coordinates. BadGeometry says what is wrong."""
    if not isinstance(geometry, dict) or geometry.get("type") not in ("Polygon", "MultiPolygon"):
        raise BadGeometry("no_polygon", "a boundary is a Polygon or a MultiPolygon")
    coordinates = geometry.get("coordinates")
    if not isinstance(coordinates, list) or not coordinates:
        raise BadGeometry("no_polygon", "coordinates are missing")
    polygons = coordinates if geometry["type"] == "MultiPolygon" else [coordinates]
    kept: list[list[list[Point]]] = []
    left = MAX_POINTS
    for polygon in polygons:
        if not isinstance(polygon, list) or not polygon:
            raise BadGeometry("no_polygon", "a polygon is a list of rings")
        rings: list[list[Point]] = []
        for ring in polygon:
            made = _ring(ring, left)
            left -= len(made)
            rings.append(made)
        for hole in rings[1:]:
            if not contains(rings[0], hole[0]) and not _on_ring(rings[0], hole[0]):
                raise BadGeometry("hole_outside", "a hole lies outside its polygon")
        kept.append(rings)
    shape = [[[list(point) for point in ring] for ring in polygon] for polygon in kept]
    return {"type": geometry["type"], "coordinates": shape if geometry["type"] == "MultiPolygon" else shape[0]}


def outer_rings(geometry: dict[str, Any]) -> list[list[Point]]:
    polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    return [[(x, y) for x, y in polygon[0]] for polygon in polygons]


def covers(geometry: dict[str, Any], longitude: float, latitude: float) -> bool:
    """Whether the place lies inside, holes left out."""
    polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    place = (longitude, latitude)
    return any(contains(outer, place) and not any(contains(hole, place) for hole in holes) for outer, *holes in polygons)


def metres_outside(geometry: dict[str, Any], longitude: float, latitude: float) -> float:
    """How far the place lies from the region, 0 inside of it. On a plane that touches the earth there: good to a metre within some kilometres."""
    if covers(geometry, longitude, latitude):
        return 0.0
    polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    across = METRES_A_DEGREE * math.cos(math.radians(latitude))

    def on_plane(point: Sequence[float]) -> Point:
        return (point[0] - longitude) * across, (point[1] - latitude) * METRES_A_DEGREE

    rings = [[on_plane(point) for point in ring] for polygon in polygons for ring in polygon]
    return min(_from_origin(a, b) for ring in rings for a, b in pairwise(ring))


def _from_origin(a: Point, b: Point) -> float:
    """The distance of (0, 0) from the side a–b."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    length = dx * dx + dy * dy
    along = 0.0 if length == 0 else max(0.0, min(1.0, -(a[0] * dx + a[1] * dy) / length))
    return math.hypot(a[0] + along * dx, a[1] + along * dy)


def contains(ring: Ring, point: Point) -> bool:
    """Even-odd; a point on the edge may go either way."""
    x, y = point
    inside = False
    for (ax, ay), (bx, by) in zip(ring, [*ring[1:], ring[0]], strict=True):
        if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
            inside = not inside
    return inside


def signed_area(ring: Ring) -> float:
    """In square degrees; positive when it runs counter-clockwise."""
    return sum(ax * by - bx * ay for (ax, ay), (bx, by) in zip(ring, [*ring[1:], ring[0]], strict=True)) / 2


def _ring(raw: Any, left: int) -> list[Point]:
    if not isinstance(raw, list) or len(raw) < 4:
        raise BadGeometry("too_few_points", "a ring has at least four positions")
    if len(raw) > left:
        raise BadGeometry("too_many_points", f"a boundary has at most {MAX_POINTS} positions; simplify it")
    points = [_position(position) for position in raw]
    if points[0] != points[-1]:
        raise BadGeometry("not_closed", "a ring ends where it begins")
    points = [point for i, point in enumerate(points) if i == 0 or point != points[i - 1]]
    if len(points) < 4 or abs(signed_area(points[:-1])) < 1e-12:
        raise BadGeometry("no_area", "a ring encloses nothing")
    if crosses_itself(points):
        raise BadGeometry("crosses_itself", "a ring crosses or touches itself")
    return points


def _position(raw: Any) -> Point:
    if not isinstance(raw, list) or not 2 <= len(raw) <= 3 or not all(type(n) in (int, float) and math.isfinite(n) for n in raw):
        raise BadGeometry("bad_position", "a position is [longitude, latitude]")
    longitude, latitude = float(raw[0]), float(raw[1])
    if not -180 <= longitude <= 180 or not -90 <= latitude <= 90:
        raise BadGeometry("out_of_range", "WGS-84 degrees, longitude (-180 to 180) first, then latitude (-90 to 90)")
    return round(longitude, DECIMALS), round(latitude, DECIMALS)


def crosses_itself(closed: Ring) -> bool:
    """Whether two sides that are not neighbours meet. Sorted by their left ends, so that only sides above one another are compared."""
    count = len(closed) - 1
    sides = sorted(range(count), key=lambda i: min(closed[i][0], closed[i + 1][0]))
    active: list[int] = []
    for i in sides:
        left = min(closed[i][0], closed[i + 1][0])
        active = [j for j in active if max(closed[j][0], closed[j + 1][0]) >= left]
        for j in active:
            apart = abs(i - j)
            if apart in (1, count - 1):
                shared = closed[max(i, j)] if apart == 1 else closed[0]
                one = closed[i + 1] if closed[i] == shared else closed[i]
                two = closed[j + 1] if closed[j] == shared else closed[j]
                if _between(shared, two, one) or _between(shared, one, two):  # folds back on its neighbour
                    return True
            elif _meet(closed[i], closed[i + 1], closed[j], closed[j + 1]):
                return True
        active.append(i)
    return False


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _between(a: Point, b: Point, c: Point) -> bool:
    """c lies on the side a–b."""
    inside = min(a[0], b[0]) <= c[0] <= max(a[0], b[0]) and min(a[1], b[1]) <= c[1] <= max(a[1], b[1])
    return inside and abs(_turn(a, b, c)) < 1e-15


def _on_ring(ring: Ring, point: Point) -> bool:
    return any(_between(a, b, point) for a, b in _sides(ring))


def _sides(ring: Ring) -> Iterator[tuple[Point, Point]]:
    yield from zip(ring, [*ring[1:], ring[0]], strict=True)


def _meet(a: Point, b: Point, c: Point, d: Point) -> bool:
    if max(a[1], b[1]) < min(c[1], d[1]) or max(c[1], d[1]) < min(a[1], b[1]):
        return False
    if max(a[0], b[0]) < min(c[0], d[0]) or max(c[0], d[0]) < min(a[0], b[0]):
        return False
    one, two, three, four = _turn(a, b, c), _turn(a, b, d), _turn(c, d, a), _turn(c, d, b)
    if ((one > 0) != (two > 0)) and ((three > 0) != (four > 0)) and one and two and three and four:
        return True
    return _between(a, b, c) or _between(a, b, d) or _between(c, d, a) or _between(c, d, b)
