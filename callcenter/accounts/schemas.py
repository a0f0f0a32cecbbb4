"""One's own account and sessions, as they go over the wire."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

from callcenter.accounts.roles import Role
from callcenter.accounts.rules import Owed

Password = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Code = Annotated[str, StringConstraints(strip_whitespace=True, min_length=6, max_length=20)]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SecondFactor(BaseModel):
    """`since`: None, there is none."""

    since: datetime | None
    recovery_codes_left: int
    required: bool


class Account(BaseModel):
    id: uuid.UUID
    username: str
    name: str
    role: Role
    dialects: list[str]
    regions: list[str]  # names of a supervisor's regions
    owes: list[Owed]
    totp: SecondFactor
    min_password: int


class ChangePassword(Body):
    old: Password
    new: Annotated[str, StringConstraints(max_length=500)]  # too short or too long is told by the rules, not by a field's name


class BeginTotp(Body):
    """The password once more: at a desk left alone nobody else's telephone is bound."""

    password: Password


class TotpSecret(BaseModel):
    secret: str  # base32, to be typed where no camera is
    uri: str  # otpauth://…, what the QR code holds


class ConfirmTotp(Body):
    code: Code


class ProveBoth(Body):
    password: Password
    code: Code


class RecoveryCodes(BaseModel):
    """Shown once, kept only as hashes."""

    codes: list[str]


class SessionView(BaseModel):
    id: uuid.UUID
    browser: str  # what the browser calls itself; the console makes words of it
    address: str
    since: datetime
    seen_at: datetime
    current: bool


class Ended(BaseModel):
    ended: int
