"""What a reader may do with an order: pure, so that the console shows no act that the server refuses. The server checks again when it is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from callcenter.accounts.actor import Actor
from callcenter.accounts.roles import Permission
from callcenter.dispatch.orders.actions.changing import CHANGEABLE
from callcenter.dispatch.orders.states import BEFORE_DOOR, ORDER, SEEKING, STUCK, OrderState

S = OrderState
# why not now, as stable words
NO_ACCESS, NO_STORE, HAS_STORE, BEGUN, NOT_BEGUN, NOT_DONE, OVER, STILL_ASKED = (
    "no_access", "no_store", "has_store", "begun", "not_begun", "not_done", "over", "still_asked",
)  # fmt: skip
# these talk with the elder or change what she asked for: only for whoever may see her
OF_HERS: Final = frozenset({"change", "cancel", "rework", "dispute", "verify", "proof", "service_code", "no_answer"})


def _closed(state: S) -> str:
    return OVER if state in (S.CANCELLED, S.SETTLED) else ""


def _ask_again(state: S) -> str:
    if state in STUCK or state is S.REQUESTED or state is S.REWORK:
        return ""
    return _closed(state) or (STILL_ASKED if state is S.OFFERED else HAS_STORE)


def _assign(state: S) -> str:
    return "" if state in SEEKING | STUCK | {S.REWORK} else _closed(state) or HAS_STORE


def _take_back(state: S) -> str:
    if state in (S.ACCEPTED, S.EN_ROUTE):
        return ""
    return _closed(state) or (NO_STORE if state in SEEKING | STUCK | {S.DRAFT, S.REWORK} else BEGUN)


def _change(state: S) -> str:
    return "" if state in CHANGEABLE else _closed(state) or BEGUN


def _cancel(state: S) -> str:
    return "" if ORDER.allows(state, S.CANCELLED) else _closed(state) or BEGUN


def _rework(state: S) -> str:
    return "" if ORDER.allows(state, S.REWORK) else _closed(state) or NOT_DONE


def _dispute(state: S) -> str:
    return "" if ORDER.allows(state, S.DISPUTED) else (OVER if state in (S.CANCELLED, S.DISPUTED) else NOT_DONE)


def _verify(state: S) -> str:
    return "" if state in (S.DONE, S.DISPUTED) else (OVER if state in (S.CANCELLED, S.SETTLED, S.VERIFIED) else NOT_DONE)


def _proof(state: S) -> str:
    if state in BEFORE_DOOR | {S.IN_SERVICE, S.DONE}:
        return ""
    return NO_STORE if state in SEEKING | STUCK | {S.DRAFT, S.REWORK} else OVER


def _code(state: S) -> str:
    return "" if state not in (S.VERIFIED, S.SETTLED, S.CANCELLED, S.DISPUTED) else OVER


def _no_answer(state: S) -> str:
    if state in (S.ACCEPTED, S.EN_ROUTE):
        return ""
    return NO_STORE if state in SEEKING | STUCK | {S.DRAFT, S.REWORK} else _closed(state) or BEGUN


ACTS: Final[Mapping[str, tuple[Permission, Callable[[S], str]]]] = {
    "ask_again": (Permission.ORDERS_WRITE, _ask_again),
    "assign": (Permission.ORDERS_WRITE, _assign),
    "take_back": (Permission.ORDERS_WRITE, _take_back),
    "change": (Permission.ORDERS_WRITE, _change),
    "cancel": (Permission.ORDERS_WRITE, _cancel),
    "proof": (Permission.ORDERS_WRITE, _proof),
    "service_code": (Permission.ORDERS_WRITE, _code),
    "no_answer": (Permission.ORDERS_WRITE, _no_answer),
    "rework": (Permission.ORDERS_WRITE, _rework),
    "dispute": (Permission.ORDERS_WRITE, _dispute),
    "verify": (Permission.GATES_OPEN, _verify),
}


def acts_of(actor: Actor, state: OrderState, *, whole: bool) -> dict[str, str]:
    """Each act that this person's role may do: "" now, else why not now."""
    return {
        act: why(state) or (NO_ACCESS if act in OF_HERS and not whole else "")
        for act, (permission, why) in ACTS.items()
        if actor.may(permission)
    }
