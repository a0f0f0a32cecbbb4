"""`callcenter doctor` at the shell of a whole house, and what it says when voice stands still."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys

from tests.e2e.running import Centre
from tests.telephony.pbx import until_async


async def test_a_house_that_works_is_well_and_one_without_voice_is_not(centre: Centre) -> None:
    async def examined() -> dict[str, str]:
        argv = [sys.executable, "-c", "from callcenter.cli import main; main()", "doctor", "--json"]
        done = await asyncio.to_thread(subprocess.run, argv, env=centre.env, capture_output=True, text=True, check=False)
        found = {finding["what"]: finding["state"] for finding in map(json.loads, done.stdout.splitlines())}
        assert done.returncode == (1 if "wrong" in found.values() else 0), done.stderr
        return found

    async def well() -> bool:
        return "wrong" not in (await examined()).values()

    await until_async(well)
    found = await examined()
    right = {
        "Asterisk",
        "voice at Asterisk",
        "ports of sound",
        "database",
        "clock",
        "migrations",
        "database role",
        "voice",
        "Valkey",
        "worker",
    }
    assert {what for what, state in found.items() if state == "right"} >= right, found
    pid = centre.pid_of("voice")
    os.kill(pid, signal.SIGSTOP)
    try:

        async def noticed() -> bool:
            return (await examined())["voice"] == "wrong"

        await until_async(noticed)
    finally:
        os.kill(pid, signal.SIGCONT)
