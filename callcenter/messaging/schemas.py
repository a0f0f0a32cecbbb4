"""Messages on the wire. Neither a whole number nor a text: both may hold what is nobody's business, and a code is its reader's alone."""

from __future__ import annotations

import uuid
from datetime import datetime

from pydantic import BaseModel

from callcenter.messaging.port import Channel
from callcenter.messaging.states import MessageState


class MessageLine(BaseModel):
    id: uuid.UUID
    channel: Channel
    to: str  # masked; "" for a browser
    template: str
    state: MessageState
    error: str  # why it was not sent, or may not have been (port.Failure)
    created_at: datetime
    sent_at: datetime | None
    settled_at: datetime | None
    deadline_at: datetime
    attempts: int


class TrainingMessage(BaseModel):
    """In the inbox of a telephone that is played."""

    id: uuid.UUID
    at: datetime
    number: str  # as people write it
    text: str
