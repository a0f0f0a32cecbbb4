"""A centre's own recordings win by name; what is wrong with one is told, and ours is played."""

from __future__ import annotations

import wave
from pathlib import Path

from click.testing import CliRunner

from callcenter import prompts
from callcenter.cli import main
from callcenter.telephony.asterisk.config import Layout, _write_sounds


def record(path: Path, seconds: float = 2.0, *, rate: int = 8_000, channels: int = 1) -> bytes:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(b"\x01\x02" * int(seconds * rate * channels))
    return path.read_bytes()


def test_a_recording_of_the_same_name_wins_and_the_rest_is_ours(tmp_path: Path) -> None:
    record(tmp_path / "waiting_sos.wav", 2.5)
    own, ours = prompts.wav_files(str(tmp_path)), prompts.wav_files()
    assert own == ours | {"waiting_sos": tmp_path / "waiting_sos.wav"}
    assert prompts.lengths(str(tmp_path))["waiting_sos"] == 2.5
    assert prompts.lengths(str(tmp_path)) == prompts.lengths() | {"waiting_sos": 2.5}


def test_what_is_wrong_is_told_and_passed_over(tmp_path: Path) -> None:
    record(tmp_path / "goodbye_short.wav", rate=16_000)
    record(tmp_path / "waiting_service.wav", channels=2)
    record(tmp_path / "waiting_sos.wav", 30)
    record(tmp_path / "recording_notice.wav", 0)
    record(tmp_path / "nobody_says_this.wav")
    (tmp_path / "dialog_again.wav").write_text("no sound")
    (tmp_path / "out_of_order.wav").write_text("no sound")
    (tmp_path / "notes.txt").write_text("take 3 was best")
    found = prompts.read_own(str(tmp_path))
    assert found.files == {} and prompts.wav_files(str(tmp_path)) == prompts.wav_files()
    format_, name = "a WAV of 8 kHz, one channel, 16 bit is needed", "no sentence or word has this name"
    assert dict(found.problems) == {
        "goodbye_short.wav": format_,
        "waiting_service.wav": format_,
        "waiting_sos.wav": "it lasts 30.0 s; more than nothing and at most 5 s is right",
        "recording_notice.wav": "it lasts 0.0 s; more than nothing and at most 3 s is right",
        "nobody_says_this.wav": name,
        "dialog_again.wav": name,
        "out_of_order.wav": "this is no WAV that can be read",
        "notes.txt": name,
    }


def test_a_folder_that_is_not_there_stops_nothing(tmp_path: Path) -> None:
    gone = str(tmp_path / "gone")
    assert prompts.read_own(gone).problems == ((gone, "there is no such folder"),)
    assert prompts.wav_files(gone) == prompts.wav_files()


def test_asterisk_gets_them(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    sound = record(own / "waiting_sos.wav")
    record(own / "goodbye_short.wav", rate=16_000)
    layout = Layout(tmp_path / "asterisk", tmp_path, tmp_path, tmp_path, tmp_path)
    (layout.sounds / "onekey").mkdir(parents=True)
    (layout.home / "moh").mkdir()
    _write_sounds(layout, str(own))
    played = layout.sounds / "onekey"
    assert (played / "waiting_sos.wav").read_bytes() == sound
    assert (played / "goodbye_short.wav").read_bytes() == prompts.wav_files()["goodbye_short"].read_bytes()
    assert {path.stem for path in played.iterdir()} == {*prompts.wav_files(), "beep", "error_tone"}


def test_the_command_says_which(tmp_path: Path) -> None:
    record(tmp_path / "waiting_sos.wav")
    done = CliRunner().invoke(main, ["prompts", "check", str(tmp_path)])
    assert (done.exit_code, done.output.splitlines()[0]) == (0, "✓ waiting_sos")
    record(tmp_path / "goodbye_short.wav", rate=16_000)
    done = CliRunner().invoke(main, ["prompts", "check", str(tmp_path)])
    assert done.exit_code == 1 and "✗ goodbye_short.wav: a WAV of 8 kHz" in done.output
