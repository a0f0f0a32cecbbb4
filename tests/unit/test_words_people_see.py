"""One thing, one word, in what people read; and no promise that nothing keeps."""

from __future__ import annotations

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
