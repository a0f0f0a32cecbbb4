"""One thing, one word, in what people read; and no promise that nothing keeps."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SEEN = [
    *sorted((ROOT / "agents_ui/src/i18n").glob("*.ts")),
    ROOT / "README.md",
    ROOT / "README.zh-CN.md",
    ROOT / "callcenter/local/welcome.py",
]


@pytest.mark.parametrize("word,instead", [("班长", "主管"), ("训练电话", "模拟话机")])
def test_one_word_for_one_thing(word: str, instead: str) -> None:
    texts = {path.name: path.read_text(encoding="utf-8") for path in SEEN if not path.name.endswith(".test.ts")}
    assert [name for name, text in texts.items() if word in text] == []
    assert any(instead in text for text in texts.values())


@pytest.mark.parametrize("promise", ["复核，", "告知老人", "elder is told", "within 24 hours", "重新打开。", "reopen"])
def test_the_console_promises_only_what_is_built(promise: str) -> None:
    assert [path.name for path in (ROOT / "agents_ui/src/i18n").glob("*.ts") if promise in path.read_text(encoding="utf-8")] == []


def test_every_deed_in_the_audit_has_words() -> None:
    """`audit(session, actor, "subject:verb", …)` in the source, and its word on the page of the audit."""
    verbs: set[str] = set()
    for file in (ROOT / "callcenter").rglob("*.py"):
        for call in re.findall(
            r"\baudit\(\s*session,[^)]*?\"([a-z_]+:[a-z_-]+)\"(?:\s*if[^\n]*else\s*\"([a-z_]+:[a-z_-]+)\")?",
            file.read_text(encoding="utf-8"),
        ):
            verbs |= {verb for verb in call if verb}
    assert len(verbs) > 30
    texts = (ROOT / "agents_ui/src/i18n/pages/access.ts").read_text(encoding="utf-8")
    missing = [verb for verb in sorted(verbs) if texts.count(f"    {re.sub('[:-]', '_', verb)}: ") < 2]
    assert missing == [], "in agents_ui/src/i18n/pages/access.ts, under `verb`, zh and en"
