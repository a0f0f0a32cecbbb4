from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.audit import audit
from callcenter.cases.models import Case
from callcenter.cases.queries import find_case
from callcenter.commands.work import OPERATOR, in_database
from callcenter.emergency.protocols import library, queries
from callcenter.emergency.protocols.models import EmergencyStep
from callcenter.emergency.protocols.reading import Read, read_file
from callcenter.emergency.protocols.replay import Replay, Row, Verdict, Was, replay
from callcenter.emergency.protocols.schema import ForElder, ForGroup, Protocol
from callcenter.emergency.protocols.states import BEHIND, RunEnd, StepState
from callcenter.emergency.queries import get_emergency
from callcenter.kit.errors import NotFound
from callcenter.settings import Settings, settings_or_exit


@click.group()
def command() -> None:
    """What is asked and done in an emergency: check files, list what is in force, replay a case with another version."""


@command.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path))
def check(folder: Path | None) -> None:
    """Says by file and line what is wrong. FOLDER: a centre's own, checked together with those that come with the program.

    Code 0: all may be used. Code 1: what is told is left out, and what it was to take the place of stays in force. Code 2: no such folder.
    """
    if folder is not None and not folder.is_dir():
        raise click.UsageError(f"{folder} is no folder")
    found = library.load(library.PACKAGED, *([folder] if folder else []))
    for problem in found.problems:
        click.echo(str(problem))
    own = [one for one in found.read if folder is None or one.file.parent == folder]
    click.echo(f"{len(own)} protocols may be used, {len(found.problems)} faults", err=bool(found.problems))
    if found.problems:
        raise SystemExit(1)


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="for programs")
def list_command(as_json: bool) -> None:
    """What is in force, with version and where it comes from."""
    found = library.shelf_of(settings_or_exit().protocols).library()
    rows = [
        {
            "code": one.protocol.code,
            "version": one.protocol.version,
            "kind": str(one.protocol.kind),
            "title": one.protocol.title.zh,
            "for": whom(one.protocol),
            "steps": len(one.protocol.steps),
            "sha256": one.sha256,
            "file": str(one.file) if one.file.parent != library.PACKAGED else f"(packaged) {one.file.name}",
        }
        for one in found.read
    ]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        for row in rows:
            click.echo("\t".join(str(row[name]) for name in ("code", "version", "kind", "title", "for", "steps", "file")))
    for problem in found.problems:
        click.echo(f"✗ {problem}", err=True)


def whom(protocol: Protocol) -> str:
    if isinstance(protocol.whom, ForElder):
        return "one elder"
    return "a group" if isinstance(protocol.whom, ForGroup) else "everybody"


# --- replay --------------------------------------------------------------------------------------------------------------------------

VERDICTS = {
    Verdict.SAME: "=",
    Verdict.WORDS: "other words",
    Verdict.DEADLINE: "other deadline",
    Verdict.GOES_ELSEWHERE: "goes on elsewhere",
    Verdict.TOO_LATE: "would have been late",
    Verdict.NEW: "NEW",
    Verdict.MISSING: "MISSING",
    Verdict.OPEN: "hangs on the open question",
}


@dataclass(frozen=True, slots=True)
class Walked:
    """What was done in a case by the protocol that is compared."""

    number: str
    code: str
    version: int
    done: list[Was]
    ended: bool


@command.command("replay")
@click.argument("case")
@click.option("--with", "file", required=True, type=click.Path(path_type=Path, dir_okay=False), help="the protocol's file to compare with")
@click.option("--json", "as_json", is_flag=True, help="for programs")
def replay_command(case: str, file: Path, as_json: bool) -> None:
    """What another version would have asked and done in CASE (its number or id): the answers that were given, walked through FILE, side by side.

    Compared is the case's run of a protocol of the same kind, the last of several; without one, all that was answered in the case. Nothing is written
    but that somebody looked.
    """
    read = read_file(file)
    if not isinstance(read, Read):
        for problem in read:
            click.echo(str(problem), err=True)
        raise SystemExit(1)

    async def do(session: AsyncSession, _: Settings) -> Walked:
        found = await find_case(session, case)
        if found is None:
            raise NotFound("no such case")
        walked = await _walked(session, found, read.protocol)
        await audit(session, OPERATOR, "emergency:protocol-replayed", found.id, details={"with": read.protocol.code})
        return walked

    walked = in_database(do)
    found = replay(walked.done, read.protocol, ended=walked.ended)
    click.echo(
        json.dumps(_as_json(walked, read.protocol, found), ensure_ascii=False, indent=2)
        if as_json
        else _as_text(walked, read.protocol, found)
    )


async def _walked(session: AsyncSession, case: Case, protocol: Protocol) -> Walked:
    emergency = await get_emergency(session, case.id)
    runs = await queries.list_runs(session, emergency.id)
    if not runs:
        raise NotFound("no protocol was walked in this case")
    alike = [run for run in runs if run.version.kind == protocol.kind or run.version.code == protocol.code]
    chosen = alike[-1:] or runs
    by_id = {run.row.id: run for run in chosen}
    way = (*BEHIND, StepState.PENDING)
    rows = [row for row in await queries.list_steps(session, emergency.id) if row.run_id in by_id and row.state in way]
    done = [_was(row, by_id[row.run_id], rows) for row in rows if row.state in BEHIND]
    last = chosen[-1]
    ended = last.row.ended is RunEnd.FINISHED or bool(done and not done[-1].next)
    return Walked(case.number, last.version.code, last.version.version, done, ended)


def _was(row: EmergencyStep, run: queries.Run, rows: list[EmergencyStep]) -> Was:
    step = run.protocol.step(row.step)
    assert step is not None, "a run holds only steps of its own version"
    after = next((other.step for other in rows if other.run_id == row.run_id and other.position > row.position), "")
    seconds = None if row.carried or row.at is None else round((row.at - row.began_at).total_seconds(), 1)
    return Was(step, row.answer, row.state is StepState.SKIPPED, seconds, after)


def _as_json(walked: Walked, protocol: Protocol, found: Replay) -> dict[str, Any]:
    return {
        "case": walked.number,
        "was": {"code": walked.code, "version": walked.version},
        "with": {"code": protocol.code, "version": protocol.version},
        "stopped_at": found.stopped_at,
        "steps": [
            {
                "step": row.code,
                "verdicts": list(row.verdicts),
                "was": {
                    "answer": row.was.answer,
                    "skipped": row.was.skipped,
                    "seconds": row.was.seconds,
                    "within": row.was.step.within,
                    "next": row.was.next,
                }
                if row.was
                else None,
                "would": {"answer": row.would.answer, "within": row.would.step.within, "next": row.would.next} if row.would else None,
            }
            for row in found.rows
        ],
    }


def _as_text(walked: Walked, protocol: Protocol, found: Replay) -> str:
    head = ("", f"was: {walked.code} {walked.version}", f"would: {protocol.code} {protocol.version}", "")
    lines = [head, *(_line(i, row) for i, row in enumerate(found.rows, 1))]
    widths = [max(len(line[n]) for line in lines) for n in range(3)]
    text = [f"case {walked.number}"] + ["  ".join(line[n].ljust(widths[n]) for n in range(3)) + "  " + line[3] for line in lines]
    if found.stopped_at:
        step = protocol.step(found.stopped_at)
        asked = step.ask or step.info if step else None
        text.append(f"Nobody answered {found.stopped_at} in this case{f' ({asked.zh})' if asked else ''}; what follows hangs on it.")
    return "\n".join(line.rstrip() for line in text)


def _line(number: int, row: Row) -> tuple[str, str, str, str]:
    was = would = "–"
    if row.was is not None:
        answer = "skipped" if row.was.skipped else row.was.answer
        took = "known" if row.was.seconds is None else f"{row.was.seconds:g} s"
        was = f"{row.was.step.code}: {answer} ({took} of {row.was.step.within} s)"
    if row.would is not None:
        would = f"{row.would.step.code}: {row.would.answer or '?'} (of {row.would.step.within} s)"
    return str(number), was, would, ", ".join(VERDICTS[verdict] for verdict in row.verdicts)
