"""Every test that docs/reliability.md names is there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
THERE = set(re.findall(r"def test_(\w+)", "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "tests").rglob("test_*.py"))))


def test_every_promise_has_its_test() -> None:
    named = {name for names in re.findall(r"::((?:`\w+`(?:, )?)+)", TEXT) for name in re.findall(r"`(\w+)`", names)}
    assert len(named) > 100
    assert sorted(named - THERE - {"test"}) == []  # "test": how they are written, explained there


def test_files_that_are_named_are_there() -> None:
    files = set(re.findall(r"`((?:tests|agents_ui|callcenter|deploy)/[\w./]+)`", TEXT))
    assert [file for file in sorted(files) if not (ROOT / file).exists()] == []
