"""What was sent to whom about a thing, and whether it arrived."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from callcenter.accounts.roles import Permission
from callcenter.accounts.sessions import SignedIn
from callcenter.console.http import Session, needs
from callcenter.messaging.port import About
from callcenter.messaging.queries import list_messages
from callcenter.messaging.schemas import MessageLine

router = APIRouter()
Reader = Annotated[SignedIn, Depends(needs(Permission.CASES_READ))]


@router.get("/api/messages")
async def get_messages(
    who: Reader,
    session: Session,
    about_kind: Annotated[str, Query(pattern=r"^[a-z_]{1,40}$")],
    about_id: Annotated[str, Query(pattern=r"^[A-Za-z0-9-]{1,60}$")],
) -> list[MessageLine]:
    """Newest first, a hundred at most; numbers masked, no texts."""
    return await list_messages(session, About(about_kind, about_id))
