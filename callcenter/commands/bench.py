from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import click

from callcenter.bench.browsing import in_the_browser
from callcenter.bench.centre import BenchCentre, BenchFailed, Say, running_centre
from callcenter.bench.consoles import event_to_consoles
from callcenter.bench.figure import Figure, page
from callcenter.bench.finding import find_elder, search_elders_by_anything
from callcenter.bench.pressing import press_to_ring, presses_a_second
from callcenter.kit import clock
from callcenter.settings import Settings, settings_or_exit

PAGE = Path(__file__).resolve().parents[2] / "docs/benchmarks.md"
# a measurement on a running centre, and the names of the figures it gives
ON_CENTRE: tuple[tuple[tuple[str, ...], Callable[[BenchCentre, Say], Awaitable[list[Figure]]]], ...] = (
    (("press_to_ring", "pop_before_tone"), press_to_ring),
    (("presses_10", "presses_20", "presses_40"), presses_a_second),
    (("event_to_consoles",), event_to_consoles),
    (("sign_in_to_ready", "pop_painted"), in_the_browser),  # last: from then on the agents' telephones only ring
)
ON_DATABASE: tuple[tuple[str, Callable[[Settings, Say], Awaitable[list[Figure]]]], ...] = (
    ("find_elder", find_elder),
    ("search_elders", search_elders_by_anything),
)
NAMES = [*(name for names, _ in ON_CENTRE for name in names), *(name for name, _ in ON_DATABASE)]


async def measure(settings: Settings, only: str, say: Say) -> list[Figure]:
    figures: list[Figure] = []
    chosen = [work for names, work in ON_CENTRE if not only or only in names]
    if chosen:
        async with running_centre(settings, say) as centre:
            for work in chosen:
                figures += await work(centre, say)
    for name, measured in ON_DATABASE:
        if only in ("", name):
            figures += await measured(settings, say)
    return [figure for figure in figures if not only or figure.name == only]


@click.command()
@click.option("--only", type=click.Choice(NAMES), default=None, help="This figure alone; docs/benchmarks.md is left as it is.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line instead of words.")
def command(only: str | None, as_json: bool) -> None:
    """Measure the figures of docs/benchmarks.md on this machine (some minutes; nothing else should run)."""

    def say(line: str) -> None:
        click.echo(f"  … {line}", err=as_json)

    try:
        figures = asyncio.run(measure(settings_or_exit(), only or "", say))
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
    if only is None:
        PAGE.write_text(page(figures, clock.now()), encoding="utf-8")
        click.echo(f"written: {PAGE.name}", err=as_json)
    sys.exit(0)
