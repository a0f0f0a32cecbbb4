"""Pure decisions about a sign-in: which passwords are taken, and what somebody still owes before she may work.

Passwords after NIST SP 800-63B: length, and not one of those that are tried first. No rules about digits and capitals: they make people
write "Password1!" and gain nothing.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from functools import lru_cache
from pathlib import Path
from typing import Literal

from callcenter.accounts.roles import Role

MIN_PASSWORD, MAX_PASSWORD = 10, 200  # the sign-in form takes no more
Owed = Literal["password", "totp"]
PasswordProblem = Literal["length", "nul", "username", "repetition", "sequence", "common"]

_COMMON = Path(__file__).parent / "data" / "common_passwords.txt"
_WALKS = (
    "01234567890123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "1q2w3e4r5t6y7u8i9o0p", "qazwsxedcrfvtgbyhnujmikolp",
)  # fmt: skip


@lru_cache(maxsize=1)
def common_passwords() -> frozenset[str]:
    lines = _COMMON.read_text(encoding="utf-8").splitlines()
    return frozenset(line.strip().lower() for line in lines if line.strip() and not line.startswith("#"))


def password_problem(password: str, username: str) -> PasswordProblem | None:
    """Why this password would be guessed at once or can't be kept, or None."""
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        return "length"
    if "\0" in password:
        return "nul"
    plain = unicodedata.normalize("NFKC", password).lower().replace(" ", "")
    if _is_little_more_than(plain, username.lower()):
        return "username"
    if len(set(plain)) < 4:
        return "repetition"
    if any(plain in walk or plain in walk[::-1] for walk in _WALKS):
        return "sequence"
    # "woaini1314!" and "Woaini1314" are the same guess
    if plain in common_passwords() or plain.strip("!@#$%^&*.?_-~，。！") in common_passwords():
        return "common"
    return None


def _is_little_more_than(password: str, username: str) -> bool:
    """The user name, backwards, twice, or with up to four characters around it."""
    for name in (username, username[::-1]):
        if len(name) >= 3 and name in password and len(password.replace(name, "")) <= 4:
            return True
    return password == username


def owed_by(role: Role, *, must_change_password: bool, has_totp: bool, totp_required: Collection[str]) -> tuple[Owed, ...]:
    """What must be settled before anything else is done. The password first: the second factor is set up under the new one."""
    owed: list[Owed] = []
    if must_change_password:
        owed.append("password")
    if role in totp_required and not has_totp:
        owed.append("totp")
    return tuple(owed)
