"""Care plans, daily signs, campaigns."""

from __future__ import annotations

import uuid
from datetime import date, datetime, time

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.accounts.models import User
from callcenter.elders.models import Elder
from callcenter.kit.crypto import EncryptedText
from callcenter.kit.db import Base, HasId, word
from callcenter.outreach.care.states import CampaignState, CareKind, EntryState, Rhythm
from callcenter.outreach.models import CallPlan
from callcenter.outreach.states import Drop


class CarePlan(HasId, Base):
    """What is agreed with one elder, or made for her by her risk. At most one of a kind is in force."""

    __tablename__ = "care_plans"

    version: Mapped[int] = mapped_column(BigInteger, default=1)
    elder_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Elder.id), index=True)
    kind: Mapped[CareKind] = mapped_column(word(CareKind))
    rhythm: Mapped[Rhythm | None] = mapped_column(word(Rhythm))  # care: None is as her risk says, now and later
    at: Mapped[time | None]  # care: the hour agreed; daily: the hour by which her sign is to come
    times: Mapped[list[str]] = mapped_column(default=list)  # medicine: "08:00", in order
    alarm: Mapped[bool] = mapped_column(default=False)  # medicine: nobody answers, so she is looked for
    weekly_until: Mapped[date | None]  # care: she was in hospital
    next_on: Mapped[date]  # the first day that is not planned yet
    made_at: Mapped[datetime]
    made_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(User.id))  # None: by her risk
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(User.id))
    end_reason: Mapped[str] = mapped_column(EncryptedText("care_plans.end_reason"), default="")

    __table_args__ = (
        CheckConstraint("kind <> 'daily' OR at IS NOT NULL", name="daily_at"),
        Index("uq_care_plans_in_force", "elder_id", "kind", unique=True, postgresql_where=text("ended_at IS NULL")),
        Index("ix_care_plans_next_on", "next_on", postgresql_where=text("ended_at IS NULL")),
    )


class DailySign(Base):
    """She has told on that day that she is fine."""

    __tablename__ = "daily_signs"

    elder_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Elder.id), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    at: Mapped[datetime]  # the first time
    call_id: Mapped[uuid.UUID | None]  # by which; no foreign key: calls are forgotten sooner

    __table_args__ = (Index("ix_daily_signs_day", "day"),)


class Campaign(HasId, Base):
    """One sentence for many. Whom it is for is settled when it is made."""

    __tablename__ = "campaigns"

    version: Mapped[int] = mapped_column(BigInteger, default=1)
    name: Mapped[str]  # what the console calls it
    prompt: Mapped[str]  # the sentence, a sound's name
    state: Mapped[CampaignState] = mapped_column(word(CampaignState), default=CampaignState.DRAFT)
    starts_at: Mapped[datetime]
    hour_from: Mapped[int] = mapped_column(SmallInteger)  # of the day, within the centre's own hours
    hour_until: Mapped[int] = mapped_column(SmallInteger)
    made_at: Mapped[datetime]
    made_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(User.id))
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(User.id))  # None: all are called

    __table_args__ = (
        CheckConstraint("hour_from >= 0 AND hour_from < hour_until AND hour_until <= 24", name="hours"),
        Index("ix_campaigns_open", "starts_at", postgresql_where=text("state IN ('running', 'paused')")),
    )


class CampaignEntry(Base):
    """Somebody on the list, once."""

    __tablename__ = "campaign_entries"

    campaign_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Campaign.id), primary_key=True)
    elder_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Elder.id), primary_key=True)
    state: Mapped[EntryState] = mapped_column(word(EntryState), default=EntryState.WAITING)
    reason: Mapped[Drop | None] = mapped_column(word(Drop))
    plan_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(CallPlan.id))

    __table_args__ = (Index("ix_campaign_entries_elder_id", "elder_id"),)
