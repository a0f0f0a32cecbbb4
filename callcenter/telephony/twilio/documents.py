"""TwiML: what a call does next. Pure; made by Twilio's own library."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

from twilio.twiml.voice_response import Dial, Gather, VoiceResponse

from callcenter.kit.ids import new_id
from callcenter.settings import Settings
from callcenter.telephony.twilio.models import CarrierChannel, Hears, Stage

PATH = "/callbacks/voice/twilio"
RINGBACK, MUSIC, BEEP, ERROR_TONE = "ringback", "hold", "beep", "error_tone"
LISTEN_SECONDS = 5  # then the call asks again what it shall do: so exact is a guard
MESSAGE_SECONDS = 120
MOST_AT_ONCE = 10  # telephones that one <Dial> rings
INLINE = 3_900  # bytes of a document that a REST request may carry


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where Twilio reaches us. Sounds carry a proof, so that nobody else can listen through the list."""

    base: str
    key: bytes

    @classmethod
    def of(cls, settings: Settings) -> Addresses:
        return cls(settings.callbacks_url, settings.twilio_auth_token.get_secret_value().encode())

    def of_channel(self, what: str, channel_id: str, **query: str) -> str:
        more = "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())
        return f"{self.base}{PATH}/{what}/{quote(channel_id, safe='')}{'?' + more if more else ''}"

    def of_sound(self, name: str) -> str:
        return f"{self.base}{PATH}/sounds/{quote(name, safe='')}.wav?proof={self.proof(name)}"

    def proof(self, name: str) -> str:
        return hmac.new(self.key, b"sound:" + name.encode(), hashlib.sha256).hexdigest()[:24]


def conference_of(bridge: str, pbx: str) -> str:
    """One account may serve several centres."""
    return f"{pbx}-{bridge}"


class Documents:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._to = Addresses.of(settings)

    def next(self, channel: CarrierChannel) -> str:
        """What its row says. Whatever it is, at its end the call asks again."""
        answer = VoiceResponse()
        if channel.playing:
            self._say(answer, channel.id, channel.playing["prompts"], "said", playback=channel.playing["id"])
        elif channel.bridge and not channel.held_in:
            self._join(answer, channel)
        elif channel.hears is Hears.SILENCE:
            answer.append(self._keys(channel.id, LISTEN_SECONDS))
            answer.redirect(self._to.of_channel("next", channel.id), method="POST")
        else:
            self._say(answer, channel.id, [RINGBACK if channel.hears is Hears.RINGING else MUSIC], "next")
        return str(answer)

    def sends_keys(self, channel: CarrierChannel, digits: str) -> str:
        """Keys to the far side; then on as before."""
        answer = VoiceResponse()
        answer.play(digits="w".join(digits))
        answer.redirect(self._to.of_channel("next", channel.id), method="POST")
        return str(answer)

    def fallback(self, channel: CarrierChannel, accounts: list[str], duty: list[str], stage: int) -> str:
        """Agents all at once, then each duty telephone, then a message. `stage` is the step that comes next."""
        steps: list[list[str]] = (
            [[f"sip:{name}" for name in accounts[:MOST_AT_ONCE]]] if accounts and self._settings.twilio_sip_host else []
        )
        steps += [[number] for number in duty]
        answer = VoiceResponse()
        if stage >= len(steps):
            answer.play(self._to.of_sound("fallback_record"))
            answer.play(self._to.of_sound(BEEP))
            answer.record(
                action=self._to.of_channel("recorded", channel.id),
                recording_status_callback=self._to.of_channel("message", channel.id),
                max_length=MESSAGE_SECONDS,
                play_beep=False,
                trim="do-not-trim",
            )
            answer.redirect(self._to.of_channel("recorded", channel.id), method="POST")
            return str(answer)
        seconds = self._settings.timings.service_ring if stage == 0 and accounts else self._settings.timings.duty_ring
        dial = Dial(action=self._to.of_channel("fallback", channel.id, stage=str(stage + 1)), timeout=max(1, int(seconds)))
        for target in steps[stage]:
            name = target.removeprefix("sip:")
            joined = self._to.of_channel("joined", channel.id, who=name)
            if target != name:
                dial.sip(self.sip_address(name), url=joined, **self._sign_in())
            else:
                dial.number(target, url=joined)
        answer.append(dial)
        return str(answer)

    def goodbye(self) -> str:
        answer = VoiceResponse()
        answer.play(self._to.of_sound("goodbye_short"))
        answer.hangup()
        return str(answer)

    @staticmethod
    def hang_up() -> str:
        answer = VoiceResponse()
        answer.hangup()
        return str(answer)

    @staticmethod
    def nothing() -> str:
        return str(VoiceResponse())

    def sip_address(self, account: str, headers: Iterable[tuple[str, str]] = ()) -> str:
        """An agent's telephone, through our own PBX where it is registered."""
        more = "&".join(f"{name}={quote(value, safe='')}" for name, value in headers)
        return f"sip:{account}@{self._settings.twilio_sip_host}{'?' + more if more else ''}"

    def _sign_in(self) -> dict[str, str]:
        return {"username": "twilio", "password": self._settings.twilio_sip_password.get_secret_value()}

    def _keys(self, channel_id: str, seconds: int) -> Gather:
        """One key at a time; each gathering has a name of its own, so that a key that is told twice is one key."""
        step = self._to.of_channel("key", channel_id, step=new_id().hex)
        return Gather(input="dtmf", num_digits=1, finish_on_key="", timeout=seconds, action=step, method="POST")

    def _say(self, answer: VoiceResponse, channel_id: str, prompts: list[str], after: str, **query: str) -> None:
        gather = self._keys(channel_id, 1)
        for prompt in prompts:
            gather.play(self._to.of_sound(prompt))
        answer.append(gather)
        answer.redirect(self._to.of_channel(after, channel_id, **query), method="POST")

    def _join(self, answer: VoiceResponse, channel: CarrierChannel) -> None:
        dial = Dial(action=self._to.of_channel("next", channel.id), method="POST")
        dial.conference(
            conference_of(channel.bridge, self._settings.pbx_name),
            beep="false",
            start_conference_on_enter=True,
            end_conference_on_exit=False,
            muted=channel.muted,
            wait_url="",
        )
        answer.append(dial)


def is_over(channel: CarrierChannel) -> bool:
    return channel.stage is Stage.ENDED
