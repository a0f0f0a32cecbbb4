"""Telephones' logins as Asterisk's dynamic configuration: three objects each, written through ARI into AstDB, there after a restart."""

from __future__ import annotations

import re

from callcenter.settings import Settings
from callcenter.telephony.asterisk.config import media_attributes
from callcenter.telephony.numbers import clean_number
from callcenter.telephony.port import Account, CommandRejected

PREFIX = "/asterisk/config/dynamic/res_pjsip"
PROBE_EVERY, PROBE_PATIENCE = 10, 3  # s; a sleeping tab looks registered: a probe that it must answer shows what it is
# s without a packet after which a browser is gone (a muted one still sends). A closed tab says no BYE, and nothing else would end its leg. Where
# not one has come and the page is gone, the adapter ends it: Asterisk does not always.
SILENCE = 10
_NAME = re.compile(r"[A-Za-z0-9_]{1,64}")

Fields = dict[str, str]


def is_name(name: str) -> bool:
    """Of an account, and no endpoint of the PBX's own: the trunk, or another node (`config.peer_of`)."""
    return bool(_NAME.fullmatch(name)) and name != "trunk"


def check_name(name: str) -> str:
    """The dialplan and the paths of ARI take names as they are. CommandRejected for any other."""
    if not is_name(name):
        raise CommandRejected("an account's name has 1 to 64 letters, digits and underscores")
    return name


def is_training(account: Account) -> bool:
    return account.kind.startswith("training")


def plays(fields: list[dict[str, str]]) -> str:
    """The number that a training telephone plays, from its endpoint as Asterisk gives it back; "" for any other telephone."""
    return next((field["value"] for field in fields if field["attribute"] == "accountcode"), "")


def is_browser(fields: list[dict[str, str]]) -> bool:
    """Of an endpoint as Asterisk gives it back."""
    return any(field["attribute"] == "webrtc" and field["value"] in ("yes", "true") for field in fields)


def objects(account: Account, settings: Settings) -> list[tuple[str, Fields]]:
    """In the order in which they must be written: an endpoint names the other two."""
    name = check_name(account.name)
    if not re.fullmatch(r"[!-~]{1,128}", account.secret):
        raise CommandRejected("an account's secret has 1 to 128 printable characters")
    auth = {"auth_type": "userpass", "username": name, "password": account.secret}
    aor = {
        "max_contacts": "1",
        "remove_existing": "yes",
        "qualify_frequency": str(PROBE_EVERY),
        "qualify_timeout": f"{PROBE_PATIENCE}.0",
        "minimum_expiration": "30",
        "maximum_expiration": "600",
    }
    endpoint = {
        "auth": name,
        "aors": name,
        "identify_by": "username,auth_username",
        "context": "from-training" if is_training(account) else "refused",
        "accountcode": clean_number(account.number) if is_training(account) else "",
        "disallow": "all",
        "allow": "alaw,ulaw",  # what the trunk speaks: opus here and G.711 there would make Asterisk transcode every call
        "direct_media": "no",
        "allow_transfer": "no",
        "allow_subscribe": "no",
        **media_attributes(settings),
    }
    if account.kind in ("browser", "training"):
        endpoint |= {"webrtc": "yes", "dtls_auto_generate_cert": "yes", "rtp_timeout": str(SILENCE)}
    else:
        endpoint |= {"transport": "transport-udp", "rtp_symmetric": "yes", "force_rport": "yes", "rewrite_contact": "yes"}
    return [("auth", auth), ("aor", aor), ("endpoint", endpoint)]


def body(fields: Fields) -> dict[str, list[dict[str, str]]]:
    return {"fields": [{"attribute": key, "value": value} for key, value in fields.items()]}
