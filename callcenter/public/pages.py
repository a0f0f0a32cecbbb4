"""The crew's pages as HTML: no script, nothing from elsewhere; everything that comes from outside is escaped. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from callcenter.emergency.outside.links import Sheet
from callcenter.emergency.outside.states import ON_THE_WAY, Agency, HandoverOutState, ReportKind
from callcenter.kit.phone import pretty
from callcenter.public.texts import Texts

STYLE = "/crew.css"
REFRESH = 30  # seconds; the page has no field in which somebody may be writing
ENDS = ("to_hospital", "treated", "nobody", "other_end")
REASONS = ("no_car", "too_far", "other_why")


@dataclass(frozen=True, slots=True)
class Centre:
    """Whom to call when a page helps no further."""

    name: str
    number: str  # as it is dialled


def tel(number: str, t: Texts, words: str = "") -> str:
    return f'<a class="tel" href="tel:{escape(number)}">{escape(words or t["call"])} <b>{escape(pretty(number))}</b></a>'


def page(t: Texts, body: str, *, refresh: bool = False) -> str:
    again = f'<meta http-equiv="refresh" content="{REFRESH}">' if refresh else ""
    return (
        f'<!doctype html><html lang="{t["lang"]}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">{again}'
        f'<meta name="format-detection" content="telephone=no"><title>{escape(t["title"])}</title><link rel="stylesheet" href="{STYLE}"></head>'
        f"<body><main>{body}</main></body></html>"
    )


def opening(t: Texts) -> str:
    """What a link shows to whoever, or whatever, follows it: the same for every link, right or wrong. Opening is a press."""
    return page(
        t,
        f'<h1>{escape(t["title"])}</h1><p class="lead">{escape(t["open_lead"])}</p><form method="post"><button class="big">{escape(t["open"])}</button>'
        f'</form><p class="small">{escape(t["open_note"])}</p>',
    )


def code_entry(t: Texts) -> str:
    return page(
        t,
        f'<h1>{escape(t["title"])}</h1><form method="post" action="/code"><label for="code">{escape(t["code_lead"])}</label>'
        f'<input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" pattern="[0-9 \\-]{{8,12}}" maxlength="12" required '
        f'placeholder="{escape(t["code"])}"><button class="big">{escape(t["code_go"])}</button></form>',
    )


def plain(t: Texts, what: str, centre: Centre) -> str:
    """`what`: dead, elsewhere, slow, fault, thanks."""
    call = f'<p class="lead">{escape(t["call_centre"])}</p><p>{tel(centre.number, t)}</p>'
    return page(t, f'<h1>{escape(t[what])}</h1><p class="lead">{escape(t[what + "_why"])}</p>{call}')


def asking(t: Texts, link_id: object, kind: ReportKind, *, missing: bool = False) -> str:
    """Why not, or how it ended: on a page of its own, where nothing is refreshed away."""
    ended = kind is ReportKind.CLOSED
    choices = "".join(
        f'<label class="choice"><input type="radio" name="choice" value="{c}" required>{escape(t[c])}</label>'
        for c in (ENDS if ended else REASONS)
    )
    told = f'<p class="missing">{escape(t["needed"])}</p>' if missing else ""
    return page(
        t,
        f'<h1>{escape(t["how_ended" if ended else "why_not"])}</h1>{told}<form method="post" action="/p/{link_id}/{kind.value}">{choices}'
        f'<label for="words">{escape(t["more_words"])}</label><input id="words" name="words" maxlength="200">'
        f'<button class="big">{escape(t["send"])}</button></form>'
        f'<p><a class="plain" href="/p/{link_id}">{escape(t["back"])}</a></p>',
    )


def sheet(t: Texts, shown: Sheet, *, timezone: str) -> str:
    """Place first, then what is dangerous, her health, whom to call; and what the crew tells."""
    packet = Packet(shown.packet)
    parts = [
        _head(t, shown, packet, timezone),
        _place(t, packet),
        _danger(t, packet),
        _health(t, packet),
        _contacts(t, packet),
        _telling(t, shown),
    ]
    jump = f'<a class="jump" href="#tell">{escape(t["told"])} ↓</a>'
    return page(t, "".join(parts) + jump, refresh=True)


# --- parts of the sheet ---------------------------------------------------------------------------------------------------------------


class Packet:
    """What the page reads out of a packet."""

    def __init__(self, packet: Mapping[str, Any]) -> None:
        self.updated = str(packet["lastUpdateTimeStamp"])
        self.incident: Mapping[str, Any] = packet["incidentComponent"][0]
        self.location: Mapping[str, Any] = packet["locationComponent"][0]
        self.centre: Mapping[str, Any] = packet["agencyComponent"][0]
        self.patient: Mapping[str, Any] = packet["personComponent"][0]
        self.contacts: Sequence[Mapping[str, Any]] = packet["personComponent"][1:]
        self.notes: Sequence[Mapping[str, Any]] = packet["notesComponent"]


def _head(t: Texts, shown: Sheet, packet: Packet, timezone: str) -> str:
    def time(text: str) -> str:
        return f"{datetime.fromisoformat(text).astimezone(ZoneInfo(timezone)):%H:%M}"

    kind = t.get(f"kind_{packet.incident['incidentTypeText']}", t["kind_unknown"])
    line = (
        f"{t['case']} {packet.incident['incidentTrackingIdentifier']} · {t['pressed']} {time(packet.incident['declaredTimeStamp'])} · "
        f"{t['updated']} {time(packet.updated)}"
    )
    again = f'<a class="plain" href="/p/{shown.link_id}">{escape(t["refresh"])}</a>'
    return f'<header><h1>{escape(kind)}</h1><p class="small">{escape(line)} {again}</p></header>'


def _place(t: Texts, packet: Packet) -> str:
    location, access = packet.location, packet.location["access"] or {}
    address = location["addressText"]
    lines = [f'<p class="address">{escape(address)}</p>' if address else f'<p class="address">{escape(t["no_place"])}</p>']
    floor, lift = access.get("floor"), access.get("lift")
    facts = []
    if floor is not None:
        facts.append(t["floor"].format(n=floor) if floor >= 0 else t["basement"].format(n=-floor))
    if access:
        facts.append(t["lift_unknown"] if lift is None else t["lift"] if lift else t["no_lift"])
    if facts:
        lines.append(f'<p class="facts">{escape(" · ".join(facts))}</p>')
    if access.get("entrance"):
        lines.append(_row(t["entrance"], access["entrance"]))
    if position := location["position"]:
        where = f"{position['latitude']:.6f},{position['longitude']:.6f}"
        lines.append(
            f'<p><a class="tel" href="geo:{where}?q={where}">{escape(t["map"])} <b>{where}</b></a></p><p class="small">{escape(t["position_note"])}</p>'
        )
    holders = [c for c in packet.contacts if c["hasKey"]]
    lines.append(f"<h3>{escape(t['keys'])}</h3>")
    lines += [_person(t, c, note=c["keyNote"]) for c in holders] or [f'<p class="missing">{escape(t["no_keys"])}</p>']
    return f'<section class="place"><h2>{escape(t["place"])}</h2>{"".join(lines)}</section>'


def _danger(t: Texts, packet: Packet) -> str:
    patient, health, care = packet.patient, packet.patient["health"], packet.patient["careNotes"]
    condition = patient["condition"]
    rows = [
        f'<p class="state {escape(condition[name])}">{escape(t[name])}: <b>{escape(t[condition[name]])}</b></p>'
        for name in ("conscious", "breathing")
    ]
    if health is not None:
        rows.append(
            _row(t["allergies"], "、".join(health["allergies"]), strong=True)
            if health["allergies"]
            else _row(t["allergies"], t["no_allergies"])
        )
        if health["implants"]:
            rows.append(_row(t["implants"], "、".join(health["implants"]), strong=True))
    if care is not None and care["wandering"]:
        rows.append(f'<p class="strong">{escape(t["wandering"])}</p>')
    if care is not None and care["hearing"] in ("hard", "very_hard", "aid"):
        rows.append(_row(t["hearing"], t[care["hearing"]]))
    rows += [_row(t["note"], note["noteText"], strong=True) for note in packet.notes if note["subjectText"] == "agent"]
    return f'<section class="danger"><h2>{escape(t["danger"])}</h2>{"".join(rows)}</section>'


def _health(t: Texts, packet: Packet) -> str:
    patient, health, care = packet.patient, packet.patient["health"], packet.patient["careNotes"]
    who = [patient["name"], t.get(patient["sex"], "") if patient["sex"] != "unknown" else ""]
    if patient["age"] is not None:
        who.append(t["age"].format(n=patient["age"]))
    rows = [f'<p class="who">{escape(" · ".join(part for part in who if part) or t["unknown"])}</p>']
    if health is None:
        rows.append(f'<p class="missing">{escape(t["no_health"])}</p>')
    else:
        for name, value in (
            ("illness", "、".join(health["chronicIllness"])),
            ("medication", "、".join(health["medication"])),
            ("blood", health["bloodType"]),
        ):
            if value:
                rows.append(_row(t[name], value))
    rows += [_row(t["remarks"], note["noteText"]) for note in packet.notes if note["subjectText"] == "health"]
    if care is not None:
        rows += [_row(t[name], value) for name, value in (("dialect", care["dialect"]), ("hospital", care["preferredHospital"])) if value]
        if care["familyDoctor"] or care["familyDoctorTelephone"]:
            number = tel(care["familyDoctorTelephone"], t) if care["familyDoctorTelephone"] else ""
            rows.append(_row(t["doctor"], care["familyDoctor"]) + number)
    return f"<section><h2>{escape(t['health'])}</h2>{''.join(rows)}</section>"


def _contacts(t: Texts, packet: Packet) -> str:
    rows = [_person(t, c, note="") for c in packet.contacts]
    rows += [f"<p>{tel(number, t, t['her_phone'])}</p>" for number in packet.patient["telephone"]]
    centre = f"{t['centre_phone']} {packet.centre['agencyName']} · {t['agent']} {packet.centre.get('agentName', '')}"
    rows.append(f'<p class="small">{escape(centre)}</p><p>{tel(packet.centre["telephone"], t, t["centre_phone"])}</p>')
    return f"<section><h2>{escape(t['contacts'])}</h2>{''.join(rows)}</section>"


def _telling(t: Texts, shown: Sheet) -> str:
    """Buttons of what was not told yet; what was is ticked. Going further says what lies before."""
    reached = ON_THE_WAY.index(shown.state) if shown.state in ON_THE_WAY else len(ON_THE_WAY)
    told = {kind for kind in shown.told if kind in (ReportKind.DISPATCHED, ReportKind.ARRIVED)}
    gone = reached >= ON_THE_WAY.index(HandoverOutState.DISPATCHED) or bool(told)
    there = reached >= ON_THE_WAY.index(HandoverOutState.ARRIVED) or ReportKind.ARRIVED in told
    dispatched = t["dispatched_120"] if shown.agency is Agency.AMBULANCE else t["dispatched"]
    rows = [
        _button(shown, ReportKind.READ, t["read"], done=ReportKind.READ in shown.told),
        _button(shown, ReportKind.DISPATCHED, dispatched, done=gone),
        _button(shown, ReportKind.ARRIVED, t["arrived"], done=there),
        f'<a class="step" href="/p/{shown.link_id}/closed">{escape(t["closed"])}</a>',
    ]
    if not there:
        rows.append(f'<a class="step no" href="/p/{shown.link_id}/rejected">{escape(t["rejected"])}</a>')
    return f'<section class="telling" id="tell"><h2>{escape(t["told"])}</h2><div class="steps">{"".join(rows)}</div></section>'


def _button(shown: Sheet, kind: ReportKind, words: str, *, done: bool) -> str:
    if done:
        return f'<span class="step done">✓ {escape(words)}</span>'
    return f'<form method="post" action="/p/{shown.link_id}/{kind.value}"><button class="step">{escape(words)}</button></form>'


def _row(name: str, value: str, *, strong: bool = False) -> str:
    return f'<p class="row{" strong" if strong else ""}"><span>{escape(name)}</span> {escape(value)}</p>'


def _person(t: Texts, contact: Mapping[str, Any], *, note: str) -> str:
    words: Iterable[str] = (
        contact["name"],
        contact["relationText"],
        t["has_key"] if contact["hasKey"] else "",
        t["guardian"] if contact["isGuardian"] else "",
        note,
    )
    calls = "".join(f"<p>{tel(number, t)}</p>" for number in contact["telephone"])
    return f'<div class="person"><p>{escape(" · ".join(word for word in words if word))}</p>{calls}</div>'
