"""Files come into their place by renames; what was there is moved aside, volumes of a container stay where they are."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from callcenter.backups.files import belonging
from callcenter.backups.restoring import _put_in_place, _staged
from callcenter.settings import Settings

AT = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)
ASIDE = "before-restore-20261127080000"


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_volumes_below_the_home_are_filled_not_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    volumes = [home / "recordings", home / "sheets"]
    for volume in volumes:
        volume.mkdir(parents=True)
    written(home / "sheets/1.sheet", "old")
    written(home / "recordings/a.sealed", "old")
    ismount = os.path.ismount
    monkeypatch.setattr(os.path, "ismount", lambda path: Path(path) in volumes or ismount(path))
    settings = Settings(home=home)
    before = {volume: volume.stat().st_ino for volume in volumes}
    with _staged(settings) as staging:
        assert staging.path("recordings/a.sealed").parent.parent == home / "recordings", "on the volume from the beginning"
        for member in ("recordings/a.sealed", "recordings/b.sealed", "home/sheets/1.sheet", "home/secrets.json", "prompts/hello.wav"):
            written(staging.path(member), "new")
        aside = _put_in_place(settings, staging, AT)
    assert {volume: volume.stat().st_ino for volume in volumes} == before
    assert {path.read_text() for path in home.rglob("*") if path.is_file() and ASIDE not in str(path)} == {"new"}
    assert sorted(aside) == [home / "recordings" / ASIDE, home / "sheets" / ASIDE]
    assert (home / "recordings" / ASIDE / "a.sealed").read_text() == (home / "sheets" / ASIDE / "1.sheet").read_text() == "old"
    assert not list(home.rglob(".restore-*")), "nothing of the work is left"
    assert not [name for name, _ in belonging(settings) if "before-restore" in name], "what was moved aside is in no later backup"


def test_recordings_in_a_folder_of_their_own(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", recordings_dir=str(tmp_path / "sounds"))
    with _staged(settings) as staging:
        written(staging.path("recordings/a.sealed"), "new")
        written(staging.path("home/asterisk/log/cel-custom/presses.csv"), "new")
        assert _put_in_place(settings, staging, AT) == []
    assert (tmp_path / "sounds/a.sealed").exists() and (tmp_path / "home/asterisk/log/cel-custom/presses.csv").exists()
    assert not list(tmp_path.rglob(".restore-*"))
