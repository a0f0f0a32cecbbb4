"""Lines over the wire."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, StringConstraints

from callcenter.calls.states import CallKind, LineCarrier

LineKind = Literal[CallKind.SOS, CallKind.SERVICE, CallKind.JOB, CallKind.DAILY]
Carrier = Literal[LineCarrier.PBX, LineCarrier.TWILIO]
LineLabel = Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)]


class LineView(BaseModel):
    number: str
    kind: LineKind
    label: str
    active: bool
    carrier: Carrier


class Lines(BaseModel):
    lines: list[LineView]


class AddLine(BaseModel):
    number: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)]
    kind: LineKind
    label: LineLabel = ""
    carrier: Carrier = LineCarrier.PBX


class ChangeLine(BaseModel):
    kind: LineKind
    label: LineLabel
    carrier: Carrier | None = None  # as it was


class SwitchLine(BaseModel):
    active: bool
