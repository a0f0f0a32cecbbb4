"""The keys by which backups are written and read, and the secrets of the house that a backup belongs to."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import SecretStr

from callcenter.backups.sealing import BackupKey
from callcenter.local.private_files import GENERATED
from callcenter.settings import DEMO_SECRET, Settings


class NoKey(Exception):
    """In words for the operator."""


def keys_of(settings: Settings) -> tuple[BackupKey, ...]:
    """The first writes, every one reads. In production none is a demo's, nor short."""
    given = tuple(filter(None, (part.strip() for part in settings.backup_key.get_secret_value().split(","))))
    if not given:
        raise NoKey(
            "ONEKEY_BACKUP_KEY is empty: nothing could be encrypted. Make one with openssl rand -base64 32, and keep a copy elsewhere"
        )
    if settings.mode == "production" and any(len(key) < 16 or key == DEMO_SECRET for key in given):
        raise NoKey(
            "production refuses a demo or short backup key: set ONEKEY_BACKUP_KEY (16 characters or more; openssl rand -base64 32), and keep a copy elsewhere"
        )
    return tuple(BackupKey(key) for key in given)


def is_demo(key: BackupKey) -> bool:
    return key.secret == DEMO_SECRET


def with_secrets(settings: Settings, kept: bytes | None) -> Settings:
    """The secrets that `callcenter run` would take with this secrets.json: what the environment gives wins."""
    if kept is None:
        return settings
    found: dict[str, str] = json.loads(kept)
    own = {
        name: SecretStr(found[name]) for name in GENERATED if name in found and getattr(settings, name).get_secret_value() == DEMO_SECRET
    }
    return settings.model_copy(update=own)


def kept_in(home: Path) -> bytes | None:
    try:
        return (home / "secrets.json").read_bytes()
    except FileNotFoundError:
        return None
