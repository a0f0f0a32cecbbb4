"""What counts of what a centre has set: bounds, order, what is left out."""

from __future__ import annotations

import pytest

from callcenter.centre.registry import REGISTRY, Kind
from callcenter.centre.rules import check_order, effective
from callcenter.kit.errors import Invalid
from callcenter.settings import Settings, Timings

SETTINGS = Settings(mode="test", timings=Timings(wrap_up=33))


def test_nothing_set_is_what_the_process_was_started_with() -> None:
    values = effective(SETTINGS, {})
    assert values.timings == SETTINGS.timings
    assert (values.number("wrap_up"), values.text("centre_name")) == (33.0, SETTINGS.centre_name)


def test_what_was_set_wins_over_the_environment_and_touches_nothing_else() -> None:
    values = effective(SETTINGS, {"wrap_up": 90, "centre_name": "施营中心"})
    assert values.timings == SETTINGS.timings.model_copy(update={"wrap_up": 90})
    assert values.text("centre_name") == "施营中心"


@pytest.mark.parametrize("chosen", [{"wrap_up": None}, {"wrap_up": "ninety"}, {"wrap_up": 1}, {"wrap_up": True}, {"of_a_later_version": 3}])
def test_what_is_reset_unknown_or_out_of_bounds_leaves_the_default(chosen: dict[str, object]) -> None:
    assert effective(SETTINGS, chosen) == effective(SETTINGS, {})


@pytest.mark.parametrize(
    "key,value",
    [
        ("wrap_up", 4.9), ("wrap_up", 601), ("wrap_up", True), ("wrap_up", None), ("wrap_up", "60"), ("wrap_up", float("nan")),
        ("glass_hours", 1.5), ("glass_hours", 25), ("target_sos_10", 101), ("hotline", "12 349"), ("hotline", "１２３４９"), ("hotline", "12"),
        ("centre_name", " "), ("centre_name", "中\n心"), ("centre_name", "长" * 61),
    ],
)  # fmt: skip
def test_a_bad_value_is_refused_with_its_bounds(key: str, value: object) -> None:
    with pytest.raises(Invalid) as refused:
        REGISTRY[key].checked(value)
    setting = REGISTRY[key]
    assert refused.value.code == "setting_out_of_bounds"
    assert refused.value.details == {"key": key, "least": setting.least, "most": setting.most}
    assert f"{setting.most:g}" in refused.value.message


@pytest.mark.parametrize(
    "key,given,kept", [("wrap_up", 60.0, 60), ("wrap_up", 12.34, 12.3), ("target_sos_60", 99.5, 99.5), ("centre_name", " 施营 ", "施营")]
)
def test_a_value_is_kept_in_one_form(key: str, given: object, kept: object) -> None:
    assert REGISTRY[key].checked(given) == kept


def test_every_default_would_be_accepted() -> None:
    plain = Settings(mode="test")
    for setting in REGISTRY.values():
        assert setting.checked(setting.default(plain)) == setting.default(plain)


def test_every_duration_is_one_of_the_processes() -> None:
    seconds = {key for key, setting in REGISTRY.items() if setting.kind is Kind.SECONDS}
    assert seconds <= set(Timings.model_fields)
    for key in seconds:
        assert getattr(effective(SETTINGS, {key: REGISTRY[key].most}).timings, key) == REGISTRY[key].most


def test_supervisors_are_rung_before_the_duty_telephone() -> None:
    with pytest.raises(Invalid, match="sos_supervisors"):
        check_order({"sos_supervisors": 30, "sos_duty": 20}, "sos_duty")
    check_order({"sos_supervisors": 20, "sos_duty": 20}, "sos_duty")
    check_order({"sos_supervisors": 30, "sos_duty": 20}, "wrap_up")  # an odd start blocks nothing else
