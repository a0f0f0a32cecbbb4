"""How an elder is addressed aloud."""

from __future__ import annotations

from datetime import date

import pytest

from callcenter.elders.addressing import SOUNDS_LIKE, SURNAMES, as_spoken, form_of_address
from callcenter.elders.models import Sex
from callcenter.kit.pinyin import COMPOUND_SURNAMES
from callcenter.seed.people import SURNAMES as SEEDED

TODAY = date(2026, 11, 27)
F, M = Sex.FEMALE, Sex.MALE


@pytest.mark.parametrize(
    ("name", "sex", "born", "form"),
    [
        ("王桂兰", F, date(1958, 3, 1), "王阿姨"),
        ("王桂兰", F, date(1951, 11, 28), "王阿姨"),  # 75 tomorrow
        ("王桂兰", F, date(1951, 11, 27), "王奶奶"),
        ("李建国", M, date(1960, 1, 1), "李叔叔"),
        ("李建国", M, date(1940, 1, 1), "李爷爷"),
        ("李强", M, None, "李叔叔"),
        ("李强", Sex.UNKNOWN, date(1940, 1, 1), ""),
        ("欧阳秀英", F, date(1940, 1, 1), "欧阳奶奶"),
        ("诸葛明", M, date(1960, 1, 1), "诸葛叔叔"),
        ("司马", M, date(1960, 1, 1), "司叔叔"),  # 司 called 马
        (" 张秀珍 ", F, date(1960, 1, 1), "张阿姨"),
        ("阿依古丽·买买提", F, date(1960, 1, 1), ""),
        ("阿依古丽", F, date(1960, 1, 1), ""),
        ("张王秀英", F, date(1960, 1, 1), ""),  # two families: which of them nobody knows
        ("Wang Guilan", F, date(1960, 1, 1), ""),
        ("王某", F, date(1960, 1, 1), "王阿姨"),
        ("王", F, date(1960, 1, 1), ""),
        ("王*兰", F, date(1960, 1, 1), ""),
        ("", F, None, ""),
    ],
)
def test_by_surname_sex_and_age(name: str, sex: Sex, born: date | None, form: str) -> None:
    assert form_of_address(name, sex, born, TODAY) == form


def test_a_surname_is_given_to_the_voice_as_it_sounds() -> None:
    assert as_spoken("单奶奶") == "善奶奶" and as_spoken("仇叔叔") == "求叔叔"
    assert as_spoken("单于爷爷") == "单于爷爷" and as_spoken("王阿姨") == "王阿姨" and as_spoken("") == ""
    assert set(SOUNDS_LIKE) <= SURNAMES and set(SEEDED) <= SURNAMES | set(COMPOUND_SURNAMES)


def test_a_few_hundred_phrases_are_everybody() -> None:
    spoken = {
        as_spoken(form_of_address(f"{family}桂兰", sex, born, TODAY))
        for family in [*SURNAMES, *COMPOUND_SURNAMES]
        for sex in (F, M)
        for born in (date(1940, 1, 1), date(1960, 1, 1))
    }
    assert "" not in spoken and 1_000 < len(spoken) < 1_400
