"""What lives on the simulated PBX."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from callcenter.telephony.port import CarrierPress

Kind = Literal["press", "leg", "listen", "probe", "test"]
State = Literal["ringing_in", "ringing_out", "up"]
Where = Literal["knocking", "ours", "fallback"]  # knocking: the press is not yet claimed


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Channel:
    """One telephone's side of a call."""

    id: str
    kind: Kind
    state: State
    where: Where
    caller: str
    called: str
    target: str = ""  # account or number that is rung; of a listener the channel it listens to
    headers: dict[str, str] = field(default_factory=dict)
    created: datetime = field(default_factory=now)
    hears_ringing: bool = False
    hears_music: bool = False
    speaks_early: bool = False  # its exchange is heard before it answers
    muted: bool = False
    playing: dict[str, tuple[str, ...]] = field(default_factory=dict)  # playback -> prompts
    keys: str = ""  # sent to it
    bridge: str = ""
    held_in: str = ""  # the bridge that it comes back to
    mode: str = ""  # of a listener
    timer: asyncio.TimerHandle | None = None  # claim, guard or ringing time
    carried: asyncio.Task[None] | None = None  # the fallback at work for it
    picked_up: asyncio.Event = field(default_factory=asyncio.Event)

    def is_heard(self) -> bool:
        return not self.muted and (self.state == "up" or self.speaks_early)

    def cancel_timer(self) -> None:
        if self.timer:
            self.timer.cancel()
            self.timer = None


@dataclass
class Bridge:
    id: str
    channels: dict[str, None] = field(default_factory=dict)  # in order of joining
    recording: str = ""
    recording_began: float = 0.0
    recording_paused: bool = False
    playing: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass
class Record:
    """The PBX's own record of one press (Asterisk: CEL)."""

    channel_id: str
    caller: str
    called: str
    at: datetime
    change: int
    ended_at: datetime | None = None
    in_fallback: bool = False
    answered_by: str = ""
    recording: str = ""
    answered_at: datetime | None = None

    def as_press(self) -> CarrierPress:
        return CarrierPress(
            self.channel_id,
            self.caller,
            self.called,
            self.at,
            self.ended_at,
            self.in_fallback,
            self.answered_by,
            self.recording,
            self.answered_at,
        )
