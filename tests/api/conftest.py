"""One open house for a whole module, where many requests meet the same rows."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.house import House, house_settings, open_house


@pytest_asyncio.fixture(scope="module")
async def shared_house(house_owner_url: str, house_app_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with open_house(house_settings(house_app_url, tmp_path_factory.mktemp("home")), house_owner_url) as opened:
        yield opened
