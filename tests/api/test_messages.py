"""What consoles see of messages: masked numbers, no texts; and the inbox beside the training telephone."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from callcenter.kit import clock
from callcenter.messaging.actions import queue_message
from callcenter.messaging.carriers import open_carriers
from callcenter.messaging.port import About, Channel
from callcenter.messaging.sending import Sender
from tests.house import House, house_settings, open_house

CODE = "482913"


async def say(house: House, *, about: str = "1") -> None:
    async with house.database.transaction() as session:
        await queue_message(
            session,
            dedupe_key=f"order:{about}:code",
            channel=Channel.SMS,
            to="13800001234",
            template="service_code",
            params={"when": "明天9:30", "item": "上门理发", "code": CODE},
            about=About("order", about),
            deadline=clock.now() + timedelta(hours=1),
        )
    sender = Sender(house.database, open_carriers(house.settings, house.database))
    await sender.sweep()
    await sender.settle()


async def test_an_agent_sees_that_it_was_sent_and_not_what(house: House) -> None:
    await say(house)
    await say(house, about="2")
    agent = house.visitor("agent1")
    await agent.sign_in()
    answer = await agent.http.get("/api/messages", params={"about_kind": "order", "about_id": "1"})
    (line,) = answer.json()
    assert (line["to"], line["template"], line["state"], line["attempts"]) == ("138****1234", "service_code", "sent", 1)
    assert CODE not in answer.text and "13800001234" not in answer.text
    assert await agent.get("/api/messages?about_kind=order&about_id=3") == []
    for asked in ("", "?about_kind=order", "?about_kind=Order!&about_id=1", "?about_kind=order&about_id="):
        await agent.get("/api/messages" + asked, status=422)


async def test_the_training_telephones_inbox_has_every_word(house: House) -> None:
    await say(house)
    async with httpx.AsyncClient(base_url=house.url) as anybody:
        (message,) = (await anybody.get("/api/training/messages")).json()
    assert message["number"] == "138 0000 1234"
    assert message["text"] == f"【一键通】明天9:30上门的上门理发，服务码{CODE}。人到家了再当面告诉他，电话里谁问都别说。"


@pytest.mark.parametrize("mode,status", [("training", 401), ("production", 404)])
async def test_where_real_people_are_it_is_guarded_or_not_there(
    house_owner_url: str, house_app_url: str, tmp_path: Path, mode: str, status: int
) -> None:
    settings = house_settings(house_app_url, tmp_path)
    secrets = dict.fromkeys(("secret_key", "field_key", "ari_password", "app_db_password"), "x" * 16)
    settings = settings.model_copy(update={"mode": mode, **secrets})
    async with open_house(settings, house_owner_url, voice=False) as house, httpx.AsyncClient(base_url=house.url) as anybody:
        assert (await anybody.get("/api/training/messages")).status_code == status
