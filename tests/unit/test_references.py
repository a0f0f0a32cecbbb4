"""What the code and the documents refer to is in the repository."""

from __future__ import annotations

import os
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KINDS = (".py", ".ts", ".tsx", ".md", ".conf", ".yml", ".css", ".toml")
NOT_OURS = {"node_modules", "dist", "__pycache__"}
WRITTEN_BY_PROGRAMS = {"docs/benchmarks.md"}
DECISIONS = (ROOT / "docs/decisions.md").read_text(encoding="utf-8")


def sources() -> list[Path]:
    found = []
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if not name.startswith(".") and name not in NOT_OURS]
        found += [Path(folder) / name for name in files if name.endswith(KINDS)]
    return [path for path in found if path != Path(__file__)]


def test_references_to_documents_lead_somewhere() -> None:
    lost = []
    for path in sources():
        text = path.read_text(encoding="utf-8")
        named = re.findall(r"(?<![\w/.-])(docs/[\w/-]+\.md)\b", text) + re.findall(r"(?<![\w/.-])([a-z][\w-]*\.md)[:,]? [\"§]", text)
        for name in set(named) - WRITTEN_BY_PROGRAMS:
            if not any((folder / name).is_file() for folder in (ROOT, ROOT / "docs", path.parent)):
                lost.append(f"{path.relative_to(ROOT)}: {name}")
        lost += [f"{path.relative_to(ROOT)}: {found}" for found in re.findall(r"[Dd]esign §[\d.]+", text)]
        for number in re.findall(r"decisions\.md §(\d+)", text):
            if f"\n## §{number} " not in DECISIONS:
                lost.append(f"{path.relative_to(ROOT)}: §{number}")
        for title in re.findall(r'decisions\.md[,]? "([^"]+)"', text):
            if f"\n## {title}\n" not in DECISIONS:
                lost.append(f"{path.relative_to(ROOT)}: {title}")
    assert lost == []
