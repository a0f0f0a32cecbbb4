from __future__ import annotations

import asyncio
from pathlib import Path

import click

from callcenter.press import DEMO_NUMBERS, PressFailed, press_key
from callcenter.settings import settings_or_exit


@click.command()
@click.option("--line", type=click.Choice(sorted(DEMO_NUMBERS)), default="sos", show_default=True, help="the red key or the green key")
@click.option("--from", "caller", default="07103456789", show_default=True, help="the elder's number, in any form")
@click.option(
    "--say", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="a WAV file (8 kHz, mono) to say; default: a tone"
)
@click.option("--seconds", default=30.0, show_default=True, help="hang up after this long")
def command(line: str, caller: str, say: Path | None, seconds: float) -> None:
    """Press a key on an elder's telephone: a real SIP call through the trunk."""
    settings = settings_or_exit()
    try:
        asyncio.run(press_key(settings, number=DEMO_NUMBERS[line], caller=caller, say=say, seconds=seconds, tell=click.echo))
    except PressFailed as error:
        raise click.ClickException(str(error)) from None
