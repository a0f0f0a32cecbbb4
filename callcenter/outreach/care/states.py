"""Kinds of care plans, and how often; states of campaigns."""

from __future__ import annotations

from enum import StrEnum

from callcenter.kit.states import Transitions


class CareKind(StrEnum):
    CARE = "care"  # a regular call
    DAILY = "daily"  # she tells every day that she is fine; when it does not come, she is called
    MEDICINE = "medicine"  # she is reminded at her hours


class Rhythm(StrEnum):
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"


class CampaignState(StrEnum):
    DRAFT = "draft"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    DONE = "done"


class EntryState(StrEnum):
    WAITING = "waiting"
    PLANNED = "planned"  # its call is a planned one: how it went stands there
    REFUSED = "refused"  # never called: `reason`


_C = CampaignState
CAMPAIGN = Transitions[CampaignState](
    "campaign",
    {
        _C.DRAFT: {_C.RUNNING, _C.STOPPED},
        _C.RUNNING: {_C.PAUSED, _C.STOPPED, _C.DONE},
        _C.PAUSED: {_C.RUNNING, _C.STOPPED},
        _C.STOPPED: set(),
        _C.DONE: set(),
    },
)
