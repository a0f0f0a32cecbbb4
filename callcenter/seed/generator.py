"""Believable elders, as many as wanted, one after the other: the same for the same seed and day.

Numbers and ID numbers never repeat within one generator. Mobile numbers have a middle block of zeros for the demo's sizes, so that they are
nobody's; ID numbers have the sequence numbers 900–999, which are hardly ever given out.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import accumulate
from random import Random
from typing import Any, TypeVar

from callcenter.elders.making import ID_NUMBER_COLUMN
from callcenter.elders.models import Ability, Funding, Hearing, Living, NumberSource, Presence, Sex
from callcenter.elders.rules import id_check_digit, risk_score
from callcenter.elders.schemas import FallRisk, Health
from callcenter.elders.search import search_vector
from callcenter.kit import crypto, pinyin
from callcenter.seed import people
from callcenter.seed.places import ENTRANCE_HINTS, ESTATES, ROADS, Community

AGES = {(60, 64): 14, (65, 69): 20, (70, 74): 22, (75, 79): 18, (80, 84): 14, (85, 89): 8, (90, 94): 3, (95, 98): 1}
SHARE_OF_COUPLES = 0.10  # of households
LIVING = {Living.ALONE: 34, Living.EMPTY_NEST: 34, Living.WITH_FAMILY: 32}
PRESENCE = {Presence.HOME: 955, Presence.AWAY: 20, Presence.IN_HOSPITAL: 20, Presence.DECEASED: 5}
FUNDING = {Funding.SELF_PAY: 60, Funding.SUBSIDY: 22, Funding.VOUCHER: 10, Funding.CARE_INSURANCE: 8}
MOBILE_PREFIXES = ("138", "139", "136", "137", "135", "159", "158", "187", "188", "150", "151", "133", "189", "130", "186")
ID_AREAS = ("420606", "420602", "420607", "420624", "420625", "420626", "420682", "420683", "420684")
FIRST_EXCHANGE = 345

T = TypeVar("T")


@dataclass(slots=True)
class SeedElder:
    """Rows of three tables, before encryption."""

    elder: dict[str, Any]
    numbers: list[dict[str, Any]] = field(default_factory=list)
    contacts: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class _Home:
    community: Community
    grid_id: uuid.UUID
    street_address: str
    building: str
    unit: str
    floor: int
    flat: int  # 1 or 2 on its floor
    has_lift: bool
    entrance_hint: str
    latitude: float
    longitude: float
    landline: str  # "" none

    @property
    def door(self) -> str:
        return f"{self.floor}{self.flat:02}"

    @property
    def opposite(self) -> str:
        return f"{self.door}对门"


class Generator:
    """`today` fixes the ages; `reserved` E.164 numbers are given to nobody."""

    def __init__(
        self, seed: int, *, communities: Sequence[Community], today: date, now: datetime, reserved: Collection[str] = frozenset()
    ) -> None:
        self._random = Random(seed)
        self._of_presence = Random(seed + 1)  # a stream of its own: what was added later changes nobody
        self._communities = communities
        self._today = today
        self._now = now
        self._reserved = frozenset(reserved)
        self._made = 0
        self._landlines = 0
        self._mobiles = 0
        self._id_numbers: Counter[tuple[date, bool]] = Counter()
        self._cumulated: dict[int, list[int]] = {}

    def generate(self, count: int) -> Iterator[SeedElder]:
        left = count
        while left > 0:
            home = self._home()
            if left >= 2 and self._random.random() < SHARE_OF_COUPLES:
                home.landline = home.landline or self.landline()
                yield from self._couple(home)
                left -= 2
            else:
                sex = Sex.FEMALE if self._random.random() < 0.56 else Sex.MALE
                yield self._elder(home, sex=sex, age=self._age(), living=self._pick(LIVING), children=self._children())
                left -= 1

    # -- numbers, ids

    def landline(self) -> str:
        while True:
            exchange, place = divmod(self._landlines, 10_000)
            self._landlines += 1
            e164 = f"+86710{FIRST_EXCHANGE + exchange}{_shuffled(place):04}"
            if e164 not in self._reserved:
                return e164

    def mobile(self) -> str:
        while True:
            turn, prefix = divmod(self._mobiles, len(MOBILE_PREFIXES))
            self._mobiles += 1
            block, place = divmod(turn, 10_000)
            e164 = f"+86{MOBILE_PREFIXES[prefix]}{block:04}{_shuffled(place):04}"
            if e164 not in self._reserved:
                return e164

    def _id(self) -> uuid.UUID:
        """As kit.ids makes them (version 7), but from the seed: milliseconds count up from the day's start."""
        self._made += 1
        start = int(datetime(self._today.year, self._today.month, self._today.day, tzinfo=self._now.tzinfo).timestamp() * 1000)
        value = (start + self._made) << 80 | self._random.getrandbits(80)
        value = value & ~(0xF << 76) | 0x7 << 76
        return uuid.UUID(int=value & ~(0x3 << 62) | 0x2 << 62)

    def _id_number(self, birth_date: date, sex: Sex) -> str:
        male = sex is Sex.MALE
        given = self._id_numbers[birth_date, male]
        self._id_numbers[birth_date, male] += 1
        area, place = divmod(given, 50)
        first = f"{ID_AREAS[area]}{birth_date:%Y%m%d}{900 + 2 * place + male}"
        return first + id_check_digit(first)

    # -- chance

    def _pick(self, weights: Mapping[T, int]) -> T:
        cumulated = self._cumulated.get(id(weights))
        if cumulated is None:
            cumulated = self._cumulated[id(weights)] = list(accumulate(weights.values()))
        return self._random.choices(list(weights), cum_weights=cumulated)[0]

    def _age(self) -> int:
        return self._random.randint(*self._pick(AGES))

    def _birth_date(self, age: int) -> date:
        """A day on which somebody of this age today was born."""
        last = _years_before(self._today, age)
        return last - timedelta(days=self._random.randrange(364))

    def _given_name(self, sex: Sex, year: int) -> str:
        chance = self._random
        if sex is Sex.FEMALE:
            return chance.choice(people.WOMEN_OLDER if year < 1950 or chance.random() < 0.3 else people.WOMEN_YOUNGER)
        if year in people.OF_THE_YEAR and chance.random() < 0.12:
            return people.OF_THE_YEAR[year]
        return chance.choice(people.MEN_OLDER if year < 1948 or chance.random() < 0.3 else people.MEN_YOUNGER)

    # -- people

    def _home(self) -> _Home:
        chance = self._random
        community = chance.choice(self._communities)
        has_lift = chance.random() < 0.18
        return _Home(
            community=community,
            grid_id=chance.choice(community.grids),
            street_address=f"{chance.choice(ROADS)}{chance.randint(1, 180)}号 {_estate(community, chance.choice(ESTATES))}",
            building=str(chance.randint(1, 24)),
            unit=str(chance.randint(1, 4)),
            floor=chance.randint(1, 26) if has_lift else chance.choices((1, 2, 3, 4, 5, 6), (22, 20, 18, 15, 13, 12))[0],
            flat=chance.randint(1, 4 if has_lift else 2),
            has_lift=has_lift,
            entrance_hint=chance.choice(ENTRANCE_HINTS) if chance.random() < 0.4 else "",
            latitude=round(community.latitude + chance.uniform(-0.0018, 0.0018), 6),
            longitude=round(community.longitude + chance.uniform(-0.0030, 0.0030), 6),
            landline=self.landline() if chance.random() < 0.72 else "",
        )

    def _couple(self, home: _Home) -> Iterator[SeedElder]:
        his_age = self._age()
        her_age = max(60, his_age - self._random.randint(-1, 5))
        living = Living.EMPTY_NEST if self._random.random() < 0.75 else Living.WITH_FAMILY
        children = self._children()
        his = self._elder(home, sex=Sex.MALE, age=his_age, living=living, children=children)
        yield his
        yield self._elder(home, sex=Sex.FEMALE, age=her_age, living=living, children=children, father=pinyin.surname(his.elder["name"]))

    def _children(self) -> list[tuple[str, str, str, bool]]:
        """(relation, given name, number, lives near), eldest first."""
        chance = self._random
        made = []
        for _ in range(chance.choices((0, 1, 2, 3), (3, 34, 45, 18))[0]):
            son = chance.random() < 0.5
            name = chance.choice(people.CHILDREN_MEN if son else people.CHILDREN_WOMEN)
            made.append(("儿子" if son else "女儿", name, self.mobile(), chance.random() < 0.6))
        return made

    def _elder(
        self, home: _Home, *, sex: Sex, age: int, living: Living, children: Sequence[tuple[str, str, str, bool]], father: str = ""
    ) -> SeedElder:
        chance = self._random
        birth_date = self._birth_date(age)
        surname = self._pick(people.SURNAMES)
        name = surname + self._given_name(sex, birth_date.year)
        id_number = self._id_number(birth_date, sex)
        health, ability_points = self._health(sex, age)
        confused = any("阿尔茨海默" in illness for illness in health.chronic_illness)
        wandering = confused and chance.random() < 0.7
        ability = self._ability(ability_points, age)
        elder_id = self._id()
        numbers = [home.landline] if home.landline else []
        if not numbers or chance.random() < 0.45:
            numbers.append(self.mobile())
        reading = pinyin.of_name(name)
        card_number = f"XF{self._made:08}"
        living = Living.WITH_FAMILY if confused and living is Living.ALONE and chance.random() < 0.7 else living
        made = SeedElder(
            elder={
                "id": elder_id,
                "version": 1,
                "created_at": self._now - timedelta(days=chance.randrange(1, 1500)),
                "updated_at": self._now,
                "name": name,
                "pinyin": reading,
                "initials": pinyin.initials(reading),
                "sex": sex,
                "birth_date": birth_date,
                "id_number": id_number,
                "id_number_index": crypto.index(id_number, ID_NUMBER_COLUMN),
                "card_number": card_number,
                "community_id": home.community.id,
                "grid_id": home.grid_id,
                "street_address": home.street_address,
                "building": home.building,
                "unit": home.unit,
                "door": home.door,
                "floor": home.floor,
                "has_lift": home.has_lift,
                "entrance_hint": home.entrance_hint,
                "latitude": home.latitude,
                "longitude": home.longitude,
                "household_registration": "湖北省襄阳市樊城区",
                "living": living,
                "categories": self._categories(age, living, ability),
                "ability": ability,
                "ability_on": self._today - timedelta(days=chance.randrange(20, 700)) if ability is not Ability.NOT_ASSESSED else None,
                "health": health.model_dump(mode="json"),
                "hearing": self._hearing(age),
                "dialect": self._pick(people.DIALECTS),
                "wandering": wandering,
                "risk": risk_score(health, age=age, living=living, ability=ability, wandering=wandering),
                "preferred_hospital": chance.choice(people.HOSPITALS),
                "family_doctor": f"{self._pick(people.SURNAMES)}医生({home.community.name}社区卫生服务站)",
                "family_doctor_number": "",
                **self._presence(),
                "funding": self._pick(FUNDING),
                "search": search_vector(
                    name=name,
                    places=(home.community.spoken, home.community.written),
                    street_address=home.street_address,
                    building=home.building,
                    unit=home.unit,
                    door=home.door,
                    numbers=numbers,
                    card_numbers=[card_number],
                ),
            }
        )
        for position, e164 in enumerate(numbers, 1):
            label = "手机" if e164.startswith("+861") else chance.choice(("座机", "一键通话机"))
            made.numbers.append(
                {
                    "id": self._id(),
                    "elder_id": elder_id,
                    "e164": e164,
                    "position": position,
                    "label": label,
                    "source": NumberSource.SEED,
                    "learned_at": self._now,
                }
            )
        self._add_contacts(
            made, home, children, surname=father or (surname if sex is Sex.MALE else self._pick(people.SURNAMES)), confused=confused
        )
        return made

    def _presence(self) -> dict[str, Any]:
        chance = self._of_presence
        presence = self._pick(PRESENCE)
        since = self._today - timedelta(days=chance.randrange(1, 20))
        places = {Presence.AWAY: people.AWAY_AT, Presence.IN_HOSPITAL: people.WARDS}.get(presence, ())
        return {
            "presence": presence,
            "presence_since": None if presence is Presence.HOME else since,
            "presence_until": self._today + timedelta(days=chance.randrange(1, 40)) if presence is Presence.AWAY else None,
            "presence_place": chance.choice(places) if places else None,
        }

    def _health(self, sex: Sex, age: int) -> tuple[Health, int]:
        """And how much the illnesses take of her ability."""
        chance = self._random
        illnesses: list[str] = []
        medication: list[str] = []
        falls = (age >= 80) + (age >= 88)
        ability = (age >= 86) + (age >= 93)
        for illness in people.ILLNESSES:
            if illness.sex and illness.sex != sex:
                continue
            if chance.random() < min(0.9, illness.share * max(0.2, 1 + illness.ageing * (age - 75))):
                illnesses.append(illness.name)
                medication += [m for m in chance.choice(illness.medication) if m not in medication]
                falls += illness.fall
                ability += illness.ability
        implants = []
        if "冠心病" in illnesses and chance.random() < 0.3:
            implants.append("冠状动脉支架")
        if "心房颤动" in illnesses and chance.random() < 0.15:
            implants.append("心脏起搏器")
        if "骨质疏松" in illnesses and chance.random() < 0.1:
            implants.append(chance.choice(("左髋人工关节", "右髋人工关节")))
            falls += 1
        fall_risk = FallRisk.HIGH if falls >= 4 else FallRisk.MEDIUM if falls >= 2 else FallRisk.LOW
        health = Health(
            chronic_illness=illnesses,
            medication=medication,
            allergies=[what for what, share in people.ALLERGIES.items() if chance.random() < share],
            blood_type=self._pick(people.BLOOD_TYPES),
            implants=implants,
            fall_risk=fall_risk if chance.random() < 0.9 else FallRisk.UNKNOWN,
            notes=chance.choice(people.HEALTH_NOTES) if chance.random() < 0.25 else "",
        )
        return health, ability

    def _ability(self, points: int, age: int) -> Ability:
        if points <= 1 and age < 80 and self._random.random() < 0.5:
            return Ability.NOT_ASSESSED
        return (
            Ability.INTACT
            if points == 0
            else Ability.MILD
            if points == 1
            else Ability.MODERATE
            if points <= 3
            else Ability.SEVERE
            if points <= 5
            else Ability.COMPLETE_LOSS
        )

    def _hearing(self, age: int) -> Hearing:
        drawn = self._random.random()
        poor = 0.06 + max(0, age - 65) * 0.016
        if drawn > poor:
            return Hearing.GOOD
        return Hearing.HARD if drawn > poor * 0.45 else Hearing.AID if drawn > poor * 0.18 else Hearing.VERY_HARD

    def _categories(self, age: int, living: Living, ability: Ability) -> list[str]:
        chance = self._random
        found = ["高龄"] if age >= 80 else []
        found += ["失能"] if ability in (Ability.SEVERE, Ability.COMPLETE_LOSS) else []
        found += [what for what, share in (("低保", 0.06), ("优抚", 0.03), ("计生特扶", 0.02)) if chance.random() < share]
        if living is Living.ALONE and not found and chance.random() < 0.02:
            found.append("特困")
        return found

    def _add_contacts(
        self, made: SeedElder, home: _Home, children: Sequence[tuple[str, str, str, bool]], *, surname: str, confused: bool
    ) -> None:
        chance = self._random
        alone = made.elder["living"] is Living.ALONE
        found = []
        for turn, (relation, name, number, near) in enumerate(children):
            has_key = near and chance.random() < 0.55
            found.append(
                (surname + name, relation, number, has_key, "住得近" if has_key and chance.random() < 0.4 else "", confused and turn == 0)
            )
        if not children or chance.random() < (0.65 if alone else 0.3):
            has_key = chance.random() < (0.6 if alone else 0.25)
            sex = Sex.FEMALE if chance.random() < 0.65 else Sex.MALE
            neighbour = self._pick(people.SURNAMES) + self._given_name(sex, 1950)
            found.append((neighbour, "邻居", self.mobile(), has_key, home.opposite if has_key else "", False))
        for position, (name, relation, number, has_key, key_note, guardian) in enumerate(found, 1):
            made.contacts.append(
                {
                    "id": self._id(),
                    "elder_id": made.elder["id"],
                    "position": position,
                    "name": name,
                    "relation": relation,
                    "number": number,
                    "has_key": has_key,
                    "key_note": key_note,
                    "is_guardian": guardian,
                    "valid_from": None,
                    "valid_to": None,
                }
            )


def _estate(community: Community, kind: str) -> str:
    """施营小区, but 棉纺厂家属院 without the community's name."""
    return community.name + kind if len(kind) <= 2 else kind


def _shuffled(place: int) -> int:
    """0..9999 in another order, each once (7919 has no factor in common with 10,000)."""
    return (place * 7919 + 4321) % 10_000


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return day.replace(year=day.year - years, day=28)
