"""What Asterisk tells, as the port's events. Pure but for what it remembers of live channels."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from callcenter.telephony.asterisk.accounts import is_name
from callcenter.telephony.numbers import clean_name, clean_number
from callcenter.telephony.port import (
    AccountState,
    ChannelEnded,
    DigitReceived,
    Event,
    HangupCause,
    LegAnswered,
    LegEarly,
    LegRinging,
    PlaybackFinished,
    Press,
    PressCarriedOn,
    PressTaken,
    RecordingFinished,
)

AriEvent = dict[str, Any]

# the first application argument says what a channel is. A `dial` is ours before it rings
PRESS, LEG, DIAL, LISTEN, PROBE = ("press", "leg", "dial", "listen", "probe")

# What the application is sent; everything else stays in Asterisk. The filter is asked about answers to commands too.
WANTED = (
    "RESTResponse",
    "CallBroadcast",
    "StasisStart",
    "StasisEnd",
    "ChannelStateChange",
    "Dial",
    "ChannelHangupRequest",
    "ChannelDestroyed",
    "ChannelDtmfReceived",
    "PlaybackFinished",
    "RecordingFinished",
    "RecordingFailed",
    "ApplicationReplaced",
)
WATCHED = ("RESTResponse", "EndpointStateChange")  # and the second application, which watches the telephones

_CAUSES = {  # Q.850
    0: HangupCause.NORMAL,
    16: HangupCause.NORMAL,
    17: HangupCause.BUSY,
    18: HangupCause.NO_ANSWER,
    19: HangupCause.NO_ANSWER,
    21: HangupCause.REJECTED,
    26: HangupCause.NORMAL,  # answered elsewhere
    32: HangupCause.NORMAL,
    127: HangupCause.NORMAL,
    1: HangupCause.UNREACHABLE,
    2: HangupCause.UNREACHABLE,
    3: HangupCause.UNREACHABLE,
    20: HangupCause.UNREACHABLE,
    22: HangupCause.UNREACHABLE,
    27: HangupCause.UNREACHABLE,
    28: HangupCause.UNREACHABLE,
    34: HangupCause.CARRIER_DOWN,  # no circuit (SIP 503)
    38: HangupCause.CARRIER_DOWN,  # network out of order
    42: HangupCause.CARRIER_DOWN,  # congestion
}
_REMEMBERED = 4_096


def moment(text: str) -> datetime:
    """Asterisk's time, in UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)


def is_dialled(channel: AriEvent) -> bool:
    """A leg that was ours, in a bridge, before it was dialled. It carries that itself, so that whoever comes back knows it too."""
    return str(channel.get("dialplan", {}).get("app_data", "")).endswith(f",{DIAL}")


def account_of(channel: AriEvent) -> str:
    """Whose telephone it is; "" for the trunk, for other nodes and for channels that are no telephone's."""
    kind, _, rest = str(channel["name"]).partition("/")
    name = rest.rpartition("-")[0]
    return name if kind == "PJSIP" and is_name(name) else ""


def hangup_cause(number: int) -> HangupCause:
    return _CAUSES.get(number, HangupCause.FAILED)


def dialled(channel: AriEvent) -> str:
    """The called number, which the dialplan carries along as u<number> (an extension may not be empty)."""
    extension = str(channel.get("dialplan", {}).get("exten", ""))
    return clean_number(extension[1:] if extension.startswith("u") else extension)


class Translator:
    """Turns each event into none or more of the port's, and tells the end of a channel once."""

    def __init__(self, watch_app: str) -> None:
        self._watch_app = watch_app
        self._hung_up: dict[str, int] = {}  # channel -> cause, between its hang-up request and its end
        self._ringing: set[str] = set()
        self._ended: dict[str, None] = {}  # the last ones, oldest first
        self.reachable: set[str] = set()

    def forget(self) -> None:
        """A connection is gone: what happened meanwhile is unknown."""
        self._hung_up.clear()
        self._ringing.clear()

    def translate(self, event: AriEvent) -> Iterator[Event]:
        match event["type"]:
            case "CallBroadcast":
                channel = event["channel"]
                caller = channel["caller"]
                yield Press(
                    channel["id"], clean_number(caller["number"]), dialled(channel), moment(event["timestamp"]), clean_name(caller["name"])
                )
            case "StasisStart":
                kind = (event.get("args") or [""])[0]
                if kind == PRESS:
                    yield PressTaken(event["channel"]["id"])
                elif kind == LEG:
                    yield LegAnswered(event["channel"]["id"])
            case "ChannelStateChange":
                channel = event["channel"]
                if channel["state"] == "Ringing" and channel["id"] not in self._ringing:
                    self._ringing.add(channel["id"])
                    yield LegRinging(channel["id"])
                elif channel["state"] == "Up" and is_dialled(channel):
                    yield LegAnswered(channel["id"])
            case "Dial" if event.get("dialstatus") == "PROGRESS" and is_dialled(event["peer"]):
                yield LegEarly(event["peer"]["id"])
            case "ChannelHangupRequest":
                self._hung_up[event["channel"]["id"]] = event.get("cause", 0)
            case "StasisEnd":
                # A press stops being told about here; a leg's end comes as ChannelDestroyed, with its true cause.
                channel = event["channel"]["id"]
                if is_dialled(event["channel"]) and event["channel"]["state"] != "Up":
                    return  # not answered: the PBX's own reason for asking it to hang up is not yet the far side's
                if channel in self._hung_up:
                    yield from self.end(channel, hangup_cause(self._hung_up[channel]))
                elif event["channel"]["name"].startswith("Snoop/"):  # who was listened to is gone
                    yield from self.end(channel, HangupCause.NORMAL)
                elif channel not in self._ended and event["channel"]["dialplan"]["context"] in ("press", "fallback"):
                    yield PressCarriedOn(channel)
            case "ChannelDestroyed":
                yield from self.end(event["channel"]["id"], hangup_cause(event.get("cause", 0)))
            case "ChannelDtmfReceived":
                yield DigitReceived(event["channel"]["id"], event["digit"])
            case "PlaybackFinished":
                yield PlaybackFinished(event["playback"]["id"], event["playback"]["state"] == "done")
            case "RecordingFinished" | "RecordingFailed":
                recording = event["recording"]
                ok = event["type"] == "RecordingFinished"
                yield RecordingFinished(recording["name"], ok, float(recording.get("duration") or 0))
            case "EndpointStateChange" if event.get("application") == self._watch_app:
                yield from self.account(event["endpoint"]["resource"], event["endpoint"]["state"] == "online")

    def end(self, channel: str, cause: HangupCause) -> Iterator[Event]:
        self._hung_up.pop(channel, None)
        self._ringing.discard(channel)
        if channel in self._ended:
            return
        self._ended[channel] = None
        if len(self._ended) > _REMEMBERED:
            del self._ended[next(iter(self._ended))]
        yield ChannelEnded(channel, cause)

    def account(self, name: str, reachable: bool) -> Iterator[Event]:
        """News of a telephone, only when it is news."""
        if not is_name(name) or reachable == (name in self.reachable):
            return
        (self.reachable.add if reachable else self.reachable.discard)(name)
        yield AccountState(name, reachable)
