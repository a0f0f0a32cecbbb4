"""How long a code lives and how often one may be asked for. Durations: docs/stores-app.md, all ours. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

CODE_DIGITS = 6
CODE_LIFE = timedelta(minutes=5)
CODE_TRIES = 5  # then it opens nothing any more
# Fifty guesses a day of a million codes at most, for one number.
ASK_AGAIN = timedelta(minutes=1)
ASKS_A_DAY = 10
WINDOW = timedelta(minutes=10)
ASKS_BY_ADDRESS = 60  # in WINDOW: a mobile carrier's customers share addresses
WRONG_BY_ADDRESS = 60
LIFETIME = timedelta(days=90)  # of a session: a shop's own telephone
IDLE = timedelta(days=30)
TOUCH_EVERY = timedelta(minutes=5)
KEYS_KEPT = timedelta(days=7)  # a telephone that was off for a week may still send what waits in it
DEMO_CODE = "123456"  # opens the demo's stores, besides the code that was sent; in demo and test mode only


def wait_to_ask(asked: Sequence[datetime], now: datetime) -> timedelta:
    """How long until this number may ask for one more code; zero: now. `asked`: when it asked during the last day."""
    wait = timedelta(0)
    for count, within in ((1, ASK_AGAIN), (ASKS_A_DAY, timedelta(days=1))):
        recent = sorted(at for at in asked if at > now - within)
        if len(recent) >= count:
            wait = max(wait, recent[-count] + within - now)
    return wait
