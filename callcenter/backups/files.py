"""Which files of the disk belong into a backup: what cannot be made again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from callcenter.settings import Settings

# of the home: what a start makes anew, and the database's own files, which are dumped instead
MADE_ANEW = ("postgres", "postgres.location", "log", "ready", "lock", "env.json", "demo.json", "backups", "asterisk")
PREFIXES = (".", "celerybeat", "before-restore-")
# of Asterisk's folder, else made by `render`: its own record of calls, and sound that is not sealed yet
OF_ASTERISK = ("log/cel-custom", "spool/recording")


def belonging(settings: Settings) -> Iterator[tuple[str, Path]]:
    """Name in the backup, and where the file lies. Half-written ones (.part) are nobody's loss: their makers write them anew."""
    home, recordings = settings.home.resolve(), settings.recordings.resolve()
    if home.is_dir():
        for top in sorted(home.iterdir()):
            if top.name not in MADE_ANEW and not top.name.startswith(PREFIXES) and top.resolve() != recordings:
                yield from _below(top, f"home/{top.name}")
    for part in OF_ASTERISK:
        yield from _below(settings.pbx_home.resolve() / part, f"home/asterisk/{part}")
    yield from _below(recordings, "recordings")
    for name, folder in (("protocols", settings.protocols), ("prompts", settings.prompts)):
        if folder:
            yield from _below(Path(folder).resolve(), name)


def _below(path: Path, name: str) -> Iterator[tuple[str, Path]]:
    if path.is_symlink():
        return
    if path.is_dir():
        for child in sorted(path.iterdir()):
            if not child.name.startswith((".", "before-restore-")):
                yield from _below(child, f"{name}/{child.name}")
    elif path.is_file() and path.suffix != ".part":
        yield name, path
