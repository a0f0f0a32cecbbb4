"""What callers hear: every text is rendered, from these very words, fit for a telephone line. No model is needed for that."""

from __future__ import annotations

import hashlib
import json
import math
import wave
from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from callcenter import prompts

TEXTS: dict[str, Any] = yaml.safe_load((prompts.FOLDER / "texts.yaml").read_text(encoding="utf-8"))
MANIFEST: dict[str, dict[str, str]] = json.loads((prompts.FOLDER / "manifest.json").read_text())
SENTENCES: dict[str, dict[str, Any]] = TEXTS["prompts"]
WORDS: dict[str, str] = TEXTS["words"]
ENTRIES = SENTENCES | {name: {"text": text} for name, text in WORDS.items()}
NAMES = sorted(ENTRIES)
NEEDED = {"waiting_sos", "waiting_service", "recording_notice", "fallback_record", "out_of_order", "goodbye_short"}
SENTENCE_PADDING, WORD_PADDING = 0.30, 0.16  # seconds of silence around it


@dataclass(frozen=True)
class Sound:
    channels: int
    bytes_per_sample: int
    rate: int
    samples: array[int]

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.rate

    def loudness(self, start: float, end: float) -> float:
        """RMS in dBFS."""
        piece = self.samples[max(0, int(start * self.rate)) : int(end * self.rate)]
        mean = sum(value * value for value in piece) / max(1, len(piece))
        return 10 * math.log10(max(mean, 1e-9) / 32768**2)

    @property
    def peak(self) -> float:
        return 20 * math.log10(max(abs(value) for value in self.samples) / 32768)


def sound(path: Path) -> Sound:
    with wave.open(str(path)) as file:
        samples = array("h", file.readframes(file.getnframes()))
        return Sound(file.getnchannels(), file.getsampwidth(), file.getframerate(), samples)


def test_every_text_has_its_sound_and_no_sound_is_left_over() -> None:
    assert set(prompts.wav_files()) == set(NAMES) == set(MANIFEST)
    assert set(NAMES) >= NEEDED


@pytest.mark.parametrize("name", NAMES)
def test_the_sound_was_made_from_this_text(name: str) -> None:
    entry = ENTRIES[name]
    said = [entry["text"], entry.get("repeat", 1), TEXTS["speed"], TEXTS["pause_seconds"]]
    digest = hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()
    assert MANIFEST[name]["text_sha256"] == digest, "the text was changed: run tools/render_prompts.py (docs/prompts.md)"
    assert MANIFEST[name]["wav_sha256"] == hashlib.sha256((prompts.FOLDER / f"{name}.wav").read_bytes()).hexdigest()


@pytest.mark.parametrize("name", NAMES)
def test_fit_for_a_telephone_line(name: str) -> None:
    heard = sound(prompts.FOLDER / f"{name}.wav")
    assert (heard.channels, heard.bytes_per_sample, heard.rate) == (1, 2, 8000)
    assert -3.5 <= heard.peak <= -2.5, "about -3 dBFS: loud, not clipped"
    assert -27 <= heard.loudness(0, heard.seconds) <= -12
    assert heard.loudness(0, 0.05) < -45, "no click at the beginning"
    assert heard.loudness(0.06, 0.6) > -35, "speech begins at once"
    assert heard.loudness(heard.seconds - (0.05 if name in WORDS else 0.1), heard.seconds) < -45
    assert heard.loudness(heard.seconds - 0.8, heard.seconds) > -45, "no long silence at the end"


def syllables(text: str) -> int:
    return sum("\u4e00" <= letter <= "\u9fff" for letter in text)


@pytest.mark.parametrize("name", sorted(SENTENCES))
def test_slow_and_not_too_long(name: str) -> None:
    entry = SENTENCES[name]
    heard = sound(prompts.FOLDER / f"{name}.wav")
    assert heard.seconds <= entry["max_seconds"]
    times = entry.get("repeat", 1)
    pauses = TEXTS["pause_seconds"] * (sum(entry["text"].count(end) for end in "。？！?!") * times - 1)
    spoken = heard.seconds - SENTENCE_PADDING - pauses
    assert 0.18 <= spoken / (syllables(entry["text"]) * times) <= 0.48, "a newsreader needs 0.2 s for each syllable"


@pytest.mark.parametrize("name", sorted(WORDS))
def test_words_are_spoken_whole_and_without_gaps_around(name: str) -> None:
    spoken, count = sound(prompts.FOLDER / f"{name}.wav").seconds - WORD_PADDING, syllables(WORDS[name])
    assert 0.18 <= spoken / count <= {1: 0.9, 2: 0.7}.get(count, 0.5), "the last syllable is drawn out, so a short word is slower"


def test_sentences_are_kept_apart() -> None:
    """Pauses of 0.6 s between sentences: fallback_record has five of them."""
    heard = sound(prompts.FOLDER / "fallback_record.wav")
    quiet = [heard.loudness(t / 20, t / 20 + 0.05) < -45 for t in range(int(heard.seconds * 20))]
    runs, run = [], 0
    for is_quiet in [*quiet, False]:
        if is_quiet:
            run += 1
        else:
            runs.append(run)
            run = 0
    assert sum(length >= 10 for length in runs) == 4
