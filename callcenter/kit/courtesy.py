"""Who gives way to whom on a machine that has not enough for all: the press, its call and the consoles come first."""

from __future__ import annotations

import os

NICENESS = 5  # a third of the processor that a process of the press path gets, when both want it


def give_way() -> None:
    """For a process whose work may come a moment later: jobs, the stores' app, strangers' pages. Where it isn't allowed, nothing changes."""
    if hasattr(os, "nice") and os.nice(0) < NICENESS:
        os.nice(NICENESS - os.nice(0))
