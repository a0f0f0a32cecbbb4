"""A protocol's ladder, as the ladder reads it. Pure."""

from __future__ import annotations

from callcenter.emergency.ladder import schemas
from callcenter.emergency.ladder.states import Order, Rungs
from callcenter.emergency.protocols.schema import Rung


def as_called(rung: Rung) -> schemas.Rung:
    """A `wait` of 0 in the file: the usual time."""
    usual = {"wait_s": max(5, rung.wait)} if rung.wait else {}
    return schemas.Rung(who=Rungs(rung.who), how=Order(rung.how), ring_s=rung.ring, agency=rung.agency or "", **usual)
