"""`make lock`: requirements*.txt from pyproject.toml, with hashes, for every platform, without a word on where they come from.

`make lock ARGS=--upgrade` takes newer releases.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS: dict[str, list[str]] = {
    "requirements.txt": ["pyproject.toml"],
    "requirements-embedded.txt": ["pyproject.toml", "--extra", "embedded"],
    "requirements-dev.txt": ["pyproject.toml", "--extra", "embedded", "--extra", "dev"],
    "requirements-speech.txt": ["pyproject.toml", "--extra", "speech"],
    "tools/requirements-install.txt": ["tools/requirements-install.in"],
}
OPTIONS = [
    "--universal",
    "--generate-hashes",
    "--no-header",
    "--no-annotate",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--python-version",
    "3.11",
]


def main() -> int:
    for lock, sources in LOCKS.items():
        print(f"  … {lock}", flush=True)
        argv = ["uv", "pip", "compile", "--quiet", *OPTIONS, *sources, "--output-file", lock, *sys.argv[1:]]
        subprocess.run(argv, cwd=ROOT, check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
