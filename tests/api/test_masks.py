"""Every route that shows something, and the socket, asked by people who have no business with one elder: nothing of hers is in any answer or log.

The walk takes the routes from the app itself: a new one is walked without being named here.
"""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

import orjson
import pytest
import pytest_asyncio
import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import undefer

from callcenter.elders.making import ID_NUMBER_COLUMN
from callcenter.elders.models import Elder, ElderContact, ElderNumber
from callcenter.elders.rules import id_check_digit
from callcenter.kit import crypto
from callcenter.kit.phone import national, pretty
from callcenter.main import create_app
from callcenter.settings import Settings
from tests.api.routes import BODIES, Route, routes_of
from tests.house import House, until

ALONE = "+867103456789"
GETS = [
    r for r in routes_of(create_app(Settings(mode="test", redis_url=""))) if r.method == "GET" and not r.path.startswith("/api/training")
]
# the training telephone plays invented people and does not exist where real ones are


@dataclass
class Her:
    elder_id: str
    case_id: str
    task_id: str
    private: dict[str, str]  # what it is → what must not be seen


async def all_that_is_private(house: House) -> tuple[str, dict[str, str]]:
    async with house.owner.transaction() as session:
        elder_id = (await session.scalars(select(ElderNumber.elder_id).where(ElderNumber.e164 == ALONE))).one()
        elder = (
            await session.scalars(select(Elder).where(Elder.id == elder_id).options(undefer(Elder.health), undefer(Elder.id_number)))
        ).one()
        assert elder.birth_date and elder.id_number is None
        first = f"420606{elder.birth_date:%Y%m%d}882"
        elder.id_number = first + id_check_digit(first)  # taken away again by the fixture
        elder.id_number_index = crypto.index(elder.id_number, ID_NUMBER_COLUMN)
        numbers = (await session.scalars(select(ElderNumber.e164).where(ElderNumber.elder_id == elder_id))).all()
        contacts = (await session.scalars(select(ElderContact).where(ElderContact.elder_id == elder_id))).all()
    assert elder.health and contacts
    found = {"name": elder.name, "id number": elder.id_number, "door": f"{elder.building}-{elder.unit}-{elder.door}"}
    found |= {"entrance": elder.entrance_hint, "birth date": elder.birth_date.isoformat()}
    for number in [*numbers, *[c.number for c in contacts], elder.family_doctor_number]:
        if number:
            found |= {f"{number} e164": number, f"{number} national": national(number), f"{number} pretty": pretty(number)}
    for contact in contacts:
        found |= {f"contact {contact.id}": contact.name, f"key {contact.id}": contact.key_note}
    words = [w for value in elder.health.values() if isinstance(value, list) for w in value] + [elder.health.get("notes", "")]
    found |= {f"health {w}": w for w in words}
    return str(elder_id), {what: value for what, value in found.items() if len(value) > 1}


@pytest_asyncio.fixture
async def her(house: House) -> AsyncIterator[Her]:
    """She has called, somebody talked with her, wrote words down, broke no glass; she calls again and nobody has taken it yet."""
    elder_id, private = await all_that_is_private(house)
    helper = await house.agent("agent5")
    house.elder(national(ALONE)).press_sos()
    call = await helper.picks_up()
    await helper.post(f"/api/cases/{call['case_id']}/notes", {"text": "她说胸口闷得慌"})
    await helper.post(f"/api/calls/{call['id']}/hang-up")
    await helper.is_("wrap_up")
    await helper.wraps_up(call["id"], outcome="helped", note="晚上再打给她儿子")
    await helper.leave()
    house.elder(national(ALONE)).press_service().hangs_up()
    (task,) = await house.until_rows("SELECT id, case_id FROM case_tasks ORDER BY created_at DESC LIMIT 1")
    private |= {"a note": "胸口闷", "an outcome's note": "打给她儿子"}
    yield Her(elder_id, str(call["case_id"]), str(task.id), private)
    async with house.owner.transaction() as session:
        await session.execute(update(Elder).where(Elder.id == elder_id).values(id_number=None, id_number_index=None))


def leaks(her: Her, seen: str) -> list[str]:
    return [what for what, value in her.private.items() if value in seen]


def questions(route: Route, her: Her) -> list[dict[str, str]]:
    if route.path == "/api/elders":
        return [{"q": her.private["name"]}, {"q": "6789"}, {"q": "wgl"}, {"q": her.private["id number"]}, {"q": "施营"}]
    if route.path == "/api/cases":
        return [{}, {"scope": "open"}]
    asked = {k: str(v).format(elder_id=her.elder_id, case_id=her.case_id) for k, v in BODIES.get(route.name, {}).items()}
    return [asked]


@pytest.mark.parametrize("username", ["agent1", "supervisor2", "admin1"])
async def test_nothing_of_hers_is_in_any_answer(house: House, her: Her, username: str) -> None:
    person = house.visitor(username)
    await person.sign_in()
    walked, shown = 0, ""
    for route in GETS:
        known = {"elder_id": her.elder_id, "case_id": her.case_id, "task_id": her.task_id, "user_id": person.id, "agent_id": person.id}
        names = set(re.findall(r"{(\w+)(?::\w+)?}", route.path))
        path = re.sub(r"{(\w+):\w+}", r"{\1}", route.path).format(**{name: known.get(name, her.elder_id) for name in names})
        for asked in questions(route, her):
            answer = await person.http.get(path, params=asked)
            assert answer.status_code < 500, route.name
            # the words that were asked with may stand in an answer's own echo, the rest may not
            assert leaks(her, answer.content.decode(errors="replace")) == [], (username, route.name, asked)
            walked += 1
            shown += answer.text
    assert walked >= len(GETS)
    if username != "admin1":
        assert "王**" in shown and "****" in shown  # she was there to be seen


async def test_nothing_of_hers_is_on_the_socket(house: House, her: Her) -> None:
    watcher = house.visitor("agent1")
    await watcher.sign_in()
    await watcher.post("/api/presence", {"state": "idle"})
    await watcher.open_console()
    pressed = house.elder(national(ALONE)).press_sos()
    await watcher.sees_call(kind="sos")
    pressed.hangs_up()
    await watcher.sees_task(kind="call_back")
    await until(lambda: not watcher.console.calls, why="the call has gone")
    seen = orjson.dumps(watcher.console.seen).decode()
    assert "王**" in seen and leaks(her, seen) == []


async def test_nothing_of_hers_is_in_a_log(house: House, her: Her, caplog: pytest.LogCaptureFixture) -> None:
    """Asked for by name and number, refused, opened by the glass, reviewed, printed: the log holds none of it."""
    caplog.set_level(logging.DEBUG)
    people = {name: house.visitor(name) for name in ("agent1", "supervisor1")}
    with structlog.testing.capture_logs() as captured:
        for person in people.values():
            await person.sign_in()
        agent, boss = people["agent1"], people["supervisor1"]
        await agent.http.get("/api/elders", params={"q": her.private["id number"]})
        await agent.http.get(f"/api/elders/{her.elder_id}")
        await agent.post(f"/api/elders/{her.elder_id}/break-glass", {"reason": f"{her.private['name']}女儿来电"})
        (grant,) = await house.rows("SELECT id FROM access_grants WHERE reason = 'glass'")
        await boss.post(f"/api/glass/{grant.id}/review", {"verdict": "questioned", "note": f"{her.private['name']}没有回拨"})
        await boss.get(f"/api/elders/{her.elder_id}/access-log")
        await boss.http.get("/api/audit", params={"person": her.private["name"], "object": her.private["id number"]})
    ours = "\n".join(r.getMessage() for r in caplog.records if r.name.split(".")[0] not in ("httpx", "httpcore", "websockets", "asyncio"))
    assert leaks(her, repr(captured) + ours) == []
    trail = await house.rows("SELECT string_agg(audit::text, ' ') AS all FROM audit")
    assert leaks(her, trail[0].all) == []
