"""A simulated node of a PBX that is several: its own channels bear its name, as Asterisk's do with a `systemname`."""

from __future__ import annotations

from itertools import count

from callcenter.settings import Timings
from callcenter.telephony.simulator import Simulator


class SimNode(Simulator):
    def __init__(self, node: str, timings: Timings | None = None, *, prompt_seconds: float = 0.2) -> None:
        super().__init__(timings, name=node, prompt_seconds=prompt_seconds)
        self._serial = (f"{second}.1" for second in count(1_700_000_000))  # type: ignore[assignment]
        self.node, self.plays = node, dict[str, str]()
        self.dropped, self.listened = list[str](), list[str]()

    async def training_account(self, number: str) -> str:
        return self.plays.get(number, "")

    async def listen_for_sound_of(self, account: str) -> None:
        self.listened.append(account)

    async def drop_calls_of(self, node: str) -> None:
        self.dropped.append(node)
