"""Words of the ledger. Pure."""

from __future__ import annotations

from enum import StrEnum

from callcenter.kit.states import Transitions


class Ledger(StrEnum):
    """Three books that never convert into each other."""

    PT = "PT"  # points; 100 are 1 yuan of redemption value
    TC = "TC"  # time coins, in half hours
    CNY = "CNY"  # what stores owe each other, in fen


class Holder(StrEnum):
    ELDER = "elder"
    VOLUNTEER = "volunteer"  # who is no elder of the centre
    FAMILY = "family"
    STORE = "store"
    PARTNER = "partner"  # of the catalogue: goods, phone credit
    CENTRE = "centre"
    FUND = "fund"
    EXPIRED = "expired"
    WORLD = "world"  # where time coins come from, and money goes to


class Pocket(StrEnum):
    """A holder's account for one use."""

    PENDING = "pending"
    AVAILABLE = "available"
    RESERVED = "reserved"  # held for a spending that is not confirmed yet
    FROZEN = "frozen"
    ISSUED = "issued"  # less than zero: what an issuer has given out and nobody has settled
    REDEEMED = "redeemed"  # what was spent here and is not settled yet; below zero when more was given back
    OWED = "owed"  # CNY: more than zero is to be received, less is to be paid
    MAIN = "main"  # of a holder that has one


PERSONS = (Holder.ELDER, Holder.VOLUNTEER, Holder.FAMILY)
ISSUERS = (Holder.STORE, Holder.PARTNER, Holder.CENTRE)
POCKETS: dict[Ledger, dict[Holder, tuple[Pocket, ...]]] = {
    Ledger.PT: {
        **dict.fromkeys(PERSONS, (Pocket.PENDING, Pocket.AVAILABLE, Pocket.RESERVED, Pocket.FROZEN)),
        **dict.fromkeys(ISSUERS, (Pocket.ISSUED, Pocket.REDEEMED)),
        Holder.FUND: (Pocket.MAIN,),
        Holder.EXPIRED: (Pocket.MAIN,),
    },
    Ledger.TC: {
        **dict.fromkeys(PERSONS, (Pocket.AVAILABLE, Pocket.RESERVED, Pocket.FROZEN)),
        Holder.FUND: (Pocket.MAIN,),
        Holder.WORLD: (Pocket.MAIN,),
    },
    Ledger.CNY: {
        **dict.fromkeys(ISSUERS, (Pocket.OWED,)),
        Holder.WORLD: (Pocket.MAIN,),
    },
}
SINGLE = (Holder.CENTRE, Holder.FUND, Holder.EXPIRED, Holder.WORLD)  # there is one, without an id


def is_contra(holder: Holder, pocket: Pocket) -> bool:
    """May be less than zero. The database knows the same rule."""
    return pocket in (Pocket.ISSUED, Pocket.REDEEMED, Pocket.OWED) or holder is Holder.WORLD


class EntryKind(StrEnum):
    EARN = "earn"
    RELEASE = "release"  # pending → available
    RESERVE = "reserve"
    CONFIRM = "confirm"
    VOID = "void"
    SPEND = "spend"  # in one step
    GIVE = "give"  # to somebody of the family, as a gift
    DONATE = "donate"
    GRANT = "grant"  # by the public fund
    EXPIRE = "expire"
    FREEZE = "freeze"
    UNFREEZE = "unfreeze"
    INHERIT = "inherit"
    MERGE = "merge"  # two profiles of one person
    SETTLE = "settle"  # redeemed points back to who issued them, and what is owed for it
    PAY = "pay"  # money that has changed hands between stores
    REVERSE = "reverse"


class HoldState(StrEnum):
    HELD = "held"
    CONFIRMED = "confirmed"
    VOID = "void"
    EXPIRED = "expired"  # its deadline passed: as void


HOLD: Transitions[HoldState] = Transitions(
    "hold",
    {
        HoldState.HELD: {HoldState.CONFIRMED, HoldState.VOID, HoldState.EXPIRED},
        HoldState.CONFIRMED: {HoldState.VOID},  # what was spent is taken back
        HoldState.VOID: set(),
        HoldState.EXPIRED: set(),
    },
)
