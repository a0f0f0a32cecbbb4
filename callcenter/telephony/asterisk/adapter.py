"""The port over Asterisk's ARI."""

from __future__ import annotations

import asyncio
import logging
import math
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, Literal

from callcenter.kit.phone import EMERGENCY_NUMBERS, dial_string
from callcenter.prompts.phrases import is_phrase
from callcenter.settings import PbxNode, Settings
from callcenter.telephony.asterisk import accounts
from callcenter.telephony.asterisk import events as told
from callcenter.telephony.asterisk.ari import AriClient, AriError, AriNotFound, AriRejected, AriUnreachable, Timeouts, segment
from callcenter.telephony.asterisk.config import Layout, peer_of
from callcenter.telephony.asterisk.events import Translator
from callcenter.telephony.asterisk.history import History
from callcenter.telephony.asterisk.probe import Probe
from callcenter.telephony.numbers import clean_name, clean_number
from callcenter.telephony.port import (
    PROBE_HEADER,
    Account,
    Capability,
    CarrierPress,
    CarrierRecording,
    CarrierUnreachable,
    ChannelEnded,
    ChannelGone,
    ClaimRefused,
    CommandRejected,
    Connected,
    Disconnected,
    Event,
    HangupCause,
    LegAnswered,
    Live,
    LiveChannel,
    Probed,
    RecordingFinished,
    TelephonyError,
)

log = logging.getLogger(__name__)

_MAX_UNREAD = 10_000
_AGAIN = 0.5  # s until what Asterisk has refused is asked on a new connection
_SOUND_AGAIN = 2.0  # s between two looks whether a browser is heard
_NO_SOURCE = 422  # "Event source does not exist"
_MAX_LIST = 3_500  # bytes: a dialplan variable holds 4,096
_WORD = re.compile(r"[A-Za-z0-9_.:-]{1,128}")  # ids and names that we choose
_PROMPT = re.compile(r"[A-Za-z0-9_/-]{1,80}")
_REASONS = {
    HangupCause.NORMAL: "normal",
    HangupCause.BUSY: "busy",
    HangupCause.NO_ANSWER: "no_answer",
    HangupCause.REJECTED: "rejected",
    HangupCause.UNREACHABLE: "unallocated",
    HangupCause.FAILED: "failure",
}
_STATES: dict[str, Literal["ringing_in", "ringing_out", "up", "down"]] = {
    "Ring": "ringing_in",
    "Ringing": "ringing_out",
    "Dialing": "ringing_out",
    "Up": "up",
}
_HELD_IN = "ONEKEY_HELD_IN"  # channel variable: the bridge that a held caller comes back to; survives us


class AsteriskTelephony:
    """See the port. One connection; `events()` has one reader.

    Agents' telephones dial nothing by themselves (the dialplan refuses it), so AccountDialled never comes.
    """

    capabilities = frozenset(Capability)

    def __init__(self, settings: Settings, *, node: PbxNode | None = None, timeouts: Timeouts | None = None) -> None:
        """`node`: one of several (ONEKEY_PBX_NODES); without it, the one that the settings name."""
        self.name = settings.pbx_name
        node = node or settings.pbxs[0]
        self._settings = settings
        self._watch_app = f"{settings.ari_app}-watch"
        self._ari = AriClient(
            node.ari_base,
            settings.ari_user,
            settings.ari_password.get_secret_value(),
            [settings.ari_app, self._watch_app],
            timeouts=timeouts or Timeouts(command=settings.timings.command),
            on_event=self._hear,
        )
        self._queue: asyncio.Queue[Event] = asyncio.Queue()
        self._translator = Translator(self._watch_app)
        self._subscription: asyncio.Task[None] | None = None
        self._coming: dict[str, asyncio.Future[None]] = {}  # channels that were asked for, until they take commands
        self._recordings: dict[str, tuple[str, asyncio.Future[None]]] = {}  # bridge -> its recording, and whether it is finished
        self._probes: dict[str, Probe] = {}
        self._listening: dict[str, asyncio.Task[None]] = {}  # channels of browsers that have just answered
        self._plays: dict[str, str] = {}  # account -> number that it plays in training, "" none; newest last
        self._registered: frozenset[str] = frozenset()  # accounts with a telephone, as it stood when what lives was last asked for
        layout = Layout.packaged(node.home.resolve())
        self._history, self._spool = History(layout), layout.recordings

    # --- events -----------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        await self._ari.start()

    async def close(self) -> None:
        if self._subscription:
            self._subscription.cancel()
        self._stop_listening()
        await self._ari.close()

    async def events(self) -> AsyncIterator[Event]:
        while True:
            yield await self._queue.get()

    def _hear(self, event: dict[str, Any]) -> None:
        """Called in the reading task, for every event; must not raise."""
        kind = event["type"]
        if kind == "Connected":
            self._queue.put_nowait(Connected())
            self._subscription = asyncio.create_task(self._subscribe(), name="ari-subscribe")
            return
        if kind == "Disconnected":
            if self._subscription:
                self._subscription.cancel()
            self._translator.forget()
            self._stop_listening()
            for channel_id in list(self._coming):
                self._came(channel_id, AriUnreachable(f"the connection broke before {channel_id} came"))
            for going_on in self._probes.values():
                going_on.break_off()
            self._queue.put_nowait(Disconnected(replaced=bool(event.get("replaced"))))
            return
        if self._queue.qsize() >= _MAX_UNREAD:
            log.error("events_unread: the reader is stuck, starting afresh")
            while not self._queue.empty():  # old news: what lives is asked for anew
                self._queue.get_nowait()
            self._ari.reset()
            return
        try:
            for news in self._translator.translate(event):
                if (probe := self._probes.get(getattr(news, "channel_id", ""))) is not None:
                    probe.hear(news)
                else:
                    self._queue.put_nowait(news)
                if isinstance(news, ChannelEnded):
                    self._came(news.channel_id, AriNotFound(404, "ended before it came to us", "", news.channel_id))
                if isinstance(news, LegAnswered):
                    self._listen_for_sound(event["channel"])
                if isinstance(news, RecordingFinished):
                    self._recording_finished(news.name)
            if kind == "StasisStart":
                self._came(event["channel"]["id"])
                if (answered := self._probes.get(event["channel"]["id"])) is not None:
                    answered.answered.set()
        except (KeyError, TypeError, ValueError, AttributeError):
            log.exception("event_not_understood: %s", kind)

    @asynccontextmanager
    async def _arrival(self, channel_id: str) -> AsyncIterator[Callable[[], Awaitable[None]]]:
        """Inside, a channel is asked for; the given coroutine returns when it takes commands, which is a moment after Asterisk's yes, and on a busy
        machine a long one. Until then it answers every command with 409. Raises AriError, TimeoutError.
        """
        came = self._coming[channel_id] = asyncio.get_running_loop().create_future()

        async def here() -> None:
            async with asyncio.timeout(self._settings.timings.command):
                await came

        try:
            yield here
        finally:
            del self._coming[channel_id]

    def _came(self, channel_id: str, error: AriError | None = None) -> None:
        coming = self._coming.get(channel_id)
        if coming is None or coming.done():
            return
        if error is None:
            coming.set_result(None)
            return
        coming.set_exception(error)
        coming.exception()  # its waiter may not have begun to wait

    def _listen_for_sound(self, channel: dict[str, Any]) -> None:
        account = told.account_of(channel)
        if account and channel["id"] not in self._listening:
            listening = asyncio.create_task(self._end_without_sound(channel["id"], account), name=f"sound-{channel['id']}")
            self._listening[channel["id"]] = listening
            listening.add_done_callback(lambda _: self._listening.pop(channel["id"], None))

    async def _end_without_sound(self, channel_id: str, account: str) -> None:
        """A browser that answers and is gone while its media path is being made: Asterisk's own time-out was seen not to end its leg then, and the caller
        would hear nothing for ever. As long as its page is there it is left alone: a slow path may still come, and the page lays it anew.
        """
        await asyncio.sleep(accounts.SILENCE)
        try:
            if not accounts.is_browser(await self._ask(self._ari.get(f"{accounts.PREFIX}/endpoint/{account}"))):
                return
            while (await self._on(channel_id, "GET", "rtp_statistics"))["rxcount"] == 0:
                if account not in self._translator.reachable:
                    log.warning("browser_without_sound: %s", channel_id)
                    # told here: Asterisk would tell of a hang-up like any other
                    for news in self._translator.end(channel_id, HangupCause.UNREACHABLE):
                        self._queue.put_nowait(news)
                    await self.hang_up(channel_id, HangupCause.UNREACHABLE)
                    return
                await asyncio.sleep(_SOUND_AGAIN)
        except TelephonyError as error:
            log.info("sound_not_asked: %s", error)  # it has ended, or its account: or the connection broke, and the next one asks again

    def _stop_listening(self) -> None:
        for listening in list(self._listening.values()):
            listening.cancel()

    def _recording_finished(self, name: str) -> None:
        for recording, finished in self._recordings.values():
            if recording == name and not finished.done():
                finished.set_result(None)

    async def _subscribe(self) -> None:
        """Ask for no more events than are read here, and for the telephones' comings and goings."""
        try:
            for app, wanted in ((self._settings.ari_app, told.WANTED), (self._watch_app, told.WATCHED)):
                await self._ari.put(f"/applications/{app}/eventFilter", {"allowed": [{"type": name} for name in wanted]})
            telephones = list(await self._telephones())
            for start in range(0, len(telephones), 50):
                await self._watch_some(telephones[start : start + 50])
            now = await self._reachable()
            for name in now ^ self._translator.reachable:
                for news in self._translator.account(name, name in now):
                    self._queue.put_nowait(news)
            for channel in await self._ari.fetch("/channels"):
                if channel["state"] == "Up":
                    self._listen_for_sound(channel)  # answered while nobody of ours was there
        except AriError as error:
            log.error("subscription_failed: %s", error)
            await asyncio.sleep(_AGAIN)
            self._ari.reset()  # without it no telephone would ever be seen: try again on a new connection

    # --- what lives there -------------------------------------------------------------------------------------------------

    async def live(self) -> Live:
        with _errors():
            application, channels, bridges, reachable = await asyncio.gather(
                self._ari.fetch(f"/applications/{self._settings.ari_app}"),
                self._ari.fetch("/channels"),
                self._ari.fetch("/bridges"),
                self._reachable(),
            )
        ours = set(application["channel_ids"])
        self._registered = frozenset(reachable)
        return Live(
            {
                channel["id"]: LiveChannel(
                    channel["id"],
                    _STATES.get(channel["state"], "down"),
                    channel["id"] in ours,
                    clean_number(channel["caller"]["number"]),
                    told.dialled(channel),
                    told.moment(channel["creationtime"]),
                )
                for channel in channels
            },
            {bridge["id"]: frozenset(bridge["channels"]) for bridge in bridges},
            frozenset(reachable),
        )

    def node_of(self, channel_id: str) -> str:
        return ""

    async def _reachable(self) -> set[str]:
        return {name for name, state in (await self._telephones()).items() if state == "online"}

    async def _telephones(self) -> dict[str, str]:
        """Name and state of every telephone that has an account."""
        found = await self._ari.fetch("/endpoints/PJSIP")
        return {e["resource"]: e["state"] for e in found if accounts.is_name(e["resource"])}

    async def _watch(self, *names: str) -> None:
        """Hear of these telephones' comings and goings. One by one: all at once would bring the trunk's every step, on the way of each press."""
        sources = ",".join(f"endpoint:PJSIP/{name}" for name in names)
        await self._ari.post(f"/applications/{self._watch_app}/subscription", eventSource=sources)

    async def _watch_some(self, names: list[str]) -> None:
        """Asterisk goes on listing a telephone whose account was dropped while it talked, and refuses whoever asks for it among others."""
        try:
            await self._watch(*names)
        except AriRejected as error:
            if error.status != _NO_SOURCE:
                raise
            if len(names) > 1:
                for name in names:
                    await self._watch_some([name])

    async def history(self, since: str) -> tuple[list[CarrierPress], str]:
        try:
            page = await asyncio.to_thread(self._history.read, since)
        except OSError as error:
            raise CarrierUnreachable(f"the PBX's own record can't be read: {error}") from None
        if page.open:
            with _errors():
                alive = {channel["id"] for channel in await self._ari.fetch("/channels")}
            page.close_all_but(alive)  # a PBX that was killed wrote no end
        return page.presses(), page.mark

    # --- the press --------------------------------------------------------------------------------------------------------

    async def claim(self, channel_id: str) -> None:
        """Returns when the caller takes commands (PressTaken then lies in the queue)."""
        try:
            async with self._arrival(channel_id) as here:
                await self._ari.request("POST", "/events/claim", {"channelId": channel_id, "application": self._settings.ari_app})
                await here()
        except TimeoutError:
            raise ClaimRefused(f"{channel_id} was claimed, but hung up before it came to us") from None
        except AriUnreachable as error:
            raise CarrierUnreachable(str(error)) from None
        except AriError as error:
            raise ClaimRefused(str(error)) from None

    async def press_itself(self, channel_id: str, *, caller: str, called: str) -> None:
        """By two ends of a Local channel: the one goes into the dialplan where the trunk's calls go, the other waits for an answer that does not come.

        Neither name may begin with the other: Asterisk would take them for one.
        """
        number = clean_number(called)
        where = {"endpoint": f"Local/{number or 's'}@from-trunk/n", "app": self._settings.ari_app, "appArgs": told.PROBE}
        ids = {"channelId": f"far-{_word(channel_id)}", "otherChannelId": channel_id, "callerId": clean_number(caller)}
        seconds = math.ceil(self._settings.timings.offered) + self._settings.timings.guard
        with _errors():
            await self._ari.post("/channels", {"variables": {"__ONEKEY_TEST": "1"}}, **where, **ids, timeout=seconds)

    async def guard(self, channel_id: str, seconds: int) -> None:
        await self._on(channel_id, "POST", "variable", variable="TIMEOUT(absolute)", value=max(0, seconds))

    async def release(self, channel_id: str) -> None:
        channel = await self._on(channel_id, "GET")
        await self._on(channel_id, "POST", "continue", context="fallback", extension=f"u{told.dialled(channel)}", priority=1)

    # --- channels ---------------------------------------------------------------------------------------------------------

    async def ring_in(self, channel_id: str) -> None:
        await self._on(channel_id, "POST", "ring")

    async def answer(self, channel_id: str) -> None:
        await self._on(channel_id, "POST", "answer")

    async def hang_up(self, channel_id: str, cause: HangupCause = HangupCause.NORMAL) -> None:
        await self._on(channel_id, "DELETE", reason=_REASONS[cause])

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
        name = clean_name(caller_name).replace('"', "").replace("\\", "")
        caller_id = f'"{name}" <{clean_number(caller)}>'
        variables = {f"PJSIP_HEADER(add,{_header_name(key)})": _header_value(value) for key, value in (headers or {}).items()}
        params: dict[str, str | int] = {"endpoint": await self._endpoint(to), "app": self._settings.ari_app}
        seconds = max(1, math.ceil(timeout))
        if into or to.startswith("number:"):
            await self._create_and_dial(_word(channel_id), params, variables, caller_id, seconds, into=_word(into) if into else "")
            return
        params |= {"appArgs": told.LEG, "callerId": caller_id, "timeout": seconds}
        await self._begin(f"/channels/{_word(channel_id)}", channel_id, params, variables)

    async def _begin(self, path: str, channel_id: str, params: dict[str, str | int], variables: dict[str, str]) -> bool:
        """False: nobody is registered there, which is an end like any other and has been told."""
        try:
            await self._ari.request("POST", path, params, {"variables": variables} if variables else None)
        except AriRejected as error:
            if error.status == 500:
                trunk = str(params.get("endpoint", "")).endswith("@trunk")  # which does not answer its probes
                for news in self._translator.end(channel_id, HangupCause.CARRIER_DOWN if trunk else HangupCause.UNREACHABLE):
                    self._queue.put_nowait(news)
                return False
            raise CommandRejected(str(error)) from None
        except AriError as error:
            raise CarrierUnreachable(str(error)) from None
        return True

    async def _create_and_dial(
        self, channel_id: str, params: dict[str, str | int], variables: dict[str, str], caller_id: str, seconds: int, *, into: str
    ) -> None:
        """The channel is ours first, then dialled, then put into the bridge: a bridge would give it the others' caller id, so it comes last.
        Ended meanwhile is told by its ChannelDestroyed.

        Ours before it rings: whoever picks up while voice is away stays on the line until it is back. An originated channel comes to us only when it is
        answered, and is hung up by Asterisk when nobody of ours is there.
        """
        ours = {"CALLERID(all)": caller_id, "CONNECTEDLINE(all)": caller_id} | variables
        try:
            async with self._arrival(channel_id) as here:
                if not await self._begin("/channels/create", channel_id, params | {"appArgs": told.DIAL, "channelId": channel_id}, ours):
                    return
                with _errors():
                    await here()
            await self._on(channel_id, "POST", "dial", timeout=seconds)
        except TimeoutError:
            raise CarrierUnreachable(f"{channel_id} did not come to us") from None
        except CarrierUnreachable:
            raise
        except TelephonyError:
            with suppress(ChannelGone):  # it has ended, which is told; or it can't be dialled, and is ended now
                await self.hang_up(channel_id, HangupCause.FAILED)
            return
        if not into:
            return
        try:
            await self._in(into, "POST", "addChannel", channel=channel_id)
        except (ChannelGone, CommandRejected) as error:
            log.info("rings_outside_its_bridge: %s", error)

    async def _endpoint(self, to: str) -> str:
        kind, _, target = to.partition(":")
        if kind == "account":
            name, _, node = target.partition("@")  # of a telephone that is registered at another node
            return f"PJSIP/{accounts.check_name(name)}" + (f"@{peer_of(node)}" if node else "")
        if kind != "number":
            raise CommandRejected("a leg goes to account:NAME or number:+86…")
        if self._settings.has_training_phone and (account := await self.training_account(target)):
            return f"PJSIP/{account}"
        if self._settings.mode == "training" and clean_number(target) in EMERGENCY_NUMBERS:
            raise CommandRejected(
                "in training 110, 119, 120 and 122 are played by a training telephone, and none is registered for this one"
            )
        try:
            return f"PJSIP/{dial_string(target, self._settings)}@trunk"
        except ValueError as error:
            raise CommandRejected(str(error)) from None

    async def send_digits(self, channel_id: str, digits: str) -> None:
        if not re.fullmatch(r"[0-9A-D*#]{1,64}", digits):
            raise CommandRejected("keys are 0-9, *, # and A-D")
        await self._on(channel_id, "POST", "dtmf", dtmf=digits)

    async def hold(self, channel_id: str) -> None:
        """Out of its bridge, with music; the bridge is remembered on the channel."""
        with _errors():
            bridges = await self._ari.fetch("/bridges")
        for bridge in bridges:
            if channel_id in bridge["channels"]:
                await self._on(channel_id, "POST", "variable", variable=_HELD_IN, value=bridge["id"])
                await self.leave_bridge(bridge["id"], channel_id)
                break
        await self._on(channel_id, "POST", "moh")

    async def resume(self, channel_id: str) -> None:
        await self._on(channel_id, "DELETE", "moh")
        held_in = await self._on(channel_id, "GET", "variable", variable=_HELD_IN)
        if bridge_id := (held_in or {}).get("value"):
            await self._on(channel_id, "POST", "variable", variable=_HELD_IN, value="")
            await self._in(bridge_id, "POST", "addChannel", channel=channel_id)

    async def mute(self, channel_id: str, on: bool) -> None:
        await self._on(channel_id, "POST" if on else "DELETE", "mute", direction="in")

    # --- sound ------------------------------------------------------------------------------------------------------------

    async def play(self, channel_id: str, playback_id: str, *prompts: str) -> None:
        await self._on(channel_id, "POST", f"play/{_word(playback_id)}", media=_media(prompts))

    async def play_to_bridge(self, bridge_id: str, playback_id: str, *prompts: str) -> None:
        await self._in(bridge_id, "POST", f"play/{_word(playback_id)}", media=_media(prompts))

    async def stop_playing(self, playback_id: str) -> None:
        with _errors():
            await self._ari.delete(f"/playbacks/{_word(playback_id)}")

    async def ringback(self, channel_id: str, on: bool) -> None:
        await self._on(channel_id, "POST" if on else "DELETE", "ring")

    # --- talking ----------------------------------------------------------------------------------------------------------

    async def bridge(self, bridge_id: str, *channel_ids: str, beside: str = "") -> None:
        try:
            await self._ari.post(f"/bridges/{_word(bridge_id)}", type="mixing,dtmf_events")
        except AriRejected as error:
            if error.status != 409:  # it is there already
                raise _translated(error) from None
        except AriError as error:
            raise _translated(error) from None
        if channel_ids:
            await self._in(bridge_id, "POST", "addChannel", channel=",".join(map(_word, channel_ids)))

    async def leave_bridge(self, bridge_id: str, channel_id: str) -> None:
        await self._in(bridge_id, "POST", "removeChannel", channel=_word(channel_id))

    async def end_bridge(self, bridge_id: str) -> None:
        """With its recording finished and told first: the news of a recording that ends with its bridge is sometimes lost."""
        name, finished = self._recordings.pop(bridge_id, ("", None))
        if finished is not None and not finished.done():
            with suppress(TelephonyError, TimeoutError):
                await self._ask(self._ari.request("POST", f"/recordings/live/{segment(name)}/stop"))
                await asyncio.wait_for(finished, 1)
        await self._in(bridge_id, "DELETE")

    async def record(self, bridge_id: str, name: str) -> None:
        """Kept as <spool>/recording/<name>.wav."""
        await self._in(bridge_id, "POST", "record", name=_word(name), format="wav", ifExists="fail")
        self._recordings[bridge_id] = (name, asyncio.get_running_loop().create_future())

    async def pause_recording(self, name: str, on: bool) -> None:
        await self._ask(self._ari.request("POST" if on else "DELETE", f"/recordings/live/{segment(name)}/pause"))

    async def stop_recording(self, name: str) -> None:
        await self._ask(self._ari.request("POST", f"/recordings/live/{segment(name)}/stop"))

    async def recordings(self, *names: str) -> list[CarrierRecording]:
        folder = self._spool
        try:
            found = await asyncio.to_thread(lambda: sorted(file.stem for file in folder.glob("*.wav")))
        except OSError as error:
            raise CarrierUnreachable(f"the PBX's recordings can't be read: {error}") from None
        wanted = [name for name in found if name in names or not names]
        return [CarrierRecording(name, str(folder / f"{name}.wav"), await self._is_live(name)) for name in wanted]

    async def _is_live(self, name: str) -> bool:
        try:
            await self._ari.get(f"/recordings/live/{segment(name)}")
        except AriNotFound:
            return False
        except AriUnreachable:
            return True  # as far as is known: nobody takes it over before it is
        except AriError as error:
            raise _translated(error) from None
        return True

    async def listen(self, channel_id: str, new_channel_id: str, mode: Literal["listen", "whisper", "barge"]) -> None:
        whisper = {"listen": "none", "whisper": "out", "barge": "both"}[mode]
        snoop = f"snoop/{_word(new_channel_id)}"
        try:
            async with self._arrival(new_channel_id) as here:
                await self._on(channel_id, "POST", snoop, spy="both", whisper=whisper, app=self._settings.ari_app, appArgs=told.LISTEN)
                with _errors():
                    await here()
        except TimeoutError:
            raise CarrierUnreachable(f"{new_channel_id} did not come to us") from None

    # --- telephones -------------------------------------------------------------------------------------------------------

    async def put_account(self, account: Account, *, restore: bool = False) -> None:
        if restore and account.name in self._registered:
            return
        with _errors():
            for kind, fields in accounts.objects(account, self._settings):
                await self._ari.put(f"{accounts.PREFIX}/{kind}/{account.name}", accounts.body(fields))
            await self._watch(account.name)
        self._plays.pop(account.name, None)
        self._plays[account.name] = clean_number(account.number) if accounts.is_training(account) else ""

    async def drop_account(self, name: str) -> None:
        accounts.check_name(name)
        self._plays.pop(name, None)
        for kind in ("endpoint", "aor", "auth"):
            with suppress(ChannelGone), _errors():
                await self._ari.delete(f"{accounts.PREFIX}/{kind}/{name}")

    async def probe(self, channel_id: str, account: str, *, within: float) -> Probed:
        """Its channel ends by itself when we die meanwhile; and until then the fallback may ring this telephone, which lets go of the probe for it."""
        seconds = math.ceil(within)
        over = 2 * seconds + 2
        ours = {f"PJSIP_HEADER(add,{PROBE_HEADER})": "1", "TIMEOUT(absolute)": str(over)}
        where = {"endpoint": f"PJSIP/{accounts.check_name(account)}", "app": self._settings.ari_app, "appArgs": told.PROBE}
        probe = self._probes[_word(channel_id)] = Probe()
        try:
            await self._set_variable(f"PROBED_{account}", str(math.ceil(time.time()) + over))
            if not await self._begin(f"/channels/{channel_id}", channel_id, {**where, "timeout": seconds}, ours):
                return Probed.UNANSWERED
            return await probe.listen(lambda *path: self._on(channel_id, *path), within)
        finally:
            with suppress(TelephonyError):
                await self.hang_up(channel_id)
            self._probes.pop(channel_id, None)

    async def set_fallback(self, accounts_: list[str], duty: list[str]) -> None:
        numbers = []
        for number in duty:
            with suppress(ValueError):  # one that can't be dialled must not cost the others
                numbers.append(dial_string(number, self._settings))
        for key, names in (("agents", [accounts.check_name(name) for name in accounts_]), ("duty", numbers)):
            await self._set_variable(f"DB(onekey/{key})", _joined(names))

    async def drop_calls_of(self, node: str) -> None:
        """Those that another node had us ring for it, and that nobody has answered yet."""
        with _errors():
            for channel in await self._ari.fetch("/channels"):
                if channel["name"].startswith(f"PJSIP/{peer_of(node)}-") and channel["state"] in ("Ring", "Ringing"):
                    with suppress(AriNotFound):
                        await self._ari.delete(f"/channels/{segment(channel['id'])}")

    async def listen_for_sound_of(self, account: str) -> None:
        """It has answered for another node, which hears of nobody's sound but ours."""
        with _errors():
            for channel in await self._ari.fetch("/channels"):
                if channel["state"] == "Up" and told.account_of(channel) == account:
                    self._listen_for_sound(channel)

    async def training_account(self, number: str) -> str:
        """The account of a registered telephone that plays this number, the newest first; "" when there is none."""
        number = clean_number(number)
        for name in sorted(self._translator.reachable - self._plays.keys()):  # written before we were started
            with suppress(AriNotFound):
                try:
                    self._plays[name] = accounts.plays(await self._ari.get(f"{accounts.PREFIX}/endpoint/{name}"))
                except AriUnreachable as error:
                    raise _translated(error) from None
        playing = (name for name in reversed(self._plays) if number and self._plays[name] == number)
        return next((name for name in playing if name in self._translator.reachable), "")

    async def _set_variable(self, name: str, value: str) -> None:
        with _errors():
            await self._ari.post("/asterisk/variable", variable=name, value=value)

    # --- helpers ----------------------------------------------------------------------------------------------------------

    async def _on(self, channel_id: str, method: str, action: str = "", **params: str | int) -> Any:
        return await self._ask(self._ari.request(method, f"/channels/{segment(channel_id)}{'/' if action else ''}{action}", params))

    async def _in(self, bridge_id: str, method: str, action: str = "", **params: str | int) -> Any:
        return await self._ask(self._ari.request(method, f"/bridges/{segment(bridge_id)}{'/' if action else ''}{action}", params))

    async def _ask(self, request: Awaitable[Any]) -> Any:
        with _errors():
            return await request


class _errors:
    """The port's errors instead of ARI's."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, AriError):
            raise _translated(error) from None


def _translated(error: AriError) -> TelephonyError:
    if isinstance(error, AriUnreachable):
        return CarrierUnreachable(str(error))
    if isinstance(error, AriNotFound):
        return ChannelGone(str(error))
    if isinstance(error, AriRejected) and error.status in (400, 409, 412, 422) and "annel" in error.reason:
        return ChannelGone(str(error))  # "Channel not found", "Channel not in Stasis application": it has left us
    return CommandRejected(str(error))


def _word(text: str) -> str:
    if not _WORD.fullmatch(text):
        raise CommandRejected("ids and names have letters, digits and _ . : - only")
    return text


def _media(prompts: tuple[str, ...]) -> str:
    for prompt in prompts:
        if not _PROMPT.fullmatch(prompt):
            raise CommandRejected("a prompt's name has letters, digits, _ - and / only")
    if not prompts:
        raise CommandRejected("nothing to play")
    return ",".join(f"sound:{'phrases' if is_phrase(prompt) else 'onekey'}/{prompt}" for prompt in prompts)


def _header_name(name: str) -> str:
    if not re.fullmatch(r"X-[A-Za-z0-9-]{1,60}", name):
        raise CommandRejected("own headers are named X-…, with letters, digits and hyphens")
    return name


def _header_value(value: str) -> str:
    if not re.fullmatch(r"[ -~]{0,200}", value):
        raise CommandRejected("a header's value has up to 200 printable ASCII characters")
    return value


def _joined(names: list[str]) -> str:
    """As many as the dialplan can read, in order."""
    text = "&".join(names)
    if len(text) > _MAX_LIST:
        log.error("fallback_list_cut: %d entries are too many", len(names))
        text = text[:_MAX_LIST].rpartition("&")[0]
    return text
