"""What counts, from what was started with and what was set since. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from callcenter.centre.registry import ORDERED, REGISTRY, Value
from callcenter.kit.errors import AppError, Invalid
from callcenter.settings import Settings, Timings


@dataclass(frozen=True, slots=True)
class CentreValues:
    """All values at one moment."""

    values: Mapping[str, Value]
    timings: Timings

    def number(self, key: str) -> float:
        value = self.values[key]
        assert not isinstance(value, str)
        return float(value)

    def switch(self, key: str) -> bool:
        return self.values[key] is True

    def text(self, key: str) -> str:
        return str(self.values[key])


def effective(settings: Settings, chosen: Mapping[str, object]) -> CentreValues:
    """`chosen`: what was set, as stored. What this version does not know, or would refuse, is left out: the default counts again."""
    values = {key: setting.default(settings) for key, setting in REGISTRY.items()}
    for key, raw in chosen.items():
        if raw is not None and (setting := REGISTRY.get(key)) is not None:
            try:
                values[key] = setting.checked(raw)
            except AppError:
                continue
    durations = {key: value for key, value in values.items() if key in Timings.model_fields and key in chosen}
    return CentreValues(values, settings.timings.model_copy(update=durations) if durations else settings.timings)


def check_order(values: Mapping[str, Value], changed: str) -> None:
    """Steps of an escalation stay in their order. Only pairs that hold the changed key: a start from odd defaults blocks nothing else."""
    for earlier, later in ORDERED:
        if changed in (earlier, later) and float(values[earlier]) > float(values[later]):
            raise Invalid(
                f"{earlier} ({values[earlier]}) must not be longer than {later} ({values[later]})",
                code="setting_order",
                details={"earlier": earlier, "later": later},
            )
