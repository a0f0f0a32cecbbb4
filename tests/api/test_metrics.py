"""`/metrics`: from rows, in Prometheus' format, for whoever may ask; and the table, dashboard and rules that name its figures."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import httpx
import pytest
import yaml
from pydantic import SecretStr

from callcenter.calls.states import AgentState, CallState
from callcenter.main import create_app
from callcenter.reports.metrics.exposition import Metric, Sample, expose
from tests.house import PATIENCE, House

ROOT = Path(__file__).resolve().parents[2]
LINE = re.compile(r'^(?P<name>[a-z_]+)(\{(?P<labels>([a-z]+="[^"\n]*",?)*)\})? (?P<value>[-+0-9.e]+)$')
ALONE = "07103456789"


async def asked(house: House) -> dict[str, float]:
    async with httpx.AsyncClient(timeout=60) as client:
        answer = await client.get(f"{house.url}/metrics")
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    found = {}
    for line in answer.text.splitlines():
        if not line.startswith("#"):
            match = LINE.match(line)
            assert match, line
            found[f"{match['name']}{{{match['labels'] or ''}}}"] = float(match["value"])
    return found


async def asked_until(house: House, **wanted: float) -> dict[str, float]:
    """Voice writes what it knows a little later, and renews its lease when it comes to it."""
    async with asyncio.timeout(PATIENCE):
        while True:
            found = await asked(house)
            if all(found.get(name) == value for name, value in wanted.items()):
                return found
            await asyncio.sleep(0.2)


async def test_a_press_is_counted_and_its_answer_measured(house: House) -> None:
    before = await asked(house)
    assert before['onekey_presses_total{line="sos"}'] == 0 and before['onekey_calls_live{state="talking"}'] == 0
    agent = await house.agent("agent1")
    elder = house.elder(ALONE)
    elder.press_sos()
    await agent.picks_up()
    await agent.sees_call(state="talking")
    now = await asked_until(
        house, **{'onekey_calls_live{state="talking"}': 1, 'onekey_agents{state="talking"}': 1, 'onekey_voice_up{pbx="pbx1"}': 1}
    )
    assert now['onekey_presses_total{line="sos"}'] == 1 and now['onekey_presses_total{line="service"}'] == 0
    assert now['onekey_press_answer_seconds_bucket{line="sos",le="+Inf"}'] == now['onekey_press_answer_seconds_count{line="sos"}'] == 1
    assert now['onekey_press_answer_seconds_sum{line="sos"}'] > 0
    buckets = [value for name, value in now.items() if name.startswith('onekey_press_answer_seconds_bucket{line="sos"')]
    assert len(buckets) == 8 and buckets == sorted(buckets), "each holds those before it"
    elder.hangs_up()
    over = await asked_until(house, **{'onekey_calls_live{state="talking"}': 0})
    assert over['onekey_presses_unanswered_total{line="sos"}'] == 0


async def test_who_may_ask(house: House) -> None:
    for headers in ({"X-Forwarded-For": "127.0.0.1"}, {"Forwarded": "for=127.0.0.1"}, {"Via": "1.1 Caddy"}):
        async with httpx.AsyncClient(timeout=60) as client:
            answer = await client.get(f"{house.url}/metrics", headers=headers)
        assert (answer.status_code, answer.text) == (404, "not found\n"), "a proxy on this machine asks for somebody else"

    async def answer_of(token: str, client: str, **headers: str) -> int:
        app = create_app(house.settings.model_copy(update={"metrics_token": SecretStr(token)}))
        app.state.database = house.owner
        transport = httpx.ASGITransport(app, client=(client, 1234))
        async with httpx.AsyncClient(transport=transport, base_url="http://api") as asking:
            return (await asking.get("/metrics", headers=headers)).status_code

    assert await answer_of("", "127.0.0.1") == 200
    assert await answer_of("", "192.0.2.9") == 404
    assert await answer_of("of Prometheus", "192.0.2.9", Authorization="Bearer of Prometheus") == 200
    for wrong in ("Bearer of Prometheu", "of Prometheus", "Basic of Prometheus", "Bearer "):
        assert await answer_of("of Prometheus", "127.0.0.1", Authorization=wrong) == 404
    assert await answer_of("of Prometheus", "127.0.0.1") == 404


async def test_ages_are_of_what_waits(house: House) -> None:
    await house.rows(
        "INSERT INTO audit (at, actor_kind, actor_name, verb, object_id, purpose, details) "
        "VALUES (now() - interval '2 hours', 'system', 'command line', 'backup:made', 'key', '', '{}') RETURNING id"
    )
    now = await asked(house)
    assert 7200 <= now["onekey_backup_age_seconds{}"] < 9000
    assert now["onekey_message_late_seconds{}"] == 0


async def test_with_two_nodes_each_says_how_its_own_press_went(house: House) -> None:
    for age, node, outcome in ((30, "a", "failed"), (20, "b", "passed"), (90, "a", "passed"), (200_000, "c", "passed")):
        await house.rows(
            "INSERT INTO self_tests (id, at, pbx, outcome, reason, agents, alarmed, committed_ms, ring_ms) VALUES (gen_random_uuid(), "
            "now() - make_interval(secs => :age), :node, :outcome, '', 0, false, :ms, :ms) RETURNING id",
            age=age, node=node, outcome=outcome, ms=12 if outcome == "passed" else None,
        )  # fmt: skip
    now = await asked(house)
    assert {name: value for name, value in now.items() if "self_test_up" in name or "self_test_ring" in name} == {
        'onekey_self_test_up{node="a"}': 0, 'onekey_self_test_up{node="b"}': 1, 'onekey_self_test_ring_seconds{node="b"}': 0.012,
    }  # fmt: skip


def test_labels_are_quoted() -> None:
    said = expose([Metric("one", "gauge", "a\nb", [Sample(1.5, {"name": 'with "quotes" \\ and\nlines'})])])
    assert said == '# HELP one a\\nb\n# TYPE one gauge\none{name="with \\"quotes\\" \\\\ and\\nlines"} 1.5\n'


async def test_table_dashboard_and_rules_name_what_there_is(house: House) -> None:
    exposed = {name.partition("{")[0] for name in await asked(house)} | {"onekey_backup_age_seconds"}
    exposed |= {f"onekey_self_test_{what}" for what in ("up", "age_seconds", "commit_seconds", "ring_seconds")}
    families = {re.sub(r"_(bucket|sum|count)$", "", name) for name in exposed}
    table = set(re.findall(r"`(onekey_[a-z_]+)", (ROOT / "docs/monitoring.md").read_text(encoding="utf-8")))
    assert table == families
    dashboard = json.loads((ROOT / "deploy/grafana/onekey.json").read_text(encoding="utf-8"))
    rules = yaml.safe_load((ROOT / "deploy/grafana/alarms.yml").read_text(encoding="utf-8"))
    told = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    told += [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    named = {name for expression in told for name in re.findall(r"onekey_[a-z_]+", expression)}
    assert named <= exposed
    assert {re.sub(r"_(bucket|sum|count)$", "", name) for name in named} == families
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(ids) == len(set(ids)) and all(
        target["datasource"]["uid"] == "${datasource}" for p in dashboard["panels"] for target in p["targets"]
    )


@pytest.mark.parametrize("state", ["idle", "queued", "offered", "ringing"])
def test_states_that_the_rules_ask_for_exist(state: str) -> None:
    assert state in {one.value for one in (*AgentState, *CallState)}
