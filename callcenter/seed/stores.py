"""600 stores over the demo district, and the organisations above them: the same in every run, but for dates, which are told from the day of seeding."""

from __future__ import annotations

import math
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from random import Random
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.catalog.licences import HeldBy
from callcenter.catalog.models import ServiceItem
from callcenter.catalog.queries import list_items
from callcenter.catalog.rules import groups_held_by, row_of
from callcenter.dispatch.stores.models import (
    Licence,
    MemberRole,
    Organisation,
    OrganisationKind,
    OrganisationOfficer,
    ProviderPerson,
    Store,
    StoreBlackout,
    StoreCommunity,
    StoreItem,
    StoreKind,
    StoreMember,
    StoreState,
)
from callcenter.dispatch.stores.rules import warning_due
from callcenter.kit import clock, crypto, pinyin
from callcenter.kit.phone import national
from callcenter.points.earning.models import PointsTerm
from callcenter.seed import people
from callcenter.seed.places import DISTRICT_CODE, ROADS, STREETS, Community, communities, region_id
from callcenter.seed.trades import BRANDS, DAY_AND_NIGHT, TRADES, WHY_BLACKOUT, WHY_SUSPENDED, Reach, Trade
from callcenter.seed.writing import copy_rows
from callcenter.settings import get_settings

SEED = 12349
METRES_A_DEGREE = 111_320
AROUND = 3  # streets lie three by three
_NAMESPACE = uuid.UUID("5c1f0f5e-6f1b-4b0e-9d8f-570e00000000")
_PREFIXES = ("138", "139", "136", "137", "135", "159", "158", "187", "188", "150", "151", "189", "130", "186")
_LOCK = 0x5EED5

_MODELS = (
    Organisation, ProviderPerson, OrganisationOfficer, Store, StoreMember, Licence, StoreItem, StoreCommunity, StoreBlackout,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Named:
    """A store that a demo shows. `trade`: the first name of one in TRADES."""

    what_for: str
    name: str
    keeper: str
    number: str
    trade: int
    smartphone: bool
    metres: tuple[int, int]  # north and east of the elder who lives alone
    workers: tuple[str, ...]
    about_zh: str
    about_en: str


NAMED = (
    Named(
        "cleaning", "张姐家政", "张凤琴", "+8613801000001", 0, True, (40, 30), ("刘春梅", "邓玉霞"),
        "保洁、做饭;用手机接单", "cleaning and cooking; takes jobs on her telephone",
    ),
    Named(
        "repair", "老李水电维修", "李长江", "+8613901000002", 3, False, (-35, 40), (),
        "水管、电路;没有智能手机,电话派单", "plumbing, electrics; no smartphone, jobs are told by telephone",
    ),
    Named(
        "door_check", "施营应急站", "马志刚", "+8613601000003", 20, True, (25, -45), ("何伟民", "宋建平", "袁敏"),
        "应急上门,日夜值守", "door checks, day and night",
    ),
    Named(
        "meals", "施营社区助餐点", "田桂琴", "+8613701000004", 8, True, (-30, -30), ("彭红梅", "曹国华"),
        "社区助餐送餐", "meals to the door",
    ),
    Named(
        "nursing", "康宁护理站", "袁慧芳", "+8613501000005", 17, True, (50, 50), ("谢文静", "许晓燕"),
        "上门护理,有执业护士", "home nursing by licensed nurses",
    ),
    Named(
        "volunteers", "施营志愿者服务队", "汪爱华", "+8615901000006", 18, True, (-55, 10), ("方国珍", "董新民", "吕敏"),
        "陪聊探访、陪同外出", "company, visits, outings",
    ),
)  # fmt: skip

# kind, name, region, officers
_ORGANISATIONS = (
    (OrganisationKind.HOME_SERVICE, "樊城区家政服务业协会", DISTRICT_CODE, (("秦会长", "+8613801000101"), ("罗玉芳", "+8613801000102"))),
    (OrganisationKind.VOLUNTEERS, "樊城区志愿者协会", DISTRICT_CODE, (("尚国强", "+8613801000103"), ("柯敏", "+8613801000104"))),
    (OrganisationKind.HOSPITAL, "樊城区人民医院", DISTRICT_CODE, (("龚护士长", "+8613801000105"),)),
)


@dataclass(frozen=True, slots=True)
class DemoStore:
    """`number` as people dial it: the keeper signs in to the stores' app with it."""

    what_for: str
    code: str
    name: str
    number: str
    keeper: str
    has_smartphone: bool
    id: uuid.UUID
    about_zh: str
    about_en: str


async def seed_stores(session: AsyncSession) -> int:
    """After `seed_demo`. Returns how many were made; when any store is there nothing is."""
    await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    if await session.scalar(select(Store.id).limit(1)):
        return 0
    today = clock.today(get_settings().timezone)
    made = Maker(await list_items(session), today=today, now=clock.now()).make()
    for model in _MODELS:
        await copy_rows(session, model, made.rows[model.__tablename__])
    await _ally(session)
    return len(made.rows["stores"])


async def _ally(session: AsyncSession) -> None:
    """The demo's stores are partners of the points scheme since before its past; every fifth has agreed on a rate of its own."""
    now = clock.now()
    since = now - timedelta(days=366)
    stores = await session.scalars(select(Store.id).where(Store.kind == StoreKind.STORE).order_by(Store.code))
    for place, store_id in enumerate(stores):
        rate_bp = (50, 200, 300)[place // 5 % 3] if place % 5 == 4 else None
        session.add(PointsTerm(store_id=store_id, allied=True, rate_bp=rate_bp, valid_from=since, at=now, by_id=None, by_name="demo"))
    await session.flush()


async def demo_stores(session: AsyncSession) -> list[DemoStore]:
    """Those of `NAMED` that are in the database."""
    hashed = {crypto.index(named.number, "stores.number"): named for named in NAMED}
    found = (await session.scalars(select(Store).where(Store.number_index.in_(hashed)).order_by(Store.code))).all()
    shown = []
    for store in found:
        named = hashed[store.number_index]
        shown.append(
            DemoStore(
                named.what_for, store.code, store.name, national(named.number), named.keeper, store.has_smartphone, store.id,
                named.about_zh, named.about_en,
            )
        )  # fmt: skip
    return shown


@dataclass(slots=True)
class Made:
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {model.__tablename__: [] for model in _MODELS})


@dataclass(frozen=True, slots=True)
class Person:
    id: uuid.UUID
    name: str
    number: str


class Maker:
    """Rows of all tables, before encryption. Named stores first, then street by street."""

    def __init__(self, items: Sequence[ServiceItem], *, today: date, now: datetime) -> None:
        self._chance = Random(SEED)
        self._items = {item.code: item for item in items}
        self._today, self._now = today, now
        self._made = Made()
        self._numbers = 0
        self._names = {named.name for named in NAMED}
        self._communities = communities()
        self._above: dict[tuple[OrganisationKind, str], uuid.UUID] = {}  # of a street, "" for the district's
        self._nurse: Person | None = None  # of the last station: she works at the next one too
        self._held: set[tuple[uuid.UUID, str]] = set()

    def make(self) -> Made:
        self._organisations()
        shiying = self._communities[0]
        for named in NAMED:
            self._store(TRADES[named.trade], shiying, named=named)
        for street in STREETS:
            own = [c for c in self._communities if c.street == street]
            for trade in TRADES:
                for community in self._spread(own, trade.per_street):
                    self._store(trade, community)
        return self._made

    def _spread(self, own: Sequence[Community], count: int) -> list[Community]:
        """Each in another community of the street, as far as there are enough."""
        order = list(own)
        self._chance.shuffle(order)
        return [order[i % len(order)] for i in range(count)]

    def _put(self, model: Any, **values: Any) -> None:
        self._made.rows[model.__tablename__].append(values)

    # -- organisations, people

    def _organisations(self) -> None:
        for kind, name, code, officers in _ORGANISATIONS:
            self._above[kind, ""] = self._organisation(kind, name, region_id(code), officers)
        for street, names in STREETS.items():
            first = next(c for c in self._communities if c.street == street)
            officer = (self._name(0.6), self._number())
            self._above[OrganisationKind.COMMUNITY, street] = self._organisation(
                OrganisationKind.COMMUNITY, f"{names[0]}社区居民委员会", first.id, (officer,)
            )

    def _organisation(self, kind: OrganisationKind, name: str, where: uuid.UUID, officers: Sequence[tuple[str, str]]) -> uuid.UUID:
        made = uuid.uuid5(_NAMESPACE, f"organisation {name}")
        self._put(Organisation, id=made, version=1, kind=kind, name=name, region_id=where, active=True, updated_at=self._now)
        for officer, number in officers:
            person = self._person(officer, number)
            self._put(OrganisationOfficer, organisation_id=made, person_id=person.id)
        return made

    def _person(self, name: str, number: str, *, local: bool = False) -> Person:
        made = Person(uuid.uuid5(_NAMESPACE, f"person {number}"), name, number)
        self._put(
            ProviderPerson, id=made.id, version=1, name=name, number=number, number_index=crypto.index(number, "provider_people.number"),
            dialects=["襄阳话", "普通话"] if local or self._chance.random() < 0.8 else ["河南话", "普通话"] if self._chance.random() < 0.5 else ["普通话"],
            active=True, created_at=self._now,
        )  # fmt: skip
        return made

    def _number(self) -> str:
        """A middle block that no elder's number has: nobody's."""
        turn, prefix = divmod(self._numbers, len(_PREFIXES))
        self._numbers += 1
        return f"+86{_PREFIXES[prefix]}0101{turn:04}"

    def _surname(self) -> str:
        return self._chance.choices(list(people.SURNAMES), list(people.SURNAMES.values()))[0]

    def _name(self, women: float, surname: str = "") -> str:
        given = people.WOMEN_YOUNGER + people.CHILDREN_WOMEN if self._chance.random() < women else people.MEN_YOUNGER + people.CHILDREN_MEN
        return (surname or self._surname()) + self._chance.choice(given)

    # -- a store

    def _store(self, trade: Trade, community: Community, *, named: Named | None = None) -> None:
        chance = self._chance
        serial = len(self._made.rows["stores"]) + 1
        code = f"S{serial:04}"
        store_id = uuid.uuid5(_NAMESPACE, f"store {code}")
        surname = self._surname()
        name = named.name if named else self._store_name(trade, community, surname)
        state, why = (StoreState.ADMITTED, "") if named else self._state()
        keeper = named.keeper if named else self._name(trade.women, surname)
        staff = self._staff(trade, keeper, named)
        latitude, longitude = self._position(community, named)
        rated = named is not None or chance.random() > 0.08
        reading = pinyin.of_text(name)
        reach = Reach.STREET if named else chance.choices(list(trade.reach), list(trade.reach.values()))[0]
        self._put(
            Store, id=store_id, version=1, code=code, kind=trade.kind, name=name, pinyin=reading, initials=pinyin.initials(reading),
            organisation_id=self._organisation_of(trade, community), community_id=community.id,
            address=f"{chance.choice(ROADS)}{chance.randint(1, 180)}号", latitude=latitude, longitude=longitude,
            number=staff[0].number, number_index=crypto.index(staff[0].number, "stores.number"), contact_name=keeper,
            has_smartphone=named.smartphone if named else chance.random() > 0.1, state=state, state_reason=why,
            state_since=self._now - timedelta(days=chance.randrange(1, 900)),
            # those by name are open day and night: a demo is shown at any hour
            hours=DAY_AND_NIGHT if named and trade.hours[0] != DAY_AND_NIGHT else chance.choice(trade.hours),
            daily_capacity=chance.randint(*trade.capacity), at_once=max(chance.randint(*trade.at_once), 3 if named else 1),
            area=self._circle(latitude, longitude) if reach is Reach.CIRCLE else None,
            rating=490 if named else min(500, max(240, round(chance.gauss(445, 35)))) if rated else 0,
            rating_count=(chance.randint(80, 260) if named else chance.randint(3, 240)) if rated else 0,
            created_at=self._now - timedelta(days=chance.randrange(900, 1500)),
        )  # fmt: skip
        for place, person in enumerate(staff):
            self._put(
                StoreMember, store_id=store_id, person_id=person.id, role=MemberRole.WORKER if place else MemberRole.KEEPER,
                does_jobs=True, active=True, joined_at=self._now - timedelta(days=chance.randrange(1, 900)),
            )  # fmt: skip
        offered = [*trade.items, *(item for item in trade.perhaps if named is not None or chance.random() < 0.5)]
        for item in offered:
            price = self._price(self._items[item], trade.kind)
            self._put(StoreItem, store_id=store_id, item_code=item, price_fen=price, active=True)
        self._licences(store_id, offered, staff, named)
        for where in self._goes_to(community, reach):
            self._put(StoreCommunity, store_id=store_id, community_id=where)
        if named is None and chance.random() < 0.05:
            first = self._today + timedelta(days=chance.randrange(3, 40))
            self._put(
                StoreBlackout, id=uuid.uuid5(store_id, "blackout"), store_id=store_id, first=first,
                last=first + timedelta(days=chance.randrange(0, 5)), reason=chance.choice(WHY_BLACKOUT),
            )  # fmt: skip

    def _store_name(self, trade: Trade, community: Community, surname: str) -> str:
        """Never twice: when the usual ones are taken, the community and a brand together."""
        for turn in count():
            brand, place = self._chance.choice(BRANDS), community.name
            shown = f"{place}{brand}" if turn > 8 else ""
            name = self._chance.choice(trade.names).format(c=shown or place, b=shown or brand, s=surname)
            if name not in self._names:
                break
        self._names.add(name)
        return name

    def _state(self) -> tuple[StoreState, str]:
        drawn = self._chance.random()
        if drawn < 0.03:
            return StoreState.APPLIED, ""
        if drawn < 0.055:
            return StoreState.SUSPENDED, self._chance.choice(WHY_SUSPENDED)
        return (StoreState.LEFT, "不再营业") if drawn < 0.06 else (StoreState.ADMITTED, "")

    def _staff(self, trade: Trade, keeper: str, named: Named | None) -> list[Person]:
        """The keeper first. A nurse may work at two stations."""
        staff = [self._person(keeper, named.number if named else self._number(), local=named is not None)]
        more = named.workers if named else tuple(self._name(trade.women) for _ in range(self._chance.randint(*trade.people) - 1))
        staff += [self._person(name, self._number()) for name in more]
        if "PH06" in trade.items and named is None:
            if self._nurse is not None:
                staff.append(self._nurse)
                self._nurse = None
            elif self._chance.random() < 0.4:
                self._nurse = staff[-1]
        return staff

    def _position(self, community: Community, named: Named | None) -> tuple[float, float]:
        if named is None:
            chance = self._chance
            return (
                round(community.latitude + chance.uniform(-0.0018, 0.0018), 6),
                round(community.longitude + chance.uniform(-0.0034, 0.0034), 6),
            )
        north, east = named.metres
        return _moved(32.030412, 112.095288, north, east)  # round the home of the elder who lives alone (seed.demo)

    def _organisation_of(self, trade: Trade, community: Community) -> uuid.UUID | None:
        if trade.above is OrganisationKind.COMMUNITY:
            first = next(c for c in self._communities if c.street == community.street)
            return self._above[trade.above, community.street] if community.id == first.id else None
        return self._above[trade.above, ""] if trade.above else None

    def _price(self, item: ServiceItem, kind: StoreKind) -> int:
        """Within the catalogue's range, in whole yuan where it is wide enough, else to ten fen. Volunteers ask the least."""
        least, most = int(item.price_min_cny * 100), int(item.price_max_cny * 100)
        if kind is StoreKind.VOLUNTEERS:
            return least
        step = 100 if most - least >= 500 else 10
        steps = (most - least) // step
        return least + step * round(steps * self._chance.triangular(0.0, 1.0, 0.4))

    def _licences(self, store_id: uuid.UUID, offered: Sequence[str], staff: Sequence[Person], named: Named | None) -> None:
        """What the items ask for: the store's papers, and one of each group for the keeper; the others hold most of them."""
        of_store: dict[str, None] = {}
        of_worker: dict[str, None] = {}
        for code in offered:
            requirements = row_of(self._items[code]).requirements
            of_store |= dict.fromkeys(group[0] for group in groups_held_by(requirements, HeldBy.STORE))
            of_worker |= dict.fromkeys(group[0] for group in groups_held_by(requirements, HeldBy.WORKER))
        for kind in of_store:
            self._licence(kind, named, store_id=store_id)
        for place, person in enumerate(staff):
            for kind in of_worker:
                if (person.id, kind) in self._held or not (place == 0 or named is not None or self._chance.random() < 0.7):
                    continue
                self._held.add((person.id, kind))
                self._licence(kind, named, person_id=person.id)

    def _licence(self, kind: str, named: Named | None, **holder: uuid.UUID) -> None:
        chance = self._chance
        drawn = chance.random()
        if named is None and drawn < 0.03:
            until = self._today - timedelta(days=chance.randrange(1, 60))  # lapsed
        elif named is None and drawn < 0.10:
            until = self._today + timedelta(days=chance.randrange(1, 60))  # soon
        else:
            until = self._today + timedelta(days=chance.randrange(90, 1800))
        (whose,) = holder.values()
        self._put(
            Licence, id=uuid.uuid5(whose, kind), kind=kind, store_id=holder.get("store_id"), person_id=holder.get("person_id"),
            number=f"XF{chance.randrange(10**8):08}",
            valid_from=min(until - timedelta(days=365 * chance.choice((2, 3, 5, 5))), self._today - timedelta(days=30)), valid_to=until,
            revoked_at=None, revoked_reason="", warned_days=warning_due(until, self._today, None), created_at=self._now,
        )  # fmt: skip

    def _goes_to(self, community: Community, reach: Reach) -> list[uuid.UUID]:
        all_of = self._communities
        if reach is Reach.DISTRICT:
            return [c.id for c in all_of]
        if reach is Reach.AROUND:
            beside = _beside(community.street)
            return [c.id for c in all_of if c.street in beside]
        own = [c for c in all_of if c.street == community.street]
        if reach is Reach.STREET:
            return [c.id for c in own]
        if reach is Reach.CIRCLE:
            return []
        own.sort(key=lambda c: abs(c.latitude - community.latitude) + abs(c.longitude - community.longitude))
        return [c.id for c in own[:5]]

    def _circle(self, latitude: float, longitude: float) -> dict[str, Any]:
        """Twelve corners, about 1.2 to 2 km."""
        metres = self._chance.randrange(1_200, 2_000)
        ring = []
        for corner in range(12):
            angle = math.tau * corner / 12
            north, east = _moved(latitude, longitude, metres * math.sin(angle), metres * math.cos(angle))
            ring.append([east, north])
        return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}


def _beside(street: str) -> set[str]:
    names = list(STREETS)
    row, column = divmod(names.index(street), AROUND)
    return {name for i, name in enumerate(names) if abs(i // AROUND - row) <= 1 and abs(i % AROUND - column) <= 1}


def _moved(latitude: float, longitude: float, north: float, east: float) -> tuple[float, float]:
    return (
        round(latitude + north / METRES_A_DEGREE, 6),
        round(longitude + east / (METRES_A_DEGREE * math.cos(math.radians(latitude))), 6),
    )


def as_facts(stores: Sequence[DemoStore]) -> list[dict[str, Any]]:
    """As demo.json has them."""
    return [{**asdict(store), "id": str(store.id)} for store in stores]
