"""Renders phrases ahead, in a process of its own that is gone afterwards: the model needs memory, and packages that the centre does without."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from callcenter.prompts.phrases import Phrases

log = structlog.get_logger()
AT_ONCE = 40  # phrases: about a minute
PATIENCE = 600.0  # s
PROGRAM = Path(__file__).with_name("rendering.py")


class NotRendered(Exception):
    """Why, in words without anything private."""


@dataclass(slots=True)
class Renderer:
    """One in a process. What keeps it from speaking is told once."""

    phrases: Phrases
    voice: Path  # a Mandarin voice of the npm package kokoro-js
    python: str = ""  # which has the extra `speech`; "": this one
    _told: set[str] = field(default_factory=set)
    _busy: bool = False

    async def render(self, wanted: dict[str, str]) -> int:
        """The first of them; the rest with the next sweep. How many were made."""
        if self._busy or not wanted:
            return 0
        self._busy = True
        some = dict(list(wanted.items())[:AT_ONCE])
        try:
            await self._run(some)
        except NotRendered as error:
            if str(error) not in self._told:
                log.warning("phrases_not_rendered", reason=str(error), effect="names are not said, the rest by single words")
            self._told.add(str(error))
        finally:
            self._busy = False
        made = sum(self.phrases.seconds(name) > 0 for name in some)
        if made:
            log.info("phrases_rendered", count=made, left=len(wanted) - made)
        return made

    async def _run(self, some: dict[str, str]) -> None:
        if not self.voice.is_file():
            raise NotRendered("the voice of ONEKEY_SPEECH_VOICE is not there")
        try:
            self.phrases.folder.mkdir(mode=0o755, parents=True, exist_ok=True)
            process = await asyncio.create_subprocess_exec(
                self.python or sys.executable, "-P", str(PROGRAM), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE, env={name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ},
            )  # fmt: skip
        except OSError as error:
            raise NotRendered(type(error).__name__) from None
        asked = {
            "voice": str(self.voice.resolve()),
            "speed": self.phrases.speed,
            "folder": str(self.phrases.folder.resolve()),
            "phrases": some,
        }
        try:
            _, said = await asyncio.wait_for(process.communicate(json.dumps(asked).encode()), PATIENCE)
        except TimeoutError:
            raise NotRendered(f"not done within {PATIENCE:.0f} s") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode:
            raise NotRendered(_reason(said.decode(errors="replace")))


def _reason(traceback: str) -> str:
    """The error's name; a package's that is missing. The words of any other error might be what was to be said."""
    last = (traceback.strip().splitlines() or ["ended"])[-1]
    name = last.split(":")[0].rpartition(".")[2]
    return f"the extra `speech` is not installed ({last})" if name in ("ModuleNotFoundError", "SpeechMissing") else name
