"""One person plays elder, agent and store in three tabs: from the green key to the job that is done, proved and billed.

Real Asterisk, real voice, real browser; each tab does only what its person would do. The meal is timed by nobody (a delivery), so that it ends at once.
"""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from PIL import Image
from playwright.async_api import Browser, FilePayload, Geolocation, Locator, Page, expect

from callcenter.dispatch.access.rules import DEMO_CODE
from tests.e2e.running import Agent, Centre
from tests.e2e.test_the_training_telephone import telephone

pytestmark = [pytest.mark.browser, pytest.mark.asterisk]
STORE, MEAL = "13701000004", "PS01"  # 施营社区助餐点
HER_DOOR = Geolocation(latitude=32.030412, longitude=112.095288, accuracy=15)
MOST_CLICKS = 4
TOP = "(e) => e.getBoundingClientRect().top"


@asynccontextmanager
async def keepers_telephone(browser: Browser, url: str) -> AsyncIterator[Page]:
    """A cheap telephone at the elder's door, signed in."""
    context = await browser.new_context(
        viewport={"width": 360, "height": 640}, is_mobile=True, has_touch=True, locale="zh-CN", timezone_id="Asia/Shanghai",
        permissions=["geolocation"], geolocation=HER_DOOR,
    )  # fmt: skip
    page = await context.new_page()
    await page.goto(url)
    await page.get_by_test_id("number").fill(STORE)
    await page.get_by_test_id("get-code").click()
    await page.get_by_test_id("code").fill(DEMO_CODE)
    await expect(page.get_by_test_id("tab-jobs")).to_be_visible()
    yield page
    await context.close()


def photograph() -> FilePayload:
    out = io.BytesIO()
    Image.new("RGB", (800, 600), "#886644").save(out, "JPEG")
    return FilePayload(name="door.jpg", mimeType="image/jpeg", buffer=out.getvalue())


async def opens(page: Page, step: str, field: str) -> Locator:
    """What the job page asks for at that step: it stands there already, or behind the step's key as soon as the page has heard of the step before."""
    key, wanted = page.locator(f"[data-testid=next][data-step={step}]"), page.get_by_test_id(field)
    await expect(key.or_(wanted).first).to_be_visible()
    if not await wanted.count():
        await key.click()
    return wanted


async def proves(page: Page, step: str, code: str) -> None:
    """Her subsidy pays a part: the code that she reads out, and a photograph at her door."""
    await (await opens(page, step, "service-code")).fill(code)
    await page.get_by_test_id("send-code").click()


async def test_from_the_green_key_to_the_bill(centre: Centre, agent: Agent, browser: Browser) -> None:
    stores_url = centre.stores_url
    await centre.until_row("SELECT 1 FROM points_earnings WHERE state = 'available'")  # of the jobs that the demo's elders had before
    async with telephone(browser, centre, "/training") as elder, keepers_telephone(browser, stores_url) as keeper:
        await elder.get_by_test_id("training-service").click()
        await agent.sees("ring-band", "王桂兰")
        await agent.answers()

        # what she asks for becomes an order: F8, the meal, place
        clicks = 0
        await agent.page.keyboard.press("F8")
        clicks += 1
        await expect(agent.part("order-form")).to_be_visible()
        stood = await agent.part("order-search").evaluate(TOP)
        await agent.part("order-search").fill("zc")  # 助餐, by its initials
        await agent.part(f"order-item-{MEAL}").click()
        clicks += 1
        await agent.sees("order-preview", "施营社区助餐点")
        await agent.sees("case-number", "事件")  # all that had to be fetched is there
        assert await agent.part("order-search").evaluate(TOP) == stood, "nothing moves under a hand that is about to click"
        await agent.part("order-place").click()
        clicks += 1
        assert clicks <= MOST_CLICKS
        order = await centre.until_row("SELECT id, number, state FROM orders WHERE title LIKE '%%餐%%' AND requested_at > %s", centre.since)

        # the store sees it at once, masked, and takes it
        offer = keeper.get_by_test_id("offer")
        await expect(offer).to_contain_text("王**")
        await expect(offer).not_to_contain_text("3-2-501")
        await keeper.get_by_test_id("accept").click()
        job = keeper.get_by_test_id("job")
        await expect(job).to_contain_text("王桂兰")
        await agent.part("call-hangup").click()
        await agent.wraps_up()

        # she was told the code by text message, and reads it out at her door
        message = elder.get_by_test_id("training-sms").get_by_text(re.compile(r"服务码\d{6}")).first
        await expect(message).to_be_visible()
        found = re.search(r"服务码(\d{6})", await message.inner_text())
        assert found
        await job.get_by_role("button").first.click()
        await expect(keeper.get_by_test_id("address")).to_contain_text("3-2-501")
        await keeper.locator("[data-testid=next][data-step=set_out]").click()
        await proves(keeper, "check_in", found[1])
        await expect(keeper.get_by_test_id("state")).to_have_text("服务中")
        await centre.until_row("SELECT 1 FROM orders WHERE id = %s AND state = 'in_service'", order["id"])
        await prove_by_position(keeper, centre, order["id"], "in")
        await proves(keeper, "check_out", found[1])
        await prove_by_position(keeper, centre, order["id"], "out")
        await finish(keeper, "12")

        # proved: the worker bills it, the elder's subsidy pays its part, and the case has it all
        await centre.until_row("SELECT 1 FROM orders WHERE id = %s AND state = 'settled'", order["id"])
    parts = await centre.rows(
        "SELECT p.kind, p.fen FROM bill_parts p JOIN bills b ON b.id = p.bill_id WHERE b.order_id = %s AND p.fen > 0 ORDER BY p.kind",
        order["id"],
    )
    paid = {part["kind"]: part["fen"] for part in parts}
    assert sum(paid.values()) == 1200 and set(paid) == {"subsidy", "points", "self_pay"}
    assert paid["points"] <= 30 * (paid["points"] + paid["self_pay"]) // 100  # what her last job had earned pays a part of this one
    spent = await centre.until_row(
        "SELECT sum(amount)::int AS points FROM ledger_holds WHERE state = 'confirmed' AND made_at > %s", centre.since
    )
    assert spent["points"] == paid["points"]
    assert "the books are right" in await centre.command("points", "verify")
    case = await centre.until_row("SELECT c.* FROM cases c JOIN orders o ON o.case_id = c.id WHERE o.id = %s", order["id"])
    assert (case["state"], case["open_orders"]) == ("resolved", 0)
    kinds = [row["kind"] for row in await centre.rows("SELECT kind FROM case_entries WHERE case_id = %s ORDER BY at, id", case["id"])]
    assert [kind for kind in kinds if kind.startswith("order_")] == [
        "order_placed", "order_accepted", "order_en_route", "order_checked_in", "order_checked_out", "order_verified", "order_settled",
    ]  # fmt: skip


async def prove_by_position(page: Page, centre: Centre, order_id: object, phase: str) -> None:
    await (await opens(page, "more_in" if phase == "in" else "check_out", "position-photo")).set_input_files(photograph())
    await centre.until_row("SELECT 1 FROM order_proofs WHERE order_id = %s AND phase = %s AND kind = 'position_photo'", order_id, phase)


async def finish(page: Page, yuan: str) -> None:
    await (await opens(page, "check_out", "amount")).fill(yuan)
    await page.get_by_test_id("finish").click()
