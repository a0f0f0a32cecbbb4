"""Presses through the real trunk: how long until a telephone rings, beside app_queue with as many telephones on the same Asterisk."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from statistics import median

from sqlalchemy import text

from callcenter.bench.centre import NATIVE_LINE, OUR_LINE, BenchCentre, Say
from callcenter.bench.figure import Figure, compared, quantile
from callcenter.bench.phones import StampedPhone
from callcenter.kit.db import Database
from callcenter.telephony.softphone import CallFailed

PRESSES = 100  # one after the other, each way
RATES, SECONDS = (10, 20, 40), 10.0
TALK = 0.15  # s
GAP = 0.4  # s between two presses one by one: what the last one left is written
PATIENCE = 10.0
TONE_HELD = 150.0  # ms for which the console may hold the ring tone back for the pop
NATIVE = "app_queue on the same Asterisk"


@dataclass(slots=True)
class Heard:
    caller: str
    rang_ms: float | None  # None: no telephone rang
    answered: bool


def caller_of(centre: BenchCentre, line: str, number: int) -> str:
    """Each way has elders of its own: what app_queue carries is a press that voice missed, for our own record, and leaves its caller a call-back."""
    half = len(centre.callers) // 2
    return centre.callers[number % half + (half if line == NATIVE_LINE else 0)]


async def press(centre: BenchCentre, elder: StampedPhone, line: str, caller: str) -> Heard:
    """One press, answered by whoever is rung, a few words, put down by the elder."""
    elder.sent.pop(caller, None)
    centre.forget_caller(caller)  # at a high rate each presses more than once
    call = await elder.call(line, pbx=centre.pbx, from_number=caller)
    answered = False
    with suppress(TimeoutError, CallFailed):
        await call.answered(PATIENCE)
        answered = True
        await asyncio.sleep(TALK)
    await call.hang_up()
    elder.calls.pop(call.id, None)
    rung, sent = centre.rung(line, caller), elder.sent.get(caller)
    return Heard(caller, (rung - sent) / 1e6 if rung and sent else None, answered)


async def one_by_one(centre: BenchCentre, line: str, count: int) -> list[Heard]:
    async with StampedPhone() as elder:
        heard = []
        for n in range(count):
            heard.append(await press(centre, elder, line, caller_of(centre, line, n)))
            await asyncio.sleep(GAP)
        return heard


async def at_rate(centre: BenchCentre, line: str, rate: int) -> list[Heard]:
    async with StampedPhone() as elder:
        loop, began = asyncio.get_running_loop(), asyncio.get_running_loop().time()
        tasks = []
        for n in range(int(rate * SECONDS)):
            await asyncio.sleep(max(0.0, began + n / rate - loop.time()))
            tasks.append(asyncio.create_task(press(centre, elder, line, caller_of(centre, line, n))))
        return list(await asyncio.gather(*tasks))


def rang(heard: list[Heard]) -> list[float]:
    return [one.rang_ms for one in heard if one.rang_ms is not None]


async def settle(centre: BenchCentre) -> None:
    """What the last round left has ended everywhere, and what app_queue carried is written too."""
    database = Database(centre.owner_url, pool_size=1)
    try:
        seen, now = -1, 0
        for _ in range(30):
            await asyncio.sleep(2.0)
            async with database.transaction() as session:
                seen, now = now, int(await session.scalar(text("SELECT count(*) FROM call_events")) or 0)
            if seen == now:
                break
    finally:
        await database.close()
    centre.forget()


async def press_to_ring(centre: BenchCentre, say: Say, presses: int = PRESSES) -> list[Figure]:
    say(f"{presses} presses one after the other, each way")
    ours: list[Heard] = []
    native: list[Heard] = []
    pops: dict[str, float] = {}
    for _ in range(4):  # in turns, so that both meet the same machine
        await settle(centre)
        native += await one_by_one(centre, NATIVE_LINE, presses // 4)
        await settle(centre)
        part = await one_by_one(centre, OUR_LINE, presses // 4)
        await asyncio.sleep(0.5)
        for one in part:
            rung, pop = centre.rung(OUR_LINE, one.caller), centre.pops.get(one.caller)
            if rung and pop:
                pops[f"{len(ours)}/{one.caller}"] = (pop - rung) / 1e6
        ours += part
    figures = [
        compared(
            "press_to_ring",
            "press (INVITE on the trunk) → an agent's telephone rings, median; stored, elder found, case opened before it",
            median(rang(ours)),
            "ms",
            bar=5,
            against=NATIVE,
            against_figure=median(rang(native)),
            note=f"p90 {quantile(rang(ours), 0.9):.1f} ms (app_queue {quantile(rang(native), 0.9):.1f}), p99 {quantile(rang(ours), 0.99):.1f} ms "
            f"({quantile(rang(native), 0.99):.1f}); {len(rang(ours))} of {len(ours)} rang. The next aim is 3 ×.",
        )
    ]
    in_time = sum(late <= TONE_HELD for late in pops.values()) / max(1, len(ours))
    figures.append(
        Figure(
            "pop_before_tone",
            f"presses whose screen pop reaches the console before the telephone's tone is heard (held back {TONE_HELD:.0f} ms at most)",
            round(in_time, 4), "share", 0.99, "", None, None,
            f"the pop comes {median(pops.values()) if pops else 0:.1f} ms after the INVITE (median), p99 {quantile(list(pops.values()), 0.99):.1f} ms",
            more_is_better=True,
        )
    )  # fmt: skip
    return figures


async def presses_a_second(centre: BenchCentre, say: Say) -> list[Figure]:
    figures = []
    centre.read_pops = False
    for rate in RATES:
        say(f"{rate} presses a second for {SECONDS:.0f} s, each way")
        await settle(centre)
        native = await at_rate(centre, NATIVE_LINE, rate)
        await settle(centre)
        ours = await at_rate(centre, OUR_LINE, rate)
        lost = sum(not one.answered for one in ours)
        figures.append(
            compared(
                f"presses_{rate}",
                f"{rate} presses a second: press → ring, p99",
                quantile(rang(ours), 0.99), "ms",
                bar=None, against=NATIVE, against_figure=quantile(rang(native), 0.99),
                note=f"median {median(rang(ours)):.1f} ms (app_queue {median(rang(native)):.1f}); not answered within {PATIENCE:.0f} s: {lost} of {len(ours)} "
                f"(app_queue {sum(not one.answered for one in native)} of {len(native)})",
            )
        )  # fmt: skip
    centre.read_pops = True
    return figures
