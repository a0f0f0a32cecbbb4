"""The hand-over packet: what a crew must know, shaped after NENA's EIDO (NENA-STA-021): lists of components, each with an id, when it was last
changed and by whom. Its schema is packet_schema.json. Pure; loading.py gathers what goes in.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from callcenter.elders.schemas import Profile, ProfileContact
from callcenter.emergency.outside.states import Agency

FORMAT = "onekey-handover/1"
Component = dict[str, Any]
CENTRE, HELP, CALL, INCIDENT, LOCATION, PATIENT = "agency-centre", "agency-help", "call-1", "incident-1", "location-1", "person-patient"
# what a protocol may know of her state; anything else it asked is not a crew's business
ANSWERS = ("conscious", "breathing")
YES, NO, UNKNOWN = "yes", "no", "unknown"


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that goes into a packet."""

    handover_id: uuid.UUID
    agency: Agency
    agency_name: str
    agency_number: str
    centre: str
    call_back: str  # the centre's number, as it is dialled
    agent: str
    agent_id: uuid.UUID
    case_number: str
    kind: str
    pressed_at: datetime
    offered_at: datetime
    caller: str  # the number that called; "" withheld
    elder: Profile | None
    today_contacts: Sequence[ProfileContact] = ()  # those valid now, key-holders first
    place_names: Sequence[str] = ()  # district, street, community: whole names
    answers: Mapping[str, str] = field(default_factory=dict)
    answered_at: datetime | None = None
    note: str = ""


def address_of(facts: Facts) -> str:
    """As it is said to a driver: 樊城区中原街道施营社区 施营路18号 3栋2单元501室."""
    elder = facts.elder
    if elder is None:
        return ""
    door = "".join(f"{value}{word}" for value, word in ((elder.building, "栋"), (elder.unit, "单元"), (elder.door, "室")) if value)
    return " ".join(part for part in ("".join(facts.place_names), elder.street_address, door) if part)


def build(facts: Facts, *, version: int, at: datetime) -> dict[str, Any]:
    """JSON as it is stored, sent and shown."""
    elder = facts.elder
    of_elder = (elder.updated_at, elder.updated_by or facts.centre) if elder else (facts.offered_at, facts.agent)

    def component(identity: str, changed: datetime, by: str, **content: Any) -> Component:
        return {
            "$id": identity,
            "lastUpdateTimeStamp": _time(changed),
            "updatedByAgencyReference": {"$ref": CENTRE},
            "updatedByText": by,
            **content,
        }

    people = [component(PATIENT, of_elder[0], of_elder[1], personRoleText="patient", **_patient(facts))]
    for n, contact in enumerate(facts.today_contacts, 1):
        people.append(component(f"person-contact-{n}", of_elder[0], of_elder[1], personRoleText="contact", **_contact(contact)))
    notes = [component(f"notes-{n}", changed, by, **note) for n, (note, changed, by) in enumerate(_notes(facts, of_elder), 1)]
    return {
        "eidoMessageIdentifier": f"urn:uuid:{facts.handover_id}:{version}",
        "$id": f"urn:uuid:{facts.handover_id}",
        "format": FORMAT,
        "packetVersion": version,
        "sendingSystemIdentifier": facts.centre,
        "lastUpdateTimeStamp": _time(at),
        "agencyComponent": [
            component(CENTRE, facts.offered_at, facts.agent, agencyName=facts.centre, agencyRoleText="sending",
                      telephone=facts.call_back, agentName=facts.agent, agentIdentifier=str(facts.agent_id)),
            component(HELP, facts.offered_at, facts.agent, agencyName=facts.agency_name, agencyRoleText=facts.agency.value,
                      telephone=facts.agency_number),
        ],
        "callComponent": [
            component(CALL, facts.pressed_at, facts.centre, callStartTimeStamp=_time(facts.pressed_at), callBackNumber=facts.call_back,
                      callerNumber=facts.caller, personReference={"$ref": PATIENT}),
        ],
        "incidentComponent": [
            component(INCIDENT, facts.answered_at or facts.offered_at, facts.agent, incidentTrackingIdentifier=facts.case_number,
                      incidentTypeText=facts.kind, declaredTimeStamp=_time(facts.pressed_at),
                      handedOverTimeStamp=_time(facts.offered_at), locationReference={"$ref": LOCATION}),
        ],
        "locationComponent": [component(LOCATION, of_elder[0], of_elder[1], **_location(facts))],
        "personComponent": people,
        "notesComponent": notes,
    }  # fmt: skip


def digest_of(packet: Mapping[str, Any]) -> str:
    """Equal for packets that say the same, whenever and by whom it was written."""
    return hashlib.sha256(orjson.dumps(_said(packet), option=orjson.OPT_SORT_KEYS)).hexdigest()


# --- parts --------------------------------------------------------------------------------------------------------------------------------


_BESIDE = frozenset({"eidoMessageIdentifier", "packetVersion", "lastUpdateTimeStamp", "updatedByText"})


def _said(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: _said(v) for k, v in value.items() if k not in _BESIDE}
    return [_said(v) for v in value] if isinstance(value, list) else value


def _time(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def _location(facts: Facts) -> Component:
    elder = facts.elder
    holders = [f"person-contact-{n}" for n, contact in enumerate(facts.today_contacts, 1) if contact.has_key]
    content: Component = {"addressText": address_of(facts), "keyHolderReference": [{"$ref": holder} for holder in holders]}
    if elder is None:
        return content | {"civicAddress": None, "access": None, "position": None}
    position = None
    if elder.latitude is not None and elder.longitude is not None:
        # taken down with the address, not measured at the moment of the press: nobody knows how exact it is
        position = {
            "latitude": elder.latitude,
            "longitude": elder.longitude,
            "datum": "WGS-84",
            "method": "address",
            "uncertaintyMetres": None,
        }
    return content | {
        "civicAddress": {
            "place": list(facts.place_names),
            "street": elder.street_address,
            "building": elder.building,
            "unit": elder.unit,
            "door": elder.door,
        },
        "access": {"entrance": elder.entrance_hint, "floor": elder.floor, "lift": elder.has_lift},
        "position": position,
    }


def _patient(facts: Facts) -> Component:
    elder = facts.elder
    condition = {name: facts.answers.get(name, UNKNOWN) for name in ANSWERS}
    if elder is None:
        numbers = [facts.caller] if facts.caller else []
        return {"name": "", "sex": "unknown", "age": None, "telephone": numbers, "condition": condition, "health": None, "careNotes": None}
    health = elder.health
    return {
        "name": elder.name,
        "sex": elder.sex.value,
        "age": elder.age,
        "telephone": [number.number for number in elder.numbers],
        "condition": condition,
        "health": None
        if health is None
        else {
            "chronicIllness": health.chronic_illness,
            "medication": health.medication,
            "allergies": health.allergies,
            "bloodType": health.blood_type,
            "implants": health.implants,
        },
        "careNotes": {
            "hearing": elder.hearing.value,
            "dialect": elder.dialect,
            "wandering": elder.wandering,
            "preferredHospital": elder.preferred_hospital,
            "familyDoctor": elder.family_doctor,
            "familyDoctorTelephone": elder.family_doctor_number,
        },
    }


def _contact(contact: ProfileContact) -> Component:
    return {
        "name": contact.name,
        "relationText": contact.relation,
        "telephone": [contact.number],
        "hasKey": contact.has_key,
        "keyNote": contact.key_note,
        "isGuardian": contact.is_guardian,
    }


def _notes(facts: Facts, of_elder: tuple[datetime, str]) -> list[tuple[Component, datetime, str]]:
    notes: list[tuple[Component, datetime, str]] = []
    if facts.note:
        notes.append(({"noteText": facts.note, "subjectText": "agent"}, facts.offered_at, facts.agent))
    if facts.elder is not None and facts.elder.health is not None and facts.elder.health.notes:
        notes.append(({"noteText": facts.elder.health.notes, "subjectText": "health"}, *of_elder))
    return notes
