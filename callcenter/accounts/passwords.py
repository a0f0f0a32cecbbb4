"""argon2id, in a thread: a hash takes about 150 ms and must not hold up a socket."""

from __future__ import annotations

import asyncio
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher()


@cache
def _nobody() -> str:
    """Checked for unknown users too, so that the time taken does not tell whether a user exists."""
    return _hasher.hash("nobody has this password")


def hash_password_now(password: str) -> str:
    return _hasher.hash(password)


async def hash_password(password: str) -> str:
    return await asyncio.to_thread(_hasher.hash, password)


async def is_password(stored: str | None, password: str) -> bool:
    def check() -> bool:
        nobody = _nobody()  # by everybody: its first making takes as long for a known user
        try:
            return _hasher.verify(stored or nobody, password)
        except (VerificationError, InvalidHashError):
            return False

    return await asyncio.to_thread(check) and stored is not None
