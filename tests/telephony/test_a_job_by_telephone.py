"""A store that has only a telephone, over the real Asterisk: it is rung, takes the job by 1, checks in and out from the elder's telephone.

The handlers are dispatch's own, the keys RFC 4733 events from a SIP telephone; nothing between the key and the order's row is played.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select

from callcenter.accounts.actor import system
from callcenter.calls.dialogs.protocol import Dialogs
from callcenter.dispatch.orders.models import Order
from callcenter.dispatch.telephone import handlers
from callcenter.elders.models import ElderNumber
from callcenter.telephony.softphone import Call, Softphone
from tests.ports import free_port
from tests.stores import make_store, order_for
from tests.telephony.pbx import PATIENCE, Pbx, until
from tests.telephony.voice_world import World, open_world

pytestmark = pytest.mark.asterisk
HOME, JOB_LINE = "07103456789", "1234901"


@pytest_asyncio.fixture
async def world(pbx: Pbx, house_owner_url: str, house_app_url: str) -> AsyncIterator[World]:
    async with open_world(pbx, Dialogs(handlers()), house_owner_url, house_app_url) as opened:
        yield opened


async def an_order(world: World, *, item: str, stores: int) -> Order:
    async with world.voice.database.transaction() as session:
        elder: uuid.UUID = (await session.scalars(select(ElderNumber.elder_id).where(ElderNumber.e164 == "+867103456789"))).one()
        for serial in range(stores):
            await make_store(session, f"老李水电{serial}", items={item: 5000}, has_smartphone=False)
        return await order_for(session, system("test"), elder, item)


async def order_now(world: World, order: Order) -> Any:
    (row,) = await world.rows(f"SELECT state, store_id, amount_fen, attention FROM orders WHERE id = '{order.id}'")
    return row


async def keys(call: Call, digits: str) -> None:
    for digit in digits:
        await call.media.press(digit)
        await asyncio.sleep(0.15)


async def says(call: Call, seconds: float) -> None:
    """So much sound more has come."""
    before = call.media.received
    await until(lambda: call.media.received > before + seconds * 50, seconds + 10)


async def test_rung_taken_checked_in_and_out(world: World) -> None:
    async with world.outside() as phone:
        order = await an_order(world, item="WX01", stores=1)
        call = await phone.wait_call(PATIENCE)
        await call.answer()
        await says(call, 2)
        await call.media.press("1")
        await world.sees(f"SELECT 1 FROM orders WHERE id = '{order.id}' AND state = 'accepted'")
        await call.ended(60)  # the job's code was said twice, one digit after the other
    await world.sees("SELECT 1 FROM messages WHERE template = 'job_details_by_text'")

    async with Softphone(port=free_port(), name="elder") as phone:
        pbx = ("127.0.0.1", world.pbx.settings.sip_port)
        call = await phone.call(JOB_LINE, pbx, HOME)
        await call.answered(PATIENCE)
        await says(call, 1)
        await keys(call, order.job_code)
        await world.sees(f"SELECT 1 FROM orders WHERE id = '{order.id}' AND state = 'in_service'")
        await says(call, 3)
        await keys(call, order.service_code)  # her subsidy pays: two proofs
        await world.sees("SELECT 1 FROM order_proofs WHERE phase = 'in' AND kind = 'service_code'")
        await call.ended(PATIENCE)

        call = await phone.call(JOB_LINE, pbx, HOME)
        await call.answered(PATIENCE)
        await says(call, 1)
        await keys(call, order.job_code)
        await world.sees("SELECT 1 FROM dialog_calls WHERE state = 'talking' AND memory ->> 'asks' = 'what'")
        await says(call, 1)
        await call.media.press("2")
        await world.sees(f"SELECT 1 FROM orders WHERE id = '{order.id}' AND state = 'done'")
        await says(call, 2)
        await keys(call, order.service_code)
        await world.sees("SELECT 1 FROM order_proofs WHERE phase = 'out' AND kind = 'service_code'")
        await call.ended(PATIENCE)
    now = await order_now(world, order)
    # all proofs are there; a repair of some seconds is too short to count by itself
    assert (now.state, now.amount_fen, now.attention) == ("done", 5000, "proof")
    assert not await world.rows("SELECT 1 FROM calls WHERE kind IN ('sos', 'service')")


async def test_two_declines_and_the_next_store_rings(world: World) -> None:
    async with world.outside() as phone:
        order = await an_order(world, item="WX05", stores=2)
        for key in "21":
            call = await phone.wait_call(PATIENCE)
            await call.answer()
            await says(call, 1)
            await call.media.press(key)
            await call.ended(60)
    now = await order_now(world, order)
    states = sorted(row.state for row in await world.rows("SELECT state FROM offers"))
    assert (now.state, states) == ("accepted", ["accepted", "declined"])
