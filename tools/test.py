"""`make test`: the programs that tests drive are fetched, then the web apps' tests run, then pytest's, in lanes (`LANES`).

Arguments go to one pytest alone. A test that is skipped is listed with its reason in pytest's summary (-ra).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from callcenter.local.packages import ToolMissing, tool
from callcenter.settings import get_settings
from callcenter.telephony.asterisk import local as asterisk

ROOT = Path(__file__).resolve().parent.parent
WEB_APPS = (ROOT / "agents_ui", ROOT / "providers" / "web")
TOOLS = ("chromium", "sipp", "tcpdump")

TELEPHONES = ("tests/telephony", "tests/contract", "tests/scenarios", "tests/twilio")
BROWSERS = ("tests/e2e", "tests/providers/test_in_the_browser.py")
LAST_LINE = re.compile(r"^=+ (?P<counts>.*) in [0-9.]+s(?: \([0-9:]+\))? =+$", re.MULTILINE)
COUNTED = re.compile(r"(\d+) (failed|passed|skipped|xfailed|xpassed|error|errors|deselected|warning|warnings)\b")


@dataclass(frozen=True)
class Lane:
    name: str
    arguments: tuple[str, ...]
    gives_way: bool = False


# Those of one group side by side. Telephones wait for time to pass, what computes fills it and gives way to them; a browser takes the whole machine.
LANES = (
    (
        Lane("telephones", TELEPHONES),
        Lane("everything else", (*(f"--ignore={path}" for path in (*TELEPHONES, *BROWSERS)), "tests"), gives_way=True),
    ),
    (Lane("browsers", BROWSERS),),
)


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


def run_lane(lane: Lane, output: Path, env: dict[str, str]) -> subprocess.Popen[bytes]:
    argv = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *lane.arguments]
    argv = ["nice", "-n", "5", *argv] if lane.gives_way else argv
    with output.open("ab") as file:
        return subprocess.Popen(argv, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT)


def run_lanes(env: dict[str, str]) -> int:
    """Each lane's output is as it would be alone: of a group the first's is seen as it comes, the next one's when that has ended. What failed or was
    skipped stands again at the end.
    """
    worst, began, told_again, counts = 0, time.monotonic(), list[str](), Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        for group in LANES:
            running = [(lane, Path(folder) / lane.name, run_lane(lane, Path(folder) / lane.name, env)) for lane in group]
            for lane, output, process in running:
                print(f"== lane: {lane.name}", flush=True)
                text = shown(output, process)
                worst = worst or process.returncode
                last = LAST_LINE.findall(text)
                counts.update({word.removesuffix("s"): int(n) for n, word in COUNTED.findall(last[-1] if last else "")})
                told_again += [line for line in text.splitlines() if line.startswith(("FAILED ", "ERROR ", "SKIPPED "))]
    print("== all lanes", *told_again, sep="\n")
    told = ", ".join(f"{count} {word}" for word, count in sorted(counts.items())) or "nothing ran"
    print(f"=== {told} in {time.monotonic() - began:.2f}s ===", flush=True)
    return worst


def shown(output: Path, process: subprocess.Popen[bytes]) -> str:
    """Prints what the process writes until it has ended; returns all of it."""
    text = b""
    with output.open("rb") as file:
        while True:
            ended = process.poll() is not None
            new = file.read()
            text += new
            sys.stdout.buffer.write(new)
            sys.stdout.flush()
            if ended and not new:
                return text.decode(errors="replace")
            time.sleep(0.5)


def main() -> int:
    chosen = sys.argv[1:]
    fine = fetch_programs()
    env = {"PLAYWRIGHT_NODEJS_PATH": shutil.which("node") or "", **os.environ}  # its own Node lacks a library on a bare Debian
    if chosen:  # a choice of Python tests is no choice of the web apps'
        command = [sys.executable, "-m", "pytest", *chosen]
        return subprocess.run(command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, check=False).returncode or (0 if fine else 1)
    results = [web_tests(web) for web in WEB_APPS]  # both, whatever the first says
    return run_lanes(env) or (0 if fine and all(results) else 1)


if __name__ == "__main__":
    sys.exit(main())
