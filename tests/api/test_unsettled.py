"""Who still has the password that somebody gave her, or no second factor where one is needed, gets nothing but the means to settle it."""

from __future__ import annotations

import re
import uuid
from pathlib import Path

import pytest
from sqlalchemy import text

from callcenter.accounts.roles import MAY, Role
from callcenter.console.hub import NOT_SIGNED_IN
from tests.api.routes import BEFORE_ALL_IS_SETTLED, BODIES, fingerprint
from tests.api.test_access import ROUTES, World, knock, turned_away
from tests.house import house_settings, open_house


@pytest.mark.parametrize("owed", ["password", "totp"])
async def test_until_all_is_settled_every_route_but_those_that_settle_it_is_shut(
    house_owner_url: str, house_app_url: str, tmp_path: Path, owed: str
) -> None:
    """A password that somebody else knows, or a second factor that is missing, opens no elder, no call and no socket."""
    settings = house_settings(house_app_url, tmp_path, totp_required="supervisor" if owed == "totp" else "none")
    async with open_house(settings, house_owner_url, voice=False) as house:
        boss = house.visitor("supervisor1")
        async with house.owner.transaction() as session:
            await session.execute(
                text("UPDATE users SET must_change_password = :must WHERE username = 'supervisor1'"), {"must": owed == "password"}
            )
        try:
            await boss.sign_in()
            assert boss.me["owes"] == [owed]
            said = " ".join([repr(BODIES), *(route.path for route in ROUTES)])
            names = set(re.findall(r"{(\w+)}", said)) - {"command"}
            world = World(house, dict.fromkeys(names, str(uuid.uuid4())))
            before = await fingerprint(house.owner)
            shut = set()
            for route in ROUTES:
                if route.asks_for_session and route.name not in BEFORE_ALL_IS_SETTLED and route.permissions <= MAY[Role.SUPERVISOR]:
                    answer = await world.request(boss.http, route)
                    error = answer.json()["error"]
                    code = "password_change_needed" if owed == "password" else "totp_needed"
                    assert (answer.status_code, error["code"], error["details"]) == (403, code, {"owed": [owed]}), route.name
                    shut.add(route.name)
            assert len(shut) > 20
            assert await turned_away(await knock(house, boss.http.cookies["onekey_session"], house.url)) == NOT_SIGNED_IN
            assert await fingerprint(house.owner) == before
            assert (await boss.get("/api/account"))["owes"] == [owed]
        finally:
            async with house.owner.transaction() as session:
                await session.execute(text("UPDATE users SET must_change_password = false"))
