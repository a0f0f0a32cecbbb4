"""Ages, dangers, risk, masks, ID numbers."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.elders.models import Ability, Living
from callcenter.elders.rules import (
    age_on,
    danger_flags,
    door_text,
    id_check_digit,
    id_number_problem,
    mask_id_number,
    mask_name,
    risk_score,
)
from callcenter.elders.schemas import FallRisk, Health
from callcenter.elders.search import search_query
from callcenter.settings import get_settings


@pytest.mark.parametrize(
    ("born", "today", "age"),
    [
        (date(1948, 3, 12), date(2026, 3, 11), 77),
        (date(1948, 3, 12), date(2026, 3, 12), 78),
        (date(1948, 2, 29), date(2026, 2, 28), 77),
        (date(1948, 2, 29), date(2026, 3, 1), 78),
        (date(2027, 1, 1), date(2026, 1, 1), None),
        (None, date(2026, 1, 1), None),
    ],
)
def test_age(born: date | None, today: date, age: int | None) -> None:
    assert age_on(born, today) == age


def test_dangers_worst_first() -> None:
    health = Health(
        chronic_illness=["痛风", "2型糖尿病", "冠心病"],
        medication=["华法林钠片 2.5mg", "门冬胰岛素"],
        allergies=["青霉素", "头孢类过敏"],
        implants=["心脏起搏器", "左髋人工关节"],
        fall_risk=FallRisk.MEDIUM,
    )
    flags = danger_flags(health, wandering=True)
    assert [(f.text, f.serious) for f in flags] == [
        ("冠心病", True),
        ("青霉素过敏", True),
        ("头孢类过敏", True),
        ("服抗凝药", True),
        ("用胰岛素", True),
        ("有走失风险", True),
        ("2型糖尿病", False),
        ("心脏起搏器", False),
        ("跌倒风险", False),
    ]
    assert danger_flags(None, wandering=False) == []


@pytest.mark.parametrize(
    ("health", "age", "living", "ability", "wandering", "score"),
    [
        (None, None, Living.UNKNOWN, Ability.NOT_ASSESSED, False, 0),
        (None, 70, Living.ALONE, Ability.INTACT, False, 1),
        (Health(chronic_illness=["高血压"]), 70, Living.WITH_FAMILY, Ability.INTACT, False, 0),
        (Health(chronic_illness=["冠心病"]), 86, Living.WITH_FAMILY, Ability.INTACT, False, 2),
        (Health(chronic_illness=["冠心病"], fall_risk=FallRisk.HIGH), 78, Living.ALONE, Ability.MILD, False, 3),
        (Health(chronic_illness=["阿尔茨海默病"]), 86, Living.ALONE, Ability.COMPLETE_LOSS, True, 3),
    ],
)
def test_risk(health: Health | None, age: int | None, living: Living, ability: Ability, wandering: bool, score: int) -> None:
    assert risk_score(health, age=age, living=living, ability=ability, wandering=wandering) == score


def test_masks() -> None:
    assert (mask_name("王桂兰"), mask_name("欧阳秀英"), mask_name("")) == ("王**", "欧**", "")
    assert mask_id_number("420606194803121234") == "420***********1234"
    assert mask_id_number("1234") == "****"
    assert door_text("3", "", "501") == "3-501"


@given(st.dates(date(1900, 1, 1), date(2030, 1, 1)), st.integers(0, 999))
def test_check_digits(born: date, sequence: int) -> None:
    first = f"420606{born:%Y%m%d}{sequence:03}"
    number = first + id_check_digit(first)
    assert id_number_problem(number) is None
    wrong = first + ("1" if number[-1] != "1" else "2")
    assert id_number_problem(wrong) is not None


@given(st.text(max_size=300))
def test_any_search_text_gives_a_query_or_none(text: str) -> None:
    query = search_query(text, get_settings())
    assert query is None or all(part.count("'") % 2 == 0 for part in query)
