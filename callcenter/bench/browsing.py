"""What a person waits for in the browser: from the sign-in to a ready desk, from a stored press to the painted screen pop. Needs the test programs."""

from __future__ import annotations

import asyncio
from statistics import median

from sqlalchemy import text

from callcenter.accounts.demo import DEMO_PASSWORD
from callcenter.bench.centre import BenchCentre, BenchFailed, Say
from callcenter.bench.figure import Figure, quantile
from callcenter.bench.phones import StampedPhone
from callcenter.kit.db import Database
from callcenter.local.packages import ToolMissing, tool

has_playwright: bool
try:
    from playwright.async_api import Browser, Page, async_playwright

    has_playwright = True
except ImportError:  # a production installation has no browser to measure with
    has_playwright = False

SIGN_INS, PRESSES = 8, 30
ARGUMENTS = [
    "--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", "--autoplay-policy=no-user-gesture-required",
    "--disable-gpu", "--no-first-run", "--disable-background-networking",
]  # fmt: skip
READY = """() => window.onekey?.phone.state().registration === 'registered'"""
# when the name of who presses is on the screen: after the frame that painted it
PAINTED = """
() => new Promise((seen) => {
  const look = () => document.querySelector('[data-testid=ring-band]') && document.querySelector('[data-testid=pop-name]')?.textContent;
  const watch = new MutationObserver(() => {
    if (!look()) return;
    watch.disconnect();
    requestAnimationFrame(() => setTimeout(() => seen(Date.now())));
  });
  watch.observe(document.body, { childList: true, subtree: true, characterData: true });
})
"""
CLEAR = "() => !document.querySelector('[data-testid=ring-band]')"


async def in_the_browser(centre: BenchCentre, say: Say) -> list[Figure]:
    if not has_playwright:
        say("no Playwright here: the browser's figures are left out")
        return []
    try:
        program = tool("chromium", progress=say)
    except ToolMissing as problem:
        say(f"the browser's figures are left out: {problem}")
        return []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        try:
            return [await _sign_in_to_ready(centre, browser, say), await _press_to_paint(centre, browser, say)]
        finally:
            await browser.close()


async def _until(page: Page, script: str) -> None:
    """Playwright's own wait needs eval in the page, which our Content-Security-Policy refuses."""
    for _ in range(3_000):
        if await page.evaluate(script):
            return
        await asyncio.sleep(0.01)
    raise BenchFailed(f"the browser did not come so far: {script}")


async def _sign_in_to_ready(centre: BenchCentre, browser: Browser, say: Say) -> Figure:
    say(f"{SIGN_INS} sign-ins in Chromium, each with an empty cache")
    took = []
    for _ in range(SIGN_INS):
        context = await browser.new_context(permissions=["microphone"], locale="zh-CN")
        page = await context.new_page()
        await page.goto(centre.url)
        await page.get_by_test_id("login-user").fill("agent1")
        await page.get_by_test_id("login-pass").fill(DEMO_PASSWORD)
        began = asyncio.get_running_loop().time()
        await page.get_by_test_id("login-submit").click()
        await _until(page, READY)
        took.append(asyncio.get_running_loop().time() - began)
        await context.close()
    return Figure(
        "sign_in_to_ready",
        "the sign-in button → console with snapshot and a registered telephone, in Chromium, slowest",
        round(max(took), 2), "s", 2, "", None, None,
        f"median {median(took):.2f} s of {len(took)}; the password's own hash takes about 0.15 s of it",
    )  # fmt: skip


async def _press_to_paint(centre: BenchCentre, browser: Browser, say: Say) -> Figure:
    say(f"{PRESSES} presses, until the name is painted")
    database = Database(centre.owner_url, pool_size=1)
    context = await browser.new_context(permissions=["microphone"], locale="zh-CN", viewport={"width": 1366, "height": 768})
    page = await context.new_page()
    await page.goto(centre.url)
    await page.get_by_test_id("login-user").fill("agent1")
    await page.get_by_test_id("login-pass").fill(DEMO_PASSWORD)
    await page.get_by_test_id("login-submit").click()
    await _until(page, READY)
    await page.wait_for_timeout(1500)
    for phone in centre.agents:  # only the browser answers to this
        phone.answer_after = None
    took: list[float] = []
    try:
        async with StampedPhone() as elder:
            for n in range(PRESSES):
                painted = asyncio.create_task(page.evaluate(PAINTED))
                await asyncio.sleep(0.05)
                call = await elder.call("1234900", pbx=centre.pbx, from_number=centre.callers[n % len(centre.callers)])
                at = await asyncio.wait_for(painted, 20)
                async with database.transaction() as session:
                    stored = await session.scalar(
                        text("SELECT extract(epoch FROM received_at) FROM calls ORDER BY received_at DESC LIMIT 1")
                    )
                took.append(at - float(stored or 0) * 1000)
                await call.hang_up()
                await _until(page, CLEAR)
                await asyncio.sleep(0.3)
    finally:
        await context.close()
        await database.close()
    return Figure(
        "pop_painted",
        f"a press on the SOS line → the elder's name painted in Chromium at one of {len(centre.agents) + 1} consoles that ring, p99",
        round(quantile(took, 0.99), 0), "ms", 300, "", None, None,
        f"median {median(took):.0f} ms of {len(took)}; from the moment the press came in, which is before it is stored",
    )  # fmt: skip
