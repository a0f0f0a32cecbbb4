"""The report of an emergency: what happened since the press, for whoever sees all of its case; the list for supervisors."""

from __future__ import annotations

from callcenter.emergency.jobs import sweep_emergencies
from tests.api.routes import fingerprint
from tests.house import AgentAtWork, House

ALONE = "07103456789"


async def person(house: House, username: str) -> AgentAtWork:
    made = house.visitor(username)
    await made.sign_in()
    return made


async def swept(house: House) -> None:
    """As the worker does each second."""
    await sweep_emergencies(house.database)


async def test_from_the_press_to_the_outcome(house: House) -> None:
    agent = await house.agent("agent1")
    elder = house.elder(ALONE).press_sos()
    call = await agent.picks_up()
    await swept(house)
    await agent.post(f"/api/cases/{call['case_id']}/notes", {"text": "她说胸口闷"})
    elder.hangs_up()
    await agent.is_("wrap_up")
    await agent.wraps_up(call["id"])
    await swept(house)
    boss = await person(house, "supervisor1")
    report = await boss.get(f"/api/emergencies/{call['case_id']}/report")
    (case,) = await house.rows("SELECT number, elder_id FROM cases")
    assert (report["case_number"], report["elder_name"], report["presses"], report["owner_name"]) == (case.number, "王桂兰", 1, "陈静")
    took = {one["span"]: one for one in report["spans"]}
    assert 0 <= took["answered"]["seconds"] < 10 and took["answered"]["met"] is True
    assert took["outside"] == {"span": "outside", "seconds": None, "target": 120, "met": None}
    kinds = [line["kind"] for line in report["lines"]]
    assert kinds.index("press") < kinds.index("answered") < kinds.index("note") < kinds.index("outcome")
    assert [line["text"] for line in report["lines"] if line["kind"] == "note"] == ["她说胸口闷"]
    assert [line["seconds"] for line in report["lines"]] == sorted(line["seconds"] for line in report["lines"])
    (told,) = report["calls"]
    assert (told["kind"], told["agent_name"], told["number"]) == ("sos", "陈静", "0710-345 6789")
    assert [(leg["role"], leg["name"]) for leg in told["legs"]] == [("agent", "陈静")]
    assert told["legs"][0]["ringing_at"] <= told["legs"][0]["answered_at"] <= told["legs"][0]["ended_at"]
    assert [one["code"] for one in report["deadlines"]][:1] == ["owner"] and report["deadlines"][0]["state"] == "met"

    answer = await boss.http.get(f"/api/emergencies/{call['case_id']}/report.pdf")
    assert answer.status_code == 200 and answer.content.startswith(b"%PDF")
    rows = await house.rows("SELECT details, object_id FROM audit WHERE verb = 'emergency:report' ORDER BY id")
    assert [(r.details, r.object_id) for r in rows] == [({"as": "page"}, call["case_id"]), ({"as": "pdf"}, call["case_id"])]
    log = await boss.get(f"/api/elders/{case.elder_id}/access-log")
    assert ("黄志强", "elder:read", case.number) in {(t["who"], t["verb"], t["case_number"]) for t in log["traces"]}

    seen = await boss.get("/api/emergency-reports")
    (line,) = seen["items"]
    assert (line["case_id"], line["elder_name"], line["whole"]) == (call["case_id"], "王桂兰", True)
    assert (seen["total"], seen["measured"]["answered"], seen["within"]["answered"], seen["measured"]["door"]) == (1, 1, 1, 0)
    assert (await boss.get("/api/emergency-reports?kind=fire"))["items"] == []


async def test_it_is_for_whoever_sees_all_of_the_case(house: House) -> None:
    house.elder(ALONE).press_sos().hangs_up()
    await house.until_rows("SELECT 1 FROM cases WHERE is_sos")
    await swept(house)
    (case,) = await house.rows("SELECT case_id FROM emergencies")
    await house.kill_voice()  # nobody moves the call any more
    stranger, elsewhere = await person(house, "agent2"), await person(house, "supervisor2")
    before = await fingerprint(house.owner, but=("audit",))
    for who in (stranger, elsewhere):
        for path in ("report", "report.pdf"):
            answer = await who.http.get(f"/api/emergencies/{case.case_id}/{path}")
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "no_access")
    assert await fingerprint(house.owner, but=("audit",)) == before
    assert len(await house.rows("SELECT 1 FROM audit WHERE verb = 'case:refused'")) == 4
    (masked,) = (await elsewhere.get("/api/emergency-reports"))["items"]
    assert (masked["elder_name"], masked["whole"]) == ("王**", False)
    await stranger.get("/api/emergency-reports", status=403)


async def test_a_case_that_is_no_emergency_has_no_report(house: House) -> None:
    house.elder(ALONE).press_service().hangs_up()
    (case,) = await house.until_rows("SELECT id FROM cases")
    boss = await person(house, "supervisor1")
    answer = await boss.http.get(f"/api/emergencies/{case.id}/report")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "no_emergency")
