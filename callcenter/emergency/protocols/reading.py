"""A protocol's file, read; or what is wrong with it, by line and in plain words."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from callcenter.emergency.protocols import graph
from callcenter.emergency.protocols.schema import Protocol

LARGEST = 256 * 1024


@dataclass(frozen=True, slots=True)
class Problem:
    file: Path
    line: int  # from 1; 0: the file as a whole
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}" if self.line else f"{self.file}: {self.message}"


@dataclass(frozen=True, slots=True)
class Read:
    """One file's protocol. `content` is what is pinned to a run, `sha256` that of its canonical form."""

    file: Path
    protocol: Protocol
    lines: dict[graph.Path, int]

    @property
    def content(self) -> dict[str, Any]:
        return content_of(self.protocol)

    @property
    def sha256(self) -> str:
        return digest(self.content)


def content_of(protocol: Protocol) -> dict[str, Any]:
    """As it is stored: also what was left to a default, so that it means the same when a default is another one day."""
    dumped: dict[str, Any] = protocol.model_dump(mode="json", by_alias=True, exclude_none=True)
    return dumped


def digest(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


class _Loader(yaml.SafeLoader):
    """Plain words stay words: `no` is an answer here, not False, and 12:30 no number. No aliases: a file reads as it is written."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.get_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(None, None, "& and * are not read, write it out", mark)
        return super().compose_node(parent, index)


_Loader.yaml_implicit_resolvers = {}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(?:true|false)$"), list("tf"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile("^(?:0|[1-9][0-9]*)$"), list("0123456789"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile("^(?:~|null|)$"), ["~", "n", ""])


def read_file(file: Path) -> Read | list[Problem]:
    """Never raises for what is in the file."""
    try:
        raw = file.read_bytes()
        if len(raw) > LARGEST:
            return [Problem(file, 0, f"larger than {LARGEST // 1024} kB; no protocol is")]
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return [Problem(file, 0, "not written in UTF-8")]
    except OSError as error:
        return [Problem(file, 0, f"cannot be read: {error.strerror or error}")]
    return read_text(text, file)


def read_text(text: str, file: Path) -> Read | list[Problem]:
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return [Problem(file, mark.line + 1 if mark else 0, f"no YAML: {error.problem or error.context}; texts belong in quotes")]
    except yaml.YAMLError as error:
        return [Problem(file, 0, f"no YAML: {str(error).splitlines()[0]}")]
    except RecursionError:
        return [Problem(file, 0, "nested too deeply")]
    if node is None:
        return [Problem(file, 0, "empty")]
    lines: dict[graph.Path, int] = {}
    problems: list[Problem] = []
    value = _value(node, (), lines, problems, file)
    if problems:
        return problems
    if not isinstance(value, dict):
        return [Problem(file, 1, "a protocol is a list of names with values: code, version, kind, …")]
    try:
        protocol = Protocol.model_validate(value)
    except ValidationError as error:
        found = error.errors()
        inner = {one["loc"][:-1] for one in found if len(one["loc"]) > 1}
        told = {_told(one, lines, file) for one in found if not (one["type"] == "too_short" and one["loc"] in inner)}
        return sorted(told, key=lambda problem: (problem.line, problem.message))
    if wrong := graph.faults(protocol):
        return [Problem(file, line_of(fault.path, lines), fault.message) for fault in wrong]
    return Read(file, protocol, lines)


def line_of(path: graph.Path, lines: dict[graph.Path, int]) -> int:
    """Of the place itself, or of what holds it."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


def _value(node: yaml.Node, path: graph.Path, lines: dict[graph.Path, int], problems: list[Problem], file: Path) -> Any:
    """The node as plain values; where each stands goes into `lines`."""
    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            line = key_node.start_mark.line + 1
            if key in found:
                problems.append(Problem(file, line, f"{key} stands here twice"))
                continue
            found[key] = _value(value_node, (*path, key), lines, problems, file)
            lines[(*path, key)] = line
        return found
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*path, i), lines, problems, file) for i, item in enumerate(node.value)]
    assert isinstance(node, yaml.ScalarNode)
    if node.tag == "tag:yaml.org,2002:int":
        return int(node.value)
    if node.tag == "tag:yaml.org,2002:bool":
        return node.value == "true"
    if node.tag == "tag:yaml.org,2002:null":
        return None
    if node.tag != "tag:yaml.org,2002:str":
        problems.append(Problem(file, node.start_mark.line + 1, f"{node.tag} means nothing here"))
    return node.value


def _told(error: ErrorDetails, lines: dict[graph.Path, int], file: Path) -> Problem:
    """pydantic's finding in the words of who writes protocols. Its path also names branches of a choice, which stand in no file."""
    path: graph.Path = ()
    name = ""
    for part in error["loc"]:
        name = str(part) if isinstance(part, str) else name
        if (*path, part) in lines:
            path = (*path, part)
    kind, context = error["type"], error.get("ctx", {})
    said = {
        "missing": f"{name} is missing",
        "extra_forbidden": f"{name} is not known here",
        "value_error": str(context.get("error", "")),
        "enum": f"{name}: {error['input']!r} is none of {context.get('expected', '')}",
        "literal_error": f"{name}: {error['input']!r} is none of {context.get('expected', '')}",
        "string_pattern_mismatch": f"{name}: {error['input']!r} is no code: small letters, digits and _",
        "string_type": f"{name}: text is wanted; put it in quotes",
        "int_type": f"{name}: a whole number is wanted",
        "int_parsing": f"{name}: a whole number is wanted",
        "bool_type": f"{name}: true or false",
        "bool_parsing": f"{name}: true or false",
        "greater_than_equal": f"{name}: {error['input']} is less than {context.get('ge')}",
        "less_than_equal": f"{name}: {error['input']} is more than {context.get('le')}",
        "too_short": f"{name}: one at least",
        "tuple_type": f"{name}: a list is wanted",
        "model_type": f"{name}: names with values are wanted",
        "model_attributes_type": f"{name}: names with values are wanted",
    }.get(kind, f"{name}: {error['msg']}")
    step = next((f"step {i + 1}: " for head, i in [path[:2]] if head == "steps" and isinstance(i, int)), "") if len(path) >= 2 else ""
    return Problem(file, line_of(path, lines), step + said)
