"""What follows from settings by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

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
