"""What is kept about a profile beside it: its changes, consents, photograph, reported death, checks of the telephone, merges, and the files
that came in and went out.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Identity, Index, Integer, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.accounts.models import User
from callcenter.elders.models import Elder
from callcenter.kit.crypto import EncryptedJSON
from callcenter.kit.db import Base, HasId, word


class ElderChange(HasId, Base):
    """One save. Append-only. Which fields is open, what stood in them and stands now is encrypted."""

    __tablename__ = "elder_changes"

    elder_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Elder.id))
    at: Mapped[datetime]
    actor_id: Mapped[uuid.UUID | None]
    actor_name: Mapped[str]
    kind: Mapped[str]  # create, edit, number, presence, import, merge, unmerge, photo …
    version: Mapped[int] = mapped_column(Integer)  # hers, after it
    fields: Mapped[list[str]]
    # {field: [before, after]}; shape of the values: profiles.facts_of
    values: Mapped[dict[str, Any] | None] = mapped_column(EncryptedJSON("elder_changes.values"))

    __table_args__ = (Index("ix_elder_changes_elder_id_at", "elder_id", "at"),)


# --- consents ----------------------------------------------------------------------------------------------------------


class ConsentWording(HasId, Base):
    """What somebody is asked to agree to, word for word. A new text is a new version; none is ever changed."""

    __tablename__ = "consent_wordings"

    item: Mapped[str]  # recording, location, health_sharing, photo …
    version: Mapped[str]  # as it stands on the form: "2026-1"
    title: Mapped[str]
    text: Mapped[str]
    valid_from: Mapped[date]
    at: Mapped[datetime]
    created_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(User.id))

    __table_args__ = (UniqueConstraint("item", "version"),)


class ConsentAct(StrEnum):
    GIVEN = "given"
    WITHDRAWN = "withdrawn"


class ConsentBy(StrEnum):
    FORM = "form"  # a signed form: its number, or its picture
    TELEPHONE = "telephone"  # said on a call: the case's number
    IN_PERSON = "in_person"  # said to a visitor, who is named in the proof


class ConsentEntry(HasId, Base):
    """A line of the ledger. Append-only: taking a consent back is a further line."""

    __tablename__ = "consent_entries"

    elder_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Elder.id))
    item: Mapped[str]
    wording_version: Mapped[str]
    act: Mapped[ConsentAct] = mapped_column(word(ConsentAct))
    by: Mapped[ConsentBy] = mapped_column(word(ConsentBy))
    proof: Mapped[str] = mapped_column(default="")  # case number, form number, who visited
    form: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)  # the signed form, re-encoded JPEG, encrypted
    at: Mapped[datetime]
    actor_id: Mapped[uuid.UUID | None]
    actor_name: Mapped[str]

    __table_args__ = (
        ForeignKeyConstraint(["item", "wording_version"], [ConsentWording.item, ConsentWording.version], name="fk_consent_entries_wording"),
        Index("ix_consent_entries_elder_id_at", "elder_id", "at"),
    )


# --- photograph, death, check ------------------------------------------------------------------------------------------------


class ElderPhoto(HasId, Base):
    __tablename__ = "elder_photos"

    elder_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Elder.id), unique=True)
    image: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)  # JPEG of ours without EXIF, encrypted
    added_at: Mapped[datetime]
    added_by: Mapped[uuid.UUID | None]


class DeathReport(HasId, Base):
    """Somebody said that she has died. Her presence says so at once; a supervisor confirms it, or puts back what stood before."""

    __tablename__ = "elder_death_reports"

    elder_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Elder.id))
    died_on: Mapped[date]
    note: Mapped[str]
    reported_at: Mapped[datetime]
    reported_by: Mapped[uuid.UUID | None]
    reported_name: Mapped[str]
    before: Mapped[dict[str, Any]] = mapped_column(EncryptedJSON("elder_death_reports.before"))  # her presence until then
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[uuid.UUID | None]
    confirmed_name: Mapped[str] = mapped_column(default="")
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[uuid.UUID | None]

    __table_args__ = (Index("uq_elder_death_reports_elder_id", "elder_id", unique=True, postgresql_where=text("undone_at IS NULL")),)


class CheckState(StrEnum):
    WAITING = "waiting"
    PROVED = "proved"
    WRONG_NUMBER = "wrong_number"  # another number of hers
    WRONG_LINE = "wrong_line"
    WRONG_PROFILE = "wrong_profile"  # the number is also somebody else's, or the press went to another profile
    NOBODY = "nobody"  # pressed in time
    CANCELLED = "cancelled"


class TelephoneCheck(HasId, Base):
    """ "Please press once": the next press from one of her numbers proves number, line and profile."""

    __tablename__ = "elder_checks"

    elder_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Elder.id))
    line: Mapped[str]  # the called number that is expected
    number: Mapped[str]  # E.164, one of hers
    started_at: Mapped[datetime]
    until: Mapped[datetime]
    started_by: Mapped[uuid.UUID | None]
    started_name: Mapped[str]
    state: Mapped[CheckState] = mapped_column(word(CheckState), default=CheckState.WAITING)
    settled_at: Mapped[datetime | None]
    call_id: Mapped[uuid.UUID | None]  # a row of a domain above this one
    heard_number: Mapped[str] = mapped_column(default="")
    heard_line: Mapped[str] = mapped_column(default="")

    __table_args__ = (
        Index("uq_elder_checks_waiting", "elder_id", unique=True, postgresql_where=text("state = 'waiting'")),
        Index("ix_elder_checks_elder_id_started_at", "elder_id", "started_at"),
    )


# --- merges ------------------------------------------------------------------------------------------------------------


class ElderMerge(HasId, Base):
    """Two profiles of one person made into one, with all that is needed to take it back exactly."""

    __tablename__ = "elder_merges"

    kept_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Elder.id))
    merged_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Elder.id))
    at: Mapped[datetime]
    actor_id: Mapped[uuid.UUID | None]
    actor_name: Mapped[str]
    reason: Mapped[str]
    record: Mapped[dict[str, Any] | None] = mapped_column(EncryptedJSON("elder_merges.record"), deferred=True)  # shape: merging.Record
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[uuid.UUID | None]
    undone_name: Mapped[str] = mapped_column(default="")

    __table_args__ = (
        Index("uq_elder_merges_merged_id", "merged_id", unique=True, postgresql_where=text("undone_at IS NULL")),
        Index("ix_elder_merges_kept_id", "kept_id"),
    )


class NotTheSame(Base):
    """Two who look like one and are not. Keyed by the smaller id first."""

    __tablename__ = "elders_not_the_same"

    first_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Elder.id), primary_key=True)
    second_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Elder.id), primary_key=True)
    at: Mapped[datetime]
    actor_id: Mapped[uuid.UUID | None]


# --- files in and out ----------------------------------------------------------------------------------------------------------


class ImportState(StrEnum):
    CHECKED = "checked"
    IMPORTED = "imported"
    DISCARDED = "discarded"


class ImportBatch(HasId, Base):
    __tablename__ = "import_batches"

    file_name: Mapped[str]
    file_hash: Mapped[str]  # SHA-256 of what was sent
    size: Mapped[int]
    checked_at: Mapped[datetime]
    actor_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(User.id))
    actor_name: Mapped[str]
    state: Mapped[ImportState] = mapped_column(word(ImportState), default=ImportState.CHECKED)
    settled_at: Mapped[datetime | None]
    rows_total: Mapped[int]
    rows_good: Mapped[int]
    rows_bad: Mapped[int]
    rows_known: Mapped[int]  # somebody in the centre, or a line above, has this ID or card
    problems: Mapped[list[dict[str, Any]]]  # importing.RowProblem: what was wrong, private values masked
    rows: Mapped[dict[str, Any] | None] = mapped_column(EncryptedJSON("import_batches.rows"), deferred=True)  # the good ones, until settled

    __table_args__ = (
        Index("uq_import_batches_file_hash", "file_hash", unique=True, postgresql_where=text("state = 'imported'")),
        Index("ix_import_batches_checked_at", "checked_at"),
    )


class ExportState(StrEnum):
    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"


class ExportRequest(HasId, Base):
    __tablename__ = "export_requests"

    serial: Mapped[int] = mapped_column(Integer, Identity(), unique=True)  # in the file and its name
    asked_at: Mapped[datetime]
    asked_by: Mapped[uuid.UUID] = mapped_column(ForeignKey(User.id))
    asked_name: Mapped[str]
    reason: Mapped[str]
    format: Mapped[str]  # csv, xlsx
    sensitive: Mapped[bool]  # with ID numbers and health
    filter: Mapped[dict[str, Any]]  # schemas_more.DirectoryFilter
    state: Mapped[ExportState] = mapped_column(word(ExportState), default=ExportState.ASKED)
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(User.id))
    decided_name: Mapped[str] = mapped_column(default="")
    decision_note: Mapped[str] = mapped_column(default="")
    downloads: Mapped[int] = mapped_column(default=0)

    __table_args__ = (Index("ix_export_requests_asked_at", "asked_at"),)
