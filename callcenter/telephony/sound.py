"""Small sounds made on the spot, as 8 kHz mono 16-bit WAV: tones that must be there even when no prompt was ever rendered."""

from __future__ import annotations

import array
import math
import wave
from pathlib import Path

RATE = 8000


def tone(frequency: float, seconds: float, level: float = 0.3, fade: float = 0.01) -> array.array[int]:
    """A sine (0 Hz: silence) with soft edges; `level` 1.0 is full scale."""
    count = int(seconds * RATE)
    edge = max(1, int(fade * RATE))
    return array.array(
        "h",
        (
            int(32767 * level * min(1.0, n / edge, (count - n) / edge) * math.sin(2 * math.pi * frequency * n / RATE)) if frequency else 0
            for n in range(count)
        ),
    )


def write_wav(path: Path, samples: array.array[int]) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())


def beep() -> array.array[int]:
    return tone(1000, 0.2)


def error_tone() -> array.array[int]:
    """Two low notes, going down: not what was expected. Nobody takes it for the beep of a key."""
    return tone(420, 0.2) + tone(0, 0.05) + tone(300, 0.3)


def hold_music() -> array.array[int]:
    """Two soft notes every four seconds: the line is alive, and nobody has to listen to music."""
    return tone(523, 0.35, 0.08, 0.05) + tone(659, 0.5, 0.08, 0.1) + tone(0, 3.15)


def ringback() -> array.array[int]:
    """What a caller in China hears while it rings: 450 Hz, one second of five."""
    return tone(450, 1.0, 0.2) + tone(0, 4.0)
