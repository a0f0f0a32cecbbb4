"""Refusals about stores, each with what the asker may do."""

from __future__ import annotations

from callcenter.kit.errors import Conflict, Invalid, NotFound


class StoreNotFound(NotFound):
    code = "store_not_found"


class StoreChanged(Conflict):
    """Somebody was quicker; `details.version` is the one that stands now."""

    code = "store_changed"


class NotReady(Conflict):
    """It can't be admitted yet: `details.missing` says what it lacks."""

    code = "store_not_ready"


class LastKeeper(Conflict):
    """A store that gets jobs has somebody who answers for it."""

    code = "last_keeper"


class PriceOutside(Invalid):
    """Outside of what the catalogue says for this place; `details` hold the item and its range in fen. With a reason it may be."""

    code = "price_outside"
