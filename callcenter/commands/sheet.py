from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path

import click
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.commands.work import OPERATOR, in_database
from callcenter.kit import clock
from callcenter.kit.crypto import Undecryptable
from callcenter.regions.queries import get_region_by_code
from callcenter.reports.risk_sheet.actions import write_sheet
from callcenter.reports.risk_sheet.kept import NoKeptSheet, note_printed, read_kept
from callcenter.reports.risk_sheet.pdf import sheet_as_pdf
from callcenter.reports.risk_sheet.queries import collect_sheet
from callcenter.reports.risk_sheet.schemas import SheetData
from callcenter.settings import Settings, get_settings, settings_or_exit


@click.command()
@click.option("--region", "code", required=True, help="its code, as the administration numbers it: 420606")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="the PDF that is written")
@click.option("--reason", default="系统停用", show_default=True, help="why it is printed; kept with it")
@click.option("--by", "name", default="", help="who has it in her hands; stands on every page")
@click.option("--kept", is_flag=True, help="the one of this morning, without a database; needs ONEKEY_FIELD_KEY alone")
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
def command(code: str, out: Path, reason: str, name: str, kept: bool, language: str) -> None:
    """Print the sheet of today's risks, for the day when everything is down. Nothing but the database need run, with --kept not even that."""
    take_key_of_home(settings_or_exit())
    if len(reason.strip()) < 4:
        raise click.ClickException("say why, in four characters or more")
    try:
        data, serial, at = _from_file(code) if kept else _from_database(code, reason.strip(), name)
    except Undecryptable as error:
        raise click.ClickException(f"{error}: is ONEKEY_FIELD_KEY the centre's?") from None
    content = sheet_as_pdf(data, by=name or OPERATOR.name, at=at, serial=serial, language=language)
    with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
    click.echo(f"{out}: {data.elders} elders of {data.region}, as of {data.at:%Y-%m-%d %H:%M} UTC")


def take_key_of_home(settings: Settings) -> None:
    """What `callcenter run` generated for this home, where no key is given: its data were encrypted with it, and a stopped run left it there."""
    path = settings.home / "secrets.json"
    if "ONEKEY_FIELD_KEY" not in os.environ and path.exists():
        os.environ["ONEKEY_FIELD_KEY"] = json.loads(path.read_text(encoding="utf-8"))["field_key"]
        get_settings.cache_clear()


def _from_database(code: str, reason: str, name: str) -> tuple[SheetData, int, datetime]:
    async def do(session: AsyncSession, settings: Settings) -> tuple[SheetData, int, datetime]:
        region = await get_region_by_code(session, code)
        if region is None:
            raise click.ClickException(f"there is no region {code}")
        data = await collect_sheet(session, settings, region)
        sheet = await write_sheet(session, OPERATOR, region, data, reason=f"{reason} {name}".strip())
        return data, sheet.serial, sheet.at

    return in_database(do)


def _from_file(code: str) -> tuple[SheetData, None, datetime]:
    settings = settings_or_exit()
    try:
        data = read_kept(settings, code)
    except NoKeptSheet as error:
        raise click.ClickException(str(error)) from None
    at = clock.now()
    note_printed(settings, data, at=at)
    return data, None, at
