"""Duplicates and merges, files of elders that come in and go out."""

from __future__ import annotations

import uuid
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.audit import audit
from callcenter.accounts.roles import Permission
from callcenter.accounts.sessions import SignedIn
from callcenter.console.http import NoAccess, Session, needs
from callcenter.console.idempotency import IdempotencyKey
from callcenter.console.profiles import merge_elders, undo_merge
from callcenter.console.routes.profiles import NoBody, did
from callcenter.elders import exporting, importing, merging
from callcenter.elders.access import whole_for
from callcenter.elders.queries import get_profile
from callcenter.elders.record_schemas import (
    AskExport,
    Candidate,
    CommitImport,
    DecideExport,
    ExportView,
    ImportReport,
    ImportView,
    Merge,
    MergeView,
    Pair,
)
from callcenter.elders.records import ExportRequest, ImportBatch
from callcenter.elders.schemas import Profile

router = APIRouter()
Merger = Annotated[SignedIn, Depends(needs(Permission.ELDERS_MERGE))]
Importer = Annotated[SignedIn, Depends(needs(Permission.ELDERS_IMPORT))]
Exporter = Annotated[SignedIn, Depends(needs(Permission.ELDERS_EXPORT))]
Approver = Annotated[SignedIn, Depends(needs(Permission.EXPORTS_APPROVE))]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FILE: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
}


async def both_hers(session: AsyncSession, who: SignedIn, ids: list[uuid.UUID], *, purpose: str) -> None:
    """Whoever makes one out of two, or says that they are two, may see all of both."""
    because = await whole_for(session, who.actor, ids)
    for elder_id in ids:
        if elder_id not in because:
            await audit(session, who.actor, "elder:refused", elder_id, purpose=purpose)
            raise NoAccess("one of them is not of your regions", details={"elder_id": str(elder_id)})


# --- duplicates ----------------------------------------------------------------------------------------------------------------


@router.get("/api/elder-duplicates")
async def duplicates(who: Merger, session: Session) -> list[Candidate]:
    found = await merging.list_candidates(session, who.actor.region_ids)
    await audit(session, who.actor, "elder:duplicates", "", details={"pairs": len(found)})
    return found


@router.post("/api/elder-duplicates/not-the-same")
async def not_the_same(body: Pair, who: Merger, session: Session) -> list[Candidate]:
    await both_hers(session, who, [body.first_id, body.second_id], purpose="merge")
    await merging.mark_not_the_same(session, who.actor, first_id=body.first_id, second_id=body.second_id)
    return await merging.list_candidates(session, who.actor.region_ids)


@router.get("/api/elder-merges")
async def merges(who: Merger, session: Session) -> list[MergeView]:
    """Those whose kept profile the reader may see whole."""
    found = await merging.list_merges(session)
    seen = await whole_for(session, who.actor, [merge.kept.id for merge in found])
    return [merge for merge in found if merge.kept.id in seen]


@router.post("/api/elder-merges")
async def merge(body: Merge, who: Merger, session: Session, idempotency_key: IdempotencyKey = None) -> Profile:
    """The answer is the kept profile."""
    await both_hers(session, who, [body.kept_id, body.merged_id], purpose="merge")
    await did(session, who, idempotency_key, f"merge:{body.merged_id}", body, lambda: merge_elders(session, who.actor, body))
    await audit(session, who.actor, "elder:read", body.kept_id, purpose="merge", details={"health": True})
    return await get_profile(session, body.kept_id)


@router.post("/api/elder-merges/{merge_id}/undo")
async def undo(merge_id: uuid.UUID, who: Merger, session: Session, idempotency_key: IdempotencyKey = None) -> list[MergeView]:
    kept_id = await merging.kept_of(session, merge_id)
    await both_hers(session, who, [kept_id], purpose="merge")
    await did(session, who, idempotency_key, f"unmerge:{merge_id}", NoBody(), lambda: undo_merge(session, who.actor, merge_id))
    return await merges(who, session)


# --- in ------------------------------------------------------------------------------------------------------------------------


@router.get("/api/elder-imports/template", response_class=Response)
async def template(who: Importer, format: Literal["csv", "xlsx"] = "xlsx") -> Response:
    media = XLSX if format == "xlsx" else "text/csv; charset=utf-8"
    return attachment(importing.template(format), f"老人档案导入模板.{format}", media)


@router.get("/api/elder-imports")
async def list_imports(who: Importer, session: Session) -> list[ImportView]:
    return await importing.list_imports(session)


@router.post("/api/elder-imports", openapi_extra=FILE)
async def check_file(request: Request, who: Importer, session: Session, name: Annotated[str, Query(max_length=200)] = "") -> ImportReport:
    """A CSV or XLSX file as the body. It is read and checked; nobody's profile is touched."""
    return importing.report_of(await importing.check_file(session, who.actor, file_name=name, data=await request.body()))


@router.get("/api/elder-imports/{import_id}")
async def get_import(import_id: uuid.UUID, who: Importer, session: Session) -> ImportReport:
    return await importing.get_report(session, who.actor, import_id)


@router.post("/api/elder-imports/{import_id}/commit")
async def commit_import(
    import_id: uuid.UUID, body: CommitImport, who: Importer, session: Session, idempotency_key: IdempotencyKey = None
) -> ImportReport:
    async def do() -> ImportBatch:
        return await importing.commit_import(session, who.actor, import_id, only_good=body.rows == "good")

    await did(session, who, idempotency_key, f"import:{import_id}", body, do)
    return await importing.get_report(session, who.actor, import_id)


@router.post("/api/elder-imports/{import_id}/discard")
async def discard_import(import_id: uuid.UUID, who: Importer, session: Session) -> ImportReport:
    await importing.discard_import(session, who.actor, import_id)
    return await importing.get_report(session, who.actor, import_id)


# --- out -----------------------------------------------------------------------------------------------------------------------


@router.get("/api/elder-exports")
async def list_exports(who: Exporter, session: Session) -> list[ExportView]:
    return await exporting.list_exports(session, who.actor)


@router.post("/api/elder-exports")
async def ask_export(body: AskExport, who: Exporter, session: Session, idempotency_key: IdempotencyKey = None) -> list[ExportView]:
    async def do() -> ExportRequest:
        return await exporting.ask_export(session, who.actor, body)

    await did(session, who, idempotency_key, "export", body, do)
    return await exporting.list_exports(session, who.actor)


@router.post("/api/elder-exports/{export_id}/decide")
async def decide_export(
    export_id: uuid.UUID, body: DecideExport, who: Approver, session: Session, idempotency_key: IdempotencyKey = None
) -> list[ExportView]:
    await did(
        session, who, idempotency_key, f"decide:{export_id}", body, lambda: exporting.decide_export(session, who.actor, export_id, body)
    )
    return await exporting.list_exports(session, who.actor)


@router.get("/api/elder-exports/{export_id}/file", response_class=Response)
async def fetch_export(export_id: uuid.UUID, who: Exporter, session: Session) -> Response:
    """Each time it is fetched is written down."""
    file = await exporting.fetch_export(session, who.actor, export_id)
    return attachment(file.data, file.name, file.media_type)


def attachment(data: bytes, name: str, media_type: str) -> Response:
    plain = name.encode("ascii", "ignore").decode() or "file"
    headers = {"Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}", "Cache-Control": "no-store"}
    return Response(data, media_type=media_type, headers=headers)
