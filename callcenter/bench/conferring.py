"""From the agent's click to 120's telephone: an elder is on the line, the agent calls 120 in, and the trunk's far side notes when its INVITE arrives."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from statistics import median

import httpx

from callcenter.bench.centre import OUR_LINE, BenchCentre, BenchFailed, Say
from callcenter.bench.figure import Figure, quantile
from callcenter.bench.phones import StampedPhone
from callcenter.telephony.softphone import CallFailed

CLICKS, PATIENCE = 40, 5.0  # s
PROBED = 2.5  # s: the trunk's far side is believed in after its next probe
SPOKEN, GAP = 0.4, 0.5  # s: a few words before the click; between two calls


async def outside_leg(centre: BenchCentre, say: Say) -> list[Figure]:
    say(f"120 is called into {CLICKS} calls")
    took: list[float] = []
    async with StampedPhone(port=centre.trunk_port, name="outside") as outside, StampedPhone() as elder:
        await asyncio.sleep(PROBED)
        for n in range(CLICKS):
            with suppress(TimeoutError, CallFailed):
                took.append(await _click(centre, elder, outside, centre.callers[n % len(centre.callers)]))
            await asyncio.sleep(GAP)
    return [
        Figure(
            "outside_leg",
            "an agent's click (HTTP) → 120's telephone rings, the elder on the line, median; the leg is a committed row before it is dialled",
            round(median(took), 1) if took else PATIENCE * 1000, "ms", 300, "", None, None,
            f"p90 {quantile(took, 0.9):.0f} ms, p99 {quantile(took, 0.99):.0f} ms; {CLICKS - len(took)} of {CLICKS} did not ring",
        )
    ]  # fmt: skip


async def _click(centre: BenchCentre, elder: StampedPhone, outside: StampedPhone, caller: str) -> float:
    """In ms. TimeoutError: it did not ring."""
    call = await elder.call(OUR_LINE, pbx=centre.pbx, from_number=caller)
    try:
        await call.answered(PATIENCE)
        desk, call_id = await _who_talks(centre)
        await asyncio.sleep(SPOKEN)
        outside.rung.clear()
        began = time.time_ns()
        answer = await desk.post(f"/api/calls/{call_id}/parties", json={"agency": "120"})
        if answer.status_code != 200 or answer.json()["outcome"] != "done":
            raise BenchFailed(f"120 is not called in: {answer.text}")
        rings = await outside.wait_call(PATIENCE)
        rung = next(iter(outside.rung.values()))
        await desk.post(f"/api/calls/{call_id}/hang-up", json={"all": True})
        with suppress(TimeoutError):
            await rings.ended(PATIENCE)
        return (rung - began) / 1e6
    finally:
        await call.hang_up()
        elder.calls.pop(call.id, None)


async def _who_talks(centre: BenchCentre) -> tuple[httpx.AsyncClient, str]:
    """The desk of the agent who has picked up, and the call's id."""
    for _ in range(100):
        for phone, desk in zip(centre.agents, centre.desks, strict=False):
            for call in phone.calls.values():
                if call.state == "talking" and call.invite and (call_id := call.invite.get("X-OneKey-Call")):
                    return desk, call_id
        await asyncio.sleep(0.02)
    raise TimeoutError
