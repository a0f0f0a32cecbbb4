"""Every screen in the real browser, in both languages at the smallest size: no serious fault for who sees badly or has no mouse, nothing cut off at the side.

With ONEKEY_SCREENSHOTS=folder each is kept there as a picture (docs/images are made so).
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, expect

from callcenter.accounts.demo import DEMO_PASSWORD
from callcenter.telephony.softphone import Softphone
from tests.e2e.running import ALONE, COUPLE, SERVICE, SOS, UNKNOWN, Centre, agent_at_console

ALONE_E164 = "+867103456789"
pytestmark = [pytest.mark.browser, pytest.mark.asterisk, pytest.mark.slow]
AXE = Path(__file__).parents[2] / "agents_ui/node_modules/axe-core/axe.min.js"
# null: a colour was on its way meanwhile (a key woke up)
RUN = """
async () => {
  let moved = document.getAnimations().some((one) => one instanceof CSSTransition && one.playState === 'running');
  const heed = (event) => { if (/color|opacity/.test(event.propertyName)) moved = true; };
  document.addEventListener('transitionrun', heed, true);
  const found = await axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'], resultTypes: ['violations'],
  });
  document.removeEventListener('transitionrun', heed, true);
  return moved ? null : found.violations
    .filter((one) => ['serious', 'critical'].includes(one.impact))
    .map((one) => ({
      rule: one.id, help: one.help,
      where: one.nodes.slice(0, 4).map((n) => `${n.html.slice(0, 160)} — ${(n.any[0] ?? n.all[0] ?? n.none[0])?.message ?? ''}`),
    }));
}
"""
# what reaches beyond the window: a page has no scroll bar at its side
WIDER = "document.documentElement.scrollWidth - window.innerWidth"
INK = "(where) => getComputedStyle(document.querySelector(where)).color"
MOST_LOOKS = 20
# a colour on its way from one to the other is none that anybody reads; what blinks for ever is none of these
AT_REST = "() => !document.getAnimations().some((one) => one instanceof CSSTransition && one.playState === 'running')"
SHOTS = os.environ.get("ONEKEY_SCREENSHOTS", "")
SIZE: ViewportSize = {"width": 1366, "height": 768}

SCREENS: dict[str, list[tuple[str, str]]] = {
    "agent5": [
        ("desk", "/"), ("elders", "/elders"), ("jobs", "/jobs"), ("jobs-columns", "/jobs?look=columns"), ("jobs-map", "/jobs?look=map"),
        ("follow-ups", "/follow-ups"), ("follow-ups-done", "/follow-ups?look=done"), ("complaints", "/follow-ups/complaints"),
        ("knowledge", "/knowledge"), ("map", "/regions"),
        ("stores", "/stores"), ("handover", "/handover"), ("account", "/account"),
        ("points", "/points"), ("volunteers", "/points/volunteers"),
    ],
    "supervisor1": [
        ("follow-ups-sample", "/follow-ups?look=sample"), ("campaigns", "/follow-ups/campaigns"),
        ("campaign-new", "/follow-ups/campaigns?campaign=new"),
        ("complaints-overdue", "/follow-ups/complaints?look=overdue"),
        ("floor", "/floor"), ("wallboard", "/wallboard"), ("reports", "/reports"), ("elders-duplicates", "/elders/duplicates"),
        ("elders-import", "/elders/import"),
        ("elders-wordings", "/elders/wordings"), ("elder", "/elders/{elder}"), ("elders-exports", "/elders/exports"), ("elder-new", "/elders/new"),
        ("regions-tree", "/regions/tree"), ("regions-workers", "/regions/workers"), ("regions-duty", "/regions/duty"),
        ("store", "/stores/{store}"), ("store-items", "/stores/{store}?tab=items"), ("store-licences", "/stores/{store}?tab=licences"),
        ("store-people", "/stores/{store}?tab=people"), ("store-area", "/stores/{store}?tab=area"), ("store-days", "/stores/{store}?tab=days"),
        ("store-history", "/stores/{store}?tab=history"), ("store-new", "/stores/new"), ("organisations", "/stores/organisations"),
        ("stores-files", "/stores/files"), ("bills", "/bills"),
        ("points-elder", "/points?elder={elder}"), ("points-reviews", "/points/reviews"), ("points-books", "/points/books"),
        ("points-settlement", "/points/settlement"), ("points-goods", "/points/goods"), ("points-goods-elder", "/points/goods?elder={elder}"),
        ("points-rules", "/points/rules"), ("points-alliances", "/points/alliances"),
        ("knowledge-new", "/knowledge/new"), ("glass", "/access/glass"), ("audit", "/access/audit"), ("elder-log", "/access/elder"),
    ],
    "admin1": [
        ("complaints-told", "/follow-ups/complaints"),
        ("admin-people", "/admin/people"), ("admin-teams", "/admin/teams"), ("admin-lines", "/admin/lines"), ("admin-openings", "/admin/openings"),
        ("admin-options", "/admin/options"), ("admin-settings", "/admin/settings"), ("admin-catalog", "/admin/catalog"),
    ],
}  # fmt: skip


async def settled(page: Page) -> None:
    """Nothing is being fetched or turning any more; what moves has come to rest."""
    await page.wait_for_timeout(300)
    for _ in range(60):
        if not await page.evaluate("document.querySelectorAll('[aria-busy=true], .ant-spin-spinning, .ant-skeleton-active').length"):
            break
        await page.wait_for_timeout(100)
    await page.wait_for_timeout(400)
    await page.wait_for_function(AT_REST)


async def faults_of(page: Page) -> list[Any]:
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    for _ in range(MOST_LOOKS):
        if (faults := await page.evaluate(RUN)) is not None:
            return list(faults)
        await settled(page)
    raise AssertionError(f"colours change without end: {page.url}")


async def looked_at(page: Page, name: str, language: str) -> list[str]:
    await settled(page)
    if SHOTS:
        await page.screenshot(path=Path(SHOTS) / f"{name}-{language}.png")
    wrong = [f"{name}/{language}: {fault['rule']}: {fault['help']}: {fault['where']}" for fault in await faults_of(page)]
    if (wider := await page.evaluate(WIDER)) > 0:
        wrong.append(f"{name}/{language}: {wider} px beyond the window")
    return wrong


async def speak(page: Page, language: str) -> None:
    await page.evaluate("(language) => localStorage.setItem('onekey.language', language)", language)


@pytest_asyncio.fixture
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    made = await browser.new_context(
        viewport=SIZE, permissions=["microphone"], locale="zh-CN", timezone_id="Asia/Shanghai", reduced_motion="reduce"
    )
    yield made
    await made.close()


async def test_the_desk_through_a_call(centre: Centre, browser: Browser) -> None:
    """Sixty wait while one rings, is talked to and wrapped up; a shared and an unknown number; the case's tabs; the search.

    First of all, so that the figures and lists of the other screens have something in them.
    """
    wrong: list[str] = []
    async with agent_at_console(browser, centre, "agent2") as agent, AsyncExitStack() as calls:
        page = agent.page
        phone = await calls.enter_async_context(Softphone())

        async def look(name: str) -> None:
            wrong.extend(await looked_at(page, name, "zh"))

        async def call(number: str, line: str) -> Any:
            return await phone.call(line, pbx=("127.0.0.1", centre.sip_port), from_number=number)

        first = await call(ALONE, SOS)
        await agent.sees("ring-band", "SOS")
        await look("desk-sos-rings")
        await agent.answers()
        await expect(page.get_by_test_id("presence-menu")).to_be_disabled()
        await look("desk-sos-talking")
        assert await page.evaluate(INK, ".presence") == await page.evaluate(INK, "body"), (
            "one's own state in a call is read as well as any text"
        )
        await page.get_by_test_id("emergency-leave").click()  # the case as it is seen in any call
        await look("desk-sos-left")
        for tab in ("工单", "健康", "联系人", "设备", "历史", "资料"):
            await page.get_by_role("tab", name=tab, exact=True).click()
            await look(f"case-{tab}" if not SHOTS else f"case-{('工单', '健康', '联系人', '设备', '历史', '资料').index(tab)}")
        await page.keyboard.press("Control+k")
        await page.get_by_test_id("search-input").fill("wgl")
        await expect(page.locator("[data-testid^=search-hit-]").first).to_be_visible()
        await look("search")
        await page.keyboard.press("Escape")
        waiting = [await call(f"0710388{n:04d}", SERVICE) for n in range(60)]
        await expect(page.get_by_test_id("waiting-count")).to_have_text("60")
        await look("desk-sixty-wait")
        for one in waiting:
            await one.hang_up()
        await first.hang_up()
        await expect(page.get_by_test_id("wrapup-outcome")).to_be_visible()
        await look("desk-wrap-up")
        await agent.wraps_up()
        for number, name in ((COUPLE, "desk-shared-number"), (UNKNOWN, "desk-unknown-number")):
            await centre.until_row(
                "SELECT 1 FROM agent_presence p JOIN users u ON u.id = p.agent_id WHERE u.username = 'agent2' AND p.state = 'idle'"
            )
            one = await call(number, SERVICE)
            await agent.answers()
            await look(name)
            await one.hang_up()
            await agent.wraps_up()
    assert not wrong, "\n".join(wrong)


async def test_the_sign_in_and_the_training_telephone(centre: Centre, context: BrowserContext) -> None:
    page, wrong = await context.new_page(), []
    for language in ("zh", "en"):
        for name, path in (
            ("sign-in", "/"),
            ("training", "/training"),
            ("training-store", "/training?as=store"),
            ("training-family", "/training?as=family"),
            ("training-outside", "/training?as=outside"),
            ("training-worker", "/training?as=worker"),
        ):
            await page.goto(f"{centre.url}{path}")
            await speak(page, language)
            await page.reload()
            wrong += await looked_at(page, name, language)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("username", SCREENS)
async def test_every_page(centre: Centre, context: BrowserContext, username: str) -> None:
    page, wrong = await context.new_page(), []
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    await page.goto(centre.url)
    await page.get_by_test_id("login-user").fill(username)
    await page.get_by_test_id("login-pass").fill(DEMO_PASSWORD)
    await page.get_by_test_id("login-submit").click()
    await page.get_by_test_id("account-menu").wait_for()
    (elder,) = await centre.rows("SELECT elder_id FROM elder_numbers WHERE e164 = %s ORDER BY elder_id LIMIT 1", ALONE_E164)
    (store,) = await centre.rows("SELECT id FROM stores WHERE code = 'S0001'")
    for language in ("zh", "en"):
        await speak(page, language)
        for name, pattern in SCREENS[username]:
            path = pattern.format(elder=elder["elder_id"], store=store["id"])
            await page.goto(f"{centre.url}{path}")
            assert page.url.endswith(path), f"{username} is sent from {path} to {page.url}"
            await expect(page.locator("h1, [data-testid=waiting-count], .wallboard, main").first).to_be_visible()
            wrong += await looked_at(page, name, language)
            assert page.url.endswith(path), f"{username} is sent from {path} to {page.url}"
    assert not wrong and not errors, "\n".join(wrong + errors)
