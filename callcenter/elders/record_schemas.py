"""What goes over the wire of an elder's records: history, consents, presence, checks, merges, files in and out."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints

from callcenter.elders.models import Living, Presence
from callcenter.elders.records import CheckState, ConsentAct, ConsentBy, ExportState, ImportState
from callcenter.elders.schemas import ElderHit, ElderSummary, Line

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=4, max_length=500)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]


# --- list ----------------------------------------------------------------------------------------------------------------


class DirectoryFilter(BaseModel):
    """Nothing given: everybody who lives."""

    model_config = ConfigDict(extra="forbid")

    region_id: uuid.UUID | None = None  # a community, or a street or district above it
    category: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)] = ""
    presence: Presence | None = None
    risk: Annotated[int, Field(ge=0, le=3)] | None = None
    living: Living | None = None


class Directory(BaseModel):
    items: list[ElderHit]
    total: int
    offset: int


# --- history ---------------------------------------------------------------------------------------------------------------


class ChangedField(BaseModel):
    field: str
    before: JsonValue
    after: JsonValue


class ElderChangeView(BaseModel):
    id: uuid.UUID
    at: datetime
    by: str  # "" = the system
    kind: str
    version: int
    fields: list[str]
    values: list[ChangedField] | None  # None: for whoever may see all of her only
    of_merged: bool  # it was written on the profile that was merged into this one


# --- consents ----------------------------------------------------------------------------------------------------------------


class Wording(BaseModel):
    item: str
    version: str
    title: str
    text: str
    valid_from: date
    is_current: bool


class NewWording(BaseModel):
    model_config = ConfigDict(extra="forbid")

    item: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{1,39}$")]
    version: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20)]
    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=10, max_length=4000)]
    valid_from: date


class NewConsent(BaseModel):
    """`proof`: by telephone the case's number, by form the form's number, in person who was there."""

    model_config = ConfigDict(extra="forbid")

    item: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    act: ConsentAct
    by: ConsentBy
    proof: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
    wording_version: Annotated[str, StringConstraints(max_length=20)] = ""  # "": the one in force


class ConsentLine(BaseModel):
    id: uuid.UUID
    item: str
    wording_version: str
    act: ConsentAct
    by: ConsentBy
    proof: str
    has_form: bool
    at: datetime
    actor_name: str


class ConsentState(BaseModel):
    """One item and where it stands now. `outdated`: given to an older wording than the one in force."""

    item: str
    title: str
    given: bool
    outdated: bool
    since: datetime | None
    wording_version: str
    current_version: str


class Consents(BaseModel):
    states: list[ConsentState]
    ledger: list[ConsentLine]  # newest first


# --- presence, photograph, check ---------------------------------------------------------------------------------------------


class ElderPresence(BaseModel):
    """Deceased: `since` is the day, and a supervisor confirms it."""

    model_config = ConfigDict(extra="forbid")

    presence: Presence
    since: date | None = None
    until: date | None = None
    place: Line = ""
    note: Note = ""


class StartCheck(BaseModel):
    model_config = ConfigDict(extra="forbid")

    line: Annotated[str, StringConstraints(pattern=r"^[0-9]{3,20}$")]
    number_id: uuid.UUID


class CheckView(BaseModel):
    id: uuid.UUID
    line: str
    line_label: str = ""
    number: str  # as people write it
    started_at: datetime
    started_by: str
    until: datetime
    state: CheckState
    settled_at: datetime | None
    heard_number: str
    heard_line: str


class CheckLine(BaseModel):
    number: str
    label: str


class Checks(BaseModel):
    lines: list[CheckLine]
    checks: list[CheckView]  # newest first


# --- merging -----------------------------------------------------------------------------------------------------------------


class Candidate(BaseModel):
    """Two profiles that may be one person's, and why."""

    first: ElderHit
    second: ElderHit
    why: list[Literal["name_birth", "name_number", "name_door"]]


class Merge(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kept_id: uuid.UUID
    merged_id: uuid.UUID
    kept_version: int
    merged_version: int
    reason: Reason


class Pair(BaseModel):
    model_config = ConfigDict(extra="forbid")

    first_id: uuid.UUID
    second_id: uuid.UUID


class MergeView(BaseModel):
    id: uuid.UUID
    kept: ElderSummary
    merged: ElderSummary
    at: datetime
    by: str
    reason: str
    undo_until: datetime
    undone_at: datetime | None
    undone_by: str
    cases: int
    left_numbers: list[str]  # for which there was no room


# --- files -------------------------------------------------------------------------------------------------------------------


class RowProblem(BaseModel):
    """`row` counts as the spreadsheet does: the header is 1. `value` is masked where it is private."""

    row: int
    column: str  # its heading; "" = the whole row
    value: str
    code: str  # a word in the console: eldersPage.problem.CODE
    hint: str = ""  # which row, which are possible …
    known_id: uuid.UUID | None = None  # who has it already
    warning: bool = False  # the row is imported all the same


class ImportView(BaseModel):
    id: uuid.UUID
    file_name: str
    size: int
    checked_at: datetime
    actor_name: str
    state: ImportState
    settled_at: datetime | None
    rows_total: int
    rows_good: int
    rows_bad: int
    rows_known: int


class ImportReport(ImportView):
    problems: list[RowProblem]
    more_problems: bool  # only the first are kept


class CommitImport(BaseModel):
    """`all`: only if no row is bad. `good`: the good rows, and the others are left out. Either way in one piece."""

    model_config = ConfigDict(extra="forbid")

    rows: Literal["all", "good"]


class AskExport(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Reason
    format: Literal["csv", "xlsx"] = "xlsx"
    sensitive: bool = False
    filter: DirectoryFilter = DirectoryFilter()


class DecideExport(BaseModel):
    model_config = ConfigDict(extra="forbid")

    approve: bool
    note: Note = ""


class ExportView(BaseModel):
    id: uuid.UUID
    number: str  # DC-0007
    asked_at: datetime
    asked_by: str
    is_mine: bool
    reason: str
    format: str
    sensitive: bool
    filter: DirectoryFilter
    place: str  # of the filter's region
    rows: int  # as of now, of the asker's regions
    state: ExportState
    decided_at: datetime | None
    decided_by: str
    decision_note: str
    until: datetime | None  # the file may be fetched until then
    downloads: int
