"""Knowledge at hand: articles, their versions, what is suggested in a call."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from callcenter.accounts.roles import Permission
from callcenter.accounts.sessions import SignedIn
from callcenter.console.http import Session, needs
from callcenter.console.idempotency import IdempotencyKey, once
from callcenter.knowledge import actions
from callcenter.knowledge.models import ArticleState, Topic
from callcenter.knowledge.queries import get_article, get_version, list_articles, list_versions, suggest_articles
from callcenter.knowledge.schemas import (
    ArticleHit,
    ArticleView,
    LineKind,
    NewArticle,
    RestoreVersion,
    SavedArticle,
    Suggestion,
    VersionLine,
    VersionView,
)

router = APIRouter()
Reader = Annotated[SignedIn, Depends(needs(Permission.KNOWLEDGE_READ))]
Writer = Annotated[SignedIn, Depends(needs(Permission.KNOWLEDGE_WRITE))]


def sees_drafts(who: SignedIn) -> bool:
    return who.actor.may(Permission.KNOWLEDGE_WRITE)


@router.get("/api/knowledge")
async def find_articles(
    who: Reader,
    session: Session,
    q: Annotated[str, Query(max_length=100)] = "",
    topic: Topic | None = None,
    state: ArticleState | None = None,
) -> list[ArticleHit]:
    """By words, pinyin or initials. Drafts and what is over only for who may write."""
    return await list_articles(session, q, topic=topic, state=state, drafts=sees_drafts(who))


@router.get("/api/knowledge/suggested")
async def get_suggested(
    who: Reader,
    session: Session,
    line: LineKind | None = None,
    topic: Topic | None = None,
    outcome: Annotated[str | None, Query(max_length=60)] = None,
    community_id: uuid.UUID | None = None,
    words: Annotated[str, Query(max_length=500)] = "",
) -> list[Suggestion]:
    """Three at most. `words`: what is known of the matter; articles whose keywords stand in it come first."""
    return await suggest_articles(session, line=line, topic=topic, outcome=outcome, community_id=community_id, words=words)


@router.post("/api/knowledge")
async def create_article(body: NewArticle, who: Writer, session: Session, idempotency_key: IdempotencyKey = None) -> ArticleView:
    async def do() -> ArticleView:
        article = await actions.create_article(session, who.actor, body)
        return await get_article(session, article.id, drafts=True)

    return await once(session, who.user_id, idempotency_key, "article:create", body, ArticleView, do)


@router.get("/api/knowledge/{article_id}")
async def read_article(article_id: uuid.UUID, who: Reader, session: Session) -> ArticleView:
    return await get_article(session, article_id, drafts=sees_drafts(who))


@router.put("/api/knowledge/{article_id}")
async def save_article(article_id: uuid.UUID, body: SavedArticle, who: Writer, session: Session) -> ArticleView:
    """409 `article_changed` when somebody has saved it since `version`."""
    await actions.save_article(session, who.actor, article_id, body)
    return await get_article(session, article_id, drafts=True)


@router.get("/api/knowledge/{article_id}/versions")
async def get_versions(article_id: uuid.UUID, who: Writer, session: Session) -> list[VersionLine]:
    return await list_versions(session, article_id)


@router.get("/api/knowledge/{article_id}/versions/{number}")
async def read_version(
    article_id: uuid.UUID, number: Annotated[int, Path(ge=1, le=1_000_000)], who: Writer, session: Session
) -> VersionView:
    return await get_version(session, article_id, number)


@router.post("/api/knowledge/{article_id}/restore")
async def restore_version(
    article_id: uuid.UUID, body: RestoreVersion, who: Writer, session: Session, idempotency_key: IdempotencyKey = None
) -> ArticleView:
    async def do() -> ArticleView:
        await actions.restore_version(session, who.actor, article_id, version=body.version, number=body.number)
        return await get_article(session, article_id, drafts=True)

    return await once(session, who.user_id, idempotency_key, f"article:restore:{article_id}", body, ArticleView, do)
