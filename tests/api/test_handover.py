"""A shift is handed over: written on the server, signed by two people, and as it was ever after."""

from __future__ import annotations

import asyncio
import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from callcenter.kit import clock
from tests.api.routes import fingerprint
from tests.house import AgentAtWork, House


async def signed_in(house: House, username: str) -> AgentAtWork:
    person = house.visitor(username)
    await person.sign_in()
    return person


async def a_case(house: House, number: str) -> str:
    """An abandoned press: a case that nobody owns, with its call-back."""
    known = {row.id for row in await house.rows("SELECT id FROM cases")}
    elder = house.elder(number).press_sos()
    await house.until_rows("SELECT 1 FROM calls WHERE state = 'queued'")
    elder.hangs_up()
    await house.until_rows("SELECT 1 FROM calls WHERE state = 'abandoned'", len(known) + 1)
    (row,) = [row for row in await house.rows("SELECT id FROM cases") if row.id not in known]
    return str(row.id)


async def owned(house: House, number: str, person: AgentAtWork) -> str:
    case_id = await a_case(house, number)
    await person.post(f"/api/cases/{case_id}/take-over", {"seen_owner_id": None})
    return case_id


async def put(person: AgentAtWork, handover_id: str, body: dict[str, Any], status: int = 200) -> Any:
    answer = await person.http.put(f"/api/handovers/{handover_id}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def handover_tables(house: House) -> dict[str, tuple[int, str]]:
    seen = await fingerprint(house.owner)
    return {name: seen[name] for name in ("handovers", "handover_signatures", "cases", "case_entries", "access_grants")}


async def test_a_shift_is_handed_over(house: House) -> None:
    leaving, arriving, third = [await signed_in(house, name) for name in ("supervisor1", "agent1", "agent2")]
    given, freed = await owned(house, "07103456789", leaving), await owned(house, "07103459876", leaving)
    hers = await owned(house, "13871234567", third)
    draft = await leaving.post("/api/handovers")
    assert draft["state"] == "draft" and {c["case_id"] for c in draft["content"]["cases"]} == {given, freed, hers}
    assert all(c["movable"] for c in draft["content"]["cases"]) and len(draft["content"]["tasks"]) == 3

    # the browser dies in the middle: what was written is there, and opening again is the same
    words = {
        "remarks": "3 号话机有杂音",
        "cases": [{"case_id": given, "decision": "give", "to": arriving.id, "seen_owner_id": leaving.id, "note": "女儿八点来电"}],
    }
    saved = await put(leaving, draft["id"], {"version": draft["version"], **words})
    again = await leaving.post("/api/handovers")
    assert (again["id"], again["version"], again["content"]["remarks"]) == (draft["id"], saved["version"], "3 号话机有杂音")
    # another window that has not seen it writes nothing over it
    assert (await put(leaving, draft["id"], {"version": draft["version"], "remarks": ""}, 409))["error"]["code"] == "draft_changed"
    # a draft is for whoever writes it
    assert (await arriving.get(f"/api/handovers/{draft['id']}"))["content"] is None
    assert (await put(arriving, draft["id"], {"version": saved["version"], "remarks": ""}, 403))["error"]["code"] == "not_your_handover"
    early = await arriving.post(f"/api/handovers/{draft['id']}/accept", {}, status=409)
    assert (early["error"]["code"], early["error"]["details"]["state"]) == ("illegal_move", "draft")

    # her own cases must go somewhere
    before = await handover_tables(house)
    refused = await leaving.post(f"/api/handovers/{draft['id']}/sign", {"version": saved["version"]}, status=422)
    (numbers,) = await house.rows("SELECT number FROM cases WHERE id = :id", id=freed)
    assert (refused["error"]["code"], refused["error"]["details"]["cases"]) == ("cases_undecided", [numbers.number])
    assert await handover_tables(house) == before

    words["cases"] += [
        {"case_id": freed, "decision": "queue", "seen_owner_id": leaving.id},
        {"case_id": hers, "decision": "stay", "seen_owner_id": third.id},
    ]  # type: ignore[operator]
    saved = await put(leaving, draft["id"], {"version": saved["version"], **words})
    signed = await leaving.post(f"/api/handovers/{draft['id']}/sign", {"version": saved["version"]})
    assert signed["state"] == "signed_by_leaving" and len(signed["digest"]) == 64
    owners = {str(row.id): row.owner_id and str(row.owner_id) for row in await house.rows("SELECT id, owner_id FROM cases")}
    assert owners == {given: arriving.id, freed: None, hers: third.id}
    (mine,) = await arriving.get("/api/cases?scope=mine")
    assert (mine["handed"]["by_name"], mine["handed"]["word"]) == ("黄志强", "女儿八点来电")

    same = await leaving.post(f"/api/handovers/{draft['id']}/accept", {}, status=409)
    assert same["error"]["code"] == "same_person"
    done = await arriving.post(f"/api/handovers/{draft['id']}/accept", {"remark": "已读"})
    assert (done["state"], done["arriving_name"], done["arriving_remark"]) == ("accepted", "陈静", "已读")
    assert done["content"] == signed["content"] and done["digest"] == signed["digest"]
    late = await third.post(f"/api/handovers/{draft['id']}/accept", {}, status=409)
    assert (late["error"]["code"], late["error"]["details"]["state"]) == ("illegal_move", "accepted")
    assert [s.kind for s in await house.rows("SELECT kind FROM handover_signatures ORDER BY at")] == ["leaving", "arriving"]
    assert [h["state"] for h in await third.get("/api/handovers")] == ["accepted"]

    # what changes afterwards changes no signed word, and nobody can change those
    await arriving.post(f"/api/cases/{given}/give", {"to": third.id, "seen_owner_id": arriving.id})
    assert (await third.get(f"/api/handovers/{draft['id']}"))["content"] == signed["content"]
    for statement in ("UPDATE handover_signatures SET digest = ''", "DELETE FROM handover_signatures"):
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with house.database.transaction() as session:
                await session.execute(text(statement))
    raw = (await house.rows("SELECT content FROM handover_signatures WHERE kind = 'leaving'"))[0].content
    assert "杂音".encode() not in bytes(raw)


async def test_somebody_was_faster_with_a_case_nothing_is_signed_and_nothing_moves(house: House) -> None:
    leaving, other, to = [await signed_in(house, name) for name in ("supervisor1", "agent1", "agent2")]
    first, second = await owned(house, "07103456789", leaving), await a_case(house, "07103459876")
    draft = await leaving.post("/api/handovers")
    decisions = [
        {"case_id": first, "decision": "give", "to": to.id, "seen_owner_id": leaving.id},
        {"case_id": second, "decision": "give", "to": to.id, "seen_owner_id": None},
    ]
    saved = await put(leaving, draft["id"], {"version": draft["version"], "cases": decisions})
    await other.post(f"/api/cases/{second}/take-over", {"seen_owner_id": None})
    before = await handover_tables(house)
    refused = await leaving.post(f"/api/handovers/{draft['id']}/sign", {"version": saved["version"]}, status=409)
    assert (refused["error"]["code"], refused["error"]["details"]["owner_name"]) == ("owner_changed", "陈静")
    assert await handover_tables(house) == before


async def test_of_two_who_accept_at_once_one_has_signed(house: House) -> None:
    leaving, *arriving = [await signed_in(house, name) for name in ("supervisor1", "agent1", "agent2")]
    draft = await leaving.post("/api/handovers")
    await leaving.post(f"/api/handovers/{draft['id']}/sign", {"version": draft["version"]})
    answers = await asyncio.gather(*(p.http.post(f"/api/handovers/{draft['id']}/accept", json={}) for p in arriving))
    assert sorted(a.status_code for a in answers) == [200, 409]
    assert len(await house.rows("SELECT 1 FROM handover_signatures WHERE kind = 'arriving'")) == 1


async def test_signed_by_one_only_for_half_an_hour_is_seen(house: House) -> None:
    leaving, other = await signed_in(house, "supervisor1"), await signed_in(house, "agent1")
    draft = await leaving.post("/api/handovers")
    await leaving.post(f"/api/handovers/{draft['id']}/sign", {"version": draft["version"]})
    try:
        clock.shift(timedelta(minutes=29))
        assert [h["late"] for h in await other.get("/api/handovers")] == [False]
        clock.shift(timedelta(minutes=2))
        assert [h["late"] for h in await other.get("/api/handovers")] == [True]
        await other.post(f"/api/handovers/{draft['id']}/accept", {})
        assert [h["late"] for h in await other.get("/api/handovers")] == [False]
    finally:
        clock.reset()


async def test_an_agent_hands_over_her_own_and_leaves_others_where_they_are(house: House) -> None:
    """At night the lead may be an agent."""
    lead, other = await signed_in(house, "agent1"), await signed_in(house, "agent2")
    hers, mine = await owned(house, "07103456789", other), await owned(house, "07103459876", lead)
    draft = await lead.post("/api/handovers")
    assert {c["case_id"]: c["movable"] for c in draft["content"]["cases"]} == {hers: False, mine: True}
    decisions = [
        {"case_id": mine, "decision": "queue", "seen_owner_id": lead.id},
        {"case_id": hers, "decision": "give", "to": lead.id, "seen_owner_id": other.id},
    ]
    saved = await put(lead, draft["id"], {"version": draft["version"], "cases": decisions})
    before = await handover_tables(house)
    assert (await lead.post(f"/api/handovers/{draft['id']}/sign", {"version": saved["version"]}, status=403))["error"][
        "code"
    ] == "not_your_case"
    assert await handover_tables(house) == before
    saved = await put(lead, draft["id"], {"version": saved["version"], "cases": decisions[:1]})
    await lead.post(f"/api/handovers/{draft['id']}/sign", {"version": saved["version"]})
    assert await lead.get("/api/cases?scope=mine") == []
    await lead.get(f"/api/handovers/{uuid.uuid4()}", status=404)
