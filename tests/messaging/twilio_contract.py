"""Requests held against Twilio's own description of its API, in this process."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from jsonschema import Draft202012Validator

from tests.messaging.bad_carrier import Asked

SPEC: dict[str, Any] = json.loads((Path(__file__).parent / "twilio-oai/messages.json").read_text(encoding="utf-8"))
CALLS: dict[str, Any] = json.loads((Path(__file__).parent / "twilio-oai/calls.json").read_text(encoding="utf-8"))
SCHEMAS = SPEC["components"]["schemas"] | CALLS["components"]["schemas"]


def operation_of(asked: Asked, spec: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """The operation that a request means, and the values in its path."""
    for template, operations in spec["paths"].items():
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(template))
        match = re.fullmatch(pattern, asked.path)
        if match and asked.method.lower() in operations:
            return operations[asked.method.lower()], match.groupdict()
    raise AssertionError(f"no operation of Twilio's: {asked.method} {asked.path}")


def resolved(schema: Any) -> Any:
    if isinstance(schema, dict):
        if "$ref" in schema:
            return resolved(SCHEMAS[schema["$ref"].rsplit("/", 1)[-1]])
        return {key: resolved(value) for key, value in schema.items()}
    return [resolved(part) for part in schema] if isinstance(schema, list) else schema


def typed(value: str | list[str], schema: dict[str, Any]) -> object:
    """A form carries text only; a list is a field that comes more than once."""
    if schema.get("type") == "array":
        return [typed(part, schema["items"]) for part in ([value] if isinstance(value, str) else value)]
    assert isinstance(value, str)
    kind = schema.get("type")
    if kind in ("integer", "number"):
        return json.loads(value)
    return {"true": True, "false": False}[value] if kind == "boolean" else value


def grouped(asked: Asked) -> dict[str, str | list[str]]:
    """The form, with a list where a field comes more than once."""
    form = parse_qs(asked.body.decode(), keep_blank_values=True)
    return {name: values[0] if len(values) == 1 else values for name, values in form.items()}


def problems(asked: Asked, spec: dict[str, Any] = SPEC) -> list[str]:
    """What Twilio would find wrong with it."""
    operation, path = operation_of(asked, spec)
    found: list[str] = []
    for parameter in operation["parameters"]:
        if parameter["in"] == "path":
            validator = Draft202012Validator(resolved(parameter["schema"]))
            found += [f"{parameter['name']}: {e.message}" for e in validator.iter_errors(path[parameter["name"]])]
    known = {parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "query"}
    found += [f"{name}: no such parameter" for name in asked.query if name not in known]
    body = operation.get("requestBody")
    if body:
        (kind,) = body["content"]
        assert asked.headers["content-type"] == kind
        schema = resolved(body["content"][kind]["schema"]) | {"additionalProperties": False}
        given = {name: typed(value, schema["properties"].get(name, {})) for name, value in grouped(asked).items()}
        found += [f"{'.'.join(map(str, e.path))}: {e.message}" for e in Draft202012Validator(schema).iter_errors(given)]
    assert operation["security"] == [{"accountSid_authToken": []}]
    if not asked.headers.get("authorization", "").startswith("Basic "):
        found.append("no credentials")
    return found


def credentials(asked: Asked) -> str:
    return b64decode(asked.headers["authorization"].removeprefix("Basic ")).decode()


def example(method: str, **changed: object) -> dict[str, Any]:
    """Twilio's own example of an answer."""
    (operation,) = (o[method] for o in SPEC["paths"].values() if method in o)
    response = operation["responses"]["201" if method == "post" else "200"]
    examples = response["content"]["application/json"]["examples"]
    return {**next(iter(examples.values()))["value"], **changed}
