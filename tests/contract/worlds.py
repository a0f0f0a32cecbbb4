"""The worlds that the contract is held against: the simulator, a real Asterisk with softphones as elders, agents and outside numbers; Twilio's is in
tests/twilio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any, Protocol, TypeVar

from callcenter.telephony.asterisk.adapter import AsteriskTelephony
from callcenter.telephony.nodes import Nodes
from callcenter.telephony.port import Account, Connected, Event, Press, Telephony
from callcenter.telephony.simulator import Simulator
from callcenter.telephony.softphone import Call, CallFailed, Softphone
from tests.telephony.pbx import PATIENCE, TIMINGS, Pbx, outside_phone, until, until_async

E = TypeVar("E", bound=Event)


class Ears:
    """The one reader of a port's events; keeps all of them, and waits for one."""

    def __init__(self, telephony: Telephony) -> None:
        self.heard: list[Event] = []
        self._changed = asyncio.Event()
        self._task = asyncio.create_task(self._read(telephony))

    async def _read(self, telephony: Telephony) -> None:
        async for event in telephony.events():
            self.heard.append(event)
            self._changed.set()

    def all(self, kind: type[E], **fields: Any) -> list[E]:
        return [e for e in self.heard if isinstance(e, kind) and all(getattr(e, k) == v for k, v in fields.items())]

    async def next(self, kind: type[E], timeout: float = PATIENCE, **fields: Any) -> E:
        """The first such event, now or later."""
        async with asyncio.timeout(timeout):
            while not (found := self.all(kind, **fields)):
                self._changed.clear()
                await self._changed.wait()
        return found[0]

    async def stop(self) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task


class Elder(Protocol):
    """A person at a telephone that called in."""

    def is_talking(self) -> bool: ...
    def is_over(self) -> bool: ...
    def hears_ringing(self) -> bool: ...
    async def hang_up(self) -> None: ...
    async def press_key(self, key: str) -> None: ...


class Phone(Protocol):
    """A telephone that is rung."""

    async def ringing(self) -> None: ...
    async def pick_up(self) -> None: ...
    async def speak_early(self) -> None: ...
    async def decline(self) -> None: ...
    async def hang_up(self) -> None: ...
    async def press_key(self, key: str) -> None: ...
    def header(self, name: str) -> str: ...
    def caller(self) -> str: ...


class World(Protocol):
    telephony: Telephony
    ears: Ears
    outside: str  # a number that may be rung into a conversation

    async def press(self, caller: str, called: str) -> tuple[Elder, str]:
        """An elder calls; with the channel id that the port told."""

    async def elder_calls(self, caller: str, called: str) -> Elder:
        """The same, when nobody may be told."""

    async def register(self, account: Account) -> Phone: ...
    async def unregister(self, account: str) -> None: ...
    async def number(self, number: str) -> Phone:
        """A telephone somewhere outside."""

    async def hear_each_other(self, elder: Elder, phone: Phone) -> bool: ...
    async def hears(self, elder: Elder, phone: Phone) -> bool:
        """The elder hears this telephone."""

    async def all_is_told(self) -> None:
        """What a carrier tells by callbacks has arrived: it may come a moment after the sound."""

    def new_connection(self) -> Telephony:
        """Our program, started again."""

    async def is_connected(self) -> None:
        """It has been told that all of the carrier is there."""


# --- the simulator --------------------------------------------------------------------------------------------------------


class SimElder:
    def __init__(self, sim: Simulator, channel: str) -> None:
        self.sim, self.channel = sim, channel

    def is_talking(self) -> bool:
        return self.channel in self.sim.channels and self.sim.channels[self.channel].state == "up"

    def is_over(self) -> bool:
        return self.channel not in self.sim.channels

    def hears_ringing(self) -> bool:
        return "ringing" in self.sim.hears(self.channel)

    async def hang_up(self) -> None:
        self.sim.hang_up_far(self.channel)

    async def press_key(self, key: str) -> None:
        self.sim.digit(self.channel, key)


class SimPhone:
    def __init__(self, sim: Simulator, target: str) -> None:
        self.sim, self.target, self.channel = sim, target, ""

    async def ringing(self) -> None:
        await until(lambda: self.target in self.sim.ringing())
        self.channel = next(c.id for c in self.sim.channels.values() if c.target == self.target)

    async def pick_up(self) -> None:
        self.channel = self.sim.pick_up(self.target)

    async def speak_early(self) -> None:
        self.sim.early(self.target)

    async def decline(self) -> None:
        self.sim.decline(self.target)

    async def hang_up(self) -> None:
        self.sim.hang_up_far(self.target)

    async def press_key(self, key: str) -> None:
        self.sim.digit(self.channel, key)

    def header(self, name: str) -> str:
        return self.sim.channels[self.channel].headers.get(name, "")

    def caller(self) -> str:
        return self.sim.channels[self.channel].caller


class SimWorld:
    outside = "120"

    def __init__(self) -> None:
        self.sim = Simulator(TIMINGS)
        self.telephony: Telephony = self.sim
        self.ears = Ears(self.sim)

    async def elder_calls(self, caller: str, called: str) -> Elder:
        return SimElder(self.sim, self.sim.press(caller, called))

    async def press(self, caller: str, called: str) -> tuple[Elder, str]:
        elder = SimElder(self.sim, self.sim.press(caller, called))
        await self.ears.next(Press, channel_id=elder.channel)
        return elder, elder.channel

    async def register(self, account: Account) -> Phone:
        await self.telephony.put_account(account)
        self.sim.register(account.name)
        return SimPhone(self.sim, account.name)

    async def unregister(self, account: str) -> None:
        self.sim.unregister(account)

    async def number(self, number: str) -> Phone:
        return SimPhone(self.sim, number)

    async def hear_each_other(self, elder: Elder, phone: Phone) -> bool:
        assert isinstance(elder, SimElder) and isinstance(phone, SimPhone)
        return f"voice:{phone.channel}" in self.sim.hears(elder.channel) and f"voice:{elder.channel}" in self.sim.hears(phone.channel)

    async def hears(self, elder: Elder, phone: Phone) -> bool:
        assert isinstance(elder, SimElder) and isinstance(phone, SimPhone)
        return f"voice:{phone.channel}" in self.sim.hears(elder.channel)

    async def all_is_told(self) -> None:
        return None

    def new_connection(self) -> Telephony:
        return self.sim

    async def is_connected(self) -> None:
        await self.ears.next(Connected)


# --- Asterisk -------------------------------------------------------------------------------------------------------------


class SipElder:
    def __init__(self, call: Call) -> None:
        self.call = call

    def is_talking(self) -> bool:
        return self.call.state == "talking"

    def is_over(self) -> bool:
        return self.call.state == "ended"

    def hears_ringing(self) -> bool:
        return self.call.state == "ringing" or self.call.media.level(450) > 0.02

    async def hang_up(self) -> None:
        await self.call.hang_up()

    async def press_key(self, key: str) -> None:
        await self.call.media.press(key)


class SipPhone:
    def __init__(self, phone: Softphone) -> None:
        self.phone = phone
        self.call: Call | None = None

    @property
    def current(self) -> Call:
        assert self.call is not None, "it never rang"
        return self.call

    async def ringing(self) -> None:
        self.call = await self.phone.wait_call(PATIENCE)

    async def pick_up(self) -> None:
        await self.current.answer()

    async def speak_early(self) -> None:
        await self.current.speak_early()

    async def decline(self) -> None:
        self.current.decline()

    async def hang_up(self) -> None:
        await self.current.hang_up()

    async def press_key(self, key: str) -> None:
        await self.current.media.press(key)

    def header(self, name: str) -> str:
        assert self.current.invite
        return self.current.invite.get(name)

    def caller(self) -> str:
        return self.current.caller


class AsteriskWorld:
    outside = "120"

    def __init__(self, pbx: Pbx, stack: AsyncExitStack) -> None:
        self.pbx, self.stack = pbx, stack
        self.telephony: Telephony = self.new_connection()
        self.ears = Ears(self.telephony)
        self.phones: dict[str, Softphone] = {}

    async def all_is_told(self) -> None:
        return None

    def new_connection(self) -> Telephony:
        return AsteriskTelephony(self.pbx.settings)

    async def is_connected(self) -> None:
        await self.ears.next(Connected)

    async def elder_calls(self, caller: str, called: str) -> Elder:
        phone = await self.stack.enter_async_context(Softphone())
        return SipElder(await phone.call(called, self.pbx.address, caller))

    async def press(self, caller: str, called: str) -> tuple[Elder, str]:
        known = len(self.ears.all(Press))
        elder = await self.elder_calls(caller, called)
        await until(lambda: len(self.ears.all(Press)) > known)
        return elder, self.ears.all(Press)[-1].channel_id

    async def register(self, account: Account) -> Phone:
        await self.telephony.put_account(account)
        phone = await self.stack.enter_async_context(Softphone(name=account.name, secret=account.secret))
        await phone.register(self.pbx.address)
        self.phones[account.name] = phone
        return SipPhone(phone)

    async def unregister(self, account: str) -> None:
        await self.phones[account].register(self.pbx.address, expires=0)

    async def number(self, number: str) -> Phone:
        if "trunk" not in self.phones:
            self.phones["trunk"] = await self.stack.enter_async_context(outside_phone(self.pbx))
        return SipPhone(self.phones["trunk"])

    async def hear_each_other(self, elder: Elder, phone: Phone) -> bool:
        assert isinstance(elder, SipElder) and isinstance(phone, SipPhone)
        here, there = elder.call.media, phone.current.media
        here.forget()
        there.forget()
        here.play_tone(440)
        there.play_tone(620)
        with suppress(TimeoutError):
            await until(lambda: here.level(620) > 0.2 and there.level(440) > 0.2, 1.5)
        result = here.level(620) > 0.2 and there.level(440) > 0.2
        here.be_silent()
        there.be_silent()
        return result

    async def hears(self, elder: Elder, phone: Phone) -> bool:
        assert isinstance(elder, SipElder) and isinstance(phone, SipPhone)
        here, there = elder.call.media, phone.current.media
        here.forget()
        there.play_tone(620)
        with suppress(TimeoutError):
            await until(lambda: here.level(620) > 0.2, 1.5)
        there.be_silent()
        return here.level(620) > 0.2


class NodesWorld(AsteriskWorld):
    """Two Asterisks that are one PBX: elders call at the one, telephones are registered at the other."""

    def __init__(self, nodes: dict[str, Pbx], stack: AsyncExitStack) -> None:
        self.nodes = nodes
        super().__init__(nodes["b"], stack)

    def new_connection(self) -> Telephony:
        settings = self.pbx.settings
        nodes = {node.name: AsteriskTelephony(settings, node=node) for node in settings.nodes}
        return Nodes(settings.pbx_name, nodes, lost_after=lambda: 3.0, training=True)

    async def is_connected(self) -> None:
        await until(lambda: len(self.ears.all(Connected)) == len(self.nodes))

    async def register(self, account: Account) -> Phone:
        await self.telephony.put_account(account)
        phone = await self.stack.enter_async_context(Softphone(name=account.name, secret=account.secret))
        await phone.register(self.nodes["a"].address)
        self.phones[account.name] = phone
        return SipPhone(phone)

    async def unregister(self, account: str) -> None:
        await self.phones[account].register(self.nodes["a"].address, expires=0)

    async def number(self, number: str) -> Phone:
        phone = await super().number(number)
        await until_async(self.nodes["a"].trunk_is_reachable)
        return phone


@asynccontextmanager
async def simulated() -> AsyncIterator[World]:
    world = SimWorld()
    await world.telephony.start()
    await world.ears.next(Connected)
    yield world
    await world.ears.stop()
    await world.telephony.close()


@asynccontextmanager
async def asterisk(pbx: Pbx) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack, _at_work(AsteriskWorld(pbx, stack), stack, pbx) as world:
        yield world


@asynccontextmanager
async def nodes(pbxs: dict[str, Pbx]) -> AsyncIterator[World]:
    for name, other in (("a", "b"), ("b", "a")):
        await until_async(lambda at=name, of=other: pbxs[at].is_reachable(f"peer-{of}"))  # type: ignore[misc]
    async with AsyncExitStack() as stack, _at_work(NodesWorld(pbxs, stack), stack, *pbxs.values()) as world:
        yield world


@asynccontextmanager
async def _at_work(world: AsteriskWorld, stack: AsyncExitStack, *pbxs: Pbx) -> AsyncIterator[World]:
    await world.telephony.start()
    await world.is_connected()
    await world.telephony.set_fallback([], [])
    try:
        yield world
    finally:
        for pbx in pbxs:
            await pbx.hang_up_all()
        with suppress(CallFailed):
            await stack.aclose()
        await world.ears.stop()
        await world.telephony.close()
