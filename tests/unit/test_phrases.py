"""What is rendered ahead: found by what is said, kept within bounds, made by a process of its own; without speech it is told once, and nothing is said."""

from __future__ import annotations

import json
import os
import stat
import sys
import time
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from callcenter.calls.dialogs import speech
from callcenter.prompts import phrases as rules
from callcenter.prompts.ahead import Renderer
from callcenter.prompts.phrases import Phrases, is_phrase
from callcenter.settings import get_settings
from callcenter.telephony import sound
from callcenter.telephony.asterisk.config import Layout, _link

NAME = "王阿姨"


@pytest.fixture
def phrases(tmp_path: Path) -> Phrases:
    return Phrases(tmp_path / "phrases", "zf_xiaobei", 0.8)


def put(phrases: Phrases, text: str, seconds: float = 1.2) -> Path:
    phrases.folder.mkdir(exist_ok=True)
    path = phrases.path(phrases.name(text))
    sound.write_wav(path, sound.tone(440, seconds))
    return path


def test_a_phrase_is_found_by_what_is_said_whose_voice_and_how_fast(phrases: Phrases) -> None:
    assert phrases.find(NAME) is None
    path = put(phrases, NAME)
    name = phrases.find(NAME)
    assert name == path.stem and is_phrase(name) and phrases.seconds(name) == pytest.approx(1.2)
    assert not any(letter in path.name for letter in NAME), "the file's name tells nothing"
    assert Phrases(phrases.folder, "another", 0.8).find(NAME) is None
    assert Phrases(phrases.folder, "zf_xiaobei", 0.7).find(NAME) is None


@pytest.mark.parametrize("name", ["waiting_sos", "phrase_", "phrase_../../etc/passwd", "phrase_" + "0" * 31, "phrase_" + "0" * 32 + "/x"])
def test_no_other_file_can_be_asked_for(phrases: Phrases, name: str) -> None:
    assert not is_phrase(name) and phrases.seconds(name) == 0


def test_only_what_is_missing_is_rendered_and_what_is_wanted_stays(phrases: Phrases) -> None:
    kept, left = put(phrases, NAME), put(phrases, "李爷爷")
    old = time.time() - (rules.KEPT_DAYS + 1) * 86_400
    for path in (kept, left):
        os.utime(path, (old, old))
    assert list(phrases.missing(["陈奶奶", NAME, "", "长" * 61]).values()) == ["陈奶奶"]
    half = phrases.folder / f".77-{phrases.name('赵叔叔')}.wav"
    half.write_bytes(b"RIFF")
    os.utime(half, (time.time() - 7200,) * 2)
    assert phrases.tidy() == 2
    assert [path.name for path in phrases.folder.iterdir()] == [kept.name]


def test_the_longest_unwanted_goes_first_when_it_is_too_much(phrases: Phrases, monkeypatch: pytest.MonkeyPatch) -> None:
    for age, text in enumerate(("王阿姨", "李阿姨", "张阿姨")):
        os.utime(put(phrases, text), (time.time() - age * 60,) * 2)
    monkeypatch.setattr(rules, "MOST_BYTES", 2 * (44 + int(1.2 * 16_000)))
    assert phrases.tidy() == 1
    assert phrases.find("王阿姨") and phrases.find("李阿姨") and not phrases.find("张阿姨")


def test_an_hour_is_said_in_one_breath_when_it_was_rendered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = get_settings().model_copy(update={"home": tmp_path, "speech_voice": "/somewhere/zf_xiaobei.bin"})
    monkeypatch.setattr(speech, "get_settings", lambda: settings)
    names = ("afternoon", "hour_3", "minute_20")
    assert speech.in_one_breath(names) == names, "without: by single words"
    assert speech.phrase(NAME) == ()
    put(speech.phrases(), "下午三点二十分", 2.0)
    (name,) = speech.in_one_breath(names)
    assert speech.sayable(("today", name, "phrase_" + "0" * 32)) == ("today", name)
    assert speech.seconds((name,)) == pytest.approx(2.0)


def test_asterisk_finds_them_under_a_folder_of_its_own(tmp_path: Path, phrases: Phrases) -> None:
    layout = Layout(tmp_path / "asterisk", tmp_path, tmp_path, tmp_path, tmp_path)
    layout.sounds.mkdir(parents=True)
    _link(layout.sounds / "phrases", phrases.folder.resolve())
    path = put(phrases, NAME)
    assert (layout.sounds / "phrases" / path.name).read_bytes() == path.read_bytes()


async def test_without_a_voice_or_the_extra_it_is_told_once_and_nothing_private_is(phrases: Phrases, tmp_path: Path) -> None:
    voice = tmp_path / "voice.bin"
    wanted = phrases.missing([NAME])
    with capture_logs() as logs:
        renderer = Renderer(phrases, voice, python=sys.executable)
        assert [await renderer.render(wanted) for _ in range(2)] == [0, 0]
    assert [(line["event"], line["reason"]) for line in logs] == [("phrases_not_rendered", "the voice of ONEKEY_SPEECH_VOICE is not there")]
    voice.write_bytes(b"")
    bare = tmp_path / "bare-python"
    bare.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "$@"\n')  # no installed packages: as where the extra is not
    bare.chmod(bare.stat().st_mode | stat.S_IXUSR)
    with capture_logs() as logs:
        renderer = Renderer(phrases, voice, python=str(bare))
        assert [await renderer.render(wanted) for _ in range(2)] == [0, 0]
    (line,) = logs
    assert "is not installed" in line["reason"] and NAME not in json.dumps(logs, ensure_ascii=False)


async def test_what_a_renderer_makes_is_found(phrases: Phrases, tmp_path: Path) -> None:
    """The process between: what it is given, and that its argument list and the log hold no name. Speech itself: test_speech_heard.py."""
    (tmp_path / "voice.bin").write_bytes(b"")
    stand_in = tmp_path / "python"
    stand_in.write_text(
        f"#!{sys.executable}\n"
        "import json, pathlib, sys, wave\n"
        f"pathlib.Path({str(tmp_path / 'arguments')!r}).write_text(repr(sys.argv))\n"
        "asked = json.load(sys.stdin)\n"
        "for name in asked['phrases']:\n"
        "    with wave.open(asked['folder'] + '/' + name + '.wav', 'wb') as file:\n"
        "        file.setparams((1, 2, 8000, 0, 'NONE', ''))\n"
        "        file.writeframes(bytes(16_000))\n"
    )
    stand_in.chmod(0o755)
    with capture_logs() as logs:
        assert await Renderer(phrases, tmp_path / "voice.bin", python=str(stand_in)).render(phrases.missing([NAME, "李爷爷"])) == 2
    assert phrases.seconds(phrases.find(NAME) or "") == 1.0 and phrases.missing([NAME]) == {}
    assert NAME not in (tmp_path / "arguments").read_text() and NAME not in json.dumps(logs, ensure_ascii=False)
