"""One centre for all long faults (`make faults`): everything real, with its clock and its disk in the tests' hands."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from callcenter.settings import get_settings
from tests.e2e.conftest import agent, browser, story
from tests.e2e.running import Centre

__all__ = ["agent", "browser", "centre", "story"]


class FaultyCentre(Centre):
    def __init__(self, home: Path, cache: Path) -> None:
        super().__init__(home, cache)
        self._clock, self._disk = home.parent / "clock", home.parent / "disk is full"
        self.env |= {"ONEKEY_CLOCK_OFFSET_FILE": str(self._clock), "ONEKEY_DISK_FULL_FILE": str(self._disk)}

    def set_clock(self, seconds: float) -> None:
        """Of all our processes, at once. PostgreSQL's, Asterisk's and the browser's go on as they were."""
        written = self._clock.with_suffix(".new")
        written.write_text(str(seconds))
        written.replace(self._clock)

    def fill_disk(self, full: bool) -> None:
        """Where recordings and messages lie."""
        if full:
            self._disk.touch()
        else:
            self._disk.unlink(missing_ok=True)


@pytest_asyncio.fixture(scope="session")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FaultyCentre]:
    running = FaultyCentre(tmp_path_factory.mktemp("faulty") / "home", get_settings().cache)
    running.start()
    try:
        await running.up()
        yield running
    finally:
        assert running.stop() == 0, running.said.read_text()
