"""What of an elder goes over the wire, whole or masked."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from callcenter.elders.lacks.kinds import Grade, Lack
from callcenter.elders.models import Ability, Funding, Hearing, Living, Presence, Sex
from callcenter.regions.models import WorkerRole

Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
Words = Annotated[list[Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]], Field(max_length=30)]


class FallRisk(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    UNKNOWN = "unknown"


class Health(BaseModel):
    """Kept as one encrypted field. Words are those of the doctor's letter."""

    model_config = ConfigDict(extra="forbid")

    chronic_illness: Words = []
    medication: Words = []
    allergies: Words = []
    blood_type: Literal["", "A", "B", "AB", "O", "A-", "B-", "AB-", "O-"] = ""
    implants: Words = []
    fall_risk: FallRisk = FallRisk.UNKNOWN
    notes: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)] = ""


class DangerFlag(BaseModel):
    """One word that must be seen before the first word is said. `text` is the record's Chinese; the console translates those with a fixed code."""

    code: Literal["illness", "allergy", "medicine", "implant", "fall_high", "fall_medium", "wandering"]
    text: str
    serious: bool


class CardNumber(BaseModel):
    id: uuid.UUID
    number: str  # E.164; "" when masked
    text: str  # as people write it, or masked
    position: int
    label: str


class CardContact(BaseModel):
    id: uuid.UUID
    name: str
    relation: str
    number: str  # E.164
    text: str
    has_key: bool
    key_note: str
    is_guardian: bool


class CardWorker(BaseModel):
    """Who goes to the door when nobody else can: the worker of her grid or community."""

    id: uuid.UUID
    name: str
    number: str  # E.164
    text: str
    role: WorkerRole


class ElderCard(BaseModel):
    """Everything the screen pop needs. When `full` is false: who and roughly where, and nothing of health, contacts, whole numbers or the door."""

    id: uuid.UUID
    version: int
    full: bool
    name: str
    salutation: str  # 王阿姨: how the agent greets her
    sex: Sex
    age: int | None
    birth_date: date | None
    id_number: str  # always masked: 420***********1234
    card_number: str
    living: Living
    categories: list[str]
    ability: Ability
    ability_on: date | None
    presence: Presence
    presence_since: date | None
    presence_until: date | None  # away: when she means to be back
    presence_place: str  # where she is away, which hospital; "" when masked
    death_reported: bool  # said by somebody, not yet confirmed
    funding: Funding
    risk: int
    has_photo: bool
    verified_on: date | None  # when "press once" last proved number, line and profile

    community_id: uuid.UUID
    place: str  # 樊城·中原·施营
    address: str  # street address
    door: str  # 3-2-501; masked: 3
    floor: int | None
    has_lift: bool | None
    entrance_hint: str
    latitude: float | None  # WGS-84, degrees
    longitude: float | None

    danger: list[DangerFlag]
    health: Health | None
    hearing: Hearing
    dialect: str
    wandering: bool
    preferred_hospital: str
    family_doctor: str
    family_doctor_number: str

    numbers: list[CardNumber]
    contacts: list[CardContact]  # key-holders first, then in their order
    grid_worker: CardWorker | None  # None when masked too
    to_ask: list[Lack]  # what an ambulance would lack most, to be asked when there is time for it; none when masked


class ElderSummary(BaseModel):
    """A line in a list or a queue."""

    id: uuid.UUID
    full: bool
    name: str
    sex: Sex
    age: int | None
    community_id: uuid.UUID
    place: str  # community
    living: Living
    presence: Presence
    risk: int


class MatchedContact(BaseModel):
    """Why somebody was found whose own number it is not."""

    relation: str
    name: str  # masked like the elder's
    text: str


class ElderHit(ElderSummary):
    """A search result: enough to be sure that it is she."""

    address: str  # street address and building; full: with unit and door
    numbers: list[str]  # as people write them, or masked
    card_number: str
    contact: MatchedContact | None = None  # it was a contact's number that matched


class NewContact(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Name
    relation: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=30)]
    number: Annotated[str, StringConstraints(min_length=1, max_length=64)]  # any form
    has_key: bool = False
    key_note: Line = ""
    is_guardian: bool = False
    valid_from: date | None = None
    valid_to: date | None = None


class ProfileFields(BaseModel):
    """What is written of an elder in one form, but for her name, place, numbers and contacts."""

    model_config = ConfigDict(extra="forbid")

    sex: Sex = Sex.UNKNOWN
    birth_date: date | None = None
    id_number: Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True, max_length=18)] | None = None
    card_number: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)] | None = None
    grid_id: uuid.UUID | None = None
    street_address: Line = ""
    building: Annotated[str, StringConstraints(strip_whitespace=True, max_length=20)] = ""
    unit: Annotated[str, StringConstraints(strip_whitespace=True, max_length=20)] = ""
    door: Annotated[str, StringConstraints(strip_whitespace=True, max_length=20)] = ""
    floor: Annotated[int, Field(ge=-5, le=150)] | None = None
    has_lift: bool | None = None
    entrance_hint: Line = ""
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    household_registration: Line = ""
    living: Living = Living.UNKNOWN
    categories: Words = []
    ability: Ability = Ability.NOT_ASSESSED
    ability_on: date | None = None
    health: Health | None = None
    hearing: Hearing = Hearing.UNKNOWN
    dialect: Line = ""
    wandering: bool = False
    preferred_hospital: Line = ""
    family_doctor: Line = ""
    family_doctor_number: Annotated[str, StringConstraints(max_length=64)] = ""
    funding: Funding = Funding.SELF_PAY


class NewElder(ProfileFields):
    """A profile as it is taken down. Sex and date of birth come from the ID number when it is given and they are not."""

    name: Name
    community_id: uuid.UUID
    presence: Presence = Presence.HOME
    presence_since: date | None = None
    presence_until: date | None = None
    presence_place: Line = ""
    numbers: Annotated[list[Annotated[str, StringConstraints(min_length=1, max_length=64)]], Field(max_length=3)] = []  # any form
    contacts: Annotated[list[NewContact], Field(max_length=20)] = []


class EditNumber(BaseModel):
    """In the order in which she is called back."""

    model_config = ConfigDict(extra="forbid")

    id: uuid.UUID | None = None  # None: a new one
    number: Annotated[str, StringConstraints(min_length=1, max_length=64)]  # any form
    label: Annotated[str, StringConstraints(strip_whitespace=True, max_length=20)] = ""


class EditContact(NewContact):
    id: uuid.UUID | None = None  # None: a new one


class EditElder(ProfileFields):
    """A save. Only what is sent is changed; lists are sent whole, in their order. `version`: the one that the form was filled from."""

    version: int
    name: Name = ""
    community_id: uuid.UUID = uuid.UUID(int=0)
    numbers: Annotated[list[EditNumber], Field(max_length=3)] = []
    contacts: Annotated[list[EditContact], Field(max_length=20)] = []


class ProfileContact(CardContact):
    valid_from: date | None
    valid_to: date | None


class DeathReported(BaseModel):
    died_on: date
    note: str
    reported_at: datetime
    reported_by: str
    confirmed_at: datetime | None
    confirmed_by: str


class AddressCheck(BaseModel):
    grade: Grade
    lacks: list[Lack]


class Profile(BaseModel):
    """Everything that can be edited, for whoever may see all of her. The ID number stays masked: a new one is typed whole."""

    id: uuid.UUID
    asked_id: uuid.UUID  # another one when that profile was merged into this one
    version: int
    created_at: datetime
    updated_at: datetime
    updated_by: str

    name: str
    salutation: str
    age: int | None
    risk: int
    sex: Sex
    birth_date: date | None
    id_number: str  # masked
    card_number: str | None
    community_id: uuid.UUID
    grid_id: uuid.UUID | None
    place: str
    street_address: str
    building: str
    unit: str
    door: str
    floor: int | None
    has_lift: bool | None
    entrance_hint: str
    latitude: float | None
    longitude: float | None
    household_registration: str
    living: Living
    categories: list[str]
    ability: Ability
    ability_on: date | None
    health: Health | None
    hearing: Hearing
    dialect: str
    wandering: bool
    preferred_hospital: str
    family_doctor: str
    family_doctor_number: str
    funding: Funding
    numbers: list[CardNumber]
    contacts: list[ProfileContact]  # in their order, those no longer valid too

    danger: list[DangerFlag]
    presence: Presence
    presence_since: date | None
    presence_until: date | None
    presence_place: str
    death: DeathReported | None
    has_photo: bool
    verified_on: date | None
    address_check: AddressCheck | None  # None: not judged yet
