"""docs/access.md says what the routes' guards and the roles say."""

from __future__ import annotations

from tools.access_table import DOCUMENT, renewed


def test_the_tables_are_todays() -> None:
    written = DOCUMENT.read_text(encoding="utf-8")
    assert written == renewed(written), "docs/access.md is out of step: python tools/access_table.py"
