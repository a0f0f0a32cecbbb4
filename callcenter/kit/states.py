"""One transition table for each aggregate; a move that is not in it is refused with the state that was met."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Generic, TypeVar

from callcenter.kit.errors import IllegalMove

S = TypeVar("S", bound=StrEnum)


class Transitions(Generic[S]):
    """Example: `Transitions("case", {CaseState.NEW: {CaseState.OWNED}})`. Staying in a state is a move like any other: allowed only if listed."""

    def __init__(self, aggregate: str, table: Mapping[S, frozenset[S] | set[S]]) -> None:
        self.aggregate = aggregate
        self.table = {state: frozenset(to) for state, to in table.items()}

    def allows(self, old: S, new: S) -> bool:
        return new in self.table.get(old, frozenset())

    def check(self, old: S, new: S) -> None:
        if not self.allows(old, new):
            raise IllegalMove(
                f"a {self.aggregate} that is {old} cannot become {new}",
                details={
                    "aggregate": self.aggregate,
                    "state": str(old),
                    "wanted": str(new),
                    "possible": sorted(map(str, self.table.get(old, ()))),
                },
            )
