"""Calls that the centre makes of its own accord: 500 follow-ups over 20 lines, the worker killed among them, then how soon one that is due is dialled."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import Row, text

from callcenter.bench.centre import BenchCentre, BenchFailed, Say, process_of
from callcenter.bench.figure import Figure
from callcenter.bench.phones import NoSound, StampedPhone
from callcenter.cases.actions import LinkedTo, open_case
from callcenter.cases.states import Severity
from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.outreach.actions import NewPlan, plan_call
from callcenter.outreach.states import Purpose, Way, Why
from callcenter.settings import get_settings
from callcenter.telephony.softphone import Address, Call

CALLS, LINES = 500, 20  # the centre is started with so many automatic calls at once (centre.py)
THINKS = 8.0  # s from picking up to the key; the whole sentence would be 25 s
KILLED_AT = 200  # calls begun when the worker is killed
PATIENCE = 1_500.0  # s
SINGLE, EVERY = 20, 1.5  # plans that become due one after the other, s between
DUE_WITHIN = 5.0  # s
RATING = "5"


class Keypad(NoSound):
    """Sends keys, and no sound."""

    def send_to(self, host: str, port: int) -> None:
        self._peer = (host, port)


class Elders(StampedPhone):
    """The trunk's far side: every elder picks up at once, thinks, presses a key and waits for the good-bye. `dialled`: each INVITE's number and ns."""

    media_class = Keypad

    def __init__(self, port: int) -> None:
        super().__init__(port=port, name="outside", answer_after=0.02)
        self.dialled: list[tuple[str, int]] = []
        self._seen: set[str] = set()
        self._keyed: set[str] = set()

    def datagram_received(self, data: bytes, address: Address) -> None:
        if data.startswith(b"INVITE "):
            call_id = next((line for line in data.split(b"\r\n") if line.lower().startswith(b"call-id:")), b"").decode()
            if call_id not in self._seen:  # not one that is only said again
                self._seen.add(call_id)
                self.dialled.append((data.split(b" ", 2)[1].decode().partition("sip:")[2].partition("@")[0], time.time_ns()))
        super().datagram_received(data, address)

    def live(self) -> list[Call]:
        return [call for call in self.calls.values() if call.state in ("ringing", "talking")]

    def press_keys(self) -> None:
        """Called often: who has just been answered begins to think."""
        for call in self.live():
            if call.state == "talking" and call.id not in self._keyed:
                self._keyed.add(call.id)
                self.spawn(self._key(call))

    async def _key(self, call: Call) -> None:
        await asyncio.sleep(THINKS)
        if call.state == "talking":
            await call.media.press(RATING)


async def outreach(centre: BenchCentre, say: Say) -> list[Figure]:
    say(f"{CALLS} automatic calls over {LINES} lines; after {KILLED_AT} the worker is killed")
    env = json.loads(await asyncio.to_thread((centre.home / "env.json").read_text))
    os.environ["ONEKEY_FIELD_KEY"] = env["ONEKEY_FIELD_KEY"]  # what is written here the centre's processes must be able to read
    get_settings.cache_clear()
    database = Database(centre.owner_url, pool_size=2)
    try:
        numbers = await _numbers(database, CALLS + SINGLE)
        async with Elders(centre.trunk_port) as elders:
            await asyncio.sleep(2.5)  # the trunk is probed every two seconds
            many = await _many(centre, database, elders, numbers[:CALLS], say)
            say(f"{SINGLE} calls become due one after the other")
            return [*many, await _single(database, elders, numbers[CALLS:])]
    finally:
        await database.close()


async def _numbers(database: Database, count: int) -> list[tuple[uuid.UUID, str]]:
    """So many more elders, each at home with a mobile of her own."""
    async with database.transaction() as session:
        columns = await session.scalars(
            text(
                "SELECT quote_ident(column_name) FROM information_schema.columns WHERE table_name = 'elders' AND is_generated = 'NEVER' "
                "AND column_name NOT IN ('id', 'id_number', 'id_number_index', 'card_number')"
            )
        )
        copied = ", ".join(columns)
        rows = await session.scalars(
            text(
                f"INSERT INTO elders (id, {copied}) SELECT gen_random_uuid(), {copied} FROM elders, generate_series(1, 3) "  # noqa: S608
                "WHERE presence = 'home' AND merged_into IS NULL LIMIT :n RETURNING id"
            ),
            {"n": count},
        )
        made = [(uuid.UUID(str(elder_id)), f"1377{n:07}") for n, elder_id in enumerate(rows)]
        for elder_id, number in made:
            await session.execute(
                text(
                    "INSERT INTO elder_numbers (id, elder_id, position, e164, label, source, learned_at) "
                    "VALUES (gen_random_uuid(), :e, 1, :n, '', 'agent', now())"
                ),
                {"e": elder_id, "n": f"+86{number}"},
            )
    if len(made) < count:
        raise BenchFailed(f"{len(made)} elders are too few for {count} calls")
    return made


async def _plan(database: Database, people: Sequence[tuple[uuid.UUID, str]], due: datetime, why: str) -> None:
    for start in range(0, len(people), 50):
        async with database.transaction() as session:
            for elder_id, _ in people[start : start + 50]:
                case = await open_case(
                    session, elder_id=elder_id, caller_key=None, is_sos=False, severity=Severity.N1, linked=LinkedTo(None), at=clock.now(), data={}
                )  # fmt: skip
                new = NewPlan(
                    f"bench:{why}:{elder_id}", Purpose.JOB, Way.KEYS, Why.STANDARD, elder_id, due, due + timedelta(days=1), case_id=case.id,
                    item_code="JZ01",
                )  # fmt: skip
                await plan_call(session, new)


async def _many(centre: BenchCentre, database: Database, elders: Elders, people: list[tuple[uuid.UUID, str]], say: Say) -> list[Figure]:
    due = clock.now() + timedelta(hours=1)
    await _plan(database, people, due, "many")
    async with database.transaction() as session:
        await session.execute(text("UPDATE call_plans SET due_at = now() WHERE dedupe_key LIKE 'bench:many:%'"))
    began, busy, killed = time.monotonic(), [], False
    end = began + PATIENCE
    while time.monotonic() < end:
        await asyncio.sleep(0.1)
        elders.press_keys()
        so_far = len(elders.dialled)
        if LINES <= so_far < CALLS:  # from the first full house to the last call that is begun
            busy.append(len(elders.live()))
        if not killed and so_far >= KILLED_AT:
            killed = True
            os.kill(await asyncio.to_thread(process_of, centre.pid, "worker"), signal.SIGKILL)
            say("the worker is killed")
        if so_far >= CALLS and not elders.live():
            break
    took = time.monotonic() - began
    await asyncio.sleep(3)
    rows = await _outcome(database, "many")
    dialled = Counter(number for number, _ in elders.dialled)
    wanted = {number for _, number in people}
    once = sum(dialled[number] == 1 for number in wanted)
    states = Counter((row.state, row.result, row.attempts) for row in rows)
    rated = states["done", "rated", 1]
    share = sum(busy) / len(busy) / LINES if busy else 0.0
    told = ", ".join(f"{count} {state}/{result}/{attempts}" for (state, result, attempts), count in states.most_common())
    return [
        Figure(
            "outreach_500",
            f"{CALLS} automatic calls, {LINES} lines, the worker killed (SIGKILL) after {KILLED_AT}: elders who were rung once and whose answer is stored",
            min(once, rated), "elders", CALLS, "", None, None,
            f"{once} of {CALLS} rung exactly once, {sum(n > 1 for n in dialled.values())} more than once, "
            f"{len(wanted - dialled.keys())} not at all; plans by state, result and attempts: {told}; {took:.0f} s in all",
            more_is_better=True,
        ),
        Figure(
            "outreach_lines", f"of {LINES} lines so many are busy, from the first full house to the last call that is begun",
            round(share, 3), "share", 0.9, "", None, None,
            f"a conversation takes {THINKS:g} s until the key and then the thanks; the time in which the worker was dead counts",
            more_is_better=True,
        ),
    ]  # fmt: skip


async def _single(database: Database, elders: Elders, people: list[tuple[uuid.UUID, str]]) -> Figure:
    await _plan(database, people, clock.now() + timedelta(hours=1), "single")
    dues: dict[str, float] = {}
    for elder_id, number in people:
        async with database.transaction() as session:
            await session.execute(text("UPDATE call_plans SET due_at = now() WHERE dedupe_key = :k"), {"k": f"bench:single:{elder_id}"})
        dues[number] = time.time()
        until = time.monotonic() + EVERY
        while time.monotonic() < until:
            await asyncio.sleep(0.1)
            elders.press_keys()
    end = time.monotonic() + 30
    while time.monotonic() < end and (elders.live() or not dues.keys() <= {number for number, _ in elders.dialled}):
        await asyncio.sleep(0.1)
        elders.press_keys()
    rung = {number: at / 1e9 for number, at in reversed(elders.dialled)}
    waited = [rung[number] - due for number, due in dues.items() if number in rung]
    slowest = max(waited, default=30.0) if len(waited) == len(dues) else 30.0
    return Figure(
        "outreach_due", f"a plan is due → its elder's telephone is dialled, the slowest of {SINGLE}", round(slowest, 2), "s", DUE_WITHIN, "", None, None,
        f"median {median(waited) if waited else 0:.2f} s; {len(dues) - len(waited)} not dialled within 30 s",
    )  # fmt: skip


async def _outcome(database: Database, why: str) -> Sequence[Row[Any]]:
    async with database.transaction() as session:
        statement = text("SELECT state, result, attempts FROM call_plans WHERE dedupe_key LIKE :k")
        return (await session.execute(statement, {"k": f"bench:{why}:%"})).all()
