"""What a protocol's file holds (docs/protocols.md). What is true only of the steps together stands in `graph`."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, StringConstraints, Tag, model_validator

from callcenter.elders.models import Ability, Hearing, Living
from callcenter.emergency.outside.states import Agency
from callcenter.emergency.states import EmergencyKind

ASK = 40  # characters of a question in Chinese: read aloud in the worst minute
ASK_EN = 100
SAY, SAY_EN = 60, 180  # of what is told, one or two breaths
NOTE, NOTE_EN = 120, 320  # of what only the agent reads
LABEL, LABEL_EN = 16, 48  # of an answer: a key on the screen
MOST_ANSWERS = 4
LONGEST = 3600  # seconds of a step's deadline

Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def _word(value: object) -> object:
    """120 is a name here, whether it was put in quotes or not."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


AgencyWord = Annotated[Agency, BeforeValidator(_word)]


class Act(StrEnum):
    """What the console can do."""

    CALL_OUTSIDE = "call_outside"
    CALL_CONTACTS = "call_contacts"  # up the ladder
    DOOR_CHECK = "door_check"  # JJ04, a person at the door
    CALL_BACK = "call_back"  # the elder's own telephones
    HAND_OVER = "hand_over"  # the packet to an agency, with its receipt
    NOTIFY_SUPERVISOR = "notify_supervisor"
    OPEN_ORDER = "open_order"
    CHANGE_PROTOCOL = "change_protocol"
    CLOSE = "close"


class StepKind(StrEnum):
    QUESTION = "question"
    ACTION = "action"
    INFO = "info"


class Who(StrEnum):
    KEY_HOLDERS = "key_holders"
    CONTACTS = "contacts"
    GRID_WORKER = "grid_worker"
    OUTSIDE = "outside"


class How(StrEnum):
    PARALLEL = "parallel"
    IN_ORDER = "in_order"


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Text(_Model):
    zh: str
    en: str

    @model_validator(mode="after")
    def in_both_languages(self) -> Text:
        if not _CHINESE.search(self.zh):
            raise ValueError("zh holds no Chinese")
        if not self.en.strip():
            raise ValueError("en is empty")
        if _CHINESE.search(self.en):
            raise ValueError("en holds Chinese")
        return self


def _limit(text: Text | None, zh: int, en: int, what: str) -> None:
    if text is not None and len(text.zh) > zh:
        raise ValueError(f"{what} has {len(text.zh)} characters in Chinese; at most {zh}")
    if text is not None and len(text.en) > en:
        raise ValueError(f"{what} has {len(text.en)} characters in English; at most {en}")


class Answer(_Model):
    code: Code
    text: Text
    to: Code
    tells: dict[Literal["conscious", "breathing"], Literal["yes", "no", "unknown"]] = {}  # of the patient, for whoever is called
    no_outside: Text | None = None  # why no outside help is called on this way

    @model_validator(mode="after")
    def short(self) -> Answer:
        _limit(self.text, LABEL, LABEL_EN, "an answer")
        _limit(self.no_outside, NOTE, NOTE_EN, "no_outside")
        return self


# what an act needs to be told
_OF_ACT: dict[Act, str] = {
    Act.CALL_OUTSIDE: "agency",
    Act.HAND_OVER: "agency",
    Act.OPEN_ORDER: "item",
    Act.CHANGE_PROTOCOL: "kind",
    Act.CLOSE: "outcome",
}


class Step(_Model):
    """A question (`ask`), an action (`act`) or something to tell (`info`)."""

    code: Code
    ask: Text | None = None
    act: Act | None = None
    info: Text | None = None
    aloud: bool = True  # false: for the agent to judge or to know, not to be read out
    say: Text | None = None  # what the elder is told while it is done
    note: Text | None = None  # for the agent's eyes
    agency: AgencyWord | None = None
    item: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}\d{2}$")] | None = None
    kind: EmergencyKind | None = None
    outcome: Code | None = None
    within: Annotated[int, Field(ge=5, le=LONGEST)]  # seconds from when it is this step's turn
    once: bool = False  # done before in the same emergency, it is not asked again
    answers: tuple[Answer, ...] = ()
    if_skipped: Code | None = None  # which answer a skipped step counts as
    to: Code | None = None
    no_outside: Text | None = None

    @model_validator(mode="after")
    def whole(self) -> Step:
        self._is_one_thing()
        self._goes_somewhere()
        _limit(self.ask, ASK, ASK_EN, "a question")
        _limit(self.info, SAY, SAY_EN, "info")
        _limit(self.say, SAY, SAY_EN, "say")
        _limit(self.note, NOTE, NOTE_EN, "note")
        _limit(self.no_outside, NOTE, NOTE_EN, "no_outside")
        return self

    def _is_one_thing(self) -> None:
        given = [name for name in ("ask", "act", "info") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError("a step is one of ask, act, info" + (f"; this one is {' and '.join(given)}" if given else ""))
        wanted = _OF_ACT.get(self.act) if self.act else None
        for name in ("agency", "item", "kind", "outcome"):
            if name == wanted and getattr(self, name) is None:
                raise ValueError(f"{self.act} needs {name}")
            if name != wanted and getattr(self, name) is not None:
                raise ValueError(f"{self.act or given[0]} has no {name}")
        if self.say is not None and self.act is None:
            raise ValueError("say belongs to an act; what is only told is an info")

    def _goes_somewhere(self) -> None:
        if self.ask is not None and len(self.answers) < 2:
            raise ValueError("a question has two answers or more")
        if len(self.answers) > MOST_ANSWERS:
            raise ValueError(f"{len(self.answers)} answers; nobody chooses from more than {MOST_ANSWERS} in a hurry")
        if self.info is not None and self.answers:
            raise ValueError("info has no answers; a question has")
        if self.answers and self.to is not None:
            raise ValueError("the answers say where it goes on; to is one too many")
        codes = [answer.code for answer in self.answers]
        if twice := {code for code in codes if codes.count(code) > 1}:
            raise ValueError(f"two answers are called {', '.join(sorted(twice))}")
        if self.answers and self.if_skipped is None:
            raise ValueError("if_skipped is missing: the answer that a skipped step counts as, the more careful one")
        if self.if_skipped is not None and self.if_skipped not in codes:
            raise ValueError(f"if_skipped: there is no answer {self.if_skipped}")
        if self.act in (Act.CLOSE, Act.CHANGE_PROTOCOL) and (self.answers or self.to is not None):
            raise ValueError(f"{self.act} ends the protocol; nothing comes after it")
        if self.act is None and not self.answers and self.to is None:
            raise ValueError("nothing comes after it: a way ends in an act, so that it is clear what is done")

    @property
    def sort(self) -> StepKind:
        return StepKind.QUESTION if self.ask else StepKind.ACTION if self.act else StepKind.INFO

    @property
    def ends(self) -> bool:
        return not self.answers and self.to is None

    def answer(self, code: str) -> Answer | None:
        return next((one for one in self.answers if one.code == code), None)


class Rung(_Model):
    """One rung of the ladder: who is called, and how long until the next."""

    who: Who
    how: How = How.IN_ORDER
    ring: Annotated[int, Field(ge=5, le=90)] = 25  # seconds a telephone rings
    wait: Annotated[int, Field(ge=5, le=900)] = 30  # seconds until the next rung begins; outside: in which a person clicks
    agency: AgencyWord | None = None

    @model_validator(mode="after")
    def whole(self) -> Rung:
        if (self.who is Who.OUTSIDE) != (self.agency is not None):
            raise ValueError("the rung outside says which agency" if self.agency is None else f"{self.who} has no agency")
        return self


class Group(_Model):
    """All that is named must be true of the elder."""

    living: tuple[Living, ...] = ()
    ability: tuple[Ability, ...] = ()
    hearing: tuple[Hearing, ...] = ()
    category: tuple[str, ...] = ()  # one of these is enough
    wandering: bool | None = None

    @model_validator(mode="after")
    def says_something(self) -> Group:
        if not self.named:
            raise ValueError("a group that names nothing is everybody; write `for: default`")
        return self

    @property
    def named(self) -> int:
        """How many conditions; the more, the nearer."""
        return sum(bool(given) for given in (self.living, self.ability, self.hearing, self.category)) + (self.wandering is not None)


class ForGroup(_Model):
    group: Group


class ForElder(_Model):
    elder: Annotated[
        str, BeforeValidator(_word), StringConstraints(min_length=1, max_length=64, strip_whitespace=True)
    ]  # card number or id


def _whom(value: object) -> str | None:
    if isinstance(value, dict):
        return next((name for name in ("group", "elder") if name in value), None)
    return "group" if isinstance(value, ForGroup) else "elder" if isinstance(value, ForElder) else "default" if value == "default" else None


Whom = Annotated[
    Annotated[Literal["default"], Tag("default")] | Annotated[ForGroup, Tag("group")] | Annotated[ForElder, Tag("elder")],
    Discriminator(_whom, custom_error_type="whom", custom_error_message="default, {group: …} or {elder: …} is wanted"),
]


class Protocol(_Model):
    code: Code
    version: Annotated[int, Field(ge=1)]  # raised by hand with every change
    kind: EmergencyKind
    title: Text
    whom: Whom = Field(alias="for")
    agencies: Annotated[tuple[AgencyWord, ...], Field(min_length=1)]  # offered in this order
    ladder: Annotated[tuple[Rung, ...], Field(min_length=1)]
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]  # the first is where it begins

    @model_validator(mode="after")
    def whole(self) -> Protocol:
        _limit(self.title, LABEL, LABEL_EN, "the title")
        if len(set(self.agencies)) < len(self.agencies):
            raise ValueError("agencies: one is named twice")
        who = [rung.who for rung in self.ladder]
        if len(set(who)) < len(who):
            raise ValueError("ladder: each of key_holders, contacts, grid_worker, outside at most once")
        if who[-1] is not Who.OUTSIDE:
            raise ValueError("ladder: the last rung is outside, a task that a person clicks")
        if who != [one for one in Who if one in who]:
            raise ValueError("ladder: key_holders come first, then contacts, grid_worker, outside")
        return self

    def step(self, code: str) -> Step | None:
        return next((one for one in self.steps if one.code == code), None)
