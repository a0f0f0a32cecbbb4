"""Render callcenter/prompts/zh-CN/texts.yaml to WAV files with Kokoro-82M (int8, Apache-2.0). Needs the extra `speech`; see docs/prompts.md.

Usage: python tools/render_prompts.py --voice voices/zf_xiaobei.bin [--only NAME ... | --missing]

Writes NAME.wav (8 kHz, mono, 16 bit) beside the texts and manifest.json, which ties each file to the text it was made from.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path
from typing import Any

import yaml

from callcenter.prompts.rendering import RATE, Speaker, render, write

FOLDER = Path(__file__).resolve().parents[1] / "callcenter" / "prompts" / "zh-CN"


def fingerprint(entry: dict[str, Any], texts: dict[str, Any]) -> str:
    """What the sound depends on; tests/unit/test_prompts.py computes the same."""
    said = [entry["text"], entry.get("repeat", 1), texts["speed"], texts["pause_seconds"]]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


def entries(texts: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Sentences, and the words that sentences are put together from."""
    sentences: dict[str, dict[str, Any]] = texts["prompts"]
    return sentences | {name: {"text": text, "word": True} for name, text in texts["words"].items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--voice", type=Path, required=True, help="a Mandarin voice of the npm package kokoro-js, e.g. voices/zf_xiaobei.bin"
    )
    parser.add_argument("--only", nargs="*", help="names of prompts; others stay as they are")
    parser.add_argument("--missing", action="store_true", help="only what has no sound yet")
    parser.add_argument("--out", type=Path, default=FOLDER, help="write elsewhere, to try a voice")
    given = parser.parse_args()
    texts = yaml.safe_load((FOLDER / "texts.yaml").read_text(encoding="utf-8"))
    given.out.mkdir(parents=True, exist_ok=True)
    manifest_file = given.out / "manifest.json"
    manifest = json.loads(manifest_file.read_text()) if manifest_file.exists() else {}
    speaker = Speaker(given.voice, texts["speed"])
    for name, entry in entries(texts).items():
        if (given.only and name not in given.only) or (given.missing and (given.out / f"{name}.wav").exists()):
            continue
        wave = render(
            speaker, entry["text"], word="word" in entry, repeat=int(entry.get("repeat", 1)), pause_seconds=texts["pause_seconds"]
        )
        file = given.out / f"{name}.wav"
        write(file, wave)
        manifest[name] = {
            "text": entry["text"],
            "text_sha256": fingerprint(entry, texts),
            "wav_sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
            "voice": given.voice.stem,
        }
        print(f"{name}: {len(wave) / RATE:.2f} s", flush=True)
    kept = {name: manifest[name] for name in entries(texts) if name in manifest}
    for old in set(manifest) - set(kept):
        (given.out / f"{old}.wav").unlink(missing_ok=True)
    manifest_file.write_text(json.dumps(kept, indent=2, sort_keys=True, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
