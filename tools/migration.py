"""`make migration ARGS="what it is for"`: the next numbered migration, from the difference between the last one and the models.

Read what it wrote: a renamed column comes out as a dropped and an added one.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from alembic import command

from callcenter.local.postgres import temporary_postgres
from callcenter.migrations.run import alembic_config

VERSIONS = Path(__file__).resolve().parent.parent / "callcenter" / "migrations" / "versions"


def main() -> int:
    words = " ".join(sys.argv[1:]).strip()
    if not words:
        print("say what it is for: make migration ARGS='elders keep a history'")
        return 2
    number = 1 + max(int(file.name[:4]) for file in VERSIONS.glob("[0-9]*.py"))
    with temporary_postgres() as url:
        config = alembic_config(url)
        command.upgrade(config, "head")
        made = command.revision(config, message=words, autogenerate=True, rev_id=f"{number:04d}")
    assert made is not None and not isinstance(made, list)
    file = VERSIONS / f"{number:04d}_{re.sub(r'[^a-z0-9]+', '_', words.lower()).strip('_')}.py"
    Path(made.path).rename(file)
    for job in ("format", "check"):
        subprocess.run([sys.executable, "-m", "ruff", job, "--quiet", *(["--fix"] if job == "check" else []), str(file)], check=True)
    print(file.relative_to(VERSIONS.parent.parent.parent))
    return 0


if __name__ == "__main__":
    sys.exit(main())
