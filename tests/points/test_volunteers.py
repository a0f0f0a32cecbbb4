"""A visit from asking to coins; caps, gifts and grants; two confirmations at once. On a migrated database, entered as the application enters it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import psycopg
import pytest
import pytest_asyncio
from sqlalchemy import select, text

from callcenter.accounts.actor import system
from callcenter.dispatch.orders.errors import CodeLocked, CodeWrong
from callcenter.dispatch.orders.models import Phase, ProofKind
from callcenter.dispatch.orders.schemas import Position
from callcenter.elders.models import Elder, ElderContact, ElderNumber, Living
from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.kit.errors import AppError, Conflict, IllegalMove, Invalid, Recorded
from callcenter.kit.ids import new_id
from callcenter.kit.listen import plain_url
from callcenter.points.ledger.accounts import FUND, WORLD, Whose, account_of, balance_of
from callcenter.points.ledger.kinds import EntryKind, Holder, Ledger, Pocket
from callcenter.points.ledger.posting import post
from callcenter.points.ledger.rules import Leg
from callcenter.points.ledger.sealing import seal
from callcenter.points.ledger.verifying import verify
from callcenter.points.members.actions import member_of
from callcenter.points.volunteers import coins, doing, people, visits
from callcenter.points.volunteers.models import Volunteer, VolunteerHours, VolunteerVisit
from callcenter.points.volunteers.queries import counted_on, get_visit, list_events, list_proofs
from callcenter.points.volunteers.schemas import AskVisit, Availability, NewTraining, NewVolunteer, ProveVisit
from callcenter.points.volunteers.states import Pays, VisitState, VolunteerState, Way
from tests.house import MOVING

TEST = system("test")
ALWAYS = [Availability(weekday=day, begins=0, ends=1440) for day in range(7)]
TALK = "WJ01"


@dataclass
class Bank:
    database: Database
    app_url: str
    elders: list[uuid.UUID]

    async def volunteer(self, name: str = "赵志愿", *, elder_id: uuid.UUID | None = None, active: bool = True, **fields: Any) -> uuid.UUID:
        async with self.database.transaction() as session:
            community = (await session.scalars(select(Elder.community_id).where(Elder.id == self.elders[0]))).one()
            number = f"139{uuid.uuid4().int % 10**8:08}"
            form: dict[str, Any] = {
                "name": name, "number": number, "birth_date": date(1990, 5, 1), "community_id": community, "skills": [TALK, "JZ01"],
                "availability": ALWAYS, "elder_id": elder_id,
            } | fields  # fmt: skip
            made = await people.register(session, TEST, NewVolunteer(**form))
            if active:
                await people.write_training(session, TEST, made.id, NewTraining(held_on=date(2026, 1, 5), topic="陪伴礼仪", half_hours=4))
                await people.move(session, TEST, made.id, version=made.version, to=VolunteerState.ACTIVE, reason="培训合格")
            return made.id

    async def ask(self, elder: int = 0, **fields: Any) -> VolunteerVisit:
        asked = {"item": TALK, "wanted_from": clock.now() + timedelta(minutes=1), "half_hours": 4} | fields
        async with self.database.transaction() as session:
            return await visits.ask(session, TEST, AskVisit(**asked), elder_id=self.elders[elder])

    async def see(self, visit_id: uuid.UUID) -> VolunteerVisit:
        async with self.database.transaction() as session:
            return await get_visit(session, visit_id)

    async def act(self, what: Any, visit_id: uuid.UUID, **fields: Any) -> VolunteerVisit:
        visit = await self.see(visit_id)
        async with self.database.transaction() as session:
            done: VolunteerVisit = await what(session, TEST, visit_id, version=visit.version, **fields)
            return done

    async def prove(self, visit_id: uuid.UUID, phase: Phase, *, code: str | None = None) -> VolunteerVisit:
        code = code or (await self.see(visit_id)).service_code
        refused: Recorded | None = None
        async with self.database.transaction() as session:
            try:  # as a request does: what was counted stands
                return await doing.prove(session, TEST, visit_id, ProveVisit(phase=phase, kind=ProofKind.SERVICE_CODE, code=code))
            except Recorded as error:
                refused = error
        raise refused

    async def done(self, volunteer_id: uuid.UUID, minutes: int, *, elder: int = 0, **fields: Any) -> uuid.UUID:
        """Up to the check-out."""
        visit = await self.ask(elder, volunteer_id=volunteer_id, **fields)
        await self.act(visits.answer, visit.id, accepted=True)
        await self.prove(visit.id, Phase.CHECK_IN)
        clock.shift(timedelta(minutes=minutes))
        await self.prove(visit.id, Phase.CHECK_OUT)
        return visit.id

    async def held(self, whose: Whose, pocket: Pocket = Pocket.AVAILABLE) -> int:
        async with self.database.transaction() as session:
            return await balance_of(session, Ledger.TC, whose, pocket)

    async def give_coins(self, elder: int, amount: int) -> Whose:
        """Out of nowhere."""
        async with self.database.transaction() as session:
            member = await member_of(session, self.elders[elder])
            world = await account_of(session, Ledger.TC, WORLD, Pocket.MAIN)
            there = await account_of(session, Ledger.TC, member.whose, Pocket.AVAILABLE)
            legs = [Leg(world, -amount), Leg(there, amount)]
            await post(session, TEST, ledger=Ledger.TC, kind=EntryKind.EARN, key=f"test:{uuid.uuid4()}", legs=legs)
            return member.whose

    async def fill_fund(self, amount: int) -> None:
        async with self.database.transaction() as session:
            world = await account_of(session, Ledger.TC, WORLD, Pocket.MAIN)
            fund = await account_of(session, Ledger.TC, FUND, Pocket.MAIN)
            legs = [Leg(world, -amount), Leg(fund, amount)]
            await post(session, TEST, ledger=Ledger.TC, kind=EntryKind.DONATE, key=f"test:{uuid.uuid4()}", legs=legs)

    async def born(self, elder: int, on: date, living: Living = Living.WITH_FAMILY) -> None:
        async with self.database.transaction() as session:
            her = await session.get_one(Elder, self.elders[elder])
            her.birth_date, her.living = on, living


@pytest_asyncio.fixture
async def bank(house_owner_url: str, house_app_url: str) -> AsyncIterator[Bank]:
    with psycopg.connect(plain_url(house_owner_url)) as owner:
        owner.execute(f"TRUNCATE {MOVING} RESTART IDENTITY CASCADE".encode())
    database = Database(house_app_url, pool_size=10)
    async with database.transaction() as session:
        elders = list(await session.scalars(select(Elder.id).where(Elder.merged_into.is_(None)).order_by(Elder.id).limit(4)))
        await session.execute(text("UPDATE elders SET living = 'with_family' WHERE living = 'alone'"))
    made = Bank(database, house_app_url, elders)
    for place in range(4):
        await made.born(place, date(1950, 3, 1))
    clock.shift(datetime(2027, 3, 3, 9, tzinfo=clock.now().tzinfo).replace(hour=1) - clock.now())  # 9:00 there, a Wednesday
    yield made
    await seal(database)
    found = [finding for finding in (await verify(house_app_url)).findings if finding.check != "unsealed"]
    clock.reset()
    await database.close()
    assert not found


# --- one visit -----------------------------------------------------------------------------------------------------------


async def test_from_asking_to_coins(bank: Bank) -> None:
    her = await bank.volunteer()
    elder = await bank.give_coins(0, 10)
    visit = await bank.ask(volunteer_id=her)
    assert (visit.state, visit.way, visit.pays) == (VisitState.OFFERED, Way.NAMED, Pays.COINS)
    assert (await bank.held(elder), await bank.held(elder, Pocket.RESERVED)) == (6, 4)
    await bank.act(visits.answer, visit.id, accepted=True)
    await bank.prove(visit.id, Phase.CHECK_IN)
    clock.shift(timedelta(minutes=100))
    assert (await bank.prove(visit.id, Phase.CHECK_OUT)).state is VisitState.CHECKED_OUT
    over = await bank.act(doing.confirm, visit.id, note="老人说聊得高兴")
    assert (over.state, over.counted, over.paid, over.donated) == (VisitState.CONFIRMED, 3, 3, 0)
    assert await bank.held(Whose(Holder.VOLUNTEER, her)) == 3
    assert (await bank.held(elder), await bank.held(elder, Pocket.RESERVED)) == (7, 0)  # an hour and a half, not the two that were booked
    async with bank.database.transaction() as session:
        assert await balance_of(session, Ledger.PT, Whose(Holder.VOLUNTEER, her), Pocket.AVAILABLE) == 15  # ten points an hour
    with pytest.raises(IllegalMove):
        await bank.act(doing.confirm, visit.id, note="又一次")
    async with bank.database.transaction() as session:
        kinds = [event.kind for event in await list_events(session, visit.id)]
        state = (await session.execute(text("SELECT state, open_orders FROM cases WHERE id = :id"), {"id": visit.case_id})).one()
    assert kinds == ["asked", "offered", "accepted", "checked_in", "checked_out", "confirmed"]
    assert tuple(state) == ("resolved", 0)


async def test_an_elder_who_volunteers_has_the_coins_on_her_own_account(bank: Bank) -> None:
    her = await bank.volunteer(elder_id=bank.elders[1])
    visit_id = await bank.done(her, 60)
    await bank.act(doing.confirm, visit_id, note="好")
    assert await bank.held(Whose(Holder.ELDER, bank.elders[1])) == 2
    visit = await bank.ask(1)
    with pytest.raises(Conflict) as refused:
        await bank.act(visits.take, visit.id, volunteer_id=her)
    assert refused.value.details == {"out": ["herself"]}


async def test_less_than_half_an_hour_counts_as_nothing(bank: Bank) -> None:
    her = await bank.volunteer()
    elder = await bank.give_coins(0, 4)
    visit_id = await bank.done(her, 29)
    over = await bank.act(doing.confirm, visit_id, note="坐了一下")
    assert (over.counted, over.paid) == (0, 0)
    assert (await bank.held(elder), await bank.held(Whose(Holder.VOLUNTEER, her))) == (4, 0)


async def test_a_list_from_which_one_takes_it(bank: Bank) -> None:
    first, second = await bank.volunteer("甲"), await bank.volunteer("乙")
    visit = await bank.ask()
    assert (visit.state, visit.pays) == (VisitState.ASKED, Pays.FREE)  # no coins: she is served all the same
    await bank.act(visits.take, visit.id, volunteer_id=first)
    with pytest.raises(Conflict):
        await bank.act(visits.take, visit.id, volunteer_id=second)
    code = (await bank.see(visit.id)).service_code
    back = await bank.act(visits.release, visit.id, note="孩子病了")
    assert (back.state, back.volunteer_id, back.declined) == (VisitState.ASKED, None, [str(first)])
    assert back.service_code != code
    await bank.act(visits.offer, visit.id, volunteer_id=second)
    assert (await bank.act(visits.answer, visit.id, accepted=False)).state is VisitState.ASKED


async def test_who_does_not_fit_is_not_asked(bank: Bank) -> None:
    unable = await bank.volunteer("不会", skills=["JZ01"])
    new = await bank.volunteer("新来", active=False)
    minor = await bank.volunteer("小明", active=False, birth_date=date(2012, 1, 1))
    visit = await bank.ask()
    for who, why in ((unable, ["skill"]), (new, ["not_active"]), (minor, ["not_active", "minor"])):
        with pytest.raises(Conflict) as refused:
            await bank.act(visits.take, visit.id, volunteer_id=who)
        assert refused.value.details == {"out": why}
    async with bank.database.transaction() as session:
        await people.write_training(session, TEST, minor, NewTraining(held_on=date(2027, 1, 5), topic="礼仪", half_hours=2))
    with pytest.raises(Conflict, match="of age"):
        async with bank.database.transaction() as session:
            row = await people.lock_volunteer(session, minor)
            await people.move(session, TEST, minor, version=row.version, to=VolunteerState.ACTIVE, reason="")


async def test_only_what_volunteers_may_do(bank: Bank) -> None:
    with pytest.raises(Invalid) as refused:
        await bank.ask(item="WX02")
    assert refused.value.code == "no_low_risk_part"
    assert (await bank.ask(item="JZ01")).low_risk


# --- proofs --------------------------------------------------------------------------------------------------------------


async def test_a_wrong_code_is_counted_and_five_lock_it(bank: Bank) -> None:
    her = await bank.volunteer()
    visit = await bank.ask(volunteer_id=her)
    await bank.act(visits.answer, visit.id, accepted=True)
    wrong = f"{(int(visit.service_code) + 1) % 10**6:06}"
    for left in range(4, -1, -1):
        with pytest.raises(CodeWrong) as refused:
            await bank.prove(visit.id, Phase.CHECK_IN, code=wrong)
        assert refused.value.details == {"left": left}
    with pytest.raises(CodeLocked):
        await bank.prove(visit.id, Phase.CHECK_IN)
    await bank.act(doing.renew_code, visit.id)
    assert (await bank.prove(visit.id, Phase.CHECK_IN)).state is VisitState.CHECKED_IN


async def test_at_two_doors_at_once_is_refused_and_written_down(bank: Bank) -> None:
    her = await bank.volunteer()
    one = await bank.ask(0, volunteer_id=her)
    await bank.act(visits.answer, one.id, accepted=True)
    other = await bank.ask(1, volunteer_id=her, wanted_from=clock.now() + timedelta(hours=5))
    await bank.act(visits.answer, other.id, accepted=True)
    await bank.prove(one.id, Phase.CHECK_IN)
    with pytest.raises(doing.Overlap):
        await bank.prove(other.id, Phase.CHECK_IN)
    seen = await bank.see(other.id)
    assert (seen.state, seen.attention) == (VisitState.ACCEPTED, "overlap")
    async with bank.database.transaction() as session:
        assert [event.kind for event in await list_events(session, other.id)][-1] == "overlap"


async def test_a_position_that_proves_nothing_is_kept_as_that(bank: Bank) -> None:
    """Near the door it is written beside the proof; far from it the visit goes on, is marked, and who confirms it has seen that."""
    async with bank.database.transaction() as session:
        home = await session.get_one(Elder, bank.elders[0])
        home.latitude, home.longitude = 32.03, 112.09
    her = await bank.volunteer()
    for latitude, near in ((32.0301, True), (32.05, False)):
        visit = await bank.ask(0, volunteer_id=her)
        await bank.act(visits.answer, visit.id, accepted=True)
        code = (await bank.see(visit.id)).service_code
        position = Position(latitude=latitude, longitude=112.09, accuracy_m=20)
        async with bank.database.transaction() as session:
            proof = ProveVisit(phase=Phase.CHECK_IN, kind=ProofKind.SERVICE_CODE, code=code, position=position)
            await doing.prove(session, TEST, visit.id, proof)
            (kept,) = await list_proofs(session, visit.id)
            assert kept.near is near and (kept.metres or 0) < (200 if near else 3_000)
        assert (await bank.see(visit.id)).attention == ("" if near else doing.UNPROVED)
        clock.shift(timedelta(minutes=61))
        await bank.prove(visit.id, Phase.CHECK_OUT)
        over = await bank.act(doing.confirm, visit.id, note="来过")
        assert (over.counted, over.attention) == (2, "")


async def test_she_says_otherwise_and_a_supervisor_decides(bank: Bank) -> None:
    her = await bank.volunteer()
    elder = await bank.give_coins(0, 4)
    visit_id = await bank.done(her, 120)
    await bank.act(doing.dispute, visit_id, note="只坐了一小时")
    with pytest.raises(Invalid):
        await bank.act(doing.decide, visit_id, half_hours=5, reason="多给点")
    over = await bank.act(doing.decide, visit_id, half_hours=2, reason="邻居也说一小时")
    assert (over.counted, over.paid, await bank.held(elder), await bank.held(Whose(Holder.VOLUNTEER, her))) == (2, 2, 2, 2)
    again = await bank.done(her, 60)
    await bank.act(doing.dispute, again, note="没来过")
    assert (await bank.act(doing.decide, again, half_hours=0, reason="没来过")).state is VisitState.REFUSED
    assert (await bank.held(elder), await bank.held(elder, Pocket.RESERVED)) == (2, 0)


async def test_cancelling_gives_the_coins_back(bank: Bank) -> None:
    elder = await bank.give_coins(0, 4)
    visit = await bank.ask(pays="coins")
    assert await bank.held(elder) == 0
    await bank.act(visits.cancel, visit.id, note="女儿来了")
    assert (await bank.held(elder), await bank.held(elder, Pocket.RESERVED)) == (4, 0)


async def test_coins_are_spent_from_sixty(bank: Bank) -> None:
    await bank.born(0, date(1967, 3, 4))  # sixty tomorrow
    await bank.give_coins(0, 4)
    with pytest.raises(Conflict) as refused:
        await bank.ask(pays="coins")
    assert refused.value.code == "coins_too_young"
    assert (await bank.ask()).pays is Pays.FREE
    clock.shift(timedelta(days=1))
    assert (await bank.ask(pays="coins")).pays is Pays.COINS


# --- caps ----------------------------------------------------------------------------------------------------------------


async def test_two_visits_confirmed_at_once_keep_the_days_cap(bank: Bank) -> None:
    her = await bank.volunteer()
    first = await bank.done(her, 300, elder=0)
    second = await bank.done(her, 300, elder=1)
    await asyncio.gather(bank.act(doing.confirm, first, note="好"), bank.act(doing.confirm, second, note="好"))
    async with bank.database.transaction() as session:
        assert await counted_on(session, her, date(2027, 3, 3)) == 16
    assert await bank.held(Whose(Holder.VOLUNTEER, her)) == 16


async def test_a_visit_across_midnight_counts_for_both_days(bank: Bank) -> None:
    her = await bank.volunteer()
    clock.shift(timedelta(hours=14))  # 23:00
    visit_id = await bank.done(her, 120)
    await bank.act(doing.confirm, visit_id, note="陪夜")
    async with bank.database.transaction() as session:
        rows = await session.scalars(select(VolunteerHours).where(VolunteerHours.visit_id == visit_id).order_by(VolunteerHours.day))
        assert [(row.day, row.half_hours) for row in rows] == [(date(2027, 3, 3), 2), (date(2027, 3, 4), 2)]


async def test_above_the_cap_it_goes_to_the_fund(bank: Bank) -> None:
    her = await bank.volunteer(elder_id=bank.elders[1])
    whose = await bank.give_coins(1, 2999)
    visit_id = await bank.done(her, 90)
    over = await bank.act(doing.confirm, visit_id, note="好")
    assert (over.counted, over.donated) == (3, 2)
    assert (await bank.held(whose), await bank.held(FUND, Pocket.MAIN)) == (3000, 2)


# --- gifts and grants ----------------------------------------------------------------------------------------------------


async def gift(bank: Bank, amount: int, *, gift_id: uuid.UUID | None = None, to: int = 1) -> None:
    async with bank.database.transaction() as session:
        await coins.give(
            session,
            TEST,
            gift_id or new_id(),
            giver_id=bank.elders[0],
            taker_id=(await member_of(session, bank.elders[to])).id,
            half_hours=amount,
        )


async def test_a_gift_goes_to_registered_kin_up_to_the_years_cap(bank: Bank) -> None:
    giver = await bank.give_coins(0, 900)
    taker = Whose(Holder.ELDER, bank.elders[1])
    with pytest.raises(Conflict) as refused:
        await gift(bank, 10)
    assert refused.value.code == "not_kin"
    async with bank.database.transaction() as session:
        number = (await session.scalars(select(ElderNumber.e164).where(ElderNumber.elder_id == bank.elders[1]).limit(1))).one()
        contact = ElderContact(elder_id=bank.elders[0], position=90, name="老伴", relation="邻居", number=number)
        session.add(contact)
    with pytest.raises(Conflict):
        await gift(bank, 10)  # a neighbour is no kin
    async with bank.database.transaction() as session:
        (await session.get_one(ElderContact, contact.id)).relation = "老伴"
    known = new_id()
    await gift(bank, 300, gift_id=known)
    await gift(bank, 300, gift_id=known)  # the same again
    with pytest.raises(Conflict) as conflict:
        await gift(bank, 301, gift_id=known)
    assert conflict.value.code == "key_conflict"
    assert (await bank.held(giver), await bank.held(taker)) == (600, 300)
    with pytest.raises(Conflict) as over:
        await gift(bank, 101)
    assert (over.value.code, over.value.details) == ("gift_year", {"most": 400, "left": 100})
    clock.shift(timedelta(days=304))  # 2028
    await gift(bank, 400)
    assert await bank.held(taker) == 700
    for bad in (0, -1, 1.5, True, 10**13):
        with pytest.raises(AppError):
            await gift(bank, bad)  # type: ignore[arg-type]
    async with bank.database.transaction() as session:
        await session.delete(await session.get_one(ElderContact, contact.id))


async def test_a_donation_has_no_cap(bank: Bank) -> None:
    giver = await bank.give_coins(0, 900)
    async with bank.database.transaction() as session:
        await coins.donate(session, TEST, new_id(), giver_id=bank.elders[0], half_hours=900)
    assert (await bank.held(giver), await bank.held(FUND, Pocket.MAIN)) == (0, 900)
    with pytest.raises(Conflict):
        async with bank.database.transaction() as session:
            await coins.donate(session, TEST, new_id(), giver_id=bank.elders[0], half_hours=1)


async def test_the_fund_grants_once_a_month_as_long_as_it_lasts(bank: Bank) -> None:
    for place, born in ((0, date(1947, 3, 3)), (1, date(1940, 1, 1)), (2, date(1947, 3, 4)), (3, date(1930, 1, 1))):
        await bank.born(place, born, Living.ALONE if place != 3 else Living.EMPTY_NEST)
    async with bank.database.transaction() as session:
        for place in range(4):
            (await session.get_one(Elder, bank.elders[place])).risk = 0

    async def grant() -> int:
        async with bank.database.transaction() as session:
            return await coins.grant_due(session, TEST)

    assert await grant() == 0
    await bank.fill_fund(15)  # one whole grant, and not a second
    assert await grant() == 1
    assert await bank.held(Whose(Holder.ELDER, bank.elders[1])) == 8  # the oldest
    await bank.fill_fund(100)
    assert await grant() == 1
    assert await bank.held(Whose(Holder.ELDER, bank.elders[0])) == 8  # eighty today
    assert await grant() == 0
    clock.shift(timedelta(days=29))  # April
    assert await grant() == 3
    assert await bank.held(Whose(Holder.ELDER, bank.elders[3])) == 0  # not alone


# --- people --------------------------------------------------------------------------------------------------------------


async def test_nobody_is_on_the_list_twice_and_her_number_is_not_readable(bank: Bank) -> None:
    await bank.volunteer("王芳", number="13900001111")
    with pytest.raises(Conflict) as refused:
        await bank.volunteer("王芳", number="139 0000 1111")
    assert refused.value.code == "volunteer_known"
    for fields in ({"number": "110"}, {"id_number": "123"}, {"skills": ["WX02"]}, {"birth_date": date(2090, 1, 1)}):
        with pytest.raises(Invalid):
            await bank.volunteer("李丽", **fields)
    async with bank.database.transaction() as session:
        (stored,) = await session.scalars(text("SELECT number FROM volunteers"))
        assert b"13900001111" not in bytes(stored)
        assert (await session.scalars(select(Volunteer.number))).one() == "+8613900001111"
