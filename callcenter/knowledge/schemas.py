"""What of articles goes over the wire."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from callcenter.knowledge.models import ArticleState, Topic
from callcenter.knowledge.rules import MAX_BODY

LineKind = Literal["sos", "service"]
Code = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
Keyword = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=30)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]


class ArticleContent(BaseModel):
    """Everything that a version keeps."""

    model_config = ConfigDict(extra="forbid")

    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=60)]
    body: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_BODY)]
    topic: Topic
    state: ArticleState
    lines: Annotated[list[LineKind], Field(max_length=2)] = []
    outcomes: Annotated[list[Code], Field(max_length=20)] = []
    keywords: Annotated[list[Keyword], Field(max_length=20)] = []
    region_id: uuid.UUID | None = None
    priority: Annotated[int, Field(ge=0, le=9)] = 0
    review_by: date | None = None
    valid_until: date | None = None


class NewArticle(ArticleContent):
    note: Note = ""


class SavedArticle(ArticleContent):
    version: int
    note: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)
    ]  # what is different, for whoever reads the history


class RestoreVersion(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: int  # what one has seen as the last
    number: int  # what is to be in force again


class ArticleHit(BaseModel):
    id: uuid.UUID
    title: str
    excerpt: str
    topic: Topic
    state: ArticleState
    lines: list[LineKind]
    region_id: uuid.UUID | None
    review_by: date | None
    valid_until: date | None
    is_over: bool  # its last day is past
    review_due: bool
    updated_at: datetime


class ArticleView(ArticleContent):
    id: uuid.UUID
    version: int
    updated_at: datetime
    updated_by: str
    is_over: bool
    review_due: bool


class VersionLine(BaseModel):
    number: int
    at: datetime
    author_name: str
    note: str
    state: ArticleState


class VersionView(VersionLine):
    content: ArticleContent


class Suggestion(BaseModel):
    id: uuid.UUID
    title: str
    topic: Topic
