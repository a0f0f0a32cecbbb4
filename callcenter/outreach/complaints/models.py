"""Complaints. What happens to one stands on its case's timeline."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Sequence, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.accounts.models import User
from callcenter.cases.models import Case
from callcenter.dispatch.orders.models import Order
from callcenter.dispatch.stores.models import Store
from callcenter.elders.models import Elder
from callcenter.kit.crypto import EncryptedText
from callcenter.kit.db import Base, HasId, word
from callcenter.outreach.complaints.states import ComplaintState, Source
from callcenter.regions.models import Region

complaint_number_seq = Sequence("complaint_number_seq", metadata=Base.metadata)


class Complaint(HasId, Base):
    __tablename__ = "complaints"

    version: Mapped[int] = mapped_column(BigInteger, default=1)
    number: Mapped[str] = mapped_column(unique=True)  # as people say it: T261126-0001
    state: Mapped[ComplaintState] = mapped_column(word(ComplaintState), default=ComplaintState.OPENED)
    source: Mapped[Source] = mapped_column(word(Source))
    dedupe_key: Mapped[str] = mapped_column(unique=True)  # plan:<id> of a rating; else its own id
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Case.id), index=True)  # the one it is about, or one of its own
    own_case: Mapped[bool] = mapped_column(default=False, server_default="false")  # opened for it, and over with it
    order_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(Order.id), index=True)
    elder_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(Elder.id), index=True)
    community_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(Region.id))
    # who is concerned: neither handles it
    store_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(Store.id))
    agent_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(User.id))
    rating: Mapped[int | None] = mapped_column(SmallInteger)
    words: Mapped[str] = mapped_column(EncryptedText("complaints.words"), default="")  # what she says

    opened_at: Mapped[datetime]
    opened_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(User.id))
    acknowledge_by: Mapped[datetime]
    solve_by: Mapped[datetime]
    handler_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(User.id), index=True)
    acknowledged_at: Mapped[datetime | None]
    solved_at: Mapped[datetime | None]
    solution: Mapped[str] = mapped_column(EncryptedText("complaints.solution"), default="")
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(User.id))
    rounds: Mapped[int] = mapped_column(SmallInteger, default=0)  # how often it was called solved, and was not
    overdue_told: Mapped[str] = mapped_column(default="")  # the deadline that was last told as missed: acknowledge, solve
    level: Mapped[int] = mapped_column(SmallInteger, default=0)  # how high it has gone up

    __table_args__ = (
        CheckConstraint("handler_id IS NULL OR agent_id IS NULL OR handler_id <> agent_id", name="handler"),
        Index("ix_complaints_open", "acknowledge_by", postgresql_where=text("state IN ('opened', 'acknowledged', 'solved')")),
        Index("ix_complaints_store_id", "store_id", "opened_at"),
    )
