"""A keeper's telephone: Chromium at 360×640 over the real app. The job appears live, is taken, done and proved; and once more without a network."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from callcenter.dispatch.access.rules import DEMO_CODE
from callcenter.dispatch.admission import decide
from callcenter.dispatch.stores.models import ProviderPerson, StoreState
from callcenter.dispatch.stores.queries import get_store
from callcenter.dispatch.stores.schemas import Decision
from callcenter.kit import clock
from callcenter.kit.phone import national
from callcenter.local.packages import tool
from tests.e2e.running import CHROMIUM_ARGS
from tests.providers.playing import TEST, accepted, done, ordered, settle, store_with_keeper, worker_of
from tests.providers.test_who_may import small_world
from tests.storefront import Storefront

pytestmark = pytest.mark.browser
AXE = Path(__file__).parents[2] / "agents_ui/node_modules/axe-core/axe.min.js"
SERIOUS = """async () => (await axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] })).violations
  .filter((v) => ['serious', 'critical'].includes(v.impact)).map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).slice(0, 4).join(' | ')}`)"""
# text under 16 px and keys under 48 px, of what is seen
TOO_SMALL = """() => {
  const seen = (e) => { const r = e.getBoundingClientRect(); return r.width > 1 && r.height > 1; };
  const keys = [...document.querySelectorAll('button, a, input, select, textarea')].filter(seen)
    .filter((e) => e.getBoundingClientRect().height < 48).map((e) => `${e.tagName} ${e.className} ${e.getBoundingClientRect().height}`);
  const words = [...document.querySelectorAll('body *')].filter((e) => seen(e) && [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
    .filter((e) => parseFloat(getComputedStyle(e).fontSize) < 16).map((e) => `${e.tagName} ${e.className} ${e.textContent.slice(0, 20)}`);
  const wide = document.documentElement.scrollWidth > window.innerWidth ? [`scrolls sideways: ${document.documentElement.scrollWidth}`] : [];
  return [...keys, ...words, ...wide];
}"""
PICTURES = os.environ.get("STORES_PICTURES", "")  # a folder: every screen is kept there


@pytest_asyncio.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=tool("chromium"), args=CHROMIUM_ARGS)
        yield launched
        await launched.close()


@pytest_asyncio.fixture
async def context(chromium: Browser, front: Storefront) -> AsyncIterator[BrowserContext]:
    made = await chromium.new_context(
        viewport={"width": 360, "height": 640},
        device_scale_factor=2,
        is_mobile=True,
        has_touch=True,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        base_url=front.url,
        bypass_csp=False,
    )
    yield made
    await made.close()


async def looks(page: Page, name: str) -> None:
    """Nothing too small, nothing that a screen reader or a weak eye can't use."""
    if PICTURES:
        await page.screenshot(path=f"{PICTURES}/{name}.png")
    assert await page.evaluate(TOO_SMALL) == [], name
    await page.evaluate(AXE.read_text())
    assert await page.evaluate(SERIOUS) == [], name


async def sign_in(context: BrowserContext, person: ProviderPerson) -> Page:
    page = await context.new_page()
    await page.goto("/")
    await page.get_by_test_id("number").fill(national(person.number))
    await looks(page, "sign-in")
    await page.get_by_test_id("get-code").click()
    await page.get_by_test_id("code").fill("000000")
    await expect(page.get_by_test_id("problem")).to_contain_text("还能试4次")
    await looks(page, "sign-in-code")
    await page.get_by_test_id("code").fill(DEMO_CODE)
    await expect(page.get_by_test_id("empty")).to_be_visible()
    return page


async def press(page: Page, step: str) -> None:
    await page.locator(f"[data-testid=next][data-step={step}]").click()


async def test_a_job_appears_is_taken_done_and_proved(context: BrowserContext, front: Storefront, elder_id: uuid.UUID) -> None:
    store_id, person = await store_with_keeper(front, "张姐家政服务部", JZ01=4000)
    await worker_of(front, store_id, "李小妹")
    page = await sign_in(context, person)
    await looks(page, "jobs-empty")
    order = await ordered(front, elder_id, "JZ01", notes="钥匙在501邻居家，老人耳背，请大声些")
    card = page.get_by_test_id("offer")
    await expect(card).to_be_visible(timeout=1500)
    await expect(card).to_contain_text(f"{order.elder_name[0]}**")
    await expect(card).not_to_contain_text(order.elder_name)
    await looks(page, "jobs-offer")
    await page.get_by_test_id("decline").click()
    await looks(page, "decline")
    await page.keyboard.press("Escape")
    await page.get_by_test_id("accept").click()
    await expect(page.get_by_test_id("toast")).to_contain_text("接到了")
    job = page.get_by_test_id("job")
    await expect(job).to_contain_text(order.elder_name)
    await looks(page, "jobs-accepted")
    await job.get_by_role("button").first.click()
    await expect(page.get_by_test_id("address")).to_have_text(order.address)
    await looks(page, "job")
    for sheet in ("call", "send", "no_answer", "give_back"):
        await page.get_by_test_id(sheet).click()
        await page.wait_for_timeout(150)
        await looks(page, f"job-{sheet}")
        await page.keyboard.press("Escape")
    await press(page, "set_out")
    await press(page, "check_in")
    await looks(page, "check-in")
    await page.get_by_test_id("service-code").fill("000000" if order.service_code != "000000" else "111111")
    await page.get_by_test_id("send-code").click()
    await expect(page.get_by_test_id("toast")).to_contain_text("还能试4次")
    await press(page, "check_in")
    await page.get_by_test_id("service-code").fill(order.service_code)
    await page.get_by_test_id("send-code").click()
    await expect(page.get_by_test_id("state")).to_have_text("服务中")
    await expect(page.get_by_test_id("net")).to_have_count(0)  # foreseen at once; now also done
    clock.shift(timedelta(minutes=order.minutes))
    await press(page, "check_out")
    await looks(page, "check-out")
    await page.get_by_test_id("service-code").fill(order.service_code)
    await page.get_by_test_id("send-code").click()
    await page.get_by_test_id("amount").fill("45.5")
    await page.wait_for_timeout(300)
    await looks(page, "check-out-amount")
    await page.get_by_test_id("finish").click()
    await expect(page.get_by_test_id("state")).to_have_text("已核实")
    await expect(page.get_by_test_id("settling")).to_have_text("结算中…")
    await looks(page, "job-done")
    await settle(front)
    await expect(page.get_by_test_id("collect")).to_contain_text("上门向老人收45.50元", timeout=1500)
    await expect(page.get_by_test_id("state")).to_have_text("已结算")
    await expect(page.get_by_test_id("collect")).to_be_in_viewport(ratio=1)
    await looks(page, "job-settled")
    await page.get_by_test_id("back").click()
    await looks(page, "jobs-done")
    await page.get_by_test_id("tab-money").click()
    await expect(page.locator(".sum-big")).to_contain_text("45.50")
    await looks(page, "money")
    await page.get_by_test_id("tab-me").click()
    await looks(page, "me")
    assert [tuple(r) for r in await front.rows("SELECT state, amount_fen FROM orders WHERE id = :id", id=order.id)] == [("settled", 4550)]
    await page.get_by_test_id("sign-out").click()
    await expect(page.get_by_test_id("number")).to_be_visible()
    assert (await context.request.get("/api/me")).status == 401


@pytest.mark.usefixtures("voucher")
async def test_what_others_pay_and_a_store_that_is_suspended(context: BrowserContext, front: Storefront, elder_id: uuid.UUID) -> None:
    store_id, person = await store_with_keeper(front, "张姐家政服务部", JZ01=4000)
    page = await sign_in(context, person)
    clock.shift(timedelta(minutes=2))  # another code for the same number
    phone = await front.signed_in(person)
    order = await ordered(front, elder_id, "JZ01")
    later = await ordered(front, elder_id, "JZ01")
    await accepted(phone, later)
    await done(phone, order, 4000)
    await settle(front)
    await page.goto(f"/#/job/{order.id}")
    collect = page.get_by_test_id("collect")
    await expect(collect).to_contain_text("上门向老人收25元")
    await expect(collect).to_contain_text("养老服务券付15元")
    await expect(collect).to_be_in_viewport(ratio=1)
    await looks(page, "job-settled-voucher")
    await page.goto("/#/jobs")
    async with front.owner.transaction() as session:
        store = await get_store(session, store_id)
        await decide(session, TEST, store_id, Decision(version=store.version, to=StoreState.SUSPENDED, reason="停业整顿"))
    await expect(page.locator(".notice")).to_have_text(re.compile("已暂停接单：停业整顿。手上的单照常做，暂时不派新单。"), timeout=3000)
    await looks(page, "jobs-suspended")
    await page.goto(f"/#/job/{later.id}")
    await expect(page.get_by_test_id("attention")).to_have_text("店已暂停接单。手上的单照常做，暂时不派新单")
    await looks(page, "job-suspended")
    await page.goto("/#/money")
    await expect(page.locator(".sum-big")).to_have_text("40元")
    await looks(page, "money-voucher")


async def test_without_a_network_it_waits_and_is_done_once(context: BrowserContext, front: Storefront, elder_id: uuid.UUID) -> None:
    _, person = await store_with_keeper(front, "张姐家政服务部", JZ01=4000)
    page = await sign_in(context, person)
    order = await ordered(front, elder_id, "JZ01")
    await page.get_by_test_id("accept").click()
    await expect(page.get_by_test_id("job")).to_be_visible()
    await page.evaluate("navigator.serviceWorker.ready")
    await context.set_offline(True)
    await press(page, "set_out")
    await expect(page.get_by_test_id("net-waiting")).to_have_text("还有1条等待发送")
    await press(page, "check_in")
    await page.get_by_test_id("service-code").fill(order.service_code)
    await page.get_by_test_id("send-code").click()
    await expect(page.get_by_test_id("net-waiting")).to_have_text("还有2条等待发送")
    await looks(page, "offline")
    assert await kinds(front, order.id) == ["placed", "offered", "accepted"]
    # the telephone is switched off and on again, still without a network: nothing is lost
    await page.reload()
    await expect(page.get_by_test_id("net-waiting")).to_have_text("还有2条等待发送")
    await expect(page.get_by_test_id("job")).to_have_attribute("data-state", "in_service")
    await looks(page, "offline-reloaded")
    await context.set_offline(False)
    await expect(page.get_by_test_id("net")).to_have_count(0, timeout=20_000)
    await expect(page.get_by_test_id("job")).to_have_attribute("data-state", "in_service")
    assert await kinds(front, order.id) == ["placed", "offered", "accepted", "en_route", "proof", "checked_in"]
    assert len(await front.rows("SELECT 1 FROM provider_idempotency_keys")) == 3


async def test_an_answer_that_is_lost_on_the_way_back(context: BrowserContext, front: Storefront, elder_id: uuid.UUID) -> None:
    """It was done, the telephone does not know it, and sends it again."""
    _, person = await store_with_keeper(front, "张姐家政服务部", JZ01=4000)
    page = await sign_in(context, person)
    order = await ordered(front, elder_id, "JZ01")
    await page.get_by_test_id("accept").click()
    await expect(page.get_by_test_id("job")).to_be_visible()
    sent: list[str] = []

    async def lose_the_first(route, request) -> None:  # type: ignore[no-untyped-def]
        sent.append(request.headers["idempotency-key"])
        answer = await route.fetch()
        await (route.abort() if len(sent) == 1 else route.fulfill(response=answer))

    await context.route(re.compile(r"/set-out$"), lose_the_first)
    await press(page, "set_out")
    await expect(page.get_by_test_id("net-waiting")).to_have_text("还有1条等待发送")
    await page.get_by_role("button", name="现在再发一次").click()
    await expect(page.get_by_test_id("net-waiting")).to_have_count(0)
    assert len(sent) == 2 and sent[0] == sent[1]
    assert await kinds(front, order.id) == ["placed", "offered", "accepted", "en_route"]


async def kinds(front: Storefront, order_id: uuid.UUID) -> list[str]:
    return [row.kind for row in await front.rows("SELECT kind FROM order_events WHERE order_id = :id ORDER BY id", id=order_id)]


async def test_a_keepers_store_and_an_officers_stores(context: BrowserContext, front: Storefront, elder_id: uuid.UUID) -> None:
    world = await small_world(front, elder_id)
    keeper, officer = world.people["keeper"].person, world.people["officer"].person
    assert keeper and officer
    clock.shift(timedelta(minutes=2))
    page = await context.new_page()
    await page.goto("/#/me")
    await page.get_by_test_id("number").fill(national(keeper.number))
    await page.get_by_test_id("get-code").click()
    await page.get_by_test_id("code").fill(DEMO_CODE)
    await page.get_by_test_id("my-store").click()
    await expect(page.get_by_role("heading", name="张姐家政")).to_be_visible()
    await looks(page, "store")
    await page.get_by_role("button", name="营业").first.click()
    await page.get_by_test_id("save-hours").click()
    await expect(page.get_by_test_id("toast")).to_have_text("已保存")
    await page.locator("#off-first").fill("2030-02-01")
    await page.get_by_test_id("off-add").click()
    await expect(page.get_by_text("2030-02-01")).to_be_visible()
    rows = await front.rows("SELECT hours FROM stores WHERE id = :id", id=uuid.UUID(world.ids["store_id"]))
    assert rows[0].hours[0] == [] and rows[0].hours[1] != []
    await page.get_by_test_id("back").click()
    await page.get_by_test_id("sign-out").click()

    clock.shift(timedelta(minutes=2))
    await page.get_by_test_id("number").fill(national(officer.number))
    await page.get_by_test_id("get-code").click()
    await page.get_by_test_id("code").fill(DEMO_CODE)
    await page.get_by_test_id("tab-me").click()
    await page.get_by_test_id("my-organisation").click()
    await looks(page, "organisation")
    await page.get_by_test_id("below").click()
    await page.wait_for_timeout(200)
    await looks(page, "organisation-decide")
    await page.locator("#reason").fill("停业整顿")
    await page.get_by_test_id("suspend").click()
    await expect(page.get_by_test_id("below")).to_contain_text("已暂停")
    assert [tuple(r) for r in await front.rows("SELECT state, state_reason FROM stores WHERE name = '张姐家政'")] == [
        ("suspended", "停业整顿")
    ]
