"""An encrypted stream: written once from beginning to end, read in pieces, never whole in memory and never plain on a disk.

Stored form: 8 bytes magic | 1 byte version | 8 bytes key id | 32 bytes salt | pieces of 1 MiB, each with its tag. The stream's key is derived (HKDF) from the
backup key and the salt; a piece's nonce is its place and whether it is the last one, and the head is bound into every piece: nothing can be moved, left out,
cut off or put under another head. The key id says which of several keys opens it, so that keys can rotate.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MAGIC, VERSION = b"ONEKEYBK", 1
PIECE = 1024 * 1024
_ID, _SALT, _TAG = 8, 32, 16
_HEAD = len(MAGIC) + 1 + _ID + _SALT


class Unreadable(Exception):
    """No backup of ours, made with another key, damaged or cut off. The message says which, for the operator."""


def _derive(secret: str, salt: bytes | None, info: str, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info.encode()).derive(secret.encode())


def fingerprint(secret: str, purpose: str) -> str:
    """Names a secret without giving it away: the same words for the same secret, in hex."""
    return _derive(secret, None, f"onekey:{purpose}:id", _ID).hex()


@dataclass(frozen=True, slots=True)
class BackupKey:
    secret: str = field(repr=False)

    @property
    def id(self) -> str:
        return fingerprint(self.secret, "backup")

    def cipher(self, salt: bytes) -> AESGCM:
        return AESGCM(_derive(self.secret, salt, "onekey:backup", 32))


def _nonce(place: int, last: bool) -> bytes:
    return place.to_bytes(11, "big") + bytes([last])


class Sealer:
    """Writes; without `finish` what is there is never taken for whole."""

    def __init__(self, file: BinaryIO, key: BackupKey) -> None:
        salt = os.urandom(_SALT)
        self._head = MAGIC + bytes([VERSION]) + bytes.fromhex(key.id) + salt
        self._file, self._cipher = file, key.cipher(salt)
        self._place, self._kept = 0, bytearray()
        file.write(self._head)

    def write(self, plain: bytes) -> None:
        self._kept += plain
        while len(self._kept) > PIECE:  # one stays: whether it is the last is part of it
            self._put(bytes(self._kept[:PIECE]), last=False)
            del self._kept[:PIECE]

    def finish(self) -> None:
        self._put(bytes(self._kept), last=True)
        self._kept.clear()

    def _put(self, plain: bytes, *, last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._place, last), plain, self._head))
        self._place += 1


class Opener:
    """Reads from where `file` stands. Every byte that it gives has been proved."""

    def __init__(self, file: BinaryIO, keys: tuple[BackupKey, ...]) -> None:
        self._head = file.read(_HEAD)
        if len(self._head) < _HEAD or not self._head.startswith(MAGIC):
            raise Unreadable("this is no backup of One-Key")
        if self._head[len(MAGIC)] != VERSION:
            raise Unreadable(f"this backup has form {self._head[len(MAGIC)]}, and this program reads {VERSION}: use a newer program")
        self.key_id = self._head[len(MAGIC) + 1 : len(MAGIC) + 1 + _ID].hex()
        key = next((key for key in keys if key.id == self.key_id), None)
        if key is None:
            here = ", ".join(key.id for key in keys) or "none"
            raise Unreadable(f"it was made with the key {self.key_id}, and ONEKEY_BACKUP_KEY has {here}: add that key to the list")
        self._file, self._cipher = file, key.cipher(self._head[-_SALT:])
        self._place, self._plain, self._at = 0, b"", 0
        self._next = file.read(PIECE + _TAG)
        self._done = False

    def read(self, length: int) -> bytes:
        """Exactly so many bytes."""
        parts = []
        while length:
            if self._at == len(self._plain):
                self._open_next()
            part = self._plain[self._at : self._at + length]
            self._at += len(part)
            length -= len(part)
            parts.append(part)
        return b"".join(parts)

    def end(self) -> None:
        """Nothing more must follow."""
        if self._at != len(self._plain) or not self._done:
            raise Unreadable("the backup is damaged: something follows its end")

    def _open_next(self) -> None:
        if self._done:
            raise Unreadable("the backup is damaged: it ends too early")
        piece, self._next = self._next, self._file.read(PIECE + _TAG)
        self._done = not self._next
        try:
            self._plain, self._at = self._cipher.decrypt(_nonce(self._place, self._done), piece, self._head), 0
        except (InvalidTag, ValueError):
            raise Unreadable(f"the backup is damaged or cut off, at about {self._place} MiB: take another one") from None
        self._place += 1
