"""A finished job makes the elder's telephone ring; a press of 2 brings an agent on the line and opens a complaint.

Real Asterisk, real voice and worker, real browser, as the demo has it: the job is asked about at once, by a program, because it is not her first.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.conftest import MICROPHONE
from tests.e2e.running import Agent, Centre
from tests.e2e.test_the_training_telephone import says, telephone

pytestmark = [pytest.mark.browser, pytest.mark.asterisk]
HIS, HIS_E164 = "07103451357", "+867103451357"  # 仇德发, of whom no other test of this folder makes use


async def finish_job(centre: Centre, e164: str) -> str:
    env = centre.env | json.loads((centre.home / "env.json").read_text())
    command = [sys.executable, "-m", "tests.e2e.finish_job", e164]
    done = await asyncio.to_thread(subprocess.run, command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


async def presses(elder: Page, centre: Centre, key: str) -> None:
    """As soon as the voice listens for keys."""
    await centre.until_row("SELECT 1 FROM dialog_calls WHERE kind = 'job_follow_up' AND state = 'talking' AND step ->> 'then' = 'listen'")
    await elder.get_by_test_id(f"training-key-{key}").click()


async def test_a_press_of_2_brings_an_agent_and_opens_a_complaint(centre: Centre, agent: Agent, browser: Browser) -> None:
    async with telephone(browser, centre, f"/training?number={HIS}&rawaudio=1") as elder:
        order_id = await finish_job(centre, HIS_E164)
        plan = await centre.until_row("SELECT id, way, why, case_id FROM call_plans WHERE order_id::text = %s", order_id)
        assert (plan["way"], plan["why"]) == ("keys", "standard")

        # his telephone rings by itself; he is not satisfied
        await says(elder, "ringing")
        await elder.get_by_test_id("training-answer").click()
        await says(elder, "talking")
        await presses(elder, centre, "2")

        # the agent is told who it is and what it is about, before she answers
        await agent.sees("ring-band", "仇德发")
        await agent.sees("ring-band", "回访转人工")
        await agent.sees("ring-about", "不满意")
        await agent.answers()
        assert await agent.until_hears(MICROPHONE) > 0.1, "she hears him on the same call"
        await agent.sees("greeting", "对不起")
        await says(elder, "talking")
        await expect(agent.part("party-caller")).to_have_count(0)
        await expect(agent.part("party-elder")).to_have_count(1)

        # the complaint stands on the case, its timeline says how it came, and on the board with what he pressed
        complaint = await centre.until_row(
            "SELECT number, state, source, rating, store_id FROM complaints WHERE case_id = %s", plan["case_id"]
        )
        assert (complaint["state"], complaint["source"], complaint["rating"]) == ("opened", "rating", 2)
        await agent.sees("case-complaints", complaint["number"])
        await expect(agent.page.get_by_text(f"登记投诉 {complaint['number']}").first).to_be_visible()
        await agent.part("call-hangup").click()
        await says(elder, "idle")
        await agent.wraps_up()
        await agent.part("nav-followUps").click()
        await agent.page.get_by_role("tab", name="投诉", exact=True).click()
        await agent.sees(f"complaint-{complaint['number']}", "2")
    kinds = [row["kind"] for row in await centre.rows("SELECT kind FROM case_entries WHERE case_id = %s", plan["case_id"])]
    assert {"order_settled", "follow_up_planned", "follow_up_done", "complaint_opened", "answered"} <= set(kinds)
    done = await centre.until_row("SELECT state, result, rating, keyed, attempts FROM call_plans WHERE id = %s", plan["id"])
    assert done == {"state": "done", "result": "rated", "rating": 2, "keyed": "2", "attempts": 1}
