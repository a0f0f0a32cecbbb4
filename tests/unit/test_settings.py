"""What follows from settings by itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

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
