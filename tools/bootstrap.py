"""Everything between a fresh checkout and a running command, with nothing but Python's standard library.

    python3 tools/bootstrap.py [--dev] [--speech] [--web | --node] [-- COMMAND ...]

Checks the machine, makes the virtual environment from the locked requirements, builds the web apps, then becomes COMMAND (a program of the
virtual environment). Each step is skipped when what it was made from has not changed. Exit codes: see FAILURES.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Callable, Dict, Iterator, List, NoReturn, Optional, Sequence

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
CACHE = ROOT / ".cache"
WEB_APPS = (ROOT / "agents_ui", ROOT / "providers" / "web")  # the console; the stores' app
OS_RELEASE = Path("/etc/os-release")
OLDEST_PYTHON = (3, 11)
OLDEST_NODE = (20, 19)  # Vite 8
OLDEST_DEBIAN = 12

FAILURES = {
    "python": 20,  # too old, or cannot make virtual environments
    "node": 21,  # missing or too old
    "system": 22,  # not Debian 12 or newer
    "packages": 23,  # the locked Python packages could not be installed
    "npm": 24,  # npm ci
    "build": 25,  # the web app does not build
    "disk": 26,  # the checkout cannot be written
}
COMPOSE = "Elsewhere run it with Docker: docker compose up (see README.md)."


def fail(kind: str, message: str) -> NoReturn:
    print(f"  ✗ {message}", flush=True)
    sys.exit(FAILURES[kind])


@contextmanager
def step(title: str) -> Iterator[None]:
    began = time.monotonic()
    print(f"  … {title}", flush=True)
    yield
    print(f"  ✓ {title:<58} {time.monotonic() - began:5.1f} s", flush=True)


# --- the machine ------------------------------------------------------------------------------------------------------


def check_python() -> None:
    """Become a newer Python when this one is too old and there is one."""
    if sys.version_info >= OLDEST_PYTHON:
        return
    for minor in (14, 13, 12, 11):
        newer = shutil.which(f"python3.{minor}")
        if newer:
            os.execv(newer, [newer, *sys.argv])
    wanted = ".".join(map(str, OLDEST_PYTHON))
    fail(
        "python",
        f"Python {wanted} or newer is needed, this is {sys.version.split()[0]} ({sys.executable}). Debian 12 and 13 have it: apt install python3",
    )


def check_system() -> None:
    """Debian 12 or newer: PostgreSQL and Valkey come as wheels, Asterisk from Debian's packages. With servers of one's own it does not matter."""
    if all(os.environ.get(name) for name in ("DATABASE_URL", "REDIS_URL", "ARI_URL")):
        return
    try:
        text = OS_RELEASE.read_text(encoding="utf-8")
    except OSError:
        text = ""
    release = {key: value.strip('"') for key, value in re.findall(r"^(\w+)=(.*)$", text, re.M)}
    name = release.get("PRETTY_NAME") or sys.platform
    version = release.get("VERSION_ID", "")  # Debian's testing and unstable have none
    if release.get("ID") != "debian" or (version and int(version.split(".")[0]) < OLDEST_DEBIAN):
        advice = "Or set DATABASE_URL, REDIS_URL and ARI_URL to servers of your own."
        fail("system", f"without Docker this runs on Debian {OLDEST_DEBIAN} or newer; here is {name}. {COMPOSE} {advice}")
    if shutil.which("apt-get") is None:
        fail("system", f"this Debian has no apt-get, and Asterisk comes from Debian's packages. {COMPOSE}")


def check_node() -> None:
    wanted = ".".join(map(str, OLDEST_NODE))
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        missing = "Node" if not node else "npm"
        fail(
            "node",
            f"{missing} is missing: Node {wanted} or newer with npm builds the web app. Debian 13: apt install nodejs npm. {COMPOSE}",
        )
    said = subprocess.run([node, "--version"], stdout=subprocess.PIPE, check=False).stdout.decode().strip()
    found = tuple(int(part) for part in re.findall(r"\d+", said)[:2])
    if found < OLDEST_NODE:
        fail("node", f"Node {wanted} or newer is needed, {node} is {said or 'broken'}. {COMPOSE}")


def check_writable() -> None:
    try:
        CACHE.mkdir(exist_ok=True)
        (CACHE / "log").mkdir(exist_ok=True)
        (CACHE / ".writable").touch()
    except OSError as error:
        fail("disk", f"the checkout {ROOT} cannot be written: {error.strerror}. Clone it as the user that runs it.")


# --- hashes: what was something made from? ----------------------------------------------------------------------------


def fingerprint(paths: Sequence[Path], *words: str) -> str:
    """Of names and contents, folders with all that is in them, and of the words."""
    digest = hashlib.sha256("\0".join(words).encode())
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                digest.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def stamped(stamp: Path, value: str) -> bool:
    return stamp.is_file() and stamp.read_text() == value


@contextmanager
def only_one() -> Iterator[None]:
    """Two commands in one checkout (make run, make test) set it up one after the other."""
    with (CACHE / "bootstrap.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("  … another command is setting this checkout up: waiting for it", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def logged(argv: Sequence[str], log: str, *, cwd: Path = ROOT, env: Optional[Dict[str, str]] = None) -> Optional[str]:
    """None when it went well; else the last words."""
    path = CACHE / "log" / f"{log}.log"
    with path.open("wb") as out:
        try:
            done = subprocess.run(
                list(argv), cwd=str(cwd), env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, check=False
            )
        except OSError as error:
            return f"{argv[0]}: {error.strerror}"
    if done.returncode == 0:
        return None
    lines = path.read_text(errors="replace").strip().splitlines()
    return "\n    ".join([f"(whole log: {path})", *lines[-15:]])


# --- Python packages --------------------------------------------------------------------------------------------------


def ensure_python_packages(dev: bool) -> None:
    kinds = ["requirements-dev.txt", "requirements-embedded.txt"]  # the first holds all of the second
    tools = ROOT / "tools" / "requirements-install.txt"
    python = VENV / "bin" / "python"
    stamp = VENV / "onekey-stamp"

    def made_from(kind: str) -> str:
        # the path: a virtual environment cannot be moved; the version: nor does it survive another Python
        return fingerprint([ROOT / kind, tools, ROOT / "pyproject.toml"], str(ROOT), sys.version, kind)

    if python.exists() and any(stamped(stamp, made_from(kind)) for kind in kinds[: 1 if dev else 2]):
        return
    kind = kinds[0] if dev else kinds[1]
    if not _usable(python):
        with step("virtual environment .venv"):
            make_venv()
    with step(f"Python packages ({kind})"):
        stamp.unlink(missing_ok=True)
        problem = logged([str(python), "-m", "pip", "install", "-q", "--require-hashes", "-r", str(tools)], "pip-tools")
        if problem:
            fail("packages", f"pip cannot install the installers. Is the network up? {problem}")
        install(python, ROOT / kind)
        # the project itself, by reference: no build of ours may fetch anything unlocked
        argv = [str(python), "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--no-index", "-e", str(ROOT)]
        problem = logged(argv, "pip-self")
        if problem:
            fail("packages", f"the project itself cannot be installed into .venv: {problem}")
        stamp.write_text(made_from(kind))


def ensure_speech_packages() -> None:
    """The optional extra that renders the spoken sentences, on top of the others; never needed to run or to test."""
    python, lock, stamp = VENV / "bin" / "python", ROOT / "requirements-speech.txt", VENV / "onekey-stamp-speech"
    made_from = fingerprint([lock], (VENV / "onekey-stamp").read_text())
    if not stamped(stamp, made_from):
        with step("Python packages (requirements-speech.txt)"):
            install(python, lock)
            stamp.write_text(made_from)


def _usable(python: Path) -> bool:
    """A virtual environment of this Python, at this path, with pip."""
    if not python.exists():
        return False
    code = "import sys, pip; print(sys.prefix, *sys.version_info[:2])"
    done = subprocess.run([str(python), "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    return done.stdout.decode().strip() == f"{VENV} {sys.version_info[0]} {sys.version_info[1]}"


def make_venv() -> None:
    problem = logged([sys.executable, "-m", "venv", "--clear", str(VENV)], "venv")
    if problem and os.geteuid() == 0 and shutil.which("apt-get"):  # Debian keeps venv in a package of its own
        print("    … installing python3-venv with apt", flush=True)
        logged(["apt-get", "-q", "update"], "apt-update")
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        package = f"python3.{sys.version_info[1]}-venv"
        logged(["apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=300", "install", "--no-install-recommends", package], "apt-venv", env=env)
        problem = logged([sys.executable, "-m", "venv", "--clear", str(VENV)], "venv")
    if problem:
        fail("python", f"this Python cannot make virtual environments; on Debian: apt install python3-venv. {problem}")


def install(python: Path, requirements: Path) -> None:
    """uv, three times as fast; pip when uv cannot (a mirror or proxy that only pip's own configuration knows)."""
    argv = [
        str(VENV / "bin" / "uv"),
        "pip",
        "install",
        "-q",
        "--python",
        str(python),
        "--require-hashes",
        "--compile-bytecode",
        "-r",
        str(requirements),
    ]
    index = configured_index(python)
    if index:
        argv += ["--default-index", index]
    env = {"UV_SYSTEM_CERTS": "1", **os.environ}  # as pip does: a company's proxy is known to the system, not to uv
    if logged(argv, "uv", env=env) is None:
        return
    print("    … uv could not; trying pip (a minute)", flush=True)
    problem = logged([str(python), "-m", "pip", "install", "-q", "--require-hashes", "-r", str(requirements)], "pip")
    if problem:
        fail("packages", f"the locked packages cannot be installed. Is the network up, or a mirror set in pip's configuration? {problem}")


def configured_index(python: Path) -> str:
    """The index of pip's configuration, which uv does not read; empty: the usual one, or uv has its own word."""
    if any(os.environ.get(name) for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL")):
        return ""
    if os.environ.get("PIP_INDEX_URL"):
        return os.environ["PIP_INDEX_URL"]
    done = subprocess.run(
        [str(python), "-m", "pip", "config", "get", "global.index-url"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False
    )
    return done.stdout.decode().strip() if done.returncode == 0 else ""


# --- the web apps -----------------------------------------------------------------------------------------------------


def ensure_node_packages(web: Path) -> None:
    modules, name = web / "node_modules", str(web.relative_to(ROOT))
    node = subprocess.run(["node", "--version"], stdout=subprocess.PIPE, check=False).stdout.decode()
    made_from = fingerprint([web / "package.json", web / "package-lock.json"], node.split(".")[0])
    stamp = modules / ".onekey-stamp"
    if stamped(stamp, made_from):
        return
    argv, log = ["npm", "ci", "--no-audit", "--no-fund"], f"npm-ci-{web.name}"
    with step(f"packages of {name} (npm ci)"):
        problem = logged(argv, log, cwd=web) and logged(argv, log, cwd=web)
        if problem:  # twice: half of all failures are the network's
            fail("npm", f"npm cannot install the packages of {name}. Is the network up, or a mirror set in npm's configuration? {problem}")
        stamp.write_text(made_from)


def ensure_web_app(web: Path) -> None:
    """Its dist, from whatever it is built of: everything in its folder but the results."""
    name = str(web.relative_to(ROOT))
    parts = [p for p in sorted(web.iterdir()) if p.name not in ("node_modules", "dist") and not p.name.endswith(".tsbuildinfo")]
    made_from = fingerprint(parts)
    stamp = CACHE / f"web-app-{web.name}.stamp"
    if stamped(stamp, made_from) and (web / "dist" / "index.html").is_file():
        return
    ensure_node_packages(web)
    with step(f"{name} (npm run build)"):
        problem = logged(["npm", "run", "build"], f"npm-build-{web.name}", cwd=web)
        if problem:
            fail("build", f"{name} does not build: {problem}")
        stamp.write_text(made_from)


def for_each_web_app(ensure: Callable[[Path], None]) -> None:
    """Side by side: each waits for the network most of the time."""
    with ThreadPoolExecutor(len(WEB_APPS)) as pool:
        for done in [pool.submit(ensure, web) for web in WEB_APPS]:
            done.result()


def main(arguments: List[str]) -> int:
    command: List[str] = []
    if "--" in arguments:
        at = arguments.index("--")
        arguments, command = arguments[:at], arguments[at + 1 :]
    parser = argparse.ArgumentParser(description="Set this checkout up, then become COMMAND.")
    parser.add_argument("--dev", action="store_true", help="also what tests and checks need")
    parser.add_argument("--speech", action="store_true", help="also what renders the spoken sentences")
    parser.add_argument("--web", action="store_true", help="also build the web apps")
    parser.add_argument("--node", action="store_true", help="also the web apps' packages, without building them")
    options = parser.parse_args(arguments)

    check_python()
    check_writable()
    check_system()
    if options.web or options.node:
        check_node()  # before minutes are spent on anything else
    with only_one():
        ensure_python_packages(options.dev)
        if options.speech:
            ensure_speech_packages()
        if options.node:
            for_each_web_app(ensure_node_packages)
        if options.web:
            for_each_web_app(ensure_web_app)
    if command:
        env = {**os.environ, "VIRTUAL_ENV": str(VENV), "PATH": f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}
        env.pop("PYTHONHOME", None)
        env.pop("PYTHONDONTWRITEBYTECODE", None)  # a run starts a dozen Pythons: compiled once, each starts in a third of the time
        os.chdir(str(ROOT))
        sys.stdout.flush()
        os.execvpe(command[0], command, env)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
