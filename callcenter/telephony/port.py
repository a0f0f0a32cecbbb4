"""What the calls domain needs of any carrier. No word here belongs to one carrier (no ARI, no TwiML).

An adapter is one connection to one PBX or carrier. Channel, bridge and playback ids are strings chosen by the caller of the port, so that
after a restart they can be derived from the call's own id again. Every coroutine may raise the errors below and nothing else.

`tests/contract/` holds one suite that every adapter passes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal, Protocol


class TelephonyError(Exception):
    """Base of all errors of a carrier."""


class CarrierUnreachable(TelephonyError):
    """The PBX does not answer; the outcome of the command is unknown."""


class ChannelGone(TelephonyError):
    """The channel, bridge or playback does not exist (any more). Normal in a race with a hang-up."""


class ClaimRefused(TelephonyError):
    """The press is already with somebody else (another voice, or the dialplan took it on)."""


class CommandRejected(TelephonyError):
    """The carrier understood and says no (bad number, wrong state)."""


class CarrierDown(CommandRejected):
    """This carrier certainly did not dial, and would not dial the next number either: it is away, the account is blocked, it does not call there."""


class EmergencyNeedsPbx(CommandRejected):
    """110, 119, 120, 122 and their like are dialled by the PBX's own trunk alone, where the city hears the centre's number."""


class Capability(StrEnum):
    GUARD = "guard"  # guard timers: an app that dies loses no caller
    DYNAMIC_ACCOUNTS = "dynamic_accounts"
    HOLD = "hold"
    LISTEN = "listen"  # listen, whisper, barge
    RECORD = "record"
    BRIDGE_KEYS = "bridge_keys"  # DigitReceived also of a channel in a bridge
    EARLY = "early"  # LegEarly: what a ringing leg's exchange says is heard
    EMERGENCY = "emergency"  # dials 110 and its like


class HangupCause(StrEnum):
    NORMAL = "normal"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    REJECTED = "rejected"
    UNREACHABLE = "unreachable"
    FAILED = "failed"
    CARRIER_DOWN = "carrier_down"  # the network could not set the call up; nobody's telephone rang


class Probed(StrEnum):
    """What a silent call to a telephone of ours has shown."""

    HEARD = "heard"  # it answered by itself, what we sent was heard there, and what it sent was heard here
    UNANSWERED = "unanswered"  # it is registered and does not answer: a sleeping tab
    SILENT = "silent"  # it answered, and no sound comes from it
    DEAF = "deaf"  # sound comes from it, and it does not hear ours
    BUSY = "busy"  # it is talking, or took a call meanwhile: nothing is shown


# --- events -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Press:
    """A call knocks and is not yet ours: store it, then `claim` it within Timings.claim."""

    channel_id: str
    caller: str  # as sent, filtered to +0-9*#; may be empty (withheld)
    called: str  # as dialled, filtered to +0-9*#; may be empty
    at: datetime
    caller_name: str = ""  # display name as sent, at most 64 characters; never trusted


@dataclass(frozen=True, slots=True)
class PressTaken:
    """The claimed call is under our control now."""

    channel_id: str


@dataclass(frozen=True, slots=True)
class PressCarriedOn:
    """A taken call left our control alive: its guard ran out or it was released, and the PBX's own fallback has it now. Its end is told
    by `history`, not by ChannelEnded."""

    channel_id: str


@dataclass(frozen=True, slots=True)
class LegRinging:
    channel_id: str


@dataclass(frozen=True, slots=True)
class LegEarly:
    """What a ringing leg's exchange says is heard in the bridge that it was rung into ("all lines are busy, please hold")."""

    channel_id: str


@dataclass(frozen=True, slots=True)
class LegAnswered:
    """A leg that we rang (`ring`) was picked up."""

    channel_id: str


@dataclass(frozen=True, slots=True)
class ChannelEnded:
    """Any channel of ours is gone: an elder's, an agent's. Sent once for each channel."""

    channel_id: str
    cause: HangupCause


@dataclass(frozen=True, slots=True)
class DigitReceived:
    channel_id: str
    digit: str


@dataclass(frozen=True, slots=True)
class PlaybackFinished:
    playback_id: str
    ok: bool


@dataclass(frozen=True, slots=True)
class RecordingFinished:
    name: str
    ok: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class AccountState:
    """A telephone (account) became reachable or unreachable."""

    account: str
    reachable: bool


@dataclass(frozen=True, slots=True)
class AccountDialled:
    """An account of ours dialled a number by itself (an agent's telephone). Not a press."""

    channel_id: str
    account: str
    called: str


@dataclass(frozen=True, slots=True)
class Connected:
    """Sent after every (re)connection, first of all events: take up what lives (`live()`). `node`: of a PBX that is several, this one is back."""

    node: str = ""


@dataclass(frozen=True, slots=True)
class Disconnected:
    """`replaced`: another process has taken our place; the adapter stays away until `start` is called again. `node`: only this one is away, and others are
    there."""

    replaced: bool = False
    node: str = ""


@dataclass(frozen=True, slots=True)
class NodeLost:
    """One of several has been away for Timings.node_lost: what was there is over. Should it come back after all, a Connected says so."""

    node: str


Event = (
    Press
    | PressTaken
    | PressCarriedOn
    | LegRinging
    | LegEarly
    | LegAnswered
    | ChannelEnded
    | DigitReceived
    | PlaybackFinished
    | RecordingFinished
    | AccountState
    | AccountDialled
    | Connected
    | Disconnected
    | NodeLost
)


# --- what lives on the carrier right now --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LiveChannel:
    channel_id: str
    state: Literal["ringing_in", "ringing_out", "up", "down"]
    ours: bool  # under our application's control (False: the dialplan has it)
    caller: str
    called: str
    created: datetime


@dataclass(frozen=True, slots=True)
class Live:
    channels: dict[str, LiveChannel] = field(default_factory=dict)
    bridges: dict[str, frozenset[str]] = field(default_factory=dict)  # bridge id -> channel ids
    reachable: frozenset[str] = frozenset()  # accounts with a registered, reachable telephone
    unread: frozenset[str] = frozenset()  # nodes that could not be asked: what lives there is not among these


@dataclass(frozen=True, slots=True)
class CarrierPress:
    """What the carrier itself kept of one inbound call, independent of our programs (Asterisk: CEL)."""

    channel_id: str
    caller: str
    called: str
    at: datetime
    ended_at: datetime | None  # None: still there
    in_fallback: bool  # the carrier's own fallback took it
    answered_by: str  # account name or duty number that spoke with the caller in the fallback; "" nobody
    recording: str  # path of the message the caller left in the fallback; "" none
    answered_at: datetime | None = None  # when that person joined


@dataclass(frozen=True, slots=True)
class CarrierRecording:
    name: str
    path: str  # of the file, a WAV: 8 kHz, mono, 16 bit
    live: bool  # still being written


@dataclass(frozen=True, slots=True)
class Account:
    """A telephone's login on the PBX."""

    name: str  # undialable and random
    secret: str
    kind: Literal["browser", "sip", "training", "training_sip"] = "browser"  # training: a browser that plays a telephone
    number: str = ""  # training only, E.164: what it plays; a call to this number rings here while it is registered


def training_name(number: str) -> str:
    """The account of the training telephone that plays this normalised number."""
    return "training_" + "".join(c for c in number if c.isdigit())


TEST_PRESS = "test-press-"  # a channel's name begins so when the PBX has pressed the key itself; no caller can give one
PROBE_HEADER, PROBE_KEY = "X-OneKey-Probe", "5"


class Telephony(Protocol):
    """The port. `events()` is consumed by one task only; commands may run concurrently."""

    name: str  # the PBX's name; with a channel id the key of a press
    capabilities: frozenset[Capability]

    def events(self) -> AsyncIterator[Event]: ...

    async def start(self) -> None:
        """Connect and keep connected (until `close`); returns at once. News comes as Connected / Disconnected."""

    async def close(self) -> None:
        """Leave. Calls go on."""

    async def live(self) -> Live: ...

    def node_of(self, channel_id: str) -> str:
        """Where several are one PBX: which of them has this channel or bridge. Empty: it is not known, or there is but one."""

    async def history(self, since: str) -> tuple[list[CarrierPress], str]:
        """Inbound calls that began or changed after the mark `since` ("" = from the beginning), and the new mark. Harmless to ask twice."""

    # -- the press
    async def claim(self, channel_id: str) -> None:
        """Take a press. ClaimRefused when somebody else has it. When it returns the channel takes commands."""

    async def press_itself(self, channel_id: str, *, caller: str, called: str) -> None:
        """The PBX calls itself, as from the trunk: a Press with this channel id (it begins with TEST_PRESS) follows. If nobody takes it, nobody is rung for
        it; `history` never tells of it."""

    async def guard(self, channel_id: str, seconds: int) -> None:
        """If we are silent this long the PBX carries the caller on by itself; 0 = never."""

    async def release(self, channel_id: str) -> None:
        """Give the caller back to the PBX's own fallback (agents, duty telephones, recording)."""

    # -- channels
    async def ring_in(self, channel_id: str) -> None:
        """Let a caller hear ringing (without answering)."""

    async def answer(self, channel_id: str) -> None: ...
    async def hang_up(self, channel_id: str, cause: HangupCause = HangupCause.NORMAL) -> None: ...
    async def ring(
        self,
        channel_id: str,
        to: str,
        *,
        caller: str,
        caller_name: str,
        timeout: float,
        headers: dict[str, str] | None = None,
        into: str = "",
        beside: str = "",
    ) -> None:
        """Start a leg with this new channel id. `to` is `account:NAME` or `number:+86…`. Then LegRinging, LegAnswered or ChannelEnded.

        `into`: a bridge that is there; the leg is put into it while it rings, so that what its exchange says is heard there (LegEarly), and it is
        in it when it answers. A bridge that is gone meanwhile stops nothing: it rings all the same.
        `beside`: a channel that it is to talk with; where there are several carriers, the one that has this channel takes the leg too.
        """

    async def send_digits(self, channel_id: str, digits: str) -> None: ...
    async def hold(self, channel_id: str) -> None: ...
    async def resume(self, channel_id: str) -> None: ...
    async def mute(self, channel_id: str, on: bool) -> None:
        """What that telephone says is heard by nobody; it goes on hearing. Outlives us; harmless twice."""

    # -- sound; prompts are names without extension, e.g. "waiting_sos", or "beep". While one is played to a channel, `guard` and `bridge` for it
    #    wait for its end (and may hold up every other command): stop it first
    async def play(self, channel_id: str, playback_id: str, *prompts: str) -> None: ...
    async def play_to_bridge(self, bridge_id: str, playback_id: str, *prompts: str) -> None: ...
    async def stop_playing(self, playback_id: str) -> None: ...
    async def ringback(self, channel_id: str, on: bool) -> None:
        """Ringing tone made by us on an answered channel."""

    # -- talking
    async def bridge(self, bridge_id: str, *channel_ids: str, beside: str = "") -> None:
        """Make the bridge if it is not there, and put the channels in; harmless twice. `beside`: a channel that will come into an empty one."""

    async def leave_bridge(self, bridge_id: str, channel_id: str) -> None: ...
    async def end_bridge(self, bridge_id: str) -> None: ...
    async def record(self, bridge_id: str, name: str) -> None:
        """Everybody in the bridge, mixed, until `stop_recording` or the bridge's end; then RecordingFinished, if we are connected. It needs none of
        our programs once it has begun. CommandRejected when it is recorded already, or under this name."""

    async def pause_recording(self, name: str, on: bool) -> None:
        """What is said meanwhile is left out. Harmless twice."""

    async def stop_recording(self, name: str) -> None:
        """ChannelGone when it has ended."""

    async def recordings(self, *names: str) -> list[CarrierRecording]:
        """Of these those that lie with the carrier; all that do when none is named. Whoever has taken a file over deletes it."""

    async def listen(self, channel_id: str, new_channel_id: str, mode: Literal["listen", "whisper", "barge"]) -> None:
        """A new channel that hears `channel_id`; the caller puts it into a bridge with the supervisor."""

    # -- telephones
    async def put_account(self, account: Account, *, restore: bool = False) -> None:
        """`restore`: it has been written before, and may be lost; where a telephone is registered with it nothing is touched."""

    async def drop_account(self, name: str) -> None: ...
    async def probe(self, channel_id: str, account: str, *, within: float) -> Probed:
        """A silent call with this new channel id, over when this returns. The telephone knows it by its header, answers without a sound and, as soon as
        sound arrives, presses PROBE_KEY in its own: which comes back the whole way. Cancelled, it is hung up, so that a real call finds the telephone free.
        """

    async def set_fallback(self, accounts: list[str], duty: list[str]) -> None:
        """Who is rung by the PBX alone when none of our programs takes a call: agents' accounts, then duty numbers, in order."""
