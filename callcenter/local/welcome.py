"""What a run prints when all is up, and the part of demo.json that needs no domain."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from callcenter.local.steps import Steps
from callcenter.settings import Settings


def base_facts(settings: Settings) -> dict[str, Any]:
    stores = f"http://{settings.host}:{settings.stores_port}"
    return {
        "mode": settings.mode,
        "pid": os.getpid(),
        "started_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "home": str(settings.home),
        "logs": str(settings.home / "log"),
        "console": settings.base_url,
        "api": f"{settings.base_url}/api",
        "openapi": f"{settings.base_url}/openapi.json",
        "training_phone": f"{settings.base_url}/training",
        "stores_app": stores,
        "stores_openapi": f"{stores}/openapi.json",
        "public": settings.outside_url,
        "public_openapi": f"{settings.outside_url}/openapi.json",
        "ari": f"{settings.ari_base}/ari",
        "trunk": f"sip:{settings.host}:{settings.sip_port}",
    }


def print_welcome(steps: Steps, settings: Settings, facts: Mapping[str, Any]) -> None:
    say = steps.say
    say()
    say("  One-Key is up.  一键通已启动。")
    say(f"    console 坐席台              {facts['console']}")
    if settings.has_training_phone:
        say(f"    training telephone 模拟话机  {facts['training_phone']}")
    say(f"    stores' app 服务商          {facts['stores_app']}")
    say(f"    SIP trunk 中继              {facts['trunk']}")
    lines = facts.get("lines")
    if isinstance(lines, Mapping):
        say("    lines 号码                  " + ", ".join(f"{name} {number}" for name, number in lines.items()))
    for login in facts.get("logins", []):
        name = login.get("login") or login.get("username")
        say(f"    login 登录                  {name} / {login.get('password')}  ({login.get('role')})")
    for store in facts.get("stores", []):
        how = "" if store.get("has_smartphone") else "  (no smartphone: by telephone 电话派单)"
        say(f"    store 服务商                {store.get('number')}  {store.get('name')}{how}")
    if settings.mode != "production":
        say()
        say("  Next: open the console, sign in and go on duty; open the training telephone in a second tab and press the red key.")
        say("  下一步：打开坐席台登录并上线；在另一标签页打开模拟话机，按红键呼救。")
        say(f"  All of this stands in {near(settings.home / 'demo.json')}; logs in {near(settings.home / 'log')}. Ctrl-C stops everything.")
    say()


def near(path: Path) -> str:
    """The path as a person would type it from here."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
