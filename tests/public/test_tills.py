"""A store's till at the public process, with its narrow role: believed by its signature, answered alike for every card, booked by the worker."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from click.testing import CliRunner, Result
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from callcenter.accounts.actor import system
from callcenter.commands import points, work
from callcenter.dispatch.stores.models import StoreKind
from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.kit.errors import AppError
from callcenter.kit.ids import new_id
from callcenter.points.earning.reports import WRONG, book_reports
from callcenter.points.earning.terms import agree
from callcenter.points.earning.tills import add_till, revoke_till
from callcenter.points.ledger.sealing import seal
from callcenter.points.ledger.verifying import verify
from tests.api.routes import fingerprint
from tests.public.open_door import OpenDoor
from tests.stores import make_store

TEST = system("test")
SALE = {"receipt": "POS-1", "card_number": "XF-DEMO-1", "amount_fen": 10_000, "excluded_fen": 2_500}


@dataclass
class Machine:
    """As docs/points.md says that a till does it."""

    door: OpenDoor
    till_id: uuid.UUID
    secret: str
    store_id: uuid.UUID
    store_code: str

    async def call(
        self, method: str, what: str, body: Any = None, *, till: uuid.UUID | None = None, secret: str = "", ago: int = 0, event: str = ""
    ) -> httpx.Response:  # fmt: skip
        path, sent = f"/api/tills/{till or self.till_id}/{what}", b"" if body is None else json.dumps(body).encode()
        event, timestamp = event or str(new_id()), str(int(clock.now().timestamp()) - ago)
        signed = f"{timestamp}\n{event}\n{path}\n".encode() + sent
        signature = "v1=" + hmac.new((secret or self.secret).encode(), signed, hashlib.sha256).hexdigest()
        headers = {"X-OneKey-Event": event, "X-OneKey-Timestamp": timestamp, "X-OneKey-Signature": signature}
        async with self.door.stranger(**headers, **{"Content-Type": "application/json"}) as http:
            return await http.request(method, path, content=sent)

    async def sell(self, **changed: Any) -> httpx.Response:
        return await self.call("POST", "purchases", SALE | changed)

    async def give_back(self, number: str, fen: int) -> httpx.Response:
        return await self.call("POST", "refunds", {"receipt": "POS-1", "number": number, "fen": fen})

    async def became(self, told: httpx.Response) -> tuple[str, str, int]:
        answer = await self.call("GET", f"reports/{told.json()['report_id']}")
        assert answer.status_code == 200, answer.text
        return answer.json()["state"], answer.json()["why"], answer.json()["points"]

    async def pending(self) -> int:
        statement = "SELECT coalesce(sum(balance), 0) AS n FROM ledger_accounts WHERE holder = 'elder' AND pocket = 'pending'"
        return int((await self.door.rows(statement))[0].n)


@pytest_asyncio.fixture
async def machine(door: OpenDoor) -> Machine:
    async with door.owner.transaction() as session:
        store, _ = await make_store(session, "惠民超市", items={"JZ01": 4000})
        await agree(session, TEST, store.id, allied=True, rate_bp=200)
        till, secret = await add_till(session, TEST, store.code, "1号收银台")
    return Machine(door, till.id, secret, store.id, store.code)


def refused(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


async def test_a_sale_and_its_refund(machine: Machine, house_app_url: str) -> None:
    told = await machine.sell()
    assert (told.status_code, told.json()["state"], told.json()["points"]) == (202, "new", 0)
    assert (await machine.sell()).json() == told.json()  # the answer was lost
    await book_reports(machine.door.app)
    assert (await machine.became(told), await machine.pending()) == (("booked", "", 150), 150)
    assert (await machine.sell()).json()["state"] == "booked"
    assert refused(await machine.sell(amount_fen=10_001)) == (409, "key_conflict")
    assert refused(await machine.give_back("R-1", 7_501)) == (409, "too_much_refunded")
    back = await machine.give_back("R-1", 7_500)
    assert (back.status_code, back.json()["number"]) == (202, "R-1")
    await book_reports(machine.door.app)
    assert (await machine.became(back), await machine.pending()) == (("booked", "", 150), 0)
    await seal(machine.door.owner)
    assert (await verify(house_app_url)).findings == ()
    (kept,) = await machine.door.rows("SELECT by_id, by_name FROM points_purchases")
    assert (kept.by_id, kept.by_name) == (None, "till 1号收银台")


async def test_whoever_is_not_believed_moves_nothing(machine: Machine) -> None:
    async with machine.door.owner.transaction() as session:
        store, _ = await make_store(session, "别家", items={"JZ01": 4000})
        other, secret = await add_till(session, TEST, store.code, "1号收银台")
        gone, gone_secret = await add_till(session, TEST, machine.store_code, "2号收银台")
        await revoke_till(session, TEST, gone.id)
        await revoke_till(session, TEST, gone.id)
    before = await fingerprint(machine.door.owner)
    # ahead of our clock by more than a slow machine takes from signing to being asked, in which the moment comes nearer
    tries: list[dict[str, Any]] = [
        {"secret": "guessed"}, {"secret": secret}, {"till": other.id}, {"till": new_id()}, {"till": gone.id, "secret": gone_secret},
        {"ago": 301}, {"ago": -340}, {"event": "short"}, {"event": "x" * 101},
    ]  # fmt: skip
    answers = [await machine.call("POST", what, SALE, **one) for one in tries for what in ("purchases", "refunds")]
    answers += [await machine.call("GET", f"reports/{new_id()}", **one) for one in tries]
    async with machine.door.stranger() as http:
        answers.append(await http.post(f"/api/tills/{machine.till_id}/purchases", json=SALE))
    assert {refused(answer) for answer in answers} == {(403, "bad_signature")}
    assert len({answer.json()["error"]["message"] for answer in answers}) == 1
    assert await fingerprint(machine.door.owner) == before


async def test_a_body_or_a_path_that_was_changed_on_the_way(machine: Machine) -> None:
    seen: list[httpx.Request] = []
    original = await machine.sell()
    seen.append(original.request)
    headers = {name: original.request.headers[name] for name in ("x-onekey-event", "x-onekey-timestamp", "x-onekey-signature")}
    async with machine.door.stranger(**headers) as http:
        changed = await http.post(original.request.url.path, json=SALE | {"receipt": "POS-2"})
        elsewhere = await http.post(f"/api/tills/{machine.till_id}/refunds", content=original.request.content)
        again = await http.post(original.request.url.path, content=original.request.content)
    assert refused(changed) == refused(elsewhere) == (403, "bad_signature")
    assert again.json() == original.json()  # caught and sent again, it is the same sale


async def test_another_stores_report_is_not_there(machine: Machine) -> None:
    told = await machine.sell()
    async with machine.door.owner.transaction() as session:
        store, _ = await make_store(session, "别家", items={"JZ01": 4000})
        till, secret = await add_till(session, TEST, store.code, "1号收银台")
    other = Machine(machine.door, till.id, secret, store.id, store.code)
    assert refused(await other.call("GET", f"reports/{told.json()['report_id']}")) == (404, "report_not_found")
    assert refused(await other.sell()) == (409, "not_allied")
    assert refused(await other.give_back("R-1", 1)) == (409, "receipt_not_told")


async def test_a_wrong_card_is_answered_as_a_right_one_and_counted(machine: Machine) -> None:
    answers = [await machine.sell(receipt=f"W-{n}", card_number=f"XF-NOBODY-{n}") for n in range(WRONG)] + [await machine.sell()]
    assert {(one.status_code, one.json()["state"], one.json()["why"], one.json()["points"]) for one in answers} == {(202, "new", "", 0)}
    await book_reports(machine.door.app)
    assert await machine.became(answers[0]) == ("refused", "unbookable", 0)
    for card in ("XF-DEMO-1", "XF-NOBODY"):
        assert refused(await machine.sell(receipt="next", card_number=card)) == (429, "too_many_attempts")
    assert await machine.pending() == 150


async def test_told_later_counts_when_it_was_bought(machine: Machine) -> None:
    now = clock.now()
    async with machine.door.owner.transaction() as session:  # a partner for an hour, and not any more
        await session.execute(text("UPDATE points_terms SET valid_from = :at"), {"at": now - timedelta(hours=2)})
        (await agree(session, TEST, machine.store_id, allied=False)).valid_from = now - timedelta(hours=1)
    hours = {"A": 1.5, "B": 0.5, "C": 3, "D": 24 * 8, "E": -1}
    answers = {
        name: await machine.sell(receipt=name, bought_at=(now - timedelta(hours=ago)).isoformat()) for name, ago in hours.items()
    }  # fmt: skip
    assert answers["A"].status_code == 202
    assert refused(answers["B"]) == refused(answers["C"]) == (409, "not_allied")
    assert refused(answers["D"])[1] == refused(answers["E"])[1] == "bad_moment"
    await book_reports(machine.door.app)
    assert (await machine.became(answers["A"]))[0] == "booked"


@pytest.mark.parametrize("bad", [{"amount_fen": 0}, {"amount_fen": 1.5}, {"amount_fen": "1"}, {"excluded_fen": 10_001}, {"receipt": "a b"},
                                 {"card_number": None}, {"bought_at": "yesterday"}, {"bought_at": "2026-11-27T10:00:00"}])  # fmt: skip
async def test_signed_and_not_understood(machine: Machine, bad: dict[str, Any]) -> None:
    assert (await machine.sell(**bad)).status_code == 422
    assert await machine.door.rows("SELECT 1 FROM points_purchase_reports") == []


@pytest.mark.parametrize("statement", ["SELECT card FROM points_purchase_reports", "UPDATE points_purchase_reports SET points = 1",
                                       "INSERT INTO points_tills (id) VALUES (gen_random_uuid())", "SELECT name FROM stores",
                                       "SELECT card_number FROM elders", "SELECT * FROM points_purchases"])  # fmt: skip
async def test_what_its_role_may_not(door: OpenDoor, statement: str) -> None:
    database = Database(door.settings.app_database_url, pool_size=1)
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with database.transaction() as session:
            await session.execute(text(statement))
    await database.close()


async def test_tills_that_are_none(machine: Machine) -> None:
    async with machine.door.owner.transaction() as session:
        group, _ = await make_store(session, "志愿队", items={"JZ01": 1}, kind=StoreKind.VOLUNTEERS)
        code = group.code
    for store, name, why in (("NONE", "x", "store_not_found"), (machine.store_code, " ", "bad_name"), (code, "x", "not_a_store"),
                             (machine.store_code, "1号收银台", "till_exists")):  # fmt: skip
        with pytest.raises(AppError) as error:
            async with machine.door.owner.transaction() as session:
                await add_till(session, TEST, store, name)
        assert error.value.code == why


async def test_by_the_command_line(machine: Machine, house_app_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = machine.door.settings.model_copy(update={"app_database_url": house_app_url})
    monkeypatch.setattr(work, "settings_or_exit", lambda: settings)

    async def run(*words: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, points.command, words)

    made = await run("till-add", machine.store_code, "--name", "2号收银台")
    assert made.exit_code == 0, made.output
    till, secret = (line.split()[1] for line in made.output.splitlines())
    assert (await machine.call("POST", "purchases", SALE, till=uuid.UUID(till), secret=secret)).status_code == 202
    assert (await run("till-add", machine.store_code, "--name", "2号收银台")).exit_code == 1
    assert (await run("till-revoke", till)).exit_code == 0
    listed = (await run("tills")).output.splitlines()
    assert [line.endswith("revoked") for line in sorted(listed, key=lambda line: till in line)] == [False, True]
    assert secret not in "".join(listed)
    assert refused(await machine.call("POST", "purchases", SALE, till=uuid.UUID(till), secret=secret)) == (403, "bad_signature")
