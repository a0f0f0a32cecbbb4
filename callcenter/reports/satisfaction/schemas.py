from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel

from callcenter.reports.schemas import ShareView, WordsView

By = Literal["store", "item", "agent", "community", "month"]


class SatisfactionCounts(BaseModel):
    """planned = waiting + dropped + not_reached + asked, and asked = rated + not_rated. A share is n of `of`; of nothing there is none."""

    planned: int
    waiting: int
    dropped: int
    not_reached: int
    asked: int
    rated: int
    not_rated: int
    satisfied: int
    mean: float | None  # of the ratings
    shares: dict[str, ShareView]  # by the definitions' keys


class SatisfactionLine(SatisfactionCounts):
    id: uuid.UUID | None  # of the store, the agent, the community
    code: str  # of the item, the month (2026-11), the store
    name: WordsView  # empty: nobody's


class SatisfactionDefinition(BaseModel):
    key: str
    title: WordsView
    formula: WordsView


class Satisfaction(BaseModel):
    by: By
    first: date
    last: date
    timezone: str
    made_at: datetime
    total: SatisfactionCounts
    lines: list[SatisfactionLine]  # those with the most planned calls first; months in order
    definitions: list[SatisfactionDefinition]
