"""Encrypted files that are written and read in pieces: a conversation of an hour is never whole in memory, and a player may begin in the middle.

Stored form: 1 byte version | 16 bytes salt | pieces of 64 KiB, each with its tag. The key of a file is derived (HKDF) from ONEKEY_FIELD_KEY, the file's
salt and its purpose; a piece's nonce is its place and whether it is the last one, so pieces can't be moved, left out or cut off.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from callcenter.kit.crypto import Undecryptable
from callcenter.settings import get_settings

# `make faults`, in mode `test` alone: while this file is there, the disk is full
_full_file = os.environ.get("ONEKEY_DISK_FULL_FILE", "") if os.environ.get("ONEKEY_MODE") == "test" else ""
VERSION = 1
PIECE = 64 * 1024
_SALT, _TAG = 16, 16
_HEAD = 1 + _SALT


def _cipher(salt: bytes, purpose: str) -> AESGCM:
    secret = get_settings().field_key.get_secret_value().encode()
    return AESGCM(HKDF(algorithm=SHA256(), length=32, salt=salt, info=f"onekey:file:{purpose}".encode()).derive(secret))


def _nonce(place: int, last: bool) -> bytes:
    return place.to_bytes(11, "big") + bytes([last])


def seal(pieces: Iterator[bytes], to: Path, purpose: str) -> None:
    """Writes beside `to` first, so that a file of this name is always whole. `pieces` may be of any length."""
    if _full_file and os.path.exists(_full_file):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = to.with_name(to.name + ".part")
    salt = os.urandom(_SALT)
    cipher = _cipher(salt, purpose)
    try:
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(bytes([VERSION]) + salt)
            place, kept = 0, bytearray()
            for piece in pieces:
                kept += piece
                while len(kept) > PIECE:  # one stays: whether it is the last is part of it
                    file.write(cipher.encrypt(_nonce(place, False), bytes(kept[:PIECE]), None))
                    del kept[:PIECE]
                    place += 1
            file.write(cipher.encrypt(_nonce(place, True), bytes(kept), None))
            file.flush()
            os.fsync(file.fileno())
        partial.replace(to)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


class Sealed:
    """A sealed file, open for reading. FileNotFoundError, Undecryptable."""

    def __init__(self, path: Path, purpose: str) -> None:
        self._file: BinaryIO = path.open("rb")
        try:
            head = self._file.read(_HEAD)
            if len(head) != _HEAD or head[0] != VERSION:
                raise Undecryptable(f"{purpose}: not a sealed file")
            self._cipher = _cipher(head[1:], purpose)
            self._purpose = purpose
            stored = os.fstat(self._file.fileno()).st_size - _HEAD
            self._pieces = max(1, -(-stored // (PIECE + _TAG)))
            self.length = stored - self._pieces * _TAG  # of what is in it, bytes
            if self.length < 0:
                raise Undecryptable(f"{purpose}: cut off")
        except BaseException:
            self._file.close()
            raise

    def close(self) -> None:
        self._file.close()

    def read(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """What lies from `start` to before `end`, piece by piece; closes the file."""
        end = self.length if end is None else min(end, self.length)
        try:
            place = start // PIECE
            self._file.seek(_HEAD + place * (PIECE + _TAG))
            while place * PIECE < end:
                plain = self._piece(place)
                yield plain[max(0, start - place * PIECE) : end - place * PIECE]
                place += 1
        finally:
            self.close()

    def _piece(self, place: int) -> bytes:
        try:
            return self._cipher.decrypt(_nonce(place, place == self._pieces - 1), self._file.read(PIECE + _TAG), None)
        except InvalidTag as error:
            raise Undecryptable(f"{self._purpose}: wrong key or changed file") from error
