"""The demo district and the few elders that a demo, a training and a test ask for by what they are for."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import system
from callcenter.catalog.actions import load_catalog
from callcenter.catalog.queries import get_last_version
from callcenter.elders.actions import create_elder
from callcenter.elders.consents import seed_wordings, write_consent
from callcenter.elders.lacks.actions import judge_stale
from callcenter.elders.models import Ability, Elder, Funding, Hearing, Living, NumberSource, Presence, Sex
from callcenter.elders.queries import find_elders_by_number
from callcenter.elders.record_schemas import NewConsent
from callcenter.elders.records import ConsentAct, ConsentBy
from callcenter.elders.schemas import FallRisk, Health, NewContact, NewElder
from callcenter.kit import clock
from callcenter.kit.phone import national
from callcenter.regions.models import Region, RegionBoundary, RegionLevel
from callcenter.seed.articles import seed_articles
from callcenter.seed.boundaries import boundary_rows
from callcenter.seed.entitlements import seed_entitlements
from callcenter.seed.generator import Generator
from callcenter.seed.goods import seed_goods
from callcenter.seed.helpers import seed_gas, seed_workers
from callcenter.seed.places import DISTRICT_CODE, communities, region_id, region_rows
from callcenter.seed.writing import insert_elders
from callcenter.settings import get_settings

COUNT = 500
SEED = 12349
_LOCK = 0x5EED  # two starts at once must not both seed

ALONE = "+867103456789"
COUPLE = "+867103452468"
WANDERING = "+867103451357"
THREE_NUMBERS = "+867103458642"
UNKNOWN = "+867103459876"  # nobody has it


class WhatFor(StrEnum):
    ALONE = "alone"
    COUPLE = "couple"  # two people on one number
    UNKNOWN = "unknown"  # in no profile
    WANDERING = "wandering"
    THREE_NUMBERS = "three_numbers"  # no room for a fourth


@dataclass(frozen=True, slots=True)
class DemoElder:
    """`number` as people dial it. The unknown caller has no id and no name."""

    what_for: WhatFor
    number: str
    name: str
    id: uuid.UUID | None
    about_zh: str
    about_en: str


@dataclass(frozen=True, slots=True)
class DemoFacts:
    created: bool  # False: elders were there already, nothing was changed
    elders: list[DemoElder]
    elder_count: int
    community_count: int
    region_id: uuid.UUID  # the district: a supervisor's scope


_ABOUT = {
    ALONE: (
        WhatFor.ALONE,
        "独居,冠心病,青霉素过敏,邻居有钥匙",
        "lives alone: coronary heart disease, penicillin allergy, a neighbour has the key",
    ),
    COUPLE: (WhatFor.COUPLE, "夫妻同一部电话", "a couple on one number"),
    WANDERING: (WhatFor.WANDERING, "有走失风险,阿尔茨海默病", "may wander: Alzheimer's disease"),
    THREE_NUMBERS: (WhatFor.THREE_NUMBERS, "已有三个号码,听力差", "has three numbers already, hard of hearing"),
}


async def seed_demo(session: AsyncSession, *, count: int = COUNT) -> DemoFacts:
    """Regions with boundaries and workers, catalogue, articles and elders. Harmless twice; when any elder is there no elder is added."""
    await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    await session.execute(insert(Region).on_conflict_do_nothing(), region_rows())
    await session.execute(insert(RegionBoundary).on_conflict_do_nothing(), [{**row, "updated_at": clock.now()} for row in boundary_rows()])
    if await get_last_version(session) is None:
        await load_catalog(session)
    await seed_workers(session)
    await seed_articles(session)
    await seed_gas(session)
    await seed_wordings(session)
    created = not await session.scalar(select(Elder.id).limit(1))
    if created:
        today = clock.today(get_settings().timezone)
        named = _named_elders(today)
        made = [await create_elder(session, system("seed"), profile, source=NumberSource.SEED) for profile in named]
        for place, item, by, proof in _CONSENTS:
            consent = NewConsent(item=item, act=ConsentAct.GIVEN, by=by, proof=proof)
            await write_consent(session, system("seed"), made[place].id, consent)
        reserved = {*_ABOUT, UNKNOWN, *_OTHER_NUMBERS}
        generator = Generator(SEED, communities=communities(), today=today, now=clock.now(), reserved=reserved)
        await insert_elders(session, list(generator.generate(max(0, count - len(named)))))
        await seed_entitlements(session)
        await seed_goods(session)
        while await judge_stale(session):
            pass
    return DemoFacts(
        created=created,
        elders=await demo_elders(session),
        elder_count=await session.scalar(select(func.count(Elder.id))) or 0,
        community_count=await session.scalar(select(func.count(Region.id)).where(Region.level == RegionLevel.COMMUNITY)) or 0,
        region_id=region_id(DISTRICT_CODE),
    )


async def demo_elders(session: AsyncSession) -> list[DemoElder]:
    """By what they are for; those that are in the database, and an unknown number as long as it is one."""
    found = []
    for e164, (what_for, zh, en) in _ABOUT.items():
        for match in await find_elders_by_number(session, [e164]):
            found.append(DemoElder(what_for, national(e164), match.name, match.id, zh, en))
    if not await find_elders_by_number(session, [UNKNOWN]):
        found.append(DemoElder(WhatFor.UNKNOWN, national(UNKNOWN), "", None, "档案里没有的号码", "a number in nobody's profile"))
    return found


_CONSENTS = (
    (0, "recording", ConsentBy.FORM, "TY-2026-0017"),
    (0, "health_sharing", ConsentBy.FORM, "TY-2026-0017"),
    (0, "key_holding", ConsentBy.IN_PERSON, "施营社区网格员 上门登记"),
    (1, "recording", ConsentBy.FORM, "TY-2026-0031"),
    (2, "recording", ConsentBy.FORM, "TY-2026-0031"),
    (3, "location", ConsentBy.IN_PERSON, "儿子仇志勇(监护人)在场"),
    (3, "health_sharing", ConsentBy.FORM, "TY-2026-0044"),
)


def _born(today: date, age: int, month: int, day: int) -> date:
    """So that she is of this age on the day of seeding."""
    year = today.year - age - ((today.month, today.day) < (month, day))
    return date(year, month, day)


_OTHER_NUMBERS = {
    "+8613800006789", "+8613900002468", "+8613700001357", "+8613600008642", "+8615900008642",
    "+8613900006781", "+8613700006782", "+8613500006783", "+8613800002461", "+8613600002462", "+8615800001351", "+8613500001352", "+8613900008641",
}  # fmt: skip


def _named_elders(today: date) -> list[NewElder]:
    shiying = {"community_id": region_id("420606-01-01"), "grid_id": region_id("420606-01-01-2")}
    jianchang = {"community_id": region_id("420606-02-01"), "grid_id": region_id("420606-02-01-1")}
    ciqi = {"community_id": region_id("420606-04-05"), "grid_id": region_id("420606-04-05-3")}
    migong = {"community_id": region_id("420606-07-01"), "grid_id": region_id("420606-07-01-1")}
    couple_home = {
        **jianchang, "street_address": "建设路26号 建昌家园", "building": "8", "unit": "1", "door": "302", "floor": 3, "has_lift": False,
        "entrance_hint": "小卖部旁边的单元门", "latitude": 32.030914, "longitude": 112.119702, "household_registration": "湖北省襄阳市樊城区",
        "living": Living.EMPTY_NEST, "dialect": "襄阳话", "preferred_hospital": "襄阳市第一人民医院", "funding": Funding.SELF_PAY,
    }  # fmt: skip
    couple_contacts = [
        NewContact(name="李卫东", relation="儿子", number="13800002461", has_key=True, key_note="住隔壁小区"),
        NewContact(name="李红", relation="女儿", number="13600002462"),
    ]
    return [
        NewElder(
            name="王桂兰", sex=Sex.FEMALE, birth_date=_born(today, 78, 3, 12), card_number="XF-DEMO-1",
            **shiying, street_address="施营路18号 施营小区", building="3", unit="2", door="501", floor=5, has_lift=False,
            entrance_hint="从北门进,左手第二栋", latitude=32.030412, longitude=112.095288, household_registration="湖北省襄阳市樊城区",
            living=Living.ALONE, ability=Ability.MILD, ability_on=_born(today, 0, 4, 20),
            health=Health(
                chronic_illness=["冠心病", "高血压", "膝关节骨性关节炎"],
                medication=["阿司匹林肠溶片 100mg 每日1次", "阿托伐他汀钙片 20mg 睡前", "硝酸甘油片 备用(床头柜)", "苯磺酸氨氯地平片 5mg 每日1次"],
                allergies=["青霉素"], blood_type="A", implants=[], fall_risk=FallRisk.HIGH, notes="去年冬天在卫生间摔过一次;上下楼要歇一歇",
            ),
            hearing=Hearing.HARD, dialect="襄阳话", preferred_hospital="襄阳市中心医院", family_doctor="周医生(施营社区卫生服务站)",
            family_doctor_number="13500006783", funding=Funding.SUBSIDY, numbers=["07103456789", "13800006789"],
            contacts=[
                NewContact(name="陈秀珍", relation="邻居", number="13700006782", has_key=True, key_note="501对门"),
                NewContact(name="刘敏", relation="女儿", number="13900006781", key_note="在武汉,四小时车程"),
            ],
        ),
        NewElder(
            name="李建国", sex=Sex.MALE, birth_date=_born(today, 81, 10, 1), card_number="XF-DEMO-2", **couple_home, categories=["高龄"],
            ability=Ability.INTACT, ability_on=_born(today, 0, 6, 2), hearing=Hearing.AID,
            health=Health(
                chronic_illness=["高血压", "2型糖尿病", "前列腺增生"],
                medication=["厄贝沙坦片 150mg 每日1次", "门冬胰岛素 早晚餐前", "二甲双胍片 0.5g 每日2次"],
                blood_type="O", fall_risk=FallRisk.MEDIUM, notes="助听器在右耳;胰岛素放冰箱门上",
            ),
            numbers=["07103452468", "13900002468"], contacts=couple_contacts,
        ),
        NewElder(
            name="赵玉珍", sex=Sex.FEMALE, birth_date=_born(today, 79, 2, 8), card_number="XF-DEMO-3", **couple_home,
            health=Health(chronic_illness=["心房颤动", "骨质疏松"], medication=["华法林钠片 2.5mg 每日1次"], blood_type="B", fall_risk=FallRisk.MEDIUM),
            numbers=["07103452468"], contacts=couple_contacts,
        ),
        NewElder(
            name="仇德发", sex=Sex.MALE, birth_date=_born(today, 83, 7, 19), card_number="XF-DEMO-4",
            **ciqi, street_address="磁器街52号", building="2", unit="1", door="101", floor=1, has_lift=False, entrance_hint="单元门不锁",
            latitude=32.047610, longitude=112.102960, household_registration="湖北省襄阳市樊城区",
            living=Living.WITH_FAMILY, categories=["高龄", "失能"], ability=Ability.MODERATE, ability_on=_born(today, 0, 9, 15),
            health=Health(
                chronic_illness=["阿尔茨海默病", "高血压"], medication=["盐酸多奈哌齐片 5mg 睡前", "硝苯地平控释片 30mg 每日1次"], blood_type="AB",
                fall_risk=FallRisk.MEDIUM, notes="常往老码头方向走;认得老街坊",
            ),
            dialect="河南话", wandering=True, preferred_hospital="襄阳市中医医院", funding=Funding.VOUCHER,
            numbers=["07103451357", "13700001357"],
            contacts=[
                NewContact(name="仇志勇", relation="儿子", number="15800001351", has_key=True, is_guardian=True),
                NewContact(name="孙巧云", relation="儿媳", number="13500001352", has_key=True),
            ],
        ),
        NewElder(
            name="单秀英", sex=Sex.FEMALE, birth_date=_born(today, 91, 12, 5), card_number="XF-DEMO-5",
            **migong, street_address="沿江大道7号 航运公司宿舍", building="1", unit="3", door="202", floor=2, has_lift=False,
            latitude=32.057230, longitude=112.095340, household_registration="湖北省襄阳市樊城区",
            living=Living.ALONE, categories=["高龄", "低保"], ability=Ability.MODERATE, ability_on=_born(today, 0, 3, 3),
            health=Health(
                chronic_illness=["慢性心力衰竭", "白内障"], medication=["呋塞米片 20mg 每日1次", "螺内酯片 20mg 每日1次"], implants=["心脏起搏器"],
                blood_type="O", fall_risk=FallRisk.HIGH, notes="要大声、慢慢说",
            ),
            hearing=Hearing.VERY_HARD, dialect="襄阳话", presence=Presence.HOME, preferred_hospital="襄阳市中心医院", funding=Funding.CARE_INSURANCE,
            numbers=["07103458642", "13600008642", "15900008642"],
            contacts=[NewContact(name="何建军", relation="儿子", number="13900008641", has_key=True, key_note="住得近")],
        ),
    ]  # fmt: skip
