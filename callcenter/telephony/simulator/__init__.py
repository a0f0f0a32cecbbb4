"""A PBX inside this process, for fast tests, scenarios and training: `Simulator` is the port with a driver's side.

    sim = Simulator()
    sim.register("agent1")                           # a telephone that is registered
    press = sim.press("07103456789", "1234900")      # an elder presses; the Press event follows
    ...
    sim.pick_up("agent1")
    assert sim.hears(press) == {"voice:leg-1"}

It keeps the promises that `tests/contract` holds the real PBX to, the guards and the fallback included. Time is the event loop's.
"""

from callcenter.telephony.simulator.model import Bridge, Channel
from callcenter.telephony.simulator.simulator import Simulator

__all__ = ["Bridge", "Channel", "Simulator"]
