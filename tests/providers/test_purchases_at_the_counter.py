"""What an allied store sells, told in the stores' own process with its narrow role: pending points, taken back with a refund; and what is refused."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError

from callcenter.accounts.actor import system
from callcenter.dispatch.stores.models import Store, StoreState
from callcenter.elders.models import Elder
from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.kit.ids import new_id
from callcenter.points.earning import reports
from callcenter.points.earning.purchases import report_purchase
from callcenter.points.earning.reports import OF_STORE, WRONG, WRONG_DAY, book_reports
from callcenter.points.earning.terms import agree
from callcenter.points.ledger.sealing import seal
from callcenter.points.ledger.verifying import verify
from callcenter.points.members.actions import member_of
from callcenter.points.members.states import MemberState
from tests.api.routes import fingerprint
from tests.providers.playing import store_with_keeper
from tests.storefront import Phone, Storefront

TEST = system("test")
CARD = "XF-DEMO-1"
SALE = {"receipt": "2026-0001", "card_number": CARD, "amount_fen": 10_000, "excluded_fen": 2_500}


@dataclass
class Counter:
    front: Storefront
    store_id: uuid.UUID
    phone: Phone

    @property
    def path(self) -> str:
        return f"/api/stores/{self.store_id}/purchases"

    async def sell(self, *, key: str = "", **changed: Any) -> httpx.Response:
        return await self.phone.post(self.path, SALE | changed, key=key)

    async def give_back(self, number: str, fen: int, *, key: str = "", receipt: str = "2026-0001") -> httpx.Response:
        return await self.phone.post(f"{self.path}/refund", {"receipt": receipt, "number": number, "fen": fen}, key=key)

    async def sales(self, before: str = "") -> dict[str, Any]:
        await book_reports(self.front.owner)
        answer = await self.phone.http.get(self.path, params={"before": before} if before else None)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def sale(self) -> dict[str, Any]:
        return dict((await self.sales())["sales"][0])

    async def pending(self) -> int:
        rows = await self.front.rows("SELECT coalesce(sum(balance), 0) FROM ledger_accounts WHERE holder = 'elder' AND pocket = 'pending'")
        return int(rows[0][0])

    async def agree(self, *, allied: bool) -> None:
        async with self.front.owner.transaction() as session:
            await agree(session, TEST, self.store_id, allied=allied, rate_bp=200 if allied else None)


@pytest_asyncio.fixture
async def counter(front: Storefront) -> Counter:
    store_id, person = await store_with_keeper(front, "惠民超市", JZ01=4000)
    counter = Counter(front, store_id, await front.signed_in(person))
    await counter.agree(allied=True)
    return counter


def refused(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


async def test_a_sale_its_refunds_and_the_books(counter: Counter, stores_owner_url: str) -> None:
    told = [await counter.sell(key="once"), await counter.sell(key="once"), await counter.sell()]  # a bad line; told anew
    assert [one.status_code for one in told] == [200] * 3
    assert told[0].json() == told[1].json() == told[2].json()
    assert (await counter.phone.http.get(counter.path)).json()["sales"][0]["state"] == "new"
    there = await counter.sales()
    assert (there["allied"], there["next"], len(there["sales"])) == (True, None, 1)
    sale = there["sales"][0]
    assert (sale["state"], sale["points"], sale["left_fen"], sale["refunds"]) == ("booked", 150, 7_500, [])
    assert await counter.pending() == 150
    for number, fen, left in (("T-1", 2_501, 99), ("T-1", 2_501, 99), ("T-2", 4_999, 0)):
        assert (await counter.give_back(number, fen)).status_code == 200
        sale = await counter.sale()
        assert (sale["points"], await counter.pending()) == (left, left)
    assert [(one["number"], one["state"], one["points"]) for one in sale["refunds"]] == [("T-1", "booked", 51), ("T-2", "booked", 99)]
    assert sale["left_fen"] == 0
    await book_reports(counter.front.owner)  # nothing is left to do
    await seal(counter.front.owner)
    assert (await verify(stores_owner_url)).findings == ()
    assert await counter.front.rows("SELECT 1 FROM points_purchase_reports WHERE card IS NOT NULL") == []
    kept = await counter.front.rows("SELECT by_id, by_name FROM points_purchases")
    assert [tuple(row) for row in kept] == [(counter.phone.person and counter.phone.person.id, counter.phone.me["name"])]


async def test_a_sale_and_its_refund_before_anybody_has_looked(counter: Counter) -> None:
    assert (await counter.sell()).status_code == (await counter.give_back("T-1", 7_500)).status_code == 200
    sale = await counter.sale()
    assert (sale["state"], sale["points"], sale["refunds"][0]["state"], await counter.pending()) == ("booked", 0, "booked", 0)


async def test_one_that_fails_stops_no_other_and_its_refund_waits(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(*_: Any, receipt: str, **rest: Any) -> Any:
        if receipt == SALE["receipt"]:
            raise RuntimeError("the worker dies here")
        return await report_purchase(*_, receipt=receipt, **rest)

    assert {(await counter.sell()).status_code, (await counter.give_back("T-1", 2_500)).status_code} == {200}
    assert (await counter.sell(receipt="2")).status_code == 200
    with monkeypatch.context() as patched:
        patched.setattr(reports, "report_purchase", fails)
        found = {one["receipt"]: one for one in (await counter.sales())["sales"]}
    assert (found["2"]["state"], found["2026-0001"]["state"], found["2026-0001"]["refunds"][0]["state"]) == ("booked", "new", "new")
    found = {one["receipt"]: one for one in (await counter.sales())["sales"]}
    assert (found["2026-0001"]["state"], found["2026-0001"]["points"], found["2026-0001"]["refunds"][0]["points"]) == ("booked", 100, 50)
    assert await counter.pending() == 250


async def test_told_twice_at_once_is_told_once(counter: Counter) -> None:
    told = await asyncio.gather(*(counter.sell() for _ in range(4)))
    assert len({one.json()["report_id"] for one in told}) == 1
    await counter.sales()
    assert await counter.pending() == 150


@pytest.mark.parametrize("changed", [{"amount_fen": 10_001}, {"excluded_fen": 0}, {"card_number": "XF-DEMO-2"}, {"card_number": "XF-9999"}])
async def test_the_same_receipt_with_other_figures(counter: Counter, changed: dict[str, Any]) -> None:
    assert (await counter.sell(key="once")).status_code == 200
    assert refused(await counter.sell(key="once", **changed)) == (409, "key_used")
    assert refused(await counter.sell(**changed)) == (409, "key_conflict")
    await counter.sales()
    assert refused(await counter.sell(**changed)) == (409, "key_conflict")
    assert await counter.pending() == 150


async def test_refunds_that_are_none(counter: Counter) -> None:
    assert refused(await counter.give_back("T-1", 1)) == (409, "receipt_not_told")
    await counter.sell()
    await counter.sales()
    answer = await counter.give_back("T-1", 7_501)  # what was excluded has earned nothing
    assert (refused(answer), answer.json()["error"]["details"]) == ((409, "too_much_refunded"), {"left_fen": 7_500})
    assert (await counter.give_back("T-1", 100)).status_code == 200
    assert refused(await counter.give_back("T-1", 101)) == (409, "key_conflict")
    assert refused(await counter.give_back("T-2", 7_401)) == (409, "too_much_refunded")
    other, person = await store_with_keeper(counter.front, "别家", JZ01=4000)
    stranger = Counter(counter.front, other, await counter.front.signed_in(person))
    assert refused(await stranger.give_back("T-9", 1)) == (409, "receipt_not_told")
    assert (await counter.sale())["points"] == 148


async def test_only_a_partner_that_is_admitted(counter: Counter) -> None:
    await counter.sell()
    await counter.sales()
    await counter.agree(allied=False)
    before = await fingerprint(counter.front.owner)
    assert refused(await counter.sell(receipt="2")) == (409, "not_allied")
    assert (await counter.sell()).status_code == 200  # what was told stays told
    await counter.agree(allied=True)
    async with counter.front.owner.transaction() as session:
        (await session.get_one(Store, counter.store_id)).state = StoreState.SUSPENDED
    assert refused(await counter.sell(receipt="2")) == (409, "not_allied")
    assert not (await counter.sales())["allied"]
    after = await fingerprint(counter.front.owner)
    moved = {name for name in before if before[name] != after[name]}
    assert moved <= {"points_terms", "stores", "audit", "provider_idempotency_keys", "provider_sessions"}
    assert (await counter.give_back("T-1", 7_500)).status_code == 200  # and can be taken back
    assert ((await counter.sale())["points"], await counter.pending()) == (0, 0)


async def test_a_store_that_left_between_telling_and_booking(counter: Counter) -> None:
    await counter.sell()
    async with counter.front.owner.transaction() as session:
        (await session.get_one(Store, counter.store_id)).state = StoreState.SUSPENDED
    sale = await counter.sale()
    assert (sale["state"], sale["why"], await counter.pending()) == ("refused", "not_allied", 0)


async def test_a_wrong_card_is_answered_as_a_right_one(counter: Counter) -> None:
    async with counter.front.owner.transaction() as session:
        closed = (await session.scalars(select(Elder).where(Elder.card_number == "XF-DEMO-2"))).one()
        (await member_of(session, closed.id)).state = MemberState.CLOSED
    right = await counter.sell(receipt="1")
    wrong = [await counter.sell(receipt="2", card_number="XF-NOBODY"), await counter.sell(receipt="3", card_number="XF-DEMO-2")]
    assert {(one.status_code, *one.json()) for one in (right, *wrong)} == {(200, "report_id")}
    sales = {one["receipt"]: one for one in (await counter.sales())["sales"]}
    assert sales["1"]["state"] == "booked"
    for one in ("2", "3"):  # nobody's, and somebody's whose account is closed: the same word, and nothing of either
        assert (sales[one]["state"], sales[one]["why"], sales[one]["points"]) == ("refused", "unbookable", 0)
    assert await counter.pending() == 150
    assert (await counter.sell(receipt="2")).status_code == 200  # typed anew
    assert [(one["receipt"], one["state"]) for one in (await counter.sales())["sales"]][:2] == [("2", "booked"), ("3", "refused")]
    assert await counter.pending() == 300


async def test_whoever_tries_cards_is_stopped(counter: Counter) -> None:
    for n in range(WRONG):
        assert (await counter.sell(receipt=str(n), card_number=f"XF-NOBODY-{n}")).status_code == 200
    await counter.sales()
    for card in (CARD, "XF-NOBODY"):  # alike
        answer = await counter.sell(receipt="last", card_number=card)
        assert (refused(answer), answer.json()["error"]["details"]) == ((429, "too_many_attempts"), {"wait_seconds": 600})
    assert await counter.pending() == 0


@pytest.mark.parametrize(("n", "ago", "why", "told"), [
    (OF_STORE, timedelta(), "not_allied", (429, "too_many_attempts")),
    (OF_STORE - 1, timedelta(), "not_allied", None),
    (WRONG_DAY, timedelta(hours=1), "unbookable", (429, "too_many_today")),
    (WRONG_DAY - 1, timedelta(hours=1), "unbookable", None),
    (WRONG_DAY, timedelta(hours=25), "unbookable", None),
])  # fmt: skip
async def test_not_more_than_a_counter_types(
    counter: Counter, n: int, ago: timedelta, why: str, told: tuple[int, str] | None
) -> None:  # fmt: skip
    async with counter.front.owner.transaction() as session:
        await session.execute(
            text(
                "INSERT INTO points_purchase_reports (id, version, store_id, by_name, receipt, number, card_index, fen, excluded_fen,"
                " bought_at, made_at, state, why, points, over_at) SELECT gen_random_uuid(), 1, :store, '', 'B-' || n, '', 'x', 100, 0,"
                " :at, :at, 'refused', :why, 0, :at FROM generate_series(1, :n) n"
            ),
            {"store": counter.store_id, "n": n, "why": why, "at": clock.now() - ago},
        )
    answer = await counter.sell()
    assert (answer.status_code == 200) if told is None else refused(answer) == told


@pytest.mark.parametrize("bad", [{"amount_fen": 0}, {"amount_fen": -1}, {"amount_fen": 1.5}, {"amount_fen": "100"}, {"amount_fen": True},
                                 {"amount_fen": 5_000_001}, {"amount_fen": 2**63}, {"excluded_fen": -1}, {"excluded_fen": 10_001},
                                 {"receipt": ""}, {"receipt": "a b"}, {"receipt": "x" * 41}, {"card_number": ""}, {"card_number": None}])  # fmt: skip
async def test_whole_fen_and_proper_receipts(counter: Counter, bad: dict[str, Any]) -> None:
    assert (await counter.sell(**bad)).status_code == 422
    assert await counter.front.rows("SELECT 1 FROM points_purchase_reports") == []


async def test_page_by_page(counter: Counter) -> None:
    async with counter.front.owner.transaction() as session:
        for n in range(35):
            await session.execute(
                text(
                    "INSERT INTO points_purchase_reports (id, version, store_id, by_name, receipt, number, card_index, fen, excluded_fen,"
                    " bought_at, made_at, state, why, points, over_at)"
                    " VALUES (:id, 1, :store, '', :receipt, '', 'x', 100, 0, now(), now(), 'refused', 'not_allied', 0, now())"
                ),
                {"id": new_id(), "store": counter.store_id, "receipt": f"P-{n}"},
            )
    first = await counter.sales()
    second = await counter.sales(first["next"])
    assert (len(first["sales"]), len(second["sales"]), second["next"]) == (30, 5, None)
    assert {one["receipt"] for page in (first, second) for one in page["sales"]} == {f"P-{n}" for n in range(35)}


@pytest.mark.parametrize("statement", ["SELECT card FROM points_purchase_reports", "SELECT purchase_id FROM points_purchase_reports",
                                       "UPDATE points_purchase_reports SET points = 1", "DELETE FROM points_purchase_reports",
                                       "SELECT * FROM points_purchases", "SELECT * FROM points_earnings",
                                       "SELECT by_name FROM points_terms"])  # fmt: skip
async def test_what_its_role_may_not(front: Storefront, statement: str) -> None:
    database = Database(front.settings.app_database_url, pool_size=1)
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with database.transaction() as session:
            await session.execute(text(statement))
    await database.close()
