"""The real voice, where it is installed: names and hours come out as speech of the right loudness and length. No recogniser of Mandarin comes with a package,
so whether the words are right is for an ear (docs/prompts.md).
"""

from __future__ import annotations

import array
import math
import os
import wave
from pathlib import Path

import pytest

from callcenter import prompts
from callcenter.prompts.ahead import Renderer
from callcenter.prompts.phrases import Phrases

VOICE = os.environ.get("ONEKEY_SPEECH_VOICE", "")
SAID = {"王阿姨": 3, "善奶奶": 3, "欧阳爷爷": 4, "下午三点三十分": 7}

pytestmark = pytest.mark.skipif(not VOICE, reason="no speech here: ONEKEY_SPEECH_VOICE names no voice (docs/prompts.md)")


@pytest.mark.slow
async def test_names_and_hours_are_spoken(tmp_path: Path) -> None:
    phrases = Phrases(tmp_path / "phrases", Path(VOICE).stem, prompts.speed())
    renderer = Renderer(phrases, Path(VOICE), os.environ.get("ONEKEY_SPEECH_PYTHON", ""))
    assert await renderer.render(phrases.missing(SAID)) == len(SAID)
    for text, syllables in SAID.items():
        with wave.open(str(phrases.path(phrases.name(text)))) as file:
            assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)
            samples = array.array("h", file.readframes(file.getnframes()))
        loudness = 10 * math.log10(sum(value * value for value in samples) / len(samples) / 32768**2)
        assert -27 <= loudness <= -12
        assert -3.5 <= 20 * math.log10(max(map(abs, samples)) / 32768) <= -2.5
        assert 0.18 <= (len(samples) / 8000 - 0.16) / syllables <= 0.5
        assert max(map(abs, samples[:400])) < 400, "no click at the beginning"
    assert phrases.missing(SAID) == {}
