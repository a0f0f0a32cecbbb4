"""Who works in the demo district and who is on duty: grid workers of every community, a rota of the centre. All invented."""

from __future__ import annotations

import uuid
from random import Random

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import system
from callcenter.calls.duty.actions import save_rota
from callcenter.calls.duty.models import DutyPerson
from callcenter.calls.duty.rules import Level
from callcenter.calls.duty.schemas import RotaForm, ShiftForm
from callcenter.emergency.outside.models import OutsideService
from callcenter.emergency.outside.states import Agency
from callcenter.kit import clock, crypto
from callcenter.kit.ids import new_id
from callcenter.regions.models import GridWorker, GridWorkerRegion, WorkerRole
from callcenter.regions.workers import NUMBER_COLUMN
from callcenter.seed.places import DISTRICT_CODE, STREETS, communities, region_id

_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗"
_GIVEN = (
    "丽",
    "敏",
    "芳",
    "红",
    "燕",
    "霞",
    "涛",
    "强",
    "军",
    "伟",
    "建华",
    "海燕",
    "晓东",
    "春梅",
    "志刚",
    "秀芳",
    "国平",
    "文静",
    "玉兰",
    "小军",
)
_NAMESPACE = uuid.UUID("5c1f0f5e-6f1b-4b0e-9d8f-d07700000000")


async def seed_workers(session: AsyncSession) -> int:
    """A worker for each grid, a lead for each community, a centre for each street. Harmless twice."""
    if await session.scalar(select(GridWorker.id).limit(1)):
        return 0
    chance, made = Random(12349), 0

    def put(role: WorkerRole, where: uuid.UUID) -> None:
        nonlocal made
        number = f"+86137000{17000 + made:05}"  # a middle block of zeros: nobody's, and outside of what elders have
        name = chance.choice(_SURNAMES) + chance.choice(_GIVEN)
        hashed = crypto.index(number, NUMBER_COLUMN)
        worker = GridWorker(
            id=uuid.uuid5(_NAMESPACE, number), name=name, number=number, number_index=hashed, role=role, updated_at=clock.now()
        )
        session.add(worker)
        session.add(GridWorkerRegion(worker_id=worker.id, region_id=where))
        made += 1

    for s in range(1, len(STREETS) + 1):
        put(WorkerRole.STREET_CENTRE, region_id(f"{DISTRICT_CODE}-{s:02}"))
    for community in communities():
        put(WorkerRole.COMMUNITY_LEAD, community.id)
        for grid in community.grids:
            put(WorkerRole.GRID_WORKER, grid)
    await session.flush()
    return made


# whose, number, level, street (0: the centre), days, from, to
_ROTA = (
    ("黄志强", "+8613700017901", Level.SUPERVISOR, 0, (0, 1, 2, 3, 4), "08:00", "20:00"),
    ("袁秋云", "+8613700017902", Level.SUPERVISOR, 0, (5, 6), "08:00", "20:00"),
    ("马文斌", "+8613700017903", Level.SUPERVISOR, 0, (0, 2, 4, 6), "20:00", "08:00"),
    ("郑海涛", "+8613700017904", Level.SUPERVISOR, 0, (1, 3, 5), "20:00", "08:00"),
    ("胡春梅", "+8613700017905", Level.STREET, 1, (0, 1, 2, 3, 4, 5, 6), "08:00", "20:00"),
    ("罗国平", "+8613700017906", Level.STREET, 4, (0, 1, 2, 3, 4, 5, 6), "20:00", "08:00"),
    ("高晓东", "+8613700017907", Level.TECHNICAL, 0, (0, 1, 2, 3, 4, 5, 6), "00:00", "00:00"),
)


async def seed_rota(session: AsyncSession) -> int:
    """Not for tests: their telephones are put in by themselves. Harmless twice."""
    if await session.scalar(select(DutyPerson.id).limit(1)):
        return 0
    shifts = []
    for name, number, level, street, days, starts, ends in _ROTA:
        person = DutyPerson(id=uuid.uuid5(_NAMESPACE, f"duty {number}"), name=name, number=number)
        session.add(person)
        where = region_id(f"{DISTRICT_CODE}-{street:02}") if street else None
        shift_id = uuid.uuid5(_NAMESPACE, f"shift {number}")
        shifts.append(
            ShiftForm(id=shift_id, person_id=person.id, level=level, region_id=where, weekdays=list(days), starts=starts, ends=ends)
        )
    await session.flush()
    await save_rota(session, system("演示数据"), RotaForm(version=0, shifts=shifts, exceptions=[]))
    return len(shifts)


GAS_HOTLINE = "+867103460119"  # of nobody: the demo's gas company


async def seed_gas(session: AsyncSession) -> None:
    """120, 110 and 119 are everywhere the same; whom to call for a leak differs from district to district. Harmless twice."""
    row = pg_insert(OutsideService).values(
        id=new_id(), version=1, region_id=region_id(DISTRICT_CODE), agency=Agency.GAS, number=GAS_HOTLINE, label="樊城燃气抢修", mobile="",
        webhook_url="", secret="", active=True, updated_at=clock.now(),
    )  # fmt: skip
    await session.execute(row.on_conflict_do_nothing(index_elements=["region_id", "agency"]))
