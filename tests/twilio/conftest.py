from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.conftest import APP_PASSWORD
from tests.twilio.world import TwilioWorld, at_twilio


@pytest_asyncio.fixture
async def world(house_owner_url: str, house_app_url: str, tmp_path: Path) -> AsyncIterator[TwilioWorld]:
    async with at_twilio(house_owner_url, house_app_url, APP_PASSWORD, tmp_path) as it:
        yield it
