"""What of stores goes over the wire."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from callcenter.dispatch.stores.models import MemberRole, OrganisationKind, StoreKind, StoreState
from callcenter.regions.schemas import Geometry

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
Number = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]  # any written form
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)]
Minute = Annotated[int, Field(ge=0, le=1440)]
Fen = Annotated[int, Field(ge=0, le=10_000_000)]
Version = Annotated[int, Field(ge=1, le=2_000_000_000)]
Hours = Annotated[
    list[Annotated[list[Annotated[list[Minute], Field(min_length=2, max_length=2)]], Field(max_length=4)]], Field(max_length=7)
]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}[0-9]{2}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


# --- in ----------------------------------------------------------------------------------------------------------------------------


class StoreForm(_Strict):
    kind: StoreKind = StoreKind.STORE
    name: Name
    organisation_id: uuid.UUID | None = None
    community_id: uuid.UUID
    address: Text = ""
    latitude: Annotated[float | None, Field(ge=-90, le=90)] = None
    longitude: Annotated[float | None, Field(ge=-180, le=180)] = None
    number: Number
    contact_name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=60)] = ""
    has_smartphone: bool = True
    hours: Hours
    daily_capacity: Annotated[int, Field(ge=0, le=1000)] = 20
    at_once: Annotated[int, Field(ge=0, le=200)] = 3

    @model_validator(mode="after")
    def whole_position(self) -> Self:
        if (self.latitude is None) != (self.longitude is None):
            raise ValueError("a position has a latitude and a longitude")
        return self


class ChangedStore(StoreForm):
    version: Version


class OfStoreVersion(_Strict):
    """An action on what one has seen: refused when somebody has changed it since."""

    version: Version


class Decision(OfStoreVersion):
    """Admission, suspension, leaving, applying again."""

    to: StoreState
    reason: Reason = ""


class OfferedItem(_Strict):
    code: Code
    price_fen: Fen
    active: bool = True


class ChangedItems(OfStoreVersion):
    """All that it offers. `reason` is asked for when a price lies outside of the catalogue's range."""

    items: Annotated[list[OfferedItem], Field(max_length=100)]
    reason: Reason = ""


class ChangedArea(OfStoreVersion):
    """Communities, or a polygon."""

    communities: Annotated[list[uuid.UUID], Field(max_length=1_000)] = []
    polygon: dict[str, Any] | None = None


class NewLicence(OfStoreVersion):
    """Of the store, or of one who works there."""

    kind: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
    person_id: uuid.UUID | None = None
    number: Annotated[str, StringConstraints(strip_whitespace=True, max_length=60)] = ""
    valid_from: date | None = None
    valid_to: date | None = None


class RenewedLicence(OfStoreVersion):
    number: Annotated[str | None, StringConstraints(strip_whitespace=True, max_length=60)] = None
    valid_from: date | None = None
    valid_to: date | None = None


class Revocation(OfStoreVersion):
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]


class MemberForm(OfStoreVersion):
    name: Name
    number: Number
    role: MemberRole = MemberRole.WORKER
    does_jobs: bool = True
    dialects: Annotated[
        list[Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20)]], Field(max_length=10)
    ] = []


class ChangedMember(MemberForm):
    """A number may be given as it was shown: masked, it stays. `active` False: works there no more."""

    active: bool = True


class NewBlackout(OfStoreVersion):
    first: date
    last: date
    reason: Text = ""


class ChangedHours(OfStoreVersion):
    """What a keeper says of her own store: when it is open, and whether jobs are told by the app or by an automatic call."""

    hours: Hours
    has_smartphone: bool


class NewRefusal(_Strict):
    store_id: uuid.UUID
    reason: Text = ""


class OrganisationForm(_Strict):
    kind: OrganisationKind
    name: Name
    region_id: uuid.UUID | None = None
    active: bool = True


class ChangedOrganisation(OrganisationForm):
    version: Version


class OfficerForm(_Strict):
    name: Name
    number: Number


# --- out ---------------------------------------------------------------------------------------------------------------------------


class StoreRow(BaseModel):
    """Of the list."""

    id: uuid.UUID
    code: str
    kind: StoreKind
    name: str
    state: StoreState
    state_reason: str
    community_id: uuid.UUID
    community: str
    organisation: str
    items: list[str]
    people: int
    has_smartphone: bool
    rating: int
    rating_count: int
    latitude: float | None
    longitude: float | None
    next_lapse: date | None  # of papers that are not revoked, the nearest last day; may have passed


class StoreList(BaseModel):
    items: list[StoreRow]
    total: int
    offset: int


class StoreItemView(BaseModel):
    code: str
    name: str
    price_fen: int
    least_fen: int
    most_fen: int
    unit: str
    active: bool
    licensed: bool  # today, by the papers of the store and its people
    missing: list[list[str]]  # groups of licences of which none is held by anybody there


class HeldLicenceView(BaseModel):
    id: uuid.UUID
    kind: str
    kind_zh: str
    kind_en: str
    person_id: uuid.UUID | None
    person: str
    number: str
    valid_from: date | None
    valid_to: date | None
    state: Literal["valid", "soon", "lapsed", "not_yet", "revoked"]
    revoked_reason: str


class StoreMemberView(BaseModel):
    person_id: uuid.UUID
    name: str
    number: str  # as people write it; masked for those who may not change it
    role: MemberRole
    does_jobs: bool
    active: bool
    dialects: list[str]
    elsewhere: list[str]  # names of other stores where she works too


class BlackoutView(BaseModel):
    id: uuid.UUID
    first: date
    last: date
    reason: str


class StoreView(BaseModel):
    id: uuid.UUID
    version: int
    code: str
    kind: StoreKind
    name: str
    organisation_id: uuid.UUID | None
    organisation: str
    community_id: uuid.UUID
    community: str
    address: str
    latitude: float | None
    longitude: float | None
    number: str
    contact_name: str
    has_smartphone: bool
    state: StoreState
    state_reason: str
    state_since: datetime
    may_become: list[StoreState]
    missing: list[str]  # what it lacks to be admitted (rules.lacks)
    hours: list[list[list[int]]]
    daily_capacity: int
    at_once: int
    rating: int
    rating_count: int
    created_at: datetime
    communities: list[uuid.UUID]
    area: Geometry | None
    items: list[StoreItemView]
    licences: list[HeldLicenceView]
    people: list[StoreMemberView]
    blackouts: list[BlackoutView]


class StoreChangeView(BaseModel):
    id: int
    at: datetime
    actor: str
    kind: str
    reason: str
    fields: dict[str, Any]


class RefusalView(BaseModel):
    store_id: uuid.UUID
    store: str
    reason: str
    at: datetime


class OfficerView(BaseModel):
    person_id: uuid.UUID
    name: str
    number: str


class OrganisationView(BaseModel):
    id: uuid.UUID
    version: int
    kind: OrganisationKind
    name: str
    region_id: uuid.UUID | None
    region: str
    active: bool
    stores: int
    officers: list[OfficerView]


class StoreFigures(BaseModel):
    """One store in an organisation's report."""

    store_id: uuid.UUID
    code: str
    name: str
    state: StoreState
    jobs: int  # done in the time asked for
    offers: int
    accepted: int
    rating: int
    rating_count: int
    complaints: int
    licences_expiring: int  # within 60 days, or lapsed


class OrganisationReport(BaseModel):
    first: date
    last: date
    jobs: int
    offers: int
    accepted: int
    complaints: int
    licences_expiring: int
    stores: list[StoreFigures]


class BadStoreRow(BaseModel):
    row: int  # as the spreadsheet counts
    column: str
    value: str
    why: str  # a stable word


class StoreImportReport(BaseModel):
    """`bad` empty: all are kept, or would be when it only looked. Else none is."""

    kept: bool
    rows: int
    added: int
    changed: int
    unchanged: int
    bad: list[BadStoreRow]
    more_bad: int
