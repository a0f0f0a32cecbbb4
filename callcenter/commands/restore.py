from __future__ import annotations

import sys
from pathlib import Path

import click

from callcenter.backups.members import Examined
from callcenter.backups.restoring import restore
from callcenter.commands.backup import say, tell, told
from callcenter.kit import clock
from callcenter.settings import settings_or_exit


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Also where something is already: it is kept beside the new, under another name.")
def command(file: Path, replace: bool) -> None:
    """Bring a backup into this home (ONEKEY_HOME) and its database: DATABASE_URL, or the home's own PostgreSQL.

    The file is read from beginning to end first; what is not right is said, and nothing is changed. The centre's processes must be stopped.
    """
    settings = settings_or_exit()
    with told(), file.open("rb") as opened:
        done = restore(settings, opened, clock.now(), say, replace=replace)
    tell(Examined(done.manifest, done.key_id, None, 0))
    click.echo(f"✓ the database: every table has as many rows as when the backup was made ({sum(done.manifest.counts.values()):,})")
    click.echo(f"✓ {done.files:,} files in {settings.home}")
    if done.recordings:
        heard = "the newest was decrypted from beginning to end" if done.recordings > done.missing else "none of them could be tried"
        click.echo(f"{'✓' if not done.missing else '!'} {done.recordings:,} recordings are kept, {heard}")
    if done.missing:
        click.echo(f"! {done.missing:,} of them have no file: they were not there when the backup was made")
    if done.wrong_books:
        click.echo(
            f"✗ the books of points are not right, and were not when the backup was made: {'; '.join(done.wrong_books[:3])}", err=True
        )
    else:
        click.echo(f"✓ the books of points are right ({done.entries:,} entries)")
    if done.upgraded:
        click.echo("✓ the database was brought up to date for this program")
    if done.old_database:
        click.echo(f"  the old database is kept as {done.old_database}; when all is well: DROP DATABASE {done.old_database}")
    for folder in done.old_files:
        click.echo(f"  old files are kept in {folder}")
    for name in ("protocols", "prompts"):
        if any(member.name.startswith(f"{name}/") for member in done.manifest.members):
            click.echo(f"  the centre's own {name} lie in {settings.home / name}: set ONEKEY_{name.upper()} to it")
    click.echo("Start the centre's processes now.")
    sys.exit(1 if done.wrong_books else 0)
