"""Field encryption (AES-256-GCM) for ID numbers and health data, and an HMAC index for those that must be found.

Stored form: 1 byte key version | 12 bytes nonce | ciphertext and tag. The column's name is bound in as associated data, so a value moved to
another column does not decrypt. The keys are derived (HKDF) from ONEKEY_FIELD_KEY.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from functools import lru_cache
from typing import Any

import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import LargeBinary
from sqlalchemy.types import TypeDecorator

from callcenter.settings import get_settings

VERSION = 1


class Undecryptable(Exception):
    """The value was made with another key, for another column, or was changed."""


@lru_cache(maxsize=8)
def _key(secret: str, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"onekey:{purpose}".encode()).derive(secret.encode())


def _field_secret() -> str:
    return get_settings().field_key.get_secret_value()


def encrypt(plain: bytes, column: str) -> bytes:
    nonce = os.urandom(12)
    return bytes([VERSION]) + nonce + AESGCM(_key(_field_secret(), "field")).encrypt(nonce, plain, column.encode())


def decrypt(stored: bytes, column: str) -> bytes:
    if not stored or stored[0] != VERSION:
        raise Undecryptable(f"{column}: unknown key version")
    try:
        return AESGCM(_key(_field_secret(), "field")).decrypt(stored[1:13], stored[13:], column.encode())
    except Exception as error:
        raise Undecryptable(f"{column}: wrong key or changed value") from error


def index(value: str, column: str) -> str:
    """A keyed hash by which an encrypted value is found again; equal values of one column give equal hashes."""
    return hmac.new(_key(_field_secret(), "index"), f"{column}:{value}".encode(), hashlib.sha256).hexdigest()


class EncryptedText(TypeDecorator[str]):
    impl = LargeBinary
    cache_ok = True

    def __init__(self, column: str) -> None:
        super().__init__()
        self.column = column

    def process_bind_param(self, value: str | None, dialect: Any) -> bytes | None:
        return None if value is None else encrypt(value.encode(), self.column)

    def process_result_value(self, value: bytes | None, dialect: Any) -> str | None:
        return None if value is None else decrypt(value, self.column).decode()


class EncryptedJSON(TypeDecorator[dict[str, Any]]):
    impl = LargeBinary
    cache_ok = True

    def __init__(self, column: str) -> None:
        super().__init__()
        self.column = column

    def process_bind_param(self, value: dict[str, Any] | None, dialect: Any) -> bytes | None:
        return None if value is None else encrypt(orjson.dumps(value), self.column)

    def process_result_value(self, value: bytes | None, dialect: Any) -> dict[str, Any] | None:
        return None if value is None else orjson.loads(decrypt(value, self.column))
