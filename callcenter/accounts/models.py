"""Users, their second factors, their sessions, failed sign-ins, and the audit trail."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ForeignKey, Identity, Index, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.accounts.roles import Role
from callcenter.kit.crypto import EncryptedText
from callcenter.kit.db import Base, HasId, word


class Team(HasId, Base):
    """People who work together. Never deleted: retired."""

    __tablename__ = "teams"

    name: Mapped[str]
    lead_id: Mapped[uuid.UUID | None]  # a user; no foreign key, which would be a circle
    region_id: Mapped[uuid.UUID | None]  # regions belong to a domain above this one
    retired_at: Mapped[datetime | None]

    __table_args__ = (Index("uq_teams_name", "name", unique=True, postgresql_where=text("retired_at IS NULL")),)


class User(HasId, Base):
    """A person who signs in. Users are never deleted: their name stands in timelines and in the audit."""

    __tablename__ = "users"

    username: Mapped[str] = mapped_column(unique=True)  # lower case
    name: Mapped[str]
    role: Mapped[Role] = mapped_column(word(Role))
    password_hash: Mapped[str]
    must_change_password: Mapped[bool] = mapped_column(default=False, server_default="false")  # somebody else knows it
    active: Mapped[bool] = mapped_column(default=True)
    leaves_after_call: Mapped[bool] = mapped_column(default=False, server_default="false")  # is disabled as soon as she is free: by voice
    dialects: Mapped[list[str]] = mapped_column(default=list)  # codes of the centre's options
    skills: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    team_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("teams.id"))
    # Scope of a supervisor. Regions belong to a domain above this one, so without foreign keys.
    region_ids: Mapped[list[uuid.UUID]] = mapped_column(ARRAY(Uuid), default=list, server_default="{}")
    created_at: Mapped[datetime]


class UserSession(Base):
    """A sign-in. The cookie's token is kept only as a hash; revoked by setting `ended_at`."""

    __tablename__ = "user_sessions"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"), index=True)
    csrf: Mapped[str]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    address: Mapped[str]
    browser: Mapped[str]


class UserTotp(Base):
    """A second factor: codes by the clock. Without `confirmed_at` it is only begun and asks nobody for anything."""

    __tablename__ = "user_totp"

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    secret: Mapped[str] = mapped_column(EncryptedText("user_totp.secret"))  # base32
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int] = mapped_column(BigInteger, default=0)  # of the code used last: it and those before it open nothing more


class RecoveryCode(Base):
    """For who has lost the telephone. Each opens once; kept as a keyed hash."""

    __tablename__ = "recovery_codes"

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    code_hash: Mapped[str] = mapped_column(primary_key=True)
    used_at: Mapped[datetime | None]


class SignInStep(Base):
    """The password was right and the code is still to come. No session, opens nothing, lives for minutes."""

    __tablename__ = "sign_in_steps"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    password_hash: Mapped[str]  # as it was: a password changed meanwhile ends the step
    expires_at: Mapped[datetime] = mapped_column(index=True)


class SignInFailure(Base):
    """One wrong password or code, for throttling by user name and by address. Swept after a day."""

    __tablename__ = "sign_in_failures"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    username: Mapped[str]
    address: Mapped[str]
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(default="password", server_default="password")  # password, code

    __table_args__ = (Index("ix_sign_in_failures_username_at", "username", "at"), Index("ix_sign_in_failures_address_at", "address", "at"))


class AuditRow(Base):
    """What somebody did or read. Append-only: the application's database role may not change it."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    actor_kind: Mapped[str]  # user, system
    actor_id: Mapped[uuid.UUID | None]
    actor_name: Mapped[str]
    verb: Mapped[str]  # subject:verb, e.g. elder:read
    object_id: Mapped[str]
    purpose: Mapped[str]
    details: Mapped[dict[str, Any]]

    __table_args__ = (
        Index("ix_audit_object_id_at", "object_id", "at"),
        Index("ix_audit_actor_id_at", "actor_id", "at"),
        Index("ix_audit_verb_id", "verb", "id"),
    )
