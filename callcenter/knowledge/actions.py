"""All writes of articles. Every save is a version with its author and a word about what is different."""

from __future__ import annotations

import uuid

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.kit import clock
from callcenter.kit.errors import Conflict, Invalid, NotFound
from callcenter.knowledge.models import Article, ArticleVersion
from callcenter.knowledge.queries import get_version
from callcenter.knowledge.rules import bad_links, search_vector
from callcenter.knowledge.schemas import ArticleContent, NewArticle, SavedArticle
from callcenter.regions.models import Region


async def create_article(session: AsyncSession, actor: Actor, new: NewArticle) -> Article:
    content = await _checked(session, new)
    now = clock.now()
    article = Article(**content.model_dump(), version=1, created_at=now, updated_at=now, updated_by=actor.name, search=_search(content))
    session.add(article)
    await session.flush()
    await _keep(session, actor, article, content, new.note)
    await audit(session, actor, "article:created", article.id, details={"state": article.state})
    return article


async def save_article(session: AsyncSession, actor: Actor, article_id: uuid.UUID, saved: SavedArticle) -> Article:
    """A new version, unless nothing is different."""
    content = await _checked(session, saved)
    article = await _lock(session, article_id, saved.version)
    return await _put(session, actor, article, content, saved.note, verb="article:saved")


async def restore_version(session: AsyncSession, actor: Actor, article_id: uuid.UUID, *, version: int, number: int) -> Article:
    """What an old version said is in force again, as a new one; whether it is published stays as it is now."""
    article = await _lock(session, article_id, version)
    old = (await get_version(session, article_id, number)).content.model_copy(update={"state": article.state})
    return await _put(session, actor, article, old, f"恢复第 {number} 版", verb="article:restored")


async def _put(session: AsyncSession, actor: Actor, article: Article, content: ArticleContent, note: str, *, verb: str) -> Article:
    values = content.model_dump()
    changed = [name for name, value in values.items() if getattr(article, name) != value]
    if not changed:
        return article
    for name in changed:
        setattr(article, name, values[name])
    article.search = _search(content)
    article.version += 1
    article.updated_at, article.updated_by = clock.now(), actor.name
    await session.flush()
    await _keep(session, actor, article, content, note)
    await audit(session, actor, verb, article.id, details={"version": article.version, "fields": changed, "state": article.state})
    return article


async def _keep(session: AsyncSession, actor: Actor, article: Article, content: ArticleContent, note: str) -> None:
    session.add(
        ArticleVersion(
            article_id=article.id,
            number=article.version,
            at=article.updated_at,
            author_id=actor.id,
            author_name=actor.name,
            note=note,
            content=content.model_dump(mode="json"),
        )
    )
    await session.flush()


async def _lock(session: AsyncSession, article_id: uuid.UUID, version: int) -> Article:
    article = await session.scalar(
        select(Article).where(Article.id == article_id).with_for_update().execution_options(populate_existing=True)
    )
    if article is None:
        raise NotFound("no such article", code="article_not_found")
    if article.version != version:
        raise Conflict(
            f"{article.updated_by} has saved this article meanwhile; your words are kept, look at theirs first",
            code="article_changed",
            details={"version": article.version, "by": article.updated_by},
        )
    return article


async def _checked(session: AsyncSession, form: ArticleContent) -> ArticleContent:
    """Only the content, with each list's words once."""
    if bad := bad_links(form.body):
        raise Invalid(f"a link leads to https:// or tel: only, not to {bad[0][:60]}", code="bad_link", details={"field": "body"})
    if form.region_id is not None and await session.get(Region, form.region_id) is None:
        raise Invalid("no such region", code="region_not_found", details={"field": "region_id"})
    values = {name: getattr(form, name) for name in ArticleContent.model_fields}
    return ArticleContent(**values | {name: list(dict.fromkeys(values[name])) for name in ("lines", "outcomes", "keywords")})


def _search(content: ArticleContent) -> str:
    return search_vector(content.title, content.keywords, content.body)
