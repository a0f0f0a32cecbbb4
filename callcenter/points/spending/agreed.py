"""What is done when a second person has decided on a deed of this part of the scheme."""

from __future__ import annotations

from collections.abc import Mapping

from callcenter.points.families.approvals import Do
from callcenter.points.families.states import Deed
from callcenter.points.spending.counter import go_ahead, turn_down
from callcenter.points.spending.goods import order_agreed

AGREED: Mapping[Deed, Do] = {Deed.GOODS: order_agreed, Deed.COUNTER: go_ahead}
REFUSED: Mapping[Deed, Do] = {Deed.COUNTER: turn_down}  # of goods nothing is held
