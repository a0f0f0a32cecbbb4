"""The elder's profile (docs/decisions.md "The elder's profile"). What is kept about it beside it stands in records.py."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index, Integer, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.accounts.models import User
from callcenter.kit.crypto import EncryptedJSON, EncryptedText
from callcenter.kit.db import Base, HasId, word
from callcenter.regions.models import Region

MAX_NUMBERS = 3


class Sex(StrEnum):
    FEMALE = "female"
    MALE = "male"
    UNKNOWN = "unknown"


class Living(StrEnum):
    ALONE = "alone"  # 独居
    EMPTY_NEST = "empty_nest"  # 空巢: a couple, or alone with the children away
    WITH_FAMILY = "with_family"  # 合居
    UNKNOWN = "unknown"


class Ability(StrEnum):
    """GB/T 42195-2022."""

    INTACT = "intact"
    MILD = "mild"
    MODERATE = "moderate"
    SEVERE = "severe"
    COMPLETE_LOSS = "complete_loss"
    NOT_ASSESSED = "not_assessed"


class Hearing(StrEnum):
    GOOD = "good"
    HARD = "hard"  # speak up
    VERY_HARD = "very_hard"  # hardly hears the telephone
    AID = "aid"  # wears a hearing aid
    UNKNOWN = "unknown"  # nobody has asked


class Presence(StrEnum):
    HOME = "home"
    AWAY = "away"
    IN_HOSPITAL = "in_hospital"
    DECEASED = "deceased"


class Funding(StrEnum):
    CARE_INSURANCE = "care_insurance"
    SUBSIDY = "subsidy"
    VOUCHER = "voucher"
    SELF_PAY = "self_pay"


class NumberSource(StrEnum):
    SEED = "seed"
    IMPORT = "import"
    AGENT = "agent"  # an agent wrote it into the profile
    CALL = "call"  # learned from a call, confirmed by the agent


class GrantReason(StrEnum):
    LIVE_CALL = "live_call"
    OWNED_CASE = "owned_case"
    WATCHED_CASE = "watched_case"  # the second person of an emergency
    COMPLAINT = "complaint"  # she sees to a complaint of hers
    PLANNED_CALL = "planned_call"  # who has taken a call to her from the list
    GLASS = "glass"  # broken: a reason stands in `note`, reviewed within 24 h
    CREATED = "created"  # who has just taken her profile down may still mend it


class Elder(HasId, Base):
    __tablename__ = "elders"

    version: Mapped[int] = mapped_column(Integer, default=1)  # raised by every action
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    name: Mapped[str]
    pinyin: Mapped[str]  # "wang gui lan", surnames read as surnames (单 shan, 仇 qiu)
    initials: Mapped[str]  # "wgl"
    sex: Mapped[Sex] = mapped_column(word(Sex))
    birth_date: Mapped[date | None]
    id_number: Mapped[str | None] = mapped_column(EncryptedText("elders.id_number"), deferred=True)
    id_number_index: Mapped[str | None] = mapped_column(unique=True)  # keyed hash, by which it is found
    card_number: Mapped[str | None] = mapped_column(unique=True)  # the centre's own card

    community_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Region.id))
    grid_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(Region.id))
    street_address: Mapped[str] = mapped_column(default="")  # road, number, estate: "施营路18号 施营小区"
    building: Mapped[str] = mapped_column(default="")  # "3"
    unit: Mapped[str] = mapped_column(default="")  # "2"
    door: Mapped[str] = mapped_column(default="")  # "501"
    floor: Mapped[int | None] = mapped_column(SmallInteger)
    has_lift: Mapped[bool | None]
    entrance_hint: Mapped[str] = mapped_column(default="")  # "从北门进,左手第二栋"
    latitude: Mapped[float | None]  # WGS-84, degrees
    longitude: Mapped[float | None]
    household_registration: Mapped[str] = mapped_column(default="")

    living: Mapped[Living] = mapped_column(word(Living), default=Living.UNKNOWN)
    categories: Mapped[list[str]] = mapped_column(default=list)  # 低保, 特困, 高龄, 优抚, 计生特扶 …
    ability: Mapped[Ability] = mapped_column(word(Ability), default=Ability.NOT_ASSESSED)
    ability_on: Mapped[date | None]
    health: Mapped[dict[str, Any] | None] = mapped_column(EncryptedJSON("elders.health"), deferred=True)  # shape: schemas.Health
    hearing: Mapped[Hearing] = mapped_column(word(Hearing), default=Hearing.UNKNOWN)
    dialect: Mapped[str] = mapped_column(default="")  # 襄阳话, 普通话, 河南话 …
    wandering: Mapped[bool] = mapped_column(default=False)  # has got lost, or may
    risk: Mapped[int] = mapped_column(SmallInteger, default=0)  # rules.risk_score, kept here so that the queue needs no health data
    preferred_hospital: Mapped[str] = mapped_column(default="")
    family_doctor: Mapped[str] = mapped_column(default="")
    family_doctor_number: Mapped[str] = mapped_column(default="")
    presence: Mapped[Presence] = mapped_column(word(Presence), default=Presence.HOME)
    presence_since: Mapped[date | None]  # she left, was taken in, died
    presence_until: Mapped[date | None]  # away: the day she means to be back
    presence_place: Mapped[str | None] = mapped_column(EncryptedText("elders.presence_place"))  # 女儿家(武汉), 襄阳市中心医院 心内科
    funding: Mapped[Funding] = mapped_column(word(Funding), default=Funding.SELF_PAY)

    search: Mapped[str] = mapped_column(TSVECTOR, deferred=True)  # search.py says what is in it; empty for who was merged into somebody
    merged_into: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("elders.id"))  # the same person's other profile, which was kept

    __table_args__ = (
        CheckConstraint("risk BETWEEN 0 AND 3", name="risk"),
        CheckConstraint("latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180", name="position"),
        Index("ix_elders_search", "search", postgresql_using="gin"),
        Index("ix_elders_community_id", "community_id"),
        Index("ix_elders_pinyin", "pinyin", "id", postgresql_where=text("merged_into IS NULL")),
        Index("ix_elders_merged_into", "merged_into", postgresql_where=text("merged_into IS NOT NULL")),
    )


class ElderNumber(HasId, Base):
    """A number from which an elder calls, at most three. One number may belong to two elders (a couple)."""

    __tablename__ = "elder_numbers"

    elder_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("elders.id", ondelete="CASCADE"))
    e164: Mapped[str]
    position: Mapped[int] = mapped_column(SmallInteger)  # 1..3, the order in which she is called back
    label: Mapped[str] = mapped_column(default="")  # 座机, 手机, 一键通话机
    source: Mapped[NumberSource] = mapped_column(word(NumberSource))
    learned_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("elder_id", "e164"),
        UniqueConstraint("elder_id", "position"),
        CheckConstraint(f"position BETWEEN 1 AND {MAX_NUMBERS}", name="position"),
        Index("ix_elder_numbers_e164", "e164", postgresql_include=["elder_id"]),
    )


class ElderContact(HasId, Base):
    __tablename__ = "elder_contacts"

    elder_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("elders.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(SmallInteger)  # in this order they are called
    name: Mapped[str]
    relation: Mapped[str]  # 女儿, 儿子, 邻居, 网格员 …
    number: Mapped[str]  # E.164
    tail: Mapped[str] = mapped_column(
        Computed("reverse(number)", persisted=True), deferred=True
    )  # the last digits, as a prefix to search by
    has_key: Mapped[bool] = mapped_column(default=False)
    key_note: Mapped[str] = mapped_column(default="")  # "501对门"
    is_guardian: Mapped[bool] = mapped_column(default=False)
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]  # last day

    __table_args__ = (
        UniqueConstraint("elder_id", "position"),
        Index("ix_elder_contacts_number", "number"),
        Index("ix_elder_contacts_tail", "tail", postgresql_ops={"tail": "text_pattern_ops"}),
    )


class AccessGrant(HasId, Base):
    """Whoever has an open grant sees the whole card. Written by calls, cases and the glass in their own transaction (docs/decisions.md §7).

    `call_id`, `case_id` and `plan_id` point at rows of domains above this one, so without foreign keys.
    """

    __tablename__ = "access_grants"

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(User.id))
    elder_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("elders.id", ondelete="CASCADE"))
    reason: Mapped[GrantReason] = mapped_column(word(GrantReason))
    call_id: Mapped[uuid.UUID | None]
    case_id: Mapped[uuid.UUID | None]
    plan_id: Mapped[uuid.UUID | None]
    note: Mapped[str] = mapped_column(default="")
    granted_at: Mapped[datetime]
    until: Mapped[datetime | None]  # None: until it is ended

    __table_args__ = (
        Index("ix_access_grants_user_id_elder_id", "user_id", "elder_id"),
        Index("ix_access_grants_call_id", "call_id", postgresql_where=text("call_id IS NOT NULL")),
        Index("ix_access_grants_case_id", "case_id", postgresql_where=text("case_id IS NOT NULL")),
        Index("ix_access_grants_plan_id", "plan_id", postgresql_where=text("plan_id IS NOT NULL")),
    )
