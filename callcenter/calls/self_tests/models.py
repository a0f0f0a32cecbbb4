"""What each try has shown. No call, no case: it is in no figure, because it is no press."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Mapped, mapped_column

from callcenter.kit.db import Base, HasId, word


class Outcome(StrEnum):
    PASSED = "passed"
    SLOW = "slow"
    FAILED = "failed"


class SelfTest(HasId, Base):
    __tablename__ = "self_tests"

    at: Mapped[datetime] = mapped_column(index=True)  # when the key was pressed
    pbx: Mapped[str]
    outcome: Mapped[Outcome] = mapped_column(word(Outcome))
    reason: Mapped[str] = mapped_column(default="")  # of a failed one: how far it came
    committed_ms: Mapped[int | None]  # from the press until its row was committed
    ring_ms: Mapped[int | None]  # until an agent's telephone would have been rung
    agents: Mapped[int] = mapped_column(default=0)  # whose would have been
    alarmed: Mapped[bool] = mapped_column(default=False)
