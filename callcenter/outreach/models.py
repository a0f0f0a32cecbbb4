"""Planned calls and their attempts."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.accounts.models import User
from callcenter.cases.models import Case
from callcenter.dispatch.orders.models import Order
from callcenter.dispatch.stores.models import Store
from callcenter.elders.models import Elder
from callcenter.kit.crypto import EncryptedText
from callcenter.kit.db import Base, HasId, word
from callcenter.outreach.states import AttemptState, Drop, PlanState, Purpose, Result, Way, Why
from callcenter.regions.models import Region


class CallPlan(HasId, Base):
    """One matter about which one elder (or who speaks for her) is asked. `dedupe_key`: the same matter is planned once."""

    __tablename__ = "call_plans"

    version: Mapped[int] = mapped_column(BigInteger, default=1)
    dedupe_key: Mapped[str] = mapped_column(
        unique=True
    )  # job:<order>:<visit>, emergency:<case>, complaint:<id>:<round>, care:<elder>:<day> …
    purpose: Mapped[Purpose] = mapped_column(word(Purpose))
    way: Mapped[Way] = mapped_column(word(Way))
    why: Mapped[Why] = mapped_column(word(Why))
    state: Mapped[PlanState] = mapped_column(word(PlanState), default=PlanState.DUE)
    elder_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Elder.id))
    case_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(Case.id))
    order_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(Order.id))
    subject_id: Mapped[uuid.UUID | None]  # a complaint, a campaign, a care plan: by `purpose`
    # whom it is about, as it was when planned: figures are counted by these
    store_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(Store.id))
    item_code: Mapped[str] = mapped_column(default="")
    agent_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(User.id))
    community_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Region.id))

    planned_at: Mapped[datetime]
    due_at: Mapped[datetime]  # the next attempt; by a person: when it should be done
    give_up_at: Mapped[datetime]  # not rung by a program after it
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0)
    sample_no: Mapped[int | None]  # of the draw, so that it can be drawn again
    owner_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(User.id))  # who has taken it from the list
    taken_at: Mapped[datetime | None]

    result: Mapped[Result | None] = mapped_column(word(Result))
    rating: Mapped[int | None] = mapped_column(SmallInteger)  # 5 very satisfied … 1 not at all
    keyed: Mapped[str] = mapped_column(default="")  # all that was pressed, with spaces between answers
    note: Mapped[str] = mapped_column(EncryptedText("call_plans.note"), default="")  # an agent's words
    drop_reason: Mapped[Drop | None] = mapped_column(word(Drop))
    done_at: Mapped[datetime | None]
    done_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(User.id))  # None: a program

    __table_args__ = (
        CheckConstraint("rating BETWEEN 1 AND 5", name="rating"),
        CheckConstraint("(result = 'rated') <= (rating IS NOT NULL)", name="rated"),
        Index("ix_call_plans_due", "due_at", postgresql_where=text("state = 'due'")),
        Index("ix_call_plans_waiting", "due_at", postgresql_where=text("state IN ('messaged', 'by_person')")),
        Index("ix_call_plans_case_id", "case_id"),
        Index("ix_call_plans_order_id", "order_id"),
        Index("ix_call_plans_subject_id", "subject_id", "state"),
        Index("ix_call_plans_elder_id", "elder_id", "planned_at"),
        Index("ix_call_plans_done_at", "done_at"),
    )


class CallAttempt(HasId, Base):
    """A call of a plan by a program: a row before voice hears of it."""

    __tablename__ = "call_attempts"

    plan_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(CallPlan.id))
    number: Mapped[int] = mapped_column(SmallInteger)  # 1, 2, 3
    elder_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Elder.id))
    contact_id: Mapped[uuid.UUID | None]  # who was rung instead of her; no foreign key: a contact may be deleted
    state: Mapped[AttemptState] = mapped_column(word(AttemptState), default=AttemptState.CALLING)
    dialog_id: Mapped[uuid.UUID | None]
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    keyed: Mapped[str] = mapped_column(default="")

    __table_args__ = (
        UniqueConstraint("plan_id", "number"),
        Index("ix_call_attempts_elder_id", "elder_id", "asked_at"),
        Index("ix_call_attempts_on_the_line", "plan_id", unique=True, postgresql_where=text("state IN ('calling', 'answered')")),
    )
