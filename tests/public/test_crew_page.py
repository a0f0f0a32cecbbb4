"""The crew's page as strangers meet it: at the real process, under its own database role, with everything that goes wrong."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from callcenter.emergency.outside.actions import revoke_links
from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.public.protection import MAX_BODY, WRONG
from tests.public.handing_over import Given

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
NAME, ALLERGY = "王桂兰", "青霉素"


async def opened(crew: httpx.AsyncClient, path: str) -> httpx.Response:
    return await crew.post(path, follow_redirects=True)


async def test_it_opens_by_a_press_and_shows_what_counts(given: Given) -> None:
    async with given.door.stranger() as crew:
        before = await crew.get(given.path)
        assert before.status_code == 200 and "打开" in before.text and NAME not in before.text and ALLERGY not in before.text
        page = await opened(crew, given.path)
        assert page.status_code == 200 and page.url.path == f"/p/{given.link.id}"
        said = page.text
        assert said.index("施营") < said.index(ALLERGY) < said.index("联系人"), "place first, then dangers, then whom to call"
        assert NAME in said and 'href="tel:+867103456789"' in said and "geo:" in said and "摔倒" in said
        assert "<script" not in said and "&lt;script&gt;" in said and "javascript:" not in said
        assert set(re.findall(r'(?:src|href)="(?!tel:|geo:)([^"]*)"', said)) <= {
            "/crew.css",
            "#tell",
            *(f"/p/{given.link.id}{p}" for p in ("", "/closed", "/rejected")),
        }
        assert len(list(crew.cookies.jar)) == 1
        assert (await crew.get(page.url.path)).text == said, "a page thrown away comes back"
        assert (await opened(crew, given.path)).url.path == page.url.path, "and the message tapped again"
    await given.second()
    assert (await given.kinds())[:3] == ["handover_offered", "handover_link", "handover_link_opened"]
    (row,) = await given.door.rows("SELECT purpose, actor_kind FROM audit WHERE verb = 'elder:crew_opened' ORDER BY id LIMIT 1")
    assert tuple(row) == (f"case:{given.case_id}", "system"), "it stands in the elder's access log"


async def test_a_preview_burns_nothing(given: Given) -> None:
    """Scanners fetch what a message holds, some of them often, from many addresses."""
    for agent in ("WhatsApp/2.0", "facebookexternalhit/1.1", "Mozilla/5.0 (compatible; MicroMessenger)"):
        async with given.door.stranger(**{"User-Agent": agent}) as scanner:
            for _ in range(3):
                assert (await scanner.get(given.path, follow_redirects=True)).status_code == 200
            assert (await scanner.request("HEAD", given.path)).status_code in (200, 404, 405)
            assert not scanner.cookies
    assert await given.door.rows("SELECT 1 FROM outside_reports") == []
    async with given.door.stranger() as crew:
        assert NAME in (await opened(crew, given.path)).text


async def test_a_second_browser_is_refused_and_the_centre_hears_of_it(given: Given) -> None:
    async with given.door.stranger() as crew, given.door.stranger() as other:
        await opened(crew, given.path)
        for _ in range(2):
            refused = await opened(other, given.path)
            assert refused.status_code == 403 and "另一部手机" in refused.text and "12349" in refused.text and NAME not in refused.text
        assert not other.cookies
        stolen = await other.get(f"/p/{given.link.id}")
        assert stolen.status_code == 404 and NAME not in stolen.text
        forged = await other.get(f"/p/{given.link.id}", headers={"Cookie": f"crew_{given.link.id.hex[-12:]}=x"})
        assert forged.status_code == 404
    await given.second()
    assert (await given.kinds()).count("handover_link_refused") == 1, "one a minute is enough to know"


@pytest.mark.parametrize("token", ["x" * 22, "x", "../../etc/passwd", "%00", "' OR 1=1 --", "é" * 22, "A" * 4000])
async def test_a_wrong_link_looks_like_any_other_and_opens_nothing(given: Given, token: str) -> None:
    async with given.door.stranger() as anybody:
        shown = await anybody.get(f"/h/{token}")
        if shown.status_code == 200:
            assert shown.text == (await anybody.get(given.path)).text
        answer = await anybody.post(f"/h/{token}")
        assert answer.status_code == 404 and NAME not in answer.text
        assert "链接不对" in answer.text
    assert await given.door.rows("SELECT 1 FROM outside_reports") == []


async def test_expired_and_revoked_links_say_whom_to_call(given: Given) -> None:
    async with given.door.stranger() as crew, given.door.stranger() as late:
        await opened(crew, given.path)
        async with given.door.app.transaction() as session:
            await revoke_links(session, given.agent, given.handover_id)
        gone = await crew.get(f"/p/{given.link.id}")
        assert gone.status_code == 404 and "tel:12349" in gone.text and NAME not in gone.text
        assert await given.door.rows("SELECT packet FROM outside_links") == [(None,)]
        after = await late.post(given.path)
        wrong = await late.post("/h/" + "x" * 22)
        assert (after.status_code, after.text) == (wrong.status_code, wrong.text), "nobody learns that it was one"
        assert (await crew.post(f"/p/{given.link.id}/arrived")).status_code == 404
    assert await given.state() == "offered"


async def test_four_hours_later_it_opens_nothing_and_its_packet_is_forgotten(given: Given) -> None:
    async with given.door.stranger() as crew:
        await opened(crew, given.path)
        clock.shift(timedelta(hours=4, seconds=1))
        assert (await crew.get(f"/p/{given.link.id}")).status_code == 404
        await given.second()
    assert await given.door.rows("SELECT packet FROM outside_links") == [(None,)]


async def test_eight_digits_read_aloud_open_it_for_half_an_hour(given: Given) -> None:
    code = given.link.code
    async with given.door.stranger(**FORM) as crew:
        assert "8 位数字" in (await crew.get("/")).text
        for wrong in ("00000000", code[:-1], "abcdefgh", code + "0"):
            if wrong != code:
                assert (await crew.post("/code", content=f"code={wrong}")).status_code == 404
        page = await crew.post("/code", content=f"code={code[:4]}+{code[4:]}", follow_redirects=True)
        assert page.status_code == 200 and NAME in page.text
    async with given.door.stranger(**FORM) as other:
        assert (await other.post("/code", content=f"code={code}")).status_code == 403, "it was opened"
    clock.shift(timedelta(minutes=31))
    async with given.door.stranger(**FORM) as late:
        assert (await late.post("/code", content=f"code={code}")).status_code == 404


async def test_who_guesses_waits(given: Given) -> None:
    async with given.door.stranger(**FORM) as guesser:
        answers = [(await guesser.post("/code", content=f"code={n:08d}")).status_code for n in range(WRONG + 2)]
        assert answers == [404] * WRONG + [429] * 2
        slow = await guesser.post(given.path)
        assert slow.status_code == 429 and "等一分钟" in slow.text


async def test_the_crew_tells_how_far_it_is(given: Given) -> None:
    at = f"/p/{given.link.id}"
    async with given.door.stranger(**FORM) as crew:
        await opened(crew, given.path)
        for kind in ("read", "read", "dispatched"):
            page = await crew.post(f"{at}/{kind}", follow_redirects=True)
            assert page.status_code == 200
        assert "✓ 已读" in page.text and "✓ 已出车" in page.text, "ticked at once"
        await given.second()
        assert await given.state() == "dispatched"
        await crew.post(f"{at}/arrived")
        await given.second()
        assert await given.state() == "arrived"
        assert (await crew.post(f"{at}/closed", content="")).status_code == 422
        assert (await crew.post(f"{at}/closed", content="choice=other_end")).status_code == 422, "other is a word of its own"
        done = await crew.post(f"{at}/closed", content="choice=to_hospital&words=%E5%B8%82%E4%B8%AD%E5%BF%83%E5%8C%BB%E9%99%A2")
        assert done.status_code == 200 and "谢谢" in done.text
        await given.second()
        assert await given.state() == "closed"
        assert (await crew.get(at)).status_code == 404
    told = await given.door.rows(
        "SELECT kind, text, data->>'by' AS by FROM case_entries WHERE kind LIKE 'handover_%' AND data->>'by' = 'crew' ORDER BY at, id"
    )
    moved = [(row.kind, row.text) for row in told if "link" not in row.kind]
    assert moved == [("handover_dispatched", ""), ("handover_arrived", ""), ("handover_closed", "送医院：市中心医院")]
    assert (await given.door.rows("SELECT count(*) AS n FROM emergency_deadlines WHERE code = 'handover:120' AND state = 'met'"))[0].n == 1
    (row,) = await given.door.rows("SELECT read_at, opened_at, accepted_at, dispatched_at FROM outside_handovers")
    assert all(row), "who is on the way has accepted"


async def test_a_crew_that_cannot_go_says_why_and_an_alarm_stands(given: Given) -> None:
    async with given.door.stranger(**FORM) as crew:
        await opened(crew, given.path)
        page = await crew.get(f"/p/{given.link.id}/rejected")
        assert "为什么不能去" in page.text
        await crew.post(f"/p/{given.link.id}/rejected", content="choice=no_car")
    await given.second()
    assert await given.state() == "rejected"
    assert [row.code for row in await given.door.rows("SELECT code FROM emergency_alarms")] == ["handover_rejected"]


async def test_another_site_presses_no_button(given: Given) -> None:
    async with given.door.stranger(**FORM) as crew:
        await opened(crew, given.path)
        for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
            assert (await crew.post(f"/p/{given.link.id}/arrived", headers=headers)).status_code == 404
        own = await crew.post(f"/p/{given.link.id}/read", headers={"Origin": given.door.url, "Sec-Fetch-Site": "same-origin"})
        assert own.status_code == 303
    await given.second()
    assert await given.state() == "offered"


async def test_english_for_who_asks_for_it(given: Given) -> None:
    async with given.door.stranger(**{"Accept-Language": "en-GB,en;q=0.9"}) as crew:
        assert "Open" in (await crew.get(given.path)).text
        page = await opened(crew, given.path)
        assert '<html lang="en">' in page.text and "Who has a key" in page.text and ALLERGY in page.text


async def test_headers_and_size(given: Given) -> None:
    async with given.door.stranger() as crew:
        for answer in (
            await crew.get(given.path),
            await opened(crew, given.path),
            await crew.get("/p/nonsense"),
            await crew.get("/nowhere"),
        ):
            assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
            assert answer.headers["cache-control"] == "no-store" and answer.headers["content-type"].startswith("text/html")
        cookies = list(crew.cookies.jar)
        assert [(c.has_nonstandard_attr("HttpOnly"), c.get_nonstandard_attr("SameSite"), c.path) for c in cookies] == [
            (True, "strict", "/")
        ]
        large = await crew.post(f"/p/{given.link.id}/closed", content=b"words=" + b"x" * MAX_BODY)
        assert large.status_code == 413
        css = await crew.get("/crew.css")
        assert css.status_code == 200 and "url(" not in css.text and "@import" not in css.text


async def test_no_log_holds_a_key_or_a_name(given: Given, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]) -> None:
    async with given.door.stranger(**FORM) as crew:
        await opened(crew, given.path)
        await crew.post(f"/p/{given.link.id}/rejected", content="choice=other_why&words=secretword")
    await given.second()
    said = caplog.text + "".join(capsys.readouterr())
    for word in (given.path[-22:], given.link.code, NAME, "secretword"):
        assert word not in said


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT packet FROM outside_handovers", "SELECT note, reason FROM outside_handovers", "SELECT mobile FROM outside_links",
        "SELECT message_id FROM outside_links", "SELECT mobile, webhook_url FROM outside_services", "SELECT words FROM outside_reports",
        "SELECT body FROM outside_deliveries", "SELECT 1 FROM emergencies", "SELECT 1 FROM cases", "SELECT 1 FROM case_entries",
        "SELECT 1 FROM audit", "SELECT 1 FROM elders", "SELECT 1 FROM users",
        "UPDATE outside_links SET packet = NULL", "UPDATE outside_links SET expires_at = now()", "UPDATE outside_handovers SET state = 'arrived'",
        "UPDATE outside_reports SET kind = 'arrived'", "DELETE FROM outside_reports", "DELETE FROM outside_links", "UPDATE outside_services SET secret = ''",
        "INSERT INTO outside_links SELECT * FROM outside_links", "INSERT INTO case_entries SELECT * FROM case_entries", "SELECT text FROM messages",
    ],
)  # fmt: skip
async def test_its_database_role_reads_and_writes_nothing_else(given: Given, statement: str) -> None:
    narrow = Database(given.door.settings.app_database_url, pool_size=1)
    try:
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with narrow.transaction() as session:
                await session.execute(text(statement))
    finally:
        await narrow.close()


def test_the_css_is_ours_alone() -> None:
    assert "http" not in (Path(__file__).parents[2] / "callcenter/public/crew.css").read_text(encoding="utf-8")
