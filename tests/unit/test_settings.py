"""What follows from settings by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from callcenter.settings import Settings


@pytest.mark.parametrize(
    "env,folder",
    [
        ({}, "/srv/one/recordings"),
        ({"ONEKEY_RECORDINGS_DIR": "/srv/shared"}, "/srv/shared"),
        ({"ONEKEY_RECORDINGS_DIR": ""}, "/srv/one/recordings"),
    ],
)
def test_messages_lie_in_the_home_unless_told_otherwise(env: dict[str, str], folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ONEKEY_RECORDINGS_DIR", raising=False)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert Settings(home=Path("/srv/one")).recordings == Path(folder)


@pytest.mark.parametrize("value", ["", "10.0.0.1", "10.249.12.0/24", "10.0.0.1, fd00::/8"])
def test_proxies_are_addresses_or_networks(value: str) -> None:
    assert Settings(forwarded_allow_ips=value).forwarded_allow_ips == value


@pytest.mark.parametrize("value", ["*", "caddy", "10.249.12.1/24", "10.0.0.0/8 10.1.0.0/16"])
def test_a_proxy_that_is_neither_is_refused_by_name(value: str) -> None:
    with pytest.raises(ValidationError, match="ONEKEY_FORWARDED_ALLOW_IPS"):
        Settings(forwarded_allow_ips=value)


TWILIO = {"sms_carrier": "twilio", "twilio_account_sid": "AC1", "twilio_auth_token": "t", "twilio_from": "+15005550006"}
GATEWAY = {"sms_carrier": "gateway", "sms_gateway": {"url": "https://sms.example.cn", "secret": "s"}}
VAPID = {"vapid_private_key": "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94", "vapid_subject": "mailto:it@example.cn"}
SECRETS = dict.fromkeys(("secret_key", "field_key", "ari_password", "app_db_password"), "x" * 16)


@pytest.mark.parametrize("given", [{}, TWILIO, GATEWAY, VAPID, {"sms_carrier": "none"}])
@pytest.mark.parametrize("mode", ["demo", "production"])
def test_a_whole_carrier_is_accepted(given: dict[str, Any], mode: str) -> None:
    in_force = Settings(**{**SECRETS, **given, "mode": mode}).sms_carrier_in_force
    assert in_force == given.get("sms_carrier", "none" if mode == "production" else "console")


@pytest.mark.parametrize(
    "given,missing",
    [
        *((dict(TWILIO, **{name: ""}), name) for name in TWILIO if name != "sms_carrier"),
        (dict(GATEWAY, sms_gateway={"url": "https://sms.example.cn"}), "sms_gateway__secret"),
        (dict(GATEWAY, sms_gateway={"secret": "s"}), "sms_gateway__url"),
        (dict(GATEWAY, sms_gateway={"url": "https://sms.example.cn", "secret": "s", "text_field": ""}), "sms_gateway__text_field"),
        (dict(VAPID, vapid_subject="it@example.cn"), "vapid_subject"),
    ],
)
@pytest.mark.parametrize("mode", ["demo", "production"])
def test_half_a_carrier_is_refused_by_name(given: dict[str, Any], missing: str, mode: str) -> None:
    with pytest.raises(ValidationError, match=f"ONEKEY_{missing.upper()}"):
        Settings(**{**SECRETS, **given, "mode": mode})


@pytest.mark.parametrize(
    ("without", "missing"),
    [
        ("twilio_account_sid", "twilio_account_sid"),
        ("twilio_auth_token", "twilio_auth_token"),
        ("twilio_voice_from", "twilio_voice_from"),
        ("outside_public_url", "outside_public_url"),
        ("twilio_sip_password", "twilio_sip_password"),
    ],
)
@pytest.mark.parametrize("mode", ["demo", "production"])
def test_half_a_twilio_for_calls_is_refused_by_name(without: str, missing: str, mode: str) -> None:
    whole: dict[str, Any] = {
        "twilio_voice": True, "twilio_account_sid": "AC1", "twilio_auth_token": "t", "twilio_voice_from": "+15005550006",
        "outside_public_url": "https://open.example.cn", "twilio_sip_host": "pbx.example.cn", "twilio_sip_password": "s",
    }  # fmt: skip
    Settings(**{**SECRETS, **whole, "mode": mode})
    with pytest.raises(ValidationError, match=f"ONEKEY_{missing.upper()}"):
        Settings(**{**SECRETS, **whole, without: "", "mode": mode})


def test_production_takes_calls_callbacks_over_https_only() -> None:
    plain: dict[str, Any] = {"twilio_voice": True, "twilio_account_sid": "AC1", "twilio_auth_token": "t", "twilio_from": "+15005550006"}
    with pytest.raises(ValidationError, match="https only"):
        Settings(**{**SECRETS, **plain, "outside_public_url": "http://open.example.cn", "mode": "production"})


@pytest.mark.parametrize(
    "given",
    [
        {"sms_carrier": "console"},
        dict(TWILIO, twilio_url="http://proxy.example.cn"),
        dict(GATEWAY, sms_gateway={"url": "http://sms.example.cn", "secret": "s"}),
    ],
)
def test_production_sends_no_number_into_the_open_nor_nowhere(given: dict[str, Any]) -> None:
    assert Settings(**given, mode="demo")
    with pytest.raises(ValidationError, match="production"):
        Settings(**{**SECRETS, **given, "mode": "production"})


@pytest.mark.parametrize("key", ["x", "q1dX", "ü" * 43, "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94AAAA"])
def test_a_vapid_key_that_is_none_is_refused_and_not_repeated(key: str) -> None:
    with pytest.raises(ValidationError, match="ONEKEY_VAPID_PRIVATE_KEY") as refused:
        Settings(vapid_private_key=SecretStr(key), vapid_subject="mailto:it@example.cn")
    assert key not in str(refused.value) or len(key) < 5


def test_no_secret_of_a_carrier_is_printed() -> None:
    given: dict[str, Any] = dict(TWILIO, twilio_auth_token="geheim", sms_gateway={"secret": "geheim"})
    assert "geheim" not in repr(Settings(**given))
