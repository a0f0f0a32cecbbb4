"""From the click that begins a ladder to the last contact's telephone: all contacts of one emergency are rung at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from statistics import median
from typing import Any

import httpx
from sqlalchemy import text

from callcenter.bench.centre import BenchCentre, BenchFailed, Say
from callcenter.bench.figure import Figure
from callcenter.bench.phones import StampedPhone
from callcenter.kit.db import Database
from callcenter.telephony.softphone import Address

SOS_LINE = "1234900"
ROUNDS, CONTACTS, BAR = 8, 5, 2.0  # emergencies one after the other; of each; s
TRIES = 4  # presses until one has an agent
RUNGS = {"rungs": [{"who": "contacts"}]}


class Outside(StampedPhone):
    """The trunk's far side: every contact's telephone. `reached`: number → ns when it began to ring."""

    def __init__(self, port: int) -> None:
        super().__init__(port=port, name="outside")
        self.reached: dict[str, int] = {}

    def datagram_received(self, data: bytes, address: Address) -> None:
        if data.startswith(b"INVITE "):
            self.reached.setdefault(data.split(b" ", 2)[1].decode().partition("sip:")[2].partition("@")[0], time.time_ns())
        super().datagram_received(data, address)


async def contacts_ringing(centre: BenchCentre, say: Say) -> list[Figure]:
    say(f"{ROUNDS} emergencies, {CONTACTS} contacts of each rung at once")
    database = Database(centre.owner_url, pool_size=2)
    waited: list[float] = []
    try:
        numbers = await _contacts(database, centre.callers[:ROUNDS])
        async with Outside(centre.trunk_port) as outside, StampedPhone() as elder:
            await asyncio.sleep(2.5)  # the trunk is probed every two seconds
            for caller in centre.callers[:ROUNDS]:
                waited.append(await _one(centre, database, elder, outside, caller, numbers[caller]))
    finally:
        await database.close()
    return [
        Figure(
            "contacts_ringing",
            f"from the click to the last of {CONTACTS} contacts' telephones, the slowest of {ROUNDS} emergencies",
            round(max(waited), 2), "s", BAR, "", None, None, f"median {median(waited):.2f} s",
        )
    ]  # fmt: skip


async def _contacts(database: Database, callers: Sequence[str]) -> dict[str, set[str]]:
    """Five mobiles for each of these elders, instead of those that she has."""
    made: dict[str, set[str]] = {}
    async with database.transaction() as session:
        for at, caller in enumerate(callers):
            e164 = "+86" + caller.removeprefix("0")
            elder = (await session.execute(text("SELECT elder_id FROM elder_numbers WHERE e164 = :n"), {"n": e164})).scalar_one()
            await session.execute(text("DELETE FROM elder_contacts WHERE elder_id = :e"), {"e": elder})
            made[caller] = {f"139{at:04}{n:04}" for n in range(CONTACTS)}
            await session.execute(
                text(
                    "INSERT INTO elder_contacts (id, elder_id, position, name, relation, number, has_key, key_note, is_guardian) "
                    "SELECT gen_random_uuid(), :e, row_number() OVER (), '家人', '家人', '+86' || n, false, '', false FROM unnest(CAST(:n AS text[])) n"
                ),
                {"e": elder, "n": sorted(made[caller])},
            )
    return made


async def _one(centre: BenchCentre, database: Database, elder: StampedPhone, outside: Outside, caller: str, numbers: set[str]) -> float:
    """Seconds from the click to the last of these telephones."""
    for _ in range(TRIES):  # what the PBX carried alone on a busy machine is another figure's matter
        call = await elder.call(SOS_LINE, pbx=centre.pbx, from_number=caller)
        if (found := await _owned(centre, database, caller)) is not None:
            break
        await call.hang_up()
    else:
        raise BenchFailed("presses of one elder came to no agent")
    case_id, desk = found
    clicked = time.time_ns()
    (await desk.post(f"/api/emergencies/{case_id}/ladder", json=RUNGS)).raise_for_status()
    end = time.monotonic() + 15
    while not numbers <= outside.reached.keys():
        if time.monotonic() > end:
            raise BenchFailed(f"only {len(numbers & outside.reached.keys())} of {len(numbers)} contacts were rung")
        await asyncio.sleep(0.01)
    with suppress(httpx.HTTPError):
        await desk.post(f"/api/emergencies/{case_id}/ladder/stop", json={"reason": "测量"})
    await call.hang_up()
    return (max(outside.reached[number] for number in numbers) - clicked) / 1e9


async def _owned(centre: BenchCentre, database: Database, caller: str) -> tuple[str, httpx.AsyncClient] | None:
    """The case of this press when it has an emergency and an owner, and its owner's desk. None: an agent did not get it in time."""
    for _ in range(300):
        async with database.transaction() as session:
            found: Any = (
                await session.execute(
                    text(
                        "SELECT s.id, u.username FROM calls c JOIN cases s ON s.id = c.case_id JOIN emergencies e ON e.case_id = s.id "
                        "JOIN users u ON u.id = s.owner_id WHERE c.caller_raw = :n AND c.kind = 'sos' AND c.state = 'talking'"
                    ),
                    {"n": caller},
                )
            ).first()
        if found is not None:
            return str(found.id), centre.desks[int(found.username.removeprefix("bench"))]
        await asyncio.sleep(0.05)
    return None
