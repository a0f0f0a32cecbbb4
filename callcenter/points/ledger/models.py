"""Accounts, entries, postings, lots with what lies where, holds, blocks.

What keeps the books right stands in the database (migration "the ledger"), so that no program can do otherwise: a posting moves its account's
balance and its lot by a trigger, an entry that does not sum to zero (of every lot) is refused at commit, a posting belongs to the database
transaction of its entry, and the application's role can neither update nor delete. `tests/points/test_the_database_guards.py` tries.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.kit.db import Base, HasId, word
from callcenter.points.ledger.kinds import EntryKind, Holder, HoldState, Ledger, Pocket

MOST = 1_000_000_000_000  # of one posting, either way: far above any sum of the scheme, far below what a bigint holds
CONTRA = "(pocket IN ('issued', 'redeemed', 'owed') OR holder = 'world')"


class LedgerAccount(HasId, Base):
    """One pocket of one holder in one book. `balance` and `postings` are the trigger's: nobody writes them."""

    __tablename__ = "ledger_accounts"

    ledger: Mapped[Ledger] = mapped_column(word(Ledger))
    holder: Mapped[Holder] = mapped_column(word(Holder))
    holder_id: Mapped[
        uuid.UUID | None
    ]  # of an elder, a store …: by `holder`, whose tables lie in other domains; None where there is only one
    pocket: Mapped[Pocket] = mapped_column(word(Pocket))
    balance: Mapped[int] = mapped_column(BigInteger, default=0)
    postings: Mapped[int] = mapped_column(BigInteger, default=0)
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("ledger", "holder", "holder_id", "pocket", postgresql_nulls_not_distinct=True),
        UniqueConstraint("id", "ledger"),
        CheckConstraint(f"balance >= 0 OR {CONTRA}", name="balance"),
        CheckConstraint("closed_at IS NULL OR balance = 0", name="closed_empty"),
        CheckConstraint("(holder_id IS NULL) = (holder IN ('centre', 'fund', 'expired', 'world'))", name="holder_id"),
        CheckConstraint(f"holder IN ('store', 'partner', 'centre', 'world') OR NOT {CONTRA}", name="contra"),
        Index("ix_ledger_accounts_holder_id", "holder_id"),
    )


class LedgerLot(HasId, Base):
    """Points that one issuer answers for and that expire on one day: of one month's earning, whoever holds them. Append-only."""

    __tablename__ = "ledger_lots"

    issuer: Mapped[Holder] = mapped_column(word(Holder))
    issuer_id: Mapped[uuid.UUID | None]
    expires_on: Mapped[date]  # the last day on which they may be spent
    made_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("issuer", "issuer_id", "expires_on", postgresql_nulls_not_distinct=True),
        CheckConstraint("issuer IN ('store', 'partner', 'centre') AND (issuer_id IS NULL) = (issuer = 'centre')", name="issuer"),
        Index("ix_ledger_lots_expires_on", "expires_on"),
    )


class LedgerHolding(Base):
    """How much of a lot lies in an account. The trigger's, like the balance."""

    __tablename__ = "ledger_holdings"

    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(LedgerAccount.id), primary_key=True)
    lot_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    contra: Mapped[bool]
    amount: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (CheckConstraint("contra OR amount >= 0", name="amount"), Index("ix_ledger_holdings_lot_id", "lot_id"))


class LedgerEntry(HasId, Base):
    """The header of some postings that stand or fall together. `key`: the same key is the same deed, once. Append-only."""

    __tablename__ = "ledger_entries"

    ledger: Mapped[Ledger] = mapped_column(word(Ledger))
    kind: Mapped[EntryKind] = mapped_column(word(EntryKind))
    key: Mapped[str] = mapped_column(unique=True)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)  # of what was asked, so that the same key for something else is noticed
    booked_on: Mapped[date]  # the day of the people served
    at: Mapped[datetime]
    actor_kind: Mapped[str]
    actor_id: Mapped[uuid.UUID | None]
    actor_name: Mapped[str]
    reverses_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("ledger_entries.id"))
    details: Mapped[dict[str, Any]]  # ids and numbers; nothing private
    xid: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))  # the database transaction that made it: the trigger's

    __table_args__ = (
        UniqueConstraint("id", "ledger", "booked_on", "xid"),
        CheckConstraint("key ~ '^[a-zA-Z0-9:._-]{1,200}$'", name="key"),
        CheckConstraint("(kind = 'reverse') = (reverses_id IS NOT NULL)", name="reverses"),
        Index("ix_ledger_entries_reverses_id", "reverses_id"),
        Index("ix_ledger_entries_at", "at"),
        Index("ix_ledger_entries_ledger_booked_on_kind", "ledger", "booked_on", "kind"),
    )


class LedgerPosting(Base):
    """One leg. `number` and `balance_after` make the account's statement; they are the trigger's. Append-only."""

    __tablename__ = "ledger_postings"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    entry_id: Mapped[uuid.UUID]
    ledger: Mapped[Ledger] = mapped_column(word(Ledger))
    booked_on: Mapped[date]
    xid: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    account_id: Mapped[uuid.UUID]
    lot_id: Mapped[uuid.UUID | None]  # of ledger_lots: the trigger looks, because a foreign key would share a lock on the row that all want
    amount: Mapped[int] = mapped_column(BigInteger)
    number: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))  # of the account's postings, from 1
    balance_after: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))

    __table_args__ = (
        # one transaction of the database, one book, one day: a leg that comes late finds no header
        ForeignKeyConstraint(
            ["entry_id", "ledger", "booked_on", "xid"],
            ["ledger_entries.id", "ledger_entries.ledger", "ledger_entries.booked_on", "ledger_entries.xid"],
            name="fk_ledger_postings_entry",
        ),
        ForeignKeyConstraint(["account_id", "ledger"], ["ledger_accounts.id", "ledger_accounts.ledger"], name="fk_ledger_postings_account"),
        UniqueConstraint("account_id", "number"),
        CheckConstraint(f"amount <> 0 AND abs(amount) <= {MOST}", name="amount"),
        CheckConstraint("(ledger = 'PT') = (lot_id IS NOT NULL)", name="lot"),
        Index("ix_ledger_postings_entry_id", "entry_id"),
        Index("ix_ledger_postings_account_id_booked_on", "account_id", "booked_on", postgresql_include=["amount"]),  # sums of some days
    )


class LedgerHold(HasId, Base):
    """A spending in two steps: reserved now, confirmed or given back later, at the latest when its deadline passes."""

    __tablename__ = "ledger_holds"

    version: Mapped[int] = mapped_column(Integer, default=1)
    key: Mapped[str] = mapped_column(unique=True)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    ledger: Mapped[Ledger] = mapped_column(word(Ledger))
    state: Mapped[HoldState] = mapped_column(word(HoldState), default=HoldState.HELD)
    source_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(LedgerAccount.id), index=True)  # whence, and back to
    reserved_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(LedgerAccount.id))
    target_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(LedgerAccount.id))
    amount: Mapped[int] = mapped_column(BigInteger)
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    over_at: Mapped[datetime | None]  # confirmed or void

    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("(state = 'held') = (over_at IS NULL)", name="over"),
        Index("ix_ledger_holds_due", "expires_at", postgresql_where=text("state = 'held'")),
    )


class LedgerBlock(Base):
    """Entries that were sealed together; each block's hash holds the one before it. Append-only."""

    __tablename__ = "ledger_blocks"

    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    previous: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    entries: Mapped[int] = mapped_column(Integer)
    postings: Mapped[int] = mapped_column(Integer)
    sealed_at: Mapped[datetime]

    __table_args__ = (CheckConstraint("number >= 1 AND entries >= 1 AND postings >= 2", name="whole"),)


class LedgerSealed(Base):
    """Which block an entry was sealed in, and where in it. Append-only."""

    __tablename__ = "ledger_sealed"

    entry_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(LedgerEntry.id), primary_key=True)
    block: Mapped[int] = mapped_column(ForeignKey(LedgerBlock.number, deferrable=True))
    position: Mapped[int] = mapped_column(Integer)

    __table_args__ = (UniqueConstraint("block", "position"),)
