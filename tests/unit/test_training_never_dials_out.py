"""Where people practise, 120 is only ever played: without a training telephone for it nothing is dialled, whatever the trunk is."""

from __future__ import annotations

from pathlib import Path

import pytest

from callcenter.kit.phone import EMERGENCY_NUMBERS
from callcenter.settings import Settings
from callcenter.telephony.asterisk.adapter import AsteriskTelephony
from callcenter.telephony.port import CommandRejected


@pytest.mark.parametrize("number", sorted(EMERGENCY_NUMBERS))
async def test_an_emergency_number_never_reaches_the_trunk_in_training(number: str, tmp_path: Path) -> None:
    telephony = AsteriskTelephony(Settings(mode="training", home=tmp_path))
    with pytest.raises(CommandRejected, match="training"):
        await telephony._endpoint(f"number:{number}")
    assert await telephony._endpoint("number:+867103456789") == "PJSIP/07103456789@trunk"


async def test_the_real_centre_dials_it(tmp_path: Path) -> None:
    secret = "a secret of the tests only"
    real = Settings(mode="production", home=tmp_path, secret_key=secret, field_key=secret, ari_password=secret, app_db_password=secret)
    assert await AsteriskTelephony(real)._endpoint("number:120") == "PJSIP/120@trunk"
