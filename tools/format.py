"""`make format`: Python and TypeScript, in place."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    steps = [
        ([sys.executable, "-m", "ruff", "check", "--fix", "--exit-zero", "--quiet", "."], ROOT),
        ([sys.executable, "-m", "ruff", "format", "."], ROOT),
        (["npm", "run", "--silent", "format"], ROOT / "agents_ui"),
        (["npm", "run", "--silent", "format"], ROOT / "providers" / "web"),
    ]
    return max(subprocess.run(argv, cwd=folder, check=False).returncode for argv, folder in steps)


if __name__ == "__main__":
    sys.exit(main())
