"""How a process tells its supervisor that it does its work now."""

from __future__ import annotations

import os
from pathlib import Path


def mark_ready() -> None:
    """Touch the file named by ONEKEY_READY_FILE (set by `callcenter run` and compose.yml); harmless when nobody asks.

    Web apps need it not: they have /readyz.
    """
    if path := os.environ.get("ONEKEY_READY_FILE"):
        Path(path).touch()
