"""Her photograph: one at most, re-encoded, encrypted, for whoever may see all of her."""

from __future__ import annotations

import uuid

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.elders.actions import lock_elder, touch_elder
from callcenter.elders.history import write_change
from callcenter.elders.records import ElderPhoto
from callcenter.kit import clock
from callcenter.kit.crypto import Undecryptable, decrypt, encrypt
from callcenter.kit.errors import NotFound

COLUMN = "elder_photos.image"


async def put_photo(session: AsyncSession, actor: Actor, elder_id: uuid.UUID, *, image: bytes) -> None:
    """`image`: a JPEG of ours (`pictures.remade`). One that was there is gone for good."""
    elder = await lock_elder(session, elder_id)
    replaced = await _remove(session, elder_id)
    session.add(ElderPhoto(elder_id=elder_id, image=encrypt(image, COLUMN), added_at=clock.now(), added_by=actor.id))
    await touch_elder(session, elder)
    await write_change(session, actor, elder, "photo", {"photo": [replaced, True]})
    await audit(session, actor, "elder:photo_put", elder_id, details={"replaced": replaced})


async def remove_photo(session: AsyncSession, actor: Actor, elder_id: uuid.UUID) -> None:
    """Harmless twice."""
    elder = await lock_elder(session, elder_id)
    if not await _remove(session, elder_id):
        return
    await touch_elder(session, elder)
    await write_change(session, actor, elder, "photo", {"photo": [True, False]})
    await audit(session, actor, "elder:photo_removed", elder_id)


async def get_photo(session: AsyncSession, elder_id: uuid.UUID) -> bytes:
    stored = await session.scalar(select(ElderPhoto.image).where(ElderPhoto.elder_id == elder_id))
    if stored is None:
        raise NotFound("she has no photograph", code="no_photo")
    try:
        return decrypt(bytes(stored), COLUMN)
    except Undecryptable as error:
        raise NotFound("the photograph can't be read any more", code="no_photo") from error


async def _remove(session: AsyncSession, elder_id: uuid.UUID) -> bool:
    gone = await session.scalars(delete(ElderPhoto).where(ElderPhoto.elder_id == elder_id).returning(ElderPhoto.id))
    return bool(gone.all())
