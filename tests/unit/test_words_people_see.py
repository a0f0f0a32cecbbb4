"""One thing, one word, in what people read; and no promise that nothing keeps."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from callcenter.emergency.outside.states import HandoverOutState, ReportKind
from callcenter.emergency.rules import OWNER, WATCH

ROOT = Path(__file__).resolve().parents[2]
SEEN = [
    *sorted((ROOT / "agents_ui/src/i18n").rglob("*.ts")),
    ROOT / "README.md",
    ROOT / "README.zh-CN.md",
    ROOT / "callcenter/local/welcome.py",
]


@pytest.mark.parametrize("word,instead", [("班长", "主管"), ("训练电话", "模拟话机"), ("商家", "服务商")])
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


def test_everything_that_happens_to_an_order_has_words() -> None:
    """Its kinds are written by `write_event` and `move_order`; the order's history, and the audit of it, name each."""
    kinds: set[str] = set()
    for file in (ROOT / "callcenter").rglob("*.py"):
        source = file.read_text(encoding="utf-8")
        kinds |= set(re.findall(r"\bwrite_event\(\s*session,\s*\w+,\s*\w+,\s*\"([a-z_]+)\"", source))
        kinds |= set(re.findall(r"\bmove_order\(\s*session,\s*\w+,\s*\w+,\s*\w+,\s*[\w.]+,\s*\"([a-z_]+)\"", source))
    assert len(kinds) > 25
    pages = {name: (ROOT / f"agents_ui/src/i18n/pages/{name}.ts").read_text(encoding="utf-8") for name in ("access", "orders")}
    assert [kind for kind in sorted(kinds) if pages["access"].count(f"    order_{kind}: ") < 2] == [], "access.ts, under `verb`, zh and en"
    assert [kind for kind in sorted(kinds) if pages["orders"].count(f"    {kind}: ") < 2] == [], "orders.ts, under `history`, zh and en"


# words of a ladder's calls that are no kinds: prompts, errors, tables, an alarm
NO_KINDS = re.compile(
    r"^(?:contact|duty)_(?:already|attempts?|choose|greeting|id|is_called|no_need|to_agent|worker_greeting|calls?|next)$|_id$|_dialable$|^outside_failed$"
)


def entry_kinds() -> set[str]:
    """Every kind that a timeline may hold: written out in the source, or put together of a state."""
    kinds: set[str] = set()
    parts = {
        "emergency/ladder": r"\"((?:contact|elder|helper|ladder|outside|duty)_[a-z_]+)\"(?=[,:)\s])",
        "emergency/protocols/actions.py": r"\"((?:step|protocol)_[a-z]+)\"(?=[,:)\s])",
        "calls/engine": r"(?:self|parties)\.(?:save|entry)\([^\"]*\"((?:party|agent|supervisor)_[a-z_]+|transferred)\"",
        "calls/recordings": r"\"(recording_(?:saved|failed))\"",
    }
    for file in (ROOT / "callcenter").rglob("*.py"):
        source, name = file.read_text(encoding="utf-8"), file.relative_to(ROOT / "callcenter").as_posix()
        kinds |= set(re.findall(r"\badd_entry\(\s*session,\s*[\w.]+,\s*\"([a-z_]+)\"", source))
        for part, pattern in parts.items():
            if name.startswith(part):
                kinds |= set(re.findall(pattern, source))
    kinds = {kind for kind in kinds if not NO_KINDS.search(kind)}
    kinds |= {f"handover_{state.value}" for state in HandoverOutState}
    kinds |= {f"handover_link_{kind.value}" for kind in (ReportKind.OPENED, ReportKind.REFUSED, ReportKind.READ)}
    return kinds


def test_everything_on_a_timeline_has_words() -> None:
    kinds = entry_kinds()
    assert {"emergency_opened", "party_failed", "contact_going", "ladder_ended", "step_skipped", "recording_saved"} <= kinds
    texts = {lang: (ROOT / f"agents_ui/src/i18n/{lang}-words.ts").read_text(encoding="utf-8") for lang in ("zh", "en")}
    page = (ROOT / "agents_ui/src/i18n/pages/emergency.ts").read_text(encoding="utf-8")
    missing = [
        f"{kind} ({lang})"
        for kind in sorted(kinds)
        for lang, text in texts.items()
        if f"    {kind}: " not in text and page.count(f"\n  {kind}: ") < 2
    ]
    assert missing == [], "in agents_ui/src/i18n/*-words.ts or pages/emergency.ts, under `entry`"


def test_every_alarm_and_deadline_of_an_emergency_has_words() -> None:
    codes = {OWNER, WATCH}
    for file in (ROOT / "callcenter").rglob("*.py"):
        source = file.read_text(encoding="utf-8")
        codes |= {code.rstrip(":") for code in re.findall(r"\braise_alarm\(\s*session,\s*[\w.]+,\s*f?\"([a-z_]+:?)", source)}
        codes |= {code.rstrip(":") for code in re.findall(r"\bset_deadline\(\s*session,\s*[\w.]+,\s*f?\"([a-z_]+:?)", source)}
        codes |= set(re.findall(r"^[A-Z_]+\s*=\s*\"((?:outside|ladder|city|handover|not)_[a-z_]+)\"", source, re.MULTILINE))
    page = (ROOT / "agents_ui/src/i18n/pages/emergency.ts").read_text(encoding="utf-8")
    assert [code for code in sorted(codes) if page.count(f"\n    {code}: ") < 2] == [], "pages/emergency.ts, under `alarmOf`, zh and en"
