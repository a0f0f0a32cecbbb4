"""Sign-in codes, sessions, what was asked how often, keys of repeated actions, push subscriptions: all of people of stores, none of users of the console."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.dispatch.stores.models import ProviderPerson
from callcenter.kit.crypto import EncryptedText
from callcenter.kit.db import Base, HasId
from callcenter.kit.idempotency import KeyRow


class ProviderCode(HasId, Base):
    """A code that was asked for. Also for a number that nobody has: what is answered, and when it is locked, must not tell."""

    __tablename__ = "provider_sign_in_codes"

    number_index: Mapped[str] = mapped_column(index=True)
    person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(ProviderPerson.id))
    code_hash: Mapped[str]  # keyed hash of number and code
    address: Mapped[str]  # who asked
    tries: Mapped[int] = mapped_column(SmallInteger, default=0)
    created_at: Mapped[datetime] = mapped_column(index=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class ProviderFailure(Base):
    """A wrong code, counted by the address that sent it."""

    __tablename__ = "provider_sign_in_failures"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime]
    number_index: Mapped[str]
    address: Mapped[str]

    __table_args__ = (Index("ix_provider_sign_in_failures_address_at", "address", "at"),)


class ProviderSession(HasId, Base):
    """One browser of one person. The cookie holds a random token, here stands its hash."""

    __tablename__ = "provider_sessions"

    token_hash: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(ProviderPerson.id))
    csrf: Mapped[str]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    address: Mapped[str]
    browser: Mapped[str]

    __table_args__ = (Index("ix_provider_sessions_open", "person_id", postgresql_where=text("ended_at IS NULL")),)


class ProviderKey(KeyRow, Base):
    """`Idempotency-Key`s of the stores' app (kit.idempotency)."""

    __tablename__ = "provider_idempotency_keys"
    owner = "person_id"

    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(ProviderPerson.id), primary_key=True, sort_order=-1)


class ProviderPush(HasId, Base):
    """Where one browser is told of jobs while the app is closed. Ends with its session."""

    __tablename__ = "provider_push"

    session_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(ProviderSession.id), unique=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(ProviderPerson.id), index=True)
    subscription: Mapped[str] = mapped_column(EncryptedText("provider_push.subscription"))  # messaging.push, as text
    created_at: Mapped[datetime]
