"""docs/configuration.md names every variable, with the default that is in force, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import BaseModel, SecretStr

from callcenter.centre.registry import REGISTRY
from callcenter.local.run import Exit
from callcenter.settings import DEMO_SECRET, Settings, SmsGateway, Timings

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
NESTED: dict[str, type[BaseModel]] = {"timings": Timings, "sms_gateway": SmsGateway}
ROWS = dict(re.findall(r"^\| `([A-Z][A-Z0-9_]*)` \| ([^|]*) \| [^|]+ \|$", TEXT, re.M))


def shown(value: object) -> str:
    if isinstance(value, SecretStr):
        assert value.get_secret_value() in (DEMO_SECRET, "")
        return "demo" if value.get_secret_value() else "*(empty)*"
    return f"`{value}`" if value != "" else "*(empty)*"


def in_force() -> dict[str, str]:
    found: dict[str, str] = {}
    for name, field in Settings.model_fields.items():
        if name not in NESTED:
            alias = field.validation_alias
            found[alias if isinstance(alias, str) else f"ONEKEY_{name.upper()}"] = shown(field.default)
    for outer, model in NESTED.items():
        found |= {f"ONEKEY_{outer}__{name}".upper(): shown(field.default) for name, field in model.model_fields.items()}
    return found


def read_directly() -> set[str]:
    """Variables that the source reads without Settings."""
    pattern = re.compile(r"""environ(?:\.get\(|\[)["'](ONEKEY_\w+)["']""")
    files = [f for folder in ("callcenter", "providers") for f in (ROOT / folder).rglob("*.py")]
    return {name for file in files for name in pattern.findall(file.read_text(encoding="utf-8"))}


def test_every_setting_stands_in_the_tables() -> None:
    settings = in_force()
    assert {name: ROWS.get(name) for name in settings} == settings


def test_nothing_else_stands_there() -> None:
    assert set(ROWS) == set(in_force()) | read_directly()


def test_every_value_that_a_centre_may_set_stands_there_with_its_bounds() -> None:
    shown = dict(re.findall(r"^\| `([a-z][a-z0-9_]*)` \| [^|]+ \| ([\d.]+ to [\d.]+) [^|]+ \|$", TEXT, re.M))
    assert shown == {key: f"{setting.least:.9g} to {setting.most:.9g}" for key, setting in REGISTRY.items()}


def test_exit_codes() -> None:
    for code in Exit:
        assert re.search(rf"(^|\D){code.value} ", TEXT), code
    failures = re.search(r"FAILURES = \{(.*?)\n\}", (ROOT / "tools/bootstrap.py").read_text(encoding="utf-8"), re.S)
    assert failures is not None
    for code in re.findall(r": (\d+),", failures[1]):
        assert f"{code} " in TEXT
