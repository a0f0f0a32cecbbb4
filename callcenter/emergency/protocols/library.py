"""The protocols in force: those that come with the program, and over them those of the centre's own folder (ONEKEY_PROTOCOLS)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from callcenter.emergency.protocols import graph
from callcenter.emergency.protocols.reading import Problem, Read, line_of, read_file
from callcenter.emergency.protocols.schema import Act, Protocol
from callcenter.emergency.states import EmergencyKind

log = structlog.get_logger()
PACKAGED = Path(__file__).parent / "files"


@dataclass(frozen=True, slots=True)
class Library:
    read: tuple[Read, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def protocols(self) -> tuple[Protocol, ...]:
        return tuple(one.protocol for one in self.read)

    def get(self, code: str) -> Read | None:
        return next((one for one in self.read if one.protocol.code == code), None)


def files_of(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix in (".yaml", ".yml") and path.is_file())


def load(*folders: Path) -> Library:
    """What can be used, and what is wrong with the rest. A later folder's protocol takes the place of an earlier one's of the same code, and its default
    that of the default of the same kind. A file with a fault is left out; what it was to take the place of stays in force.
    """
    read: list[Read] = []
    problems: list[Problem] = []
    for folder in folders:
        fresh, wrong = _load_one(folder)
        problems += wrong
        read = [old for old in read if not any(_takes_place_of(new.protocol, old.protocol) for new in fresh)] + fresh
    kinds = {one.protocol.kind for one in read}
    problems += _changes_to_nothing(read, kinds)
    return Library(tuple(sorted(read, key=lambda one: one.protocol.code)), tuple(problems))


def _load_one(folder: Path) -> tuple[list[Read], list[Problem]]:
    try:
        files = files_of(folder)
    except OSError as error:
        return [], [Problem(folder, 0, f"the folder cannot be read: {error.strerror or error}")]
    read, problems = [], []
    for file in files:
        found = read_file(file)
        if isinstance(found, Read):
            read.append(found)
        else:
            problems += found
    by_name = {str(one.file): one for one in read}
    for name, fault in graph.faults_together((str(one.file), one.protocol) for one in read):
        if name in by_name:
            problems.append(Problem(by_name[name].file, line_of(fault.path, by_name[name].lines), fault.message))
    bad = {problem.file for problem in problems}
    return [one for one in read if one.file not in bad], problems


def _takes_place_of(new: Protocol, old: Protocol) -> bool:
    return new.code == old.code or (new.kind is old.kind and new.whom == old.whom)


def _changes_to_nothing(read: Sequence[Read], kinds: set[EmergencyKind]) -> Iterator[Problem]:
    for one in read:
        for i, step in enumerate(one.protocol.steps):
            if step.act is Act.CHANGE_PROTOCOL and step.kind not in kinds:
                yield Problem(one.file, line_of(("steps", i, "kind"), one.lines), f"{step.code}: there is no protocol for {step.kind}")


@dataclass
class Shelf:
    """The library as it lies on disk, read again when a file has changed. A run goes on with what it began with."""

    folders: tuple[Path, ...] = (PACKAGED,)
    _stamp: tuple[tuple[str, int, int], ...] | None = None
    _library: Library = field(default_factory=Library)

    def library(self) -> Library:
        stamp = self._look()
        if stamp != self._stamp:
            self._library, self._stamp = load(*self.folders), stamp
            for problem in self._library.problems:
                log.error("protocol_left_out", file=problem.file.name, line=problem.line)
        return self._library

    def _look(self) -> tuple[tuple[str, int, int], ...]:
        found = []
        for folder in self.folders:
            try:
                found += [(str(file), (stat := file.stat()).st_mtime_ns, stat.st_size) for file in files_of(folder)]
            except OSError:
                found.append((str(folder), 0, 0))
        return tuple(found)


_shelves: dict[str, Shelf] = {}


def shelf_of(folder: str) -> Shelf:
    """`folder`: the centre's own, empty for none. One for each process."""
    return _shelves.setdefault(folder, Shelf((PACKAGED, *([Path(folder)] if folder else []))))
