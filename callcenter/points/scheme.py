"""What bills ask of the scheme (dispatch.bills.points): her points pay a part of what is left for her."""

from __future__ import annotations

import uuid
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import system
from callcenter.centre.queries import get_values
from callcenter.kit import clock
from callcenter.kit.errors import Conflict, Invalid
from callcenter.points.ledger.accounts import Whose, account_of, lock_held
from callcenter.points.ledger.holds import confirm, reserve, void
from callcenter.points.ledger.kinds import Holder, HoldState, Ledger, Pocket
from callcenter.points.members.actions import check_may_spend, give_grace, member_of
from callcenter.points.members.states import MemberState
from callcenter.settings import get_settings

BILLING = system("billing")
AT_THE_BILL = timedelta(hours=1)  # reserved and confirmed in one transaction today; a caller that asks first has so long
PT_OF_FEN = 1  # 100 points are one yuan: a point is a fen


class Scheme:
    """Redemption stops (`points_redemption`) when the books do not balance, or when a person stops it."""

    async def quote(self, session: AsyncSession, elder_id: uuid.UUID, at_most_fen: int) -> int:
        member = await member_of(session, elder_id)
        centre = await get_values(session, get_settings())
        if member.state is not MemberState.ACTIVE or not centre.switch("points_redemption"):
            return 0
        source = await account_of(session, Ledger.PT, member.whose, Pocket.AVAILABLE)
        there = await lock_held(session, Ledger.PT, source, not_before=clock.today(get_settings().timezone))
        return min(sum(one.amount for one in there) // PT_OF_FEN, at_most_fen)

    async def reserve(self, session: AsyncSession, elder_id: uuid.UUID, store_id: uuid.UUID, fen: int, *, key: str) -> None:
        if fen <= 0:
            raise Invalid("points pay at least one fen", code="bad_units")
        centre = await get_values(session, get_settings())
        if not centre.switch("points_redemption"):
            raise Conflict("redemption is stopped", code="redemption_stopped")
        member = await member_of(session, elder_id)
        check_may_spend(member)
        target = await account_of(session, Ledger.PT, Whose(Holder.STORE, store_id), Pocket.REDEEMED)
        until = clock.now() + AT_THE_BILL
        await reserve(
            session, BILLING, key=key, ledger=Ledger.PT, whose=member.whose, amount=fen * PT_OF_FEN, target_id=target, until=until,
            details={"store_id": str(store_id)},
        )  # fmt: skip

    async def confirm(self, session: AsyncSession, *, key: str) -> None:
        await confirm(session, BILLING, key)

    async def void(self, session: AsyncSession, elder_id: uuid.UUID, *, key: str) -> None:
        member = await member_of(session, elder_id)  # locked before her accounts, as everybody locks
        hold = await void(session, BILLING, key)
        if hold is not None and hold.state is HoldState.VOID:
            give_grace(member)
