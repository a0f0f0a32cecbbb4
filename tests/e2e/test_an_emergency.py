"""From the red key to help at the door, in Chromium on real Asterisk: one plays the elder, the agent, the daughter and 120, each on her page. The
screens are looked at on the way (ONEKEY_SCREENSHOTS keeps them).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.running import Agent, Centre, agent_at_console
from tests.e2e.test_every_screen import looked_at, settled, speak
from tests.e2e.test_the_training_telephone import says, telephone

pytestmark = [pytest.mark.browser, pytest.mark.asterisk, pytest.mark.slow]
DAUGHTER, NEIGHBOUR = "13900006781", "13700006782"


async def plays(page: Page, role: str, number: str) -> None:
    await page.get_by_test_id(f"training-{role}-{number}").click()
    await says(page, "idle")


@asynccontextmanager
async def calling(elder: Page, agent: Agent) -> AsyncIterator[None]:
    """She has pressed the red key, and the agent has picked up: the emergency screen stands by itself."""
    await elder.get_by_test_id("training-sos").click()
    await agent.answers()
    await expect(agent.part("emergency-screen")).to_be_visible()
    await agent.sees("pop-name", "王桂兰")
    yield


async def party(agent: Agent, code: str, state: str) -> None:
    await expect(agent.part(f"party-{code}")).to_have_attribute("data-state", state)


async def test_one_person_plays_them_all(centre: Centre, browser: Browser) -> None:
    wrong: list[str] = []
    async with (
        agent_at_console(browser, centre, "agent1") as agent,
        agent_at_console(browser, centre, "supervisor1") as second,
        telephone(browser, centre, "/training") as elder,
        telephone(browser, centre, f"/training?as=family&number={DAUGHTER}") as daughter,
        telephone(browser, centre, f"/training?as=family&number={NEIGHBOUR}") as neighbour,
        telephone(browser, centre, "/training?as=outside&number=120") as ambulance,
    ):

        async def look(page: Page, name: str) -> None:
            wrong.extend(await looked_at(page, name, "zh"))

        for page, name in ((ambulance, "training-120"), (daughter, "training-family")):
            await look(page, name)

        async with calling(elder, agent):
            # the second person is asked, and says that she watches
            await second.part("watch-key").click()
            await expect(second.part("emergency-screen")).to_be_visible()
            await expect(second.part("call-mute")).to_have_count(0)

            # nobody knows what it is yet: large words, and the question to read out
            await expect(agent.part("step-present")).to_be_visible()
            await look(agent.page, "emergency-unknown")
            await agent.part("kind-fall").click()
            await agent.sees("emergency-kind", "跌倒")
            await expect(agent.part("kinds-large")).to_have_count(0)
            first = await agent.part("step-present").get_attribute("data-step")
            await agent.page.keyboard.press("1")
            await expect(agent.part("step-present")).not_to_have_attribute("data-step", first or "")
            await agent.part("step-take-back").click()
            await expect(agent.part("step-present")).to_have_attribute("data-step", first or "")

            # what is typed into the note is no answer
            await agent.part("note-input").fill("1 到 4 只是字")
            await expect(agent.part("step-present")).to_have_attribute("data-step", first or "")
            await agent.part("note-save").click()

            # she cannot answer: 120, first busy, then on the line with both
            await agent.page.get_by_test_id("answer-none").click()
            await expect(agent.part("act-key")).to_have_attribute("data-act", "call_outside")
            await agent.part("act-key").click()
            await says(ambulance, "ringing")
            await look(agent.page, "emergency-calls-120")
            await ambulance.get_by_test_id("training-busy").click()
            await party(agent, "120", "ended")
            await agent.sees("party-120", "忙线")
            await look(agent.page, "emergency-120-busy")
            await agent.part("party-retry").click()
            await says(ambulance, "ringing")
            await ambulance.get_by_test_id("training-answer").click()
            await party(agent, "120", "talking")
            await second.sees("party-120", "已加入")

            # handed over, with a page for the crew
            await agent.part("handover-offer").click()
            await agent.part("handover-mobile").fill("13800138000")
            await look(agent.page, "emergency-handover-offer")
            await agent.page.locator(".ant-modal-footer .ant-btn-primary").click()
            await expect(agent.part("handover-120")).to_have_attribute("data-state", "offered")
            await expect(agent.part("handover-code")).to_be_visible()
            await agent.part("handover-told-accepted").click()
            await agent.part("told-who").fill("120 调度 3 号")
            await agent.page.locator(".ant-modal-footer .ant-btn-primary").click()
            await expect(agent.part("handover-120")).to_have_attribute("data-state", "accepted")

            # contacts: the neighbour who has the key is rung by the program, and is going
            await agent.part("ladder-start").click()
            await says(neighbour, "ringing")
            await look(agent.page, "emergency-ladder")
            await neighbour.get_by_test_id("training-answer").click()
            await says(neighbour, "talking")
            await centre.until_row("SELECT 1 FROM dialog_calls WHERE state = 'talking' AND step ->> 'then' = 'listen'")
            await neighbour.get_by_test_id("training-key-1").click()
            await expect(agent.page.locator(".em-rung-going")).to_be_visible()
            await expect(agent.part("ladder-state")).to_have_attribute("data-state", "taken")
            await says(daughter, "idle")

            # the daughter is added by a click, with the elder and 120 still there
            await says(neighbour, "idle")
            await agent.part("outside-family").click()
            await agent.page.locator("[data-testid^=outside-contact-]").filter(has_text="女儿").click()
            await says(daughter, "ringing")
            await daughter.get_by_test_id("training-answer").click()
            await party(agent, "contact", "talking")
            await look(agent.page, "emergency-three-talk")
            await second.page.wait_for_timeout(500)
            await look(second.page, "emergency-watched")

            # F4 asks; she stays and listens, comes back
            await agent.page.keyboard.press("F4")
            await look(agent.page, "emergency-hang-up-asks")
            await agent.part("hang-up-listen").click()
            await expect(agent.part("call-listening")).to_be_visible()
            await agent.part("call-come-back").click()
            await expect(agent.part("call-listening")).to_have_count(0)

            # the screen is left by one click, and led back to by another; Escape does nothing
            await agent.page.keyboard.press("Escape")
            await expect(agent.part("emergency-screen")).to_be_visible()
            await agent.part("emergency-leave").click()
            await expect(agent.part("emergency-back")).to_be_visible()
            await look(agent.page, "emergency-left")
            await agent.part("emergency-back-key").click()
            await expect(agent.part("emergency-screen")).to_be_visible()
            await agent.part("emergency-end").click()
            await expect(agent.part("emergency-end-not-now")).to_be_visible()
            await agent.page.locator(".ant-modal-footer .ant-btn-primary").click()

            # in English, and large
            await speak(agent.page, "en")
            await agent.page.reload()
            await agent.talks()
            await settled(agent.page)
            wrong.extend(await looked_at(agent.page, "emergency-talking", "en"))
            await agent.page.set_viewport_size({"width": 1920, "height": 1080})
            wrong.extend(await looked_at(agent.page, "emergency-large", "en"))
            await agent.page.set_viewport_size({"width": 1366, "height": 768})
            await speak(agent.page, "zh")
            await agent.page.reload()
            await agent.talks()

            # everybody's call is ended by a second click, and an outcome ends the emergency
            await agent.page.keyboard.press("F4")
            await agent.part("hang-up-all").click()
            await says(elder, "idle")
            await says(ambulance, "idle")
        await agent.wraps_up("已转120/110/119")
        await centre.until_row("SELECT 1 FROM emergencies WHERE state = 'closed' AND outcome <> '' AND closed_at > %s", centre.since)
        await expect(agent.part("emergency-screen")).to_have_count(0)

    kinds = {row["kind"] for row in await centre.rows("SELECT DISTINCT kind FROM case_entries WHERE at > %s", centre.since)}
    assert {"party_called", "party_failed", "party_joined", "emergency_watched", "handover_offered"} <= kinds
    assert not wrong, "\n".join(wrong)


async def test_120_that_does_not_answer_is_never_silent(centre: Centre, browser: Browser) -> None:
    """It rings on, nobody picks up: the call with her goes on, the row is red, and nothing dials again by itself."""
    async with (
        agent_at_console(browser, centre, "agent3") as agent,
        telephone(browser, centre, "/training") as elder,
        telephone(browser, centre, "/training?as=outside&number=119") as fire,
    ):
        async with calling(elder, agent):
            await agent.part("outside-119").click()
            await says(fire, "ringing")
            await agent.part("party-drop").click()
            await party(agent, "119", "ended")
            await says(fire, "idle")
            await asyncio.sleep(2)
            assert len(await centre.rows("SELECT 1 FROM call_legs WHERE code = '119' AND started_at > %s", centre.since)) == 1
            await elder.get_by_test_id("training-hangup").click()
        await agent.wraps_up("误按")
