"""Lines over the wire."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, StringConstraints

from callcenter.calls.states import CallKind

LineKind = Literal[CallKind.SOS, CallKind.SERVICE]
LineLabel = Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)]


class LineView(BaseModel):
    number: str
    kind: CallKind
    label: str
    active: bool


class Lines(BaseModel):
    lines: list[LineView]


class AddLine(BaseModel):
    number: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)]
    kind: LineKind
    label: LineLabel = ""


class ChangeLine(BaseModel):
    kind: LineKind
    label: LineLabel


class SwitchLine(BaseModel):
    active: bool
