"""One person plays them all: a store without a smartphone is rung and takes a job by a key, its worker signs in from the elder's telephone; what they
are told by text message stands beside their telephones. Real Asterisk, real voice, Chromium."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from playwright.async_api import Browser, Page, expect

from callcenter.calls.dialogs.actions import call_party
from callcenter.kit import clock
from callcenter.kit.db import Database
from tests.e2e.running import PATIENCE, Centre
from tests.telephony.pbx import until, until_async

pytestmark = [pytest.mark.browser, pytest.mark.asterisk]
STORE, STORE_E164 = "老李水电维修", "+8613901000002"


@asynccontextmanager
async def telephone(browser: Browser, centre: Centre, path: str) -> AsyncIterator[Page]:
    """On its page, registered, and the PBX has seen that it answers."""
    context = await browser.new_context(permissions=["microphone"], locale="zh-CN", timezone_id="Asia/Shanghai")
    context.set_default_timeout(PATIENCE * 1000)
    page = await context.new_page()
    async with page.expect_response("**/api/training/phone") as answer:
        await page.goto(f"{centre.url}{path}")
    account = (await (await answer.value).json())["account"]
    await expect(page.get_by_test_id("training-state")).to_have_attribute("data-state", "idle")
    await until_async(lambda: centre.is_online(account))
    yield page
    await context.close()


async def says(page: Page, state: str) -> None:
    await expect(page.get_by_test_id("training-state")).to_have_attribute("data-state", state)


async def reads(page: Page, pattern: str) -> str:
    """What stands in the parentheses of the newest text message like this one."""
    message = page.get_by_test_id("training-sms").get_by_text(re.compile(pattern)).first
    await expect(message).to_be_visible()
    found = re.search(pattern, await message.inner_text())
    assert found
    return found[1]


async def place_order(centre: Centre, store: str, item: str) -> str:
    env = centre.env | json.loads((centre.home / "env.json").read_text())
    command = [sys.executable, "-m", "tests.e2e.place_order", store, item]
    done = await asyncio.to_thread(subprocess.run, command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


async def test_a_job_is_taken_by_a_key_and_begun_at_the_elders_telephone(centre: Centre, browser: Browser) -> None:
    async with telephone(browser, centre, "/training?as=store") as store, telephone(browser, centre, "/training") as elder:
        order_id = await place_order(centre, STORE, "WX01")
        await says(store, "ringing")
        await store.get_by_test_id("training-answer").click()
        await says(store, "talking")
        await centre.until_row("SELECT 1 FROM dialog_calls WHERE kind = 'job_offer' AND state = 'talking' AND step ->> 'then' = 'listen'")
        await store.get_by_test_id("training-key-1").click()
        await centre.until_row("SELECT 1 FROM orders WHERE id::text = %s AND state = 'accepted'", order_id)
        await says(store, "idle")  # the voice has said what follows, and hung up
        job_code = await reads(store, r"任务号(\d+)签到")
        service_code = await reads(elder, r"服务码(\d+)")
        assert job_code != service_code

        await elder.get_by_test_id("training-job").click()
        await says(elder, "talking")
        await centre.until_row("SELECT 1 FROM dialog_calls WHERE kind = 'job_line' AND state = 'talking' AND step ->> 'then' = 'listen'")
        await elder.keyboard.type(f"{job_code}#", delay=120)
        proof = await centre.until_row("SELECT kind FROM order_proofs WHERE order_id::text = %s", order_id)
        assert proof["kind"] == "elder_phone"
        await elder.get_by_test_id("training-hangup").click()
        await says(elder, "idle")


async def test_every_key_of_the_keypad_is_heard_at_the_other_end(centre: Centre, browser: Browser) -> None:
    """RFC 4733 from the browser through Asterisk to a telephone of the carrier's."""
    async with centre.carrier(answer_after=0.2) as carrier, telephone(browser, centre, "/training?as=store") as store:
        database = Database(json.loads((centre.home / "env.json").read_text())["DATABASE_URL"])
        async with database.transaction() as session:
            await call_party(
                session,
                first_number=STORE_E164,
                then_number="+8613700008888",
                deadline_at=clock.now() + timedelta(minutes=1),
                dedupe_key="every-key",
            )
        await database.close()
        await says(store, "ringing")
        await store.get_by_test_id("training-answer").click()
        call = await carrier.wait_call(PATIENCE)
        await call.answered(PATIENCE)
        await says(store, "talking")
        await asyncio.sleep(1)
        for key in "1234567890":
            await store.get_by_test_id(f"training-key-{key}").click()
        await store.keyboard.type("*#")
        await until(lambda: len(call.media.digits) >= 12)
        assert call.media.digits == "1234567890*#"
        await store.get_by_test_id("training-hangup").click()
        await call.ended(PATIENCE)
