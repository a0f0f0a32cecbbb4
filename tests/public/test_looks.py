"""The crew's page in a real browser at 360×640, without JavaScript: opened by a press, read, told how far they are."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from callcenter.local.packages import tool
from tests.e2e.running import CHROMIUM_ARGS
from tests.public.handing_over import Given

pytestmark = pytest.mark.browser
PICTURES = os.environ.get("CREW_PICTURES", "")  # a folder for whoever wants to look


@pytest_asyncio.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as play:
        started = await play.chromium.launch(executable_path=tool("chromium"), args=CHROMIUM_ARGS)
        yield started
        await started.close()


async def test_a_telephone_in_the_sun(given: Given, browser: Browser) -> None:
    context = await browser.new_context(
        viewport={"width": 360, "height": 640},
        device_scale_factor=2,
        locale="zh-CN",
        java_script_enabled=False,
        is_mobile=True,
        has_touch=True,
    )
    page = await context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    async def look(name: str) -> None:
        """Nothing sticks out, every button can be hit with a thumb."""
        assert await page.locator("body").evaluate("b => b.scrollWidth") <= 360
        for box in [await one.bounding_box() for one in await page.locator("button, a.tel, .step").all()]:
            assert box and box["height"] >= 44, name
        if PICTURES:
            await page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)

    await page.goto(given.link.url)
    await look("1-before")
    await page.get_by_role("button", name="打开").tap()
    await page.wait_for_url("**/p/*")
    assert (await page.locator(".address").bounding_box() or {"y": 9999})["y"] < 250, "the address stands on the first screen"
    await look("2-sheet")
    await page.get_by_role("link", name="请告诉中心").tap()
    await page.get_by_role("button", name="已读").tap()
    await expect(page.locator(".step.done")).to_have_text(["✓ 已读"])
    await page.get_by_role("button", name="已出车").tap()
    await expect(page.locator(".step.done")).to_have_text(["✓ 已读", "✓ 已出车"])
    await page.get_by_role("button", name="已到达").tap()
    await expect(page.locator(".step.done")).to_have_count(3)
    await look("3-there")
    await page.get_by_role("link", name="交接完成").tap()
    await page.get_by_text("送医院", exact=True).tap()
    await look("4-done")
    await page.get_by_role("button", name="告诉中心").tap()
    await page.get_by_text("已记录，谢谢").wait_for()
    await look("5-thanks")
    await given.second()
    assert await given.state() == "closed"
    await page.goto(given.link.url)
    await page.get_by_role("button", name="打开").tap()
    await page.get_by_text("打不开了").wait_for()
    await look("6-over")
    assert {url.split("/")[2] for url in asked} == {given.door.url.split("/")[2]}, "nothing from elsewhere"
    await context.close()
