"""`make clean`: remove what the other commands made. The demo's data (.run) go only with --data. Standard library only: the environment may be gone."""

from __future__ import annotations

import fcntl
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MADE = [".venv", ".cache", "agents_ui/node_modules", "agents_ui/dist", "providers/web/node_modules", "providers/web/dist", "test-results"]
MADE += [".mypy_cache", ".pytest_cache", ".ruff_cache", ".import_linter_cache", ".hypothesis"]


def remove_data(home: Path) -> bool:
    """A home whose run still goes on is left alone. PostgreSQL's data may lie elsewhere: the .location file knows where."""
    lock = home / "lock"
    if lock.exists():
        with lock.open("r+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                print(f"  ✗ a run is going on in {home}; stop it first")
                return False
    record = home / "postgres.location"
    if record.exists():
        shutil.rmtree(record.read_text().strip(), ignore_errors=True)
    shutil.rmtree(home, ignore_errors=True)
    return True


def main() -> int:
    if "--data" in sys.argv[1:] and not remove_data(ROOT / ".run"):
        return 1
    for name in MADE:
        shutil.rmtree(ROOT / name, ignore_errors=True)
    for folder in ("callcenter", "providers", "tests", "tools"):
        for cache in (ROOT / folder).rglob("__pycache__"):
            shutil.rmtree(cache, ignore_errors=True)
    if (ROOT / ".run").exists():
        print("  the demo's data stay in .run; make clean ARGS=--data removes them too")
    return 0


if __name__ == "__main__":
    sys.exit(main())
