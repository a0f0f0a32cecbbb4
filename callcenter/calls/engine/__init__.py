"""What voice does. `board` is what it knows (memory, mirrored in rows), `journal` writes it, `engine` hears the PBX, `queue` rings, `commands` does what
consoles ask, `timers` is the sweep, `adoption` takes up what lives after a restart.

One asyncio loop in one process decides, so two agents can't win one call. Rules of the house: the row before the carrier for every outbound
leg; bridge before the commit at answer; nothing that a caller waits for waits for a commit.
"""

from callcenter.calls.engine.engine import Engine

__all__ = ["Engine"]
