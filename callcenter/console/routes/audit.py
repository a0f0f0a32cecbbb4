"""The audit, searched; and one elder's access log. Looking at either is written down as well."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from callcenter.accounts.audit import audit
from callcenter.accounts.queries import PAGE, AuditFilter, find_user_ids, list_audit
from callcenter.accounts.roles import Permission
from callcenter.accounts.sessions import SignedIn
from callcenter.console.http import Centre, NoAccess, Session, SettingsDep, needs
from callcenter.console.schemas_access import AccessLog, AuditPage
from callcenter.console.traces import access_log, entry, names_in, objects_of_case, objects_of_elder
from callcenter.elders.queries import current_id, is_in_regions
from callcenter.kit import clock

router = APIRouter()
Reader = Annotated[SignedIn, Depends(needs(Permission.AUDIT_READ))]
LogReader = Annotated[SignedIn, Depends(needs(Permission.ELDERS_LOG))]
SYSTEM = "system"  # as a person: what no person did
Words = Annotated[str, Query(max_length=100)]


@router.get("/api/audit")
async def search_audit(
    who: Reader,
    session: Session,
    person: Words = "",
    verb: Annotated[str, Query(max_length=60, pattern=r"^[a-z_]*(:[a-z_-]+)?$")] = "",
    object: Words = "",
    elder_id: uuid.UUID | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before: int | None = None,
) -> AuditPage:
    """`person`: a user name or a part of a name, or `system`. `verb`: elder:read, or all of elder. `object`: a case number, or an id as it stands there."""
    typed, thing = person.strip(), object.strip()
    object_ids: list[str] | None = None
    if elder_id is not None:
        object_ids = list(await objects_of_elder(session, elder_id))
    elif thing:
        object_ids = await objects_of_case(session, thing) or [thing]
    wanted = AuditFilter(
        actor_ids=await find_user_ids(session, typed) if typed and typed != SYSTEM else None,
        by_system=typed == SYSTEM,
        verb=verb,
        object_ids=object_ids,
        since=since,
        until=until,
    )
    rows = await list_audit(session, wanted, before=before, limit=PAGE + 1)
    if before is None:  # turning a page is not another search
        given = {"person": typed, "verb": verb, "object": thing, "elder": elder_id, "since": since, "until": until}
        await audit(session, who.actor, "audit:searched", "", details={"by": [name for name, value in given.items() if value]})
    shown = rows[:PAGE]
    return AuditPage(
        entries=[entry(row) for row in shown],
        names=await names_in(session, who.actor, shown),
        next=shown[-1].id if len(rows) > PAGE else None,
    )


@router.get("/api/elders/{elder_id}/access-log")
async def get_access_log(
    elder_id: uuid.UUID,
    who: LogReader,
    session: Session,
    settings: SettingsDep,
    centre: Centre,
    days: Annotated[int, Query(ge=1, le=1830)] = 365,
) -> AccessLog:
    """Who looked at her, when and why, for her or her family. For a supervisor of her region; a broken glass does not open it."""
    elder_id = await current_id(session, elder_id)
    if not await is_in_regions(session, elder_id, who.actor.region_ids):
        await audit(session, who.actor, "elder:log_refused", elder_id)
        raise NoAccess("her log is for the supervisor of her region", details={"elder_id": str(elder_id)})
    log = await access_log(
        session,
        who.actor,
        elder_id,
        since=clock.now() - timedelta(days=days),
        centre_name=centre.text("centre_name"),
        timezone=settings.timezone,
    )
    await audit(session, who.actor, "elder:log_read", elder_id, details={"by": "region"})
    return log
