"""The sheet: whole names, numbers and doors, because on the day it is for nobody can look them up."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from pydantic import BaseModel, ConfigDict

from callcenter.dispatch.orders.states import OrderState
from callcenter.elders.record_schemas import Reason
from callcenter.regions.models import WorkerRole
from callcenter.reports.risk_sheet.rules import Why


class SheetPerson(BaseModel):
    name: str  # with what she is: 女儿 刘敏
    number: str
    note: str = ""  # of a key-holder: 501对门


class SheetElder(BaseModel):
    id: uuid.UUID
    name: str
    age: int | None
    why: list[Why]
    address: str  # street, building, unit, door
    way_in: str  # floor, lift, entrance
    floor: int | None
    has_lift: bool | None
    numbers: list[str]
    keys: list[SheetPerson]
    contacts: list[SheetPerson]
    danger: list[str]  # illnesses, allergies, medicine, in a word each
    hearing: str  # a code; "" = good
    hospital: str


class SheetWorker(BaseModel):
    name: str
    role: WorkerRole
    number: str
    place: str


class SheetCommunity(BaseModel):
    community_id: uuid.UUID
    name: str
    workers: list[SheetWorker]
    elders: list[SheetElder]


class SheetEmergency(BaseModel):
    case_number: str
    elder_name: str
    place: str
    pressed_at: datetime
    owner_name: str


class SheetOrder(BaseModel):
    number: str
    title: str
    elder_name: str
    address: str
    state: OrderState
    store: str
    store_number: str
    due_at: datetime | None


class SheetData(BaseModel):
    """As of one moment; kept encrypted for the day."""

    region_id: uuid.UUID
    region_code: str
    region: str
    day: date
    at: datetime
    centre_name: str
    timezone: str
    duty: list[SheetPerson]
    agencies: list[SheetPerson]
    emergencies: list[SheetEmergency]
    orders: list[SheetOrder]
    communities: list[SheetCommunity]
    elders: int


class AskSheet(BaseModel):
    model_config = ConfigDict(extra="forbid")

    region_id: uuid.UUID
    reason: Reason


class MadeSheet(BaseModel):
    id: uuid.UUID
    serial: int
    region_id: uuid.UUID
    region: str
    at: datetime
    by: str
    reason: str
    elders: int
    own: bool  # the reader's own, and still to be opened


class SheetRegion(BaseModel):
    id: uuid.UUID
    code: str
    name: str


class Sheets(BaseModel):
    regions: list[SheetRegion]  # of which the reader may have one printed
    made: list[MadeSheet]  # of her regions, the newest first


class SheetPage(BaseModel):
    made: MadeSheet
    data: SheetData
