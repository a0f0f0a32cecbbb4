"""`make lint`: every check, all of them even when one fails; one line each, the words of a failed one below it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from alembic import command as alembic_command
from alembic.util.exc import CommandError

from callcenter.local.postgres import temporary_postgres
from callcenter.migrations.run import alembic_config, migrate

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "agents_ui"
STORES_WEB = ROOT / "providers" / "web"
PY = sys.executable


def command(*argv: str, cwd: Path = ROOT, env: dict[str, str] | None = None) -> Callable[[], str]:
    """A check that is a program: empty when it is content, else what it said."""

    def check() -> str:
        whole = None if env is None else {**os.environ, **env}
        done = subprocess.run(
            argv, cwd=cwd, env=whole, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        return "" if done.returncode == 0 else done.stdout.strip() or f"status {done.returncode}"

    return check


def migrations_in_step() -> str:
    """An empty database, migrated, must be what the models say."""
    with temporary_postgres() as url:
        try:
            migrate(url, "only-for-this-check")
            alembic_command.check(alembic_config(url))
        except CommandError as problem:
            return str(problem)
    return ""


CHECKS: dict[str, Callable[[], str]] = {
    "ruff": command(PY, "-m", "ruff", "check", "."),
    "ruff format": command(PY, "-m", "ruff", "format", "--check", "."),
    "import order": command(str(Path(PY).with_name("lint-imports"))),
    "mypy": command(PY, "-m", "mypy", "callcenter", "providers", "tests"),
    "mypy tools": command(PY, "-m", "mypy", "tools"),
    "migrations": migrations_in_step,
    "eslint, prettier": command("npm", "run", "--silent", "lint", cwd=WEB),
    "tsc": command("npm", "run", "--silent", "typecheck", cwd=WEB),
    "eslint, prettier of the stores' app": command("npm", "run", "--silent", "lint", cwd=STORES_WEB),
    "tsc of the stores' app": command("npm", "run", "--silent", "typecheck", cwd=STORES_WEB),
    "API client": command(PY, "tools/api_client.py", "--check"),
    "emergency protocols": command(PY, "-m", "callcenter.cli", "protocols", "check"),
    "compose.yml, configuration": command(PY, "-m", "pytest", "-q", "tests/local/test_compose.py", "tests/local/test_configuration.py"),
}


def main() -> int:
    wanted = sys.argv[1:]
    failed = []
    for name, check in CHECKS.items():
        if wanted and not any(word in name for word in wanted):
            continue
        began = time.monotonic()
        problem = check()
        print(f"  {'✗' if problem else '✓'} {name:<58} {time.monotonic() - began:5.1f} s", flush=True)
        if problem:
            failed.append(name)
            print("    " + problem.replace("\n", "\n    "), flush=True)
    if failed:
        print(f"not content: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
