"""Programs from the machine's own release, unpacked: how they are found and started. The downloads themselves are `make test`'s first step."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from callcenter.local import packages
from callcenter.local.packages import Tool, ToolMissing, tool


def test_what_is_on_path_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sipp").write_text("#!/bin/sh\n")
    (tmp_path / "sipp").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert tool("sipp", cache=tmp_path / "cache") == tmp_path / "sipp"
    assert not (tmp_path / "cache").exists()


def test_without_apt_the_word_is_clear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(packages, "_on_path", lambda name: None)
    with pytest.raises(ToolMissing, match="sipp is not on PATH, and without apt"):
        tool("sipp", cache=tmp_path / "cache")


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    """A tree as dpkg-deb leaves it, below a path with a blank: a program that tells how it was started, a library and a font."""
    work = tmp_path / "a folder" / "thing"
    program = work / "root/usr/bin/thing"
    program.parent.mkdir(parents=True)
    shutil.copy("/bin/sh", program)
    for file in ("usr/lib/x86_64-linux-gnu/libthing.so.1", "usr/lib/thing/plugins/p.so", "usr/lib/gconv/X.so", "usr/share/fonts/thing.ttf"):
        (work / "root" / file).parent.mkdir(parents=True, exist_ok=True)
        (work / "root" / file).touch()
    return work


def test_an_unpacked_program_finds_its_libraries_wherever_it_lies(unpacked: Path, tmp_path: Path) -> None:
    packages._write_script(unpacked, Tool(("thing",), "usr/bin/thing", ("-c", "echo thing 1"), r"thing \d"))
    packages._try(unpacked / "run", "thing", Tool(("thing",), "usr/bin/thing", ("-c", "echo thing 1"), r"thing \d"))
    moved = tmp_path / "elsewhere"
    unpacked.rename(moved)
    link = tmp_path / "link"
    link.symlink_to(moved / "run")
    code = 'echo "$LD_LIBRARY_PATH"; cat "$FONTCONFIG_FILE"; echo "$0 $1"'
    said = subprocess.run([str(link), "-c", code, "zero", "one two"], capture_output=True, text=True, check=True).stdout
    libraries = said.splitlines()[0].split(":")
    assert libraries == [f"{moved}/root/usr/lib/thing/plugins", f"{moved}/root/usr/lib/x86_64-linux-gnu"]
    assert f"<dir>{moved}/root/usr/share/fonts</dir>" in said
    assert said.splitlines()[-1] == "zero one two"


def test_a_program_that_does_not_run_is_refused_with_its_words(unpacked: Path) -> None:
    broken = Tool(("thing",), "usr/bin/thing", ("-c", "echo libx.so.9: cannot open shared object file >&2; exit 127"), r"thing \d")
    packages._write_script(unpacked, broken)
    with pytest.raises(ToolMissing, match=r"does not run: libx\.so\.9: cannot open"):
        packages._try(unpacked / "run", "thing", broken)


def test_a_download_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "bin"
    fake.mkdir()
    for name in ("apt-get", "dpkg-deb"):
        (fake / name).write_text("#!/bin/sh\necho E: no mirror today >&2\nexit 100\n")
        (fake / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake}:{Path(sys.executable).parent}:/usr/bin:/bin")
    monkeypatch.setattr(packages, "_on_path", lambda name: None)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(ToolMissing, match=r"apt cannot download sip-tester .*no mirror today"):
        tool("sipp", cache=tmp_path / "cache")
    assert [p.name for p in (tmp_path / "cache/tools").iterdir()] == ["sipp.lock"]
