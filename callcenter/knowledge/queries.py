"""All reads of articles. Who may not write sees what is published and still valid."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date

from sqlalchemy import ColumnElement, and_, case, cast, func, or_, select
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.kit import clock
from callcenter.kit.errors import NotFound
from callcenter.kit.words import fold, runs
from callcenter.knowledge.models import Article, ArticleState, ArticleVersion, Topic
from callcenter.knowledge.rules import excerpt, search_queries
from callcenter.knowledge.schemas import ArticleContent, ArticleHit, ArticleView, LineKind, Suggestion, VersionLine, VersionView
from callcenter.regions.models import Region
from callcenter.settings import get_settings

MAX_HITS = 50
MAX_LIST = 500
_FIRST = (Topic.EMERGENCY, Topic.POLICY, Topic.HOW_TO, Topic.DIALECT)
TOPIC_ORDER = (*_FIRST, *(topic for topic in Topic if topic not in _FIRST))  # what is asked for in haste stands on top


async def get_article(session: AsyncSession, article_id: uuid.UUID, *, drafts: bool) -> ArticleView:
    """`drafts`: also what is not (or no more) in force. NotFound hides the rest."""
    article = await session.get(Article, article_id, populate_existing=True)
    today = _today()
    if article is None or (not drafts and (article.state is not ArticleState.PUBLISHED or _is_over(article, today))):
        raise NotFound("no such article", code="article_not_found")
    return view(article, today)


async def list_articles(
    session: AsyncSession, text: str = "", *, topic: Topic | None = None, state: ArticleState | None = None, drafts: bool = False
) -> list[ArticleHit]:
    """By what was typed (words, pinyin, initials), the best first; without words by topic and title."""
    today = _today()
    where = [] if drafts else [_in_force(today)]
    where += [Article.topic == topic] if topic else []
    where += [Article.state == state] if state else []
    words = runs(fold(text, longest=200))
    if not words:
        if text.strip():
            return []
        rows = await session.scalars(select(Article).where(*where).limit(MAX_LIST))
        return [_hit(a, words, today) for a in sorted(rows, key=lambda a: (TOPIC_ORDER.index(a.topic), -a.priority, a.title))]
    for asked in search_queries(text):
        query = cast(asked, TSQUERY)
        rank = func.ts_rank(Article.search, query)
        begins = func.starts_with(func.lower(Article.title), fold(text.strip())).desc()
        found = await session.scalars(
            select(Article)
            .where(Article.search.op("@@")(query), *where)
            .order_by((Article.state == ArticleState.PUBLISHED).desc(), begins, rank.desc(), Article.priority.desc(), Article.title)
            .limit(MAX_HITS)
        )
        if hits := [_hit(article, words, today) for article in found]:
            return hits
    return []


async def suggest_articles(
    session: AsyncSession,
    *,
    line: LineKind | None = None,
    topic: Topic | None = None,
    outcome: str | None = None,
    community_id: uuid.UUID | None = None,
    words: str = "",
    limit: int = 3,
) -> list[Suggestion]:
    """For a call: what is meant for its outcome, its topic, its line, or whose keywords stand in `words`. What is of another region is left out."""
    region: ColumnElement[bool] = Article.region_id.is_(None)
    if community_id is not None:
        region = or_(region, Article.region_id.in_(await _above(session, community_id)))
    spoken = fold(words)
    score = (
        case((Article.outcomes.contains([outcome or ""]), 8), else_=0)
        + case((Article.topic == topic, 4), else_=0)
        + case((Article.lines.contains([line or ""]), 2), else_=0)
    )
    rows = (await session.execute(select(Article, score.label("score")).where(_in_force(_today()), region))).all()
    marked = []
    for article, points in rows:
        total = points + (16 if spoken and any(fold(k) in spoken for k in article.keywords) else 0)
        if total:
            marked.append((-total, article.region_id is None, -article.priority, article.title, article))
    return [Suggestion(id=a.id, title=a.title, topic=a.topic) for *_, a in sorted(marked, key=lambda m: m[:4])[:limit]]


async def list_versions(session: AsyncSession, article_id: uuid.UUID) -> list[VersionLine]:
    """The newest first."""
    rows = await session.scalars(
        select(ArticleVersion).where(ArticleVersion.article_id == article_id).order_by(ArticleVersion.number.desc())
    )
    found = [_line(row) for row in rows]
    if not found:
        raise NotFound("no such article", code="article_not_found")
    return found


async def get_version(session: AsyncSession, article_id: uuid.UUID, number: int) -> VersionView:
    row = await session.scalar(select(ArticleVersion).where(ArticleVersion.article_id == article_id, ArticleVersion.number == number))
    if row is None:
        raise NotFound("no such version", code="version_not_found")
    return VersionView(**_line(row).model_dump(), content=ArticleContent.model_validate(row.content))


def view(article: Article, today: date) -> ArticleView:
    return ArticleView(
        **{name: getattr(article, name) for name in ArticleContent.model_fields},
        id=article.id,
        version=article.version,
        updated_at=article.updated_at,
        updated_by=article.updated_by,
        is_over=_is_over(article, today),
        review_due=_review_due(article, today),
    )


# --- parts -----------------------------------------------------------------------------------------------------------------------


def _in_force(today: date) -> ColumnElement[bool]:
    return and_(Article.state == ArticleState.PUBLISHED, or_(Article.valid_until.is_(None), Article.valid_until >= today))


def _is_over(article: Article, today: date) -> bool:
    return article.valid_until is not None and article.valid_until < today


def _review_due(article: Article, today: date) -> bool:
    return article.review_by is not None and article.review_by <= today and article.state is not ArticleState.RETIRED


def _hit(article: Article, words: Sequence[str], today: date) -> ArticleHit:
    fields = ("id", "title", "topic", "state", "lines", "region_id", "review_by", "valid_until", "updated_at")
    return ArticleHit(
        **{name: getattr(article, name) for name in fields},
        excerpt=excerpt(article.body, words),
        is_over=_is_over(article, today),
        review_due=_review_due(article, today),
    )


def _line(row: ArticleVersion) -> VersionLine:
    return VersionLine(number=row.number, at=row.at, author_name=row.author_name, note=row.note, state=row.content["state"])


async def _above(session: AsyncSession, region_id: uuid.UUID) -> list[uuid.UUID]:
    """The region and all above it."""
    chain: list[uuid.UUID] = []
    at: uuid.UUID | None = region_id
    while at is not None:
        chain.append(at)
        at = await session.scalar(select(Region.parent_id).where(Region.id == at))
    return chain


def _today() -> date:
    return clock.today(get_settings().timezone)
