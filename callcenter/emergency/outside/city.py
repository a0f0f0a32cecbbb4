"""A city with an interface (docs/handover-api.md): what it is told, and what it tells. Signed both ways by one secret of the service.

Going out, a delivery is a row before the city is asked, tried a few times within half a minute, and then a person is called to the telephone. The same
event always says the same, so that a city may take it twice; of several, that with the greatest `sequence` counts.
"""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson
import structlog
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.cases.actions import add_entry
from callcenter.emergency.actions import lock_emergency, raise_alarm, touch_emergency
from callcenter.emergency.outside.models import OutsideDelivery, OutsideHandover, OutsideReport, OutsideService
from callcenter.emergency.outside.rules import RETRY_GAPS, SEND_TIMEOUT, UNDER_WAY, next_try
from callcenter.emergency.outside.schemas import CityReport, Taken
from callcenter.emergency.outside.states import CityState, DeliveryState, ReportKind, Source
from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.kit.errors import Forbidden
from callcenter.kit.ids import new_id
from callcenter.kit.signing import is_signed, sign

log = structlog.get_logger()
AT_ONCE = 10
EVENT, TIMESTAMP, SIGNATURE = "X-OneKey-Event", "X-OneKey-Timestamp", "X-OneKey-Signature"


# --- going out ------------------------------------------------------------------------------------------------------------------------------


async def tell_city(session: AsyncSession, handover: OutsideHandover, kind: str) -> None:
    """Nothing for an agency without an interface. What waits to be told is superseded. Precondition: `handover` is locked, its packet loaded."""
    service = await session.get(OutsideService, handover.service_id) if handover.service_id else None
    if service is None or not service.webhook_url:
        return
    now, event_id = clock.now(), new_id()
    await session.execute(
        update(OutsideDelivery)
        .where(OutsideDelivery.handover_id == handover.id, OutsideDelivery.state == DeliveryState.DUE)
        .values(state=DeliveryState.SUPERSEDED, ended_at=now, body=None)
    )
    body = body_of(handover, event_id=event_id, kind=kind, at=now)
    session.add(OutsideDelivery(id=event_id, handover_id=handover.id, kind=kind, created_at=now, due_at=now, body=body))
    handover.city = CityState.WAITING if handover.city is not CityState.NOT_REACHED else CityState.NOT_REACHED
    await session.flush()


def body_of(handover: OutsideHandover, *, event_id: uuid.UUID, kind: str, at: datetime) -> dict[str, Any]:
    def time(moment: datetime | None) -> str | None:
        return moment.isoformat(timespec="seconds") if moment else None

    return {
        "event": str(event_id),
        "kind": kind,
        "at": time(at),
        "sequence": handover.version,
        "handover": {
            "id": str(handover.id),
            "agency": handover.agency.value,
            "state": handover.state.value,
            "offered_at": time(handover.offered_at),
            "accepted_at": time(handover.accepted_at),
            "dispatched_at": time(handover.dispatched_at),
            "arrived_at": time(handover.arrived_at),
            "closed_at": time(handover.closed_at),
            "reference": handover.reference,
        },
        "packet": handover.packet,
    }


@dataclass(frozen=True, slots=True)
class Attempt:
    event_id: uuid.UUID
    number: int
    url: str
    secret: str
    body: dict[str, Any]


class CitySender:
    """Of one process; any number may look side by side. A slow city holds up nobody but itself."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._http = httpx.AsyncClient(
            timeout=SEND_TIMEOUT, follow_redirects=False, limits=httpx.Limits(max_keepalive_connections=0), trust_env=False
        )
        self._looking = asyncio.Lock()

    async def look(self) -> int:
        """Everything that is due now; returns how many attempts were made. A failing look waits for the next one."""
        if self._looking.locked():
            return 0
        async with self._looking:
            try:
                attempts = await self._claim()
                await asyncio.gather(*(self._carry_out(attempt) for attempt in attempts))
                return len(attempts)
            except Exception as error:
                log.warning("city_sweep_failed", error=type(error).__name__)
                return 0

    async def close(self) -> None:
        await self._http.aclose()

    async def _claim(self) -> list[Attempt]:
        """Each counted, and committed before the city is asked."""
        now = clock.now()
        due = (
            select(OutsideDelivery, OutsideService)
            .join(OutsideHandover, OutsideHandover.id == OutsideDelivery.handover_id)
            .join(OutsideService, OutsideService.id == OutsideHandover.service_id)
            .where(OutsideDelivery.state == DeliveryState.DUE, OutsideDelivery.due_at <= now)
            .order_by(OutsideDelivery.due_at)
            .limit(AT_ONCE)
            .with_for_update(skip_locked=True, of=OutsideDelivery)
        )
        attempts = []
        async with self._database.transaction() as session:
            for delivery, service in await session.execute(due):
                delivery.attempts += 1
                delivery.due_at = now + UNDER_WAY
                attempts.append(Attempt(delivery.id, delivery.attempts, service.webhook_url, service.secret, delivery.body or {}))
        return attempts

    async def _carry_out(self, attempt: Attempt) -> None:
        if attempt.number > len(RETRY_GAPS) + 1:
            error = "interrupted"  # whoever made the last attempt died with it
        elif not attempt.url:
            error = "no_interface"  # taken away meanwhile
        else:
            error = await self._post(attempt)
        try:
            async with self._database.transaction() as session:
                await end_attempt(session, attempt, error)
        except Exception as problem:  # the row keeps its time, and a sweep comes back to it
            log.warning("city_step_failed", error=type(problem).__name__)

    async def _post(self, attempt: Attempt) -> str:
        """ "" when the city took it."""
        body, now = orjson.dumps(attempt.body), str(int(clock.now().timestamp()))
        path = urlsplit(attempt.url).path or "/"
        signature = sign(attempt.secret, timestamp=now, event_id=str(attempt.event_id), path=path, body=body)
        headers = {"Content-Type": "application/json", EVENT: str(attempt.event_id), TIMESTAMP: now, SIGNATURE: f"v1={signature}"}
        try:
            async with asyncio.timeout(SEND_TIMEOUT), self._http.stream("POST", attempt.url, content=body, headers=headers) as answer:
                return "" if answer.is_success else f"http_{answer.status_code}"
        except (TimeoutError, httpx.TimeoutException):
            return "timed_out"
        except (httpx.HTTPError, httpx.InvalidURL):
            return "unreachable"


async def end_attempt(session: AsyncSession, attempt: Attempt, error: str) -> None:
    row = (
        await session.execute(
            select(OutsideHandover.id, OutsideHandover.case_id)
            .join(OutsideDelivery, OutsideDelivery.handover_id == OutsideHandover.id)
            .where(OutsideDelivery.id == attempt.event_id)
        )
    ).one()
    _, emergency = await lock_emergency(session, row.case_id)
    handover = await session.get_one(OutsideHandover, row.id, with_for_update=True, populate_existing=True)
    delivery = await session.get_one(OutsideDelivery, attempt.event_id, with_for_update=True, populate_existing=True)
    if delivery.state is not DeliveryState.DUE or delivery.attempts != attempt.number:
        return  # superseded, or somebody else's by now
    now = clock.now()
    delivery.error = error
    data: dict[str, Any] = {"handover_id": str(handover.id), "agency": handover.agency.value}
    if not error:
        delivery.state, delivery.ended_at, delivery.body = DeliveryState.DONE, now, None
        if handover.city is not CityState.REACHED:
            handover.city = CityState.REACHED
            await add_entry(session, row.case_id, "handover_city_reached", data=data)
    elif again := next_try(attempt.number, now):
        delivery.due_at = again
        return
    else:
        delivery.state, delivery.ended_at, delivery.body = DeliveryState.FAILED, now, None
        log.warning("city_not_reached", agency=handover.agency.value, error=error)
        if handover.city is not CityState.NOT_REACHED:
            handover.city = CityState.NOT_REACHED
            await raise_alarm(session, emergency, "city_not_reached", data={**data, "error": error})
    handover.version += 1
    await touch_emergency(session, emergency)


# --- coming in: all that the public process may do with it ---------------------------------------------------------------------------------------


async def take_from_city(
    session: AsyncSession, handover_id: uuid.UUID, *, event_id: str, timestamp: str, signature: str, path: str, body: bytes
) -> Taken:
    """Believed by its signature over event, moment, path and body; taken once for each event. The worker makes of it what it means.

    Forbidden `bad_signature` also for a hand-over that is not there: nobody learns here which are.
    """
    row = (
        await session.execute(
            select(OutsideHandover.state, OutsideService.secret)
            .join(OutsideService, OutsideService.id == OutsideHandover.service_id)
            .where(OutsideHandover.id == handover_id, OutsideService.active)
        )
    ).first()
    now = clock.now()
    believed = is_signed(row.secret if row else "", signature, timestamp=timestamp, event_id=event_id, path=path, body=body, now=now)
    if row is None or not believed or not 8 <= len(event_id) <= 100:
        raise Forbidden("this is not signed by the service of this hand-over, or long ago", code="bad_signature")
    told = CityReport.model_validate_json(body)
    words = {name: value for name in ("reason", "who", "reference", "outcome") if (value := getattr(told, name))}
    at = told.at if told.at is not None and told.at.tzinfo is not None else now
    put = pg_insert(OutsideReport).values(
        id=new_id(), handover_id=handover_id, link_id=None, source=Source.CITY, event_id=f"city:{event_id}", kind=ReportKind(told.state),
        words=words, at=at, received_at=now, result="",
    )  # fmt: skip
    made = await session.scalar(put.on_conflict_do_nothing(index_elements=["handover_id", "event_id"]).returning(OutsideReport.id))
    return Taken(event_id=event_id, state=row.state, already=made is None)
