"""`callcenter press`: an elder's key from the shell, through the real trunk. A demo and training tool."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from callcenter.calls.defaults import DEFAULT_LINES
from callcenter.settings import Settings
from callcenter.telephony.softphone import CallFailed, Softphone

DEMO_NUMBERS = {kind.value: number for number, kind, _ in DEFAULT_LINES}


class PressFailed(Exception):
    """The press did not reach a person; the message says why."""


async def press_key(settings: Settings, *, number: str, caller: str, say: Path | None, seconds: float, tell: Callable[[str], None]) -> None:
    """Ring `number` as `caller`, talk when somebody answers, hang up after `seconds`."""
    host = settings.host if settings.host not in ("0.0.0.0", "::") else "127.0.0.1"
    async with Softphone() as phone:
        call = await phone.call(number, pbx=(host, settings.sip_port), from_number=caller)
        tell(f"{caller} presses the key for {number}")
        try:
            await call.answered(timeout=seconds)
        except CallFailed as error:
            raise PressFailed(f"nobody answered: {error}") from None
        except TimeoutError:
            await call.hang_up()
            raise PressFailed(f"nobody answered within {seconds:.0f} s; is Asterisk up (make run)?") from None
        tell("connected")
        if say:
            call.media.play_wav(say)
        else:
            call.media.play_tone(440)
        try:
            await call.ended(timeout=seconds)
        except TimeoutError:
            await call.hang_up()
        tell(f"hung up; {call.media.received} packets of sound came back")
