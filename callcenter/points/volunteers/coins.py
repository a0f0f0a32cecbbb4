"""Time coins: minted for hours that count, spent on a visit, given to kin, donated, granted by the public fund. Never sold, never points.

A coin that is spent goes back to the world outside, where it came from: what all people hold is what has been given in time and not been asked back.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Text, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.centre.queries import get_values
from callcenter.centre.rules import CentreValues
from callcenter.elders.models import Elder, ElderContact, ElderNumber, Living, Presence
from callcenter.elders.queries import current_id
from callcenter.kit import clock, crypto
from callcenter.kit.errors import Conflict, Invalid
from callcenter.points.ledger.accounts import FUND, WORLD, account_of, balance_of, lock_accounts
from callcenter.points.ledger.holds import confirm, reserve, void
from callcenter.points.ledger.kinds import EntryKind, Holder, HoldState, Ledger, Pocket
from callcenter.points.ledger.models import LedgerEntry, LedgerHold
from callcenter.points.ledger.posting import post, posted_before
from callcenter.points.ledger.rules import Leg, NotEnough, check_units, fingerprint
from callcenter.points.members.actions import check_may_spend, get_member, member_of, pocket_for_points, volunteer_member
from callcenter.points.members.models import PointsMember
from callcenter.points.members.states import MemberState
from callcenter.points.volunteers.models import CoinGift, Volunteer, VolunteerVisit
from callcenter.points.volunteers.rules import GRANTED_FROM, HALF_HOUR, is_kin, may_spend, split_at_cap
from callcenter.points.volunteers.states import Pays
from callcenter.settings import get_settings

HELD_FOR = timedelta(days=30)  # after the visit: so long an elder may take to confirm it
POCKETS = (Pocket.AVAILABLE, Pocket.RESERVED, Pocket.FROZEN)
GRANTS_AT_ONCE = 50


# --- whose ---------------------------------------------------------------------------------------------------------------


async def owner_of(session: AsyncSession, volunteer: Volunteer) -> uuid.UUID:
    """The id of the member who has her coins."""
    return await current_id(session, volunteer.elder_id) if volunteer.elder_id else volunteer.id


async def member_for(session: AsyncSession, volunteer: Volunteer) -> PointsMember:
    """Locked."""
    if volunteer.elder_id is not None:
        return await member_of(session, volunteer.elder_id)
    return await volunteer_member(session, volunteer.id)


async def held_by(session: AsyncSession, member: PointsMember) -> int:
    """In all pockets. Exact when its accounts are locked."""
    return sum([await balance_of(session, Ledger.TC, member.whose, pocket) for pocket in POCKETS])


async def _lock_both(session: AsyncSession, volunteer: Volunteer, elder_id: uuid.UUID) -> tuple[PointsMember, PointsMember]:
    """The volunteer's and the elder's membership, locked by id, as everybody locks two."""
    if str(await owner_of(session, volunteer)) < str(await current_id(session, elder_id)):
        hers = await member_for(session, volunteer)
        return hers, await member_of(session, elder_id)
    elder = await member_of(session, elder_id)
    return await member_for(session, volunteer), elder


async def _lock_pockets(session: AsyncSession, *members: PointsMember) -> None:
    ids = [await account_of(session, Ledger.TC, one.whose, pocket) for one in members for pocket in POCKETS]
    ids += [await account_of(session, Ledger.TC, whose, Pocket.MAIN) for whose in (WORLD, FUND)]
    await lock_accounts(session, ids)


# --- spending on a visit -------------------------------------------------------------------------------------------------


async def check_coins(session: AsyncSession, elder_id: uuid.UUID, half_hours: int) -> None:
    """Conflict `redemption_stopped`, `points_frozen`, `coins_too_young`, `not_enough`. Her membership is locked afterwards."""
    centre = await get_values(session, get_settings())
    if not centre.switch("points_redemption"):
        raise Conflict("redemption is stopped", code="redemption_stopped")
    member = await member_of(session, elder_id)
    check_may_spend(member)
    born = await session.scalar(select(Elder.birth_date).where(Elder.id == member.id))
    age = int(centre.number("coins_age"))
    if not may_spend(born, clock.today(get_settings().timezone), age):
        raise Conflict(f"time coins are spent from the age of {age}", code="coins_too_young", details={"age": age})
    await _lock_pockets(session, member)
    there = await balance_of(session, Ledger.TC, member.whose, Pocket.AVAILABLE)
    if there < half_hours:
        raise NotEnough("there are not so many", details={"wanted": half_hours, "there": there})


async def reserve_for(session: AsyncSession, actor: Actor, visit: VolunteerVisit) -> None:
    """The booked half hours, until she has had time to confirm. Precondition: `check_coins`."""
    member = await member_of(session, visit.elder_id)
    await reserve(
        session, actor, key=_pay_key(visit), ledger=Ledger.TC, whose=member.whose, amount=visit.half_hours,
        target_id=await account_of(session, Ledger.TC, WORLD, Pocket.MAIN), until=visit.wanted_from + visit.half_hours * HALF_HOUR + HELD_FOR,
        details={"visit_id": str(visit.id)},
    )  # fmt: skip


async def give_back(session: AsyncSession, actor: Actor, visit: VolunteerVisit) -> None:
    """Cancelled or refused. Harmless twice, and for a visit that takes none."""
    if visit.pays is Pays.COINS:
        await member_of(session, visit.elder_id)
        await void(session, actor, _pay_key(visit))


@dataclass(frozen=True, slots=True)
class Settled:
    member: PointsMember  # the volunteer's
    paid: int  # of the elder's coins
    donated: int  # of the volunteer's, above the cap


async def settle(session: AsyncSession, actor: Actor, visit: VolunteerVisit, volunteer: Volunteer, half_hours: int) -> Settled:
    """Hours that count: the elder's coins for them are spent, the volunteer's are minted. Precondition: visit and volunteer are locked."""
    hers, elder = await _lock_both(session, volunteer, visit.elder_id)
    await _lock_pockets(session, hers, elder)
    paid = await _spend(session, actor, visit, elder, min(half_hours, visit.half_hours)) if visit.pays is Pays.COINS else 0
    donated = await _mint(session, actor, visit, hers, half_hours) if half_hours else 0
    return Settled(hers, paid, donated)


async def _spend(session: AsyncSession, actor: Actor, visit: VolunteerVisit, elder: PointsMember, half_hours: int) -> int:
    """What was reserved, or less when the visit was shorter. A reservation that ran out is tried anew; without coins the visit was free."""
    key = _pay_key(visit)
    hold = await session.scalar(select(LedgerHold).where(LedgerHold.key == key).execution_options(populate_existing=True))
    stands = hold is not None and hold.state is HoldState.HELD and hold.expires_at > clock.now()
    if stands and half_hours == visit.half_hours:
        await confirm(session, actor, key)
        return half_hours
    if hold is not None and hold.state is HoldState.HELD:
        await void(session, actor, key)
    if half_hours == 0 or await balance_of(session, Ledger.TC, elder.whose, Pocket.AVAILABLE) < half_hours:
        return 0
    await reserve(
        session, actor, key=f"{key}:less", ledger=Ledger.TC, whose=elder.whose, amount=half_hours,
        target_id=await account_of(session, Ledger.TC, WORLD, Pocket.MAIN), until=clock.now() + HELD_FOR, details={"visit_id": str(visit.id)},
    )  # fmt: skip
    await confirm(session, actor, f"{key}:less")
    return half_hours


async def _mint(session: AsyncSession, actor: Actor, visit: VolunteerVisit, member: PointsMember, half_hours: int) -> int:
    """How many went to the fund."""
    of_what = fingerprint("coins:visit", visit.id, member.id, half_hours)
    if await posted_before(session, f"coins:visit:{visit.id}", of_what):
        return visit.donated
    centre = await get_values(session, get_settings(), at=visit.checked_out_at)
    own, surplus = split_at_cap(half_hours, await held_by(session, member), int(centre.number("coins_cap")))
    world = await account_of(session, Ledger.TC, WORLD, Pocket.MAIN)
    legs = [Leg(world, -half_hours)]
    if own:
        legs.append(Leg(await account_of(session, Ledger.TC, member.whose, pocket_for_points(member)), own))
    if surplus:
        legs.append(Leg(await account_of(session, Ledger.TC, FUND, Pocket.MAIN), surplus))
    await post(
        session, actor, ledger=Ledger.TC, kind=EntryKind.EARN, key=f"coins:visit:{visit.id}", legs=legs, of_what=of_what,
        details={"visit_id": str(visit.id), "donated": surplus},
    )  # fmt: skip
    return surplus


def _pay_key(visit: VolunteerVisit) -> str:
    return f"coins:visit:{visit.id}:pay"


# --- gifts ---------------------------------------------------------------------------------------------------------------


async def are_kin(session: AsyncSession, one: PointsMember, other: PointsMember) -> bool:
    """The profile of one of them names the other's telephone as that of her spouse or direct kin."""
    today = clock.today(get_settings().timezone)
    for elder, with_number in ((one, other), (other, one)):
        if elder.holder is not Holder.ELDER:
            continue
        rows = await session.execute(
            select(ElderContact.relation, ElderContact.number).where(
                ElderContact.elder_id == elder.id,
                or_(ElderContact.valid_from.is_(None), ElderContact.valid_from <= today),
                or_(ElderContact.valid_to.is_(None), ElderContact.valid_to >= today),
            )
        )
        numbers = {row.number for row in rows if is_kin(row.relation)}
        if numbers and await _has_number(session, with_number, numbers):
            return True
    return False


async def _has_number(session: AsyncSession, member: PointsMember, numbers: set[str]) -> bool:
    if member.holder is Holder.ELDER:
        found = select(ElderNumber.id).where(ElderNumber.elder_id == member.id, ElderNumber.e164.in_(numbers))
    else:
        keyed = [crypto.index(number, "volunteers.number") for number in numbers]
        found = select(Volunteer.id).where(Volunteer.id == member.id, Volunteer.number_index.in_(keyed))
    return (await session.scalars(found.limit(1))).one_or_none() is not None


async def given_in(session: AsyncSession, member_id: uuid.UUID, year: int) -> int:
    """Half hours that she has given to kin in that year; what went to the fund is no gift."""
    mine = (CoinGift.giver_id == member_id) & CoinGift.taker_id.is_not(None)
    in_year = CoinGift.given_on.between(date(year, 1, 1), date(year, 12, 31))
    return int(await session.scalar(select(func.coalesce(func.sum(CoinGift.half_hours), 0)).where(mine, in_year)) or 0)


async def give(
    session: AsyncSession, actor: Actor, gift_id: uuid.UUID, *, giver_id: uuid.UUID, taker_id: uuid.UUID, half_hours: int
) -> CoinGift:
    """To spouse or direct kin; both are members by id. Conflict `not_kin`, `gift_year`, `coins_full`, `not_enough`, `points_frozen`, `key_conflict`."""
    check_units(half_hours)
    if giver_id == taker_id:
        raise Invalid("a gift goes to somebody else", code="same_account")
    first, second = [await get_member(session, one) for one in sorted((giver_id, taker_id), key=str)]
    giver, taker = (first, second) if first.id == giver_id else (second, first)
    if known := await _given_before(session, gift_id, giver_id, taker_id, half_hours):
        return known
    centre, today = await _open_for_giving(session, giver), clock.today(get_settings().timezone)
    if taker.state is MemberState.CLOSED:
        raise Conflict("her account is closed", code="points_closed")
    if not await are_kin(session, giver, taker):
        raise Conflict("no profile names them as spouse or direct kin", code="not_kin")
    most = int(centre.number("coins_gift_year"))
    left = most - await given_in(session, giver.id, today.year)
    if half_hours > left:
        raise Conflict("that is more than may be given in a year", code="gift_year", details={"most": most, "left": max(0, left)})
    await _lock_pockets(session, giver, taker)
    if await held_by(session, taker) + half_hours > (cap := int(centre.number("coins_cap"))):
        raise Conflict("she would have more than anybody may", code="coins_full", details={"cap": cap})
    source = await account_of(session, Ledger.TC, giver.whose, Pocket.AVAILABLE)
    target = await account_of(session, Ledger.TC, taker.whose, pocket_for_points(taker))
    return await _given(session, actor, gift_id, EntryKind.GIVE, giver, taker.id, source, target, half_hours)


async def donate(session: AsyncSession, actor: Actor, gift_id: uuid.UUID, *, giver_id: uuid.UUID, half_hours: int) -> CoinGift:
    """To the public fund, as many as she likes."""
    check_units(half_hours)
    giver = await get_member(session, giver_id)
    if known := await _given_before(session, gift_id, giver_id, None, half_hours):
        return known
    await _open_for_giving(session, giver)
    await _lock_pockets(session, giver)
    source = await account_of(session, Ledger.TC, giver.whose, Pocket.AVAILABLE)
    target = await account_of(session, Ledger.TC, FUND, Pocket.MAIN)
    return await _given(session, actor, gift_id, EntryKind.DONATE, giver, None, source, target, half_hours)


async def _open_for_giving(session: AsyncSession, giver: PointsMember) -> CentreValues:
    centre = await get_values(session, get_settings())
    if not centre.switch("points_redemption"):
        raise Conflict("redemption is stopped", code="redemption_stopped")
    check_may_spend(giver)
    return centre


async def _given_before(
    session: AsyncSession, gift_id: uuid.UUID, giver_id: uuid.UUID, taker_id: uuid.UUID | None, half_hours: int
) -> CoinGift | None:
    known = await session.get(CoinGift, gift_id)
    if known is not None and (known.giver_id, known.taker_id, known.half_hours) != (giver_id, taker_id, half_hours):
        raise Conflict("this key was used for something else", code="key_conflict")
    return known


async def _given(
    session: AsyncSession,
    actor: Actor,
    gift_id: uuid.UUID,
    kind: EntryKind,
    giver: PointsMember,
    taker_id: uuid.UUID | None,
    source: uuid.UUID,
    target: uuid.UUID,
    half_hours: int,
) -> CoinGift:
    there = await balance_of(session, Ledger.TC, giver.whose, Pocket.AVAILABLE)
    if there < half_hours:
        raise NotEnough("there are not so many", details={"wanted": half_hours, "there": there})
    of_what = fingerprint("coins", kind, giver.id, taker_id, half_hours)
    legs = [Leg(source, -half_hours), Leg(target, half_hours)]
    posted = await post(
        session,
        actor,
        ledger=Ledger.TC,
        kind=kind,
        key=f"coins:{kind}:{gift_id}",
        legs=legs,
        of_what=of_what,
        details={"gift_id": str(gift_id)},
    )
    now = clock.now()
    gift = CoinGift(
        id=gift_id, giver_id=giver.id, taker_id=taker_id, half_hours=half_hours, given_at=now,
        given_on=now.astimezone(ZoneInfo(get_settings().timezone)).date(), written_by=actor.id if actor.kind == "user" else None,
    )  # fmt: skip
    session.add(gift)
    await session.flush()
    about = {"half_hours": half_hours, "entry_id": str(posted.id), **({"to": str(taker_id)} if taker_id else {})}
    await audit(session, actor, f"coins:{kind}", giver.id, details=about)
    return gift


# --- the public fund -----------------------------------------------------------------------------------------------------


def grant_key(elder_id: uuid.UUID, month: date) -> str:
    return f"coins:grant:{elder_id}:{month:%Y-%m}"


async def grant_due(session: AsyncSession, actor: Actor, *, at_once: int = GRANTS_AT_ONCE) -> int:
    """To elders of 80 years and more who live alone, once a month, as long as the fund has a whole grant. How many.

    Whoever has the higher risk comes first, of equal risk the older one. Somebody whom a grant would lift above the cap waits.
    """
    settings = get_settings()
    centre = await get_values(session, settings)
    amount, cap = int(centre.number("coins_fund_month")), int(centre.number("coins_cap"))
    if amount <= 0 or await balance_of(session, Ledger.TC, FUND, Pocket.MAIN) < amount:
        return 0
    today = clock.today(settings.timezone)
    prefix, month = "coins:grant:", f":{today:%Y-%m}"
    already = select(LedgerEntry.id).where(LedgerEntry.key == func.concat(prefix, cast(Elder.id, Text), month)).exists()
    due = (
        select(Elder.id)
        .where(
            Elder.living == Living.ALONE, Elder.merged_into.is_(None), Elder.presence != Presence.DECEASED,
            Elder.birth_date <= _years_before(today, GRANTED_FROM), ~already,
        )
        .order_by(Elder.risk.desc(), Elder.birth_date, Elder.id)
    )  # fmt: skip
    chosen = (await session.scalars(due.limit(at_once))).all()
    granted = 0
    members = {one: await member_of(session, one) for one in sorted(chosen, key=str)}
    await _lock_pockets(session, *members.values())
    fund = await account_of(session, Ledger.TC, FUND, Pocket.MAIN)
    for elder_id in chosen:
        member = members[elder_id]
        if await balance_of(session, Ledger.TC, FUND, Pocket.MAIN) < amount:
            break
        if member.state is MemberState.CLOSED or await held_by(session, member) + amount > cap:
            continue
        target = await account_of(session, Ledger.TC, member.whose, pocket_for_points(member))
        posted = await post(
            session, actor, ledger=Ledger.TC, kind=EntryKind.GRANT, key=grant_key(elder_id, today),
            of_what=fingerprint("grant", elder_id, today.replace(day=1)),
            legs=[Leg(fund, -amount), Leg(target, amount)],
        )  # fmt: skip
        granted += posted.is_new
    return granted


def _years_before(day: date, years: int) -> date:
    """Whoever was born then or before is that old (born on 29 February: on 1 March, as `age_on` counts)."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February of a year that has none
        return date(day.year - years, 2, 28)
