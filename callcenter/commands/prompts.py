from __future__ import annotations

import sys
from pathlib import Path

import click

from callcenter import prompts
from callcenter.settings import settings_or_exit


@click.group()
def command() -> None:
    """What callers hear: check a centre's own recordings."""


@command.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path))
def check(folder: Path | None) -> None:
    """Says which recordings of FOLDER (else ONEKEY_PROMPTS) are played instead of ours, and what is wrong with the others.

    Code 0: all are played. Code 1: what is told is passed over, and ours is played. Code 2: no folder is given.
    """
    given = str(folder) if folder is not None else settings_or_exit().prompts
    if not given:
        raise click.UsageError("name a folder, or set ONEKEY_PROMPTS")
    own = prompts.read_own(given)
    for name in own.files:
        click.echo(f"✓ {name}")
    for file, problem in own.problems:
        click.echo(f"✗ {file}: {problem}", err=True)
    click.echo(f"{len(own.files)} of {len(prompts.wav_files())} sounds are the centre's own")
    sys.exit(1 if own.problems else 0)
