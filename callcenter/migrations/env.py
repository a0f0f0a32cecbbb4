"""Alembic's environment: the owner's URL from the configuration, one transaction, our whole metadata."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlalchemy import create_engine, pool

from callcenter.kit.crypto import EncryptedJSON, EncryptedText
from callcenter.kit.db import psycopg_url
from callcenter.migrations.registry import metadata


def render_item(kind: str, item: object, _: Any) -> str | Literal[False]:
    """A migration must not change when our code does: an encrypted field is bytes."""
    return "sa.LargeBinary()" if kind == "type" and isinstance(item, (EncryptedText, EncryptedJSON)) else False


url = context.config.get_main_option("sqlalchemy.url") or ""
engine = create_engine(psycopg_url(url), poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(
        connection=connection, target_metadata=metadata, compare_type=True, compare_server_default=False, render_item=render_item
    )
    with context.begin_transaction():
        context.run_migrations()
