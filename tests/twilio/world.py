"""The contract's world at Twilio: the adapter, the process `public` as it really runs, and the fake with its telephones."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from callcenter.kit.db import Database
from callcenter.migrations.roles import as_role
from callcenter.settings import Settings
from callcenter.telephony.port import Account, Connected, Press, Telephony
from callcenter.telephony.twilio.adapter import TwilioTelephony
from callcenter.telephony.twilio.documents import PATH
from tests.contract.worlds import Ears, Elder, Phone
from tests.ports import free_port
from tests.public.open_door import OpenDoor
from tests.telephony.pbx import TIMINGS, until
from tests.twilio.fake import ACCOUNT, HOST, OUR_NUMBER, TOKEN, FakeCall, FakeTwilio, Telephone


def twilio_settings(app_url: str, app_password: str, home: Path, fake_url: str, **more: Any) -> Settings:
    port = free_port()
    values: dict[str, Any] = {
        "mode": "test", "home": home, "public_port": port, "outside_public_url": f"http://127.0.0.1:{port}", "app_database_url": app_url,
        "app_db_password": app_password, "redis_url": "", "timings": TIMINGS, "twilio_voice": True, "twilio_url": fake_url,
        "twilio_account_sid": ACCOUNT, "twilio_auth_token": TOKEN, "twilio_from": OUR_NUMBER, "twilio_sip_host": HOST,
        "twilio_sip_password": "at the door",
    }  # fmt: skip
    return Settings(**(values | more))


class TwilioElder:
    """`is_talking`: not in mere ringing. To Twilio every call is answered that hears a tone."""

    def __init__(self, fake: FakeTwilio, call: FakeCall) -> None:
        self.fake, self.call = fake, call

    def is_talking(self) -> bool:
        return self.call.status == "in-progress" and self.call.heard != [] and self.call.hears != "ringing"

    def is_over(self) -> bool:
        return self.call.is_over

    def hears_ringing(self) -> bool:
        return self.call.hears == "ringing"

    async def hang_up(self) -> None:
        self.fake.hang_up(self.call)

    async def press_key(self, key: str) -> None:
        self.call.keys.put_nowait(key)


class TwilioPhone:
    def __init__(self, fake: FakeTwilio, target: str) -> None:
        self.fake, self.target = fake, target
        self.rung: FakeCall | None = None

    @property
    def call(self) -> FakeCall:
        assert self.rung is not None, "it never rang"
        return self.rung

    async def ringing(self) -> None:
        self.rung = await self.fake.ringing(self.target)

    async def pick_up(self) -> None:
        self.call.picked_up.set()

    async def speak_early(self) -> None:
        raise NotImplementedError("this carrier tells nothing of it")

    async def decline(self) -> None:
        self.fake.hang_up(self.call, "busy", "486")

    async def hang_up(self) -> None:
        self.fake.hang_up(self.call)

    async def press_key(self, key: str) -> None:
        self.call.keys.put_nowait(key)

    def header(self, name: str) -> str:
        return self.call.headers.get(name, "")

    def caller(self) -> str:
        return self.call.caller


class TwilioWorld:
    outside = "+8613800138009"

    def __init__(self, fake: FakeTwilio, settings: Settings, database: Database, door: OpenDoor) -> None:
        self.fake, self.settings, self.database, self.door = fake, settings, database, door
        fake.voice_url = f"{settings.callbacks_url}{PATH}/press"
        fake.status_url = f"{settings.callbacks_url}{PATH}/status"
        self.telephony: Telephony = self.new_connection()
        self.ears = Ears(self.telephony)

    async def all_is_told(self) -> None:
        await until(lambda: not self.fake.telling)

    def new_connection(self) -> Telephony:
        return TwilioTelephony(self.settings, self.database)

    async def is_connected(self) -> None:
        await self.ears.next(Connected)

    async def elder_calls(self, caller: str, called: str) -> Elder:
        return TwilioElder(self.fake, self.fake.call_in(caller, called))

    async def press(self, caller: str, called: str) -> tuple[Elder, str]:
        known = len(self.ears.all(Press))
        elder = await self.elder_calls(caller, called)
        await until(lambda: len(self.ears.all(Press)) > known)
        return elder, self.ears.all(Press)[-1].channel_id

    async def register(self, account: Account) -> Phone:
        await self.telephony.put_account(account)
        self.fake.telephones[account.name] = Telephone()
        return TwilioPhone(self.fake, account.name)

    async def unregister(self, account: str) -> None:
        self.fake.telephones[account].registered = False

    async def number(self, number: str) -> Phone:
        self.fake.telephones[number] = Telephone()
        return TwilioPhone(self.fake, number)

    async def hear_each_other(self, elder: Elder, phone: Phone) -> bool:
        assert isinstance(elder, TwilioElder) and isinstance(phone, TwilioPhone)
        return self.fake.hear_each_other(elder.call, phone.call)

    async def hears(self, elder: Elder, phone: Phone) -> bool:
        assert isinstance(elder, TwilioElder) and isinstance(phone, TwilioPhone)
        return self.fake.hears(elder.call, phone.call)


@asynccontextmanager
async def at_twilio(owner_url: str, app_url: str, app_password: str, home: Path, **more: Any) -> AsyncIterator[TwilioWorld]:
    fake = FakeTwilio()
    settings = twilio_settings(app_url, app_password, home, fake.url, **more)
    owner, app = Database(owner_url, pool_size=3), Database(app_url, pool_size=5)
    door = OpenDoor(as_role(settings, "public"), owner, app)
    await door.open()
    try:
        async with fake.open():
            world = TwilioWorld(fake, settings, app, door)
            await world.telephony.start()
            try:
                await world.ears.next(Connected)
                yield world
            finally:
                await world.ears.stop()
                await world.telephony.close()
    finally:
        await door.close()
        await owner.close()
        await app.close()
