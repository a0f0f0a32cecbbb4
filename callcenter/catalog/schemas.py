"""What of the catalogue goes over the wire. Money is fen, an integer."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from callcenter.catalog.licences import HeldBy
from callcenter.catalog.models import Category, ClaimMode, HomeVisit, SlaClass, Unit, VolunteerPart
from callcenter.catalog.reading import MAX_BYTES
from callcenter.catalog.rules import MAX_FEN

ItemCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}[0-9]{2}$")]
# no beginning that a spreadsheet takes for a formula
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=r"^\s*[^=+\-@\s]")]
Fen = Annotated[int, Field(ge=0, le=MAX_FEN, strict=True)]
Minutes = Annotated[int, Field(ge=0, le=1440, strict=True)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
OffReason = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100, pattern=r"^(\s*[^=+\-@\s].*)?$")]
LicenceCode = Annotated[str, StringConstraints(min_length=1, max_length=60)]
Group = Annotated[list[LicenceCode], Field(min_length=1, max_length=20)]
VersionNumber = Annotated[int, Field(ge=0, le=1_000_000, strict=True)]
MAX_ITEMS = 500


class LicenceView(BaseModel):
    code: str
    name_zh: str
    name_en: str
    held_by: HeldBy


class ItemValues(BaseModel):
    """An item as a version keeps it. `requirements`: of every group one licence; a group is of the store or of the worker."""

    code: str
    category: Category
    name_zh: str
    name_en: str
    unit: str
    price_min_fen: int
    price_max_fen: int
    price_public_fen: int
    price_market_fen: int
    minutes_min: int
    minutes_max: int
    requirements: list[list[str]]
    sla_class: SlaClass
    home_visit: HomeVisit
    volunteer: VolunteerPart
    claim_mode: ClaimMode
    active: bool
    off_reason: str


class VersionItem(ItemValues):
    item_id: uuid.UUID
    pinyin: str


class ItemForm(BaseModel):
    model_config = ConfigDict(extra="forbid")

    is_new: bool = False  # its code is in no version yet
    code: ItemCode
    category: Category
    name_zh: Name
    name_en: Name
    unit: Unit
    price_min_fen: Fen
    price_max_fen: Fen
    price_public_fen: Fen
    price_market_fen: Fen
    minutes_min: Minutes
    minutes_max: Minutes
    requirements: Annotated[list[Group], Field(min_length=1, max_length=10)]
    sla_class: SlaClass
    home_visit: HomeVisit
    volunteer: VolunteerPart
    claim_mode: ClaimMode
    active: bool = True
    off_reason: OffReason = ""


class CatalogEdit(BaseModel):
    """`seen`: the number of the last version that one has looked at. `valid_from`: nothing = at once."""

    model_config = ConfigDict(extra="forbid")

    seen: VersionNumber
    reason: Reason
    valid_from: AwareDatetime | None = None
    items: Annotated[list[ItemForm], Field(min_length=1, max_length=MAX_ITEMS)]


class CatalogFile(BaseModel):
    """A CSV as it is exported. Items that are not in it stay as they are."""

    model_config = ConfigDict(extra="forbid")

    seen: VersionNumber
    reason: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""  # may be missing in a dry run
    valid_from: AwareDatetime | None = None
    csv: Annotated[str, StringConstraints(min_length=1, max_length=MAX_BYTES)]
    dry_run: bool = False


class BadCell(BaseModel):
    row: int  # in the file, the head is 1
    column: str
    reason: str  # a stable word
    message: str


class CatalogReport(BaseModel):
    """`bad` empty: a new version `number` stands, or would when it was a dry run; none when nothing is different."""

    kept: bool
    number: int | None
    added: list[str]
    changed: list[str]
    unchanged: int
    bad: list[BadCell]


class WithdrawVersion(BaseModel):
    model_config = ConfigDict(extra="forbid")

    seen: VersionNumber


VersionState = Literal["planned", "in_force", "past", "withdrawn"]


class CatalogVersionLine(BaseModel):
    number: int
    state: VersionState
    made_at: datetime
    valid_from: datetime
    reason: str
    author_name: str
    withdrawn_by: str | None
    items: int


class CatalogVersionView(CatalogVersionLine):
    rows: list[VersionItem]


FieldValue = bool | int | str | list[list[str]]


class FieldChange(BaseModel):
    field: str
    before: FieldValue | None
    after: FieldValue | None


class ItemDiff(BaseModel):
    code: str
    name_zh: str
    name_en: str
    kind: Literal["added", "changed", "removed"]
    fields: list[FieldChange]


class CatalogDiff(BaseModel):
    number: int
    against: int | None  # None: it is the first
    changes: list[ItemDiff]


# --- as it is in force somewhere ----------------------------------------------------------------------------------------------------


class ItemInForceView(BaseModel):
    """What may be ordered in a community, with what its regions do otherwise."""

    code: str
    item_id: uuid.UUID
    category: Category
    name_zh: str
    name_en: str
    pinyin: str
    unit: str
    price_min_fen: int
    price_max_fen: int
    price_public_fen: int
    price_market_fen: int
    minutes_min: int
    minutes_max: int
    requirements: list[list[str]]
    sla_class: SlaClass
    home_visit: HomeVisit
    volunteer: VolunteerPart
    claim_mode: ClaimMode
    active: bool
    switched_off_reason: str
    switched_off_in: uuid.UUID | None
    localised: bool


# --- regions ------------------------------------------------------------------------------------------------------------------------


class PricesOf(BaseModel):
    model_config = ConfigDict(extra="forbid")

    price_min_fen: Fen
    price_max_fen: Fen
    price_public_fen: Fen
    price_market_fen: Fen


class NewLocalisation(BaseModel):
    """A whole statement of one region about one item; what is None is as in the region above. `seen`: the number of its last one, 0 when there is none."""

    model_config = ConfigDict(extra="forbid")

    code: ItemCode
    region_id: uuid.UUID
    seen: VersionNumber
    name_zh: Name | None = None
    prices: PricesOf | None = None
    switched_off: bool | None = None
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""
    valid_from: AwareDatetime | None = None

    @model_validator(mode="after")
    def _says_why(self) -> Self:
        if self.switched_off and not self.note:
            raise ValueError("say in the note why it is switched off; whoever is asked for it reads that")
        return self


class LocalisationView(BaseModel):
    id: uuid.UUID
    code: str
    region_id: uuid.UUID
    number: int
    name_zh: str | None
    prices: PricesOf | None
    switched_off: bool | None
    note: str
    valid_from: datetime
    made_at: datetime
    author_name: str
    state: Literal["planned", "in_force", "past"]
    last: bool  # of its item in its region: `seen` of the next
