"""Codes by the clock against the examples of RFC 6238 (appendix B, SHA-1; six digits are its last six), and what a code opens."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from callcenter.accounts.totp import SECRET_BYTES, STEP, code_of, matching_step, new_secret, step_of, uri

RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    "seconds,code",
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_the_examples_of_the_rfc(seconds: int, code: str) -> None:
    at = datetime.fromtimestamp(seconds, UTC)
    assert code_of(RFC_SECRET, step_of(at)) == code[-6:]


def test_one_step_early_or_late_and_no_more() -> None:
    secret, at = new_secret(), datetime(2026, 7, 10, 12, 0, tzinfo=UTC)
    now = step_of(at)
    opened = [step - now for step in range(now - 3, now + 4) if matching_step(secret, code_of(secret, step), at, after=0) is not None]
    assert opened == [-1, 0, 1]


def test_a_code_opens_once_and_neither_does_one_before_it() -> None:
    secret, at = new_secret(), datetime(2026, 7, 10, 12, 0, tzinfo=UTC)
    now = step_of(at)
    used = matching_step(secret, code_of(secret, now), at, after=0)
    assert used == now
    assert matching_step(secret, code_of(secret, now), at, after=used) is None
    assert matching_step(secret, code_of(secret, now - 1), at, after=used) is None
    assert matching_step(secret, code_of(secret, now + 1), at, after=used) == now + 1


@pytest.mark.parametrize("code", ["", "00000", "0000000", "١٢٣٤٥٦", "abcdef", "é" * 6])
def test_what_is_no_code_opens_nothing(code: str) -> None:
    assert matching_step(RFC_SECRET, code, datetime(2026, 7, 10, tzinfo=UTC), after=0) is None


def test_secrets_are_long_and_never_the_same() -> None:
    made = {new_secret() for _ in range(50)}
    assert len(made) == 50 and {len(base64.b32decode(s)) for s in made} == {SECRET_BYTES}
    assert STEP == 30


def test_the_uri_says_whose_it_is_and_where() -> None:
    parts = urlsplit(uri("ABC234", account="li.na", issuer="樊城区居家养老:服务 & 中心"))
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert unquote(parts.path) == "/樊城区居家养老:服务 & 中心:li.na"
    assert parse_qs(parts.query) == {"secret": ["ABC234"], "issuer": ["樊城区居家养老:服务 & 中心"]}
