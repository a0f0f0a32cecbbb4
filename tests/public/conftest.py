from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from callcenter.kit import clock
from tests.conftest import APP_PASSWORD
from tests.public.handing_over import Given, hand_over
from tests.public.open_door import OpenDoor, open_door


@pytest_asyncio.fixture
async def door(house_owner_url: str, house_app_url: str, tmp_path: Path) -> AsyncIterator[OpenDoor]:
    async with open_door(house_owner_url, house_app_url, APP_PASSWORD, tmp_path) as opened:
        yield opened


@pytest_asyncio.fixture
async def given(door: OpenDoor) -> AsyncIterator[Given]:
    yield await hand_over(door)
    clock.reset()
