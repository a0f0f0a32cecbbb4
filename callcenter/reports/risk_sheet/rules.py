"""Who stands on the sheet, and why. Pure; the choice is ours (docs/decisions.md "Sheet of today's risks")."""

from __future__ import annotations

from enum import StrEnum

from callcenter.elders.models import Ability, Living, Presence
from callcenter.elders.schemas import Health

MACHINES = ("吸氧", "氧疗", "制氧", "呼吸机", "透析")  # what stops with the power, or with a missed day
SEVERE = frozenset({Ability.SEVERE, Ability.COMPLETE_LOSS})


class Why(StrEnum):
    """The gravest first."""

    MACHINE = "machine"
    WANDERING = "wandering"
    SEVERE = "severe"
    HIGH_RISK = "high_risk"
    ALONE = "alone"


def reasons(*, risk: int, living: Living, ability: Ability, wandering: bool, presence: Presence, health: Health | None) -> list[Why]:
    """None: she does not stand on it. Living alone counts from medium risk on; who is in hospital is looked after, who is away is not there."""
    if presence is not Presence.HOME:
        return []
    given = {
        Why.MACHINE: needs_machine(health),
        Why.WANDERING: wandering,
        Why.SEVERE: ability in SEVERE,
        Why.HIGH_RISK: risk >= 3,
        Why.ALONE: living is Living.ALONE and risk >= 2,
    }
    return [why for why, is_so in given.items() if is_so]


def needs_machine(health: Health | None) -> bool:
    if health is None:
        return False
    told = " ".join([*health.chronic_illness, *health.medication, *health.implants, health.notes])
    return any(word in told for word in MACHINES)
