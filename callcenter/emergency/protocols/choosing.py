"""Which protocol an emergency gets: the elder's own, else a group's, else the default of its kind; else, for whom there is none, that of `unknown`. Pure."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from callcenter.elders.models import Ability, Hearing, Living
from callcenter.emergency.protocols.schema import ForElder, ForGroup, Group, Protocol
from callcenter.emergency.states import EmergencyKind


@dataclass(frozen=True, slots=True)
class Traits:
    """What the choice looks at of an elder."""

    id: uuid.UUID
    card_number: str | None
    living: Living
    ability: Ability
    hearing: Hearing
    categories: Sequence[str]
    wandering: bool


def choose(protocols: Iterable[Protocol], kind: EmergencyKind, elder: Traits | None) -> Protocol | None:
    """Of an elder's own rather the one by her id than by her card, which may pass to somebody else. Of groups' the one with the most conditions. What is
    still equal goes by its code in the order of the alphabet. Nobody attached to the case: the default.
    """
    order = [(rank, one.code, one) for one in protocols if one.kind is kind and (rank := _rank(one, elder)) is not None]
    return min(order, key=lambda entry: entry[:2])[2] if order else None


def _rank(protocol: Protocol, elder: Traits | None) -> int | None:
    """The lower, the nearer to her. None: not for her."""
    if protocol.whom == "default":
        return 100
    if elder is None:
        return None
    if isinstance(protocol.whom, ForElder):
        return 0 if protocol.whom.elder == str(elder.id) else 1 if protocol.whom.elder == elder.card_number else None
    assert isinstance(protocol.whom, ForGroup)
    return 50 - protocol.whom.group.named if belongs(protocol.whom.group, elder) else None


def belongs(group: Group, elder: Traits) -> bool:
    return (
        (not group.living or elder.living in group.living)
        and (not group.ability or elder.ability in group.ability)
        and (not group.hearing or elder.hearing in group.hearing)
        and (not group.category or bool(set(group.category) & set(elder.categories)))
        and (group.wandering is None or elder.wandering is group.wandering)
    )
