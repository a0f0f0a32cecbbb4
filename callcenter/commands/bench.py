from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import click
from httpx import HTTPError

from callcenter.bench.booking import postings, statement_and_proof
from callcenter.bench.browsing import in_the_browser
from callcenter.bench.burst import sos_burst
from callcenter.bench.calling import outreach
from callcenter.bench.centre import BenchCentre, BenchFailed, Say, running_centre
from callcenter.bench.conferring import outside_leg
from callcenter.bench.consoles import event_to_consoles
from callcenter.bench.contacts import contacts_ringing
from callcenter.bench.dispatching import match_order, orders_a_second
from callcenter.bench.figure import COLLAPSE, Figure, page
from callcenter.bench.finding import find_elder, search_elders_by_anything
from callcenter.bench.killing import voice_killed
from callcenter.bench.offering import offer_to_store
from callcenter.bench.pressing import press_to_ring, presses_a_second
from callcenter.kit import clock
from callcenter.settings import Settings, settings_or_exit

PAGE = Path(__file__).resolve().parents[2] / "docs/benchmarks.md"
# a measurement on a running centre, and the names of the figures it gives
ON_CENTRE: tuple[tuple[tuple[str, ...], Callable[[BenchCentre, Say], Awaitable[list[Figure]]]], ...] = (
    (("press_to_ring", "pop_before_tone"), press_to_ring),
    (("presses_10", "presses_20", "presses_40"), presses_a_second),
    (("event_to_consoles",), event_to_consoles),
    (("outside_leg",), outside_leg),
    (("offer_to_store",), offer_to_store),
    (("sos_burst",), sos_burst),
    (("killed_20", "taken_up_again"), voice_killed),
    (("contacts_ringing",), contacts_ringing),
    (("outreach_500", "outreach_lines", "outreach_due"), outreach),
    (("sign_in_to_ready", "pop_painted"), in_the_browser),  # last: from then on the agents' telephones only ring
)
ON_DATABASE: tuple[tuple[tuple[str, ...], Callable[[Settings, Say], Awaitable[list[Figure]]]], ...] = (
    (("find_elder",), find_elder),
    (("search_elders",), search_elders_by_anything),
    (("match_order",), match_order),
    (("orders_a_second",), orders_a_second),
    (("postings_a_second",), postings),
    (("statement", "verify"), statement_and_proof),
)
NAMES = [name for names, _ in (*ON_CENTRE, *ON_DATABASE) for name in names]


async def check(settings: Settings, say: Say) -> list[Figure]:
    """A minute's worth: not how good it is, but whether something has broken down."""
    async with running_centre(settings, say) as centre:
        figures = await press_to_ring(centre, say, presses=24)
    return figures + await postings(settings, say, seconds=3.0)


async def measure(settings: Settings, only: str, say: Say) -> tuple[list[Figure], list[str]]:
    """With those that are measured along with it; and what could not be measured, and why: half an hour's figures do not go with one of them."""
    figures: list[Figure] = []
    failed: list[str] = []

    async def measured(names: tuple[str, ...], work: Awaitable[list[Figure]]) -> None:
        try:
            figures.extend(await work)
        except (BenchFailed, OSError, HTTPError, TimeoutError) as problem:
            failed.append(f"{', '.join(names)}: {problem or type(problem).__name__}")
            say(f"✗ {failed[-1]}")

    chosen = [(names, work) for names, work in ON_CENTRE if not only or only in names]
    if chosen:
        async with running_centre(settings, say) as centre:
            for names, work in chosen:
                await measured(names, work(centre, say))
    for names, on_database in ON_DATABASE:
        if not only or only in names:
            await measured(names, on_database(settings, say))
    return figures, failed


@click.command()
@click.option(
    "--only",
    type=click.Choice(NAMES),
    default=None,
    help="This figure, with those measured along with it; docs/benchmarks.md is left as it is.",
)
@click.option(
    "--check", "checking", is_flag=True, help=f"A small run: fails when a figure is {COLLAPSE} times worse than its bar. Writes nothing."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line instead of words.")
def command(only: str | None, checking: bool, as_json: bool) -> None:
    """Measure the figures of docs/benchmarks.md on this machine (some minutes; nothing else should run)."""

    def say(line: str) -> None:
        click.echo(f"  … {line}", err=as_json)

    failed: list[str] = []
    try:
        settings = settings_or_exit()
        if checking:
            figures = asyncio.run(check(settings, say))
        else:
            figures, failed = asyncio.run(measure(settings, only or "", say))
    except BenchFailed as problem:
        click.echo(f"✗ {problem}", err=True)
        sys.exit(1)
    for figure in figures:
        if as_json:
            click.echo(json.dumps(figure.as_json(), ensure_ascii=False))
        else:
            ratio = f"  {figure.ratio:g} × {figure.against}" if figure.ratio is not None else ""
            verdict = {None: "", True: "  (holds)", False: "  (missed)"}[figure.holds]
            click.echo(f"{figure.name}: {figure.figure:g} {figure.unit}{ratio}{verdict}\n    {figure.note}")
    if checking:
        broken = [figure.name for figure in figures if figure.collapsed]
        click.echo(
            f"✗ {COLLAPSE} times worse than the bar: {', '.join(broken)}"
            if broken
            else f"✓ nothing is {COLLAPSE} times worse than its bar",
            err=True,
        )
        sys.exit(1 if broken else 0)
    if only is None:
        PAGE.write_text(page(figures, clock.now(), failed), encoding="utf-8")
        click.echo(f"written: {PAGE.name}", err=as_json)
    for line in failed:
        click.echo(f"✗ not measured: {line}", err=True)
    sys.exit(1 if failed else 0)
