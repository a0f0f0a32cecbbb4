"""The set-up of a fresh checkout: what it refuses, with which words and exit code, and when it skips a step."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tools import bootstrap

ROOT = Path(__file__).resolve().parents[2]


def fake(folder: Path, name: str, says: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\necho {says}\n")
    (folder / name).chmod(0o755)


@pytest.mark.parametrize(
    ("programs", "words"),
    [
        ({}, "Node is missing"),
        ({"node": "v20.19.0"}, "npm is missing"),
        ({"node": "v18.20.4", "npm": "9"}, r"Node 20\.19 or newer is needed, .* is v18\.20\.4"),
        ({"node": "", "npm": "9"}, "is broken"),
    ],
)
def test_node(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], programs: dict[str, str], words: str
) -> None:
    for name, says in programs.items():
        fake(tmp_path, name, says)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SystemExit) as ended:
        bootstrap.check_node()
    assert ended.value.code == 21
    said = capsys.readouterr().out
    assert re.search(words, said)
    assert "docker compose up" in said


@pytest.mark.parametrize(
    ("release", "fine"),
    [
        ('ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"', True),
        ('ID=debian\nVERSION_ID="13"', True),
        ('ID=debian\nPRETTY_NAME="Debian GNU/Linux forky/sid"', True),
        ('ID=debian\nVERSION_ID="11"\nPRETTY_NAME="Debian GNU/Linux 11 (bullseye)"', False),
        ('ID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\nPRETTY_NAME="Ubuntu 24.04"', False),
        ("", False),
    ],
)
def test_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], release: str, fine: bool) -> None:
    (tmp_path / "os-release").write_text(release)
    fake(tmp_path / "bin", "apt-get", "")
    monkeypatch.setattr(bootstrap, "OS_RELEASE", tmp_path / "os-release")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    for name in ("DATABASE_URL", "REDIS_URL", "ARI_URL"):
        monkeypatch.delenv(name, raising=False)
    if fine:
        bootstrap.check_system()
        return
    with pytest.raises(SystemExit) as ended:
        bootstrap.check_system()
    assert ended.value.code == 22
    assert "docker compose up" in capsys.readouterr().out
    for name in ("DATABASE_URL", "REDIS_URL", "ARI_URL"):
        monkeypatch.setenv(name, "given")
    bootstrap.check_system()  # with servers of one's own the system does not matter


def test_fingerprint_sees_every_change_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    folder = tmp_path / "src"
    (folder / "deep").mkdir(parents=True)
    file = folder / "deep" / "a.ts"
    file.write_text("1")
    first = bootstrap.fingerprint([folder], "word")
    os.utime(file, (0, 0))
    assert bootstrap.fingerprint([folder], "word") == first
    assert bootstrap.fingerprint([folder], "other") != first
    file.write_text("2")
    assert bootstrap.fingerprint([folder], "word") != first
    file.write_text("1")
    file.rename(folder / "deep" / "b.ts")
    assert bootstrap.fingerprint([folder], "word") != first


def test_the_command_gets_the_environment_and_its_exit_code_is_ours() -> None:
    """As this checkout is set up already, nothing is installed and the command runs within moments."""
    code = "import os, sys; print(sys.prefix, os.getcwd(), sys.argv[1:]); sys.exit(7)"
    argv = [sys.executable, str(ROOT / "tools/bootstrap.py"), "--help"]
    assert "COMMAND" in subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    env = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    driver = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from tools import bootstrap as b\n"
    driver += "b.ensure_python_packages = lambda dev: None\nsys.exit(b.main(['--dev', '--', 'python', '-c', sys.argv[1], 'a', '--dev']))"
    done = subprocess.run([sys.executable, "-c", driver, code], env=env, cwd="/", capture_output=True, text=True, check=False)
    assert done.returncode == 7, done.stderr
    # above it may stand that it waited for another test's set-up of this checkout
    assert done.stdout.splitlines()[-1] == f"{ROOT / '.venv'} {ROOT} ['a', '--dev']"


def locked(name: str) -> dict[str, str]:
    return dict(re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", (ROOT / name).read_text(encoding="utf-8"), re.M))


def test_locks_hold_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = {
        "requirements.txt": project["dependencies"],
        "requirements-embedded.txt": project["dependencies"] + extras["embedded"],
        "requirements-dev.txt": project["dependencies"] + extras["embedded"] + extras["dev"],
    }
    for lock, requirements in wanted.items():
        versions = {name.lower(): version for name, version in locked(lock).items()}
        for requirement in map(Requirement, requirements):
            assert versions.get(requirement.name.lower(), "none") in requirement.specifier, f"{lock}: {requirement} (make lock)"
    for smaller, larger in (("requirements.txt", "requirements-embedded.txt"), ("requirements-embedded.txt", "requirements-dev.txt")):
        assert locked(smaller).items() <= locked(larger).items(), f"{smaller} and {larger} are of different days (make lock)"


def test_locks_name_no_host() -> None:
    for lock in (*ROOT.glob("requirements*.txt"), ROOT / "tools/requirements-install.txt"):
        text = lock.read_text(encoding="utf-8")
        assert "://" not in text, lock.name
        assert text.count("--hash=sha256:") >= len(locked(str(lock.relative_to(ROOT))))
    for web in ("agents_ui", "providers/web"):
        packages = json.loads((ROOT / web / "package-lock.json").read_text(encoding="utf-8"))["packages"]
        assert not [name for name, package in packages.items() if "resolved" in package and "://" in package["resolved"]]
