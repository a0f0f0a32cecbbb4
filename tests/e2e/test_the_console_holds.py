"""What an agent's machine goes through in a shift, in the real browser: what happens to the elder, and what the agent is told."""

from __future__ import annotations

import asyncio
import json
import signal
from pathlib import Path

import pytest
from playwright.async_api import Browser, Playwright, Route, async_playwright, expect

from callcenter.local.packages import tool
from callcenter.telephony.softphone import Call, Softphone
from tests.e2e.conftest import MICROPHONE
from tests.e2e.faults import asleep, cables
from tests.e2e.running import ALONE, CHROMIUM_ARGS, PATIENCE, SERVICE, SOS, Agent, Centre, agent_at_console, write_microphone

pytestmark = [pytest.mark.browser, pytest.mark.asterisk]
SLEEP_S = 14  # longer than legs without sound live (10 s), and than a console may be silent


async def talks_with_agent(centre: Centre, phone: Softphone, agent: Agent, line: str = SOS) -> Call:
    call = await phone.call(line, pbx=("127.0.0.1", centre.sip_port), from_number=ALONE)
    await agent.answers()
    await call.answered(PATIENCE)
    call.media.play_tone(440)
    await agent.until_hears(440)
    return call


async def level_within(call: Call, frequency: float, wanted: bool, patience: float = PATIENCE) -> float:
    """What the elder hears of this tone, as soon as it is there (or gone)."""
    level = 0.0
    for _ in range(int(patience / 0.25)):
        level = call.media.level(frequency)
        if level > 0.1 if wanted else level < 0.01:
            break
        await asyncio.sleep(0.25)
    return level


async def test_muted_but_talking_is_told_and_the_elder_hears_nothing(centre: Centre, agent: Agent) -> None:
    async with Softphone() as phone:
        call = await talks_with_agent(centre, phone, agent)
        assert await level_within(call, MICROPHONE, True) > 0.1
        await agent.page.keyboard.press("F6")
        await expect(agent.part("hearing-talking-muted")).to_be_visible()
        assert await level_within(call, MICROPHONE, False) < 0.01
        await agent.page.keyboard.press("F6")
        await expect(agent.part("hearing-talking-muted")).to_have_count(0)
        assert await level_within(call, MICROPHONE, True) > 0.1
        await call.hang_up()
    await agent.wraps_up()


async def test_the_api_restarts_in_mid_call(centre: Centre, agent: Agent) -> None:
    async with Softphone() as phone:
        call = await talks_with_agent(centre, phone, agent)
        await agent.part("note-input").fill("女儿在路上,还没保存")
        old = centre.signal("api", signal.SIGKILL)
        await expect(agent.part("conn-bar")).to_be_visible()
        await expect(agent.part("conn-bar")).to_contain_text("通话不受影响")
        assert await agent.until_hears(440) > 0.1
        await expect(agent.part("conn-bar")).to_have_count(0)
        assert centre.pid_of("api") != old
        await expect(agent.part("call-state")).to_have_attribute("data-state", "talking")
        await expect(agent.part("note-input")).to_have_value("女儿在路上,还没保存")
        await agent.part("note-save").click()
        assert await centre.until_row("SELECT 1 FROM case_entries WHERE text = '女儿在路上,还没保存'")
        await agent.page.keyboard.press("F4")
        await call.ended(PATIENCE)
    await agent.wraps_up()


async def test_half_a_minute_without_network(centre: Centre, browser: Browser) -> None:
    """The console and the telephone's signalling stand still, the sound of the call does not: nothing is lost, and it is said."""
    async with cables(int(centre.url.rsplit(":", 1)[1]), int(centre.env["ONEKEY_ARI_PORT"])) as (web, sip):

        async def through_the_cable(route: Route) -> None:
            answer = await route.fetch()
            body = await answer.json()
            await route.fulfill(response=answer, body=json.dumps({**body, "ws_url": f"ws://127.0.0.1:{sip.port}/ws"}))

        context = await browser.new_context(viewport={"width": 1366, "height": 768}, permissions=["microphone"], locale="zh-CN")
        page = await context.new_page()
        await page.route("**/api/phone", through_the_cable)
        agent = Agent(page, context, centre, "agent4", url=f"http://127.0.0.1:{web.port}")
        await agent.keep_connections()
        await agent.sign_in()
        async with Softphone() as phone:
            call = await talks_with_agent(centre, phone, agent, SERVICE)
            web.pull()
            sip.pull()
            await expect(agent.part("conn-bar")).to_be_visible()
            await agent.part("note-input").fill("断网时写的")
            await asyncio.sleep(20)
            assert call.state == "talking"
            assert await agent.until_hears(440) > 0.1
            web.plug_in()
            sip.plug_in()
            await expect(agent.part("conn-bar")).to_have_count(0)
            await expect(agent.part("call-state")).to_have_attribute("data-state", "talking")
            await agent.part("note-save").click()
            assert await centre.until_row("SELECT 1 FROM case_entries WHERE text = '断网时写的'")
            await agent.phone_is_ready()
            assert await agent.until_hears(440) > 0.1
            await agent.part("call-hangup").click()
            await call.ended(PATIENCE)
        await agent.wraps_up()
        await context.close()


@pytest.fixture
async def laptop(tmp_path: Path) -> object:
    """A browser of its own, which can be put to sleep without the others."""
    sound = write_microphone(tmp_path / "microphone.wav", MICROPHONE)
    async with async_playwright() as playwright:
        yield playwright, f"--use-file-for-fake-audio-capture={sound}"


async def test_a_laptop_that_sleeps_in_mid_call(centre: Centre, browser: Browser, laptop: tuple[Playwright, str]) -> None:
    """The elder is with somebody else within the 10 s that a dead leg may last and the time that she is waited for; who wakes up is told so."""
    playwright, mark = laptop
    asleep_soon = await playwright.chromium.launch(executable_path=tool("chromium"), args=[*CHROMIUM_ARGS, mark])
    async with (
        Softphone() as phone,
        agent_at_console(asleep_soon, centre, "agent3") as sleeper,
    ):
        call = await talks_with_agent(centre, phone, sleeper)
        async with agent_at_console(browser, centre, "agent2") as second:
            with asleep(mark):
                await asyncio.sleep(SLEEP_S)
                await second.answers()
                assert await second.until_hears(440) > 0.1
                assert call.state == "talking"
            notice = sleeper.page.locator(".ant-message-notice").filter(has_text="已由 刘洋 接续")
            await expect(notice.first).to_be_visible()
            await sleeper.phone_is_ready()
            assert (await sleeper.page.evaluate("window.onekey.phone.state().call")) is None
            assert await second.until_hears(440) > 0.1
            await call.hang_up()
            await second.wraps_up()
    await asleep_soon.close()


async def test_two_tabs_share_one_telephone(centre: Centre, agent: Agent) -> None:
    first = agent.page
    tab = Agent(await agent.context.new_page(), agent.context, centre, agent.username)
    await tab.page.goto(f"{centre.url}/?rawaudio=1")
    await tab.phone_is_ready()  # the newest tab has it
    await agent.until_true("window.onekey?.phone.state().registration === 'elsewhere'")
    async with Softphone() as phone:
        call = await phone.call(SOS, pbx=("127.0.0.1", centre.sip_port), from_number=ALONE)
        await tab.answers()
        await call.answered(PATIENCE)
        call.media.play_tone(440)
        await first.bring_to_front()
        await expect(agent.part("pop-name")).to_contain_text("王桂兰")  # the other tab follows
        await expect(agent.part("call-panel")).to_contain_text("另一个窗口")
        await tab.page.bring_to_front()
        assert await tab.until_hears(440) > 0.1
        await call.hang_up()
    await tab.wraps_up()
    await tab.page.close()
    await agent.phone_is_ready()  # and has it back


async def test_a_second_sign_in_takes_over_with_a_word(centre: Centre, browser: Browser, agent: Agent) -> None:
    async with agent_at_console(browser, centre, agent.username) as elsewhere:
        await expect(elsewhere.page.locator(".ant-message-notice").filter(has_text="已接管").first).to_be_visible()
        await expect(agent.page.get_by_text("您已在另一处登录工作台")).to_be_visible()
        await agent.page.get_by_role("button", name="在这里继续").click()
        await agent.phone_is_ready()
        await expect(elsewhere.page.get_by_text("您已在另一处登录工作台")).to_be_visible()
        async with Softphone() as phone:
            call = await talks_with_agent(centre, phone, agent)
            await call.hang_up()
        await agent.wraps_up()
