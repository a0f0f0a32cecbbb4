"""What of regions goes over the wire."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from callcenter.regions.models import RegionLevel, WorkerRole

Code = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[0-9A-Za-z][0-9A-Za-z-]{0,39}$")]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
Sort = Annotated[int, Field(ge=0, le=9999)]
MAX_FEATURES = 2_000


class RegionView(BaseModel):
    id: uuid.UUID
    parent_id: uuid.UUID | None
    level: RegionLevel
    code: str
    name: str
    short_name: str
    sort: int
    version: int
    retired: bool
    has_boundary: bool


class NewRegion(BaseModel):
    """Its level follows from its parent's; without a parent it is a district. `short_name` empty: the name without 街道, 社区."""

    model_config = ConfigDict(extra="forbid")

    parent_id: uuid.UUID | None
    code: Code
    name: Name
    short_name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=60)] = ""
    sort: Sort = 0


class ChangedRegion(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: int
    code: Code
    name: Name
    short_name: Name
    sort: Sort


class MovedRegion(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: int
    parent_id: uuid.UUID


class OfVersion(BaseModel):
    """An action on what one has seen: refused when somebody has changed it since."""

    model_config = ConfigDict(extra="forbid")

    version: int


# --- boundaries ----------------------------------------------------------------------------------------------------------------


class BoundaryFile(BaseModel):
    """A GeoJSON FeatureCollection; each feature's `properties.code` says which region it is. Other members are ignored."""

    type: Literal["FeatureCollection"]
    features: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=MAX_FEATURES)]
    dry_run: bool = False  # only look


class BadFeature(BaseModel):
    row: int  # of the feature in the file, from 1
    code: str
    reason: str  # a stable word
    message: str


class BoundaryReport(BaseModel):
    """`bad` empty: all are kept, or would be when it was a dry run. Else none is."""

    kept: bool
    added: int
    replaced: int
    unchanged: int
    bad: list[BadFeature]


class FeatureProperties(BaseModel):
    id: uuid.UUID
    parent_id: uuid.UUID | None
    code: str
    name: str
    short_name: str
    level: RegionLevel


class Geometry(BaseModel):
    """Polygon: rings; MultiPolygon: polygons of rings. Positions are [longitude, latitude]."""

    type: Literal["Polygon", "MultiPolygon"]
    coordinates: list[list[list[float]]] | list[list[list[list[float]]]]


class Feature(BaseModel):
    type: Literal["Feature"] = "Feature"
    properties: FeatureProperties
    geometry: Geometry


class FeatureCollection(BaseModel):
    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[Feature]


# --- workers -------------------------------------------------------------------------------------------------------------------


class WorkerView(BaseModel):
    id: uuid.UUID
    version: int
    name: str
    number: str  # as people write it; masked for those who may not change it
    role: WorkerRole
    region_ids: list[uuid.UUID]
    valid_from: date | None
    valid_to: date | None
    active: bool
    works_today: bool
    updated_at: datetime


class WorkerForm(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Name
    number: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]  # any form
    role: WorkerRole
    region_ids: Annotated[list[uuid.UUID], Field(min_length=1, max_length=50)]
    valid_from: date | None = None
    valid_to: date | None = None
    active: bool = True


class ChangedWorker(WorkerForm):
    version: int


class WorkerFile(BaseModel):
    """A CSV with a head: name, number, role, codes (of regions, by blanks), valid_from, valid_to. Chinese heads are known too."""

    model_config = ConfigDict(extra="forbid")

    csv: Annotated[str, StringConstraints(min_length=1, max_length=200_000)]
    dry_run: bool = False


class BadRow(BaseModel):
    row: int  # in the file, the head is 1
    column: str
    reason: str
    value: str  # what stood there, shortened; "" for a number


class WorkerReport(BaseModel):
    kept: bool
    added: int
    changed: int
    unchanged: int
    bad: list[BadRow]
