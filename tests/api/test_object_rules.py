"""Every cell of the table in tools/object_rules.py (printed in docs/access.md): what somebody may do with one elder, by her business with her."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from callcenter.calls.recordings.files import PURPOSE, sealed_path
from callcenter.kit import clock
from callcenter.kit.crypto import encrypt
from callcenter.kit.sealed import seal
from tests.api.routes import fingerprint
from tests.house import AgentAtWork, House
from tools.object_rules import DEEDS, MASKED, NO, RULES, STANDINGS, WHOLE

ALONE = "07103456789"
NAME, PRIVATE = "王桂兰", ("王桂兰", "3456789", "345 6789", "青霉素", "冠心病", "胸口闷", "5 0 1")
USERNAMES = {
    "agent": "agent1", "ringing": "agent2", "owner": "agent3", "glass": "agent4", "expired": "agent5",
    "of_region": "supervisor1", "elsewhere": "supervisor2", "admin": "admin1",
}  # fmt: skip
LEAVES_A_TRACE = ("audit",)  # a refusal of the card, the message and the log is itself written down


@dataclass
class Scene:
    """Her case, owned, with a note and a message; everybody of the table signed in, standing to her as the table says."""

    house: House
    people: dict[str, AgentAtWork]
    elder_id: str
    other_elder_id: str
    case_id: str
    task_id: str
    call_id: str
    recording_id: str
    handover_id: str = ""
    plan_id: str = ""
    visit_id: str = ""


async def change(house: House, statement: str, **parameters: Any) -> None:
    async with house.owner.transaction() as session:
        await session.execute(text(statement), parameters)


@pytest_asyncio.fixture
async def scene(house: House) -> Scene:
    people = {who: house.visitor(name) for who, name in USERNAMES.items()}
    for person in people.values():
        await person.sign_in()
    missed = house.elder(ALONE).press_sos()
    await house.until_rows("SELECT 1 FROM calls WHERE state = 'queued'")
    missed.hangs_up()
    (task,) = await house.until_rows("SELECT id, case_id, elder_id FROM case_tasks")
    (call,) = await house.until_rows("SELECT id FROM calls WHERE state = 'abandoned'")
    (other,) = await house.rows("SELECT id FROM elders WHERE name <> :name ORDER BY id LIMIT 1", name=NAME)
    recording_id = str(uuid.uuid4())
    made = Scene(house, people, str(task.elder_id), str(other.id), str(task.case_id), str(task.id), str(call.id), recording_id)
    await house.kill_voice()  # what follows is set by hand, and nobody moves it

    house.settings.recordings.mkdir()
    (house.settings.recordings / "m1").write_bytes(encrypt(b"RIFF her voice", "recording"))
    await change(house, "UPDATE case_tasks SET recording = 'm1'")
    seal(iter([b"RIFF both voices"]), sealed_path(house.settings.recordings, "c1"), PURPOSE)
    await change(
        house,
        "INSERT INTO call_recordings (id, call_id, case_id, name, part, state, why, started_at, seconds, sha256) "
        "VALUES (:id, :call, :case, 'c1', 1, 'saved', '', now(), 1.0, '')",
        id=recording_id, call=call.id, case=task.case_id,
    )  # fmt: skip
    await people["owner"].post(f"/api/cases/{task.case_id}/take-over", {"seen_owner_id": None})
    await people["owner"].post(f"/api/cases/{task.case_id}/notes", {"text": "她说胸口闷"})
    await people["owner"].post(f"/api/cases/{task.case_id}/emergency", {"kind": "fall"})
    offered = await people["owner"].post(f"/api/emergencies/{task.case_id}/handovers", {"agency": "120"})
    made.handover_id = offered["handover"]["id"]
    made.plan_id = str(uuid.uuid4())
    await change(
        house,
        "INSERT INTO call_plans (id, version, dedupe_key, purpose, way, why, state, elder_id, case_id, item_code, community_id, planned_at, due_at, "
        "give_up_at, attempts, keyed, note) SELECT :id, 1, 'x', 'job', 'person', 'first_order', 'by_person', id, :case, '', community_id, now(), now(), "
        "now(), 0, '', :note FROM elders WHERE id = :elder",
        id=made.plan_id, case=task.case_id, elder=task.elder_id, note=encrypt(b"", "call_plans.note"),
    )  # fmt: skip
    made.visit_id = await accepted_visit(made)
    for who in ("glass", "expired"):
        await people[who].post(f"/api/elders/{task.elder_id}/break-glass", {"reason": "女儿来电询问"})
    await change(house, "UPDATE access_grants SET until = now() - interval '1 second' WHERE user_id = :id", id=people["expired"].id)
    return made


async def accepted_visit(scene: Scene) -> str:
    """A volunteer has said yes to a visit at her door."""
    owner, boss = scene.people["owner"], scene.people["of_region"]
    (home,) = await scene.house.rows("SELECT community_id FROM elders WHERE id = :id", id=scene.elder_id)
    form = {
        "name": "赵志愿",
        "number": "13900001111",
        "birth_date": "1990-05-01",
        "community_id": str(home.community_id),
        "skills": ["WJ01"],
    }
    volunteer = await owner.post("/api/volunteers", form)
    path = f"/api/volunteers/{volunteer['id']}"
    await owner.post(f"{path}/trainings", {"held_on": "2026-01-05", "topic": "陪伴礼仪", "half_hours": 4})
    await boss.post(f"{path}/state", {"version": 2, "to": "active", "reason": "培训合格"})
    tomorrow = (clock.now() + timedelta(days=1)).isoformat()
    asked = {"item": "WJ01", "wanted_from": tomorrow, "half_hours": 2, "volunteer_id": volunteer["id"]}
    visit = await owner.post(f"/api/elders/{scene.elder_id}/volunteer-visits?case_id={scene.case_id}", asked)
    await owner.post(f"/api/volunteer-visits/{visit['id']}/answer", {"version": visit["version"], "accepted": True})
    return str(visit["id"])


async def let_it_ring(scene: Scene) -> None:
    """Voice's own rows of an offered call: the leg and the grant, as `calls.store` writes them."""
    now = "now()"
    ringing = scene.people["ringing"].id
    await change(scene.house, "UPDATE calls SET state = 'offered', ended_at = NULL WHERE id = :id", id=scene.call_id)
    await change(
        scene.house,
        f"INSERT INTO access_grants (id, user_id, elder_id, reason, call_id, note, granted_at) VALUES (:id, :user, :elder, 'live_call', :call, '', {now})",
        id=uuid.uuid4(), user=ringing, elder=scene.elder_id, call=scene.call_id,
    )  # fmt: skip


async def deed(scene: Scene, who: str, what: str) -> tuple[int, str]:
    """Status and body of the answer."""
    http, case, elder = scene.people[who].http, scene.case_id, scene.elder_id
    (visit,) = await scene.house.rows("SELECT version FROM volunteer_visits WHERE id = :id", id=scene.visit_id)
    version = visit.version
    a_visit = {"item": "WJ01", "wanted_from": (clock.now() + timedelta(days=2)).isoformat(), "half_hours": 2}
    asked: dict[str, Callable[[], Awaitable[Any]]] = {
        "card": lambda: http.get(f"/api/elders/{elder}"),
        "profile": lambda: http.get(f"/api/elders/{elder}/profile"),
        "photo": lambda: http.get(f"/api/elders/{elder}/photo"),
        "entitlements": lambda: http.get(f"/api/elders/{elder}/entitlements"),
        "points": lambda: http.get(f"/api/elders/{elder}/points"),
        "coins": lambda: http.get(f"/api/elders/{elder}/coins"),
        "volunteer_visits": lambda: http.get("/api/volunteer-visits"),
        "volunteer_ask": lambda: http.post(f"/api/elders/{elder}/volunteer-visits", json=a_visit),
        "volunteer_code": lambda: http.post(f"/api/volunteer-visits/{scene.visit_id}/service-code", json={"version": version}),
        "volunteer_word": lambda: http.post(
            f"/api/volunteer-visits/{scene.visit_id}/cancel", json={"version": version, "note": "女儿来了"}
        ),
        "case": lambda: http.get(f"/api/cases/{case}"),
        "list": lambda: http.get("/api/cases?scope=open"),
        "steps": lambda: http.get(f"/api/emergencies/{case}/protocol"),
        "follow_up": lambda: http.get(f"/api/follow-ups/{scene.plan_id}"),
        "note": lambda: http.post(f"/api/cases/{case}/notes", json={"text": "x"}),
        "step": lambda: http.post(f"/api/emergencies/{case}/steps/conscious", json={"run": 1, "position": 1, "answer": "none"}),
        "packet": lambda: http.get(f"/api/handovers-out/{scene.handover_id}/packet"),
        "hand_over": lambda: http.post(f"/api/emergencies/{case}/handovers", json={"agency": "110", "mobile": "13800138110"}),
        "contacts": lambda: http.post(f"/api/emergencies/{case}/ladder", json={"rungs": [{"who": "contacts"}]}),
        "call_out": lambda: http.post(f"/api/cases/{case}/call-out", json={"agency": "120"}),
        "attach": lambda: http.post(f"/api/cases/{case}/elder", json={"elder_id": scene.other_elder_id, "learn_number": False}),
        "close": lambda: http.post(f"/api/cases/{case}/close", json={"outcome": "helped", "note": ""}),
        "recording": lambda: http.get(f"/api/tasks/{scene.task_id}/recording"),
        "conversation": lambda: http.get(f"/api/recordings/{scene.recording_id}/audio"),
        "log": lambda: http.get(f"/api/elders/{elder}/access-log"),
    }
    answer = await asked[what]()
    return answer.status_code, answer.content.decode(errors="replace")


def test_the_table_is_whole() -> None:
    assert set(RULES) == set(STANDINGS) == set(USERNAMES)
    assert all(set(of) == set(DEEDS) for of in RULES.values())


@pytest.mark.parametrize("who", STANDINGS)
async def test_a_standing(scene: Scene, who: str) -> None:
    if who == "ringing":
        await let_it_ring(scene)
    reading = (
        "card",
        "profile",
        "photo",
        "entitlements",
        "points",
        "coins",
        "volunteer_visits",
        "case",
        "list",
        "recording",
        "conversation",
        "log",
        "steps",
        "packet",
        "follow_up",
    )
    writing = ("volunteer_ask", "volunteer_code", "volunteer_word", "note", "step", "hand_over", "contacts", "call_out", "attach", "close")
    assert {*reading, *writing} == set(DEEDS)
    order = [*reading, *writing]
    if who == "ringing":
        order.remove("close")  # a case with a live call is closed by ending the call: 409 for whoever may write
    else:
        order = [
            *reading,
            "volunteer_ask",
            "volunteer_code",
            "volunteer_word",
            "note",
            "step",
            "hand_over",
            "contacts",
            "call_out",
            "close",
            "attach",
        ]  # afterwards it is another elder's case
    for what in order:
        rule = RULES[who][what]
        before = await fingerprint(scene.house.owner, but=LEAVES_A_TRACE)
        status, body = await deed(scene, who, what)
        where = f"{who} {what}: {status} {body[:300]}"
        if rule == WHOLE:
            # she has no photograph, and voice is away: that much one is told
            assert status == {"photo": 404, "call_out": 503}.get(what, 200), where
            if what in ("card", "profile", "case", "list", "log", "packet", "follow_up", "volunteer_visits"):
                assert NAME in body, where
            continue
        assert await fingerprint(scene.house.owner, but=LEAVES_A_TRACE) == before, where
        assert not [word for word in PRIVATE if word in body], where
        if rule == MASKED:
            assert status == 200 and "王**" in body, where
        else:
            assert rule == NO and status == 403, where


async def test_a_case_without_an_elder_is_for_every_supervisor_and_shows_nobody_of_another_region(house: House) -> None:
    """A number of two people: the supervisor of another street sees the case, but neither of the two whole."""
    people = {name: house.visitor(name) for name in ("agent1", "supervisor1", "supervisor2")}
    for person in people.values():
        await person.sign_in()
    house.elder("07103452468").press_service().hangs_up()
    (case,) = await house.until_rows("SELECT id, elder_id FROM cases")
    assert case.elder_id is None
    (home,) = {row.code for row in await house.rows(
        "SELECT DISTINCT p.code FROM elder_numbers n JOIN elders e ON e.id = n.elder_id JOIN regions r ON r.id = e.community_id "
        "JOIN regions p ON p.id = r.parent_id WHERE n.e164 = '+867103452468'"
    )}  # fmt: skip
    assert home == "420606-02"
    await change(
        house, "UPDATE users SET region_ids = ARRAY(SELECT id FROM regions WHERE code = '420606-01') WHERE username = 'supervisor1'"
    )
    try:
        seen = {name: await person.get(f"/api/cases/{case.id}") for name, person in people.items()}
    finally:
        await change(
            house, "UPDATE users SET region_ids = ARRAY(SELECT id FROM regions WHERE code = '420606') WHERE username = 'supervisor1'"
        )
    whole = {name: ([card["full"] for card in body["shared"]], "****" not in body["caller_number"]) for name, body in seen.items()}
    assert whole == {
        "agent1": ([False, False], False),
        "supervisor1": ([False, False], True),  # of another street
        "supervisor2": ([True, True], True),
    }
    reads = await house.rows("SELECT actor_name, purpose, details FROM audit WHERE verb = 'elder:read'")
    assert [(r.actor_name, r.purpose, r.details) for r in reads] == [("郑丽华", f"case:{case.id}", {"health": True, "by": "region"})] * 2


async def test_an_old_profile_that_was_merged_opens_nothing_by_where_it_lay(house: House) -> None:
    """Asked for by the old id the kept profile answers; so it is her region, and her log, that count."""
    (kept,) = await house.rows("SELECT id, name FROM elders WHERE name = :name", name=NAME)
    (old,) = await house.rows(
        "SELECT e.id FROM elders e JOIN regions r ON r.id = e.community_id JOIN regions p ON p.id = r.parent_id "
        "WHERE p.code = '420606-02' AND e.merged_into IS NULL ORDER BY e.id LIMIT 1"
    )
    elsewhere, boss = house.visitor("supervisor2"), house.visitor("supervisor1")
    for person in (elsewhere, boss):
        await person.sign_in()
    await elsewhere.get(f"/api/elders/{old.id}")  # hers, as long as it is a profile of its own
    await change(house, "UPDATE elders SET merged_into = :kept WHERE id = :old", kept=kept.id, old=old.id)
    try:
        for path in (f"/api/elders/{old.id}", f"/api/elders/{kept.id}", f"/api/elders/{old.id}/access-log"):
            answer = await elsewhere.http.get(path)
            assert answer.status_code == 403, path
            assert NAME not in answer.text
        await elsewhere.post(f"/api/elders/{old.id}/break-glass", {"reason": "女儿来电询问"})
        (grant,) = await house.rows("SELECT elder_id FROM access_grants WHERE reason = 'glass'")
        assert grant.elder_id == kept.id
        assert [item["elder_name"] for item in await boss.get("/api/glass")] == [NAME]
        log = await boss.get(f"/api/elders/{old.id}/access-log")
        assert log["elder_name"] == NAME and {t["who"] for t in log["traces"]} == {"郑丽华"}
        assert "elder:glass_broken" in {t["verb"] for t in log["traces"]}
    finally:
        await change(house, "UPDATE elders SET merged_into = NULL WHERE id = :old", old=old.id)
