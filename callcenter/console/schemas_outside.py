from __future__ import annotations

import uuid

from pydantic import BaseModel

from callcenter.emergency.outside.schemas import HandoverOutView, MadeLink


class MadeHandover(BaseModel):
    """What is kept for a repeated request: nothing that opens a page."""

    id: uuid.UUID
    link_id: uuid.UUID | None


class HandedOver(BaseModel):
    handover: HandoverOutView
    link: MadeLink | None  # when it was sent to a crew
