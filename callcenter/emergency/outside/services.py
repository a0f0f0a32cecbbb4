"""Whose number is called for an agency, by place; and all writes of it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.emergency.outside.models import OutsideService
from callcenter.emergency.outside.schemas import ChangedService, NewService, ServiceFields, ServiceInterface, ServiceView
from callcenter.emergency.outside.states import Agency
from callcenter.kit import clock
from callcenter.kit.errors import Conflict, Invalid, NotFound
from callcenter.kit.ids import new_id
from callcenter.kit.phone import mask, normalise, pretty
from callcenter.messaging.rules import takes_texts
from callcenter.regions.queries import check_scope, get_region, list_chain
from callcenter.settings import get_settings

DEFAULTS = (
    (Agency.AMBULANCE, "120", "急救中心"),
    (Agency.POLICE, "110", "公安"),
    (Agency.FIRE, "119", "消防"),
    (Agency.GAS, "", "燃气抢修"),  # every company has another: a centre writes its own
    (Agency.CITY_LINE, "12345", "政务服务热线"),
)
_LOCK = 0x0075_1DE5


def check_agency(agency: Agency, *, is_emergency: bool) -> None:
    """12345 takes no emergency; other matters may be handed on to it."""
    if agency is Agency.CITY_LINE and is_emergency:
        raise Invalid("12345 takes no emergency; call 120, 110 or 119", code="not_for_emergencies", details={"agency": agency})


async def resolve_agency(session: AsyncSession, community_id: uuid.UUID | None, agency: Agency) -> OutsideService:
    """The nearest that is in use: of her community, street, district, else the whole centre's. NotFound `no_outside_number`."""
    steps = {region.id: n for n, region in enumerate(await list_chain(session, community_id))} if community_id else {}
    found = await session.scalars(
        select(OutsideService).where(
            OutsideService.agency == agency,
            OutsideService.active,
            OutsideService.number != "",
            OutsideService.region_id.is_(None) | OutsideService.region_id.in_(list(steps)),
        )
    )
    # the chain goes from the district down: the greater the step, the nearer
    nearest = max(found, key=lambda service: steps.get(service.region_id, -1) if service.region_id else -1, default=None)
    if nearest is None:
        raise NotFound(
            "no number is set for this agency here; write one under Administration", code="no_outside_number", details={"agency": agency}
        )
    return nearest


async def seed_services(session: AsyncSession) -> None:
    """What every centre starts with. Only into an empty table."""
    await session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    if await session.scalar(select(OutsideService.id).limit(1)) is None:
        for agency, number, label in DEFAULTS:
            session.add(
                OutsideService(region_id=None, agency=agency, number=number, label=label, active=number != "", updated_at=clock.now())
            )
        await session.flush()


async def get_view(session: AsyncSession, service_id: uuid.UUID) -> ServiceView:
    return view_of(await session.get_one(OutsideService, service_id, populate_existing=True), whole=True)


async def list_services(session: AsyncSession, *, whole: bool) -> list[ServiceView]:
    """`whole`: with the crews' mobile numbers."""
    rows: Sequence[OutsideService] = (
        await session.scalars(
            select(OutsideService).order_by(OutsideService.region_id.is_not(None), OutsideService.agency, OutsideService.id)
        )
    ).all()
    return [view_of(row, whole=whole) for row in rows]


def view_of(row: OutsideService, *, whole: bool) -> ServiceView:
    return ServiceView(
        id=row.id,
        version=row.version,
        region_id=row.region_id,
        agency=row.agency,
        number=row.number,
        number_text=pretty(row.number),
        label=row.label,
        mobile=(pretty(row.mobile) if whole else mask(row.mobile)) if row.mobile else "",
        webhook_url=row.webhook_url,
        has_secret=bool(row.secret),
        active=row.active,
        updated_at=row.updated_at,
    )


async def add_service(session: AsyncSession, actor: Actor, new: NewService) -> OutsideService:
    if new.region_id is not None:
        await get_region(session, new.region_id)
    await check_scope(session, actor, [new.region_id])
    row = pg_insert(OutsideService).values(id=new_id(), version=1, region_id=new.region_id, agency=new.agency, webhook_url="", secret="",
                                           updated_at=clock.now(), **_checked(new))  # fmt: skip
    made = await session.scalar(row.on_conflict_do_nothing(index_elements=["region_id", "agency"]).returning(OutsideService.id))
    if made is None:
        raise Conflict("there is one for this agency and region; change that", code="service_exists", details={"agency": new.agency})
    await audit(session, actor, "outside_service:added", made, details={"agency": new.agency})
    return await session.get_one(OutsideService, made)


async def change_service(session: AsyncSession, actor: Actor, service_id: uuid.UUID, change: ChangedService) -> OutsideService:
    """The mobile number may come back as it was shown: a masked one stays as it is."""
    service = await _locked(session, service_id, change.version)
    await check_scope(session, actor, [service.region_id])
    values = _checked(change, keep=service.mobile)
    before = {name: getattr(service, name) for name in values}
    changed = [name for name, value in values.items() if before[name] != value]
    if not changed:
        return service
    for name in changed:
        setattr(service, name, values[name])
    details: dict[str, object] = {"fields": changed}
    if "number" in changed:  # short codes stay readable
        details["number"] = [mask(str(before["number"])), mask(service.number)]
    await _touch(session, service)
    await audit(session, actor, "outside_service:changed", service_id, details=details)
    return service


async def set_interface(session: AsyncSession, actor: Actor, service_id: uuid.UUID, change: ServiceInterface) -> OutsideService:
    """Where a city takes packets: whole health records go there, so it is an admin's, and by https alone in production."""
    service = await _locked(session, service_id, change.version)
    if service.agency is Agency.CITY_LINE and change.webhook_url:
        raise Invalid("12345 takes no emergency, so it is handed none", code="not_for_emergencies")
    schemes = ("https://",) if get_settings().mode == "production" else ("https://", "http://127.0.0.1:", "http://localhost:")
    if change.webhook_url and not change.webhook_url.startswith(schemes):
        raise Invalid("an https:// address", code="not_https", details={"field": "webhook_url"})
    if change.webhook_url and not (change.secret or service.secret):
        raise Invalid("a city's interface needs a secret that both sign with", code="secret_needed", details={"field": "secret"})
    service.webhook_url = change.webhook_url
    service.secret = change.secret or service.secret
    await _touch(session, service)
    await audit(
        session, actor, "outside_service:interface", service_id, details={"on": bool(change.webhook_url), "new_secret": bool(change.secret)}
    )
    return service


async def _locked(session: AsyncSession, service_id: uuid.UUID, version: int) -> OutsideService:
    service = await session.scalar(
        select(OutsideService).where(OutsideService.id == service_id).with_for_update().execution_options(populate_existing=True)
    )
    if service is None:
        raise NotFound("no such outside service", code="service_not_found")
    if service.version != version:
        raise Conflict("somebody has changed it meanwhile; look again", code="version_old", details={"version": service.version})
    return service


async def _touch(session: AsyncSession, service: OutsideService) -> None:
    service.version += 1
    service.updated_at = clock.now()
    await session.flush()


def _checked(given: ServiceFields, *, keep: str = "") -> dict[str, object]:
    number = normalise(given.number, get_settings()) if given.number else None
    if given.number and (number is None or not number.is_dialable):
        raise Invalid("this number can't be dialled", code="number_invalid", details={"field": "number"})
    if given.active and number is None:
        raise Invalid("one that is in use needs a number", code="number_invalid", details={"field": "number"})
    mobile = keep if "*" in given.mobile else checked_mobile(given.mobile)
    return {"number": number.value if number else "", "label": given.label, "mobile": mobile, "active": given.active}


def checked_mobile(given: str) -> str:
    """E.164 of a telephone that takes text messages; "" for none."""
    if not given:
        return ""
    mobile = normalise(given, get_settings())
    if mobile is None or not takes_texts(mobile):
        raise Invalid("this number takes no text messages", code="no_mobile_number", details={"field": "mobile"})
    return mobile.value
