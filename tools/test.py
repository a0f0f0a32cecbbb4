"""`make test`: the programs that tests drive are fetched, then the web apps' tests run, then pytest. pytest's own summary is the last word.

Arguments go to pytest. A test that is skipped is listed with its reason in that summary (-ra).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from callcenter.local.packages import ToolMissing, tool
from callcenter.settings import get_settings
from callcenter.telephony.asterisk import local as asterisk

ROOT = Path(__file__).resolve().parent.parent
WEB_APPS = (ROOT / "agents_ui", ROOT / "providers" / "web")
TOOLS = ("chromium", "sipp", "tcpdump")


def said(title: str, began: float) -> None:
    print(f"  ✓ {title:<58} {time.monotonic() - began:5.1f} s", flush=True)


def fetch_programs() -> bool:
    """What cannot be fetched is said here; the tests that need it fail then, they are not skipped."""
    fine = True
    for name in TOOLS:
        began = time.monotonic()
        try:
            path = tool(name, progress=lambda line: print(f"    … {line}", flush=True))
        except ToolMissing as problem:
            print(f"  ✗ {problem}", flush=True)
            fine = False
        else:
            said(f"{name}: {path}", began)
    began = time.monotonic()
    try:
        asterisk.ensure_installed(get_settings(), lambda line: print(f"    … {line}", flush=True))
    except asterisk.InstallError as problem:
        print(f"  ✗ {problem}", flush=True)
        return False
    said("Asterisk", began)
    return fine


def web_tests(web: Path) -> bool:
    began, name = time.monotonic(), web.relative_to(ROOT)
    if subprocess.run(["npm", "test", "--silent"], cwd=web, stdin=subprocess.DEVNULL, check=False).returncode:
        print(f"  ✗ the tests of {name} fail (above); Python's tests run all the same", flush=True)
        return False
    said(f"the tests of {name}", began)
    return True


def main() -> int:
    chosen = sys.argv[1:]
    fine = fetch_programs()
    if not chosen:  # a choice of Python tests is no choice of the web apps'
        results = [web_tests(web) for web in WEB_APPS]  # both, whatever the first says
        fine = fine and all(results)
    env = {"PLAYWRIGHT_NODEJS_PATH": shutil.which("node") or "", **os.environ}  # its own Node lacks a library on a bare Debian
    python = subprocess.run([sys.executable, "-m", "pytest", *chosen], cwd=ROOT, env=env, stdin=subprocess.DEVNULL, check=False)
    return python.returncode or (0 if fine else 1)


if __name__ == "__main__":
    sys.exit(main())
