"""Whatever happens in whatever order, and whoever dies in the middle: the books balance, nobody is below zero, what is replayed changes nothing."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callcenter.kit.errors import Conflict, NotFound
from callcenter.points.ledger.kinds import Holder
from callcenter.points.ledger.posting import Posted
from tests.points.books import Books

NAMES, SHOPS = ("wang", "li", "zhao"), ("north", "south")
LOTS = (date(2026, 10, 31), date(2026, 11, 30), date(2026, 12, 31))
TODAY = date(2026, 11, 15)
names, shops, amounts = st.sampled_from(NAMES), st.sampled_from(SHOPS), st.integers(1, 60)
STEPS = st.one_of(
    st.tuples(st.just("earn"), names, amounts, shops, st.sampled_from(LOTS)),
    st.tuples(st.just("spend"), names, amounts, shops),
    st.tuples(st.just("give"), names, amounts, names),
    st.tuples(st.just("reserve"), names, amounts, shops),
    st.tuples(st.sampled_from(["confirm", "void", "reverse", "replay"]), st.integers(0, 40)),
    st.tuples(st.just("expire"), names),
)


class Crash(Exception):
    """As if the process had been killed before its transaction was committed."""


@dataclass
class Model:
    """What the books should say, told in a few lines of Python."""

    available: dict[str, int] = field(default_factory=lambda: dict.fromkeys(NAMES, 0))
    reserved: dict[str, int] = field(default_factory=lambda: dict.fromkeys(NAMES, 0))
    holds: dict[str, list[Any]] = field(default_factory=dict)  # key: [name, amount, state]


async def one_step(books: Books, n: int, step: tuple[Any, ...], done: list[tuple[str, tuple[Any, ...], Posted]], model: Model) -> None:
    what, *args = step
    key = f"{what}:{n}"
    try:
        if what == "earn":
            name, amount, shop, expires = args
            done.append((key, step, await books.earn(name, amount, key=key, issuer=books.who(shop, Holder.STORE), expires=expires)))
            model.available[name] += amount
        elif what == "spend":
            name, amount, shop = args
            done.append((key, step, await books.spend(name, amount, shop, key=key, on=TODAY)))
            model.available[name] -= amount
        elif what == "give" and args[0] != args[2]:
            name, amount, other = args
            done.append((key, step, await books.give(name, other, amount, key=key)))
            model.available[name] -= amount
            model.available[other] += amount
        elif what == "reserve":
            name, amount, shop = args
            await books.reserve(name, amount, shop, key=key)
            model.holds[key] = [name, amount, "held"]
            model.available[name] -= amount
            model.reserved[name] += amount
        elif what in ("confirm", "void") and model.holds:
            key = list(model.holds)[args[0] % len(model.holds)]
            hold = model.holds[key]
            await (books.confirm(key) if what == "confirm" else books.void(key))
            if what == "confirm" and hold[2] == "held":
                model.reserved[hold[0]] -= hold[1]
                hold[2] = "spent"
            elif what == "void" and hold[2] != "void":
                if hold[2] == "held":
                    model.reserved[hold[0]] -= hold[1]
                model.available[hold[0]] += hold[1]
                hold[2] = "void"
        elif what == "reverse" and done:
            key_of, (kind, *was), posted = done[args[0] % len(done)]
            if (await books.reverse(posted.id, key=f"reverse:{key_of}")).is_new:
                sign = 1 if kind == "earn" else -1
                model.available[was[0]] -= sign * was[1]
                if kind == "give":
                    model.available[was[2]] -= was[1]
        elif what == "replay" and done:
            key_of, (kind, *was), posted = done[args[0] % len(done)]
            again = await again_by_key(books, kind, was, key_of)
            assert again is None or (again.id == posted.id and not again.is_new)
        elif what == "expire":
            before = await books.balances(args[0])
            await books.expire(args[0], TODAY)
            after = await books.balances(args[0])
            model.available[args[0]] -= before.get("available", 0) - after.get("available", 0)
    except (Conflict, NotFound):
        pass  # refused: nothing has moved, as the comparison at the end shows


async def again_by_key(books: Books, kind: str, was: list[Any], key: str) -> Posted | None:
    match kind:
        case "earn":
            return await books.earn(was[0], was[1], key=key, issuer=books.who(was[2], Holder.STORE), expires=was[3])
        case "spend":
            return await books.spend(was[0], was[1], was[2], key=key, on=TODAY)
        case _:
            return None


async def crash(books: Books, n: int) -> None:
    """An earning whose process dies before it commits."""
    with pytest.raises(Crash):
        async with books.database.transaction() as session:
            await books.earn("wang", 1, key=f"crash:{n}", session=session)
            raise Crash


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, min_size=5, max_size=40), crashes=st.sets(st.integers(0, 39), max_size=5))
async def test_the_books_balance(books: Books, steps: list[tuple[Any, ...]], crashes: set[int]) -> None:
    books.empty()
    model = Model()
    done: list[tuple[str, tuple[Any, ...], Posted]] = []
    for n, step in enumerate(steps):
        if n in crashes:
            await crash(books, n)
        await one_step(books, n, step, done, model)
    for name in NAMES:
        there = await books.balances(name)
        assert (there.get("available", 0), there.get("reserved", 0)) == (model.available[name], model.reserved[name]), name
    await books.seal()
    found = await books.verify()
    assert found.findings == ()
    ((off,),) = await books.rows("SELECT coalesce(sum(balance), 0) FROM ledger_accounts")
    assert off == 0


async def test_many_at_once(books: Books) -> None:
    """Fifty hands on a few accounts, every second deed done twice with the same key."""
    for name in NAMES:
        await books.earn(name, 1_000)

    async def hand(n: int) -> list[object]:
        name, other, shop = NAMES[n % 3], NAMES[(n + 1) % 3], SHOPS[n % 2]
        said: list[object] = []
        for turn in range(4):
            key, last = f"{n}:{turn}", f"h{n}:{turn - 1}"
            doing = (
                partial(books.spend, name, 7 + turn, shop, key=f"s{key}"),
                partial(books.give, name, other, 11, key=f"g{key}"),
                partial(books.reserve, name, 5, shop, key=f"h{key}"),
                partial(books.void, last),
            )
            for one in doing:
                said += await asyncio.gather(*(one() for _ in range(1 + n % 2)), return_exceptions=True)
        return said

    said = [one for many in await asyncio.gather(*(hand(n) for n in range(50))) for one in many]
    assert {one.code if isinstance(one, Conflict) else repr(one) for one in said if isinstance(one, BaseException)} <= {"not_enough"}
    await books.seal()
    assert (await books.verify()).findings == ()
