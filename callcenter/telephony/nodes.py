"""One PBX that is several: nodes with a lease, a board and a journal in common (docs/adr/0009).

A press bears its node's name before its channel id. A leg goes where the channel is that it will talk with (`beside`, `into`), also when its telephone is
registered at another node: then that node is asked for it (`account:NAME@NODE`). Accounts and the fallback's list lie at every node; one that is away gets
them when it is back. A telephone is reachable while it is registered anywhere.

A node that is away has not ended its calls: a cut network is no dead PBX. Only when it has been away for `lost_after` are they over (NodeLost); and as long as
none is heard nothing is given up, for then it may be we who are cut off.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import structlog

from callcenter.telephony.port import (
    Account,
    AccountState,
    CarrierPress,
    CarrierRecording,
    CarrierUnreachable,
    ChannelEnded,
    ChannelGone,
    Connected,
    Disconnected,
    Event,
    LegAnswered,
    Live,
    NodeLost,
    PlaybackFinished,
    Press,
    Probed,
    Telephony,
    TelephonyError,
)
from callcenter.telephony.several import MOST, Several

log = structlog.get_logger()
T = TypeVar("T")

_OF_NODE = re.compile(r"([a-z][a-z0-9]*)-\d{9,}\.\d+")  # a channel that a node of this name made by itself
_MARK, _MARKS = "=", ";"  # between a node and its mark in the history, and between nodes
_FIRST = 1.0  # s within which a node that is there has answered a voice that has just started
_AGAIN = 1.0  # s until a node that is there, but has not said what lives, is asked anew
_LOOK = 0.2  # s between two looks whether a node is lost


def node_in(channel_id: str) -> str:
    """The node that made this channel, "" when none did."""
    match = _OF_NODE.fullmatch(channel_id)
    return match[1] if match else ""


class NodePbx(Telephony, Protocol):
    """What a node can do beside the port."""

    async def training_account(self, number: str) -> str:
        """The account of a telephone registered here that plays this number, "" when none does."""

    async def listen_for_sound_of(self, account: str) -> None:
        """A telephone registered here has answered for another node: is it heard at all?"""

    async def drop_calls_of(self, node: str) -> None:
        """Telephones registered here stop ringing for a node that is away: nobody there could hear that they are picked up."""


@dataclass(eq=False)
class _Node:
    name: str
    pbx: NodePbx
    up: bool = False
    since: float = 0.0  # it has been away since then, by the steady clock
    given_up: bool = False
    still_rings: bool = True  # telephones at others may ring for it: as a voice before us has left it
    reachable: set[str] = field(default_factory=set)
    missing: dict[str, Account | None] = field(default_factory=dict)  # accounts it has not been told of; None: to be dropped
    fallback_missing: bool = False


class Nodes(Several):
    """See the port. Its name is that of the whole, its abilities are those that every node has."""

    def __init__(self, name: str, nodes: Mapping[str, NodePbx], *, lost_after: Callable[[], float], training: bool = False) -> None:
        """`lost_after`: seconds, as they count now. `training`: numbers may be played by training telephones."""
        super().__init__(*nodes.values())
        self.name = name
        self.capabilities = frozenset.intersection(*(frozenset(pbx.capabilities) for pbx in nodes.values()))
        self._nodes = [_Node(of, pbx) for of, pbx in nodes.items()]
        self._by_pbx: dict[Telephony, _Node] = {node.pbx: node for node in self._nodes}
        self._lost_after, self._training = lost_after, training
        self._registered: dict[str, list[_Node]] = {}  # account -> where its telephone is, the latest last
        self._elsewhere: dict[str, tuple[_Node, str]] = {}  # legs to a telephone at another node than their own: which, and its account
        self._fallback: tuple[list[str], list[str]] | None = None
        self._silent: set[tuple[str, str]] = set()  # nodes that did not answer, and what
        self._turn = self._tries = 0

    # --- events -----------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        for node in self._nodes:
            node.since = time.monotonic()
        await super().start()
        self._tasks.append(asyncio.create_task(self._look_for_the_lost(), name="nodes-lost"))

    async def _pump(self, one: Telephony) -> None:
        node = self._by_pbx[one]
        async for event in one.events():
            match event:
                case Connected():
                    self._is_back(node)
                case Disconnected(replaced=True):
                    self._queue.put_nowait(event)
                case Disconnected():
                    self._is_away(node)
                case AccountState():
                    self._is_registered(node, event.account, event.reachable)
                case LegAnswered():
                    self._pass_on(event)
                    if (there := self._elsewhere.get(event.channel_id)) is not None:
                        self._beside(self._listen_for_sound(*there))
                case ChannelEnded():
                    self._pass_on(event)
                    self._places.forget(event.channel_id)
                    self._elsewhere.pop(event.channel_id, None)
                case PlaybackFinished():
                    self._places.forget(event.playback_id)
                    self._pass_on(event)
                case Press():
                    self._settle(event.channel_id, node.pbx)
                    self._pass_on(event)
                case _:
                    self._pass_on(event)

    def _pass_on(self, event: Event) -> None:
        self._queue.put_nowait(event)

    def _is_back(self, node: _Node) -> None:
        alone = not any(one.up for one in self._nodes)
        node.up, node.given_up, node.still_rings = True, False, False
        log.info("node_is_here", node=node.name)
        self._queue.put_nowait(Connected("" if alone else node.name))
        self._beside(self._write_what_is_missing(node))

    def _beside(self, work: Coroutine[Any, Any, None]) -> None:
        """Not waited for; over with us."""
        self._tasks = [task for task in self._tasks if not task.done()]
        self._tasks.append(asyncio.create_task(work))

    async def _listen_for_sound(self, at: _Node, account: str) -> None:
        """There it is known what kind of telephone it is, and how much has come from it."""
        with suppress(TelephonyError):
            await at.pbx.listen_for_sound_of(account)

    def _is_away(self, node: _Node) -> None:
        if not node.up:
            return
        node.up, node.since = False, time.monotonic()
        log.warning("node_is_away", node=node.name)
        self._queue.put_nowait(Disconnected(node=node.name if any(one.up for one in self._nodes) else ""))
        for account in list(node.reachable):
            self._is_registered(node, account, False)
        self._drop_calls(node)

    def _drop_calls(self, of: _Node) -> None:
        """Telephones at the others stop ringing for it."""

        async def drop(at: _Node) -> None:
            with suppress(TelephonyError):
                await at.pbx.drop_calls_of(of.name)

        of.still_rings = False
        for one in self._nodes:
            if one.up:
                self._beside(drop(one))

    async def _look_for_the_lost(self) -> None:
        while True:
            await asyncio.sleep(_LOOK)
            now = time.monotonic()
            is_heard = any(node.up for node in self._nodes)
            for node in self._nodes:
                if node.up or node.given_up:
                    continue
                if not is_heard:
                    node.since = now
                    continue
                if node.still_rings and now - node.since >= _FIRST:
                    self._drop_calls(node)
                if now - node.since >= self._lost_after():
                    node.given_up = True
                    log.error("node_is_lost", node=node.name)
                    self._queue.put_nowait(NodeLost(node.name))

    def _is_registered(self, node: _Node, account: str, reachable: bool) -> None:
        """News of a telephone only when it is news for all of them together."""
        (node.reachable.add if reachable else node.reachable.discard)(account)
        places = [one for one in self._registered.get(account, []) if one is not node]
        was = account in self._registered
        if reachable:
            places.append(node)
        if places:
            self._registered[account] = places
        else:
            self._registered.pop(account, None)
        if was != bool(places):
            self._queue.put_nowait(AccountState(account, bool(places)))

    # --- which node ---------------------------------------------------------------------------------------------------------

    @property
    def _first(self) -> _Node:
        return next((node for node in self._nodes if node.up), self._nodes[0])

    def _named(self, name: str) -> _Node | None:
        return next((node for node in self._nodes if node.name == name), None)

    def _having(self, name: str) -> _Node | None:
        if (place := self._places.get(name)) is not None:
            return self._by_pbx[place]
        return self._named(node_in(name))

    def _of(self, name: str) -> Telephony:
        return (self._having(name) or self._first).pbx

    def _settle(self, name: str, at: Telephony) -> None:
        self._places.put(name, at)

    def node_of(self, channel_id: str) -> str:
        node = self._having(channel_id)
        return node.name if node else ""

    def _at(self, account: str) -> _Node | None:
        """Where its telephone was seen last, of those that are there."""
        return next((node for node in reversed(self._registered.get(account, [])) if node.up), None)

    def _next(self) -> _Node:
        """One after the other."""
        there = [node for node in self._nodes if node.up] or self._nodes
        self._turn += 1
        return there[self._turn % len(there)]

    # --- what lives there -----------------------------------------------------------------------------------------------------

    async def live(self) -> Live:
        """Of those that can be asked. Raises when none can."""
        there = [node for node in self._nodes if node.up]
        found = await self._of_each(there, lambda node: node.pbx.live(), "live")
        for node in there:
            if node not in found:
                self._beside(self._again(node))
        if not found:
            raise CarrierUnreachable("no node of the PBX answers")
        whole = Live(unread=frozenset(node.name for node in self._nodes if node not in found))
        reachable: set[str] = set()
        for node, live in found.items():
            for name in (*live.channels, *live.bridges):
                self._settle(name, node.pbx)
            for account in node.reachable - live.reachable:
                self._is_registered(node, account, False)
            for account in live.reachable - node.reachable:
                self._is_registered(node, account, True)
            reachable |= live.reachable
            whole = Live(whole.channels | live.channels, whole.bridges | live.bridges, frozenset(reachable), whole.unread)
        return whole

    async def _again(self, node: _Node) -> None:
        """It is there and was not read: what lives there is still unknown."""
        await asyncio.sleep(_AGAIN)
        if node.up:
            self._queue.put_nowait(Connected(node.name))

    async def _of_each(self, nodes: Sequence[_Node], ask: Callable[[_Node], Awaitable[T]], what: str) -> dict[_Node, T]:
        """The answers of those that gave one."""
        answers: list[T | BaseException] = await asyncio.gather(*(ask(node) for node in nodes), return_exceptions=True)
        found: dict[_Node, T] = {}
        for node, answer in zip(nodes, answers, strict=True):
            if isinstance(answer, TelephonyError):
                if (node.name, what) not in self._silent:  # said once: a node may be away for days
                    log.warning("node_does_not_answer", node=node.name, what=what, error=type(answer).__name__)
                self._silent.add((node.name, what))
            elif isinstance(answer, BaseException):
                raise answer
            else:
                self._silent.discard((node.name, what))
                found[node] = answer
        return found

    async def history(self, since: str) -> tuple[list[CarrierPress], str]:
        """Each node has a mark of its own; one that can't be read keeps it, and costs the others nothing."""
        marks = dict(part.split(_MARK, 1) for part in since.split(_MARKS) if _MARK in part)
        found = await self._of_each(self._nodes, lambda node: node.pbx.history(marks.get(node.name, "")), "history")
        if not found:
            raise CarrierUnreachable("no node's record can be read")
        presses = [press for read, _ in found.values() for press in read]
        marks |= {node.name: mark for node, (_, mark) in found.items() if mark}
        return presses, _MARKS.join(f"{name}{_MARK}{mark}" for name, mark in sorted(marks.items()))

    async def recordings(self, *names: str) -> list[CarrierRecording]:
        found = await self._of_each(self._nodes, lambda node: node.pbx.recordings(*names), "recordings")
        if not found:
            raise CarrierUnreachable("no node's recordings can be read")
        for node, recordings in found.items():
            for recording in recordings:
                self._settle(recording.name, node.pbx)
        return [recording for some in found.values() for recording in some]

    # --- the press ------------------------------------------------------------------------------------------------------------

    async def press_itself(self, channel_id: str, *, caller: str, called: str) -> None:
        """Each node in its turn, also one that is away: there it fails, and somebody is told."""
        self._tries += 1
        node = self._nodes[self._tries % len(self._nodes)]
        self._settle(channel_id, node.pbx)
        await node.pbx.press_itself(channel_id, caller=caller, called=called)

    # --- channels -------------------------------------------------------------------------------------------------------------

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
        kind, _, target = to.partition(":")
        # an id that is taken stays where it is: it is refused there
        node = self._having(channel_id) or (self._having(into) if into else None) or (self._having(beside) if beside else None)
        if kind == "account":
            registered = self._at(target)
            node = node or registered or self._first
            if registered is not None and registered is not node and node not in self._registered[target]:
                to = f"account:{target}@{registered.name}"
                self._elsewhere[channel_id] = (registered, target)
                if len(self._elsewhere) > MOST:
                    del self._elsewhere[next(iter(self._elsewhere))]
        else:
            node = node or self._next()
            if self._training and kind == "number":
                to = await self._played_elsewhere(node, target) or to
        self._settle(channel_id, node.pbx)
        await node.pbx.ring(
            channel_id, to, caller=caller, caller_name=caller_name, timeout=timeout, headers=headers, into=into, beside=beside
        )

    async def _played_elsewhere(self, node: _Node, number: str) -> str:
        for other in self._nodes:
            if other is node or not other.up or await node.pbx.training_account(number):
                continue
            if account := await other.pbx.training_account(number):
                return f"account:{account}@{other.name}"
        return ""

    # --- talking --------------------------------------------------------------------------------------------------------------

    async def bridge(self, bridge_id: str, *channel_ids: str, beside: str = "") -> None:
        at = self._together(bridge_id, channel_ids, "" if self._having(bridge_id) else beside)
        self._settle(bridge_id, at)
        await at.bridge(bridge_id, *channel_ids)

    async def end_bridge(self, bridge_id: str) -> None:
        try:
            await self._of(bridge_id).end_bridge(bridge_id)
        except ChannelGone:
            self._places.forget(bridge_id)
            raise
        self._places.forget(bridge_id)

    # --- telephones -------------------------------------------------------------------------------------------------------------

    async def put_account(self, account: Account, *, restore: bool = False) -> None:
        await self._at_every(
            lambda node: node.pbx.put_account(account, restore=restore), lambda node: self._is_missing(node, account.name, account)
        )

    async def drop_account(self, name: str) -> None:
        await self._at_every(lambda node: node.pbx.drop_account(name), lambda node: self._is_missing(node, name, None))

    @staticmethod
    def _is_missing(node: _Node, name: str, account: Account | None) -> None:
        node.missing[name] = account

    async def set_fallback(self, accounts: list[str], duty: list[str]) -> None:
        self._fallback = (list(accounts), list(duty))

        def remember(node: _Node) -> None:
            node.fallback_missing = True

        await self._at_every(lambda node: node.pbx.set_fallback(accounts, duty), remember)

    async def _at_every(self, do: Callable[[_Node], Awaitable[None]], remember: Callable[[_Node], None]) -> None:
        """At all that are there; those that are away, or do not answer, are told when they are back. Raises when none was told."""
        error: TelephonyError | None = None
        told = False
        for node in self._nodes:
            if not node.up:
                remember(node)
                continue
            try:
                await do(node)
                told = True
            except CarrierUnreachable as problem:
                remember(node)
                error = problem
        if not told:
            raise error or CarrierUnreachable("no node of the PBX answers")

    async def _write_what_is_missing(self, node: _Node) -> None:
        try:
            while node.missing:
                name, account = next(iter(node.missing.items()))
                await (node.pbx.put_account(account) if account else node.pbx.drop_account(name))
                if node.missing.get(name) == account:
                    del node.missing[name]
            if node.fallback_missing and self._fallback is not None:
                node.fallback_missing = False
                await node.pbx.set_fallback(*self._fallback)
        except CarrierUnreachable as error:
            node.fallback_missing = True
            log.warning("node_not_brought_up_to_date", node=node.name, error=type(error).__name__)

    async def probe(self, channel_id: str, account: str, *, within: float) -> Probed:
        node = self._at(account) or self._first
        self._settle(channel_id, node.pbx)
        try:
            return await node.pbx.probe(channel_id, account, within=within)
        finally:
            self._places.forget(channel_id)
