from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import psycopg

from callcenter.backups.database import DatabaseProblem
from callcenter.backups.keys import NoKey, is_demo, keys_of
from callcenter.backups.making import NotMade, make_backup
from callcenter.backups.members import Examined, examine
from callcenter.backups.restoring import Failed, Refused
from callcenter.backups.sealing import Unreadable
from callcenter.kit import clock
from callcenter.local.lock import AlreadyRunning
from callcenter.local.postgres import NoPostgres, PostgresFailed
from callcenter.settings import Settings, settings_or_exit


@click.command()
@click.argument("place", type=click.Path(path_type=Path))
@click.option(
    "--check",
    is_flag=True,
    help="PLACE is a backup: read all of it and say whether it is whole. Nothing is changed, no database is needed.",
)
@click.option(
    "--keep", type=click.IntRange(min=1), help="So many are kept in that folder; older ones are deleted once the new one is whole."
)
def command(place: Path, check: bool, keep: int | None) -> None:
    """Write all that the centre has into one encrypted file. PLACE is a folder, where it gets a name with the time, or a new file.

    The key is ONEKEY_BACKUP_KEY. The centre may go on meanwhile.
    """
    settings = settings_or_exit()
    with told():
        if check:
            with place.open("rb") as file:
                tell(examine(file, keys_of(settings)))
            click.echo("✓ whole: every piece was decrypted, every member is as its manifest says")
            return
        if is_demo(keys_of(settings)[0]):
            click.echo("! encrypted with the demo's key: anybody can read it. Set ONEKEY_BACKUP_KEY", err=True)
        made = make_backup(settings, owner_of_run(settings), place, clock.now(), say, keep=keep or 0)
    tell(made.examined)
    for older in made.removed:
        click.echo(f"  deleted, being older: {older.name}")
    click.echo(f"✓ {made.path}, {size(made.examined.size)}, read back and whole")


def tell(examined: Examined) -> None:
    manifest = examined.manifest
    files = [member for member in manifest.members if "/" in member.name]
    recordings = [member for member in files if member.name.startswith("recordings/")]
    click.echo(
        f"  made {manifest.made_at:%Y-%m-%d %H:%M:%S} UTC by {manifest.version}, PostgreSQL {manifest.postgres}, migration {manifest.migration}"
    )
    click.echo(f"  backup key {examined.key_id}, field key {manifest.field_key}")
    others = len(files) - len(recordings)
    click.echo(
        f"  {sum(manifest.counts.values()):,} rows in {len(manifest.counts)} tables, {len(recordings):,} recordings, {others:,} other files"
    )
    if examined.secrets is None and manifest.mode == "production":
        click.echo("  its secrets are not in it: ONEKEY_FIELD_KEY is needed to read what is encrypted")
    if manifest.vanished:
        click.echo(f"  {manifest.vanished} files were deleted while they were being copied")


def owner_of_run(settings: Settings) -> str:
    """The owner's URL of the run that goes on in this home, "" when there is none."""
    try:
        return str(json.loads((settings.home / "env.json").read_text(encoding="utf-8"))["DATABASE_URL"])
    except (OSError, ValueError, KeyError):
        return ""


def say(line: str) -> None:
    click.echo(f"  … {line}")


def size(number: int) -> str:
    return f"{number / 1e6:,.1f} MB" if number < 1e9 else f"{number / 1e9:,.1f} GB"


@contextmanager
def told() -> Iterator[None]:
    """What stops it is said in a line."""
    try:
        yield
    except (NoKey, NotMade, Unreadable, DatabaseProblem, Refused, Failed, AlreadyRunning, NoPostgres, PostgresFailed) as problem:
        raise click.ClickException(str(problem)) from None
    except psycopg.Error as error:
        raise click.ClickException(
            f"the database refused or does not answer ({type(error).__name__}: {str(error).strip()[:300]})"
        ) from None
    except OSError as error:
        raise click.ClickException(f"{error.filename or 'the file'}: {error.strerror or error}") from None
