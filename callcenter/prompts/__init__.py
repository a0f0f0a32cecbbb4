"""What callers hear: sentences and words (zh-CN/texts.yaml) and their rendered sound, 8 kHz 16-bit mono WAV of the same name.

A centre may lay recordings of a local human voice over them: a folder of its own, where a file of the same name wins (docs/prompts.md).
"""

from __future__ import annotations

import functools
import json
import wave
from dataclasses import dataclass
from pathlib import Path

import yaml

FOLDER = Path(__file__).parent / "zh-CN"
RATE = 8_000
LONGEST = 60.0  # s of any file whose text names no length


@dataclass(frozen=True, slots=True)
class Own:
    """What a centre's folder holds. What is told in `problems` (file, why) is passed over; ours is played instead."""

    files: dict[str, Path]
    problems: tuple[tuple[str, str], ...]


def wav_files(own: str = "") -> dict[str, Path]:
    """Name without extension, as the telephony port knows it → file. `own`: the centre's folder; "" none."""
    return {path.stem: path for path in sorted(FOLDER.glob("*.wav"))} | read_own(own).files


def read_own(folder: str) -> Own:
    """Looks at every file; nothing is raised, for a centre starts all the same."""
    if not folder:
        return Own({}, ())
    if not Path(folder).is_dir():
        return Own({}, ((folder, "there is no such folder"),))
    most = _longest()
    good: dict[str, Path] = {}
    problems: list[tuple[str, str]] = []
    for path in sorted(Path(folder).iterdir()):
        if path.name.startswith("."):
            continue
        if path.suffix != ".wav" or path.stem not in most:
            problems.append((path.name, "no sentence or word has this name"))
        elif (problem := _problem(path, most[path.stem])) is not None:
            problems.append((path.name, problem))
        else:
            good[path.stem] = path
    return Own(good, tuple(problems))


def _problem(path: Path, most: float) -> str | None:
    try:
        with wave.open(str(path)) as file:
            if (file.getframerate(), file.getnchannels(), file.getsampwidth(), file.getcomptype()) != (RATE, 1, 2, "NONE"):
                return "a WAV of 8 kHz, one channel, 16 bit is needed"
            seconds = file.getnframes() / RATE
    except (OSError, EOFError, wave.Error):
        return "this is no WAV that can be read"
    if not 0 < seconds <= most:
        return f"it lasts {seconds:.1f} s; more than nothing and at most {most:g} s is right"
    return None


@functools.cache
def _longest() -> dict[str, float]:
    """Seconds that each sentence and word may last, whoever speaks it."""
    texts = yaml.safe_load((FOLDER / "texts.yaml").read_text(encoding="utf-8"))
    sentences = {name: float(entry.get("max_seconds", LONGEST)) for name, entry in texts["prompts"].items()}
    return sentences | dict.fromkeys(texts["words"], 10.0)


@functools.cache
def lengths(own: str = "") -> dict[str, float]:
    """Seconds of each sound there is. Read once: a process is started anew when the centre's folder has changed."""
    found = {}
    for name, path in wav_files(own).items():
        with wave.open(str(path)) as file:
            found[name] = file.getnframes() / file.getframerate()
    return found


@functools.cache
def speed() -> float:
    """Of all that is spoken, as a part of a newsreader's."""
    return float(yaml.safe_load((FOLDER / "texts.yaml").read_text(encoding="utf-8"))["speed"])


@functools.cache
def names_of_texts() -> dict[str, str]:
    """What is said → the sound that says it: for names of places and the like, which nobody knows by a code."""
    return {text: name for name, text in texts_of_names().items()}


@functools.cache
def texts_of_names() -> dict[str, str]:
    """The sound's name → what it says."""
    manifest: dict[str, dict[str, str]] = json.loads((FOLDER / "manifest.json").read_text(encoding="utf-8"))
    return {name: entry["text"] for name, entry in manifest.items() if "text" in entry}
