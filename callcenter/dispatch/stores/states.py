"""Admission of a store."""

from __future__ import annotations

from callcenter.dispatch.stores.models import StoreState
from callcenter.kit.states import Transitions

STORE = Transitions[StoreState](
    "store",
    {
        StoreState.APPLIED: {StoreState.ADMITTED, StoreState.LEFT},
        StoreState.ADMITTED: {StoreState.SUSPENDED, StoreState.LEFT},
        StoreState.SUSPENDED: {StoreState.ADMITTED, StoreState.LEFT},
        StoreState.LEFT: {StoreState.APPLIED},
    },
)
