"""Short articles for whoever is on the telephone. The article holds what is in force, its versions hold everything it has been."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, SmallInteger, UniqueConstraint
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.accounts.models import User
from callcenter.kit.db import Base, HasId, word
from callcenter.regions.models import Region


class Topic(StrEnum):
    """The seven categories of the catalogue, and what belongs to none of them."""

    HOUSEKEEPING = "housekeeping"
    REPAIR = "repair"
    DELIVERY = "delivery"
    PERSONAL_CARE = "personal_care"
    ESCORT = "escort"
    COMPANIONSHIP = "companionship"
    EMERGENCY = "emergency"
    POLICY = "policy"
    HOW_TO = "how_to"
    DIALECT = "dialect"


class ArticleState(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    RETIRED = "retired"


class Article(HasId, Base):
    __tablename__ = "articles"

    version: Mapped[int] = mapped_column(Integer, default=1)  # the number of the last version
    state: Mapped[ArticleState] = mapped_column(word(ArticleState))
    title: Mapped[str]
    body: Mapped[str]  # a small part of Markdown: rules.py says which
    topic: Mapped[Topic] = mapped_column(word(Topic))
    lines: Mapped[list[str]] = mapped_column(default=list)  # sos, service: in calls of these it is suggested
    outcomes: Mapped[list[str]] = mapped_column(default=list)  # codes of outcomes with which it is suggested
    keywords: Mapped[list[str]] = mapped_column(default=list)
    region_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(Region.id))  # None: everywhere
    priority: Mapped[int] = mapped_column(SmallInteger, default=0)  # 0..9; of equals the higher is suggested first
    review_by: Mapped[date | None]  # somebody should look whether it is still true
    valid_until: Mapped[date | None]  # last day; then it is shown to nobody but its editors
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    updated_by: Mapped[str]
    search: Mapped[str] = mapped_column(TSVECTOR, deferred=True)

    __table_args__ = (Index("ix_articles_search", "search", postgresql_using="gin"),)


class ArticleVersion(HasId, Base):
    """Append-only: what was said when is never changed."""

    __tablename__ = "article_versions"

    article_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("articles.id"))
    number: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime]
    author_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(User.id))
    author_name: Mapped[str]
    note: Mapped[str]
    content: Mapped[dict[str, Any]]  # schemas.ArticleContent

    __table_args__ = (UniqueConstraint("article_id", "number"),)
