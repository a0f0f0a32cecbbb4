"""One id follows a press through voice, api, relay and the worker's jobs into the points; and its way can be read back out of the database."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from callcenter.accounts.actor import system
from callcenter.cases.models import Case
from callcenter.dispatch.bills.jobs import sweep_bills
from callcenter.dispatch.orders.actions import offering
from callcenter.dispatch.orders.actions.offering import place_and_offer
from callcenter.dispatch.orders.schemas import AskedLine, AskedOrder
from callcenter.kit import clock, trace
from callcenter.kit.errors import NotFound
from callcenter.messaging.actions import queue_message
from callcenter.messaging.port import About, Channel
from callcenter.points.earning.terms import agree
from callcenter.points.jobs import sweep_points
from callcenter.points.members.actions import member_of
from callcenter.points.scheme import Scheme
from callcenter.reports.way import way_of
from tests.house import House
from tests.stores import done, keeper, make_store, offers_of

ALONE = "07103456789"
TEST = system("test")


async def test_from_press_to_points_by_one_id(house: House) -> None:
    with capture_logs() as lines:
        agent = await house.agent("agent1")
        elder = house.elder(ALONE).press_service()
        call = await agent.picks_up()
        elder.hangs_up()
        await agent.is_("wrap_up")
        await agent.wraps_up(call["id"])
        case_id = uuid.UUID(call["case_id"])
        async with house.owner.transaction() as session:
            await session.execute(text("UPDATE stores SET state = 'suspended' WHERE state = 'admitted'"))
            store, person = await make_store(session, "追踪测试店", items={"JZ01": 4_000})
            await agree(session, TEST, store.id, allied=True, rate_bp=200)
            elder_id = (await session.get_one(Case, case_id)).elder_id
            assert elder_id
            await member_of(session, elder_id)
        async with house.database.transaction() as session:
            order = await place_and_offer(session, TEST, case_id, AskedOrder(lines=[AskedLine(item="JZ01")]))
            await offering.accept_offer(session, keeper(person), (await offers_of(session, order))[store.id].id, how="app")
            await queue_message(
                session, dedupe_key="traced", channel=Channel.SMS, to="13800001111", template="presses_differ", params={"day": "11-26", "count": "1"},
                about=About("order", str(order.id)), deadline=clock.now() + timedelta(hours=1),
            )  # fmt: skip
            await done(session, person, order, 4_000)
        try:
            await sweep_bills(house.database, Scheme())
            await sweep_points(house.database)
        finally:
            clock.reset()
        (bill,) = await house.rows("SELECT id FROM bills WHERE order_id = :order", order=order.id)
        (earned,) = await house.rows("SELECT id, entry_id FROM points_earnings WHERE bill_id = :bill", bill=bill.id)
        await house.until_rows("SELECT 1 FROM outbox WHERE trace = :case AND seq IS NULL", count=0, case=case_id)

    mine = [line for line in lines if line.get("trace") == str(case_id)]
    told = {(line["event"], line.get("what")) for line in mine}
    assert {
        ("call", "received"), ("call", "answered"), ("call", "ended"), ("case", "outcome"), ("order", "accepted"), ("order", "settled"),
        ("bill", "made"), ("ledger", "earn"), ("published", None),
    } <= told  # fmt: skip
    assert {line["topic"] for line in mine if line["event"] == "published"} >= {"call", "case", "order"}
    for private in ("王桂兰", ALONE, "+86" + ALONE[1:], "13800001111", "追踪测试店"):
        assert private not in json.dumps(lines, ensure_ascii=False, default=str)

    async with house.database.transaction() as session:
        way = await way_of(session, str(case_id))
        for other in (call["id"], order.number, str(order.id), str(bill.id), str(earned.id), str(earned.entry_id), way.number):
            assert (await way_of(session, other)).case_id == case_id
        with pytest.raises(NotFound):
            await way_of(session, str(uuid.uuid4()))
    kinds = [(step.what, step.kind) for step in way.steps]
    in_order = [
        ("call", "received"), ("call", "answered"), ("call", "ended"), ("case", "outcome"), ("order", "placed"), ("offer", "accepted"),
        ("order", "verified"), ("bill", "made"), ("ledger", "earn"),
    ]  # fmt: skip
    places = [kinds.index(kind) for kind in in_order]
    assert places == sorted(places)
    assert ("message", "queued") in kinds
    argv = [sys.executable, "-c", "from callcenter.cli import main; main()", "trace", call["id"]]
    env = {"ONEKEY_APP_DATABASE_URL": house.settings.app_database_url, "ONEKEY_HOME": str(house.settings.home), "ONEKEY_MODE": "test"}
    ran = await asyncio.to_thread(subprocess.run, argv, env=env, capture_output=True, text=True, check=True)
    printed = ran.stdout
    assert printed.startswith(f"case {way.number}, ") and "the press came in (service)" in printed and "points are given (" in printed
    assert "王" not in printed and ALONE not in printed


async def test_a_line_of_what_was_rolled_back_is_never_logged(house: House) -> None:
    with capture_logs() as lines:
        with pytest.raises(RuntimeError):
            async with house.database.transaction() as session:
                trace.noted(session, "bill", what="made")
                raise RuntimeError
        async with house.database.transaction() as session:
            trace.noted(session, "bill", what="kept")
            assert not lines
    assert [line["what"] for line in lines if line["event"] == "bill"] == ["kept"]


async def test_one_transaction_forgets_what_the_last_was_about(house: House) -> None:
    one = uuid.uuid4()
    async with house.database.transaction():
        trace.bind(one)
    assert trace.bound() == one  # for the line of an error
    async with house.database.transaction():
        assert trace.bound() is None
