"""A store's life: made, changed, admitted, suspended; its papers and people; its organisation."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.roles import Role
from callcenter.dispatch import admission
from callcenter.dispatch.orders.actions import offering
from callcenter.dispatch.orders.states import OfferState, OrderState
from callcenter.dispatch.papers import list_concerned, list_due, next_daytime, warn
from callcenter.dispatch.stores import organisations
from callcenter.dispatch.stores.actions import licences, people, profile
from callcenter.dispatch.stores.errors import LastKeeper, NotReady, PriceOutside, StoreChanged, StoreNotFound
from callcenter.dispatch.stores.models import (
    Licence,
    MemberRole,
    OrganisationKind,
    ProviderPerson,
    Store,
    StoreKind,
    StoreMember,
    StoreState,
)
from callcenter.dispatch.stores.queries import StoreFilter, get_store_view, list_changes, list_refusals, list_stores
from callcenter.dispatch.stores.schemas import (
    ChangedArea,
    ChangedItems,
    ChangedMember,
    ChangedStore,
    Decision,
    MemberForm,
    NewBlackout,
    NewLicence,
    OfferedItem,
    OfficerForm,
    OrganisationForm,
    RenewedLicence,
    Revocation,
    StoreForm,
)
from callcenter.kit import clock
from callcenter.kit.errors import Conflict, Forbidden, IllegalMove, Invalid, NotFound
from callcenter.messaging.models import Message
from callcenter.regions.models import Region, RegionLevel
from callcenter.seed.demo import DemoFacts, WhatFor
from callcenter.settings import get_settings
from tests.stores import keeper, make_store, offers_of, order_for

WEEK = [[[480, 1080]]] * 7


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[None]:
    now = clock.now()
    clock.shift(now.replace(hour=4, minute=0) - now + timedelta(days=1))
    yield
    clock.reset()


@pytest.fixture
def elder_id(facts: DemoFacts) -> uuid.UUID:
    found = next(elder.id for elder in facts.elders if elder.what_for is WhatFor.ALONE)
    assert found is not None
    return found


async def community(session: AsyncSession, code: str = "420606-01-01") -> uuid.UUID:
    return (await session.execute(select(Region.id).where(Region.code == code))).scalar_one()


async def form(session: AsyncSession, **given: Any) -> StoreForm:
    return StoreForm(**{"name": "和顺家政", "community_id": await community(session), "number": "138 0101 9999", "hours": WEEK} | given)


def changed(store: Store, base: StoreForm, **given: Any) -> ChangedStore:
    return ChangedStore(**base.model_dump() | {"version": store.version} | given)


def today() -> date:
    return clock.today(get_settings().timezone)


async def ready(session: AsyncSession, actor: Actor, **given: Any) -> Store:
    """Everything but admitted."""
    store = await profile.create_store(session, actor, await form(session, **given))
    items = [OfferedItem(code="JZ01", price_fen=4000), OfferedItem(code="JZ03", price_fen=600)]
    await profile.set_items(session, actor, store.id, ChangedItems(version=store.version, items=items))
    await profile.set_area(session, actor, store.id, ChangedArea(version=store.version, communities=[store.community_id]))
    member = MemberForm(version=store.version, name="张凤琴", number="13801019998", role=MemberRole.KEEPER)
    person = (await people.add_member(session, actor, store.id, member)).person_id
    for kind in ("housekeeper", "health_certificate"):
        until = today() + timedelta(days=200)
        await licences.add_licence(session, actor, store.id, NewLicence(version=store.version, kind=kind, person_id=person, valid_to=until))
    return store


# --- made and changed ------------------------------------------------------------------------------------------------------------------


async def test_made_changed_and_every_step_written(session: AsyncSession, actor: Actor) -> None:
    base = await form(session)
    store = await profile.create_store(session, actor, base)
    assert (store.code, store.state, store.pinyin, store.version) == ("S0001", StoreState.APPLIED, "he shun jia zheng", 2)
    await profile.edit_store(session, actor, store.id, changed(store, base, name="和顺家政服务部", number="138****9999", at_once=5))
    assert (store.name, store.number, store.initials, store.version) == ("和顺家政服务部", "+8613801019999", "hsjzfwb", 3)
    with pytest.raises(StoreChanged):
        await profile.edit_store(session, actor, store.id, changed(store, base, version=2, name="别的"))
    assert store.name == "和顺家政服务部"
    await profile.edit_store(session, actor, store.id, changed(store, base, name="和顺家政服务部", at_once=5))
    assert store.version == 3  # nothing was different
    history = await list_changes(session, store.id)
    assert [(row.kind, row.fields) for row in history] == [
        ("edited", {"name": ["和顺家政", "和顺家政服务部"], "at_once": [3, 5]}), ("created", {}),
    ]  # fmt: skip
    published = await session.scalar(text("SELECT count(*) FROM outbox WHERE topic = 'store' AND object_id = :id"), {"id": str(store.id)})
    assert published == 2
    audited = await session.execute(text("SELECT verb FROM audit WHERE object_id = :id ORDER BY id"), {"id": str(store.id)})
    assert [row.verb for row in audited] == ["store:created", "store:edited"]
    assert (await profile.create_store(session, actor, base)).code == "S0002"


async def test_bad_facts_are_refused(session: AsyncSession, actor: Actor) -> None:
    street = (await session.execute(select(Region.id).where(Region.level == RegionLevel.STREET).limit(1))).scalar_one()
    for given, code in (
        ({"community_id": street}, "no_community"),
        ({"community_id": uuid.uuid4()}, "no_community"),
        ({"number": "110"}, "number_invalid"),
        ({"number": "abc"}, "number_invalid"),
        ({"organisation_id": uuid.uuid4()}, "organisation_not_found"),
        ({"hours": [[[480, 1080]]] * 6}, "bad_hours"),
    ):
        with pytest.raises(Invalid) as told:
            await profile.create_store(session, actor, await form(session, **given))
        assert told.value.code == code
    with pytest.raises(ValueError, match="latitude and a longitude"):
        await form(session, latitude=32.0)
    assert await session.scalar(select(func.count(Store.id))) == 0


async def test_a_supervisor_keeps_to_her_regions(session: AsyncSession, actor: Actor) -> None:
    street = (await session.execute(select(Region.id).where(Region.code == "420606-02"))).scalar_one()
    elsewhere = Actor("user", uuid.uuid4(), "别街", Role.SUPERVISOR, (street,))
    with pytest.raises(Forbidden):
        await profile.create_store(session, elsewhere, await form(session))
    store = await ready(session, actor)
    for refused in (
        profile.edit_store(session, elsewhere, store.id, changed(store, await form(session), name="我的")),
        admission.decide(session, elsewhere, store.id, Decision(version=store.version, to=StoreState.ADMITTED)),
        profile.set_items(session, elsewhere, store.id, ChangedItems(version=store.version, items=[])),
    ):
        with pytest.raises(Forbidden):
            await refused
    assert store.state is StoreState.APPLIED


async def test_items_with_their_own_prices(session: AsyncSession, actor: Actor) -> None:
    store = await profile.create_store(session, actor, await form(session))

    async def put(*items: tuple[str, int], reason: str = "") -> None:
        wanted = [OfferedItem(code=code, price_fen=price) for code, price in items]
        await profile.set_items(session, actor, store.id, ChangedItems(version=store.version, items=wanted, reason=reason))

    await put(("JZ01", 4000), ("JZ03", 600))
    with pytest.raises(PriceOutside) as told:
        await put(("JZ01", 5001))
    assert told.value.details == {"field": "items", "item": "JZ01", "least_fen": 3000, "most_fen": 5000}
    await put(("JZ01", 6000), reason="春节价")
    await put(("JZ01", 6000), ("WX05", 9000))  # what stands may stay
    for items, code in (((("XX99", 100),), "item_unknown"), ((("JJ01", 0),), "centre_item"), ((("JZ01", 4000),) * 2, "item_twice")):
        with pytest.raises(Invalid) as refused:
            await put(*items)
        assert refused.value.code == code
    with pytest.raises(ValueError, match="greater than or equal to 0"):
        OfferedItem(code="JZ01", price_fen=-1)
    view = await get_store_view(session, store.id, numbers=False)
    assert [(i.code, i.price_fen, i.licensed) for i in view.items] == [("JZ01", 6000, False), ("WX05", 9000, False)]
    assert view.items[1].missing == [["registered_locksmith"]]
    history = await list_changes(session, store.id)
    assert (history[1].reason, history[1].fields) == ("春节价", {"JZ01": ["¥40.00", "¥60.00"], "JZ03": ["¥6.00", None]})


async def test_volunteers_offer_what_volunteers_may(session: AsyncSession, actor: Actor) -> None:
    base = await form(session, kind=StoreKind.VOLUNTEERS, name="银龄互助队")
    group = await profile.create_store(session, actor, base)
    with pytest.raises(Conflict) as told:
        await profile.set_items(
            session, actor, group.id, ChangedItems(version=group.version, items=[OfferedItem(code="ZL01", price_fen=9000)])
        )
    assert told.value.code == "volunteers_may_not"
    firm = await ready(session, actor, number="13801019997")
    await profile.set_items(session, actor, firm.id, ChangedItems(version=firm.version, items=[OfferedItem(code="WX02", price_fen=5000)]))
    with pytest.raises(Conflict):
        await profile.edit_store(session, actor, firm.id, changed(firm, await form(session), kind=StoreKind.VOLUNTEERS))


async def test_where_it_goes(session: AsyncSession, actor: Actor) -> None:
    store = await profile.create_store(session, actor, await form(session))
    two = [await community(session, "420606-01-01"), await community(session, "420606-01-02")]
    await profile.set_area(session, actor, store.id, ChangedArea(version=store.version, communities=two))
    square = [[112.09, 32.02], [112.1, 32.02], [112.1, 32.03], [112.09, 32.03], [112.09, 32.02]]
    polygon = {"type": "Polygon", "coordinates": [square]}
    await profile.set_area(session, actor, store.id, ChangedArea(version=store.version, polygon=polygon))
    view = await get_store_view(session, store.id, numbers=False)
    assert (view.communities, view.area and view.area.type) == ([], "Polygon")
    bow = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}
    street = (await session.execute(select(Region.id).where(Region.code == "420606-01"))).scalar_one()
    for wanted, code in (
        ({"polygon": bow}, "bad_geometry"), ({"polygon": {"type": "Point"}}, "bad_geometry"), ({"communities": [street]}, "no_community"), ({}, "no_area"),
        ({"communities": two, "polygon": polygon}, "no_area"),
    ):  # fmt: skip
        with pytest.raises(Invalid) as told:
            await profile.set_area(session, actor, store.id, ChangedArea(version=store.version, **wanted))
        assert told.value.code == code


async def test_days_off_and_elders_who_want_it_no_more(session: AsyncSession, actor: Actor, elder_id: uuid.UUID) -> None:
    store = await ready(session, actor)
    await profile.add_blackout(session, actor, store.id, NewBlackout(version=store.version, first=today(), last=today(), reason="盘点"))
    with pytest.raises(Invalid):
        await profile.add_blackout(
            session, actor, store.id, NewBlackout(version=store.version, first=today(), last=today() - timedelta(days=1))
        )
    (days,) = (await get_store_view(session, store.id, numbers=False)).blackouts
    await profile.remove_blackout(session, actor, store.id, days.id, version=store.version)
    with pytest.raises(NotFound):
        await profile.remove_blackout(session, actor, store.id, days.id, version=store.version)
    for _ in range(2):
        await profile.refuse_store(session, actor, elder_id, store.id, reason="来晚了")
    assert [(r.store, r.reason) for r in await list_refusals(session, elder_id)] == [("和顺家政", "来晚了")]
    for _ in range(2):
        await profile.take_again(session, actor, elder_id, store.id)
    assert await list_refusals(session, elder_id) == []
    with pytest.raises(StoreNotFound):
        await profile.refuse_store(session, actor, elder_id, uuid.uuid4(), reason="")


# --- people ------------------------------------------------------------------------------------------------------------------------------


async def test_one_person_at_two_stores_is_one(session: AsyncSession, actor: Actor) -> None:
    one, two = await ready(session, actor), await profile.create_store(session, actor, await form(session, name="康宁护理站"))
    her = MemberForm(version=two.version, name="张凤琴(兼)", number="0086 138-0101-9998", role=MemberRole.WORKER)
    member = await people.add_member(session, actor, two.id, her)
    assert await session.scalar(select(func.count(ProviderPerson.id))) == 1
    view = await get_store_view(session, two.id, numbers=True)
    assert [(p.name, p.number, p.elsewhere) for p in view.people] == [("张凤琴", "138 0101 9998", ["和顺家政"])]
    assert (await get_store_view(session, two.id, numbers=False)).people[0].number == "138****9998"
    assert {licence.kind for licence in view.licences} == {"housekeeper", "health_certificate"}  # they go with her
    with pytest.raises(Conflict) as told:
        await people.add_member(session, actor, two.id, her.model_copy(update={"version": two.version}))
    assert told.value.code == "member_known"
    gone = ChangedMember(version=two.version, name="张凤琴", number="138****9998", active=False)
    await people.change_member(session, actor, two.id, member.person_id, gone)
    back = await people.add_member(session, actor, two.id, her.model_copy(update={"version": two.version, "role": MemberRole.KEEPER}))
    assert (back.active, back.role) == (True, MemberRole.KEEPER)
    other = MemberForm(version=one.version, name="刘春梅", number="13801019996")
    second = await people.add_member(session, actor, one.id, other)
    taken = ChangedMember(version=one.version, name="刘春梅", number="13801019998")
    with pytest.raises(Conflict) as told:
        await people.change_member(session, actor, one.id, second.person_id, taken)
    assert told.value.code == "number_taken"


@pytest.mark.parametrize("what", [{"role": MemberRole.WORKER}, {"role": MemberRole.KEEPER, "active": False}])
async def test_somebody_answers_for_a_store_that_gets_jobs(session: AsyncSession, actor: Actor, what: dict[str, Any]) -> None:
    store = await ready(session, actor)
    await admission.decide(session, actor, store.id, Decision(version=store.version, to=StoreState.ADMITTED))
    (member,) = (await session.scalars(select(StoreMember).where(StoreMember.store_id == store.id))).all()
    wanted = ChangedMember(**{"version": store.version, "name": "张凤琴", "number": "138****9998"} | what)
    with pytest.raises(LastKeeper):
        await people.change_member(session, actor, store.id, member.person_id, wanted)


# --- admission -----------------------------------------------------------------------------------------------------------------------------


async def test_admitted_when_it_lacks_nothing(session: AsyncSession, actor: Actor) -> None:
    bare = await profile.create_store(session, actor, await form(session))
    with pytest.raises(NotReady) as told:
        await admission.decide(session, actor, bare.id, Decision(version=bare.version, to=StoreState.ADMITTED))
    assert told.value.details == {"missing": ["keeper", "items", "area"]}
    store = await ready(session, actor)
    await admission.decide(session, actor, store.id, Decision(version=store.version, to=StoreState.ADMITTED))
    with pytest.raises(IllegalMove):
        await admission.decide(session, actor, store.id, Decision(version=store.version, to=StoreState.APPLIED))
    with pytest.raises(Invalid) as refused:
        await admission.decide(session, actor, store.id, Decision(version=store.version, to=StoreState.SUSPENDED, reason="  "))
    assert refused.value.code == "reason_needed"
    assert store.state is StoreState.ADMITTED
    await admission.decide(session, actor, store.id, Decision(version=store.version, to=StoreState.LEFT, reason="不做了"))
    await admission.decide(session, actor, store.id, Decision(version=store.version, to=StoreState.APPLIED))
    assert [row.kind for row in await list_changes(session, store.id)][:3] == ["applied", "left", "admitted"]


async def test_a_suspended_store_loses_its_offers_and_its_jobs_are_looked_at(
    session: AsyncSession, actor: Actor, elder_id: uuid.UUID
) -> None:
    (first, person), (second, _) = [await make_store(session, name, items={"WX05": 9000}) for name in ("锁匠一", "锁匠二")]
    taken = await order_for(session, actor, elder_id, "WX05", prefers_store_id=first.id)
    (offer,) = (await offers_of(session, taken)).values()
    await offering.accept_offer(session, keeper(person), offer.id, how="app")
    waiting = await order_for(session, actor, elder_id, "WX05", prefers_store_id=first.id)
    assert set(await offers_of(session, waiting)) == {first.id}
    await admission.decide(session, actor, first.id, Decision(version=first.version, to=StoreState.SUSPENDED, reason="不到场"))
    offers = await offers_of(session, waiting, None)
    assert (offers[first.id].state, offers[second.id].state) == (OfferState.WITHDRAWN, OfferState.OPEN)
    assert (waiting.state, waiting.refusals) == (OrderState.OFFERED, 0)
    assert (taken.state, taken.store_id, taken.attention) == (OrderState.ACCEPTED, first.id, "store_suspended")
    await admission.decide(session, actor, first.id, Decision(version=first.version, to=StoreState.ADMITTED))
    assert taken.attention == ""


# --- papers --------------------------------------------------------------------------------------------------------------------------------


async def messages(session: AsyncSession) -> list[tuple[str, str]]:
    rows = await session.scalars(select(Message).where(Message.about_kind == "licence").order_by(Message.created_at, Message.id))
    return [(row.template, (row.params or {}).get("days", "")) for row in rows]


async def sweep(session: AsyncSession) -> None:
    for licence_id in await list_due(session):
        await warn(session, licence_id)
    for store_id in await list_concerned(session):
        await admission.look_at_papers(session, store_id)


async def test_warned_60_30_and_7_days_ahead_and_on_lapse_each_once(session: AsyncSession, actor: Actor) -> None:
    store, _ = await make_store(session, "锁匠", items={"WX05": 9000}, licences=())
    await licences.add_licence(
        session, actor, store.id, NewLicence(version=store.version, kind="registered_locksmith", valid_to=today() + timedelta(days=61))
    )
    said: list[tuple[str, str]] = []
    for _ in range(64):
        await sweep(session)
        await sweep(session)
        if (found := await messages(session)) and found != said:
            said = found
        clock.shift(timedelta(days=1))
    assert said == [("licence_expiring", "60"), ("licence_expiring", "30"), ("licence_expiring", "7"), ("licence_suspended", "")]
    assert (store.state, store.state_reason) == (StoreState.SUSPENDED, admission.NO_PAPER)
    (paper,) = (await session.scalars(select(Licence).where(Licence.store_id == store.id))).all()
    renewed = RenewedLicence(version=store.version, valid_to=today() + timedelta(days=20))
    await licences.renew_licence(session, actor, store.id, paper.id, renewed)
    assert await admission.look_at_papers(session, store.id) is StoreState.ADMITTED
    assert await admission.look_at_papers(session, store.id) is None
    await sweep(session)
    assert (await messages(session))[-1] == ("licence_expiring", "20")
    assert [row.kind for row in await list_changes(session, store.id)][:4] == ["restored", "licence", "suspended", "licence"]


async def test_what_a_person_suspended_no_paper_restores(session: AsyncSession, actor: Actor) -> None:
    store, person = await make_store(session, "护理站", items={"PH06": 15000}, until=today() + timedelta(days=3))
    await admission.decide(session, actor, store.id, Decision(version=store.version, to=StoreState.SUSPENDED, reason="投诉"))
    clock.shift(timedelta(days=5))
    await sweep(session)
    assert (store.state, store.state_reason) == (StoreState.SUSPENDED, "投诉")
    paper = (await session.execute(select(Licence).where(Licence.person_id == person.id))).scalar_one()
    await licences.renew_licence(
        session, actor, store.id, paper.id, RenewedLicence(version=store.version, valid_to=today() + timedelta(days=300))
    )
    assert await admission.look_at_papers(session, store.id) is None
    assert store.state is StoreState.SUSPENDED


async def test_one_of_two_papers_lapses_and_the_rest_is_still_offered(session: AsyncSession, actor: Actor, elder_id: uuid.UUID) -> None:
    store, person = await make_store(session, "全能", items={"JZ04": 10000, "PH06": 15000}, licences=["registered_nurse"])
    paper = NewLicence(version=store.version, kind="cleaning_skill", person_id=person.id, valid_to=today())
    await licences.add_licence(session, actor, store.id, paper)
    clock.shift(timedelta(days=1))
    await sweep(session)
    assert store.state is StoreState.ADMITTED
    view = await get_store_view(session, store.id, numbers=False)
    assert [(i.code, i.licensed, i.missing) for i in view.items] == [("JZ04", False, [["cleaning_skill"]]), ("PH06", True, [])]
    assert (await order_for(session, actor, elder_id, "JZ04")).attention == "nobody"
    assert (await order_for(session, actor, elder_id, "PH06")).state is OrderState.OFFERED


async def test_papers_that_can_not_be(session: AsyncSession, actor: Actor) -> None:
    store, person = await make_store(session, "锁匠", items={"WX05": 9000})
    for new, code in (
        ({"kind": "driving"}, "licence_unknown"),
        ({"kind": "registered_nurse"}, "wrong_holder"),
        ({"kind": "food_business", "person_id": person.id}, "wrong_holder"),
        ({"kind": "food_business", "valid_from": today(), "valid_to": today() - timedelta(days=1)}, "dates_order"),
    ):
        with pytest.raises(Invalid) as told:
            await licences.add_licence(session, actor, store.id, NewLicence(version=store.version, **new))
        assert told.value.code == code
    with pytest.raises(Conflict) as known:
        await licences.add_licence(session, actor, store.id, NewLicence(version=store.version, kind="registered_locksmith"))
    assert known.value.code == "licence_known"
    with pytest.raises(NotFound):
        await licences.add_licence(
            session, actor, store.id, NewLicence(version=store.version, kind="registered_nurse", person_id=uuid.uuid4())
        )
    other, _ = await make_store(session, "别家", items={"WX05": 9000})
    paper = (await session.execute(select(Licence).where(Licence.store_id == other.id))).scalar_one()
    with pytest.raises(NotFound):  # another store's
        await licences.revoke_licence(session, actor, store.id, paper.id, Revocation(version=store.version, reason="假证"))
    await licences.revoke_licence(session, actor, other.id, paper.id, Revocation(version=other.version, reason="假证"))
    with pytest.raises(Conflict):
        await licences.renew_licence(session, actor, other.id, paper.id, RenewedLicence(version=other.version))
    assert await admission.look_at_papers(session, other.id) is StoreState.SUSPENDED


def test_nobody_is_woken_for_a_paper() -> None:
    now = clock.now().replace(hour=2, minute=0, second=0, microsecond=0)  # ten in the morning in China
    assert next_daytime(now, "Asia/Shanghai") == now
    evening = now.replace(hour=13)
    assert next_daytime(evening, "Asia/Shanghai") == now.replace(hour=0) + timedelta(days=1)
    assert next_daytime(now.replace(hour=20), "Asia/Shanghai") == now.replace(hour=0) + timedelta(days=1)


# --- organisations ---------------------------------------------------------------------------------------------------------------------------


async def test_an_officer_admits_sees_and_reports_her_own(session: AsyncSession, actor: Actor, elder_id: uuid.UUID) -> None:
    one = await organisations.create_organisation(session, actor, OrganisationForm(kind=OrganisationKind.HOME_SERVICE, name="家协"))
    other = await organisations.create_organisation(session, actor, OrganisationForm(kind=OrganisationKind.HOSPITAL, name="医院"))
    with pytest.raises(Conflict):
        await organisations.create_organisation(session, actor, OrganisationForm(kind=OrganisationKind.HOME_SERVICE, name="家协"))
    for organisation, number in ((one, "13801019990"), (other, "13801019991")):
        await organisations.add_officer(session, actor, organisation.id, OfficerForm(name="秦会长", number=number))
    views = {view.name: view for view in await organisations.list_organisations(session, numbers=False)}
    assert [o.number for o in views["家协"].officers] == ["138****9990"]
    hers, his = (views[name].officers[0].person_id for name in ("家协", "医院"))
    store = await ready(session, actor, organisation_id=one.id)
    officer = Actor("person", hers, "秦会长", None)
    stranger = Actor("person", his, "别会长", None)
    with pytest.raises(StoreNotFound):
        await admission.decide_as_officer(session, stranger, store.id, Decision(version=store.version, to=StoreState.ADMITTED))
    with pytest.raises(Forbidden):
        await admission.decide_as_officer(session, officer, store.id, Decision(version=store.version, to=StoreState.LEFT, reason="x"))
    await admission.decide_as_officer(session, officer, store.id, Decision(version=store.version, to=StoreState.ADMITTED))
    assert [line.name for line in await organisations.list_stores_of(session, hers, one.id)] == ["和顺家政"]
    with pytest.raises(NotFound):
        await organisations.list_stores_of(session, his, one.id)
    order = await order_for(session, actor, elder_id, "JZ01")
    (offer,) = (await offers_of(session, order)).values()
    await offering.accept_offer(session, actor, offer.id, how="app")
    report = await organisations.report(session, one.id, first=today(), last=today())
    assert (report.offers, report.accepted, report.jobs, report.licences_expiring, len(report.stores)) == (1, 1, 0, 0, 1)
    for _ in range(2):
        await organisations.remove_officer(session, actor, one.id, hers)
    assert not await organisations.may_see_store(session, hers, store.id)


async def test_found_by_name_pinyin_initials_code_item_and_place(session: AsyncSession, actor: Actor) -> None:
    store = await ready(session, actor)
    await make_store(session, "锁匠", items={"WX05": 9000}, until=today() + timedelta(days=30))

    async def found(**wanted: Any) -> list[str]:
        return [line.name for line in (await list_stores(session, StoreFilter(**wanted))).items]

    for q in ("和顺", "heshun", "he shun", "hsjz", store.code, store.code.lower()):
        assert await found(q=q) == ["和顺家政"]
    assert await found(q="100%") == []
    assert await found(item="WX05") == ["锁匠"]
    assert await found(expiring=True) == ["锁匠"]
    assert await found(state=StoreState.APPLIED) == ["和顺家政"]
    assert await found(region_id=store.community_id) == ["和顺家政", "锁匠"]
    assert await found(region_id=await community(session, "420606-02-01")) == []
