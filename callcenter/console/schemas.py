"""What goes over the wire to the console, by REST and by socket. The TypeScript types are generated from here."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from callcenter.accounts.roles import Permission, Role
from callcenter.accounts.rules import Owed
from callcenter.calls.states import AgentState, CallKind, CallState
from callcenter.cases.states import CaseState, Severity, TaskState
from callcenter.centre.schemas import LineWord, OpeningWords, Option
from callcenter.console.schemas_orders import OrderView
from callcenter.console.schemas_parties import PartyView
from callcenter.elders.schemas import ElderCard
from callcenter.emergency.schemas import EmergencyView

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
ShortText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class ErrorBody(BaseModel):
    code: str
    message: str
    details: dict[str, object] = {}


class ErrorAnswer(BaseModel):
    error: ErrorBody


# --- session ---------------------------------------------------------------------------------------------------------------


class DemoLogin(BaseModel):
    username: str
    password: str
    name: str
    role: Role


class ServerInfo(BaseModel):
    mode: Literal["demo", "test", "training", "production"]
    version: str
    protocol: int
    centre_name: str
    hotline: str
    needs_setup: bool = False  # there is nobody who could sign in: `callcenter setup` on the server
    demo_logins: list[DemoLogin] = []


class SignIn(BaseModel):
    username: ShortText
    password: Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Me(BaseModel):
    id: uuid.UUID
    username: str
    name: str
    role: Role
    permissions: list[Permission]
    csrf: str
    owes: list[Owed]  # to be settled before anything else is done: a new password, a second factor


class SecondStep(BaseModel):
    """The password was right; now the code. Not a session: it opens the second step alone, once, for minutes."""

    step: str
    seconds: int


class SignInCode(BaseModel):
    step: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    code: Annotated[str, StringConstraints(strip_whitespace=True, min_length=6, max_length=20)]  # six digits, or a recovery code


class PhoneAccount(BaseModel):
    account: str
    secret: str
    uri: str
    ws_url: str
    display_name: str


class SetPresence(BaseModel):
    state: Literal["idle", "paused"]
    reason: Annotated[str, StringConstraints(max_length=200)] = ""


class Options(BaseModel):
    outcomes: list[Option]
    pause_reasons: list[Option]
    dialects: list[Option]
    sos_number: str
    service_number: str
    lines: list[LineWord]
    openings: list[OpeningWords]
    centre_name: str


# --- live objects ------------------------------------------------------------------------------------------------------------


class Handed(BaseModel):
    """How a case came to its owner, when somebody gave it to her."""

    at: datetime
    by_id: uuid.UUID
    by_name: str
    word: str


class CaseSummary(BaseModel):
    id: uuid.UUID
    version: int
    number: str  # as people say it: 2026-1122-0007
    state: CaseState
    severity: Severity
    elder_id: uuid.UUID | None
    elder_name: str  # masked unless the reader may see her
    caller_number: str  # masked unless …
    owner_id: uuid.UUID | None
    owner_name: str
    opened_at: datetime
    resolved_at: datetime | None
    outcome: str
    presses: int  # how many presses this case has joined
    deadline_at: datetime  # of the queue, while nobody owns it
    handed: Handed | None = None


class Pop(BaseModel):
    """The screen pop: only for who rings or talks."""

    caller_number: str
    elder: ElderCard | None
    shared: list[ElderCard] = []  # a number of two people shows both; then `elder` is None until the agent chooses
    last_cases: list[CaseSummary] = []


class CallView(BaseModel):
    id: uuid.UUID
    version: int
    kind: CallKind
    state: CallState
    case_id: uuid.UUID | None
    case_number: str
    elder_name: str  # masked unless full; "" = unknown
    elder_age: int | None
    caller_number: str  # masked unless full
    called: str  # the number that was dialled to reach us; of a call that we make ""
    place: str  # community
    severity: Severity
    risk: int  # 0..3
    presses: int
    received_at: datetime
    answered_at: datetime | None  # a person joined
    caller_left_at: datetime | None  # her line is gone; others go on talking
    ended_at: datetime | None
    on_hold: bool
    recording: bool  # right now: not while it is held
    ringing: list[uuid.UUID]  # agents whose telephones ring
    agent_id: uuid.UUID | None
    agent_name: str
    parties: list[PartyView]
    pop: Pop | None = None


class AgentView(BaseModel):
    id: uuid.UUID
    version: int
    name: str
    role: Role
    state: AgentState
    reason: str
    since: datetime
    phone_ok: bool
    phone_checked_at: datetime | None
    phone_problem: Literal["", "unanswered", "silent", "deaf"]  # out of rotation because of it
    call_id: uuid.UUID | None  # the call talked on; in wrap-up the one that has just ended
    wrap_up_case_id: uuid.UUID | None  # in wrap-up: its case
    wrap_up_until: datetime | None
    answered_today: int
    answered_within_10s: int


class TaskView(BaseModel):
    id: uuid.UUID
    version: int
    kind: Literal["call_back"]
    state: TaskState
    case_id: uuid.UUID
    case_number: str
    severity: Severity
    elder_name: str
    caller_number: str
    place: str
    reason: str  # abandoned, fallback_message, dropped …
    created_at: datetime
    due_at: datetime
    attempts: int
    owner_id: uuid.UUID | None
    has_recording: bool


class SnapshotData(BaseModel):
    calls: list[CallView]
    agents: list[AgentView]
    tasks: list[TaskView]
    cases: list[CaseSummary]  # mine, open
    orders: list[OrderView]  # all live ones, masked
    emergencies: list[EmergencyView]  # all open ones, masked


# --- cases ---------------------------------------------------------------------------------------------------------------------


class TimelineEntry(BaseModel):
    id: uuid.UUID
    at: datetime
    kind: str  # note, press, ringing, answered, hung_up, elder_attached, number_learned, call_back_opened, outcome, fallback …
    actor_name: str  # "" = the system
    text: str
    data: dict[str, object]


class CaseHolder(BaseModel):
    """Who works on the case right now; the others read it and add notes."""

    user_id: uuid.UUID
    name: str
    until: datetime | None  # None: she talks with the elder


class CaseDetail(CaseSummary):
    linked_case_id: uuid.UUID | None
    elder: ElderCard | None
    shared: list[ElderCard]
    entries: list[TimelineEntry]  # newest first
    call: CallView | None  # the live one
    holder: CaseHolder | None = None
    tasks: list[TaskView]
    last_cases: list[CaseSummary]


class AddNote(BaseModel):
    text: Text


class AttachElder(BaseModel):
    elder_id: uuid.UUID
    learn_number: bool = False


class WrapUp(BaseModel):
    outcome: ShortText
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000)] = ""


class SendDigits(BaseModel):
    digits: Annotated[str, StringConstraints(pattern=r"^[0-9*#]{1,32}$")]


class CommandOutcome(BaseModel):
    outcome: Literal["done", "not_done"]
    reason: str = ""


class StartedCall(BaseModel):
    call_id: uuid.UUID


class BreakGlass(BaseModel):
    case_id: uuid.UUID | None = None  # the emergency for which it is; None: hers, if there is one
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=4, max_length=500)]


class FinishTask(BaseModel):
    note: Text


# --- training telephone ----------------------------------------------------------------------------------------------------------


class TrainingElder(BaseModel):
    name: str
    number: str
    others: list[str] = []  # her other numbers: their text messages are hers too
    what_for: str  # alone, couple, …; "" for any other elder
    about_zh: str = ""
    about_en: str = ""


class TrainingStore(BaseModel):
    """Without a smartphone: jobs are told to it by an automatic call."""

    name: str
    number: str
    contact: str
    place: str


class TrainingContact(BaseModel):
    """Family or a neighbour of one of the elders who can be played."""

    name: str
    number: str
    relation: str
    elder_name: str
    has_key: bool


class TrainingWorker(BaseModel):
    name: str
    number: str
    place: str


class TrainingAgency(BaseModel):
    """Whoever is called for 120, 110, 119 or gas: in the demo no call leaves the house, one that is played here rings here."""

    agency: str
    number: str
    label: str


class TrainingOthers(BaseModel):
    """Everybody else who has a part in an emergency."""

    contacts: list[TrainingContact]
    workers: list[TrainingWorker]
    agencies: list[TrainingAgency]


class TrainingPhoneRequest(BaseModel):
    number: Annotated[str, StringConstraints(pattern=r"^\+?[0-9]{3,15}$")]


class TrainingPhone(PhoneAccount):
    sos_number: str
    service_number: str
    job_number: str  # where a worker signs in and out from the elder's telephone; "" when there is no such line


# --- the socket --------------------------------------------------------------------------------------------------------------------


class TakenOver(BaseModel):
    """Another sign-in of the same person, which this one has put to rest."""

    since: datetime
    browser: str  # its User-Agent


class Hello(BaseModel):
    type: Literal["hello"] = "hello"
    protocol: int
    now: datetime
    heartbeat_s: int
    took_over: TakenOver | None = None


class Snapshot(BaseModel):
    type: Literal["snapshot"] = "snapshot"
    seq: int
    now: datetime
    data: SnapshotData


class CallEvent(BaseModel):
    type: Literal["event"] = "event"
    seq: int
    topic: Literal["call"] = "call"
    id: uuid.UUID
    version: int
    data: CallView | None


class AgentEvent(BaseModel):
    type: Literal["event"] = "event"
    seq: int
    topic: Literal["agent"] = "agent"
    id: uuid.UUID
    version: int
    data: AgentView | None


class TaskEvent(BaseModel):
    type: Literal["event"] = "event"
    seq: int
    topic: Literal["task"] = "task"
    id: uuid.UUID
    version: int
    data: TaskView | None


class CaseEvent(BaseModel):
    type: Literal["event"] = "event"
    seq: int
    topic: Literal["case"] = "case"
    id: uuid.UUID
    version: int
    data: CaseSummary | None


class OrderEvent(BaseModel):
    type: Literal["event"] = "event"
    seq: int
    topic: Literal["order"] = "order"
    id: uuid.UUID
    version: int
    data: OrderView | None


class EmergencyEvent(BaseModel):
    type: Literal["event"] = "event"
    seq: int
    topic: Literal["emergency"] = "emergency"
    id: uuid.UUID
    version: int
    data: EmergencyView | None


class Ping(BaseModel):
    type: Literal["ping"] = "ping"
    now: datetime


ConsoleEvent = Annotated[CallEvent | AgentEvent | TaskEvent | CaseEvent | OrderEvent | EmergencyEvent, Field(discriminator="topic")]
ServerMessage = Hello | Snapshot | CallEvent | AgentEvent | TaskEvent | CaseEvent | OrderEvent | EmergencyEvent | Ping


class Pong(BaseModel):
    type: Literal["pong"] = "pong"


class PhoneState(BaseModel):
    type: Literal["phone"] = "phone"
    state: Literal["registered", "unregistered", "failed"]


ClientMessage = Annotated[Pong | PhoneState, Field(discriminator="type")]
