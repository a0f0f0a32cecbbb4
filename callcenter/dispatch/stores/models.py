"""Stores and volunteer groups, their people, licences, items, areas and hours; organisations above them.

A person is one row, wherever she works: licences that a worker must hold (护士执业证, 健康证) are hers and go with her.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, Integer, SmallInteger, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.accounts.models import User
from callcenter.elders.models import Elder
from callcenter.kit.crypto import EncryptedText
from callcenter.kit.db import Base, HasId, word
from callcenter.regions.models import Region


class OrganisationKind(StrEnum):
    HOME_SERVICE = "home_service"  # 家政服务协会
    VOLUNTEERS = "volunteers"  # 志愿者协会
    HOSPITAL = "hospital"
    COMMUNITY = "community"


class StoreKind(StrEnum):
    STORE = "store"
    VOLUNTEERS = "volunteers"  # a group: takes only items whose catalogue says that volunteers may


class StoreState(StrEnum):
    APPLIED = "applied"
    ADMITTED = "admitted"
    SUSPENDED = "suspended"  # gets no offers; jobs that it has taken go on
    LEFT = "left"


class MemberRole(StrEnum):
    KEEPER = "keeper"  # takes and declines jobs, sends workers, sees the money
    WORKER = "worker"  # sees and does the jobs that are hers


class Organisation(HasId, Base):
    """Admits, sees and reports its own stores or volunteers."""

    __tablename__ = "organisations"

    version: Mapped[int] = mapped_column(Integer, default=1)
    kind: Mapped[OrganisationKind] = mapped_column(word(OrganisationKind))
    name: Mapped[str] = mapped_column(unique=True)
    region_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(Region.id))  # of whose stores it may speak; None: everywhere
    active: Mapped[bool] = mapped_column(default=True)
    updated_at: Mapped[datetime]


class ProviderPerson(HasId, Base):
    """Somebody with a telephone: keeper, worker, volunteer, officer of an organisation. Signs in to the stores' app by number and code."""

    __tablename__ = "provider_people"

    version: Mapped[int] = mapped_column(Integer, default=1)
    name: Mapped[str]
    number: Mapped[str] = mapped_column(EncryptedText("provider_people.number"))  # E.164
    number_index: Mapped[str] = mapped_column(unique=True)  # keyed hash, by which she is found
    dialects: Mapped[list[str]] = mapped_column(default=list)
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]


class OrganisationOfficer(Base):
    __tablename__ = "organisation_officers"

    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Organisation.id), primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(ProviderPerson.id), primary_key=True, index=True)


class Store(HasId, Base):
    """A firm, a shop, or a group of volunteers."""

    __tablename__ = "stores"

    version: Mapped[int] = mapped_column(Integer, default=1)  # raised by every action
    code: Mapped[str] = mapped_column(unique=True)  # as people say it: S0001
    kind: Mapped[StoreKind] = mapped_column(word(StoreKind), default=StoreKind.STORE)
    name: Mapped[str]
    pinyin: Mapped[str]
    initials: Mapped[str]
    organisation_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(Organisation.id), index=True)
    community_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Region.id), index=True)  # where it stands
    address: Mapped[str] = mapped_column(default="")
    latitude: Mapped[float | None]  # WGS-84, degrees
    longitude: Mapped[float | None]
    number: Mapped[str] = mapped_column(EncryptedText("stores.number"))  # E.164: the telephone that jobs are told on
    number_index: Mapped[str] = mapped_column(index=True)
    contact_name: Mapped[str] = mapped_column(default="")
    has_smartphone: Mapped[bool] = mapped_column(default=True)  # False: jobs are told by an automatic call

    state: Mapped[StoreState] = mapped_column(word(StoreState), default=StoreState.APPLIED)
    state_reason: Mapped[str] = mapped_column(default="")
    state_since: Mapped[datetime]
    # of each day of the week, Monday first: [[opens, closes], …] in minutes after midnight, local time; [] closed
    hours: Mapped[list[Any]] = mapped_column(JSONB, default=list)
    daily_capacity: Mapped[int] = mapped_column(SmallInteger, default=20)  # jobs for one day
    at_once: Mapped[int] = mapped_column(SmallInteger, default=3)  # jobs at the same time
    # GeoJSON Polygon or MultiPolygon; None: the communities of `store_communities`
    area: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    # the feedback of follow-up, kept here so that matching reads one row; in hundredths of a point, 0: nobody has rated it yet
    rating: Mapped[int] = mapped_column(SmallInteger, default=0)
    rating_count: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180", name="position"),
        CheckConstraint("rating BETWEEN 0 AND 500 AND rating_count >= 0", name="rating"),
        CheckConstraint("daily_capacity BETWEEN 0 AND 1000 AND at_once BETWEEN 0 AND 200", name="capacity"),
        Index("ix_stores_pinyin", "pinyin", "id"),
        Index("ix_stores_with_area", "id", postgresql_where=text("area IS NOT NULL")),
    )


class StoreMember(Base):
    __tablename__ = "store_members"

    store_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Store.id), primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(ProviderPerson.id), primary_key=True, index=True)
    role: Mapped[MemberRole] = mapped_column(word(MemberRole))
    does_jobs: Mapped[bool] = mapped_column(default=True)
    active: Mapped[bool] = mapped_column(default=True)
    joined_at: Mapped[datetime]


class Licence(HasId, Base):
    """A paper of a store or of a person; which kinds there are: catalog.licences.LICENCES. Lapsed or revoked: the items that need it are not offered."""

    __tablename__ = "licences"

    kind: Mapped[str]  # a code of theirs: registered_nurse, food_business …
    store_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(Store.id), index=True)
    person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(ProviderPerson.id), index=True)
    number: Mapped[str] = mapped_column(EncryptedText("licences.number"))
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]  # last day; None: without end
    revoked_at: Mapped[datetime | None]
    revoked_reason: Mapped[str] = mapped_column(default="")
    warned_days: Mapped[int | None] = mapped_column(SmallInteger)  # the last warning that went out: 60, 30, 7; 0: told that it lapsed
    created_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("num_nonnulls(store_id, person_id) = 1", name="holder"),
        Index("ix_licences_valid_to", "valid_to", postgresql_where=text("revoked_at IS NULL")),
    )


class StoreItem(Base):
    """What a store offers, at its own price."""

    __tablename__ = "store_items"

    store_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Store.id), primary_key=True)
    item_code: Mapped[str] = mapped_column(primary_key=True)
    price_fen: Mapped[int] = mapped_column(Integer)  # a unit of the item's
    active: Mapped[bool] = mapped_column(default=True)

    __table_args__ = (
        CheckConstraint("price_fen >= 0", name="price"),
        Index("ix_store_items_item_code", "item_code", postgresql_where=text("active")),
    )


class StoreCommunity(Base):
    __tablename__ = "store_communities"

    store_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Store.id), primary_key=True)
    community_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Region.id), primary_key=True, index=True)


class StoreBlackout(HasId, Base):
    """Days on which it takes nothing: a holiday, a wedding, stock-taking."""

    __tablename__ = "store_blackouts"

    store_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Store.id), index=True)
    first: Mapped[date]
    last: Mapped[date]
    reason: Mapped[str] = mapped_column(default="")

    __table_args__ = (CheckConstraint("last >= first", name="order"),)


class StoreRefusal(Base):
    """This elder wants this store no more (or the store may not go there any more)."""

    __tablename__ = "store_refusals"

    elder_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Elder.id, ondelete="CASCADE"), primary_key=True)
    store_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Store.id), primary_key=True)
    reason: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]
    by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(User.id))


class StoreChange(Base):
    """What was changed of a store, by whom. Append-only; holds no numbers of people."""

    __tablename__ = "store_changes"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    store_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Store.id))
    at: Mapped[datetime]
    actor_kind: Mapped[str]
    actor_id: Mapped[uuid.UUID | None]
    actor_name: Mapped[str]
    kind: Mapped[str]  # created, edited, admitted, suspended, restored, licence, member, import …
    reason: Mapped[str] = mapped_column(default="")
    fields: Mapped[dict[str, Any]]  # {field: [before, after]}

    __table_args__ = (Index("ix_store_changes_store_id_at", "store_id", "at"),)
