"""Surnames are read as surnames."""

from __future__ import annotations

import pytest

from callcenter.kit.pinyin import initials, of_name, of_text, surname


@pytest.mark.parametrize(
    ("name", "reading", "short"),
    [
        ("王桂兰", "wang gui lan", "wgl"), ("单雄信", "shan xiong xin", "sxx"), ("曾国强", "zeng guo qiang", "zgq"), ("仇德发", "qiu de fa", "qdf"),
        ("解放", "xie fang", "xf"), ("查良", "zha liang", "zl"), ("任重", "ren zhong", "rz"), ("尉迟秀莲", "yu chi xiu lian", "ycxl"),
        ("欧阳修", "ou yang xiu", "oyx"), ("万俟明", "mo qi ming", "mqm"), ("吕秀兰", "lv xiu lan", "lxl"), ("Smith", "smith", "s"), ("", "", ""),
        ("  王 ", "wang", "w"), ("阿依古丽·买买提", "a yi gu li · mai mai ti", "aygl·mmt"),
    ],
)  # fmt: skip
def test_names(name: str, reading: str, short: str) -> None:
    assert of_name(name) == reading
    assert initials(of_name(name)) == short


def test_two_characters_are_no_compound_surname() -> None:
    assert surname("东方红") == "东方"
    assert surname("司马") == "司"
    assert of_text("施营") == "shi ying"
