"""Messages that callers left: encrypted at rest, decrypted only for the listener."""

from __future__ import annotations

import asyncio
from pathlib import Path

from callcenter.kit.crypto import Undecryptable, decrypt
from callcenter.kit.errors import NotFound
from callcenter.settings import Settings


async def read_recording(settings: Settings, name: str) -> bytes:
    """The WAV, or NotFound. `name` is a file's name only, never a path."""
    if name in ("", "..") or Path(name).name != name:
        raise NotFound("there is no recording", code="no_recording")
    path = settings.recordings / name
    try:
        return await asyncio.to_thread(lambda: decrypt(path.read_bytes(), "recording"))
    except (FileNotFoundError, Undecryptable) as error:
        raise NotFound("the recording is not there any more", code="no_recording") from error
