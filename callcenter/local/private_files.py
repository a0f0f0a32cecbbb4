"""Files of a run that only its owner may read: written whole or not at all."""

from __future__ import annotations

import json
import os
import secrets
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from callcenter.settings import DEMO_SECRET, Settings

GENERATED = ("secret_key", "field_key", "ari_password", "app_db_password")


def write_private_json(path: Path, data: Mapping[str, Any]) -> None:
    """Atomic and 0600: a reader sees the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)  # 0600 from the beginning
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(data, file, ensure_ascii=False, indent=2, default=str)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def write_demo_json(path: Path, data: Mapping[str, Any]) -> None:
    """What a person or a test needs to use the running demo (docs/decisions.md §12). It holds the demo's passwords, so it is private."""
    write_private_json(path, data)


def with_own_secrets(settings: Settings) -> Settings:
    """The same settings, with a generated secret of this home wherever the demo's stood. Kept in secrets.json: the data are encrypted with them."""
    path = settings.home / "secrets.json"
    kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    missing = [name for name in GENERATED if name not in kept]
    if missing:
        kept |= {name: secrets.token_urlsafe(32) for name in missing}
        write_private_json(path, kept)
    own = {name: SecretStr(kept[name]) for name in GENERATED if getattr(settings, name).get_secret_value() == DEMO_SECRET}
    return settings.model_copy(update=own)
