"""What callers hear: sentences (zh-CN/texts.yaml) and their rendered sound, 8 kHz 16-bit mono WAV of the same name.

A centre may lay recordings of a local human voice over them (docs/prompts.md).
"""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent / "zh-CN"


def wav_files() -> dict[str, Path]:
    """Name without extension, as the telephony port knows it → file."""
    return {path.stem: path for path in sorted(FOLDER.glob("*.wav"))}
