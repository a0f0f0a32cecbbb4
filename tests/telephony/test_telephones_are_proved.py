"""The silent call by which a telephone is proved, on a real Asterisk: one that is well, one that is deaf, one that is mute, one that sleeps, one that talks."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from callcenter.telephony import port
from callcenter.telephony.asterisk.adapter import AsteriskTelephony
from callcenter.telephony.media import Media
from callcenter.telephony.port import Account, Probed
from callcenter.telephony.sip import Message
from callcenter.telephony.softphone import Address, Softphone
from tests.contract.worlds import Ears
from tests.telephony.pbx import PATIENCE, Pbx, connected, until, until_async

pytestmark = pytest.mark.asterisk


class Deaf(Media):
    """Nothing of what arrives reaches the person: a path that is open in one direction."""

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        return None


class Mute(Media):
    """It never sends: the microphone's way is broken."""

    def send_to(self, host: str, port: int) -> None:
        return None


class Asleep(Softphone):
    """Registered, and answers nothing."""

    def _new_call(self, invite: Message, addr: Address) -> None:
        return None


class DeafPhone(Softphone):
    media_class = Deaf


class MutePhone(Softphone):
    media_class = Mute


@asynccontextmanager
async def telephone(pbx: Pbx, kind: type[Softphone] = Softphone) -> AsyncIterator[tuple[AsteriskTelephony, Ears, Softphone]]:
    name, telephony = f"proved{secrets.token_hex(4)}", AsteriskTelephony(pbx.settings)
    ears = Ears(telephony)
    await telephony.start()
    await ears.next(port.Connected)
    try:
        await telephony.put_account(Account(name, "secret", "sip"))
        async with kind(name=name, secret="secret") as phone:
            await phone.register(pbx.address)
            await ears.next(port.AccountState, account=name, reachable=True)
            yield telephony, ears, phone
    finally:
        with suppress(port.CarrierUnreachable):
            await telephony.drop_account(name)
        await ears.stop()
        await telephony.close()


@pytest.mark.parametrize(
    "kind,shown,within",
    [(Softphone, Probed.HEARD, PATIENCE), (DeafPhone, Probed.DEAF, 2), (MutePhone, Probed.SILENT, 2), (Asleep, Probed.UNANSWERED, 1)],
)
async def test_what_a_probe_shows(pbx: Pbx, kind: type[Softphone], shown: Probed, within: float) -> None:
    async with telephone(pbx, kind) as (telephony, ears, phone):
        seen = [await telephony.probe("probe-1", phone.name, within=within)]
        while seen[-1] != shown and len(seen) < 5:  # a machine that stood still is not the telephone
            seen.append(await telephony.probe(f"probe-1{len(seen)}", phone.name, within=within))
        assert seen[-1] == shown
        assert phone.incoming.empty(), "it rang for nobody"
        await until_async(lambda: nobody_is_there(pbx))
        assert not ears.all(port.LegRinging) and not ears.all(port.LegAnswered) and not ears.all(port.Press)
    assert not [line for line in pbx.cel() if "PRESS" in line], "and it is no press"


async def nobody_is_there(pbx: Pbx) -> bool:
    return not await pbx.channels()


async def test_a_real_call_wins(pbx: Pbx) -> None:
    """It comes while a probe goes on and voice dies: the fallback rings this telephone all the same, and the PBX will end the probe."""
    async with telephone(pbx, DeafPhone) as (telephony, _, phone):
        probing = asyncio.create_task(telephony.probe("probe-2", phone.name, within=PATIENCE))
        await until(lambda: any(call.state == "talking" for call in phone.calls.values()))
        await telephony.set_fallback([phone.name], [])
        async with pbx.client() as ari:
            await connected(ari)
            assert float((await ari.get("/channels/probe-2/variable", variable="TIMEOUT(absolute)"))["value"]) > 0
        await telephony.close()  # and nobody claims the press that follows
        async with Softphone() as elder:
            press = await elder.call("1234900", pbx.address, "07103456789")
            rung = await phone.wait_call(PATIENCE)
            assert rung.caller == "07103456789"
            assert rung.invite and rung.invite.get("X-OneKey-Fallback"), "a telephone sees that the PBX rings it by itself"
            await press.hang_up()
        assert isinstance((await asyncio.gather(probing, return_exceptions=True))[0], port.CarrierUnreachable)


async def test_cancelled_it_is_hung_up(pbx: Pbx) -> None:
    """As voice does when a call comes for her; the leg that follows at once rings."""
    async with telephone(pbx, DeafPhone) as (telephony, _, phone):
        probing = asyncio.create_task(telephony.probe("probe-3", phone.name, within=PATIENCE))
        await until(lambda: any(call.state == "talking" for call in phone.calls.values()))
        probing.cancel()
        await telephony.ring("leg-3", f"account:{phone.name}", caller="0710", caller_name="", timeout=PATIENCE)
        await phone.wait_call(PATIENCE)
        probe = next(iter(phone.calls.values()))
        await until(lambda: probe.state == "ended")


async def test_an_account_that_is_dropped_under_its_call_keeps_nobody_from_seeing_the_others(pbx: Pbx) -> None:
    """Asterisk goes on listing it, and refuses to tell of it: a voice that starts afterwards must come to the living ones."""
    async with telephone(pbx, DeafPhone) as (telephony, _, phone):
        probing = asyncio.create_task(telephony.probe("probe-4", phone.name, within=PATIENCE))
        await until(lambda: any(call.state == "talking" for call in phone.calls.values()))
        await telephony.drop_account(phone.name)
        probing.cancel()
        await asyncio.gather(probing, return_exceptions=True)
        await until_async(lambda: nobody_is_there(pbx))
    async with telephone(pbx) as (telephony, ears, phone):
        assert phone.name in (await telephony.live()).reachable
        await phone.register(pbx.address, expires=0)
        await ears.next(port.AccountState, account=phone.name, reachable=False)
