"""voice, worker or api killed at ten moments of an emergency: the conversation stays, 120 and the neighbour come, nobody is rung twice for one step.

Real processes, real Asterisk, the agent in Chromium; everybody else on SIP telephones. A person does what people do: what was not done is clicked again.
"""

from __future__ import annotations

import asyncio
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from playwright.async_api import Error

from callcenter.telephony.softphone import Call, CallFailed, Softphone
from tests.e2e.conftest import MICROPHONE
from tests.e2e.running import PATIENCE, SOS, Agent, Centre

pytestmark = [pytest.mark.browser, pytest.mark.asterisk]
WITHIN = 9.0  # s after the press: from the first ring to the neighbour's answer and 120's
CHANCE = random.Random(20261126)
MOMENTS = [
    (number, process, round(CHANCE.uniform(0, WITHIN), 2)) for number, process in enumerate(("voice", "worker", "api") * 3 + ("voice",))
]
ELDER_TONE, OUTSIDE_TONE = 440.0, 500.0


class Town:
    """Everybody whom the centre rings: 120 answers, key-holders answer and press 1 until they are heard, all others let it ring."""

    def __init__(self, phone: Softphone, key_holders: set[str]) -> None:
        self.phone, self.key_holders = phone, key_holders
        self.rung: Counter[str] = Counter()
        self.outside: list[Call] = []

    async def live(self) -> None:
        async with asyncio.TaskGroup() as people:
            while True:
                call = await self.phone.incoming.get()
                number = call.invite.get("To").partition("sip:")[2].partition("@")[0] if call.invite else ""
                self.rung[number] += 1
                people.create_task(self.takes(call, number))

    async def takes(self, call: Call, number: str) -> None:
        with suppress(CallFailed, TimeoutError):
            if number == "120":
                await asyncio.sleep(0.5)
                await call.answer()
                call.media.play_tone(OUTSIDE_TONE)
                self.outside.append(call)
            elif number in self.key_holders:
                await asyncio.sleep(1.0)
                await call.answer()
                while call.state == "talking":
                    await asyncio.sleep(2.5)
                    await call.media.press("1")


@asynccontextmanager
async def town(centre: Centre, key_holders: set[str]) -> AsyncIterator[Town]:
    async with centre.carrier() as phone:
        people = Town(phone, key_holders)
        living = asyncio.create_task(people.live())
        try:
            yield people
        finally:
            living.cancel()
            await asyncio.gather(living, return_exceptions=True)


def dialled(e164: str) -> str:
    """As the trunk dials it."""
    return "0" + e164.removeprefix("+86") if not e164.startswith("+861") else e164.removeprefix("+86")


async def an_elder(centre: Centre, number: int) -> tuple[str, set[str]]:
    """Another one for each moment, with a key-holder, and a telephone that is hers alone; her number and her key-holders'."""
    rows = await centre.rows(
        "SELECT n.e164, array_agg(c.number) AS holders FROM elder_numbers n JOIN elder_contacts c ON c.elder_id = n.elder_id AND c.has_key "
        "JOIN elders e ON e.id = n.elder_id AND e.presence = 'home' "
        "WHERE n.position = 1 AND (SELECT count(*) FROM elder_numbers o WHERE o.e164 = n.e164) = 1 "
        "AND (c.valid_to IS NULL OR c.valid_to > now()) AND (c.valid_from IS NULL OR c.valid_from < now()) GROUP BY n.e164 ORDER BY n.e164 LIMIT 30"
    )
    row = rows[number]
    return dialled(row["e164"]), {dialled(holder) for holder in row["holders"]}


_POST = """
async ([path, body, key]) => {
  try {
    const me = await (await fetch('/api/auth/me')).json();
    const headers = { 'X-CSRF-Token': me.csrf, 'Content-Type': 'application/json', 'Idempotency-Key': key };
    const answer = await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) });
    return { status: answer.status, body: await answer.json() };
  } catch { return { status: 0, body: {} }; }
}
"""


async def clicks(agent: Agent, path: str, body: dict[str, Any], key: str, *, patience: float = PATIENCE) -> dict[str, Any]:
    """Once more under the same key as long as the centre does not answer."""
    answer: dict[str, Any] = {}
    for _ in range(int(patience)):
        with suppress(Error):
            answer = await agent.page.evaluate(_POST, [path, body, key])
            if answer["status"] == 200:
                return dict(answer["body"])
        await asyncio.sleep(1)
    raise AssertionError(f"{path} was not done: {answer}")


async def picks_up(agent: Agent) -> None:
    """Once more as long as it rings: her answer waits for a voice that is being started, but not for ever."""
    await agent.part("ring-answer").click()
    for _ in range(6):
        with suppress(AssertionError):
            return await agent.talks(15)
        with suppress(Error):
            await agent.part("ring-answer").click(timeout=1_000)
    await agent.talks()


async def brings_in_120(agent: Agent, centre: Centre, call_id: str, people: Town) -> None:
    """A failed try is told, and a person decides to try again; a program never does."""
    for attempt in range(6):
        answer = await clicks(agent, f"/api/calls/{call_id}/parties", {"agency": "120"}, f"120-{call_id}-{attempt}")
        for _ in range(120 if answer.get("outcome") == "done" else 10):
            if any(call.state == "talking" for call in people.outside):
                return
            await asyncio.sleep(0.25)
    raise AssertionError("120 was not reached in six tries")


async def tone_at(call: Call, frequency: float, patience: float = PATIENCE) -> float:
    level = 0.0
    for _ in range(int(patience / 0.25)):
        if (level := call.media.level(frequency)) > 0.05:
            break
        await asyncio.sleep(0.25)
    return level


@pytest.mark.parametrize("number,process,after", MOMENTS, ids=[f"{process}-at-{after}" for _, process, after in MOMENTS])
async def test_a_process_dies(centre: Centre, agent: Agent, number: int, process: str, after: float) -> None:
    caller, holders = await an_elder(centre, number)
    async with Softphone() as phone, town(centre, holders) as people:
        elder = await phone.call(SOS, pbx=("127.0.0.1", centre.sip_port), from_number=caller)

        async def dies() -> int:
            await asyncio.sleep(after)
            return centre.signal(process, signal.SIGKILL)

        dying = asyncio.create_task(dies())
        await picks_up(agent)
        await elder.answered(PATIENCE)
        elder.media.play_tone(ELDER_TONE)
        call = await centre.until_row("SELECT id, case_id FROM calls WHERE caller_raw = %s ORDER BY received_at DESC LIMIT 1", caller)
        case_id, call_id = str(call["case_id"]), str(call["id"])
        one = await centre.until_row("SELECT id FROM emergencies WHERE case_id::text = %s", case_id)
        await clicks(agent, f"/api/emergencies/{case_id}/ladder", {}, f"ladder-{case_id}")
        await brings_in_120(agent, centre, call_id, people)
        going = "SELECT 1 FROM contact_attempts WHERE emergency_id = %s AND state = 'going'"
        await centre.until_row(going, one["id"])

        killed = await dying
        for _ in range(400):
            with suppress(AssertionError):
                if centre.pid_of(process) != killed:
                    break
            await asyncio.sleep(0.2)
        assert centre.pid_of(process) != killed, "it was started again"
        assert elder.state == "talking"
        assert await tone_at(elder, MICROPHONE) > 0.05, "she hears her agent"
        crew = next(call for call in people.outside if call.state == "talking")
        assert await tone_at(crew, ELDER_TONE) > 0.05, "120 hears her"
        contacts = Counter({one: times for one, times in people.rung.items() if one != "120"})
        assert contacts and max(contacts.values()) == 1, f"nobody is rung twice for one step: {contacts}"
        late = "SELECT 1 FROM emergency_deadlines WHERE state = 'open' AND next_at < now() - interval '15 seconds' HAVING count(*) = 0"
        await centre.until_row(late)  # what is due is swept

        await clicks(agent, f"/api/calls/{call_id}/hang-up", {"all": True}, f"end-{call_id}")
        await elder.ended(PATIENCE)
        await clicks(agent, f"/api/calls/{call_id}/wrap-up", {"outcome": "helped", "note": ""}, f"wrap-{call_id}")
        await centre.until_row("SELECT 1 FROM emergencies WHERE id = %s AND state = 'closed'", one["id"])
