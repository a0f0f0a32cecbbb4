"""The words, read once: `zh-CN.yaml` beside this file."""

from __future__ import annotations

import string
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, model_validator

FILE = Path(__file__).with_name("zh-CN.yaml")
ONE_PART = 70  # characters of one text message in UCS-2; the next part costs as much again


class Template(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    to: str
    text: str
    example: dict[str, str]
    limited: bool = False

    @property
    def placeholders(self) -> frozenset[str]:
        return frozenset(name for _, name, _, _ in string.Formatter().parse(self.text) if name is not None)

    @model_validator(mode="after")
    def refuse_a_bad_text(self) -> Template:
        for _, name, form, conversion in string.Formatter().parse(self.text):
            if name is not None and (not name.isidentifier() or form or conversion):
                raise ValueError(f"{{{name}}} is no plain placeholder")
        if set(self.example) != self.placeholders:
            raise ValueError(f"the example gives {sorted(self.example)}, the text wants {sorted(self.placeholders)}")
        return self

    def render(self, params: Mapping[str, str]) -> str:
        """ValueError when a placeholder is not given, or one too many: a message with a hole in it is sent to nobody."""
        if set(params) != self.placeholders:
            raise ValueError(f"given {sorted(params)}, wanted {sorted(self.placeholders)}")
        return self.text.format_map(params)


@lru_cache
def templates() -> Mapping[str, Template]:
    loaded: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return {name: Template.model_validate(fields) for name, fields in loaded["templates"].items()}


def get_template(name: str) -> Template:
    """KeyError for a name that is not there: a fault of ours, not of who asks."""
    return templates()[name]


def signed(text: str, signature: str) -> str:
    return f"【{signature}】{text}" if signature else text
