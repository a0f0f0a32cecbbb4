"""States of an order of goods, and of a spending at a counter. Pure."""

from __future__ import annotations

from enum import StrEnum

from callcenter.kit.states import Transitions


class GoodKind(StrEnum):
    GOODS = "goods"
    PHONE_CREDIT = "phone_credit"


class GoodsOrderState(StrEnum):
    RESERVED = "reserved"  # points and stock are kept for her
    CONFIRMED = "confirmed"  # handed out
    VOID = "void"


class CounterState(StrEnum):
    NEW = "new"  # typed at the counter; nobody has looked whose card it is
    ASKED = "asked"  # her points are kept; she is asked
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    EXPIRED = "expired"


class How(StrEnum):
    """How she has said yes."""

    CODE = "code"  # read out what was sent to her mobile
    PIN = "pin"  # told the agent
    VOICE = "voice"  # the agent has called her back at her own number and knows her


GOODS_ORDER: Transitions[GoodsOrderState] = Transitions(
    "goods order",
    {
        GoodsOrderState.RESERVED: {GoodsOrderState.CONFIRMED, GoodsOrderState.VOID},
        GoodsOrderState.CONFIRMED: {GoodsOrderState.VOID},  # what was handed out has come back
        GoodsOrderState.VOID: set(),
    },
)
COUNTER: Transitions[CounterState] = Transitions(
    "counter request",
    {
        CounterState.NEW: {CounterState.ASKED, CounterState.REFUSED, CounterState.EXPIRED},
        CounterState.ASKED: {CounterState.CONFIRMED, CounterState.REFUSED, CounterState.EXPIRED},
        CounterState.CONFIRMED: set(),
        CounterState.REFUSED: set(),
        CounterState.EXPIRED: set(),
    },
)
