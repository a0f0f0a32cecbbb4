"""The rota over the wire: saved as a whole, looked at before, guarded against somebody else's save."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
import pytest_asyncio

from tests.api.routes import fingerprint
from tests.house import AgentAtWork, House

SHIFT, OTHER = str(uuid.UUID(int=1)), str(uuid.UUID(int=2))


@pytest_asyncio.fixture
async def boss(house: House) -> AgentAtWork:
    person = house.visitor("supervisor1")
    await person.sign_in()
    return person


@pytest_asyncio.fixture
async def person_id(house: House, boss: AgentAtWork) -> str:
    made = await boss.post("/api/duty/people", {"name": "马文斌", "number": "137 0001 7903"})
    assert made["number"] == "137 0001 7903"
    return str(made["id"])


def a_shift(person: str, **values: Any) -> dict[str, Any]:
    shift = {
        "id": SHIFT,
        "person_id": person,
        "level": "supervisor",
        "region_id": None,
        "weekdays": list(range(7)),
        "starts": "20:00",
        "ends": "08:00",
    }
    return shift | values


def an_exception(person: str | None, **values: Any) -> dict[str, Any]:
    one = {
        "id": OTHER,
        "on_date": "2026-03-02",
        "shift_id": SHIFT,
        "person_id": person,
        "level": "supervisor",
        "starts": "20:00",
        "ends": "08:00",
    }
    return one | values


def rota(*shifts: dict[str, Any], version: int = 0, exceptions: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    return {"version": version, "shifts": list(shifts), "exceptions": list(exceptions)}


async def put(person: AgentAtWork, path: str, body: dict[str, Any], status: int = 200) -> Any:
    answer = await person.http.put(path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_a_rota_is_kept_and_read_back(house: House, boss: AgentAtWork, person_id: str) -> None:
    assert (await boss.get("/api/duty/rota"))["version"] == 0
    kept = await put(boss, "/api/duty/rota", rota(a_shift(person_id), exceptions=(an_exception(None, note="休假"),)))
    assert (kept["version"], kept["changed_by"], kept["timezone"]) == (1, "黄志强", "Asia/Shanghai")
    assert kept == await boss.get("/api/duty/rota")
    assert kept["shifts"] == [a_shift(person_id, valid_from=None, valid_to=None)]
    assert kept["exceptions"][0]["note"] == "休假"
    (row,) = await house.rows("SELECT details FROM audit WHERE verb = 'duty_rota:saved'")
    assert row.details == {"version": 1, "shifts": 1, "exceptions": 1, "before": {"shifts": 0, "exceptions": 0}}
    (stored,) = await house.rows("SELECT encode(number, 'escape') AS number FROM duty_people")
    assert "7903" not in stored.number  # encrypted


async def test_the_second_of_two_who_save_at_once_is_told(house: House, boss: AgentAtWork, person_id: str) -> None:
    await put(boss, "/api/duty/rota", rota(a_shift(person_id)))
    before = await fingerprint(house.owner)
    error = (await put(boss, "/api/duty/rota", rota(), status=409))["error"]
    assert (error["code"], error["details"]) == ("rota_changed", {"version": 1, "by": "黄志强"})
    assert await fingerprint(house.owner) == before


async def test_gaps_are_told_before_saving_and_nothing_is_kept(house: House, boss: AgentAtWork, person_id: str) -> None:
    before = await fingerprint(house.owner)
    seen = await boss.post("/api/duty/rota/preview", rota(a_shift(person_id)))
    assert await fingerprint(house.owner) == before
    gaps = [p for p in seen["problems"] if p["kind"] == "gap"]
    assert len(gaps) == len(seen["problems"]) == 14 and all(p["serious"] for p in gaps)
    assert gaps[0]["starts_at"].endswith("T00:00:00Z") and gaps[0]["ends_at"].endswith("T12:00:00Z")  # 8:00 to 20:00 there
    assert len(seen["turns"]) == 14 and {t["name"] for t in seen["turns"]} == {"马文斌"}
    day = a_shift(person_id, id=OTHER, starts="08:00", ends="20:00")
    assert (await boss.post("/api/duty/rota/preview", rota(a_shift(person_id), day)))["problems"] == []


@pytest.mark.parametrize(
    "changes,code,field",
    [
        ({"shift": {"person_id": SHIFT}}, "duty_person_not_found", "shifts.0.person_id"),
        ({"shift": {"region_id": SHIFT}}, "region_not_found", "shifts.0.region_id"),
        ({"shift": {"weekdays": [1, 1]}}, "rota_invalid", "shifts.0.weekdays"),
        ({"shift": {"valid_from": "2026-02-02", "valid_to": "2026-02-01"}}, "dates_reversed", "shifts.0.valid_to"),
        ({"exception": {"shift_id": OTHER}}, "rota_invalid", "exceptions.0.shift_id"),
        ({"shift": {"weekdays": [1]}, "exception": {}}, "not_that_day", "exceptions.0.on_date"),
        ({"exception": {"shift_id": None, "person_id": None}}, "rota_invalid", "exceptions.0.person_id"),
        ({"twice": True}, "rota_invalid", "id"),
        ({"shift": {"starts": "24:00"}}, "invalid", None),
        ({"shift": {"weekdays": []}}, "invalid", None),
        ({"shift": {"weekdays": [7]}}, "invalid", None),
    ],
)
async def test_what_contradicts_itself_is_refused(
    house: House, boss: AgentAtWork, person_id: str, changes: dict[str, Any], code: str, field: str | None
) -> None:
    shifts = [a_shift(person_id, **changes.get("shift", {}))] * (2 if "twice" in changes else 1)
    exceptions = (an_exception(person_id, **changes["exception"]),) if "exception" in changes else ()
    before = await fingerprint(house.owner)
    for path, send in (("/api/duty/rota", boss.http.put), ("/api/duty/rota/preview", boss.http.post)):
        answer = await send(path, json=rota(*shifts, exceptions=exceptions))
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, code), answer.text
        assert answer.json()["error"]["details"].get("field") == field
    assert await fingerprint(house.owner) == before


async def test_who_has_shifts_is_not_switched_off(house: House, boss: AgentAtWork, person_id: str) -> None:
    await put(boss, "/api/duty/rota", rota(a_shift(person_id)))
    form = {"version": 1, "name": "马文斌", "number": "13700017903", "active": False}
    error = (await put(boss, f"/api/duty/people/{person_id}", form, status=409))["error"]
    assert error["code"] == "person_on_rota"
    await put(boss, "/api/duty/rota", rota(version=1))
    assert (await put(boss, f"/api/duty/people/{person_id}", form))["active"] is False
    answer = await boss.http.post("/api/duty/rota/preview", json=rota(a_shift(person_id), version=2))
    assert answer.json()["error"]["code"] == "duty_person_inactive"


@pytest.mark.parametrize("number,code", [("120", "emergency_number"), ("12", "no_number"), ("137 0001 7903", "number_taken")])
async def test_whose_number_cannot_be_on_the_rota(house: House, boss: AgentAtWork, person_id: str, number: str, code: str) -> None:
    answer = await boss.http.post("/api/duty/people", json={"name": "别人", "number": number})
    assert answer.json()["error"]["code"] == code
    assert len(await house.rows("SELECT 1 FROM duty_people")) == 1


async def test_the_plain_list(house: House, boss: AgentAtWork) -> None:
    (first,) = await boss.post("/api/duty/telephones", {"number": "0710-3456700", "label": "中心固话"})
    both = await boss.post("/api/duty/telephones", {"number": "13700017998", "label": "主任"})
    assert [(t["number"], t["label"], t["position"]) for t in both] == [("0710-345 6700", "中心固话", 1), ("137 0001 7998", "主任", 2)]
    again = await boss.http.post("/api/duty/telephones", json={"number": "13700017998", "label": "又是主任"})
    assert again.json()["error"]["code"] == "number_taken"
    left = (await boss.http.delete(f"/api/duty/telephones/{first['id']}")).json()
    assert [t["label"] for t in left] == ["主任"]
    gone = await boss.http.delete(f"/api/duty/telephones/{first['id']}")
    assert (gone.status_code, gone.json()["error"]["code"]) == (404, "no_such_number")
    verbs = [row.verb for row in await house.rows("SELECT verb FROM audit WHERE verb LIKE 'duty_telephone:%' ORDER BY id")]
    assert verbs == ["duty_telephone:added", "duty_telephone:added", "duty_telephone:removed"]


async def test_sent_twice_it_is_one_person(house: House, boss: AgentAtWork) -> None:
    body = {"name": "马文斌", "number": "13700017903"}
    answers = [await boss.http.post("/api/duty/people", json=body, headers={"Idempotency-Key": "once"}) for _ in range(2)]
    one, two = (answer.json() for answer in answers)
    assert one == two
    (kept,) = await house.rows("SELECT answer FROM idempotency_keys")
    assert kept.answer == {"id": one["id"]}  # the number stands nowhere in plain
