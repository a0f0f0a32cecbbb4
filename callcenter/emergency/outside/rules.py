"""Pure decisions: what news from outside means, how links are keyed, how a city's messages are tried again. Figures: docs/handover-api.md."""

from __future__ import annotations

import base64
import hashlib
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from callcenter.emergency.outside.states import HANDOVER_OUT, ON_THE_WAY, OPEN_OUT, HandoverOutState
from callcenter.kit import crypto

CODE_LIVES = timedelta(minutes=30)  # eight digits are read aloud and typed at once
RETRY_GAPS = tuple(timedelta(seconds=s) for s in (1, 3, 8, 15))  # after the last a person is called to the telephone, within a minute
SEND_TIMEOUT = 5.0  # seconds a city has to answer
UNDER_WAY = timedelta(seconds=20)  # an attempt without an outcome belongs to a process that died
LOOK_EVERY = timedelta(seconds=5)  # a packet is compared with the records it was made of

_S = HandoverOutState


def after_news(state: HandoverOutState, told: HandoverOutState) -> HandoverOutState | None:
    """What a hand-over becomes by news that may come late or out of order; None: nothing new, it is only written down."""
    if not HANDOVER_OUT.allows(state, told):
        return None
    if told is _S.REJECTED:
        return told
    return told if ON_THE_WAY.index(told) > ON_THE_WAY.index(state) else None


def is_open(state: HandoverOutState) -> bool:
    return state in OPEN_OUT


# --- links: nothing of a key is stored but its hash; both follow from the link's id by the field key -----------------------------------------


def token_of(link_id: uuid.UUID) -> str:
    """22 characters, 128 bits."""
    whole = bytes.fromhex(crypto.index(str(link_id), "outside_links.token"))
    return base64.urlsafe_b64encode(whole[:16]).decode().rstrip("=")


def code_of(link_id: uuid.UUID) -> str:
    """Eight digits."""
    return f"{int(crypto.index(str(link_id), 'outside_links.code')[:16], 16) % 10**8:08d}"


def hash_of(key: str) -> str:
    """Of a token or a browser's key, which have 128 bits or more: a plain hash is enough."""
    return hashlib.sha256(key.encode()).hexdigest()


def code_index(code: str) -> str:
    return crypto.index(code, "outside_links.code_index")


# --- a city's interface ---------------------------------------------------------------------------------------------------------------------


def next_try(attempts: int, now: datetime, gaps: Sequence[timedelta] = RETRY_GAPS) -> datetime | None:
    """After this many attempts. None: no more."""
    return now + gaps[attempts - 1] if 1 <= attempts <= len(gaps) else None
